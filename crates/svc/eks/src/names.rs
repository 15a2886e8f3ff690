//! Names, keys and ARNs.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;

use crate::{
    addons::Addon,
    fargate::FargateProfile,
    groups::records::NodeGroup,
    pod_identity::Association,
    providers::{IdentityProvider, OIDC},
    records::{AccessEntry, Cluster},
    updates::Update,
};

pub const SERVICE: &str = "eks";
/// In whose name the network of clusters is arranged: what its service-linked role may do.
pub const PRINCIPAL: &str = "eks.amazonaws.com";

/// In whose name node groups are: what its service-linked role may do.
pub const OF_GROUPS: &str = "eks-nodegroup.amazonaws.com";

/// Letters of the id of a Pod Identity association.
pub const LENGTH_OF_ASSOCIATION: usize = 19;

/// Whether text may name a cluster, a node group, a Fargate profile or an identity provider.
pub fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|it| it.is_ascii_alphanumeric());
    first && letters.all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
}

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn cluster_key(place: &Place, name: &str) -> String {
    scope(place).key(Cluster::KIND, name)
}

pub fn cluster_arn(place: &Place, name: &str) -> String {
    arn(place, format!("cluster/{name}"))
}

/// The id of what belongs to a cluster; `cluster` is the cluster's id.
pub fn below(cluster: &str, name: &str) -> String {
    format!("{cluster}/{name}")
}

pub fn entry_key(place: &Place, cluster: &str, principal: &str) -> String {
    scope(place).key(AccessEntry::KIND, &below(cluster, principal))
}

/// `cluster` is the cluster's name.
pub fn entry_arn(place: &Place, cluster: &str, principal: &str, uuid: &str) -> String {
    arn(place, entry_resource(cluster, principal, uuid))
}

/// `access-entry/<c>/<role|user>/<acct>/<name>/<uuid>`
pub fn entry_resource(cluster: &str, principal: &str, uuid: &str) -> String {
    let parsed = principal.parse::<Arn>().ok();
    let (account, kind, name) = match &parsed {
        Some(arn) => {
            let (kind, rest) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
            let name = rest.rsplit('/').next().unwrap_or_default();
            (arn.account.as_str(), kind, name)
        }
        None => ("", "user", principal),
    };
    format!("access-entry/{cluster}/{kind}/{account}/{name}/{uuid}")
}

/// `cluster` is the cluster's id.
pub fn group_key(place: &Place, cluster: &str, name: &str) -> String {
    scope(place).key(NodeGroup::KIND, &below(cluster, name))
}

pub fn group_arn(place: &Place, group: &NodeGroup) -> String {
    arn(
        place,
        group_resource(&group.cluster, &group.name, &group.uuid),
    )
}

/// `nodegroup/<c>/<ng>/<uuid>`
pub fn group_resource(cluster: &str, name: &str, uuid: &str) -> String {
    format!("nodegroup/{cluster}/{name}/{uuid}")
}

/// `cluster` is the cluster's id, `account` a service account's namespace and name.
pub fn association_key(place: &Place, cluster: &str, account: (&str, &str)) -> String {
    let account = format!("{}/{}", account.0, account.1);
    scope(place).key(Association::KIND, &below(cluster, &account))
}

/// `podidentityassociation/<c>/a-…`
pub fn association_resource(cluster: &str, id: &str) -> String {
    format!("podidentityassociation/{cluster}/{id}")
}

/// `cluster` is the cluster's id.
pub fn update_key(place: &Place, cluster: &str, id: &str) -> String {
    scope(place).key(Update::KIND, &below(cluster, id))
}

/// `cluster` is the cluster's id.
pub fn addon_key(place: &Place, cluster: &str, name: &str) -> String {
    scope(place).key(Addon::KIND, &below(cluster, name))
}

/// `addon/<c>/<addon>/<uuid>`
pub fn addon_resource(cluster: &str, name: &str, uuid: &str) -> String {
    format!("addon/{cluster}/{name}/{uuid}")
}

/// `cluster` is the cluster's id.
pub fn provider_key(place: &Place, cluster: &str, name: &str) -> String {
    scope(place).key(IdentityProvider::KIND, &below(cluster, name))
}

/// `identityproviderconfig/<c>/oidc/<name>/<uuid>`
pub fn provider_resource(cluster: &str, name: &str, uuid: &str) -> String {
    format!("identityproviderconfig/{cluster}/{OIDC}/{name}/{uuid}")
}

/// `cluster` is the cluster's id.
pub fn profile_key(place: &Place, cluster: &str, name: &str) -> String {
    scope(place).key(FargateProfile::KIND, &below(cluster, name))
}

/// `fargateprofile/<c>/<fp>/<uuid>`
pub fn profile_resource(cluster: &str, name: &str, uuid: &str) -> String {
    format!("fargateprofile/{cluster}/{name}/{uuid}")
}

/// Whether text is the ARN of something of IAM, as sessions are not.
pub fn is_of_iam(text: &str) -> bool {
    text.parse::<Arn>().is_ok_and(|it| it.service == "iam")
}

/// Whether an ARN is that of a role of the account.
pub fn is_role_of(role: &str, place: &Place) -> bool {
    let parsed = role.parse::<Arn>();
    parsed.is_ok_and(|it| it.account == place.account && it.resource.starts_with("role/"))
}

pub fn arn(place: &Place, resource: String) -> String {
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// What an ARN of a call's own account and region names: the part behind `arn:…:eks:…:…:`.
pub fn resource_of(place: &Place, arn: &str) -> Option<String> {
    let parsed: Arn = arn.parse().ok()?;
    let own = parsed.service == SERVICE
        && parsed.region == place.region
        && parsed.account == place.account
        && parsed.is_in_its_partition();
    own.then_some(parsed.resource)
}

pub fn issuer(place: &Place, id: &str) -> String {
    format!("https://oidc.eks.{}.amazonaws.com/id/{id}", place.region)
}

/// What the key of a cluster's authority is sealed for.
pub fn authority_purpose(place: &Place, name: &str) -> String {
    let Place { account, region } = place;
    format!("eks/{account}/{region}/cluster/{name}/authority")
}

/// What the key of a cluster's Secrets is sealed for.
pub fn secrets_purpose(place: &Place, name: &str) -> String {
    let Place { account, region } = place;
    format!("eks/{account}/{region}/cluster/{name}/secrets")
}

/// What the key that signs tokens is sealed for.
pub fn tokens_purpose(place: &Place, name: &str) -> String {
    let Place { account, region } = place;
    format!("eks/{account}/{region}/cluster/{name}/tokens")
}
