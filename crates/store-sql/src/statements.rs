//! Every statement, made once for a database and its names.
//!
//! A statement is written with `{part}` for a name or an expression, which is put in quoted, and `:value` for a place. Values are always
//! bound, names never come from a client.

use std::collections::HashMap;

use outlive_session::BaseId;
use outlive_store::{Grave, SessionRecord};

use crate::dialect::Dialect;
use crate::names::Names;
use crate::row::{Kind, Value};
use crate::schema::Key;

/// A statement of the database's own words, and what is bound to its places, in order.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    parameters: Vec<Parameter>,
    /// What its columns are read as, where it has any.
    pub(crate) columns: &'static [Kind],
}

/// What can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameter {
    App,
    AsideApp,
    Id,
    Base,
    End,
    Data,
    Valid,
    MaxInactive,
    LastAccessed,
    MovedTo,
    KeepUntil,
    Now,
    Limit,
    BytesMax,
}

const PARAMETERS: [(&str, Parameter); 14] = [
    ("app", Parameter::App),
    ("aside", Parameter::AsideApp),
    ("id", Parameter::Id),
    ("base", Parameter::Base),
    ("end", Parameter::End),
    ("data", Parameter::Data),
    ("valid", Parameter::Valid),
    ("maxinactive", Parameter::MaxInactive),
    ("lastaccess", Parameter::LastAccessed),
    ("movedto", Parameter::MovedTo),
    ("keepuntil", Parameter::KeepUntil),
    ("now", Parameter::Now),
    ("limit", Parameter::Limit),
    ("bytesmax", Parameter::BytesMax),
];

/// The values of one call.
#[derive(Default)]
pub(crate) struct Given<'a> {
    pub(crate) app: &'a str,
    pub(crate) aside: &'a str,
    pub(crate) id: &'a str,
    pub(crate) base: String,
    /// The first text behind all ids of the base.
    pub(crate) end: String,
    pub(crate) record: Option<&'a SessionRecord>,
    pub(crate) grave: Option<&'a Grave>,
    pub(crate) last_accessed: i64,
    pub(crate) now: i64,
    pub(crate) limit: i64,
    pub(crate) bytes_max: i64,
}

impl<'a> Given<'a> {
    /// With a base, of an application.
    pub(crate) fn of_base(app: &'a str, base: &BaseId) -> Self {
        let base = base.to_string();
        // '/' is what follows '.'.
        let end = format!("{base}/");
        Given { app, base, end, ..Given::default() }
    }

    fn value(&self, parameter: Parameter) -> Value<'_> {
        let head = self.record.map(|record| &record.head);
        let text = |text| Value::Text(Some(text));
        match parameter {
            Parameter::App => text(self.app),
            Parameter::AsideApp => text(self.aside),
            Parameter::Id => text(self.id),
            Parameter::Base => text(&self.base),
            Parameter::End => text(&self.end),
            Parameter::Data => Value::Blob(self.record.map_or(&[], |record| &record.data)),
            Parameter::Valid => text(if head.is_some_and(|head| head.is_valid) { "1" } else { "0" }),
            Parameter::MaxInactive => Value::Long(head.map_or(0, |head| head.max_inactive_seconds.into())),
            Parameter::LastAccessed => Value::Long(head.map_or(self.last_accessed, |head| head.last_accessed.0)),
            Parameter::MovedTo => Value::Text(self.grave.and_then(|grave| Some(grave.moved_to.as_ref()?.as_str()))),
            Parameter::KeepUntil => Value::Long(self.grave.map_or(0, |grave| grave.keep_until.0)),
            Parameter::Now => Value::Long(self.now),
            Parameter::Limit => Value::Long(self.limit),
            Parameter::BytesMax => Value::Long(self.bytes_max),
        }
    }
}

