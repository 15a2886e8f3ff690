//! What becomes of findings, as Inspector tells the world. Pure.

use serde_json::Value;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, record},
};
use wharf_store::{Event, EventKind};

use crate::records::Told;

/// Each write of a record tells of what it says, and no other does.
pub(super) fn told(event: &Event) -> Vec<Announcement> {
    let Some((scope, Told::KIND, _)) = Scope::parse(event.key()) else {
        return Vec::new();
    };
    if event.kind != EventKind::Put {
        return Vec::new();
    }
    let told: Option<Told> = record(&event.entry);
    let events = told.into_iter().flat_map(|it| it.events);
    let say = |detail: Value| Announcement {
        place: Place::of_scope(&scope),
        source: "aws.inspector2",
        detail_type: "Inspector2 Finding",
        resources: resources(&detail),
        detail,
    };
    events.map(say).collect()
}

fn resources(detail: &Value) -> Vec<String> {
    let all = detail["resources"].as_array();
    let ids = all.into_iter().flatten().filter_map(|it| it["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_records::encode;

    use super::*;
    use crate::records::{Keys, samples};

    #[test]
    fn a_step_tells_what_it_says() {
        let detail = |name: &str| json!({"title": name, "resources": [{"id": "arn:image"}]});
        let key = Keys::new("1", "r").told("0123456789abcdef.00");
        let written = |kind, events| {
            let step = Told {
                events,
                ..Told::default()
            };
            Event {
                kind,
                entry: samples::entry(&key, encode(&step), 2, 1),
                previous: None,
            }
        };
        let said = told(&written(EventKind::Put, vec![detail("a"), detail("b")]));
        let titles: Vec<&Value> = said.iter().map(|it| &it.detail["title"]).collect();
        assert_eq!(titles, ["a", "b"]);
        let first = &said[0];
        assert_eq!(
            (first.source, first.detail_type),
            ("aws.inspector2", "Inspector2 Finding")
        );
        assert_eq!(first.resources, ["arn:image"]);
        assert_eq!(first.place, Place::new("1", "r"));
        assert!(told(&written(EventKind::Put, Vec::new())).is_empty());
        assert!(told(&written(EventKind::Delete, vec![detail("a")])).is_empty());
    }
}
