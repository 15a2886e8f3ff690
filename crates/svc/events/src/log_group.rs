//! Events for log groups: each rule has a stream of its own there, made at first need.

use serde_json::{Value, json};
use wharf_base::Arn;
use wharf_delivery::{Failure, Operations, Parcel, Request};
use wharf_wire::Fault;

use crate::{courier::Errand, targets};

/// Bytes of one call, below the 1 MiB that it takes, and what each event counts beside its message.
const MOST_BYTES: usize = 900 << 10;
const EVENT_BYTES: usize = 26;
/// Between the first and the last event of a call, below the day that it takes.
const LONGEST_SPAN: i64 = 23 * 3_600_000;

/// Writes events of one rule into its stream, many with one call; the answers are in the order of the parcels.
pub async fn write(
    operations: &dyn Operations,
    parcels: &[&Parcel<Errand>],
) -> Vec<Result<(), Failure>> {
    let mut answers = vec![Ok(()); parcels.len()];
    for batch in batches(parcels) {
        let some: Vec<_> = batch.iter().map(|at| parcels[*at]).collect();
        let done = write_all(operations, &some).await;
        for at in batch {
            answers[at].clone_from(&done);
        }
    }
    answers
}

/// The places of parcels that go with one call each. Streams take events in the order of their times alone.
fn batches(parcels: &[&Parcel<Errand>]) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..parcels.len()).collect();
    places.sort_by_key(|at| time(parcels[*at]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let (mut bytes, mut begins) = (0, 0);
    for at in places {
        let (size, time) = (
            parcels[at].work.payload.len() + EVENT_BYTES,
            time(parcels[at]),
        );
        let fits = bytes + size <= MOST_BYTES && time.saturating_sub(begins) <= LONGEST_SPAN;
        match batches.last_mut().filter(|_| fits) {
            Some(batch) => batch.push(at),
            None => {
                batches.push(vec![at]);
                (bytes, begins) = (0, time);
            }
        }
        bytes += size;
    }
    batches
}

fn time(parcel: &Parcel<Errand>) -> i64 {
    entry(&parcel.work.payload).map_or(parcel.created_at.millis(), |(time, _)| time)
}

/// Time and message that a template of the target's own says.
fn entry(payload: &str) -> Option<(i64, String)> {
    let Value::Object(said) = serde_json::from_str(payload).ok()? else {
        return None;
    };
    let message = match said.get("message")? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let time = said.get("timestamp")?;
    let time = time.as_i64().or_else(|| time.as_str()?.parse().ok())?;
    (said.len() == 2).then_some((time, message))
}

async fn write_all(
    operations: &dyn Operations,
    parcels: &[&Parcel<Errand>],
) -> Result<(), Failure> {
    let Some(first) = parcels.first() else {
        return Ok(());
    };
    let errand = &first.work;
    let never = |text: String| Failure::lasting("ValidationException", text);
    let arn: Arn = errand
        .text("Arn")
        .unwrap_or_default()
        .parse()
        .map_err(|it| never(format!("{it}")))?;
    let group = targets::log_group(&arn.resource);
    let group = group.ok_or_else(|| never(format!("{arn} is no log group")))?;
    let stream = wharf_base::ids::uuid_of(errand.rule_arn.as_bytes());
    let events = parcels.iter().map(|it| {
        let message =
            entry(&it.work.payload).map_or_else(|| it.work.payload.clone(), |(_, text)| text);
        json!({ "timestamp": time(it), "message": message })
    });
    let events: Vec<Value> = events.collect();
    let input = |rest: Value| {
        let mut all = json!({ "logGroupName": group, "logStreamName": stream });
        if let (Value::Object(all), Value::Object(rest)) = (&mut all, rest) {
            all.extend(rest);
        }
        all
    };
    let actor = errand.actor(None);
    let put = input(json!({ "logEvents": events }));
    let put = Request::new("logs", "PutLogEvents", &arn.region, put);
    let is_missing = |fault: &Fault| fault.code == "ResourceNotFoundException";
    match operations.call(&actor, &put).await {
        Err(fault) if is_missing(&fault) => {}
        done => return done.map(|_| ()).map_err(Failure::from),
    }
    let create = Request::new("logs", "CreateLogStream", &arn.region, input(json!({})));
    match operations.call(&actor, &create).await {
        Err(fault) if fault.code != "ResourceAlreadyExistsException" => return Err(fault.into()),
        _ => {}
    }
    operations.call(&actor, &put).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_say_time_and_message() {
        assert_eq!(
            entry(r#"{"timestamp": 5, "message": "x"}"#),
            Some((5, "x".to_owned()))
        );
        assert_eq!(
            entry(r#"{"timestamp": "5", "message": {"a": 1}}"#),
            Some((5, r#"{"a":1}"#.to_owned()))
        );
        for other in [
            "x",
            r#"{"message": "x"}"#,
            r#"{"timestamp": 5, "message": "x", "id": 1}"#,
        ] {
            assert_eq!(entry(other), None, "{other}");
        }
    }
}
