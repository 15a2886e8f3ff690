//! Elastic addresses of interfaces that instances have: those of instances that are stopped are billed as those that
//! nothing has.

use wharf_base::Timestamp;
use wharf_records::{Scope, encode};
use wharf_service::Table;
use wharf_store::Txn;

use super::{ElasticAddress, Holder};
use crate::{
    fault::{ChangeError, Ec2Faults},
    records::Interface,
};

/// Says of the elastic addresses of an instance's interface whether the instance is stopped; `None` where they say so already.
pub async fn resting(
    table: &Table<Ec2Faults>,
    scope: &Scope,
    interface: &Interface,
    (resting, now): (bool, Timestamp),
) -> Result<Option<Txn>, ChangeError> {
    let mut changed = None;
    for key in interface
        .publics()
        .filter_map(|it| it.allocation_key(scope))
    {
        let Some(stored) = table.read::<ElasticAddress>(&key).await? else {
            continue;
        };
        let mut record = stored.record.clone();
        match &mut record.association {
            Some(it) if it.interface == interface.id && it.resting != resting => {
                it.resting = resting;
            }
            _ => continue,
        }
        record.meter(now);
        let txn = changed.unwrap_or_else(Txn::new);
        changed = Some(txn.when(stored.unchanged()).put(&key, encode(&record)));
    }
    Ok(changed)
}

/// Adds to the transaction in which an instance gets an interface that was there before it, or ends and leaves it, that its
/// elastic addresses say so.
pub async fn held_by(
    table: &Table<Ec2Faults>,
    scope: &Scope,
    (interface, instance): (&Interface, Option<&str>),
    (mut txn, now): (Txn, Timestamp),
) -> Result<Txn, ChangeError> {
    for key in interface
        .publics()
        .filter_map(|it| it.allocation_key(scope))
    {
        let Some(stored) = table.read::<ElasticAddress>(&key).await? else {
            continue;
        };
        let mut record = stored.record.clone();
        match &mut record.association {
            Some(it) if it.interface == interface.id => {
                it.holder = Holder::Interface(instance.map(str::to_owned));
                it.resting = false;
            }
            _ => continue,
        }
        record.meter(now);
        txn = txn.when(stored.unchanged()).put(&key, encode(&record));
    }
    Ok(txn)
}
