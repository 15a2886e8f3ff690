//! All that queries may take for some fields of a text, in one walk through it.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::{below, may_have_fields};
use crate::value::Value;

/// Every value that a query may take for a field of the text, by the field's number: at least the one that [`super::lookup`]
/// finds, whatever else it looks for. Where names have dots, or come twice, several may be.
pub(crate) fn each_value(text: &str, names: &[&str], mut take: impl FnMut(usize, &Value<'_>)) {
    if names.is_empty() || !may_have_fields(text) {
        return;
    }
    let mut input = serde_json::Deserializer::from_str(text);
    // What fails here fails where more is looked at, too.
    let _ = Gather {
        paths: names.iter().copied().enumerate().collect(),
        here: Vec::new(),
        keeps: false,
        take: &mut take,
    }
    .deserialize(&mut input);
}

/// Looks for members below one place, in one go: a member is told as often as the text has it, also within one that
/// is told as a whole.
struct Gather<'s, 't> {
    /// What is looked for, each by its rest from here.
    paths: Vec<(usize, &'s str)>,
    /// Those that are this very place.
    here: Vec<usize>,
    /// It is part of one that is told as a whole.
    keeps: bool,
    take: &'t mut dyn FnMut(usize, &Value<'_>),
}

impl Gather<'_, '_> {
    fn needs_whole(&self) -> bool {
        self.keeps || !self.here.is_empty()
    }

    fn tell(&mut self, value: &Value<'_>) {
        for index in &self.here {
            (self.take)(*index, value);
        }
    }

    fn plain(mut self, value: &Value<'_>, json: impl FnOnce() -> Json) -> Option<Json> {
        self.tell(value);
        self.keeps.then(json)
    }

    fn whole(mut self, json: Option<Json>) -> Option<Json> {
        let json = json?;
        if !self.here.is_empty() {
            self.tell(&Value::of_json(&json));
        }
        self.keeps.then_some(json)
    }
}

impl<'a> DeserializeSeed<'a> for Gather<'_, '_> {
    type Value = Option<Json>;

    fn deserialize<D: Deserializer<'a>>(self, input: D) -> Result<Option<Json>, D::Error> {
        if self.paths.is_empty() && !self.needs_whole() {
            return input.deserialize_ignored_any(IgnoredAny).map(|_| None);
        }
        input.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Gather<'_, '_> {
    type Value = Option<Json>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Option<Json>, A::Error> {
        let mut all = self.needs_whole().then(serde_json::Map::new);
        while let Some(name) = map.next_key::<Cow<'a, str>>()? {
            let (paths, here) = below(&self.paths, &name);
            let value = map.next_value_seed(Gather {
                paths,
                here,
                keeps: all.is_some(),
                take: self.take,
            })?;
            if let (Some(all), Some(value)) = (&mut all, value) {
                all.insert(name.into_owned(), value);
            }
        }
        Ok(self.whole(all.map(Json::Object)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Option<Json>, A::Error> {
        let mut all = self.needs_whole().then(Vec::new);
        // As [`super::member`] reads them.
        let numbered = self.paths.iter().filter_map(|(index, path)| {
            let (number, rest) = match path.split_once('.') {
                Some((number, rest)) => (number, Some(rest)),
                None => (*path, None),
            };
            Some((number.parse::<usize>().ok()?, *index, rest))
        });
        let numbered: Vec<(usize, usize, Option<&str>)> = numbered.collect();
        for at in 0usize.. {
            let (mut paths, mut here) = (Vec::new(), Vec::new());
            for (_, index, rest) in numbered.iter().filter(|it| it.0 == at) {
                match rest {
                    Some(rest) => paths.push((*index, *rest)),
                    None => here.push(*index),
                }
            }
            let next = list.next_element_seed(Gather {
                paths,
                here,
                keeps: all.is_some(),
                take: self.take,
            })?;
            let Some(value) = next else {
                break;
            };
            if let (Some(all), Some(value)) = (&mut all, value) {
                all.push(value);
            }
        }
        Ok(self.whole(all.map(Json::Array)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::text(text), || text.into()))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::Bool(yes), || yes.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::owned(number.to_string()), || number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::owned(number.to_string()), || number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::Number(number), || number.into()))
    }

    fn visit_unit<E>(self) -> Result<Option<Json>, E> {
        Ok(self.plain(&Value::Null, || Json::Null))
    }
}
