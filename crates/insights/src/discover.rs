//! The fields of events that are JSON: `a.b.0` is a member of a list in a map.

mod gather;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

pub(crate) use self::gather::each_value;
use crate::{
    cost::Cost,
    value::{Value, json_bytes},
};

/// Fields that are told of one event.
pub const MAX_DISCOVERED: usize = 200;

/// Whether a text may be JSON with fields.
fn may_have_fields(text: &str) -> bool {
    matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['))
}

/// The values of the fields in `wanted`, in that order. A text that is not wholly JSON has none.
pub(crate) fn lookup<'a>(text: &'a str, wanted: &[String], cost: &Cost) -> Vec<Value<'a>> {
    let mut found = vec![Value::Null; wanted.len()];
    if wanted.is_empty() || !may_have_fields(text) {
        return found;
    }
    let paths: Vec<(usize, &str)> = wanted.iter().map(String::as_str).enumerate().collect();
    let mut input = serde_json::Deserializer::from_str(text);
    let seek = Seek {
        paths: &paths,
        here: &[],
        found: &mut found,
        cost,
    };
    if seek.deserialize(&mut input).is_err() || input.end().is_err() {
        found.fill(Value::Null);
    }
    found
}

/// Looks for members below one place.
struct Seek<'s, 'a> {
    /// What is looked for, each by its rest from here.
    paths: &'s [(usize, &'s str)],
    /// Those that are this very place.
    here: &'s [usize],
    found: &'s mut Vec<Value<'a>>,
    cost: &'s Cost,
}

impl<'a> Seek<'_, 'a> {
    fn set(self, value: Value<'a>) {
        for index in self.here {
            self.found[*index] = value.clone();
        }
    }
}

/// What a member's name leaves of the paths.
fn below<'s>(paths: &[(usize, &'s str)], name: &str) -> (Vec<(usize, &'s str)>, Vec<usize>) {
    let (mut deeper, mut here) = (Vec::new(), Vec::new());
    for (index, path) in paths {
        match path.strip_prefix(name) {
            Some("") => here.push(*index),
            Some(rest) => deeper.extend(rest.strip_prefix('.').map(|rest| (*index, rest))),
            None => {}
        }
    }
    (deeper, here)
}

impl<'a> DeserializeSeed<'a> for Seek<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, input: D) -> Result<(), D::Error> {
        if self.here.is_empty() {
            if self.paths.is_empty() {
                return input.deserialize_ignored_any(IgnoredAny).map(|_| ());
            }
            return input.deserialize_any(self);
        }
        if self.paths.is_empty() {
            return input.deserialize_any(self);
        }
        // Wanted as a whole and in parts: the whole is read once.
        let whole: Json = serde::Deserialize::deserialize(input)?;
        for (index, path) in self.paths {
            if let Some(part) = member(&whole, path) {
                self.found[*index] = taken(part, self.cost);
            }
        }
        let value = taken(&whole, self.cost);
        self.set(value);
        Ok(())
    }
}

impl<'a> Visitor<'a> for Seek<'_, 'a> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        if !self.here.is_empty() {
            let value = taken(&whole(map)?, self.cost);
            self.set(value);
            return Ok(());
        }
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            let (paths, here) = below(self.paths, &name);
            map.next_value_seed(Seek {
                paths: &paths,
                here: &here,
                found: self.found,
                cost: self.cost,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.here.is_empty() {
            let mut all = Vec::new();
            while let Some(each) = list.next_element::<Json>()? {
                all.push(each);
            }
            let value = taken(&Json::Array(all), self.cost);
            self.set(value);
            return Ok(());
        }
        for number in 0usize.. {
            let (paths, here) = below(self.paths, &number.to_string());
            let next = list.next_element_seed(Seek {
                paths: &paths,
                here: &here,
                found: self.found,
                cost: self.cost,
            })?;
            if next.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.set(Value::text(text));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.set(Value::owned(text));
        Ok(())
    }

    fn visit_bool<E>(self, yes: bool) -> Result<(), E> {
        self.set(Value::Bool(yes));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.set(Value::owned(number.to_string()));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.set(Value::owned(number.to_string()));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.set(Value::Number(number));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.set(Value::Null);
        Ok(())
    }
}

fn whole<'a, A: MapAccess<'a>>(mut map: A) -> Result<Json, A::Error> {
    let mut all = serde_json::Map::new();
    while let Some((name, value)) = map.next_entry::<String, Json>()? {
        all.insert(name, value);
    }
    Ok(Json::Object(all))
}

/// A copy of a part, if what may be made of the event suffices for it.
pub(crate) fn taken(part: &Json, cost: &Cost) -> Value<'static> {
    cost.add(json_bytes(part));
    match cost.is_spent() {
        true => Value::Null,
        false => Value::of_json(part),
    }
}

