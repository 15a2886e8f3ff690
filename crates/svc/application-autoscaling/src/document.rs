//! Structures of the API as JSON and back: configurations are kept as they were given.

use serde_json::Value;
use wharf_api_application_autoscaling::schema::SERVICE;
use wharf_wire::{codec::json, node::Struct, schema::ShapeIndex};

/// What is stored is none of this version's.
#[derive(Debug, thiserror::Error)]
#[error("a stored configuration cannot be read: {0}")]
pub struct BadDocument(String);

fn shape(name: &str) -> Option<ShapeIndex> {
    SERVICE.find_shape(name)
}

pub fn of(name: &str, given: &dyn Struct) -> Value {
    shape(name).map_or(Value::Null, |shape| json::to_value(&SERVICE, shape, given))
}

/// # Errors
/// It is not what [`of`] made.
pub fn read<T: Struct + Default>(name: &str, document: &Value) -> Result<T, BadDocument> {
    let mut read = T::default();
    let text = document.to_string();
    json::decode(&SERVICE, shape(name), text.as_bytes(), &mut read)
        .map_err(|malformed| BadDocument(malformed.to_string()))?;
    Ok(read)
}
