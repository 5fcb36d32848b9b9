//! Whether the tables that are there can be used, and what is wrong with them otherwise.

use outlive_store::{StoreError, StoreFault};

use crate::database::Database;
use crate::dialect::Dialect;
use crate::names::{Names, Table};
use crate::row::{Kind, Value};

/// What tells one row of the session table from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// What we make.
    AppAndId,
    /// What Tomcat's documentation has as its example: one id is in one application only.
    Id,
}

/// What was found in the database.
#[derive(Debug)]
pub(crate) enum Found {
    /// Neither is there, or one of them.
    Missing { sessions: bool, graves: bool },
    /// Both are there and can be used.
    Usable(Key),
}

/// A column as the database describes it.
#[derive(Debug)]
struct Column {
    name: String,
    /// Without its length: `character varying`.
    of_type: String,
    /// It must be given a value.
    is_required: bool,
}

#[derive(Debug)]
struct Description {
    columns: Vec<Column>,
    /// The columns of each unique key.
    keys: Vec<Vec<String>>,
}

/// Looks at both tables.
///
/// # Errors
/// [`StoreFault::Schema`]: one is there and cannot be used. What the database itself says otherwise.
pub(crate) async fn look(database: &Database, names: &Names) -> Result<Found, StoreError> {
    let sessions = describe(database, &names.sessions).await?;
    let graves = describe(database, &names.graves).await?;
    let key = match &sessions {
        Some(sessions) => Some(sessions.key_of_sessions(database, names)?),
        None => None,
    };
    if let Some(graves) = &graves {
        graves.check_graves(database, names)?;
    }
    Ok(match key {
        Some(key) if graves.is_some() => Found::Usable(key),
        _ => Found::Missing { sessions: sessions.is_none(), graves: graves.is_none() },
    })
}

/// The error that says that tables are missing.
pub(crate) fn missing(database: &Database, names: &Names, sessions: bool) -> StoreError {
    let table = if sessions { &names.sessions.name } else { &names.graves.name };
    let place = database.place();
    StoreError::new(StoreFault::Schema, format!("{place} has no table {table}: 'outlive store init' makes it"))
}

impl Description {
    fn key_of_sessions(&self, database: &Database, names: &Names) -> Result<Key, StoreError> {
        let wrong = |what: String| wrong(database, &names.sessions, &what);
        let wanted = [
            (&names.app, Role::Text),
            (&names.id, Role::Text),
            (&names.data, Role::Bytes),
            (&names.valid, Role::Text),
            (&names.max_inactive, Role::Seconds),
            (&names.last_accessed, Role::Millis),
        ];
        for (name, role) in wanted {
            self.check(name, role, database.dialect()).map_err(wrong)?;
        }
        let ours = names.columns();
        if let Some(other) = self.columns.iter().find(|column| column.is_required && !ours.contains(&&*column.name)) {
            return Err(wrong(format!(
                "has a column {} that must be given a value, and no default for it",
                other.name
            )));
        }
        // A key with fewer columns refuses more, so it is the one that decides.
        let is_key = |wanted: &[&String]| {
            self.keys.iter().any(|key| key.len() == wanted.len() && wanted.iter().all(|name| key.contains(name)))
        };
        if is_key(&[&names.id]) {
            Ok(Key::Id)
        } else if is_key(&[&names.app, &names.id]) {
            Ok(Key::AppAndId)
        } else {
            Err(wrong(format!("has no primary key on {0}, or on {1} and {0}", names.id, names.app)))
        }
    }

    fn check_graves(&self, database: &Database, names: &Names) -> Result<(), StoreError> {
        let wanted =
            [("app", Role::Text), ("base", Role::Text), ("moved_to", Role::Text), ("keep_until", Role::Millis)];
        for (name, role) in wanted {
            self.check(name, role, database.dialect()).map_err(|what| wrong(database, &names.graves, &what))?;
        }
        Ok(())
    }

    /// What is wrong with a column.
    fn check(&self, name: &str, role: Role, dialect: Dialect) -> Result<(), String> {
        let Some(column) = self.columns.iter().find(|column| column.name == name) else {
            let there: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
            return Err(format!("has no column {name}; it has {}", there.join(", ")));
        };
        let types = role.types(dialect);
        if types.is_empty() || types.contains(&&*column.of_type) {
            return Ok(());
        }
        Err(format!("has a column {name} of type {}, which must be {}", column.of_type, types[0]))
    }
}

