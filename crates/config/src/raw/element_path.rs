//! The elements that an element stands in.

use std::fmt;
use std::sync::Arc;

/// The longest name that is shown whole, in characters.
const NAME_MAX: usize = 60;

/// The elements that an element stands in, and it: `Server/Service/Engine`; in TOML `cluster.channel`.
///
/// Each element shares its parent's: a path is as long as it is deep, and files may have many elements.
#[derive(Debug, Clone, Default)]
pub(crate) struct ElementPath(Option<Arc<Step>>);

#[derive(Debug)]
struct Step {
    above: ElementPath,
    between: char,
    name: Box<str>,
}

impl ElementPath {
    /// The path of a child of this name.
    pub(crate) fn child(&self, between: char, name: &str) -> Self {
        let name = name.chars().take(NAME_MAX).collect();
        Self(Some(Arc::new(Step { above: self.clone(), between, name })))
    }

    /// Whether it is that of a file of ours as a whole.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for ElementPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(step) = &self.0 else { return Ok(()) };
        if !step.above.is_empty() {
            write!(f, "{}{}", step.above, step.between)?;
        }
        write!(f, "{}", step.name.escape_debug())
    }
}
