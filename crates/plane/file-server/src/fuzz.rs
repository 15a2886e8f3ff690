//! What fuzzing reaches of this crate: calls of a client, and the line that it may begin with.

use std::{
    cell::Cell,
    fs::File,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use parking_lot::Mutex;
use wharf_nfs_wire::rpc::{self, Caller};

use crate::{
    config::{AccessPoint, Permissions},
    connection,
    files::{FileHandle, Tree},
    nfs::{Client, MAX_IO, MAX_MESSAGE, Server, call, state::State},
    ticket::{MAX_TICKET, Ticket, signed},
};

const KEY: &[u8] = b"key";
/// What stands for the handle of the root in a call: nobody can guess it.
const ROOT: &[u8] = b"\0\0\0\x05@root\0\0\0";
/// What an operation adds to an answer beside bytes of a file, at most.
const AROUND: usize = 16 << 10;

thread_local! {
    static NEXT: Cell<u8> = const { Cell::new(0) };
}

/// Numbers in their order, so that inputs can name sessions.
fn counting(bytes: &mut [u8]) -> std::io::Result<()> {
    NEXT.set(NEXT.get().wrapping_add(1));
    bytes.fill(NEXT.get());
    Ok(())
}

/// Clients of one server, over the files in a folder.
pub struct Clients {
    server: Arc<Server>,
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    pub may_write: bool,
    pub may_be_root: bool,
    /// At the access point `/point` rather than at the root.
    pub at_point: bool,
    pub uid: u32,
}

impl Clients {
    /// `None` where the system has no handles of files for this process, or does not let it act as others.
    pub fn new(folder: &Path) -> Option<Self> {
        NEXT.set(0);
        let folder = OwnedFd::from(File::open(folder).ok()?);
        let handle = FileHandle::of(folder.as_fd()).ok()?;
        handle.open(folder.as_fd(), libc::O_PATH).ok()?;
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let server = Server {
            tree: Tree::new(folder, KEY.to_vec(), Some(1)),
            state: Mutex::new(State::new(1, false)),
            verifier: [1; 8],
            locked: Box::new(|| {}),
            has_room: Box::new(|| true),
            failed: Box::new(|| {}),
            changed: Arc::new(AtomicBool::new(false)),
            random: counting,
        };
        Some(Self {
            server: Arc::new(server),
        })
    }

    /// The arguments of a compound, by a client of that kind.
    pub fn compound(&self, who: Who, arguments: &[u8]) {
        let caller = Caller {
            user: who.uid,
            group: who.uid,
            groups: vec![who.uid],
        };
        let mut call = rpc::call(7, &caller, &wharf_nfs_wire::xdr::Writer::default());
        call.extend(arguments);
        self.call(who, &call[4..]);
    }

    /// A record as it comes over a connection, without its mark.
    pub fn call(&self, who: Who, call: &[u8]) {
        let tree = &self.server.tree;
        let root = match who.at_point {
            true => tree.root_of(&AccessPoint {
                path: "/point".to_owned(),
                ..AccessPoint::default()
            }),
            false => tree.root(),
        };
        // The folder of the access point may be gone.
        let Ok(root) = root else { return };
        let handle = root.handle.signed(tree.key(), &root.handle);
        let client = Client {
            server: self.server.clone(),
            root,
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            class: u64::from(who.at_point),
            permissions: Permissions {
                mount: true,
                write: who.may_write,
                root: who.may_be_root,
            },
            user: None,
        };
        let Some(answer) = call::answer(&client, &with_handle(call, &handle)) else {
            return;
        };
        assert!(answer.len() <= MAX_MESSAGE + MAX_IO as usize + AROUND);
        assert_eq!(rpc::xid(&answer[4..]), rpc::xid(call));
        assert!(rpc::reply(&answer[4..]).is_ok(), "an answer can be read");
        let state = self.server.state.lock();
        let mut slots = state.sessions.values().flat_map(|it| &it.slots);
        assert!(slots.all(|it| !it.busy), "a slot is free after its call");
        let is_there = |client: u64| state.clients.contains_key(&client);
        assert!(state.opens.values().all(|it| is_there(it.client)));
        assert!(state.lock_owners.values().all(|it| is_there(it.client)));
    }
}

fn with_handle(call: &[u8], handle: &[u8]) -> Vec<u8> {
    let mut shown = wharf_nfs_wire::xdr::Writer::default();
    shown.opaque(handle);
    let (mut out, mut rest) = (Vec::new(), call);
    while let Some(at) = rest.windows(ROOT.len()).position(|it| it == ROOT) {
        out.extend(&rest[..at]);
        out.extend(shown.bytes());
        rest = &rest[at + ROOT.len()..];
    }
    out.extend(rest);
    out
}

/// What a connection begins with; and the same as what a ticket says, signed.
pub fn ticket(bytes: &[u8]) {
    const FILE_SYSTEM: &str = "fs-1";
    if let Some((first, mut rest)) = bytes.split_first()
        && let Ok(line) = connection::line(*first, &mut rest)
    {
        assert!(line.len() <= MAX_TICKET);
        let _ = Ticket::read(&line, KEY, FILE_SYSTEM, 0);
        let other = b"of another file system";
        assert!(Ticket::read(&line, other, FILE_SYSTEM, 0).is_err());
    }
    let line = signed(bytes, KEY);
    if let Ok(ticket) = Ticket::read(&line, KEY, FILE_SYSTEM, 0) {
        assert_eq!(ticket.file_system, FILE_SYSTEM);
        let again = Ticket::read(&ticket.signed(KEY), KEY, FILE_SYSTEM, ticket.expires_ms);
        assert_eq!(again, Ok(ticket));
    }
}
