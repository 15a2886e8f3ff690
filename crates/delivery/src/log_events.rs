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
}

/// An event: milliseconds of its time, and its text.
pub type LogEvent = (i64, String);

/// Writes events, in the order of their times, and makes the group and the stream where they are not there.
///
/// # Errors
/// A call failed. Events before those of the call are written; told again, they come twice.
pub async fn put_log_events(
    operations: &dyn Operations,
    actor: &Actor,
    to: LogStream<'_>,
    events: Vec<LogEvent>,
) -> Result<(), Failure> {
    for events in requests(events) {
        put(operations, actor, to, events).await?;
    }
    Ok(())
}

/// Events as requests take them.
fn requests(mut events: Vec<LogEvent>) -> Vec<Vec<Value>> {
    events.sort_by_key(|it| it.0);
    let mut requests: Vec<Vec<Value>> = Vec::new();
    let (mut bytes, mut first) = (0, 0);
    for (at, text) in events {
        let own = text.len() + BESIDE_TEXT;
        bytes += own;
        let event = json!({ "timestamp": at, "message": text });
        match requests.last_mut() {
            Some(last)
                if bytes <= MOST_BYTES
                    && last.len() < MOST_EVENTS
                    && at.saturating_sub(first) <= MOST_MS =>
            {
                last.push(event);
            }
            _ => {
                (bytes, first) = (own, at);
                requests.push(vec![event]);
            }
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
    for (operation, input) in [("CreateLogGroup", of_group), ("CreateLogStream", of_stream)] {
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
    use super::*;

    fn size(request: &[Value]) -> usize {
        let texts = request
            .iter()
            .map(|it| it["message"].as_str().unwrap().len());
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
            assert_eq!(requests.iter().map(Vec::len).sum::<usize>(), count);
        }
    }

    #[test]
    fn events_of_more_than_a_day_are_several_requests_in_the_order_of_time() {
        let day = 24 * 3600 * 1000;
        let events = [day, 0, day - 1, 3 * day].map(|at| (at, at.to_string()));
        let times = |it: &Vec<Value>| -> Vec<i64> {
            it.iter()
                .map(|it| it["timestamp"].as_i64().unwrap())
                .collect()
        };
        let requests: Vec<Vec<i64>> = requests(events.into()).iter().map(times).collect();
        assert_eq!(requests, [vec![0, day - 1], vec![day], vec![3 * day]]);
    }
}
