//! 4.1: clients and their sessions.

use wharf_nfs_wire::{
    MAX_OWNER, Status, Verifier,
    session::{CONFIRMED, Channel, NOT_FOR_LAYOUTS, UPDATE},
    xdr::{Reader, Writer},
};

use super::{
    MAX_IO, MAX_MESSAGE,
    compound::{Compound, Done},
    state::{MAX_SLOTS, State, Turn},
};

/// Operations of a compound that are promised.
const OPERATIONS: u32 = 64;
const KEPT_ANSWER: u32 = 4096;
/// Whom clients know this by.
const NAME: &[u8] = b"wharf";

impl Compound<'_> {
    pub fn exchange_id(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let verifier: Verifier = args.fixed()?;
        let owner = args.opaque(MAX_OWNER)?;
        let flags = args.u32()?;
        // Protection of state by keys of GSS.
        if args.u32()? != 0 {
            return Err(Status::NOTSUPP);
        }
        let class = self.client.class;
        let mut state = self.server.state.lock();
        let (mut same, mut update) = (None, false);
        for id in state.called(class, 1, owner) {
            let record = state.client(id, class)?;
            match (record.confirmed, record.verifier == verifier) {
                (true, true) => same = Some((id, record.confirmation)),
                (false, _) => state.forget(id),
                // It started anew: what it had goes when the new one is confirmed.
                (true, false) => update = true,
            }
        }
        if flags & UPDATE != 0 && same.is_none() {
            return Err(if update { Status::PERM } else { Status::NOENT });
        }
        let (id, next, shown) = match same {
            Some((id, next)) => (id, next, NOT_FOR_LAYOUTS | CONFIRMED),
            None => {
                let record = |_| State::record(class, owner, verifier, 1, 1);
                let id = state.new_client(self.client.address, record)?;
                (id, 1, NOT_FOR_LAYOUTS)
            }
        };
        drop(state);
        out.u64(id).u32(next as u32).u32(shown).u32(0);
        // One server, one scope.
        out.u64(0).opaque(NAME).opaque(NAME).u32(0);
        Ok(())
    }

    pub fn create_session(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let (id, sequence, _flags) = (args.u64()?, args.u32()?, args.u32()?);
        let fore = Channel::read(args)?;
        let back = Channel::read(args)?;
        let mut session = [0; 16];
        (self.server.random)(&mut session)?;
        let class = self.client.class;
        let mut state = self.server.state.lock();
        let record = state.client(id, class)?;
        if u64::from(sequence) + 1 == record.confirmation
            && let Some(last) = &record.last_made
        {
            out.fixed(last);
            return Ok(());
        }
        if u64::from(sequence) != record.confirmation {
            return Err(Status::SEQ_MISORDERED);
        }
        let owner = record.owner.clone();
        let slots = (fore.requests as usize).clamp(1, MAX_SLOTS);
        state.add_session(session, id, slots)?;
        // What the client was before it started anew is gone with all that it had.
        for other in state.called(class, 1, &owner) {
            if other != id {
                state.forget(other);
            }
        }
        let most = u32::try_from(MAX_MESSAGE).unwrap_or(MAX_IO);
        let mut made = Writer::default();
        // Neither kept on disk nor called back.
        made.fixed(&session).u32(sequence).u32(0);
        let promised = Channel {
            request_bytes: fore.request_bytes.min(most),
            response_bytes: fore.response_bytes.min(most),
            cached_bytes: fore.cached_bytes.min(KEPT_ANSWER),
            operations: fore.operations.clamp(1, OPERATIONS),
            requests: u32::try_from(slots).unwrap_or(1),
        };
        promised.write(&mut made);
        back.write(&mut made);
        let made = made.into_bytes();
        out.fixed(&made);
        let record = state.client(id, class)?;
        record.confirmed = true;
        record.confirmation += 1;
        record.last_made = Some(made);
        Ok(())
    }

    pub fn sequence(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let session_id = args.fixed()?;
        let (sequence, slot, _highest) = (args.u32()?, args.u32()?, args.u32()?);
        let _keep = args.bool()?;
        let mut state = self.server.state.lock();
        let session = state.session(&session_id, self.client.class)?;
        let highest = u32::try_from(session.slots.len() - 1).unwrap_or_default();
        match session.begin(slot, sequence)? {
            Turn::Again(answer) => self.again = Some(answer),
            Turn::New => self.sequence = Some((session_id, slot, session.client)),
        }
        drop(state);
        out.fixed(&session_id);
        out.u32(sequence).u32(slot).u32(highest).u32(highest).u32(0);
        Ok(())
    }

    pub fn destroy_session(&mut self, args: &mut Reader<'_>) -> Done {
        let session = args.fixed()?;
        let mut state = self.server.state.lock();
        state.session(&session, self.client.class)?;
        state.sessions.remove(&session);
        Ok(())
    }

    pub fn bind_connection(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        const FORE: u32 = 1;
        let session = args.fixed()?;
        args.u32()?;
        args.u32()?;
        let mut state = self.server.state.lock();
        state.session(&session, self.client.class)?;
        drop(state);
        out.fixed(&session).u32(FORE).u32(0);
        Ok(())
    }

    pub fn destroy_client(&mut self, args: &mut Reader<'_>) -> Done {
        let id = args.u64()?;
        let mut state = self.server.state.lock();
        state.client(id, self.client.class)?;
        if state.sessions.values().any(|it| it.client == id) {
            return Err(Status::CLIENTID_BUSY);
        }
        state.forget(id);
        Ok(())
    }

    /// Nobody waits for it: who has not said it may reclaim until the time is over.
    pub fn reclaim_complete(&mut self, args: &mut Reader<'_>) -> Done {
        args.u32()?;
        Ok(())
    }
}
