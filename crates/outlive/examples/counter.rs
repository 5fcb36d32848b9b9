//! A counter that survives its server: an axum program to copy.
//!
//! ```text
//! cargo run --example counter -p outlive -- 127.0.0.1:8081 4001      and in a second terminal
//! cargo run --example counter -p outlive -- 127.0.0.1:8082 4002
//! curl -c jar -b jar http://127.0.0.1:8081/app/counter               1, 2, 3 …
//! curl -c jar -b jar http://127.0.0.1:8082/app/counter               4: also after the first is killed
//! ```

use axum::{Router, routing::get};
use outlive::{Cluster, Config, Error, ReceiverAddress, SendOptions, Session, SessionLayer};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let http = arguments.next().unwrap_or("127.0.0.1:8081".into());
    let receiver: u16 = arguments.next().unwrap_or("4001".into()).parse()?;

    let cluster = Cluster::join(Config {
        name: format!("node{receiver}"),
        receiver: ReceiverAddress::At(([127, 0, 0, 1], receiver).into()),
        options: SendOptions(6), // a response waits until the other nodes have what it tells
        ..Config::default()
    })
    .await?;
    let sessions = cluster.sessions("/app").await?; // the cluster's sessions are here now

    let app = Router::new()
        .route("/counter", get(counter))
        .route("/login/{user}", get(login))
        .layer(SessionLayer::new(sessions));
    let listener = TcpListener::bind(http).await?;
    axum::serve(listener, Router::new().nest("/app", app))
        .with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
        .await?;
    cluster.leave().await; // all requests are answered: the others may know
    Ok(())
}

async fn counter(session: Session) -> Result<String, Error> {
    let n = session.update("counter", |n: &mut i32| {
        *n += 1;
        *n
    })?;
    let user = session.user().map_or("nobody".into(), |user| user.name);
    Ok(format!("{n}, {user} is logged in\n"))
}

async fn login(session: Session, path: axum::extract::Path<String>) -> Result<&'static str, Error> {
    session.login(path.0, ["user"])?; // with a new id; check a password before
    Ok("logged in\n")
}
