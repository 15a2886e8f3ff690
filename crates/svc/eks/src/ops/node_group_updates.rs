//! UpdateNodegroupConfig and UpdateNodegroupVersion.

use wharf_api_eks::{
    NodegroupScalingConfig, UpdateLabelsPayload, UpdateNodegroupConfigRequest,
    UpdateNodegroupConfigResponse, UpdateNodegroupVersionRequest, UpdateNodegroupVersionResponse,
    UpdateTaintsPayload,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::node_groups::find;
use crate::{
    core::Core,
    fault,
    groups::{
        checks,
        cloud::{self, Cloud},
        describe as shown,
        records::{Issue, NodeGroup, Rollout, Size, Source, Status},
        repair, source,
    },
    names,
    records::Cluster,
    updates::{Known, Owner, Update, VERSION_UPDATE},
    versions,
};

type Params = Vec<(&'static str, String)>;

/// Writes a group that changes, and the update that says so; the same request again has the same answer.
async fn begin(
    core: &Core,
    call: &Call,
    (place, cluster, key): (&Place, &Cluster, &str),
    (kind, token): (&str, Option<String>),
    change: impl Fn(&mut NodeGroup) -> Result<Params, Fault>,
) -> Result<Update, Fault> {
    Ok(transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<NodeGroup>(key).await?;
        let mut group = there.ok_or_else(|| fault::no_group(key))?;
        let known = Known::of(core, place, cluster).await?;
        let of = (kind, Owner::Group(group.name.as_str()));
        if let Some(made) = known.by_token(of, token.as_deref()) {
            return Ok(made.clone());
        }
        if group.update.is_some() {
            return Err(fault::group_is_updating(&group));
        }
        if !matches!(group.status, Status::Active | Status::Degraded) {
            return Err(fault::group_not_active(&group));
        }
        let params = change(&mut group)?;
        let update = Update::new(
            kind,
            Owner::Group(&group.name),
            params,
            token.clone(),
            core.now(),
        );
        group.status = Status::Updating;
        group.update = Some(update.id.clone());
        group.modified_at = update.created_at;
        known.make_room(&mut tx, place, &cluster.id);
        tx.put(names::update_key(place, &cluster.id, &update.id), &update);
        tx.put(key, &group);
        update
    }))
}

pub async fn config(
    core: &Core,
    call: &Call,
    input: UpdateNodegroupConfigRequest,
) -> Result<UpdateNodegroupConfigResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.nodegroup_name.as_deref(),
    );
    let (cluster, found) = find(core, &place, named).await?;
    let size = current(core, &place, &found.record).await?;
    let kind = ("ConfigUpdate", input.client_request_token.clone());
    let update = begin(core, call, (&place, &cluster, &found.key), kind, |group| {
        let mut params = Params::new();
        labels(group, input.labels.clone(), &mut params)?;
        taints(group, input.taints.clone(), &mut params)?;
        if !params.is_empty() {
            group.generation += 1;
        }
        if let Some(given) = input.scaling_config.clone() {
            if given == NodegroupScalingConfig::default() {
                return Err(fault::no_size_given());
            }
            group.size = checks::size(Some(given), size)?;
            group.resize = true;
            let Size { min, max, desired } = group.size;
            params.push(("MinSize", min.to_string()));
            params.push(("MaxSize", max.to_string()));
            params.push(("DesiredSize", desired.to_string()));
        }
        if let Some(given) = input.update_config.clone() {
            let asked = [
                (
                    "MaxUnavailable",
                    given.max_unavailable.map(|it| it.to_string()),
                ),
                (
                    "MaxUnavailablePercentage",
                    given.max_unavailable_percentage.map(|it| it.to_string()),
                ),
                ("UpdateStrategy", given.update_strategy.clone()),
            ];
            params.extend(
                asked
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
            let was = (group.unavailable, group.strategy.clone());
            (group.unavailable, group.strategy) = checks::unavailable(Some(given), was)?;
        }
        if let Some(given) = input.node_repair_config.clone() {
            group.repair = checks::repair(Some(given), group.repair.clone())?;
            params.push(("NodeRepairEnabled", group.repair.enabled.to_string()));
            params.push(("NodeRepairConfig", shown::repair_text(&group.repair)));
        }
        match params.is_empty() {
            true => Err(fault::invalid(
                "No changes needed for the nodegroup config provided",
            )),
            false => Ok(params),
        }
    });
    Ok(UpdateNodegroupConfigResponse {
        update: Some(update.await?.shown()),
    })
}

