//! CreateCluster: checks roles and network, and writes down what is to be; the reconciler makes it so.

use std::{collections::BTreeSet, net::Ipv4Addr};

use wharf_api_eks::{CreateClusterRequest, CreateClusterResponse};
use wharf_base::{arn, ids, net::Cidr4};
use wharf_datakeys::grants::Begun;
use wharf_kube_auth::{
    access_policies::Policy,
    mapping::{self, Identity},
};
use wharf_kube_model::parts::{Part, Parts};
use wharf_records::Record as _;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::logging;
use crate::{
    core::Core,
    describe, encryption, fault,
    names::{self, PRINCIPAL},
    network,
    records::{AccessEntry, Association, Cluster, Mode, Status},
    tags, versions,
};

/// What an account may have in a region, as AWS has it.
const MOST: usize = 100;
/// Ranges that a cluster may be reached from.
const MOST_RANGES: usize = 40;

pub async fn create_cluster(
    core: &Core,
    call: &Call,
    input: CreateClusterRequest,
) -> Result<CreateClusterResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.clone().unwrap_or_default();
    let key = names::cluster_key(&place, &name);
    let token = input.client_request_token.clone();
    if let Some(there) = core.table.read::<Cluster>(&key).await? {
        return repeated(&place, there.record, token.as_deref());
    }
    let secrets_key = encryption::wanted(&place, input.encryption_config.clone())?;
    let (mut cluster, entry) = wanted(core, call, &place, input).await?;
    let all = names::scope(&place).prefix(Cluster::KIND);
    if core.table.count(&all).await? >= MOST {
        return Err(fault::too_many_clusters(MOST));
    }
    let mut begun = None;
    if let Some(key) = secrets_key {
        let made = encryption::prepare(core, call, (&place, &name), &key).await?;
        cluster.encryption = Some(made.0);
        begun = Some(made.1);
    }
    let there = write(core, call, &cluster, entry.as_ref(), begun.as_ref()).await;
    // Another of the name came first, or nobody knows.
    if let Some(begun) = &begun
        && !matches!(there, Ok(None))
    {
        encryption::grants(core).let_go(&begun.at).await;
    }
    match there? {
        Some(there) => repeated(&place, there, token.as_deref()),
        None => Ok(CreateClusterResponse {
            cluster: Some(describe::cluster(&place, &cluster)),
        }),
    }
}

/// The one of the name that there is, where nothing was written.
async fn write(
    core: &Core,
    call: &Call,
    cluster: &Cluster,
    entry: Option<&AccessEntry>,
    begun: Option<&Begun>,
) -> Result<Option<Cluster>, Fault> {
    let place = Place::of(call);
    let key = names::cluster_key(&place, &cluster.name);
    let there = transact!(core.table, &call.permit, |tx| {
        if let Some(there) = tx.find::<Cluster>(&key).await? {
            return Ok(Some(there));
        }
        tx.put(&key, cluster);
        if let Some(entry) = entry {
            let key = names::entry_key(&place, &cluster.id, &entry.principal);
            tx.put(&key, entry);
        }
        if let Some(begun) = begun {
            tx.join(begun.ended());
        }
        None
    });
    Ok(there)
}

/// The same request again has the same answer.
fn repeated(
    place: &Place,
    there: Cluster,
    token: Option<&str>,
) -> Result<CreateClusterResponse, Fault> {
    match token.is_some() && there.token.as_deref() == token {
        true => Ok(CreateClusterResponse {
            cluster: Some(describe::cluster(place, &there)),
        }),
        false => Err(fault::cluster_exists(&there.name)),
    }
}

