//! A peer of the benchmark: what a Rust server would use today for sessions that outlive it.
//!
//! axum with tower-sessions over one Redis, and of the session app as much as the benchmark asks for. Two such nodes share the store and
//! tell each other nothing.
//!
//! usage: `outlive-bench-tower-sessions NODE HTTP-ADDRESS REDIS-URL`

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::clients::Pool;
use tower_sessions_redis_store::fred::interfaces::ClientLike;
use tower_sessions_redis_store::fred::types::config::Config;

/// Connections to the store.
const STORE_CONNECTIONS: usize = 6;

/// A node's name, in every answer.
type Node = Arc<str>;

/// An error of the store becomes a 500.
type Answer = Result<Json<Value>, (StatusCode, String)>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().context("usage: NODE HTTP-ADDRESS REDIS-URL");
    let node: Node = next()?.into();
    let http: SocketAddr = next()?.parse().context("HTTP-ADDRESS")?;
    let store = Pool::new(Config::from_url(&next()?)?, None, None, None, STORE_CONNECTIONS)?;
    store.init().await.context("the store")?;
    let sessions = SessionManagerLayer::new(RedisStore::new(store))
        .with_name("JSESSIONID")
        .with_path("/app")
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::minutes(30)));
    let routes = Router::new()
        .route("/app/counter", get(counter))
        .route("/app/read", get(read))
        .route("/app/set", get(set))
        .layer(sessions)
        .route("/app/health", get(health))
        .with_state(node);
    let listener = TcpListener::bind(http).await.with_context(|| format!("cannot listen at {http}"))?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true); // slower, not wrong
    });
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn counter(State(node): State<Node>, session: Session) -> Answer {
    let next = session.get::<i32>("counter").await.map_err(failed)?.unwrap_or(0).wrapping_add(1);
    session.insert("counter", next).await.map_err(failed)?;
    // A new session has an id only once it is stored; without this it would be stored behind the handler.
    if session.id().is_none() {
        session.save().await.map_err(failed)?;
    }
    Ok(Json(json!({"node": *node, "id": id(&session), "counter": next})))
}

async fn read(State(node): State<Node>, session: Session) -> Answer {
    let counter = session.get::<i32>("counter").await.map_err(failed)?;
    Ok(Json(json!({"node": *node, "id": id(&session), "counter": counter})))
}

/// An attribute to set.
#[derive(Debug, Deserialize)]
struct Set {
    name: String,
    value: String,
}

async fn set(State(node): State<Node>, session: Session, Query(set): Query<Set>) -> Answer {
    session.insert(&set.name, set.value).await.map_err(failed)?;
    Ok(Json(json!({"node": *node, "id": id(&session)})))
}

/// The nodes know nothing of each other: each says that the other is there.
async fn health(State(node): State<Node>) -> Json<Value> {
    Json(json!({"node": *node, "members": 1, "sessions": 0}))
}

fn id(session: &Session) -> Value {
    session.id().map_or(Value::Null, |id| id.to_string().into())
}

fn failed(error: tower_sessions::session::Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
