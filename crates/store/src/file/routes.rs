//! The routes that stand in names of files. A session is saved under the route of the node that served it; who asks for it with
//! another one tries all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use outlive_session::SessionId;

use super::names;

/// More routes than any site has nodes. With more, a session's files are looked for in the whole folder.
const ROUTES_MAX: usize = 256;

/// What a mark's name begins with: a route may be empty, or dots.
const PREFIX: &str = "r-";

/// The folder with one empty file for each route in use.
#[derive(Debug)]
pub(super) struct Routes(PathBuf);

impl Routes {
    pub(super) fn new(folder: PathBuf) -> Self {
        Routes(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// All marked routes, read anew each time; `None`: too many.
    pub(super) fn all(&self) -> io::Result<Option<BTreeSet<String>>> {
        let mut routes = BTreeSet::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            if let Some(route) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) {
                routes.insert(route.to_owned());
            }
            if routes.len() > ROUTES_MAX {
                return Ok(None);
            }
        }
        Ok(Some(routes))
    }

    /// Marks the route of an id, before a file gets that name.
    pub(super) fn mark(&self, id: &SessionId) -> io::Result<()> {
        let path = self.0.join(format!("{PREFIX}{}", id.route()));
        if fs::symlink_metadata(&path).is_err() {
            File::create(&path)?;
        }
        Ok(())
    }

    /// Marks the routes of these ids that are not marked yet, as far as there is room.
    pub(super) fn learn<'a>(&self, ids: impl Iterator<Item = &'a SessionId>) -> io::Result<()> {
        let Some(mut known) = self.all()? else { return Ok(()) };
        for id in ids {
            if !known.contains(id.route()) && known.len() <= ROUTES_MAX {
                self.mark(id)?;
                known.insert(id.route().to_owned());
            }
        }
        Ok(())
    }

    /// Names of files that the session of `id` may have: that of the id first.
    pub(super) fn candidates(
        &self,
        id: &SessionId,
        all: impl FnOnce() -> io::Result<Vec<SessionId>>,
    ) -> io::Result<Vec<(SessionId, String)>> {
        let others = match self.all()? {
            Some(routes) => routes.iter().map(|route| id.with_route(route)).collect(),
            None => all()?.into_iter().filter(|other| other.base() == id.base()).collect::<Vec<_>>(),
        };
        let ids = std::iter::once(id.clone()).chain(others.into_iter().filter(|other| other != id));
        Ok(ids.filter_map(|id| names::file_of(&id).map(|name| (id, name))).collect())
    }
}
