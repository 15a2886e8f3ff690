//! What every courier that calls operations does: the call itself, and the dead letter.

use serde_json::Value;
use wharf_base::Arn;

use crate::{Actor, Failure, GivenUp, Operations, Request, targets};

/// Calls a target.
///
/// # Errors
/// The call failed, or answered that it did nothing.
pub async fn send(
    operations: &dyn Operations,
    actor: &Actor,
    request: &Request,
) -> Result<(), Failure> {
    let answer = operations.call(actor, request).await?;
    undone(&answer).map_or(Ok(()), Err)
}

/// A message that nobody will try to deliver again, for the queue that was named for such.
pub struct DeadLetter<'a> {
    /// An ARN; without one there is no letter.
    pub queue: Option<&'a str>,
    pub body: &'a str,
    /// Those that are empty are left out.
    pub attributes: Vec<(&'static str, String)>,
    /// Tells it from others.
    pub token: &'a str,
}

impl DeadLetter<'_> {
    /// Sends it. One that cannot be sent is lost, which the log says; `of` is whose it was.
    pub async fn send(mut self, operations: &dyn Operations, actor: &Actor, of: &str) {
        let Some(queue) = self.queue.and_then(|it| it.parse::<Arn>().ok()) else {
            return;
        };
        self.attributes.retain(|(_, value)| !value.is_empty());
        let letter = targets::send_message(&queue, self.body, None, &self.attributes, self.token);
        if let Err(fault) = operations.call(actor, &letter).await {
            tracing::warn!(of, %queue, error = %fault, "failed to send a dead letter, it is lost");
        }
    }
}

impl GivenUp {
    /// What a dead letter says of the failure.
    pub fn attributes(self) -> Vec<(&'static str, String)> {
        vec![
            ("ERROR_CODE", self.failure.code),
            ("ERROR_MESSAGE", self.failure.text),
            ("RETRY_ATTEMPTS", self.retries.to_string()),
            (
                "EXHAUSTED_RETRY_CONDITION",
                self.exhausted.unwrap_or_default().to_owned(),
            ),
        ]
    }
}

/// The failure of a call that answered, and did nothing: RunTask without tasks, PutEvents without
/// events.
fn undone(answer: &Value) -> Option<Failure> {
    let of = |failure: &Value, code: &str, text: &str| {
        let member = |name| failure.get(name).and_then(Value::as_str);
        Failure {
            code: member(code).unwrap_or_default().to_owned(),
            text: member(text).unwrap_or_default().to_owned(),
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
                undone(&answer).map(|it| it.code).as_deref(),
                code,
                "{answer}"
            );
        }
    }
}
