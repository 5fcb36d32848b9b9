//! What valves say of an application's requests.

use http::StatusCode;
use outlive_config::Configuration;
use outlive_config::model::{Application, Valve};

/// How a client is sent back to a balancer that empties this node. Source: Tomcat LoadBalancerDrainingValve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Draining {
    /// The status of that answer: `redirectStatusCode`.
    pub(in crate::serve) status: StatusCode,
    /// Name and value of a cookie whose clients are served in any case: `ignoreCookieName`, `ignoreCookieValue`.
    pub(in crate::serve) ignored_cookie: Option<(String, String)>,
}

impl Default for Draining {
    fn default() -> Self {
        Self { status: StatusCode::TEMPORARY_REDIRECT, ignored_cookie: None }
    }
}

impl Draining {
    /// What files say; without such a valve the default.
    pub(super) fn of_model(configuration: &Configuration, application: &Application) -> Self {
        let valve = valves(configuration, application).find_map(|valve| match valve {
            Valve::LoadBalancerDraining(valve) => Some(valve),
            Valve::Persistent(_) => None,
        });
        valve.map_or_else(Self::default, |valve| Self {
            // The setting's own rule lets nothing else in.
            status: StatusCode::from_u16(valve.redirect_status_code).unwrap_or(StatusCode::TEMPORARY_REDIRECT),
            ignored_cookie: valve.ignore_cookie_name.clone().zip(valve.ignore_cookie_value.clone()),
        })
    }
}

/// All valves that an application's requests pass: its own, its host's, the engine's.
pub(super) fn valves<'a>(
    configuration: &'a Configuration,
    application: &'a Application,
) -> impl Iterator<Item = &'a Valve> {
    let host = configuration.hosts.iter().find(|host| host.name == application.host);
    let of_host = host.into_iter().flat_map(|host| &host.valves);
    application.valves.iter().chain(of_host).chain(&configuration.engine.valves)
}

#[cfg(test)]
mod tests {
    use outlive_config::model::{Engine, LoadBalancerDrainingValve};

    use super::*;

    #[test]
    fn the_nearest_valve_counts() {
        let with = |status| {
            let valve = LoadBalancerDrainingValve { redirect_status_code: status, ..Default::default() };
            vec![Valve::LoadBalancerDraining(valve)]
        };
        let configuration =
            Configuration { engine: Engine { valves: with(302), ..Engine::default() }, ..Configuration::default() };
        let of = |application| Draining::of_model(&configuration, &application);
        assert_eq!(of(Application::default()).status, 302);
        assert_eq!(of(Application { valves: with(303), ..Application::default() }).status, 303);
        assert_eq!(Draining::of_model(&Configuration::default(), &Application::default()), Draining::default());
    }
}
