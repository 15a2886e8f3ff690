//! The client as the server sees it: one owner of state, a session, and calls in its slots.
//!
//! Callers take a slot each; slot 0 is the keeper's ([`crate::keeper`]), which makes connections and sessions and has state
//! claimed anew before anybody else goes on. A call whose connection broke is sent again in the same slot with the same
//! number over another, so the server does it once. When the session is gone, what is asked is built anew, since the
//! state that it names is another.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nix::errno::Errno;
use parking_lot::{Condvar, Mutex, MutexGuard};
use wharf_nfs_wire::{
    Status,
    rpc::{self, Caller, Reply},
};

use crate::{
    fuse::MOST,
    link::{Link, NoAnswer},
    nfs::{
        compound::{Compound, Turn},
        results::{Problem, Results, Session},
    },
    patience::Patience,
};

/// Connections, over which calls are spread: a server may answer the calls of one in their turn.
pub const LINKS: usize = 4;
/// Slots that are asked for. The first is the keeper's.
pub const SLOTS: u32 = 32;
const KEEPER: usize = 0;
/// Bytes of a call or its answer beside what is read or written.
const BESIDE: u32 = 8 << 10;
const LEAST: u32 = 4 << 10;
const LOOK: Duration = Duration::from_millis(250);
/// Answers that cannot be read or make no sense, one after another, before whoever asked gets an error.
const MAX_UNREADABLE: u32 = 3;

/// Who asks, and for how long.
#[derive(Debug, Clone)]
pub struct By {
    pub caller: Caller,
    pub patience: Patience,
}

impl By {
    /// The client itself.
    pub fn keeper() -> Self {
        Self {
            caller: Caller::default(),
            patience: Patience::endless(),
        }
    }
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    Status(Status),
    Other(Errno),
}

impl Failed {
    pub fn errno(self) -> Errno {
        match self {
            Self::Status(status) => status.errno(),
            Self::Other(errno) => errno,
        }
    }

    pub fn is(self, status: Status) -> bool {
        self == Self::Status(status)
    }
}

impl From<Errno> for Failed {
    fn from(errno: Errno) -> Self {
        Self::Other(errno)
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Status(status) => Self::Status(status),
            Problem::Malformed(_) => Self::Other(Errno::EIO),
        }
    }
}

/// What an operation that is built needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    pub client: u64,
    /// It was sent in a session that is gone, and may have been done there.
    pub again: bool,
}

#[derive(Default)]
pub struct Shared {
    pub links: [Option<Arc<Link>>; LINKS],
    pub session: Option<Current>,
    /// Of the newest session.
    pub epoch: u64,
    /// As the server knew it last.
    pub client: Option<u64>,
    /// State at the server is gone.
    pub state_lost: bool,
    /// The server does not know this client any more, and may await that it claims its state.
    pub is_new: bool,
    pub last_call: Option<Instant>,
}

pub struct Current {
    pub id: [u8; 16],
    slots: Vec<Slot>,
    /// The most that is read or written at a time.
    most: u32,
    /// State was claimed anew: others than the keeper may use it.
    pub open: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Slot {
    number: u32,
    taken: bool,
}

impl Current {
    pub fn new(session: &Session) -> Self {
        let channel = session.channel;
        let slots = vec![Slot::default(); channel.requests.clamp(1, SLOTS) as usize];
        let both = channel.request_bytes.min(channel.response_bytes);
        Self {
            id: session.id,
            slots,
            most: both.saturating_sub(BESIDE).clamp(LEAST, MOST),
            open: false,
        }
    }
}

#[derive(Default)]
pub struct Client {
    shared: Mutex<Shared>,
    changed: Condvar,
}

/// A slot of a session.
#[derive(Debug, Clone, Copy)]
struct Place {
    epoch: u64,
    slot: usize,
    client: u64,
}

enum Ended {
    /// The session is no more.
    Lost,
    /// The same, and the server has no reason for it that it may have.
    Odd,
    Failed(Errno),
}

impl Client {
    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock()
    }

    /// The most that is read or written at a time.
    pub fn most(&self) -> usize {
        let shared = self.shared.lock();
        shared.session.as_ref().map_or(LEAST, |it| it.most) as usize
    }

    pub fn changed(&self) {
        self.changed.notify_all();
    }

    /// Until something changed, or for a moment.
    pub fn wait(&self, shared: &mut MutexGuard<'_, Shared>, most: Duration) {
        self.changed.wait_for(shared, most);
    }

