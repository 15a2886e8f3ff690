//! Steps of an event on a bus, as the log of the bus has them: which level each is of, and what is said of it. Pure.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-logs-schema.html>

use serde_json::{Map, Value, json};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Failure, GivenUp, Parcel, Span};

use crate::{courier::Errand, records::LogLevel};

/// Bytes of what is in events and of what targets get, as they are written: a record has at most 1 MB.
const MOST_DETAIL: usize = 900_000;
/// The field with what is in events and of what targets get.
pub const DETAILS: &str = "details";
/// What of details goes first where they are more.
const LARGE: [&str; 3] = ["target_properties", "target_input", "event_detail"];
/// The status of an invocation that succeeded.
const SUCCESS: &str = "SUCCESS";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    EventReceipt,
    EventIngestSuccess,
    EventIngestFailure,
    RuleMatchStart,
    RuleMatch,
    NoStandardRulesMatched,
    InvocationStart,
    AttemptStart,
    AttemptSuccess,
    AttemptThrottle,
    AttemptRetryableFailure,
    AttemptPermanentFailure,
    InvocationSuccess,
    InvocationFailure,
    InvocationDlq,
}

impl Step {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventReceipt => "EVENT_RECEIPT",
            Self::EventIngestSuccess => "EVENT_INGEST_SUCCESS",
            Self::EventIngestFailure => "EVENT_INGEST_FAILURE",
            Self::RuleMatchStart => "RULE_MATCH_START",
            Self::RuleMatch => "RULE_MATCH",
            Self::NoStandardRulesMatched => "NO_STANDARD_RULES_MATCHED",
            Self::InvocationStart => "INVOCATION_START",
            Self::AttemptStart => "INVOCATION_ATTEMPT_START",
            Self::AttemptSuccess => "INVOCATION_ATTEMPT_SUCCESS",
            Self::AttemptThrottle => "INVOCATION_ATTEMPT_THROTTLE",
            Self::AttemptRetryableFailure => "INVOCATION_ATTEMPT_RETRYABLE_FAILURE",
            Self::AttemptPermanentFailure => "INVOCATION_ATTEMPT_PERMANENT_FAILURE",
            Self::InvocationSuccess => "INVOCATION_SUCCESS",
            Self::InvocationFailure => "INVOCATION_FAILURE",
            Self::InvocationDlq => "INVOCATION_DLQ",
        }
    }

    pub const fn level(self) -> LogLevel {
        match self {
            Self::EventReceipt
            | Self::RuleMatchStart
            | Self::InvocationStart
            | Self::AttemptStart
            | Self::AttemptSuccess => LogLevel::Trace,
            Self::EventIngestSuccess
            | Self::RuleMatch
            | Self::NoStandardRulesMatched
            | Self::InvocationSuccess => LogLevel::Info,
            Self::EventIngestFailure
            | Self::AttemptThrottle
            | Self::AttemptRetryableFailure
            | Self::AttemptPermanentFailure
            | Self::InvocationFailure
            | Self::InvocationDlq => LogLevel::Error,
        }
    }
}

/// What is said of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub step: Step,
    pub at: Timestamp,
    pub request: Option<String>,
    pub event: Option<String>,
    pub invocation: Option<String>,
    pub details: Map<String, Value>,
    pub error: Option<Value>,
}

impl Said {
    pub fn new(step: Step, at: Timestamp, details: Map<String, Value>) -> Self {
        Self {
            step,
            at,
            request: None,
            event: None,
            invocation: None,
            details,
            error: None,
        }
    }

