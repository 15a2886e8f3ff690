//! Why the control plane does not come up.

use std::{io, net::SocketAddr, path::PathBuf};

use wharf_blobs::BlobError;
use wharf_journal::OpenError as JournalOpenError;
use wharf_seal::KeyringError;
use wharf_series::OpenError as SeriesOpenError;
use wharf_store::OpenError;
use wharf_svc_iam::DirectoryError;
use wharf_wire::Fault;

use crate::{migrate, root::RootError, tls::TlsError};

/// Why the control plane did not come up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{address} is in use")]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{} is in use by process {pid}", path.display())]
    DataInUse { path: PathBuf, pid: u32 },
    #[error("the store cannot be opened")]
    Store(#[source] OpenError),
    #[error(
        "{text}; `wharf restore` brings a backup back, `wharf repair` says what giving up the damaged part costs"
    )]
    Damaged { text: String },
    #[error("the records of an earlier version cannot be moved")]
    Migrate(#[source] migrate::MigrateError),
    #[error("the journal cannot be opened")]
    Journal(#[source] JournalOpenError),
    #[error("the metrics cannot be opened")]
    Series(#[source] SeriesOpenError),
    #[error("the layers cannot be opened")]
    Blobs(#[source] BlobError),
    #[error("the keyring cannot be opened")]
    Keyring(#[source] KeyringError),
    #[error("the root key cannot be made")]
    Directory(#[source] DirectoryError),
    #[error("the root key cannot be kept")]
    Root(#[source] RootError),
    #[error("cannot use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("TLS cannot be set up")]
    Tls(#[source] TlsError),
    /// It panicked, or ended when nobody had told it to.
    #[error("{part} ended")]
    PartEnded { part: &'static str },
    #[error("cannot {step}")]
    Bootstrap {
        step: &'static str,
        #[source]
        fault: Fault,
    },
}
