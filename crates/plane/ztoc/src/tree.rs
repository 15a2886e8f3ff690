//! The files of a layer, as its archive would be unpacked: a later entry replaces an earlier one, folders are merged, links that
//! the archive itself has made are followed with the layer as `/`, and whiteouts become what overlayfs expects.

use std::collections::BTreeMap;

use crate::ztoc::{Entry, Kind};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Bookkeeping of an older file system, meaningless here.
const AUFS: &[u8] = b".wh..wh.";
/// What tells overlayfs that a folder hides those below it.
pub const OPAQUE_XATTR: &str = "trusted.overlay.opaque";
/// As many as the kernel follows.
const MOST_LINKS: usize = 40;
/// Folders that a path is within.
const MOST_DEPTH: usize = 1024;
const MOST_OF_NAME: usize = 255;
/// Folders that no entry is about, beside one for each entry: tools write an entry for each folder.
const MOST_IMPLIED: usize = 1000;
/// Names that are looked up, over all entries: of [`crate::MOST_ENTRIES`], each may be within a few dozen folders.
const MOST_STEPS: usize = 8 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the layer has an entry that cannot be unpacked: {0}")]
pub struct Impossible(pub &'static str);

/// A file, a folder or whatever else has a name.
#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    /// Of a file's data in the archive.
    pub offset: u64,
    pub mtime: i64,
    pub major: u32,
    pub minor: u32,
    /// How many names it has; folders have one.
    pub names: u32,
    /// Where a symbolic link leads.
    pub target: Vec<u8>,
    pub xattrs: Vec<(String, Vec<u8>)>,
    /// Of a folder; the root is its own.
    pub parent: usize,
    pub children: BTreeMap<Vec<u8>, usize>,
}

/// Nodes by number; [`Tree::ROOT`] is the layer's folder. Those that were replaced are there without names.
#[derive(Debug, Clone)]
pub struct Tree {
    pub nodes: Vec<Node>,
    /// Names that may still be looked up, and nodes that there may be.
    steps: usize,
    most: usize,
}

impl Node {
    fn new(kind: Kind, mode: u32) -> Self {
        Self {
            kind,
            mode,
            uid: 0,
            gid: 0,
            size: 0,
            offset: 0,
            mtime: 0,
            major: 0,
            minor: 0,
            names: 1,
            target: Vec::new(),
            xattrs: Vec::new(),
            parent: Tree::ROOT,
            children: BTreeMap::new(),
        }
    }
}

impl Tree {
    pub const ROOT: usize = 0;

    /// # Errors
    /// What would also end unpacking: a path through a file, a link to nothing, a whiteout of nothing.
    pub fn build(entries: Vec<Entry>) -> Result<Self, Impossible> {
        let mut tree = Self {
            nodes: vec![Node::new(Kind::Folder, 0o755)],
            steps: MOST_STEPS,
            most: entries.len() * 2 + MOST_IMPLIED,
        };
        // Applied last, as by the unpacker: what is put into a folder changes its time.
        for entry in entries {
            tree.add(entry)?;
        }
        Ok(tree)
    }

