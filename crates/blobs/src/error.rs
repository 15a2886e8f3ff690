//! Why bytes were not stored or read.

use std::io;

use crate::{Damage, Digest};

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("no upload with this id")]
    UnknownUpload,
    /// Another request is writing to it at this moment.
    #[error("the upload is being written to by another request")]
    UploadBusy,
    #[error("{limit} uploads are open already")]
    TooManyUploads { limit: usize },
    /// The unfinished uploads of one scope together.
    #[error("unfinished uploads hold {limit} bytes already")]
    TooManyUploadBytes { limit: u64 },
    #[error("more than the {limit} bytes allowed")]
    TooLarge { limit: u64 },
    #[error("the bytes are {actual}, not {expected}")]
    DigestMismatch {
        expected: Box<Digest>,
        actual: Box<Digest>,
    },
    #[error("no space left for blobs")]
    NoSpace(#[source] io::Error),
    /// What was stored under a lock is to be read without one.
    #[error("the blob is locked")]
    Locked,
    #[error("the folder {0} is in use by another process")]
    InUse(std::path::PathBuf),
    /// Never any of the content with it.
    #[error("cannot {step}: it is damaged")]
    Damaged {
        step: &'static str,
        #[source]
        damage: Damage,
    },
    #[error("cannot {step}")]
    Io {
        step: &'static str,
        #[source]
        source: io::Error,
    },
}

impl BlobError {
    /// For `map_err`: names the step that failed.
    pub(crate) fn at(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(source),
            _ => match source.downcast() {
                Ok(damage) => Self::Damaged { step, damage },
                Err(source) => Self::Io { step, source },
            },
        }
    }
}
