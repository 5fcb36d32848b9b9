//! The word that front and back share (`secret`).

use alloc::boxed::Box;
use core::fmt;

use subtle::ConstantTimeEq;

/// A secret. It is never shown, and compared in a time that tells nothing of it but its length.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// A secret; none where it is empty.
    pub fn new(secret: &str) -> Option<Self> {
        (!secret.is_empty()).then(|| Self(secret.as_bytes().into()))
    }

    /// Whether a front said the same.
    pub fn is(&self, said: &[u8]) -> bool {
        self.0.ct_eq(said).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_whole_and_never_shown() {
        let secret = Secret::new("s3cret").unwrap();
        assert!(secret.is(b"s3cret"));
        for wrong in ["", "s3cre", "s3cret1", "S3cret"] {
            assert!(!secret.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(Secret::new("").is_none());
    }
}
