//! What decoding into upstream's Go types does to an object, told by its schema alone.
//!
//! Go's decoder drops fields it does not know, takes null for absent and complains about wrong types; its encoder leaves out empty
//! fields marked so and writes all others. Clients rely on both: `status: {}` of a new object, no `paused: false`.

use crate::codec::json::{Path, shortened};
use crate::duration;
use crate::field::quoted;
use crate::quantity::Quantity;
use crate::schema::{Field, Kind, Node};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// Unknown fields told of one object.
const MAX_UNKNOWN: usize = 100;
/// Bytes of text after which one object gets no more defaults: with as many it is larger than an object may be.
const MAX_DEFAULTS: usize = 1 << 20;

/// What was found in an object on the way, in upstream's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `unknown field "spec.foo"`
    pub unknown: Vec<String>,
}

/// A value of the wrong type, as Go's JSON decoder words it (`json: cannot unmarshal string into Go struct field …`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeError {
    pub message: String,
}

/// Makes an object what upstream would have stored: unknown fields and nulls leave, so do zero values of fields that are not
/// written when empty; fields that always are written come in (`status: {}`); quantities and times get their canonical form.
/// Of a custom resource, unknown fields leave and defaults come in; what is of the wrong type is for validation to tell.
pub fn conform(node: Node<'_>, object: &mut Value) -> Result<Report, TypeError> {
    let mut walk = Walk {
        report: Report::default(),
        owner: "",
        defaults: MAX_DEFAULTS,
    };
    walk.value(node, object, Path::Root)?;
    Ok(walk.report)
}

/// An object of a resource, built-in or custom.
pub fn object(resource: &crate::Resource, object: &mut Value) -> Result<Report, TypeError> {
    conform(resource.schema.root(), object)
}

struct Walk<'a> {
    report: Report,
    /// The struct whose fields are read, for Go's error text.
    owner: &'a str,
    /// How much may still be added by defaults.
    defaults: usize,
}

impl<'a> Walk<'a> {
    /// Tells whether the value is Go's zero value.
    fn value(
        &mut self,
        node: Node<'a>,
        value: &mut Value,
        path: Path<'_>,
    ) -> Result<bool, TypeError> {
        if !node.go() {
            self.custom(node, value, path)?;
            return Ok(false);
        }
        match (node.kind(), &mut *value) {
            (Kind::Struct, Value::Object(object)) => {
                let (made, zero) = self.object(node, std::mem::take(object), path)?;
                *object = made;
                return Ok(zero);
            }
            (Kind::Struct, Value::Null) => {
                let (made, zero) = self.object(node, Map::new(), path)?;
                *value = Value::Object(made);
                return Ok(zero);
            }
            (Kind::List, Value::Array(list)) => {
                let Some(item) = node.item() else {
                    return Ok(false);
                };
                for (index, value) in list.iter_mut().enumerate() {
                    self.value(item, value, Path::Item(&path, index))?;
                }
                return Ok(list.is_empty());
            }
            (Kind::Map, Value::Object(map)) => {
                let Some(item) = node.item() else {
                    return Ok(false);
                };
                for (name, value) in map.iter_mut() {
                    self.value(item, value, Path::Key(&path, name))?;
                }
                map.sort_keys();
                return Ok(map.is_empty());
            }
            (
                Kind::Any
                | Kind::FieldsV1
                | Kind::SchemaOrArray
                | Kind::SchemaOrBool
                | Kind::SchemaOrStrings,
                _,
            )
            | (Kind::RawExtension, _)
            | (Kind::List | Kind::Map, Value::Null) => return Ok(value.is_null()),
            _ => {}
        }
        self.scalar(node, value, path)
    }

    fn scalar(
        &mut self,
        node: Node<'a>,
        value: &mut Value,
        path: Path<'_>,
    ) -> Result<bool, TypeError> {
        let wrong = |walk: &Self, value: &Value| Err(walk.wrong(node, value, path));
        Ok(match (node.kind(), &mut *value) {
            (Kind::Bool, Value::Bool(set)) => !*set,
            (Kind::String, Value::String(text)) => text.is_empty(),
            (Kind::Int32, Value::Number(number)) => match number.as_i64().map(i32::try_from) {
                Some(Ok(number)) => number == 0,
                _ => return wrong(self, value),
            },
            (Kind::Int64, Value::Number(number)) => match number.as_i64() {
                Some(number) => number == 0,
                None => return wrong(self, value),
            },
            (Kind::Double, Value::Number(number)) => number.as_f64() == Some(0.0),
            (Kind::Bytes, Value::String(text)) => {
                // Go reads past line breaks; what is stored has none.
                text.retain(|c| c != '\n' && c != '\r');
                if let Err(error) = BASE64.decode(text.as_bytes()) {
                    return Err(TypeError {
                        message: base64_text(&error),
                    });
                }
                text.is_empty()
            }
            (Kind::Time | Kind::MicroTime, Value::String(text)) => {
                *text = time(node.kind(), text)?;
                false
            }
            (Kind::Duration, Value::String(text)) => {
                let nanos = duration::nanos(text).ok_or_else(|| TypeError {
                    message: format!("time: invalid duration {}", quoted(text)),
                })?;
                *text = duration::text(nanos);
                false
            }
            (Kind::Quantity, Value::String(_) | Value::Number(_)) => {
                let quantity = Quantity::of(value).map_err(|error| TypeError {
                    message: error.to_string(),
                })?;
                *value = Value::from(quantity.to_string());
                false
            }
            (Kind::IntOrString, Value::String(_)) => false,
            (Kind::IntOrString, Value::Number(number)) => {
                match number.as_i64().map(i32::try_from) {
                    Some(Ok(number)) => number == 0,
                    _ => return wrong(self, value),
                }
            }
            (kind, Value::Null) => {
                *value = zero(kind);
                true
            }
            _ => return wrong(self, value),
        })
    }

