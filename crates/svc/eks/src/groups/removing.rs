//! The end of a node group: its instances go as their nodes are emptied, then all that was made for it, then its record.

use wharf_kube_client::Client;
use wharf_reconcile::Next;
use wharf_service::{Place, Stored, fence, settled};

use super::{
    cloud::{self, Cloud},
    nodes, plan,
    reconcile::{NotDone, SOON, StepError},
    records::{NodeGroup, Size},
};
use crate::{
    core::Core,
    fault::EksFaults,
    names,
    reconcile::PERMIT,
    records::{AccessEntry, Cluster},
    updates::{Known, Owner},
};

const NOTHING: Size = Size {
    min: 0,
    max: 0,
    desired: 0,
};

fn plain(error: NotDone) -> StepError {
    match error {
        NotDone::Failed(error) => error,
        NotDone::Refused(fault) => StepError::Neighbour {
            action: "removing a node group",
            fault,
        },
    }
}

pub async fn look(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: Stored<NodeGroup>,
) -> Result<Next, StepError> {
    let mut group = stored.record.clone();
    let gone = ends(core, place, client, &mut group).await.map_err(plain)?;
    if !gone {
        if group != stored.record {
            let mut changes = core.table.begin();
            changes.when(stored.unchanged());
            changes.fence(fence::<EksFaults>(&core.shard)?);
            changes.put(&stored.key, &group);
            settled(changes.write(&PERMIT).await)?;
        }
        return Ok(Next::After(SOON));
    }
    record(core, place, cluster, &stored).await
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

/// With its updates, and the entry of its role unless another group has it.
async fn record(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
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
    let others = core.below::<NodeGroup>(place, &cluster.id).await?;
    let mut others = others.into_iter().filter(|it| it.key != stored.key);
    let heir = others.find(|it| it.record.role == group.role);
    if group.made_entry {
        match heir {
            // Who is left with the role removes its entry.
            Some(mut heir) => {
                changes.when(heir.unchanged());
                heir.record.made_entry = true;
                changes.put(&heir.key, &heir.record);
            }
            None => {
                let key = names::entry_key(place, &cluster.id, &group.role);
                let entry = changes.find::<AccessEntry>(&key).await?;
                if entry.is_some_and(|it| it.entry_type == "EC2_LINUX") {
                    changes.delete(&key);
                }
            }
        }
    }
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.delete(&stored.key);
    let done = settled(changes.write(&PERMIT).await)?;
    tracing::info!(
        group = group.name,
        cluster = group.cluster,
        "a node group was removed"
    );
    Ok(done)
}
