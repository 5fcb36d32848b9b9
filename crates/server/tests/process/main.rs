//! The program as its users run it: real processes on loopback.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod ajp;
mod app;
mod balance;
mod drain;
mod ends;
mod examples;
mod files;
mod inspect;
mod membership;
mod page;
mod peers;
mod refusals;
mod store;
mod story;
mod support;
