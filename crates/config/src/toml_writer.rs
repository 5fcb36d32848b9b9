//! The model as an outlive.toml.

use crate::model::{AjpProtocol, Channel, HttpProtocol, Receiver, ReplicationValve, Transport};
use crate::model::{
    Application, Cluster, Configuration, Connector, CookieProcessor, Engine, Host, Interceptor, Manager, Member,
    Membership, Node, Protocol, Server, Service, SessionCookie, SessionIdGenerator, Store, Valve,
};
use crate::setting::{Settings, Written};
use crate::tomcat::default_manager;

/// What is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TomlOptions {
    /// Whether keys and passwords are: otherwise a comment stands in the place of each.
    pub secrets: bool,
    /// Whether what is as it is by default is told, as comments.
    pub defaults: bool,
}

/// The text of an outlive.toml that says what the model says: read again it is equal, where secrets are written.
pub fn to_toml(configuration: &Configuration, options: TomlOptions) -> String {
    let mut writer = Writer { text: String::new(), options, hidden: false };
    writer.configuration(configuration);
    writer.text
}

/// Whether a configuration has secrets, which [`to_toml`] writes only when it is told to.
pub fn has_secrets(configuration: &Configuration) -> bool {
    let mut writer = Writer { text: String::new(), options: TomlOptions::default(), hidden: false };
    writer.configuration(configuration);
    writer.hidden
}

struct Writer {
    text: String,
    options: TomlOptions,
    /// Whether a secret was left out.
    hidden: bool,
}

impl Writer {
    fn configuration(&mut self, configuration: &Configuration) {
        self.plain("node", &configuration.node, &Node::default());
        self.plain("server", &configuration.server, &Server::default());
        self.plain("service", &configuration.service, &Service::default());
        for connector in &configuration.connectors {
            self.connector(connector);
        }
        self.plain("engine", &configuration.engine, &Engine::default());
        self.valves("engine", &configuration.engine.valves);
        for host in &configuration.hosts {
            self.host(host);
        }
        if let Some(cluster) = &configuration.cluster {
            self.cluster(cluster);
        }
        for application in &configuration.applications {
            self.application(application, configuration);
        }
    }

    /// A table that is left out where it says nothing.
    fn plain(&mut self, table: &str, settings: &dyn Settings, defaults: &dyn Settings) {
        let lines = self.lines(&[(settings, defaults)]);
        if !lines.is_empty() {
            self.table(&format!("[{table}]"), &lines);
        }
    }

