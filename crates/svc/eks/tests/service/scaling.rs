//! Auto Scaling groups that have no instances of their own: a test says which there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use wharf_api_autoscaling::{
    ActivitiesType, Activity, AutoScalingGroup, AutoScalingGroupNamesType, AutoScalingGroupsType,
    Autoscaling, CreateAutoScalingGroupType, DeleteAutoScalingGroupType,
    DescribeScalingActivitiesType, Instance, UpdateAutoScalingGroupType,
};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

#[derive(Default)]
pub struct Groups {
    pub group: Mutex<Option<AutoScalingGroup>>,
    /// What making one is refused with, or taking it away.
    pub refusal: Mutex<Option<Fault>>,
    /// The latest first.
    pub activities: Mutex<Vec<Activity>>,
    /// How often it was asked what there is.
    pub looks: AtomicUsize,
}

impl Groups {
    /// Something was tried and ended.
    pub fn tried(&self, status: &str, message: Option<&str>) {
        let activity = Activity {
            status_code: Some(status.to_owned()),
            status_message: message.map(str::to_owned),
            ..Activity::default()
        };
        self.activities.lock().insert(0, activity);
    }

    /// An instance is there, launched by the template that the group has now.
    pub fn launch(&self, id: &str) {
        let mut group = self.group.lock();
        let group = group.as_mut().unwrap();
        let instance = Instance {
            instance_id: Some(id.to_owned()),
            lifecycle_state: Some("InService".to_owned()),
            launch_template: group.launch_template.clone(),
            ..Instance::default()
        };
        group.instances.get_or_insert_default().push(instance);
    }
}

#[async_trait]
impl Autoscaling for Groups {
    async fn authorize(
        &self,
        _: &Context,
        _: wharf_api_autoscaling::Input<'_>,
    ) -> Result<Vec<Check>, Fault> {
        unreachable!("calls come past the gate")
    }

    async fn create_auto_scaling_group(
        &self,
        _: &Call,
        input: CreateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        *self.group.lock() = Some(AutoScalingGroup {
            auto_scaling_group_name: input.auto_scaling_group_name,
            launch_template: input.launch_template,
            min_size: input.min_size,
            max_size: input.max_size,
            desired_capacity: input.desired_capacity,
            ..AutoScalingGroup::default()
        });
        Ok(())
    }

    async fn describe_auto_scaling_groups(
        &self,
        _: &Call,
        _: AutoScalingGroupNamesType,
    ) -> Result<AutoScalingGroupsType, Fault> {
        let found = self.group.lock().clone();
        self.looks.fetch_add(1, Ordering::Relaxed);
        Ok(AutoScalingGroupsType {
            auto_scaling_groups: Some(found.into_iter().collect()),
            ..AutoScalingGroupsType::default()
        })
    }

    async fn update_auto_scaling_group(
        &self,
        _: &Call,
        input: UpdateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let mut group = self.group.lock();
        let group = group.as_mut().unwrap();
        if input.launch_template.is_some() {
            group.launch_template = input.launch_template;
        }
        if input.desired_capacity.is_some() {
            group.min_size = input.min_size;
            group.max_size = input.max_size;
            group.desired_capacity = input.desired_capacity;
            if input.desired_capacity == Some(0) {
                group.instances = None;
            }
        }
        Ok(())
    }

    async fn delete_auto_scaling_group(
        &self,
        _: &Call,
        _: DeleteAutoScalingGroupType,
    ) -> Result<(), Fault> {
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        self.group.lock().take();
        Ok(())
    }

    async fn describe_scaling_activities(
        &self,
        _: &Call,
        _: DescribeScalingActivitiesType,
    ) -> Result<ActivitiesType, Fault> {
        Ok(ActivitiesType {
            activities: Some(self.activities.lock().clone()),
            ..ActivitiesType::default()
        })
    }
}
