//! What clients hold: their ids, sessions, open files and locks. In memory alone.
//!
//! A client that says nothing for three leases is forgotten, with all that it holds. Everything belongs to a class, which
//! is what a connection was let in as: who comes in as another class has none of it.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use wharf_nfs_wire::{StateId, Status, Verifier, session::SessionId};

use super::attributes::LEASE_SECONDS;

mod locks;

pub use locks::{Held, Locks, Range};

const MAX_CLIENTS: usize = 256;
/// Of one address, which has no more connections either: one that may mount must not keep all others out.
const MAX_CLIENTS_OF_ADDRESS: usize = 64;
const MAX_SESSIONS: usize = 8;
const LEASE: Duration = Duration::from_secs(LEASE_SECONDS as u64);
/// Of one client, as EFS has it.
const MAX_OPENS: usize = 32_768;
/// Of all clients: each has a descriptor.
const MAX_ALL_OPENS: usize = 60_000;
const MAX_LOCKS: usize = 65_536;
pub const MAX_SLOTS: usize = 64;
/// Bytes of an answer that is kept for who asks again.
const MAX_KEPT: usize = 2 << 10;
/// How long clients that were before a start may reclaim locks while nobody gets new ones.
pub const GRACE: Duration = Duration::from_secs(45);

/// Names something that a client holds.
pub type Other = [u8; 12];
/// What a connection was let in as.
pub type Class = u64;

pub struct ClientRecord {
    pub class: Class,
    pub owner: Vec<u8>,
    pub verifier: Verifier,
    pub minor: u32,
    pub confirmed: bool,
    /// 4.0: what confirms it. 4.1: the number of the next session that it makes.
    pub confirmation: u64,
    /// The answer to the last making of a session.
    pub last_made: Option<Vec<u8>>,
    /// From where it came first.
    address: Option<IpAddr>,
    heard: Instant,
    opens: usize,
}

pub struct Session {
    pub client: u64,
    /// A later one has a larger number.
    pub number: u64,
    pub slots: Vec<Slot>,
}

#[derive(Default)]
pub struct Slot {
    pub seq: u32,
    pub busy: bool,
    kept: Option<Arc<Vec<u8>>>,
}

/// What a slot says of a call.
pub enum Turn {
    New,
    Again(Arc<Vec<u8>>),
}

pub struct Open {
    pub client: u64,
    pub owner: Vec<u8>,
    pub identity: (u64, u64),
    /// Bits: 1 to read, 2 to write.
    pub access: u32,
    pub file: Arc<OwnedFd>,
    pub seq: u32,
}

pub struct LockOwner {
    pub client: u64,
    pub owner: Vec<u8>,
    pub open: Other,
    pub identity: (u64, u64),
    pub seq: u32,
}

pub struct State {
    /// Of this start.
    boot: u32,
    next: u64,
    /// When the first client came.
    began: Option<Instant>,
    in_grace: bool,
    pub clients: BTreeMap<u64, ClientRecord>,
    pub sessions: HashMap<SessionId, Session>,
    pub opens: HashMap<Other, Open>,
    pub lock_owners: HashMap<Other, LockOwner>,
    pub locks: Locks,
}

impl State {
    /// `reclaims`: somebody had locks before this start.
    pub fn new(boot: u32, reclaims: bool) -> Self {
        Self {
            boot,
            next: 1,
            began: None,
            in_grace: reclaims,
            clients: BTreeMap::new(),
            sessions: HashMap::new(),
            opens: HashMap::new(),
            lock_owners: HashMap::new(),
            locks: Locks::default(),
        }
    }

