//! Redrive policies: where a queue's dead letters go, and who may use a queue for theirs. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wharf_wire::Fault;

use crate::{
    fault,
    names::{QueueId, is_fifo},
};

/// Queues that may be named as sources.
const MOST_SOURCES: usize = 10;

/// `RedrivePolicy`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub target: String,
    pub max_receives: u32,
}

impl Redrive {
    /// The policy of a queue; none if it is empty.
    pub fn parse(queue: &QueueId, text: &str) -> Result<Option<Self>, Fault> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let bad = |why: &str| {
            let shown: String = text.chars().take(500).collect();
            fault::invalid_value(shown, "RedrivePolicy", why)
        };
        let Ok(Value::Object(given)) = serde_json::from_str(text) else {
            return Err(bad("Amazon SQS can't parse the JSON object."));
        };
        let target = given.get("deadLetterTargetArn").and_then(Value::as_str);
        let most = given.get("maxReceiveCount");
        let (Some(target), Some(most)) = (target, most) else {
            return Err(bad(
                "Redrive policy does not contain mandatory attribute: maxReceiveCount or deadLetterTargetArn.",
            ));
        };
        if given.len() > 2 {
            return Err(bad(
                "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
            ));
        }
        let number = most.as_u64().or_else(|| most.as_str()?.parse().ok());
        let most = number.filter(|it| (1..=1000).contains(it));
        let most = most
            .ok_or_else(|| bad("Invalid value for maxReceiveCount: must be between 1 and 1000."))?;
        let id =
            QueueId::of_arn(target).ok_or_else(|| bad("Invalid value for deadLetterTargetArn."))?;
        if id.place != queue.place {
            return Err(bad(
                "Dead-letter target owner should be same as the source.",
            ));
        }
        if id == *queue {
            return Err(bad(
                "Dead-letter queue must not be the same queue as the source.",
            ));
        }
        if is_fifo(&id.name) != is_fifo(&queue.name) {
            return Err(bad(
                "Dead-letter queue must be same type of queue as the source.",
            ));
        }
        Ok(Some(Self {
            target: target.to_owned(),
            max_receives: u32::try_from(most).unwrap_or(u32::MAX),
        }))
    }
}

impl fmt::Display for Redrive {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            json!({"deadLetterTargetArn": self.target, "maxReceiveCount": self.max_receives});
        write!(out, "{shown}")
    }
}

/// `RedriveAllowPolicy`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Allow {
    All,
    Nobody,
    /// ARNs of queues.
    Sources(Vec<String>),
}

impl Allow {
    /// None if it is empty.
    pub fn parse(text: &str) -> Result<Option<Self>, Fault> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let bad = || fault::bad_attribute("RedriveAllowPolicy");
        let given: Value = serde_json::from_str(text).map_err(|_| bad())?;
        let sources = given.get("sourceQueueArns");
        let allow = match given.get("redrivePermission").and_then(Value::as_str) {
            Some("allowAll") if sources.is_none() => Self::All,
            Some("denyAll") if sources.is_none() => Self::Nobody,
            Some("byQueue") => {
                let named = sources.and_then(Value::as_array).ok_or_else(bad)?;
                let arn = |it: &Value| {
                    let arn = it.as_str().filter(|it| QueueId::of_arn(it).is_some());
                    arn.map(str::to_owned).ok_or_else(bad)
                };
                if named.is_empty() || named.len() > MOST_SOURCES {
                    return Err(bad());
                }
                Self::Sources(named.iter().map(arn).collect::<Result<_, _>>()?)
            }
            _ => return Err(bad()),
        };
        Ok(Some(allow))
    }

    /// Whether a queue may send its dead letters here.
    pub fn lets(&self, source: &str) -> bool {
        match self {
            Self::All => true,
            Self::Nobody => false,
            Self::Sources(named) => named.iter().any(|it| it == source),
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self {
            Self::All => json!({"redrivePermission": "allowAll"}),
            Self::Nobody => json!({"redrivePermission": "denyAll"}),
            Self::Sources(named) => {
                json!({"redrivePermission": "byQueue", "sourceQueueArns": named})
            }
        };
        write!(out, "{shown}")
    }
}

#[cfg(test)]
mod tests {
    use wharf_service::Place;

    use super::*;

    #[test]
    fn what_a_redrive_policy_says() {
        let queue = QueueId {
            place: Place::new("000000000000", "us-east-1"),
            name: "jobs".to_owned(),
        };
        let dead = "arn:aws:sqs:us-east-1:000000000000:dead";
        let policy = |target: &str, most: &str| {
            let text =
                format!(r#"{{"deadLetterTargetArn": "{target}", "maxReceiveCount": {most}}}"#);
            Redrive::parse(&queue, &text)
        };
        for most in ["3", "\"3\""] {
            assert_eq!(policy(dead, most).unwrap().unwrap().max_receives, 3);
        }
        for (target, most) in [
            (dead, "0"),
            (dead, "1001"),
            ("arn:aws:sqs:us-east-1:000000000000:dead.fifo", "3"),
            ("arn:aws:sqs:eu-west-1:000000000000:dead", "3"),
            ("arn:aws:sqs:us-east-1:000000000000:jobs", "3"),
            ("dead", "3"),
        ] {
            assert_eq!(
                policy(target, most).unwrap_err().code,
                "InvalidParameterValue"
            );
        }
        assert_eq!(Redrive::parse(&queue, ""), Ok(None));
        assert!(Redrive::parse(&queue, "{").is_err());
    }

    #[test]
    fn who_may_redrive() {
        let a = "arn:aws:sqs:us-east-1:000000000000:a";
        let by_queue = format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":["{a}"]}}"#);
        let allow = Allow::parse(&by_queue).unwrap().unwrap();
        assert!(allow.lets(a) && !allow.lets("arn:aws:sqs:us-east-1:000000000000:b"));
        assert_eq!(allow.to_string(), by_queue);
        assert!(Allow::parse(r#"{"redrivePermission":"byQueue"}"#).is_err());
        assert!(
            !Allow::parse(r#"{"redrivePermission":"denyAll"}"#)
                .unwrap()
                .unwrap()
                .lets(a)
        );
    }
}