impl Statement {
    /// The values for its places.
    pub(crate) fn values<'a>(&self, given: &'a Given<'_>) -> Vec<Value<'a>> {
        self.parameters.iter().map(|parameter| given.value(*parameter)).collect()
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Statements {
    /// The steps that make a table, in one transaction.
    pub(crate) create_sessions: Vec<Statement>,
    pub(crate) create_graves: Vec<Statement>,
    pub(crate) load: Statement,
    pub(crate) save: SaveSteps,
    /// Whether a save that wrote nothing may look like one that did: then [`count_base`](Self::count_base) tells.
    pub(crate) must_count: bool,
    /// The steps of a burial, in one transaction.
    pub(crate) bury: Vec<Statement>,
    pub(crate) forget: Statement,
    pub(crate) count_base: Statement,
    pub(crate) grave: Statement,
    pub(crate) heads: Statement,
    pub(crate) expired: Statement,
    pub(crate) drop_hidden: Statement,
    pub(crate) clear_graves: Statement,
    /// Out of the way: what lay aside under this id before.
    pub(crate) drop_aside: Statement,
    pub(crate) set_aside: Statement,
    /// The same, whenever it was accessed: that may be what is wrong with it.
    pub(crate) set_no_session_aside: Statement,
}

/// How a session is saved so that one row of its base is left, also where nodes save it under two routes at the same time.
#[derive(Debug)]
pub(crate) enum SaveSteps {
    /// The session, then what it has under other routes, in one transaction: SQLite lets one write at a time, and of two that wait for each
    /// other's rows MariaDB undoes one.
    Together { save: Statement, drop_other_routes: Statement },
    /// A statement of PostgreSQL sees the rows of before, and not those that others are about to insert. So one statement changes the row
    /// that is there already, where it is the only one; any other save has the base to itself first.
    Locked { change: Statement, lock: Statement, save: Statement },
}

const HEAD: &[Kind] = &[Kind::Text, Kind::Text, Kind::Long, Kind::Long];
const RECORD: &[Kind] = &[Kind::Text, Kind::Text, Kind::Long, Kind::Long, Kind::Blob, Kind::Long];

impl Statements {
    pub(crate) fn new(dialect: Dialect, names: &Names, key: Key) -> Self {
        let writer = Writer::new(dialect, names);
        let write = |text: &str, columns: &'static [Kind]| writer.statement(text, columns);
        let change = |text: &str| write(text, &[]);
        let head = "{id_text}, {valid_text}, {maxinactive_long}, {lastaccess_long}";
        let not_hidden = "NOT EXISTS (SELECT 1 FROM {graves} g WHERE g.app = :app AND g.base = {base_of_id})";
        let no_grave = "NOT EXISTS (SELECT 1 FROM {graves} g WHERE g.app = :app AND g.base = :base)";
        let under_base = "{app} = :app AND {id_ordered} >= :base AND {id_ordered} < :end AND {base_of_id} = :base";
        // Of two that make one table at the same moment, PostgreSQL fails one, whether or not it says `IF NOT EXISTS`.
        let alone = |text: &'static str| -> Vec<Statement> {
            (dialect == Dialect::Postgres).then_some(LOCK).into_iter().chain([text]).map(change).collect()
        };
        Statements {
            create_sessions: alone(
                "CREATE TABLE IF NOT EXISTS {sessions} ({app} {key_type} NOT NULL, {id} {key_type} NOT NULL, \
                 {data} {blob_type} NOT NULL, {valid} CHAR(1) NOT NULL, {maxinactive} INTEGER NOT NULL, \
                 {lastaccess} BIGINT NOT NULL, PRIMARY KEY ({app}, {id}))",
            ),
            create_graves: alone(
                "CREATE TABLE IF NOT EXISTS {graves} (app {key_type} NOT NULL, base {key_type} NOT NULL, \
                 moved_to {key_type}, keep_until BIGINT NOT NULL, PRIMARY KEY (app, base))",
            ),
            load: write(
                &format!(
                    "SELECT {head}, CASE WHEN {{data_bytes}} <= :bytesmax THEN {{data}} END, {{data_bytes}} FROM {{sessions}} \
                     WHERE {under_base} AND {no_grave} ORDER BY {{lastaccess}} DESC, {{id_ordered}} DESC LIMIT 1"
                ),
                RECORD,
            ),
            save: match dialect {
                Dialect::Postgres => SaveSteps::Locked {
                    change: change(&format!(
                        "UPDATE {{sessions}} SET {{data}} = :data, {{valid}} = :valid, {{maxinactive}} = :maxinactive, \
                         {{lastaccess}} = :lastaccess WHERE {{app}} = :app AND {{id}} = :id AND {no_grave} \
                         AND NOT EXISTS (SELECT 1 FROM {{sessions}} WHERE {under_base} AND {{id}} <> :id)"
                    )),
                    lock: change(LOCK),
                    save: change(&save(dialect, key, under_base, no_grave)),
                },
                Dialect::Sqlite | Dialect::MySql => SaveSteps::Together {
                    save: change(&save(dialect, key, under_base, no_grave)),
                    drop_other_routes: change(&format!(
                        "DELETE FROM {{sessions}} WHERE {under_base} AND {{id}} <> :id"
                    )),
                },
            },
            must_count: dialect == Dialect::MySql && key == Key::Id,
            bury: (dialect == Dialect::Postgres)
                .then_some(LOCK)
                .into_iter()
                .chain([bury(dialect), &format!("DELETE FROM {{sessions}} WHERE {under_base}")])
                .map(change)
                .collect(),
            forget: change(&format!("DELETE FROM {{sessions}} WHERE {under_base} AND {{lastaccess}} <= :lastaccess")),
            count_base: write(
                &format!("SELECT COUNT(*) FROM {{sessions}} WHERE {under_base} AND {no_grave}"),
                &[Kind::Long],
            ),
            grave: write(
                "SELECT {moved_to_text}, keep_until FROM {graves} WHERE app = :app AND base = :base",
                &[Kind::Text, Kind::Long],
            ),
            heads: write(
                &format!(
                    "SELECT {head} FROM {{sessions}} WHERE {{app}} = :app AND {{id_ordered}} > :id AND {not_hidden} \
                     ORDER BY {{id_ordered}} LIMIT :limit"
                ),
                HEAD,
            ),
            // The idle time goes to the other side, where no sum can overflow: it has 32 bits, `now` is today.
            expired: write(
                &format!(
                    "SELECT {head} FROM {{sessions}} WHERE {{app}} = :app AND {{maxinactive}} > 0 \
                     AND {{lastaccess}} <= :now - {{maxinactive_long}} * 1000 AND {not_hidden} LIMIT :limit"
                ),
                HEAD,
            ),
            drop_hidden: change(drop_hidden(dialect)),
            clear_graves: change("DELETE FROM {graves} WHERE app = :app AND keep_until < :now"),
            drop_aside: change("DELETE FROM {sessions} WHERE {app} = :aside AND {id} = :id"),
            set_aside: change(
                "UPDATE {sessions} SET {app} = :aside WHERE {app} = :app AND {id} = :id AND {lastaccess} = :lastaccess",
            ),
            set_no_session_aside: change("UPDATE {sessions} SET {app} = :aside WHERE {app} = :app AND {id} = :id"),
        }
    }
}

/// Until the end of the transaction nobody else saves or buries the base. Two bases may have one lock, which costs a moment.
const LOCK: &str =
    "SELECT PG_ADVISORY_XACT_LOCK(HASHTEXTEXTENDED(CAST(:app AS TEXT) || ' ' || CAST(:base AS TEXT), 0))";

/// One statement that keeps a session unless its base has a grave, and changes no row where it has.
fn save(dialect: Dialect, key: Key, under_base: &str, no_grave: &str) -> String {
    let insert = format!(
        "INSERT INTO {{sessions}} ({{id}}, {{app}}, {{data}}, {{valid}}, {{maxinactive}}, {{lastaccess}}) \
         SELECT :id, :app, :data, :valid, :maxinactive, :lastaccess{} WHERE {no_grave}",
        dialect.of_nothing()
    );
    let target = match key {
        Key::AppAndId => "({app}, {id})",
        Key::Id => "({id})",
    };
    // Where the id alone is the key, a row of another application with this id stays as it is.
    let excluded = format!(
        "ON CONFLICT {target} DO UPDATE SET {{data}} = excluded.{{data}}, {{valid}} = excluded.{{valid}}, \
         {{maxinactive}} = excluded.{{maxinactive}}, {{lastaccess}} = excluded.{{lastaccess}} \
         WHERE {{sessions}}.{{app}} = excluded.{{app}}"
    );
    match dialect {
        Dialect::Postgres => format!(
            "WITH other_routes AS (DELETE FROM {{sessions}} WHERE {under_base} AND {{id}} <> :id AND {no_grave}) {insert} {excluded}"
        ),
        Dialect::Sqlite => format!("{insert} {excluded}"),
        Dialect::MySql => {
            let unless_other = |column: &str| match key {
                Key::AppAndId => format!("{{{column}}} = VALUES({{{column}}})"),
                Key::Id => format!("{{{column}}} = IF({{app}} = VALUES({{app}}), VALUES({{{column}}}), {{{column}}})"),
            };
            let columns = ["data", "valid", "maxinactive", "lastaccess"].map(unless_other).join(", ");
            format!("{insert} ON DUPLICATE KEY UPDATE {columns}")
        }
    }
}

/// A grave is never kept for less long than it was to be.
fn bury(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "INSERT INTO {graves} (app, base, moved_to, keep_until) VALUES (:app, :base, :movedto, :keepuntil) \
             ON CONFLICT (app, base) DO UPDATE SET moved_to = excluded.moved_to, \
             keep_until = MAX({graves}.keep_until, excluded.keep_until)"
        }
        Dialect::Postgres => {
            "INSERT INTO {graves} (app, base, moved_to, keep_until) VALUES (:app, :base, :movedto, :keepuntil) \
             ON CONFLICT (app, base) DO UPDATE SET moved_to = excluded.moved_to, \
             keep_until = GREATEST({graves}.keep_until, excluded.keep_until)"
        }
        Dialect::MySql => {
            "INSERT INTO {graves} (app, base, moved_to, keep_until) VALUES (:app, :base, :movedto, :keepuntil) \
             ON DUPLICATE KEY UPDATE moved_to = VALUES(moved_to), keep_until = GREATEST(keep_until, VALUES(keep_until))"
        }
    }
}

