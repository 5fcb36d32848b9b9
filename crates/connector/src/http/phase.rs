//! How long a connection may take, by what is waited for.
//!
//! ```text
//! connected ──► Head ──── request ────► Busy ──── answered ────► Idle ──── a byte ────► Head
//!               connection_timeout      no limit                 keep_alive_timeout
//! ```
//!
//! Source: Tomcat `Http11Processor`: `connectionTimeout` for each head, `keepAliveTimeout` between requests.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// What a connection is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// A request's head has begun, or the connection itself.
    Head(Instant),
    /// A request is being answered.
    Busy,
    /// The last request is answered.
    Idle(Instant),
}

/// The phase of one connection: what reads it, what answers, and what waits, share it.
#[derive(Debug, Clone)]
pub(super) struct Phases(Arc<Mutex<Phase>>);

impl Phases {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Phase::Head(Instant::now()))))
    }

    pub(super) fn get(&self) -> Phase {
        *self.lock()
    }

    pub(super) fn set(&self, phase: Phase) {
        *self.lock() = phase;
    }

    /// A byte has come.
    fn read(&self) {
        let mut phase = self.lock();
        if let Phase::Idle(_) = *phase {
            *phase = Phase::Head(Instant::now());
        }
    }

    /// When the time of the present phase is over.
    pub(super) fn deadline(&self, head: Option<Duration>, idle: Option<Duration>) -> Option<Instant> {
        match self.get() {
            Phase::Head(since) => since.checked_add(head?),
            Phase::Idle(since) => since.checked_add(idle?),
            Phase::Busy => None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Phase> {
        // Each change is one assignment: a poisoned phase is a whole one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that tells when bytes come.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    pub(super) phases: Phases,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.phases.read();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
