//! The nodes that the kernel knows: a number for each file of the server's.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize},
    },
};

use nix::errno::Errno;
use parking_lot::{Mutex, RwLock};

use super::bytes::Unsettled;
use crate::{fuse::ROOT, nfs::FileHandle};

/// Files that the kernel may know at a time: some hundred bytes each.
const MAX_NODES: usize = 2 << 20;

pub struct Node {
    pub number: u64,
    pub handle: FileHandle,
    /// The change that the server named when it was opened last.
    pub change_at_open: Mutex<Option<u64>>,
    pub opens: AtomicUsize,
    /// Where it lies since it was removed while it was open: folder and name.
    pub hidden: Mutex<Option<(FileHandle, Vec<u8>)>>,
    pub unsettled: Mutex<Unsettled>,
    /// The server began anew: what is not settled may be gone there.
    pub may_lack: AtomicBool,
    /// Taken alone by those who settle what was written, and by those who append.
    pub writes: RwLock<()>,
    /// Held by who settles, so that nobody who comes then believes that there is nothing to settle.
    pub settling: Mutex<()>,
}

impl Node {
    fn new(number: u64, handle: FileHandle) -> Self {
        Self {
            number,
            handle,
            change_at_open: Mutex::default(),
            opens: AtomicUsize::default(),
            hidden: Mutex::default(),
            unsettled: Mutex::default(),
            may_lack: AtomicBool::default(),
            writes: RwLock::default(),
            settling: Mutex::default(),
        }
    }
}

#[derive(Default)]
struct Known {
    by_number: HashMap<u64, (Arc<Node>, u64)>,
    by_handle: HashMap<FileHandle, u64>,
    last: u64,
}

pub struct Tree(Mutex<Known>);

impl Tree {
    pub fn new(root: FileHandle) -> Self {
        let mut known = Known {
            last: ROOT,
            ..Known::default()
        };
        let node = Arc::new(Node::new(ROOT, root.clone()));
        known.by_number.insert(ROOT, (node, 1));
        known.by_handle.insert(root, ROOT);
        Self(Mutex::new(known))
    }

    pub fn node(&self, number: u64) -> Result<Arc<Node>, Errno> {
        let known = self.0.lock();
        let node = known.by_number.get(&number);
        node.map(|(node, _)| node.clone()).ok_or(Errno::ESTALE)
    }

    /// The kernel is told of it once more.
    pub fn tell(&self, handle: FileHandle) -> Result<Arc<Node>, Errno> {
        let mut known = self.0.lock();
        if let Some(number) = known.by_handle.get(&handle).copied()
            && let Some((node, told)) = known.by_number.get_mut(&number)
        {
            *told += 1;
            return Ok(node.clone());
        }
        if known.by_number.len() >= MAX_NODES {
            return Err(Errno::ENFILE);
        }
        known.last += 1;
        let number = known.last;
        let node = Arc::new(Node::new(number, handle.clone()));
        known.by_number.insert(number, (node.clone(), 1));
        known.by_handle.insert(handle, number);
        Ok(node)
    }

    /// It is known for that handle, if it is.
    pub fn find(&self, handle: &FileHandle) -> Option<Arc<Node>> {
        let known = self.0.lock();
        let number = known.by_handle.get(handle)?;
        Some(known.by_number.get(number)?.0.clone())
    }

    pub fn forget(&self, number: u64, times: u64) {
        let mut known = self.0.lock();
        let Some((node, told)) = known.by_number.get_mut(&number) else {
            return;
        };
        *told = told.saturating_sub(times);
        if *told > 0 || number == ROOT {
            return;
        }
        let handle = node.handle.clone();
        known.by_number.remove(&number);
        known.by_handle.remove(&handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(of: u8) -> FileHandle {
        Arc::from(&[of; 20][..])
    }

    #[test]
    fn a_file_has_one_number_until_it_is_forgotten() {
        let tree = Tree::new(handle(0));
        let first = tree.tell(handle(1)).unwrap();
        assert_eq!(tree.tell(handle(1)).unwrap().number, first.number);
        assert_ne!(tree.tell(handle(2)).unwrap().number, first.number);
        assert_eq!(tree.tell(handle(0)).unwrap().number, ROOT);
        tree.forget(first.number, 1);
        assert!(tree.node(first.number).is_ok());
        tree.forget(first.number, 1);
        assert!(tree.node(first.number).is_err() && tree.find(&handle(1)).is_none());
        assert_ne!(tree.tell(handle(1)).unwrap().number, first.number);
        tree.forget(ROOT, 99);
        assert!(tree.node(ROOT).is_ok());
    }
}
