//! What data protection tells of one event. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_base::Timestamp;

use crate::protection::Found;

/// Places that one report tells; it counts all of them.
const MOST_PLACES: usize = 1000;

/// What was found in an event, as AWS writes it: places in characters, from the first on.
pub fn report(arn: &str, text: &str, found: &[Found<'_>], now: Timestamp) -> String {
    let mut by_name: BTreeMap<&str, (usize, Vec<Value>)> = BTreeMap::new();
    let (mut told, mut at, mut chars) = (0, 0, 0);
    let mut sorted: Vec<&Found<'_>> = found.iter().collect();
    sorted.sort_by_key(|it| it.range.start);
    for it in sorted {
        let (count, places) = by_name.entry(it.name).or_default();
        *count += 1;
        if told < MOST_PLACES {
            told += 1;
            chars += text[at..it.range.start].chars().count();
            at = it.range.start;
            let end = chars + text[it.range.clone()].chars().count();
            places.push(json!({ "start": chars + 1, "end": end }));
        }
    }
    let identifiers = by_name.into_iter().map(
        |(name, (count, places))| json!({ "name": name, "count": count, "detections": places }),
    );
    json!({
        "auditTimestamp": now.iso8601_seconds(),
        "resourceArn": format!("{arn}:*"),
        "dataIdentifiers": identifiers.collect::<Vec<_>>(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_those_of_aws() {
        let text = "über a@b.example und c@d.example";
        let found = |from: &str| {
            let start = text.find(from).unwrap();
            Found {
                name: "EmailAddress",
                range: start..start + from.len(),
            }
        };
        let found = [found("c@d.example"), found("a@b.example")];
        let shown: Value =
            serde_json::from_str(&report("arn", text, &found, Timestamp(0))).unwrap();
        assert_eq!(
            shown,
            json!({
                "auditTimestamp": "1970-01-01T00:00:00Z",
                "resourceArn": "arn:*",
                "dataIdentifiers": [{"name": "EmailAddress", "count": 2,
                    "detections": [{"start": 6, "end": 16}, {"start": 22, "end": 32}]}],
            })
        );
        let many: Vec<Found<'_>> = (0..5000).map(|_| found[0].clone()).collect();
        assert!(report("arn", text, &many, Timestamp(0)).len() < 100 << 10);
    }
}
