//! GetLogFields: which fields the events of a data source have, and of which types. Groups say by their tags which
//! source theirs is.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_api_logs::types::{
    GetLogFieldsRequest, GetLogFieldsResponse, LogFieldType, LogFieldsListItem,
};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::{
    aggregate_log_groups::source,
    log_record::{Looks, sampled},
};
use crate::{LogsService, fault, records::Group};

/// Events of the last day are looked at, so many of them.
const LOOKS_BACK_MS: i64 = 24 * 3_600_000;
const SAMPLE: usize = 10_000;
/// Fields that are told, those within others counted.
const MOST_FIELDS: usize = 1000;
/// Characters of the name of one.
const LONGEST_NAME: usize = 256;
/// Groups of a source that are looked at, as in a query.
const MOST_GROUPS: usize = 100;

pub async fn get_log_fields(
    service: &LogsService,
    call: &Call,
    input: GetLogFieldsRequest,
) -> Result<GetLogFieldsResponse, Fault> {
    let (name, kind) = (input.data_source_name, input.data_source_type);
    let all: Vec<Group> = service
        .all(&LogsService::scope(call).key(Group::KIND, ""))
        .await?;
    let is_of =
        |it: &Group| source(it).is_some_and(|(of, its)| Some(&of) == name.as_ref() && its == kind);
    let groups: Vec<Group> = all.into_iter().filter(is_of).take(MOST_GROUPS).collect();
    if groups.is_empty() {
        return Err(fault::no_data_source());
    }
    let now = call.now.millis();
    let times = now - LOOKS_BACK_MS..now.saturating_add(1);
    let seen: Seen = sampled(service, call, groups, times).await?;
    Ok(GetLogFieldsResponse {
        log_fields: Some(items(seen.fields)),
    })
}

/// What values of a field are.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Nothing but nulls, or elements of empty arrays.
    Unknown,
    Plain(&'static str),
    Array(Box<Kind>),
    Struct(BTreeMap<String, Kind>),
}

#[derive(Default)]
struct Seen {
    events: usize,
    count: usize,
    fields: BTreeMap<String, Kind>,
}

impl Looks for Seen {
    fn add(&mut self, message: &str) -> bool {
        self.events += 1;
        // Others have no fields of their own.
        if let Ok(Value::Object(fields)) = serde_json::from_str(message) {
            merge(&mut self.fields, fields, &mut self.count);
        }
        self.wants_more()
    }

    fn wants_more(&self) -> bool {
        self.events < SAMPLE
    }
}

fn merge(
    known: &mut BTreeMap<String, Kind>,
    fields: serde_json::Map<String, Value>,
    count: &mut usize,
) {
    for (name, value) in fields {
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            continue;
        }
        if !known.contains_key(&name) {
            if *count >= MOST_FIELDS {
                continue;
            }
            *count += 1;
        }
        let before = known.remove(&name).unwrap_or(Kind::Unknown);
        known.insert(name, joined(before, value, count));
    }
}

/// What a field is that was `before` and is `value` now. Of different kinds it is a string, which all can be shown as.
fn joined(before: Kind, value: Value, count: &mut usize) -> Kind {
    let plain = |name: &'static str| match &before {
        Kind::Unknown => Kind::Plain(name),
        Kind::Plain(other) if *other == name => Kind::Plain(name),
        // Whole numbers are numbers, too.
        Kind::Plain("bigint" | "double") if matches!(name, "bigint" | "double") => {
            Kind::Plain("double")
        }
        _ => Kind::Plain("string"),
    };
    match value {
        Value::Null => before,
        Value::Bool(_) => plain("boolean"),
        Value::String(_) => plain("string"),
        Value::Number(number) if number.is_f64() => plain("double"),
        Value::Number(_) => plain("bigint"),
        Value::Array(values) => {
            let element = match before {
                Kind::Unknown => Kind::Unknown,
                Kind::Array(element) => *element,
                _ => return Kind::Plain("string"),
            };
            let each = values.into_iter();
            Kind::Array(Box::new(
                each.fold(element, |element, it| joined(element, it, count)),
            ))
        }
        Value::Object(fields) => {
            let mut known = match before {
                Kind::Unknown => BTreeMap::new(),
                Kind::Struct(known) => known,
                _ => return Kind::Plain("string"),
            };
            merge(&mut known, fields, count);
            Kind::Struct(known)
        }
    }
}

fn items(fields: BTreeMap<String, Kind>) -> Vec<LogFieldsListItem> {
    let item = |(name, kind)| LogFieldsListItem {
        log_field_name: Some(name),
        log_field_type: Some(shown(kind)),
    };
    fields.into_iter().map(item).collect()
}

fn shown(kind: Kind) -> LogFieldType {
    let (name, element, fields) = match kind {
        Kind::Unknown => ("string", None, None),
        Kind::Plain(name) => (name, None, None),
        Kind::Array(element) => ("array", Some(shown(*element)), None),
        Kind::Struct(fields) => ("struct", None, Some(items(fields))),
    };
    LogFieldType {
        type_: Some(name.to_owned()),
        element: element.map(Box::new),
        fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(messages: &[&str]) -> Vec<LogFieldsListItem> {
        let mut seen = Seen::default();
        for message in messages {
            seen.add(message);
        }
        items(seen.fields)
    }

    #[test]
    fn fields_have_the_types_of_their_values() {
        let found = of(&[
            r#"{"a": 1, "b": "x", "c": {"d": [true]}, "e": null, "f": 1}"#,
            r#"{"a": 1.5, "b": "y", "c": {"g": []}, "f": "one"}"#,
            "no fields",
        ]);
        let name = |it: &LogFieldsListItem| it.log_field_name.clone().unwrap();
        let kind = |it: &LogFieldsListItem| it.log_field_type.clone().unwrap();
        let told: Vec<(String, String)> = found
            .iter()
            .map(|it| (name(it), kind(it).type_.unwrap()))
            .collect();
        let told: Vec<(&str, &str)> = told.iter().map(|it| (&*it.0, &*it.1)).collect();
        let expected = [
            ("a", "double"),
            ("b", "string"),
            ("c", "struct"),
            ("e", "string"),
            ("f", "string"),
        ];
        assert_eq!(told, expected);
        let within = kind(&found[2]).fields.unwrap();
        assert_eq!(name(&within[0]), "d");
        let array = kind(&within[0]);
        assert_eq!(array.type_.as_deref(), Some("array"));
        assert_eq!(array.element.unwrap().type_.as_deref(), Some("boolean"));
    }

    #[test]
    fn there_are_never_too_many() {
        let message: Vec<String> = (0..5000)
            .map(|it| format!("\"{it}\": {{\"x\": 1}}"))
            .collect();
        let found = of(&[&format!("{{{}}}", message.join(","))]);
        assert!(found.len() <= MOST_FIELDS);
    }
}
