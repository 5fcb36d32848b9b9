//! GzipInterceptor.

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use outlive_tribes_proto::wire::frame::LIMIT_DEFAULT;

/// Whether bytes begin as gzip data, deflated.
pub(super) fn is(message: &[u8]) -> bool {
    message.starts_with(&[0x1f, 0x8b, 8])
}

/// What gzip data hold, if they end where the message ends, and hold no more than a frame may.
pub(super) fn content(message: &Bytes) -> Option<Bytes> {
    let mut content = Vec::new();
    let mut decoder = GzDecoder::new(&message[..]);
    decoder.by_ref().take(LIMIT_DEFAULT as u64 + 1).read_to_end(&mut content).ok()?;
    let whole = content.len() <= LIMIT_DEFAULT && decoder.into_inner().is_empty();
    whole.then(|| Bytes::from(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: written by Java 17's `GZIPOutputStream`.
    const DATA: [u8; 24] =
        *b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4b\x4c\x24\x0d\x00\x00\x56\x2b\x38\xa0\x30\x00\x00\x00";

    #[test]
    fn what_java_compressed() {
        assert!(is(&DATA));
        assert_eq!(content(&Bytes::from_static(&DATA)), Some(Bytes::from(vec![b'a'; 48])));
    }

    #[test]
    fn damaged_data_and_data_with_something_behind_are_refused() {
        for cut in 0..DATA.len() {
            assert_eq!(content(&Bytes::from_static(&DATA).slice(..cut)), None);
        }
        assert_eq!(content(&[&DATA[..], b"x"].concat().into()), None);
    }
}
