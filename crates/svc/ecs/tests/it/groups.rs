//! An Auto Scaling group as ECS sees it, whose calls may fail.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::broadcast;
use wharf_api_autoscaling::{
    AutoScalingGroup, AutoScalingGroupNamesType, AutoScalingGroupsType, Autoscaling,
    CreateOrUpdateTagsType, Instance,
};
use wharf_delivery::{Actor, Operations, Request};
use wharf_svc_ecs::Place;
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::harness::{ACCOUNT, REGION};

pub const NAME: &str = "workers";
pub const ARN: &str =
    "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/workers";
/// What instances have, as `t3.small` has it.
pub const CORES: u64 = 2;

pub struct FakeGroup {
    inner: Mutex<Inner>,
    changes: broadcast::Sender<Place>,
    /// Every call of that number fails; 0: none.
    fails: AtomicUsize,
    calls: AtomicUsize,
}

#[derive(Debug, Default, Clone)]
pub struct Inner {
    pub desired: u64,
    pub instances: Vec<Value>,
    pub policies: Vec<Value>,
    pub hooks: Vec<Value>,
    pub tags: Vec<Value>,
    /// Instances whose end was let go on.
    pub completed: Vec<String>,
    /// Calls that change something, in their order.
    pub changed: Vec<String>,
}

impl Default for FakeGroup {
    fn default() -> Self {
        Self {
            inner: Mutex::default(),
            changes: broadcast::channel(64).0,
            fails: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
        }
    }
}

impl FakeGroup {
    pub fn listen(&self) -> broadcast::Receiver<Place> {
        self.changes.subscribe()
    }

    /// Every call of that number fails from now on.
    pub fn fail_every(&self, number: usize) {
        self.fails.store(number, Ordering::Relaxed);
    }

    pub fn read(&self) -> Inner {
        self.inner.lock().unwrap().clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock().unwrap());
        let place = Place {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
        };
        let _ = self.changes.send(place);
    }

    /// Instances come until there are as many as desired; ids of those that are new.
    pub fn launch(&self) -> Vec<String> {
        let mut new = Vec::new();
        self.change(|it| {
            while (it.instances.len() as u64) < it.desired {
                let id = format!("i-{:017x}", it.instances.len() + 1);
                it.instances.push(json!({
                    "InstanceId": id,
                    "InstanceType": "t3.small",
                    "AvailabilityZone": "us-east-1a",
                    "LifecycleState": "InService",
                    "ProtectedFromScaleIn": true,
                }));
                new.push(id);
            }
        });
        new
    }

    pub fn set(&self, instance: &str, member: &str, value: Value) {
        self.change(|it| {
            for found in &mut it.instances {
                if found["InstanceId"] == instance {
                    found[member] = value.clone();
                }
            }
        });
    }

    fn write(&self, operation: &str, input: &Value) -> Result<Value, Fault> {
        let mut known = true;
        self.change(|it| {
            match operation {
                "UpdateAutoScalingGroup" => {
                    it.desired = input["DesiredCapacity"].as_u64().unwrap();
                }
                "PutScalingPolicy" => {
                    it.policies
                        .retain(|it| it["PolicyName"] != input["PolicyName"]);
                    it.policies.push(input.clone());
                }
                "DeletePolicy" => it
                    .policies
                    .retain(|it| it["PolicyName"] != input["PolicyName"]),
                "PutLifecycleHook" => it.hooks = vec![input.clone()],
                "DeleteLifecycleHook" => it.hooks.clear(),
                "SetInstanceProtection" => {
                    for found in &mut it.instances {
                        let ids = input["InstanceIds"].as_array().unwrap();
                        if ids.contains(&found["InstanceId"]) {
                            found["ProtectedFromScaleIn"] = input["ProtectedFromScaleIn"].clone();
                        }
                    }
                }
                "RecordLifecycleActionHeartbeat" => {}
                "CompleteLifecycleAction" => {
                    let id = input["InstanceId"].as_str().unwrap();
                    it.completed.push(id.to_owned());
                    it.instances.retain(|it| it["InstanceId"] != id);
                }
                _ => known = false,
            }
            if known {
                it.changed.push(operation.to_owned());
            }
        });
        match known {
            true => Ok(json!({})),
            false => panic!("ECS called {operation}"),
        }
    }
}

