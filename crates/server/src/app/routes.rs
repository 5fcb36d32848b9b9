//! What each route does.

use std::cell::Cell;

use http::StatusCode;
use http::request::Parts;
use outlive_serial::Value;
use outlive_tower::{Error, Session};

use super::form::Form;
use super::json::Json;
use super::query::Query;
use super::{AppContext, users, values};
use crate::reply::{self, Reply};
use crate::request_path::RequestPath;

/// The most that `/fill` makes at once: what fits into one message to the other nodes with room to spare.
const FILL_MAX: i32 = 32 << 20;

/// A request that cannot be served as it stands.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    /// `400`.
    pub(super) fn bad(message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message }
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::Read { .. } => StatusCode::BAD_REQUEST, // as a ClassCastException in the reference
            _ if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, message: error.to_string() }
    }
}

/// A request without its body.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) head: Parts,
    pub(super) session: Session,
    /// Whom a front in between has authenticated, where its word counts.
    pub(super) user: Option<String>,
}

/// Answers a request whose path lies inside the app's context.
pub(super) fn answer(context: &AppContext, asked: &Asked, form: &Form) -> Reply {
    let Asked { head, session, user } = asked;
    let path = head.extensions.get::<RequestPath>().map_or(head.uri.path(), |path| path.0.as_str());
    let path = path.strip_prefix(context.sessions.path()).unwrap_or_default();
    let encoding = head.extensions.get().copied().unwrap_or_default();
    let query = Query::new(head.uri.query(), encoding, form);
    let request = Route { context, query, session, fronts_user: Cell::new(user.as_deref()) };
    let answer = match path {
        "/session" => request.session(),
        "/set" => request.set(),
        "/remove" => request.remove(),
        "/counter" => request.counter(),
        "/read" => request.read(),
        "/fill" => request.fill(),
        "/mutate" => request.mutate(),
        "/login" => request.login(),
        "/logout" => request.logout(),
        "/changeid" => request.change_id(),
        "/maxinactive" => request.max_inactive(),
        "/invalidate" => request.invalidate(),
        "/health" => return request.health(),
        _ => return reply::not_found(),
    };
    match answer {
        Ok(body) => reply::json(StatusCode::OK, body),
        Err(refusal) => reply::json(refusal.status, Json::error(&refusal.message)),
    }
}

type Answer = Result<String, Refusal>;

/// One request.
///
/// The order of steps is the reference's, also where a bad parameter is found after a session was made.
struct Route<'a> {
    context: &'a AppContext,
    query: Query<'a>,
    session: &'a Session,
    /// The user as a front in between says it, until the request itself logs somebody in or out. It goes before the session's, and never
    /// into the session: the front says it with each request.
    fronts_user: Cell<Option<&'a str>>,
}

impl Route<'_> {
    fn session(&self) -> Answer {
        if self.query.optional("create").as_deref() == Some("true") {
            self.session.create()?;
        }
        self.object()
    }

    fn set(&self) -> Answer {
        let kind = self.query.optional("type");
        let value = values::parse(kind.as_deref().unwrap_or("string"), &self.query.text("value")?)?;
        self.session.create()?;
        self.session.set_value(&self.query.text("name")?, value)?;
        self.object()
    }

    fn remove(&self) -> Answer {
        self.session.create()?;
        self.session.remove(&self.query.text("name")?);
        self.object()
    }

    fn counter(&self) -> Answer {
        self.session.create()?;
        let next = self.session.get::<i32>("counter")?.unwrap_or(0).wrapping_add(1);
        self.session.set("counter", next)?;
        let mut json = self.head();
        json.raw(",\"counter\":").display(next);
        Ok(json.end())
    }

    fn read(&self) -> Answer {
        let mut json = self.head();
        json.raw(",\"counter\":");
        match self.session.value("counter") {
            Some(counter) => json.value(&counter),
            None => json.raw("null"),
        };
        Ok(json.end())
    }

    fn fill(&self) -> Answer {
        let length: i32 = self.query.number("bytes")?;
        if !(0..=FILL_MAX).contains(&length) {
            return Err(Refusal::bad(format!("bytes is a number from 0 to {FILL_MAX}, not {length}")));
        }
        let bytes: Vec<u8> = (0..=250u8).cycle().take(length.unsigned_abs() as usize).collect();
        self.session.create()?;
        self.session.set_value(&self.query.text("name")?, Value::bytes(&bytes))?;
        let mut json = self.head();
        json.raw(",\"bytes\":").display(length);
        Ok(json.end())
    }

    fn mutate(&self) -> Answer {
        self.session.create()?;
        let name = self.query.text("name")?;
        let list = self.session.value(&name).ok_or_else(|| Refusal::bad("no such list".to_owned()))?;
        let list = values::appended(&list, &self.query.text("value")?)?;
        self.session.set_value(&name, list)?;
        self.object()
    }

    fn login(&self) -> Answer {
        self.session.logout();
        self.fronts_user.set(None);
        let user = self.query.text("user")?;
        let roles = users::authenticate(&user, &self.query.text("password")?)
            .ok_or_else(|| Refusal { status: StatusCode::UNAUTHORIZED, message: "login failed".to_owned() })?;
        self.session.login(user, roles.iter().copied())?;
        self.object()
    }

    fn logout(&self) -> Answer {
        self.session.create()?;
        self.session.logout();
        self.fronts_user.set(None);
        self.object()
    }

    fn change_id(&self) -> Answer {
        self.session.create()?;
        self.session.change_id()?;
        self.object()
    }

    fn max_inactive(&self) -> Answer {
        self.session.create()?;
        self.session.set_max_inactive(self.query.number("seconds")?)?;
        self.object()
    }

    fn invalidate(&self) -> Answer {
        self.session.invalidate();
        Ok(self.head().end())
    }

    fn health(&self) -> Reply {
        let sessions = &self.context.sessions;
        let is_well = sessions.is_ready() && !self.context.departure.has_begun();
        let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        if is_well {
            self.context.departure.found_healthy();
        }
        reply::json(status, Json::health(&self.context.head, sessions.members(), sessions.len()).end())
    }

    /// Source: `HttpServletRequest.getRemoteUser`.
    fn user(&self) -> Option<String> {
        self.fronts_user.get().map(str::to_owned).or_else(|| users::current(self.session))
    }

    /// `{"node":…,"id":…`.
    fn head(&self) -> Json {
        let mut json = Json::begin(&self.context.head);
        json.raw(",\"id\":").optional(self.session.id().as_deref());
        json
    }

    /// The session object; without a session just its head.
    fn object(&self) -> Answer {
        let mut json = self.head();
        if let (Some(created), Some(accessed)) = (self.session.created(), self.session.last_accessed()) {
            json.raw(",\"new\":").display(self.session.is_new());
            json.raw(",\"created\":").display(unix_millis(created));
            json.raw(",\"lastAccessed\":").display(unix_millis(accessed));
            json.raw(",\"maxInactive\":").display(self.session.max_inactive().unwrap_or_default());
            json.raw(",\"user\":").optional(self.user().as_deref());
            json.raw(",\"attributes\":{");
            for (index, (name, value)) in self.session.attributes().iter().enumerate() {
                json.raw(if index == 0 { "" } else { "," }).quoted(name).raw(":").value(value);
            }
            json.raw("}");
        }
        Ok(json.end())
    }
}

/// Milliseconds since 1970, negative before.
fn unix_millis(time: std::time::SystemTime) -> i128 {
    match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => since.as_millis().cast_signed(),
        Err(before) => -before.duration().as_millis().cast_signed(),
    }
}
