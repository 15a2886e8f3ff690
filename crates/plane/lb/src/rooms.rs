//! Connections that may be open at a time, so that neither one load balancer nor one client takes
//! all of them.
//!
//! A quarter is set aside: every load balancer may always have its part of it. The rest goes to who
//! comes first. A source address has a share as well, over all load balancers. Who runs the machine
//! may set other shares.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// Whose connections share: a load balancer's ARN, or an address that several listen at.
pub type Owner = Arc<str>;

/// Of all connections, one in so many is set aside for those who have few.
const SET_ASIDE: usize = 4;
/// Of all connections, a source has one in so many; loopback stands for everybody on this machine.
const SOURCE_SHARE: usize = 8;
const LOOPBACK_SHARE: usize = 2;

#[derive(Debug, Clone)]
pub struct Rooms(Arc<Inner>);

/// How many there are, and for whom at most; `None` is the default.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    pub all: usize,
    pub source: Option<usize>,
    pub owner: Option<usize>,
}

#[derive(Debug)]
struct Inner {
    most: usize,
    shares: Shares,
    state: Mutex<State>,
    /// A connection ended.
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What every owner may have, whatever the others do.
    guaranteed: usize,
    taken: HashMap<Owner, usize>,
    sources: HashMap<IpAddr, usize>,
    total: usize,
    /// Beyond what is guaranteed, over all owners.
    beyond: usize,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// The source has its share.
    Source,
    /// The owner has its share, and what is free is set aside for others.
    Full,
}

/// One connection's place, until it is dropped.
#[derive(Debug)]
pub struct Room {
    rooms: Rooms,
    owner: Owner,
    source: Option<IpAddr>,
}

impl Rooms {
    /// With the default shares.
    pub fn new(most: usize) -> Self {
        Self::of(Shares {
            all: most,
            source: None,
            owner: None,
        })
    }

