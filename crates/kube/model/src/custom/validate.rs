//! A custom resource against its schema: types and values, in the words of upstream's validator.

use super::pattern::compile;
use crate::Resource;
use crate::field::{ErrorKind, Errors, Path, go_json};
use regex::Regex;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::HashMap;

/// Patterns of one version: each takes memory for as long as the definition is there.
const MAX_PATTERNS: usize = 500;
/// Steps that a further one takes, which is compiled each time: milliseconds, where a value takes a microsecond.
const COMPILING: usize = 2_000;

/// A schema's regular expressions, compiled once.
#[derive(Debug, Clone, Default)]
pub struct Patterns(HashMap<String, Regex>);

impl Patterns {
    pub fn of(schema: &Value) -> Self {
        let mut patterns = Self::default();
        patterns.collect(schema);
        patterns
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(pattern)) = object.get("pattern")
                    && self.0.len() < MAX_PATTERNS
                    && !self.0.contains_key(pattern)
                    && let Ok(compiled) = compile(pattern)
                {
                    self.0.insert(pattern.clone(), compiled);
                }
                object.values().for_each(|value| self.collect(value));
            }
            Value::Array(list) => list.iter().for_each(|value| self.collect(value)),
            _ => {}
        }
    }
}

/// Values compared with schemas for one object: a list of a hundred thousand items against a thousand alternatives is no more than
/// a megabyte each to send.
pub const MAX_STEPS: usize = 1_000_000;

/// A walk over one object.
pub struct Walk<'a> {
    patterns: &'a Patterns,
    steps_left: Cell<usize>,
    /// Where the value is that is compared, in what it is part of: its own fields are told from there on.
    base: String,
}

impl<'a> Walk<'a> {
    pub fn new(patterns: &'a Patterns, steps: usize) -> Self {
        Self {
            patterns,
            steps_left: Cell::new(steps),
            base: String::new(),
        }
    }

    pub fn below(self, path: &Path<'_>) -> Self {
        Self {
            base: path.to_string(),
            ..self
        }
    }

    /// A field as texts name it.
    fn shown(&self, path: &Path<'_>) -> String {
        let full = path.to_string();
        let own = full.strip_prefix(&self.base).unwrap_or(&full);
        own.trim_start_matches('.').to_owned()
    }

    /// Of several schemas none or too many fit: which field that is, upstream says in the text alone.
    pub fn misfits(&self, path: &Path<'_>, why: &str, errors: &mut Errors) {
        let shown = crate::field::quoted(&self.shown(path));
        let field = match self.base.as_str() {
            "" => "<nil>",
            base => base,
        };
        errors.invalid(&Path::root(field), "", format!("{shown} {why}"));
    }

    /// Whether there is one more.
    fn step(&self) -> bool {
        self.steps(1)
    }

    fn steps(&self, many: usize) -> bool {
        let left = self.steps_left.get();
        self.steps_left.set(left.saturating_sub(many));
        left >= many
    }

    /// Whether a text matches a pattern; `None` where that takes more steps than there are.
    fn is_match(&self, pattern: &str, text: &str) -> Option<bool> {
        if let Some(compiled) = self.patterns.0.get(pattern) {
            return Some(compiled.is_match(text));
        }
        let matched = || compile(pattern).is_ok_and(|compiled| compiled.is_match(text));
        self.steps(COMPILING).then(matched)
    }

    fn too_large(path: &Path<'_>, errors: &mut Errors) {
        errors.forbidden(
            path,
            "the object and its schema are too large to be compared",
        );
    }
}

