//! `outlive restart-check NODE`: may I restart this node now?
//!
//! The node itself decides, by [`outlive_net::Standing::obstacle`]; here it is asked and told.

use std::time::Instant;

use http::Method;
use outlive_net::{Behind, Cluster, PeerStanding};
use serde_json::{Value, json};

use crate::drain::{NodeAddress, NodeArguments, Seconds, other_members};
use crate::exit::Exit;

/// How long one answer may take.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// Between two questions.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Arguments of `outlive restart-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct RestartCheckArguments {
    #[command(flatten)]
    pub(crate) node: NodeArguments,

    /// Asks again for this long before it says no. In seconds
    ///
    /// A message that is on its way to another node right now is a reason to say no, and is gone a moment later.
    #[arg(long, value_name = "S", default_value = "2")]
    pub(crate) wait: Seconds,

    /// Prints the facts as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `outlive restart-check --help` begins with.
pub(crate) const ABOUT: &str = "\
Says whether a node may be restarted now without the loss of a session: another member is there and holds the cluster's state, it has \
acknowledged everything, and nobody is taking the state or is behind. One sentence with the reason, and the exit code:

  0  yes
  1  no
  2  the command line cannot be followed
  3  the node cannot be asked";

/// Asks the node and prints the answer.
///
/// # Errors
/// Exit code 1 where the answer is no, 3 where there is none.
pub(crate) async fn run(arguments: RestartCheckArguments) -> Result<(), Exit> {
    let end = Instant::now() + arguments.wait.0;
    let node = NodeAddress::find(arguments.node)?;
    let facts = loop {
        let facts = node.ask(Method::GET, "/control/restart-check", ANSWER_LIMIT).await?;
        if may(&facts) || Instant::now() >= end {
            break facts;
        }
        tokio::time::sleep(PAUSE).await;
    };
    if arguments.json {
        println!("{facts}");
    } else {
        let text = |field| facts.get(field).and_then(Value::as_str).unwrap_or_default();
        let answer = if may(&facts) { "yes" } else { "no" };
        println!("{answer}: {}: {}", text("node"), text("reason"));
    }
    if may(&facts) { Ok(()) } else { Err(Exit::told()) }
}

fn may(facts: &Value) -> bool {
    facts.get("restart").and_then(Value::as_bool) == Some(true)
}

/// The node's answer: the decision, the reason, and what is known of each other member.
pub(crate) fn facts(node: &str, cluster: &Cluster) -> Value {
    let standing = cluster.standing();
    let obstacle = standing.obstacle();
    let reason = match &obstacle {
        Some(obstacle) => obstacle.to_string(),
        None if standing.sessions == 0 => "it holds no session".to_owned(),
        None => {
            let heirs = standing.peers.iter().filter(|peer| peer.holds_state && !peer.stalled).count();
            format!("all that it holds ({} sessions) is acknowledged by {}", standing.sessions, other_members(heirs))
        }
    };
    json!({
        "node": node,
        "restart": obstacle.is_none(),
        "reason": reason,
        "holds_state": standing.holds_state,
        "leaving": standing.leaving,
        "sessions": standing.sessions,
        "members": standing.peers.iter().map(member).collect::<Vec<_>>(),
    })
}

fn member(peer: &PeerStanding) -> Value {
    json!({
        "address": peer.address.to_string(),
        "kind": peer.kind.to_string(),
        "holds_state": peer.holds_state,
        "stalled": peer.stalled,
        "unacknowledged_bytes": peer.unacknowledged_bytes,
        "behind": match peer.behind {
            Behind::Nothing => json!(0),
            Behind::Sessions(sessions) => json!(sessions),
            Behind::Unknown => json!("all"),
        },
    })
}
