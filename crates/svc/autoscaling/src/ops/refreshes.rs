//! Instance refreshes: StartInstanceRefresh, CancelInstanceRefresh, RollbackInstanceRefresh and
//! DescribeInstanceRefreshes.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    AlarmSpecification, CancelInstanceRefreshAnswer, CancelInstanceRefreshType,
    DescribeInstanceRefreshesAnswer, DescribeInstanceRefreshesType, DesiredConfiguration,
    InstanceRefresh, InstanceRefreshLivePoolProgress, InstanceRefreshProgressDetails,
    RefreshPreferences, RollbackDetails, RollbackInstanceRefreshAnswer,
    RollbackInstanceRefreshType, StartInstanceRefreshAnswer, StartInstanceRefreshType, faults,
};
use wharf_records::{Record as _, Unknown, escape};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL, given, groups::template};
use crate::{
    cloud::Cloud,
    core::Core,
    fault::invalid,
    names,
    plan::roll_back,
    records::{Group, Maintenance, Others, Refresh, Settings, Source, Stage},
};

/// Refreshes of a group that are kept.
const MOST_KEPT: usize = 50;
const MIN_HEALTHY: i32 = 90;
const MAX_HEALTHY: i32 = 100;
/// Seconds at a checkpoint.
const CHECKPOINT_DELAY: i32 = 3600;
const LONGEST: i32 = 172_800;
/// Alarms of one refresh, as AWS has it.
const MOST_ALARMS: usize = 10;
const ROLLED_BACK: &str = "Instance refresh was rolled back by the user.";

pub async fn start(
    core: &Core,
    call: &Call,
    input: StartInstanceRefreshType,
) -> Result<StartInstanceRefreshAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    if input.strategy.is_some_and(|it| it != "Rolling") {
        return Err(invalid(
            "The strategy of an instance refresh is Rolling in this version of wharf.",
        ));
    }
    let given = input.desired_configuration.unwrap_or_default();
    let desired = given::source(core, call, None, given.launch_template.as_ref()).await?;
    if let Some(desired) = &desired {
        if group.mixed.is_some() {
            super::mixed::check_market(core, call, desired).await?;
        }
        given::may_launch(
            core,
            call,
            desired,
            (&group.subnets, group.placement_group.as_deref()),
            group.mixed.as_ref(),
        )
        .await?;
    }
    let settings = settings(&input.preferences.unwrap_or_default(), group.maintenance)?;
    if settings.skips_matching
        && desired.is_none()
        && matches!(group.launch, Source::Configuration { .. })
    {
        return Err(invalid("SkipMatching needs a launch template."));
    }
    alarms_are_there(core, &place, &group, &settings.alarms).await?;
    if settings.rolls_back {
        reversible(&group, desired.as_ref())?;
    }
    let now = core.now();
    let (id, order) = core.mint(now);
    let made = Refresh {
        id: id.clone(),
        group: name.clone(),
        stage: Stage::Pending,
        reason: None,
        started_at: now,
        ended_at: None,
        desired,
        settings,
        total: None,
        left: 0,
        moved_at: now,
        passed: 0,
        rests_until: None,
        rollback: None,
        unknown: Unknown::new(),
    };
    let group_key = names::group_key(&place, &name);
    let _turn = core.turns.take(&group_key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        let before = core.refreshes(&place, &group.uuid).await?;
        if before.iter().any(|it| !it.record.stage.is_over()) {
            return Err(faults::instance_refresh_in_progress_fault(
                "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
            ));
        }
        for old in before.iter().skip(MOST_KEPT - 1) {
            tx.delete(&old.key);
        }
        // What failed before says nothing of what comes.
        group.failing.clear();
        tx.put(&group_key, &group);
        tx.put(names::refresh_key(&place, &group.uuid, &order), &made);
    });
    Ok(StartInstanceRefreshAnswer {
        instance_refresh_id: Some(id),
    })
}

/// Going back needs a template's version by its number, other than the one that is wanted.
fn reversible(group: &Group, desired: Option<&Source>) -> Result<(), Fault> {
    let fixed = match &group.launch {
        Source::Template { version, .. } => version.parse::<u64>().is_ok(),
        Source::Configuration { .. } => true,
    };
    match fixed && desired.is_some() {
        true => Ok(()),
        false => Err(faults::irreversible_instance_refresh_fault(
            "An instance refresh can be rolled back if it has a desired configuration and the group's launch template has a version number.",
        )),
    }
}

