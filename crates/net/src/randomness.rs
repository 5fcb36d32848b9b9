//! The one place that asks for randomness.

/// More bytes than an id has room for.
const SESSION_BYTES_MAX: usize = 128;

/// The operating system's source of randomness is broken.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// 16 bytes from the operating system's generator for secrets.
pub(crate) fn random_id() -> Result<[u8; 16], NoRandomness> {
    random_bytes()
}

/// As many as a session's id is made of.
pub(crate) fn random_for_session(bytes: usize) -> Result<Vec<u8>, NoRandomness> {
    let mut random = vec![0; bytes.min(SESSION_BYTES_MAX)];
    getrandom::fill(&mut random)?;
    Ok(random)
}

/// Any number of them.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
