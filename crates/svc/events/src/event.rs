//! Events: what an entry of PutEvents must be, and the document that rules are matched against.

use serde_json::{Value, json};
use wharf_api_events::PutEventsRequestEntry;
use wharf_base::Timestamp;

/// Bytes of all entries of a request.
pub const MOST_BYTES: usize = 256 << 10;
/// What a time counts.
const TIME_BYTES: usize = 14;

/// An event on its way to a bus.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: String,
    pub source: String,
    pub detail_type: String,
    pub time: Timestamp,
    pub resources: Vec<String>,
    pub detail: Value,
    /// Whose it is: the account and region that sent it.
    pub account: String,
    pub region: String,
    /// The replay that brings it once more.
    pub replay: Option<String>,
    /// Buses that passed it on.
    pub hops: u32,
}

/// Why an entry is not taken: code and text of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub text: &'static str,
}

impl Refused {
    const fn argument(text: &'static str) -> Self {
        Self {
            code: "InvalidArgument",
            text,
        }
    }
}

const NO_SOURCE: Refused =
    Refused::argument("Parameter Source is not valid. Reason: Source is a required argument.");
const NO_TYPE: Refused = Refused::argument(
    "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
);
const NO_DETAIL: Refused =
    Refused::argument("Parameter Detail is not valid. Reason: Detail is a required argument.");
const MALFORMED: Refused = Refused {
    code: "MalformedDetail",
    text: "Detail is malformed.",
};
const FORBIDDEN_SOURCE: Refused = Refused {
    code: "NotAuthorizedForSource",
    text: "Not authorized for the source.",
};

impl Event {
    /// The event that a caller's entry is.
    ///
    /// # Errors
    /// It lacks something, its detail is no object of JSON, or its source is one of AWS's services.
    pub fn of(
        entry: PutEventsRequestEntry,
        sender: &wharf_service::Place,
        id: String,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let said = |text: Option<String>| text.filter(|it| !it.is_empty());
        let source = said(entry.source).ok_or(NO_SOURCE)?;
        let detail_type = said(entry.detail_type).ok_or(NO_TYPE)?;
        let detail = said(entry.detail).ok_or(NO_DETAIL)?;
        if source.starts_with("aws.") {
            return Err(FORBIDDEN_SOURCE);
        }
        let detail: Value = serde_json::from_str(&detail).map_err(|_| MALFORMED)?;
        if !detail.is_object() {
            return Err(MALFORMED);
        }
        Ok(Self {
            id,
            source,
            detail_type,
            time: entry.time.unwrap_or(now),
            resources: entry.resources.unwrap_or_default(),
            detail,
            account: sender.account.clone(),
            region: sender.region.clone(),
            replay: None,
            hops: 0,
        })
    }

    /// The event that a document was made of.
    pub fn read(document: &Value, hops: u32) -> Option<Self> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let resources = document["resources"].as_array()?.iter();
        Some(Self {
            id: text("id")?,
            source: text("source")?,
            detail_type: text("detail-type")?,
            time: Timestamp::parse_iso8601(&text("time")?)?,
            resources: resources
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect(),
            detail: document["detail"].clone(),
            account: text("account")?,
            region: text("region")?,
            replay: text("replay-name"),
            hops,
        })
    }

    /// As rules see it, and as targets get it.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": self.time.iso8601_seconds(),
            "region": self.region,
            "resources": self.resources,
            "detail": self.detail,
        });
        if let Some(replay) = &self.replay {
            document["replay-name"] = replay.as_str().into();
        }
        document
    }
}

/// What an entry counts towards [`MOST_BYTES`].
pub fn size(entry: &PutEventsRequestEntry) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let resources = entry.resources.iter().flatten().map(String::len);
    entry.time.map_or(0, |_| TIME_BYTES)
        + length(&entry.source)
        + length(&entry.detail_type)
        + length(&entry.detail)
        + resources.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_service::Place;

    fn entry(source: &str, detail: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry {
            source: Some(source.to_owned()),
            detail_type: Some("t".to_owned()),
            detail: Some(detail.to_owned()),
            ..Default::default()
        }
    }

    #[test]
    fn what_an_entry_must_be() {
        let here = Place::new("000000000000", "us-east-1");
        let of = |entry| Event::of(entry, &here, "id".to_owned(), Timestamp(0));
        assert_eq!(of(entry("", "{}")), Err(NO_SOURCE));
        assert_eq!(of(entry("a", "")), Err(NO_DETAIL));
        assert_eq!(of(entry("a", "[]")), Err(MALFORMED));
        assert_eq!(of(entry("a", "{")), Err(MALFORMED));
        assert_eq!(of(entry("aws.ecs", "{}")), Err(FORBIDDEN_SOURCE));
        let no_type = PutEventsRequestEntry {
            detail_type: None,
            ..entry("a", "{}")
        };
        assert_eq!(of(no_type), Err(NO_TYPE));
        let event = of(entry("a", r#"{"b": 1}"#)).unwrap();
        let document = event.document();
        assert_eq!(document["time"], "1970-01-01T00:00:00Z");
        assert_eq!(document["detail"]["b"], 1);
        assert!(document.get("replay-name").is_none());
        assert_eq!(Event::read(&document, 0), Some(event));
    }

    #[test]
    fn size_counts_what_aws_counts() {
        let entry = PutEventsRequestEntry {
            time: Some(Timestamp(0)),
            resources: Some(vec!["abc".to_owned()]),
            ..entry("é", "{}")
        };
        assert_eq!(size(&entry), 14 + 3 + 2 + 1 + 2);
    }
}
