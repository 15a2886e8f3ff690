//! Folders of the host, as they really are.
//!
//! A container that may write below a lent folder can put a link in a path's place at any moment.
//! So the path is resolved here, checked, and opened by the shim without following a link
//! (`HostPath::path` below `HostPath::beneath`): what was checked is what is mounted.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use nix::errno::Errno;
use wharf_rootdir::RootDir;

use super::{Allow, NotAllowed};

/// A path of the host that may be mounted. Both are real: no component is a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPath {
    /// What the operator lent.
    pub beneath: PathBuf,
    pub path: PathBuf,
}

impl Allow {
    /// Where a path of a definition leads, if that is lent. A missing folder is made, as Docker does.
    ///
    /// # Errors
    /// It is not lent, is or holds the node's own data, or cannot be resolved.
    pub fn host_path(&self, given: &Path) -> Result<HostPath, NotAllowed> {
        let text = || given.display().to_string();
        let unresolved = |source| NotAllowed::Unresolved {
            path: text(),
            source,
        };
        let (there, missing) = resolve(given).map_err(unresolved)?;
        let path = there.join(&missing);
        // Its own first: no flag would change that.
        if self
            .own
            .iter()
            .any(|own| path.starts_with(own) || own.starts_with(&path))
        {
            return Err(NotAllowed::Own(text()));
        }
        let lent = self.folders.iter().map(|(_, folder)| folder);
        let beneath = lent
            .filter(|folder| path.starts_with(folder))
            .max_by_key(|folder| folder.components().count())
            .ok_or_else(|| NotAllowed::Path { path: text() })?
            .clone();
        if !missing.as_os_str().is_empty() {
            let below = path.strip_prefix(&beneath).unwrap_or(Path::new(""));
            let made = RootDir::open(&beneath).and_then(|root| root.make_folders(below));
            made.map_err(unresolved)?;
        }
        Ok(HostPath { beneath, path })
    }
}

/// The real path of what exists of `given`, and the rest.
pub(super) fn resolve(given: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let mut missing = PathBuf::new();
    let mut reached = given;
    loop {
        match reached.canonicalize() {
            Ok(there) => return Ok((there, missing)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // A link that leads nowhere exists itself: nothing is made in its place.
        if reached.symlink_metadata().is_ok() {
            return Err(Errno::ELOOP.into());
        }
        let (Some(parent), Some(Component::Normal(name))) =
            (reached.parent(), reached.components().next_back())
        else {
            return Err(io::ErrorKind::NotFound.into());
        };
        missing = match missing.as_os_str().is_empty() {
            true => PathBuf::from(name),
            false => Path::new(name).join(missing),
        };
        reached = parent;
    }
}
