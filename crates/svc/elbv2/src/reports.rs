//! What load balancer hosts say: that they are there, and how they see targets.

use std::collections::BTreeMap;

use wharf_base::Permit;
use wharf_planeproto::{balancer::TargetRef, report::TargetHealth};
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};

use crate::{
    core::{ChangeError, Core},
    health,
    names::{self, Kind, Names as _, platform_scope, target_id},
    records::{Health, Host, Target},
};

const PERMIT: Permit = Permit::for_controller("elbv2-reports");

/// Targets written in one transaction: two comparisons each stay below the store's 128.
const AT_ONCE: usize = 50;

/// A host subscribed, in that version of the protocol: it counts as serving from now on.
pub async fn connected(
    core: &Core,
    instance: &str,
    zone: &str,
    version: u32,
) -> Result<(), ChangeError> {
    {
        let mut connections = core.connections.lock();
        *connections.entry(instance.to_owned()).or_default() += 1;
    }
    let key = platform_scope().key(Host::KIND, instance);
    transact!(core.table, &PERMIT, |tx| {
        let stored = core.table.read::<Host>(&key).await?;
        let revision = stored.as_ref().map_or(0, |it| it.revision);
        let unknown = stored.map_or_else(Unknown::new, |it| it.record.unknown);
        let host = Host {
            zone: zone.to_owned(),
            connected_at: core.now(),
            disconnected_at: None,
            lost: false,
            version: Some(version),
            unknown,
        };
        let txn = Txn::new()
            .when(Compare::mod_revision(&key, revision))
            .put(&key, encode(&host));
        tx.join(txn);
    });
    Ok(())
}

/// One of the host's streams ended.
pub fn disconnected(core: &Core, instance: &str) {
    {
        let mut connections = core.connections.lock();
        if let Some(count) = connections.get_mut(instance) {
            *count = count.saturating_sub(1);
        }
    }
    core.hosts.wake(platform_scope().key(Host::KIND, instance));
}

/// The host takes part no more.
pub async fn gone(core: &Core, instance: &str) -> Result<(), ChangeError> {
    let key = platform_scope().key(Host::KIND, instance);
    core.table.commit(&PERMIT, Txn::new().delete(key)).await?;
    Ok(())
}

/// Keeps what is new in a host's reports; targets that are not registered are passed over.
pub async fn report(core: &Core, host: &str, given: Vec<TargetHealth>) -> Result<(), ChangeError> {
    // The last word on each target counts.
    let mut latest: BTreeMap<TargetRef, TargetHealth> = BTreeMap::new();
    for one in given {
        latest.insert(one.target.clone(), one);
    }
    let latest: Vec<TargetHealth> = latest.into_values().collect();
    for some in latest.chunks(AT_ONCE) {
        take(core, host, some).await?;
    }
    Ok(())
}

async fn take(core: &Core, host: &str, some: &[TargetHealth]) -> Result<(), ChangeError> {
    transact!(core.table, &PERMIT, |tx| {
        for one in some {
            let Some((place, Kind::Group, group)) = names::parse(&one.target.group) else {
                continue;
            };
            let (scope, id) = (
                place.scope(),
                target_id(&group, &one.target.id, one.target.port),
            );
            let Some(target) = tx.find::<Target>(&scope.key(Target::KIND, &id)).await? else {
                continue;
            };
            let key = scope.key(Health::KIND, &id);
            let mut record = tx.find::<Health>(&key).await?.unwrap_or_default();
            if health::take(&mut record, &target, host, one, core.now()) {
                tx.put(key, &record);
            }
        }
    });
    Ok(())
}
