use super::*;

fn parsed(line: &str) -> Result<Command, Exit> {
    parse(std::iter::once("outlive").chain(line.split_whitespace()).map(Into::into))
}

fn served(line: &str) -> ServeArguments {
    match parsed(line) {
        Ok(Command::Serve(arguments)) => *arguments,
        other => panic!("{line}: {other:?}"),
    }
}

/// The sentence with which a line is refused; the code must be 2.
fn refused(line: &str) -> String {
    let exit = parsed(line).expect_err(line);
    let (code, sentence) = exit.parts();
    assert_eq!(code, 2, "{line}");
    assert!(!sentence.contains('\n'), "{line}: more than one line: {sentence}");
    sentence.to_owned()
}

#[test]
fn no_command_is_the_demo() {
    assert!(matches!(parsed(""), Ok(Command::Demo(DemoArguments { script: false }))));
    assert!(matches!(parsed("demo --script"), Ok(Command::Demo(DemoArguments { script: true }))));
}

#[test]
fn every_built_flag_is_taken() {
    let flags = served(
        "serve --name n-1 --http 127.0.0.1:1 --health [::1]:2 --app /app=session --app /=session --context /shop --receiver auto:4000 \
         --mcast 228.0.0.5:9 --bind 127.0.0.1 --static a:1,b:2 --domain d --payload p --cluster-at Host --options sync_ack,use_ack \
         --manager delta --acks all --allow-plaintext --interceptors gzip=100,fragment,order --encrypt 00ff --encrypt-algorithm AES/CBC/PKCS5Padding \
         --log-format json",
    );
    assert_eq!((flags.name.as_deref(), flags.log_format), (Some("n-1"), Some(LogFormat::Json)));
    assert_eq!(flags.health.map(|health| health.to_string()).as_deref(), Some("[::1]:2"));
    let paths = flags.app.unwrap_or_default().into_iter().map(|app| app.path).collect::<Vec<_>>();
    assert_eq!(paths, ["/app", ""]);
    assert_eq!(flags.context, ["/shop"]);
    assert_eq!(flags.r#static.len(), 2);
    assert_eq!((flags.cluster_at, flags.options.map(|options| options.0)), (Some(ClusterAt::Host), Some(6)));
}

#[test]
fn what_is_not_built_is_refused_by_name() {
    for flag in [
        "--map-options 6",
        "--cluster-key file",
        "--allow-peers 10.0.0.0/8",
        "--partition majority",
        "--alone refuse",
        "--admin 127.0.0.1:1",
        "--manager backup",
        "--acks 1",
    ] {
        let sentence = refused(&format!("serve {flag}"));
        let name = flag.split(' ').next().unwrap_or_default();
        assert!(sentence.starts_with(name) && sentence.contains("is not built yet: "), "{flag}: {sentence}");
    }
    for command in ["doctor", "top"] {
        let sentence = refused(&format!("{command} --whatever x"));
        assert!(sentence.starts_with(&format!("'outlive {command}' is not built yet: ")), "{sentence}");
    }
}

#[test]
fn what_does_not_exist_is_refused_in_one_sentence() {
    for (line, part) in [
        ("serve --fast", "'--fast'"),
        ("fly", "'fly'"),
        ("demo --loud", "'--loud'"),
        ("serve --http", "'--http <H:P>'"),
        ("serve --http 8080", "\"8080\" is not of the form HOST:PORT"),
        ("serve --http ::1:8080", "is not of the form HOST:PORT"),
        ("serve --http 127.0.0.1:70000", "\"70000\" is no port"),
        ("serve --options fast", "`fast` is no send option"),
        ("serve --options 9", "`9` is no send option of changes; there are use_ack (2)"),
        ("serve --frame-max 1KiB", "1KiB is too little; it is at least 4MiB"),
        ("serve --lane-max 1", "1 is too little; it is at least 64KiB"),
        ("serve --state-frame-max 1MiB", "at least that"),
        ("serve --app /app=shop", "there is no application \"shop\""),
        ("serve --app session", "is not of the form PATH=APP"),
        ("serve --context shop", "\"shop\" is no context path"),
        ("serve --context /a;b", "is no context path"),
        ("serve --name a.b", "a name has letters"),
        ("serve --manager paxos", "there is no manager \"paxos\""),
        ("serve --base a --config b", "--config"),
        ("serve --base a -D =x", "is not of the form NAME=VALUE"),
        ("serve --acks some", "--acks takes \"all\""),
        ("serve --cluster-at Moon", "Moon"),
        ("balance", "--node"),
        ("balance --node a", "is not of the form NAME=HOST:PORT"),
        ("balance --node a=h:1 --members h:2", "--members"),
        ("balance --members h:2 --trusted-proxies everybody", "\"everybody\" is no network"),
        ("drain", "<NODE>"),
        ("drain n1 --nodes n1", "is not of the form NAME=HOST:PORT"),
        ("restart-check n1 --wait soon", "\"soon\" is no number of seconds"),
        ("serve --drain-delay -1", "'-1'"),
        ("config", "config"),
        ("config check", "<FILE>"),
        ("config check a -D =b", "it is not of the form NAME=VALUE"),
        ("inspect", "<FILE|->"),
        ("inspect a b", "'b'"),
        ("inspect a --as pcap", "'pcap'"),
        ("inspect a --interceptors zip", "\"zip\" is no interceptor that changes bytes"),
        ("inspect a --encrypt 00ff", "a key has 16, 24 or 32 bytes (32, 48 or 64 hexadecimal digits), not 2"),
        ("serve --interceptors zip", "there is no interceptor \"zip\""),
        ("serve --interceptors gzip=x", "\"x\" is no number"),
        ("serve --interceptors order=1", "order takes no number"),
        ("serve --interceptors fragment=0", "at least 1"),
        ("serve --encrypt 00 --encrypt-algorithm AES/ECB/PKCS5Padding", "\"AES/ECB/PKCS5Padding\" is no algorithm"),
    ] {
        let sentence = refused(line);
        assert!(sentence.contains(part), "{line}: {sentence}");
    }
}

#[test]
fn a_refused_line_points_to_the_help_of_its_command() {
    for (line, command) in [
        ("fly", "outlive"),
        ("--fast", "outlive"),
        ("demo --loud", "outlive demo"),
        ("serve --fast", "outlive serve"),
        ("inspect", "outlive inspect"),
        ("inspect a --as pcap", "outlive inspect"),
        ("balance", "outlive balance"),
        ("drain", "outlive drain"),
        ("restart-check n1 --wait soon", "outlive restart-check"),
        ("store", "outlive store"),
        ("store burn", "outlive store"),
        ("store list --fast", "outlive store list"),
        ("config check", "outlive config check"),
    ] {
        let sentence = refused(line);
        assert!(sentence.ends_with(&format!("; see '{command} --help'")), "{line}: {sentence}");
    }
}

#[test]
fn the_flags_and_their_help_fit_together() {
    use clap::CommandFactory;
    Outlive::command().debug_assert();
}
