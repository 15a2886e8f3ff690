//! The static tables that codecs walk.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::model::{Model, ref_name};

pub fn render(model: &Model) -> Result<String> {
    let mut out = format!(
        "//! The model as tables.\n\
         #[allow(unused_imports)]\nuse wharf_wire::schema::*;\n\n\
         pub static SERVICE: ServiceSchema = ServiceSchema {{\n\
         name: {:?}, protocol: {}, api_version: {:?}, signing_name: {:?}, target_prefix: {:?},\n\
         xml_namespace: {:?}, operations: &OPERATIONS, left_out: &LEFT_OUT, shapes: &SHAPES,\n}};\n\n",
        model.name,
        protocol(model),
        model.api_version,
        model.signing_name,
        model.target_prefix,
        model.xml_namespace,
    );
    let _ = writeln!(
        out,
        "static OPERATIONS: [OperationSchema; {}] = [",
        model.operations.len()
    );
    for operation in &model.operations {
        let index = |name: &Option<String>| match name {
            Some(name) => format!("Some({})", model.shape_index(name)),
            None => "None".to_owned(),
        };
        let _ = writeln!(
            out,
            "OperationSchema {{ name: {:?}, input: {}, output: {}, result_wrapper: {:?} }},",
            operation.name,
            index(&operation.input),
            index(&operation.output),
            operation.result_wrapper,
        );
    }
    let _ = writeln!(
        out,
        "];\n\nstatic LEFT_OUT: [&str; {}] = [",
        model.others.len()
    );
    for name in &model.others {
        let _ = writeln!(out, "{name:?},");
    }
    let _ = writeln!(
        out,
        "];\n\nstatic SHAPES: [Shape; {}] = [",
        model.shapes.len()
    );
    for (name, shape) in &model.shapes {
        let _ = writeln!(
            out,
            "Shape {{ name: {name:?}, kind: {}, min: {}, max: {} }},",
            kind(model, shape),
            bound(&shape["min"], "f64::NEG_INFINITY"),
            bound(&shape["max"], "f64::INFINITY"),
        );
    }
    out.push_str("];\n");
    Ok(out)
}

fn protocol(model: &Model) -> String {
    match model.protocol.as_str() {
        "ec2" => "Protocol::Ec2".to_owned(),
        "query" => "Protocol::Query".to_owned(),
        _ => format!("Protocol::Json {{ minor: {} }}", model.json_minor),
    }
}

fn bound(value: &Value, otherwise: &str) -> String {
    value
        .as_f64()
        .map_or_else(|| otherwise.to_owned(), |number| format!("{number:?}"))
}

fn kind(model: &Model, shape: &Value) -> String {
    let flattened = shape["flattened"] == Value::Bool(true);
    match shape["type"].as_str().unwrap_or_default() {
        "structure" if shape["document"] == Value::Bool(true) => "Kind::Document".to_owned(),
        "structure" => structure(model, shape),
        "list" => format!(
            "Kind::List {{ member: {}, member_name: {:?}, flattened: {flattened} }}",
            model.shape_index(ref_name(&shape["member"])),
            shape["member"]["locationName"].as_str().unwrap_or("member"),
        ),
        "map" => format!(
            "Kind::Map {{ key: {}, value: {}, key_name: {:?}, value_name: {:?}, flattened: {flattened} }}",
            model.shape_index(ref_name(&shape["key"])),
            model.shape_index(ref_name(&shape["value"])),
            shape["key"]["locationName"].as_str().unwrap_or("key"),
            shape["value"]["locationName"].as_str().unwrap_or("value"),
        ),
        "boolean" => "Kind::Boolean".to_owned(),
        "integer" => "Kind::Integer".to_owned(),
        "long" => "Kind::Long".to_owned(),
        "float" => "Kind::Float".to_owned(),
        "double" => "Kind::Double".to_owned(),
        "blob" => "Kind::Blob".to_owned(),
        "timestamp" => format!("Kind::Timestamp({})", timestamp_format(model, shape)),
        _ => string(shape),
    }
}

fn timestamp_format(model: &Model, shape: &Value) -> &'static str {
    match shape["timestampFormat"].as_str() {
        Some("unixTimestamp") => "TimestampFormat::EpochSeconds",
        Some(_) => "TimestampFormat::Iso8601",
        None if model.is_query() => "TimestampFormat::Iso8601",
        None => "TimestampFormat::EpochSeconds",
    }
}

fn string(shape: &Value) -> String {
    let pattern = match shape["pattern"].as_str() {
        Some(source) => format!("Some(Pattern::new({source:?}, {:?}))", dialect(source)),
        None => "None".to_owned(),
    };
    let values: Vec<&str> = shape["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    format!("Kind::String {{ pattern: {pattern}, values: &{values:?} }}")
}

fn structure(model: &Model, shape: &Value) -> String {
    let required: Vec<&str> = shape["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut out = String::from("Kind::Structure { members: &[");
    for (name, reference) in shape["members"].as_object().into_iter().flatten() {
        let target = ref_name(reference);
        let flag = |key: &str| reference[key] == Value::Bool(true);
        let _ = write!(out, "Member::new({name:?}, {})", model.shape_index(target));
        if let Some(location) = reference["locationName"]
            .as_str()
            .filter(|location| location != name)
        {
            let _ = write!(out, ".xml({location:?})");
        }
        let query_name = query_name(model, name, reference);
        if query_name != *name {
            let _ = write!(out, ".query({query_name:?})");
        }
        if required.contains(&name.as_str()) {
            out.push_str(".required()");
        }
        if flag("flattened") {
            out.push_str(".flattened()");
        }
        if flag("sensitive") || model.shape(target)["sensitive"] == Value::Bool(true) {
            out.push_str(".sensitive()");
        }
        out.push_str(", ");
    }
    out.push_str("] }");
    out
}

fn query_name(model: &Model, name: &str, reference: &Value) -> String {
    if let Some(name) = reference["queryName"].as_str() {
        return name.to_owned();
    }
    let location = reference["locationName"].as_str();
    match (model.protocol.as_str(), location) {
        ("ec2", Some(location)) => {
            let mut chars = location.chars();
            chars
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(chars)
                .collect()
        }
        (_, Some(location)) => location.to_owned(),
        (_, None) => name.to_owned(),
    }
}

/// A model's pattern in the dialect of the `regex` crate, empty where that cannot express it.
fn dialect(source: &str) -> String {
    let escapes = regex::Regex::new(r"\\u([0-9A-Fa-f]{4})").expect("a fixed expression");
    let text = escapes.replace_all(source, r"\x{$1}").replace("\\/", "/");
    // Java reads a `[` inside a class as itself more often than as a nested class; where the crate
    // refuses the text as it stands, nothing is checked.
    match regex::RegexBuilder::new(&format!("^(?s:{text})$"))
        .size_limit(1 << 20)
        .build()
    {
        Ok(_) => text,
        Err(_) => String::new(),
    }
}