    pub fn of(shares: Shares) -> Self {
        let most = shares.all;
        let state = State {
            guaranteed: (most / SET_ASIDE).max(1),
            ..State::default()
        };
        Self(Arc::new(Inner {
            most,
            shares,
            state: Mutex::new(state),
            freed: Notify::new(),
        }))
    }

    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.state().total
    }

    /// So many owners share from now on.
    pub fn share_among(&self, owners: usize) {
        let mut state = self.state();
        state.guaranteed = (self.0.most / SET_ASIDE / owners.max(1)).max(1);
        let guaranteed = state.guaranteed;
        let beyond = state.taken.values().map(|it| it.saturating_sub(guaranteed));
        state.beyond = beyond.sum();
    }

    /// Takes a place if there is one; `source` is the peer, if that is a client.
    pub fn try_enter(&self, owner: &Owner, source: Option<IpAddr>) -> Result<Room, NoRoom> {
        let mut state = self.state();
        if let Some(source) = source
            && state.sources.get(&source).copied().unwrap_or(0) >= self.share_of(source)
        {
            return Err(NoRoom::Source);
        }
        let own = state.taken.get(owner).copied().unwrap_or(0);
        let within = own < state.guaranteed;
        let free = state.beyond < self.0.most - self.0.most / SET_ASIDE;
        let has_share = self.0.shares.owner.is_some_and(|share| own >= share);
        if state.total >= self.0.most || has_share || !(within || free) {
            return Err(NoRoom::Full);
        }
        state.total += 1;
        state.beyond += usize::from(!within);
        state.taken.insert(Arc::clone(owner), own + 1);
        if let Some(source) = source {
            *state.sources.entry(source).or_default() += 1;
        }
        Ok(Room {
            rooms: self.clone(),
            owner: Arc::clone(owner),
            source,
        })
    }

    /// Waits for a place. An error is the source's: its share does not grow by waiting.
    pub async fn enter(&self, owner: &Owner, source: IpAddr) -> Result<Room, NoRoom> {
        loop {
            // Listening before the look, so that no end is missed.
            let freed = self.0.freed.notified();
            match self.try_enter(owner, Some(source)) {
                Err(NoRoom::Full) => freed.await,
                done => return done,
            }
        }
    }

    fn share_of(&self, source: IpAddr) -> usize {
        if let Some(share) = self.0.shares.source {
            return share;
        }
        let part = match source.is_loopback() {
            true => LOOPBACK_SHARE,
            false => SOURCE_SHARE,
        };
        (self.0.most / part).max(1)
    }

    fn leave(&self, room: &Room) {
        let mut state = self.state();
        state.total -= 1;
        let guaranteed = state.guaranteed;
        if let Some(own) = state.taken.get_mut(&room.owner) {
            *own -= 1;
            let own = *own;
            if own >= guaranteed {
                state.beyond -= 1;
            }
            if own == 0 {
                state.taken.remove(&room.owner);
            }
        }
        if let Some(source) = room.source
            && let Some(count) = state.sources.get_mut(&source)
        {
            *count -= 1;
            if *count == 0 {
                state.sources.remove(&source);
            }
        }
        drop(state);
        self.0.freed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.rooms.leave(self);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(number: u8) -> Owner {
        format!("lb-{number}").into()
    }

    fn source(number: u8) -> IpAddr {
        [10, 0, 0, number].into()
    }

    /// Takes until there is no more.
    fn flood(rooms: &Rooms, owner: &Owner) -> Vec<Room> {
        let mut taken = Vec::new();
        for number in 0..=255 {
            while let Ok(room) = rooms.try_enter(owner, Some(source(number))) {
                taken.push(room);
            }
        }
        taken
    }

    #[test]
    fn a_flooded_load_balancer_leaves_room_for_others() {
        let rooms = Rooms::new(80);
        rooms.share_among(4);
        let first = flood(&rooms, &owner(1));
        // 20 are set aside, of which 5 are its own.
        assert_eq!(first.len(), 65);
        let second = flood(&rooms, &owner(2));
        assert_eq!(second.len(), 5);
        let denied = rooms.try_enter(&owner(2), Some(source(201)));
        assert_eq!(denied.unwrap_err(), NoRoom::Full);
        rooms.try_enter(&owner(3), Some(source(200))).unwrap();
        drop(first);
        assert_eq!(flood(&rooms, &owner(2)).len(), 60);
    }

    #[test]
    fn a_source_has_its_share() {
        let rooms = Rooms::new(80);
        let one = |address: IpAddr| rooms.try_enter(&owner(1), Some(address));
        let taken: Vec<Room> = std::iter::from_fn(|| one(source(1)).ok()).collect();
        assert_eq!(taken.len(), 10);
        assert_eq!(one(source(1)).unwrap_err(), NoRoom::Source);
        one(source(2)).unwrap();
        drop(taken);
        let local: Vec<Room> = std::iter::from_fn(|| one([127, 0, 0, 1].into()).ok()).collect();
        assert_eq!(local.len(), 40);
    }

    #[test]
    fn shares_that_were_set_hold() {
        let rooms = Rooms::of(Shares {
            all: 80,
            source: Some(3),
            owner: Some(7),
        });
        rooms.share_among(2);
        let one = |who: u8, address: IpAddr| rooms.try_enter(&owner(who), Some(address));
        let first: Vec<Room> = std::iter::from_fn(|| one(1, source(1)).ok()).collect();
        assert_eq!(first.len(), 3);
        assert_eq!(one(2, source(1)).unwrap_err(), NoRoom::Source);
        let local: Vec<Room> = std::iter::from_fn(|| one(1, [127, 0, 0, 1].into()).ok()).collect();
        assert_eq!(local.len(), 3);
        one(1, source(2)).map(std::mem::forget).unwrap();
        assert_eq!(one(1, source(3)).unwrap_err(), NoRoom::Full);
        one(2, source(3)).unwrap();
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_place() {
        let rooms = Rooms::new(1);
        let room = rooms.try_enter(&owner(1), Some(source(1))).unwrap();
        let waiting = rooms.clone();
        let waiting = tokio::spawn(async move { waiting.enter(&owner(1), source(2)).await });
        tokio::task::yield_now().await;
        drop(room);
        waiting.await.unwrap().unwrap();
        assert_eq!(rooms.taken(), 0);
    }

    proptest! {
        /// Whatever comes and goes, each has what is guaranteed, and the count is right.
        #[test]
        fn what_is_guaranteed_is_there(
            steps in proptest::collection::vec((0_u8..5, 0_u8..3, 1_usize..8), 0..400),
        ) {
            let rooms = Rooms::new(40);
            let mut held: Vec<Room> = Vec::new();
            for (who, what, number) in steps {
                match what {
                    0 => held.extend(rooms.try_enter(&owner(who), Some(source(number as u8))).ok()),
                    1 if !held.is_empty() => drop(held.swap_remove(number % held.len())),
                    1 => {}
                    _ => rooms.share_among(number),
                }
                prop_assert_eq!(rooms.taken(), held.len());
                prop_assert!(held.len() <= 40);
            }
            // Whoever had more before the others came has ended by now.
            drop(held);
            rooms.share_among(5);
            let _flood = flood(&rooms, &owner(0));
            for who in 1..5 {
                for _ in 0..2 {
                    std::mem::forget(rooms.try_enter(&owner(who), None).unwrap());
                }
            }
        }
    }
}
