//! DescribeUpdate, ListUpdates, CancelUpdate and UpdateClusterConfig.

use wharf_api_eks::{
    CancelUpdateRequest, CancelUpdateResponse, DescribeUpdateRequest, DescribeUpdateResponse,
    ListUpdatesRequest, ListUpdatesResponse, UpdateClusterConfigRequest,
    UpdateClusterConfigResponse, VpcConfigRequest,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{addons, create_cluster, logging, node_groups};
use crate::{
    core::Core,
    fault, names, network, node_entries,
    records::{Cluster, Mode, Status},
    updates::{Known, Owner, Update},
};

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeUpdateRequest,
) -> Result<DescribeUpdateResponse, Fault> {
    let place = Place::of(call);
    let of = owner(input.nodegroup_name.as_deref(), input.addon_name.as_deref())?;
    let cluster = cluster(core, &place, input.name.as_deref(), of).await?;
    let id = input.update_id.unwrap_or_default();
    let found = core
        .table
        .read::<Update>(&names::update_key(&place, &cluster.id, &id))
        .await?;
    let found = found.map(|it| it.record);
    let found = found.filter(|it| it.owner() == of);
    let found = found.ok_or_else(|| fault::no_update(&id))?;
    Ok(DescribeUpdateResponse {
        update: Some(found.shown()),
    })
}

/// What a request names beside its cluster.
fn owner<'a>(group: Option<&'a str>, addon: Option<&'a str>) -> Result<Owner<'a>, Fault> {
    match (group, addon) {
        (Some(name), None) => Ok(Owner::Group(name)),
        (None, Some(name)) => Ok(Owner::Addon(name)),
        (None, None) => Ok(Owner::Cluster),
        (Some(_), Some(_)) => Err(fault::invalid(
            "Only one of nodegroupName and addonName can be specified.",
        )),
    }
}

/// The cluster, in which is what is named.
async fn cluster(
    core: &Core,
    place: &Place,
    cluster: Option<&str>,
    owner: Owner<'_>,
) -> Result<Cluster, Fault> {
    Ok(match owner {
        Owner::Group(name) => {
            let named = (cluster, Some(name));
            node_groups::find(core, place, named).await?.0
        }
        Owner::Addon(name) => addons::find(core, place, (cluster, Some(name))).await?.0,
        Owner::Cluster => {
            let found = core.cluster(place, cluster.unwrap_or_default());
            found.await?.record
        }
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListUpdatesRequest,
) -> Result<ListUpdatesResponse, Fault> {
    let place = Place::of(call);
    let (group, addon) = (input.nodegroup_name.as_deref(), input.addon_name.as_deref());
    let of = owner(group, addon)?;
    let cluster = cluster(core, &place, input.name.as_deref(), of).await?;
    let known = Known::of(core, &place, &cluster).await?;
    let mut ids: Vec<String> = known.of_owner(of).map(|it| it.id).collect();
    ids.sort();
    let at = (input.next_token.as_deref(), input.max_results);
    let filters = [
        cluster.id.as_str(),
        group.unwrap_or_default(),
        addon.unwrap_or_default(),
    ];
    let (update_ids, next_token) = core.page(call, ("eks/ListUpdates", &filters), ids, at)?;
    Ok(ListUpdatesResponse {
        update_ids: Some(update_ids),
        next_token,
    })
}

/// What one call changes of a cluster.
enum Change {
    Network(VpcConfigRequest),
    Logging(wharf_api_eks::Logging),
    Access(Option<String>),
    Support(Option<String>),
    Protection(bool),
}

impl Change {
    fn kind(&self) -> &'static str {
        match self {
            Self::Network(of) if of.subnet_ids.is_some() || of.security_group_ids.is_some() => {
                "VpcConfigUpdate"
            }
            Self::Network(_) => "EndpointAccessUpdate",
            Self::Logging(_) => "LoggingUpdate",
            Self::Access(_) => "AccessConfigUpdate",
            Self::Support(_) => "UpgradePolicyUpdate",
            Self::Protection(_) => "DeletionProtectionUpdate",
        }
    }
}

fn change(input: &UpdateClusterConfigRequest) -> Result<Change, Fault> {
    let access = input.access_config.clone();
    let policy = input.upgrade_policy.clone();
    let all = [
        input.resources_vpc_config.clone().map(Change::Network),
        input.logging.clone().map(Change::Logging),
        access.map(|it| Change::Access(it.authentication_mode)),
        policy.map(|it| Change::Support(it.support_type)),
        input.deletion_protection.map(Change::Protection),
    ];
    let mut all = all.into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(fault::invalid(
            "No changes needed for the cluster config provided",
        )),
        (Some(_), Some(_)) => Err(fault::invalid("Only one type of update can be allowed.")),
    }
}

