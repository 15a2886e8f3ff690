//! Does what was asked for of the add-ons of a cluster. Its API server has or goes without parts as the cluster's record says by then.

use wharf_kube_client::Client;
use wharf_kube_model::parts::Part;
use wharf_service::{Place, Stored, fence};

use super::{Addon, Issue, Status, names};
use crate::{
    core::Core,
    fault::EksFaults,
    names as keys,
    reconcile::{PERMIT, StepError},
    records::Cluster,
    updates::{Known, Owner, Update, UpdateError},
};

/// The cluster answers again in a moment.
#[derive(Debug, thiserror::Error)]
#[error("the API server of the cluster does not answer")]
struct NoServer;

/// `cluster` is what its API server was last told of. One that cannot be settled keeps no other from it.
///
/// # Errors
/// The first of them; tried again.
pub async fn addons(
    core: &Core,
    place: &Place,
    cluster: &Stored<Cluster>,
) -> Result<(), StepError> {
    let mut outcome = Ok(());
    for stored in core.below::<Addon>(place, &cluster.record.id).await? {
        outcome = outcome.and(one(core, place, cluster, stored).await);
    }
    outcome
}

async fn one(
    core: &Core,
    place: &Place,
    cluster: &Stored<Cluster>,
    stored: Stored<Addon>,
) -> Result<(), StepError> {
    let id = &cluster.record.id;
    let mut addon = stored.record.clone();
    let mut changes = core.table.begin();
    match addon.status {
        Status::Creating | Status::Updating => {
            addon.issues = issues(core, &cluster.record, &addon).await?;
            addon.status = match (addon.issues.is_empty(), addon.status) {
                (true, _) => Status::Active,
                (false, Status::Creating) => Status::CreateFailed,
                (false, _) => Status::UpdateFailed,
            };
            if let Some(update) = addon.update.take() {
                let key = keys::update_key(place, id, &update);
                if let Some(update) = core.table.read::<Update>(&key).await? {
                    changes.when(update.unchanged());
                    let errors = addon.issues.iter().map(error).collect();
                    changes.put(&key, &update.record.ended(errors));
                }
            }
            changes.put(&stored.key, &addon);
        }
        Status::Deleting => {
            let kept = match addon.part == Part::CoreDns && !addon.preserved {
                true => names::remove(&client(core, id).await?).await,
                false => Ok(None),
            };
            match kept.map_err(StepError::other)? {
                // It stays so until somebody deletes it again.
                Some(issue) => {
                    addon.status = Status::DeleteFailed;
                    addon.issues = vec![issue];
                    changes.put(&stored.key, &addon);
                }
                None => {
                    let owner = Owner::Addon(addon.part.name());
                    Known::forget(core, place, &cluster.record, owner).await?;
                    changes.delete(&stored.key);
                }
            }
        }
        Status::Active | Status::CreateFailed | Status::UpdateFailed | Status::DeleteFailed => {
            return Ok(());
        }
    }
    // What was told to the API server may be old by now.
    changes.when(cluster.unchanged());
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.write(&PERMIT).await?;
    tracing::info!(
        cluster = addon.cluster,
        addon = addon.part.name(),
        status = addon.status.name(),
        "an add-on was looked after"
    );
    Ok(())
}

async fn client(core: &Core, id: &str) -> Result<Client, StepError> {
    let client = core.parts.control_planes.client(id).await;
    client.ok_or_else(|| StepError::other(NoServer))
}

/// What keeps an add-on from being as it is to be.
async fn issues(core: &Core, cluster: &Cluster, addon: &Addon) -> Result<Vec<Issue>, StepError> {
    if addon.part != Part::CoreDns {
        return Ok(Vec::new());
    }
    let Some(wanted) = names::wanted(&cluster.service_cidr) else {
        return Ok(Vec::new());
    };
    let client = client(core, &cluster.id).await?;
    let found = names::apply(&client, &wanted, addon.conflicts).await;
    let found = found.map_err(StepError::other)?;
    Ok(found.into_iter().collect())
}

fn error(issue: &Issue) -> UpdateError {
    UpdateError {
        code: issue.code.clone(),
        message: issue.message.clone(),
        resources: issue.resources.clone(),
    }
}
