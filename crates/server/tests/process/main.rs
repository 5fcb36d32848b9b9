//! The program as its users run it: real processes on loopback.

mod app;
mod ends;
mod refusals;
mod story;
mod support;
