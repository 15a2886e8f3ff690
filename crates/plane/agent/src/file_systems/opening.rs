//! Opening file systems: each by itself, so that one whose key the control plane is slow to give, or whose disk takes long to be
//! looked over, keeps no other waiting.
//!
//! Whenever a sealed one is opened its key is asked for, also while the disk is still shown by the program that has it: a key that was
//! disabled opens none. Only where the control plane is not to be had, what is shown is opened once more.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    os::fd::AsFd as _,
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use http::Method;
use parking_lot::Mutex;
use tokio::{sync::Notify, task::spawn_blocking, time::Instant};
use wharf_base::Chain;
use wharf_file_server::{Files, start};
use wharf_planeproto::file_system::{DiskKey, FileSystem, KeyPath, SealedDisk};
use wharf_sealed_file::{self as sealed_file, Shown};

use super::{FileSystems, disk};
use crate::{
    client::{Api, CallError},
    instances::await_detached,
    volumes::Tries,
};

const OPERATION: &str = "GetFileSystemKey";
const AT_ONCE: usize = 32;

/// How far those are that are not served yet.
#[derive(Default)]
pub struct Opening {
    tries: Mutex<Tries>,
    under_way: Mutex<BTreeSet<String>>,
    why_not: Mutex<BTreeMap<String, WhyNot>>,
    /// One was opened, or not.
    done: Notify,
}

