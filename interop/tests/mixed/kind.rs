//! What a node is.

use anyhow::Result;
use outlive_interop::{NodeSpec, OutliveNode, Scene, Server, TomcatNode};

/// A program that serves the session app in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Outlive,
    Tomcat,
}

/// Has Tomcat log each cluster message, with its sender.
const TOMCAT_LEVELS: &[(&str, &str)] = &[("org.apache.catalina.tribes.MESSAGES", "FINEST")];

impl Kind {
    pub(crate) fn node<'scene>(self, scene: &'scene Scene, spec: NodeSpec) -> Result<Box<dyn Server + Sync + 'scene>> {
        Ok(match self {
            Self::Outlive => Box::new(OutliveNode::new(scene, spec)?),
            Self::Tomcat => Box::new(TomcatNode::new(scene, spec)?.with_log_levels(TOMCAT_LEVELS)?),
        })
    }
}
