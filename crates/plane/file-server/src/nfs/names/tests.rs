//! What making something answers, over files of this machine. Without its kernel's handles, or without root's rights,
//! nothing is served here.

use std::{
    fs::File,
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use parking_lot::Mutex;

use super::*;
use crate::{
    config::{Permissions, User},
    files::{FileHandle, Tree},
    nfs::{Client, Server, compound::answer, state::State},
};

const PUT_ROOT: u32 = 24;
const CREATE: u32 = 6;

/// Somebody at the root of a folder, who may act as root.
fn client(folder: &Path, has_room: bool, may_write: bool) -> Option<Client> {
    let folder = OwnedFd::from(File::open(folder).ok()?);
    let handle = FileHandle::of(folder.as_fd()).ok()?;
    handle.open(folder.as_fd(), libc::O_PATH).ok()?;
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let server = Server {
        tree: Tree::new(folder, b"key".to_vec(), Some(1)),
        state: Mutex::new(State::new(1, false)),
        verifier: [1; 8],
        locked: Box::new(|| {}),
        has_room: Box::new(move || has_room),
        failed: Box::new(|| {}),
        changed: Arc::new(AtomicBool::new(false)),
        random: |_| Ok(()),
    };
    Some(Client {
        root: server.tree.root().unwrap(),
        server: Arc::new(server),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        class: 0,
        permissions: Permissions {
            mount: true,
            write: may_write,
            root: true,
        },
        user: None,
    })
}

/// How a compound ends that makes something in the root.
fn made(client: &Client, kind: Kind, name: &str) -> Status {
    let mut call = Writer::default();
    call.opaque(b"").u32(0).u32(2);
    call.u32(PUT_ROOT).u32(CREATE).u32(kind as u32);
    if kind == Kind::Link {
        call.opaque(b"elsewhere");
    }
    // Without attributes.
    call.opaque(name.as_bytes()).words(&[]).opaque(&[]);
    let root = User {
        uid: 0,
        gid: 0,
        groups: Vec::new(),
    };
    let mut out = Writer::default();
    answer(client, root, &mut Reader::new(call.bytes()), &mut out).unwrap();
    Status(Reader::new(out.bytes()).u32().unwrap())
}

#[test]
fn what_is_there_is_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    for (has_room, may_write, otherwise) in [
        (true, true, Status::OK),
        (false, true, Status::NOSPC),
        (true, false, Status::ROFS),
    ] {
        let Some(client) = client(folder.path(), has_room, may_write) else {
            return;
        };
        for name in ["folder", "file", "link"] {
            for kind in [Kind::Folder, Kind::Link, Kind::Fifo] {
                let ended = made(&client, kind, name);
                assert_eq!(ended, Status::EXIST, "{kind:?} {name} {otherwise:?}");
            }
        }
        assert_eq!(made(&client, Kind::Folder, "new"), otherwise);
        let _ = std::fs::remove_dir(folder.path().join("new"));
    }
}

#[test]
fn of_many_who_make_a_folder_one_has_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let ended: Vec<Status> = thread::scope(|scope| {
        let each =
            || client(folder.path(), true, true).map(|client| made(&client, Kind::Folder, "new"));
        let all: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
        let all = all.into_iter();
        all.filter_map(|it| it.join().unwrap()).collect()
    });
    if ended.is_empty() {
        return;
    }
    let makers = ended.iter().filter(|it| **it == Status::OK).count();
    let losers = ended.iter().filter(|it| **it == Status::EXIST).count();
    assert_eq!((makers, losers), (1, 7), "{ended:?}");
}
