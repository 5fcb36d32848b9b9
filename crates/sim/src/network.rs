//! The network between the hosts: connections that carry bytes, and datagrams.
//!
//! It knows nothing of frames. A connection is two pipes; what is written to one is cut into pieces, each arrives after
//! its link's delay and never before an earlier one, and a pipe takes only so many bytes that its reader has not read.
//! A link is one direction between two hosts. While it is cut, datagrams are lost and pieces wait for the mending, as TCP's
//! repetitions do. A reset loses whatever had not arrived.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::clock::Instant;
use crate::event::{Agenda, Event, HostId, ProcessId, SenderId, Task};
use crate::faults::{FaultCounts, FaultKind};

/// One connection, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// The two ends of a connection; also the pipe that is *written* at that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Who connected: a sender. Messages go out here.
    Client,
    /// Who was connected to: a receiver. Acknowledgements go out here.
    Server,
}

impl End {
    /// The other one.
    pub fn other(self) -> End {
        match self {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }
}

/// How a network behaves; drawn for each run.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The least delay of each link lies below this.
    pub delay_max: Duration,
    /// One piece or datagram in a thousand, times this, is late.
    pub late_per_mille: u32,
    /// How late a late one is at most.
    pub late_max: Duration,
    /// Datagrams lost, in a thousand.
    pub loss_per_mille: u32,
    /// Bytes in one piece at most.
    pub piece_max: usize,
    /// Bytes under way in one pipe at most.
    pub window: usize,
}

/// What lies in a pipe: bytes, or the end behind all bytes.
#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    End,
}

#[derive(Debug)]
struct Piece {
    sent: Instant,
    /// `None`: held by a cut.
    arrives: Option<Instant>,
    content: Content,
}

#[derive(Debug, Default)]
struct Pipe {
    pieces: VecDeque<Piece>,
    bytes: usize,
    last_arrival: Instant,
    /// The end lies in it, or has been read: what is written is lost.
    has_ended: bool,
    /// The writer found no room and wants to know when there is some.
    blocked: bool,
}

#[derive(Debug)]
struct Connection {
    client: ProcessId,
    sender: SenderId,
    server_host: HostId,
    /// `None` until the connection stands.
    server: Option<ProcessId>,
    pipes: [Pipe; 2],
    /// Frames that the server has taken, and acknowledgements that the client has got.
    taken: u64,
    acknowledged: u64,
}

impl Connection {
    fn host(&self, end: End) -> HostId {
        match end {
            End::Client => self.client.host,
            End::Server => self.server_host,
        }
    }

    fn process(&self, end: End) -> Option<ProcessId> {
        match end {
            End::Client => Some(self.client),
            End::Server => self.server,
        }
    }
}

/// What a look at a pipe finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing that has arrived.
    Nothing,
    /// Bytes.
    Bytes(Bytes),
    /// The other end is gone; nothing comes any more.
    End,
}

/// All links and connections.
#[derive(Debug)]
pub struct Network {
    settings: NetworkSettings,
    /// The least delay of each link, by from and to.
    delays: Vec<Vec<Duration>>,
    cut: Vec<Vec<bool>>,
    /// Who runs on each host, as far as its kernel knows.
    running: Vec<Option<ProcessId>>,
    connections: BTreeMap<ConnectionId, Connection>,
    count: u32,
    /// The latest sending time of anything that a host has got, to see what overtakes.
    newest: Vec<Instant>,
    /// When the latest datagram on each link arrives.
    last_datagram: Vec<Vec<Instant>>,
}

impl Network {
    /// A network of `hosts` hosts without any process.
    pub fn new(settings: NetworkSettings, hosts: usize, random: &mut fastrand::Rng) -> Self {
        let longest = micros(settings.delay_max);
        let mut delay = |_| Duration::from_micros(random.u64(20..=longest));
        Network {
            delays: (0..hosts).map(|_| (0..hosts).map(&mut delay).collect()).collect(),
            cut: vec![vec![false; hosts]; hosts],
            running: vec![None; hosts],
            connections: BTreeMap::new(),
            count: 0,
            newest: vec![Instant::default(); hosts],
            last_datagram: vec![vec![Instant::default(); hosts]; hosts],
            settings,
        }
    }

