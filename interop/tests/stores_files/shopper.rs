//! A client whose session holds a user and a value of each type, and what must be found of it later.

use anyhow::{Context, Result, ensure};
use outlive_interop::{Client, Server};
use outlive_session::{Principal, SessionId, StoredSession};
use serde_json::Value;

/// Every type of the session app's contract, and a class of the application's own.
const VALUES: [(&str, &str); 10] = [
    ("string", "gr\u{fc}\u{df}e"),
    ("int", "-7"),
    ("long", "5000000000"),
    ("double", "2.5"),
    ("boolean", "true"),
    ("bytes", "00ff10"),
    ("date", "1700000000123"),
    ("list", "a,b,a"),
    ("map", "k=v,l=w"),
    ("cart", "alice"),
];

/// The client, what its node said of the session, and the cart in words.
pub(crate) struct Shopper {
    client: Client,
    session: Value,
    cart: Value,
}

impl Shopper {
    pub(crate) fn new(node: &dyn Server) -> Result<Self> {
        let mut client = Client::new();
        for (kind, value) in VALUES {
            client.get(node.http(), "set", &[("name", kind), ("type", kind), ("value", value)])?;
        }
        client.get(node.http(), "login", &[("user", "alice"), ("password", "wonderland")])?;
        let session = client.get(node.http(), "session", &[])?;
        ensure!(session["user"] == "alice", "nobody is logged in: {session}");
        let cart = client.get(node.http(), "text", &[("name", "cart")])?["text"].clone();
        ensure!(cart.is_string(), "no cart in {session}");
        Ok(Self { client, session, cart })
    }

    pub(crate) fn id(&self) -> Result<SessionId> {
        Ok(SessionId::parse(self.client.cookie().context("a client without a cookie")?)?)
    }

    /// What was stored of the session is what its node said.
    pub(crate) fn is(&self, stored: &StoredSession, with_user: bool) -> Result<()> {
        let state = &stored.state;
        ensure!(state.id == self.id()?.as_str(), "another id");
        ensure!(self.session["created"] == state.created.0, "created {:?}, {}", state.created, self.session);
        ensure!(self.session["maxInactive"] == state.max_inactive, "{} s, {}", state.max_inactive, self.session);
        let mut names: Vec<&str> = state.attributes.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut wanted = VALUES.map(|(name, _)| name);
        wanted.sort_unstable();
        ensure!(names == wanted, "attributes {names:?}");
        let user = state.principal.clone().map(Principal::from_value);
        let user = user.as_ref().and_then(Principal::user).map(|user| (user.name.as_str(), user.roles.as_slice()));
        let roles = ["user".to_owned()];
        ensure!(user == with_user.then_some(("alice", &roles[..])), "the user is {user:?}");
        ensure!(stored.auth_type.is_some() == with_user, "authenticated by {:?}", stored.auth_type);
        Ok(())
    }

    /// From now on the session has another id, and a text more.
    pub(crate) fn goes_on(&mut self, id: &SessionId, name: &str, text: &str, with_user: bool) {
        self.client = Client::of_cookie(id.as_str());
        self.session["attributes"][name] = text.into();
        if !with_user {
            self.session["user"] = Value::Null;
        }
    }

    /// The node serves the session with all that is in it.
    pub(crate) fn finds_all(&mut self, node: &dyn Server) -> Result<()> {
        let asked = self.client.cookie().map(str::to_owned);
        let found = self.client.get(node.http(), "session", &[])?;
        ensure!(found["id"].as_str() == asked.as_deref(), "another session: {found} for {}", self.session);
        for field in ["user", "created", "maxInactive", "attributes"] {
            ensure!(found[field] == self.session[field], "{field} at {}: {found}, not {}", node.name(), self.session);
        }
        let cart = &self.client.get(node.http(), "text", &[("name", "cart")])?["text"];
        ensure!(*cart == self.cart, "the cart at {}: {cart}, not {}", node.name(), self.cart);
        Ok(())
    }

    /// Sets a text at the node.
    pub(crate) fn sets(&mut self, node: &dyn Server, name: &str, text: &str) -> Result<()> {
        self.session = self.client.get(node.http(), "set", &[("name", name), ("value", text)])?;
        Ok(())
    }
}
