//! The cookie that carries a session's id.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::setting::{Form, Rule, choice, settings};

settings! {
    /// The cookie that carries a session's id: what web.xml's `cookie-config` and the attributes of `Context` say together.
    pub struct SessionCookie in "cookie-config" {
        /// Its name, and that of the path parameter. None: `JSESSIONID`, and `jsessionid` in a path.
        name: Option<String> = None, "name", Rule::ANY.form(Form::CookieName);
        /// Its domain. None: the host that was asked.
        domain: Option<String> = None, "domain", Rule::ANY.form(Form::CookieDomain);
        /// Its path. None: the application's.
        path: Option<String> = None, "path", Rule::ANY.form(Form::CookieValue);
        /// Whether scripts of a page cannot read it. In web.xml the default is false, and `Context` has `useHttpOnly`, true.
        http_only: bool = true, "http-only", Rule::ANY;
        /// Whether it is `Secure` also where the request is not.
        secure: bool = false, "secure", Rule::ANY;
        /// How long the browser keeps it. None: until it is closed.
        max_age: Option<Duration> = None, "max-age", Rule::SECONDS.none_below(0);
    }
    nested {
        /// More attributes, such as SameSite, by their names; an empty value stands alone.
        attributes: BTreeMap<String, String> = BTreeMap::new();
    }
    ignored {
        "comment": String, Rule::ANY, "", "A comment.";
    }
}

impl SessionCookie {
    /// The cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.name.as_deref().unwrap_or("JSESSIONID")
    }

    /// The name of the parameter in a path.
    pub fn parameter_name(&self) -> &str {
        self.name.as_deref().unwrap_or("jsessionid")
    }
}

choice! {
    /// The attribute SameSite of cookies.
    pub enum SameSite {
        /// It is left out.
        Unset = "unset",
        /// `None`.
        None = "none",
        /// `Lax`.
        Lax = "lax",
        /// `Strict`.
        Strict = "strict",
    }
}

settings! {
    /// How an application's cookies are written. Tomcat's `Rfc6265CookieProcessor`.
    pub struct CookieProcessor in "CookieProcessor" {
        /// The attribute SameSite of cookies that have none of their own.
        same_site_cookies: SameSite = SameSite::Unset, "sameSiteCookies", Rule::ANY;
        /// Whether cookies that say nothing about it are Partitioned; a session's cookie says it.
        partitioned: bool = false, "partitioned", Rule::ANY, noticed;
    }
    ignored {
        "cookiesWithoutEquals": String, Rule::ANY, "name", "What a cookie without = is.";
    }
}
