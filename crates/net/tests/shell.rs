//! The shell over real sockets on loopback: what happens when a connection breaks, a value is too large, or a node goes.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use outlive_net::encrypt::{Algorithm, EncryptionKey};
use outlive_net::fragmentation::Fragmentation;
use outlive_net::gzip::Gzip;
use outlive_net::order::Order;
use outlive_net::{
    Cluster, ClusterConfig, ContextConfig, Delivery, InterceptorConfig, JoinError, Membership, ReceiverAddress,
    SendOptions, Sessions, StackError, Timing,
};
use outlive_serial::Value;
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::channel_data::{ChannelData, encode_head};
use outlive_tribes_proto::wire::frame::{ACK, Frame, FrameReader, TAIL};
use outlive_tribes_proto::wire::peer::Mark;
use outlive_tribes_proto::{Abilities, Member, MemberId, PeerKind, UniqueId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const PATIENCE: Duration = Duration::from_secs(20);

fn free_address() -> SocketAddr {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn join(receiver: SocketAddr, others: &[SocketAddr]) -> (Cluster, Sessions) {
    let config = ClusterConfig {
        name: format!("node{}", receiver.port()),
        receiver: ReceiverAddress::At(receiver),
        membership: Membership::Static(others.to_vec()),
        options: SendOptions(6),
        frame_bytes_max: 4 << 20,
        ..ClusterConfig::default()
    };
    let cluster = Cluster::join(config).await.unwrap();
    let sessions = cluster.open(ContextConfig { path: "/app".into(), ..ContextConfig::default() });
    (cluster, sessions)
}

async fn pair() -> [(Cluster, Sessions); 2] {
    let (a, b) = (free_address(), free_address());
    let (one, two) = (join(a, &[b]).await, join(b, &[a]).await);
    for (cluster, _) in [&one, &two] {
        let met = cluster.until_members(|members| members.len() == 1);
        assert!(tokio::time::timeout(PATIENCE, met).await.is_ok(), "they do not see each other");
    }
    one.1.ready().await;
    two.1.ready().await;
    [one, two]
}

/// Nothing tells of these events, so they are looked for.
async fn until(what: &str, reached: impl Fn() -> bool) {
    let looked = tokio::time::timeout(PATIENCE, async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(looked.await.is_ok(), "never: {what}");
}

fn create(sessions: &Sessions, value: &str) -> (String, Delivery) {
    let session = sessions.create().unwrap();
    session.set("value", Value::string(value)).unwrap();
    let delivery = sessions.complete(&session);
    (session.id(), delivery)
}

/// A peer of which nothing is known is taken for a Tomcat; this one closes its second frame's connection without an answer.
#[tokio::test]
async fn a_frame_that_was_lost_with_its_connection_is_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let again = Arc::new(Notify::new());
    let (seen, told) = (Arc::clone(&bodies), Arc::clone(&again));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut frames, mut received) = (FrameReader::new(), BytesMut::new());
            'connection: while stream.read_buf(&mut received).await.unwrap_or(0) > 0 {
                while let Some(Frame::Message(body)) = frames.next(&mut received).unwrap() {
                    if body[3] & 2 == 0 {
                        continue; // a probe asks for no answer
                    }
                    let count = {
                        let mut bodies = seen.lock().unwrap();
                        bodies.push(body[12..32].to_vec());
                        bodies.len()
                    };
                    match count {
                        2 => break 'connection,
                        3 => told.notify_one(),
                        _ => {}
                    }
                    stream.write_all(&ACK).await.unwrap();
                }
            }
        }
    });
    let _node = join(free_address(), &[peer]).await;
    tokio::time::timeout(PATIENCE, again.notified()).await.expect("a third frame");
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies[1], bodies[2], "the same message, by its id");
}

/// A host has several addresses: what comes from a node comes from the one that it announces.
#[tokio::test]
async fn a_node_connects_from_its_own_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = SocketAddr::from(([127, 0, 0, 77], free_address().port()));
    let (_cluster, _sessions) = join(own, &[listener.local_addr().unwrap()]).await;
    let (mut stream, mut host) = listener.accept().await.unwrap();
    // A probe's connection says nothing that counts.
    while host.ip() != own.ip() {
        (stream, host) =
            tokio::time::timeout(PATIENCE, listener.accept()).await.expect("a connection from there").unwrap();
    }
    let mut head = [0; 7];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"FLT2002");
}