/// What a request does not say the group's instance maintenance policy does.
fn settings(given: &RefreshPreferences, policy: Option<Maintenance>) -> Result<Settings, Fault> {
    let within = |it: i32, name: &str, range: std::ops::RangeInclusive<i32>| {
        let fits = range.contains(&it);
        let read = u32::try_from(it).ok().filter(|_| fits);
        read.ok_or_else(|| {
            invalid(format!(
                "{name} must be from {} to {}: {it}",
                range.start(),
                range.end()
            ))
        })
    };
    let of_policy = |it: fn(Maintenance) -> u32| policy.and_then(|of| i32::try_from(it(of)).ok());
    let min = given.min_healthy_percentage;
    let min = min.or_else(|| of_policy(|it| it.min_healthy));
    let min = min.unwrap_or(MIN_HEALTHY);
    let max = given.max_healthy_percentage;
    let max = max.or_else(|| of_policy(|it| it.max_healthy));
    let max = max.unwrap_or(MAX_HEALTHY);
    let min_healthy = within(min, "MinHealthyPercentage", 0..=100)?;
    let max_healthy = within(max, "MaxHealthyPercentage", 100..=200)?;
    if max_healthy - min_healthy > 100 {
        return Err(invalid(
            "The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.",
        ));
    }
    let checkpoints = given.checkpoint_percentages.iter().flatten();
    let checkpoints = checkpoints.map(|it| within(*it, "CheckpointPercentages", 1..=100));
    let checkpoints: Vec<u32> = checkpoints.collect::<Result<_, _>>()?;
    if !checkpoints.is_sorted_by(|one, other| one < other) {
        return Err(invalid("CheckpointPercentages must be in ascending order."));
    }
    if given.checkpoint_delay.is_some() && checkpoints.is_empty() {
        return Err(invalid("CheckpointDelay needs CheckpointPercentages."));
    }
    let delay = given.checkpoint_delay.unwrap_or(CHECKPOINT_DELAY);
    let others = |it: &Option<String>, take: &str, name: &str| match it.as_deref() {
        None | Some("Wait") => Ok(Others::Wait),
        Some("Ignore") => Ok(Others::Ignore),
        Some(it) if it == take => Ok(Others::Take),
        Some(_) => Err(invalid(format!("{name} must be {take}, Ignore or Wait."))),
    };
    Ok(Settings {
        min_healthy,
        max_healthy,
        warmup_seconds: match given.instance_warmup {
            Some(it) if it >= 0 => Some(given::seconds(it, "instanceWarmup")?),
            _ => None,
        },
        checkpoints,
        checkpoint_seconds: within(delay, "CheckpointDelay", 0..=LONGEST)?,
        skips_matching: given.skip_matching == Some(true),
        rolls_back: given.auto_rollback == Some(true),
        bake_seconds: within(given.bake_time.unwrap_or_default(), "BakeTime", 0..=LONGEST)?,
        protected: others(
            &given.scale_in_protected_instances,
            "Refresh",
            "ScaleInProtectedInstances",
        )?,
        standby: others(&given.standby_instances, "Terminate", "StandbyInstances")?,
        alarms: alarms(given)?,
    })
}

fn alarms(given: &RefreshPreferences) -> Result<Vec<String>, Fault> {
    let given = given.alarm_specification.as_ref();
    let given = given
        .and_then(|it| it.alarms.as_ref())
        .into_iter()
        .flatten();
    let names: BTreeSet<&String> = given.filter(|it| !it.is_empty()).collect();
    match names.len() > MOST_ALARMS {
        true => Err(invalid(format!(
            "An instance refresh can have at most {MOST_ALARMS} alarms."
        ))),
        false => Ok(names.into_iter().cloned().collect()),
    }
}

async fn alarms_are_there(
    core: &Core,
    place: &Place,
    group: &Group,
    names: &[String],
) -> Result<(), Fault> {
    if names.is_empty() {
        return Ok(());
    }
    let states = Cloud::of(core, place, group).states_of(names).await?;
    match names.iter().find(|it| !states.contains_key(*it)) {
        Some(name) => Err(invalid(format!("There is no CloudWatch alarm {name}."))),
        None => Ok(()),
    }
}

/// Changes the refresh that is under way.
async fn change(
    core: &Core,
    call: &Call,
    name: &str,
    change: impl Fn(&mut Group, &mut Refresh) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let place = Place::of(call);
    let group_key = names::group_key(&place, name);
    let _turn = core.turns.take(&group_key).await;
    let uuid = core.group(&place, name).await?.uuid;
    let found = core.refreshes(&place, &uuid).await?.into_iter();
    let mut active = found.filter(|it| !it.record.stage.is_over());
    let none = || {
        faults::active_instance_refresh_not_found_fault(format!(
            "No in progress or pending Instance Refresh found for Auto Scaling group {name}"
        ))
    };
    let key = active.next().ok_or_else(none)?.key;
    let id = transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, name).await?;
        let found = tx.find::<Refresh>(&key).await?;
        let mut refresh = found.filter(|it| !it.stage.is_over()).ok_or_else(none)?;
        change(&mut group, &mut refresh)?;
        tx.put(&group_key, &group);
        tx.put(&key, &refresh);
        refresh.id
    });
    Ok(id)
}

