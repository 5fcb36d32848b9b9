//! A web application.

use std::path::PathBuf;
use std::time::Duration;

use super::{CookieProcessor, Manager, SessionCookie, Valve};
use crate::setting::{Kind, Rule, Unit, Value, Written, settings};

settings! {
    /// A web application, as all the files about it say together.
    pub struct Application in "application" {
        /// Its path: empty for the root, else `/…` without a slash at the end.
        path: String = String::new(), "path", Rule::ANY;
        /// The name of its host.
        host: String = "localhost".to_owned(), "host", Rule::ANY;
        /// Its version, where several of one path are there.
        version: Option<String> = None, "version", Rule::ANY;
        /// Its folder. None: no folder is known.
        doc_base: Option<PathBuf> = None, "docBase", Rule::ANY;
        /// Its work folder, relative to the base folder. None: `work/ENGINE/HOST/NAME`.
        work_dir: Option<PathBuf> = None, "workDir", Rule::ANY;
        /// Whether its sessions may go to other nodes: web.xml's `<distributable/>`.
        distributable: bool = true, "distributable", Rule::ANY;
        /// A session ends after so many minutes without a request. None: never.
        session_timeout: Option<Duration> = Some(Duration::from_secs(30 * 60)), "session-timeout", Rule::ANY.of(Unit::Minutes).none_below(1);
        /// How ids come and go; at least one of cookie, url, ssl, with commas.
        tracking: TrackingModes = TrackingModes::default(), "tracking-mode", Rule::ANY;
        /// The application of this program that answers: `session`. None: its sessions are kept for other nodes.
        app: Option<String> = None, "app", Rule::ANY;
        /// The classes of its servlets, with commas, as web.xml names them.
        servlet_classes: ServletClasses = ServletClasses::default(), "servlet-class", Rule::ANY;
        /// The tick of this application's periodic work. None: the engine's.
        background_processor_delay: Option<Duration> = None, "backgroundProcessorDelay", Rule::SECONDS.none_below(1);
        /// Whether the cookie's path is `/app/` in place of `/app`.
        session_cookie_path_uses_trailing_slash: bool = false, "sessionCookiePathUsesTrailingSlash", Rule::ANY, noticed;
    }
    nested {
        /// How its sessions are kept.
        manager: Manager = Manager::default();
        /// The cookie with a session's id.
        cookie: SessionCookie = SessionCookie::default();
        /// How its cookies are written.
        cookie_processor: CookieProcessor = CookieProcessor::default();
        /// Its own valves.
        valves: Vec<Valve> = Vec::new();
    }
}

impl Application {
    /// Tomcat's base name of it: `ROOT`, `app`, `a#b`, `app##2`.
    pub fn base_name(&self) -> String {
        let name = match self.path.trim_matches('/') {
            "" => "ROOT".to_owned(),
            path => path.replace('/', "#"),
        };
        match &self.version {
            Some(version) => format!("{name}##{version}"),
            None => name,
        }
    }

    /// Its context's name, with the version: what messages call it, behind the host's name where the cluster is the engine's.
    pub fn context_name(&self) -> String {
        match &self.version {
            Some(version) => format!("{}##{version}", self.path),
            None => self.path.clone(),
        }
    }
}

/// How session ids come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackingModes {
    /// In a cookie.
    pub cookie: bool,
    /// In the path, `;jsessionid=`.
    pub url: bool,
    /// By the id of a TLS session.
    pub ssl: bool,
}

impl Default for TrackingModes {
    fn default() -> Self {
        TrackingModes { cookie: true, url: true, ssl: false }
    }
}

impl Value for TrackingModes {
    const KIND: Kind = Kind::Text;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        let mut modes = TrackingModes { cookie: false, url: false, ssl: false };
        for word in text.split(',') {
            match word.trim() {
                word if word.eq_ignore_ascii_case("cookie") => modes.cookie = true,
                word if word.eq_ignore_ascii_case("url") => modes.url = true,
                word if word.eq_ignore_ascii_case("ssl") => modes.ssl = true,
                _ => return Err("COOKIE, URL or SSL".to_owned()),
            }
        }
        Ok(modes)
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        let modes = [(self.cookie, "cookie"), (self.url, "url"), (self.ssl, "ssl")];
        let words: Vec<_> = modes.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        Some(Written::Text(words.join(",")))
    }
}

/// The classes of an application's servlets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServletClasses(pub Vec<String>);

impl Value for ServletClasses {
    const KIND: Kind = Kind::Text;

    fn read(text: &str, _: &Rule) -> Result<Self, String> {
        let classes = text.split(',').map(str::trim).filter(|class| !class.is_empty());
        Ok(ServletClasses(classes.map(str::to_owned).collect()))
    }

    fn write(&self, _: &Rule) -> Option<Written> {
        Some(Written::Text(self.0.join(",")))
    }
}
