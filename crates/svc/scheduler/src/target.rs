//! What a schedule calls. Pure.

use serde_json::Value;
use wharf_api_scheduler::{Target, schema::SERVICE};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{
    Policy, Request,
    targets::{self, BadTarget},
};
use wharf_wire::{Fault, codec::json, schema::ShapeIndex};

use crate::fault;

/// Ends the names of queues with order.
const FIFO: &str = ".fifo";
/// The service in ARNs of universal targets.
const UNIVERSAL: &str = "scheduler";
/// The longest input, as AWS has it.
const MAX_INPUT: usize = 256 * 1024;

/// A stored target that is none.
#[derive(Debug, thiserror::Error)]
#[error("the stored target is unreadable: {0}")]
pub struct BadDocument(String);

fn shape() -> Option<ShapeIndex> {
    SERVICE.find_shape("Target")
}

/// As it is stored.
pub fn document(target: &Target) -> Value {
    shape().map_or(Value::Null, |shape| json::to_value(&SERVICE, shape, target))
}

/// As it was given.
///
/// # Errors
/// It is not what [`document`] wrote.
pub fn read(document: &Value) -> Result<Target, BadDocument> {
    let mut target = Target::default();
    json::decode(
        &SERVICE,
        shape(),
        document.to_string().as_bytes(),
        &mut target,
    )
    .map_err(|malformed| BadDocument(malformed.to_string()))?;
    Ok(target)
}

/// Refuses a target that could never be called; returns what would be.
///
/// # Errors
/// The text for the caller.
pub fn check(target: &Target, region: &str) -> Result<Request, Fault> {
    if target
        .input
        .as_deref()
        .is_some_and(|it| it.len() > MAX_INPUT)
    {
        return Err(fault::invalid(
            "The Input of a target has at most 262144 bytes.",
        ));
    }
    let arn = target.arn.as_deref().unwrap_or_default();
    let parsed: Option<Arn> = arn.parse().ok();
    let parsed = parsed.as_ref();
    let service = parsed.map_or("", |it| it.service.as_str());
    for (name, is_given, of) in [
        ("EcsParameters", target.ecs_parameters.is_some(), "ecs"),
        (
            "EventBridgeParameters",
            target.event_bridge_parameters.is_some(),
            "events",
        ),
        ("SqsParameters", target.sqs_parameters.is_some(), "sqs"),
    ] {
        if is_given && parsed.is_some() && service != of {
            return Err(fault::invalid(format!(
                "{name} is not valid for the target {arn}."
            )));
        }
    }
    let dead_letters = target.dead_letter_config.as_ref();
    if let Some(queue) = dead_letters.and_then(|it| it.arn.as_deref())
        && !is_standard_queue(queue)
    {
        return Err(fault::invalid(format!(
            "The dead-letter queue {queue} is not a standard SQS queue."
        )));
    }
    if parsed.is_some_and(|it| it.service == "sqs" && it.resource.ends_with(FIFO))
        && group(target).is_none()
    {
        return Err(fault::invalid(
            "SqsParameters with a MessageGroupId are required for a FIFO queue.",
        ));
    }
    let moment = Fired {
        schedule_arn: "",
        at: Timestamp(0),
        execution: "",
        attempt: 1,
    };
    let request = request(target, &document(target), region, &moment);
    let request = request.map_err(|bad| fault::invalid(bad.0))?;
    // What no bus ever takes. A word may stand for a number.
    let detail = target.input.as_deref().filter(|_| service == "events");
    if detail.is_some_and(|it| !is_object(&moment.fill(it))) {
        return Err(fault::invalid(
            "The Input of a target that is an event bus is a JSON object.",
        ));
    }
    Ok(request)
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_object())
}

/// Whether it names an operation, rather than what something is sent to.
pub fn is_universal(target: &Target) -> bool {
    service(target).as_deref() == Some(UNIVERSAL)
}

/// The service in its ARN.
fn service(target: &Target) -> Option<String> {
    let arn: Arn = target.arn.as_deref()?.parse().ok()?;
    Some(arn.service)
}

/// Dead letters have no group, which a queue with order asks for.
fn is_standard_queue(arn: &str) -> bool {
    let arn = arn.parse::<Arn>();
    arn.is_ok_and(|it| it.service == "sqs" && !it.resource.ends_with(FIFO))
}

/// How often and how long it is tried.
pub fn policy(target: &Target) -> Policy {
    let given = target.retry_policy.clone().unwrap_or_default();
    let or =
        |given: Option<i32>, default| given.and_then(|it| it.try_into().ok()).unwrap_or(default);
    Policy {
        retries: or(given.maximum_retry_attempts, Policy::DEFAULT.retries),
        max_age_seconds: or(
            given.maximum_event_age_in_seconds,
            Policy::DEFAULT.max_age_seconds,
        ),
    }
}

