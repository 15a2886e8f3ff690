//! Which members of its input an operation understands. One that is set and not understood is refused by
//! name: a request must not seem to have done what it did not.
//!
//! A service keeps the list beside its code as text, a structure of the model at a time:
//!
//! ```text
//! code UnsupportedOperation
//!
//! CreateSubnetRequest
//!     CidrBlock
//!     Ipv6Native = false
//!     OutpostArn *
//!     DryRun: nothing here takes long enough to be tried first
//! ```
//!
//! A member alone in its line is understood, and so is what lies below it, as far as the row of its structure
//! goes. After `=` are the values that are understood; a structure with a single member, as EC2 wraps
//! values in, is meant by that member's. `*` means that the operation looks at all of it, and
//! refuses it in its own words. After `:` is why a member is taken and has no effect. A member without a line
//! is refused if it is set, unless to something empty.

use std::{collections::HashMap, sync::OnceLock};

use crate::{
    Fault,
    node::{Struct, View},
    schema::{Kind, Member, ServiceSchema, ShapeIndex},
};

/// The list of a service.
pub struct Understood {
    text: &'static str,
    read: OnceLock<Result<Table, BadList>>,
}

/// A list names what the model does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    #[error("there is no structure {0}")]
    NoStructure(&'static str),
    #[error("{0} is there twice")]
    Twice(&'static str),
    #[error("{structure} has no {member}")]
    NoMember {
        structure: &'static str,
        member: &'static str,
    },
    #[error("a member without a structure")]
    Loose,
}

/// What is understood of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// It, and what its own row says.
    Used,
    /// It as a whole: the operation checks what is below.
    Whole,
    /// These values.
    Only(Vec<&'static str>),
    /// It is taken, and has no effect, for this reason.
    Recorded(&'static str),
    Refused,
}

#[derive(Debug)]
struct Table {
    code: &'static str,
    /// The rules of a structure's members, in the schema's order.
    rows: HashMap<ShapeIndex, Vec<Rule>>,
}

/// A line of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    Code(&'a str),
    Structure(&'a str),
    Member(&'a str, Rule),
}

/// The lines that say something, in their order.
pub fn lines(text: &'static str) -> impl Iterator<Item = Line<'static>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter(|line| !line.trim().is_empty()).map(|line| {
        if let Some(code) = line.strip_prefix("code ") {
            return Line::Code(code);
        }
        match line.strip_prefix("    ") {
            Some(member) => rule(member),
            None => Line::Structure(line),
        }
    })
}

fn rule(line: &'static str) -> Line<'static> {
    if let Some((name, reason)) = line.split_once(": ") {
        return Line::Member(name, Rule::Recorded(reason));
    }
    if let Some((name, values)) = line.split_once(" = ") {
        return Line::Member(name, Rule::Only(values.split(" | ").collect()));
    }
    match line.strip_suffix(" *") {
        Some(name) => Line::Member(name, Rule::Whole),
        None => Line::Member(line, Rule::Used),
    }
}

/// Refuses the input of an operation if it sets what the service's list, if there is one, does not have.
/// Requests from outside and calls between services both come by here.
///
/// # Errors
/// The refusal, which names the first of these members.
pub fn check(
    list: Option<&'static Understood>,
    schema: &ServiceSchema,
    operation: usize,
    input: &dyn Struct,
) -> Result<(), Fault> {
    let shape = schema.operations.get(operation).and_then(|it| it.input);
    match list.zip(shape) {
        Some((list, shape)) => list.refuse(schema, shape, input),
        None => Ok(()),
    }
}

impl Understood {
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            read: OnceLock::new(),
        }
    }

    fn table(&self, schema: &ServiceSchema) -> Result<&Table, &BadList> {
        let read = self.read.get_or_init(|| Table::read(self.text, schema));
        read.as_ref()
    }

    /// That the model has all that the list names.
    ///
    /// # Errors
    /// The first name that it does not have.
    pub fn check(&self, schema: &ServiceSchema) -> Result<(), &BadList> {
        self.table(schema).map(|_| ())
    }

    /// Refuses the first member of an input that is set and not understood.
    pub fn refuse(
        &self,
        schema: &ServiceSchema,
        shape: ShapeIndex,
        input: &dyn Struct,
    ) -> Result<(), Fault> {
        let table = match self.table(schema) {
            Ok(table) => table,
            Err(error) => {
                tracing::error!(
                    service = schema.name,
                    %error,
                    "a list of members cannot be read"
                );
                return Err(Fault {
                    sender: false,
                    ..Fault::sender(
                        "InternalFailure",
                        500,
                        "The list of members cannot be read.",
                    )
                });
            }
        };
        let mut path = Vec::new();
        match table.structure(schema, shape, input, &mut path) {
            true => Ok(()),
            false => Err(Fault::sender(
                table.code,
                // S3's code has a status of its own.
                if table.code == "NotImplemented" {
                    501
                } else {
                    400
                },
                format!(
                    "The parameter {} is not supported by this version of wharf.",
                    path.join(".")
                ),
            )),
        }
    }
}

impl Table {
    fn read(text: &'static str, schema: &ServiceSchema) -> Result<Self, BadList> {
        let (mut code, mut rows) = ("UnsupportedOperation", HashMap::new());
        let mut current: Option<(ShapeIndex, &'static str)> = None;
        for line in lines(text) {
            match line {
                Line::Code(given) => code = given,
                Line::Structure(name) => {
                    let shape = schema.find_shape(name);
                    let shape = shape.ok_or(BadList::NoStructure(name))?;
                    let members = schema.members(shape).len();
                    if rows.insert(shape, vec![Rule::Refused; members]).is_some() {
                        return Err(BadList::Twice(name));
                    }
                    current = Some((shape, name));
                }
                Line::Member(name, rule) => {
                    let (shape, structure) = current.ok_or(BadList::Loose)?;
                    let mut members = schema.members(shape).iter();
                    let index = members.position(|it| it.name == name);
                    let index = index.ok_or(BadList::NoMember {
                        structure,
                        member: name,
                    })?;
                    let row = rows.get_mut(&shape).ok_or(BadList::Loose)?;
                    row[index] = rule;
                }
            }
        }
        Ok(Self { code, rows })
    }

    /// Whether all that is set is understood; if not, `path` names the member.
    fn structure(
        &self,
        schema: &ServiceSchema,
        shape: ShapeIndex,
        value: &dyn Struct,
        path: &mut Vec<&'static str>,
    ) -> bool {
        let Some(row) = self.rows.get(&shape) else {
            return true;
        };
        for (index, (member, rule)) in schema.members(shape).iter().zip(row).enumerate() {
            path.push(member.name);
            if !self.member(schema, member, rule, &value.member(index), path) {
                return false;
            }
            path.pop();
        }
        true
    }

    fn member(
        &self,
        schema: &ServiceSchema,
        member: &Member,
        rule: &Rule,
        view: &View<'_>,
        path: &mut Vec<&'static str>,
    ) -> bool {
        match rule {
            Rule::Used => self.below(schema, member.shape, view, path),
            Rule::Whole | Rule::Recorded(_) => true,
            Rule::Only(values) => {
                !is_set(schema, member.shape, view) || is_one_of(schema, member.shape, values, view)
            }
            Rule::Refused => !is_set(schema, member.shape, view),
        }
    }

    fn below(
        &self,
        schema: &ServiceSchema,
        shape: ShapeIndex,
        view: &View<'_>,
        path: &mut Vec<&'static str>,
    ) -> bool {
        match (view, &schema.shape(shape).kind) {
            (View::Struct(value), _) => self.structure(schema, shape, *value, path),
            (View::List(list), Kind::List { member, .. }) => {
                (0..list.len()).all(|index| self.below(schema, *member, &list.get(index), path))
            }
            (View::Map(map), Kind::Map { value, .. }) => {
                let mut entries = map.entries();
                entries.all(|(_, view)| self.below(schema, *value, &view, path))
            }
            _ => true,
        }
    }
}

/// Whether a value says anything.
fn is_set(schema: &ServiceSchema, shape: ShapeIndex, view: &View<'_>) -> bool {
    match view {
        View::Absent => false,
        View::Str(text) => !text.is_empty(),
        View::List(list) => !list.is_empty(),
        View::Map(map) => !map.is_empty(),
        View::Struct(value) => {
            let mut members = schema.members(shape).iter().enumerate();
            members.any(|(index, it)| is_set(schema, it.shape, &value.member(index)))
        }
        _ => true,
    }
}

fn is_one_of(schema: &ServiceSchema, shape: ShapeIndex, values: &[&str], view: &View<'_>) -> bool {
    let text = match view {
        View::Struct(value) => {
            return match schema.members(shape) {
                [only] => is_one_of(schema, only.shape, values, &value.member(0)),
                _ => false,
            };
        }
        View::Str(text) => (*text).to_owned(),
        View::Bool(value) => value.to_string(),
        View::Long(number) => number.to_string(),
        _ => return false,
    };
    values.contains(&text.as_str())
}
