//! Answers what the kernel asks, several requests at a time.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, IoSlice},
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::uio::writev,
    unistd::{read, write},
};
use parking_lot::{Condvar, Mutex};

use crate::{
    broker::Broker,
    client::{By, Failed},
    files::{Files, New, tree::Node},
    fuse::{
        MOST, WRITE_HEAD,
        answer::{self, Cache},
        request::{AskedLock, Asks, Request, request},
    },
    nfs::attributes::{Attributes, Kind},
    patience::Patience,
    rpc::Caller,
};

/// How long a process's groups are taken for what they were.
const GROUPS_FOR: Duration = Duration::from_millis(200);
const MAX_KNOWN: usize = 1024;
/// Locks that are waited for, and between two tries for one.
const MAX_WAITING: usize = 4096;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A process as it asked, and its groups as they were then.
type Groups = HashMap<(u32, u32, u32), (Instant, Vec<u32>)>;

pub struct Server {
    files: Arc<Files>,
    fuse: OwnedFd,
    broker: Option<Arc<Broker>>,
    groups: Mutex<Groups>,
    /// Requests that are worked on, and whether whoever asked was interrupted.
    running: Mutex<BTreeMap<u64, Arc<AtomicBool>>>,
    waiting: Mutex<Vec<Waiting>>,
    woken: Condvar,
}

/// A lock that somebody waits for.
struct Waiting {
    id: u64,
    by: By,
    node: Arc<Node>,
    lock: AskedLock,
    next: Instant,
    pause: Duration,
}

impl Server {
    pub fn new(files: Arc<Files>, fuse: OwnedFd, broker: Option<Arc<Broker>>) -> Self {
        Self {
            files,
            fuse,
            broker,
            groups: Mutex::default(),
            running: Mutex::default(),
            waiting: Mutex::default(),
            woken: Condvar::new(),
        }
    }

    pub fn say_farewell(&self) {
        self.files.client.farewell();
    }

    fn caller(&self, request: &Request<'_>) -> Caller {
        let ids = self.files.ids;
        let groups = self.groups_of(request).into_iter();
        let groups = groups.filter(|it| *it != request.group);
        Caller {
            user: ids.inside(request.user),
            group: ids.inside(request.group),
            groups: groups.map(|it| ids.inside(it)).collect(),
        }
    }

    fn groups_of(&self, request: &Request<'_>) -> Vec<u32> {
        let Some(broker) = self.broker.as_ref().filter(|_| request.process != 0) else {
            return Vec::new();
        };
        let key = (request.process, request.user, request.group);
        if let Some((since, groups)) = self.groups.lock().get(&key)
            && since.elapsed() < GROUPS_FOR
        {
            return groups.clone();
        }
        let groups = broker.groups(request.process);
        let mut known = self.groups.lock();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, (Instant::now(), groups.clone()));
        groups
    }

    fn say(&self, id: u64, body: Result<&[u8], Errno>) -> io::Result<()> {
        let (error, body) = match body {
            Ok(body) => (0, body),
            Err(errno) => (errno as i32, &[][..]),
        };
        let head = answer::head(id, error, body.len());
        match writev(&self.fuse, &[IoSlice::new(&head), IoSlice::new(body)]) {
            // Whoever asked is gone.
            Ok(_) | Err(Errno::ENOENT) => Ok(()),
            // The server said what the kernel does not take.
            Err(Errno::EINVAL) if !body.is_empty() => self.say(id, Err(Errno::EIO)),
            Err(other) => Err(other.into()),
        }
    }

    /// The kernel asks for attributes anew, and drops what it has of the file if they are others.
    fn say_changed(&self, node: u64) {
        // It may know nothing of it any more.
        let _ = write(&self.fuse, &answer::attributes_changed(node));
    }

    fn interrupt(&self, id: u64) -> Result<(), Errno> {
        match self.running.lock().get(&id) {
            Some(interrupted) => interrupted.store(true, Ordering::Relaxed),
            // It is just being read, or has been answered: the kernel knows, and says it once more in the first case.
            None => return Err(Errno::EAGAIN),
        }
        let mut waiting = self.waiting.lock();
        let its = waiting.iter_mut().filter(|it| it.id == id);
        its.for_each(|it| it.next = Instant::now());
        drop(waiting);
        self.woken.notify_all();
        Ok(())
    }

    /// Tries for locks that somebody waits for, for ever.
    pub fn try_locks(&self) {
        loop {
            let due = {
                let mut waiting = self.waiting.lock();
                let now = Instant::now();
                let at = waiting.iter().position(|it| it.next <= now);
                match at {
                    Some(at) => waiting.swap_remove(at),
                    None => {
                        let next = waiting.iter().map(|it| it.next).min();
                        let pause = next.map_or(LONGEST_PAUSE, |it| it - now);
                        self.woken.wait_for(&mut waiting, pause);
                        continue;
                    }
                }
            };
            self.try_lock(due);
        }
    }

    fn try_lock(&self, mut due: Waiting) {
        let had = match due.by.patience.is_interrupted() {
            true => Err(Errno::EINTR.into()),
            false => self.files.lock(&due.by, &due.node, &due.lock),
        };
        if had == Ok(false) {
            due.pause = (due.pause * 2).min(LONGEST_PAUSE);
            due.next = Instant::now() + due.pause;
            self.waiting.lock().push(due);
            return;
        }
        self.say_changed(due.node.number);
        self.running.lock().remove(&due.id);
        let said = had.map(|_| &[][..]).map_err(Failed::errno);
        let _ = self.say(due.id, said);
    }
}

