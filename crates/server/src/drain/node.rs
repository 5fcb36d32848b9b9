//! A node as a command names and asks it.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::Empty;
use serde_json::Value;

use super::flags::NodeArguments;
use crate::cli::{HostPort, Secret};
use crate::exchange::exchange;
use crate::exit::Exit;

/// Where a node takes control requests, and with what word.
#[derive(Debug, Clone)]
pub(crate) struct NodeAddress {
    address: HostPort,
    token: Option<Secret>,
}

impl NodeAddress {
    /// # Errors
    /// The node is neither an address nor one of the names.
    pub(crate) fn find(arguments: NodeArguments) -> Result<Self, Exit> {
        let named = arguments.nodes.into_iter().find(|named| named.name == arguments.node).map(|named| named.address);
        let address = match named {
            Some(address) => address,
            None => arguments.node.parse().map_err(|_| {
                Exit::usage(format!(
                    "\"{0}\" is neither the address of a node's --health, such as 127.0.0.1:9000, nor a name of --nodes",
                    arguments.node
                ))
            })?,
        };
        Ok(Self { address, token: arguments.token })
    }

    /// One request, and the JSON of a good answer.
    ///
    /// # Errors
    /// Exit code 3: there is nobody, no answer within `limit`, or no answer of a node; or the node lets this command do nothing.
    pub(crate) async fn ask(&self, method: Method, path: &'static str, limit: Duration) -> Result<Value, Exit> {
        self.try_ask(method, path, limit)
            .await
            .map_err(|error| Exit::unreachable(format!("the node at {}: {error:#}", self.address)))
    }

    async fn try_ask(&self, method: Method, path: &'static str, limit: Duration) -> anyhow::Result<Value> {
        let mut addresses = tokio::net::lookup_host((self.address.host.as_str(), self.address.port)).await?;
        let address = addresses.next().context("its host has no address")?;
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, address.to_string());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        }
        let (head, body) = exchange(address, request.body(Empty::<Bytes>::new())?, limit).await?;
        let answer: Value =
            serde_json::from_slice(&body).context("its answer is no JSON: is this its --health address?")?;
        if head.status == StatusCode::OK {
            return Ok(answer);
        }
        let said = answer.get("error").and_then(Value::as_str).unwrap_or("it gives no reason");
        anyhow::bail!("it refuses with status {}: {said}", head.status.as_u16())
    }
}
