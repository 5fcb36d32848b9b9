//! Where requests come in.

use std::time::Duration;

use super::UriEncoding;

use crate::secret::Secret;
use crate::setting::{Form, Rule, Unit, settings};
use outlive_pattern::Pattern;

settings! {
    /// Where requests come in, whatever they speak.
    pub struct Connector in "Connector" {
        /// The TCP port; 0: one that the system chooses. A connector without one is refused.
        port: u16 = 0, "port", Rule::PORT;
        /// The address that it is bound to. None: every address (HTTP), loopback (AJP).
        address: Option<String> = None, "address", Rule::HOST;
        /// Connections at the same time; more wait. None: no limit.
        max_connections: Option<u32> = Some(8192), "maxConnections", Rule::ANY.none_below(0);
        /// Connections that the system keeps waiting beyond that.
        accept_count: u32 = 100, "acceptCount", Rule::ANY;
        /// Most headers of a request. None: no limit of its own.
        max_header_count: Option<u32> = Some(100), "maxHeaderCount", Rule::ANY.none_below(0);
        /// The largest form that an application reads parameters from. None: 64 MiB.
        max_post_size: Option<u32> = Some(2 << 20), "maxPostSize", Rule::BYTES.none_below(0);
        /// The scheme that applications see.
        scheme: String = "http".to_owned(), "scheme", Rule::ANY.form(Form::Scheme);
        /// Whether requests count as secure, so that cookies are.
        secure: bool = false, "secure", Rule::ANY;
        /// The server's name that applications see, in place of the one that the client asked for.
        proxy_name: Option<String> = None, "proxyName", Rule::ANY;
        /// The server's port that applications see; None (0): the one that the client asked for.
        proxy_port: Option<u16> = None, "proxyPort", Rule::PORT.none_below(1);
        /// How percent codes of a path and of parameters in a query are read.
        uri_encoding: UriEncoding = UriEncoding::Utf8, "URIEncoding", Rule::ANY;
        /// Whether the body's encoding is also that of parameters in a query.
        use_body_encoding_for_uri: bool = false, "useBodyEncodingForURI", Rule::ANY;
        /// The port that a request is sent to which needs TLS.
        redirect_port: i32 = 443, "redirectPort", Rule::SIGNED, noticed;
        /// Threads for requests; tasks of this process share its threads.
        max_threads: i32 = 200, "maxThreads", Rule::SIGNED, noticed;
        /// Threads that wait for requests.
        min_spare_threads: i32 = 10, "minSpareThreads", Rule::SIGNED, noticed;
        /// The pool of threads by its name.
        executor: Option<String> = None, "executor", Rule::ANY, noticed;
    }
    nested {
        /// What it speaks.
        protocol: Protocol = Protocol::Http(HttpProtocol::default());
    }
    ignored {
        "maxCookieCount": i64, Rule::SIGNED, "200", "Most cookies of a request.";
        "maxParameterCount": i64, Rule::SIGNED, "10000", "Most parameters of a request.";
        "maxSavePostSize": i64, Rule::SIGNED.of(Unit::Bytes), "4096", "The largest body that is kept over a login.";
        "maxPartCount": i64, Rule::SIGNED, "50", "Most parts of a body.";
        "maxPartHeaderSize": i64, Rule::SIGNED.of(Unit::Bytes), "512", "The largest head of a part.";
        "encodedSolidusHandling": String, Rule::ANY, "reject", "What %2f in a path means.";
        "encodedReverseSolidusHandling": String, Rule::ANY, "decode", "What %5c in a path means.";
        "allowBackslash": bool, Rule::ANY, "false", "Whether \\ is / in a path.";
        "rejectSuspiciousURIs": bool, Rule::ANY, "false", "Whether paths that may be attacks are refused.";
        "allowTrace": bool, Rule::ANY, "false", "Whether TRACE is answered.";
        "enableLookups": bool, Rule::ANY, "false", "Whether clients' names are looked up.";
        "xpoweredBy": bool, Rule::ANY, "false", "Whether answers name the program.";
        "useIPVHosts": bool, Rule::ANY, "false", "Whether a host is chosen by the address that was connected to.";
        "connectionLinger": i64, Rule::SIGNED.of(Unit::Seconds), "-1", "SO_LINGER.";
        "tcpNoDelay": bool, Rule::ANY, "true", "TCP_NODELAY.";
        "asyncTimeout": i64, Rule::SIGNED.of(Unit::Milliseconds), "30000", "How long a servlet may answer later.";
        "processorCache": i64, Rule::SIGNED, "200", "Objects of a JVM that are kept.";
        "useVirtualThreads": bool, Rule::ANY, "false", "Threads of a JVM.";
        "threadPriority": i64, Rule::SIGNED, "5", "Threads of a JVM.";
        "discardFacades" | "discardRequestsAndResponses": bool, Rule::ANY, "true", "Objects of a JVM.";
        "selectorTimeout": i64, Rule::SIGNED.of(Unit::Milliseconds), "1000", "Waits of a JVM.";
        "bindOnInit": bool, Rule::ANY, "true", "Ports are bound before the node joins and opened when it holds the sessions.";
        "throwOnFailure": bool, Rule::ANY, "false", "A port that cannot be bound always ends the start.";
        "enforceEncodingInGetWriter": bool, Rule::ANY, "true", "A rule for servlets.";
        "parseBodyMethods": String, Rule::ANY, "POST", "Methods whose body has parameters.";
        "maxQueueSize": i64, Rule::SIGNED, "2147483647", "Requests that wait for a thread.";
        "pollerThreadPriority": i64, Rule::SIGNED, "5", "Threads of a JVM.";
        "acceptorThreadPriority": i64, Rule::SIGNED, "5", "Threads of a JVM.";
        "executorTerminationTimeoutMillis": i64, Rule::SIGNED.of(Unit::Milliseconds), "5000", "Threads of a JVM.";
    }
}