/// Tomcat's `performReadTest`: a member takes connections as long as its system does, also while it stands still.
#[tokio::test]
async fn who_acknowledges_no_probe_is_no_member_where_probes_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let timing = Timing { probe_reads: Some(Duration::from_millis(100)), ..Timing::default() };
    let config = ClusterConfig {
        receiver: ReceiverAddress::At(free_address()),
        membership: Membership::Static(vec![listener.local_addr().unwrap()]),
        timing: Timing { ping_interval: Duration::from_millis(100), ..timing },
        ..ClusterConfig::default()
    };
    let cluster = Cluster::join(config).await.unwrap();
    for _ in 0..2 {
        let (mut probe, _) = listener.accept().await.unwrap();
        let mut frame = Vec::new();
        probe.read_to_end(&mut frame).await.unwrap();
        assert!(frame.starts_with(b"FLT2002") && cluster.members().is_empty());
    }
    let answers = async {
        loop {
            let (mut probe, _) = listener.accept().await.unwrap();
            probe.write_all(&ACK).await.unwrap();
        }
    };
    let met = tokio::time::timeout(PATIENCE, cluster.until_members(|members| members.len() == 1));
    tokio::select! {
        met = met => met.expect("it acknowledges now"),
        () = answers => {}
    }
}

/// The same with messages in pieces, which have numbers: the peer closes the connection with the second piece unanswered.
#[tokio::test]
async fn a_piece_that_was_lost_keeps_its_place_and_number() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    let config = ClusterConfig {
        receiver: ReceiverAddress::At(free_address()),
        membership: Membership::Static(vec![peer]),
        interceptors: vec![
            InterceptorConfig::Fragmentation(Fragmentation { max_size: 100, ..Fragmentation::default() }),
            InterceptorConfig::Order(Order::default()),
        ],
        ..ClusterConfig::default()
    };
    let cluster = Cluster::join(config).await.unwrap();
    let _sessions = cluster.open(ContextConfig { path: "/app".into(), ..ContextConfig::default() });
    let mut messages = Vec::new();
    let five = async {
        while messages.len() < 5 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut frames, mut received) = (FrameReader::new(), BytesMut::new());
            'connection: while stream.read_buf(&mut received).await.unwrap_or(0) > 0 {
                while let Some(Frame::Message(body)) = frames.next(&mut received).unwrap() {
                    let data = ChannelData::decode(&body).unwrap();
                    // Neither probes nor the start message of a static member pass the interceptors.
                    if data.message.ends_with(&[0xd5]) || data.message.starts_with(b"Local StaticMember") {
                        if data.options.contains(SendOptions::USE_ACK) {
                            stream.write_all(&ACK).await.unwrap();
                        }
                        continue;
                    }
                    messages.push((data.id, data.message));
                    if matches!(messages.len(), 2 | 5) {
                        break 'connection;
                    }
                    stream.write_all(&ACK).await.unwrap();
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, five).await.expect("pieces of the question for the state");
    assert_eq!(messages[1], messages[2], "the same piece with the same number");
    messages.dedup();
    for (index, (id, message)) in messages.iter().enumerate() {
        let (rest, number) = message.split_last_chunk::<4>().unwrap();
        let (_, trailer) = rest.split_last_chunk::<9>().unwrap();
        assert_eq!((*id, u32::from_be_bytes(*number)), (messages[0].0, index as u32 + 1));
        assert_eq!((&trailer[..4], trailer[8]), (&(index as u32).to_be_bytes()[..], 1));
    }
}

/// Two of ours with all that change messages, over real connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_stack_between_two_nodes() {
    let key: EncryptionKey = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    let stack = [
        InterceptorConfig::Throughput { interval: 10 },
        InterceptorConfig::Gzip(Gzip::default()),
        InterceptorConfig::Encrypt { algorithm: Algorithm::AesGcm, key },
        InterceptorConfig::Fragmentation(Fragmentation { max_size: 1000, ..Fragmentation::default() }),
        InterceptorConfig::Order(Order::default()),
    ];
    let (a, b) = (free_address(), free_address());
    let node = async |receiver, other| {
        let config = ClusterConfig {
            receiver: ReceiverAddress::At(receiver),
            membership: Membership::Static(vec![other]),
            options: SendOptions(6),
            interceptors: stack.to_vec(),
            ..ClusterConfig::default()
        };
        let cluster = Cluster::join(config).await.unwrap();
        let sessions = cluster.open(ContextConfig { path: "/app".into(), ..ContextConfig::default() });
        (cluster, sessions)
    };
    let ((one, here), (_two, there)) = (node(a, b).await, node(b, a).await);
    until("both see each other", || here.members() == 1 && there.members() == 1).await;
    here.ready().await;
    there.ready().await;
    // Text that gzip cannot make small, so that it goes in pieces.
    let text: String = (0..20_000_u32).map(|i| char::from(b'!' + (i.wrapping_mul(i) / 7 % 90) as u8)).collect();
    for _ in 0..50 {
        let (id, delivery) = create(&here, &text);
        if let Delivery::Await(confirmed) = delivery {
            confirmed.await;
        }
        let copy = there.find(&id).expect("an answered request is on both nodes");
        assert_eq!(copy.get("value"), Some(Value::string(&text)));
    }
    until("everything is confirmed", || one.members()[0].queued_bytes == 0).await;
}

