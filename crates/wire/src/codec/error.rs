//! What codecs have to know of a fault beside its code and message.

use std::borrow::Cow;

use crate::{
    Fault,
    dynamic::Dynamic,
    schema::{Kind, ServiceSchema, ShapeIndex},
};

use super::json::{self, Names};

/// The members that a fault adds, as the modelled exception has them.
pub fn members(schema: &'static ServiceSchema, fault: &Fault) -> Option<(ShapeIndex, Dynamic)> {
    if fault.members.is_empty() {
        return None;
    }
    let shape = schema.find_shape(shape_name(schema, fault))?;
    if !matches!(schema.shape(shape).kind, Kind::Structure { .. }) {
        return None;
    }
    let added = fault.members.iter();
    let added = added.map(|(name, value)| ((*name).to_owned(), value.clone()));
    let body = serde_json::Value::Object(added.collect()).to_string();
    let mut members = Dynamic::new(schema, shape);
    let slot = crate::node::Slot::Struct(&mut members);
    match json::decode_slot(schema, Names::Model, shape, body.as_bytes(), slot) {
        Ok(()) => Some((shape, members)),
        Err(cause) => {
            let (service, code) = (schema.name, &fault.code);
            tracing::error!(service, %code, error = %cause, "members of a fault break its model");
            None
        }
    }
}

/// Name of the modelled exception: services of awsQuery know it by its code.
fn shape_name<'a>(schema: &ServiceSchema, fault: &'a Fault) -> &'a str {
    let codes = schema.query_codes.unwrap_or_default();
    let of_code = codes.iter().find(|(_, code)| *code == fault.code);
    of_code.map_or(&fault.code, |(name, _)| name)
}

/// The code that clients of awsQuery know the fault by.
pub fn query_code<'a>(schema: &ServiceSchema, fault: &'a Fault) -> &'a str {
    let codes = schema.query_codes.unwrap_or_default();
    let found = codes.binary_search_by(|(name, _)| (*name).cmp(fault.code.as_ref()));
    found.map_or(&fault.code, |index| codes[index].1)
}

/// `Code;Sender`, which clients want to see of a service that once spoke awsQuery.
pub fn query_error(schema: &ServiceSchema, fault: &Fault) -> Option<(Cow<'static, str>, String)> {
    schema.query_codes?;
    let whose = if fault.sender { "Sender" } else { "Receiver" };
    let value = format!("{};{whose}", query_code(schema, fault));
    Some(("x-amzn-query-error".into(), value))
}
