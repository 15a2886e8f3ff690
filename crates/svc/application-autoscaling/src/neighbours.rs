//! ECS and CloudWatch, called in the name of the service-linked role.

use serde_json::{Value, json};
use wharf_delivery::{Actor, Request};
use wharf_scaling::{
    ManyLines,
    alarms::{self, Wanted},
    forecasting::Metrics,
};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    core::Core,
    fault,
    names::{self, PRINCIPAL, Resource},
};

/// Alarms of a policy that are shown.
const MOST_SHOWN: usize = 100;
/// A service as ECS describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Active {
        desired: u32,
        running: u32,
        /// One task on each instance: nobody sets their count.
        daemon: bool,
    },
    /// Its last tasks are being stopped.
    Draining,
    /// There is none, or none any more.
    Gone,
}

/// They do what they are asked for a target.
pub struct Neighbours<'a> {
    core: &'a Core,
    place: &'a Place,
    target: &'a str,
}

impl<'a> Neighbours<'a> {
    pub fn of(core: &'a Core, place: &'a Place, target: &'a str) -> Self {
        Self {
            core,
            place,
            target,
        }
    }

    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, Fault> {
        let actor = Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.place.account.clone(),
            source_arn: names::target_arn(self.place, self.target),
        };
        let request = Request::new(service, operation, &self.place.region, input);
        self.core.parts.operations.call(&actor, &request).await
    }

    pub async fn see(&self, resource: &Resource) -> Result<Seen, Fault> {
        let input = json!({ "cluster": resource.cluster, "services": [resource.service] });
        let answer = match self.call("ecs", "DescribeServices", input).await {
            Err(fault) if fault.code == "ClusterNotFoundException" => return Ok(Seen::Gone),
            answer => answer?,
        };
        let service = &answer["services"][0];
        let count = |name: &str| service[name].as_u64().and_then(|it| u32::try_from(it).ok());
        Ok(match service["status"].as_str() {
            Some("ACTIVE") => Seen::Active {
                desired: count("desiredCount").unwrap_or_default(),
                running: count("runningCount").unwrap_or_default(),
                daemon: service["schedulingStrategy"] == "DAEMON",
            },
            Some("DRAINING") => Seen::Draining,
            Some(_) => Seen::Gone,
            // A cluster is told apart from a service that ECS could not look at.
            None if answer["failures"][0]["reason"] == "MISSING" => Seen::Gone,
            None => Seen::Draining,
        })
    }

    pub async fn set(&self, resource: &Resource, count: u32) -> Result<(), Fault> {
        let input = json!({
            "cluster": resource.cluster,
            "service": resource.service,
            "desiredCount": count,
        });
        self.call("ecs", "UpdateService", input).await.map(drop)
    }

    /// Makes the alarms of a policy what they should be, whatever they are.
    pub async fn put_alarms(&self, wanted: &[Wanted]) -> Result<(), Fault> {
        for it in wanted {
            match &it.input {
                Some(input) => {
                    self.call("cloudwatch", "PutMetricAlarm", input.clone())
                        .await?;
                }
                None => self.delete_alarm(&it.name).await?,
            }
        }
        Ok(())
    }

    pub async fn delete_alarm(&self, name: &str) -> Result<(), Fault> {
        let input = json!({ "AlarmNames": [name] });
        match self.call("cloudwatch", "DeleteAlarms", input).await {
            Err(fault) if fault.code.starts_with("ResourceNotFound") => Ok(()),
            done => done.map(drop),
        }
    }

    /// Puts again what somebody deleted or changed.
    pub async fn repair_alarms(&self, wanted: &[Wanted]) -> Result<(), Fault> {
        let names: Vec<&str> = wanted.iter().map(|it| it.name.as_str()).collect();
        let found = self.describe(json!({ "AlarmNames": names })).await?;
        for it in alarms::amiss(wanted, &found) {
            tracing::info!(alarm = it.name, "restoring the alarm of a scaling policy");
            self.put_alarms(std::slice::from_ref(it)).await?;
        }
        Ok(())
    }

    /// Names of the alarms that call a policy.
    pub async fn alarms_of(&self, policy_arn: &str) -> Result<Vec<String>, Fault> {
        let input = json!({ "ActionPrefix": policy_arn, "MaxRecords": MOST_SHOWN });
        let found = self.describe(input).await?;
        let names = found
            .iter()
            .filter_map(|it| it["AlarmName"].as_str().map(str::to_owned));
        Ok(names.collect())
    }

    async fn describe(&self, input: Value) -> Result<Vec<Value>, Fault> {
        let mut answer = self.call("cloudwatch", "DescribeAlarms", input).await?;
        Ok(match answer["MetricAlarms"].take() {
            Value::Array(found) => found,
            _ => Vec::new(),
        })
    }
}

impl Metrics for Neighbours<'_> {
    type Fault = Fault;

    async fn read(&self, input: Value) -> Result<Value, Fault> {
        self.call("cloudwatch", "GetMetricData", input).await
    }

    fn refused(many: ManyLines) -> Fault {
        fault::invalid(many.to_string())
    }
}
