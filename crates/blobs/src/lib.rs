//! Large bytes on disk, named by their sha256: image layers, manifests.
//!
//! ```text
//! <dir>/lock                       one process per folder
//! <dir>/sha256/<2 hex>/<64 hex>    a blob: complete, verified, synced, never changed
//! <dir>/uploads/<uuid>.<scope>     an upload somebody may resume, also after a restart
//! <dir>/uploads/<uuid>….once       an upload that ends with its request; swept when the folder opens
//! ```
//!
//! Invariants:
//! - A name under `sha256/` appears only after its content was verified and is durable.
//! - Memory per upload or read is bounded by the buffers here, whatever the size of the blob.
//! - A blob's modification time is when somebody last wanted it: written, found, mounted
//!   ([`Blobs::touch`]). Removing needs an [`Exclusive`] on the digest, which nobody gets while a
//!   [`Lease`] is out, so a collector that looks at the time under its exclusive hold never takes
//!   a blob from under a running push.

mod digest;
mod error;
mod folder;
mod lease;
mod pipeline;
mod reader;
mod store;
mod upload;

pub use digest::{BadDigest, Digest};
pub use error::BlobError;
pub use lease::{Exclusive, Lease, RemovalPause};
pub use reader::BlobReader;
pub use store::{BlobInfo, Blobs, Limits};
pub use upload::{Upload, UploadId};
