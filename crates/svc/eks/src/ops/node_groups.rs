//! Managed node groups: CreateNodegroup, DescribeNodegroup, ListNodegroups, DeleteNodegroup.

use wharf_api_eks::{
    CreateNodegroupRequest, CreateNodegroupResponse, DeleteNodegroupRequest,
    DeleteNodegroupResponse, DescribeNodegroupRequest, DescribeNodegroupResponse,
    ListNodegroupsRequest, ListNodegroupsResponse,
};
use wharf_base::{arn, ids};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fargate::{self, FargateProfile},
    fault,
    groups::{
        checks,
        cloud::{self, Cloud},
        describe as shown, devices,
        plan::PATIENCE,
        records::{ENTRY_TYPE, NodeGroup, Size, Status, Unavailable},
        source,
    },
    names, network, node_entries,
    records::{self, AccessEntry, Cluster},
    tags, versions,
};

/// What a cluster may have, as with EKS.
const MOST: u32 = 30;
const USUAL: Size = Size {
    min: 1,
    max: 2,
    desired: 2,
};

pub async fn find(
    core: &Core,
    place: &Place,
    (cluster, name): (Option<&str>, Option<&str>),
) -> Result<(Cluster, Stored<NodeGroup>), Fault> {
    let cluster = core
        .cluster(place, cluster.unwrap_or_default())
        .await?
        .record;
    let name = name.unwrap_or_default();
    let found = core
        .table
        .read(&names::group_key(place, &cluster.id, name))
        .await?;
    let found = found.ok_or_else(|| fault::no_group(name))?;
    Ok((cluster, found))
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateNodegroupRequest,
) -> Result<CreateNodegroupResponse, Fault> {
    let place = Place::of(call);
    let cluster = core
        .cluster(&place, input.cluster_name.as_deref().unwrap_or_default())
        .await?;
    let cluster = cluster.record;
    let name = input.nodegroup_name.clone().unwrap_or_default();
    let key = names::group_key(&place, &cluster.id, &name);
    let token = input.client_request_token.clone();
    // Whatever became of the cluster since.
    if let Some(there) = core.table.read::<NodeGroup>(&key).await? {
        return repeated(&place, there.record, token.as_deref());
    }
    if cluster.status != records::Status::Active {
        return Err(fault::not_active(&cluster.name));
    }
    let mut group = wanted(core, call, &place, &cluster, input).await?;
    check_entry(core, &place, &cluster, &group.role).await?;
    let own = names::cluster_key(&place, &cluster.name);
    let made = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        if let Some(there) = tx.find::<NodeGroup>(&key).await? {
            return repeated(&place, there, token.as_deref());
        }
        // In another mode its nodes enter by something else.
        if standing.status != records::Status::Active || standing.mode != cluster.mode {
            return Err(fault::not_active(&cluster.name));
        }
        if standing.groups >= MOST {
            return Err(fault::too_many_groups(MOST));
        }
        standing.groups += 1;
        tx.put(&own, &standing);
        if standing.mode.has_entries() {
            let of = (&place, &cluster);
            if !node_entries::make(core, of, &mut group, &mut tx).await? {
                return Err(fault::untrusting_node_role(&group.role));
            }
        } else {
            // A profile that comes meanwhile writes the cluster's record.
            check_profiles(core, (&place, &cluster), &group.role).await?;
        }
        tx.put(&key, &group);
        group.clone()
    });
    Ok(CreateNodegroupResponse {
        nodegroup: Some(shown::group(&place, &made, None)),
    })
}

/// The same request again has the same answer.
fn repeated(
    place: &Place,
    there: NodeGroup,
    token: Option<&str>,
) -> Result<CreateNodegroupResponse, Fault> {
    match token.is_some() && there.token.as_deref() == token {
        true => Ok(CreateNodegroupResponse {
            nodegroup: Some(shown::group(place, &there, None)),
        }),
        false => Err(fault::group_exists(&there.name, &there.cluster)),
    }
}