    /// From now on nothing is late or lost.
    pub fn calm_down(&mut self) {
        self.settings.late_per_mille = 0;
        self.settings.loss_per_mille = 0;
    }

    /// Who runs on a host.
    pub fn running(&self, host: HostId) -> Option<ProcessId> {
        self.running[host]
    }

    /// How many hosts there are.
    pub fn hosts(&self) -> usize {
        self.running.len()
    }

    /// Whether nothing goes from one host to another.
    pub fn is_cut(&self, from: HostId, to: HostId) -> bool {
        self.cut[from][to]
    }
}

/// What the network needs of the world to carry something.
#[derive(Debug)]
pub struct Carrier<'a> {
    /// The time.
    pub now: Instant,
    /// Where arrivals are put.
    pub agenda: &'a mut Agenda,
    /// Decides delays and cuts.
    pub random: &'a mut fastrand::Rng,
    /// Counts what took effect.
    pub counts: &'a mut FaultCounts,
}

impl Network {
    /// How long one packet takes.
    pub fn delay(&self, from: HostId, to: HostId, carrier: &mut Carrier<'_>) -> Duration {
        let least = self.delays[from][to];
        let mut delay = least + Duration::from_micros(carrier.random.u64(0..=micros(least)));
        if carrier.random.u32(0..1000) < self.settings.late_per_mille {
            delay += Duration::from_micros(carrier.random.u64(20_000..=micros(self.settings.late_max).max(20_000)));
            carrier.counts.add(FaultKind::Delay);
        }
        delay
    }

    /// Sends a datagram to every other host with a process.
    pub fn multicast(&mut self, from: HostId, bytes: &Bytes, carrier: &mut Carrier<'_>) {
        for to in (0..self.hosts()).filter(|to| *to != from) {
            let Some(process) = self.running[to] else { continue };
            if self.cut[from][to] {
                carrier.counts.add(FaultKind::Partition);
                continue;
            }
            if carrier.random.u32(0..1000) < self.settings.loss_per_mille {
                carrier.counts.add(FaultKind::Loss);
                continue;
            }
            let at = carrier.now + self.delay(from, to, carrier);
            // A later datagram of the same host may have a shorter way.
            let latest = std::mem::replace(&mut self.last_datagram[from][to], at);
            if at < latest {
                self.last_datagram[from][to] = latest;
                carrier.counts.add(FaultKind::DatagramReorder);
            }
            carrier.agenda.put(at, Event::Task(process, Task::Datagram { from, bytes: bytes.clone() }));
        }
    }

    /// Begins to connect to a host. [`Task::Connected`] tells how it went, unless a cut keeps it from ever going anyhow.
    pub fn connect(
        &mut self,
        client: ProcessId,
        sender: SenderId,
        to: HostId,
        carrier: &mut Carrier<'_>,
    ) -> ConnectionId {
        self.count += 1;
        let id = ConnectionId(self.count);
        let connection = Connection {
            client,
            sender,
            server_host: to,
            server: None,
            pipes: Default::default(),
            taken: 0,
            acknowledged: 0,
        };
        self.connections.insert(id, connection);
        let at = carrier.now + self.delay(client.host, to, carrier);
        carrier.agenda.put(at, Event::Syn(id));
        id
    }

    /// The first packet of a connection arrives; the kernel answers, whether or not its process is paused.
    pub fn syn(&mut self, id: ConnectionId, carrier: &mut Carrier<'_>) {
        let Some(connection) = self.connections.get(&id) else { return };
        let (client, sender, to) = (connection.client, connection.sender, connection.server_host);
        if self.cut[client.host][to] || self.cut[to][client.host] {
            carrier.counts.add(FaultKind::Partition);
            // TCP asks again after a second.
            carrier.agenda.put(carrier.now + Duration::from_secs(1), Event::Syn(id));
            return;
        }
        let server = self.running[to];
        let at = carrier.now + self.delay(to, client.host, carrier);
        carrier.agenda.put(at, Event::Task(client, Task::Connected(sender, id, server.is_some())));
        match (server, self.connections.get_mut(&id)) {
            (Some(_), Some(connection)) => connection.server = server,
            _ => drop(self.connections.remove(&id)),
        }
    }