pub async fn cluster_config(
    core: &Core,
    call: &Call,
    input: UpdateClusterConfigRequest,
) -> Result<UpdateClusterConfigResponse, Fault> {
    let place = Place::of(call);
    let change = change(&input)?;
    let found = core
        .cluster(&place, input.name.as_deref().unwrap_or_default())
        .await?;
    if let Change::Network(of) = &change {
        check_network(core, call, &found.record, of).await?;
    }
    let (key, token) = (found.key, input.client_request_token);
    let update = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Cluster>(&key).await?;
        let there = there.filter(|it| it.id == found.record.id);
        let mut cluster = there.ok_or_else(|| fault::no_cluster(&found.record.name))?;
        let known = Known::of(core, &place, &cluster).await?;
        let of = (change.kind(), Owner::Cluster);
        if let Some(made) = known.by_token(of, token.as_deref()) {
            return Ok(UpdateClusterConfigResponse {
                update: Some(made.shown()),
            });
        }
        if let Some(running) = &cluster.update {
            return Err(fault::cluster_is_updating(
                change.kind(),
                &cluster.name,
                running,
            ));
        }
        if cluster.status != Status::Active {
            return Err(fault::not_active(&cluster.name));
        }
        let had_entries = cluster.mode.has_entries();
        let params = changed(&mut cluster, &change)?;
        if cluster.mode.has_entries() && !had_entries {
            node_entries::make_all(core, (&place, &cluster), &mut tx).await?;
        }
        let update = Update::new(
            change.kind(),
            Owner::Cluster,
            params,
            token.clone(),
            core.now(),
        );
        cluster.status = Status::Updating;
        cluster.update = Some(update.id.clone());
        known.make_room(&mut tx, &place, &cluster.id);
        tx.put(names::update_key(&place, &cluster.id, &update.id), &update);
        tx.put(&key, &cluster);
        update
    });
    Ok(UpdateClusterConfigResponse {
        update: Some(update.shown()),
    })
}

async fn check_network(
    core: &Core,
    call: &Call,
    cluster: &Cluster,
    of: &VpcConfigRequest,
) -> Result<(), Fault> {
    let endpoint = of.endpoint_public_access.is_some()
        || of.endpoint_private_access.is_some()
        || of.public_access_cidrs.is_some();
    if endpoint && (of.subnet_ids.is_some() || of.security_group_ids.is_some()) {
        return Err(fault::invalid("Only one type of update can be allowed."));
    }
    if let Some(subnets) = &of.subnet_ids {
        let vpc = network::vpc_of(core, call, subnets).await?;
        if vpc != cluster.vpc {
            return Err(fault::invalid(format!(
                "Provided subnets must belong to the VPC {} of the cluster",
                cluster.vpc
            )));
        }
    }
    if let Some(groups) = &of.security_group_ids {
        network::check_groups(core, call, &cluster.vpc, groups).await?;
    }
    Ok(())
}

