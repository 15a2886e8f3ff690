//! The parcels of schedules, carried to their targets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_api_scheduler::Target;
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Courier, Failure, GivenUp, Operations, Parcel, targets};
use wharf_wire::{Fault, async_trait};

use crate::{
    names::PRINCIPAL,
    target::{self, Fired},
};

/// One moment of a schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    pub schedule_arn: String,
    pub region: String,
    pub at: Timestamp,
    pub execution: String,
    /// As the schedule had it at that moment.
    pub target: Value,
}

/// Calls targets, and writes to the queues of dead letters.
pub struct Messenger(pub Arc<dyn Operations>);

impl Errand {
    fn actor(&self, target: &Target) -> Actor {
        Actor::Role {
            arn: target.role_arn.clone().unwrap_or_default(),
            service: PRINCIPAL.to_owned(),
            source_arn: self.schedule_arn.clone(),
        }
    }

    /// What the dead letter says beside the input.
    fn attributes(&self, target: &Target, why: &GivenUp) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("ERROR_CODE", why.failure.code.clone()),
            ("ERROR_MESSAGE", why.failure.text.clone()),
            ("EXECUTION_ID", self.execution.clone()),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
            ("RETRY_ATTEMPTS", why.retries.to_string()),
            ("SCHEDULED_TIME", self.at.iso8601_seconds()),
            ("SCHEDULE_ARN", self.schedule_arn.clone()),
            ("TARGET_ARN", target.arn.clone().unwrap_or_default()),
        ];
        if let Some(condition) = why.exhausted {
            attributes.push(("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
        }
        attributes.retain(|(_, value)| !value.is_empty());
        attributes
    }
}

#[async_trait]
impl Courier for Messenger {
    type Work = Errand;

    async fn deliver(&self, parcel: &Parcel<Errand>) -> Result<(), Failure> {
        let errand = &parcel.work;
        let never = |text: String| Failure {
            code: "InvalidTarget".to_owned(),
            text,
            passes: false,
        };
        let target = target::read(&errand.target).map_err(|error| never(error.to_string()))?;
        let fired = Fired {
            schedule_arn: &errand.schedule_arn,
            at: errand.at,
            execution: &errand.execution,
            attempt: parcel.failures.saturating_add(1),
        };
        let request = target::request(&target, &errand.target, &errand.region, &fired);
        let request = request.map_err(|bad| never(bad.0))?;
        let answer = self.0.call(&errand.actor(&target), &request).await?;
        partly(&answer).map_or(Ok(()), Err)
    }

    async fn given_up(&self, parcel: &Parcel<Errand>, why: GivenUp) {
        let errand = &parcel.work;
        let Ok(target) = target::read(&errand.target) else {
            return;
        };
        let queue = target.dead_letter_config.as_ref();
        let queue = queue.and_then(|it| it.arn.as_deref());
        let Some(queue) = queue.and_then(|it| it.parse::<Arn>().ok()) else {
            return;
        };
        let letter = targets::send_message(
            &queue,
            target.input.as_deref().unwrap_or("{}"),
            None,
            &errand.attributes(&target, &why),
            &errand.execution,
        );
        let sent = self.0.call(&errand.actor(&target), &letter).await;
        if let Err(Fault { code, message, .. }) = sent {
            tracing::warn!(
                schedule = errand.schedule_arn,
                %queue,
                %code,
                message,
                "failed to send a dead letter"
            );
        }
    }
}

/// The failure of a call that answered, and did nothing: RunTask without tasks, PutEvents without
/// events.
fn partly(answer: &Value) -> Option<Failure> {
    let of = |failure: &Value, code: &str, text: &str| {
        let member = |name| {
            failure
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        Failure {
            code: member(code).to_owned(),
            text: member(text).to_owned(),
            // No room now, or a throttled entry.
            passes: true,
        }
    };
    let items = |name| answer.get(name).and_then(Value::as_array);
    let failures = items("failures").filter(|it| !it.is_empty());
    if let Some(failures) = failures
        && items("tasks").is_none_or(Vec::is_empty)
    {
        return Some(of(&failures[0], "reason", "detail"));
    }
    let entries = items("Entries")?;
    let failed = entries
        .iter()
        .find(|it| it.get("ErrorCode").is_some_and(Value::is_string))?;
    Some(of(failed, "ErrorCode", "ErrorMessage"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_that_did_nothing() {
        for (answer, code) in [
            (json!({}), None),
            (json!({ "tasks": [{}], "failures": [] }), None),
            (
                json!({ "tasks": [], "failures": [{ "reason": "RESOURCE:CPU" }] }),
                Some("RESOURCE:CPU"),
            ),
            (
                json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 }),
                None,
            ),
            (
                json!({ "Entries": [{ "ErrorCode": "InternalFailure" }] }),
                Some("InternalFailure"),
            ),
        ] {
            assert_eq!(
                partly(&answer).map(|it| it.code).as_deref(),
                code,
                "{answer}"
            );
        }
    }
}
