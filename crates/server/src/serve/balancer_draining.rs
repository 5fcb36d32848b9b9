//! What helps a balancer to empty this node: a client without a session here is sent back to it, and goes elsewhere.
//!
//! mod_jk says with each request what it does with the node (`activation`, as `JK_LB_ACTIVATION`). While it is *disabled*, it gets clients
//! whose id, in a cookie or in the path, names it. One whose session has ended would make a new one here, and the node would never be empty:
//! its id is taken from it, and it is redirected to the same page.
//!
//! Source: Tomcat `LoadBalancerDrainingValve`, which redirects clients without any id, too; ours get a session here, as the balancer
//! has sent them nowhere else.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use http_body::Body;
use outlive_connector::ajp::{Activation, Forwarded};
use outlive_tower::{Session, SessionCookie};
use tower_service::Service;

use super::settings::Draining;
use crate::app::{AppAnswer, SessionApp};
use crate::reply::{self, Reply};

/// In the extensions of a request over a front that empties this node: its URL as it came, with the id that may stand in its path.
#[derive(Debug, Clone)]
pub(super) struct AskedUri(Uri);

impl AskedUri {
    /// Keeps the URL of a request where it will be looked at, before the session layer takes ids out of it.
    pub(super) fn keep<B>(request: &mut Request<B>) {
        if of_a_node_to_be_emptied(request).is_some() {
            let uri = request.uri().clone();
            request.extensions_mut().insert(Self(uri));
        }
    }
}

fn of_a_node_to_be_emptied<B>(request: &Request<B>) -> Option<&Forwarded> {
    request.extensions().get().filter(|forwarded: &&Forwarded| forwarded.activation == Some(Activation::Disabled))
}

/// The session app behind that rule.
#[derive(Debug, Clone)]
pub(super) struct LoadBalancerDraining {
    app: SessionApp,
    rule: Arc<Rule>,
}

#[derive(Debug)]
struct Rule {
    /// The context's, empty for the root.
    path: String,
    cookie: SessionCookie,
    draining: Draining,
}

impl LoadBalancerDraining {
    /// `path`: the context's, empty for the root.
    pub(super) fn new(app: SessionApp, path: &str, cookie: SessionCookie, draining: Draining) -> Self {
        Self { app, rule: Arc::new(Rule { path: path.to_owned(), cookie, draining }) }
    }
}

impl Rule {
    /// The way back to the balancer.
    fn away<B>(&self, request: &Request<B>) -> Option<Reply> {
        let forwarded = of_a_node_to_be_emptied(request)?;
        if request.extensions().get::<Session>().is_some_and(Session::exists) || self.is_ignored(request.headers()) {
            return None;
        }
        let asked = request.extensions().get::<AskedUri>().map_or(request.uri(), |asked| &asked.0);
        let (path, has_id) = without_id(asked.path(), self.cookie.path_parameter());
        let has_cookie = self.cookie.candidates(request.headers()).next().is_some();
        if !has_id && !has_cookie {
            return None;
        }
        // Two slashes at the beginning would lead to another host.
        let target = format!("/{}", path.trim_start_matches('/'));
        let target = asked.query().map_or(target.clone(), |query| format!("{target}?{query}"));
        let mut reply = reply::with_type(self.draining.status, "text/plain", String::new());
        let headers = reply.headers_mut();
        headers.insert(header::LOCATION, HeaderValue::from_str(&target).ok()?);
        if has_cookie {
            headers.append(header::SET_COOKIE, self.cookie.removal(&self.path, forwarded.is_secure)?);
        }
        Some(reply)
    }

    /// Whether a client is one that tries this node.
    fn is_ignored(&self, headers: &HeaderMap) -> bool {
        let Some((name, value)) = &self.draining.ignored_cookie else { return false };
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|pair| pair == (name, value))
    }
}

/// A path without the parameter of that name, and whether there was one.
fn without_id(path: &str, name: &str) -> (String, bool) {
    let is_id = |parameter: &str| parameter.split_once('=').is_some_and(|(key, _)| key == name);
    let mut has_id = false;
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| {
            let kept = segment.split(';').enumerate().filter(|(at, part)| {
                let drops = *at > 0 && is_id(part);
                has_id |= drops;
                !drops
            });
            kept.map(|(_, part)| part).collect::<Vec<_>>().join(";")
        })
        .collect();
    (segments.join("/"), has_id)
}

impl<B: Body<Data: Buf + Send, Error: Send> + Send + 'static> Service<Request<B>> for LoadBalancerDraining {
    type Response = Reply;
    type Error = Infallible;
    type Future = AppAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // as the session app always is
    }

    fn call(&mut self, request: Request<B>) -> AppAnswer {
        match self.rule.away(&request) {
            Some(reply) => AppAnswer::ready(reply),
            None => self.app.call(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(uri: &str, cookie: &str, draining: Draining) -> Option<(u16, String, bool)> {
        let forwarded = {
            let mut forwarded = Forwarded::default();
            forwarded.activation = Some(Activation::Disabled);
            forwarded
        };
        let request = Request::builder().uri(uri).header(header::COOKIE, cookie).extension(forwarded);
        let mut request = request.body(()).unwrap();
        AskedUri::keep(&mut request);
        // As the session layer leaves it.
        *request.uri_mut() = Uri::from_static("/app/session");
        let rule = Rule { path: "/app".to_owned(), cookie: SessionCookie::default(), draining };
        let reply = rule.away(&request)?;
        let location = reply.headers()[header::LOCATION].to_str().unwrap().to_owned();
        Some((reply.status().as_u16(), location, reply.headers().contains_key(header::SET_COOKIE)))
    }

    #[test]
    fn an_id_in_the_path_is_taken_from_a_client_as_one_in_a_cookie_is() {
        let plain = |uri, cookie| away(uri, cookie, Draining::default());
        let to = |uri: &str, forgets| Some((307, uri.to_owned(), forgets));
        assert_eq!(plain("/app/session;jsessionid=0AFF.n1", ""), to("/app/session", false));
        assert_eq!(plain("/app;jsessionid=0A.n1;v=1/session?a=b", "x=1"), to("/app;v=1/session?a=b", false));
        assert_eq!(plain("/app/session?a", "JSESSIONID=0AFF.n1"), to("/app/session?a", true));
        assert_eq!(plain("//app/session;jsessionid=0AFF.n1", ""), to("/app/session", false));
        assert_eq!(plain("/app/session", "x=1"), None, "it has no id, so the balancer has sent it here");
    }

    #[test]
    fn the_status_is_as_configured_and_who_tries_the_node_is_served() {
        let draining =
            Draining { status: http::StatusCode::FOUND, ignored_cookie: Some(("try".to_owned(), "yes".to_owned())) };
        let of = |cookie| away("/app/session", cookie, draining.clone()).map(|(status, ..)| status);
        assert_eq!(of("JSESSIONID=0AFF.n1"), Some(302));
        assert_eq!(of("JSESSIONID=0AFF.n1; try=no"), Some(302));
        assert_eq!(of("JSESSIONID=0AFF.n1; try=yes"), None);
    }
}