/// Rows under graves that are about to be cleared. From the graves, which are few, to the rows, by their key.
fn drop_hidden(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            "DELETE FROM {sessions} WHERE {app} = :app AND {id} IN (SELECT s.{id} FROM {graves} g JOIN {sessions} s \
             ON s.{app} = :app AND {s_id_ordered} >= g.base AND {s_id_ordered} < g.base || '/' AND {base_of_s_id} = g.base \
             WHERE g.app = :app AND g.keep_until < :now)"
        }
        Dialect::MySql => {
            "DELETE s FROM {graves} g JOIN {sessions} s ON s.{app} = :app AND s.{id} >= g.base \
             AND s.{id} < CONCAT(g.base, '/') AND {base_of_s_id} = g.base WHERE g.app = :app AND g.keep_until < :now"
        }
    }
}

/// Puts parts and places into texts.
struct Writer {
    dialect: Dialect,
    parts: HashMap<&'static str, String>,
}

impl Writer {
    fn new(dialect: Dialect, names: &Names) -> Self {
        let quoted = |name: &str| dialect.quoted(name);
        let (id, s_id) = (quoted(&names.id), format!("s.{}", quoted(&names.id)));
        let parts = HashMap::from([
            ("sessions", names.sessions.quoted.clone()),
            ("graves", names.graves.quoted.clone()),
            ("app", quoted(&names.app)),
            ("data", quoted(&names.data)),
            ("valid", quoted(&names.valid)),
            ("maxinactive", quoted(&names.max_inactive)),
            ("lastaccess", quoted(&names.last_accessed)),
            ("id_text", dialect.text(&id)),
            ("valid_text", dialect.text(&quoted(&names.valid))),
            ("maxinactive_long", dialect.long(&quoted(&names.max_inactive))),
            ("lastaccess_long", dialect.long(&quoted(&names.last_accessed))),
            ("data_bytes", dialect.bytes(&quoted(&names.data))),
            ("moved_to_text", dialect.text("moved_to")),
            ("id_ordered", dialect.ordered(&id)),
            ("s_id_ordered", dialect.ordered(&s_id)),
            ("base_of_id", dialect.base_of(&id)),
            ("base_of_s_id", dialect.base_of(&s_id)),
            ("key_type", dialect.key_type().to_owned()),
            ("blob_type", dialect.blob_type().to_owned()),
            ("id", id),
        ]);
        Writer { dialect, parts }
    }

