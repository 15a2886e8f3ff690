//! Inputs with every required member, made from a service's schema: as small as its constraints
//! allow, so that a request gets past them and to its authorisation row.

mod rest;

use std::collections::BTreeMap;

pub use rest::{Rest, rest};

use serde_json::{Map, Value, json};
use wharf_wire::schema::{
    Kind, Member, OperationSchema, Protocol, ServiceSchema, Shape, ShapeIndex,
};

/// Values for strings with a pattern; the first that fits is taken.
const CANDIDATES: &[&str] = &[
    "a",
    "aaaa",
    "1",
    "000000000000",
    "a-b",
    "a/b",
    "/a/",
    "us-east-1",
    "arn:aws:iam::000000000000:role/a",
    "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012",
    "arn:aws:ecs:us-east-1:000000000000:task/a",
    "arn:aws:ecr:us-east-1:000000000000:repository/a",
    "arn:aws:logs:us-east-1:000000000000:log-group:a",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "2026-01-01",
    "10.0.0.0/16",
    "ami-00000000",
    "snap-00000000",
    "vpc-00000000",
    "i-00000000",
    "mi-00000000000000000",
    "oi-000000000000",
    "123456",
    "12345678-1234-1234-1234-123456789012",
    "{}",
    "a@example.test",
    "example.test",
    "AAAAAAAAAAAAAAAAAAAA",
    "arn:aws:signer:us-east-1:000000000000:/signing-profiles/aa",
    "o-0000000000/r-0000",
    "aws.partner/a/b",
    "events:PutEvents",
    "arn:aws:events:us-east-1:000000000000:endpoint/a",
    "arn:aws:route53:::healthcheck/a",
    "arn:aws:s3:::aaa",
    "arn:aws:sqs:us-east-1:000000000000:a",
    "arn:aws:vpc-lattice:us-east-1:000000000000:resourceconfiguration/rcfg-aaaaaaaaaaaaaaaaa",
    "arn:aws:events:us-east-1:000000000000:connection/a/a",
    "arn:aws:events:us-east-1:000000000000:api-destination/a/a",
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:a",
    "https://example.test/a",
    "arn:aws:scheduler:us-east-1:000000000000:schedule-group/a",
    "arn:aws:events:us-east-1:000000000000:event-bus/a",
    "v1",
    "default",
    "arn:aws:inspector2:us-east-1:000000000000:finding/00000000000000000000000000000000",
    "CVE-2024-1",
    "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012",
    "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/0123456789",
    "a.b.c",
    "fs-0123abcd0123abcd0",
    "fsap-0123abcd0123abcd0",
    "fsmt-0123abcd0123abcd0",
    "sg-0123abcd",
    "subnet-0123abcd",
    "/a",
    "0755",
    "10.0.0.9",
    "us-east-1a",
];

/// Values for what the model leaves open and the service's own checks do not.
const PARTICULAR: &[(&str, &str, &str)] = &[
    (
        "ecr",
        "Arn",
        "arn:aws:ecr:us-east-1:000000000000:repository/a",
    ),
    (
        "ecr-public",
        "Arn",
        "arn:aws:ecr-public::000000000000:repository/a",
    ),
];

/// How deep structures are followed: a shape may require itself.
const MAX_DEPTH: usize = 12;

/// Values by the names of members, which go before what constraints ask for; beside required members
/// those of the first level that are in `also` are given too.
#[derive(Default)]
pub struct Given<'a> {
    pub values: BTreeMap<&'static str, String>,
    pub also: &'a [&'static str],
}

/// The input as JSON.
pub fn json(schema: &ServiceSchema, operation: &OperationSchema) -> Value {
    json_of(schema, operation, &Given::default())
}

/// The same with particular values.
pub fn json_of(schema: &ServiceSchema, operation: &OperationSchema, given: &Given<'_>) -> Value {
    match operation.input {
        Some(shape) => value(schema, schema.shape(shape), given, 0),
        None => json!({}),
    }
}

/// The input as the parameters of a form: `&Name=value&…`
pub fn form(schema: &ServiceSchema, operation: &OperationSchema) -> String {
    form_of(schema, operation, &json(schema, operation))
}

/// The same of an input that is there already.
pub fn form_of(schema: &ServiceSchema, operation: &OperationSchema, input: &Value) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    if let Some(shape) = operation.input {
        let mut pairs = Vec::new();
        flatten(schema, shape, false, input, String::new(), &mut pairs);
        for (name, value) in pairs {
            out.append_pair(&name, &value);
        }
    }
    let text = out.finish();
    if text.is_empty() {
        text
    } else {
        format!("&{text}")
    }
}

