//! Fargate profiles: CreateFargateProfile, DescribeFargateProfile, ListFargateProfiles, DeleteFargateProfile.

use std::time::Duration;

use wharf_api_eks::{
    CreateFargateProfileRequest, CreateFargateProfileResponse, DeleteFargateProfileRequest,
    DeleteFargateProfileResponse, DescribeFargateProfileRequest, DescribeFargateProfileResponse,
    ListFargateProfilesRequest, ListFargateProfilesResponse,
};
use wharf_base::{arn, ids};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fargate::{FargateProfile, MOST, PRINCIPAL, Status, checks},
    fault, names, network, node_entries,
    records::{self, Cluster},
    tags,
};

/// How long the pods of a profile that is being deleted may take.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

pub async fn find(
    core: &Core,
    place: &Place,
    (cluster, name): (Option<&str>, Option<&str>),
) -> Result<(Cluster, Stored<FargateProfile>), Fault> {
    let cluster = core.cluster(place, cluster.unwrap_or_default()).await?;
    let cluster = cluster.record;
    let name = name.unwrap_or_default();
    let key = names::profile_key(place, &cluster.id, name);
    let found = core.table.read(&key).await?;
    let found = found.ok_or_else(|| fault::no_profile(name))?;
    Ok((cluster, found))
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateFargateProfileRequest,
) -> Result<CreateFargateProfileResponse, Fault> {
    let place = Place::of(call);
    let cluster = input.cluster_name.as_deref().unwrap_or_default();
    let cluster = core.cluster(&place, cluster).await?.record;
    let name = input.fargate_profile_name.clone().unwrap_or_default();
    let key = names::profile_key(&place, &cluster.id, &name);
    let token = input.client_request_token.clone();
    // Whatever became of the cluster since.
    if let Some(there) = core.table.read::<FargateProfile>(&key).await? {
        return repeated(&place, &there.record, token.as_deref());
    }
    if cluster.status != records::Status::Active {
        return Err(fault::not_active(&cluster.name));
    }
    let mut profile = wanted(core, call, (&place, &cluster), input).await?;
    let own = names::cluster_key(&place, &cluster.name);
    let made = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        if let Some(there) = tx.find::<FargateProfile>(&key).await? {
            return repeated(&place, &there, token.as_deref());
        }
        // In another mode its nodes enter by something else.
        if standing.status != records::Status::Active || standing.mode != cluster.mode {
            return Err(fault::not_active(&cluster.name));
        }
        alone(core, (&place, &cluster), ("create", &name)).await?;
        if standing.profiles >= MOST {
            return Err(fault::too_many_profiles(MOST));
        }
        standing.profiles += 1;
        tx.put(&own, &standing);
        if standing.mode.has_entries() {
            let of = (&place, &cluster);
            if !node_entries::make(core, of, &mut profile, &mut tx).await? {
                return Err(fault::untrusting_pod_role());
            }
        }
        tx.put(&key, &profile);
        profile.clone()
    });
    Ok(CreateFargateProfileResponse {
        fargate_profile: Some(made.described(&place)),
    })
}

/// The same request again has the same answer.
fn repeated(
    place: &Place,
    there: &FargateProfile,
    token: Option<&str>,
) -> Result<CreateFargateProfileResponse, Fault> {
    match token.is_some() && there.token.as_deref() == token {
        true => Ok(CreateFargateProfileResponse {
            fargate_profile: Some(there.described(place)),
        }),
        false => Err(fault::profile_exists(&there.cluster, &there.name)),
    }
}

/// One profile of a cluster at a time is made or deleted. Every such change writes the cluster's record, so none comes between.
async fn alone(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    (what, name): (&str, &str),
) -> Result<(), Fault> {
    let all = core.below::<FargateProfile>(place, &cluster.id).await?;
    let mut all = all.into_iter().map(|it| it.record);
    let busy = |it: &FargateProfile| matches!(it.status, Status::Creating | Status::Deleting);
    match all.find(|it| busy(it) && it.name != name) {
        Some(other) => Err(fault::profiles_are_busy(what, name, &other)),
        None => Ok(()),
    }
}

async fn wanted(
    core: &Core,
    call: &Call,
    (place, cluster): (&Place, &Cluster),
    input: CreateFargateProfileRequest,
) -> Result<FargateProfile, Fault> {
    let name = input.fargate_profile_name.unwrap_or_default();
    checks::name(&name)?;
    let selectors = checks::selectors(input.selectors)?;
    let subnets = input.subnets.unwrap_or_default();
    let subnets = (subnets, cluster.subnets.as_slice());
    let subnets = network::private_subnets(core, call, &cluster.vpc, subnets).await?;
    let uuid = ids::uuid();
    let role = input.pod_execution_role_arn.unwrap_or_default();
    let role = arn::canonical(&role).into_owned();
    let source = names::arn(place, names::profile_resource(&cluster.name, &name, &uuid));
    let trusts = core.parts.principals.trusts(&role, PRINCIPAL, &source);
    if !names::is_role_of(&role, place) || !trusts.await.map_err(fault::lookup)? {
        return Err(fault::untrusting_pod_role());
    }
    Ok(FargateProfile {
        cluster: cluster.name.clone(),
        name,
        uuid,
        status: Status::Creating,
        role,
        subnets,
        selectors,
        made_entry: false,
        issues: Vec::new(),
        due: None,
        created_at: core.now(),
        token: input.client_request_token,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
    })
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeFargateProfileRequest,
) -> Result<DescribeFargateProfileResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.fargate_profile_name.as_deref(),
    );
    let profile = find(core, &place, named).await?.1.record;
    Ok(DescribeFargateProfileResponse {
        fargate_profile: Some(profile.described(&place)),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListFargateProfilesRequest,
) -> Result<ListFargateProfilesResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let all = core.below::<FargateProfile>(&place, &cluster.id).await?;
    let names = all.into_iter().map(|it| it.record.name).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let list = ("eks/ListFargateProfiles", &[cluster.id.as_str()][..]);
    let (fargate_profile_names, next_token) = core.page(call, list, names, at)?;
    Ok(ListFargateProfilesResponse {
        fargate_profile_names: Some(fargate_profile_names),
        next_token,
    })
}

/// Its pods end before it does.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteFargateProfileRequest,
) -> Result<DeleteFargateProfileResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.fargate_profile_name.as_deref(),
    );
    let (cluster, found) = find(core, &place, named).await?;
    let (key, name, uuid) = (found.key, found.record.name, found.record.uuid);
    let own = names::cluster_key(&place, &cluster.name);
    let profile = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        let there = tx.find::<FargateProfile>(&key).await?;
        let there = there.filter(|it| it.uuid == uuid);
        let mut profile = there.ok_or_else(|| fault::no_profile(&name))?;
        if profile.status != Status::Deleting {
            if standing.update.is_some() {
                return Err(fault::profile_waits_for_update(&profile));
            }
            if profile.status == Status::Creating {
                return Err(fault::profiles_are_busy("Delete", &name, &profile));
            }
            alone(core, (&place, &cluster), ("Delete", &name)).await?;
            profile.status = Status::Deleting;
            profile.issues = Vec::new();
            profile.due = Some(core.now() + PATIENCE);
            // Others that are made or deleted at the same time notice.
            tx.put(&own, &standing);
            tx.put(&key, &profile);
        }
        profile
    });
    Ok(DeleteFargateProfileResponse {
        fargate_profile: Some(profile.described(&place)),
    })
}
