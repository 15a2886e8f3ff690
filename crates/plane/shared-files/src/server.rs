//! What all workers share: who waits for what, and how the kernel is told.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    io,
    os::fd::OwnedFd,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{errno::Errno, unistd::write};
use parking_lot::{Condvar, Mutex};
use wharf_nfs_wire::rpc::Caller;

use crate::{
    broker::Broker,
    client::{By, Failed},
    files::{Files, tree::Node},
    fuse::{
        answer,
        request::{AskedLock, Request, request},
        say,
    },
    patience::Patience,
};

/// How long a process's groups are taken for what they were.
const GROUPS_FOR: Duration = Duration::from_millis(200);
const MAX_KNOWN: usize = 1024;
/// Requests that are worked on at a time: each waits for the server.
pub const THREADS: usize = 16;
/// Bytes of those that wait for their turn.
const MAX_QUEUED: usize = 16 << 20;
/// Locks that are waited for, and between two tries for one.
pub const MAX_WAITING: usize = 4096;
pub const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A process as it asked, and its groups as they were then.
type Groups = HashMap<(u32, u32, u32), (Instant, Vec<u32>)>;

pub struct Server {
    pub files: Arc<Files>,
    pub fuse: OwnedFd,
    broker: Option<Arc<Broker>>,
    groups: Mutex<Groups>,
    /// Requests that are known, and for how long whoever asked waits.
    pub running: Mutex<BTreeMap<u64, Patience>>,
    pub waiting: Mutex<Vec<Waiting>>,
    pub woken: Condvar,
    pub turns: Mutex<Turns>,
}

/// Who works, and what nobody works on yet. One worker at least reads on, as long as there is room for what it reads: who
/// waits for a server that is away must be able to say that he does not any more.
#[derive(Default)]
pub struct Turns {
    busy: usize,
    queue: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Turns {
    /// Whether whoever read that does it now.
    pub fn begin(&mut self, request: &[u8]) -> bool {
        let is_last = self.busy + 1 == THREADS;
        if is_last && self.bytes + request.len() <= MAX_QUEUED {
            self.bytes += request.len();
            self.queue.push_back(request.to_vec());
            return false;
        }
        self.busy += 1;
        true
    }

    /// Nobody is to work on it any more. Whether nobody did.
    fn take_back(&mut self, id: u64) -> bool {
        let is_it = |it: &Vec<u8>| request(it).is_some_and(|it| it.id == id);
        let Some(at) = self.queue.iter().position(is_it) else {
            return false;
        };
        let taken = self.queue.remove(at);
        self.bytes -= taken.map_or(0, |it| it.len());
        true
    }

    /// What whoever is done does next.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let next = self.queue.pop_front();
        match &next {
            Some(request) => self.bytes -= request.len(),
            None => self.busy -= 1,
        }
        next
    }
}

/// A lock that somebody waits for.
pub struct Waiting {
    pub id: u64,
    pub by: By,
    pub node: Arc<Node>,
    pub lock: AskedLock,
    pub next: Instant,
    pub pause: Duration,
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
            turns: Mutex::default(),
        }
    }

    /// Closes what the kernel did not come to, and leaves the server. Not for long.
    pub fn say_farewell(&self) {
        const FAREWELL: Duration = Duration::from_secs(5);
        let by = By {
            patience: Patience::until(FAREWELL),
            ..By::keeper()
        };
        self.files.close_all(&by);
        self.files.client.farewell();
    }

    pub fn caller(&self, request: &Request<'_>) -> Caller {
        let ids = self.files.ids;
        let groups = self.groups_of(request).into_iter();
        let groups = groups.filter(|it| *it != request.group);
        let (user, group) = ids.caller((request.user, request.group));
        Caller {
            user,
            group,
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

    pub fn say(&self, id: u64, body: Result<&[u8], Errno>) -> io::Result<()> {
        let has_body = body.is_ok_and(|it| !it.is_empty());
        match say(&self.fuse, id, body) {
            // The server said what the kernel does not take.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && has_body => {
                say(&self.fuse, id, Err(Errno::EIO))
            }
            said => said,
        }
    }

    /// The kernel asks for attributes anew, and drops what it has of the file if they are others.
    pub fn say_changed(&self, node: u64) {
        // It may know nothing of it any more.
        let _ = write(&self.fuse, &answer::attributes_changed(node));
    }

    /// It is known from here on, so that it can be interrupted.
    pub fn begun(&self, id: u64) -> Patience {
        let mut running = self.running.lock();
        running.entry(id).or_default().clone()
    }

    /// Lets those go that were interrupted while nobody worked for them, for ever.
    pub fn let_go(&self) {
        loop {
            sleep(LONGEST_PAUSE);
            let running: Vec<_> = {
                let running = self.running.lock();
                let given_up = running.iter().filter(|(_, it)| !it.goes_on());
                given_up.map(|(id, _)| *id).collect()
            };
            for id in running {
                if self.turns.lock().take_back(id) {
                    self.running.lock().remove(&id);
                    let _ = self.say(id, Err(Errno::EINTR));
                }
            }
        }
    }

    pub fn interrupt(&self, id: u64) -> Result<(), Errno> {
        match self.running.lock().get(&id) {
            Some(patience) => patience.interrupt(),
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
