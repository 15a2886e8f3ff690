//! The executor: reads a cluster, does what [`crate::plan`] says, writes it down.
//!
//! A cluster's key is woken by its changes and at the start of the server. Every write compares the shard's lease and the record that
//! was read; a server that lost its lease stops writing.

use std::{sync::Arc, time::Duration};

use wharf_base::Permit;
use wharf_datakeys::grants::PendingGrant;
use wharf_kube_client::Client;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, Stored, fence, settled};
use wharf_store::Revision;
use wharf_wire::Fault;

use crate::{
    addons::{Addon, settle},
    authority,
    control_planes::{ControlPlaneError, Wanted},
    core::Core,
    encryption::{self, Looked},
    fargate::{self, FargateProfile},
    fault::EksFaults,
    ground,
    groups::{self, records::NodeGroup},
    names, network, ops,
    plan::{self, Step},
    pod_identity::Association,
    providers::{self, IdentityProvider},
    records::{AccessEntry, Cluster, Status},
    updates::Update,
    versions,
};

pub const PERMIT: Permit = Permit::for_controller("eks");
/// Records deleted in one transaction.
pub const DELETED_AT_ONCE: usize = 100;
/// When a key comes again whose account has its share.
const AGAIN: Duration = Duration::from_secs(1);

pub type StepError = wharf_service::StepError<EksFaults>;

impl From<ControlPlaneError> for StepError {
    fn from(error: ControlPlaneError) -> Self {
        Self::other(error)
    }
}

/// The cluster that a record below it is of.
pub enum Standing {
    /// … with a client of its API server.
    Serves(Box<Cluster>, Client),
    /// It does not serve yet.
    Later,
    Gone,
}

/// `key`: the cluster's; `id`: the record's, which begins with that of its cluster. Another may have the name by now.
///
/// # Errors
/// The store's.
pub async fn standing(core: &Core, key: &str, id: &str) -> Result<Standing, StepError> {
    let found = core.table.read::<Cluster>(key).await?;
    let cluster = found.filter(|it| id.starts_with(&names::below(&it.record.id, "")));
    let Some(cluster) = cluster.map(|it| it.record) else {
        return Ok(Standing::Gone);
    };
    let serves = matches!(cluster.status, Status::Active | Status::Updating);
    let client = core.parts.control_planes.client(&cluster.id).await;
    Ok(match client.filter(|_| serves) {
        Some(client) => Standing::Serves(Box::new(cluster), client),
        None => Standing::Later,
    })
}

fn neighbour(action: &'static str) -> impl FnOnce(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

/// Wakes the key of a cluster that is there or changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let parsed = Scope::parse(key);
    let kind = parsed.as_ref().map(|(_, kind, _)| *kind);
    if let Some(Cluster::KIND | NodeGroup::KIND | FargateProfile::KIND | PendingGrant::KIND) = kind
    {
        core.queue.wake(key.to_owned());
    }
    Reach::One
}

pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, _)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let Some(_share) = core.looks.try_take(&scope.account) else {
        return Ok(Next::Deferred(AGAIN));
    };
    if kind == NodeGroup::KIND {
        return match core.table.read::<NodeGroup>(&key).await? {
            Some(stored) => groups::reconcile::look(&core, &key, stored).await,
            None => Ok(Next::Settled),
        };
    }
    if kind == FargateProfile::KIND {
        return match core.table.read::<FargateProfile>(&key).await? {
            Some(stored) => fargate::reconcile::look(&core, &key, stored).await,
            None => Ok(Next::Settled),
        };
    }
    if kind == PendingGrant::KIND {
        return encryption::grants(&core).look(&key).await;
    }
    let Some(stored) = core.table.read::<Cluster>(&key).await? else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let mut cluster = stored.record.clone();
    // Why the Secrets of the cluster are shut.
    let mut shut = None;
    let step = plan::step(&cluster);
    if cluster.status == Status::Creating && matches!(step, Step::MakeGroup | Step::Activate) {
        cluster.issues = ground::missing(&core, &place, &cluster).await?;
    }
    match step {
        Step::Nothing => return Ok(Next::Settled),
        Step::MakeGroup | Step::Activate if !cluster.issues.is_empty() => {
            tracing::warn!(
                cluster = cluster.name,
                id = cluster.id,
                issues = ?cluster.issues,
                "creating a cluster failed"
            );
            cluster.status = Status::Failed;
        }
        Step::MakeKeys => {
            let (keyring, now) = (core.parts.keyring.clone(), core.now());
            let (of, name) = (place.clone(), cluster.name.clone());
            let made = move || authority::make(&keyring, &of, &name, now);
            let made = tokio::task::spawn_blocking(made).await;
            let made = made.map_err(StepError::other)?;
            cluster.authority = Some(made.map_err(StepError::other)?);
        }
        Step::MakeSecretsKey => {
            let made = authority::secrets_key(&core.parts.keyring, &place, &cluster.name);
            if let Some(authority) = &mut cluster.authority {
                authority.secrets = Some(made);
            }
        }
        Step::MakeGroup => {
            let made = network::own_group(&core, &place, &cluster).await;
            let made = made.map_err(neighbour("making the security group of a cluster"))?;
            cluster.own_group = Some(made);
        }
        Step::Activate | Step::Apply | Step::KeepRunning => {
            let update = under_way(&core, &place, &cluster).await?;
            // Shown once it is so.
            if let Some(version) = update.as_ref().and_then(Update::version_of_cluster) {
                cluster.upgraded = versions::left(&cluster.version, version, core.now());
                version.clone_into(&mut cluster.version);
            }
            let provider = provider(&core, &place, &cluster).await?;
            let of = (&cluster, stored.revision);
            let mut wanted = wanted(&core, &place, of, provider.as_ref())?;
            let mut next = Next::Settled;
            let looked = encryption::look(&core, &place, &cluster).await;
            let is_unknown = looked.as_ref().is_some_and(Looked::is_unknown);
            // What is known of the key stands until more is.
            if !is_unknown {
                cluster.issues = Vec::new();
            }
            if let Some(looked) = looked {
                next = Next::After(looked.lasts());
                shut = looked.error();
                cluster.issues.extend(looked.issue);
                wanted.data_key = Some(looked.key);
            }
            // A cluster that is made comes with its key.
            if is_unknown && step == Step::Activate {
                return Ok(next);
            }
            let running = core.parts.control_planes.run(wanted).await?;
            // Its Secrets do not lie under the key yet.
            if is_unknown && update.is_some_and(|it| it.kind == ops::encryption::ASSOCIATE) {
                return Ok(next);
            }
            cluster.port = Some(running.port);
            cluster.endpoint = Some(running.endpoint);
            cluster.status = Status::Active;
            if cluster == stored.record {
                settle::addons(&core, &place, &stored).await?;
                return Ok(next);
            }
            tracing::info!(
                cluster = cluster.name,
                id = cluster.id,
                port = running.port,
                issues = ?cluster.issues,
                "a cluster answers"
            );
        }
        Step::Remove => {
            if !remove(&core, &place, &stored).await? {
                return Ok(Next::After(groups::reconcile::SOON));
            }
            tracing::info!(
                cluster = cluster.name,
                id = cluster.id,
                "a cluster was removed"
            );
            return Ok(Next::Settled);
        }
    }
    let mut changes = core.table.begin();
    if cluster.status == Status::Active
        && let Some(update) = cluster.update.take()
    {
        let key = names::update_key(&place, &cluster.id, &update);
        if let Some(update) = core.table.read::<Update>(&key).await? {
            changes.when(update.unchanged());
            // Its key was shut since: the Secrets go under it as soon as it opens again.
            let is_of_key = update.record.kind == ops::encryption::ASSOCIATE;
            let errors = shut.into_iter().filter(|_| is_of_key).collect();
            changes.put(&key, &update.record.ended(errors));
        }
        if let Some(stored) = provider(&core, &place, &cluster).await? {
            changes.when(stored.unchanged());
            let mut provider = stored.record;
            if provider.status == providers::Status::Deleting {
                cluster.provider = None;
                changes.delete(&stored.key);
            } else {
                provider.status = providers::Status::Active;
                changes.put(&stored.key, &provider);
            }
        }
    }
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.put(&stored.key, &cluster);
    // What was written wakes the key again, as does the write of whoever came between.
    settled(changes.write(&PERMIT).await)
}

