//! What stands between the requests of an application and its sessions.

use outlive_config::model::{self, Application, PersistentValve};
use outlive_net::{Pattern, Sessions};
use outlive_tower::{Replication, SameSite, SessionCookie, SessionLayer, Tracking};

use super::valves::Draining;

/// What the session layer of an application is told. The default is this program's own, without files.
#[derive(Debug, Clone, Default)]
pub(in crate::serve) struct Front {
    pub(in crate::serve) cookie: SessionCookie,
    tracking: Tracking,
    replication: Replication,
    keeps_routes: bool,
    onlookers: Option<Pattern>,
    refuses_busy: bool,
    pub(in crate::serve) draining: Draining,
}

impl Front {
    /// What files say. `cluster`: the one that holds the application's sessions.
    pub(super) fn of_model(
        application: &Application,
        cluster: Option<&model::Cluster>,
        valve: Option<&PersistentValve>,
    ) -> Self {
        // Tomcat takes an empty filter for none.
        let filter = |given: &Option<Pattern>| given.clone().filter(|pattern| !pattern.is_empty());
        let replication = match cluster.map(|cluster| &cluster.replication_valve) {
            None => Replication::All,
            Some(None) => Replication::Nothing,
            Some(Some(valve)) => filter(&valve.filter).map_or(Replication::All, Replication::Except),
        };
        let binder = cluster.and_then(|cluster| cluster.jvm_route_binder_valve.as_ref());
        Self {
            cookie: cookie(application),
            tracking: Tracking { cookies: application.tracking.cookie, urls: application.tracking.url },
            replication,
            // Over a store alone nothing else tells a balancer where a session is served from now on.
            keeps_routes: cluster.is_some() && !binder.is_some_and(|valve| valve.enabled),
            onlookers: valve.and_then(|valve| filter(&valve.filter)),
            refuses_busy: valve.is_some_and(|valve| !valve.semaphore_block_on_acquire),
            draining: Draining::default(),
        }
    }

    /// With what a valve says of clients that are sent back to their balancer.
    pub(super) fn draining(mut self, draining: Draining) -> Self {
        self.draining = draining;
        self
    }

    /// The layer over an application's sessions.
    pub(in crate::serve) fn layer(&self, sessions: Sessions) -> SessionLayer {
        let mut layer = SessionLayer::new(sessions)
            .cookie(self.cookie.clone())
            .tracking(self.tracking)
            .replication(self.replication.clone());
        if self.keeps_routes {
            layer = layer.keep_routes();
        }
        if let Some(onlookers) = &self.onlookers {
            layer = layer.onlookers(onlookers.clone());
        }
        if self.refuses_busy {
            layer = layer.refuse_busy();
        }
        layer
    }
}

fn cookie(application: &Application) -> SessionCookie {
    let said = &application.cookie;
    let of_processor = match application.cookie_processor.same_site_cookies {
        model::SameSite::Unset => None,
        model::SameSite::None => Some(SameSite::None),
        model::SameSite::Lax => Some(SameSite::Lax),
        model::SameSite::Strict => Some(SameSite::Strict),
    };
    let mut cookie = SessionCookie {
        name: said.cookie_name().to_owned(),
        domain: said.domain.clone(),
        path: said.path.clone(),
        http_only: said.http_only,
        always_secure: said.secure,
        max_age: said.max_age.map(|age| u32::try_from(age.as_secs()).unwrap_or(u32::MAX)),
        same_site: of_processor,
        partitioned: false,
        attributes: Vec::new(),
    };
    for (name, value) in &said.attributes {
        // Those that have a place of their own are one with it, so that none stands twice.
        match name.to_ascii_lowercase().as_str() {
            "samesite" => {
                cookie.same_site = match value.to_ascii_lowercase().as_str() {
                    "lax" => Some(SameSite::Lax),
                    "strict" => Some(SameSite::Strict),
                    "none" => Some(SameSite::None),
                    _ => None,
                };
            }
            "partitioned" => cookie.partitioned = !value.eq_ignore_ascii_case("false"),
            _ => cookie.attributes.push((name.clone(), value.clone())),
        }
    }
    cookie
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outlive_config::model::{Cluster, ReplicationValve};

    use super::*;

    #[test]
    fn a_cookie_is_as_web_xml_and_context_xml_say() {
        let mut application = Application { path: "/shop".to_owned(), ..Application::default() };
        let line = |application: &Application| {
            let front = Front::of_model(application, None, None);
            front.cookie.set("AB", "/shop", false).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(line(&application), "JSESSIONID=AB; Path=/shop; HttpOnly");
        application.cookie.name = Some("SID".to_owned());
        application.cookie.secure = true;
        application.cookie.max_age = Some(Duration::ZERO);
        application.cookie.attributes.insert("SameSite".to_owned(), "Strict".to_owned());
        application.cookie.attributes.insert("Priority".to_owned(), "High".to_owned());
        assert_eq!(
            line(&application),
            "SID=AB; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/shop; Secure; HttpOnly; SameSite=Strict; Priority=High"
        );
    }

    /// Source: Tomcat's how-to: without a ReplicationValve nothing is sent; an empty filter is none.
    #[test]
    fn what_is_replicated_is_as_the_valve_says() {
        let of = |valve: Option<ReplicationValve>| {
            let cluster = Cluster { replication_valve: valve, ..Cluster::default() };
            Front::of_model(&Application::default(), Some(&cluster), None).replication
        };
        let filter = |text| Some(Pattern::new(text).unwrap());
        assert_eq!(of(Some(ReplicationValve::default())), Replication::All);
        assert_eq!(of(Some(ReplicationValve { filter: filter(""), ..ReplicationValve::default() })), Replication::All);
        let gifs = ReplicationValve { filter: filter(r".*\.gif"), ..ReplicationValve::default() };
        assert!(matches!(of(Some(gifs)), Replication::Except(pattern) if pattern.matches("/a/b.gif")));
        assert_eq!(of(None), Replication::Nothing);
    }

    #[test]
    fn routes_are_taken_over_where_the_valve_is_there() {
        let of = |cluster: Option<&Cluster>| Front::of_model(&Application::default(), cluster, None).keeps_routes;
        assert!(!of(None) && !of(Some(&Cluster::default())));
        assert!(of(Some(&Cluster { jvm_route_binder_valve: None, ..Cluster::default() })));
    }
}