/// What is wrong with an object of a custom resource by its schema. Of others nothing: their types were checked as they came.
pub fn validate(resource: &Resource, object: &Value, errors: &mut Errors) {
    let (Some(custom), Some(object)) = (&resource.custom, object.as_object()) else {
        return;
    };
    let schema = &custom.schema;
    let walk = Walk::new(&custom.patterns, MAX_STEPS);
    for name in texts(schema, "required") {
        if !object.contains_key(name) {
            errors.required(&Path::root(name), "");
        }
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(member) = object
            .get(name)
            .filter(|_| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"))
        {
            value(property, member, &Path::root(name), &walk, errors);
        }
    }
}

fn texts<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    schema
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value against a schema; used for defaults in schemas too.
pub fn value(schema: &Value, found: &Value, path: &Path<'_>, walk: &Walk<'_>, errors: &mut Errors) {
    if errors.full() {
        return;
    }
    if !walk.step() {
        return Walk::too_large(path, errors);
    }
    if found.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
        return;
    }
    let wanted = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is = kind_of(found);
    let either = schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
    let fits = match wanted {
        _ if either => matches!(is, "integer" | "string"),
        "" => true,
        "number" => matches!(is, "integer" | "number"),
        "integer" => is == "integer" || found.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => is == other,
    };
    if !fits {
        let wanted = if either { "integer,string" } else { wanted };
        let shown = walk.shown(path);
        let detail = format!(
            "{shown} in body must be of type {wanted}: {}",
            go_json(&Value::from(is))
        );
        // The validator shows the type it found, not the value.
        errors.push(ErrorKind::TypeInvalid, path, Value::from(is), detail);
        return;
    }
    let allowed = schema.get("enum").and_then(Value::as_array);
    if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(found)) {
        let shown: Vec<String> = allowed
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
        errors.not_supported(path, found.clone(), &shown);
    }
    match found {
        Value::String(text) => check_text(schema, text, path, walk, errors),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            check_number(schema, number, found, path, walk, errors);
        }
        Value::Array(list) => check_list(schema, list, path, walk, errors),
        Value::Object(object) => check_object(schema, object, path, walk, errors),
        _ => {}
    }
    super::composed::check(schema, found, path, walk, errors);
}

fn limit(schema: &Value, name: &str) -> Option<usize> {
    schema
        .get(name)
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
}

