//! Snapshots as the host that takes them is told of them.

use wharf_planeproto::snapshot as plane;
use wharf_records::Scope;

use crate::snapshots::Snapshot;

/// `None` for one that no host has to do with.
pub fn resource(record: Snapshot, scope: &Scope) -> Option<plane::Snapshot> {
    let has_host = record.is_being_taken() && record.origin.is_none();
    let set = record.set.map(|it| plane::Set {
        id: it.id,
        members: it.members,
        instance: it.instance,
        before_boot: it.before_boot,
    });
    has_host.then(|| plane::Snapshot {
        set,
        id: record.id,
        account: scope.account.clone(),
        region: scope.region.clone(),
        host: record.host,
        volume: record.root.map_or(record.volume, |it| it.instance),
        base: record.base,
        carries: record.carries,
    })
}
