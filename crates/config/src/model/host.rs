//! A host name and what belongs to it.

use std::path::PathBuf;
use std::time::Duration;

use super::Valve;
use crate::setting::{Rule, settings};

settings! {
    /// A host name, and the folder of its applications.
    pub struct Host in "Host" {
        /// Its name, in lower case.
        name: String = "localhost".to_owned(), "name", Rule::ANY;
        /// The folder of its applications, relative to the base folder.
        app_base: PathBuf = PathBuf::from("webapps"), "appBase", Rule::ANY;
        /// Whether the folders in `appBase` are applications.
        deploy_on_startup: bool = true, "deployOnStartup", Rule::ANY;
        /// Whether an application's own META-INF/context.xml is read.
        deploy_xml: bool = true, "deployXML", Rule::ANY;
        /// The folder of files that each describe an application, relative to the base folder. None: `conf/ENGINE/HOST`.
        xml_base: Option<PathBuf> = None, "xmlBase", Rule::ANY;
        /// The folder that work folders of applications are in, relative to the base folder. None: `work/ENGINE/HOST`.
        work_dir: Option<PathBuf> = None, "workDir", Rule::ANY;
        /// Names in `appBase` that are no applications.
        deploy_ignore: Option<outlive_pattern::Pattern> = None, "deployIgnore", Rule::ANY;
        /// The tick of this host's periodic work. None: the engine's.
        background_processor_delay: Option<Duration> = None, "backgroundProcessorDelay", Rule::SECONDS.none_below(1), noticed;
    }
    nested {
        /// Other names, in lower case.
        aliases: Vec<String> = Vec::new();
        /// Valves of all its applications.
        valves: Vec<Valve> = Vec::new();
    }
    ignored {
        "autoDeploy": bool, Rule::ANY, "true", "Whether applications that appear later are started: those that are there at the start are.";
        "unpackWARs": bool, Rule::ANY, "true", "Whether WAR files are unpacked: none is here.";
        "copyXML": bool, Rule::ANY, "false", "Whether META-INF/context.xml is copied into xmlBase.";
        "createDirs": bool, Rule::ANY, "true", "Whether missing folders are made.";
        "undeployOldVersions": bool, Rule::ANY, "false", "Whether old versions of an application end by themselves.";
        "errorReportValveClass": String, Rule::ANY, "org.apache.catalina.valves.ErrorReportValve", "The class of error pages.";
        "startStopThreads": i64, Rule::SIGNED, "1", "Threads that start applications.";
        "failCtxIfServletStartFails": bool, Rule::ANY, "false", "A rule for servlets.";
        "legacyAppBase": String, Rule::ANY, "webapps-javaee", "Applications for older servlets.";
    }
}

impl Host {
    /// Whether this is its name or an alias, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(&self.aliases).any(|own| own.eq_ignore_ascii_case(name))
    }
}
