//! The systems that are measured side by side.

mod cluster;
mod program;

pub(crate) use cluster::{Cluster, Used};

use std::path::Path;

use anyhow::Result;
use outlive_interop::{NodeSpec, OutliveNode, Scene, Server, TomcatNode};

use program::ProgramNode;

/// When a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sending {
    /// Before the other node has what it changed (`channelSendOptions` 8).
    Async,
    /// After (6).
    Sync,
}

impl Sending {
    const fn options(self) -> u8 {
        match self {
            Self::Async => 8,
            Self::Sync => 6,
        }
    }
}

/// A system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum System {
    /// hyper alone: the unit of the ratios.
    Hyper,
    /// Two nodes of ours.
    Outlive(Sending),
    /// The same with static members, which need not listen for heartbeats first: looked at for starting and joining alone.
    Static,
    /// Two Tomcats with a DeltaManager.
    Tomcat(Sending),
}

impl System {
    /// The column's heading.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hyper => "bare hyper",
            Self::Outlive(Sending::Async) => "Outlive async",
            Self::Outlive(Sending::Sync) => "Outlive sync",
            Self::Static => "Outlive static",
            Self::Tomcat(Sending::Async) => "Tomcat async",
            Self::Tomcat(Sending::Sync) => "Tomcat sync",
        }
    }

    /// Requests before anything counts: a JVM compiles what it has seen often.
    pub(crate) const fn warm_up_requests(self) -> usize {
        match self {
            Self::Hyper | Self::Outlive(_) | Self::Static => 2_000,
            Self::Tomcat(_) => 80_000,
        }
    }

    /// Whether it has sessions, and a second node that holds them too.
    pub(crate) const fn replicates(self) -> bool {
        !matches!(self, Self::Hyper)
    }

    /// Whether it is asked for the cost of requests.
    pub(crate) const fn takes_load(self) -> bool {
        !matches!(self, Self::Static)
    }

    /// Whether its mistakes are ours.
    pub(crate) const fn is_ours(self) -> bool {
        matches!(self, Self::Outlive(_) | Self::Static)
    }

    /// Its nodes, not started.
    ///
    /// # Errors
    /// What it needs is not in the scene.
    pub(crate) fn place<'scene>(self, scene: &'scene Scene) -> Result<Cluster<'scene>> {
        let spec = |name, number| NodeSpec::new(name, number);
        let pair = |make: &dyn Fn(NodeSpec) -> Result<Box<dyn Server + 'scene>>| -> Result<_> {
            Ok(Cluster::new(make(spec("node-a", 1))?, Some(make(spec("node-b", 2))?)))
        };
        match self {
            Self::Hyper => {
                let spec = spec("node-a", 1);
                let arguments = vec!["bare".to_owned(), spec.http().to_string()];
                let node = ProgramNode::new(scene, spec, Path::new("/proc/self/exe"), arguments);
                Ok(Cluster::new(Box::new(node), None))
            }
            Self::Outlive(sending) => pair(&|spec| {
                let node = OutliveNode::new(scene, spec.send_options(sending.options()))?;
                Ok(Box::new(node))
            }),
            Self::Static => pair(&|spec| {
                let other = if spec.name == "node-a" { 2 } else { 1 };
                Ok(Box::new(OutliveNode::new(scene, spec.static_members(&[other]).send_options(8))?))
            }),
            Self::Tomcat(sending) => pair(&|spec| {
                let node = TomcatNode::new(scene, spec.send_options(sending.options()))?.with_large_jvm();
                Ok(Box::new(node))
            }),
        }
    }
}