type Params = Vec<(&'static str, String)>;

fn list_of(of: &[String]) -> String {
    serde_json::to_string(of).unwrap_or_default()
}

/// Changes the record; says what the update is to tell.
fn changed(cluster: &mut Cluster, change: &Change) -> Result<Params, Fault> {
    match change {
        Change::Network(of) => network_of(cluster, of),
        Change::Logging(given) => {
            let on = logging::changed(cluster.logs.clone(), Some(given.clone()))?;
            if on == cluster.logs {
                return Err(fault::invalid(
                    "No changes needed for the logging config provided",
                ));
            }
            cluster.logs = on;
            let shown = crate::describe::log_setups(&cluster.logs).into_iter();
            let shown =
                shown.map(|it| serde_json::json!({"types": it.types, "enabled": it.enabled}));
            let shown = serde_json::json!({"clusterLogging": shown.collect::<Vec<_>>()});
            Ok(vec![("ClusterLogging", shown.to_string())])
        }
        Change::Access(mode) => {
            let mode = mode.as_deref().unwrap_or_default();
            let wanted = Mode::ALL.into_iter().find(|it| it.name() == mode);
            let wanted = wanted
                .ok_or_else(|| fault::invalid(format!("Invalid authentication mode: {mode}")))?;
            if cluster.mode.next() != Some(wanted) {
                return Err(fault::invalid(format!(
                    "Unsupported authentication mode update from {} to {mode}",
                    cluster.mode.name()
                )));
            }
            cluster.mode = wanted;
            Ok(vec![("AuthenticationMode", mode.to_owned())])
        }
        Change::Support(support) => {
            let support = support.as_ref().filter(|it| **it != cluster.support);
            let support = support.ok_or_else(|| {
                fault::invalid("No changes needed for the upgrade policy provided")
            })?;
            cluster.support.clone_from(support);
            let shown = serde_json::json!({"supportType": support});
            Ok(vec![("UpgradePolicy", shown.to_string())])
        }
        Change::Protection(on) => {
            if *on == cluster.deletion_protection {
                return Err(fault::invalid(
                    "No changes needed for the deletion protection provided",
                ));
            }
            cluster.deletion_protection = *on;
            Ok(vec![("DeletionProtection", on.to_string())])
        }
    }
}

fn network_of(cluster: &mut Cluster, of: &VpcConfigRequest) -> Result<Params, Fault> {
    if of.subnet_ids.is_some() || of.security_group_ids.is_some() {
        let subnets = of
            .subnet_ids
            .clone()
            .unwrap_or_else(|| cluster.subnets.clone());
        let groups = of.security_group_ids.clone();
        let groups = groups.unwrap_or_else(|| cluster.security_groups.clone());
        if (&subnets, &groups) == (&cluster.subnets, &cluster.security_groups) {
            return Err(fault::invalid(
                "No changes needed for the VPC config provided",
            ));
        }
        let params = vec![
            ("Subnets", list_of(&subnets)),
            ("SecurityGroups", list_of(&groups)),
        ];
        (cluster.subnets, cluster.security_groups) = (subnets, groups);
        return Ok(params);
    }
    let admitted = match &of.public_access_cidrs {
        Some(given) => create_cluster::admitted(Some(given.clone()))?,
        None => cluster.admitted.clone(),
    };
    if admitted == cluster.admitted {
        let ranges = admitted.join(", ");
        return Err(fault::invalid(format!(
            "Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [{ranges}]"
        )));
    }
    cluster.admitted = admitted;
    Ok(vec![
        ("EndpointPublicAccess", "true".to_owned()),
        ("EndpointPrivateAccess", "false".to_owned()),
        ("PublicAccessCidrs", list_of(&cluster.admitted)),
    ])
}

/// EKS cancels rollbacks of versions in Auto Mode, which no cluster has here, and refuses all others.
pub async fn cancel(
    core: &Core,
    call: &Call,
    input: CancelUpdateRequest,
) -> Result<CancelUpdateResponse, Fault> {
    let place = Place::of(call);
    let name = input.name.unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let id = input.update_id.unwrap_or_default();
    let key = names::update_key(&place, &cluster.id, &id);
    let found = core.table.read::<Update>(&key).await?;
    let found = found.map(|it| it.record);
    let found = found.filter(|it| it.owner() == Owner::Cluster);
    let found = found.ok_or_else(|| fault::no_update(&id))?;
    Err(fault::not_cancellable(&found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::cluster;

    #[test]
    fn modes_move_on_only_and_one_step_at_a_time() {
        let mut cluster = cluster();
        cluster.mode = Mode::ConfigMap;
        let to = |it: &str| Change::Access(Some(it.to_owned()));
        assert_eq!(
            changed(&mut cluster, &to("API")).unwrap_err().message,
            "Unsupported authentication mode update from CONFIG_MAP to API"
        );
        assert!(changed(&mut cluster, &to("API_AND_CONFIG_MAP")).is_ok());
        assert!(changed(&mut cluster, &to("CONFIG_MAP")).is_err());
        assert!(changed(&mut cluster, &to("API_AND_CONFIG_MAP")).is_err());
        assert!(changed(&mut cluster, &to("x")).is_err());
        assert!(changed(&mut cluster, &to("API")).is_ok());
        assert_eq!(cluster.mode, Mode::Api);
    }

    #[test]
    fn ranges_change_or_nothing_does() {
        let mut cluster = cluster();
        let of = |it: &str| {
            Change::Network(VpcConfigRequest {
                public_access_cidrs: Some(vec![it.to_owned()]),
                ..VpcConfigRequest::default()
            })
        };
        let same = changed(&mut cluster, &of("0.0.0.0/0")).unwrap_err();
        assert_eq!(
            same.message,
            "Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [0.0.0.0/0]"
        );
        let params = changed(&mut cluster, &of("10.0.0.0/8")).unwrap();
        assert_eq!(
            params[2],
            ("PublicAccessCidrs", "[\"10.0.0.0/8\"]".to_owned())
        );
        assert!(changed(&mut cluster, &of("x")).is_err());
    }

    #[test]
    fn subnets_and_security_groups_change_or_nothing_does() {
        let mut cluster = cluster();
        let of = |subnets: Option<&[&str]>, groups: Option<&[&str]>| {
            let ids =
                |of: Option<&[&str]>| of.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
            Change::Network(VpcConfigRequest {
                subnet_ids: ids(subnets),
                security_group_ids: ids(groups),
                ..VpcConfigRequest::default()
            })
        };
        let same = of(Some(&["subnet-1", "subnet-2"]), Some(&[]));
        assert_eq!(same.kind(), "VpcConfigUpdate");
        let refused = changed(&mut cluster, &same).unwrap_err();
        assert_eq!(
            refused.message,
            "No changes needed for the VPC config provided"
        );
        // What is not said stays.
        let subnets = of(Some(&["subnet-2", "subnet-3"]), None);
        let shown = |subnets: &str, groups: &str| {
            vec![
                ("Subnets", subnets.to_owned()),
                ("SecurityGroups", groups.to_owned()),
            ]
        };
        let params = changed(&mut cluster, &subnets).unwrap();
        assert_eq!(params, shown(r#"["subnet-2","subnet-3"]"#, "[]"));
        let params = changed(&mut cluster, &of(None, Some(&["sg-1"]))).unwrap();
        assert_eq!(params, shown(r#"["subnet-2","subnet-3"]"#, r#"["sg-1"]"#));
        assert_eq!(cluster.subnets, ["subnet-2", "subnet-3"]);
        assert_eq!(cluster.security_groups, ["sg-1"]);
    }

    #[test]
    fn support_changes_or_nothing_does() {
        let mut cluster = cluster();
        let of = |it: Option<&str>| Change::Support(it.map(str::to_owned));
        for same in [None, Some("EXTENDED")] {
            let refused = changed(&mut cluster, &of(same)).unwrap_err();
            let text = "No changes needed for the upgrade policy provided";
            assert_eq!(
                (refused.message.as_str(), &*cluster.support),
                (text, "EXTENDED")
            );
        }
        let change = of(Some("STANDARD"));
        assert_eq!(change.kind(), "UpgradePolicyUpdate");
        let params = changed(&mut cluster, &change).unwrap();
        assert_eq!(
            params,
            [("UpgradePolicy", r#"{"supportType":"STANDARD"}"#.to_owned())]
        );
        assert_eq!(cluster.support, "STANDARD");
    }

    #[test]
    fn one_kind_at_a_time() {
        let mut input = UpdateClusterConfigRequest::default();
        assert!(change(&input).is_err());
        input.deletion_protection = Some(true);
        assert_eq!(
            change(&input).unwrap_or_else(|it| panic!("{it}")).kind(),
            "DeletionProtectionUpdate"
        );
        input.logging = Some(Default::default());
        assert!(change(&input).is_err());
    }
}