/// The cluster's, if it has one.
async fn provider(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
) -> Result<Option<Stored<IdentityProvider>>, StepError> {
    let Some(name) = &cluster.provider else {
        return Ok(None);
    };
    let key = names::provider_key(place, &cluster.id, name);
    Ok(core.table.read(&key).await?)
}

/// The update that runs, if one does.
async fn under_way(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
) -> Result<Option<Update>, StepError> {
    let Some(update) = &cluster.update else {
        return Ok(None);
    };
    let key = names::update_key(place, &cluster.id, update);
    let update = core.table.read::<Update>(&key).await?;
    Ok(update.map(|it| it.record))
}

fn wanted(
    core: &Core,
    place: &Place,
    (cluster, revision): (&Cluster, Revision),
    provider: Option<&Stored<IdentityProvider>>,
) -> Result<Wanted, StepError> {
    let provider = provider.map(|it| &it.record);
    let provider = provider.filter(|it| it.status != providers::Status::Deleting);
    let authority = cluster.authority.as_ref().ok_or(StepError::NoShard)?;
    let secrets = authority.secrets.as_ref().ok_or(StepError::NoShard)?;
    let keyring = &core.parts.keyring;
    let name = &cluster.name;
    let open = |sealed, purpose: String| keyring.open(sealed, &purpose).map_err(StepError::other);
    Ok(Wanted {
        id: cluster.id.clone(),
        revision,
        place: place.clone(),
        name: name.clone(),
        version: versions::of(&cluster.version),
        vpc: cluster.vpc.clone(),
        subnets: cluster.subnets.clone(),
        group: cluster.own_group.clone(),
        service_cidr: cluster.service_cidr.clone(),
        admitted: cluster.admitted.clone(),
        logs: cluster.logs.clone(),
        without: cluster.without.clone(),
        provider: provider.map(IdentityProvider::provider),
        port: cluster.port,
        authority: authority.certificate.clone(),
        authority_key: open(&authority.key, names::authority_purpose(place, name))?,
        token_key: open(&authority.tokens, names::tokens_purpose(place, name))?,
        secrets_key: open(secrets, names::secrets_purpose(place, name))?,
        data_key: None,
        issuer: names::issuer(place, &cluster.id),
    })
}

/// Whether it is gone.
async fn remove(core: &Core, place: &Place, stored: &Stored<Cluster>) -> Result<bool, StepError> {
    let cluster = &stored.record;
    core.parts.control_planes.erase(place, &cluster.id).await?;
    let removed = network::remove_group(core, place, cluster).await;
    if !removed.map_err(neighbour("removing the security group of a cluster"))? {
        return Ok(false);
    }
    if let Some(encryption) = &cluster.encryption {
        let retired = encryption::retire(core, (place, &cluster.name), encryption).await;
        retired.map_err(neighbour("giving back the grant of a cluster"))?;
    }
    let entries = core.below::<AccessEntry>(place, &cluster.id).await?;
    let mut keys: Vec<String> = entries.into_iter().map(|it| it.key).collect();
    let updates = core.below::<Update>(place, &cluster.id).await?;
    keys.extend(updates.into_iter().map(|it| it.key));
    let associations = core.below::<Association>(place, &cluster.id).await?;
    keys.extend(associations.into_iter().map(|it| it.key));
    let addons = core.below::<Addon>(place, &cluster.id).await?;
    keys.extend(addons.into_iter().map(|it| it.key));
    let providers = core.below::<IdentityProvider>(place, &cluster.id).await?;
    keys.extend(providers.into_iter().map(|it| it.key));
    keys.push(stored.key.clone());
    for some in keys.chunks(DELETED_AT_ONCE) {
        let mut changes = core.table.begin();
        changes.when(stored.unchanged());
        changes.fence(fence::<EksFaults>(&core.shard)?);
        some.iter().for_each(|it| changes.delete(it));
        changes.write(&PERMIT).await?;
    }
    Ok(true)
}
