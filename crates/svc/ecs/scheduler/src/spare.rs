//! What tasks of FARGATE_SPOT leave of the room that is free: what others who wait for Fargate are about to have
//! ([`wharf_hosts::fargate`]). Pure but for the look at who waits.

use std::sync::Arc;

use wharf_hosts::{FargateQueue, FargateRoom, FargateWaiting, Promises, kept_from_spot};
use wharf_placement::{HostIx, ledger, pack::Bin};
use wharf_records::hosts::Claim;

use crate::{launch::ARCHITECTURE, view::Region};

/// What calls and services of FARGATE_SPOT leave, which may be many: as it was a moment ago. `queue`: who waits, of whatever account.
/// `given`: where tasks of that claim were just placed, which no ledger shows yet.
pub fn kept_for_others(
    region: &Region,
    queue: &FargateQueue,
    given: &[HostIx],
    claim: &Claim,
) -> Arc<Promises> {
    let kept = queue.kept_from_spot(|waiting| look(region, waiting, &[], claim));
    // Those who would have gone there go elsewhere.
    let moves_some = |row: &HostIx| kept.contains_key(region.fleet.id(*row));
    match given.iter().any(moves_some) {
        true => Arc::new(look(region, &queue.waiting(), given, claim)),
        false => kept,
    }
}

/// The same, as it is now.
pub fn kept_now(region: &Region, queue: &FargateQueue) -> Promises {
    look(region, &queue.waiting(), &[], &Claim::default())
}

/// Of all machines, since those who wait are of all accounts and regions: each has room on those that serve it alone.
fn look(region: &Region, waiting: &[FargateWaiting], given: &[HostIx], claim: &Claim) -> Promises {
    if waiting.iter().all(|it| it.claim.spot) {
        return Promises::new();
    }
    let hosts = region.hosts.iter().filter(|(_, host)| host.fargate);
    let rooms = hosts.filter_map(|(id, host)| {
        let row = region.fleet.row(id)?;
        let serves = region.fleet.served_by(row)?;
        let instance = region.instance_by_arn(&host.instance)?;
        let mut free = ledger::free(region.ledgers.get(id)?);
        for _ in given.iter().filter(|it| **it == row) {
            free.take(claim);
        }
        let own = instance.attributes.get(ARCHITECTURE);
        let own = own.and_then(Option::as_ref).map(std::slice::from_ref);
        region.fleet.is_active(id).then(|| FargateRoom {
            host: id,
            zone: region.place.zone_letter(&region.zone_of(host)).to_owned(),
            accounts: &serves.accounts,
            regions: &serves.regions,
            bin: Bin::new(free, own),
        })
    });
    kept_from_spot(waiting, rooms.collect())
}
