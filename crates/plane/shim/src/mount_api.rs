//! The kernel's calls by which mounts are made nowhere and put in their place through descriptors: no path
//! is walked twice, so nobody can put a link in its way in between.

use std::{io, os::fd::OwnedFd, path::Path};

pub use wharf_userns::{change, clone_of as copy_of, fresh, put};
use wharf_userns::{clone_tree, clone_with_below};

/// A copy of the mount at `path`, from there on downwards, which is nowhere yet; with all mounts below it if `whole`.
pub fn copy(path: &Path, whole: bool) -> io::Result<OwnedFd> {
    match whole {
        true => clone_with_below(path),
        false => clone_tree(path),
    }
}