    pub fn get(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    fn add(&mut self, entry: Entry) -> Result<(), Impossible> {
        let mut parts = clean(&entry.path)?;
        let Some(name) = parts.pop() else {
            if entry.kind != Kind::Folder {
                return Err(Impossible("the root is no folder"));
            }
            let root = &mut self.nodes[Self::ROOT];
            (root.uid, root.gid, root.mode) = (entry.uid, entry.gid, entry.mode);
            return Ok(());
        };
        let parent = self.folder(&parts)?;
        if name.starts_with(WHITEOUT) {
            return self.whiteout(parent, &name);
        }
        if entry.kind == Kind::HardLink {
            return self.link(parent, name, &entry.link);
        }
        let there = self.nodes[parent].children.get(&name).copied();
        let at = match there {
            Some(at) if self.is_folder(at) && entry.kind == Kind::Folder => at,
            there => {
                self.forget(there);
                self.insert(parent, name, Node::new(entry.kind, entry.mode))?
            }
        };
        let node = &mut self.nodes[at];
        (node.mode, node.uid, node.gid) = (entry.mode, entry.uid, entry.gid);
        (node.size, node.offset, node.mtime) = (entry.size, entry.offset, entry.mtime);
        match entry.kind {
            Kind::SymbolicLink => {
                if entry.link.is_empty() {
                    return Err(Impossible("a link that leads nowhere"));
                }
                (node.mode, node.size) = (0o777, entry.link.len() as u64);
                node.target = entry.link;
            }
            Kind::CharDevice | Kind::BlockDevice => {
                (node.major, node.minor) = (entry.major, entry.minor);
            }
            _ => {}
        }
        for (key, value) in entry.xattrs {
            if is_welcome(&key, entry.kind) {
                node.xattrs.retain(|(known, _)| *known != key);
                node.xattrs.push((key, value));
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        parent: usize,
        name: Vec<u8>,
        mut node: Node,
    ) -> Result<usize, Impossible> {
        let at = self.nodes.len();
        if at >= self.most {
            return Err(Impossible("too many folders that nothing is said of"));
        }
        node.parent = parent;
        self.nodes.push(node);
        self.nodes[parent].children.insert(name, at);
        Ok(at)
    }

    /// One name less; what only a folder that goes has goes with it.
    fn forget(&mut self, at: Option<usize>) {
        let mut going: Vec<usize> = at.into_iter().collect();
        while let Some(at) = going.pop() {
            let node = &mut self.nodes[at];
            node.names = node.names.saturating_sub(1);
            if node.kind == Kind::Folder {
                going.extend(std::mem::take(&mut node.children).into_values());
            }
        }
    }

    fn whiteout(&mut self, parent: usize, name: &[u8]) -> Result<(), Impossible> {
        if name == OPAQUE {
            let opaque = (OPAQUE_XATTR.to_owned(), b"y".to_vec());
            let xattrs = &mut self.nodes[parent].xattrs;
            if !xattrs.contains(&opaque) {
                xattrs.push(opaque);
            }
            return Ok(());
        }
        if name.starts_with(AUFS) {
            return Ok(());
        }
        let hidden = &name[WHITEOUT.len()..];
        if hidden.is_empty() || hidden == b"." || hidden == b".." {
            return Err(Impossible("a whiteout of nothing"));
        }
        // Something of that name in the same layer came later in the author's mind.
        if !self.nodes[parent].children.contains_key(hidden) {
            self.insert(parent, hidden.to_vec(), Node::new(Kind::CharDevice, 0))?;
        }
        Ok(())
    }

    fn link(&mut self, parent: usize, name: Vec<u8>, target: &[u8]) -> Result<(), Impossible> {
        let mut parts = clean(target)?;
        // Of the target only the parent is followed, so a link to a link is what it says.
        let last = parts.pop();
        let folder = self.folder(&parts)?;
        let found = last.and_then(|last| self.nodes[folder].children.get(&last).copied());
        let found = found.ok_or(Impossible("a link to nothing"))?;
        if self.is_folder(found) {
            return Err(Impossible("a link to a folder"));
        }
        let there = self.nodes[parent].children.get(&name).copied();
        if there == Some(found) {
            return Err(Impossible("a link to itself"));
        }
        self.forget(there);
        self.nodes[found].names += 1;
        self.nodes[parent].children.insert(name, found);
        Ok(())
    }

    fn is_folder(&self, at: usize) -> bool {
        self.nodes[at].kind == Kind::Folder
    }

    /// The folder that the path leads to; what is missing is made.
    fn folder(&mut self, parts: &[Vec<u8>]) -> Result<usize, Impossible> {
        let mut rest: Vec<Vec<u8>> = parts.iter().rev().cloned().collect();
        let (mut at, mut links) = (Self::ROOT, 0);
        while let Some(name) = rest.pop() {
            let left = self.steps.checked_sub(1);
            self.steps = left.ok_or(Impossible("too many names to look up"))?;
            match &name[..] {
                b"." | b"" => continue,
                b".." => {
                    at = self.nodes[at].parent;
                    continue;
                }
                _ => {}
            }
            let Some(next) = self.nodes[at].children.get(&name).copied() else {
                at = self.insert(at, name, Node::new(Kind::Folder, 0o755))?;
                continue;
            };
            match self.nodes[next].kind {
                Kind::Folder => at = next,
                Kind::SymbolicLink => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Impossible("too many links"));
                    }
                    let target = &self.nodes[next].target;
                    if target.first() == Some(&b'/') {
                        at = Self::ROOT;
                    }
                    rest.extend(target.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
                    if rest.len() > MOST_DEPTH * 4 {
                        return Err(Impossible("a path that is too long"));
                    }
                }
                _ => return Err(Impossible("a path through a file")),
            }
        }
        Ok(at)
    }
}

/// The names of a path: `..` takes one away, and leads nowhere above the layer.
fn clean(path: &[u8]) -> Result<Vec<Vec<u8>>, Impossible> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            _ if part.len() > MOST_OF_NAME || parts.len() >= MOST_DEPTH => {
                return Err(Impossible("a name that is too long"));
            }
            _ => parts.push(part.to_vec()),
        }
    }
    Ok(parts)
}

/// File capabilities and the author's own, as when a layer is unpacked. Links and nodes can have neither.
fn is_welcome(key: &str, kind: Kind) -> bool {
    let is_plain = matches!(kind, Kind::File | Kind::Folder);
    key.len() <= MOST_OF_NAME
        && is_plain
        && (key == "security.capability" || key.starts_with("user."))
}