    /// Writes what the pipe has room for, and takes it off the front of `bytes`; how many bytes that were.
    ///
    /// Nothing if there is no room: the sender is woken when there is some. A server's acknowledgements always have room.
    pub fn write(&mut self, id: ConnectionId, end: End, bytes: &mut BytesMut, carrier: &mut Carrier<'_>) -> usize {
        let open = self.connections.get_mut(&id).filter(|connection| !connection.pipes[end as usize].has_ended);
        let Some(connection) = open else {
            // A connection that was reset takes bytes until its writer hears of it.
            let length = bytes.len();
            bytes.clear();
            return length;
        };
        let pipe = &mut connection.pipes[end as usize];
        let room = match end {
            End::Client => self.settings.window.saturating_sub(pipe.bytes).min(bytes.len()),
            End::Server => bytes.len(),
        };
        pipe.blocked = room < bytes.len();
        let mut rest = bytes.split_to(room);
        while !rest.is_empty() {
            let length = carrier.random.usize(1..=self.settings.piece_max.max(1)).min(rest.len());
            let piece = rest.split_to(length).freeze();
            if !rest.is_empty() {
                carrier.counts.add(FaultKind::Cut);
            }
            self.put(id, end, Content::Bytes(piece), carrier);
        }
        room
    }

    fn put(&mut self, id: ConnectionId, end: End, content: Content, carrier: &mut Carrier<'_>) {
        let Some(connection) = self.connections.get(&id) else { return };
        let (from, to) = (connection.host(end), connection.host(end.other()));
        let delay = self.delay(from, to, carrier);
        let is_cut = self.cut[from][to];
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let reader = connection.process(end.other());
        let pipe = &mut connection.pipes[end as usize];
        let arrives = if is_cut {
            carrier.counts.add(FaultKind::Partition);
            None
        } else {
            let at = (carrier.now + delay).max(pipe.last_arrival);
            pipe.last_arrival = at;
            if let Some(reader) = reader {
                carrier.agenda.put(at, Event::Task(reader, Task::Readable(id, end.other())));
            }
            Some(at)
        };
        match &content {
            Content::Bytes(bytes) => pipe.bytes += bytes.len(),
            Content::End => pipe.has_ended = true,
        }
        pipe.pieces.push_back(Piece { sent: carrier.now, arrives, content });
    }

    /// Reads the oldest piece that has arrived at an end.
    pub fn read(&mut self, id: ConnectionId, end: End, carrier: &mut Carrier<'_>) -> Received {
        // The other end has read the end already.
        let Some(connection) = self.connections.get_mut(&id) else { return Received::End };
        let host = connection.host(end);
        let pipe = &mut connection.pipes[end.other() as usize];
        let has_arrived = |piece: &Piece| piece.arrives.is_some_and(|at| at <= carrier.now);
        let Some(piece) = pipe.pieces.front().is_some_and(has_arrived).then(|| pipe.pieces.pop_front()).flatten()
        else {
            return Received::Nothing;
        };
        if piece.sent < self.newest[host] {
            carrier.counts.add(FaultKind::Reorder);
        } else {
            self.newest[host] = piece.sent;
        }
        match piece.content {
            Content::Bytes(bytes) => {
                pipe.bytes -= bytes.len();
                if std::mem::take(&mut pipe.blocked) {
                    // The window opens at the writer with the next packet back.
                    let (client, sender) = (connection.client, connection.sender);
                    let at = carrier.now + self.delay(host, client.host, carrier);
                    carrier.agenda.put(at, Event::Task(client, Task::Pump(sender)));
                }
                Received::Bytes(bytes)
            }
            Content::End => {
                // It is forgotten when nobody is still to hear of its end.
                let others = &connection.pipes[end as usize].pieces;
                if !others.iter().any(|piece| matches!(piece.content, Content::End)) {
                    self.connections.remove(&id);
                }
                Received::End
            }
        }
    }

