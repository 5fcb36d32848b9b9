//! `outlive drain`.

use http::Method;
use serde_json::Value;

use super::flags::DrainArguments;
use super::node::NodeAddress;
use crate::exit::Exit;

/// Lets a node leave, waits until it has handed over what it holds, and says so.
///
/// # Errors
/// Exit code 1 where something that it held is nowhere else, 3 where it cannot be asked.
pub(crate) async fn run(arguments: DrainArguments) -> Result<(), Exit> {
    let wait = arguments.wait.0;
    let node = NodeAddress::find(arguments.node)?;
    let answer = node.ask(Method::POST, "/control/drain", wait).await?;
    let name = answer.get("node").and_then(Value::as_str).unwrap_or_default();
    let reason = answer.get("reason").and_then(Value::as_str).unwrap_or_default();
    let sentence = format!("{name} leaves: {reason}");
    if answer.get("complete").and_then(Value::as_bool) == Some(true) {
        println!("{sentence}");
        Ok(())
    } else {
        Err(Exit::failure(sentence))
    }
}
