//! Why an image could not be pulled, and what ECS calls it.

use std::{io, path::PathBuf};

use wharf_base::{Causes, Chain};

use wharf_layers::PeerError;

use super::{digest::Digest, manifest::UnusableImage, reference::BadReference};

/// The store on disk failed.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    #[error("the image folder {} is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error("cannot {step} {}", path.display())]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl ImageError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}

/// One attempt at the registry failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("not found")]
    NotFound,
    #[error("pull access denied, repository does not exist or may require authorization: {0}")]
    Denied(String),
    #[error("toomanyrequests: the registry asks to slow down")]
    TooManyRequests,
    #[error("unexpected status from {method} request to {url}: {status}")]
    Status {
        method: &'static str,
        url: String,
        status: u16,
    },
    #[error("cannot connect to {host}")]
    Connect {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("the connection to {host} failed")]
    Http {
        host: String,
        #[source]
        source: hyper::Error,
    },
    #[error("no answer from {host} within {seconds} s")]
    TimedOut { host: String, seconds: u64 },
    #[error("{0} sent less than it had announced")]
    Short(String),
    #[error("{0} is no address of a registry")]
    BadUrl(String),
    #[error("the registry's answer makes no sense: {0}")]
    Nonsense(String),
    #[error("too many redirects")]
    Redirects,
    #[error("{what} is larger than {limit} bytes")]
    TooLarge { what: &'static str, limit: u64 },
    /// A part of a layer is not what its index says.
    #[error("unexpected digest of a part of the layer ({number}): wanted sha256:{wanted}")]
    WrongSpan { number: usize, wanted: String },
    #[error("unexpected digest of {what}: wanted {wanted}, got {got}")]
    WrongDigest {
        what: &'static str,
        wanted: Digest,
        got: Digest,
    },
}

impl RegistryError {
    /// Worth another attempt.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TooManyRequests
            | Self::Connect { .. }
            | Self::Http { .. }
            | Self::TimedOut { .. }
            | Self::Short(_) => true,
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }
}

impl PullError {
    /// The registry did not say no: it did not answer, or let the image be pulled and broke off.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Manifest { source, .. } => match source {
                RegistryError::Connect { .. }
                | RegistryError::Http { .. }
                | RegistryError::TimedOut { .. } => true,
                RegistryError::Status { status, .. } => *status >= 500,
                _ => false,
            },
            // Layers are asked for once the manifest was had.
            Self::Layer { .. } => true,
            Self::BadReference(_) | Self::Unusable { .. } | Self::Store(_) => false,
        }
    }
}

/// A layer could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    #[error("the archive has entries of a kind that is not supported: {0:?}")]
    Unsupported(char),
    #[error("the image has more than {0} entries")]
    TooManyEntries(u64),
    #[error("the image unpacks to more than {0} bytes")]
    TooLarge(u64),
    #[error("the layer unpacks to more than {bytes} bytes, {ratio} times its compressed size")]
    Ratio { bytes: u64, ratio: u64 },
    #[error("the layer goes on behind its archive's end")]
    Trailing,
    #[error("no {what} left on device: {percent} % of the node's disk stays free")]
    NoRoom { what: &'static str, percent: u64 },
    #[error("cannot {step} {path:?}")]
    Entry {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read the layer")]
    Read(#[source] io::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error(transparent)]
    BadReference(#[from] BadReference),
    /// The manifest, after this many attempts.
    #[error(
        "pull image manifest has been retried {attempts} time(s): failed to resolve ref {reference}"
    )]
    Manifest {
        reference: String,
        attempts: u32,
        #[source]
        source: RegistryError,
    },
    #[error("image {reference} cannot be used")]
    Unusable {
        reference: String,
        #[source]
        source: UnusableImage,
    },
    #[error("pull image layer {digest} has been retried {attempts} time(s)")]
    Layer {
        digest: Digest,
        attempts: u32,
        #[source]
        source: LayerError,
    },
    #[error("the node's image store")]
    Store(#[from] ImageError),
}

#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Tried elsewhere before anybody hears of it.
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error(transparent)]
    Store(#[from] ImageError),
}

impl LayerError {
    /// It is about what the layer holds, which would be the same however often it came.
    pub(super) fn is_about_content(&self) -> bool {
        match self {
            Self::Registry(error) => matches!(
                error,
                RegistryError::Nonsense(_) | RegistryError::WrongDigest { .. }
            ),
            Self::Unpack(error) => !matches!(
                error,
                UnpackError::NoRoom { .. } | UnpackError::Entry { .. }
            ),
            Self::Peer(_) | Self::Store(_) => false,
        }
    }
}

impl PullError {
    /// As ECS shows it (spec/ecs.md §4): `CannotPullContainerError: …`.
    pub fn reason(&self) -> String {
        format!("CannotPullContainerError: {}", self.text())
    }

    /// As the EC2 agent reports a failed manifest fetch; for other steps as [`Self::reason`].
    pub fn reason_manifest(&self) -> String {
        match self {
            Self::Manifest { .. } => format!("CannotPullImageManifestError: {}", self.text()),
            _ => self.reason(),
        }
    }

    /// The registry has no such image, or does not show it to us.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Manifest {
                source: RegistryError::NotFound | RegistryError::Denied(_),
                ..
            }
        )
    }

    fn text(&self) -> String {
        match self {
            // The runtime names the reference twice, and so do the messages people search for.
            Self::Manifest { reference, .. } => format!("{self}: {reference}: {}", Causes(self)),
            other => Chain(other).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_those_people_know() {
        let error = PullError::Manifest {
            reference: "localhost:4566/x:tag".into(),
            attempts: 5,
            source: RegistryError::NotFound,
        };
        assert_eq!(
            error.reason(),
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
             localhost:4566/x:tag: localhost:4566/x:tag: not found"
        );
        assert!(
            error
                .reason_manifest()
                .starts_with("CannotPullImageManifestError: pull image manifest")
        );
        assert!(error.is_not_found());
    }
}
