//! Auto Scaling groups, faked: they have the instances that a test says.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use wharf_api_autoscaling::{
    self as api, AutoScalingGroup, AutoScalingGroupNamesType, AutoScalingGroupsType, Autoscaling,
    CreateOrUpdateTagsType,
};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

#[derive(Default)]
pub struct FakeGroups {
    /// Ids of instances by the names of their groups.
    groups: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Groups whose new instances are protected from scale in.
    pub protected: Mutex<BTreeSet<String>>,
    /// Groups whose sizes are in units of capacity.
    pub weighted: Mutex<BTreeSet<String>>,
    /// Groups that were tagged as managed by ECS.
    pub managed: Mutex<BTreeSet<String>>,
}

pub fn arn(group: &str) -> String {
    format!(
        "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u-{group}:autoScalingGroupName/{group}"
    )
}

fn with_weights() -> api::MixedInstancesPolicy {
    let large = api::LaunchTemplateOverrides {
        instance_type: Some("m5.large".to_owned()),
        weighted_capacity: Some("2".to_owned()),
        ..api::LaunchTemplateOverrides::default()
    };
    api::MixedInstancesPolicy {
        launch_template: Some(api::LaunchTemplate {
            overrides: Some(vec![large]),
            ..api::LaunchTemplate::default()
        }),
        ..api::MixedInstancesPolicy::default()
    }
}

impl FakeGroups {
    pub fn put(&self, group: &str, instances: &[&str]) {
        let ids = instances.iter().map(|id| (*id).to_owned()).collect();
        self.groups.lock().unwrap().insert(group.to_owned(), ids);
    }
}

#[async_trait]
impl Autoscaling for FakeGroups {
    async fn authorize(&self, _: &Context, input: api::Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn describe_auto_scaling_groups(
        &self,
        _: &Call,
        input: AutoScalingGroupNamesType,
    ) -> Result<AutoScalingGroupsType, Fault> {
        let groups = self.groups.lock().unwrap();
        let protected = self.protected.lock().unwrap();
        let weighted = self.weighted.lock().unwrap();
        let names = input.auto_scaling_group_names.unwrap_or_default();
        let show = |name: &String| {
            let instance = |id: &String| api::Instance {
                instance_id: Some(id.clone()),
                lifecycle_state: Some("InService".to_owned()),
                ..api::Instance::default()
            };
            Some(AutoScalingGroup {
                auto_scaling_group_name: Some(name.clone()),
                auto_scaling_group_arn: Some(arn(name)),
                new_instances_protected_from_scale_in: Some(protected.contains(name)),
                mixed_instances_policy: weighted.contains(name).then(with_weights),
                instances: Some(groups.get(name)?.iter().map(instance).collect()),
                ..AutoScalingGroup::default()
            })
        };
        Ok(AutoScalingGroupsType {
            auto_scaling_groups: Some(names.iter().filter_map(show).collect()),
            next_token: None,
        })
    }

    async fn create_or_update_tags(
        &self,
        _: &Call,
        input: CreateOrUpdateTagsType,
    ) -> Result<(), Fault> {
        let tags = input.tags.unwrap_or_default();
        let names = tags.into_iter().filter_map(|tag| tag.resource_id);
        self.managed.lock().unwrap().extend(names);
        Ok(())
    }
}
