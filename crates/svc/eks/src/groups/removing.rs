//! The end of a node group: its instances go as their nodes are emptied, then all that was made for it, then its record.
//!
//! A step that a neighbour refuses is tried again for [`PATIENCE`], for what refuses may be under way; one that EKS may not do is not.
//! Then the group has failed to go and says why, until somebody deletes it again: that goes on where this ended.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_kube_client::Client;
use wharf_reconcile::Next;
use wharf_service::{Place, Stored, fence, settled};
use wharf_wire::Fault;

use super::{
    cloud::{self, Cloud},
    nodes, plan,
    reconcile::{LATER, NotDone, SOON, StepError, issue_of},
    records::{NodeGroup, Size, Status},
};
use crate::{
    core::Core,
    fault::EksFaults,
    names, node_entries,
    reconcile::PERMIT,
    records::Cluster,
    updates::{Known, Owner},
};

const NOTHING: Size = Size {
    min: 0,
    max: 0,
    desired: 0,
};

/// For how long a refused step is tried again.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

pub async fn look(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: Stored<NodeGroup>,
) -> Result<Next, StepError> {
    let mut group = stored.record.clone();
    let next = match ends(core, place, client, &mut group).await {
        Ok(true) => return record(core, place, (cluster, client), &stored).await,
        Ok(false) => {
            group.refused_since = None;
            Next::After(SOON)
        }
        Err(NotDone::Failed(error)) => return Err(error),
        Err(NotDone::Refused(fault)) => {
            tracing::info!(group = group.name, cluster = group.cluster, %fault, "a step of the removal of a node group was refused");
            refused(&mut group, &fault, core.now())
        }
    };
    if group != stored.record {
        let mut changes = core.table.begin();
        changes.when(stored.unchanged());
        changes.fence(fence::<EksFaults>(&core.shard)?);
        changes.put(&stored.key, &group);
        settled(changes.write(&PERMIT).await)?;
    }
    Ok(next)
}

/// What becomes of a group of whose removal a step is refused. Pure.
fn refused(group: &mut NodeGroup, fault: &Fault, now: Timestamp) -> Next {
    let issue = issue_of(group, fault);
    let since = *group.refused_since.get_or_insert(now);
    if issue.code != "AccessDenied" && now.since(since) < PATIENCE {
        return Next::After(LATER);
    }
    group.status = Status::DeleteFailed;
    group.issues = vec![issue];
    group.refused_since = None;
    Next::Settled
}

/// Whether nothing is left of it but its record.
async fn ends(
    core: &Core,
    place: &Place,
    client: &Client,
    group: &mut NodeGroup,
) -> Result<bool, NotDone> {
    let own = group.clone();
    let cloud = Cloud {
        core,
        place,
        group: &own,
    };
    let found = cloud.scaling_group().await;
    let found = found.map_err(NotDone::of(
        "looking up the Auto Scaling group of a node group",
    ))?;
    let known = nodes::of_group(client, group).await?;
    if let Some(found) = found {
        let mut members = cloud::members(&found);
        if cloud::size_of(&found) != NOTHING {
            let resized = cloud.resize(NOTHING).await;
            resized.map_err(NotDone::of("ending the instances of a node group"))?;
            return Ok(false);
        }
        nodes::joined(client, &known, &mut members, true).await?;
        let acts = plan::leaving(&members, &mut group.leaving, &group.repairs, core.now());
        super::reconcile::act(&cloud, client, &acts).await?;
        if members.is_empty() {
            let removed = cloud.remove_scaling_group().await;
            removed.map_err(NotDone::of(
                "removing the Auto Scaling group of a node group",
            ))?;
        }
        return Ok(false);
    }
    super::reconcile::forget(&cloud, client, &known, &[]).await?;
    let removed = cloud.remove_template().await;
    removed.map_err(NotDone::of("removing the launch template of a node group"))?;
    let removed = cloud.remove_profile().await;
    removed.map_err(NotDone::of("removing the instance profile of a node group"))?;
    Ok(true)
}

/// With its updates, and what its role enters by unless another group has it.
async fn record(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: &Stored<NodeGroup>,
) -> Result<Next, StepError> {
    let group = &stored.record;
    Known::forget(core, place, cluster, Owner::Group(&group.name)).await?;
    let mut changes = core.table.begin();
    let own = names::cluster_key(place, &cluster.name);
    let Some(mut holder) = changes.find::<Cluster>(&own).await? else {
        return Ok(Next::Settled);
    };
    holder.groups = holder.groups.saturating_sub(1);
    changes.put(&own, &holder);
    let going = (stored.key.as_str(), group.clone());
    node_entries::leave(core, place, (&holder, client), going, &mut changes).await?;
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.delete(&stored.key);
    match changes.write(&PERMIT).await {
        // It may be the cluster that changed, which wakes no group.
        Err(error) if error.is_conflict() => return Ok(Next::After(SOON)),
        done => done?,
    }
    tracing::info!(
        group = group.name,
        cluster = group.cluster,
        "a node group was removed"
    );
    Ok(Next::Settled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::plan::tests::group;

    #[test]
    fn what_is_refused_may_pass_for_a_while() {
        let mut group = group();
        group.status = Status::Deleting;
        let busy = Fault::sender("ScalingActivityInProgress", 400, "busy");
        let start = Timestamp::from_millis(1_000_000);
        let again = refused(&mut group, &busy, start);
        assert!(matches!(again, Next::After(LATER)));
        let again = refused(
            &mut group,
            &busy,
            start + (PATIENCE - Duration::from_secs(1)),
        );
        assert!(matches!(again, Next::After(LATER)));
        assert_eq!((group.status, group.issues.len()), (Status::Deleting, 0));
        let over = refused(&mut group, &busy, start + PATIENCE);
        assert!(matches!(over, Next::Settled));
        assert_eq!(group.status, Status::DeleteFailed);
        assert_eq!(group.issues[0].code, "InternalFailure");
        assert_eq!(group.refused_since, None);
        group.status = Status::Deleting;
        let denied = Fault::sender("AccessDenied", 403, "not for you");
        refused(&mut group, &denied, start);
        assert_eq!(group.issues[0].code, "AccessDenied");
    }
}
