//! What files say that has no effect here, although a Tomcat would heed it.

use std::time::Duration;

use outlive_config::model::{Application, Cluster, Connector, Interceptor, ManagerKind, Transport, Valve};
use outlive_config::{Configuration, Level, Notice, Origin};

/// `channelStartOptions`: members are heard and this node announces itself.
const BY_MULTICAST: u32 = 4 | 8;

/// One sentence for each such setting, with its place.
pub(super) fn of(configuration: &Configuration) -> Vec<Notice> {
    let mut notices = Notices(Vec::new());
    if let Some(cluster) = &configuration.cluster {
        of_cluster(cluster, &mut notices);
    }
    for application in &configuration.applications {
        of_application(application, &mut notices);
    }
    for connector in &configuration.connectors {
        of_connector(connector, &mut notices);
    }
    notices.0
}

struct Notices(Vec<Notice>);

impl Notices {
    /// `key` stands at `origin`; `name` is Tomcat's name for it. Once for each place: applications may have a manager in common.
    fn say(&mut self, is: bool, origin: &Origin, (key, name): (&str, &str), sentence: &str) {
        let notice = || origin.notice(Level::Notice, key, name, sentence);
        if is && !self.0.contains(&notice()) {
            self.0.push(notice());
        }
    }
}

fn of_cluster(cluster: &Cluster, notices: &mut Notices) {
    let channel = &cluster.channel;
    let is_listed = channel.interceptors.iter().any(|one| matches!(one, Interceptor::StaticMembership(_)));
    let start_options = ("channel_start_options", "channelStartOptions");
    notices.say(
        is_listed && cluster.channel_start_options & BY_MULTICAST != 0,
        &cluster.origin,
        start_options,
        "where a StaticMembershipInterceptor lists the members, no others are looked for by multicast",
    );
    notices.say(
        !is_listed && cluster.channel_start_options != 15,
        &cluster.origin,
        start_options,
        "it has no effect here: a node receives, sends, hears of members and is one (15)",
    );
    notices.say(
        channel.transport.max_retry_attempts != Transport::default().max_retry_attempts,
        &channel.transport.origin,
        ("max_retry_attempts", "maxRetryAttempts"),
        "it has no effect here: what a member has not acknowledged is sent again for as long as it is one",
    );
    for interceptor in &channel.interceptors {
        if let Interceptor::TcpFailureDetector(detector) = interceptor {
            notices.say(
                detector.perform_read_test && !detector.perform_send_test,
                &detector.origin,
                ("perform_send_test", "performSendTest"),
                "performReadTest has nothing to read where nothing was sent, so a message is",
            );
            notices.say(
                detector.remove_suspects_timeout != Some(Duration::from_secs(300)),
                &detector.origin,
                ("remove_suspects_timeout", "removeSuspectsTimeout"),
                "it has no effect here: a member that answers stays one",
            );
        }
    }
}

fn of_application(application: &Application, notices: &mut Notices) {
    if let ManagerKind::Delta(delta) = &application.manager.kind {
        notices.say(
            !delta.send_all_sessions && delta.send_all_sessions_wait_time != Duration::from_secs(2),
            &delta.origin,
            ("send_all_sessions_wait_time", "sendAllSessionsWaitTime"),
            "it has no effect here: the next block of sessions goes out as soon as there is room for it",
        );
    }
    notices.say(
        application.tracking.ssl,
        &application.origin,
        ("tracking", "tracking-mode"),
        "SSL has no effect here: sessions are not named by TLS sessions",
    );
    for valve in &application.valves {
        if let Valve::Persistent(valve) = valve {
            notices.say(
                !valve.semaphore_fairness,
                &valve.origin,
                ("semaphore_fairness", "semaphoreFairness"),
                "it has no effect here: requests of a session are always served in their order",
            );
        }
    }
}

fn of_connector(connector: &Connector, notices: &mut Notices) {
    notices.say(
        connector.use_body_encoding_for_uri,
        &connector.origin,
        ("use_body_encoding_for_uri", "useBodyEncodingForURI"),
        "it has no effect here: a query is read as URIEncoding says",
    );
}

#[cfg(test)]
mod tests {
    use outlive_config::{Definitions, parse_server_xml};

    use super::*;

    #[test]
    fn defaults_need_no_word_and_each_other_setting_has_one() {
        let mut configuration = Configuration { cluster: Some(Cluster::default()), ..Configuration::default() };
        assert_eq!(of(&configuration), []);
        if let Some(cluster) = &mut configuration.cluster {
            cluster.channel.transport.max_retry_attempts = 5;
            cluster.channel_start_options = 3;
        }
        let names: Vec<_> =
            of(&configuration).iter().map(|one| one.text.split(':').next().unwrap().to_owned()).collect();
        assert_eq!(names, ["channelStartOptions", "maxRetryAttempts"]);
    }

    #[test]
    fn each_has_its_place() {
        let text = "<Server><Service>\n<Connector port=\"1\" useBodyEncodingForURI=\"true\"/><Engine name=\"a\"><Host name=\"localhost\"/>\n\
                    <Cluster className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\" channelStartOptions=\"3\"/></Engine></Service></Server>";
        let (configuration, _) = parse_server_xml("server.xml", text, &Definitions::default()).unwrap();
        let told: Vec<_> = of(&configuration).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "server.xml:3:66: Server/Service/Engine/Cluster: channelStartOptions: it has no effect here: a node receives, sends, hears of \
                 members and is one (15)",
                "server.xml:2:21: Server/Service/Connector: useBodyEncodingForURI: it has no effect here: a query is read as URIEncoding says",
            ]
        );
    }
}