/// Why one is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    pub text: String,
    /// Its key does not open it.
    pub shut: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error("{0}")]
    Shut(String),
    #[error("its key cannot be had: {}", Chain(.0))]
    Call(#[from] CallError),
    #[error("it is not this machine's to open: {}", Chain(.0))]
    Refused(CallError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// One that is being opened, until this is dropped.
pub(super) struct UnderWay {
    all: Arc<Opening>,
    id: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.under_way.lock().remove(&self.id);
        self.all.done.notify_one();
    }
}

impl Opening {
    pub fn is_under_way(&self, id: &str) -> bool {
        self.under_way.lock().contains(id)
    }

    pub fn is_due(&self, id: &str) -> bool {
        self.tries.lock().is_due(id, Instant::now())
    }

    pub async fn done(&self) {
        self.done.notified().await;
    }

    /// It is served.
    pub fn was_opened(&self, id: &str) {
        self.tries.lock().forget(id);
        self.why_not.lock().remove(id);
    }

    /// Forgets those that are not known any more.
    pub fn keep(&self, is_known: impl Fn(&str) -> bool) {
        self.tries.lock().keep(&is_known);
        self.why_not.lock().retain(|id, _| is_known(id));
    }

    pub(super) fn failed(&self, id: &str, error: &NotOpened) {
        self.tries.lock().again(id, Instant::now());
        let why = WhyNot {
            text: error.to_string(),
            shut: matches!(error, NotOpened::Shut(_)),
        };
        let mut all = self.why_not.lock();
        if all.get(id) != Some(&why) {
            tracing::error!(file_system = id, why = %why.text, "failed to serve a file system; will retry");
        }
        all.insert(id.to_owned(), why);
    }

    /// `None` while it cannot be begun to be opened.
    pub(super) fn begin(self: &Arc<Self>, id: &str) -> Option<UnderWay> {
        let mut under_way = self.under_way.lock();
        let has_room = under_way.len() < AT_ONCE && under_way.insert(id.to_owned());
        has_room.then(|| UnderWay {
            all: self.clone(),
            id: id.to_owned(),
        })
    }
}

impl FileSystems {
    /// Begins to open one that is not served, once it is due; `None` while that goes on.
    pub(super) fn begin(&self, told: &FileSystem, api: &Api) -> Option<WhyNot> {
        let opening = &self.parts.opening;
        if opening.is_under_way(&told.id) {
            return None;
        }
        if !opening.is_due(&told.id) {
            return opening.why_not.lock().get(&told.id).cloned();
        }
        let under_way = opening.begin(&told.id)?;
        let (all, told, api) = (self.clone(), told.clone(), api.clone());
        tokio::spawn(async move {
            match all.open(&told, &api).await {
                Ok(()) => {
                    // One that ends before it was seen to serve is not started again at once.
                    let mut tries = all.parts.opening.tries.lock();
                    tries.again(&told.id, Instant::now());
                    tracing::info!(file_system = told.id, "began to serve a file system");
                }
                Err(error) => all.parts.opening.failed(&told.id, &error),
            }
            drop(under_way);
        });
        None
    }

    async fn open(&self, told: &FileSystem, api: &Api) -> Result<(), NotOpened> {
        let may_make = told.may_make || told.sealed == Some(SealedDisk::Make);
        let (folder, socket) = (self.folder(&told.id), self.socket(&told.id));
        let program = self.parts.program.clone();
        let makes_disks = self.parts.makes_disks;
        if told.sealed.is_none() && disk::is_folder(&folder, makes_disks) {
            if !may_make && !folder.exists() {
                return Err(io::Error::other("its folder is missing on this host").into());
            }
            let begun = move || start(&program, &Files::Folder(&folder), may_make, &socket);
            return Ok(spawn_blocking(begun).await.map_err(io::Error::other)??);
        }
        if !makes_disks {
            let text = "this machine has no loop devices, no ext4 or no FUSE, which its disk needs";
            return Err(io::Error::other(text).into());
        }
        let is_sealed = told.sealed.is_some();
        let image = spawn_blocking(move || {
            let image = disk::keep(&folder, may_make, is_sealed)?;
            // The kernel lets go of it a moment after the last program that served it is gone.
            await_detached(&image)?;
            io::Result::Ok(image)
        });
        let image = image.await.map_err(io::Error::other)??;
        if is_sealed {
            self.unseal(told, api, &image).await?;
        }
        let begun = spawn_blocking(move || {
            let disk = disk::mounted(&image, may_make)?;
            let files = Files::Disk {
                mount: disk.as_fd(),
                image: &image,
            };
            start(&program, &files, may_make, &socket)
        });
        Ok(begun.await.map_err(io::Error::other)??)
    }

    async fn unseal(&self, told: &FileSystem, api: &Api, image: &Path) -> Result<(), NotOpened> {
        let image = image.to_owned();
        let key = match key_of(told, api).await {
            Ok(key) => key,
            Err(NotOpened::Call(_)) if matches!(sealed_file::state(&image), Ok(Shown::Yes)) => {
                return Ok(());
            }
            Err(why @ (NotOpened::Shut(_) | NotOpened::Refused(_))) => {
                let shut = spawn_blocking(move || disk::shut(&image)).await;
                shut.map_err(io::Error::other)??;
                return Err(why);
            }
            Err(other) => return Err(other),
        };
        let program = self.parts.sealer.clone();
        let opened = spawn_blocking(move || sealed_file::open(&program, &image, &key.own)).await;
        Ok(opened.map_err(io::Error::other)??)
    }
}

/// What the disk is sealed by, for as long as the key opens it.
async fn key_of(told: &FileSystem, api: &Api) -> Result<DiskKey, NotOpened> {
    let path = KeyPath {
        account: &told.account,
        region: &told.region,
        id: &told.id,
    };
    let said = api
        .send_signed(OPERATION, Method::GET, &path.text(), Bytes::new())
        .await;
    let said = said.map_err(not_opened)?;
    serde_json::from_slice(&said).map_err(|_| {
        NotOpened::Refused(CallError::Malformed {
            operation: OPERATION,
        })
    })
}

/// What comes of a call that brought no key: only where nobody said no, what is shown stays so.
fn not_opened(error: CallError) -> NotOpened {
    match error {
        CallError::Fault {
            status: 409,
            message,
            ..
        } => NotOpened::Shut(message.trim().to_owned()),
        CallError::Fault { .. } | CallError::Transport { .. } if error.is_transient() => {
            NotOpened::Call(error)
        }
        other => NotOpened::Refused(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_away_leaves_open_what_is() {
        let fault = |status, code: &str| CallError::Fault {
            code: code.to_owned(),
            message: "m".to_owned(),
            status,
        };
        for (error, stays) in [
            (fault(503, ""), true),
            (fault(400, "ThrottlingException"), true),
            (fault(403, ""), false),
            (fault(404, ""), false),
            (fault(400, ""), false),
            (
                CallError::Malformed {
                    operation: OPERATION,
                },
                false,
            ),
        ] {
            let done = not_opened(error);
            assert_eq!(matches!(done, NotOpened::Call(_)), stays, "{done}");
        }
        assert!(matches!(not_opened(fault(409, "")), NotOpened::Shut(_)));
    }
}