/// The sizes that the Auto Scaling group has: somebody else may scale it.
async fn current(core: &Core, place: &Place, group: &NodeGroup) -> Result<Size, Fault> {
    let cloud = Cloud { core, place, group };
    let found = cloud.scaling_group().await?;
    Ok(found.as_ref().map_or(group.size, cloud::size_of))
}

fn json(of: &impl serde::Serialize) -> String {
    serde_json::to_string(of).unwrap_or_default()
}

fn labels(
    group: &mut NodeGroup,
    given: Option<UpdateLabelsPayload>,
    params: &mut Params,
) -> Result<(), Fault> {
    let given = given.unwrap_or_default();
    let (more, gone) = (
        given.add_or_update_labels.unwrap_or_default(),
        given.remove_labels.unwrap_or_default(),
    );
    if let Some(both) = gone.iter().find(|it| more.contains_key(*it)) {
        return Err(fault::invalid(format!(
            "Label {both} is both added and removed"
        )));
    }
    if !more.is_empty() {
        params.push(("LabelsToAdd", json(&more)));
    }
    if !gone.is_empty() {
        params.push(("LabelsToRemove", json(&gone)));
    }
    for key in gone {
        if group.labels.remove(&key).is_some() {
            group.dropped.labels.insert(key);
        }
    }
    for (key, value) in more {
        group.dropped.labels.remove(&key);
        group.labels.insert(key, value);
    }
    checks::labels(&group.labels)
}

fn taints(
    group: &mut NodeGroup,
    given: Option<UpdateTaintsPayload>,
    params: &mut Params,
) -> Result<(), Fault> {
    let given = given.unwrap_or_default();
    let more = checks::taints(given.add_or_update_taints)?;
    let gone = checks::taints(given.remove_taints)?;
    if !more.is_empty() {
        params.push(("TaintsToAdd", json(&more)));
    }
    if !gone.is_empty() {
        params.push(("TaintsToRemove", json(&gone)));
    }
    for taint in &gone {
        let held = group.taints.len();
        group
            .taints
            .retain(|it| (&it.key, &it.effect) != (&taint.key, &taint.effect));
        if group.taints.len() < held {
            let own = (taint.key.clone(), taint.effect.clone());
            group.dropped.taints.insert(own);
        }
    }
    for taint in more {
        let own = (taint.key.clone(), taint.effect.clone());
        group.dropped.taints.remove(&own);
        group
            .taints
            .retain(|it| (&it.key, &it.effect) != (&taint.key, &taint.effect));
        group.taints.push(taint);
    }
    group.taints.sort();
    match group.taints.len() {
        0..=50 => Ok(()),
        _ => Err(fault::invalid("At most 50 taints can be specified")),
    }
}

