//! What files say that has no effect here, although a Tomcat would heed it.

use std::time::Duration;

use outlive_config::model::{Interceptor, ManagerKind, Transport, Valve};
use outlive_config::{Configuration, Level, Notice};

/// `channelStartOptions`: members are heard and this node announces itself.
const BY_MULTICAST: u32 = 4 | 8;

/// One sentence for each such setting.
pub(super) fn of(configuration: &Configuration) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut say = |is: bool, sentence: &str| {
        if is {
            notices.push(Notice { level: Level::Notice, place: None, text: sentence.to_owned() });
        }
    };
    if let Some(cluster) = &configuration.cluster {
        let channel = &cluster.channel;
        let is_listed = channel.interceptors.iter().any(|one| matches!(one, Interceptor::StaticMembership(_)));
        say(
            is_listed && cluster.channel_start_options & BY_MULTICAST != 0,
            "channelStartOptions: where a StaticMembershipInterceptor lists the members, no others are looked for by multicast",
        );
        say(
            !is_listed && cluster.channel_start_options != 15,
            "channelStartOptions: a node receives, sends, hears of members and is one (15)",
        );
        say(
            channel.transport.max_retry_attempts != Transport::default().max_retry_attempts,
            "maxRetryAttempts: what a member has not acknowledged is sent again for as long as it is one",
        );
        say(!cluster.session_listener, "ClusterListener: messages about sessions always reach the DeltaManager");
        for interceptor in &channel.interceptors {
            if let Interceptor::TcpFailureDetector(detector) = interceptor {
                say(
                    detector.perform_read_test && !detector.perform_send_test,
                    "performSendTest: performReadTest has nothing to read where nothing was sent, so a message is",
                );
                say(
                    detector.remove_suspects_timeout != Some(Duration::from_secs(300)),
                    "removeSuspectsTimeout: a member that answers stays one",
                );
            }
        }
    }
    for application in &configuration.applications {
        if let ManagerKind::Delta(delta) = &application.manager.kind {
            say(
                !delta.send_all_sessions && delta.send_all_sessions_wait_time != Duration::from_secs(2),
                "sendAllSessionsWaitTime: the next block of sessions goes out as soon as there is room for it",
            );
        }
        say(application.tracking.ssl, "tracking-mode SSL: sessions are not named by TLS sessions");
        for valve in &application.valves {
            if let Valve::Persistent(valve) = valve {
                let text = "semaphoreFairness: requests of a session are always served in their order";
                say(!valve.semaphore_fairness, text);
            }
        }
    }
    for connector in &configuration.connectors {
        say(connector.use_body_encoding_for_uri, "useBodyEncodingForURI: a query is read as URIEncoding says");
    }
    notices.dedup();
    notices
}

#[cfg(test)]
mod tests {
    use outlive_config::model::Cluster;

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
}
