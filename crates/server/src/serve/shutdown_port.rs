//! The port that takes the word to stop: Tomcat's `<Server port="8005" shutdown="SHUTDOWN">`.
//!
//! Whoever can connect to it and knows the word ends the node, in order; that is why it is opened on loopback unless the file says else.
//!
//! Source: Tomcat `StandardServer.await`.

use std::time::Duration;

use subtle::ConstantTimeEq;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::settings::ShutdownSettings;
use crate::exit::Exit;

/// How long a client may take for the word.
const WORD_LIMIT: Duration = Duration::from_secs(10);

/// So many bytes more than the word has are read, so that its length is not told by what is left.
const MORE_BYTES: usize = 1024;

/// Between two tries to take a connection, where the system is short of something.
const PAUSE: Duration = Duration::from_millis(100);

/// The port, open.
#[derive(Debug)]
pub(super) struct ShutdownPort {
    listener: TcpListener,
    word: String,
}

impl ShutdownPort {
    /// # Errors
    /// The port cannot be had.
    pub(super) async fn open(settings: &ShutdownSettings) -> Result<Self, Exit> {
        let ShutdownSettings { address, word } = settings;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Exit::failure(format!("Server port: {address} cannot be opened: {error}; port=\"-1\" opens none"))
        })?;
        Ok(Self { listener, word: word.clone() })
    }

    /// Waits until somebody has said the word. One is listened to at a time.
    pub(super) async fn asked(&self) -> &'static str {
        loop {
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    if timeout(WORD_LIMIT, self.is_the_word(stream)).await == Ok(true) {
                        return "the word on the Server's port";
                    }
                    tracing::warn!(%from, "something else than the word to stop came to the Server's port");
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// A client ends its word with its end, a control character, or the length of the word.
    async fn is_the_word(&self, mut stream: TcpStream) -> bool {
        let mut said = Vec::with_capacity(self.word.len());
        let room = self.word.len() + MORE_BYTES;
        while said.len() < room {
            match stream.read_u8().await {
                Ok(byte) if byte >= 32 && byte != 127 => said.push(byte),
                Ok(_) | Err(_) => break,
            }
            if said.len() == self.word.len() && bool::from(said.ct_eq(self.word.as_bytes())) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn the_word_and_nothing_else_ends_the_wait() {
        let address = "127.0.0.1:0".parse().unwrap();
        let port = ShutdownPort::open(&ShutdownSettings { address, word: "SHUTDOWN".to_owned() }).await.unwrap();
        let address = port.listener.local_addr().unwrap();
        let asked = tokio::spawn(async move { port.asked().await });
        for wrong in [&b"shutdown\r\n"[..], b"", b"SHUT\nDOWN", &[b'x'; 5000]] {
            let mut client = TcpStream::connect(address).await.unwrap();
            // It may be closed before all of it is sent.
            let _ = client.write_all(wrong).await;
            let _ = client.shutdown().await;
            let mut rest = Vec::new();
            let _ = client.read_to_end(&mut rest).await;
            assert!(!asked.is_finished(), "{wrong:?}");
        }
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"SHUTDOWN\r\n").await.unwrap();
        asked.await.unwrap();
    }
}