pub async fn cancel(
    core: &Core,
    call: &Call,
    input: CancelInstanceRefreshType,
) -> Result<CancelInstanceRefreshAnswer, Fault> {
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let waits = input.wait_for_transitioning_instances != Some(false);
    let now = core.now();
    let id = change(core, call, &name, |_, refresh| {
        refresh.reason = Some("Cancelled due to user request.".to_owned());
        refresh.stage = match waits {
            true => Stage::Cancelling,
            false => Stage::Cancelled,
        };
        refresh.ended_at = (!waits).then_some(now);
        Ok(())
    })
    .await?;
    Ok(CancelInstanceRefreshAnswer {
        instance_refresh_id: Some(id),
    })
}

pub async fn rollback(
    core: &Core,
    call: &Call,
    input: RollbackInstanceRefreshType,
) -> Result<RollbackInstanceRefreshAnswer, Fault> {
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let now = core.now();
    let id = change(core, call, &name, |group, refresh| {
        if matches!(refresh.stage, Stage::Cancelling | Stage::RollbackInProgress) {
            return Err(faults::active_instance_refresh_not_found_fault(format!(
                "The instance refresh of Auto Scaling group {} cannot be rolled back any more",
                group.name
            )));
        }
        reversible(group, refresh.desired.as_ref())?;
        group.failing.clear();
        roll_back(refresh, ROLLED_BACK.to_owned(), now);
        Ok(())
    })
    .await?;
    Ok(RollbackInstanceRefreshAnswer {
        instance_refresh_id: Some(id),
    })
}

/// The latest first.
pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeInstanceRefreshesType,
) -> Result<DescribeInstanceRefreshesAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    let ids: BTreeSet<String> = input.instance_refresh_ids.into_iter().flatten().collect();
    let page = core.page(
        call,
        "autoscaling/DescribeInstanceRefreshes",
        &(&name, &ids),
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let below = escape(&names::below(&group.uuid, ""));
    let prefix = names::scope(&place).prefix(Refresh::KIND) + &below;
    let fits = |it: &Stored<Refresh>| ids.is_empty() || ids.contains(&it.record.id);
    let found = core
        .table
        .page::<Refresh>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let shown = found.records.into_iter().map(|it| show(it.record));
    Ok(DescribeInstanceRefreshesAnswer {
        instance_refreshes: Some(shown.collect()),
        next_token,
    })
}

fn show(it: Refresh) -> InstanceRefresh {
    let count = |it: u32| i32::try_from(it).ok();
    let progress = |percentage: u32, left: u32| InstanceRefreshProgressDetails {
        live_pool_progress: Some(InstanceRefreshLivePoolProgress {
            percentage_complete: count(percentage),
            instances_to_update: count(left),
        }),
        ..InstanceRefreshProgressDetails::default()
    };
    let rollback = it.rollback.as_ref().map(|it| RollbackDetails {
        rollback_reason: Some(it.reason.clone()),
        rollback_start_time: Some(it.started_at),
        percentage_complete_on_rollback: count(it.percentage),
        instances_to_update_on_rollback: count(it.left),
        progress_details_on_rollback: Some(progress(it.percentage, it.left)),
    });
    let percentage = it.percentage();
    InstanceRefresh {
        status: Some(it.stage.name().to_owned()),
        status_reason: it.reason.clone(),
        start_time: Some(it.started_at),
        end_time: it.ended_at,
        percentage_complete: count(percentage),
        instances_to_update: count(it.left),
        progress_details: Some(progress(percentage, it.left)),
        preferences: Some(preferences(&it.settings)),
        desired_configuration: it.desired.as_ref().map(|it| DesiredConfiguration {
            launch_template: template(it),
            ..DesiredConfiguration::default()
        }),
        rollback_details: rollback,
        strategy: Some("Rolling".to_owned()),
        instance_refresh_id: Some(it.id),
        auto_scaling_group_name: Some(it.group),
    }
}

fn preferences(it: &Settings) -> RefreshPreferences {
    let count = |it: u32| i32::try_from(it).ok();
    let others = |it: Others, take: &str| match it {
        Others::Ignore => "Ignore".to_owned(),
        Others::Take => take.to_owned(),
        Others::Wait => "Wait".to_owned(),
    };
    let checkpoints: Vec<i32> = it.checkpoints.iter().filter_map(|it| count(*it)).collect();
    let has_any = !checkpoints.is_empty();
    RefreshPreferences {
        min_healthy_percentage: count(it.min_healthy),
        max_healthy_percentage: count(it.max_healthy),
        instance_warmup: it.warmup_seconds.and_then(count),
        checkpoint_delay: count(it.checkpoint_seconds).filter(|_| has_any),
        checkpoint_percentages: Some(checkpoints).filter(|_| has_any),
        skip_matching: Some(it.skips_matching),
        auto_rollback: Some(it.rolls_back),
        scale_in_protected_instances: Some(others(it.protected, "Refresh")),
        standby_instances: Some(others(it.standby, "Terminate")),
        bake_time: count(it.bake_seconds),
        alarm_specification: (!it.alarms.is_empty()).then(|| AlarmSpecification {
            alarms: Some(it.alarms.clone()),
        }),
    }
}
