//! The reference page of all settings, made of the table.

use std::fmt::Write as _;

use crate::model::{
    AjpProtocol, Channel, CloudMembership, HttpProtocol, JvmRouteBinderValve, LoadBalancerDrainingValve,
    MulticastMembership, PersistentValve, ReplicationValve, StaticMembership,
};
use crate::model::{
    Application, Cluster, Connector, ContextSettings, CookieProcessor, Engine, Executor, Host, Interceptor, Manager,
    ManagerKind, Member, Node, Receiver, Server, Service, SessionCookie, SessionIdGenerator, Store, Transport,
};
use crate::setting::{Effect, Kind, Setting, Settings, Unit, Written};

/// What stands before the tables.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The page, in Markdown.
pub fn reference() -> String {
    let mut page = INTRODUCTION.trim_end().to_owned();
    page.push('\n');
    for chapter in chapters() {
        let _ = write!(page, "\n## {}\n", chapter.title);
        for section in &chapter.sections {
            page.push_str(&section.page());
        }
    }
    page
}

struct Chapter {
    title: &'static str,
    sections: Vec<Section>,
}

/// One element.
struct Section {
    /// Its table in outlive.toml; empty where it has none.
    table: &'static str,
    defaults: Box<dyn Settings>,
}

fn section(table: &'static str, defaults: impl Settings + 'static) -> Section {
    Section { table, defaults: Box::new(defaults) }
}

fn chapters() -> Vec<Chapter> {
    let kinds = ManagerKind::all().into_iter().map(|kind| match kind {
        ManagerKind::Standard(manager) => section("[application.manager]", manager),
        ManagerKind::Persistent(manager) => section("[application.manager]", manager),
        ManagerKind::Delta(manager) => section("[cluster.manager]", manager),
        ManagerKind::Backup(manager) => section("[cluster.manager]", manager),
    });
    let stores = Store::all().into_iter().map(|store| match store {
        Store::File(store) => section("[application.manager.store]", store),
        Store::Database(store) => section("[application.manager.store]", *store),
    });
    let table = "[[cluster.channel.interceptor]]";
    let interceptors = Interceptor::all().into_iter().map(|interceptor| match interceptor {
        Interceptor::MessageDispatch(interceptor) => section(table, interceptor),
        Interceptor::TcpFailureDetector(interceptor) => section(table, interceptor),
        Interceptor::TcpPing(interceptor) => section(table, interceptor),
        Interceptor::StaticMembership(interceptor) => section(table, interceptor),
        Interceptor::Gzip(interceptor) => section(table, interceptor),
        Interceptor::Order(interceptor) => section(table, interceptor),
        Interceptor::Fragmentation(interceptor) => section(table, interceptor),
        Interceptor::Encrypt(interceptor) => section(table, interceptor),
        Interceptor::DomainFilter(interceptor) => section(table, interceptor),
        Interceptor::Throughput(interceptor) => section(table, interceptor),
    });
    let membership = "[cluster.channel.membership]";
    vec![
        Chapter {
            title: "The node",
            sections: vec![
                section("[node]", Node::default()),
                section("[server]", Server::default()),
                section("[service]", Service::default()),
                section("", Executor::default()),
                section("[engine]", Engine::default()),
                section("[[host]]", Host::default()),
            ],
        },
        Chapter {
            title: "Connectors",
            sections: vec![
                section("[[connector]]", Connector::default()),
                section("[[connector]]", HttpProtocol::default()),
                section("[[connector]]", AjpProtocol::default()),
            ],
        },
        Chapter {
            title: "Applications",
            sections: vec![
                section("[[application]]", Application::default()),
                section("", ContextSettings::default()),
                section("[application.cookie]", SessionCookie::default()),
                section("[application.cookie_processor]", CookieProcessor::default()),
                section("[[application.valve]]", PersistentValve::default()),
                section("[[application.valve]]", LoadBalancerDrainingValve::default()),
            ],
        },
        Chapter {
            title: "Managers and stores",
            sections: std::iter::once(section("[application.manager]", Manager::default()))
                .chain(kinds)
                .chain([section("[application.manager.session_id_generator]", SessionIdGenerator::default())])
                .chain(stores)
                .collect(),
        },
        Chapter {
            title: "The cluster",
            sections: vec![
                section("[cluster]", Cluster::default()),
                section("[[cluster.valve]]", ReplicationValve::default()),
                section("[[cluster.valve]]", JvmRouteBinderValve::default()),
                section("[cluster.channel]", Channel::default()),
                section(membership, MulticastMembership::default()),
                section(membership, StaticMembership::default()),
                section(membership, CloudMembership::default()),
                section("[[cluster.channel.membership.member]]", Member::default()),
                section("[cluster.channel.receiver]", Receiver::default()),
                section("[cluster.channel.transport]", Transport::default()),
            ],
        },
        Chapter { title: "Interceptors", sections: interceptors.collect() },
    ]
}