    /// A custom resource's value: unknown fields leave, as do nulls that may not be, and defaults come in. Wrong types stay: validation
    /// tells of them.
    fn custom(
        &mut self,
        node: Node<'a>,
        value: &mut Value,
        path: Path<'_>,
    ) -> Result<(), TypeError> {
        match (node.kind(), value) {
            (Kind::Struct, Value::Object(object)) => {
                if !node.preserves_unknown() {
                    object.retain(|name, _| {
                        let known = node.field(name).is_some();
                        if !known && self.report.unknown.len() < MAX_UNKNOWN {
                            self.report.unknown.push(format!(
                                "unknown field \"{}\"",
                                shortened(Path::Field(&path, name).to_string())
                            ));
                        }
                        known
                    });
                }
                object.retain(|name, value| {
                    !value.is_null()
                        || node.field(name).is_none_or(|field| {
                            may_be_null(field.node()) || field.default().is_some()
                        })
                });
                for field in node.fields() {
                    let (name, inner) = (field.name(), field.node());
                    if let Some(default) = field.default() {
                        let absent = object
                            .get(name)
                            .is_none_or(|value| value.is_null() && !inner.nullable());
                        if absent && let Some(value) = self.defaulted(default) {
                            object.insert(name.to_owned(), value);
                        }
                    }
                    if let Some(value) = object
                        .get_mut(name)
                        .filter(|value| !value.is_null() || !inner.go())
                    {
                        self.value(inner, value, Path::Field(&path, name))?;
                    }
                }
            }
            (Kind::Map, Value::Object(map)) => {
                let Some(item) = node.item() else {
                    return Ok(());
                };
                let has_default = item.default().is_some();
                map.retain(|_, value| !value.is_null() || may_be_null(item) || has_default);
                for (name, value) in map.iter_mut() {
                    self.instead_of_null(item, value);
                    self.value(item, value, Path::Key(&path, name))?;
                }
            }
            (Kind::List, Value::Array(list)) => {
                let Some(item) = node.item() else {
                    return Ok(());
                };
                for (index, value) in list.iter_mut().enumerate() {
                    self.instead_of_null(item, value);
                    self.value(item, value, Path::Item(&path, index))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An item that may not be null is what its schema says it is by default.
    fn instead_of_null(&mut self, item: Node<'a>, value: &mut Value) {
        if value.is_null()
            && !may_be_null(item)
            && let Some(default) = item.default()
            && let Some(default) = self.defaulted(default)
        {
            *value = default;
        }
    }

    /// A default, as long as there are not too many of them: a short object may ask for a large one time and again.
    fn defaulted(&mut self, default: &Value) -> Option<Value> {
        if self.defaults == 0 {
            return None;
        }
        self.defaults = self.defaults.saturating_sub(least_bytes(default));
        Some(default.clone())
    }

    /// The struct's fields in Go's order.
    fn object(
        &mut self,
        node: Node<'a>,
        mut from: Map<String, Value>,
        path: Path<'_>,
    ) -> Result<(Map<String, Value>, bool), TypeError> {
        let (mut made, mut all_zero) = (Map::new(), true);
        let outer = std::mem::replace(&mut self.owner, node.name());
        for field in node.json_fields() {
            let given = from
                .get_mut(field.name())
                .map(Value::take)
                .filter(|value| !value.is_null());
            if let Some((value, zero)) = self.field(field, given, path)? {
                all_zero &= zero;
                made.insert(field.name().to_owned(), value);
            }
        }
        self.owner = outer;
        let unknown = from.keys().filter(|name| node.field(name).is_none());
        for name in unknown.take(MAX_UNKNOWN.saturating_sub(self.report.unknown.len())) {
            self.report.unknown.push(format!(
                "unknown field \"{}\"",
                shortened(Path::Field(&path, name).to_string())
            ));
        }
        Ok((made, all_zero))
    }

    /// What is written of a field, and whether it is Go's zero value.
    fn field(
        &mut self,
        field: Field<'a>,
        given: Option<Value>,
        path: Path<'_>,
    ) -> Result<Option<(Value, bool)>, TypeError> {
        let node = field.node();
        let path = Path::Field(&path, field.name());
        let Some(mut value) = given else {
            if field.pointer() {
                return Ok((!field.omit_empty()).then_some((Value::Null, true)));
            }
            // Structs, times, quantities are never empty to Go.
            let scalar = matches!(
                node.kind(),
                Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Double | Kind::String
            );
            if scalar && field.omit_empty() || field.omit_zero() {
                return Ok(None);
            }
            let mut value = zero(node.kind());
            if node.kind() == Kind::Struct {
                self.value(node, &mut value, path)?;
            }
            return Ok(Some((value, true)));
        };
        let zero = self.value(node, &mut value, path)?;
        let empty = match node.kind() {
            Kind::List | Kind::Map | Kind::Bytes => zero,
            Kind::Bool | Kind::Int32 | Kind::Int64 | Kind::Double | Kind::String => {
                zero && !field.pointer()
            }
            _ => false,
        };
        let is_told = value.is_array() && means_none(node);
        if empty && field.omit_empty() && !is_told || zero && field.omit_zero() && !field.pointer()
        {
            return Ok(None);
        }
        Ok(Some((value, zero && !field.pointer())))
    }

    fn wrong(&self, node: Node<'_>, value: &Value, path: Path<'_>) -> TypeError {
        let what = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
            Value::Number(number) if matches!(node.kind(), Kind::Int32 | Kind::Int64) => {
                format!("number {number}")
            }
            Value::Number(_) => "number".to_owned(),
        };
        let into = go_type(node);
        let owner = self.owner.rsplit('.').next().unwrap_or_default();
        let message = if owner.is_empty() {
            format!("json: cannot unmarshal {what} into Go value of type {into}")
        } else {
            let path = fields_alone(path);
            format!(
                "json: cannot unmarshal {what} into Go struct field {owner}.{path} of type {into}"
            )
        };
        TypeError { message }
    }
}

/// How many bytes the text of a value has at least.
fn least_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(least_bytes).sum::<usize>(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| name.len() + 3 + least_bytes(value));
            2 + members.sum::<usize>()
        }
    }
}