    pub fn in_grace(&mut self) -> bool {
        self.in_grace &= self.began.is_none_or(|it| it.elapsed() < GRACE);
        self.in_grace
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn new_other(&mut self) -> Other {
        let number = self.number();
        let mut other = [0; 12];
        other[..4].copy_from_slice(&self.boot.to_be_bytes());
        other[4..].copy_from_slice(&number.to_be_bytes());
        other
    }

    fn is_of_this_start(&self, other: &Other) -> bool {
        other[..4] == self.boot.to_be_bytes()
    }

    /// Another client, that comes from an address.
    ///
    /// # Errors
    /// There are too many, of all or of the address: `DELAY`, since each that says nothing is forgotten after a while.
    pub fn new_client(
        &mut self,
        address: IpAddr,
        record: impl FnOnce(u64) -> ClientRecord,
    ) -> Result<u64, Status> {
        self.began.get_or_insert_with(Instant::now);
        self.sweep();
        if self.count_of(address) >= MAX_CLIENTS_OF_ADDRESS {
            // Those from before a restart of the host, say: its new ones need not wait for three leases.
            self.forget_silent(LEASE, |it| it.address == Some(address));
        }
        if self.clients.len() >= MAX_CLIENTS || self.count_of(address) >= MAX_CLIENTS_OF_ADDRESS {
            return Err(Status::DELAY);
        }
        let number = self.number();
        let id = u64::from(self.boot) << 32 | (number & 0xffff_ffff);
        let record = ClientRecord {
            address: Some(address),
            ..record(number)
        };
        self.clients.insert(id, record);
        Ok(id)
    }

    fn count_of(&self, address: IpAddr) -> usize {
        let all = self.clients.values();
        all.filter(|it| it.address == Some(address)).count()
    }

    /// A client of that class.
    pub fn client(&mut self, id: u64, class: Class) -> Result<&mut ClientRecord, Status> {
        let record = self.clients.get_mut(&id).filter(|it| it.class == class);
        let record = record.ok_or(Status::STALE_CLIENTID)?;
        record.heard = Instant::now();
        Ok(record)
    }

    /// Those that call themselves so.
    pub fn called(&self, class: Class, minor: u32, owner: &[u8]) -> Vec<u64> {
        let all = self.clients.iter();
        all.filter(|(_, it)| it.class == class && it.minor == minor && it.owner == owner)
            .map(|(id, _)| *id)
            .collect()
    }

    pub fn record(
        class: Class,
        owner: &[u8],
        verifier: Verifier,
        minor: u32,
        confirmation: u64,
    ) -> ClientRecord {
        ClientRecord {
            class,
            owner: owner.to_vec(),
            verifier,
            minor,
            confirmed: false,
            confirmation,
            last_made: None,
            address: None,
            heard: Instant::now(),
            opens: 0,
        }
    }

    /// Forgets a client and all that it holds.
    pub fn forget(&mut self, id: u64) {
        self.clients.remove(&id);
        self.sessions.retain(|_, it| it.client != id);
        self.opens.retain(|_, it| it.client != id);
        self.lock_owners.retain(|_, it| it.client != id);
        self.locks.forget(id);
    }

    /// Forgets those that say nothing any more.
    pub fn sweep(&mut self) {
        self.forget_silent(LEASE * 3, |_| true);
    }

    fn forget_silent(&mut self, longer_than: Duration, which: impl Fn(&ClientRecord) -> bool) {
        let silent = self
            .clients
            .iter()
            .filter(|(_, it)| which(it) && it.heard.elapsed() > longer_than);
        for id in silent.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.forget(id);
        }
    }

    /// Whether a client is one of that class.
    pub fn is_of(&self, client: u64, class: Class) -> bool {
        self.clients
            .get(&client)
            .is_some_and(|it| it.class == class)
    }

    pub fn add_session(&mut self, id: SessionId, client: u64, slots: usize) -> Result<(), Status> {
        let own = self.sessions.iter().filter(|(_, it)| it.client == client);
        if own.clone().count() >= MAX_SESSIONS {
            // A client that makes so many has lost those before.
            let oldest = own.min_by_key(|(_, it)| it.number).map(|(id, _)| *id);
            oldest.map(|id| self.sessions.remove(&id));
        }
        let slots = (0..slots.clamp(1, MAX_SLOTS)).map(|_| Slot::default());
        let slots = slots.collect();
        let number = self.number();
        let session = Session {
            client,
            slots,
            number,
        };
        self.sessions.insert(id, session);
        Ok(())
    }

    /// The session, if it is of a client of that class.
    pub fn session(&mut self, id: &SessionId, class: Class) -> Result<&mut Session, Status> {
        let client = self.sessions.get(id).map(|it| it.client);
        let client = client.ok_or(Status::BADSESSION)?;
        self.client(client, class).map_err(|_| Status::BADSESSION)?;
        self.sessions.get_mut(id).ok_or(Status::BADSESSION)
    }

    pub fn open_of(&self, client: u64, owner: &[u8], identity: (u64, u64)) -> Option<Other> {
        let is_it = |it: &Open| it.client == client && it.identity == identity && it.owner == owner;
        self.opens
            .iter()
            .find(|(_, it)| is_it(it))
            .map(|(other, _)| *other)
    }

