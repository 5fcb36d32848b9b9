//! The provider against an API server of the test's own: TLS, tokens that are replaced, pods that come and go, IPv6.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

mod api_server;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use outlive_cloud::{CloudError, Environment, Provider};

use api_server::{ApiServer, pod};

/// What a pod's environment would say of this server, with these changes.
fn environment(server: &ApiServer, changes: &[(&str, &str)]) -> Environment {
    let mut variables = vec![
        ("KUBERNETES_NAMESPACE", "shop".to_owned()),
        ("KUBERNETES_LABELS", "app=outlive,tier in (web)".to_owned()),
        ("KUBERNETES_SERVICE_HOST", server.address.ip().to_string()),
        ("KUBERNETES_SERVICE_PORT", server.address.port().to_string()),
        ("KUBERNETES_CA_CERTIFICATE_FILE", server.file("ca.crt")),
        ("SA_TOKEN_FILE", server.file("token")),
    ];
    variables.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn provider(server: &ApiServer) -> Provider {
    Provider::kubernetes(&environment(server, &[])).unwrap()
}

/// The addresses that it gives, in order.
async fn addresses(provider: &mut Provider) -> Vec<String> {
    let mut members = provider.members().await.unwrap();
    members.sort_unstable();
    members.iter().map(|member| member.address.to_string()).collect()
}

#[tokio::test]
async fn pods_come_and_go() {
    let server = ApiServer::start(Ipv4Addr::LOCALHOST.into()).await;
    let mut provider = provider(&server);
    assert_eq!(addresses(&mut provider).await, Vec::<String>::new());
    server.set_pods(&[pod("a", "10.0.0.1"), pod("b", "10.0.0.2"), pod("c", "fd00::3")]);
    assert_eq!(addresses(&mut provider).await, ["10.0.0.1", "10.0.0.2", "fd00::3"]);
    let before = provider.members().await.unwrap();
    server.set_pods(&[pod("b", "10.0.0.2"), pod("a-again", "10.0.0.1")]);
    let after = provider.members().await.unwrap();
    assert_eq!(after.len(), 2);
    let id = |members: &[outlive_cloud::CloudMember], address: &str| {
        let address: IpAddr = address.parse().unwrap();
        members.iter().find(|member| member.address == address).unwrap().unique_id
    };
    assert_eq!(id(&before, "10.0.0.2"), id(&after, "10.0.0.2"));
    assert_ne!(id(&before, "10.0.0.1"), id(&after, "10.0.0.1"), "another pod has the address now");
    let asked = server.last_target();
    assert_eq!(asked, "/api/v1/namespaces/shop/pods?labelSelector=app%3Doutlive%2Ctier%20in%20%28web%29");
}

#[tokio::test]
async fn a_token_is_read_anew_when_its_file_changes() {
    let server = ApiServer::start(Ipv4Addr::LOCALHOST.into()).await;
    let mut provider = provider(&server);
    server.set_pods(&[pod("a", "10.0.0.1")]);
    assert_eq!(addresses(&mut provider).await.len(), 1);
    server.accept_token("the second");
    let refused = provider.members().await.unwrap_err();
    assert!(matches!(refused, CloudError::Refused { status: 401, .. }), "{refused}");
    server.write_token("the second\n");
    assert_eq!(addresses(&mut provider).await.len(), 1);
    assert!(!format!("{provider:?}").contains("the second"), "it is never shown");
}

#[tokio::test]
async fn over_ipv6() {
    let server = ApiServer::start(Ipv6Addr::LOCALHOST.into()).await;
    server.set_pods(&[pod("a", "fd00::1")]);
    for host in ["::1", "[::1]"] {
        let mut provider = Provider::kubernetes(&environment(&server, &[("KUBERNETES_SERVICE_HOST", host)])).unwrap();
        assert_eq!(addresses(&mut provider).await, ["fd00::1"], "{host}");
        assert_eq!(server.last_host(), format!("[::1]:{}", server.address.port()), "a raw address gets brackets");
    }
}

#[tokio::test]
async fn a_certificate_says_who_asks() {
    let server = ApiServer::start(Ipv4Addr::LOCALHOST.into()).await;
    server.set_pods(&[pod("a", "10.0.0.1")]);
    server.accept_token("none is sent");
    let (chain, key) = (server.file("client.crt"), server.file("client.key"));
    let files = [("KUBERNETES_CLIENT_CERTIFICATE_FILE", chain.as_str()), ("KUBERNETES_CLIENT_KEY_FILE", key.as_str())];
    let mut provider = Provider::kubernetes(&environment(&server, &files)).unwrap();
    assert_eq!(addresses(&mut provider).await, ["10.0.0.1"]);
    let alone = Provider::kubernetes(&environment(&server, &files[..1])).unwrap_err();
    assert_eq!(alone.to_string(), "the environment has no KUBERNETES_CLIENT_KEY_FILE: not in a pod?");
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_believed() {
    let (server, other) =
        (ApiServer::start(Ipv4Addr::LOCALHOST.into()).await, ApiServer::start(Ipv4Addr::LOCALHOST.into()).await);
    let foreign = environment(&server, &[("KUBERNETES_CA_CERTIFICATE_FILE", &other.file("ca.crt"))]);
    let error = Provider::kubernetes(&foreign).unwrap().members().await.unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    assert_eq!(server.last_target(), "", "the token was not sent");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = ApiServer::start(Ipv4Addr::LOCALHOST.into()).await;
    let refused = |changes: &[(&str, &str)]| {
        let provider = Provider::kubernetes(&environment(&server, changes));
        provider.map(drop).unwrap_err().to_string()
    };
    let token = server.file("token");
    assert_eq!(refused(&[("KUBERNETES_SERVICE_PORT", "x")]), "KUBERNETES_SERVICE_PORT is \"x\", which is no port");
    assert!(refused(&[("KUBERNETES_CA_CERTIFICATE_FILE", &token)]).ends_with("holds no certificate"));
    assert!(refused(&[("KUBERNETES_CA_CERTIFICATE_FILE", "/nowhere")]).starts_with("/nowhere: "));
    assert!(refused(&[("KUBERNETES_MASTER_PROTOCOL", "ftp")]).contains("no protocol"));
    let outside = Provider::kubernetes(&Environment::default()).map(drop).unwrap_err();
    assert_eq!(outside.to_string(), "the environment has no KUBERNETES_SERVICE_HOST: not in a pod?");
    let mut provider = provider(&server);
    server.answer_nonsense();
    let error = provider.members().await.unwrap_err().to_string();
    assert!(error.contains("its answer is no list of pods"), "{error}");
}
