//! Which host a file system lies on.
//!
//! All its files lie on one, from its first mount target on, on a disk of their own there. Among the hosts that keep such file
//! systems it is the one with the fewest.

use std::collections::BTreeMap;

use wharf_service::Place;

use crate::{core::Core, names, records::FileSystem};

/// What hosts say of themselves that keep file systems.
pub const ATTRIBUTE: &str = "wharf.file-systems";

/// … and of those that are encrypted.
const ENCRYPTED: &str = "wharf.encrypted-file-systems";

/// Instance id of the host; `None` if no connected one keeps file systems, or none that are encrypted.
pub async fn choose(core: &Core, place: &Place, encrypted: bool) -> Option<String> {
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
        let hosts = fits.map(|it| it.ec2_instance.clone());
        hosts.min_by_key(|it| (count.get(it).copied().unwrap_or_default(), it.clone()))
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
