//! One row per operation: what it does to which cluster or entry, under which condition keys.

mod keys;

use std::collections::BTreeMap;

use wharf_api_eks::{AddonPodIdentityAssociations, IdentityProviderConfig, Input};
use wharf_service::{Place, tags, tags::Tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    addons::{Addon, roles},
    core::Core,
    fargate::{self, FargateProfile},
    groups::records::NodeGroup,
    names::{self, PRINCIPAL, SERVICE},
    ops,
    pod_identity::{self, Association},
    providers::IdentityProvider,
    records::{AccessEntry, Cluster},
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row {
        core,
        place: Place::of(cx),
        action: input.action(),
    };
    let check = match input {
        Input::CreateCluster(it) => {
            let check = row.on_cluster(it.name.as_deref(), None);
            let check = with_tags(keys::of_creation(check, it), it.tags.as_ref());
            let role = it.role_arn.clone().unwrap_or_default();
            let passing = Check::pass_role(role, PRINCIPAL);
            return Ok(row.tagging(vec![check, passing], it.tags.as_ref()));
        }
        Input::DescribeCluster(it) => row.cluster(it.name.as_deref()).await?,
        Input::DeleteCluster(it) => row.cluster(it.name.as_deref()).await?,
        Input::CreateAccessEntry(it) => {
            let mut check = row.cluster(it.cluster_name.as_deref()).await?;
            check = naming(check, it.principal_arn.as_deref(), it.username.as_deref());
            check = check.with(
                "eks:clusterName",
                it.cluster_name.clone().unwrap_or_default(),
            );
            for group in it.kubernetes_groups.iter().flatten() {
                check = check.with("eks:kubernetesGroups", group);
            }
            let entry_type = it.type_.as_deref().unwrap_or("STANDARD");
            check = check.with("eks:accessEntryType", entry_type);
            let check = with_tags(check, it.tags.as_ref());
            return Ok(row.tagging(vec![check], it.tags.as_ref()));
        }
        Input::DescribeAccessEntry(it) => {
            row.entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?
        }
        Input::UpdateAccessEntry(it) => {
            let check = row
                .entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?;
            let mut check = naming(check, None, it.username.as_deref());
            for group in it.kubernetes_groups.iter().flatten() {
                check = check.with("eks:kubernetesGroups", group);
            }
            check
        }
        Input::DeleteAccessEntry(it) => {
            row.entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?
        }
        Input::AssociateAccessPolicy(it) => {
            let check = row
                .entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?;
            let mut check = check.with("eks:policyArn", it.policy_arn.clone().unwrap_or_default());
            if let Some(scope) = &it.access_scope {
                let of = scope.type_.clone().unwrap_or_default();
                check = check.with("eks:accessScope", of);
                for namespace in scope.namespaces.iter().flatten() {
                    check = check.with("eks:namespaces", namespace);
                }
            }
            check
        }
        Input::DisassociateAccessPolicy(it) => {
            let check = row
                .entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?;
            check.with("eks:policyArn", it.policy_arn.clone().unwrap_or_default())
        }
        Input::ListAssociatedAccessPolicies(it) => {
            row.entry(it.cluster_name.as_deref(), it.principal_arn.as_deref())
                .await?
        }
        Input::ListAccessEntries(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::CreateNodegroup(it) => {
            let check = row.cluster(it.cluster_name.as_deref()).await?;
            let check = with_tags(check, it.tags.as_ref());
            let role = it.node_role.clone().unwrap_or_default();
            let passing = Check::pass_role(role, PRINCIPAL);
            return Ok(row.tagging(vec![check, passing], it.tags.as_ref()));
        }
        Input::DescribeNodegroup(it) => {
            row.group(it.cluster_name.as_deref(), it.nodegroup_name.as_deref())
                .await?
        }
        Input::DeleteNodegroup(it) => {
            row.group(it.cluster_name.as_deref(), it.nodegroup_name.as_deref())
                .await?
        }
        Input::UpdateNodegroupConfig(it) => {
            row.group(it.cluster_name.as_deref(), it.nodegroup_name.as_deref())
                .await?
        }
        Input::UpdateNodegroupVersion(it) => {
            row.group(it.cluster_name.as_deref(), it.nodegroup_name.as_deref())
                .await?
        }
        Input::ListNodegroups(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::CreateFargateProfile(it) => {
            let check = row.cluster(it.cluster_name.as_deref()).await?;
            let check = with_tags(check, it.tags.as_ref());
            let role = it.pod_execution_role_arn.clone().unwrap_or_default();
            let passing = Check::pass_role(role, fargate::PRINCIPAL);
            return Ok(row.tagging(vec![check, passing], it.tags.as_ref()));
        }
        Input::DescribeFargateProfile(it) => {
            let name = it.fargate_profile_name.as_deref();
            row.profile(it.cluster_name.as_deref(), name).await?
        }
        Input::DeleteFargateProfile(it) => {
            let name = it.fargate_profile_name.as_deref();
            row.profile(it.cluster_name.as_deref(), name).await?
        }
        Input::ListFargateProfiles(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::CreatePodIdentityAssociation(it) => {
            let check = row.cluster(it.cluster_name.as_deref()).await?;
            let check = with_tags(check, it.tags.as_ref());
            let role = it.role_arn.clone().unwrap_or_default();
            let passing = Check::pass_role(role, pod_identity::PRINCIPAL);
            return Ok(row.tagging(vec![check, passing], it.tags.as_ref()));
        }
        Input::DescribePodIdentityAssociation(it) => {
            row.association(it.cluster_name.as_deref(), it.association_id.as_deref())
                .await?
        }
        Input::UpdatePodIdentityAssociation(it) => {
            let check = row
                .association(it.cluster_name.as_deref(), it.association_id.as_deref())
                .await?;
            let role = it.role_arn.clone().filter(|it| !it.is_empty());
            let passing = role.map(|it| Check::pass_role(it, pod_identity::PRINCIPAL));
            return Ok([Some(check), passing].into_iter().flatten().collect());
        }
        Input::DeletePodIdentityAssociation(it) => {
            row.association(it.cluster_name.as_deref(), it.association_id.as_deref())
                .await?
        }
        Input::ListPodIdentityAssociations(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::CreateAddon(it) => {
            let check = row.cluster(it.cluster_name.as_deref()).await?;
            let check = with_tags(check, it.tags.as_ref());
            let mut rows = row.tagging(vec![check], it.tags.as_ref());
            let role = it.service_account_role_arn.as_deref();
            let associations = it.pod_identity_associations.as_deref();
            rows.extend(
                row.roles(it.cluster_name.as_deref(), role, associations)
                    .await?,
            );
            return Ok(rows);
        }
        Input::DescribeAddon(it) => {
            row.addon(it.cluster_name.as_deref(), it.addon_name.as_deref())
                .await?
        }
        Input::UpdateAddon(it) => {
            let named = (it.cluster_name.as_deref(), it.addon_name.as_deref());
            let mut rows = vec![row.addon(named.0, named.1).await?];
            let role = it.service_account_role_arn.as_deref();
            let associations = it.pod_identity_associations.as_deref();
            rows.extend(row.roles(named.0, role, associations).await?);
            if associations.is_some_and(<[_]>::is_empty) {
                rows.extend(row.owned(named.0, named.1).await?);
            }
            return Ok(rows);
        }
        Input::DeleteAddon(it) => {
            let named = (it.cluster_name.as_deref(), it.addon_name.as_deref());
            let mut rows = vec![row.addon(named.0, named.1).await?];
            // A part that stays keeps its association.
            if it.preserve != Some(true) {
                rows.extend(row.owned(named.0, named.1).await?);
            }
            return Ok(rows);
        }
        Input::ListAddons(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::AssociateEncryptionConfig(it) => {
            let check = row.cluster(it.cluster_name.as_deref()).await?;
            keys::encrypted(check, it.encryption_config.as_deref())
        }
        Input::AssociateIdentityProviderConfig(it) => {
            let mut check = row.cluster(it.cluster_name.as_deref()).await?;
            if let Some(oidc) = &it.oidc {
                let said = |it: &Option<String>| it.clone().unwrap_or_default();
                check = check.with("eks:clientId", said(&oidc.client_id));
                check = check.with("eks:issuerUrl", said(&oidc.issuer_url));
            }
            let check = with_tags(check, it.tags.as_ref());
            return Ok(row.tagging(vec![check], it.tags.as_ref()));
        }
        Input::DescribeIdentityProviderConfig(it) => {
            row.provider(
                it.cluster_name.as_deref(),
                it.identity_provider_config.as_ref(),
            )
            .await?
        }
        Input::DisassociateIdentityProviderConfig(it) => {
            row.provider(
                it.cluster_name.as_deref(),
                it.identity_provider_config.as_ref(),
            )
            .await?
        }
        Input::ListIdentityProviderConfigs(it) => row.cluster(it.cluster_name.as_deref()).await?,
        Input::UpdateClusterConfig(it) => {
            keys::of_change(row.cluster(it.name.as_deref()).await?, it)
        }
        Input::CancelUpdate(it) => row.cluster(it.name.as_deref()).await?,
        Input::UpdateClusterVersion(it) => keys::version(
            row.cluster(it.name.as_deref()).await?,
            it.version.as_deref(),
        ),
        Input::DescribeUpdate(it) => {
            let (group, addon) = (it.nodegroup_name.as_deref(), it.addon_name.as_deref());
            row.updated(it.name.as_deref(), group, addon).await?
        }
        Input::ListUpdates(it) => {
            let (group, addon) = (it.nodegroup_name.as_deref(), it.addon_name.as_deref());
            row.updated(it.name.as_deref(), group, addon).await?
        }
        Input::TagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            with_tags(check, it.tags.as_ref())
        }
        Input::UntagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => row.at(it.resource_arn.as_deref()).await?,
        _ => Check::any(row.action),
    };
    Ok(vec![check])
}

/// An action of another service on a cluster.
pub async fn on_cluster(
    core: &Core,
    cx: &Context,
    (action, name): (String, Option<&str>),
) -> Result<Check, Fault> {
    let place = Place::of(cx);
    let row = Row {
        core,
        place,
        action,
    };
    row.cluster(name).await
}

struct Row<'a> {
    core: &'a Core,
    place: Place,
    action: String,
}

impl Row<'_> {
    fn on_cluster(&self, name: Option<&str>, held: Option<&Tags>) -> Check {
        let arn = names::cluster_arn(&self.place, name.unwrap_or_default());
        let check = Check::new(&self.action, arn);
        match held {
            Some(held) => tags::of_resource(check, Some(SERVICE), held),
            None => check,
        }
    }

    /// With its tags, if it is there.
    async fn cluster(&self, name: Option<&str>) -> Result<Check, Fault> {
        let key = names::cluster_key(&self.place, name.unwrap_or_default());
        let found = self.core.table.read::<Cluster>(&key).await?;
        Ok(self.on_cluster(name, found.map(|it| it.record.tags).as_ref()))
    }

    /// With its tags, if it is there; else as the ARN of one would begin.
    async fn entry(&self, cluster: Option<&str>, principal: Option<&str>) -> Result<Check, Fault> {
        let name = cluster.unwrap_or_default();
        let principal = wharf_base::arn::canonical(principal.unwrap_or_default());
        let key = names::cluster_key(&self.place, name);
        let mut found = None;
        if let Some(cluster) = self.core.table.read::<Cluster>(&key).await? {
            let key = names::entry_key(&self.place, &cluster.record.id, &principal);
            found = self.core.table.read::<AccessEntry>(&key).await?;
        }
        let entry = found.map(|it| it.record);
        let uuid = entry.as_ref().map_or("*", |it| &it.uuid);
        let arn = names::entry_arn(&self.place, name, &principal, uuid);
        let check = Check::new(&self.action, arn)
            .with("eks:clusterName", name)
            .with("eks:principalArn", &*principal);
        Ok(match entry {
            Some(entry) => {
                let check = check.with("eks:accessEntryType", entry.entry_type);
                tags::of_resource(check, Some(SERVICE), &entry.tags)
            }
            None => check,
        })
    }

    /// With its tags, if it is there; else as the ARN of one would begin.
    async fn group(&self, cluster: Option<&str>, name: Option<&str>) -> Result<Check, Fault> {
        let (cluster, name) = (cluster.unwrap_or_default(), name.unwrap_or_default());
        let key = names::cluster_key(&self.place, cluster);
        let mut found = None;
        if let Some(cluster) = self.core.table.read::<Cluster>(&key).await? {
            let key = names::group_key(&self.place, &cluster.record.id, name);
            found = self.core.table.read::<NodeGroup>(&key).await?;
        }
        Ok(match found.map(|it| it.record) {
            Some(group) => {
                let check = Check::new(&self.action, names::group_arn(&self.place, &group));
                tags::of_resource(check, Some(SERVICE), &group.tags)
            }
            None => {
                let resource = names::group_resource(cluster, name, "*");
                Check::new(&self.action, names::arn(&self.place, resource))
            }
        })
    }

    /// With its tags, if it is there.
    async fn association(&self, cluster: Option<&str>, id: Option<&str>) -> Result<Check, Fault> {
        let (cluster, id) = (cluster.unwrap_or_default(), id.unwrap_or_default());
        let resource = names::association_resource(cluster, id);
        let check = Check::new(&self.action, names::arn(&self.place, resource));
        let key = names::cluster_key(&self.place, cluster);
        let Some(cluster) = self.core.table.read::<Cluster>(&key).await? else {
            return Ok(check);
        };
        let all = self
            .core
            .below::<Association>(&self.place, &cluster.record.id);
        let found = all.await?.into_iter().find(|it| it.record.id == id);
        Ok(match found {
            Some(found) => tags::of_resource(check, Some(SERVICE), &found.record.tags),
            None => check,
        })
    }

    /// With its tags, if it is there; else as the ARN of one would begin.
    async fn addon(&self, cluster: Option<&str>, name: Option<&str>) -> Result<Check, Fault> {
        let (cluster, name) = (cluster.unwrap_or_default(), name.unwrap_or_default());
        let key = names::cluster_key(&self.place, cluster);
        let mut found = None;
        if let Some(cluster) = self.core.table.read::<Cluster>(&key).await? {
            let key = names::addon_key(&self.place, &cluster.record.id, name);
            found = self.core.table.read::<Addon>(&key).await?;
        }
        let found = found.map(|it| (it.record.resource(), it.record.tags));
        Ok(self.below(found, names::addon_resource(cluster, name, "*")))
    }

    /// What the roles of an add-on need besides: they are passed on, and an association is made for whom names one.
    async fn roles(
        &self,
        cluster: Option<&str>,
        role: Option<&str>,
        associations: Option<&[AddonPodIdentityAssociations]>,
    ) -> Result<Vec<Check>, Fault> {
        let role = role.filter(|it| !it.is_empty());
        let mut rows: Vec<Check> = role
            .map(|it| Check::pass_role(it, PRINCIPAL))
            .into_iter()
            .collect();
        let associations = associations.unwrap_or_default();
        if !associations.is_empty() {
            let row = Row {
                action: "eks:CreatePodIdentityAssociation".to_owned(),
                place: self.place.clone(),
                core: self.core,
            };
            rows.push(row.cluster(cluster).await?);
        }
        let passed = associations.iter().map(|it| {
            let role = it.role_arn.clone().unwrap_or_default();
            Check::pass_role(role, pod_identity::PRINCIPAL)
        });
        rows.extend(passed);
        Ok(rows)
    }

    /// The association that an add-on owns and that goes.
    async fn owned(
        &self,
        cluster: Option<&str>,
        addon: Option<&str>,
    ) -> Result<Option<Check>, Fault> {
        let (cluster, addon) = (cluster.unwrap_or_default(), addon.unwrap_or_default());
        let key = names::cluster_key(&self.place, cluster);
        let Some(cluster) = self.core.table.read::<Cluster>(&key).await? else {
            return Ok(None);
        };
        let id = &cluster.record.id;
        let key = names::addon_key(&self.place, id, addon);
        let Some(addon) = self.core.table.read::<Addon>(&key).await? else {
            return Ok(None);
        };
        let owned = roles::owned_by(self.core, &self.place, id, &addon.record).await?;
        Ok(owned.map(|it| {
            let arn = names::arn(&self.place, it.resource());
            let check = Check::new("eks:DeletePodIdentityAssociation", arn);
            tags::of_resource(check, Some(SERVICE), &it.tags)
        }))
    }

    /// With its tags, if it is there; else as the ARN of one would begin.
    async fn profile(&self, cluster: Option<&str>, name: Option<&str>) -> Result<Check, Fault> {
        let (cluster, name) = (cluster.unwrap_or_default(), name.unwrap_or_default());
        let key = names::cluster_key(&self.place, cluster);
        let mut found = None;
        if let Some(cluster) = self.core.table.read::<Cluster>(&key).await? {
            let key = names::profile_key(&self.place, &cluster.record.id, name);
            found = self.core.table.read::<FargateProfile>(&key).await?;
        }
        let found = found.map(|it| (it.record.resource(), it.record.tags));
        Ok(self.below(found, names::profile_resource(cluster, name, "*")))
    }

    /// With its tags, if it is there; else as the ARN of one would begin.
    async fn provider(
        &self,
        cluster: Option<&str>,
        config: Option<&IdentityProviderConfig>,
    ) -> Result<Check, Fault> {
        let name = config.and_then(|it| it.name.as_deref()).unwrap_or_default();
        let cluster = cluster.unwrap_or_default();
        let key = names::cluster_key(&self.place, cluster);
        let mut found = None;
        if let Some(cluster) = self.core.table.read::<Cluster>(&key).await? {
            let key = names::provider_key(&self.place, &cluster.record.id, name);
            found = self.core.table.read::<IdentityProvider>(&key).await?;
        }
        let found = found.map(|it| (it.record.resource(), it.record.tags));
        Ok(self.below(found, names::provider_resource(cluster, name, "*")))
    }

    /// What was found, by its resource and tags, or what is not there.
    fn below(&self, found: Option<(String, Tags)>, missing: String) -> Check {
        match found {
            Some((resource, held)) => {
                let check = Check::new(&self.action, names::arn(&self.place, resource));
                tags::of_resource(check, Some(SERVICE), &held)
            }
            None => Check::new(&self.action, names::arn(&self.place, missing)),
        }
    }

    /// The cluster that an update is of, or what in it.
    async fn updated(
        &self,
        cluster: Option<&str>,
        group: Option<&str>,
        addon: Option<&str>,
    ) -> Result<Check, Fault> {
        match (group, addon) {
            (Some(_), _) => self.group(cluster, group).await,
            (None, Some(_)) => self.addon(cluster, addon).await,
            (None, None) => self.cluster(cluster).await,
        }
    }

    /// What an ARN names; one of elsewhere as it stands.
    async fn at(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        let check = Check::new(&self.action, arn);
        let found = ops::tags::find(self.core, &self.place, arn).await?;
        Ok(match found {
            Some(found) => tags::of_resource(check, Some(SERVICE), &found.into_tags()),
            None => check,
        })
    }

    /// Tags of what is made need eks:TagResource as well.
    fn tagging(
        &self,
        mut rows: Vec<Check>,
        given: Option<&BTreeMap<String, String>>,
    ) -> Vec<Check> {
        let any = given.is_some_and(|it| !it.is_empty());
        if let Some(first) = rows.first().filter(|_| any) {
            let check = Check::new("eks:TagResource", first.resource.clone());
            rows.push(with_tags(check, given));
        }
        rows
    }
}

fn naming(check: Check, principal: Option<&str>, username: Option<&str>) -> Check {
    let check = match principal {
        Some(arn) => check.with("eks:principalArn", &*wharf_base::arn::canonical(arn)),
        None => check,
    };
    match username {
        Some(name) => check.with("eks:username", name),
        None => check,
    }
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&BTreeMap<String, String>>) -> Check {
    let given = given.into_iter().flatten();
    tags::requested(
        check,
        given.map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))),
    )
}