fn value(schema: &ServiceSchema, shape: &Shape, given: &Given<'_>, depth: usize) -> Value {
    assert!(depth < MAX_DEPTH, "{} requires itself", shape.name);
    let at_least = |least: f64| {
        if shape.min.is_finite() {
            shape.min.max(least)
        } else {
            least
        }
    };
    let own = |it: &&(&str, &str, &str)| (it.0, it.1) == (schema.name, shape.name);
    if let Some((.., text)) = PARTICULAR.iter().find(own) {
        return json!(text);
    }
    match &shape.kind {
        Kind::Structure { members } => {
            let is_plain = |shape: ShapeIndex| {
                let kind = &schema.shape(shape).kind;
                matches!(kind, Kind::String { .. } | Kind::Integer | Kind::Boolean)
            };
            let is_asked = |name: &str| depth == 0 && given.also.contains(&name);
            let mut filled: Vec<_> = members
                .iter()
                .filter(|member| member.required || is_asked(member.name))
                .collect();
            // An empty structure does not show in a form.
            if filled.is_empty() && depth > 0 {
                let plain = members.iter().find(|member| is_plain(member.shape));
                // None that is made of what it is in.
                let is_same = |at: ShapeIndex| schema.shape(at).name == shape.name;
                let leads_on = |member: &&Member| match &schema.shape(member.shape).kind {
                    Kind::List { member, .. } => !is_same(*member),
                    _ => !is_same(member.shape),
                };
                filled.extend(plain.or_else(|| members.iter().find(leads_on)));
            }
            let filled = filled.into_iter().map(|member| {
                if let Some(named) = named(schema, member, given) {
                    return (member.name.to_owned(), named);
                }
                let inner = value(schema, schema.shape(member.shape), given, depth + 1);
                (member.name.to_owned(), inner)
            });
            Value::Object(filled.collect::<Map<_, _>>())
        }
        // An empty list is no list at all in a form.
        Kind::List { member, .. } => {
            let one = value(schema, schema.shape(*member), given, depth + 1);
            Value::Array(vec![one; at_least(1.0) as usize])
        }
        Kind::Map {
            key, value: inner, ..
        } => {
            let name = value(schema, schema.shape(*key), given, depth + 1);
            let inner = value(schema, schema.shape(*inner), given, depth + 1);
            json!({ name.as_str().expect("keys are strings"): inner })
        }
        Kind::String { values, .. } if !values.is_empty() => json!(values[0]),
        Kind::String { pattern, .. } => {
            let long_enough = |text: &str| {
                let missing = (at_least(1.0) as usize).saturating_sub(text.chars().count());
                format!("{text}{}", "a".repeat(missing))
            };
            let fits = |text: &String| {
                let length = text.chars().count() as f64;
                length <= shape.max && pattern.as_ref().is_none_or(|it| it.matches(text))
            };
            let found = CANDIDATES.iter().map(|text| long_enough(text)).find(fits);
            json!(found.unwrap_or_else(|| {
                let source = pattern.as_ref().map(|it| it.source);
                panic!("no value for {} of {}: {source:?}", shape.name, schema.name)
            }))
        }
        Kind::Boolean => json!(true),
        Kind::Integer | Kind::Long => json!(at_least(1.0) as i64),
        Kind::Float | Kind::Double => json!(at_least(1.0)),
        Kind::Timestamp(_) => match schema.protocol {
            Protocol::Json { .. } | Protocol::Cbor | Protocol::RestJson => json!(1_700_000_000),
            _ => json!("2026-01-01T00:00:00Z"),
        },
        // Three bytes in each four letters.
        Kind::Blob => json!("YWFh".repeat((at_least(1.0) as usize).div_ceil(3))),
        Kind::Document => json!({}),
    }
}

/// The value that was given for a member, if it is a string or a list of them.
fn named(schema: &ServiceSchema, member: &Member, given: &Given<'_>) -> Option<Value> {
    let text = given.values.get(member.name)?;
    match &schema.shape(member.shape).kind {
        Kind::String { .. } => Some(json!(text)),
        Kind::List { member, .. } => {
            let is_text = matches!(schema.shape(*member).kind, Kind::String { .. });
            is_text.then(|| json!([text]))
        }
        _ => None,
    }
}

/// The parameters of a value, named as the query protocols do.
fn flatten(
    schema: &ServiceSchema,
    shape: ShapeIndex,
    flat: bool,
    value: &Value,
    path: String,
    out: &mut Vec<(String, String)>,
) {
    let ec2 = schema.protocol == Protocol::Ec2;
    let below = |path: &str, name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (&schema.shape(shape).kind, value) {
        (Kind::Structure { members }, Value::Object(given)) => {
            for member in *members {
                if let Some(inner) = given.get(member.name) {
                    let path = below(&path, member.query_name);
                    flatten(schema, member.shape, member.flattened, inner, path, out);
                }
            }
        }
        (
            Kind::List {
                member,
                member_name,
                flattened,
            },
            Value::Array(list),
        ) => {
            for (index, inner) in list.iter().enumerate() {
                let number = (index + 1).to_string();
                let path = if ec2 || flat || *flattened {
                    below(&path, &number)
                } else {
                    format!("{path}.{member_name}.{number}")
                };
                flatten(schema, *member, false, inner, path, out);
            }
        }
        (
            Kind::Map {
                value: inner,
                key_name,
                value_name,
                ..
            },
            Value::Object(map),
        ) => {
            for (index, (key, value)) in map.iter().enumerate() {
                let entry = format!("{path}.entry.{}", index + 1);
                out.push((format!("{entry}.{key_name}"), key.clone()));
                let path = format!("{entry}.{value_name}");
                flatten(schema, *inner, false, value, path, out);
            }
        }
        (_, Value::String(text)) => out.push((path, text.clone())),
        (_, other) => out.push((path, other.to_string())),
    }
}
