use super::*;
use outlive_pattern::Pattern;

fn said(uri: &'static str, headers: &[(&'static str, &'static str)], attributes: Vec<Attribute>) -> ForwardRequest {
    ForwardRequest {
        method: Bytes::from("GET"),
        protocol: Bytes::from("HTTP/1.1"),
        uri: Bytes::from(uri),
        remote_address: Some(Bytes::from("192.0.2.7")),
        remote_host: None,
        server_name: Some(Bytes::from("front")),
        server_port: 8443,
        is_ssl: false,
        headers: headers.iter().map(|(name, value)| (Bytes::from(*name), Bytes::from(*value))).collect(),
        attributes,
    }
}

fn named(name: &'static str, value: &'static str) -> Attribute {
    Attribute::Named { name: Bytes::from(name), value: Bytes::from(value) }
}

fn front() -> SocketAddr {
    "10.0.0.1:40000".parse().unwrap()
}

fn made(said: &ForwardRequest) -> Result<Request<()>, Rejected> {
    http_request(said, front(), &AjpSettings::default())
}

fn uri(said: &ForwardRequest) -> String {
    made(said).unwrap().uri().to_string()
}

#[test]
fn a_uri_is_absolute() {
    let query = || vec![Attribute::QueryString(Bytes::from("a=%20&b"))];
    let host = [("host", "www.example:81")];
    assert_eq!(uri(&said("/app/a%2Fb;x=1", &host, query())), "http://www.example:81/app/a%2Fb;x=1?a=%20&b");
    assert_eq!(uri(&ForwardRequest { is_ssl: true, ..said("/", &host, vec![]) }), "https://www.example:81/");
    assert_eq!(uri(&said("/", &[], vec![])), "http://front:8443/", "without a Host, the server's name and port");
    assert_eq!(uri(&said("/", &[("host", "")], vec![])), "http://front:8443/");
    assert_eq!(uri(&said("*", &host, vec![])), "*");
    let v6 = ForwardRequest { server_name: Some(Bytes::from("::1")), ..said("/", &[], vec![]) };
    assert_eq!(uri(&v6), "http://[::1]:8443/");
}

#[test]
fn the_host_of_an_absolute_uri_wins() {
    let request = made(&said("HTTP://other:1/x", &[("host", "www.example")], vec![])).unwrap();
    assert_eq!(request.uri(), "http://other:1/x");
    assert_eq!(request.headers()["host"], "other:1");
    assert_eq!(uri(&said("https://other", &[], vec![])), "http://other/", "how the client came, only the front knows");
}

#[test]
fn what_is_no_request_is_rejected() {
    let host = [("host", "a")];
    for uri in ["", "x", "/a b", "/a?b", "/a#b", "http:///x", "http://a b/"] {
        let rejected = made(&said(uri, &host, vec![])).unwrap_err();
        assert!(matches!(rejected, Rejected::Uri | Rejected::Host), "{uri}: {rejected:?}");
    }
    for hosts in [
        &[("host", "a"), ("Host", "b")][..],
        &[("host", "a b")],
        &[("host", "user@a")],
        &[("host", "a:b")],
        &[("host", "a:99999")],
    ] {
        assert_eq!(made(&said("/", hosts, vec![])).unwrap_err(), Rejected::Host, "{hosts:?}");
    }
    for headers in [[("x y", "a")], [("", "a")], [("x", "a\nb")], [("x", "a\0")]] {
        assert_eq!(made(&said("/", &headers, vec![])).unwrap_err(), Rejected::Header, "{headers:?}");
    }
    let method = ForwardRequest { method: Bytes::from("G ET"), ..said("/", &host, vec![]) };
    assert_eq!(made(&method).unwrap_err(), Rejected::Method);
    let query = vec![Attribute::QueryString(Bytes::from("a b"))];
    assert_eq!(made(&said("/", &host, query)).unwrap_err(), Rejected::Uri);
}

