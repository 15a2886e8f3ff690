//! The shapes of a model as tables.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use wharf_wire::schema::{
    Kind, Location, MAX_BODY, Member, Pattern, Shape, ShapeIndex, TimestampFormat,
};

use crate::{Object, leaked, metadata::Metadata, texts};

/// Of a body that passes piece by piece: S3's largest object in one request.
const MAX_STREAM: u64 = 5 << 30;
/// What a body has beside its bytes.
const REST_OF_BODY: u64 = 64 << 10;

pub struct Shapes<'a> {
    pub service: &'a str,
    /// Names of members in requests are EC2's.
    ec2: bool,
    shapes: &'a Object,
    indices: HashMap<&'a str, ShapeIndex>,
}

impl<'a> Shapes<'a> {
    pub fn new(model: &'a Value, metadata: &Metadata<'a>) -> Result<Self> {
        let shapes = model["shapes"].as_object().context("shapes")?;
        let mut names: Vec<&str> = shapes.keys().map(String::as_str).collect();
        if !names.is_sorted() {
            names.sort_unstable();
            bail!("the shapes are not sorted by name");
        }
        let numbered = names.into_iter().enumerate();
        Ok(Self {
            service: metadata.name,
            ec2: metadata.text("protocol") == "ec2",
            shapes,
            indices: numbered
                .map(|(index, name)| Ok((name, ShapeIndex::try_from(index)?)))
                .collect::<Result<_>>()?,
        })
    }

    pub fn index(&self, name: &str) -> Result<ShapeIndex> {
        let found = self.indices.get(name).copied();
        found.with_context(|| format!("there is no shape {name:?}"))
    }

    pub fn all(&self) -> Result<&'static [Shape]> {
        let shape = |(name, shape): (&String, &Value)| {
            Ok(Shape {
                name: leaked(name.as_str()),
                kind: self.kind(shape).with_context(|| format!("shape {name}"))?,
                min: shape["min"].as_f64().unwrap_or(f64::NEG_INFINITY),
                max: shape["max"].as_f64().unwrap_or(f64::INFINITY),
            })
        };
        let all = self.shapes.iter().map(shape).collect::<Result<Vec<_>>>()?;
        Ok(all.leak())
    }

    /// The largest body that an input of this shape comes in, by what it has of bytes and long texts: bytes of a JSON
    /// or query request are in base 64, and of a text a quarter may be escapes.
    pub fn max_body(&self, input: &Value) -> u64 {
        let name = input.as_str().or_else(|| input["shape"].as_str());
        let shape = name.map_or(&Value::Null, |it| &self.shapes[it]);
        let members = shape["members"].as_object().into_iter().flatten();
        let mut largest = MAX_BODY;
        for (_, member) in members {
            let target = &self.shapes[member["shape"].as_str().unwrap_or_default()];
            let most = target["max"].as_u64().unwrap_or(0);
            let encoded = match target["type"].as_str() {
                Some("blob") => most.div_ceil(3) * 4,
                Some("string") => most.saturating_add(most / 4),
                _ => continue,
            };
            if is(member, "streaming") || is(target, "streaming") {
                return MAX_STREAM;
            }
            largest = largest.max(
                encoded
                    .saturating_add(REST_OF_BODY)
                    .next_multiple_of(1 << 20),
            );
        }
        largest
    }

    fn referred(&self, reference: &Value) -> Result<ShapeIndex> {
        self.index(reference["shape"].as_str().unwrap_or_default())
    }

    fn kind(&self, shape: &Value) -> Result<Kind> {
        let flattened = is(shape, "flattened");
        Ok(match shape["type"].as_str().unwrap_or_default() {
            "structure" if is(shape, "document") => Kind::Document,
            "structure" => Kind::Structure {
                members: self.members(shape)?,
            },
            "list" => Kind::List {
                member: self.referred(&shape["member"])?,
                member_name: named(&shape["member"], "member"),
                flattened,
            },
            "map" => Kind::Map {
                key: self.referred(&shape["key"])?,
                value: self.referred(&shape["value"])?,
                key_name: named(&shape["key"], "key"),
                value_name: named(&shape["value"], "value"),
                flattened,
            },
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "blob" => Kind::Blob,
            "timestamp" => Kind::Timestamp(timestamp_format(shape)?),
            "string" => string(shape),
            other => bail!("type {other:?} is not known"),
        })
    }

    fn members(&self, shape: &Value) -> Result<&'static [Member]> {
        let required: Vec<_> = texts(&shape["required"]).collect();
        let mut members = Vec::new();
        for (name, reference) in shape["members"].as_object().into_iter().flatten() {
            let target = &self.shapes[reference["shape"].as_str().context("shape")?];
            let is_payload = shape["payload"].as_str() == Some(name);
            members.push(Member {
                name: leaked(name.as_str()),
                location_name: named(reference, name),
                query_name: self.query_name(name, reference),
                shape: self.referred(reference)?,
                location: match is_payload {
                    true => Location::Payload,
                    false => location(reference)?,
                },
                required: required.contains(&name.as_str()),
                flattened: is(reference, "flattened"),
                attribute: is(reference, "xmlAttribute"),
                sensitive: is(reference, "sensitive") || is(target, "sensitive"),
                streaming: is(reference, "streaming") || is(target, "streaming"),
                events: is(target, "eventstream"),
            });
        }
        Ok(members.leak())
    }

    fn query_name(&self, name: &str, reference: &Value) -> &'static str {
        if let Some(name) = reference["queryName"].as_str() {
            return leaked(name);
        }
        let name = reference["locationName"].as_str().unwrap_or(name);
        let first = name.chars().next().filter(|_| {
            // EC2 capitalises what it renames.
            self.ec2 && reference["locationName"].is_string()
        });
        match first {
            Some(first) => leaked(format!(
                "{}{}",
                first.to_ascii_uppercase(),
                &name[first.len_utf8()..]
            )),
            None => leaked(name),
        }
    }
}

fn is(value: &Value, key: &str) -> bool {
    value[key] == Value::Bool(true)
}

fn named(reference: &Value, otherwise: &str) -> &'static str {
    leaked(reference["locationName"].as_str().unwrap_or(otherwise))
}

fn location(reference: &Value) -> Result<Location> {
    Ok(match reference["location"].as_str() {
        None => Location::Body,
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::Status,
        Some(other) => bail!("location {other} is not known"),
    })
}

fn timestamp_format(shape: &Value) -> Result<Option<TimestampFormat>> {
    Ok(match shape["timestampFormat"].as_str() {
        None => None,
        Some("unixTimestamp") => Some(TimestampFormat::EpochSeconds),
        Some("iso8601") => Some(TimestampFormat::Iso8601),
        Some("rfc822") => Some(TimestampFormat::HttpDate),
        Some(other) => bail!("timestamp format {other} is not known"),
    })
}

fn string(shape: &Value) -> Kind {
    let pattern = shape["pattern"].as_str();
    let pattern = pattern.map(|source| Pattern::new(leaked(source), leaked(dialect(source))));
    let values: Vec<_> = texts(&shape["enum"]).collect();
    Kind::String {
        pattern,
        values: values.leak(),
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
