//! The service over a store, and EC2, load balancing and queues as it sees them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_autoscaling::{
    Activity, AutoScalingGroup, AutoScalingGroupNamesType, Autoscaling as _,
    CreateAutoScalingGroupType, DescribeScalingActivitiesType, Instance as Shown,
    LaunchTemplateSpecification,
};
use wharf_api_ec2::{Instance, InstanceState, OperatorResponse, RunInstancesRequest};
use wharf_base::{TestClock, Timestamp};
use wharf_delivery::{Actor, Alarms, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_service::Place;
use wharf_svc_autoscaling::{AutoscalingService, Parts};
use wharf_testkit::{Running, World, call, until};
use wharf_wire::{Check, Fault, async_trait};

/// An image that is not there, as all others are.
pub const NO_IMAGE: &str = "ami-0";
/// The like of a type, a key pair and a security group.
pub const NO_TYPE: &str = "t0.small";
pub const NO_KEY: &str = "lost";
pub const NO_GROUP: &str = "sg-0";

/// Instances by their tokens, and what the next launches answer.
#[derive(Default)]
pub struct Cloud {
    pub instances: Mutex<BTreeMap<String, Instance>>,
    pub refusals: Mutex<VecDeque<Fault>>,
    /// What a caller hears who asks whether a launch would be let in.
    pub would: Mutex<Option<Fault>>,
    /// Calls of RunInstances that launched or found an instance.
    pub runs: Mutex<Vec<RunInstancesRequest>>,
    /// Targets by target group.
    pub targets: Mutex<BTreeMap<String, BTreeSet<String>>>,
    pub messages: Mutex<Vec<Value>>,
    /// Spot instances whose capacity is taken back.
    pub recalled: Mutex<BTreeSet<String>>,
    /// Since when the status checks of instances fail.
    pub failing: Mutex<BTreeMap<String, Timestamp>>,
    /// Alarms by their names.
    pub alarms: Mutex<BTreeMap<String, Value>>,
    /// Topics cannot be told anything.
    pub deaf: Mutex<bool>,
    /// Nobody hears what metrics of two weeks were.
    pub silent: Mutex<bool>,
}

impl Cloud {
    pub fn ids(&self) -> Vec<String> {
        let all = self.instances.lock();
        all.values()
            .filter_map(|it| it.instance_id.clone())
            .collect()
    }

    /// ECS manages an instance.
    pub fn manage(&self, id: &str) {
        let mut all = self.instances.lock();
        let mut all = all.values_mut();
        let of = all.find(|it| it.instance_id.as_deref() == Some(id));
        of.unwrap().operator = Some(OperatorResponse {
            managed: Some(true),
            principal: Some("ecs.amazonaws.com".to_owned()),
            hidden_by_default: None,
        });
    }

    /// The group that the tag of an instance names.
    pub fn group_of(&self, id: &str) -> Option<String> {
        let all = self.instances.lock();
        let of = all
            .values()
            .find(|it| it.instance_id.as_deref() == Some(id))?;
        let mut tags = of.tags.iter().flatten();
        let tag = tags.find(|it| it.key.as_deref() == Some("aws:autoscaling:groupName"))?;
        tag.value.clone()
    }

    pub fn set(&self, id: &str, state: &str) {
        for it in self.instances.lock().values_mut() {
            if it.instance_id.as_deref() == Some(id) {
                it.state = named(state);
            }
        }
    }

    pub fn state(&self, id: &str) -> String {
        let all = self.instances.lock();
        let found = all
            .values()
            .find(|it| it.instance_id.as_deref() == Some(id));
        found.unwrap().state.clone().unwrap().name.unwrap()
    }

    /// All that were launched run now.
    pub fn boot(&self) {
        for it in self.instances.lock().values_mut() {
            if it.state == named("pending") {
                it.state = named("running");
            }
        }
    }
}

pub fn named(name: &str) -> Option<InstanceState> {
    Some(InstanceState {
        name: Some(name.to_owned()),
        ..InstanceState::default()
    })
}

#[async_trait]
impl Alarms for Cloud {
    async fn detach(&self, _: &Place, action: &str) -> Result<(), Fault> {
        for alarm in self.alarms.lock().values_mut() {
            if let Some(Value::Array(actions)) = alarm.get_mut("AlarmActions") {
                actions.retain(|it| it != action);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Operations for Cloud {
    async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
        let input = &request.input;
        let seconds = |name: &str| input[name].as_i64().unwrap_or_default();
        if *self.silent.lock() && seconds("EndTime") - seconds("StartTime") > 86_400 {
            std::future::pending::<()>().await;
        }
        let mut targets = self.targets.lock();
        let arn = input["TargetGroupArn"].as_str().unwrap_or_default();
        let id = input["Targets"][0]["Id"].as_str().unwrap_or_default();
        match request.operation.as_str() {
            "DescribeTargetGroups" => Ok(json!({ "TargetGroups": [{ "TargetType": "instance" }] })),
            "RegisterTargets" => {
                targets
                    .entry(arn.to_owned())
                    .or_default()
                    .insert(id.to_owned());
                Ok(json!({}))
            }
            "DeregisterTargets" => {
                targets.entry(arn.to_owned()).or_default().remove(id);
                Ok(json!({}))
            }
            "DescribeTargetHealth" => {
                let of = targets.get(arn).into_iter().flatten();
                let shown = of.map(
                    |it| json!({ "Target": { "Id": it }, "TargetHealth": { "State": "healthy" } }),
                );
                Ok(json!({ "TargetHealthDescriptions": shown.collect::<Vec<_>>() }))
            }
            "PutMetricAlarm" => {
                let name = input["AlarmName"].as_str().unwrap().to_owned();
                if input["Namespace"] == "Refused" {
                    let text = "There is no such metric.";
                    return Err(Fault::sender("ValidationError", 400, text));
                }
                self.alarms.lock().insert(name, input.clone());
                Ok(json!({}))
            }
            "GetMetricData" => {
                let queries = input["MetricDataQueries"].as_array().unwrap();
                let shown = queries.iter().find(|it| it["ReturnData"] == true).unwrap();
                let (from, to) = (&input["StartTime"], &input["EndTime"]);
                let hours = from.as_i64().unwrap() / 3600..to.as_i64().unwrap() / 3600;
                let times: Vec<i64> = hours.map(|it| it * 3600).collect();
                // Three units carry a load of 300 in each hour, at 100 for each.
                let value = match shown["MetricStat"]["Metric"]["MetricName"].as_str() {
                    Some("Load") => 300.0,
                    Some("Each") => 100.0,
                    _ => 3.0,
                };
                let values = vec![value; times.len()];
                let line = json!({ "Id": shown["Id"], "Timestamps": times, "Values": values });
                Ok(json!({ "MetricDataResults": [line] }))
            }
            "DeleteAlarms" => {
                let names = input["AlarmNames"].as_array().unwrap();
                let mut alarms = self.alarms.lock();
                alarms.retain(|it, _| !names.iter().any(|name| name == it));
                Ok(json!({}))
            }
            "DescribeAlarms" => {
                let alarms = self.alarms.lock();
                let prefix = input["ActionPrefix"].as_str();
                let acts = |it: &&Value| {
                    let action = it["AlarmActions"][0].as_str().unwrap_or_default();
                    prefix.is_none_or(|prefix| action.starts_with(prefix))
                };
                let found: Vec<&Value> = alarms.values().filter(acts).collect();
                Ok(json!({ "MetricAlarms": found }))
            }
            "Publish" if *self.deaf.lock() => Err(Fault::sender("InternalError", 500, "try again")),
            "Publish" if input["TopicArn"] == "arn:aws:sns:us-east-1:000000000000:none" => {
                Err(Fault::sender("NotFound", 404, "Topic does not exist"))
            }
            "Publish" => {
                let text = input["Message"].as_str().unwrap();
                let mut said: Value = serde_json::from_str(text).unwrap();
                said["Subject"] = input["Subject"].clone();
                self.messages.lock().push(said);
                Ok(json!({}))
            }
            "SendMessage" => {
                let text = input["MessageBody"].as_str().unwrap();
                self.messages
                    .lock()
                    .push(serde_json::from_str(text).unwrap());
                Ok(json!({}))
            }
            other => panic!("nobody asks for {other}"),
        }
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

pub struct Home {
    pub service: Running<AutoscalingService>,
    pub cloud: Arc<Cloud>,
    pub world: World,
    pub clock: Arc<TestClock>,
}

impl Home {
    pub fn new() -> Self {
        let world = World::in_memory();
        let cloud = Arc::new(Cloud::default());
        let begin = Timestamp::parse_iso8601("2026-11-22T10:00:00Z").unwrap();
        let clock = Arc::new(TestClock::at(begin));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            ec2: cloud.clone(),
            operations: cloud.clone(),
            alarms: cloud.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let service = Running::start(move || {
            let service = AutoscalingService::new(parts.clone());
            let running = service.clone();
            (service, move |stop| async move { running.run(stop).await })
        });
        Self {
            service,
            cloud,
            world,
            clock,
        }
    }

    pub async fn create(&self, min: i32, desired: i32, max: i32) {
        let input = CreateAutoScalingGroupType {
            desired_capacity: Some(desired),
            ..group(min, max)
        };
        self.service
            .create_auto_scaling_group(&call(), input)
            .await
            .unwrap();
    }

    pub async fn instances(&self) -> Vec<Shown> {
        let input = AutoScalingGroupNamesType::default();
        let found = self
            .service
            .describe_auto_scaling_groups(&call(), input)
            .await;
        let mut found = found.unwrap().auto_scaling_groups.unwrap();
        let group = found.pop();
        group.and_then(|it| it.instances).unwrap_or_default()
    }

    /// The only group.
    pub async fn shown(&self) -> AutoScalingGroup {
        let input = AutoScalingGroupNamesType::default();
        let found = self
            .service
            .describe_auto_scaling_groups(&call(), input)
            .await;
        found.unwrap().auto_scaling_groups.unwrap().remove(0)
    }

    /// Instances boot until so many are in this state, and there are no others.
    pub async fn are(&self, count: usize, state: &str) -> Vec<String> {
        until(&format!("{count} instances are {state}"), || async {
            self.cloud.boot();
            let all = self.instances().await;
            let is = |it: &Shown| it.lifecycle_state.as_deref() == Some(state);
            all.len() == count && all.iter().all(is)
        })
        .await;
        let all = self.instances().await.into_iter();
        all.filter_map(|it| it.instance_id).collect()
    }

    /// The latest first.
    pub async fn activities(&self) -> Vec<Activity> {
        let input = DescribeScalingActivitiesType::default();
        let found = self
            .service
            .describe_scaling_activities(&call(), input)
            .await;
        found.unwrap().activities.unwrap()
    }
}

pub fn group(min: i32, max: i32) -> CreateAutoScalingGroupType {
    CreateAutoScalingGroupType {
        auto_scaling_group_name: Some("g".to_owned()),
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("web".to_owned()),
            version: Some("$Latest".to_owned()),
            ..LaunchTemplateSpecification::default()
        }),
        min_size: Some(min),
        max_size: Some(max),
        vpc_zone_identifier: Some("subnet-a,subnet-b".to_owned()),
        ..CreateAutoScalingGroupType::default()
    }
}