pub async fn version(
    core: &Core,
    call: &Call,
    input: UpdateNodegroupVersionRequest,
) -> Result<UpdateNodegroupVersionResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.nodegroup_name.as_deref(),
    );
    let (cluster, found) = find(core, &place, named).await?;
    let own_image = found.record.ami_type == checks::CUSTOM;
    if input.version.is_some() && own_image {
        return Err(fault::version_of_own_image());
    }
    let asked = match own_image {
        // Nodes of such a group are of their cluster's version when they come.
        true => Some(cluster.version.as_str()),
        false => input.version.as_deref(),
    };
    let before = versions::before(cluster.upgraded.as_ref(), core.now());
    let of_cluster = (cluster.version.as_str(), before);
    let asked = versions::of_group(of_cluster, &found.record.version, asked)?;
    cloud::check_release(asked, &place.region, input.release_version.as_deref())?;
    let mut wanted: Option<Source> = None;
    if let Some(given) = input.launch_template {
        let Some(held) = &found.record.source else {
            return Err(fault::invalid(
                "You cannot update a nodegroup that was created without a launch template to use one.",
            ));
        };
        let read = source::read(core, call, given, false).await?;
        if read.id != held.id {
            return Err(fault::invalid(format!(
                "Launch template {} is not the one of the nodegroup, {}.",
                read.id, held.id
            )));
        }
        if read.image.is_some() != held.image.is_some()
            || read.instance_type.is_some() != held.instance_type.is_some()
        {
            return Err(fault::invalid(
                "A version of the launch template must say of its image and instance type what the one before said.",
            ));
        }
        wanted = Some(read);
    }
    let before = current(core, &place, &found.record).await?;
    let force = input.force == Some(true);
    let kind = (VERSION_UPDATE, input.client_request_token);
    let update = begin(core, call, (&place, &cluster, &found.key), kind, |group| {
        if !may_be_replaced(&group.issues) {
            return Err(fault::group_is_ill(group));
        }
        let mut params = vec![("Version", asked.name().to_owned())];
        let (old, was) = (group.source.clone(), group.release.clone());
        let release = cloud::release_of(asked, &place.region, &group.ami_type);
        if !release.is_empty() {
            params.push(("ReleaseVersion", release.clone()));
        }
        if let Some(read) = &wanted {
            params.push(("LaunchTemplateName", read.name.clone()));
            params.push(("LaunchTemplateVersion", read.version.clone()));
            group.source = Some(read.clone());
            if let Some(own) = &read.instance_type {
                group.types = vec![own.clone()];
            }
        }
        if group.source == old && release == was && group.version == asked.name() {
            return Err(fault::invalid(
                "Nodegroup is already at the latest version: no changes needed",
            ));
        }
        let version = std::mem::replace(&mut group.version, asked.name().to_owned());
        group.release = release;
        group.generation += 1;
        group.size = before;
        group.rollout = Some(Rollout {
            force,
            before,
            version: Some(version),
            release: was,
            source: old,
            surge: None,
            draining: Default::default(),
            emptied: Default::default(),
            ready: 0,
            since: core.now(),
        });
        Ok(params)
    });
    Ok(UpdateNodegroupVersionResponse {
        update: Some(update.await?.shown()),
    })
}

/// Whether nodes of a group with these issues may be replaced. Bad nodes are what an update may cure.
fn may_be_replaced(issues: &[Issue]) -> bool {
    let borne = |it: &Issue| it.code == repair::STOPPED || fault::BORNE_ISSUES.contains(&&*it.code);
    issues.iter().all(borne)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_a_group_that_is_ill_are_not_replaced() {
        let may = |code: &str| may_be_replaced(&[Issue::new(code, "", Vec::new())]);
        assert!(may_be_replaced(&[]) && may("InsufficientFreeAddresses") && may(repair::STOPPED));
        assert!(!may("AutoScalingGroupNotFound") && !may("AccessDenied"));
        assert_eq!(
            fault::group_is_ill(&group()).message,
            "Nodegroup health has issues other than [ AsgInstanceLaunchFailures, InstanceLimitExceeded, InsufficientFreeAddresses, ClusterUnreachable ]"
        );
    }

    #[test]
    fn a_group_that_is_updated_says_what_it_is_kept_from() {
        let mut group = group();
        group.update = Some("u1".to_owned());
        let end = "as it is currently not in Active State: update u1 is in progress";
        assert_eq!(
            fault::group_is_updating(&group).message,
            format!("Nodegroup cannot be updated {end}")
        );
        assert_eq!(
            fault::group_cannot_be_deleted(&group).message,
            format!("Nodegroup cannot be deleted {end}")
        );
    }

    use crate::groups::plan::tests::group;

    #[test]
    fn what_is_taken_away_is_remembered_until_it_is_given_again() {
        let mut group = group();
        group.labels = [("a".to_owned(), "1".to_owned())].into();
        let payload = |add: &[&str], remove: &[&str]| {
            Some(UpdateLabelsPayload {
                add_or_update_labels: Some(
                    add.iter()
                        .map(|it| ((*it).to_owned(), "2".to_owned()))
                        .collect(),
                ),
                remove_labels: Some(remove.iter().map(|it| (*it).to_owned()).collect()),
            })
        };
        let mut params = Params::new();
        labels(&mut group, payload(&["b"], &["a", "never"]), &mut params).unwrap();
        assert_eq!(group.labels.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(group.dropped.labels.iter().collect::<Vec<_>>(), ["a"]);
        assert_eq!(params[0], ("LabelsToAdd", "{\"b\":\"2\"}".to_owned()));
        labels(&mut group, payload(&["a"], &[]), &mut params).unwrap();
        assert!(group.dropped.labels.is_empty());
        assert!(labels(&mut group, payload(&["a"], &["a"]), &mut params).is_err());
    }
}