    /// As it is written for a bus.
    pub fn fields(mut self, arn: &str, name: &str) -> Map<String, Value> {
        let dropped = cut(&mut self.details);
        let text = |it: &str| Some(Value::from(it));
        let fields = [
            ("resource_arn", text(arn)),
            ("event_bus_name", text(name)),
            ("request_id", self.request.map(Value::from)),
            ("event_id", self.event.map(Value::from)),
            ("invocation_id", self.invocation.map(Value::from)),
            ("message_timestamp_ms", Some(self.at.millis().into())),
            ("message_type", text(self.step.as_str())),
            ("log_level", text(self.step.level().as_str())),
            (DETAILS, Some(Value::Object(self.details))),
            (
                "dropped_fields",
                (!dropped.is_empty()).then(|| dropped.into()),
            ),
            ("error", self.error),
        ];
        let given = fields.into_iter();
        given
            .filter_map(|(name, it)| Some((name.to_owned(), it?)))
            .collect()
    }
}

/// Takes out of details what makes them too large, and says what.
fn cut(details: &mut Map<String, Value>) -> Vec<&'static str> {
    let large = |name: &&str| details.get(*name).map_or(0, written_size);
    let mut left: usize = LARGE.iter().map(large).sum();
    let mut dropped = Vec::new();
    for name in LARGE {
        if left > MOST_DETAIL
            && let Some(it) = details.remove(name)
        {
            left -= written_size(&it);
            dropped.push(name);
        }
    }
    dropped
}

/// What is said of an event, which is given as rules see it.
pub fn of_event(event: &Value, is_full: bool) -> Map<String, Value> {
    let time = event["time"].as_str().and_then(Timestamp::parse_iso8601);
    let mut details = Map::new();
    let mut say = |name: &str, it: Value| details.insert(name.to_owned(), it);
    say("caller_account_id", event["account"].clone());
    say("source_time_ms", json!(time.map(Timestamp::millis)));
    say("source", event["source"].clone());
    say("detail_type", event["detail-type"].clone());
    say("resources", event["resources"].clone());
    if is_full {
        say("event_detail", event["detail"].to_string().into());
    }
    details
}

/// Bytes that details have at least, of an event with such a detail: they are as many as it has where it is written.
pub fn least(event: &Value, is_full: bool) -> usize {
    match is_full {
        true => written_size(&event["detail"]),
        false => 0,
    }
}

