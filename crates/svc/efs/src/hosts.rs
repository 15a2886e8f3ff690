//! Which host a file system lies on.
//!
//! All its files lie on one, from its first mount target on, on a disk of their own there. Among the hosts that keep such file
//! systems, of its zone if it is of one, it is the one with the fewest.

use std::collections::BTreeMap;

use wharf_hosts::zone_letter;
use wharf_service::Place;

use crate::{core::Core, names, records::FileSystem};

/// What hosts say of themselves that keep file systems.
pub const ATTRIBUTE: &str = "wharf.file-systems";

/// … and of those that are encrypted.
const ENCRYPTED: &str = "wharf.encrypted-file-systems";

/// Instance id of the host; `None` if no connected one keeps file systems, or none that are encrypted. `zone`: the one that it has
/// to be in; where no host is, all serve it: on one machine all zones are that machine.
pub async fn choose(
    core: &Core,
    place: &Place,
    encrypted: bool,
    zone: Option<&str>,
) -> Option<String> {
    let attribute = if encrypted { ENCRYPTED } else { ATTRIBUTE };
    core.parts.hosts.up_to_date().await;
    let all = core.table.everywhere::<FileSystem>(names::SERVICE).await;
    let mut count = BTreeMap::<String, usize>::new();
    for (_, _, stored) in all.unwrap_or_default() {
        if let Some(host) = stored.record.host {
            *count.entry(host).or_default() += 1;
        }
    }
    core.parts.hosts.read(|machines| {
        let registered = machines.hosts().keys();
        let registered = registered.filter_map(|id| machines.registration(id));
        let fits = registered.filter(|it| {
            // Anybody may register a container instance that says so; only nodes of the installation are believed.
            it.of_installation
                && it.active
                && it.agent_connected
                && it.region == place.region
                && it.attributes.contains_key(attribute)
        });
        let letter = |region: &str, zone: &str| zone_letter(region, zone).to_owned();
        let wanted = zone.map(|it| letter(&place.region, it));
        let hosts = fits.map(|it| {
            let host = machines.hosts().get(&it.host);
            let zone = host.map(|host| letter(&it.region, &host.availability_zone));
            let is_there = wanted.is_none() || zone == wanted;
            (!is_there, it.ec2_instance.clone())
        });
        let fewest = hosts.min_by_key(|(elsewhere, it)| {
            let has = count.get(it).copied().unwrap_or_default();
            (*elsewhere, has, it.clone())
        });
        fewest.map(|(_, it)| it)
    })
}

/// Whether a host of that instance id is still registered, or nobody can say yet.
pub async fn is_there(core: &Core, instance: &str) -> bool {
    core.parts.hosts.up_to_date().await;
    core.parts.hosts.read(|machines| {
        let registered = machines.hosts().keys();
        let mut known = registered
            .filter_map(|id| machines.registration(id))
            .peekable();
        known.peek().is_none() || known.any(|it| it.ec2_instance == instance)
    })
}