#[test]
fn headers_are_the_clients_but_for_the_transfer_coding() {
    let headers = [("host", "a"), ("transfer-encoding", "chunked"), ("X-A", " 1 "), ("x-a", "2"), ("x-b", "\u{e9}")];
    let request = made(&said("/", &headers, vec![])).unwrap();
    assert_eq!(request.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(request.headers()["x-b"].as_bytes(), "\u{e9}".as_bytes());
    assert!(!request.headers().contains_key("transfer-encoding"));
    assert_eq!(request.version(), Version::HTTP_11);
    let old = ForwardRequest { protocol: Bytes::from("HTTP/1.0"), ..said("/", &[], vec![]) };
    assert_eq!(made(&old).unwrap().version(), Version::HTTP_10);
}

#[test]
fn the_clients_address_is_the_one_that_the_front_says() {
    let client = |address: Option<&'static str>, port: &'static str| {
        let attributes = vec![named("AJP_REMOTE_PORT", port)];
        let said = ForwardRequest { remote_address: address.map(Bytes::from), ..said("/", &[], attributes) };
        made(&said).unwrap().extensions().get::<SocketAddr>().unwrap().to_string()
    };
    assert_eq!(client(Some("192.0.2.7"), "51000"), "192.0.2.7:51000");
    assert_eq!(client(Some("2001:db8::1"), "many"), "[2001:db8::1]:0");
    assert_eq!(client(Some("fe80::1%eth0"), "1"), "[fe80::1]:1");
    for unknown in [None, Some(""), Some("client.example")] {
        assert_eq!(client(unknown, "1"), "10.0.0.1:40000", "{unknown:?}");
    }
}

fn forwarded_with(attributes: Vec<Attribute>, settings: &AjpSettings) -> Forwarded {
    let said = said("/", &[], attributes);
    http_request(&said, front(), settings).unwrap().extensions().get::<Forwarded>().unwrap().clone()
}

#[test]
fn what_the_front_says_stands_in_the_extensions() {
    let text = Bytes::from_static;
    let attributes = vec![
        Attribute::Route(text(b"node-a")),
        Attribute::SslCertificate(text(b"-----BEGIN")),
        Attribute::SslCipher(text(b"TLS_AES_128_GCM_SHA256")),
        Attribute::SslSession(text(b"AB")),
        Attribute::SslKeySize(128),
        named("AJP_SSL_PROTOCOL", "TLSv1.3"),
        named("AJP_LOCAL_ADDR", "192.0.2.1"),
        named("JK_LB_ACTIVATION", "DIS"),
        named("CERT_FLAGS", "1"),
    ];
    let forwarded = forwarded_with(attributes, &AjpSettings::default());
    assert_eq!(forwarded.front, Some(front()));
    assert_eq!((forwarded.route.as_deref(), forwarded.activation), (Some("node-a"), Some(Activation::Disabled)));
    assert_eq!((forwarded.tls.protocol.as_deref(), forwarded.tls.key_size), (Some("TLSv1.3"), Some(128)));
    assert_eq!(forwarded.tls.cipher.as_deref(), Some("TLS_AES_128_GCM_SHA256"));
    assert_eq!(forwarded.tls.certificates.as_deref(), Some(&b"-----BEGIN"[..]));
    assert_eq!(forwarded.local_address.as_deref(), Some("192.0.2.1"));
    assert_eq!(forwarded.server, Some(("front".to_owned(), 8443)));
    assert_eq!(forwarded.attributes.into_iter().collect::<Vec<_>>(), [("CERT_FLAGS".to_owned(), "1".to_owned())]);
    for (said, is) in [("ACT", Some(Activation::Active)), ("STP", Some(Activation::Stopped)), ("x", None)] {
        let forwarded = forwarded_with(vec![named("JK_LB_ACTIVATION", said)], &AjpSettings::default());
        assert_eq!(forwarded.activation, is, "{said}");
    }
}

#[test]
fn a_user_is_believed_where_the_settings_say_so() {
    let text = Bytes::from_static;
    let user = || vec![Attribute::RemoteUser(text(b"al\xefce")), Attribute::AuthType(text(b"BASIC"))];
    let forwarded = forwarded_with(user(), &AjpSettings::default());
    assert_eq!((forwarded.remote_user, forwarded.auth_type), (None, None));
    let forwarded = forwarded_with(user(), &AjpSettings { trust_user: true, ..AjpSettings::default() });
    assert_eq!((forwarded.remote_user.as_deref(), forwarded.auth_type.as_deref()), (Some("al\u{ef}ce"), Some("BASIC")));
}

#[test]
fn clients_of_a_secure_connector_are_secure() {
    let settings = AjpSettings { secure: true, ..AjpSettings::default() };
    let request = http_request(&said("/", &[], vec![]), front(), &settings).unwrap();
    assert_eq!(request.uri().scheme_str(), Some("https"));
}

#[test]
fn other_attributes_pass_by_the_list_alone() {
    let attribute = || vec![named("shib-user", "a")];
    let rejected = made(&said("/", &[], attribute())).unwrap_err();
    assert_eq!((rejected.status(), &rejected), (403, &Rejected::Attribute("shib-user".to_owned())));
    let allowed = AjpSettings { allowed_attributes: Some(Pattern::new("shib-.*").unwrap()), ..AjpSettings::default() };
    assert_eq!(forwarded_with(attribute(), &allowed).attributes["shib-user"], "a");
    let other = said("/", &[], vec![named("x-shib-user", "a")]);
    assert_eq!(http_request(&other, front(), &allowed).unwrap_err().status(), 403);
}