/// A moment that is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Fired<'a> {
    pub schedule_arn: &'a str,
    pub at: Timestamp,
    /// Which no other moment has.
    pub execution: &'a str,
    pub attempt: u32,
}

impl Fired<'_> {
    /// The input with what its keywords stand for.
    fn fill(&self, input: &str) -> String {
        let attempt = self.attempt.to_string();
        let at = self.at.iso8601_seconds();
        let words = [
            ("<aws.scheduler.schedule-arn>", self.schedule_arn),
            ("<aws.scheduler.scheduled-time>", &at),
            ("<aws.scheduler.execution-id>", self.execution),
            ("<aws.scheduler.attempt-number>", &attempt),
        ];
        words.iter().fold(input.to_owned(), |text, (word, value)| {
            text.replace(word, value)
        })
    }

    /// What a target gets whose schedule gives it nothing, in AWS's form. Each try has the same.
    fn notification(&self, region: &str) -> String {
        let schedule = self.schedule_arn.parse::<Arn>();
        serde_json::json!({
            "version": "0",
            "id": self.execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": schedule.map(|it| it.account).unwrap_or_default(),
            "time": self.at.iso8601_seconds(),
            "region": region,
            "resources": [self.schedule_arn],
            // A text, unlike that of a rule.
            "detail": "{}",
        })
        .to_string()
    }
}

/// What a dead letter says: the input as it was given, or what the target gets without one.
pub fn letter(target: &Target, region: &str, fired: &Fired<'_>) -> String {
    match (&target.input, service(target).as_deref()) {
        (Some(input), _) => input.clone(),
        (None, Some("sqs" | "sns" | "events")) => fired.notification(region),
        // Neither a task nor an operation gets a notification.
        (None, _) => "{}".to_owned(),
    }
}

/// The call that a moment of a schedule is. `document` is the target as JSON.
///
/// # Errors
/// There is no such target here, or it lacks something.
pub fn request(
    target: &Target,
    document: &Value,
    region: &str,
    fired: &Fired<'_>,
) -> Result<Request, BadTarget> {
    let text = target.arn.as_deref().unwrap_or_default();
    let bad = || BadTarget(format!("Provided Arn {text} is not valid."));
    let arn: Arn = text.parse().map_err(|_| bad())?;
    let input = target.input.as_deref().map(|it| fired.fill(it));
    let input = input.as_deref();
    let body = || input.map_or_else(|| fired.notification(region), str::to_owned);
    match (arn.service.as_str(), arn.resource.as_str()) {
        (UNIVERSAL, _) => targets::universal(&arn, region, input),
        ("ecs", cluster) if cluster.starts_with("cluster/") => {
            let parameters = document.get("EcsParameters").unwrap_or(&Value::Null);
            targets::run_task(&arn, parameters, input, &started_by(fired), fired.execution)
        }
        ("sqs", _) => Ok(targets::send_message(
            &arn,
            &body(),
            group(target),
            &[],
            fired.execution,
        )),
        ("sns", _) => Ok(targets::publish(&arn, &body())),
        ("events", bus) if bus.starts_with("event-bus/") => {
            let given = target.event_bridge_parameters.as_ref();
            let given =
                given.ok_or_else(|| BadTarget("EventBridgeParameters are missing.".to_owned()))?;
            let source = given.source.as_deref().unwrap_or_default();
            let detail_type = given.detail_type.as_deref().unwrap_or_default();
            Ok(targets::put_event(&arn, source, detail_type, &body()))
        }
        (service, _) => Err(BadTarget(format!(
            "Targets of {service} are not supported by this version of wharf."
        ))),
    }
}

fn group(target: &Target) -> Option<&str> {
    let parameters = target.sqs_parameters.as_ref()?;
    parameters.message_group_id.as_deref()
}

/// Who a task says it was started by: at most 36 characters.
fn started_by(fired: &Fired<'_>) -> String {
    let name = fired.schedule_arn.rsplit('/').next().unwrap_or_default();
    format!("schedule/{name}").chars().take(36).collect()
}

#[cfg(test)]
mod tests {
    use wharf_api_scheduler::{
        DeadLetterConfig, EcsParameters, EventBridgeParameters, SqsParameters,
    };

    use super::*;

    fn target(arn: &str) -> Target {
        Target {
            arn: Some(arn.to_owned()),
            role_arn: Some("arn:aws:iam::123456789012:role/r".to_owned()),
            ..Target::default()
        }
    }

    #[test]
    fn a_document_reads_as_it_was_given() {
        let given = Target {
            ecs_parameters: Some(EcsParameters {
                task_definition_arn: Some("report:3".to_owned()),
                task_count: Some(2),
                ..EcsParameters::default()
            }),
            ..target("arn:aws:ecs:us-east-1:123456789012:cluster/c")
        };
        assert_eq!(read(&document(&given)).unwrap(), given);
        assert!(read(&serde_json::json!({ "Arn": 5 })).is_err());
    }

