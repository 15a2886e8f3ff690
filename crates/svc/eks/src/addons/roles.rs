//! Roles of add-ons: what a request asks for, the associations that an add-on owns, and whom a part of a cluster acts as.
//!
//! A part asks AWS in the name of its service account, as its program in a pod would: by the account's association of Pod Identity,
//! else by the role that was given with the add-on, which trusts the cluster's issuer. One that never had either is EKS itself; one that
//! had a role and has none is nobody: what the role was denied would be had by taking the role away otherwise.

use wharf_api_eks::AddonPodIdentityAssociations;
use wharf_base::ids;
use wharf_kube_model::parts::Part;
use wharf_service::{ChangeError, Changes, Place};
use wharf_wire::Fault;

use super::{Addon, NAMESPACE, facts};
use crate::{
    core::Core,
    fault::{self, EksFaults},
    names,
    ops::associations::own_role,
    pod_identity::{self, Association, PodRole},
    records::Cluster,
};

/// What a request says of an add-on's roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The role of the service account; what is not said is none.
    pub role: Option<String>,
    /// Nothing: the association stays as it is; else the role of the one that is to be, if one is to be.
    pub association: Option<Option<String>>,
}

/// # Errors
/// The add-on has no such service account, or it is no role of the account.
pub fn asked(
    place: &Place,
    part: Part,
    role: Option<&str>,
    associations: Option<&[AddonPodIdentityAssociations]>,
) -> Result<Asked, Fault> {
    let identity = facts::of(part).identity;
    let role = role.filter(|it| !it.is_empty());
    let Some(associations) = associations else {
        return Ok(Asked {
            role: account_role(place, part, role)?,
            association: None,
        });
    };
    if role.is_some() && !associations.is_empty() {
        return Err(fault::two_kinds_of_roles());
    }
    let mut wanted = None;
    for it in associations {
        let account = it.service_account.as_deref().unwrap_or_default();
        match identity {
            None => return Err(fault::no_pod_identity_of_addon(facts::VERSION)),
            Some(identity) if identity.account != account => {
                return Err(fault::not_the_account_of_addon(account, part.name()));
            }
            // There is one account, and it has one role.
            Some(_) if wanted.is_some() => {
                return Err(fault::account_of_addon_twice(account));
            }
            Some(_) => {
                let role = it.role_arn.as_deref().unwrap_or_default();
                wanted = Some(own_role(place, role)?);
            }
        }
    }
    Ok(Asked {
        role: account_role(place, part, role)?,
        association: Some(wanted),
    })
}

fn account_role(place: &Place, part: Part, role: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(role) = role else { return Ok(None) };
    if facts::of(part).identity.is_none() {
        return Err(fault::no_account_of_addon(part.name()));
    }
    own_role(place, role).map(Some)
}

/// Writes down what was asked for, in the transaction that changes the add-on and its cluster.
///
/// # Errors
/// Somebody else's association is in the way; the store's.
pub async fn write(
    tx: &mut Changes<'_, EksFaults>,
    core: &Core,
    place: &Place,
    standing: &mut Cluster,
    (addon, asked): (&Addon, &Asked),
) -> Result<(), Fault> {
    match &asked.role {
        Some(role) => {
            standing.roles.insert(addon.part, role.clone());
        }
        None => take(standing, addon.part),
    }
    let (Some(wanted), Some(key)) = (&asked.association, key(place, &standing.id, addon.part))
    else {
        return Ok(());
    };
    let there = tx.find::<Association>(&key).await?;
    let is_own = |it: &Association| it.owner.as_deref() == Some(&*addon.resource());
    match (there, wanted) {
        (Some(there), Some(_)) if !is_own(&there) => {
            return Err(fault::association_exists(&there.id));
        }
        (Some(mut there), Some(role)) => {
            if there.role != *role {
                there.role.clone_from(role);
                there.modified_at = core.now();
                tx.put(&key, &there);
            }
        }
        (None, Some(role)) => {
            pod_identity::count_one_more(standing)?;
            tx.put(&key, &owned(core, standing, addon, role));
        }
        (Some(there), None) if is_own(&there) => {
            forget(standing, &there);
            tx.delete(&key);
        }
        (_, None) => {}
    }
    Ok(())
}

