//! Snapshots of volumes of this machine: taken, sent, and forgotten when the control plane says no more of them.
//!
//! A snapshot is of one moment, whoever writes to the volume ([`still`]): a file system that is mounted is frozen
//! ([`super::freeze`]), so the file is what a disk is after a clean unmount. The moment lies between the call and the completion: an agent that is killed before the list of chunks
//! is durable begins anew, and the snapshot is then of a later moment, but never of two. Those of one instance that are
//! asked for at once are of one moment ([`together`], [`units`]).
//!
//! One loop takes ([`taking`]) and another sends ([`sending`]): the moment of a snapshot does not wait for the bytes
//! of others.
//!
//! | killed | what is there | what happens |
//! | --- | --- | --- |
//! | while it reads | no `list` | it is taken again |
//! | while it sends | `list` and `chunks` | the same is offered again, and what is missing is sent |
//! | after it was completed | the same | the control plane says no more of it, and the folder goes |

mod sending;
mod still;
mod take;
mod taking;
mod together;
mod units;

use std::{collections::BTreeMap, io, path::PathBuf};

use bytes::Bytes;
use http::Method;
use tokio_util::sync::CancellationToken;
use wharf_planeproto::snapshot::{Failed, Path, Snapshot, What};

pub use self::take::{is, write_chunk};
use super::Volumes;
use crate::{
    client::{Api, CallError},
    instances::{disk_of, is_instance},
};

/// Below the node's folder.
pub const FOLDER: &str = "ebs-snapshots";
/// Chunks under way at a time, in both directions: a few hide the way, and each is in memory.
pub const AT_ONCE: usize = 4;

/// What is told of snapshots.
pub type Told = BTreeMap<String, Snapshot>;

/// Why a snapshot was not taken or sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the volume is not made yet")]
    NotMade,
    #[error("the volume is being checked")]
    Checked,
    #[error("it is not known yet which instances run")]
    NotKnown,
    /// It is to be taken when the instance is shut down.
    #[error("the instance is not shut down yet")]
    Runs,
    #[error("the volume was deleted before the snapshot was taken")]
    Deleted,
    /// The control plane lacks what an earlier snapshot had, and this one left out.
    #[error("chunks of an earlier snapshot are gone")]
    Stale,
    #[error("an answer is malformed")]
    Malformed,
}

impl NotSent {
    /// There is nothing to be gained by another try.
    fn is_final(&self) -> bool {
        match self {
            Self::Io(error) => matches!(
                error.kind(),
                io::ErrorKind::FileTooLarge | io::ErrorKind::StorageFull
            ),
            Self::Deleted => true,
            // What makes no sense now makes none later.
            Self::Call(error @ CallError::Fault { status: 400, .. }) => !error.is_transient(),
            _ => false,
        }
    }
}

/// It was deleted meanwhile; that will be told. Until then it is tried again: a server that has just started may not
/// know yet for which host this machine speaks.
fn is_over(error: &NotSent) -> bool {
    matches!(error, NotSent::Call(CallError::Fault { status: 404, .. }))
}

impl Volumes {
    /// Takes and sends snapshots until `shutdown`.
    pub(super) async fn bring_snapshots(self, api: Api, shutdown: CancellationToken) {
        tokio::join!(
            self.take_told(&api, &shutdown),
            self.send_taken(&api, &shutdown),
            self.thaw_what_was_left(&shutdown)
        );
    }

    fn folder_of(&self, id: &str) -> PathBuf {
        self.snapshots_dir.join(id)
    }

    /// Whether all of it is kept that is to be sent.
    fn is_taken(&self, id: &str) -> bool {
        self.folder_of(id).join("list").exists()
    }

    /// The file of a volume, or the disk of an instance.
    fn image_of(&self, id: &str) -> PathBuf {
        match is_instance(id) {
            true => disk_of(&self.node, id),
            false => self.files.image(id),
        }
    }

    /// Whether a snapshot of the volume, or of the disk of the instance, was told of and not taken yet, or one is being
    /// taken: its file stays until then. Where there is no file there is nothing to wait for.
    pub(super) fn awaits_snapshot(&self, volume: &str) -> bool {
        if self.is_taken_for_itself(volume) {
            return true;
        }
        if !self.image_of(volume).exists() {
            return false;
        }
        // Before anything was told, there may be some.
        let told = self.snapshots.borrow();
        let Some(told) = told.as_ref() else {
            return true;
        };
        told.values()
            .any(|it| it.volume == volume && !self.is_taken(&it.id))
    }
}

fn path<'a>(snapshot: &'a Snapshot, what: What<'a>) -> Path<'a> {
    Path {
        account: &snapshot.account,
        region: &snapshot.region,
        id: &snapshot.id,
        what,
    }
}

/// Says that nothing will come of it, and why; whether that was heard.
async fn fail(api: &Api, snapshot: &Snapshot, why: &NotSent) -> bool {
    let failed = Failed {
        reason: why.to_string(),
    };
    match post(api, snapshot, What::Failed, &failed).await {
        Ok(_) => true,
        Err(error) if is_over(&error) => false,
        Err(error) => {
            tracing::warn!(snapshot = snapshot.id, %error, "failed to tell that a snapshot failed; will retry");
            false
        }
    }
}

async fn post(
    api: &Api,
    snapshot: &Snapshot,
    what: What<'_>,
    body: &impl serde::Serialize,
) -> Result<Bytes, NotSent> {
    let body = serde_json::to_vec(body).map_err(io::Error::other)?;
    let path = path(snapshot, what);
    Ok(api.snapshot(Method::POST, &path, body.into()).await?)
}

#[cfg(test)]
pub mod tests;
