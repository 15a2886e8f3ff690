//! What is stored: filters; reports are beside what writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_api_inspector2::{FilterCriteria, schema::SERVICE as SCHEMA};
use wharf_base::{Arn, Timestamp, ids};
use wharf_records::{Record, Scope, Unknown};
use wharf_service::{Place, tags::Tags};
use wharf_wire::codec::json;

pub(crate) const SERVICE: &str = "inspector2";

/// A filter, under what follows `owner/` in its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub name: String,
    /// `NONE`, `SUPPRESS`.
    pub action: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    /// The API's `FilterCriteria`, as they were given.
    pub criteria: Value,
    #[serde(default)]
    pub tags: Tags,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Filter {
    const KIND: &'static str = "filter";
    const FORMAT: u32 = 1;
}

pub(crate) fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub(crate) fn key(place: &Place, id: &str) -> String {
    scope(place).key(Filter::KIND, id)
}

/// A new id: what follows `owner/` in its ARN.
pub(crate) fn new_id(place: &Place) -> String {
    format!("{}/filter/{}", place.account, ids::hex16())
}

pub(crate) fn resource(id: &str) -> String {
    format!("owner/{id}")
}

pub(crate) fn arn(place: &Place, id: &str) -> String {
    Arn::new(SERVICE, &place.region, &place.account, resource(id)).to_string()
}

/// The id of a filter of the place; none, if the ARN names nothing of it.
pub(crate) fn id_of<'a>(place: &Place, given: &'a str) -> Option<&'a str> {
    let (_, id) = given.split_once(":owner/")?;
    (arn(place, id) == given).then_some(id)
}

/// Criteria as they are stored.
pub(crate) fn stored(criteria: &FilterCriteria) -> Value {
    let shape = SCHEMA.find_shape("FilterCriteria");
    shape.map_or(Value::Null, |it| json::to_value(&SCHEMA, it, criteria))
}
