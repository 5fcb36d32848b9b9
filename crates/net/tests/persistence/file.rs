//! Tomcat's `StandardManager`: all sessions in one file between two runs.

use outlive_net::store::SessionsFile;
use outlive_net::{ClusterConfig, ContextConfig, Membership};

use crate::support::{Node, alice, text};

async fn node() -> Node {
    let config = ClusterConfig { membership: Membership::None, ..ClusterConfig::default() };
    let node = Node::start(config, ContextConfig { path: "/app".into(), ..ContextConfig::default() }).await;
    node.sessions.ready().await;
    node
}

#[tokio::test]
async fn sessions_come_back_from_the_file_which_is_gone_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = SessionsFile::new(folder.path().join("SESSIONS.ser"));
    let first = node().await;
    assert_eq!(first.sessions.load_file(&file).await.unwrap(), 0, "there is none yet");
    let session = first.create("x").await;
    session.set_user(Some(alice())).unwrap();
    first.complete(&session).await;
    first.create("y").await;
    assert_eq!(first.sessions.save_file(&file).await.unwrap(), 2);
    first.kill();

    let second = node().await;
    assert_eq!(second.sessions.load_file(&file).await.unwrap(), 2);
    assert!(!file.path().exists());
    let back = second.find(&session.id()).await.unwrap();
    assert_eq!((text(&back).as_deref(), back.user()), (Some("x"), Some(alice())));
    second.kill();
}

#[tokio::test]
async fn a_file_that_breaks_off_is_kept_aside_and_what_can_be_read_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = SessionsFile::new(folder.path().join("SESSIONS.ser"));
    let first = node().await;
    for value in ["x", "y", "z"] {
        first.create(value).await;
    }
    first.sessions.save_file(&file).await.unwrap();
    first.kill();
    let bytes = std::fs::read(file.path()).unwrap();
    std::fs::write(file.path(), &bytes[..bytes.len() - 20]).unwrap();
    let second = node().await;
    let taken = second.sessions.load_file(&file).await.unwrap();
    assert!((2..=3).contains(&taken) && !file.path().exists(), "{taken} sessions");
    assert!(folder.path().join("SESSIONS.ser.broken").exists());
    second.kill();
}
