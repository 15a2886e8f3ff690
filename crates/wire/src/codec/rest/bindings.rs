//! Members that travel in the path, the query, the headers or the status.

use super::{RestRequest, item_of, rendered};
use crate::{
    codec::{Answer, MAX_ITEMS, Malformed, place_of, text},
    node::{Map, Slot, Struct, View},
    schema::{Kind, Location, Member, ServiceSchema, ShapeIndex},
};

/// Fills what does not come with the body.
pub fn decode(
    schema: &'static ServiceSchema,
    shape: ShapeIndex,
    request: &RestRequest,
    input: &mut dyn Struct,
) -> Result<(), Malformed> {
    let (values, all) = (
        request.query.len() + request.headers.len(),
        MAX_ITEMS as usize,
    );
    if values > all {
        return Err(Malformed::new(format!(
            "more than {all} parameters and headers"
        )));
    }
    let members = schema.members(shape);
    for (index, member) in members.iter().enumerate() {
        let found = match member.location {
            Location::Uri => values_of(&request.labels, member.location_name),
            Location::Query => match schema.shape(member.shape).kind {
                Kind::Map { .. } => unclaimed(members, request),
                _ => values_of(&request.query, member.location_name),
            },
            Location::Header => {
                values_of(&request.headers, &member.location_name.to_ascii_lowercase())
            }
            Location::Headers => prefixed(&request.headers, member.location_name),
            Location::Body | Location::Payload | Location::Status => continue,
        };
        if found.is_empty() || is_no_condition(member, found[0].1) {
            continue;
        }
        let filled = fill(schema, member, &found, place_of(input, index)?);
        filled.map_err(|it| Malformed {
            argument: Some((member.location_name, found[0].1.to_owned())),
            ..it
        })?;
    }
    Ok(())
}

/// Whether a client asks what has changed since a time that is none: HTTP ignores it (RFC 9110, 13.1.3). The opposite,
/// `If-Unmodified-Since`, is a guard, and refused.
fn is_no_condition(member: &Member, value: &str) -> bool {
    member.location == Location::Header
        && member.location_name == "If-Modified-Since"
        && text::time(value).is_none()
}

/// Values, with the keys that they have in a map.
type Found<'a> = Vec<(&'a str, &'a str)>;

fn values_of<'a>(pairs: &'a [(String, String)], name: &str) -> Found<'a> {
    let named = pairs.iter().filter(|(key, _)| key == name);
    named
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

/// Parameters that no member has for itself.
fn unclaimed<'a>(members: &'static [Member], request: &'a RestRequest) -> Found<'a> {
    let is_free = |name: &str| {
        let mut claimed = members.iter().filter(|it| it.location == Location::Query);
        !claimed.any(|it| it.location_name == name)
    };
    let free = request.query.iter().filter(|(key, _)| is_free(key));
    free.map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

fn prefixed<'a>(headers: &'a [(String, String)], prefix: &str) -> Found<'a> {
    let prefix = prefix.to_ascii_lowercase();
    let named = headers.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(&prefix).filter(|key| !key.is_empty())?;
        Some((key, value.as_str()))
    });
    named.collect()
}

fn fill(
    schema: &'static ServiceSchema,
    member: &'static Member,
    found: &Found<'_>,
    slot: Slot<'_>,
) -> Result<(), Malformed> {
    let shape = schema.shape(member.shape);
    match slot {
        Slot::List(list) if member.location == Location::Header => {
            for (_, value) in found {
                for item in split(value) {
                    text::parse(member.name, &item, list.push())?;
                }
            }
            Ok(())
        }
        Slot::List(list) => {
            for (_, value) in found {
                text::parse(member.name, value, list.push())?;
            }
            Ok(())
        }
        Slot::Map(map) => {
            for (key, value) in found {
                match map.insert((*key).to_owned()) {
                    Slot::List(list) => text::parse(member.name, value, list.push())?,
                    slot => text::parse(member.name, value, slot)?,
                }
            }
            Ok(())
        }
        slot => {
            debug_assert!(item_of(schema, shape).is_none());
            text::parse(member.name, found[0].1, slot)
        }
    }
}

/// The items of a header: separated by commas, in quotes where they hold one.
fn split(value: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut quoted, mut chars) = (false, value.chars().peekable());
    while let Some(c) = chars.next() {
        let item = items.last_mut().expect("there is always one");
        match c {
            '"' if quoted || item.trim().is_empty() => quoted = !quoted,
            '\\' if quoted && chars.peek().is_some() => item.extend(chars.next()),
            ',' if !quoted => items.push(String::new()),
            ' ' if !quoted && item.is_empty() => {}
            c => item.push(c),
        }
    }
    items
}

/// The headers of an answer, and its status where a member has it.
pub fn encode(
    schema: &'static ServiceSchema,
    shape: ShapeIndex,
    output: &dyn Struct,
    answer: &mut Answer,
) {
    for (index, member) in schema.members(shape).iter().enumerate() {
        let shape = schema.shape(member.shape);
        match (member.location, output.member(index)) {
            (Location::Header, View::List(list)) => {
                let item = item_of(schema, shape);
                let items = (0..list.len()).filter_map(|at| rendered(item?, &list.get(at)));
                let items: Vec<String> = items.map(quoted).collect();
                answer
                    .headers
                    .push((member.location_name.into(), items.join(",")));
            }
            (Location::Header, view) => {
                let value = rendered(shape, &view);
                let header = value.map(|it| (member.location_name.into(), it));
                answer.headers.extend(header);
            }
            (Location::Headers, View::Map(map)) => encode_map(schema, member, map, answer),
            (Location::Status, View::Long(status)) => {
                answer.status = u16::try_from(status).unwrap_or(answer.status);
            }
            _ => {}
        }
    }
}

fn encode_map(
    schema: &'static ServiceSchema,
    member: &'static Member,
    map: &dyn Map,
    answer: &mut Answer,
) {
    let Kind::Map { value, .. } = schema.shape(member.shape).kind else {
        return;
    };
    for (key, view) in map.entries() {
        if let Some(value) = rendered(schema.shape(value), &view) {
            let name = format!("{}{key}", member.location_name);
            answer.headers.push((name.into(), value));
        }
    }
}

fn quoted(item: String) -> String {
    match item.contains([',', '"']) {
        true => format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")),
        false => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_header() {
        for (value, items) in [
            ("a", &["a"][..]),
            ("a, b,c", &["a", "b", "c"]),
            (r#""a,b","c\"d", e"#, &["a,b", "c\"d", "e"]),
            ("", &[""]),
            ("\"", &[""]),
        ] {
            assert_eq!(split(value), items, "{value}");
        }
        assert_eq!(quoted("a,\"b".to_owned()), r#""a,\"b""#);
    }
}
