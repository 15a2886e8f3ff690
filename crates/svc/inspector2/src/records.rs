//! What is stored: filters; reports are beside what writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_api_inspector2::{FilterCriteria, ResourceFilterCriteria, schema::SERVICE as SCHEMA};
use wharf_base::{Arn, Timestamp, ids};
use wharf_records::{Record, Scope, Unknown};
use wharf_service::{Faults as _, Place, tags::Tags};
use wharf_wire::{Fault, codec::json, node::Struct};

use crate::fault::Inspector2Faults;

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
    value_of("FilterCriteria", criteria)
}

/// Criteria of an export as they are stored.
pub(crate) fn stored_resources(criteria: &ResourceFilterCriteria) -> Value {
    value_of("ResourceFilterCriteria", criteria)
}

/// A structure of the API, as it is written.
pub(crate) fn value_of(shape: &str, structure: &dyn Struct) -> Value {
    let shape = SCHEMA.find_shape(shape);
    shape.map_or(Value::Null, |it| json::to_value(&SCHEMA, it, structure))
}

/// Criteria as they are stored; `null` has none.
pub(crate) fn read(stored: &Value) -> Result<FilterCriteria, Fault> {
    read_of("FilterCriteria", stored)
}

/// Criteria of an export as they are stored; `null` has none.
pub(crate) fn read_resources(stored: &Value) -> Result<ResourceFilterCriteria, Fault> {
    read_of("ResourceFilterCriteria", stored)
}

fn read_of<T: Struct + Default>(shape: &str, stored: &Value) -> Result<T, Fault> {
    let mut criteria = T::default();
    if stored.is_null() {
        return Ok(criteria);
    }
    let (shape, text) = (SCHEMA.find_shape(shape), stored.to_string());
    json::decode(&SCHEMA, shape, text.as_bytes(), &mut criteria)
        .map_err(|error| Inspector2Faults::internal(&error))?;
    Ok(criteria)
}
