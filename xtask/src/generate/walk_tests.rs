//! Walks each member, however deep, of every request to an operation that is here: what its list does not understand
//! is refused by its name, and the rest is let through.

use std::{fs, path::Path};

use wharf_wire::{
    dynamic::Dynamic,
    node::Slot,
    schema::{Kind, ServiceSchema, ShapeIndex},
    understood::{Rule, Understood},
};

use super::{
    super::{model::Model, names::snake, services},
    Rows, rows,
};
use crate::coverage;

type Schema = &'static ServiceSchema;

/// Sets one member, by the numbers of those on the way to it; lists and maps on the way get one entry.
fn set(schema: Schema, shape: ShapeIndex, slot: Slot<'_>, way: &[usize], text: &str) {
    match (slot, &schema.shape(shape).kind) {
        (Slot::Struct(it), Kind::Structure { members }) => match way {
            [first, rest @ ..] => {
                let slot = it.member_mut(*first).unwrap();
                set(schema, members[*first].shape, slot, rest, text);
            }
            // Something, so that it is not empty.
            [] => {
                if let Some(first) = members.first() {
                    set(schema, first.shape, it.member_mut(0).unwrap(), &[], text);
                }
            }
        },
        (Slot::List(it), Kind::List { member, .. }) => {
            set(schema, *member, it.push(), way, text);
        }
        (Slot::Map(it), Kind::Map { value, .. }) => {
            set(schema, *value, it.insert("key".to_owned()), way, text);
        }
        (Slot::Str(it), _) => *it = text.to_owned(),
        (Slot::Bool(it), _) => *it = text == "true",
        (Slot::Int(it), _) => *it = text.parse().unwrap_or(7),
        (Slot::Long(it), _) => *it = text.parse().unwrap_or(7),
        _ => {}
    }
}

struct Walk<'a> {
    schema: Schema,
    list: &'a Understood,
    rows: &'a Rows,
    input: ShapeIndex,
    /// How many members were set.
    seen: usize,
}

impl Walk<'_> {
    fn refused(&self, way: &[usize], text: &str) -> Option<String> {
        let mut root = Dynamic::new(self.schema, self.input);
        set(self.schema, self.input, Slot::Struct(&mut root), way, text);
        let fault = self.list.refuse(self.schema, self.input, &root).err()?;
        Some(fault.message)
    }

    /// The members of a structure that is reached on this way; `within` are those on the way, which may come again.
    fn structure(&mut self, shape: ShapeIndex, way: &[usize], path: &str, within: &[ShapeIndex]) {
        let (shape, members) = match &self.schema.shape(shape).kind {
            Kind::List { member, .. } => return self.structure(*member, way, path, within),
            Kind::Map { value, .. } => return self.structure(*value, way, path, within),
            Kind::Structure { members } if !within.contains(&shape) => (shape, members),
            _ => return,
        };
        let within = [within, &[shape]].concat();
        let name = self.schema.shape(shape).name;
        for (index, member) in members.iter().enumerate() {
            let (way, path) = ([way, &[index]].concat(), format!("{path}{}", member.name));
            let row = self
                .rows
                .get(name)
                .unwrap_or_else(|| panic!("{name} has no row"));
            let refusal = || {
                Some(format!(
                    "The parameter {path} is not supported by this version of wharf."
                ))
            };
            self.seen += 1;
            match row.get(member.name) {
                None => assert_eq!(self.refused(&way, "x"), refusal()),
                Some(Rule::Only(values)) => {
                    for value in values {
                        assert_eq!(self.refused(&way, value), None, "{path} is {value}");
                    }
                    let others = ["x", "true", "false"].iter();
                    let other = others.rev().find(|it| !values.contains(it)).unwrap();
                    assert_eq!(self.refused(&way, other), refusal());
                }
                Some(Rule::Used) if self.has_members(member.shape) => {
                    self.structure(member.shape, &way, &format!("{path}."), &within);
                }
                Some(_) => assert_eq!(self.refused(&way, "x"), None, "{path}"),
            }
        }
    }

    fn has_members(&self, shape: ShapeIndex) -> bool {
        match &self.schema.shape(shape).kind {
            Kind::List { member, .. } => self.has_members(*member),
            Kind::Map { value, .. } => self.has_members(*value),
            Kind::Structure { members } => !members.is_empty(),
            _ => false,
        }
    }
}

#[test]
fn each_member_is_understood_or_refused_by_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut operations, mut seen) = (0, 0);
    for service in services(&root).unwrap() {
        let path = root.join(format!("crates/svc/{service}/src/understood.txt"));
        let Ok(text) = fs::read_to_string(path) else {
            // Its model has no more than its code.
            assert_eq!(service, "wharf");
            continue;
        };
        let text: &'static str = text.leak();
        let model = Model::read(&root.join(format!("models/{service}.json"))).unwrap();
        let (schema, list) = (model.schema, Understood::new(text));
        assert_eq!(list.check(schema), Ok(()));
        let rows = rows(text, schema).unwrap();
        let written = coverage::written(&root, &service).unwrap();
        for operation in schema
            .operations
            .iter()
            .filter(|it| written.contains(&snake(it.name)))
        {
            let Some(input) = operation.input else {
                continue;
            };
            let mut walk = Walk {
                schema,
                list: &list,
                rows: &rows,
                input,
                seen: 0,
            };
            walk.structure(input, &[], "", &[]);
            (operations, seen) = (operations + 1, seen + walk.seen);
        }
    }
    assert!(
        operations > 400 && seen > 4 * operations,
        "{operations} operations, {seen} members"
    );
}