/// The end of an add-on: what it owned goes with its part, or is the cluster's where that stays.
///
/// # Errors
/// The store's.
pub async fn let_go(
    tx: &mut Changes<'_, EksFaults>,
    place: &Place,
    standing: &mut Cluster,
    (addon, is_preserved): (&Addon, bool),
) -> Result<(), ChangeError<EksFaults>> {
    if !is_preserved {
        take(standing, addon.part);
    }
    let Some(key) = key(place, &standing.id, addon.part) else {
        return Ok(());
    };
    let there = tx.find::<Association>(&key).await?;
    let Some(mut there) = there.filter(|it| it.owner.as_deref() == Some(&*addon.resource())) else {
        return Ok(());
    };
    if is_preserved {
        there.owner = None;
        tx.put(&key, &there);
    } else {
        forget(standing, &there);
        tx.delete(&key);
    }
    Ok(())
}

/// The role of a part's service account, which is not forgotten.
fn take(standing: &mut Cluster, part: Part) {
    if let Some(role) = standing.roles.remove(&part) {
        standing.taken.insert(part, role);
    }
}

/// What a cluster keeps of an association that is deleted: whose role it was, if it was a part's.
pub fn forget(standing: &mut Cluster, gone: &Association) {
    standing.associations = standing.associations.saturating_sub(1);
    if gone.namespace != NAMESPACE {
        return;
    }
    let is_its = |part: &Part| {
        let identity = facts::of(*part).identity;
        identity.is_some_and(|it| it.account == gone.service_account)
    };
    if let Some(part) = Part::ALL.into_iter().find(is_its) {
        standing.taken.insert(part, gone.role.clone());
    }
}

fn key(place: &Place, cluster: &str, part: Part) -> Option<String> {
    let identity = facts::of(part).identity?;
    let account = (NAMESPACE, identity.account);
    Some(names::association_key(place, cluster, account))
}

fn owned(core: &Core, cluster: &Cluster, addon: &Addon, role: &str) -> Association {
    let now = core.now();
    let identity = facts::of(addon.part).identity;
    Association {
        id: ids::association(),
        cluster: cluster.name.clone(),
        namespace: NAMESPACE.to_owned(),
        service_account: identity.map_or("", |it| it.account).to_owned(),
        role: role.to_owned(),
        target: None,
        untagged: false,
        policy: None,
        owner: Some(addon.resource()),
        created_at: now,
        modified_at: now,
        token: None,
        tags: Default::default(),
        unknown: Default::default(),
    }
}

/// The association that an add-on owns.
///
/// # Errors
/// The store's.
pub async fn owned_by(
    core: &Core,
    place: &Place,
    cluster: &str,
    addon: &Addon,
) -> Result<Option<Association>, ChangeError<EksFaults>> {
    let Some(key) = key(place, cluster, addon.part) else {
        return Ok(None);
    };
    let found = core.table.read::<Association>(&key).await?;
    let found = found.map(|it| it.record);
    Ok(found.filter(|it| it.owner.as_deref() == Some(&*addon.resource())))
}