/// What a connector speaks.
#[derive(Debug, Clone, PartialEq)]
pub enum Protocol {
    /// `HTTP/1.1`.
    Http(HttpProtocol),
    /// `AJP/1.3`.
    Ajp(AjpProtocol),
}

impl Protocol {
    /// Tomcat's name of it.
    pub fn name(&self) -> &'static str {
        match self {
            Protocol::Http(_) => "HTTP/1.1",
            Protocol::Ajp(_) => "AJP/1.3",
        }
    }
}

settings! {
    /// A connector for HTTP/1.1.
    pub struct HttpProtocol in "Connector (HTTP/1.1)" {
        /// How long the next byte of a request is waited for. None: for ever.
        connection_timeout: Option<Duration> = Some(Duration::from_secs(60)), "connectionTimeout", Rule::MS.none_below(1);
        /// How long the next request of a connection is waited for. Not given: `connectionTimeout`; −1: for ever.
        keep_alive_timeout: Option<KeepAlive> = None, "keepAliveTimeout", Rule::MS;
        /// Requests of one connection; 1: each has its own. None: no limit.
        max_keep_alive_requests: Option<u32> = Some(100), "maxKeepAliveRequests", Rule::ANY.none_below(1);
        /// The largest head of a request, its line included; a larger one gets 431.
        max_http_header_size: usize = 8192, "maxHttpHeaderSize", Rule::BYTES.within(256, 1 << 24);
    }
    ignored {
        "SSLEnabled": bool, Rule::ANY, "false", "TLS.";
        "maxSwallowSize": i64, Rule::SIGNED.of(Unit::Bytes), "2097152", "How much of an unwanted body is read.";
        "maxHttpRequestHeaderSize": i64, Rule::SIGNED.of(Unit::Bytes), "8192", "The largest head of a request.";
        "maxHttpResponseHeaderSize": i64, Rule::SIGNED.of(Unit::Bytes), "8192", "The largest head of an answer.";
        "compression": String, Rule::ANY, "off", "Whether answers are compressed.";
        "compressionMinSize": i64, Rule::SIGNED.of(Unit::Bytes), "2048", "From which size.";
        "compressibleMimeType": String, Rule::ANY, "text/html,text/xml,text/plain,text/css,text/javascript,application/javascript,application/json,application/xml", "Which types.";
        "noCompressionUserAgents": String, Rule::ANY, "", "For whom not.";
        "noCompressionEncodings": String, Rule::ANY, "br,compress,dcb,dcz,deflate,gzip,pack200-gzip,zstd", "Which encodings not.";
        "useSendfile": bool, Rule::ANY, "true", "How files are sent.";
        "server": String, Rule::ANY, "", "The header Server.";
        "serverRemoveAppProvidedValues": bool, Rule::ANY, "false", "The header Server.";
        "relaxedPathChars": String, Rule::ANY, "", "More characters in a path.";
        "relaxedQueryChars": String, Rule::ANY, "", "More characters in a query.";
        "rejectIllegalHeader": bool, Rule::ANY, "true", "Whether a bad header is refused.";
        "allowHostHeaderMismatch": bool, Rule::ANY, "false", "Whether Host may differ from an absolute target.";
        "allowedTrailerHeaders": String, Rule::ANY, "", "Headers behind a body.";
        "restrictedUserAgents": String, Rule::ANY, "", "Who gets no keep-alive.";
        "disableUploadTimeout": bool, Rule::ANY, "true", "Whether a body has a time-out of its own.";
        "connectionUploadTimeout": i64, Rule::SIGNED.of(Unit::Milliseconds), "300000", "That time-out.";
        "continueResponseTiming": String, Rule::ANY, "immediately", "When 100 is sent.";
        "maxExtensionSize": i64, Rule::SIGNED.of(Unit::Bytes), "8192", "Extensions of chunks.";
        "maxTrailerSize": i64, Rule::SIGNED.of(Unit::Bytes), "8192", "Headers behind a body.";
        "useKeepAliveResponseHeader": bool, Rule::ANY, "true", "The header Keep-Alive.";
        "sslImplementationName": String, Rule::ANY, "", "TLS.";
        "sniParseLimit": i64, Rule::SIGNED.of(Unit::Bytes), "65536", "TLS.";
        "clientCertProvider": String, Rule::ANY, "", "TLS.";
        "defaultSSLHostConfigName": String, Rule::ANY, "_default_", "TLS.";
    }
}

