//! Events that a service writes into a log group, in requests as Logs takes them.

use serde_json::{Value, json};
use wharf_wire::Fault;

use crate::{Actor, Failure, Operations, Request};

/// Events of one request, their bytes as Logs counts them, and the time between the first and the last.
pub const MOST_EVENTS: usize = 10_000;
pub const MOST_BYTES: usize = 1_000_000;
const MOST_MS: i64 = 24 * 3600 * 1000 - 1;
/// What an event counts beside its text.
pub const BESIDE_TEXT: usize = 26;

/// A stream of a log group.
#[derive(Debug, Clone, Copy)]
pub struct LogStream<'a> {
    pub region: &'a str,
    pub group: &'a str,
    pub stream: &'a str,
    /// Whether a group that is not there is made. Its streams always are.
    pub makes_group: bool,
}

/// An event: milliseconds of its time, and its text.
pub type LogEvent = (i64, String);

/// Writes events, in the order of their times, and makes what is not there: the stream, and the group if it is to be.
///
/// # Errors
/// A call failed. Events before those of the call are written; told again, they come twice.
pub async fn put_log_events(
    operations: &dyn Operations,
    actor: &Actor,
    to: LogStream<'_>,
    events: Vec<LogEvent>,
) -> Result<(), Failure> {
    for request in requests(events) {
        put(operations, actor, to, request.events).await?;
    }
    Ok(())
}

/// The same, whatever fails: what became of each event, in the order in which they were given.
pub async fn put_each_log_event(
    operations: &dyn Operations,
    actor: &Actor,
    to: LogStream<'_>,
    events: Vec<LogEvent>,
) -> Vec<Result<(), Failure>> {
    let mut answers = vec![Ok(()); events.len()];
    for request in requests(events) {
        let done = put(operations, actor, to, request.events).await;
        for place in request.places {
            answers[place].clone_from(&done);
        }
    }
    answers
}

/// Events of one request, and the places that they were given at.
#[derive(Default)]
struct OneRequest {
    events: Vec<Value>,
    places: Vec<usize>,
}

/// Events as requests take them.
fn requests(events: Vec<LogEvent>) -> Vec<OneRequest> {
    let mut events: Vec<(usize, LogEvent)> = events.into_iter().enumerate().collect();
    events.sort_by_key(|(_, it)| it.0);
    let mut requests: Vec<OneRequest> = Vec::new();
    let (mut bytes, mut first) = (0, 0);
    for (place, (at, text)) in events {
        let own = text.len() + BESIDE_TEXT;
        bytes += own;
        let fits = |last: &OneRequest| {
            bytes <= MOST_BYTES
                && last.events.len() < MOST_EVENTS
                && at.saturating_sub(first) <= MOST_MS
        };
        if !requests.last().is_some_and(fits) {
            (bytes, first) = (own, at);
            requests.push(OneRequest::default());
        }
        if let Some(last) = requests.last_mut() {
            last.events
                .push(json!({ "timestamp": at, "message": text }));
            last.places.push(place);
        }
    }
    requests
}

async fn put(
    operations: &dyn Operations,
    actor: &Actor,
    to: LogStream<'_>,
    events: Vec<Value>,
) -> Result<(), Failure> {
    let of_stream = json!({ "logGroupName": to.group, "logStreamName": to.stream });
    let mut input = of_stream.clone();
    input["logEvents"] = events.into();
    let put = Request::new("logs", "PutLogEvents", to.region, input);
    match operations.call(actor, &put).await {
        Ok(_) => return Ok(()),
        Err(fault) if fault.code == "ResourceNotFoundException" => {}
        Err(fault) => return Err(fault.into()),
    }
    let of_group = json!({ "logGroupName": to.group });
    let group = to.makes_group.then_some(("CreateLogGroup", of_group));
    for (operation, input) in group.into_iter().chain([("CreateLogStream", of_stream)]) {
        let request = Request::new("logs", operation, to.region, input);
        match operations.call(actor, &request).await {
            Err(fault) if !is_there(&fault) => {
                // The group may be there for a role that may not make any.
                let tolerable = operation == "CreateLogGroup" && fault.sender;
                if !tolerable {
                    return Err(fault.into());
                }
            }
            _ => {}
        }
    }
    operations.call(actor, &put).await?;
    Ok(())
}