/// Whom a part of a cluster acts as.
#[derive(Debug, Clone, PartialEq)]
pub enum ActsAs {
    /// A role that trusts the cluster's issuer, as the service account of this name in [`NAMESPACE`].
    Account { role: String, account: &'static str },
    /// A role that trusts EKS' pods.
    Pod(Box<PodRole>),
    /// Nobody, since this role was taken from it; `None`: since there is no such cluster.
    Nobody { taken: Option<String> },
}

/// Nothing: as EKS itself. `cluster`: its name and its id.
///
/// # Errors
/// The store's.
pub async fn of_part(
    core: &Core,
    place: &Place,
    (name, id): (&str, &str),
    part: Part,
) -> Result<Option<ActsAs>, ChangeError<EksFaults>> {
    let Some(identity) = facts::of(part).identity else {
        return Ok(None);
    };
    let account = (NAMESPACE, identity.account);
    let key = names::association_key(place, id, account);
    if let Some(found) = core.table.read::<Association>(&key).await? {
        let pod = pod_identity::pod_of_part(account, part);
        let role = PodRole::of(place, name, pod, found.record);
        return Ok(Some(ActsAs::Pod(Box::new(role))));
    }
    let key = names::cluster_key(place, name);
    let found = core.table.read::<Cluster>(&key).await?;
    let cluster = found.map(|it| it.record).filter(|it| it.id == id);
    let Some(mut cluster) = cluster else {
        return Ok(Some(ActsAs::Nobody { taken: None }));
    };
    if let Some(role) = cluster.roles.remove(&part) {
        let account = identity.account;
        return Ok(Some(ActsAs::Account { role, account }));
    }
    let taken = cluster.taken.remove(&part);
    Ok(taken.map(|role| ActsAs::Nobody { taken: Some(role) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::000000000000:role/driver";

    fn pair(account: &str, role: &str) -> AddonPodIdentityAssociations {
        AddonPodIdentityAssociations {
            service_account: Some(account.to_owned()),
            role_arn: Some(role.to_owned()),
        }
    }

    #[test]
    fn what_is_asked_for_fits_the_add_on() {
        let place = Place::new("000000000000", "us-east-1");
        let of = |part, role: Option<&str>, all: Option<&[AddonPodIdentityAssociations]>| {
            asked(&place, part, role, all)
        };
        let driver = pair("ebs-csi-controller-sa", ROLE);
        let none = of(Part::CoreDns, None, None).unwrap();
        assert_eq!((none.role, none.association), (None, None));
        let role = of(Part::EbsCsi, Some(ROLE), None).unwrap();
        assert_eq!((role.role.as_deref(), role.association), (Some(ROLE), None));
        let pod = of(Part::EbsCsi, None, Some(std::slice::from_ref(&driver))).unwrap();
        assert_eq!(pod.association, Some(Some(ROLE.to_owned())));
        let gone = of(Part::CoreDns, Some(""), Some(&[])).unwrap();
        assert_eq!((gone.role, gone.association), (None, Some(None)));
        let other = "arn:aws:iam::111111111111:role/driver";
        for (part, role, all, text) in [
            (
                Part::CoreDns,
                Some(ROLE),
                None,
                "Addon coredns has no service account that can have a role",
            ),
            (
                Part::KubeProxy,
                None,
                Some(vec![driver.clone()]),
                "Pod Identity feature is not supported for addon version: v1.36.4-eksbuild.1",
            ),
            (
                Part::VpcCni,
                None,
                Some(vec![driver.clone()]),
                "Service account ebs-csi-controller-sa in pod identity configuration is not supported for addon vpc-cni",
            ),
            (
                Part::EbsCsi,
                None,
                Some(vec![driver.clone(), driver.clone()]),
                "Service account ebs-csi-controller-sa is specified more than once",
            ),
            (
                Part::EbsCsi,
                Some(ROLE),
                Some(vec![driver]),
                "serviceAccountRoleArn and podIdentityAssociations cannot be specified together",
            ),
            (Part::VpcCni, Some("driver"), None, "The role driver is not"),
            (Part::VpcCni, Some(other), None, "of this account"),
            (
                Part::VpcCni,
                None,
                Some(vec![pair("aws-node", other)]),
                "of this account",
            ),
        ] {
            let refused = of(part, role, all.as_deref()).unwrap_err();
            assert!(refused.message.contains(text), "{}", refused.message);
        }
    }
}