fn wrong(database: &Database, table: &Table, what: &str) -> StoreError {
    StoreError::new(StoreFault::Schema, format!("the table {} of {} {what}", table.name, database.place()))
}

/// What a column is for.
#[derive(Clone, Copy)]
enum Role {
    Text,
    Bytes,
    Seconds,
    Millis,
}

impl Role {
    /// The types that will do, the one that is proposed first. None: any.
    fn types(self, dialect: Dialect) -> &'static [&'static str] {
        match (dialect, self) {
            // A column of SQLite takes values of every type.
            (Dialect::Sqlite, _) => &[],
            (Dialect::Postgres, Role::Text) => &["character varying", "character", "text"],
            (Dialect::Postgres, Role::Bytes) => &["bytea"],
            (Dialect::Postgres, Role::Seconds) => &["integer", "bigint", "numeric"],
            (Dialect::Postgres, Role::Millis) => &["bigint", "numeric"],
            (Dialect::MySql, Role::Text) => &["varchar", "char", "tinytext", "text"],
            (Dialect::MySql, Role::Bytes) => &["longblob", "mediumblob", "blob", "varbinary"],
            (Dialect::MySql, Role::Seconds) => &["int", "bigint", "decimal"],
            (Dialect::MySql, Role::Millis) => &["bigint", "decimal"],
        }
    }
}

/// Columns: name, type, whether it needs a value. Keys: the name of the key, a column of it.
fn questions(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Sqlite => [
            "SELECT name, lower(type), CASE WHEN \"notnull\" AND dflt_value IS NULL THEN 1 ELSE 0 END \
             FROM pragma_table_info(?1, ?2) ORDER BY cid",
            "SELECT 'primary', name FROM pragma_table_info(?1, ?2) WHERE pk > 0 UNION ALL SELECT l.name, i.name \
             FROM pragma_index_list(?1, ?2) l, pragma_index_info(l.name, ?2) i WHERE l.\"unique\" AND NOT l.partial",
        ],
        Dialect::Postgres => [
            "SELECT CAST(a.attname AS TEXT), CAST(format_type(a.atttypid, NULL) AS TEXT), \
             CAST(CASE WHEN a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' THEN 1 ELSE 0 END AS BIGINT) \
             FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            "SELECT CAST(i.indexrelid AS TEXT), CAST(a.attname AS TEXT) FROM pg_index i JOIN pg_attribute a \
             ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indrelid = to_regclass($1) \
             AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL",
        ],
        Dialect::MySql => [
            "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR), CAST(is_nullable = 'NO' AND column_default IS NULL \
             AND extra = '' AS SIGNED) FROM information_schema.columns WHERE table_name = ? \
             AND table_schema = COALESCE(?, DATABASE()) ORDER BY ordinal_position",
            "SELECT CAST(index_name AS CHAR), CAST(column_name AS CHAR) FROM information_schema.statistics \
             WHERE table_name = ? AND table_schema = COALESCE(?, DATABASE()) AND non_unique = 0",
        ],
    }
}

/// `None`: there is no such table.
async fn describe(database: &Database, table: &Table) -> Result<Option<Description>, StoreError> {
    let dialect = database.dialect();
    let [columns, keys] = questions(dialect);
    let values = match dialect {
        Dialect::Postgres => vec![Value::Text(Some(&table.quoted))],
        Dialect::Sqlite => {
            let schema = table.schema.as_deref().unwrap_or("main");
            vec![Value::Text(Some(&table.name)), Value::Text(Some(schema))]
        }
        Dialect::MySql => vec![Value::Text(Some(&table.name)), Value::Text(table.schema.as_deref())],
    };
    let rows = database.ask(columns, &values, &[Kind::Text, Kind::Text, Kind::Long]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let text = |row: &crate::row::Row, index| row.text(index).unwrap_or_default().to_owned();
    let columns = rows
        .iter()
        .map(|row| Column { name: text(row, 0), of_type: text(row, 1), is_required: row.long(2) == Some(1) })
        .collect();
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    for row in database.ask(keys, &values, &[Kind::Text, Kind::Text]).await? {
        let (key, column) = (text(&row, 0), text(&row, 1));
        match named.iter_mut().find(|(name, _)| *name == key) {
            Some((_, columns)) => columns.push(column),
            None => named.push((key, vec![column])),
        }
    }
    Ok(Some(Description { columns, keys: named.into_iter().map(|(_, columns)| columns).collect() }))
}
