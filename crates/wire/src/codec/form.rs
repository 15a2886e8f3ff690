//! awsQuery and ec2Query requests: `application/x-www-form-urlencoded` pairs with dotted names,
//! turned into a tree and then read by the schema (models: wire-name rules).

use std::{borrow::Cow, collections::BTreeMap};

use super::{MAX_DEPTH, Malformed, place_of, text};
use crate::{
    node::{Slot, Struct},
    schema::{Kind, Protocol, ServiceSchema, Shape, ShapeIndex},
};

/// More parameters than this are refused; the largest honest requests have a few thousand.
const MAX_PARAMETERS: usize = 20_000;

/// Parts of all names together, those that several share counted once: each takes some hundred bytes.
const MAX_PARTS: usize = 100_000;

/// The decoded parameters of one request.
#[derive(Debug, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Bytes of names and values.
    pub fn size(&self) -> usize {
        self.pairs.iter().map(|it| it.0.len() + it.1.len()).sum()
    }

    /// Reads a body, or the query string of a GET.
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if pairs.len() == MAX_PARAMETERS {
                return Err(Malformed::new(format!(
                    "more than {MAX_PARAMETERS} parameters"
                )));
            }
            pairs.push((Cow::into_owned(name), Cow::into_owned(value)));
        }
        Ok(Self { pairs })
    }

    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// With a parameter that the request says elsewhere, unless it is here as well.
    pub fn or(mut self, name: &str, value: impl Into<String>) -> Self {
        if self.get(name).is_none() {
            self.pairs.push((name.to_owned(), value.into()));
        }
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Fills `input` from the parameters.
pub fn decode(
    schema: &'static ServiceSchema,
    shape: Option<ShapeIndex>,
    form: &Form,
    input: &mut dyn Struct,
) -> Result<(), Malformed> {
    let Some(shape) = shape else { return Ok(()) };
    let (mut root, mut parts) = (Tree::default(), 0);
    for (name, value) in &form.pairs {
        root.insert(name, value, &mut parts)?;
    }
    let ec2 = schema.protocol == Protocol::Ec2;
    Decoder { schema, ec2 }.value("", schema.shape(shape), false, &root, Slot::Struct(input))
}

/// Parameters by the segments of their names.
#[derive(Default)]
struct Tree<'a> {
    value: Option<&'a str>,
    children: BTreeMap<&'a str, Tree<'a>>,
}

impl<'a> Tree<'a> {
    /// `parts` counts those of all names.
    fn insert(
        &mut self,
        name: &'a str,
        value: &'a str,
        parts: &mut usize,
    ) -> Result<(), Malformed> {
        let mut node = self;
        for (depth, segment) in name.split('.').enumerate() {
            if depth == MAX_DEPTH {
                return Err(Malformed::new("a parameter name has too many parts"));
            }
            node = node.children.entry(segment).or_insert_with(|| {
                *parts += 1;
                Self::default()
            });
            if *parts > MAX_PARTS {
                return Err(Malformed::new("parameter names have too many parts"));
            }
        }
        node.value.get_or_insert(value);
        Ok(())
    }

    /// Children whose names are numbers, in numerical order.
    fn numbered(&self) -> Vec<(u32, &Tree<'a>)> {
        let mut items: Vec<_> = self
            .children
            .iter()
            .filter_map(|(name, child)| Some((name.parse::<u32>().ok()?, child)))
            .collect();
        items.sort_by_key(|(number, _)| *number);
        items
    }
}

struct Decoder {
    schema: &'static ServiceSchema,
    ec2: bool,
}

impl Decoder {
    fn value(
        &self,
        name: &str,
        shape: &'static Shape,
        flattened: bool,
        tree: &Tree<'_>,
        slot: Slot<'_>,
    ) -> Result<(), Malformed> {
        match (slot, &shape.kind) {
            (Slot::Struct(target), Kind::Structure { members }) => {
                for (index, member) in members.iter().enumerate() {
                    let shape = self.schema.shape(member.shape);
                    let key = self.key(member.query_name, shape, member.flattened);
                    let Some(child) = tree.children.get(key) else {
                        continue;
                    };
                    let slot = place_of(target, index)?;
                    self.value(member.name, shape, member.flattened, child, slot)?;
                }
                Ok(())
            }
            (
                Slot::List(list),
                Kind::List {
                    member,
                    member_name,
                    flattened: of_shape,
                },
            ) => {
                let inner = self.schema.shape(*member);
                let items = if self.ec2 || flattened || *of_shape {
                    tree.numbered()
                } else {
                    // SDKs send the modelled name or plain `member`; both are understood.
                    let within = tree
                        .children
                        .get(member_name)
                        .or_else(|| tree.children.get("member"));
                    within.map(Tree::numbered).unwrap_or_default()
                };
                for (_, item) in items {
                    self.value(name, inner, false, item, list.push())?;
                }
                Ok(())
            }
            (
                Slot::Map(map),
                Kind::Map {
                    value,
                    key_name,
                    value_name,
                    flattened: of_shape,
                    ..
                },
            ) => {
                let inner = self.schema.shape(*value);
                let entries = if flattened || *of_shape {
                    tree.numbered()
                } else {
                    tree.children
                        .get("entry")
                        .map(Tree::numbered)
                        .unwrap_or_default()
                };
                for (_, entry) in entries {
                    let key = entry.children.get(key_name).and_then(|key| key.value);
                    let Some(key) = key else {
                        return Err(Malformed::new(format!("an entry of {name} has no key")));
                    };
                    let slot = map.insert(key.to_owned());
                    if let Some(child) = entry.children.get(value_name) {
                        self.value(name, inner, false, child, slot)?;
                    }
                }
                Ok(())
            }
            (slot, _) => text::parse(name, tree.value.unwrap_or_default(), slot),
        }
    }

    /// The name a member goes by: a flattened list's items may lend it theirs.
    fn key(
        &self,
        query_name: &'static str,
        shape: &'static Shape,
        flattened: bool,
    ) -> &'static str {
        match &shape.kind {
            Kind::List {
                member_name,
                flattened: of_shape,
                ..
            } if !self.ec2 && (flattened || *of_shape) && *member_name != "member" => member_name,
            _ => query_name,
        }
    }
}
