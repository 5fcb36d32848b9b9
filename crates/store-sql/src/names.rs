//! The names of tables and columns: what the operator wrote, checked, and quoted for the database.

use outlive_store::{StoreError, StoreFault};

use crate::dialect::Dialect;

/// The longest name that each of the databases takes, in bytes: PostgreSQL's 63.
const NAME_BYTES_MAX: usize = 63;

/// What the table and its columns are called. The defaults are those of Tomcat's `DataSourceStore`.
///
/// A table may have its schema before it, `shop.tomcat$sessions`. A name is letters, digits, `_` and `$`, or anything between double
/// quotes. As Tomcat writes them without quotes, PostgreSQL takes them in lower case, and so do we.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// `sessionTable`.
    pub table: String,
    /// `sessionAppCol`.
    pub app: String,
    /// `sessionIdCol`.
    pub id: String,
    /// `sessionDataCol`.
    pub data: String,
    /// `sessionValidCol`.
    pub valid: String,
    /// `sessionMaxInactiveCol`.
    pub max_inactive: String,
    /// `sessionLastAccessedCol`.
    pub last_accessed: String,
    /// The table of graves, which is ours alone.
    pub graves: String,
}

impl Default for TableNames {
    fn default() -> Self {
        TableNames {
            table: "tomcat$sessions".to_owned(),
            app: "app".to_owned(),
            id: "id".to_owned(),
            data: "data".to_owned(),
            valid: "valid".to_owned(),
            max_inactive: "maxinactive".to_owned(),
            last_accessed: "lastaccess".to_owned(),
            graves: "outlive_graves".to_owned(),
        }
    }
}

/// A table's name, in its schema if one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
    /// As it stands in a statement.
    pub(crate) quoted: String,
}

/// All names, checked, as the database itself spells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) sessions: Table,
    pub(crate) graves: Table,
    pub(crate) app: String,
    pub(crate) id: String,
    pub(crate) data: String,
    pub(crate) valid: String,
    pub(crate) max_inactive: String,
    pub(crate) last_accessed: String,
}

impl Names {
    /// # Errors
    /// [`StoreFault::Schema`]: a name that is none, or two columns of one name.
    pub(crate) fn of(given: &TableNames, dialect: Dialect) -> Result<Self, StoreError> {
        let names = Names {
            sessions: table(&given.table, dialect)?,
            graves: table(&given.graves, dialect)?,
            app: column(&given.app, dialect)?,
            id: column(&given.id, dialect)?,
            data: column(&given.data, dialect)?,
            valid: column(&given.valid, dialect)?,
            max_inactive: column(&given.max_inactive, dialect)?,
            last_accessed: column(&given.last_accessed, dialect)?,
        };
        let mut columns = names.columns();
        columns.sort_unstable();
        match columns.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(wrong(pair[0], "is the name of two columns")),
            None => Ok(names),
        }
    }

    /// The names of the session table's columns.
    pub(crate) fn columns(&self) -> [&str; 6] {
        [&self.app, &self.id, &self.data, &self.valid, &self.max_inactive, &self.last_accessed]
    }
}

fn wrong(name: &str, why: &str) -> StoreError {
    StoreError::new(StoreFault::Schema, format!("\"{}\" {why}", name.escape_debug()))
}

fn table(text: &str, dialect: Dialect) -> Result<Table, StoreError> {
    let mut parts = parts(text, dialect)?;
    let name = parts.pop().unwrap_or_default();
    let schema = parts.pop();
    if !parts.is_empty() {
        return Err(wrong(text, "has more parts than a schema and a table"));
    }
    let quoted = match &schema {
        Some(schema) => format!("{}.{}", dialect.quoted(schema), dialect.quoted(&name)),
        None => dialect.quoted(&name),
    };
    Ok(Table { schema, name, quoted })
}

fn column(text: &str, dialect: Dialect) -> Result<String, StoreError> {
    match <[String; 1]>::try_from(parts(text, dialect)?) {
        Ok([name]) => Ok(name),
        Err(_) => Err(wrong(text, "is no name of a column")),
    }
}

/// What stands between the dots.
fn parts(text: &str, dialect: Dialect) -> Result<Vec<String>, StoreError> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(inner) => {
                let (name, after) = inner.split_once('"').ok_or_else(|| wrong(text, "has a quote without its end"))?;
                (name.to_owned(), after)
            }
            None => {
                let (name, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
                if !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
                    return Err(wrong(text, "is no name of a table or a column"));
                }
                (dialect.folded(name), after)
            }
        };
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
            return Err(wrong(text, "is no name of a table or a column: each part has 1 to 63 bytes"));
        }
        parts.push(name);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(parts),
            None => return Err(wrong(text, "has something behind a quote")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str, dialect: Dialect) -> Result<String, String> {
        table(text, dialect).map(|table| table.quoted).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_quoted_as_each_database_wants_it() {
        assert_eq!(quoted("tomcat$sessions", Dialect::Postgres).unwrap(), r#""tomcat$sessions""#);
        assert_eq!(quoted("shop.Sessions", Dialect::Postgres).unwrap(), r#""shop"."sessions""#);
        assert_eq!(quoted(r#""Shop"."a.b`c""#, Dialect::MySql).unwrap(), "`Shop`.`a.b``c`");
        assert_eq!(quoted("Sessions", Dialect::Sqlite).unwrap(), r#""Sessions""#);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", ".", "a.", "a b", "a;drop", "1a", "\"a", "\"a\"b", "a.b.c", "x\0", &"x".repeat(64)] {
            let error = quoted(text, Dialect::Postgres).unwrap_err();
            assert!(!error.contains('\0'), "{error}");
        }
        let twice = TableNames { valid: "ID".to_owned(), ..TableNames::default() };
        let error = Names::of(&twice, Dialect::Postgres).unwrap_err();
        assert_eq!(error.to_string(), "\"id\" is the name of two columns");
    }
}
