//! What a number may be, and what it counts.

use std::fmt;

use super::Form;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number, or no number at all.
    Plain,
    /// ms.
    Milliseconds,
    /// s.
    Seconds,
    /// min.
    Minutes,
    /// Octets.
    Bytes,
    /// Passes of the engine's background work, `backgroundProcessorDelay` apart.
    Ticks,
    /// Messages of the cluster.
    Messages,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Plain => "",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Minutes => "min",
            Unit::Bytes => "bytes",
            Unit::Ticks => "ticks",
            Unit::Messages => "messages",
        })
    }
}

/// Which values of a setting are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The smallest number.
    pub min: i64,
    /// The largest number.
    pub max: i64,
    /// Numbers below this one mean "none", "never" or "no limit", as Tomcat's −1 does.
    pub none_below: Option<i64>,
    /// What the number counts.
    pub unit: Unit,
    /// Whether it may have a fraction.
    pub fractions: bool,
    /// What a text must be.
    pub form: Form,
}

impl Rule {
    /// A number of 0 to 2³¹−1; for what is no number, no rule at all.
    pub const ANY: Rule =
        Rule { min: 0, max: i32::MAX as i64, none_below: None, unit: Unit::Plain, fractions: false, form: Form::Any };
    /// A host's name or address.
    pub const HOST: Rule = Rule::ANY.form(Form::Host);
    /// Milliseconds.
    pub const MS: Rule = Rule::ANY.of(Unit::Milliseconds);
    /// Seconds.
    pub const SECONDS: Rule = Rule::ANY.of(Unit::Seconds);
    /// Bytes.
    pub const BYTES: Rule = Rule::ANY.of(Unit::Bytes);
    /// A port, 0 for one that the system chooses.
    pub const PORT: Rule = Rule::ANY.within(0, 65535);
    /// Any number of 32 bits.
    pub const SIGNED: Rule = Rule::ANY.within(i32::MIN as i64, i32::MAX as i64);

    /// The same with these ends, both possible.
    #[must_use]
    pub const fn within(self, min: i64, max: i64) -> Rule {
        Rule { min, max, ..self }
    }

    /// The same, from `min` on.
    #[must_use]
    pub const fn from(self, min: i64) -> Rule {
        Rule { min, ..self }
    }

    /// The same, where numbers below `first` mean "none".
    #[must_use]
    pub const fn none_below(self, first: i64) -> Rule {
        Rule { min: first, none_below: Some(first), ..self }
    }

    /// The same, counting this.
    #[must_use]
    pub const fn of(self, unit: Unit) -> Rule {
        Rule { unit, ..self }
    }

    /// The same, with fractions.
    #[must_use]
    pub const fn with_fractions(self) -> Rule {
        Rule { fractions: true, ..self }
    }

    /// The same, for texts of this form.
    #[must_use]
    pub const fn form(self, form: Form) -> Rule {
        Rule { form, ..self }
    }
}