    pub fn add_open(&mut self, open: Open) -> Result<StateId, Status> {
        let client = self.clients.get_mut(&open.client);
        let client = client.ok_or(Status::STALE_CLIENTID)?;
        if client.opens >= MAX_OPENS || self.opens.len() >= MAX_ALL_OPENS {
            return Err(Status::RESOURCE);
        }
        client.opens += 1;
        let other = self.new_other();
        let seq = open.seq;
        self.opens.insert(other, open);
        Ok(StateId { seq, other })
    }

    /// Closes it, with the locks that came by it.
    pub fn close(&mut self, other: &Other) {
        let Some(open) = self.opens.remove(other) else {
            return;
        };
        if let Some(client) = self.clients.get_mut(&open.client) {
            client.opens = client.opens.saturating_sub(1);
        }
        let gone = self.lock_owners.extract_if(|_, it| it.open == *other);
        for (_, it) in gone.collect::<Vec<_>>() {
            self.locks
                .release(it.identity, it.client, &it.owner, Range::ALL);
        }
    }

    /// An open file of that client.
    pub fn open(&mut self, id: &StateId, client: u64) -> Result<&mut Open, Status> {
        let unknown = self.unknown(&id.other);
        let open = self
            .opens
            .get_mut(&id.other)
            .filter(|it| it.client == client);
        let open = open.ok_or(unknown)?;
        checked_seq(id.seq, open.seq)?;
        Ok(open)
    }

    pub fn unknown(&self, other: &Other) -> Status {
        match self.is_of_this_start(other) {
            true => Status::BAD_STATEID,
            false => Status::STALE_STATEID,
        }
    }

    /// The open file by which something is read or written; of a lock, that of which it is.
    pub fn file(&self, id: &StateId, client: Option<u64>) -> Result<&Open, Status> {
        let by_lock = self.lock_owners.get(&id.other);
        let other = by_lock.map_or(id.other, |it| it.open);
        let open = self.opens.get(&other);
        // 4.0 says nothing of a client beside the state itself.
        let open = open.filter(|it| client.is_none_or(|client| it.client == client));
        let open = open.ok_or_else(|| self.unknown(&id.other))?;
        // Reads and writes that were sent before an answer that made it newer count.
        match checked_seq(id.seq, by_lock.map_or(open.seq, |it| it.seq)) {
            Ok(()) | Err(Status::OLD_STATEID) => Ok(open),
            Err(other) => Err(other),
        }
    }

    pub fn lock_owner(
        &mut self,
        id: &StateId,
        client: Option<u64>,
    ) -> Result<&mut LockOwner, Status> {
        let unknown = self.unknown(&id.other);
        let owner = self.lock_owners.get_mut(&id.other);
        let owner = owner.filter(|it| client.is_none_or(|client| it.client == client));
        let owner = owner.ok_or(unknown)?;
        checked_seq(id.seq, owner.seq)?;
        Ok(owner)
    }

    /// Whether there is room for one more.
    pub fn may_lock(&self) -> Result<(), Status> {
        match self.locks.len() < MAX_LOCKS {
            true => Ok(()),
            false => Err(Status::RESOURCE),
        }
    }

    /// Gives up a range of an owner's locks on a file. Where there is no room for one lock more, none is split.
    pub fn unlock(
        &mut self,
        file: (u64, u64),
        (client, owner): (u64, &[u8]),
        range: Range,
    ) -> Result<(), Status> {
        if self.locks.splits(file, client, owner, range) {
            self.may_lock()?;
        }
        self.locks.release(file, client, owner, range);
        Ok(())
    }
}

/// 0 stands for the latest.
pub fn checked_seq(said: u32, is: u32) -> Result<(), Status> {
    match said {
        0 => Ok(()),
        _ if said == is => Ok(()),
        _ if said < is => Err(Status::OLD_STATEID),
        _ => Err(Status::BAD_STATEID),
    }
}

impl Session {
    /// Begins a call in a slot.
    pub fn begin(&mut self, slot: u32, seq: u32) -> Result<Turn, Status> {
        let slot = self.slots.get_mut(slot as usize).ok_or(Status::BADSLOT)?;
        match seq {
            _ if slot.busy => Err(Status::DELAY),
            _ if seq == slot.seq => {
                let kept = slot.kept.clone();
                kept.map(Turn::Again).ok_or(match slot.seq {
                    0 => Status::SEQ_MISORDERED,
                    _ => Status::RETRY_UNCACHED,
                })
            }
            _ if seq == slot.seq.wrapping_add(1) => {
                slot.seq = seq;
                slot.busy = true;
                slot.kept = None;
                Ok(Turn::New)
            }
            _ => Err(Status::SEQ_MISORDERED),
        }
    }

