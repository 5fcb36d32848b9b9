//! Which interceptors wrote the bytes.

use std::str::FromStr;

/// An interceptor that changes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// `GzipInterceptor`
    Gzip,
    /// `FragmentationInterceptor`
    Fragment,
    /// `OrderInterceptor`
    Order,
    /// `EncryptInterceptor`
    Encrypt,
}

/// The interceptors that change bytes, as they stand one above the other.
///
/// ```
/// use outlive_inspect::{Layer, Stack};
/// let stack: Stack = "gzip, order".parse()?;
/// assert_eq!(stack, Stack::new([Layer::Gzip, Layer::Order]));
/// # Ok::<(), outlive_inspect::UnknownLayer>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack(Vec<Layer>);

impl Stack {
    /// From the top, which is nearest to the application.
    pub fn new(topmost_first: impl IntoIterator<Item = Layer>) -> Self {
        Stack(topmost_first.into_iter().collect())
    }

    pub(crate) fn lowest_first(&self) -> impl Iterator<Item = Layer> {
        self.0.iter().rev().copied()
    }
}

/// A word that names no interceptor that changes bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no interceptor that changes bytes; the names are gzip, fragment, order, encrypt")]
pub struct UnknownLayer(pub String);

impl FromStr for Stack {
    type Err = UnknownLayer;

    /// Names with commas between them, from the top; an empty text is a stack that changes nothing.
    fn from_str(text: &str) -> Result<Self, UnknownLayer> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() || text.contains(','));
        let layers = names.map(|name| match name.to_ascii_lowercase().as_str() {
            "gzip" => Ok(Layer::Gzip),
            "fragment" | "fragmentation" => Ok(Layer::Fragment),
            "order" => Ok(Layer::Order),
            "encrypt" => Ok(Layer::Encrypt),
            _ => Err(UnknownLayer(name.into())),
        });
        layers.collect::<Result<_, _>>().map(Stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_the_top() {
        let stack: Stack = "Encrypt,gzip, fragmentation,order".parse().unwrap();
        let lowest_first: Vec<_> = stack.lowest_first().collect();
        assert_eq!(lowest_first, [Layer::Order, Layer::Fragment, Layer::Gzip, Layer::Encrypt]);
        assert_eq!("".parse(), Ok(Stack::default()));
        assert_eq!("gzip,".parse::<Stack>(), Err(UnknownLayer("".into())));
        assert_eq!("zip".parse::<Stack>(), Err(UnknownLayer("zip".into())));
    }
}