fn check_text(schema: &Value, text: &str, path: &Path<'_>, walk: &Walk<'_>, errors: &mut Errors) {
    let length = text.chars().count();
    let pattern = schema.get("pattern").and_then(Value::as_str);
    // Of these the first fault alone is told.
    if let Some(most) = limit(schema, "maxLength").filter(|most| length > *most) {
        errors.too_long(path, most);
    } else if let Some(least) = limit(schema, "minLength").filter(|least| length < *least) {
        let shown = walk.shown(path);
        let why = format!("{shown} in body should be at least {least} chars long");
        errors.invalid(path, text, why);
    } else if let Some(pattern) = pattern {
        match walk.is_match(pattern, text) {
            Some(true) => {}
            Some(false) => {
                let shown = walk.shown(path);
                let why = format!("{shown} in body should match '{pattern}'");
                errors.invalid(path, text, why);
            }
            None => Walk::too_large(path, errors),
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !super::format::fits(format, text)
    {
        errors.invalid(
            path,
            text,
            format!(
                "{} in body must be of type {format}: {}",
                walk.shown(path),
                go_json(&Value::from(text))
            ),
        );
    }
}

fn check_number(
    schema: &Value,
    number: f64,
    found: &Value,
    path: &Path<'_>,
    walk: &Walk<'_>,
    errors: &mut Errors,
) {
    let named = || walk.shown(path);
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let exclusive = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let shown = |name: &str| {
        schema
            .get(name)
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    if let Some(most) = bound("maximum") {
        let beyond = exclusive("exclusiveMaximum");
        if number > most || beyond && number >= most {
            let or_equal = if beyond { "" } else { " or equal to" };
            let detail = format!(
                "{} in body should be less than{or_equal} {}",
                named(),
                shown("maximum")
            );
            errors.invalid(path, found.clone(), detail);
        }
    }
    if let Some(least) = bound("minimum") {
        let beyond = exclusive("exclusiveMinimum");
        if number < least || beyond && number <= least {
            let or_equal = if beyond { "" } else { " or equal to" };
            let detail = format!(
                "{} in body should be greater than{or_equal} {}",
                named(),
                shown("minimum")
            );
            errors.invalid(path, found.clone(), detail);
        }
    }
    if let Some(factor) = bound("multipleOf").filter(|factor| *factor > 0.0)
        && (number / factor).fract() != 0.0
    {
        errors.invalid(
            path,
            found.clone(),
            format!(
                "{} in body should be a multiple of {}",
                named(),
                shown("multipleOf")
            ),
        );
    }
    let fits = match schema.get("format").and_then(Value::as_str) {
        Some("int32") => found
            .as_i64()
            .is_none_or(|number| i32::try_from(number).is_ok()),
        _ => true,
    };
    if !fits {
        errors.invalid(
            path,
            found.clone(),
            format!("{} in body must be of type int32: {found}", named()),
        );
    }
}

fn check_list(
    schema: &Value,
    list: &[Value],
    path: &Path<'_>,
    walk: &Walk<'_>,
    errors: &mut Errors,
) {
    if let Some(most) = limit(schema, "maxItems").filter(|most| list.len() > *most) {
        errors.too_many(path, list.len(), most);
    }
    if let Some(least) = limit(schema, "minItems").filter(|least| list.len() < *least) {
        errors.invalid(
            path,
            list.len(),
            format!(
                "{} in body should have at least {least} items",
                walk.shown(path)
            ),
        );
    }
    if let Some(items) = schema.get("items").filter(|items| items.is_object()) {
        for (index, item) in list.iter().enumerate() {
            value(items, item, &path.index(index), walk, errors);
        }
    }
    unique(schema, list, path, errors);
}

/// Lists of type set and map hold each item once.
fn unique(schema: &Value, list: &[Value], path: &Path<'_>, errors: &mut Errors) {
    let keys: Vec<&str> = texts(schema, "x-kubernetes-list-map-keys").collect();
    let kind = schema.get("x-kubernetes-list-type").and_then(Value::as_str);
    if !matches!(kind, Some("set" | "map")) {
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for (index, item) in list.iter().enumerate() {
        let shown = if kind == Some("set") {
            item.clone()
        } else {
            let default = |key: &str| schema["items"]["properties"][key]["default"].clone();
            let key = |key: &&str| {
                (
                    (*key).to_owned(),
                    item.get(*key).cloned().unwrap_or_else(|| default(key)),
                )
            };
            Value::Object(
                keys.iter()
                    .map(key)
                    .filter(|(_, value)| !value.is_null())
                    .collect::<Map<_, _>>(),
            )
        };
        if !seen.insert(shown.to_string()) {
            errors.duplicate(&path.index(index), shown);
        }
    }
}

fn check_object(
    schema: &Value,
    object: &Map<String, Value>,
    path: &Path<'_>,
    walk: &Walk<'_>,
    errors: &mut Errors,
) {
    for name in texts(schema, "required").filter(|name| !object.contains_key(*name)) {
        errors.required(&path.child(name), "");
    }
    if let Some(most) = limit(schema, "maxProperties").filter(|most| object.len() > *most) {
        errors.too_many(path, object.len(), most);
    }
    if let Some(least) = limit(schema, "minProperties").filter(|least| object.len() < *least) {
        let shown = Value::Object(object.clone());
        errors.invalid(
            path,
            shown,
            format!(
                "{} in body should have at least {least} properties",
                walk.shown(path)
            ),
        );
    }
    if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        super::embedded::object(object, path, errors);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties");
    let is_closed = others == Some(&Value::Bool(false));
    let others = others.filter(|values| values.is_object());
    for (name, member) in object {
        if let Some(property) = properties.and_then(|properties| properties.get(name)) {
            value(property, member, &path.child(name), walk, errors);
        } else if let Some(others) = others {
            value(others, member, &path.child(name), walk, errors);
        } else if is_closed {
            let at = path.child(name);
            let why = format!("{} in body is a forbidden property", walk.shown(&at));
            errors.invalid(path, name.as_str(), why);
        }
    }
}
