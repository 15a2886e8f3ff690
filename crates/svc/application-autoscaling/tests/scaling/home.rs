//! The service over a store, and ECS and CloudWatch as it sees them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, DescribeScalingActivitiesRequest, PutScalingPolicyRequest,
    RegisterScalableTargetRequest, ScalingActivity, StepAdjustment, StepScalingPolicyConfiguration,
};
use wharf_base::{Clock as _, TestClock, Timestamp};
use wharf_delivery::{Actor, Alarms, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_service::Place;
use wharf_svc_application_autoscaling::{Alarmed, ApplicationAutoscalingService, Parts};
use wharf_testkit::{ACCOUNT, REGION, Running, World, call, until};
use wharf_wire::{Check, Fault, async_trait};

pub const ECS: &str = "ecs";
pub const SERVICE: &str = "service/prod/web";
pub const DIMENSION: &str = "ecs:service:DesiredCount";

/// Services of ECS and alarms of CloudWatch, who asked for what, and what is to fail.
#[derive(Default)]
pub struct Neighbours {
    pub services: Mutex<BTreeMap<String, Value>>,
    pub alarms: Mutex<BTreeMap<String, Value>>,
    /// Points of metrics by their names, and who asked for them.
    pub metrics: Mutex<BTreeMap<String, Vec<(i64, f64)>>>,
    pub asked: Mutex<Vec<Value>>,
    pub sets: Mutex<Vec<u64>>,
    /// By operation, what the next calls answer.
    pub failures: Mutex<VecDeque<(&'static str, Fault)>>,
    /// Tasks do not start by themselves.
    pub stuck: Mutex<bool>,
    /// Nobody hears what metrics of two weeks were.
    pub silent: Mutex<bool>,
}

impl Neighbours {
    fn fail(&self, operation: &str) -> Result<(), Fault> {
        let mut failures = self.failures.lock();
        match failures.front().is_some_and(|it| it.0 == operation) {
            true => Err(failures.pop_front().unwrap().1),
            false => Ok(()),
        }
    }

    fn answer(&self, operation: &str, input: &Value) -> Result<Value, Fault> {
        self.fail(operation)?;
        match operation {
            "DescribeServices" => {
                let name = input["services"][0].as_str().unwrap();
                Ok(match self.services.lock().get(name) {
                    Some(service) => json!({ "services": [service], "failures": [] }),
                    None => json!({ "services": [], "failures": [{ "reason": "MISSING" }] }),
                })
            }
            "UpdateService" => {
                let mut services = self.services.lock();
                let service = services
                    .get_mut(input["service"].as_str().unwrap())
                    .unwrap();
                self.sets
                    .lock()
                    .push(input["desiredCount"].as_u64().unwrap());
                service["desiredCount"] = input["desiredCount"].clone();
                if !*self.stuck.lock() {
                    service["runningCount"] = input["desiredCount"].clone();
                }
                Ok(json!({}))
            }
            "PutMetricAlarm" => {
                let name = input["AlarmName"].as_str().unwrap().to_owned();
                self.alarms.lock().insert(name, input.clone());
                Ok(json!({}))
            }
            "DeleteAlarms" => {
                let name = input["AlarmNames"][0].as_str().unwrap();
                match self.alarms.lock().remove(name) {
                    Some(_) => Ok(json!({})),
                    None => Err(Fault::sender("ResourceNotFound", 404, "")),
                }
            }
            "DescribeAlarms" => {
                let prefix = input["ActionPrefix"].as_str();
                let names = input["AlarmNames"].as_array();
                let alarms = self.alarms.lock();
                let found = alarms.values().filter(|it| {
                    let calls = it["AlarmActions"][0].as_str().unwrap_or_default();
                    prefix.is_none_or(|prefix| calls.starts_with(prefix))
                        && names.is_none_or(|names| names.contains(&it["AlarmName"]))
                });
                Ok(json!({ "MetricAlarms": found.collect::<Vec<_>>() }))
            }
            "GetMetricData" => {
                self.asked.lock().push(input.clone());
                let queries = input["MetricDataQueries"].as_array().unwrap();
                let shown = queries.iter().find(|it| it["ReturnData"] == true).unwrap();
                let name = &shown["MetricStat"]["Metric"]["MetricName"];
                let all = self.metrics.lock();
                let points = all.get(name.as_str().unwrap_or_default()).cloned();
                let span = input["StartTime"].as_i64().unwrap()..input["EndTime"].as_i64().unwrap();
                let points: Vec<(i64, f64)> = points.into_iter().flatten().collect();
                let within = points.iter().filter(|it| span.contains(&it.0));
                let (times, values): (Vec<i64>, Vec<f64>) = within.copied().unzip();
                let line = json!({ "Id": shown["Id"], "Timestamps": times, "Values": values });
                Ok(json!({ "MetricDataResults": [line] }))
            }
            other => panic!("{other} is not for this service"),
        }
    }
}

#[async_trait]
impl Operations for Neighbours {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let Actor::Service { name, account, .. } = actor else {
            panic!("in the name of {actor:?}");
        };
        assert_eq!(name, "ecs.application-autoscaling.amazonaws.com");
        assert_eq!(
            (account.as_str(), request.region.as_str()),
            (ACCOUNT, REGION)
        );
        let seconds = |name: &str| request.input[name].as_i64().unwrap_or_default();
        if *self.silent.lock() && seconds("EndTime") - seconds("StartTime") > 86_400 {
            std::future::pending::<()>().await;
        }
        self.answer(&request.operation, &request.input)
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl Alarms for Neighbours {
    async fn detach(&self, place: &Place, action: &str) -> Result<(), Fault> {
        assert_eq!((&*place.account, &*place.region), (ACCOUNT, REGION));
        self.fail("detach")?;
        for alarm in self.alarms.lock().values_mut() {
            if let Some(Value::Array(actions)) = alarm.get_mut("AlarmActions") {
                actions.retain(|it| it != action);
            }
        }
        Ok(())
    }
}

pub struct Home {
    pub service: Running<ApplicationAutoscalingService>,
    pub neighbours: Arc<Neighbours>,
    pub clock: Arc<TestClock>,
    _world: World,
}

impl Home {
    /// A service with this desired count is there.
    pub fn with_service(desired: u32) -> Self {
        let world = World::in_memory();
        let neighbours = Arc::new(Neighbours::default());
        let begin = Timestamp::parse_iso8601("2026-11-22T10:00:00Z").unwrap();
        let clock = Arc::new(TestClock::at(begin));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            operations: neighbours.clone(),
            alarms: neighbours.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let service = Running::start(move || {
            let service = ApplicationAutoscalingService::new(parts.clone());
            let running = service.clone();
            (service, move |stop| async move { running.run(stop).await })
        });
        let home = Self {
            service,
            neighbours,
            clock,
            _world: world,
        };
        let found = json!({ "status": "ACTIVE", "desiredCount": desired, "runningCount": desired });
        home.neighbours
            .services
            .lock()
            .insert("web".to_owned(), found);
        home
    }

    /// Nobody is there for a while.
    pub fn away(&mut self, time: Duration) {
        self.clock.advance(time);
        self.service.restart();
    }

    pub async fn register(&self, min: i32, max: i32) -> String {
        let input = RegisterScalableTargetRequest {
            min_capacity: Some(min),
            max_capacity: Some(max),
            ..target()
        };
        let made = self.service.register_scalable_target(&call(), input).await;
        made.unwrap().scalable_target_arn.unwrap()
    }

    pub fn desired(&self) -> u64 {
        self.neighbours.services.lock()["web"]["desiredCount"]
            .as_u64()
            .unwrap()
    }

    pub async fn becomes(&self, desired: u64) {
        until(&format!("the desired count is {desired}"), || async {
            self.desired() == desired
        })
        .await;
    }

    /// The latest first.
    pub async fn activities(&self, with_others: bool) -> Vec<ScalingActivity> {
        let input = DescribeScalingActivitiesRequest {
            service_namespace: Some(ECS.to_owned()),
            resource_id: Some(SERVICE.to_owned()),
            include_not_scaled_activities: Some(with_others),
            ..DescribeScalingActivitiesRequest::default()
        };
        let found = self
            .service
            .describe_scaling_activities(&call(), input)
            .await;
        found.unwrap().scaling_activities.unwrap()
    }

    /// Waits until the latest activity has this status.
    pub async fn ends(&self, status: &str) -> ScalingActivity {
        until(&format!("an activity is {status}"), || async {
            let all = self.activities(true).await;
            all.first()
                .is_some_and(|it| it.status_code.as_deref() == Some(status))
        })
        .await;
        self.activities(true).await.remove(0)
    }

    /// A step policy that adds two; returns its ARN.
    pub async fn step_policy(&self, name: &str, adjustment: i32, cooldown: i32) -> String {
        let bound = Some(0.0);
        let step = StepAdjustment {
            metric_interval_lower_bound: bound.filter(|_| adjustment > 0),
            metric_interval_upper_bound: bound.filter(|_| adjustment < 0),
            scaling_adjustment: Some(adjustment),
        };
        let input = PutScalingPolicyRequest {
            policy_name: Some(name.to_owned()),
            step_scaling_policy_configuration: Some(StepScalingPolicyConfiguration {
                adjustment_type: Some("ChangeInCapacity".to_owned()),
                step_adjustments: Some(vec![step]),
                cooldown: Some(cooldown),
                ..StepScalingPolicyConfiguration::default()
            }),
            ..policy()
        };
        let made = self.service.put_scaling_policy(&call(), input).await;
        made.unwrap().policy_arn.unwrap()
    }

    /// An alarm speaks now.
    pub async fn alarm(&self, policy: &str, alarm: &str, values: &[f64]) -> Result<(), Fault> {
        self.alarm_at(policy, alarm, values, self.clock.now()).await
    }

    pub async fn alarm_at(
        &self,
        policy: &str,
        alarm: &str,
        values: &[f64],
        at: Timestamp,
    ) -> Result<(), Fault> {
        let alarmed = Alarmed {
            policy: policy.to_owned(),
            alarm: alarm.to_owned(),
            state: "ALARM".to_owned(),
            threshold: 50.0,
            values: values.to_vec(),
            measured_from: None,
            at,
            every: Duration::from_secs(60),
        };
        let place = Place::new(ACCOUNT, REGION);
        self.service.alarmed(place, alarmed).await
    }

    /// Speaks again until the loops are there to hear it.
    pub async fn heard(&self, policy: &str, alarm: &str, values: &[f64]) {
        let at = self.clock.now();
        until("the alarm was heard", || async {
            self.alarm_at(policy, alarm, values, at).await.is_ok()
        })
        .await;
    }
}

pub fn target() -> RegisterScalableTargetRequest {
    RegisterScalableTargetRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        ..RegisterScalableTargetRequest::default()
    }
}

pub fn policy() -> PutScalingPolicyRequest {
    PutScalingPolicyRequest {
        policy_name: Some("p".to_owned()),
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        ..PutScalingPolicyRequest::default()
    }
}
