//! 4.0: clients.

use wharf_nfs_wire::{
    MAX_OWNER, Status, Verifier,
    xdr::{Reader, Writer},
};

use super::{
    compound::{Compound, Done},
    state::State,
};

impl Compound<'_> {
    pub fn set_client(&mut self, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        let verifier: Verifier = args.fixed()?;
        let owner = args.opaque(MAX_OWNER)?;
        // Where it would be called back.
        args.u32()?;
        args.opaque(128)?;
        args.opaque(128)?;
        args.u32()?;
        let class = self.client.class;
        let mut state = self.server.state.lock();
        for id in state.called(class, 0, owner) {
            let record = state.client(id, class)?;
            if !record.confirmed {
                state.forget(id);
            } else if record.verifier == verifier {
                // It is the same; only where it is called back may have changed.
                out.u64(id).u64(record.confirmation);
                return Ok(());
            }
        }
        let mut confirmation = 0;
        let id = state.new_client(self.client.address, |number| {
            confirmation = number;
            State::record(class, owner, verifier, 0, number)
        })?;
        out.u64(id).u64(confirmation);
        Ok(())
    }

    pub fn confirm_client(&mut self, args: &mut Reader<'_>) -> Done {
        let (id, confirmation) = (args.u64()?, args.u64()?);
        let class = self.client.class;
        let mut state = self.server.state.lock();
        let record = state.client(id, class)?;
        if record.confirmation != confirmation {
            return Err(Status::STALE_CLIENTID);
        }
        record.confirmed = true;
        let owner = record.owner.clone();
        for other in state.called(class, 0, &owner) {
            if other != id {
                state.forget(other);
            }
        }
        Ok(())
    }

    pub fn renew(&mut self, args: &mut Reader<'_>) -> Done {
        let id = args.u64()?;
        self.server.state.lock().client(id, self.client.class)?;
        Ok(())
    }
}
