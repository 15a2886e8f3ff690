//! Large bytes on disk, encrypted, named by the sha256 of their content: image layers, manifests. Who sends them may
//! say what they are by another algorithm, which is verified and left to the sender's records.
//!
//! ```text
//! <dir>/lock                             one process per folder
//! <dir>/sha256/<2 hex>/<64 hex>.sealed   a blob: complete, verified, synced, content never changed
//! <dir>/sha256/<2 hex>/<64 hex>          one that a version before stored plain
//! <dir>/damaged/<64 hex>                 a note that the blob's file (by its inode) did not open when it was read
//! <dir>/quarantine/<64 hex>.sealed       what was a blob's file until the scrubber found it damaged
//! <dir>/scrub                            how far all was read again
//! <dir>/uploads/<uuid>.<scope>           an upload somebody may resume, also after a restart
//! <dir>/uploads/<uuid>.<scope>.tail      of one at rest: what it has beyond whole chunks
//! <dir>/uploads/<uuid>….once             an upload that ends with its request; swept when the folder opens
//! ```
//! How files are encrypted: `sealed.rs`. Sizes and digests everywhere are those of the content, but for blobs under
//! a [`Lock`]: such a blob is named by the sha256 of what lies on the disk. So its name says nothing of its content,
//! and whether it is whole is known without the lock.
//!
//! Invariants:
//! - No content ever reaches the disk in the clear; what is under a lock is so from its first byte.
//! - A blob that is known to be damaged counts as missing for whoever could send it, and is replaced. One that the
//!   scrubber found damaged is there for nobody.
//! - A name under `sha256/` appears only after its content was verified and is durable.
//! - Memory per upload or read is bounded by the buffers here, whatever the size of the blob; what is kept of blobs
//!   that are read again and again (`hot.rs`) has a bound of its own, and so have contents of small ones (`small.rs`).
//! - Removing needs an [`Exclusive`] on the digest, which nobody gets while a [`Lease`] is out. Both
//!   are this process's own. Who needs a blob, and when it was last wanted, are records of its users.

mod digest;
mod error;
mod folder;
mod hot;
mod lease;
mod lock;
mod pipeline;
mod plain;
mod reader;
mod reseal;
mod scrub;
mod sealed;
mod small;
mod store;
mod upload;
mod verify;

pub use digest::{Algorithm, BadDigest, Digest, Hashing};
pub use error::BlobError;
pub use lease::{Exclusive, Lease, RemovalPause};
pub use lock::{Layers, Lock};
pub use plain::Encrypted;
pub use reader::BlobReader;
pub use scrub::{Scrubbed, Scrubber};
pub use sealed::Damage;
pub use store::{BlobInfo, Blobs, Limits};
pub use upload::{Upload, UploadId};
pub use verify::{copy_key, digest_of_file, file_of, verify};
