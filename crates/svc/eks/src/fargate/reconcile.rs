//! Brings a Fargate profile to be active, and ends it: its pods go first, then the entry of its role, then its record.

use std::time::Duration;

use wharf_kube_client::{Client, Delete, Object as _, Selection, kind};
use wharf_kube_model::fargate::{PROFILE_LABEL, is_of_fargate};
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_service::{Place, Stored, fence, settled};

use super::{ENTRY_TYPE, FargateProfile, Issue, PRINCIPAL, Status};
use crate::{
    aws_auth::{self, MapError, OF_FARGATE},
    core::Core,
    fault::EksFaults,
    groups::records::NodeGroup,
    names, node_entries,
    reconcile::{PERMIT, Standing, StepError, standing},
    records::{AccessEntry, Cluster, Mode},
};

const SOON: Duration = Duration::from_secs(1);

pub async fn look(
    core: &Core,
    key: &str,
    stored: Stored<FargateProfile>,
) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(key) else {
        return Ok(Next::Settled);
    };
    if !matches!(stored.record.status, Status::Creating | Status::Deleting) {
        return Ok(Next::Settled);
    }
    let place = Place::of_scope(&scope);
    let own = names::cluster_key(&place, &stored.record.cluster);
    let (cluster, client) = match standing(core, &own, &id).await? {
        Standing::Serves(cluster, client) => (*cluster, client),
        Standing::Later => return Ok(Next::After(SOON)),
        Standing::Gone => return Ok(Next::Settled),
    };
    match stored.record.status {
        Status::Creating => create(core, &place, (&cluster, &client), &stored).await,
        _ => end(core, &place, (&cluster, &client), &stored).await,
    }
}

async fn create(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: &Stored<FargateProfile>,
) -> Result<Next, StepError> {
    let mut profile = stored.record.clone();
    profile.issues = issues(core, place, cluster, &profile).await?;
    if profile.issues.is_empty() && cluster.mode == Mode::ConfigMap {
        match aws_auth::map(client, &profile.role, OF_FARGATE).await {
            Err(MapError::Unreadable(why)) => profile.issues.push(Issue {
                code: "AccessDenied".to_owned(),
                message: why.to_string(),
                resources: vec![profile.role.clone()],
            }),
            done => done.map_err(StepError::other)?,
        }
    }
    profile.status = match profile.issues.is_empty() {
        true => Status::Active,
        false => Status::CreateFailed,
    };
    tracing::info!(
        profile = profile.name,
        cluster = profile.cluster,
        status = profile.status.name(),
        "a Fargate profile was made"
    );
    write(core, stored, &profile).await
}

async fn write(
    core: &Core,
    stored: &Stored<FargateProfile>,
    profile: &FargateProfile,
) -> Result<Next, StepError> {
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.put(&stored.key, profile);
    settled(changes.write(&PERMIT).await)
}

/// What keeps its nodes from entering the cluster.
async fn issues(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    profile: &FargateProfile,
) -> Result<Vec<Issue>, StepError> {
    let issue = |code: &str, message: String| Issue {
        code: code.to_owned(),
        message,
        resources: vec![profile.role.clone()],
    };
    let source = names::arn(place, profile.resource());
    let principals = &core.parts.principals;
    let trusts = principals.trusts(&profile.role, PRINCIPAL, &source).await;
    if !trusts.map_err(StepError::other)? {
        let role = &profile.role;
        let text = format!(
            "Role with arn: {role}, could not be assumed because it does not exist or the trusted entity is not correct"
        );
        return Ok(vec![issue("AccessDenied", text)]);
    }
    if !cluster.mode.has_entries() {
        // Of a role one entry of the ConfigMap counts, and nodes of the two kinds enter by different names.
        let groups = core.below::<NodeGroup>(place, &cluster.id).await?;
        let group = groups.iter().find(|it| it.record.role == profile.role);
        let text = group.map(|it| {
            format!(
                "The role {} is that of the node group {}, which must have a different role than Fargate profiles.",
                profile.role, it.record.name
            )
        });
        let issue = text.map(|it| issue("PodExecutionRoleAlreadyInUse", it));
        return Ok(issue.into_iter().collect());
    }
    let key = names::entry_key(place, &cluster.id, &profile.role);
    let entry = core.table.read::<AccessEntry>(&key).await?;
    let known = principals.id(&profile.role).await;
    let known = known.map_err(StepError::other)?;
    let fits = entry.is_some_and(|it| {
        it.record.entry_type == ENTRY_TYPE && Some(it.record.principal_id) == known
    });
    Ok(match fits {
        true => Vec::new(),
        false => {
            let text = format!(
                "The access entry of {} is not of type {ENTRY_TYPE} or is of another principal of this name.",
                profile.role
            );
            vec![issue("PodExecutionRoleAlreadyInUse", text)]
        }
    })
}

async fn end(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: &Stored<FargateProfile>,
) -> Result<Next, StepError> {
    let profile = &stored.record;
    let left = end_pods(client, &profile.name).await;
    if left.map_err(StepError::other)? {
        if profile.due.is_none_or(|due| core.now() < due) {
            return Ok(Next::After(SOON));
        }
        let mut failed = profile.clone();
        failed.status = Status::DeleteFailed;
        failed.issues = vec![Issue {
            code: "InternalFailure".to_owned(),
            message: "Pods of the Fargate profile did not end in time.".to_owned(),
            resources: vec![profile.name.clone()],
        }];
        return write(core, stored, &failed).await;
    }
    forget(core, place, (cluster, client), stored).await
}

/// Ends all pods of a profile; whether any is left.
async fn end_pods(client: &Client, profile: &str) -> Result<bool, wharf_kube_client::Error> {
    let selection = Selection {
        labels: format!("{PROFILE_LABEL}={profile}"),
        ..Selection::default()
    };
    let mut pods = client.list(&kind::POD, &selection).await?.items;
    // Who names a profile that does not choose it runs elsewhere.
    pods.retain(is_of_fargate);
    for pod in pods.iter().filter(|it| !it.is_deleting()) {
        let options = Delete::of_uid(pod.uid());
        let deleted = client
            .delete(&kind::POD, pod.namespace(), pod.name(), &options)
            .await;
        match deleted {
            Err(error) if !error.is_outdated() => return Err(error),
            _ => {}
        }
    }
    Ok(!pods.is_empty())
}

/// With what its role enters by, unless another profile has it.
async fn forget(
    core: &Core,
    place: &Place,
    (cluster, client): (&Cluster, &Client),
    stored: &Stored<FargateProfile>,
) -> Result<Next, StepError> {
    let profile = &stored.record;
    let mut changes = core.table.begin();
    let own = names::cluster_key(place, &cluster.name);
    let Some(mut holder) = changes.find::<Cluster>(&own).await? else {
        return Ok(Next::Settled);
    };
    holder.profiles = holder.profiles.saturating_sub(1);
    changes.put(&own, &holder);
    let going = (stored.key.as_str(), profile.clone());
    node_entries::leave(core, place, (&holder, client), going, &mut changes).await?;
    changes.when(stored.unchanged());
    changes.fence(fence::<EksFaults>(&core.shard)?);
    changes.delete(&stored.key);
    match changes.write(&PERMIT).await {
        // It may be the cluster that changed, which wakes no profile.
        Err(error) if error.is_conflict() => return Ok(Next::After(SOON)),
        done => done?,
    }
    tracing::info!(
        profile = profile.name,
        cluster = profile.cluster,
        "a Fargate profile was removed"
    );
    Ok(Next::Settled)
}