/// Whether a null is a value here. Of Go's types it is told elsewhere what a null means.
fn may_be_null(node: Node<'_>) -> bool {
    node.go() || node.nullable()
}

/// Go's paths have no positions.
fn fields_alone(path: Path<'_>) -> String {
    match path {
        Path::Root => String::new(),
        Path::Field(parent, name) => {
            let parent = fields_alone(*parent);
            if parent.is_empty() {
                name.to_owned()
            } else {
                format!("{parent}.{name}")
            }
        }
        Path::Item(parent, _) | Path::Key(parent, _) => fields_alone(*parent),
    }
}

fn go_type(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Bool => "bool".into(),
        Kind::Int32 | Kind::IntOrString => "int32".into(),
        Kind::Int64 => "int64".into(),
        Kind::Double => "float64".into(),
        Kind::Bytes => "[]uint8".into(),
        Kind::Struct => {
            let mut parts = node.name().rsplit('.');
            let name = parts.next().unwrap_or_default();
            format!("{}.{name}", parts.next().unwrap_or_default())
        }
        Kind::List => format!("[]{}", node.item().map(go_type).unwrap_or_default()),
        Kind::Map => format!(
            "map[string]{}",
            node.item().map(go_type).unwrap_or_default()
        ),
        _ => "string".into(),
    }
}

/// Go's zero value as JSON has it.
fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Int64 | Kind::Double | Kind::IntOrString => Value::from(0),
        Kind::String => Value::from(""),
        Kind::Quantity => Value::from("0"),
        Kind::Duration => Value::from("0s"),
        Kind::Struct => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

fn time(kind: Kind, text: &str) -> Result<String, TypeError> {
    let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| TypeError {
        message: format!(
            "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
        ),
    })?;
    let format = if kind == Kind::Time {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Micros
    };
    Ok(parsed.with_timezone(&Utc).to_rfc3339_opts(format, true))
}

fn base64_text(error: &base64::DecodeError) -> String {
    let at = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLength(at) => *at,
        base64::DecodeError::InvalidLastSymbol { offset, .. } => *offset,
        base64::DecodeError::InvalidPadding => 0,
    };
    format!("illegal base64 data at input byte {at}")
}

/// Of lists that say something else when they are empty than when they are not there, and stay for who looks at them: an autoscaler's
/// rule has no policies then, where another gets the default ones, and owners of fields are forgotten.
const TOLD_EMPTY: [&str; 2] = [
    "io.k8s.api.autoscaling.v2.HPAScalingPolicy",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
];

fn means_none(list: Node<'_>) -> bool {
    let item = list.item().filter(|_| list.kind() == Kind::List);
    item.is_some_and(|it| TOLD_EMPTY.contains(&it.name()))
}

#[cfg(test)]
mod tests;
