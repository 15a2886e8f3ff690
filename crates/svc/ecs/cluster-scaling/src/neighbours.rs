//! EC2 Auto Scaling and EC2, called in the name of ECS's service-linked role for a capacity provider. What they do for Managed
//! Instances is in `managed/seen.rs`.

use serde_json::{Value, json};
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_delivery::{Actor, Operations, Request};
use wharf_records::{ecs::CapacityProvider, hosts::Capacity};
use wharf_svc_ecs_model::names::{PRINCIPAL, Place};
use wharf_wire::Fault;

use crate::{
    seen::{HOOK, Launch, POLICIES, Seen},
    wanted::{Call, Found},
};

/// Instances of one call.
const AT_ONCE: usize = 50;
/// Pages of a list that are read.
const MOST_PAGES: usize = 50;

/// What an instance of a type has.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    /// `t3.small`
    pub kind: String,
    pub capacity: Capacity,
}

/// They do what they are asked for a provider.
pub struct Neighbours<'a> {
    pub operations: &'a dyn Operations,
    pub place: &'a Place,
    pub provider: &'a CapacityProvider,
}

impl Neighbours<'_> {
    pub(crate) async fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Fault> {
        let actor = Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.place.account.clone(),
            source_arn: self.provider.arn.clone(),
        };
        let request = Request::new(service, operation, &self.place.region, input);
        self.operations.call(&actor, &request).await
    }

    /// All of a list that comes in pages.
    pub(crate) async fn pages(
        &self,
        service: &str,
        operation: &str,
        mut input: Value,
        list: &str,
    ) -> Result<Vec<Value>, Fault> {
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut answer = self.call(service, operation, input.clone()).await?;
            if let Value::Array(found) = answer[list].take() {
                all.extend(found);
            }
            let token = answer["NextToken"].take();
            if !token.is_string() {
                break;
            }
            input["NextToken"] = token;
        }
        Ok(all)
    }

    fn of_group(&self, mut input: Value) -> Value {
        input["AutoScalingGroupName"] = json!(self.provider.group_name);
        input
    }

    async fn group(&self, operation: &str, input: Value) -> Result<Value, Fault> {
        let input = self.of_group(input);
        self.call("autoscaling", operation, input).await
    }

    /// The provider's group; `None` if it is gone, or another has its name.
    pub async fn see(&self) -> Result<Option<Seen>, Fault> {
        let input = json!({ "AutoScalingGroupNames": [self.provider.group_name] });
        let answer = self
            .call("autoscaling", "DescribeAutoScalingGroups", input)
            .await?;
        let seen = Seen::of(&answer)?;
        Ok(seen.filter(|it| it.arn == self.provider.group_arn))
    }

    /// What ECS has made on the group.
    pub async fn found(&self) -> Result<Found, Fault> {
        let input = self.of_group(json!({}));
        let policies = self.pages("autoscaling", "DescribePolicies", input, "ScalingPolicies");
        let mut policies = policies.await?;
        policies.retain(|it| {
            let named = it["PolicyName"].as_str();
            named.is_some_and(|it| it.starts_with(POLICIES))
        });
        let named = json!({ "LifecycleHookNames": [HOOK] });
        let hooks = self.group("DescribeLifecycleHooks", named).await?;
        let hook = &hooks["LifecycleHooks"][0];
        let hook = (!hook.is_null()).then(|| hook.clone());
        Ok(Found { policies, hook })
    }

    pub async fn make(&self, call: &Call) -> Result<(), Fault> {
        let made = self.call("autoscaling", call.operation, call.input.clone());
        made.await.map(drop)
    }

    /// At once, whatever the group's cooldown. Capacity that somebody else asked for meanwhile is never taken away.
    pub async fn grow(&self, desired: u32) -> Result<(), Fault> {
        let has = self.see().await?.map(|it| it.desired);
        if has.is_none_or(|has| has >= desired) {
            return Ok(());
        }
        // AWS's role has no right to SetDesiredCapacity.
        let input = json!({ "DesiredCapacity": desired });
        self.group("UpdateAutoScalingGroup", input).await.map(drop)
    }

    pub async fn protect(&self, instances: &[String], protected: bool) -> Result<(), Fault> {
        for some in instances.chunks(AT_ONCE) {
            let input = json!({ "InstanceIds": some, "ProtectedFromScaleIn": protected });
            self.group("SetInstanceProtection", input).await?;
        }
        Ok(())
    }

    pub async fn heartbeat(&self, instance: &str) -> Result<(), Fault> {
        let input = json!({ "LifecycleHookName": HOOK, "InstanceId": instance });
        let said = self.group("RecordLifecycleActionHeartbeat", input).await;
        no_longer_held(said)
    }

    pub async fn complete(&self, instance: &str) -> Result<(), Fault> {
        let input = json!({
            "LifecycleHookName": HOOK,
            "InstanceId": instance,
            "LifecycleActionResult": "CONTINUE",
        });
        no_longer_held(self.group("CompleteLifecycleAction", input).await)
    }

    /// What the largest type has that a group launches; `None` while nobody can say.
    pub async fn size(&self, launch: &Launch) -> Result<Option<Size>, Fault> {
        let mut types = launch.overrides.clone();
        if types.is_empty() {
            types.extend(self.type_of(launch).await?);
        }
        if types.is_empty() {
            return Ok(None);
        }
        let input = json!({ "InstanceTypes": types });
        let answer = self.call("ec2", "DescribeInstanceTypes", input).await?;
        let found = answer["InstanceTypes"].as_array();
        Ok(found
            .into_iter()
            .flatten()
            .filter_map(size)
            .max_by_key(|it| (it.capacity.memory, it.capacity.cpu)))
    }

    async fn type_of(&self, launch: &Launch) -> Result<Option<String>, Fault> {
        let found = match (&launch.template, &launch.configuration) {
            (Some((id, version)), _) => {
                let input = json!({ "LaunchTemplateId": id, "Versions": [version] });
                let answer = self.call("ec2", "DescribeLaunchTemplateVersions", input);
                let answer = answer.await?;
                answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]["InstanceType"].clone()
            }
            (None, Some(name)) => {
                let input = json!({ "LaunchConfigurationNames": [name] });
                let answer = self
                    .call("autoscaling", "DescribeLaunchConfigurations", input)
                    .await?;
                answer["LaunchConfigurations"][0]["InstanceType"].clone()
            }
            (None, None) => return Ok(None),
        };
        Ok(found.as_str().map(str::to_owned))
    }
}

/// What its hook held may have gone on meanwhile.
fn no_longer_held(answer: Result<Value, Fault>) -> Result<(), Fault> {
    match answer {
        Err(fault) if fault.status < 500 && fault.code == "ValidationError" => Ok(()),
        answer => answer.map(drop),
    }
}

fn size(kind: &Value) -> Option<Size> {
    let cores = kind["VCpuInfo"]["DefaultVCpus"].as_u64()?;
    let memory = kind["MemoryInfo"]["SizeInMiB"].as_u64()?;
    Some(Size {
        kind: kind["InstanceType"].as_str()?.to_owned(),
        capacity: Capacity {
            cpu: u32::try_from(cores.saturating_mul(UNITS_OF_A_CORE.into())).ok()?,
            memory: u32::try_from(memory).ok()?,
            // How many it has for tasks it says itself when it joins.
            interfaces: u32::MAX,
            disk: None,
            reserved: Vec::new(),
        },
    })
}