#[tokio::test]
async fn a_key_lets_a_node_onto_the_network_and_an_illegal_stack_does_not() {
    let config = |interceptors| ClusterConfig {
        receiver: ReceiverAddress::At("192.0.2.1:0".parse().unwrap()),
        membership: Membership::Static(Vec::new()),
        interceptors,
        ..ClusterConfig::default()
    };
    let refused = async |interceptors| Cluster::join(config(interceptors)).await.expect_err("no such address here");
    assert!(matches!(refused(Vec::new()).await, JoinError::Plaintext(_)));
    let key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    let encrypt = InterceptorConfig::Encrypt { algorithm: Algorithm::AesGcm, key };
    assert!(matches!(refused(vec![encrypt]).await, JoinError::Receiver { .. }));
    let illegal = vec![InterceptorConfig::Gzip(Gzip::default()), InterceptorConfig::Gzip(Gzip::default())];
    let config = ClusterConfig { receiver: ReceiverAddress::At(free_address()), ..config(illegal) };
    assert!(matches!(Cluster::join(config).await, Err(JoinError::Interceptors(StackError::Twice { .. }))));
}

/// It is connected, it reads, and it confirms nothing, as a process that was stopped.
#[tokio::test]
async fn nobody_waits_for_long_for_a_peer_that_hangs_however_much_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let config = ClusterConfig {
        receiver: ReceiverAddress::At(free_address()),
        membership: Membership::Static(vec![peer]),
        options: SendOptions(6),
        ack_timeout: Duration::from_millis(300),
        ..ClusterConfig::default()
    };
    let cluster = Cluster::join(config).await.unwrap();
    let sessions = cluster.open(ContextConfig { path: "/app".into(), ..ContextConfig::default() });
    until("the peer is a member", || sessions.members() == 1).await;
    // It says that it is one of ours, so that many frames may be under way to it.
    let mark = Mark { version: 1, abilities: Abilities::PIPELINING, boot: [7; 8], health_port: 0 };
    let id = MemberId { host: peer.ip(), port: peer.port(), unique_id: UniqueId::of_static(peer) };
    let record = Member { payload: mark.append_to(b""), ..Member::new(id) }.encode();
    let word = b"a byte message";
    let head = encode_head(SendOptions::BYTE_MESSAGE, UnixMillis(0), UniqueId([3; 16]), &record, word.len()).unwrap();
    let mut stream = TcpStream::connect(cluster.receiver()).await.unwrap();
    stream.write_all(&[&head[..], word, TAIL].concat()).await.unwrap();
    until("it is known for one of ours", || matches!(cluster.members()[0].kind, PeerKind::Outlive { .. })).await;
    // Steady traffic: each write falls well within the time that the one before is waited for.
    let steady = async {
        while matches!(create(&sessions, "value").1, Delivery::Await(_)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, steady).await.is_ok(), "every request still waits");
    assert!(cluster.members()[0].stalled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_no_peer_would_take_does_not_stop_the_others() {
    let [(_one, here), (_two, there)] = pair().await;
    let (large, _) = create(&here, &"x".repeat(5 << 20));
    let (after, delivery) = create(&here, "small");
    if let Delivery::Await(confirmed) = delivery {
        confirmed.await;
    }
    until("the next session is there", || there.find(&after).is_some()).await;
    assert!(there.find(&large).is_none_or(|session| session.get("value").is_none()));
    assert!(here.find(&large).unwrap().get("value").is_some(), "it is kept where it was set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_has_sent_everything() {
    let (a, b) = (free_address(), free_address());
    let (one, here) = join(a, &[b]).await;
    here.ready().await;
    for _ in 0..2000 {
        create(&here, &"x".repeat(10_000));
    }
    let (_two, there) = join(b, &[a]).await;
    until("the donation has begun", || !there.is_empty()).await;
    one.leave().await;
    assert_eq!(there.len(), 2000);
    until("the other is gone", || there.members() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_node_is_gone_with_all_its_tasks() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let [(one, here), (two, there)] = pair().await;
    drop((two, there));
    until("it is seen to be gone", || here.members() == 0).await;
    assert!(matches!(create(&here, "value").1, Delivery::Nothing), "nobody is there to confirm");
    drop((one, here));
    until("no task is left", || tasks() == before).await;
}