/// A member by its path, whose names may have dots themselves.
pub(crate) fn member<'j>(json: &'j Json, path: &str) -> Option<&'j Json> {
    match json {
        Json::Object(map) => {
            if let Some(found) = map.get(path) {
                return Some(found);
            }
            let dots = path.match_indices('.').map(|(at, _)| at);
            let mut ways = dots.filter_map(|at| Some((map.get(&path[..at])?, &path[at + 1..])));
            ways.find_map(|(found, rest)| member(found, rest))
        }
        Json::Array(list) => {
            let (number, rest) = match path.split_once('.') {
                Some((number, rest)) => (number, Some(rest)),
                None => (path, None),
            };
            let found = list.get(number.parse::<usize>().ok()?)?;
            rest.map_or(Some(found), |rest| member(found, rest))
        }
        _ => None,
    }
}

/// The plain fields of an event that is JSON, by their paths; so many at most.
pub fn fields(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if may_have_fields(text)
        && let Ok(json) = serde_json::from_str::<Json>(text)
    {
        collect(&json, String::new(), &mut found);
    }
    found
}

fn collect(json: &Json, path: String, found: &mut BTreeMap<String, String>) {
    let below = |name: &str| match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    };
    match json {
        _ if found.len() >= MAX_DISCOVERED => {}
        Json::Object(map) => {
            for (name, value) in map {
                collect(value, below(name), found);
            }
        }
        Json::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                collect(value, below(&number.to_string()), found);
            }
        }
        plain => {
            if let Some(shown) = Value::of_json(plain).shown() {
                found.insert(path, shown.into_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str, path: &str) -> Option<String> {
        let found = lookup(text, &[path.to_owned()], &Cost::default());
        found[0].shown().map(Cow::into_owned)
    }

    #[test]
    fn members_are_found() {
        let text = r#" {"a":{"b":[1,{"c":"x\ty"}]},"d.e":true,"n":null,"big":12345678901234567890,"f":1.50} "#;
        for (path, value) in [
            ("a.b.0", Some("1")),
            ("a.b.1.c", Some("x\ty")),
            ("a.b", Some(r#"[1,{"c":"x\ty"}]"#)),
            ("d.e", Some("1")),
            ("big", Some("12345678901234567890")),
            ("f", Some("1.5")),
            ("n", None),
            ("a.c", None),
            ("a.b.2", None),
        ] {
            assert_eq!(one(text, path).as_deref(), value, "{path}");
        }
        let both = lookup(
            text,
            &["a.b".to_owned(), "a.b.0".to_owned(), "a".to_owned()],
            &Cost::default(),
        );
        assert!(both.iter().all(|it| !it.is_null()), "{both:?}");
        assert_eq!(one("[{\"a\":1}]", "0.a").as_deref(), Some("1"));
    }

    #[test]
    fn what_is_not_wholly_json_has_no_fields() {
        for text in ["", "x", "{\"a\":1", "{\"a\":1} tail", "\"a\""] {
            assert_eq!(one(text, "a"), None, "{text}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));
        assert_eq!(one(&deep, "a"), None);
    }

    proptest! {
        /// One pass over the text finds what a walk over the tree does.
        #[test]
        fn agrees_with_the_tree(text in r#"\{"a":(1|"x"|\{"b":(2|\[3,4\])(,"a":5)?\}|\[\{"b":6\}\])(,"a\.b":7)?\}"#,
                                path in "a|a\\.b|b|a\\.b\\.1|a\\.0\\.b|a\\.a") {
            let tree: Json = serde_json::from_str(&text).unwrap();
            // Of two members that a path may mean, the last of the text and the longest name differ.
            if !text.contains("a.b") {
                let by_tree = member(&tree, &path).map(|it| Value::of_json(it).shown().unwrap().into_owned());
                prop_assert_eq!(one(&text, &path), by_tree);
            }
        }
    }
}
