//! What a decoder may take: memory in proportion to the bytes it was given.

/// Bytes of memory for each byte of input, ...
const FACTOR: usize = 64;
/// ... and as many more for what does not depend on it.
const CONSTANT: usize = 64 << 10;

/// What the values cut out of one Java stream may take beside that, however short it is: a stream of references to what
/// stands in front of them says much in few bytes.
///
/// Source: `outlive-serial`, `ObjectInput`.
pub(crate) const SHARED_OBJECTS: usize = 64 << 20;

/// Runs `decode`, which looks at `input` bytes.
///
/// # Panics
/// If at any moment it held more memory than [`FACTOR`] times its input, [`CONSTANT`] and `more`.
pub(crate) fn bounded<T>(input: usize, more: usize, decode: impl FnOnce() -> T) -> T {
    let mut decoded = None;
    let counted = allocation_counter::measure(|| decoded = Some(decode()));
    let allowed = input * FACTOR + CONSTANT + more;
    assert!(
        counted.bytes_max <= allowed as u64,
        "{} bytes of memory for {input} bytes of input: {allowed} are allowed",
        counted.bytes_max
    );
    decoded.expect("it was measured, so it has run")
}
