//! Nodes that a platform names: processes that ask an API server of the test's own, or a resolver.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use tempfile::NamedTempFile;
use yaml_rust2::YamlLoader;

use crate::support::{Node, eventually, free, get, outlive};

/// An API server in the clear, as a proxy beside the node is one, which lives as long as the test program.
struct ApiServer {
    address: SocketAddr,
    pods: Arc<Mutex<String>>,
    token: NamedTempFile,
}

impl ApiServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pods = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&pods);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let body = format!(r#"{{"kind":"PodList","items":[{}]}}"#, shared.lock().unwrap());
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                // A node that was killed has gone away.
                let _ = stream.get_mut().write_all((head + &body).as_bytes());
            }
        });
        let mut token = NamedTempFile::new().unwrap();
        token.write_all(b"a token").unwrap();
        Self { address, pods, token }
    }

    fn set_pods(&self, addresses: &[&str]) {
        let pod = |address: &&str| {
            format!(
                r#"{{"metadata":{{"name":"{address}","uid":"uid of {address}","creationTimestamp":"2026-01-01T00:00:00Z"}},
                     "status":{{"phase":"Running","podIP":"{address}"}}}}"#
            )
        };
        *self.pods.lock().unwrap() = addresses.iter().map(pod).collect::<Vec<_>>().join(",");
    }

    /// A node at that address, which asks this server.
    fn node(&self, name: &str, address: &str, port: u16) -> Node {
        let receiver = SocketAddr::new(address.parse::<IpAddr>().unwrap(), port);
        let flags = format!("--receiver {receiver} --membership kubernetes --options 6");
        Node::start_in(name, &flags, &self.environment())
    }

    /// Of a node that asks this server.
    fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("KUBERNETES_MASTER_PROTOCOL", "http".to_owned()),
            ("KUBERNETES_SERVICE_HOST", self.address.ip().to_string()),
            ("KUBERNETES_SERVICE_PORT", self.address.port().to_string()),
            ("KUBERNETES_NAMESPACE", "default".to_owned()),
            ("SA_TOKEN_FILE", self.token.path().to_str().unwrap().to_owned()),
        ]
    }
}

fn sees(node: &Node, members: usize) -> bool {
    get(node.http, "/app/health", None).is_some_and(|answer| answer.body.contains(&format!(r#""members":{members},"#)))
}

/// One of the pods has an IPv6 address.
#[test]
fn pods_find_each_other_and_are_forgotten() {
    let (server, port) = (ApiServer::start(), free().port());
    server.set_pods(&["127.0.0.2"]);
    let a = server.node("a", "127.0.0.2", port);
    let cookie = a.get("/app/counter", None).cookie().unwrap().to_owned();
    server.set_pods(&["127.0.0.2", "::1"]);
    let b = server.node("b", "::1", port);
    assert!(b.get("/app/counter", Some(&cookie)).body.contains(r#""counter":2"#), "it took the state when it started");
    eventually("they see each other", || sees(&a, 1) && sees(&b, 1));

    server.set_pods(&["127.0.0.2"]);
    eventually("a pod that is gone from the list is no member", || sees(&a, 0));
    server.set_pods(&["::1", "127.0.0.2"]);
    eventually("and is one again", || sees(&a, 1) && sees(&b, 1));
}

/// A node of the manifest, in a pod that has IPv6 alone; only the ports are others.
#[test]
fn a_pod_of_the_manifest_serves_by_ipv6_and_ipv4() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/kubernetes/nodes.yaml");
    let documents = YamlLoader::load_from_str(&std::fs::read_to_string(manifest).unwrap()).unwrap();
    let container = &documents[0]["spec"]["template"]["spec"]["containers"][0];
    let (http, health) = (free(), free());
    let words: Vec<String> = container["args"]
        .as_vec()
        .unwrap()
        .iter()
        .map(|word| {
            let word = word.as_str().unwrap().replace("$(POD_NAME)", "outlive-0").replace("$(POD_IP)", "::1");
            let at = |port: &str, free: SocketAddr| word.replace(&format!(":{port}"), &format!(":{}", free.port()));
            match word.split_once('=').unwrap_or_default().0 {
                "--http" => at("8080", http),
                "--health" => at("9000", health),
                "--receiver" => at("4000", free()),
                _ => word,
            }
        })
        .collect();
    let server = ApiServer::start();
    server.set_pods(&["::1"]);
    let environment = server.environment().into_iter().chain([
        ("KUBERNETES_LABELS", "app=outlive".to_owned()),
        ("OUTLIVE_ENCRYPT", "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    let node = Node::start_line(http, &words.join(" "), &environment.collect::<Vec<_>>());
    for ip in [IpAddr::from(Ipv6Addr::LOCALHOST), Ipv4Addr::LOCALHOST.into()] {
        let get = |port, path| get(SocketAddr::new(ip, port), path, None).unwrap().status;
        assert_eq!((get(http.port(), "/app/read"), get(health.port(), "/")), (200, 200), "{ip}");
    }
    let stop = outlive(&format!("drain 127.0.0.1:{}", health.port())).output().unwrap();
    assert!(String::from_utf8_lossy(&stop.stdout).starts_with("outlive-0 leaves"), "{stop:?}");
    assert!(node.ended().0.success());
}

#[test]
fn addresses_of_a_name_are_members() {
    let receiver = SocketAddr::from(([127, 0, 0, 1], free().port()));
    let node = Node::start_with("n", &format!("--receiver {receiver} --membership dns:localhost"));
    assert!(sees(&node, 0), "it is alone under that name");
}
