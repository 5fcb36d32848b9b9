//! The one place that asks for randomness.

/// The operating system's source of randomness is broken.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// 16 bytes from the operating system's generator for secrets.
pub(crate) fn random_id() -> Result<[u8; 16], NoRandomness> {
    random_bytes()
}

/// Any number of them.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
