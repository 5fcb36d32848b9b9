//! What files say that cannot be, and what has no effect: `config check` and `serve` tell it alike.

use std::path::Path;

use crate::support::output;

fn member(name: &str, port: u16) -> String {
    format!(
        r#"<{name} className="org.apache.catalina.tribes.membership.StaticMember" host="127.0.0.1" port="{port}"
        uniqueId="{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,{port},1}}"/>"#,
        port = port % 100
    )
}

fn interceptor(name: &str) -> String {
    format!(r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.{name}"/>"#)
}

/// A server.xml with an application that is answered: these attributes for its connector, its context and its receiver, these
/// elements for its cluster and its channel.
#[derive(Default)]
struct Parts<'a> {
    connector: &'a str,
    context: &'a str,
    manager: &'a str,
    receiver: Option<&'a str>,
    membership: &'a str,
    interceptors: &'a str,
}

fn write(folder: &Path, parts: &Parts<'_>) {
    let receiver = parts.receiver.unwrap_or(r#"address="127.0.0.1""#);
    let membership = match parts.membership {
        "" => r#"<Membership className="org.apache.catalina.tribes.membership.McastService"/>"#,
        given => given,
    };
    let server = format!(
        r#"<Server port="-1"><Service name="Catalina">
<Connector port="0" address="127.0.0.1" {connector}/>
<Engine name="Catalina" defaultHost="localhost">
<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">
{manager}
<Channel className="org.apache.catalina.tribes.group.GroupChannel">
{membership}
<Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" {receiver}/>
{interceptors}
</Channel></Cluster>
<Host name="localhost"/>
</Engine></Service></Server>"#,
        connector = parts.connector,
        manager = parts.manager,
        interceptors = parts.interceptors,
    );
    for (name, text) in [
        ("conf/server.xml", server.as_str()),
        ("webapps/shop/META-INF/context.xml", &format!("<Context {}/>", parts.context)),
        (
            "webapps/shop/WEB-INF/web.xml",
            "<web-app><distributable/><servlet><servlet-name>a</servlet-name><servlet-class>SessionApp</servlet-class></servlet></web-app>",
        ),
    ] {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// Both refuse it, by the same sentence, which begins with a place in this file.
fn refused(parts: &Parts<'_>, file: &str, sentence: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), parts);
    let tell = |command: &str| {
        let output = output(&format!("{command} --base {}", folder.path().display()));
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = tell("config check");
    assert_eq!(code, Some(2), "{sentence}: {told}");
    assert!(told.contains(sentence), "{sentence}: {told}");
    let place = told.strip_prefix(&format!("outlive: {}/{file}:", folder.path().display()));
    let line = place.and_then(|place| place.split(':').next());
    assert!(line.is_some_and(|line| line.parse::<u32>().is_ok()), "no place: {told}");
    let (code, by_serve) = tell("serve");
    // A host that is not there may be there tomorrow.
    let expected = if told.contains("no address is known") { 1 } else { 2 };
    assert_eq!((code, by_serve), (Some(expected), told));
}

#[test]
fn what_serve_refuses_check_refuses() {
    let twice =
        [interceptor("GzipInterceptor"), interceptor("OrderInterceptor"), interceptor("GzipInterceptor")].join("\n");
    let service = format!(
        r#"<Membership className="org.apache.catalina.tribes.membership.StaticMembershipService">{}</Membership>"#,
        member("Member", 4107)
    );
    let backup = r#"<Manager className="org.apache.catalina.ha.session.BackupManager"/>"#;
    let bind =
        r#"<Membership className="org.apache.catalina.tribes.membership.McastService" bind="nonsense.invalid"/>"#;
    for (parts, sentence) in [
        (
            Parts { interceptors: &twice, ..Parts::default() },
            "conf/server.xml:11:1: Server/Service/Engine/Cluster/Channel/Interceptor: GzipInterceptor stands in the stack twice",
        ),
        (Parts { manager: backup, ..Parts::default() }, "/Cluster/Manager: a BackupManager is not built yet"),
        (
            Parts { connector: r#"proxyName="x" Address="not an address""#, ..Parts::default() },
            "Address=\"not an address\" is impossible: it must be an address",
        ),
        (
            Parts { connector: r#"URIEncoding="utf-99""#, ..Parts::default() },
            "URIEncoding=\"utf-99\" is impossible: it must be an encoding that there is here: UTF-8 or ISO-8859-1",
        ),
        (
            Parts { connector: r#"scheme="h t""#, ..Parts::default() },
            "scheme=\"h t\" is impossible: it must be a scheme: http or https",
        ),
        (
            Parts { receiver: Some(r#"address="x y""#), ..Parts::default() },
            "/Receiver: address=\"x y\" is impossible: it must be an address",
        ),
        (Parts { membership: bind, ..Parts::default() }, "/Membership: bind nonsense.invalid:0: no address is known"),
        (
            Parts { membership: &service, ..Parts::default() },
            "/Membership: none of the members has the receiver's address and port, and there is no LocalMember",
        ),
        (
            Parts { receiver: Some(r#"address="10.0.0.1""#), ..Parts::default() },
            "/Receiver: address 10.0.0.1:4000 is an address of the network",
        ),
    ] {
        refused(&parts, "conf/server.xml", sentence);
    }
    for (context, sentence) in [
        (r#"sessionCookieName="a b;c""#, "sessionCookieName=\"a b;c\" is impossible: it must be a cookie's name"),
        (r#"sessionCookiePath="/x;y""#, "sessionCookiePath=\"/x;y\" is impossible: it must be printable ASCII"),
        (r#"sessionCookieDomain="a;b""#, "sessionCookieDomain=\"a;b\" is impossible: it must be a cookie's domain"),
    ] {
        refused(&Parts { context, ..Parts::default() }, "webapps/shop/META-INF/context.xml", sentence);
    }
}

#[test]
fn what_has_no_effect_check_tells_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let parts = Parts {
        connector: r#"useBodyEncodingForURI="true""#,
        interceptors: &interceptor("TcpFailureDetector").replace("/>", " removeSuspectsTimeout=\"5\"/>"),
        ..Parts::default()
    };
    write(folder.path(), &parts);
    let checked = output(&format!("config check --base {}", folder.path().display()));
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{told}");
    let file = format!("notice: {}/conf/server.xml", folder.path().display());
    for notice in [
        ":2:41: Server/Service/Connector: useBodyEncodingForURI: it has no effect here",
        ":9:91: Server/Service/Engine/Cluster/Channel/Interceptor: removeSuspectsTimeout: it has no effect here",
    ] {
        assert!(told.contains(&format!("{file}{notice}")), "{notice}: {told}");
    }
    // What goes over a network is refused as it is by serve, and allowed as it is there.
    write(folder.path(), &Parts { receiver: Some(r#"address="auto""#), ..Parts::default() });
    let line = format!("config check --base {}", folder.path().display());
    assert_eq!(output(&line).status.code(), Some(2));
    assert_eq!(output(&format!("{line} --allow-plaintext")).status.code(), Some(0));
}
