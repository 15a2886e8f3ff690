//! Snapshots as the host that takes them is told of them.

use wharf_planeproto::snapshot as plane;
use wharf_records::Scope;

use crate::snapshots::Snapshot;

/// `None` for one that no host has to do with.
pub fn resource(record: Snapshot, scope: &Scope) -> Option<plane::Snapshot> {
    let has_host = record.is_being_taken() && record.origin.is_none();
    has_host.then(|| plane::Snapshot {
        id: record.id,
        account: scope.account.clone(),
        region: scope.region.clone(),
        host: record.host,
        volume: record.volume,
        base: record.base,
    })
}
