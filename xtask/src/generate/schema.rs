//! The static tables that codecs walk, written down as Rust.

use std::fmt::Write as _;

use wharf_wire::schema::{
    Auth, Checksums, Kind, Location, MAX_BODY, Member, OperationSchema, ServiceSchema, Shape,
};

pub fn render(schema: &ServiceSchema) -> String {
    let mut out = String::from(
        "//! The model as tables.\n#[allow(unused_imports)]\nuse wharf_wire::schema::*;\n\n\
         pub static SERVICE: ServiceSchema = ServiceSchema {\n",
    );
    let protocols: Vec<String> = schema.protocols.iter().map(protocol).collect();
    let _ = write!(
        out,
        "name: {:?}, protocol: {}, protocols: &[{}], api_version: {:?}, signing_name: {:?},\n\
         action_prefix: {:?}, endpoint_prefix: {:?}, target_prefix: {:?}, xml_namespace: {:?},\n\
         query_codes: {}, operations: &OPERATIONS, left_out: &LEFT_OUT, shapes: &SHAPES,\n}};\n\n",
        schema.name,
        protocol(&schema.protocol),
        protocols.join(", "),
        schema.api_version,
        schema.signing_name,
        schema.action_prefix,
        schema.endpoint_prefix,
        schema.target_prefix,
        schema.xml_namespace,
        match schema.query_codes {
            Some(codes) => format!("Some(&{codes:?})"),
            None => "None".to_owned(),
        },
    );
    table(
        &mut out,
        "OPERATIONS: [OperationSchema",
        schema.operations,
        operation,
    );
    table(&mut out, "LEFT_OUT: [&str", schema.left_out, |name| {
        format!("{name:?}")
    });
    table(&mut out, "SHAPES: [Shape", schema.shapes, shape);
    out.pop();
    out
}

fn table<T>(out: &mut String, name: &str, rows: &[T], row: impl Fn(&T) -> String) {
    let _ = writeln!(out, "static {name}; {}] = [", rows.len());
    for it in rows {
        let _ = writeln!(out, "{},", row(it));
    }
    out.push_str("];\n\n");
}

fn protocol(protocol: &wharf_wire::schema::Protocol) -> String {
    format!("Protocol::{protocol:?}")
}

fn operation(it: &OperationSchema) -> String {
    let mut out = format!(
        "OperationSchema::new({:?}, {:?}, {:?})",
        it.name, it.input, it.output
    );
    if !it.result_wrapper.is_empty() {
        let _ = write!(out, ".wrapped({:?})", it.result_wrapper);
    }
    if (it.method, it.uri, it.status) != ("POST", "/", 200) {
        let _ = write!(out, ".http({:?}, {:?}, {})", it.method, it.uri, it.status);
    }
    if it.auth != Auth::Signed {
        let _ = write!(out, ".auth(Auth::{:?})", it.auth);
    }
    if it.packed {
        out.push_str(".packed()");
    }
    if it.checksums != Checksums::default() {
        let _ = write!(out, ".checksums({:?})", it.checksums);
    }
    if !it.host_prefix.is_empty() {
        let _ = write!(out, ".host_prefix({:?})", it.host_prefix);
    }
    if it.max_body != MAX_BODY {
        let _ = write!(out, ".max_body({:?})", it.max_body);
    }
    out
}

fn shape(it: &Shape) -> String {
    format!(
        "Shape {{ name: {:?}, kind: {}, min: {}, max: {} }}",
        it.name,
        kind(&it.kind),
        bound(it.min),
        bound(it.max),
    )
}

fn bound(value: f64) -> String {
    match value {
        f64::NEG_INFINITY => "f64::NEG_INFINITY".to_owned(),
        f64::INFINITY => "f64::INFINITY".to_owned(),
        number => format!("{number:?}"),
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Structure { members } => {
            let members: Vec<String> = members.iter().map(member).collect();
            format!("Kind::Structure {{ members: &[{}] }}", members.join(", "))
        }
        Kind::String { pattern, values } => {
            let pattern = match pattern {
                Some(it) => format!("Some(Pattern::new({:?}, {:?}))", it.source, it.dialect),
                None => "None".to_owned(),
            };
            format!("Kind::String {{ pattern: {pattern}, values: &{values:?} }}")
        }
        Kind::Timestamp(Some(format)) => {
            format!("Kind::Timestamp(Some(TimestampFormat::{format:?}))")
        }
        other => format!("Kind::{other:?}"),
    }
}

fn member(it: &Member) -> String {
    let mut out = format!("Member::new({:?}, {})", it.name, it.shape);
    if it.location_name != it.name {
        let _ = write!(out, ".named({:?})", it.location_name);
    }
    if it.query_name != it.name {
        let _ = write!(out, ".query({:?})", it.query_name);
    }
    if it.location != Location::Body {
        let _ = write!(out, ".at(Location::{:?})", it.location);
    }
    for (set, call) in [
        (it.required, ".required()"),
        (it.flattened, ".flattened()"),
        (it.attribute, ".attribute()"),
        (it.sensitive, ".sensitive()"),
        (it.streaming, ".streaming()"),
        (it.events, ".events()"),
    ] {
        if set {
            out.push_str(call);
        }
    }
    out
}