fn is_there(fault: &Fault) -> bool {
    fault.code == "ResourceAlreadyExistsException"
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use parking_lot::Mutex;
    use wharf_wire::{Check, async_trait};

    use super::*;

    fn size(request: &OneRequest) -> usize {
        let texts = request.events.iter();
        let texts = texts.map(|it| it["message"].as_str().unwrap().len());
        texts.map(|it| it + BESIDE_TEXT).sum()
    }

    #[test]
    fn requests_are_within_what_log_groups_take() {
        for (count, length, expected) in [
            (0, 1, 0),
            (1, 1, 1),
            (10_001, 1, 2),
            (20, 99_974, 2),
            (21, 99_974, 3),
        ] {
            let events = (0..count).map(|it| (it as i64, "x".repeat(length)));
            let requests = requests(events.collect());
            assert_eq!(requests.len(), expected, "{count} {length}");
            assert!(requests.iter().all(|it| size(it) <= MOST_BYTES));
            assert_eq!(
                requests.iter().map(|it| it.events.len()).sum::<usize>(),
                count
            );
        }
    }

    #[test]
    fn events_of_more_than_a_day_are_several_requests_in_the_order_of_time() {
        let day = 24 * 3600 * 1000;
        let events = [day, 0, day - 1, 3 * day].map(|at| (at, at.to_string()));
        let requests = requests(events.into());
        let times = |it: &OneRequest| -> Vec<i64> {
            let events = it.events.iter();
            events.map(|it| it["timestamp"].as_i64().unwrap()).collect()
        };
        let asked: Vec<Vec<i64>> = requests.iter().map(times).collect();
        assert_eq!(asked, [vec![0, day - 1], vec![day], vec![3 * day]]);
        let places: Vec<&[usize]> = requests.iter().map(|it| &*it.places).collect();
        assert_eq!(places, [&[1, 2][..], &[0], &[3]]);
    }

    /// Logs without the stream at first, which refuses events that say so.
    #[derive(Default)]
    struct Logs {
        has_stream: AtomicBool,
        called: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Operations for Logs {
        async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
            self.called.lock().push(request.operation.clone());
            let put = request.operation == "PutLogEvents";
            if put && !self.has_stream.load(Ordering::Relaxed) {
                let text = "The specified log stream does not exist.";
                return Err(Fault::sender("ResourceNotFoundException", 400, text));
            }
            self.has_stream
                .fetch_or(request.operation == "CreateLogStream", Ordering::Relaxed);
            match put && request.input["logEvents"][0]["message"] == "bad" {
                true => Err(Fault::sender("InvalidParameterException", 400, "bad")),
                false => Ok(json!({})),
            }
        }

        async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
            Ok(())
        }

        async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn each_event_has_its_answer_and_the_group_is_made_if_it_is_to_be() {
        let day = 24 * 3600 * 1000;
        let actor = Actor::Service {
            name: "events.amazonaws.com".to_owned(),
            account: "000000000000".to_owned(),
            source_arn: String::new(),
        };
        for (makes_group, made) in [
            (false, &["PutLogEvents", "CreateLogStream"][..]),
            (true, &["PutLogEvents", "CreateLogGroup", "CreateLogStream"]),
        ] {
            let logs = Logs::default();
            let to = LogStream {
                region: "us-east-1",
                group: "g",
                stream: "s",
                makes_group,
            };
            let events = vec![(2 * day, "bad".to_owned()), (0, "good".to_owned())];
            let answers = put_each_log_event(&logs, &actor, to, events).await;
            let went_well: Vec<bool> = answers.iter().map(Result::is_ok).collect();
            assert_eq!(went_well, [false, true]);
            assert_eq!(logs.called.lock()[..made.len()], *made);
        }
    }
}