    /// # Panics
    /// If the text names what there is not: the texts stand in this file, and the tests write each of them.
    fn statement(&self, text: &str, columns: &'static [Kind]) -> Statement {
        let mut statement = Statement { sql: String::with_capacity(2 * text.len()), parameters: Vec::new(), columns };
        let mut rest = text;
        while let Some(at) = rest.find(['{', ':']) {
            statement.sql.push_str(&rest[..at]);
            let name = &rest[at + 1..];
            let length = name.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(name.len());
            let (name, after) = name.split_at(length);
            if rest[at..].starts_with('{') {
                statement.sql.push_str(self.parts.get(name).expect("a part that is known"));
                rest = after.strip_prefix('}').expect("a part ends with a brace");
            } else {
                let known = PARAMETERS.iter().find(|(known, _)| *known == name);
                statement.parameters.push(known.expect("a value that is known").1);
                statement.sql.push_str(&self.dialect.place(statement.parameters.len()));
                rest = after;
            }
        }
        statement.sql.push_str(rest);
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::TableNames;

    #[test]
    fn each_database_has_its_places_and_quotes() {
        let names = Names::of(&TableNames::default(), Dialect::Postgres).unwrap();
        for (dialect, want) in [
            (Dialect::Sqlite, r#"DELETE FROM "outlive_graves" WHERE app = ?1 AND keep_until < ?2"#),
            (Dialect::Postgres, r#"DELETE FROM "outlive_graves" WHERE app = $1 AND keep_until < $2"#),
        ] {
            assert_eq!(Statements::new(dialect, &names, Key::AppAndId).clear_graves.sql, want);
        }
        let names = Names::of(&TableNames::default(), Dialect::MySql).unwrap();
        let statements = Statements::new(Dialect::MySql, &names, Key::Id);
        assert_eq!(statements.clear_graves.sql, "DELETE FROM `outlive_graves` WHERE app = ? AND keep_until < ?");
        assert_eq!(statements.clear_graves.parameters, [Parameter::App, Parameter::Now]);
    }
}