async fn wanted(
    core: &Core,
    call: &Call,
    place: &Place,
    cluster: &Cluster,
    input: CreateNodegroupRequest,
) -> Result<NodeGroup, Fault> {
    let name = input.nodegroup_name.unwrap_or_default();
    checks::name(&name)?;
    if input.remote_access.is_some() {
        return Err(fault::no_remote_access(input.launch_template.is_some()));
    }
    let version = versions::of_new_group(&cluster.version, input.version.as_deref())?;
    cloud::check_release(version, &place.region, input.release_version.as_deref())?;
    let labels = input.labels.unwrap_or_default();
    checks::labels(&labels)?;
    let mut types = checks::types(input.instance_types)?;
    let source = match input.launch_template {
        Some(given) => Some(source::read(core, call, given, !types.is_empty()).await?),
        None => None,
    };
    if types.is_empty() {
        let own = source.as_ref().and_then(|it| it.instance_type.clone());
        types.push(own.unwrap_or_else(|| checks::USUAL_TYPE.to_owned()));
    }
    network::check_types(core, call, &types).await?;
    let ami_type = source::ami_type(source.as_ref(), input.ami_type.as_deref())?;
    if input.version.is_some() && ami_type == checks::CUSTOM {
        return Err(fault::version_of_own_image());
    }
    let subnets = input.subnets.unwrap_or_default();
    network::check_subnets(core, call, &cluster.vpc, &subnets).await?;
    let role = input.node_role.unwrap_or_default();
    let role = arn::canonical(&role).into_owned();
    let group_arn = names::cluster_arn(place, &cluster.name);
    let trusts = core
        .parts
        .principals
        .trusts(&role, "ec2.amazonaws.com", &group_arn);
    if !names::is_role_of(&role, place) || !trusts.await.map_err(fault::lookup)? {
        return Err(fault::untrusting_node_role(&role));
    }
    let usual = (Unavailable::Number(1), "DEFAULT".to_owned());
    let (unavailable, strategy) = checks::unavailable(input.update_config, usual)?;
    let now = core.now();
    Ok(NodeGroup {
        cluster: cluster.name.clone(),
        name,
        uuid: ids::uuid(),
        status: Status::Creating,
        version: version.name().to_owned(),
        release: cloud::release_of(version, &place.region, &ami_type),
        role,
        subnets,
        size: checks::first_size(input.scaling_config, USUAL)?,
        types,
        spot: input.capacity_type.as_deref() == Some("SPOT"),
        ami_type,
        disk_gib: devices::disk(input.disk_size, source.is_some())?,
        source,
        labels,
        taints: checks::taints(input.taints)?,
        unavailable,
        strategy,
        made_entry: false,
        generation: 1,
        dropped: Default::default(),
        resize: false,
        template: None,
        launched: false,
        leaving: Default::default(),
        repair: checks::repair(input.node_repair_config, Default::default())?,
        repairs: Default::default(),
        update: None,
        rollout: None,
        issues: Vec::new(),
        refused_since: None,
        due: now + PATIENCE,
        created_at: now,
        modified_at: now,
        token: input.client_request_token,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
    })
}

/// Nodes enter by an entry that is there already, where clusters have entries.
async fn check_entry(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    role: &str,
) -> Result<(), Fault> {
    let key = names::entry_key(place, &cluster.id, role);
    let held = core.table.read::<AccessEntry>(&key).await?;
    let Some(held) = held.filter(|_| cluster.mode.has_entries()) else {
        return Ok(());
    };
    let id = core.parts.principals.id(role).await;
    let is_its = id.map_err(fault::lookup)?.as_ref() == Some(&held.record.principal_id);
    match is_its && held.record.entry_type == ENTRY_TYPE {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "The access entry of {role} is not of type {ENTRY_TYPE} or is of another principal of this name."
        ))),
    }
}

/// As AWS asks for, Fargate profiles have other roles than node groups. Without access entries nothing else would say so: of a role one
/// entry of the ConfigMap `aws-auth` counts, and nodes of the two kinds enter by different names.
async fn check_profiles(
    core: &Core,
    (place, cluster): (&Place, &Cluster),
    role: &str,
) -> Result<(), Fault> {
    let profiles = core.below::<FargateProfile>(place, &cluster.id).await?;
    let mut profiles = profiles.into_iter().map(|it| it.record);
    let found = profiles.find(|it| it.role == role && it.status != fargate::Status::CreateFailed);
    match found {
        None => Ok(()),
        Some(profile) => Err(fault::invalid(format!(
            "The role {role} is that of the Fargate profile {}, which must have a different role than node groups.",
            profile.name
        ))),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeNodegroupRequest,
) -> Result<DescribeNodegroupResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.nodegroup_name.as_deref(),
    );
    let group = find(core, &place, named).await?.1.record;
    let mut size = None;
    if group.launched && group.rollout.is_none() && !group.resize {
        // Who scales the Auto Scaling group is followed.
        let cloud = Cloud {
            core,
            place: &place,
            group: &group,
        };
        size = cloud.scaling_group().await?.as_ref().map(cloud::size_of);
    }
    Ok(DescribeNodegroupResponse {
        nodegroup: Some(shown::group(&place, &group, size)),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListNodegroupsRequest,
) -> Result<ListNodegroupsResponse, Fault> {
    let place = Place::of(call);
    let cluster = core
        .cluster(&place, input.cluster_name.as_deref().unwrap_or_default())
        .await?;
    let all = core.below::<NodeGroup>(&place, &cluster.record.id).await?;
    let names = all.into_iter().map(|it| it.record.name).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let list = ("eks/ListNodegroups", &[cluster.record.id.as_str()][..]);
    let (nodegroups, next_token) = core.page(call, list, names, at)?;
    Ok(ListNodegroupsResponse {
        nodegroups: Some(nodegroups),
        next_token,
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteNodegroupRequest,
) -> Result<DeleteNodegroupResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.nodegroup_name.as_deref(),
    );
    let (_, found) = find(core, &place, named).await?;
    let (key, name) = (found.key, found.record.name);
    let group = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<NodeGroup>(&key).await?;
        let mut group = there.ok_or_else(|| fault::no_group(&name))?;
        if group.update.is_some() {
            return Err(fault::group_cannot_be_deleted(&group));
        }
        if group.status == Status::DeleteFailed {
            // It is tried anew, from where it was.
            group.issues.clear();
        }
        group.status = Status::Deleting;
        group.modified_at = core.now();
        tx.put(&key, &group);
        group
    });
    Ok(DeleteNodegroupResponse {
        nodegroup: Some(shown::group(&place, &group, None)),
    })
}
