//! Removing everything of one installation from a host, by its names and records.

use std::path::Path;

use crate::claims::Claims;
use crate::error::NetworkError;
use crate::host::open;
use crate::ipv6::outside;
use crate::names::Names;
use crate::netlink::{Family, link};
use crate::netns::Namespace;
use crate::overlay;
use crate::reach;
use crate::ruleset;
use crate::state::StateDir;

/// Goes through to the end whatever fails on the way.
///
/// # Errors
/// The first failure.
pub(crate) fn remove_all(
    names: &Names,
    shared_dir: &Path,
    state: StateDir,
) -> Result<(), NetworkError> {
    let mut results = vec![
        remove_uplinks(names),
        reach::remove(names),
        open(Family::Netfilter).and_then(|mut socket| {
            let ipv6 = outside::remove_host(&mut socket, names);
            ruleset::remove_host(&mut socket, names).and(ipv6)
        }),
    ];
    match state.namespaces() {
        Ok(paths) => results.extend(
            paths
                .iter()
                .map(|path| overlay::remove(path).and(Namespace::remove(path))),
        ),
        Err(error) => results.push(Err(error)),
    }
    results.push(Claims::open(shared_dir).and_then(|claims| claims.release(names.installation())));
    let first = results.into_iter().find(Result::is_err).unwrap_or(Ok(()));
    // The records stay if something else did: they tell the next attempt what to remove.
    first.and_then(|()| state.remove())
}

/// With the host's end of an uplink go its other end, the host's routes through it, its addresses
/// and its settings.
fn remove_uplinks(names: &Names) -> Result<(), NetworkError> {
    let mut socket = open(Family::Route)?;
    let prefix = names.uplink_prefix();
    let links = link::list(&mut socket)?;
    let own = links.iter().filter(|link| link.name.starts_with(&prefix));
    socket.perform(own.map(|link| link::delete(&link.name)).collect())
}
