//! Elements of a restXml request into an input.

use super::{Malformed, element::Element, place_of, text};
use crate::{
    node::{Slot, Struct},
    schema::{Kind, Location, Member, ServiceSchema, Shape},
};

/// Fills the members that are in the body from the children of `root`.
pub fn decode(
    schema: &'static ServiceSchema,
    members: &'static [Member],
    root: &Element,
    input: &mut dyn Struct,
) -> Result<(), Malformed> {
    for (index, member) in members.iter().enumerate() {
        if member.location != Location::Body {
            continue;
        }
        let shape = schema.shape(member.shape);
        if member.attribute {
            if let Some(value) = root.attribute(member.location_name) {
                text::parse(member.name, value, place_of(input, index)?)?;
            }
        } else if let Some(named) = flat_name(shape, member) {
            for item in root.children.iter().filter(|it| it.name == named) {
                flat(schema, member.name, shape, item, place_of(input, index)?)?;
            }
        } else if let Some(child) = root.child(member.location_name) {
            value(schema, member.name, shape, child, place_of(input, index)?)?;
        }
    }
    Ok(())
}

/// What the items of a flattened list or map are called; `None` for all else.
fn flat_name(shape: &'static Shape, member: &'static Member) -> Option<&'static str> {
    match &shape.kind {
        Kind::List { flattened, .. } | Kind::Map { flattened, .. }
            if *flattened || member.flattened =>
        {
            Some(member.location_name)
        }
        _ => None,
    }
}

/// One item of a flattened list or map.
fn flat(
    schema: &'static ServiceSchema,
    name: &str,
    shape: &'static Shape,
    item: &Element,
    slot: Slot<'_>,
) -> Result<(), Malformed> {
    match (slot, &shape.kind) {
        (Slot::List(list), Kind::List { member, .. }) => {
            value(schema, name, schema.shape(*member), item, list.push())
        }
        (Slot::Map(map), Kind::Map { .. }) => entry(schema, name, shape, item, map),
        _ => Err(Malformed::new(format!("{name} is no list"))),
    }
}

fn entry(
    schema: &'static ServiceSchema,
    name: &str,
    shape: &'static Shape,
    item: &Element,
    map: &mut dyn crate::node::Map,
) -> Result<(), Malformed> {
    let Kind::Map {
        value: of,
        key_name,
        value_name,
        ..
    } = &shape.kind
    else {
        return Err(Malformed::new(format!("{name} is no map")));
    };
    let no_key = || Malformed::new(format!("an entry of {name} has no key"));
    let key = item.child(key_name).ok_or_else(no_key)?.text.clone();
    let slot = map.insert(key);
    match item.child(value_name) {
        Some(child) => value(schema, name, schema.shape(*of), child, slot),
        None => Ok(()),
    }
}

fn value(
    schema: &'static ServiceSchema,
    name: &str,
    shape: &'static Shape,
    from: &Element,
    slot: Slot<'_>,
) -> Result<(), Malformed> {
    match (slot, &shape.kind) {
        (Slot::Struct(target), Kind::Structure { members }) => {
            decode(schema, members, from, target)
        }
        (
            Slot::List(list),
            Kind::List {
                member,
                member_name,
                ..
            },
        ) => {
            let items = from.children.iter().filter(|it| it.name == *member_name);
            for item in items {
                value(schema, name, schema.shape(*member), item, list.push())?;
            }
            Ok(())
        }
        (Slot::Map(map), Kind::Map { .. }) => {
            let entries = from.children.iter().filter(|it| it.name == "entry");
            for item in entries {
                entry(schema, name, shape, item, map)?;
            }
            Ok(())
        }
        (slot, _) => text::parse(name, &from.text, slot),
    }
}
