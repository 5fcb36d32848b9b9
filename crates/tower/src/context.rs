//! What all requests of a layer share.

use std::borrow::Cow;
use std::net::SocketAddr;

use http::{Extensions, Request, Uri, uri::Scheme};
use outlive_net::{Manners, Pattern, Sessions};
use percent_encoding::percent_decode_str;

use crate::cookie::SessionCookie;
use crate::tracking::{self, Tracking};
use crate::{Replication, TrustedProxies};

/// The sessions and the settings of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) sessions: Sessions,
    pub(crate) cookie: SessionCookie,
    pub(crate) tracking: Tracking,
    pub(crate) replication: Replication,
    pub(crate) takes_over: bool,
    /// Requests that only look, where each one loads and saves its session.
    pub(crate) onlookers: Option<Pattern>,
    pub(crate) waits_for_turn: bool,
    pub(crate) proxies: TrustedProxies,
    pub(crate) peer: fn(&Extensions) -> Option<SocketAddr>,
}

/// What a request says of itself, before its session is looked for.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Whether the client's own connection is encrypted.
    pub(crate) secure: bool,
    /// The id in the path, where ids are taken from there.
    pub(crate) id_in_url: Option<String>,
    /// Whether the other nodes are told what it changes.
    pub(crate) told: bool,
    pub(crate) manners: Manners,
}

impl Context {
    pub(crate) fn new(sessions: Sessions) -> Self {
        Self {
            sessions,
            cookie: SessionCookie::default(),
            tracking: Tracking::default(),
            replication: Replication::default(),
            takes_over: true,
            onlookers: None,
            waits_for_turn: true,
            proxies: TrustedProxies::default(),
            peer: |extensions| extensions.get::<SocketAddr>().copied(),
        }
    }

    /// Looks at a request, and takes the id out of its path.
    pub(crate) fn arrival<B>(&self, request: &mut Request<B>) -> Arrival {
        let mut id_in_url = None;
        if self.tracking.urls
            && let Some((bare, id)) = tracking::split(request.uri(), self.cookie.path_parameter())
        {
            *request.uri_mut() = bare;
            id_in_url = id;
        }
        let is_of = |pattern: &Pattern| pattern.matches(&decoded_path(request.uri()));
        Arrival {
            secure: self.client_is_secure(request),
            id_in_url,
            told: match &self.replication {
                Replication::All => true,
                Replication::Except(pattern) => !is_of(pattern),
                Replication::Nothing => false,
            },
            manners: Manners {
                takes_turn: !self.onlookers.as_ref().is_some_and(is_of),
                waits_for_turn: self.waits_for_turn,
            },
        }
    }

    /// Whether the client's own connection is encrypted, as far as this node can know.
    fn client_is_secure<B>(&self, request: &Request<B>) -> bool {
        request.uri().scheme() == Some(&Scheme::HTTPS)
            || self.proxies.client_is_secure((self.peer)(request.extensions()), request.headers())
    }
}

/// The path as filters see it: decoded, with the context's path.
fn decoded_path(uri: &Uri) -> Cow<'_, str> {
    percent_decode_str(uri.path()).decode_utf8_lossy()
}
