//! Reading and writing. A write is at the server before it is answered, and kept here until the server says that it is
//! on its disk: when it began anew meanwhile, it is written once more.

use std::sync::{Arc, atomic::Ordering};

use nix::errno::Errno;
use wharf_nfs_wire::Verifier;

use super::{Files, opens::Open, tree::Node};
use crate::{
    client::{By, Failed},
    fuse::MOST,
};

/// What is kept of one file, and of all.
const MAX_OF_FILE: usize = 16 << 20;
const MAX_OF_ALL: usize = 64 << 20;

#[derive(Default)]
pub struct Unsettled {
    pieces: Vec<Piece>,
    bytes: usize,
}

struct Piece {
    at: u64,
    bytes: Vec<u8>,
    /// What the server called itself when it took it.
    verifier: Verifier,
    open: Arc<Open>,
}

impl Files {
    pub fn read(&self, by: &By, open: &Open, at: u64, bytes: u32) -> Result<Vec<u8>, Failed> {
        self.settle_if_lacking(by, &open.node)?;
        let by = open.by(by);
        let bytes = bytes.min(MOST) as usize;
        let mut all = Vec::with_capacity(bytes);
        while all.len() < bytes {
            let left = (bytes - all.len()).min(self.client.most());
            let at = at + all.len() as u64;
            let (read, ends) = self.with_state(open, &by, |state| {
                self.of(
                    &by,
                    false,
                    &open.node.handle,
                    |ops| ops.read(state, at, u32::try_from(left).unwrap_or(MOST)),
                    |it| it.bytes(left).map(|(read, ends)| (read.to_vec(), ends)),
                )
            })?;
            let none = read.is_empty();
            all.extend(read);
            if ends || none {
                break;
            }
        }
        Ok(all)
    }

    pub fn write(&self, by: &By, open: &Arc<Open>, at: u64, bytes: &[u8]) -> Result<(), Failed> {
        let node = &open.node;
        self.settle_if_lacking(by, node)?;
        let by = open.by(by);
        if open.appends {
            let _alone = node.writes.write();
            let end = self.size(&by, node)?;
            self.put(&by, open, end, bytes)?;
        } else {
            let _with_others = node.writes.read();
            self.put(&by, open, at, bytes)?;
        }
        let of_file = node.unsettled.lock().bytes;
        match of_file > MAX_OF_FILE || self.unsettled.load(Ordering::Relaxed) > MAX_OF_ALL {
            true => self.settle(&by, node),
            false => Ok(()),
        }
    }

    fn size(&self, by: &By, node: &Node) -> Result<u64, Failed> {
        let asked = self.of(
            by,
            false,
            &node.handle,
            |ops| ops.get_attributes(crate::nfs::attributes::Wanted::File),
            |it| it.attributes(),
        );
        asked.map(|it| it.size)
    }

    fn put(&self, by: &By, open: &Arc<Open>, at: u64, bytes: &[u8]) -> Result<(), Failed> {
        let mut done = 0;
        while done < bytes.len() {
            let end = bytes.len().min(done + self.client.most());
            let (at, rest) = (at + done as u64, &bytes[done..end]);
            let (taken, settled) = self.put_once(by, open, at, rest, false)?;
            if let Some(verifier) = settled {
                let piece = Piece {
                    at,
                    bytes: rest[..taken].to_vec(),
                    verifier,
                    open: open.clone(),
                };
                self.unsettled.fetch_add(taken, Ordering::Relaxed);
                let mut unsettled = open.node.unsettled.lock();
                unsettled.bytes += taken;
                unsettled.pieces.push(piece);
            }
            done += taken;
        }
        Ok(())
    }

    /// How much was taken, and by whom if it is not on its disk.
    fn put_once(
        &self,
        by: &By,
        open: &Open,
        at: u64,
        bytes: &[u8],
        lasting: bool,
    ) -> Result<(usize, Option<Verifier>), Failed> {
        let written = self.with_state(open, by, |state| {
            self.of(
                by,
                true,
                &open.node.handle,
                |ops| ops.write(state, at, bytes, lasting),
                |it| it.written(),
            )
        })?;
        let taken = written.bytes as usize;
        match taken == 0 || taken > bytes.len() || lasting && !written.lasting {
            true => Err(Errno::EIO.into()),
            false => Ok((taken, (!written.lasting).then_some(written.verifier))),
        }
    }

    pub(super) fn settle_if_lacking(&self, by: &By, node: &Node) -> Result<(), Failed> {
        match node.may_lack.swap(false, Ordering::AcqRel) {
            true => self.settle(by, node).inspect_err(|_| {
                node.may_lack.store(true, Ordering::Release);
            }),
            false => Ok(()),
        }
    }

    /// What was written of it is on the server's disk after this.
    pub fn settle(&self, by: &By, node: &Node) -> Result<(), Failed> {
        let _turn = node.settling.lock();
        let pieces = self.take_pieces(node);
        let Some(last) = pieces.0.last() else {
            return Ok(());
        };
        let by = last.open.by(by);
        let committed = self.of(
            &by,
            false,
            &node.handle,
            |ops| ops.commit(),
            |it| it.committed(),
        );
        let verifier = match committed {
            Ok(verifier) => verifier,
            Err(failed) => {
                self.put_back(node, pieces, failed);
                return Err(failed);
            }
        };
        let lacks = |it: &Piece| it.verifier != verifier;
        if !pieces.0.iter().any(lacks) {
            return Ok(());
        }
        // In their order, and nothing that is newer before what is older.
        let _alone = node.writes.write();
        let mut pieces = pieces.0;
        pieces.extend(self.take_pieces(node).0);
        let from = pieces.iter().position(lacks).unwrap_or(pieces.len());
        let pieces = pieces.split_off(from);
        let mut each = pieces.into_iter();
        while let Some(piece) = each.next() {
            if let Err(failed) = self.put_anew(&by, &piece) {
                let rest: Vec<_> = std::iter::once(piece).chain(each).collect();
                self.put_back(node, Pieces(rest), failed);
                return Err(failed);
            }
        }
        Ok(())
    }

    fn put_anew(&self, by: &By, piece: &Piece) -> Result<(), Failed> {
        let by = piece.open.by(by);
        let mut done = 0;
        while done < piece.bytes.len() {
            let end = piece.bytes.len().min(done + self.client.most());
            let (at, rest) = (piece.at + done as u64, &piece.bytes[done..end]);
            done += self.put_once(&by, &piece.open, at, rest, true)?.0;
        }
        Ok(())
    }

    fn take_pieces(&self, node: &Node) -> Pieces {
        let taken = std::mem::take(&mut *node.unsettled.lock());
        self.unsettled.fetch_sub(taken.bytes, Ordering::Relaxed);
        Pieces(taken.pieces)
    }

    /// Whoever waited no longer has them wait for the next; what the server refused is gone, and has been said.
    fn put_back(&self, node: &Node, pieces: Pieces, failed: Failed) {
        if failed != Failed::Other(Errno::EINTR) {
            return;
        }
        let bytes: usize = pieces.0.iter().map(|it| it.bytes.len()).sum();
        self.unsettled.fetch_add(bytes, Ordering::Relaxed);
        let mut unsettled = node.unsettled.lock();
        unsettled.bytes += bytes;
        unsettled.pieces.splice(0..0, pieces.0);
    }
}

struct Pieces(Vec<Piece>);
