//! The types of settings.

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean,
    /// A whole number.
    Number,
    /// A time, as a number of its unit.
    Time,
    /// Any text.
    Text,
    /// A file or a folder; where it is relative, the setting says to what.
    Path,
    /// A regular expression that must match the whole text.
    Pattern,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// A key or a password, never shown.
    Secret,
    /// A sum, or words with commas.
    SendOptions,
    /// `{…}`, 16 signed bytes.
    UniqueId,
    /// A text, or `{…}` with signed bytes.
    Domain,
    /// `HOST:PORT`.
    HostPort,
    /// The name of a cipher as Java has it.
    Algorithm,
}

impl Kind {
    /// Whether values of this type are hidden in messages.
    pub fn is_secret(self) -> bool {
        self == Kind::Secret
    }

    /// Its name in the reference.
    pub fn name(self) -> String {
        match self {
            Kind::Boolean => "boolean".to_owned(),
            Kind::Number => "number".to_owned(),
            Kind::Time => "time".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Path => "path".to_owned(),
            Kind::Pattern => "regular expression".to_owned(),
            Kind::Choice(words) => words.join(", "),
            Kind::Secret => "secret".to_owned(),
            Kind::SendOptions => "send options".to_owned(),
            Kind::UniqueId => "16 bytes".to_owned(),
            Kind::Domain => "text or bytes".to_owned(),
            Kind::HostPort => "host:port".to_owned(),
            Kind::Algorithm => "cipher".to_owned(),
        }
    }
}
