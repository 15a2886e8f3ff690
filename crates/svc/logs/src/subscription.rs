//! What a subscription sends, and where to. Pure, but for the compression.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use wharf_base::Arn;
use wharf_delivery::{Actor, Request, targets};

use crate::records::SubscriptionFilter;

/// As services name themselves in policies.
pub const PRINCIPAL: &str = "logs.amazonaws.com";

/// Where log events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Queue(Arn),
    Topic(Arn),
}

/// The ARN names nothing that takes log events here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "destinationArn for vendor {0} cannot be used here: log events go to queues of SQS and topics of SNS."
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
    log_events: &'a [Sent],
}

impl Destination {
    pub fn parse(text: &str) -> Result<Self, BadDestination> {
        let arn: Arn = text.parse().map_err(|_| BadDestination(text.to_owned()))?;
        let is_named =
            !arn.resource.is_empty() && !arn.resource.contains(':') && arn.is_in_its_partition();
        match &*arn.service {
            "sqs" if is_named => Ok(Self::Queue(arn)),
            "sns" if is_named => Ok(Self::Topic(arn)),
            other => Err(BadDestination(other.to_owned())),
        }
    }

    /// The call that hands a message over. A queue with order has one order for each `stream`.
    pub fn call(&self, message: &str, stream: &str, token: &str) -> Request {
        match self {
            Self::Queue(queue) => {
                let group = queue.resource.ends_with(".fifo").then_some(stream);
                targets::send_message(queue, message, group, &[], token)
            }
            Self::Topic(topic) => targets::publish(topic, message),
        }
    }
}

/// In whose name a filter of a group sends.
pub fn actor(filter: &SubscriptionFilter, account: &str, group_arn: &str) -> Actor {
    match &filter.role {
        Some(role) => Actor::Role {
            arn: role.clone(),
            service: PRINCIPAL.to_owned(),
            source_arn: group_arn.to_owned(),
        },
        None => Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: account.to_owned(),
            source_arn: group_arn.to_owned(),
        },
    }
}

/// Events of one stream, packed as AWS does: JSON, compressed by gzip, in base 64.
pub fn data(account: &str, group: &str, stream: &str, filter: &str, events: &[Sent]) -> String {
    packed(&Message {
        message_type: "DATA_MESSAGE",
        owner: account,
        log_group: group,
        log_stream: stream,
        subscription_filters: &[filter],
        log_events: events,
    })
}

/// What a destination gets when a filter is made, to see whether it takes anything.
pub fn control(destination: &str, now: i64) -> String {
    let event = Sent {
        id: String::new(),
        timestamp: now,
        message: format!("CWL CONTROL MESSAGE: Checking health of destination {destination}."),
    };
    packed(&Message {
        message_type: "CONTROL_MESSAGE",
        owner: "CloudwatchLogs",
        log_group: "",
        log_stream: "",
        subscription_filters: &[],
        log_events: &[event],
    })
}

fn packed(message: &Message<'_>) -> String {
    let json = serde_json::to_vec(message).expect("texts and numbers are JSON");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let written = gzip.write_all(&json).and_then(|()| gzip.finish());
    BASE64.encode(written.expect("memory takes all"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn destinations() {
        let queue = Destination::parse("arn:aws:sqs:us-east-1:123456789012:jobs.fifo").unwrap();
        let call = queue.call("m", "s", "t");
        assert_eq!(
            (&*call.operation, &call.input["MessageGroupId"]),
            ("SendMessage", &"s".into())
        );
        let topic = Destination::parse("arn:aws:sns:us-east-1:123456789012:t").unwrap();
        assert_eq!(topic.call("m", "s", "t").operation, "Publish");
        for bad in [
            "",
            "jobs",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "arn:aws:kinesis:us-east-1:123456789012:stream/s",
            "arn:aws:sns:us-east-1:123456789012:t:subscription",
            "arn:aws:sqs:us-east-1:123456789012:",
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
            .decode(data("123456789012", "g", "s", "f", &[event]))
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