async fn wanted(
    core: &Core,
    call: &Call,
    place: &Place,
    input: CreateClusterRequest,
) -> Result<(Cluster, Option<AccessEntry>), Fault> {
    let name = input.name.unwrap_or_default();
    let version = versions::asked(input.version.as_deref())?;
    let tags = tags::given(input.tags)?;
    let vpc_config = input.resources_vpc_config.unwrap_or_default();
    let subnets = vpc_config.subnet_ids.unwrap_or_default();
    let security_groups = vpc_config.security_group_ids.unwrap_or_default();
    let admitted = admitted(vpc_config.public_access_cidrs)?;
    let vpc = network::vpc_of(core, call, &subnets).await?;
    network::check_groups(core, call, &vpc, &security_groups).await?;
    let addresses = input.kubernetes_network_config.unwrap_or_default();
    let asked = addresses.service_ipv4_cidr.as_deref();
    let service_cidr = network::service_range(core, call, &vpc, asked).await?;
    let role = input.role_arn.unwrap_or_default();
    let role = arn::canonical(&role).into_owned();
    check_role(core, place, &name, &role).await?;

    let access = input.access_config.unwrap_or_default();
    let mode = access.authentication_mode.as_deref();
    let mode = Mode::ALL.into_iter().find(|it| Some(it.name()) == mode);
    let mode = mode.unwrap_or(Mode::ConfigMap);
    let creator_is_admin = access.bootstrap_cluster_creator_admin_permissions != Some(false);
    if !creator_is_admin && !mode.has_entries() {
        return Err(fault::nobody_enters());
    }
    let caller = &call.caller;
    let creator = Identity::new(
        &caller.arn,
        &caller.user_id,
        &caller.role_arn,
        &caller.account,
        "",
    );
    let hidden = creator_is_admin && !mode.has_entries();
    let policy = input.upgrade_policy.unwrap_or_default();
    let cluster = Cluster {
        id: ids::hex32().to_uppercase(),
        status: Status::Creating,
        issues: Vec::new(),
        version: version.name().to_owned(),
        role,
        vpc,
        subnets,
        security_groups,
        own_group: None,
        groups: 0,
        profiles: 0,
        associations: 0,
        update: None,
        upgraded: None,
        without: without(input.bootstrap_self_managed_addons),
        roles: Default::default(),
        taken: Default::default(),
        provider: None,
        encryption: None,
        admitted,
        service_cidr,
        mode,
        creator: hidden.then(|| creator.principal_id.clone()),
        creator_is_admin,
        support: policy.support_type.unwrap_or_else(|| "EXTENDED".to_owned()),
        deletion_protection: input.deletion_protection == Some(true),
        logs: logging::changed(BTreeSet::new(), input.logging)?,
        authority: None,
        port: None,
        endpoint: None,
        created_at: core.now(),
        token: input.client_request_token,
        tags,
        unknown: Default::default(),
        name,
    };
    let entry = (creator_is_admin && mode.has_entries()).then(|| of_creator(&cluster, &creator));
    Ok((cluster, entry))
}

/// What a cluster that is to have none of EKS's own begins without. What Services are led by is part of every node.
fn without(bootstraps: Option<bool>) -> Parts {
    match bootstraps {
        Some(false) => [Part::VpcCni, Part::KubeProxy, Part::CoreDns].into(),
        _ => Parts::new(),
    }
}

async fn check_role(core: &Core, place: &Place, name: &str, role: &str) -> Result<(), Fault> {
    let own = names::is_role_of(role, place);
    let source = names::cluster_arn(place, name);
    let trusts = core.parts.principals.trusts(role, PRINCIPAL, &source);
    match own && trusts.await.map_err(fault::lookup)? {
        true => Ok(()),
        false => Err(fault::bad_role(role)),
    }
}

pub(super) fn admitted(given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = given.filter(|it| !it.is_empty());
    let Some(given) = given else {
        return Ok(vec![Cidr4::ALL.to_string()]);
    };
    if given.len() > MOST_RANGES {
        return Err(fault::invalid(format!(
            "At most {MOST_RANGES} publicAccessCidrs can be specified"
        )));
    }
    for text in &given {
        let range = text.parse::<Cidr4>();
        if range.is_err()
            || range.is_ok_and(|it| it.contains(Ipv4Addr::UNSPECIFIED) && it != Cidr4::ALL)
        {
            return Err(fault::invalid(format!(
                "The following CIDRs are invalid in publicAccessCidrs: [{text}]"
            )));
        }
    }
    Ok(given)
}

/// Who makes a cluster is its administrator.
fn of_creator(cluster: &Cluster, creator: &Identity) -> AccessEntry {
    let now = cluster.created_at;
    let association = Association {
        namespaces: None,
        associated_at: now,
        modified_at: now,
    };
    AccessEntry {
        cluster: cluster.name.clone(),
        uuid: ids::uuid(),
        principal: creator.principal_arn.clone(),
        principal_id: creator.principal_id.clone(),
        entry_type: mapping::STANDARD.to_owned(),
        username: mapping::usual_name(mapping::STANDARD, &creator.principal_arn),
        groups: Vec::new(),
        policies: [(Policy::ClusterAdmin.arn(), association)].into(),
        created_at: now,
        modified_at: now,
        token: None,
        tags: Default::default(),
        unknown: Default::default(),
    }
}
