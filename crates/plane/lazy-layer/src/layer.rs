//! What the file system is answered by: the names that the index gave, and the bytes that are there.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    sync::atomic::{AtomicBool, Ordering},
};

use nix::errno::Errno;
use wharf_ztoc::{Kind, Node, Tree, Ztoc};

use crate::wire::{self, Attributes};

/// Numbers of the tree begin behind the topmost folder, in which the layer's own has a name.
const FIRST: u64 = wire::ROOT + 1;

/// What a folder has, in order of names.
type Names = Box<[(Box<[u8]>, u32)]>;

pub struct Layer {
    /// Of the layer's folder.
    name: Vec<u8>,
    nodes: Vec<Node>,
    /// Of each node; only folders have some.
    folders: Vec<Names>,
    /// Where each span begins in the archive.
    spans: Vec<u64>,
    is_there: Vec<AtomicBool>,
    archive: File,
}

/// Where a file's bytes are looked for.
pub enum Reading {
    /// In the archive.
    There(Range<u64>),
    /// Not before this span has come.
    Missing(u32),
}

impl Layer {
    /// Of the archive `there` says which spans are in it, a byte each.
    pub fn new(name: Vec<u8>, ztoc: Ztoc, archive: File, there: &[u8]) -> io::Result<Self> {
        let spans: Vec<u64> = ztoc.spans.iter().map(|span| span.plain.start).collect();
        let is_there = |n| AtomicBool::new(there.get(n) == Some(&1));
        let is_there = (0..spans.len()).map(is_there).collect();
        let tree = Tree::build(ztoc.entries).map_err(io::Error::other)?;
        let mut nodes = tree.nodes;
        let folders = nodes.iter_mut().map(|node| {
            let children = std::mem::take(&mut node.children).into_iter();
            let number = |at| u32::try_from(at).map_err(io::Error::other);
            children
                .map(|(name, at)| Ok((name.into_boxed_slice(), number(at)?)))
                .collect::<io::Result<Names>>()
        });
        let folders = folders.collect::<io::Result<_>>()?;
        Ok(Self {
            name,
            nodes,
            folders,
            spans,
            is_there,
            archive,
        })
    }

    /// The span has come.
    pub fn came(&self, span: u32) {
        if let Some(is_there) = self.is_there.get(span as usize) {
            is_there.store(true, Ordering::Release);
        }
    }

    fn node(&self, number: u64) -> io::Result<(usize, &Node)> {
        let at = number
            .checked_sub(FIRST)
            .and_then(|at| usize::try_from(at).ok());
        let found = at.and_then(|at| Some((at, self.nodes.get(at)?)));
        found.ok_or_else(|| Errno::ESTALE.into())
    }

    fn of(&self, at: usize) -> Attributes {
        let node = &self.nodes[at];
        Attributes {
            node: FIRST + at as u64,
            size: node.size,
            mtime: u64::try_from(node.mtime).unwrap_or(0),
            mode: kind(node.kind) | node.mode,
            names: match node.kind {
                Kind::Folder => 2,
                _ => node.names,
            },
            uid: node.uid,
            gid: node.gid,
            major: node.major,
            minor: node.minor,
        }
    }

    pub fn attributes(&self, number: u64) -> io::Result<Vec<u8>> {
        Ok(wire::attributes(&self.known(number)?))
    }

    fn known(&self, number: u64) -> io::Result<Attributes> {
        if number == wire::ROOT {
            return Ok(Attributes {
                node: wire::ROOT,
                size: 0,
                mtime: 0,
                mode: libc::S_IFDIR | 0o755,
                names: 2,
                uid: 0,
                gid: 0,
                major: 0,
                minor: 0,
            });
        }
        Ok(self.of(self.node(number)?.0))
    }

    pub fn lookup(&self, folder: u64, name: &[u8]) -> io::Result<Vec<u8>> {
        if folder == wire::ROOT {
            let is_it = name == self.name;
            return Ok(wire::found(is_it.then(|| self.of(Tree::ROOT)).as_ref()));
        }
        let (at, _) = self.node(folder)?;
        let names = &self.folders[at];
        let found = names.binary_search_by(|(known, _)| (**known).cmp(name));
        let found = found.ok().map(|n| self.of(names[n].1 as usize));
        Ok(wire::found(found.as_ref()))
    }

