//! What nodes and pods use.

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::name;
use crate::{
    quantity::Quantity,
    view::{items, text, text_at},
};

pub const COLUMNS: &str = "Name,cpu,memory,Window";

pub fn node_cells(object: &Value, _: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text_at(object, &["usage", "cpu"]).into(),
        text_at(object, &["usage", "memory"]).into(),
        text(object, "window").into(),
    ]
}

pub fn pod_cells(object: &Value, _: Timestamp) -> Vec<Value> {
    let sum = |resource: &str| {
        let each = items(object, "containers").iter();
        let each = each.filter_map(|it| Quantity::parse(text_at(it, &["usage", resource])).ok());
        each.reduce(Quantity::add).map_or(Quantity::ZERO, |it| it)
    };
    vec![
        name(object),
        sum("cpu").to_string().into(),
        sum("memory").to_string().into(),
        text(object, "window").into(),
    ]
}
