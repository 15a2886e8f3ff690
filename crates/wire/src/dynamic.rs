//! A value of any shape, made at run time: for the members that a fault adds, and for services that
//! have a model but no generated code.

use std::collections::BTreeMap;

use crate::{
    Document, Timestamp,
    node::{List, Map, Node, Slot, Struct, View},
    schema::{Kind, ServiceSchema, ShapeIndex},
};

/// A structure of which nothing is set at first.
pub struct Dynamic {
    schema: &'static ServiceSchema,
    shape: ShapeIndex,
    members: BTreeMap<usize, Value>,
}

impl Dynamic {
    pub fn new(schema: &'static ServiceSchema, shape: ShapeIndex) -> Self {
        Self {
            schema,
            shape,
            members: BTreeMap::new(),
        }
    }
}

impl Struct for Dynamic {
    fn member(&self, index: usize) -> View<'_> {
        self.members.get(&index).map_or(View::Absent, Node::view)
    }

    fn member_mut(&mut self, index: usize) -> Option<Slot<'_>> {
        let member = self.schema.members(self.shape).get(index)?;
        let empty = || Value::empty(self.schema, member.shape);
        Some(self.members.entry(index).or_insert_with(empty).slot())
    }
}

enum Value {
    Str(String),
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Time(Timestamp),
    Blob(Vec<u8>),
    List(Items),
    Map(Entries),
    Struct(Dynamic),
    Document(Document),
}

impl Value {
    fn empty(schema: &'static ServiceSchema, shape: ShapeIndex) -> Self {
        match &schema.shape(shape).kind {
            Kind::Structure { .. } => Self::Struct(Dynamic::new(schema, shape)),
            Kind::List { member, .. } => Self::List(Items {
                schema,
                member: *member,
                items: Vec::new(),
            }),
            Kind::Map { value, .. } => Self::Map(Entries {
                schema,
                value: *value,
                entries: BTreeMap::new(),
            }),
            Kind::String { .. } => Self::Str(String::new()),
            Kind::Boolean => Self::Bool(false),
            Kind::Integer => Self::Int(0),
            Kind::Long => Self::Long(0),
            Kind::Float | Kind::Double => Self::Double(0.0),
            Kind::Timestamp(_) => Self::Time(Timestamp::default()),
            Kind::Blob => Self::Blob(Vec::new()),
            Kind::Document => Self::Document(Document::Null),
        }
    }
}

impl Node for Value {
    fn view(&self) -> View<'_> {
        match self {
            Self::Str(it) => it.view(),
            Self::Bool(it) => it.view(),
            Self::Int(it) => it.view(),
            Self::Long(it) => it.view(),
            Self::Double(it) => it.view(),
            Self::Time(it) => it.view(),
            Self::Blob(it) => it.view(),
            Self::List(it) => View::List(it),
            Self::Map(it) => View::Map(it),
            Self::Struct(it) => View::Struct(it),
            Self::Document(it) => it.view(),
        }
    }

    fn slot(&mut self) -> Slot<'_> {
        match self {
            Self::Str(it) => it.slot(),
            Self::Bool(it) => it.slot(),
            Self::Int(it) => it.slot(),
            Self::Long(it) => it.slot(),
            Self::Double(it) => it.slot(),
            Self::Time(it) => it.slot(),
            Self::Blob(it) => it.slot(),
            Self::List(it) => Slot::List(it),
            Self::Map(it) => Slot::Map(it),
            Self::Struct(it) => Slot::Struct(it),
            Self::Document(it) => it.slot(),
        }
    }
}

struct Items {
    schema: &'static ServiceSchema,
    member: ShapeIndex,
    items: Vec<Value>,
}

impl List for Items {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn get(&self, index: usize) -> View<'_> {
        self.items[index].view()
    }

    fn push(&mut self) -> Slot<'_> {
        self.items.push(Value::empty(self.schema, self.member));
        self.items.last_mut().expect("one was just pushed").slot()
    }
}

struct Entries {
    schema: &'static ServiceSchema,
    value: ShapeIndex,
    entries: BTreeMap<String, Value>,
}

impl Map for Entries {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn entries(&self) -> Box<dyn Iterator<Item = (&str, View<'_>)> + '_> {
        let entries = self.entries.iter();
        Box::new(entries.map(|(key, value)| (key.as_str(), value.view())))
    }

    fn insert(&mut self, key: String) -> Slot<'_> {
        let empty = || Value::empty(self.schema, self.value);
        self.entries.entry(key).or_insert_with(empty).slot()
    }
}
