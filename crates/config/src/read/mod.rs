//! What each element means. The same functions read Tomcat's elements and the tables of outlive.toml.

pub(crate) mod cluster;
pub(crate) mod connector;
pub(crate) mod data_source;
pub(crate) mod interceptor;
pub(crate) mod manager;
pub(crate) mod member;
pub(crate) mod valve;
