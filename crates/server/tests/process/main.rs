//! The program as its users run it: real processes on loopback.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod app;
mod balance;
mod drain;
mod ends;
mod inspect;
mod page;
mod refusals;
mod story;
mod support;
