//! Parts of an object that everybody asks for.

use serde_json::{Map, Value, json};

use crate::kind::Kind;

static NULL: Value = Value::Null;

/// Reads from an object; what is absent is empty.
pub trait Object {
    /// What is at a JSON pointer; null where nothing is.
    fn at(&self, pointer: &str) -> &Value;
    fn value(&self) -> &Value;

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    fn integer(&self, pointer: &str) -> Option<i64> {
        self.at(pointer).as_i64()
    }

    fn is_true(&self, pointer: &str) -> bool {
        self.at(pointer).as_bool().unwrap_or_default()
    }

    fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }

    fn map(&self, pointer: &str) -> Option<&Map<String, Value>> {
        self.at(pointer).as_object()
    }

    fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// `namespace/name`, or the name alone.
    fn key(&self) -> String {
        match self.namespace() {
            "" => self.name().to_owned(),
            namespace => format!("{namespace}/{}", self.name()),
        }
    }

    fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    fn resource_version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    /// The resource version as a number, by which versions of one object have an order; 0 for what is none.
    fn revision(&self) -> u64 {
        number(self.resource_version())
    }

    fn generation(&self) -> i64 {
        self.integer("/metadata/generation").unwrap_or_default()
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.map("/metadata/labels")?.get(name)?.as_str()
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.map("/metadata/annotations")?.get(name)?.as_str()
    }

    fn is_deleting(&self) -> bool {
        !self.text("/metadata/deletionTimestamp").is_empty()
    }

    fn has_finalizer(&self, name: &str) -> bool {
        self.list("/metadata/finalizers")
            .iter()
            .any(|it| it == name)
    }

    fn owners(&self) -> Vec<OwnerRef<'_>> {
        let owners = self.list("/metadata/ownerReferences").iter();
        owners.map(OwnerRef).collect()
    }

    /// The owner that manages the object.
    fn controller(&self) -> Option<OwnerRef<'_>> {
        let mut owners = self.list("/metadata/ownerReferences").iter();
        owners.find(|it| it.is_true("/controller")).map(OwnerRef)
    }

    fn is_controlled_by(&self, uid: &str) -> bool {
        self.controller().is_some_and(|it| it.uid() == uid)
    }

    /// A condition of the status by its type.
    fn condition(&self, kind: &str) -> Option<&Value> {
        let conditions = self.list("/status/conditions").iter();
        conditions.into_iter().find(|it| it.text("/type") == kind)
    }

    fn has_condition(&self, kind: &str, status: &str) -> bool {
        self.condition(kind)
            .is_some_and(|it| it.text("/status") == status)
    }
}

impl Object for Value {
    fn at(&self, pointer: &str) -> &Value {
        self.pointer(pointer).unwrap_or(&NULL)
    }

    fn value(&self) -> &Value {
        self
    }
}

/// 0 for what is no number.
pub(crate) fn number(revision: &str) -> u64 {
    revision.parse().unwrap_or(0)
}

/// An entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnerRef<'a>(pub &'a Value);

impl<'a> OwnerRef<'a> {
    pub fn api_version(self) -> &'a str {
        self.0.text("/apiVersion")
    }

    pub fn kind(self) -> &'a str {
        self.0.text("/kind")
    }

    pub fn name(self) -> &'a str {
        self.0.text("/name")
    }

    pub fn uid(self) -> &'a str {
        self.0.text("/uid")
    }

    pub fn blocks_deletion(self) -> bool {
        self.0.is_true("/blockOwnerDeletion")
    }
}

/// Names an object to others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ref {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// Which part of it is meant, as `spec.containers{web}`; empty where it is the whole.
    pub field_path: String,
}

impl Ref {
    pub fn of(kind: &Kind, object: &Value) -> Self {
        Self {
            kind: kind.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            resource_version: object.resource_version().to_owned(),
            field_path: String::new(),
        }
    }

    /// A part of it.
    pub fn part(self, field_path: String) -> Self {
        Self { field_path, ..self }
    }

    /// The entry of `metadata.ownerReferences` of what this object manages.
    pub fn as_controller(&self) -> Value {
        json!({
            "apiVersion": self.kind.api_version(), "kind": self.kind.kind, "name": self.name, "uid": self.uid,
            "controller": true, "blockOwnerDeletion": true,
        })
    }
}
