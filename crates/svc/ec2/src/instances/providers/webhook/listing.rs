//! The maker's list of all its machines, looked at again and again.
//!
//! In: the list, and afterwards the instances and the machines for Fargate. Out: instances that are to be looked at again, and machines
//! that are ended because no record knows them. A record is there before its machine, so what no record knows in a list that came before is nobody's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;

use super::{
    Maker,
    client::Trouble,
    fargate_pool::{PoolMachine, Stage},
    life::due,
    protocol::{MachineState, Said},
};
use crate::{
    Ec2Service,
    fault::ChangeError,
    instances::{life::State, providers::Provider},
    ops::change_instances::check_id,
    records::Instance,
};

/// Machines that no record knows and that are ended by one look.
const MOST_ENDED: usize = 32;

/// All machines that a maker had at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub began_at: Timestamp,
    pub machines: BTreeMap<String, Said>,
}

/// Looks until `stop`; at once over where there is no maker.
pub(in crate::instances) async fn follow(service: Ec2Service, stop: CancellationToken) {
    let Some(maker) = service.instances.making.maker().cloned() else {
        return;
    };
    loop {
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = look(&service, &maker) => pause,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
        }
    }
}

/// One look; when the next is.
async fn look(service: &Ec2Service, maker: &Maker) -> Duration {
    let pace = maker.pace();
    let now = service.instances.now();
    match maker.list(now).await {
        Err(trouble) => {
            maker.is_in_trouble(&trouble.to_string(), now);
            return pace.seldom;
        }
        Ok(listing) => {
            maker.is_well();
            *maker.listing.lock() = Some(listing.into());
        }
    }
    match compare(service, maker).await {
        Ok(true) => pace.soon,
        Ok(false) => pace.seldom,
        Err(error) => {
            tracing::warn!(%error, "failed to compare instances with the machines of their maker; will retry");
            pace.seldom
        }
    }
}

/// Whether something is under way.
async fn compare(service: &Ec2Service, maker: &Maker) -> Result<bool, ChangeError> {
    let Some(listing) = maker.listing.lock().clone() else {
        return Ok(false);
    };
    let all = service.table.all::<Instance>(&maker.scope(), "").await?;
    let mut known = BTreeSet::new();
    let mut under_way = false;
    for (id, stored) in all {
        let Provider::Webhook(made) = &stored.record.provider else {
            continue;
        };
        let life = &stored.record.life;
        if life.state == State::Terminated {
            continue;
        }
        under_way |= !matches!(life.state, State::Running | State::Stopped)
            || due(life, made.told).is_some();
        service.instances.making.queue.wake(stored.key);
        known.insert(id);
    }
    for (id, stored) in service.table.all::<PoolMachine>(&maker.scope(), "").await? {
        under_way |= stored.record.stage != Stage::Joined;
        known.insert(id);
    }
    let lost = nobodys(&listing, &known);
    for id in &lost {
        let now = service.instances.now();
        match maker.end(id, now).await {
            Ok(said) => {
                tracing::warn!(machine = %id, state = ?said.state, "ended a machine that no instance has");
            }
            Err(error) => {
                tracing::warn!(machine = %id, %error, "failed to end a machine that no instance has; will retry");
                // It may well end the others.
                if !matches!(error, Trouble::NotTaken(_)) {
                    break;
                }
            }
        }
    }
    Ok(under_way || !lost.is_empty())
}

/// Machines of which there is something and that no instance has. Pure.
fn nobodys(listing: &Listing, known: &BTreeSet<String>) -> Vec<String> {
    let all = listing.machines.iter();
    let lost = all.filter(|(id, said)| {
        // What has another name is none of ours.
        said.state != MachineState::Ended && !known.contains(*id) && check_id(id).is_ok()
    });
    lost.map(|(id, _)| id.clone()).take(MOST_ENDED).collect()
}

impl Maker {
    pub(super) fn is_in_trouble(&self, what: &str, now: Timestamp) {
        self.has_failed(what, now);
        let mut trouble = self.trouble.lock();
        // It is told of once, not with each try.
        match &mut *trouble {
            Some((before, _)) if before.as_str() == what => {}
            Some((before, _)) => {
                tracing::warn!(error = what, "the machine maker fails in another way");
                what.clone_into(before);
            }
            none => {
                tracing::warn!(error = what, "the machine maker fails; will retry");
                *none = Some((what.to_owned(), now));
            }
        }
    }

    /// What one machine was refused is no trouble with it, and is remembered as well.
    pub(super) fn has_failed(&self, what: &str, now: Timestamp) {
        *self.failure.lock() = Some((what.to_owned(), now));
    }

    pub(super) fn is_well(&self) {
        if let Some((what, since)) = self.trouble.lock().take() {
            tracing::info!(before = what, since = %since.iso8601(), "the machine maker answers again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_record_knows_is_nobodys() {
        let said = |state| Said {
            state,
            ..Said::default()
        };
        let listing = Listing {
            began_at: Timestamp(0),
            machines: BTreeMap::from([
                ("i-01".to_owned(), said(MachineState::Running)),
                ("i-02".to_owned(), said(MachineState::Running)),
                ("i-03".to_owned(), said(MachineState::Ended)),
                ("i-04".to_owned(), said(MachineState::Failed)),
                ("web-7".to_owned(), said(MachineState::Running)),
            ]),
        };
        let known = BTreeSet::from(["i-01".to_owned()]);
        assert_eq!(nobodys(&listing, &known), ["i-02", "i-04"]);
        let many = Listing {
            machines: (0..100)
                .map(|it| (format!("i-{it:017x}"), said(MachineState::Running)))
                .collect(),
            ..listing
        };
        assert_eq!(nobodys(&many, &known).len(), MOST_ENDED);
    }
}