    /// Names from the place `at` on, as many as `bytes` have room for.
    pub fn folder(&self, number: u64, at: u64, bytes: u32) -> io::Result<Vec<u8>> {
        let limit = bytes.min(wire::MOST) as usize;
        let mut out = Vec::with_capacity(limit.min(64 << 10));
        let folder = libc::S_IFDIR;
        let (own, above) = match number {
            wire::ROOT => (wire::ROOT, wire::ROOT),
            _ => {
                let (own, node) = self.node(number)?;
                let above = match own {
                    Tree::ROOT => wire::ROOT,
                    _ => FIRST + node.parent as u64,
                };
                (number, above)
            }
        };
        for (place, node, name) in [(0, own, &b"."[..]), (1, above, &b".."[..])] {
            if at <= place && !wire::entry(&mut out, limit, node, place + 1, folder, name) {
                return Ok(out);
            }
        }
        let skipped = usize::try_from(at.saturating_sub(2)).unwrap_or(usize::MAX);
        if number == wire::ROOT {
            if skipped == 0 {
                wire::entry(&mut out, limit, FIRST, 3, folder, &self.name);
            }
            return Ok(out);
        }
        let names = &self.folders[self.node(number)?.0];
        for (place, (name, node)) in names.iter().enumerate().skip(skipped) {
            let mode = kind(self.nodes[*node as usize].kind);
            let (node, next) = (FIRST + u64::from(*node), place as u64 + 3);
            if !wire::entry(&mut out, limit, node, next, mode, name) {
                break;
            }
        }
        Ok(out)
    }

    pub fn link(&self, number: u64) -> io::Result<Vec<u8>> {
        let (_, node) = self.node(number)?;
        match node.kind {
            Kind::SymbolicLink => Ok(node.target.clone()),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    pub fn xattr(&self, number: u64, name: &[u8], bytes: u32) -> io::Result<Vec<u8>> {
        let xattrs = self.xattrs_of(number)?;
        let found = xattrs.iter().find(|(known, _)| known.as_bytes() == name);
        let (_, value) = found.ok_or(Errno::ENODATA)?;
        answer_in(bytes, value.clone())
    }

    pub fn xattrs(&self, number: u64, bytes: u32) -> io::Result<Vec<u8>> {
        let names = self.xattrs_of(number)?.iter();
        let names = names.flat_map(|(name, _)| name.bytes().chain([0]));
        answer_in(bytes, names.collect())
    }

    fn xattrs_of(&self, number: u64) -> io::Result<&[(String, Vec<u8>)]> {
        match number {
            wire::ROOT => Ok(&[]),
            _ => Ok(&self.node(number)?.1.xattrs),
        }
    }

    pub fn room(&self) -> Vec<u8> {
        let bytes: u64 = self.nodes.iter().map(|node| node.size).sum();
        wire::room(bytes.div_ceil(4096), self.nodes.len() as u64)
    }

    /// Where those bytes of a file are.
    pub fn reading(&self, number: u64, at: u64, bytes: u32) -> io::Result<Reading> {
        let (_, node) = self.node(number)?;
        if node.kind != Kind::File {
            return Err(Errno::EISDIR.into());
        }
        let start = at.min(node.size);
        let end = start
            .saturating_add(bytes.min(wire::MOST).into())
            .min(node.size);
        let range = node.offset + start..node.offset + end;
        for span in wharf_ztoc::spans_of(self.spans.len(), |n| self.spans[n], &range) {
            if !self.is_there[span].load(Ordering::Acquire) {
                return Ok(Reading::Missing(
                    u32::try_from(span).map_err(io::Error::other)?,
                ));
            }
        }
        Ok(Reading::There(range))
    }

    pub fn read<'a>(&self, range: &Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        let bytes = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
        if buffer.len() < bytes {
            buffer.resize(bytes, 0);
        }
        let part = &mut buffer[..bytes];
        self.archive.read_exact_at(part, range.start)?;
        Ok(part)
    }
}

fn answer_in(bytes: u32, value: Vec<u8>) -> io::Result<Vec<u8>> {
    match bytes {
        0 => Ok(wire::length(value.len())),
        _ if value.len() > bytes as usize => Err(Errno::ERANGE.into()),
        _ => Ok(value),
    }
}

fn kind(kind: Kind) -> u32 {
    match kind {
        Kind::File | Kind::HardLink => libc::S_IFREG,
        Kind::Folder => libc::S_IFDIR,
        Kind::SymbolicLink => libc::S_IFLNK,
        Kind::CharDevice => libc::S_IFCHR,
        Kind::BlockDevice => libc::S_IFBLK,
        Kind::Fifo => libc::S_IFIFO,
    }
}
