//! Schemas: what fields an object has, how its lists are merged, how its bytes are laid out in protobuf.
//!
//! A table holds nodes by index and names in one string: the built-in kinds share one, made at first use from `data/`, each
//! version of a custom resource has its own. A [`Node`] is a view of one, as cheap to pass as a reference.

use crate::built_in::BUILT_IN;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Any JSON value, kept as it came.
    Any,
    Bool,
    Int32,
    Int64,
    Double,
    String,
    /// Base64 in JSON.
    Bytes,
    /// RFC 3339 in seconds.
    Time,
    /// RFC 3339 in microseconds.
    MicroTime,
    /// As Go writes it.
    Duration,
    Quantity,
    IntOrString,
    /// An object of any kind.
    RawExtension,
    /// A set of fields as managedFields writes it.
    FieldsV1,
    /// In a custom resource's schema: a schema or a list of them.
    SchemaOrArray,
    /// A schema or a boolean.
    SchemaOrBool,
    /// A schema or a list of strings.
    SchemaOrStrings,
    List,
    Map,
    Struct,
}

/// How two writers' lists become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// Replaced as a whole.
    Atomic,
    /// Scalars, each once.
    Set,
    /// Objects told apart by their [`Node::keys`].
    Map,
}

/// What strategic merge patch does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatchStrategy {
    pub merge: bool,
    pub replace: bool,
    pub retain_keys: bool,
}

/// A piece of the table's text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Text {
    pub at: u32,
    pub len: u32,
}

/// A type, as the table holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeRow {
    pub kind: Kind,
    /// The definition's name; empty for a type without one.
    pub name: Text,
    /// A list's items, a map's values.
    pub item: u32,
    /// A struct's fields, of the table's.
    pub fields: (u32, u32),
    pub list: ListType,
    /// Keys of a list of type map, separated by spaces.
    pub keys: Text,
    pub atomic: bool,
    pub preserves_unknown: bool,
    pub nullable: bool,
    /// An object with apiVersion, kind and metadata of its own within another.
    pub embedded: bool,
    /// A list that is a message of its own in protobuf.
    pub wrapped: bool,
    /// Held to Go's rules of what is empty and what is written; else to those of custom resources.
    pub go: bool,
    /// 1 + index of what only some types have; 0 for none.
    pub extra: u32,
}

impl TypeRow {
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            name: Text::default(),
            item: 0,
            fields: (0, 0),
            list: ListType::Atomic,
            keys: Text::default(),
            atomic: false,
            preserves_unknown: false,
            nullable: false,
            embedded: false,
            wrapped: false,
            go: false,
            extra: 0,
        }
    }
}

/// A field, as the table holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldRow {
    pub name: Text,
    pub node: u32,
    /// Number in protobuf; 0 for none.
    pub number: u32,
    /// Go's field holds a pointer, a slice or a map: absent and zero are two things.
    pub pointer: bool,
    /// Not written when empty.
    pub omit_empty: bool,
    /// Not written when all of it is empty.
    pub omit_zero: bool,
    /// Its own fields stand in its owner's JSON; in protobuf it is a message.
    pub inline: bool,
    pub required: bool,
    pub atomic: bool,
    pub patch: PatchStrategy,
    pub merge_key: Text,
    /// 1 + index of the extra with the default; 0 for none.
    pub default: u32,
}

/// What few types have.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    pub default: Option<Value>,
}

/// All types of a schema.
#[derive(Default)]
pub struct Table {
    pub(crate) text: String,
    pub(crate) types: Vec<TypeRow>,
    pub(crate) fields: Vec<FieldRow>,
    pub(crate) extras: Vec<Extra>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table of {} types", self.types.len())
    }
}

impl Table {
    pub(crate) fn push_text(&mut self, text: &str) -> Text {
        let at = self.text.len() as u32;
        self.text.push_str(text);
        Text {
            at,
            len: text.len() as u32,
        }
    }

    pub(crate) fn node(&self, id: u32) -> Node<'_> {
        Node { table: self, id }
    }

    fn extra(&self, number: u32) -> Option<&Extra> {
        self.extras.get((number as usize).checked_sub(1)?)
    }

    fn text(&self, text: Text) -> &str {
        let at = text.at as usize;
        &self.text[at..at + text.len as usize]
    }
}

/// A schema: a table and the type an object has in it.
#[derive(Debug, Clone)]
pub struct Schema {
    table: Arc<Table>,
    root: u32,
}

impl Schema {
    pub(crate) fn new(table: Arc<Table>, root: u32) -> Self {
        Self { table, root }
    }

    /// Of a built-in kind.
    #[must_use]
    pub fn built_in(group: &str, version: &str, kind: &str) -> Option<Self> {
        let built_in = &*BUILT_IN;
        let name = if group.is_empty() {
            format!("{version}/{kind}")
        } else {
            format!("{group}/{version}/{kind}")
        };
        Some(Self::new(
            Arc::clone(&built_in.table),
            *built_in.index.get(&name)?,
        ))
    }

    /// Of an object nothing is known of: all is kept.
    #[must_use]
    pub fn any() -> Self {
        static ANY: LazyLock<Arc<Table>> = LazyLock::new(|| {
            let any = TypeRow {
                preserves_unknown: true,
                ..TypeRow::of(Kind::Any)
            };
            Arc::new(Table {
                types: vec![any],
                ..Table::default()
            })
        });
        Self::new(Arc::clone(&ANY), 0)
    }

