//! Inputs as requests of REST: each member at its place.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use wharf_wire::schema::{Kind, Location, OperationSchema, Protocol, ServiceSchema, ShapeIndex};

/// A request but for its signature.
pub struct Rest {
    pub path: String,
    /// Sorted, as a signature has it.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The request for an operation with an input. A label that has no value is one letter.
pub fn rest(schema: &ServiceSchema, operation: &OperationSchema, input: &Value) -> Rest {
    let (path, constants) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
    let mut path = path.to_owned();
    let mut query: Vec<(String, String)> = form_urlencoded::parse(constants.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let (mut headers, mut body) = (Vec::new(), Map::new());
    let mut payload = None;
    let members = operation.input.map_or(&[][..], |it| schema.members(it));
    for member in members {
        let Some(value) = input.get(member.name) else {
            continue;
        };
        let name = member.location_name.to_owned();
        match member.location {
            Location::Uri => {
                let text = encoded(&plain(value));
                path = path
                    .replace(&format!("{{{name}}}"), &text)
                    .replace(&format!("{{{name}+}}"), &text);
            }
            Location::Query => {
                let each = value.as_array().cloned();
                let each = each.unwrap_or_else(|| vec![value.clone()]);
                query.extend(each.iter().map(|it| (name.clone(), plain(it))));
            }
            Location::Header => {
                let each = value.as_array().map(|it| it.iter().map(plain).collect());
                let each: Vec<String> = each.unwrap_or_else(|| vec![plain(value)]);
                headers.push((name, each.join(",")));
            }
            Location::Payload => payload = Some((member.shape, name, value)),
            Location::Body => {
                body.insert(name, value.clone());
            }
            Location::Headers | Location::Status => {}
        }
    }
    while let (Some(open), Some(close)) = (path.find('{'), path.find('}')) {
        path.replace_range(open..=close, "a");
    }
    query.sort();
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    let body = match (schema.protocol, payload) {
        (Protocol::RestXml, Some((shape, name, value))) => {
            let mut out = String::new();
            xml(schema, shape, &name, value, &mut out);
            out
        }
        (Protocol::RestXml, None) => String::new(),
        (_, Some((.., value))) => value.to_string(),
        (_, None) if body.is_empty() => String::new(),
        (_, None) => Value::Object(body).to_string(),
    };
    Rest {
        path,
        query: query.join("&"),
        headers,
        body,
    }
}

fn encoded(text: &str) -> String {
    const KEPT: percent_encoding::AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, &KEPT).to_string()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn xml(schema: &ServiceSchema, shape: ShapeIndex, name: &str, value: &Value, out: &mut String) {
    match (&schema.shape(shape).kind, value) {
        (Kind::Structure { members }, Value::Object(given)) => {
            out.push_str(&format!("<{name}>"));
            for member in *members {
                let Some(inner) = given.get(member.name) else {
                    continue;
                };
                let list = match &schema.shape(member.shape).kind {
                    Kind::List {
                        member: item,
                        flattened,
                        ..
                    } if member.flattened || *flattened => Some(*item),
                    _ => None,
                };
                match (list, inner) {
                    (Some(item), Value::Array(all)) => {
                        for one in all {
                            xml(schema, item, member.location_name, one, out);
                        }
                    }
                    _ => xml(schema, member.shape, member.location_name, inner, out),
                }
            }
            out.push_str(&format!("</{name}>"));
        }
        (
            Kind::List {
                member,
                member_name,
                ..
            },
            Value::Array(all),
        ) => {
            out.push_str(&format!("<{name}>"));
            for one in all {
                xml(schema, *member, member_name, one, out);
            }
            out.push_str(&format!("</{name}>"));
        }
        (Kind::Blob, it) => out.push_str(&plain(it)),
        (_, it) => out.push_str(&format!("<{name}>{}</{name}>", plain(it))),
    }
}
