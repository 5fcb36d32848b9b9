//! A base folder as a Tomcat has it: `conf/server.xml`, the layers of `context.xml`, `web.xml`.

mod applications;
mod context;
mod context_name;
mod server;
mod web;

pub(crate) use applications::{Applications, default_manager, read_application};
pub(crate) use server::read_server;
pub(crate) use web::add_attribute;
