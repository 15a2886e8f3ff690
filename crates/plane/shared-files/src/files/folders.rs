//! Listings. A folder is read as a whole when its listing begins, so that it is of one moment, whatever is made or removed
//! while it is handed on: servers refuse to go on with a listing of a folder that changed.

use std::sync::Arc;

use nix::errno::Errno;
use parking_lot::Mutex;
use wharf_nfs_wire::Status;

use super::{Files, MAX_OPEN, tree::Node};
use crate::{
    client::{By, Failed},
    fuse::answer::Entries,
    nfs::results::Entry,
};

/// Entries of one folder, and their names' bytes.
const MAX_ENTRIES: usize = 1 << 20;
const MAX_BYTES: usize = 64 << 20;
/// Of one answer.
const STEP: u32 = 64 << 10;
/// Times that it is begun anew because the folder changed.
const MAX_TRIES: u32 = 16;

pub struct Folder {
    node: Arc<Node>,
    entries: Mutex<Arc<Vec<Entry>>>,
}

impl Files {
    pub fn open_folder(&self, node: Arc<Node>) -> Result<u64, Errno> {
        let mut folders = self.folders.lock();
        if folders.len() >= MAX_OPEN {
            return Err(Errno::ENFILE);
        }
        let number = self.unique();
        let entries = Mutex::default();
        folders.insert(number, Arc::new(Folder { node, entries }));
        Ok(number)
    }

    pub fn close_folder(&self, number: u64) {
        self.folders.lock().remove(&number);
    }

    /// Entries from there on, in so many bytes.
    pub fn read_folder(
        &self,
        by: &By,
        number: u64,
        at: u64,
        room: usize,
    ) -> Result<Vec<u8>, Failed> {
        let folder = self.folders.lock().get(&number).cloned();
        let folder = folder.ok_or(Errno::EBADF)?;
        if at == 0 {
            let all = self.list(by, &folder.node)?;
            *folder.entries.lock() = Arc::new(all);
        }
        let all = folder.entries.lock().clone();
        let mut out = Entries::new(room);
        let own = [&b"."[..], b".."].map(|name| (folder.node.number, libc::S_IFDIR, name));
        let others = all
            .iter()
            .map(|it| (it.number, it.kind.bits(), it.name.as_slice()));
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        for (next, (number, kind, name)) in (1_u64..).zip(own.into_iter().chain(others)).skip(start)
        {
            if !out.push(number, next, kind, name) {
                break;
            }
        }
        Ok(out.into_bytes())
    }

    fn list(&self, by: &By, node: &Node) -> Result<Vec<Entry>, Failed> {
        let mut failed = Errno::EIO.into();
        for _ in 0..MAX_TRIES {
            match self.list_once(by, node) {
                Err(it) if it.is(Status::BAD_COOKIE) || it.is(Status::NOT_SAME) => failed = it,
                other => return other,
            }
        }
        Err(failed)
    }

    fn list_once(&self, by: &By, node: &Node) -> Result<Vec<Entry>, Failed> {
        let (mut all, mut bytes) = (Vec::new(), 0);
        let (mut cookie, mut verifier) = (0, [0; 8]);
        loop {
            let listing = self.of(
                by,
                false,
                &node.handle,
                |ops| ops.read_folder(cookie, verifier, STEP),
                |it| it.listing(),
            )?;
            let last = listing.entries.last().map(|it| it.cookie);
            bytes += listing
                .entries
                .iter()
                .map(|it| it.name.len())
                .sum::<usize>();
            all.extend(listing.entries);
            if all.len() > MAX_ENTRIES || bytes > MAX_BYTES {
                return Err(Errno::EOVERFLOW.into());
            }
            match last {
                _ if listing.is_all => return Ok(all),
                // It would be asked the same for ever.
                None => return Err(Errno::EIO.into()),
                Some(last) => (cookie, verifier) = (last, listing.verifier),
            }
        }
    }
}
