//! The attributes of `Context`.

use std::path::PathBuf;

use crate::setting::{Form, Rule, Unit, settings};

settings! {
    /// One application, as `Context` describes it. What it says about the cookie is part of [`SessionCookie`](super::SessionCookie).
    pub struct ContextSettings in "Context" {
        /// Its path: empty for the root, else `/…`. In a file of its own it is the file's name.
        path: String = String::new(), "path", Rule::ANY;
        /// Its folder, relative to the host's `appBase`. None: no folder is known.
        doc_base: Option<PathBuf> = None, "docBase", Rule::ANY;
        /// Its version, for several of one path: `##2` behind the file's name.
        web_app_version: Option<String> = None, "webappVersion", Rule::ANY;
        /// Whether ids come and go in cookies; false: in paths alone.
        cookies: bool = true, "cookies", Rule::ANY;
        /// The cookie's name, before web.xml's.
        session_cookie_name: Option<String> = None, "sessionCookieName", Rule::ANY.form(Form::CookieName);
        /// The cookie's domain, before web.xml's.
        session_cookie_domain: Option<String> = None, "sessionCookieDomain", Rule::ANY.form(Form::CookieDomain);
        /// The cookie's path, before web.xml's.
        session_cookie_path: Option<String> = None, "sessionCookiePath", Rule::ANY.form(Form::CookieValue);
        /// Whether the cookie's path is `/app/` in place of `/app`.
        session_cookie_path_uses_trailing_slash: bool = false, "sessionCookiePathUsesTrailingSlash", Rule::ANY, noticed;
        /// Whether scripts of a page cannot read the cookie; false: as web.xml says.
        use_http_only: bool = true, "useHttpOnly", Rule::ANY;
        /// Whether the cookie is Partitioned.
        use_partitioned: bool = false, "usePartitioned", Rule::ANY, noticed;
        /// Whether an id that a client brings is taken for a new session only where another application of the host has it.
        validate_client_provided_new_session_id: bool = true, "validateClientProvidedNewSessionId", Rule::ANY, noticed;
        /// Whether every request counts for its session.
        always_access_session: bool = false, "alwaysAccessSession", Rule::ANY, noticed;
        /// Whether servlets reach other applications.
        cross_context: bool = false, "crossContext", Rule::ANY, noticed;
        /// Whether `conf/context.xml` and `context.xml.default` are left out.
        r#override: bool = false, "override", Rule::ANY;
        /// Its work folder, relative to the base folder. None: `work/ENGINE/HOST/NAME`.
        work_dir: Option<PathBuf> = None, "workDir", Rule::ANY;
        /// The tick of this application's periodic work. None: the engine's.
        background_processor_delay: Option<std::time::Duration> = None, "backgroundProcessorDelay", Rule::SECONDS.none_below(1);
    }
    ignored {
        "reloadable": bool, Rule::ANY, "false", "Whether changed classes are loaded anew.";
        "privileged": bool, Rule::ANY, "false", "What servlets may do.";
        "swallowOutput": bool, Rule::ANY, "false", "Where System.out goes.";
        "displayName": String, Rule::ANY, "", "A label.";
        "source": String, Rule::ANY, "", "Nothing.";
        "altDDName": String, Rule::ANY, "", "Another web.xml.";
        "addWebinfClassesResources": bool, Rule::ANY, "false", "Files of servlets.";
        "allowCasualMultipartParsing": bool, Rule::ANY, "false", "Requests of servlets.";
        "allowMultipleLeadingForwardSlashInPath": bool, Rule::ANY, "false", "Requests of servlets.";
        "antiResourceLocking": bool, Rule::ANY, "false", "Files of servlets.";
        "clearReferencesHttpClientKeepAliveThread": bool, Rule::ANY, "true", "Memory of a JVM.";
        "clearReferencesObjectStreamClassCaches": bool, Rule::ANY, "true", "Memory of a JVM.";
        "clearReferencesRmiTargets": bool, Rule::ANY, "true", "Memory of a JVM.";
        "clearReferencesStopThreads": bool, Rule::ANY, "false", "Memory of a JVM.";
        "clearReferencesStopTimerThreads": bool, Rule::ANY, "false", "Memory of a JVM.";
        "clearReferencesThreadLocals": bool, Rule::ANY, "true", "Memory of a JVM.";
        "charsetMapperClass": String, Rule::ANY, "org.apache.catalina.util.CharsetMapper", "Answers of servlets.";
        "configFile": String, Rule::ANY, "", "A file that describes it.";
        "contextGetResourceRequiresSlash": bool, Rule::ANY, "false", "Files of servlets.";
        "copyXML": bool, Rule::ANY, "false", "Whether META-INF/context.xml is copied into xmlBase.";
        "containerSciFilter": String, Rule::ANY, "", "Start of servlets.";
        "createUploadTargets": bool, Rule::ANY, "false", "Folders of servlets.";
        "defaultContextXml": String, Rule::ANY, "", "Another conf/context.xml.";
        "defaultWebXml": String, Rule::ANY, "", "Another conf/web.xml.";
        "denyUncoveredHttpMethods": bool, Rule::ANY, "false", "Requests of servlets.";
        "dispatchersUseEncodedPaths": bool, Rule::ANY, "true", "Requests of servlets.";
        "dispatcherWrapsSameObject": bool, Rule::ANY, "false", "Requests of servlets.";
        "delegate": bool, Rule::ANY, "false", "Classes of servlets.";
        "encodedReverseSolidusHandling": String, Rule::ANY, "decode", "What %5c in a path means.";
        "encodedSolidusHandling": String, Rule::ANY, "decode", "What %2f in a path means.";
        "failCtxIfServletStartFails": bool, Rule::ANY, "false", "Start of servlets.";
        "fireRequestListenersOnForwards": bool, Rule::ANY, "false", "Events for servlets.";
        "ignoreAnnotations": bool, Rule::ANY, "false", "Start of servlets.";
        "jndiExceptionOnFailedWrite": bool, Rule::ANY, "true", "Names of servlets.";
        "logEffectiveWebXml": bool, Rule::ANY, "false", "The log.";
        "mapperContextRootRedirectEnabled": bool, Rule::ANY, "true", "Requests of servlets.";
        "mapperDirectoryRedirectEnabled": bool, Rule::ANY, "false", "Requests of servlets.";
        "notFoundClassResourceCacheSize": i64, Rule::SIGNED, "1000", "Classes of servlets.";
        "parallelAnnotationScanning": bool, Rule::ANY, "false", "Start of servlets.";
        "preemptiveAuthentication": bool, Rule::ANY, "false", "Login of servlets.";
        "renewThreadsWhenStoppingContext": bool, Rule::ANY, "true", "Threads of a JVM.";
        "resourceOnlyServlets": String, Rule::ANY, "jsp", "Requests of servlets.";
        "replaceWelcomeFiles": bool, Rule::ANY, "false", "Files of servlets.";
        "requestCharacterEncoding": String, Rule::ANY, "", "Requests of servlets.";
        "responseCharacterEncoding": String, Rule::ANY, "", "Answers of servlets.";
        "sendRedirectBody": bool, Rule::ANY, "false", "Answers of servlets.";
        "skipMemoryLeakChecksOnJvmShutdown": bool, Rule::ANY, "false", "Memory of a JVM.";
        "suspendWrappedResponseAfterForward": bool, Rule::ANY, "false", "Answers of servlets.";
        "swallowAbortedUploads": bool, Rule::ANY, "true", "Requests of servlets.";
        "tldValidation": bool, Rule::ANY, "false", "Pages of servlets.";
        "unloadDelay": i64, Rule::SIGNED.of(Unit::Milliseconds), "2000", "The end of servlets.";
        "unpackWAR": bool, Rule::ANY, "true", "Whether a WAR file is unpacked.";
        "urlPatternsProvidedInDecodedForm": bool, Rule::ANY, "false", "Requests of servlets.";
        "useBloomFilterForArchives": bool, Rule::ANY, "false", "Classes of servlets.";
        "useNaming": bool, Rule::ANY, "true", "Names of servlets.";
        "useRelativeRedirects": bool, Rule::ANY, "true", "Answers of servlets.";
        "wrapperClass": String, Rule::ANY, "org.apache.catalina.core.StandardWrapper", "Classes of servlets.";
        "xmlBlockExternal": bool, Rule::ANY, "true", "How files are read.";
        "xmlNamespaceAware": bool, Rule::ANY, "false", "How files are read.";
        "xmlValidation": bool, Rule::ANY, "false", "How files are read.";
        "mapSendOptions": i64, Rule::SIGNED, "2", "Attributes of a ReplicatedContext: they are not replicated here.";
    }
}
