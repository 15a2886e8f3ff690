//! Who may enter a cluster, and as whom: its access entries, as the API server of the cluster asks for them.

use wharf_api_ec2::DescribeInstancesRequest;
use wharf_kube_auth::{
    UserInfo,
    access_policies::{Policy, Reach},
    mapping::{self, Identity, PRIVATE_DNS_NAME},
    user::MASTERS,
};
use wharf_service::{ChangeError, Place};
use wharf_wire::{Call, Context};

use crate::{
    core::Core,
    fault::EksFaults,
    names::{self, PRINCIPAL},
    reconcile::PERMIT,
    records::{AccessEntry, Cluster},
};

/// The user of a cluster that a principal of IAM is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    User(Box<UserInfo>),
    /// No access entry says; the ConfigMap `aws-auth` may.
    AskConfigMap,
    Nobody,
}

/// Who a principal is in a cluster, by its id.
pub(crate) async fn enter(
    core: &Core,
    place: &Place,
    (name, id): (&str, &str),
    identity: &Identity,
) -> Result<Entry, ChangeError<EksFaults>> {
    let found = core
        .table
        .read::<Cluster>(&names::cluster_key(place, name))
        .await?;
    let Some(cluster) = found.map(|it| it.record).filter(|it| it.id == id) else {
        return Ok(Entry::Nobody);
    };
    if cluster.creator.as_deref() == Some(&identity.principal_id) {
        let admin = identity.user("kubernetes-admin".to_owned(), vec![MASTERS.to_owned()]);
        return Ok(Entry::User(Box::new(admin)));
    }
    if cluster.mode.has_entries() {
        let key = names::entry_key(place, id, &identity.principal_arn);
        let found = core.table.read::<AccessEntry>(&key).await?;
        let entry = found.map(|it| it.record);
        if let Some(entry) = entry.filter(|it| it.principal_id == identity.principal_id) {
            let user = user_of(core, place, &cluster, &entry, identity).await;
            return Ok(user.map_or(Entry::Nobody, |it| Entry::User(Box::new(it))));
        }
    }
    Ok(match cluster.mode.has_config_map() {
        true => Entry::AskConfigMap,
        false => Entry::Nobody,
    })
}

async fn user_of(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    entry: &AccessEntry,
    identity: &Identity,
) -> Option<UserInfo> {
    let dns = match entry.username.contains(PRIVATE_DNS_NAME) {
        true => private_dns_name(core, place, &cluster.vpc, &identity.session).await,
        false => None,
    };
    let fill = |template: &str| mapping::filled(template, identity, dns.as_deref());
    let groups = mapping::usual_groups(&entry.entry_type);
    let groups = groups.into_iter().chain(entry.groups.iter().cloned());
    let user = fill(&entry.username).map(|name| identity.user(name, groups.collect()));
    match user {
        Ok(user) => Some(user),
        Err(error) => {
            tracing::info!(principal = identity.arn, cluster = entry.cluster, %error, "an access entry does not fit its principal");
            None
        }
    }
}

/// The name of the instance whose session this is, as EC2 has it, if it runs in the VPC of the cluster.
pub(crate) async fn private_dns_name(
    core: &Core,
    place: &Place,
    vpc: &str,
    instance: &str,
) -> Option<String> {
    if !instance.starts_with("i-") {
        return None;
    }
    let Place { account, region } = place;
    let context = Context::internal(account, region, PRINCIPAL, core.now());
    let call = Call::by_controller(context, PERMIT);
    let wanted = DescribeInstancesRequest {
        instance_ids: Some(vec![instance.to_owned()]),
        ..DescribeInstancesRequest::default()
    };
    let found = core.parts.ec2.describe_instances(&call, wanted).await;
    let reservations = match found {
        Ok(found) => found.reservations.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(instance, %error, "looking up the instance of a node failed");
            return None;
        }
    };
    let instances = reservations
        .into_iter()
        .flat_map(|it| it.instances.unwrap_or_default());
    // Addresses, and so names, are unique in a VPC alone.
    let mut here = instances.filter(|it| {
        let state = it.state.as_ref().and_then(|it| it.name.as_deref());
        it.vpc_id.as_deref() == Some(vpc) && state == Some("running")
    });
    let name = here.find_map(|it| it.private_dns_name);
    name.filter(|it| !it.is_empty())
}

/// The same for a principal that no access entry names.
pub(crate) async fn node_name(
    core: &Core,
    place: &Place,
    (name, id): (&str, &str),
    instance: &str,
) -> Result<Option<String>, ChangeError<EksFaults>> {
    let key = names::cluster_key(place, name);
    let found = core.table.read::<Cluster>(&key).await?;
    match found.map(|it| it.record).filter(|it| it.id == id) {
        Some(cluster) => Ok(private_dns_name(core, place, &cluster.vpc, instance).await),
        None => Ok(None),
    }
}

/// What a principal may do in a cluster by its access policies. `canonical` is its ARN without the role's path, `principal` its unique id:
/// another of the same name has nothing of it.
pub(crate) async fn policies(
    core: &Core,
    place: &Place,
    (name, id): (&str, &str),
    (canonical, principal): (&str, &str),
) -> Result<Vec<(Policy, Reach)>, ChangeError<EksFaults>> {
    let key = names::cluster_key(place, name);
    let found = core.table.read::<Cluster>(&key).await?;
    let counts = found.is_some_and(|it| it.record.id == id && it.record.mode.has_entries());
    if !counts {
        return Ok(Vec::new());
    }
    let entries = core.below::<AccessEntry>(place, id).await?;
    let own = entries.into_iter().map(|it| it.record);
    let own = own.filter(|it| {
        it.principal_id == principal && mapping::without_path(&it.principal) == canonical
    });
    let all = own.flat_map(|it| it.policies);
    Ok(all
        .filter_map(|(arn, association)| {
            let reach = match association.namespaces {
                None => Reach::Cluster,
                Some(namespaces) => Reach::Namespaces(namespaces),
            };
            Some((Policy::of_arn(&arn)?, reach))
        })
        .collect())
}
