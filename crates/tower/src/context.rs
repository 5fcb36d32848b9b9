//! What all requests of a layer share.

use std::net::SocketAddr;

use http::{Extensions, Request, uri::Scheme};
use outlive_net::Sessions;

use crate::TrustedProxies;

/// The sessions and the settings of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) sessions: Sessions,
    pub(crate) cookie_path: String,
    pub(crate) proxies: TrustedProxies,
    pub(crate) always_secure: bool,
    pub(crate) peer: fn(&Extensions) -> Option<SocketAddr>,
}

impl Context {
    pub(crate) fn new(sessions: Sessions) -> Self {
        let cookie_path = match sessions.path() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
        let peer = |extensions: &Extensions| extensions.get::<SocketAddr>().copied();
        Self { sessions, cookie_path, proxies: TrustedProxies::default(), always_secure: false, peer }
    }

    /// Whether the client's own connection is encrypted, as far as this node can know.
    pub(crate) fn client_is_secure<B>(&self, request: &Request<B>) -> bool {
        self.always_secure
            || request.uri().scheme() == Some(&Scheme::HTTPS)
            || self.proxies.client_is_secure((self.peer)(request.extensions()), request.headers())
    }
}
