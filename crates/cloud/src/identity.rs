//! Identities as a Tomcat computes them.

use md5::{Digest, Md5};

/// The MD5 of a text: 16 bytes, as many as a unique id has. It names, and protects nothing.
pub(crate) fn unique_id(text: &str) -> [u8; 16] {
    Md5::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321, A.5.
    #[test]
    fn it_is_the_md5() {
        assert_eq!(unique_id("abc")[..4], [0x90, 0x01, 0x50, 0x98]);
        assert_eq!(unique_id("message digest")[..4], [0xf9, 0x6b, 0x69, 0x7d]);
    }
}