    pub fn end(&mut self, slot: u32, answer: &[u8]) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.busy = false;
            slot.kept = (answer.len() <= MAX_KEPT).then(|| Arc::new(answer.to_vec()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn one_address_does_not_have_all_clients() {
        let mut state = State::new(7, false);
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        let mut come = |address: IpAddr, name: u64| {
            let owner = name.to_be_bytes();
            state.new_client(address, |it| State::record(1, &owner, [0; 8], 1, it))
        };
        for name in 0..MAX_CLIENTS_OF_ADDRESS as u64 {
            assert!(come(ADDRESS, name).is_ok());
        }
        assert_eq!(come(ADDRESS, 1000), Err(Status::DELAY));
        let first = come(other, 0).unwrap();
        // Those that say nothing for a lease make room for others of their address, and of no other.
        let Some(before) = Instant::now().checked_sub(LEASE * 2) else {
            return;
        };
        for record in state.clients.values_mut() {
            record.heard = before;
        }
        let owner = 1000_u64.to_be_bytes();
        let next = state.new_client(ADDRESS, |it| State::record(1, &owner, [0; 8], 1, it));
        assert!(next.is_ok());
        assert_eq!(state.clients.len(), 2);
        assert!(state.client(first, 1).is_ok());
    }

    #[test]
    fn a_slot_does_a_call_once() {
        let mut session = Session {
            client: 1,
            number: 1,
            slots: vec![Slot::default()],
        };
        assert!(matches!(session.begin(1, 1), Err(Status::BADSLOT)));
        assert!(matches!(session.begin(0, 0), Err(Status::SEQ_MISORDERED)));
        assert!(matches!(session.begin(0, 1), Ok(Turn::New)));
        assert!(matches!(session.begin(0, 1), Err(Status::DELAY)));
        session.end(0, b"answer");
        assert!(matches!(session.begin(0, 1), Ok(Turn::Again(it)) if *it == b"answer"));
        assert!(matches!(session.begin(0, 3), Err(Status::SEQ_MISORDERED)));
        assert!(matches!(session.begin(0, 2), Ok(Turn::New)));
        session.end(0, &vec![0; MAX_KEPT + 1]);
        let again = session.begin(0, 2);
        assert!(matches!(again, Err(Status::RETRY_UNCACHED)));
    }

    #[test]
    fn unlocking_makes_no_more_locks_than_locking_does() {
        let (mut state, file) = (State::new(7, false), (1, 1));
        let owner: &[u8] = b"a";
        let range = |first, last| Range { first, last };
        let held = |first, last| Held {
            client: 1,
            owner: owner.to_vec(),
            range: range(first, last),
            exclusive: true,
        };
        // Each in a file of its own, where to look at one is quick.
        for number in 1..MAX_LOCKS as u64 {
            state.locks.take((2, number), held(0, 0));
        }
        state.locks.take(file, held(0, 99));
        let mut unlock = |first, last| state.unlock(file, (1, owner), range(first, last));
        assert_eq!(unlock(10, 19), Err(Status::RESOURCE));
        // What makes none more is done at any time.
        assert_eq!(unlock(90, 99), Ok(()));
        assert_eq!(state.locks.len(), MAX_LOCKS);
        state.locks.release((2, 1), 1, owner, Range::ALL);
        let mut unlock = |first, last| state.unlock(file, (1, owner), range(first, last));
        assert_eq!(unlock(10, 19), Ok(()));
        assert_eq!(unlock(30, 39), Err(Status::RESOURCE));
    }

    #[test]
    fn what_a_client_holds_is_its_class_own() {
        let mut state = State::new(7, false);
        let id = state
            .new_client(ADDRESS, |number| State::record(1, b"a", [0; 8], 1, number))
            .unwrap();
        assert!(state.client(id, 1).is_ok());
        assert!(matches!(state.client(id, 2), Err(Status::STALE_CLIENTID)));
        state.add_session([1; 16], id, 4).unwrap();
        assert!(state.session(&[1; 16], 1).is_ok());
        assert!(matches!(
            state.session(&[1; 16], 2),
            Err(Status::BADSESSION)
        ));
        state.forget(id);
        assert!(matches!(
            state.session(&[1; 16], 1),
            Err(Status::BADSESSION)
        ));
    }
}