/// The bytes of a document as it is written, which is not done for that.
fn written_size(document: &Value) -> usize {
    struct Size(usize);
    impl std::fmt::Write for Size {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut size = Size(0);
    // What counts does not fail.
    let _ = std::fmt::write(&mut size, format_args!("{document}"));
    size.0
}

/// What is said of a rule that wants an event; targets with the ids of their invocations.
pub fn of_rule(rule_arn: &str, targets: Vec<(String, String)>) -> Map<String, Value> {
    let (arns, invocations): (Vec<String>, Vec<String>) = targets.into_iter().unzip();
    let details = [
        ("rule_arn", Value::from(rule_arn)),
        ("target_arns", arns.into()),
        ("invocation_ids", invocations.into()),
    ];
    details
        .map(|(name, it)| (name.to_owned(), it))
        .into_iter()
        .collect()
}

/// A target of a rule.
fn of_target(errand: &Errand) -> Map<String, Value> {
    let mut details = Map::new();
    let mut say = |name: &str, it: &str| details.insert(name.to_owned(), it.into());
    say("rule_arn", &errand.rule_arn);
    if let Some(role) = errand.text("RoleArn") {
        say("role_arn", role);
    }
    say("target_arn", errand.text("Arn").unwrap_or_default());
    details
}

/// The same with what it gets.
fn with_input(errand: &Errand, is_full: bool) -> Map<String, Value> {
    let mut details = of_target(errand);
    if is_full {
        details.insert("target_input".to_owned(), errand.payload.as_str().into());
        let properties = errand.target.to_string();
        details.insert("target_properties".to_owned(), properties.into());
    }
    details
}

fn error_of(errand: &Errand, failure: &Failure) -> Value {
    let arn = errand.text("Arn").and_then(|it| it.parse::<Arn>().ok());
    let service = arn.map(|it| it.service).unwrap_or_default();
    json!({
        "error_message": format!("{}: {}", failure.code, failure.text),
        "aws_service": service,
    })
}

fn of_invocation(errand: &Errand, mut said: Said) -> Said {
    said.event = errand.id.split_once('/').map(|it| it.0.to_owned());
    said.invocation = Some(errand.token());
    said
}

/// A try of a target, and the end of the invocation where it succeeded. What is put off was not tried.
pub fn of_try(
    parcel: &Parcel<Errand>,
    answer: &Result<(), Failure>,
    span: Span,
    is_full: bool,
) -> Vec<Said> {
    let errand = &parcel.work;
    if answer.as_ref().is_err_and(|it| it.put_off) {
        return Vec::new();
    }
    let is_first = parcel.failures == 0;
    let count = parcel.failures.saturating_add(1);
    let took = |from: Timestamp, to: Timestamp| -> Value {
        u64::try_from(to.since(from).as_millis())
            .unwrap_or(u64::MAX)
            .into()
    };
    let mut all = Vec::with_capacity(4);
    let mut start = with_input(errand, is_full);
    start.insert("attempt_count".to_owned(), count.into());
    if is_first {
        all.push(Said::new(Step::InvocationStart, span.began, start.clone()));
    }
    all.push(Said::new(Step::AttemptStart, span.began, start));
    let step = match answer {
        Ok(()) => Step::AttemptSuccess,
        Err(failure) if failure.is_throttled() => Step::AttemptThrottle,
        Err(failure) if failure.passes => Step::AttemptRetryableFailure,
        Err(_) => Step::AttemptPermanentFailure,
    };
    let mut tried = of_target(errand);
    let kind = if is_first { "FIRST" } else { "RETRY" };
    tried.insert("attempt_type".to_owned(), kind.into());
    tried.insert("attempt_count".to_owned(), count.into());
    let status = answer.as_ref().err().map_or(SUCCESS, |it| it.code.as_str());
    tried.insert("invocation_status".to_owned(), status.into());
    let duration = took(span.began, span.ended);
    tried.insert("target_duration_ms".to_owned(), duration.clone());
    let mut tried = Said::new(step, span.ended, tried);
    tried.error = answer.as_ref().err().map(|it| error_of(errand, it));
    all.push(tried);
    if answer.is_ok() {
        let mut ended = with_input(errand, is_full);
        let mut say = |name: &str, it: Value| ended.insert(name.to_owned(), it);
        say("total_attempts", count.into());
        say("final_invocation_status", SUCCESS.into());
        let since = parcel.created_at;
        if is_first {
            say("ingestion_to_start_latency_ms", took(since, span.began));
            say("ingestion_to_complete_latency_ms", took(since, span.ended));
        }
        say("ingestion_to_success_latency_ms", took(since, span.ended));
        say("target_duration_ms", duration);
        all.push(Said::new(Step::InvocationSuccess, span.ended, ended));
    }
    all.into_iter()
        .map(|it| of_invocation(errand, it))
        .collect()
}

/// An invocation that nobody tries again, or its dead letter.
pub fn of_end(step: Step, errand: &Errand, why: &GivenUp, at: Timestamp, is_full: bool) -> Said {
    let mut details = with_input(errand, is_full);
    let attempts = why.retries.saturating_add(1);
    details.insert("total_attempts".to_owned(), attempts.into());
    let status = why.failure.code.as_str();
    details.insert("final_invocation_status".to_owned(), status.into());
    let mut said = Said::new(step, at, details);
    said.error = Some(error_of(errand, &why.failure));
    of_invocation(errand, said)
}

#[cfg(test)]
mod tests {
    use wharf_delivery::Policy;

    use super::*;

    fn parcel(failures: u32) -> Parcel<Errand> {
        let errand = Errand {
            id: "e1/default/r/t".to_owned(),
            account: "1".to_owned(),
            rule: "r".to_owned(),
            rule_arn: "arn:aws:events:us-east-1:1:rule/r".to_owned(),
            target: json!({"Id": "t", "Arn": "arn:aws:sqs:us-east-1:1:q"}),
            payload: "{}".to_owned(),
            hops: 0,
            event: None,
            too_large: false,
            is_managed: false,
            sealed: None,
        };
        Parcel {
            failures,
            ..Parcel::new(errand, Policy::DEFAULT, Timestamp(1000))
        }
    }

    const SPAN: Span = Span {
        began: Timestamp(1040),
        ended: Timestamp(1100),
    };

    fn names(all: &[Said]) -> Vec<&'static str> {
        all.iter().map(|it| it.step.as_str()).collect()
    }

    #[test]
    fn a_try_that_succeeds_ends_its_invocation() {
        let all = of_try(&parcel(0), &Ok(()), SPAN, true);
        let expected = [
            "INVOCATION_START",
            "INVOCATION_ATTEMPT_START",
            "INVOCATION_ATTEMPT_SUCCESS",
            "INVOCATION_SUCCESS",
        ];
        assert_eq!(names(&all), expected);
        let fields = all[3].clone().fields("arn", "default");
        assert_eq!(fields["event_id"], "e1");
        assert_eq!(fields["log_level"], "INFO");
        assert_eq!(fields["message_timestamp_ms"], 1100);
        let details = &fields["details"];
        assert_eq!(details["target_input"], "{}");
        assert_eq!(details["ingestion_to_start_latency_ms"], 40);
        assert_eq!(details["ingestion_to_success_latency_ms"], 100);
        assert_eq!(details["target_duration_ms"], 60);
        assert!(!fields.contains_key("error") && !fields.contains_key("dropped_fields"));
        let again = of_try(&parcel(2), &Ok(()), SPAN, false);
        let details = &again[2].details;
        assert_eq!(again[2].step, Step::InvocationSuccess);
        assert_eq!(details["total_attempts"], 3);
        assert!(!details.contains_key("target_input"));
        assert!(!details.contains_key("ingestion_to_start_latency_ms"));
    }

    #[test]
    fn tries_that_fail_say_how() {
        for (failure, step) in [
            (
                Failure::passing("Throttling", "t"),
                "INVOCATION_ATTEMPT_THROTTLE",
            ),
            (
                Failure::passing("Busy", "t"),
                "INVOCATION_ATTEMPT_RETRYABLE_FAILURE",
            ),
            (
                Failure::lasting("No", "t"),
                "INVOCATION_ATTEMPT_PERMANENT_FAILURE",
            ),
        ] {
            let code = failure.code.clone();
            let all = of_try(&parcel(1), &Err(failure), SPAN, false);
            assert_eq!(names(&all), ["INVOCATION_ATTEMPT_START", step]);
            assert_eq!(all[1].details["attempt_type"], "RETRY");
            let error = all[1].error.as_ref().unwrap();
            assert_eq!(error["error_message"], format!("{code}: t"));
            assert_eq!(error["aws_service"], "sqs");
        }
        let put_off = Failure::put_off(std::time::Duration::from_secs(1));
        assert_eq!(of_try(&parcel(0), &Err(put_off), SPAN, false), []);
    }

    #[test]
    fn what_is_too_large_is_left_out_and_named() {
        let details = json!({
            "source": "s",
            "target_input": "x".repeat(MOST_DETAIL),
            "target_properties": "{}",
        });
        let details = details.as_object().unwrap().clone();
        let said = Said::new(Step::InvocationStart, Timestamp(0), details);
        let fields = said.fields("arn", "b");
        let dropped = json!(["target_properties", "target_input"]);
        assert_eq!(fields["dropped_fields"], dropped);
        assert_eq!(fields["details"], json!({"source": "s"}));
    }

    #[test]
    fn an_event_is_told_of_with_its_detail_or_without() {
        let event = json!({
            "account": "1", "time": "1970-01-01T00:00:07Z", "source": "s", "detail-type": "t",
            "resources": ["a"], "detail": {"b": 1},
        });
        let full = of_event(&event, true);
        assert_eq!(full["source_time_ms"], 7000);
        assert_eq!(full["event_detail"], r#"{"b":1}"#);
        assert_eq!(of_event(&event, false).get("event_detail"), None);
        assert_eq!((least(&event, true), least(&event, false)), (7, 0));
    }
}