    #[test]
    fn keywords_stand_for_the_moment() {
        let fired = Fired {
            schedule_arn: "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly",
            at: Timestamp::parse_iso8601("2026-11-22T10:00:00Z").unwrap(),
            execution: "e-1",
            attempt: 3,
        };
        let given = Target {
            input: Some(
                "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> \
                 <aws.scheduler.execution-id> <aws.scheduler.attempt-number>"
                    .to_owned(),
            ),
            ..target("arn:aws:sqs:us-east-1:123456789012:jobs")
        };
        let found = request(&given, &document(&given), "us-east-1", &fired).unwrap();
        assert_eq!(
            found.input["MessageBody"],
            "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly 2026-11-22T10:00:00Z e-1 3"
        );
        assert_eq!(started_by(&fired), "schedule/nightly");
        // Without an input there is a notification.
        let nothing = Target {
            input: None,
            ..given
        };
        let found = request(&nothing, &document(&nothing), "us-east-1", &fired).unwrap();
        let body = found.input["MessageBody"].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(body).unwrap(),
            serde_json::json!({
                "version": "0",
                "id": "e-1",
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": "123456789012",
                "time": "2026-11-22T10:00:00Z",
                "region": "us-east-1",
                "resources": [fired.schedule_arn],
                "detail": "{}",
            })
        );
        assert_eq!(letter(&nothing, "us-east-1", &fired), body);
        for arn in [
            "arn:aws:scheduler:::aws-sdk:ecs:runTask",
            "arn:aws:ecs:us-east-1:123456789012:cluster/c",
        ] {
            assert_eq!(letter(&target(arn), "us-east-1", &fired), "{}", "{arn}");
        }
    }

    #[test]
    fn targets_that_could_never_be_called() {
        let sqs = SqsParameters {
            message_group_id: Some("g".to_owned()),
        };
        let event = EventBridgeParameters {
            detail_type: Some("d".to_owned()),
            source: Some("my.app".to_owned()),
        };
        let fifo = target("arn:aws:sqs:us-east-1:123456789012:jobs.fifo");
        let bus = target("arn:aws:events:us-east-1:123456789012:event-bus/default");
        let to_bus = Target {
            event_bridge_parameters: Some(event),
            ..bus.clone()
        };
        for (it, fine) in [
            (target("nonsense"), false),
            (
                target("arn:aws:lambda:us-east-1:123456789012:function:f"),
                false,
            ),
            (
                target("arn:aws:ecs:us-east-1:123456789012:cluster/c"),
                false,
            ),
            (target("arn:aws:scheduler:::aws-sdk:sqs:listQueues"), false),
            (target("arn:aws:scheduler:::aws-sdk:sqs:purgeQueue"), true),
            (target("arn:aws:sns:us-east-1:123456789012:topic"), true),
            (fifo.clone(), false),
            (
                Target {
                    sqs_parameters: Some(sqs),
                    ..fifo
                },
                true,
            ),
            (bus, false),
            (to_bus.clone(), true),
        ] {
            assert_eq!(check(&it, "us-east-1").is_ok(), fine, "{it:?}");
        }
        let topic = target("arn:aws:sns:us-east-1:123456789012:topic");
        let refused = |it: &Target| check(it, "us-east-1").unwrap_err().message;
        for (detail, fine) in [
            ("{}", true),
            (r#"{"attempt": <aws.scheduler.attempt-number>}"#, true),
            ("[]", false),
            ("{", false),
            ("", false),
        ] {
            let it = Target {
                input: Some(detail.to_owned()),
                ..to_bus.clone()
            };
            assert_eq!(check(&it, "us-east-1").is_ok(), fine, "{detail}");
        }
        let of_others = Target {
            ecs_parameters: Some(EcsParameters::default()),
            ..topic.clone()
        };
        assert_eq!(
            refused(&of_others),
            "EcsParameters is not valid for the target arn:aws:sns:us-east-1:123456789012:topic."
        );
        let dead = |queue: &str| Target {
            dead_letter_config: Some(DeadLetterConfig {
                arn: Some(queue.to_owned()),
            }),
            ..topic.clone()
        };
        let queue = dead("arn:aws:sqs:us-east-1:123456789012:letters");
        assert!(check(&queue, "us-east-1").is_ok());
        for bad in [
            "arn:aws:sqs:us-east-1:123456789012:letters.fifo",
            "arn:aws:sns:us-east-1:123456789012:topic",
        ] {
            assert_eq!(
                refused(&dead(bad)),
                format!("The dead-letter queue {bad} is not a standard SQS queue.")
            );
        }
        let long = Target {
            input: Some("x".repeat(MAX_INPUT + 1)),
            ..target("arn:aws:sns:us-east-1:123456789012:topic")
        };
        assert!(check(&long, "us-east-1").is_err());
    }
}
