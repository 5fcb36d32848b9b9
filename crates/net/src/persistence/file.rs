//! All sessions of a context in one file, from the end of a node to its next start: Tomcat's `StandardManager`.

use outlive_node::persistence::Taken;
use outlive_node::{Context, log};
use outlive_store::{SessionsFile, StoreError};

use crate::clock::Clock;

/// Takes the sessions of a file, if it is there. How many are in memory now.
pub(crate) async fn load(context: &Context, clock: Clock, file: &SessionsFile) -> Result<usize, StoreError> {
    let mut loaded = file.load().await?;
    let (mut taken, mut left_out) = (0, 0);
    for session in std::mem::take(&mut loaded.sessions) {
        match context.take_from_file(clock.now(), session) {
            Taken::Here(..) => taken += 1,
            Taken::Gone | Taken::Expired(_) | Taken::Mismatch => left_out += 1,
        }
    }
    file.taken(&loaded).await?;
    let (context, file) = (context.name(), file.path().display());
    match loaded.fault {
        None => {
            tracing::info!(target: log::STORE, context, %file, sessions = taken, left_out, "has taken the sessions of a file")
        }
        Some(fault) => {
            tracing::warn!(target: log::STORE, context, %file, sessions = taken, left_out, "the rest of a file of sessions is lost: {fault}");
        }
    }
    Ok(taken)
}

/// Writes all sessions into a file, in the place of what is there. How many.
pub(crate) async fn save(context: &Context, clock: Clock, file: &SessionsFile) -> Result<usize, StoreError> {
    let sessions = context.for_file(clock.now());
    let count = sessions.len();
    file.save(sessions).await?;
    tracing::info!(target: log::STORE, context = context.name(), file = %file.path().display(), sessions = count, "has written the sessions into a file");
    Ok(count)
}