    /// One end closes in order: what it wrote still arrives, and the end behind it.
    pub fn close(&mut self, id: ConnectionId, end: End, carrier: &mut Carrier<'_>) {
        if self.connections.get(&id).is_some_and(|connection| connection.server.is_none()) {
            self.connections.remove(&id);
            return;
        }
        self.put(id, end, Content::End, carrier);
    }

    /// The server has taken messages.
    pub fn took(&mut self, id: ConnectionId, messages: u64) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.taken += messages;
        }
    }

    /// The host that has opened a connection.
    pub fn peer_of(&self, id: ConnectionId) -> Option<HostId> {
        self.connections.get(&id).map(|connection| connection.client.host)
    }

    /// The client has got an acknowledgement.
    pub fn acknowledged(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.acknowledged += 1;
        }
    }

    /// Connections that stand, of all hosts.
    pub fn standing(&self) -> impl Iterator<Item = (ConnectionId, ProcessId, SenderId)> {
        let standing = self.connections.iter().filter(|(_, connection)| connection.server.is_some());
        standing.map(|(id, connection)| (*id, connection.client, connection.sender))
    }

    /// Whether acknowledgements are on their way on a connection.
    pub fn loses_answers(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|connection| connection.taken > connection.acknowledged)
    }

    /// Breaks a connection: what has not arrived is lost, and both ends hear of it.
    pub fn reset(&mut self, id: ConnectionId, carrier: &mut Carrier<'_>) {
        if let Some(connection) = self.connections.get(&id) {
            carrier.counts.add_many(FaultKind::Duplicate, connection.taken - connection.acknowledged);
        }
        for end in [End::Client, End::Server] {
            if let Some(connection) = self.connections.get_mut(&id) {
                let pipe = &mut connection.pipes[end as usize];
                pipe.pieces.clear();
                pipe.bytes = 0;
                self.put(id, end, Content::End, carrier);
            }
        }
    }

    /// A process begins.
    pub fn started(&mut self, process: ProcessId) {
        self.running[process.host] = Some(process);
    }

    /// A process is gone at once: of what it wrote the rest of each pipe, from a random place on, never left the host.
    pub fn crashed(&mut self, process: ProcessId, carrier: &mut Carrier<'_>) {
        self.running[process.host] = None;
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            for end in [End::Client, End::Server] {
                let Some(connection) = self.connections.get_mut(&id) else { break };
                if connection.process(end) != Some(process) {
                    continue;
                }
                if connection.server.is_none() {
                    self.connections.remove(&id);
                    break;
                }
                let pipe = &mut connection.pipes[end as usize];
                pipe.pieces.truncate(carrier.random.usize(0..=pipe.pieces.len()));
                let incoming = &mut connection.pipes[end.other() as usize];
                incoming.pieces.clear();
                self.put(id, end, Content::End, carrier);
            }
        }
    }

    /// Cuts a link.
    pub fn cut(&mut self, from: HostId, to: HostId) {
        self.cut[from][to] = true;
    }

    /// Mends a link: what waited arrives after TCP's next repetition.
    pub fn mend(&mut self, from: HostId, to: HostId, carrier: &mut Carrier<'_>) {
        self.cut[from][to] = false;
        for (id, connection) in &mut self.connections {
            for end in [End::Client, End::Server] {
                if (connection.host(end), connection.host(end.other())) != (from, to) {
                    continue;
                }
                let reader = connection.process(end.other());
                let repeated = carrier.now + Duration::from_micros(carrier.random.u64(1_000..1_000_000));
                let pipe = &mut connection.pipes[end as usize];
                for piece in pipe.pieces.iter_mut().filter(|piece| piece.arrives.is_none()) {
                    let at = repeated.max(pipe.last_arrival);
                    pipe.last_arrival = at;
                    piece.arrives = Some(at);
                    if let Some(reader) = reader {
                        carrier.agenda.put(at, Event::Task(reader, Task::Readable(*id, end.other())));
                    }
                }
            }
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
