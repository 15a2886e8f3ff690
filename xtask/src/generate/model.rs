//! A model file, read into what the writers need.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use wharf_wire::schema::{Protocol, ServiceSchema};

pub struct Model {
    pub name: String,
    pub full_name: String,
    pub api_version: String,
    pub schema: &'static ServiceSchema,
    pub operations: Vec<Operation>,
    /// All shapes in the model's order.
    pub shapes: Map<String, Value>,
    /// Structures that contain themselves without a list or map between.
    boxed: BTreeSet<(String, String)>,
}

pub struct Operation {
    pub name: String,
    pub input: Option<String>,
    pub output: Option<String>,
    /// The union of events that the output streams, and nothing beside it.
    pub events: Option<String>,
}

impl Model {
    pub fn read(path: &Path) -> Result<Self> {
        let root = wharf_model::read(path)?;
        let schema = wharf_model::schema(&root)?;
        let metadata = &root["metadata"];
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        let shapes = root["shapes"].as_object().context("shapes")?.clone();
        let name = root["service"].as_str().context("service")?.to_owned();
        let operations = root["operations"].as_object().context("operations")?;
        let mut operations: Vec<Operation> = operations
            .iter()
            .map(|(name, value)| operation(name, value, &shapes))
            .collect::<Result<_>>()?;
        operations.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            name,
            full_name: text("serviceFullName"),
            api_version: text("apiVersion"),
            schema,
            boxed: recursive_members(&shapes),
            operations,
            shapes,
        })
    }

    /// `Ecs`, `EcrPublic`
    pub fn trait_name(&self) -> String {
        super::names::camel(&self.name)
    }

    /// Whether the protocol has error codes beside the names of exceptions.
    pub fn has_codes(&self) -> bool {
        self.schema.protocol.is_query() || self.schema.protocol == Protocol::RestXml
    }

    pub fn shape(&self, name: &str) -> &Value {
        &self.shapes[name]
    }

    /// The structures, with their members; exceptions only where an event stream holds them.
    pub fn structures(&self) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
        let held: BTreeSet<&str> = self
            .shapes
            .values()
            .filter_map(|shape| shape["members"].as_object())
            .flat_map(|members| members.values().map(ref_name))
            .collect();
        self.shapes
            .iter()
            .filter(move |(name, shape)| {
                let exception = shape["exception"] == Value::Bool(true);
                is_structure(shape) && (!exception || held.contains(name.as_str()))
            })
            .filter_map(|(name, shape)| Some((name, shape["members"].as_object()?)))
    }

    /// The Rust type of a shape, without the `Option` around members.
    pub fn rust_type(&self, shape_name: &str) -> String {
        let shape = self.shape(shape_name);
        match shape["type"].as_str().unwrap_or_default() {
            "structure" if shape["document"] == Value::Bool(true) => {
                "wharf_wire::Document".to_owned()
            }
            "structure" => shape_name.to_owned(),
            "list" => format!("Vec<{}>", self.rust_type(ref_name(&shape["member"]))),
            "map" => format!(
                "BTreeMap<String, {}>",
                self.rust_type(ref_name(&shape["value"]))
            ),
            "boolean" => "bool".to_owned(),
            "integer" => "i32".to_owned(),
            "long" => "i64".to_owned(),
            "float" | "double" => "f64".to_owned(),
            "timestamp" => "Timestamp".to_owned(),
            "blob" => "Vec<u8>".to_owned(),
            _ => "String".to_owned(),
        }
    }

    pub fn member_type(&self, structure: &str, member: &str, reference: &Value) -> String {
        let shape = ref_name(reference);
        let streams = |it: &Value| it["streaming"] == Value::Bool(true);
        if streams(reference) || streams(self.shape(shape)) {
            return "wharf_wire::ByteStream".to_owned();
        }
        let inner = self.rust_type(shape);
        if self
            .boxed
            .contains(&(structure.to_owned(), member.to_owned()))
        {
            format!("Box<{inner}>")
        } else {
            inner
        }
    }
}

/// The shape a reference names.
pub fn ref_name(reference: &Value) -> &str {
    reference["shape"].as_str().unwrap_or_default()
}

fn is_structure(shape: &Value) -> bool {
    shape["type"] == "structure" && shape["document"] != Value::Bool(true)
}

fn operation(name: &str, value: &Value, shapes: &Map<String, Value>) -> Result<Operation> {
    let shape = |value: &Value| {
        value
            .as_str()
            .or_else(|| value["shape"].as_str())
            .map(str::to_owned)
    };
    let output = shape(&value["output"]);
    let events = match &output {
        Some(output) => events(name, &shapes[output], shapes)?,
        None => None,
    };
    Ok(Operation {
        name: name.to_owned(),
        input: shape(&value["input"]),
        output,
        events,
    })
}

/// The event stream among the members of an output.
fn events(operation: &str, output: &Value, shapes: &Map<String, Value>) -> Result<Option<String>> {
    let members = output["members"].as_object();
    let mut names = members
        .into_iter()
        .flatten()
        .map(|(_, member)| ref_name(member));
    let is_stream = |name: &&str| shapes[*name]["eventstream"] == Value::Bool(true);
    let stream = names.find(is_stream).map(str::to_owned);
    if stream.is_some() && members.is_some_and(|members| members.len() > 1) {
        bail!("{operation} answers an event stream and more, which the generated code cannot say");
    }
    Ok(stream)
}

/// Members through which a structure holds itself directly: they need a box.
fn recursive_members(shapes: &Map<String, Value>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (name, shape) in shapes.iter().filter(|(_, shape)| is_structure(shape)) {
        for (member, reference) in shape["members"].as_object().into_iter().flatten() {
            if reaches(shapes, ref_name(reference), name, &mut BTreeSet::new()) {
                found.insert((name.clone(), member.clone()));
            }
        }
    }
    found
}

fn reaches(shapes: &Map<String, Value>, from: &str, to: &str, seen: &mut BTreeSet<String>) -> bool {
    if !is_structure(&shapes[from]) {
        return false;
    }
    if from == to {
        return true;
    }
    seen.insert(from.to_owned())
        && shapes[from]["members"]
            .as_object()
            .into_iter()
            .flatten()
            .any(|(_, reference)| reaches(shapes, ref_name(reference), to, seen))
}