settings! {
    /// A connector for AJP/1.3, behind Apache httpd.
    pub struct AjpProtocol in "Connector (AJP/1.3)" {
        /// How long the first request of a connection is waited for. None: for ever.
        connection_timeout: Option<Duration> = None, "connectionTimeout", Rule::MS.none_below(1);
        /// How long the next request is waited for. Not given: `connectionTimeout`; −1: for ever.
        keep_alive_timeout: Option<KeepAlive> = None, "keepAliveTimeout", Rule::MS;
        /// The word that a front must send with each request.
        secret: Option<Secret> = None, "secret" | "requiredSecret", Rule::ANY;
        /// Whether a connector without that word is refused.
        secret_required: bool = true, "secretRequired", Rule::ANY;
        /// Attributes that a front may set beside those of the protocol.
        allowed_request_attributes: Option<Pattern> = None, "allowedRequestAttributesPattern", Rule::ANY;
        /// The largest packet, the same as the front's.
        packet_size: u32 = 8192, "packetSize", Rule::BYTES.within(1, 65536);
        /// Whether the user is found here; false: the front is believed who the user is.
        tomcat_authentication: bool = true, "tomcatAuthentication", Rule::ANY;
        /// Whether the front is believed who the user is, and the roles are found here.
        tomcat_authorization: bool = false, "tomcatAuthorization", Rule::ANY;
        /// Whether a flush of an answer sends a packet to the front.
        ajp_flush: bool = true, "ajpFlush", Rule::ANY;
    }
}

/// How long a connection is kept for its next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAlive {
    /// −1, or 0.
    Forever,
    /// As long as this.
    For(Duration),
}

impl crate::setting::Value for KeepAlive {
    const KIND: crate::setting::Kind = crate::setting::Kind::Time;

    fn read(text: &str, rule: &Rule) -> Result<Self, String> {
        let read = Option::<Duration>::read(text, &rule.none_below(1))?;
        Ok(read.map_or(KeepAlive::Forever, KeepAlive::For))
    }

    fn write(&self, rule: &Rule) -> Option<crate::setting::Written> {
        match self {
            KeepAlive::Forever => Some(crate::setting::Written::Integer(-1)),
            KeepAlive::For(time) => time.write(rule),
        }
    }
}