pub struct Worker {
    server: Arc<Server>,
    request: Vec<u8>,
}

/// What is answered, if it is now.
type Answer = Option<Vec<u8>>;

impl Worker {
    pub fn new(server: Arc<Server>) -> Self {
        let request = vec![0; WRITE_HEAD + MOST as usize + 4096];
        Self { server, request }
    }

    /// Until the kernel says that nobody has the files any more.
    pub fn work(&mut self) -> io::Result<()> {
        loop {
            match read(&self.server.fuse, &mut self.request) {
                Ok(length) => self.answer(length)?,
                Err(Errno::ENODEV) => return Ok(()),
                // It was taken back, or comes again.
                Err(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => {}
                Err(other) => return Err(other.into()),
            }
        }
    }

    fn answer(&self, length: usize) -> io::Result<()> {
        let Some(request) = request(&self.request[..length]) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let (id, server) = (request.id, &self.server);
        match &request.asks {
            Asks::Forget(nodes) => {
                server.files.forget(nodes);
                return Ok(());
            }
            Asks::Interrupt(of) => {
                return match server.interrupt(*of) {
                    Ok(()) => Ok(()),
                    Err(errno) => server.say(id, Err(errno)),
                };
            }
            Asks::Init {
                major,
                minor,
                flags,
            } => {
                let body = answer::init(*major, *minor, *flags);
                return server.say(id, body.as_deref().ok_or(Errno::EPROTO));
            }
            _ => {}
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        server.running.lock().insert(id, interrupted.clone());
        let by = By {
            caller: server.caller(&request),
            patience: Patience::new(interrupted),
        };
        let answered = match self.done(&by, &request) {
            // Its turn comes.
            Ok(None) => return Ok(()),
            Ok(Some(body)) => Ok(body),
            Err(failed) => Err(failed.errno()),
        };
        server.running.lock().remove(&id);
        server.say(id, answered.as_deref().map_err(|errno| *errno))
    }

    fn done(&self, by: &By, request: &Request<'_>) -> Result<Answer, Failed> {
        let files = &self.server.files;
        let node = || files.node(request.node);
        let nothing = Ok(Some(Vec::new()));
        match &request.asks {
            Asks::Attributes => {
                let it = files.attributes(by, &*node()?)?;
                Ok(Some(answer::attributes(&files.ids.shown(it))))
            }
            Asks::SetAttributes { open, setting } => {
                let open = open.map(|it| files.opened(it)).transpose()?;
                let it = files.set_attributes(by, &*node()?, open.as_deref(), setting)?;
                Ok(Some(answer::attributes(&files.ids.shown(it))))
            }
            Asks::Room => Ok(Some(answer::room(&files.room(by, &*node()?)?))),
            Asks::Access(mask) => files.access(by, &*node()?, *mask).and(nothing),
            Asks::Open(flags) => self.open(by, &node()?, *flags),
            Asks::Read { open, at, bytes } => {
                let open = files.opened(*open)?;
                files.read(by, &open, *at, *bytes).map(Some)
            }
            Asks::Write { open, at, bytes } => {
                let open = files.opened(*open)?;
                files.write(by, &open, *at, bytes)?;
                Ok(Some(answer::written(bytes.len())))
            }
            Asks::Sync { open } => {
                let open = files.opened(*open)?;
                files.settle(by, &open.node).and(nothing)
            }
            Asks::Flush { open, owner } => {
                let open = files.opened(*open)?;
                let settled = files.settle(by, &open.node);
                let unlocked = files.unlock_all(by, request.node, false, *owner);
                settled.and(unlocked).and(nothing)
            }
            Asks::Release {
                open,
                owner,
                unlocks,
            } => {
                if *unlocks {
                    let _ = files.unlock_all(by, request.node, true, *owner);
                }
                files.close(by, *open).and(nothing)
            }
            Asks::OpenFolder => {
                let number = files.open_folder(node()?)?;
                Ok(Some(answer::opened(number, Cache::Drop)))
            }
            Asks::ReadFolder { open, at, bytes } => {
                let room = (*bytes).min(MOST) as usize;
                files.read_folder(by, *open, *at, room).map(Some)
            }
            Asks::ReleaseFolder { open } => {
                files.close_folder(*open);
                nothing
            }
            // What was made or removed is on the server's disk when it has answered.
            Asks::SyncFolder | Asks::Destroy => nothing,
            Asks::TestLock(lock) => {
                let held = files.test_lock(by, &*node()?, lock)?;
                Ok(Some(answer::lock(held)))
            }
            Asks::Lock { lock, waits } => self.lock(by, request.id, node()?, *lock, *waits),
            _ => self.of_names(by, &*node()?, &request.asks),
        }
    }

    fn of_names(&self, by: &By, node: &Node, asks: &Asks<'_>) -> Result<Answer, Failed> {
        let files = &self.server.files;
        let nothing = Ok(Some(Vec::new()));
        let entry = |(node, it): (Arc<Node>, Attributes)| {
            Ok(Some(answer::entry(node.number, &files.ids.shown(it))))
        };
        match asks {
            Asks::Lookup(name) => entry(files.lookup(by, node, name)?),
            Asks::ReadLink => files.read_link(by, node).map(Some),
            Asks::Symlink { name, target } => entry(files.make(
                by,
                node,
                name,
                &New {
                    kind: Kind::Link,
                    target,
                    device: (0, 0),
                    mode: None,
                },
            )?),
            Asks::MakeFolder { name, mode } => entry(files.make(
                by,
                node,
                name,
                &New {
                    kind: Kind::Folder,
                    target: b"",
                    device: (0, 0),
                    mode: Some(*mode),
                },
            )?),
            Asks::MakeNode { name, mode, device } => {
                let device = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
                match kind_of(*mode)? {
                    Kind::File => {
                        let flags = libc::O_WRONLY | libc::O_EXCL;
                        let (found, open) = files.create(by, node, name, flags, *mode)?;
                        files.close(by, open.number)?;
                        entry(found)
                    }
                    kind => entry(files.make(
                        by,
                        node,
                        name,
                        &New {
                            kind,
                            target: b"",
                            device,
                            mode: Some(*mode),
                        },
                    )?),
                }
            }
            Asks::Create { name, flags, mode } => {
                let ((node, it), open) = files.create(by, node, name, *flags, *mode)?;
                let cache = match open.appends {
                    true => Cache::Bypass,
                    false => Cache::Drop,
                };
                let it = files.ids.shown(it);
                Ok(Some(answer::created(node.number, &it, open.number, cache)))
            }
            Asks::Link { file, name } => {
                let file = files.node(*file)?;
                entry(files.link(by, &file, node, name)?)
            }
            Asks::Unlink(name) => files.unlink(by, node, name).and(nothing),
            Asks::RemoveFolder(name) => files.remove(by, &node.handle, name).and(nothing),
            Asks::Rename {
                name,
                folder,
                new,
                flags,
            } => {
                // To exchange two, or to replace none, is no operation of the server's.
                if *flags != 0 {
                    return Err(Errno::EINVAL.into());
                }
                let to = files.node(*folder)?;
                files.rename(by, (node, name), (&to, new)).and(nothing)
            }
            _ => Err(Errno::ENOSYS.into()),
        }
    }

    fn open(&self, by: &By, node: &Arc<Node>, flags: i32) -> Result<Answer, Failed> {
        let (open, cache, is_old) = self.server.files.open(by, node, flags)?;
        if is_old {
            self.server.say_changed(node.number);
        }
        Ok(Some(answer::opened(open.number, cache)))
    }

    fn lock(
        &self,
        by: &By,
        id: u64,
        node: Arc<Node>,
        lock: AskedLock,
        waits: bool,
    ) -> Result<Answer, Failed> {
        let server = &self.server;
        if server.files.lock(by, &node, &lock)? {
            // What was written by who had it before is to be seen.
            server.say_changed(node.number);
            return Ok(Some(Vec::new()));
        }
        if !waits {
            return Err(Errno::EAGAIN.into());
        }
        let mut waiting = server.waiting.lock();
        if waiting.len() >= MAX_WAITING {
            return Err(Errno::ENOLCK.into());
        }
        waiting.push(Waiting {
            id,
            by: by.clone(),
            node,
            lock,
            next: Instant::now() + FIRST_PAUSE,
            pause: FIRST_PAUSE,
        });
        drop(waiting);
        server.woken.notify_all();
        Ok(None)
    }
}

fn kind_of(mode: u32) -> Result<Kind, Errno> {
    match mode & libc::S_IFMT {
        libc::S_IFREG | 0 => Ok(Kind::File),
        libc::S_IFIFO => Ok(Kind::Fifo),
        libc::S_IFSOCK => Ok(Kind::Socket),
        libc::S_IFCHR => Ok(Kind::Character),
        libc::S_IFBLK => Ok(Kind::Block),
        _ => Err(Errno::EINVAL),
    }
}
