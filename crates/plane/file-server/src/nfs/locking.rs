//! Locks on ranges of open files.

use wharf_nfs_wire::{
    MAX_OWNER, StateId, Status,
    xdr::{Reader, Writer},
};

use super::{
    compound::{Compound, Done},
    io::WRITE,
    state::{Held, LockOwner, Range, State},
};

/// Owners of locks, of one client.
const MAX_OWNERS: usize = 4096;
const WRITE_LOCK: u32 = 2;
const WRITE_LOCK_WAITING: u32 = 4;

fn kind(args: &mut Reader<'_>) -> Result<bool, Status> {
    let kind = args.u32()?;
    match (1..=4).contains(&kind) {
        true => Ok(matches!(kind, WRITE_LOCK | WRITE_LOCK_WAITING)),
        false => Err(Status::BADXDR),
    }
}

fn range(args: &mut Reader<'_>) -> Result<Range, Status> {
    Range::of(args.u64()?, args.u64()?).ok_or(Status::INVAL)
}

fn write_denied(out: &mut Writer, held: &Held) {
    out.u64(held.range.first).u64(held.range.length());
    out.u32(if held.exclusive { WRITE_LOCK } else { 1 });
    out.u64(held.client).opaque(&held.owner);
}

impl Compound<'_> {
    pub fn lock(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let exclusive = kind(args)?;
        let reclaim = args.bool()?;
        let range = range(args)?;
        let is_new = args.bool()?;
        let identity = self.regular()?.stat.identity();
        let session = self.session_client();
        let (id, client, owner);
        if is_new {
            args.u32()?;
            let open_id = self.state_id(args)?;
            args.u32()?;
            let said = args.u64()?;
            owner = args.opaque(MAX_OWNER)?.to_vec();
            client = self.client_id(said)?;
            let mut state = self.server.state.lock();
            let open = state.open(&open_id, client)?;
            if open.identity != identity {
                return Err(Status::BAD_STATEID);
            }
            // Whoever may only read has no lock that keeps others from it.
            if exclusive && open.access & WRITE == 0 {
                return Err(Status::OPENMODE);
            }
            id = owner_of(&mut state, client, &owner, open_id, identity)?;
        } else {
            let said = self.state_id(args)?;
            args.u32()?;
            let mut state = self.server.state.lock();
            let lock_owner = state.lock_owner(&said, session)?;
            if lock_owner.identity != identity {
                return Err(Status::BAD_STATEID);
            }
            (id, client, owner) = (said.other, lock_owner.client, lock_owner.owner.clone());
            let open = lock_owner.open;
            let open = state.opens.get(&open).ok_or(Status::BAD_STATEID)?;
            if exclusive && open.access & WRITE == 0 {
                return Err(Status::OPENMODE);
            }
        }
        let mut state = self.server.state.lock();
        state.client(client, self.client.class)?;
        match (state.in_grace(), reclaim) {
            (true, false) => return Err(Status::GRACE),
            (false, true) => return Err(Status::NO_GRACE),
            _ => {}
        }
        let wanted = Held {
            client,
            owner,
            range,
            exclusive,
        };
        if state.locks.conflict(identity, &wanted).is_some() {
            // It may be of one who went without a word.
            state.sweep();
        }
        if let Some(held) = state.locks.conflict(identity, &wanted) {
            write_denied(out, held);
            return Err(Status::DENIED);
        }
        state.may_lock()?;
        state.locks.take(identity, wanted);
        let lock_owner = state.lock_owners.get_mut(&id).ok_or(Status::BAD_STATEID)?;
        lock_owner.seq += 1;
        let id = StateId {
            seq: lock_owner.seq,
            other: id,
        };
        drop(state);
        (self.server.locked)();
        self.current_state = Some(id);
        id.write(out);
        Ok(())
    }

    pub fn test_lock(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let exclusive = kind(args)?;
        let range = range(args)?;
        let said = args.u64()?;
        let owner = args.opaque(MAX_OWNER)?.to_vec();
        let client = self.client_id(said)?;
        let identity = self.regular()?.stat.identity();
        let mut state = self.server.state.lock();
        if state.in_grace() {
            return Err(Status::GRACE);
        }
        let wanted = Held {
            client,
            owner,
            range,
            exclusive,
        };
        match state.locks.conflict(identity, &wanted) {
            None => Ok(()),
            Some(held) => {
                write_denied(out, held);
                Err(Status::DENIED)
            }
        }
    }

    pub fn unlock(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        kind(args)?;
        args.u32()?;
        let id = self.state_id(args)?;
        let range = range(args)?;
        let mut state = self.server.state.lock();
        let client = state.lock_owner(&id, self.session_client())?.client;
        if !state.is_of(client, self.client.class) {
            return Err(Status::BAD_STATEID);
        }
        let lock_owner = state.lock_owner(&id, Some(client))?;
        let (identity, owner) = (lock_owner.identity, lock_owner.owner.clone());
        state.unlock(identity, (client, owner.as_slice()), range)?;
        let lock_owner = state.lock_owner(&id, Some(client))?;
        lock_owner.seq += 1;
        let id = StateId {
            seq: lock_owner.seq,
            ..id
        };
        drop(state);
        self.current_state = Some(id);
        id.write(out);
        Ok(())
    }

    /// 4.0: an owner has no locks any more.
    pub fn release_lock_owner(&mut self, args: &mut Reader<'_>) -> Done {
        let client = self.client_id(args.u64()?)?;
        let owner = args.opaque(MAX_OWNER)?;
        let mut state = self.server.state.lock();
        let State {
            locks, lock_owners, ..
        } = &mut *state;
        let is_its = |it: &LockOwner| it.client == client && it.owner == owner;
        let mut own = lock_owners.values().filter(|it| is_its(it));
        if own.any(|it| locks.has(it.identity, client, owner)) {
            return Err(Status::LOCKS_HELD);
        }
        lock_owners.retain(|_, it| !is_its(it));
        Ok(())
    }

    /// 4.1: a state of locks is not needed any more.
    pub fn free_state(&mut self, args: &mut Reader<'_>) -> Done {
        let id = self.state_id(args)?;
        let mut state = self.server.state.lock();
        if state.opens.contains_key(&id.other) {
            return Err(Status::LOCKS_HELD);
        }
        let lock_owner = state.lock_owner(&id, self.session_client())?;
        let (identity, client) = (lock_owner.identity, lock_owner.client);
        let owner = lock_owner.owner.clone();
        if state.locks.has(identity, client, &owner) {
            return Err(Status::LOCKS_HELD);
        }
        state.lock_owners.remove(&id.other);
        Ok(())
    }

    pub fn test_states(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        const MOST: u32 = 1024;
        let count = args.u32()?;
        if count > MOST {
            return Err(Status::REQ_TOO_BIG);
        }
        out.u32(count);
        for _ in 0..count {
            let id = self.state_id(args)?;
            let state = self.server.state.lock();
            let found = state.file(&id, self.session_client());
            out.u32(found.err().unwrap_or(Status::OK).0);
        }
        Ok(())
    }
}

/// The state of an owner's locks on an open file, made if there is none.
fn owner_of(
    state: &mut State,
    client: u64,
    owner: &[u8],
    open: StateId,
    identity: (u64, u64),
) -> Result<[u8; 12], Status> {
    let is_it = |it: &LockOwner| it.client == client && it.owner == owner && it.open == open.other;
    let there = state.lock_owners.iter().find(|(_, it)| is_it(it));
    if let Some((other, _)) = there {
        return Ok(*other);
    }
    let of_client = state.lock_owners.values().filter(|it| it.client == client);
    if of_client.count() >= MAX_OWNERS {
        return Err(Status::RESOURCE);
    }
    let other = state.new_other();
    let made = LockOwner {
        client,
        owner: owner.to_vec(),
        open: open.other,
        identity,
        seq: 0,
    };
    state.lock_owners.insert(other, made);
    Ok(other)
}
