//! Tomcat's configuration files, and outlive.toml, as one checked model.
//!
//! Files come in, a [`Configuration`] comes out, with what is to be said about them; or all that is wrong with them, each with its file,
//! line and element. Each setting is defined once, in [`model`], with name, type, unit, default and words: from there it is read, refused,
//! written and documented.
//!
//! ```text
//! server.xml, context.xml, web.xml ─► elements with places, ${…} put in ─┐
//!                                                                        ├─► Reader: settings by the table ─► Configuration
//! outlive.toml ─► the same elements ─────────────────────────────────────┘        notices, or faults
//! ```
//!
//! What a node does with it is decided by others: nothing here opens a socket, and nothing but files is read.

pub mod model;
pub mod setting;

mod definitions;
mod domain;
mod files;
mod host_port;
mod load;
mod native;
mod origin;
mod problem;
mod properties;
mod raw;
mod read;
mod reader;
mod reference;
mod secret;
mod tomcat;
mod toml_writer;

pub use definitions::Definitions;
pub use domain::Domain;
pub use host_port::HostPort;
pub use load::{Loaded, Source, load, parse_application, parse_server_xml, parse_toml};
pub use model::Configuration;
pub use origin::Origin;
pub use outlive_pattern::Pattern;
pub use outlive_tribes_proto::UniqueId;
pub use outlive_tribes_proto::interceptor::encrypt::Algorithm;
pub use outlive_tribes_proto::wire::send_options::SendOptions;
pub use problem::{ConfigError, Fault, Level, Notice, Place};
pub use reference::reference;
pub use secret::Secret;
pub use toml_writer::{TomlOptions, has_secrets, to_toml};
