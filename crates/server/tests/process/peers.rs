//! What a node tells of its peers: in its health, in its log, message by message.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::BytesMut;
use outlive_session::{SessionEvent, SessionId, SessionMessage};
use outlive_tribes_proto::membership::static_members::StaticMember;
use outlive_tribes_proto::time::UnixMillis;
use outlive_tribes_proto::wire::channel_data::ChannelData;
use outlive_tribes_proto::wire::frame::{ACK, Frame, FrameReader};
use outlive_tribes_proto::wire::send_options::{Ack, SendOptions};
use outlive_tribes_proto::{Member, UniqueId};
use serde_json::Value;

use crate::support::{Node, eventually, free, get, signal};

/// How much the peer's clock is behind, in milliseconds.
const BEHIND: i64 = 5_000;

/// Looks like a Tomcat: acknowledges what asks for it. Ends with the test's process.
fn acknowledges(listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answers(stream));
        }
    });
}

fn answers(mut stream: TcpStream) {
    let (mut frames, mut received, mut chunk) = (FrameReader::new(), BytesMut::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        received.extend_from_slice(&chunk[..read]);
        while let Some(Frame::Message(body)) = frames.next(&mut received).unwrap() {
            if ChannelData::decode(&body).unwrap().options.ack() != Ack::Never && stream.write_all(&ACK).is_err() {
                return;
            }
        }
    }
}

/// Lets a node hear of a session that was made at the peer.
fn says_created(node: SocketAddr, peer: &Member, session: &SessionId) -> TcpStream {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let at = UnixMillis(i64::try_from(now).unwrap() - BEHIND);
    let data = ChannelData {
        options: SendOptions::USE_ACK | SendOptions::SYNCHRONIZED_ACK,
        timestamp: at,
        id: UniqueId([7; 16]),
        source_record: peer.encode(),
        message: SessionMessage::of_session(SessionEvent::Created, "localhost#/app", session, at, at).encode(),
    };
    let mut stream = TcpStream::connect(node).unwrap();
    stream.write_all(&data.encode().unwrap()).unwrap();
    let mut answer = [0; ACK.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, ACK);
    stream
}

#[test]
fn a_peer_whose_clock_is_behind_is_shown_and_warned_of() {
    let (receiver, health) = (free(), free());
    let peer = StaticMember::at(free()).member();
    let flags =
        format!("--receiver {receiver} --static {} --health {health} --options 6 --log-format json", peer.id.address());
    let node = Node::start_in("watcher", &flags, &[("RUST_LOG", "info,tribes::messages=trace".to_owned())]);
    let look = || serde_json::from_str::<Value>(&get(health, "/", None).unwrap().body).unwrap();
    // Nobody was there to be asked for the state.
    acknowledges(TcpListener::bind(peer.id.address()).unwrap());
    eventually("a member", || look()["members"] == 1);
    let session = SessionId::generate([0xab; 16], "tomcat");
    says_created(receiver, &peer, &session);

    eventually("the peer's clock", || look()["peers"][0]["clockAheadMs"].is_number());
    let told = look();
    let ahead = told["peers"][0]["clockAheadMs"].as_i64().unwrap();
    assert!((-BEHIND - 2_000..=-BEHIND).contains(&ahead), "{told}");
    assert_eq!(told["peers"][0]["receiver"], peer.id.address().to_string());
    assert_eq!(told["peers"][0]["kind"], "Tomcat");
    assert_eq!(told["peers"][0]["lost"]["orphaned"], 0);
    let cookie = node.get("/app/session?create=true", None).cookie().unwrap().to_owned();

    // Clocks are looked at each second, and idle sessions with them: this one is over then.
    node.get("/app/maxinactive?seconds=1", Some(&cookie));
    eventually("the end of a session", || look()["sessions"] == 1);
    signal(&node, "TERM");
    let (_, log) = node.ended();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |target: &str, level: &str| {
        let (target, level) = (target.to_owned(), level.to_owned());
        lines.iter().filter(move |line| line["target"] == target && line["level"] == level)
    };
    let warnings: Vec<_> = of("ha::tcp::cluster", "WARN").collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0]["message"].as_str().unwrap().contains("clock"), "{log}");
    assert_eq!(warnings[0]["peer"], peer.id.address().to_string());
    assert!((-BEHIND - 2_000..=-BEHIND).contains(&warnings[0]["ahead_ms"].as_i64().unwrap()));

    let messages: Vec<_> = of("tribes::messages", "TRACE").collect();
    let received = messages.iter().find(|line| line["step"] == "received").unwrap();
    assert_eq!((received["event"].as_str(), received["context"].as_str()), (Some("Created"), Some("localhost#/app")));
    assert!(received["age_ms"].as_i64().unwrap() >= BEHIND && received["bytes"].as_u64().unwrap() > 100, "{received}");
    assert_eq!(received["options"], 6);
    assert!(received["id"].as_str().unwrap().contains("07"), "{received}");
    let sent: Vec<_> = messages.iter().filter(|line| line["step"] == "sent").collect();
    for event in ["Created", "Delta", "Expired"] {
        let line = sent.iter().find(|line| line["event"] == event).unwrap_or_else(|| panic!("{event}: {sent:?}"));
        assert_eq!(line["options"], 6, "as on the wire: {line}");
    }
    for id in [session.as_str(), &cookie] {
        assert!(!log.contains(&id[..32]), "a session's id stands in the log");
    }
}
