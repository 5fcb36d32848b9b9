//! `outlive demo`: two nodes as real processes, a sticky balancer before them, and the nine steps of a session that survives.
//!
//! All on 127.0.0.1, with ports, a multicast group and a group port of its own, so that it never meets a real cluster. The nodes are this
//! same program (`outlive serve`); each has a pipe of this process as its standard input and ends when that closes, so none is left
//! behind however the demo ends.

use std::io::Write;
use std::sync::Arc;

use outlive_connector::http::{BindError, HttpServer, HttpSettings, Running};

use crate::cli::DemoArguments;
use crate::exit::Exit;
use crate::signals;

mod balancer;
mod browser;
mod node;
mod nodes;
mod origin;
mod page;
mod play;
mod ports;
mod progress;
mod script;
mod stage;
mod steps;

use balancer::Balancer;
use nodes::Nodes;
use stage::Stage;

/// Where the page is, if nobody else has the port.
const PAGE_PORT: u16 = 8080;

/// Runs the demo until it is told to end, or the script until its last step.
///
/// # Errors
/// Something could not be started, in one sentence; or a step of the script failed.
pub(crate) async fn run(arguments: DemoArguments) -> Result<(), Exit> {
    let nodes = Arc::new(Nodes::prepare().await?);
    let play = async { if arguments.script { script::run(nodes.clone()).await } else { show(nodes.clone()).await } };
    let result = tokio::select! {
        result = play => result,
        asked = signals::stop_asked(false) => asked.map(drop),
    };
    nodes.stop().await;
    result
}

/// Serves the page, starts the nodes, tells what to try, and goes on for good.
async fn show(nodes: Arc<Nodes>) -> Result<(), Exit> {
    let running = serve_page(&Balancer::start(Stage::new(nodes.clone())).await)?;
    say("Outlive: starting two nodes ...");
    if let Some(reason) = nodes.without_multicast() {
        say(&format!(
            "Multicast does not work on this machine's loopback ({reason}): the nodes are told each other's addresses instead."
        ));
    }
    for node in nodes.all() {
        node.start().await.map_err(Exit::failure)?;
    }
    say(&page::to_try(&nodes, running.address()));
    std::future::pending().await // until a signal drops this
}

/// At its usual port, or at any free one. It listens at once: what is bound and does not listen, another demo could bind, too.
fn serve_page(balancer: &Balancer) -> Result<Running, Exit> {
    let serve = |address| HttpServer::bind(address)?.serve(balancer.clone(), HttpSettings::default());
    serve(ports::loopback(PAGE_PORT)).or_else(|_| serve(ports::free_tcp()?).map_err(cannot))
}

/// Prints a line. A reader that has gone away (`| head`) is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn cannot(error: BindError) -> Exit {
    Exit::failure(format!("the demo's page: {error}"))
}
