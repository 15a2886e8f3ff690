//! The executor of providers other than hosts: reads what is seen of an instance's machine, and writes what the provider makes of it.

use std::net::{IpAddr, Ipv4Addr};

use wharf_reconcile::Next;
use wharf_records::{encode, hosts::PlaneHost};
use wharf_service::Stored;

use super::{
    super::{
        life::{RETENTION, State},
        reconcile::{PERMIT, StepError, fenced, host_is},
    },
    Provider,
    standing::{self, RETURN, Seen},
};
use crate::{Ec2Service, records::Instance};

/// One look at an instance that is no slice of a host.
///
/// # Errors
/// The store's.
pub(in crate::instances) async fn reconcile(
    service: &Ec2Service,
    stored: &Stored<Instance>,
) -> Result<Next, StepError> {
    let now = service.instances.now();
    let life = &stored.record.life;
    let mut record = stored.record.clone();
    let again = match &stored.record.provider {
        Provider::Host => return Ok(Next::Settled),
        // Its maker may be slow, which is for workers of its own to wait for.
        Provider::Webhook(_) => {
            let key = stored.key.clone();
            service.instances.making.queue.wake(key);
            return Ok(Next::Settled);
        }
        Provider::Static(_) if life.state == State::Terminated => {
            return forget(service, stored).await;
        }
        Provider::Static(_) => {
            let host = life.host.as_ref();
            let hosts = &service.instances.parts.hosts;
            let has_come = host.is_some_and(|it| hosts.read(|all| all.has_come(&it.id)));
            let seen = Seen {
                host: host_is(service, life).await?,
                back_by: (!has_come).then(|| service.instances.started() + RETURN),
                address: address(service, host.map(|it| it.machine.as_str())).await?,
            };
            standing::follow(&mut record, seen, now)
        }
    };
    if record != stored.record {
        let txn = fenced(service, stored)?.put(&stored.key, encode(&record));
        service.table.commit(&PERMIT, txn).await?;
    }
    // What was written wakes the key again, as does the write of whoever came between.
    Ok(again.map_or(Next::Settled, Next::After))
}

/// One that ended is shown for a while.
///
/// # Errors
/// The store's.
pub(super) async fn forget(
    service: &Ec2Service,
    stored: &Stored<Instance>,
) -> Result<Next, StepError> {
    let now = service.instances.now();
    let until = stored.record.life.since + RETENTION;
    if now < until {
        return Ok(Next::After(until.since(now)));
    }
    let txn = fenced(service, stored)?.delete(&stored.key);
    service.table.commit(&PERMIT, txn).await?;
    service.instances.consoles.forget(&stored.key);
    Ok(Next::Settled)
}

/// Where other hosts reach a machine. One without peers is this machine, at no address that others have.
async fn address(
    service: &Ec2Service,
    machine: Option<&str>,
) -> Result<Option<Ipv4Addr>, StepError> {
    let Some(machine) = machine else {
        return Ok(None);
    };
    let key = PlaneHost::key(machine);
    let found = service.table.read::<PlaneHost>(&key).await?;
    let underlay = found.and_then(|it| it.record.underlay);
    Ok(underlay.and_then(|it| match it {
        IpAddr::V4(it) => Some(it),
        IpAddr::V6(_) => None,
    }))
}
