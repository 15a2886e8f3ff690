//! What tasks of FARGATE_SPOT leave of the room that is free: what others who wait for Fargate are about to have
//! ([`wharf_hosts::fargate`]). Pure but for the look at who waits.

use wharf_hosts::{FargateQueue, FargateRoom, Promises, kept_from_spot};
use wharf_placement::{HostIx, ledger, pack::Bin};
use wharf_records::hosts::Claim;

use crate::{launch::ARCHITECTURE, view::Region};

/// What others than those of FARGATE_SPOT are about to have of machines. `queue`: who waits, of whatever account. `given`: where
/// tasks of that claim were just placed, which no ledger shows yet.
pub fn kept_for_others(
    region: &Region,
    queue: &FargateQueue,
    given: &[HostIx],
    claim: &Claim,
) -> Promises {
    let mut waiting = queue.waiting();
    waiting.retain(|it| !it.claim.spot);
    if waiting.is_empty() {
        return Promises::new();
    }
    let instances = region.fargate_instances();
    let rooms = instances.filter_map(|instance| {
        let host = region.hosts.get(&instance.host)?;
        let mut free = ledger::free(region.ledgers.get(&instance.host)?);
        let row = region.fleet.row(&instance.host);
        for _ in given.iter().filter(|it| Some(**it) == row) {
            free.take(claim);
        }
        let own = instance.attributes.get(ARCHITECTURE);
        let own = own.and_then(Option::as_ref).map(std::slice::from_ref);
        let is_active = region.fleet.is_active(&instance.host);
        is_active.then(|| FargateRoom {
            host: &instance.host,
            zone: region.place.zone_letter(&region.zone_of(host)).to_owned(),
            accounts: &host.accounts,
            regions: &host.regions,
            bin: Bin::new(free, own),
        })
    });
    kept_from_spot(&waiting, rooms.collect())
}