    /// Asks until there is an answer. `keep`: it must not be done twice.
    pub fn ask<T>(
        &self,
        by: &By,
        keep: bool,
        build: impl Fn(Round) -> Compound,
        read: impl Fn(&mut Results<'_>) -> Result<T, Problem>,
    ) -> Result<T, Failed> {
        let (mut again, mut tries, mut odd) = (false, 0, 0);
        loop {
            let place = self.take_slot(by)?;
            let round = Round {
                client: place.client,
                again,
            };
            let ops = build(round);
            let mut sent = false;
            match self.in_slot(place, by, (&ops, keep), &mut sent) {
                Err(Ended::Lost) => again |= sent,
                Err(Ended::Odd) if odd < MAX_UNREADABLE => {
                    again |= sent;
                    odd += 1;
                }
                Err(Ended::Odd) => return Err(Errno::EIO.into()),
                Err(Ended::Failed(errno)) => return Err(errno.into()),
                Ok(record) => match read_answer(&record, &ops, &read) {
                    Err(Problem::Status(status)) if status.is_later() => {
                        if !by.patience.goes_on() {
                            return Err(Errno::EINTR.into());
                        }
                        by.patience.pause(tries);
                        tries += 1;
                    }
                    other => return other.map_err(Into::into),
                },
            }
        }
    }

    /// By the keeper, in a session that need not be open to others.
    ///
    /// # Errors
    /// Also `ECONNRESET`, if the session is gone.
    pub fn ask_as_keeper<T>(
        &self,
        by: &Caller,
        build: impl Fn(u64) -> Compound,
        read: impl Fn(&mut Results<'_>) -> Result<T, Problem>,
    ) -> Result<T, Failed> {
        let by = By {
            caller: by.clone(),
            patience: Patience::endless(),
        };
        let mut tries = 0;
        loop {
            let place = {
                let mut shared = self.shared.lock();
                let (epoch, client) = (shared.epoch, shared.client.unwrap_or_default());
                let session = shared.session.as_mut().ok_or(Errno::ECONNRESET)?;
                session.slots[KEEPER].taken = true;
                Place {
                    epoch,
                    slot: KEEPER,
                    client,
                }
            };
            let ops = build(place.client);
            match self.in_slot(place, &by, (&ops, true), &mut false) {
                Err(Ended::Lost | Ended::Odd) => return Err(Errno::ECONNRESET.into()),
                Err(Ended::Failed(errno)) => return Err(errno.into()),
                Ok(record) => match read_answer(&record, &ops, &read) {
                    Err(Problem::Status(Status::DELAY)) => {
                        by.patience.pause(tries);
                        tries += 1;
                    }
                    other => return other.map_err(Into::into),
                },
            }
        }
    }

    fn take_slot(&self, by: &By) -> Result<Place, Errno> {
        let mut shared = self.shared.lock();
        loop {
            let (epoch, client) = (shared.epoch, shared.client.unwrap_or_default());
            if let Some(session) = shared.session.as_mut().filter(|it| it.open) {
                let mut slots = session.slots.iter_mut().enumerate().skip(KEEPER + 1);
                if let Some((slot, free)) = slots.find(|(_, it)| !it.taken) {
                    free.taken = true;
                    return Ok(Place {
                        epoch,
                        slot,
                        client,
                    });
                }
            }
            if !by.patience.goes_on() {
                return Err(Errno::EINTR);
            }
            self.changed.wait_for(&mut shared, LOOK);
        }
    }

    /// The answer of the server, the slot free again. `sent`: the server may have heard of it.
    fn in_slot(
        &self,
        place: Place,
        by: &By,
        (ops, keep): (&Compound, bool),
        sent: &mut bool,
    ) -> Result<Vec<u8>, Ended> {
        let (mut tries, mut unreadable) = (0, 0);
        loop {
            let (session, turn, slots, link) = self.turn(place, by)?;
            let mut all = Compound::default();
            all.sequence(&session, turn, slots, keep).then(ops);
            *sent = true;
            let goes_on = || by.patience.goes_on() && self.shared.lock().epoch == place.epoch;
            let record = match link.call(&by.caller, &all.finish(), &goes_on) {
                Ok(record) => record,
                Err(NoAnswer::Broken) => {
                    self.changed();
                    continue;
                }
                Err(NoAnswer::Given) => return Err(self.abandon(place)),
            };
            match said_of_session(&record, all.operations().len()) {
                Said::Done { state_lost } => {
                    self.answered(place, true, state_lost);
                    return Ok(record);
                }
                Said::Refused => {
                    self.answered(place, false, false);
                    return Err(Ended::Failed(Errno::EACCES));
                }
                Said::Status(Status::DELAY) if by.patience.goes_on() => {
                    by.patience.pause(tries);
                    tries += 1;
                }
                Said::Status(Status::RETRY_UNCACHED) => self.count(place),
                Said::Status(status) => {
                    self.lose(place.epoch);
                    return Err(match status.ends_session() {
                        true => Ended::Lost,
                        false => Ended::Odd,
                    });
                }
                Said::Unreadable => {
                    link.end();
                    unreadable += 1;
                    if unreadable == MAX_UNREADABLE {
                        self.lose(place.epoch);
                        return Err(Ended::Failed(Errno::EIO));
                    }
                }
            }
        }
    }

    /// What the next call of the slot goes by.
    fn turn(&self, place: Place, by: &By) -> Result<([u8; 16], Turn, u32, Arc<Link>), Ended> {
        let mut shared = self.shared.lock();
        loop {
            let is_its = shared.epoch == place.epoch;
            let session = shared.session.as_ref().filter(|_| is_its);
            let Some(session) = session else {
                return Err(Ended::Lost);
            };
            let turn = Turn {
                slot: u32::try_from(place.slot).unwrap_or(u32::MAX),
                number: session.slots[place.slot].number + 1,
            };
            let (id, slots) = (session.id, session.slots.len());
            let links = (0..LINKS).map(|it| &shared.links[(it + place.slot) % LINKS]);
            let mut links = links.flatten().filter(|it| !it.is_broken());
            if let Some(link) = links.next() {
                let slots = u32::try_from(slots).unwrap_or(u32::MAX);
                return Ok((id, turn, slots, link.clone()));
            }
            if place.slot == KEEPER {
                // Nobody else makes connections.
                return Err(Ended::Lost);
            }
            if !by.patience.goes_on() {
                drop(shared);
                return Err(self.abandon(place));
            }
            self.changed.wait_for(&mut shared, LOOK);
        }
    }

    fn slot_of(shared: &mut Shared, place: Place) -> Option<&mut Slot> {
        let is_its = shared.epoch == place.epoch;
        let session = shared.session.as_mut().filter(|_| is_its)?;
        session.slots.get_mut(place.slot)
    }

    fn answered(&self, place: Place, counts: bool, state_lost: bool) {
        let mut shared = self.shared.lock();
        shared.last_call = Some(Instant::now());
        if let Some(slot) = Self::slot_of(&mut shared, place) {
            slot.taken = false;
            slot.number = slot.number.wrapping_add(u32::from(counts));
            shared.state_lost |= state_lost;
        }
        drop(shared);
        self.changed.notify_all();
    }

    fn count(&self, place: Place) {
        let mut shared = self.shared.lock();
        if let Some(slot) = Self::slot_of(&mut shared, place) {
            slot.number = slot.number.wrapping_add(1);
        }
    }

    /// Whoever asked waits no longer; what the server does with it is not known, so the slot is of no use to others.
    fn abandon(&self, place: Place) -> Ended {
        let shared = self.shared.lock();
        if shared.epoch != place.epoch {
            return Ended::Lost;
        }
        let few = shared.session.as_ref().is_none_or(|it| {
            let free = it
                .slots
                .iter()
                .skip(KEEPER + 1)
                .filter(|it| !it.taken)
                .count();
            free < it.slots.len() / 4
        });
        drop(shared);
        if few {
            self.lose(place.epoch);
        }
        Ended::Failed(Errno::EINTR)
    }

    /// Nothing is kept for it any more, if the server hears it. By who ends with it.
    pub fn farewell(&self) {
        const ANSWER: Duration = Duration::from_secs(2);
        let (link, session, client) = {
            let shared = self.shared.lock();
            let mut links = shared.links.iter().flatten();
            let link = links.find(|it| !it.is_broken()).cloned();
            (link, shared.session.as_ref().map(|it| it.id), shared.client)
        };
        let (Some(link), Some(session), Some(client)) = (link, session, client) else {
            return;
        };
        let (mut ending, mut leaving) = (Compound::default(), Compound::default());
        ending.destroy_session(&session);
        leaving.destroy_client(client);
        for ops in [ending, leaving] {
            let end = Instant::now() + ANSWER;
            let goes_on = || Instant::now() < end;
            let _ = link.call(&Caller::default(), &ops.finish(), &goes_on);
        }
    }

    /// That session is of no use any more.
    pub fn lose(&self, epoch: u64) {
        let mut shared = self.shared.lock();
        if shared.epoch == epoch {
            shared.session = None;
        }
        drop(shared);
        self.changed.notify_all();
    }
}

enum Said {
    Done { state_lost: bool },
    Status(Status),
    Refused,
    Unreadable,
}

fn said_of_session(record: &[u8], asked: usize) -> Said {
    let read = match rpc::reply(record) {
        Ok(Reply::Done(read)) => read,
        Ok(Reply::Refused) => return Said::Refused,
        Err(_) => return Said::Unreadable,
    };
    let Ok(mut results) = Results::new(read, asked) else {
        return Said::Unreadable;
    };
    match results.sequence() {
        Ok(flags) => Said::Done {
            state_lost: flags.lost(),
        },
        Err(Problem::Status(status)) => Said::Status(status),
        Err(Problem::Malformed(_)) => Said::Unreadable,
    }
}

fn read_answer<T>(
    record: &[u8],
    ops: &Compound,
    read: &impl Fn(&mut Results<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let Reply::Done(body) = rpc::reply(record)? else {
        return Err(wharf_nfs_wire::xdr::Malformed.into());
    };
    let mut results = Results::new(body, ops.operations().len() + 1)?;
    results.sequence()?;
    read(&mut results)
}
