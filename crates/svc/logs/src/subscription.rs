//! What a subscription sends, and where to. Pure, but for the compression.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use wharf_base::Arn;
use wharf_delivery::{Actor, Request, targets};

use crate::names;

/// As services name themselves in policies.
pub const PRINCIPAL: &str = "logs.amazonaws.com";

/// Where log events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Queue(Arn),
    Topic(Arn),
    /// A log group, with its name.
    Group(Arn, String),
    /// An API destination of EventBridge.
    Api(Arn),
    /// One that PutDestination made, with its name.
    Named(Arn, String),
}

/// The ARN names nothing that takes log events here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "destinationArn for vendor {0} cannot be used here: log events go to queues of SQS, topics of SNS, log groups, API destinations of EventBridge and destinations of CloudWatch Logs."
)]
pub struct BadDestination(String);

/// One event of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    pub id: String,
    pub timestamp: i64,
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    message_type: &'a str,
    owner: &'a str,
    log_group: &'a str,
    log_stream: &'a str,
    subscription_filters: &'a [&'a str],
    log_events: &'a [&'a Sent],
}

impl Destination {
    pub fn parse(text: &str) -> Result<Self, BadDestination> {
        let arn: Arn = text.parse().map_err(|_| BadDestination(text.to_owned()))?;
        let bad = BadDestination(arn.service.clone());
        if !arn.is_in_its_partition() {
            return Err(bad);
        }
        let name = |name: &str| {
            let is_name = !name.is_empty() && !name.contains([':', '*']);
            is_name.then(|| name.to_owned())
        };
        match &*arn.service {
            "sqs" if name(&arn.resource).is_some() => return Ok(Self::Queue(arn)),
            "sns" if name(&arn.resource).is_some() => return Ok(Self::Topic(arn)),
            "events" if arn.resource.starts_with("api-destination/") => return Ok(Self::Api(arn)),
            "logs" => {}
            _ => return Err(bad),
        }
        if let Some(group) = names::group_in(&arn).map(str::to_owned) {
            return Ok(Self::Group(arn, group));
        }
        match arn.resource.strip_prefix("destination:").and_then(name) {
            Some(name) => Ok(Self::Named(arn, name)),
            None => Err(bad),
        }
    }

    /// The call that hands a message over, if one does. A queue with order has one order for each `line`.
    pub fn call(&self, message: &str, line: &str, token: &str) -> Option<Request> {
        match self {
            Self::Queue(queue) => {
                let group = self.has_order().then_some(line);
                Some(targets::send_message(queue, message, group, &[], token))
            }
            Self::Topic(topic) => Some(targets::publish(topic, message)),
            Self::Group(..) | Self::Api(_) | Self::Named(..) => None,
        }
    }

    /// Bytes of a message.
    pub fn most_bytes(&self) -> usize {
        match self {
            Self::Queue(_) => 1 << 20,
            Self::Topic(_) => 256 << 10,
            Self::Group(..) | Self::Api(_) | Self::Named(..) => usize::MAX,
        }
    }

    /// Whether messages come in the order in which they were sent.
    pub fn has_order(&self) -> bool {
        matches!(self, Self::Queue(queue) if queue.resource.ends_with(".fifo"))
    }
}

/// In whose name a filter sends. Without a role that is the service, which the policy of the destination lets in; to a
/// log group of its own account it is the account: who made the filter might write there.
pub fn actor(role: Option<&str>, to: &Destination, account: &str, group_arn: &str) -> Actor {
    let source_arn = group_arn.to_owned();
    match (role, to) {
        (Some(role), _) => Actor::Role {
            arn: role.to_owned(),
            service: PRINCIPAL.to_owned(),
            source_arn,
        },
        (None, Destination::Group(arn, _)) if arn.account == account => Actor::Account {
            account: account.to_owned(),
            source_arn,
        },
        (None, _) => Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: account.to_owned(),
            source_arn,
        },
    }
}

/// What destinations get: JSON.
#[derive(Debug)]
pub struct Content(String);

