//! The receiver against hosts that take what they can: what it closes, and whom it still serves. Limits are small here.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

use std::net::{SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use outlive_net::{
    Cluster, ClusterConfig, ContextConfig, Delivery, Membership, ReceiverAddress, ReceiverLimits, SendOptions, Sessions,
};
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::channel_data::encode_head;
use outlive_tribes_proto::wire::frame::{ACK, TAIL};
use outlive_tribes_proto::{Member, MemberId, UniqueId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(20);

/// An address of no member: all that comes from 127.0.0.1 is a stranger's.
const NOBODY: &str = "127.0.0.2:9";

async fn node(member: &str, limits: ReceiverLimits) -> Cluster {
    let config = ClusterConfig {
        receiver: ReceiverAddress::At("127.0.0.1:0".parse().unwrap()),
        membership: Membership::Static(vec![member.parse().unwrap()]),
        options: SendOptions(6),
        ack_timeout: Duration::from_millis(300),
        receiver_limits: limits,
        ..ClusterConfig::default()
    };
    Cluster::join(config).await.unwrap()
}

fn open(cluster: &Cluster) -> Sessions {
    cluster.open(ContextConfig { path: "/app".into(), ..ContextConfig::default() })
}

async fn connect(cluster: &Cluster) -> TcpStream {
    TcpStream::connect(cluster.receiver()).await.unwrap()
}

/// A whole frame of `from` that asks for an acknowledgement, with `length` bytes that mean nothing.
fn frame(from: SocketAddr, length: usize) -> Vec<u8> {
    let id = MemberId { host: from.ip(), port: from.port(), unique_id: UniqueId::of_static(from) };
    let options = SendOptions::BYTE_MESSAGE | SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK;
    let record = Member::new(id).encode();
    let head = encode_head(options, UnixMillis(0), UniqueId([3; 16]), &record, length).unwrap();
    [&head[..], &vec![7; length], TAIL].concat()
}

/// Waits until the node has closed the connection.
async fn is_closed(stream: &mut TcpStream) {
    let mut byte = [0];
    let end = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await.expect("still open");
    assert!(matches!(end, Ok(0) | Err(_)), "something was sent");
}

async fn knows_its_peer(cluster: &Cluster) {
    let known = cluster.until_members(|members| !members.is_empty());
    tokio::time::timeout(PATIENCE, known).await.expect("the peer is no member");
}

async fn is_served(stream: &mut TcpStream) {
    stream.write_all(&frame(NOBODY.parse().unwrap(), 10)).await.unwrap();
    is_acknowledged(stream).await;
}

async fn is_acknowledged(stream: &mut TcpStream) {
    let mut ack = [0; ACK.len()];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut ack)).await.expect("an acknowledgement").unwrap();
    assert_eq!(ack, ACK);
}

#[tokio::test]
async fn a_silent_stranger_is_closed() {
    let limits = ReceiverLimits { stranger_patience: Duration::from_millis(100), ..ReceiverLimits::default() };
    let cluster = node(NOBODY, limits).await;
    is_closed(&mut connect(&cluster).await).await;
    // One whole frame does not make it a member.
    let mut stream = connect(&cluster).await;
    is_served(&mut stream).await;
    is_closed(&mut stream).await;
}

