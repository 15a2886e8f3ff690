//! How uploads are called, and their files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use wharf_base::ids;

use crate::{
    Digest,
    folder::{self, ONCE},
    sealed::Purpose,
};

/// Names an upload; whoever knows it and the scope may continue it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    pub(super) fn mint() -> Self {
        Self(ids::uuid())
    }

    /// `None` if the text is no UUID in lower case. Only such texts ever become part of a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            });
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Of the name of an upload's file. Uploads of no scope share one.
pub(super) fn id_and_scope(name: &str) -> (&str, &str) {
    let mut parts = name.split('.');
    let (id, scope) = (parts.next(), parts.next());
    (id.unwrap_or_default(), scope.unwrap_or(ONCE))
}

/// The scope as part of the name: no other file is needed to know whose an upload is.
pub(super) fn file_name(id: &UploadId, scope: &str) -> String {
    format!("{id}.{}", scope_name(scope))
}

/// A scope as it stands in names of files.
pub(super) fn scope_name(scope: &str) -> String {
    let mut name = Digest::of(scope.as_bytes()).hex();
    name.truncate(32);
    name
}

/// The name of an upload that ends with the request that is sending it.
pub(super) fn within_request(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ONCE);
    name.into()
}

/// What the key of an upload's file is bound to.
pub(crate) fn purpose_of(path: &Path) -> Purpose {
    let base = folder::base_of(path);
    let name = base.file_name().unwrap_or_default();
    Purpose::Upload(name.to_string_lossy().into_owned())
}
