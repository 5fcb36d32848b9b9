//! The systems that are measured side by side.

mod cluster;
mod program;
mod store;

pub(crate) use cluster::{Cluster, Used};
pub(crate) use store::Store;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use outlive_interop::scene::Programs;
use outlive_interop::{NodeSpec, OutliveNode, Scene, Server, TomcatNode};

use program::ProgramNode;

/// When a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// hyper alone: the unit of the ratios.
    Hyper,
    /// Two nodes of ours.
    Outlive(Sending),
    /// The same with static members, which need not listen for heartbeats first: looked at for starting and joining alone.
    Static,
    /// Two Tomcats with a DeltaManager.
    Tomcat(Sending),
    /// axum with tower-sessions over one Redis: two nodes that hold no sessions themselves.
    TowerSessions,
}

/// What the systems are made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Of the rig.
    pub(crate) programs: Programs,
    /// The program of [`System::TowerSessions`].
    pub(crate) tower_sessions: Option<PathBuf>,
}

impl System {
    /// The column's heading.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hyper => "bare hyper",
            Self::Outlive(Sending::Async) => "Outlive async",
            Self::Outlive(Sending::Sync) => "Outlive sync",
            Self::Static => "Outlive, static members",
            Self::Tomcat(Sending::Async) => "Tomcat async",
            Self::Tomcat(Sending::Sync) => "Tomcat sync",
            Self::TowerSessions => "tower-sessions, Redis",
        }
    }

    /// Requests before anything counts: a JVM compiles what it has seen often.
    pub(crate) const fn warm_up_requests(self) -> usize {
        match self {
            Self::Tomcat(_) => 80_000,
            _ => 2_000,
        }
    }

    /// Whether it has sessions.
    pub(crate) const fn has_sessions(self) -> bool {
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

    /// The peer that it is to be compared with, beside the bare hyper.
    pub(crate) const fn rival(self) -> Option<Self> {
        match self {
            Self::Outlive(sending) => Some(Self::Tomcat(sending)),
            _ => None,
        }
    }

    /// Its nodes, not started; a store runs already.
    ///
    /// # Errors
    /// What it needs is not there.
    pub(crate) fn place<'scene>(self, scene: &'scene Scene, parts: &Parts) -> Result<Cluster<'scene>> {
        let (a, b) = (NodeSpec::new("node-a", 1), NodeSpec::new("node-b", 2));
        let pair = |node: &dyn Fn(NodeSpec) -> Result<Box<dyn Server + 'scene>>| {
            anyhow::Ok(Cluster::new(node(a.clone())?, Some(node(b.clone())?)))
        };
        match self {
            Self::Hyper => {
                let arguments = vec!["bare".to_owned(), a.http().to_string()];
                let node = ProgramNode::new(scene, a, Path::new("/proc/self/exe"), arguments);
                Ok(Cluster::new(Box::new(node), None))
            }
            Self::Outlive(sending) => {
                pair(&|spec| Ok(Box::new(OutliveNode::new(scene, spec.send_options(sending.options()))?)))
            }
            Self::Static => pair(&|spec| {
                let other = if spec.name == "node-a" { 2 } else { 1 };
                Ok(Box::new(OutliveNode::new(scene, spec.static_members(&[other]).send_options(8))?))
            }),
            Self::Tomcat(sending) => pair(&|spec| {
                Ok(Box::new(TomcatNode::new(scene, spec.send_options(sending.options()))?.with_large_jvm()))
            }),
            Self::TowerSessions => {
                let program = parts.tower_sessions.as_ref().context("no program of tower-sessions")?;
                let store = Store::start(scene)?;
                let node = |spec: NodeSpec| -> Result<Box<dyn Server + 'scene>> {
                    let arguments = vec![spec.name.clone(), spec.http().to_string(), Store::url()];
                    Ok(Box::new(ProgramNode::new(scene, spec, program, arguments)))
                };
                Ok(pair(&node)?.with_store(store))
            }
        }
    }
}