#[async_trait]
impl Operations for FakeGroup {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let Actor::Service { name, account, .. } = actor else {
            panic!("ECS acts as itself");
        };
        assert_eq!(
            (name.as_str(), account.as_str()),
            ("ecs.amazonaws.com", ACCOUNT)
        );
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = self.fails.load(Ordering::Relaxed);
        let input = &request.input;
        let now = self.read();
        let answer = match request.operation.as_str() {
            "DescribeAutoScalingGroups" => json!({ "AutoScalingGroups": [{
                "AutoScalingGroupName": NAME,
                "AutoScalingGroupARN": ARN,
                "MinSize": 0,
                "MaxSize": 5,
                "DesiredCapacity": now.desired,
                "NewInstancesProtectedFromScaleIn": true,
                "AvailabilityZones": ["us-east-1a"],
                "LaunchTemplate": { "LaunchTemplateId": "lt-1", "Version": "$Latest" },
                "Instances": now.instances,
                "Tags": now.tags,
            }] }),
            "DescribePolicies" => json!({ "ScalingPolicies": now.policies }),
            "DescribeLifecycleHooks" => json!({ "LifecycleHooks": now.hooks }),
            "DescribeLaunchTemplateVersions" => json!({ "LaunchTemplateVersions": [
                { "LaunchTemplateData": { "InstanceType": "t3.small" } },
            ] }),
            "DescribeInstanceTypes" => json!({ "InstanceTypes": [{
                "InstanceType": "t3.small",
                "VCpuInfo": { "DefaultVCpus": CORES },
                "MemoryInfo": { "SizeInMiB": 2048 },
            }] }),
            operation => self.write(operation, input)?,
        };
        // What was asked for is done, and the answer is lost.
        match fails > 0 && number.is_multiple_of(fails) {
            true => Err(Fault::sender("ServiceUnavailable", 503, "lost")),
            false => Ok(answer),
        }
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        unreachable!("nobody asks")
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        unreachable!("nobody asks")
    }
}

/// As a user's call sees it.
#[async_trait]
impl Autoscaling for FakeGroup {
    async fn authorize(
        &self,
        _: &Context,
        _: wharf_api_autoscaling::Input<'_>,
    ) -> Result<Vec<Check>, Fault> {
        unreachable!("calls come past the gate")
    }

    async fn create_or_update_tags(
        &self,
        _: &Call,
        input: CreateOrUpdateTagsType,
    ) -> Result<(), Fault> {
        let tags = input.tags.unwrap_or_default();
        let tags = tags.into_iter().map(|it| json!({ "Key": it.key }));
        let tags: Vec<Value> = tags.collect();
        self.change(|it| {
            it.tags = tags;
            it.changed.push("CreateOrUpdateTags".to_owned());
        });
        Ok(())
    }

    async fn describe_auto_scaling_groups(
        &self,
        _: &Call,
        _: AutoScalingGroupNamesType,
    ) -> Result<AutoScalingGroupsType, Fault> {
        let instances = self.read().instances;
        let text = |it: &Value, member: &str| it[member].as_str().map(str::to_owned);
        let instances = instances.iter().map(|it| Instance {
            instance_id: text(it, "InstanceId"),
            lifecycle_state: text(it, "LifecycleState"),
            ..Instance::default()
        });
        let group = AutoScalingGroup {
            auto_scaling_group_name: Some(NAME.to_owned()),
            auto_scaling_group_arn: Some(ARN.to_owned()),
            new_instances_protected_from_scale_in: Some(true),
            instances: Some(instances.collect()),
            ..AutoScalingGroup::default()
        };
        Ok(AutoScalingGroupsType {
            auto_scaling_groups: Some(vec![group]),
            next_token: None,
        })
    }
}
