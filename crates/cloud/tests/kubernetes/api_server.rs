//! An API server that knows one request.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A pod that runs.
pub(crate) fn pod(uid: &str, address: &str) -> Value {
    json!({
        "metadata": {"name": format!("pod-{uid}"), "uid": uid, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"phase": "Running", "podIP": address},
    })
}

#[derive(Debug, Default)]
struct State {
    answer: String,
    token: String,
    target: String,
    host: String,
}

/// With certificates of an authority of its own, in files as a service account has them.
pub(crate) struct ApiServer {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    files: TempDir,
}

impl ApiServer {
    pub(crate) async fn start(host: IpAddr) -> Self {
        let files = tempfile::tempdir().unwrap();
        let acceptor = acceptor(host, &files);
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, state: Arc::default(), files };
        server.accept_token("the first");
        server.write_token("the first");
        server.set_pods(&[]);
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
                tokio::spawn(async move {
                    // A client that does not believe the certificate goes away here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let known = stream.get_ref().1.peer_certificates().is_some();
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.unwrap());
                    }
                    let answer = answer(&state, &String::from_utf8(head).unwrap(), known);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    stream.shutdown().await.unwrap();
                });
            }
        });
        server
    }

    pub(crate) fn set_pods(&self, pods: &[Value]) {
        self.state.lock().unwrap().answer = json!({"kind": "PodList", "items": pods}).to_string();
    }

    pub(crate) fn answer_nonsense(&self) {
        self.state.lock().unwrap().answer = "<html>".to_owned();
    }

    /// From now on only this one is good.
    pub(crate) fn accept_token(&self, token: &str) {
        token.clone_into(&mut self.state.lock().unwrap().token);
    }

    /// Replaces the file as a kubelet does: another one takes its place.
    pub(crate) fn write_token(&self, token: &str) {
        let (new, file) = (self.file("new"), self.file("token"));
        fs::write(&new, token).unwrap();
        // Files that follow each other quickly may have the same time stamp.
        let before = fs::metadata(&file).and_then(|facts| facts.modified());
        if let Ok(before) = before {
            let later = before + std::time::Duration::from_secs(1);
            fs::File::options().write(true).open(&new).unwrap().set_modified(later).unwrap();
        }
        fs::rename(&new, &file).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }

    /// What was asked for last; empty: nothing.
    pub(crate) fn last_target(&self) -> String {
        self.state.lock().unwrap().target.clone()
    }

    pub(crate) fn last_host(&self) -> String {
        self.state.lock().unwrap().host.clone()
    }
}

/// `known`: by a certificate; then no token is needed.
fn answer(state: &Mutex<State>, head: &str, known: bool) -> String {
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let mut state = state.lock().unwrap();
    head.split(' ').nth(1).unwrap().clone_into(&mut state.target);
    state.host = header("host").unwrap();
    let right = known || header("authorization") == Some(format!("Bearer {}", state.token));
    let (status, body) = if right { ("200 OK", state.answer.as_str()) } else { ("401 Unauthorized", "{}") };
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn acceptor(host: IpAddr, files: &TempDir) -> TlsAcceptor {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let signed = |names: Vec<String>| {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap(), key)
    };
    let (server, server_key) = signed(vec![host.to_string()]);
    let (client, client_key) = signed(vec!["client".to_owned()]);
    let write = |name: &str, text: String| fs::write(files.path().join(name), text).unwrap();
    write("ca.crt", authority_certificate.pem());
    write("client.crt", client.pem());
    write("client.key", client_key.serialize_pem());

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority_certificate)).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = verifier.allow_unauthenticated().build().unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(vec![server.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}
