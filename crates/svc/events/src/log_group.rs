//! Events for log groups: each rule has a stream of its own there, made at first need.

use serde_json::Value;
use wharf_base::Arn;
use wharf_delivery::{
    Failure, Operations, Parcel,
    log_events::{LogStream, put_each_log_event},
};

use crate::{courier::Errand, targets};

/// Writes events of one rule into its stream, many with one call; the answers are in the order of the parcels.
pub async fn write(
    operations: &dyn Operations,
    parcels: &[&Parcel<Errand>],
) -> Vec<Result<(), Failure>> {
    let Some(first) = parcels.first() else {
        return Vec::new();
    };
    let errand = &first.work;
    let (arn, group) = match target(errand) {
        Ok(found) => found,
        Err(failure) => return vec![Err(failure); parcels.len()],
    };
    let stream = wharf_base::ids::uuid_of(errand.rule_arn.as_bytes());
    let to = LogStream {
        region: &arn.region,
        group: &group,
        stream: &stream,
        // The policy of a rule's target lets it make streams alone.
        makes_group: false,
    };
    let events = parcels.iter().map(|it| {
        let payload = &it.work.payload;
        let message = entry(payload).map_or_else(|| payload.clone(), |(_, text)| text);
        (time(it), message)
    });
    put_each_log_event(operations, &errand.actor(None), to, events.collect()).await
}

/// The ARN of a target, and the name of its log group.
fn target(errand: &Errand) -> Result<(Arn, String), Failure> {
    let never = |text: String| Failure::lasting("ValidationException", text);
    let arn = errand.text("Arn").unwrap_or_default().parse::<Arn>();
    let arn = arn.map_err(|it| never(it.to_string()))?;
    let group = targets::log_group(&arn.resource);
    let group = group.ok_or_else(|| never(format!("{arn} is no log group")))?;
    let group = group.to_owned();
    Ok((arn, group))
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
