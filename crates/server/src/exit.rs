//! How the program ends when it cannot do what it was asked.

use std::process::ExitCode;

/// A failure that the user is told in one sentence, never with a backtrace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    code: u8,
    sentence: Option<String>,
}

impl Exit {
    /// The command line cannot be followed: exit code 2.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { code: 2, sentence: Some(sentence.into()) }
    }

    /// The command line is right, the world is not (a port in use, an address that does not exist): exit code 1.
    pub(crate) fn failure(sentence: impl Into<String>) -> Self {
        Self { code: 1, sentence: Some(sentence.into()) }
    }

    /// The node that a command is about cannot be asked: exit code 3.
    pub(crate) fn unreachable(sentence: impl Into<String>) -> Self {
        Self { code: 3, sentence: Some(sentence.into()) }
    }

    /// The same sentence with exit code 2, where all that is asked is whether what was given can be followed.
    pub(crate) fn into_usage(self) -> Self {
        Self { code: 2, ..self }
    }

    /// Exit code 1, where the user was told all already.
    pub(crate) fn told() -> Self {
        Self { code: 1, sentence: None }
    }

    /// Tells the user, and gives the process's exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if let Some(sentence) = &self.sentence {
            eprintln!("outlive: {sentence}");
        }
        ExitCode::from(self.code)
    }
}

#[cfg(test)]
impl Exit {
    /// The code and the sentence, for comparisons.
    pub(crate) fn parts(&self) -> (u8, &str) {
        (self.code, self.sentence.as_deref().unwrap_or_default())
    }
}