    fn table(&mut self, head: &str, lines: &[String]) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(head);
        self.text.push('\n');
        for line in lines {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// `key = value` for what is not as by default, and for the `needed` keys; what is, is told after it, if that was asked for.
    fn lines_with(&mut self, all: &[(&dyn Settings, &dyn Settings)], needed: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut comments = Vec::new();
        for (settings, defaults) in all {
            for key in settings.element().settings.iter().filter_map(|setting| setting.key) {
                let (value, default) = (settings.get(key), defaults.get(key));
                let is_default = value == default;
                match value {
                    Some(Written::Secret(_)) if !self.options.secrets => {
                        self.hidden = true;
                        lines.push(format!("# {key} is hidden"));
                    }
                    Some(value) if !is_default || needed.contains(&key) => {
                        lines.push(format!("{key} = {}", in_toml(&value)))
                    }
                    Some(value) if self.options.defaults => comments.push(format!("# {key} = {}", in_toml(&value))),
                    None if self.options.defaults => comments.push(format!("# {key}: none")),
                    _ => {}
                }
            }
        }
        lines.extend(comments);
        lines
    }

    fn lines(&mut self, all: &[(&dyn Settings, &dyn Settings)]) -> Vec<String> {
        self.lines_with(all, &[])
    }

    fn connector(&mut self, connector: &Connector) {
        let defaults = Connector::default();
        let mut lines = vec![format!("protocol = {}", quoted(connector.protocol.name()))];
        let (http_defaults, ajp_defaults) = (HttpProtocol::default(), AjpProtocol::default());
        let of_protocol: (&dyn Settings, &dyn Settings) = match &connector.protocol {
            Protocol::Http(http) => (http, &http_defaults),
            Protocol::Ajp(ajp) => (ajp, &ajp_defaults),
        };
        lines.extend(self.lines_with(&[(connector, &defaults), of_protocol], &["port"]));
        self.table("[[connector]]", &lines);
    }

    fn host(&mut self, host: &Host) {
        let mut lines = self.lines_with(&[(host, &Host::default())], &["name"]);
        if !host.aliases.is_empty() {
            let aliases: Vec<_> = host.aliases.iter().map(|alias| quoted(alias)).collect();
            lines.push(format!("alias = [{}]", aliases.join(", ")));
        }
        self.table("[[host]]", &lines);
        self.valves("host", &host.valves);
    }

    fn valves(&mut self, above: &str, valves: &[Valve]) {
        for valve in valves {
            match valve {
                Valve::Persistent(valve) => self.valve(above, valve, &crate::model::PersistentValve::default()),
                Valve::LoadBalancerDraining(valve) => {
                    self.valve(above, valve, &crate::model::LoadBalancerDrainingValve::default());
                }
            }
        }
    }

    fn valve(&mut self, above: &str, valve: &dyn Settings, defaults: &dyn Settings) {
        let mut lines = vec![class(valve)];
        lines.extend(self.lines(&[(valve, defaults)]));
        self.table(&format!("[[{above}.valve]]"), &lines);
    }

    fn cluster(&mut self, cluster: &Cluster) {
        let defaults = Cluster::default();
        let mut lines = self.lines(&[(cluster, &defaults)]);
        let has_default_valves = cluster.replication_valve == defaults.replication_valve
            && cluster.jvm_route_binder_valve == defaults.jvm_route_binder_valve;
        if cluster.replication_valve.is_none() && cluster.jvm_route_binder_valve.is_none() {
            lines.push("valve = []".to_owned());
        }
        self.table("[cluster]", &lines);
        if cluster.manager != defaults.manager {
            self.manager("cluster", &cluster.manager);
        }
        if !has_default_valves {
            if let Some(valve) = &cluster.replication_valve {
                self.valve("cluster", valve, &ReplicationValve::default());
            }
            if let Some(valve) = &cluster.jvm_route_binder_valve {
                self.valve("cluster", valve, &crate::model::JvmRouteBinderValve::default());
            }
        }
        self.channel(&cluster.channel);
    }

    fn channel(&mut self, channel: &Channel) {
        let defaults = Channel::default();
        let mut lines = self.lines(&[(channel, &defaults)]);
        if channel.interceptors.is_empty() {
            lines.push("interceptor = []".to_owned());
        }
        if !lines.is_empty() {
            self.table("[cluster.channel]", &lines);
        }
        if channel.membership != defaults.membership || self.options.defaults {
            self.membership(&channel.membership);
        }
        self.plain("cluster.channel.receiver", &channel.receiver, &Receiver::default());
        self.plain("cluster.channel.transport", &channel.transport, &Transport::default());
        if channel.interceptors != defaults.interceptors || self.options.defaults {
            for interceptor in &channel.interceptors {
                self.interceptor(interceptor);
            }
        }
    }

    fn membership(&mut self, membership: &Membership) {
        let table = "cluster.channel.membership";
        let defaults = match membership {
            Membership::Multicast(_) => Membership::default(),
            Membership::Static(_) => Membership::Static(crate::model::StaticMembership::default()),
            Membership::Cloud(_) => Membership::Cloud(crate::model::CloudMembership::default()),
        };
        let mut lines = vec![class(membership.settings())];
        lines.extend(self.lines(&[(membership.settings(), defaults.settings())]));
        self.table(&format!("[{table}]"), &lines);
        if let Membership::Static(listed) = membership {
            self.members(table, listed.local.as_ref(), &listed.members);
        }
    }

    fn interceptor(&mut self, interceptor: &Interceptor) {
        let table = "cluster.channel.interceptor";
        let defaults = Interceptor::all().into_iter().find(|other| other.class() == interceptor.class());
        let mut lines = vec![class(interceptor.settings())];
        if let Some(defaults) = defaults {
            lines.extend(self.lines(&[(interceptor.settings(), defaults.settings())]));
        }
        self.table(&format!("[[{table}]]"), &lines);
        if let Interceptor::StaticMembership(listed) = interceptor {
            self.members(table, listed.local.as_ref(), &listed.members);
        }
    }

    fn members(&mut self, above: &str, local: Option<&Member>, members: &[Member]) {
        if let Some(local) = local {
            let lines = self.lines(&[(local, &Member::default())]);
            self.table(&format!("[{above}.local_member]"), &lines);
        }
        for member in members {
            let lines = self.lines(&[(member, &Member::default())]);
            self.table(&format!("[[{above}.member]]"), &lines);
        }
    }

    fn manager(&mut self, above: &str, manager: &Manager) {
        let table = format!("{above}.manager");
        let defaults = crate::model::ManagerKind::all().into_iter().find(|kind| kind.class() == manager.kind.class());
        let mut lines = vec![class(manager.kind.settings())];
        if let Some(defaults) = defaults {
            lines.extend(self.lines(&[(manager, &Manager::default()), (manager.kind.settings(), defaults.settings())]));
        }
        self.table(&format!("[{table}]"), &lines);
        self.plain(
            &format!("{table}.session_id_generator"),
            &manager.session_id_generator,
            &SessionIdGenerator::default(),
        );
        if let Some(store) = &manager.store {
            let defaults = Store::all().into_iter().find(|other| other.class() == store.class());
            let mut lines = vec![class(store.settings())];
            if let Some(defaults) = defaults {
                lines.extend(self.lines(&[(store.settings(), defaults.settings())]));
            }
            self.table(&format!("[{table}.store]"), &lines);
        }
    }

    fn application(&mut self, application: &Application, configuration: &Configuration) {
        let lines = self.lines_with(&[(application, &Application::default())], &["path"]);
        self.table("[[application]]", &lines);
        let default = default_manager(configuration, &application.host, application.distributable);
        if application.manager != default || self.options.defaults {
            self.manager("application", &application.manager);
        }
        self.plain("application.cookie", &application.cookie, &SessionCookie::default());
        if !application.cookie.attributes.is_empty() {
            let attributes = application.cookie.attributes.iter();
            let lines: Vec<_> =
                attributes.map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))).collect();
            self.table("[application.cookie.attributes]", &lines);
        }
        self.plain("application.cookie_processor", &application.cookie_processor, &CookieProcessor::default());
        self.valves("application", &application.valves);
    }
}

fn class(settings: &dyn Settings) -> String {
    format!("class = {}", quoted(settings.element().name))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn in_toml(value: &Written) -> String {
    match value {
        Written::Boolean(value) => value.to_string(),
        Written::Integer(number) => number.to_string(),
        Written::Float(number) => format!("{number:?}"),
        Written::Text(text) => quoted(text),
        Written::Secret(secret) => quoted(secret.reveal()),
    }
}
