//! The alarms of policies, asked of CloudWatch in the name of the service-linked role.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_records::Scope;
use wharf_scaling::alarms::{Side, Wanted, amiss};
use wharf_service::{ChangeError, Place, Stored};
use wharf_store::Compare;
use wharf_wire::Fault;

use crate::{
    cloud::Cloud,
    core::Core,
    fault::AutoscalingFaults,
    names, policy,
    records::{Policy, Way},
};

/// Alarms of a policy that are shown.
const MOST_SHOWN: usize = 100;

impl Cloud<'_> {
    /// Makes the alarms of a policy what they should be, whatever they are.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn put_alarms(&self, wanted: &[Wanted]) -> Result<(), Fault> {
        for it in wanted {
            match &it.input {
                Some(input) => {
                    let put = self.by_name("cloudwatch", "PutMetricAlarm", input.clone());
                    put.await?;
                }
                None => self.delete_alarm(&it.name).await?,
            }
        }
        Ok(())
    }

    /// # Errors
    /// CloudWatch's; one that is not there is none.
    pub async fn delete_alarm(&self, name: &str) -> Result<(), Fault> {
        let input = json!({ "AlarmNames": [name] });
        match self.by_name("cloudwatch", "DeleteAlarms", input).await {
            Err(fault) if fault.code.starts_with("ResourceNotFound") => Ok(()),
            done => done.map(drop),
        }
    }

    /// Puts again what somebody deleted or changed.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn repair_alarms(&self, wanted: &[Wanted]) -> Result<(), Fault> {
        let names: Vec<&str> = wanted.iter().map(|it| it.name.as_str()).collect();
        let found = self.alarms(json!({ "AlarmNames": names })).await?;
        for it in amiss(wanted, &found) {
            tracing::info!(alarm = it.name, "restoring the alarm of a scaling policy");
            self.put_alarms(std::slice::from_ref(it)).await?;
        }
        Ok(())
    }

    /// Names of the alarms that call a policy.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn alarms_of(&self, policy_arn: &str) -> Result<Vec<String>, Fault> {
        let input = json!({ "ActionPrefix": policy_arn, "MaxRecords": MOST_SHOWN });
        let found = self.alarms(input).await?;
        let names = found.iter().filter_map(|it| it["AlarmName"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// The states of alarms by their names, also of composite ones. Those that are not there are left out.
    ///
    /// # Errors
    /// CloudWatch's.
    pub async fn states_of(&self, names: &[String]) -> Result<BTreeMap<String, String>, Fault> {
        let kinds = ["MetricAlarm", "CompositeAlarm"];
        let input = json!({ "AlarmNames": names, "AlarmTypes": kinds });
        let answer = self.by_name("cloudwatch", "DescribeAlarms", input).await?;
        let lists = ["MetricAlarms", "CompositeAlarms"].map(|it| answer[it].as_array());
        let all = lists.into_iter().flatten().flatten();
        let read = all.filter_map(|it| {
            let (name, state) = (it["AlarmName"].as_str()?, it["StateValue"].as_str()?);
            let is_named = names.iter().any(|it| it == name);
            is_named.then(|| (name.to_owned(), state.to_owned()))
        });
        Ok(read.collect())
    }

    async fn alarms(&self, input: Value) -> Result<Vec<Value>, Fault> {
        let mut answer = self.by_name("cloudwatch", "DescribeAlarms", input).await?;
        Ok(match answer["MetricAlarms"].take() {
            Value::Array(found) => found,
            _ => Vec::new(),
        })
    }
}

/// Why a policy is not gone yet.
#[derive(Debug)]
pub enum Left {
    Change(ChangeError<AutoscalingFaults>),
    /// CloudWatch did not delete an alarm, or change one.
    Alarm(Fault),
}

/// Takes away a policy that was marked as deleted: its alarms go first, and those of users lose the action that it was.
///
/// # Errors
/// The store's, or CloudWatch's.
pub async fn take_down(
    core: &Core,
    cloud: &Cloud<'_>,
    place: &Place,
    stored: &Stored<Policy>,
    permit: &wharf_base::Permit,
    fence: Option<Compare>,
) -> Result<(), Left> {
    let it = &stored.record;
    match it.way {
        Way::Tracking { .. } => {
            for side in [Side::High, Side::Low] {
                let gone = cloud.delete_alarm(&policy::alarm_name(it, side)).await;
                gone.map_err(Left::Alarm)?;
            }
        }
        Way::Predictive { .. } => {}
        Way::Simple { .. } | Way::Step { .. } => {
            let arn = names::policy_arn(place, &it.uuid, &it.group, &it.name);
            let detached = core.parts.alarms.detach(place, &arn).await;
            detached.map_err(Left::Alarm)?;
        }
    }
    let group = names::group_key(place, &it.group);
    core.readings.forget_policy(&group, &it.uuid);
    let mut changes = core.table.begin();
    if let Some(fence) = fence {
        changes.fence(fence);
    }
    changes.when(stored.unchanged());
    changes.delete(&stored.key);
    // Its forecast lies beside it, below the uuid of its group.
    let beside =
        Scope::parse(&stored.key).and_then(|it| it.2.split_once('/').map(|it| it.0.to_owned()));
    if let (Way::Predictive { .. }, Some(uuid)) = (&it.way, beside) {
        changes.delete(names::forecast_key(place, &uuid, &it.name));
    }
    changes.write(permit).await.map_err(Left::Change)
}
