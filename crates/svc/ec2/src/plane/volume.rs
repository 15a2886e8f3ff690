//! Volumes as the host that they lie on is told of them.

use wharf_planeproto::volume::{self as plane, Wanted};
use wharf_records::Scope;

use crate::volumes::Volume;

/// `None` for one that lies nowhere yet.
pub fn resource(record: Volume, scope: &Scope) -> Option<plane::Volume> {
    Some(plane::Volume {
        host: record.life.host.clone()?,
        wanted: match record.life.deleting {
            true => Wanted::Gone,
            false => Wanted::Kept,
        },
        may_make: !record.life.made && record.source.is_none(),
        restore: !record.life.made && record.source.is_some(),
        bytes: u64::from(record.gib) << 30,
        attached: record.life.is_attached(),
        account: scope.account.clone(),
        region: scope.region.clone(),
        id: record.id,
    })
}