impl Section {
    fn page(&self) -> String {
        let element = self.defaults.element();
        let mut page = format!("\n### {}\n\n", element.name);
        let place = match self.table {
            "" => String::new(),
            table => format!(" In outlive.toml: `{table}`."),
        };
        let _ = writeln!(page, "{}{place}", plain(&element.doc_text()));
        let (kept, ignored): (Vec<_>, Vec<_>) = element.settings.iter().partition(|setting| setting.key.is_some());
        if !kept.is_empty() {
            page.push_str("\n| Tomcat's name | outlive.toml | type | default | |\n|---|---|---|---|---|\n");
        }
        for setting in kept {
            page.push_str(&self.row(setting));
        }
        if !ignored.is_empty() {
            let names: Vec<_> = ignored.iter().map(|setting| format!("`{}`", setting.name)).collect();
            let _ = writeln!(page, "\nAccepted without an effect: {}.", names.join(", "));
        }
        page
    }

    fn row(&self, setting: &Setting) -> String {
        let aliases = setting.aliases.iter().copied();
        let names: Vec<_> = Some(setting.name).into_iter().chain(aliases).filter(|name| !name.is_empty()).collect();
        let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let key = setting.key.unwrap_or_default();
        let shown_key = if self.table.is_empty() { String::new() } else { format!("`{key}`") };
        let effect = if setting.effect == Effect::Noticed { "*No effect here.* " } else { "" };
        format!(
            "| {names} | {shown_key} | {} | {} | {effect}{} |\n",
            kind(setting),
            shown(self.defaults.get(key)),
            plain(&setting.doc_text())
        )
    }
}

/// The type, with its unit and ends where they are no others' than those of all numbers.
fn kind(setting: &Setting) -> String {
    let rule = setting.rule;
    match setting.kind {
        Kind::Number | Kind::Time => {
            let unit = match rule.unit {
                Unit::Plain => String::new(),
                unit => format!(" ({unit})"),
            };
            let ends = if (rule.min, rule.max) == (i64::from(i32::MIN), i64::from(i32::MAX)) {
                String::new()
            } else if rule.max == i64::from(i32::MAX) {
                format!(", {} or more", rule.min)
            } else {
                format!(", {} to {}", rule.min, rule.max)
            };
            let none = if rule.none_below.is_some() { ", −1: none" } else { "" };
            format!("{}{unit}{ends}{none}", setting.kind.name())
        }
        kind => kind.name(),
    }
}

fn shown(value: Option<Written>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Written::Boolean(value)) => value.to_string(),
        Some(Written::Integer(-1)) => "none".to_owned(),
        Some(Written::Integer(number)) => number.to_string(),
        Some(Written::Float(number)) => number.to_string(),
        Some(Written::Text(text)) if text.is_empty() => "empty".to_owned(),
        Some(Written::Text(text)) => format!("`{text}`"),
        Some(Written::Secret(_)) => "hidden".to_owned(),
    }
}

/// Words of a doc comment for a page: links to items of Rust are none there.
fn plain(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        result.push_str(before);
        let Some((name, behind)) = after.split_once("`]") else { break };
        let _ = write!(result, "`{name}`");
        // The target of a link, if there is one.
        rest = match behind.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, behind)) => behind,
            None => behind,
        };
    }
    result.push_str(rest);
    result.replace('|', "\\|")
}