    /// Of a type of this schema's table.
    #[must_use]
    pub(crate) fn at(&self, node: Node<'_>) -> Self {
        debug_assert!(std::ptr::eq(node.table, &*self.table));
        Self::new(Arc::clone(&self.table), node.id)
    }

    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node {
            table: &self.table,
            id: self.root,
        }
    }
}

/// One type of a schema.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    table: &'a Table,
    id: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.name())
    }
}

impl<'a> Node<'a> {
    pub(crate) fn row(self) -> &'a TypeRow {
        &self.table.types[self.id as usize]
    }

    /// The same type of the same table.
    #[must_use]
    pub fn is(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.table, other.table) && self.id == other.id
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// The definition's name (`io.k8s.api.core.v1.PodSpec`); empty where a type has none.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.table.text(self.row().name)
    }

    /// A struct's fields in the order Go has them; of others none.
    pub fn fields(self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let (from, to) = self.row().fields;
        (from..to).map(move |id| Field {
            table: self.table,
            id,
        })
    }

    /// A struct's fields as JSON has them: those of inline structs among its own.
    pub fn json_fields(self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut stack: Vec<Field<'a>> = self.fields().collect();
        stack.reverse();
        std::iter::from_fn(move || {
            loop {
                let field = stack.pop()?;
                if !field.inline() {
                    return Some(field);
                }
                let at = stack.len();
                stack.extend(field.node().fields());
                stack[at..].reverse();
            }
        })
    }

    /// A struct's field by its name in JSON, those of inline structs too.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        self.fields().find_map(|field| {
            if field.inline() {
                field.node().field(name)
            } else {
                (field.name() == name).then_some(field)
            }
        })
    }

    /// A list's items, a map's values.
    #[must_use]
    pub fn item(self) -> Option<Node<'a>> {
        matches!(self.kind(), Kind::List | Kind::Map).then(|| Node {
            table: self.table,
            id: self.row().item,
        })
    }

    #[must_use]
    pub fn list(self) -> ListType {
        self.row().list
    }

    /// What tells the items of a list of type map apart.
    pub fn keys(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.table.text(self.row().keys).split_ascii_whitespace()
    }

    /// A map or struct that is replaced as a whole.
    #[must_use]
    pub fn atomic(self) -> bool {
        self.row().atomic
    }

    #[must_use]
    pub fn preserves_unknown(self) -> bool {
        self.row().preserves_unknown
    }

    /// A list that is a message of its own in protobuf.
    #[must_use]
    pub fn wrapped(self) -> bool {
        self.row().wrapped
    }

    /// One of Go's types; else of a custom resource's schema.
    #[must_use]
    pub fn go(self) -> bool {
        self.row().go
    }

    #[must_use]
    pub fn nullable(self) -> bool {
        self.row().nullable
    }

    #[must_use]
    pub fn embedded(self) -> bool {
        self.row().embedded
    }

    #[must_use]
    pub fn extra(self) -> Option<&'a Extra> {
        self.table.extra(self.row().extra)
    }

    /// The type's default: of a custom resource also what an item gets in the place of a null.
    #[must_use]
    pub fn default(self) -> Option<&'a Value> {
        self.extra()?.default.as_ref()
    }
}

/// A named field of a struct.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    table: &'a Table,
    id: u32,
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.name(), self.node())
    }
}

impl<'a> Field<'a> {
    pub(crate) fn row(self) -> &'a FieldRow {
        &self.table.fields[self.id as usize]
    }

    #[must_use]
    pub fn name(self) -> &'a str {
        self.table.text(self.row().name)
    }

    #[must_use]
    pub fn node(self) -> Node<'a> {
        Node {
            table: self.table,
            id: self.row().node,
        }
    }

    /// Its number in protobuf; 0 where it has none.
    #[must_use]
    pub fn number(self) -> u32 {
        self.row().number
    }

    /// Absent and zero are two things: Go's field is a pointer, a slice or a map.
    #[must_use]
    pub fn pointer(self) -> bool {
        self.row().pointer
    }

    /// Not written when empty.
    #[must_use]
    pub fn omit_empty(self) -> bool {
        self.row().omit_empty
    }

    /// Not written when all of it is empty.
    #[must_use]
    pub fn omit_zero(self) -> bool {
        self.row().omit_zero
    }

    /// What stands for an absent key when a list is merged, and what a custom resource gets.
    #[must_use]
    pub fn default(self) -> Option<&'a Value> {
        let own = self
            .table
            .extra(self.row().default)
            .and_then(|extra| extra.default.as_ref());
        own.or_else(|| self.node().default())
    }

    /// Its own fields stand in its owner's JSON.
    #[must_use]
    pub fn inline(self) -> bool {
        self.row().inline
    }

    /// By the published schema. Upstream's own validation of built-in kinds decides by more than this.
    #[must_use]
    pub fn required(self) -> bool {
        self.row().required
    }

    /// Replaced as a whole here, whatever its type says.
    #[must_use]
    pub fn atomic(self) -> bool {
        self.row().atomic || self.node().atomic()
    }

    #[must_use]
    pub fn patch(self) -> PatchStrategy {
        self.row().patch
    }

    /// What strategic merge patch tells the items of this list apart by.
    #[must_use]
    pub fn merge_key(self) -> Option<&'a str> {
        Some(self.table.text(self.row().merge_key)).filter(|key| !key.is_empty())
    }
}
