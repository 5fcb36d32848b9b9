//! One connection of a front: its socket, its state machine and the service, in one task.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use outlive_ajp::connection::BodyLength;
use outlive_ajp::{Connection, Event, ForwardRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::answering::{Answering, Step};
use super::body::{BodyFeed, RequestBody};
use super::request;
use super::settings::AjpSettings;
use crate::service::HttpService;

/// How long a connection is read on after its last answer, so that what the front still sends does not take that answer from it (a reset).
const LINGER: Duration = Duration::from_secs(1);

/// Room for one read: most packets are smaller.
const READ_SIZE: usize = 8192;

/// What all connections of a server share.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) settings: Arc<AjpSettings>,
    /// Each answer is the last one of its connection.
    pub(super) ending: Arc<AtomicBool>,
    /// Whether no further request is taken.
    pub(super) ended: watch::Receiver<bool>,
}

/// A connection before it is run.
pub(super) struct Serving<S: HttpService<RequestBody>> {
    service: S,
    server: Server,
    front: SocketAddr,
    machine: Connection,
    received: BytesMut,
    answering: Option<Answering<S>>,
    feed: Option<BodyFeed>,
}

/// What the front is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// A request, of which nothing has come.
    Request,
    /// The rest of a packet, or a part of a body.
    Packet,
    /// Nothing: a request is answered.
    Nothing,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the front closed it")]
    Closed,
    #[error("the front closed it within a packet or a request")]
    Cut,
    #[error("the front was silent for too long")]
    TimedOut,
    #[error("the answer cannot be ended well")]
    Broken,
    #[error("the server ends")]
    Stopped,
    #[error("the last answer is sent")]
    Answered,
    #[error(transparent)]
    Fault(#[from] outlive_ajp::Fault),
    #[error(transparent)]
    Socket(#[from] io::Error),
}

impl<S: HttpService<RequestBody>> Serving<S> {
    pub(super) fn new(service: S, server: Server, front: SocketAddr) -> Self {
        let machine = Connection::new(server.settings.limits(), server.settings.secret.clone());
        Self { service, server, front, machine, received: BytesMut::new(), answering: None, feed: None }
    }

    /// Serves the connection to its end.
    pub(super) async fn run(mut self, stream: TcpStream) {
        let front = self.front;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%front, %error, "TCP_NODELAY could not be set"); // slower, not wrong
        }
        let (mut reader, mut writer) = stream.into_split();
        match self.serve(&mut reader, &mut writer).await {
            End::Fault(fault) => tracing::warn!(%front, %fault, "an AJP connection is closed: no front says this"),
            End::Answered => linger(&mut reader, writer).await,
            end => tracing::debug!(%front, %end, "an AJP connection ends"),
        }
    }

    async fn serve(&mut self, reader: &mut OwnedReadHalf, writer: &mut OwnedWriteHalf) -> End {
        match self.exchange_packets(reader, writer).await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn exchange_packets(&mut self, reader: &mut OwnedReadHalf, writer: &mut OwnedWriteHalf) -> Result<End, End> {
        let mut output = BytesMut::new();
        let mut waiting = self.waits_for();
        let mut deadline = self.deadline(waiting);
        let mut stopped = false;
        loop {
            let something_came = self.take_events()?;
            if something_came || self.waits_for() != waiting {
                waiting = self.waits_for();
                deadline = self.deadline(waiting);
            }
            if output.is_empty() {
                output = self.machine.take_output();
            }
            let busy = !output.is_empty();
            if !busy && self.machine.is_closing() {
                return Ok(End::Answered);
            }
            if !busy && stopped && waiting == Waiting::Request {
                return Ok(End::Stopped);
            }
            let may_read = self.received.len() < self.server.settings.packet_size.bytes() && !self.machine.is_closing();
            if self.server.ending.load(Ordering::Relaxed) {
                self.machine.close_behind_answer();
            }
            // What a service has to say waits until what it said before is on its way.
            let may_step = !busy && self.answering.is_some();
            tokio::select! {
                written = writer.write_buf(&mut output), if busy => {
                    if written? == 0 {
                        return Err(io::Error::from(io::ErrorKind::WriteZero).into());
                    }
                }
                ready = reader.readable(), if may_read => {
                    ready?;
                    self.read(reader)?;
                }
                () = wanted(self.feed.as_ref()), if self.feed.is_some() => self.ask_body(),
                step = step(self.answering.as_mut(), &mut self.machine, self.server.settings.flush), if may_step => match step {
                    Step::More => {}
                    Step::Finished => (self.answering, self.feed) = (None, None),
                    Step::Broken => return Err(End::Broken),
                },
                () = ends(&mut self.server.ended), if !stopped => {
                    stopped = true;
                    self.machine.end();
                    // A request may lie there already: it gets an answer.
                    self.read(reader)?;
                }
                () = at(deadline) => return Err(End::TimedOut),
            }
        }
    }

    /// Reads what is there.
    fn read(&mut self, reader: &OwnedReadHalf) -> Result<(), End> {
        if self.received.is_empty() {
            self.received = BytesMut::new(); // parts of the last packet may be held by its request
        }
        self.received.reserve(READ_SIZE);
        match reader.try_read_buf(&mut self.received) {
            Ok(0) if self.machine.is_idle() && self.received.is_empty() => Err(End::Closed),
            Ok(0) => Err(End::Cut),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if self.received.is_empty() {
                    self.received = BytesMut::new();
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes in what was received. `true`: there was a packet.
    fn take_events(&mut self) -> Result<bool, End> {
        let before = self.received.len();
        loop {
            match self.machine.poll(&mut self.received)? {
                Event::Nothing => return Ok(self.received.len() != before),
                Event::Request(request, length) => self.start(&request, length),
                Event::Body(data) => self.tell_body(|feed| feed.data(data)),
                Event::BodyEnd { missing } => self.tell_body(|feed| feed.end(missing)),
                Event::Refused(refusal) => tracing::warn!(front = %self.front, %refusal, "an AJP request is refused"),
            }
        }
    }

    fn start(&mut self, said: &ForwardRequest, length: BodyLength) {
        match request::http_request(said, self.front, &self.server.settings) {
            Ok(mut request) => {
                self.server.settings.origin.apply(&mut request);
                self.server.settings.uri_encoding.apply(&mut request);
                self.server.settings.form_limit.apply(&mut request);
                let (feed, body) = RequestBody::new(length);
                self.answering = Some(Answering::start(&self.service, request.map(|()| body)));
                self.feed = Some(feed);
            }
            Err(rejected) => {
                tracing::warn!(front = %self.front, reason = %rejected, "an AJP request is refused");
                self.machine.refuse(rejected.status());
            }
        }
    }

    fn tell_body(&self, tell: impl FnOnce(&BodyFeed)) {
        if let Some(feed) = &self.feed {
            tell(feed);
        }
    }

    fn ask_body(&mut self) {
        if self.feed.as_ref().is_some_and(BodyFeed::has_room) {
            self.machine.ask_body();
        }
    }

    fn waits_for(&self) -> Waiting {
        if self.machine.is_idle() && self.received.is_empty() {
            Waiting::Request
        } else if self.machine.expects_packet() {
            Waiting::Packet
        } else {
            Waiting::Nothing
        }
    }

    fn deadline(&self, waiting: Waiting) -> Option<Instant> {
        let limit = match waiting {
            Waiting::Request => self.server.settings.idle_timeout?,
            Waiting::Packet => self.server.settings.read_timeout,
            Waiting::Nothing => return None,
        };
        Instant::now().checked_add(limit)
    }
}

/// Ready when the service waits for a part of the body; never where there is none.
async fn wanted(feed: Option<&BodyFeed>) {
    match feed {
        Some(feed) => feed.wanted().await,
        None => pending().await,
    }
}

async fn step<S: HttpService<RequestBody>>(
    answering: Option<&mut Answering<S>>,
    machine: &mut Connection,
    flush: bool,
) -> Step {
    match answering {
        Some(answering) => answering.step(machine, flush).await,
        None => pending().await,
    }
}

/// Ready when the server ends, also where nobody is left to say so.
async fn ends(ended: &mut watch::Receiver<bool>) {
    let _ = ended.wait_for(|ends| *ends).await;
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Says that nothing more will be written, and reads on for a while.
async fn linger(reader: &mut OwnedReadHalf, mut writer: OwnedWriteHalf) {
    let mut dropped = [0; 1024];
    let until_closed = async {
        writer.shutdown().await?;
        while reader.read(&mut dropped).await? > 0 {}
        io::Result::Ok(())
    };
    // Out of time or reset: it is closed either way.
    let _ = timeout(LINGER, until_closed).await;
}