impl Content {
    /// Events of one stream.
    pub fn data(account: &str, group: &str, stream: &str, filter: &str, events: &[&Sent]) -> Self {
        Self::written(&Message {
            message_type: "DATA_MESSAGE",
            owner: account,
            log_group: group,
            log_stream: stream,
            subscription_filters: &[filter],
            log_events: events,
        })
    }

    /// What a destination gets when a filter is made, to see whether it takes anything.
    pub fn control(destination: &str, now: i64) -> Self {
        let event = Sent {
            id: String::new(),
            timestamp: now,
            message: format!("CWL CONTROL MESSAGE: Checking health of destination {destination}."),
        };
        Self::written(&Message {
            message_type: "CONTROL_MESSAGE",
            owner: "CloudwatchLogs",
            log_group: "",
            log_stream: "",
            subscription_filters: &[],
            log_events: &[&event],
        })
    }

    fn written(message: &Message<'_>) -> Self {
        Self(serde_json::to_string(message).expect("texts and numbers are JSON"))
    }

    pub fn json(&self) -> &str {
        &self.0
    }

    /// As AWS packs it: compressed by gzip, in base 64. With the bytes of the first.
    pub fn packed(&self) -> (String, usize) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let written = gzip.write_all(self.0.as_bytes());
        let written = written.and_then(|()| gzip.finish());
        let bytes = written.expect("memory takes all");
        (BASE64.encode(&bytes), bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn destinations() {
        let queue = Destination::parse("arn:aws:sqs:us-east-1:123456789012:jobs.fifo").unwrap();
        let call = queue.call("m", "s", "t").unwrap();
        assert_eq!(
            (&*call.operation, &call.input["MessageGroupId"]),
            ("SendMessage", &"s".into())
        );
        let topic = Destination::parse("arn:aws:sns:us-east-1:123456789012:t").unwrap();
        assert_eq!(topic.call("m", "s", "t").unwrap().operation, "Publish");
        for (good, name) in [
            ("arn:aws:logs:us-east-1:123456789012:log-group:/a/b", "/a/b"),
            (
                "arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*",
                "/a/b",
            ),
            ("arn:aws:logs:us-east-1:123456789012:destination:d", "d"),
        ] {
            let found = Destination::parse(good).unwrap();
            let (Destination::Group(_, found) | Destination::Named(_, found)) = found else {
                panic!("{found:?}");
            };
            assert_eq!(found, name);
        }
        let api = "arn:aws:events:us-east-1:123456789012:api-destination/a/b";
        assert!(matches!(Destination::parse(api), Ok(Destination::Api(_))));
        for bad in [
            "",
            "jobs",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "arn:aws:kinesis:us-east-1:123456789012:stream/s",
            "arn:aws:sns:us-east-1:123456789012:t:subscription",
            "arn:aws:sqs:us-east-1:123456789012:",
            "arn:aws:logs:us-east-1:123456789012:log-group:",
            "arn:aws:logs:us-east-1:123456789012:log-group:a:log-stream:b",
            "arn:aws:logs:us-east-1:123456789012:destination:*",
            "arn:aws-cn:logs:us-east-1:123456789012:destination:d",
            "arn:aws:events:us-east-1:123456789012:event-bus/b",
        ] {
            assert!(Destination::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn messages_are_packed_as_aws_packs_them() {
        let event = Sent {
            id: "1".to_owned(),
            timestamp: 5,
            message: "zeile ü".to_owned(),
        };
        let bytes = BASE64
            .decode(
                Content::data("123456789012", "g", "s", "f", &[&event])
                    .packed()
                    .0,
            )
            .unwrap();
        let mut json = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_string(&mut json)
            .unwrap();
        let found: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected = serde_json::json!({
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": "g",
            "logStream": "s",
            "subscriptionFilters": ["f"],
            "logEvents": [{"id": "1", "timestamp": 5, "message": "zeile ü"}],
        });
        assert_eq!(found, expected);
    }
}
