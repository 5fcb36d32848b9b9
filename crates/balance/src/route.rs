//! Which node a session belongs to: what follows the first dot of its id, in the cookie or as a parameter of the path.
//!
//! Source: mod_jk and mod_proxy_balancer, Tomcat's `jvmRoute`.

use http::{HeaderMap, Uri, header};

/// The routes that a request names, the likelier first: a browser may send several cookies of one name, and some may be stale.
pub(crate) fn routes<'a>(
    uri: &'a Uri,
    headers: &'a HeaderMap,
    cookie: &'a str,
    path_parameter: &'a str,
) -> impl Iterator<Item = &'a str> {
    let in_cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(cookie)?.strip_prefix('='));
    let in_path = uri
        .path()
        .split('/')
        .flat_map(|segment| segment.split(';').skip(1))
        .filter_map(move |parameter| parameter.strip_prefix(path_parameter)?.strip_prefix('='));
    in_cookies.chain(in_path).filter_map(route_of)
}

fn route_of(id: &str) -> Option<&str> {
    let id = id.trim_matches('"');
    id.split_once('.').map(|(_, route)| route).filter(|route| !route.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(uri: &'static str, cookies: &[&'static str]) -> Vec<String> {
        let headers = cookies.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect();
        routes(&Uri::from_static(uri), &headers, "JSESSIONID", "jsessionid").map(str::to_owned).collect()
    }

    #[test]
    fn the_route_stands_behind_the_first_dot_of_the_id() {
        assert_eq!(of("/", &["x=1; JSESSIONID=AB.b"]), ["b"]);
        assert_eq!(of("/", &["JSESSIONID=AB; JSESSIONID=\"CD.a.x\""]), ["a.x"]);
        assert_eq!(of("/", &["JSESSIONID=AB.a", "JSESSIONID=CD.b"]), ["a", "b"]);
        for none in ["JSESSIONID=AB", "JSESSIONID=AB.", "OTHER=AB.b", "XJSESSIONID=AB.b", "JSESSIONIDX=AB.b"] {
            assert_eq!(of("/", &[none]), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn or_of_the_path_parameter() {
        assert_eq!(of("/app;jsessionid=AB.b", &[]), ["b"]);
        assert_eq!(of("/app/x;v=1;jsessionid=AB.b/y?jsessionid=CD.c", &[]), ["b"]);
        assert_eq!(of("/app;jsessionid=AB.b", &["JSESSIONID=CD.a"]), ["a", "b"], "the cookie first, as in a Tomcat");
        assert_eq!(of("/jsessionid=AB.b", &[]), Vec::<String>::new());
    }
}
