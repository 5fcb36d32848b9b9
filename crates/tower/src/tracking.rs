//! How a client tells which session is its own: by a cookie, or in the path of the URL.

use http::Uri;
use http::uri::PathAndQuery;

/// By what a client names its session. Source: `tracking-mode` of web.xml, Tomcat's Context attribute `cookies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracking {
    /// By the cookie. Off: it is neither read nor set.
    pub cookies: bool,
    /// By `;jsessionid=` in the path. Where there is a session cookie, too, the path means nothing.
    ///
    /// Ids in paths come into logs and `Referer` headers, and who passes on a link passes on the session.
    pub urls: bool,
}

impl Default for Tracking {
    /// By the cookie alone.
    fn default() -> Self {
        Self { cookies: true, urls: false }
    }
}

/// Takes the parameter of that name out of a path: the URL without it, and its value. `None` where there is none.
///
/// As a Tomcat does, all other parameters are taken out, too, as soon as one is there; no application is meant to see them in a path.
pub(crate) fn split(uri: &Uri, name: &str) -> Option<(Uri, Option<String>)> {
    let path = uri.path();
    if !path.contains(';') {
        return None;
    }
    let mut bare = String::with_capacity(path.len());
    let mut id = None;
    for (index, segment) in path.split('/').enumerate() {
        let mut parts = segment.split(';');
        if index > 0 {
            bare.push('/');
        }
        bare.push_str(parts.next().unwrap_or_default());
        for part in parts {
            if let Some((key, value)) = part.split_once('=')
                && key == name
                && !value.is_empty()
            {
                id.get_or_insert_with(|| value.to_owned());
            }
        }
    }
    if let Some(query) = uri.query() {
        bare.push('?');
        bare.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(bare).ok()?);
    Some((Uri::from_parts(parts).ok()?, id))
}

/// A URL with the id in its path, before a query and a fragment.
pub(crate) fn encoded(url: &str, name: &str, id: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (path, rest) = url.split_at(end);
    format!("{path};{name}={id}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_taken_out_of_the_path() {
        let of = |text: &str| {
            split(&text.parse().unwrap(), "jsessionid").map(|(uri, id)| (uri.to_string(), id.unwrap_or_default()))
        };
        let pair = |uri: &str, id: &str| Some((uri.to_owned(), id.to_owned()));
        assert_eq!(of("/app/counter?n=;jsessionid=1"), None);
        assert_eq!(of("/app/counter;jsessionid=AB.n1?n=1"), pair("/app/counter?n=1", "AB.n1"));
        assert_eq!(of("/app;jsessionid=AB/counter;x=y"), pair("/app/counter", "AB"));
        assert_eq!(of("/app;x;jsessionid=AB;jsessionid=CD"), pair("/app", "AB"));
        assert_eq!(of("/app;jsessionid="), pair("/app", ""));
        assert_eq!(of("http://h:1/a;JSESSIONID=AB"), pair("http://h:1/a", ""));
    }

    #[test]
    fn the_id_stands_before_query_and_fragment() {
        assert_eq!(encoded("/a?b=c", "jsessionid", "AB"), "/a;jsessionid=AB?b=c");
        assert_eq!(encoded("page#top", "sid", "AB"), "page;sid=AB#top");
    }
}