#[tokio::test]
async fn a_frame_that_comes_byte_by_byte_is_given_up() {
    let limits = ReceiverLimits { stranger_patience: Duration::from_millis(300), ..ReceiverLimits::default() };
    let cluster = node(NOBODY, limits).await;
    let mut stream = connect(&cluster).await;
    let (mut reading, mut writing) = stream.split();
    let mut beat = tokio::time::interval(Duration::from_millis(20));
    let trickle = async {
        // Each byte comes well within the time that a silence may last.
        for byte in frame(NOBODY.parse().unwrap(), 1 << 20) {
            if writing.write_all(&[byte]).await.is_err() {
                break;
            }
            beat.tick().await;
        }
    };
    let mut byte = [0];
    let ended = async {
        tokio::select! {
            () = trickle => {}
            end = reading.read(&mut byte) => assert!(matches!(end, Ok(0) | Err(_))),
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("still open");
}

#[tokio::test]
async fn the_oldest_stranger_makes_room() {
    let cluster = node(NOBODY, ReceiverLimits { strangers_max: 3, ..ReceiverLimits::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = connect(&cluster).await;
        is_served(&mut stream).await;
        streams.push(stream);
    }
    is_closed(&mut streams[0]).await;
    is_closed(&mut streams[1]).await;
    for stream in &mut streams[2..] {
        is_served(stream).await;
    }
}

#[tokio::test]
async fn half_frames_are_bounded_together() {
    let cluster = node(NOBODY, ReceiverLimits { strangers_bytes_max: 100_000, ..ReceiverLimits::default() }).await;
    let half = &frame(NOBODY.parse().unwrap(), 100_000)[..60_000];
    let (mut first, mut second) = (connect(&cluster).await, connect(&cluster).await);
    first.write_all(half).await.unwrap();
    second.write_all(half).await.unwrap();
    tokio::select! {
        () = is_closed(&mut first) => {}
        () = is_closed(&mut second) => {}
    }
    is_served(&mut connect(&cluster).await).await;
}

#[tokio::test]
async fn a_large_frame_of_nobody_is_refused_by_its_head() {
    let cluster = node(NOBODY, ReceiverLimits { strangers_frame_max: 1000, ..ReceiverLimits::default() }).await;
    let mut stream = connect(&cluster).await;
    stream.write_all(&frame(NOBODY.parse().unwrap(), 2000)[..150]).await.unwrap();
    is_closed(&mut stream).await;
}

/// What a member sends first may be larger than all that strangers may hold: the head of its frame says whose it is.
#[tokio::test]
async fn a_member_is_known_by_the_head_of_its_frame() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    let limits = ReceiverLimits { strangers_bytes_max: 10_000, strangers_max: 2, ..ReceiverLimits::default() };
    let cluster = node(&peer.to_string(), limits).await;
    knows_its_peer(&cluster).await;
    let mut member = connect(&cluster).await;
    member.write_all(&frame(peer, 1 << 20)).await.unwrap();
    is_acknowledged(&mut member).await;
    let mut strangers = Vec::new();
    for _ in 0..4 {
        let mut stranger = connect(&cluster).await;
        is_served(&mut stranger).await;
        strangers.push(stranger);
    }
    is_closed(&mut strangers[0]).await;
    member.write_all(&frame(peer, 10)).await.unwrap();
    is_acknowledged(&mut member).await;
}

/// It takes each connection, and ends it before anybody could have waited for too long on it.
#[tokio::test]
async fn nobody_waits_for_long_for_a_peer_that_ends_every_connection() {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let peer = listener.local_addr().unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Until something is sent on it.
            let _ = stream.read(&mut [0]).await;
        }
    });
    let cluster = node(&peer.to_string(), ReceiverLimits::default()).await;
    let sessions = open(&cluster);
    let steady = async {
        while sessions.members() == 0 || !cluster.members().iter().all(|member| member.stalled) {
            let session = sessions.create().unwrap();
            if let Delivery::Await(confirmed) = sessions.complete(&session) {
                confirmed.await;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, steady).await.expect("it is known for what it is");
    let before = cluster.members()[0].queued_bytes;
    for _ in 0..100 {
        let session = sessions.create().unwrap();
        assert!(matches!(sessions.complete(&session), Delivery::Queued | Delivery::Nothing), "a request waits");
    }
    let after = cluster.members().first().map_or(0, |member| member.queued_bytes);
    assert!(after <= before, "what it never takes is not queued: {before} bytes, then {after}");
}

/// A new id is something that all requests of its session wait for; what waits behind an unanswered message waits no longer either.
#[tokio::test]
async fn a_session_with_a_new_id_does_not_wait_for_ever_for_a_peer_that_hangs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    let cluster = node(&peer.to_string(), ReceiverLimits::default()).await;
    let sessions = open(&cluster);
    knows_its_peer(&cluster).await;
    let session = sessions.create().unwrap();
    assert!(matches!(sessions.complete(&session), Delivery::Await(_)));
    sessions.change_id(&session).unwrap();
    assert!(matches!(sessions.complete(&session), Delivery::Await(_)));
    let steady = async {
        while let Delivery::Await(confirmed) = sessions.complete(&session) {
            confirmed.await;
        }
    };
    tokio::time::timeout(PATIENCE, steady).await.expect("its requests still wait");
}
