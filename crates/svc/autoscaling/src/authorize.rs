//! What each operation does to which group or launch configuration, under which condition keys.

mod keys;

use std::collections::BTreeSet;

use wharf_api_autoscaling::{Input, Tag};
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names,
    ops::policies::named,
    records::{Configuration, Group},
};

const TAGGING: &str = "autoscaling:CreateOrUpdateTags";

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let action = input.action();
    let row = Row {
        core,
        place: &Place::of(cx),
        action: &action,
    };
    let check = match input {
        Input::CreateAutoScalingGroup(it) => {
            let check = row.group(it.auto_scaling_group_name.as_deref()).await?;
            let hooks = it.lifecycle_hook_specification_list.iter().flatten();
            let roles = hooks.filter_map(|it| it.role_arn.as_ref());
            let roles = roles.map(|it| Check::pass_role(it, names::PRINCIPAL));
            let tagged = it.tags.as_deref().filter(|tags| !tags.is_empty());
            // Who tags a group that is made must be one who may tag it then.
            let tagging = tagged.map(|given| {
                let arn = check.resource.clone();
                requested(Check::new(TAGGING, arn), Some(given))
            });
            let check = requested(keys::asked(check, input), tagged);
            return Ok([check].into_iter().chain(tagging).chain(roles).collect());
        }
        Input::CreateLaunchConfiguration(it) => {
            row.configuration(it.launch_configuration_name.as_deref())
                .await?
        }
        Input::DeleteLaunchConfiguration(it) => {
            row.configuration(it.launch_configuration_name.as_deref())
                .await?
        }
        Input::UpdateAutoScalingGroup(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::DeleteAutoScalingGroup(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::SetDesiredCapacity(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::SetInstanceProtection(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::SuspendProcesses(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::ResumeProcesses(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::LaunchInstances(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::AttachInstances(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::DetachInstances(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::EnterStandby(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::ExitStandby(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::PutLifecycleHook(it) => {
            let check = row.group(it.auto_scaling_group_name.as_deref()).await?;
            let role = it.role_arn.iter();
            let role = role.map(|it| Check::pass_role(it, names::PRINCIPAL));
            return Ok([check].into_iter().chain(role).collect());
        }
        Input::DeleteLifecycleHook(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::CompleteLifecycleAction(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::RecordLifecycleActionHeartbeat(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::AttachTrafficSources(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::DetachTrafficSources(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::AttachLoadBalancerTargetGroups(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::DetachLoadBalancerTargetGroups(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::PutScheduledUpdateGroupAction(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::BatchPutScheduledUpdateGroupAction(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::DeleteScheduledAction(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::BatchDeleteScheduledAction(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::EnableMetricsCollection(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::DisableMetricsCollection(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::PutNotificationConfiguration(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::DeleteNotificationConfiguration(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::StartInstanceRefresh(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::CancelInstanceRefresh(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::RollbackInstanceRefresh(it) => {
            row.group(it.auto_scaling_group_name.as_deref()).await?
        }
        Input::AttachLoadBalancers(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::DetachLoadBalancers(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::PutScalingPolicy(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::PutWarmPool(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::DeleteWarmPool(it) => row.group(it.auto_scaling_group_name.as_deref()).await?,
        Input::DeletePolicy(it) => {
            let group = it.auto_scaling_group_name.as_deref();
            row.of_policy(group, it.policy_name.as_deref()).await?
        }
        Input::ExecutePolicy(it) => {
            let group = it.auto_scaling_group_name.as_deref();
            row.of_policy(group, it.policy_name.as_deref()).await?
        }
        Input::TerminateInstanceInAutoScalingGroup(it) => match it.instance_id.as_deref() {
            Some(id) => row.of(Some(id)).await?,
            None => row.group(it.auto_scaling_group_name.as_deref()).await?,
        },
        Input::SetInstanceHealth(it) => row.of(it.instance_id.as_deref()).await?,
        Input::CreateOrUpdateTags(it) => {
            let given = it.tags.as_deref().unwrap_or_default();
            return row
                .tagged(given, |check, of| requested(check, Some(of)))
                .await;
        }
        Input::DeleteTags(it) => {
            let given = it.tags.as_deref().unwrap_or_default();
            let removed = |check, of: &[Tag]| {
                let keys: Vec<String> = of.iter().filter_map(|it| it.key.clone()).collect();
                tags::removed(check, Some(&keys))
            };
            return row.tagged(given, removed).await;
        }
        _ => Check::any(row.action),
    };
    Ok(vec![keys::asked(check, input)])
}

fn requested(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|it| (it.key.as_deref(), it.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: &'a Place,
    action: &'a str,
}

impl Row<'_> {
    /// A group with its tags; one that is not there by its name alone.
    async fn group(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let key = names::group_key(self.place, name);
        let found = self.core.table.read::<Group>(&key).await?;
        let uuid = found.as_ref().map_or("*", |it| it.record.uuid.as_str());
        let check = Check::new(self.action, names::group_arn(self.place, uuid, name));
        Ok(match &found {
            Some(found) => tags::of_resource(check, Some("autoscaling"), &found.record.tags),
            None => check,
        })
    }

    /// The group that a policy is of, which may be named by its ARN alone.
    async fn of_policy(&self, group: Option<&str>, policy: Option<&str>) -> Result<Check, Fault> {
        let (group, _) = named(self.place, group, policy);
        self.group(Some(&group)).await
    }

    /// The group that an instance is of.
    async fn of(&self, instance: Option<&str>) -> Result<Check, Fault> {
        let found = self
            .core
            .member(self.place, instance.unwrap_or_default())
            .await;
        match found {
            Ok(found) => self.group(Some(&found.record.group)).await,
            Err(fault) if fault.status >= 500 => Err(fault),
            Err(_) => self.group(Some("*")).await,
        }
    }

    async fn configuration(&self, name: Option<&str>) -> Result<Check, Fault> {
        let name = name.unwrap_or_default();
        let key = names::configuration_key(self.place, name);
        let found = self.core.table.read::<Configuration>(&key).await?;
        let uuid = found.as_ref().map_or("*", |it| it.record.uuid.as_str());
        let arn = names::configuration_arn(self.place, uuid, name);
        Ok(Check::new(self.action, arn))
    }

    /// Each group whose tags are changed.
    async fn tagged(
        &self,
        given: &[Tag],
        with: impl Fn(Check, &[Tag]) -> Check,
    ) -> Result<Vec<Check>, Fault> {
        let names: BTreeSet<Option<&str>> =
            given.iter().map(|it| it.resource_id.as_deref()).collect();
        let mut checks = Vec::with_capacity(names.len().max(1));
        for name in names {
            let of = given.iter().filter(|it| it.resource_id.as_deref() == name);
            let of: Vec<Tag> = of.cloned().collect();
            checks.push(with(self.group(name).await?, &of));
        }
        if checks.is_empty() {
            checks.push(Check::any(self.action));
        }
        Ok(checks)
    }
}
