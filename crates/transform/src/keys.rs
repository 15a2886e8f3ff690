//! Members that are added, deleted, moved, renamed, copied, and lists that become maps.

use serde_json::{Map, Value};

use crate::{
    BadTransformer,
    config::{self, Element, FromTo},
    path::Path,
    work::{Undone, Work, size},
};

#[derive(Debug)]
pub(crate) struct Add {
    key: Path,
    value: String,
    overwrite: bool,
}

impl Add {
    pub fn new(it: config::AddKey) -> Result<Self, BadTransformer> {
        Ok(Self {
            key: Path::parse(&it.key)?,
            value: it.value,
            overwrite: it.overwrite_if_exists,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        work.spend(self.value.len())?;
        let value = Value::from(self.value.as_str());
        self.key.set(&mut work.root, value, self.overwrite);
        Ok(())
    }
}

/// From one place to another.
#[derive(Debug)]
pub(crate) struct Way {
    from: Path,
    to: Path,
    overwrite: bool,
}

impl Way {
    pub fn new(it: FromTo) -> Result<Self, BadTransformer> {
        Ok(Self {
            from: Path::parse(&it.source)?,
            to: Path::parse(&it.target)?,
            overwrite: it.overwrite_if_exists,
        })
    }

    pub fn renaming(it: config::Rename) -> Result<Self, BadTransformer> {
        Ok(Self {
            from: Path::parse(&it.key)?,
            to: Path::parse(&it.rename_to)?,
            overwrite: it.overwrite_if_exists,
        })
    }

    pub fn copy(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let value = work.copy(&self.from)?;
        self.to.set(&mut work.root, value, self.overwrite);
        Ok(())
    }

    /// Into a map that is there already, under its own name; else to the very place.
    pub fn shift(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let into_map = matches!(self.to.get(&work.root), Some(Value::Object(_)));
        if self.is_there(&work.root, into_map) && !self.overwrite {
            return Ok(());
        }
        let value = self.from.remove(&mut work.root).ok_or(Undone::Unfit)?;
        match self.to.get_mut(&mut work.root) {
            // Unless it went with what was moved.
            Some(Value::Object(map)) if into_map => {
                map.insert(self.from.name().to_owned(), value);
            }
            _ => self.to.set(&mut work.root, value, self.overwrite),
        }
        Ok(())
    }

    pub fn rename(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        if self.to.get(&work.root).is_some() && !self.overwrite {
            return Ok(());
        }
        let value = self.from.remove(&mut work.root).ok_or(Undone::Unfit)?;
        self.to.set(&mut work.root, value, self.overwrite);
        Ok(())
    }

    fn is_there(&self, root: &Map<String, Value>, into_map: bool) -> bool {
        match self.to.get(root) {
            Some(Value::Object(map)) if into_map => map.contains_key(self.from.name()),
            found => found.is_some(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct ListToMap {
    source: Path,
    key: Path,
    value: Option<Path>,
    target: Option<Path>,
    /// Which of the elements with one key; all of them if there is none.
    one: Option<Element>,
}

impl ListToMap {
    pub fn new(it: config::ListToMap) -> Result<Self, BadTransformer> {
        let parsed = |text: Option<String>| text.map(|it| Path::parse(&it)).transpose();
        Ok(Self {
            source: Path::parse(&it.source)?,
            key: Path::parse(&it.key)?,
            value: parsed(it.value_key)?,
            target: parsed(it.target)?,
            one: it
                .flatten
                .then(|| it.flattened_element.unwrap_or(Element::First)),
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let Some(Value::Array(list)) = self.source.get(&work.root) else {
            return Err(Undone::Unfit);
        };
        let bytes = list.iter().map(size).sum();
        let mut found: Map<String, Value> = Map::new();
        for element in list.iter().filter_map(Value::as_object) {
            let Some(Value::String(key)) = self.key.get(element) else {
                continue;
            };
            let value = match &self.value {
                Some(path) => path.get(element).cloned(),
                None => Some(Value::Object(element.clone())),
            };
            let Some(value) = value else {
                continue;
            };
            match self.one {
                Some(Element::First) => {
                    found.entry(key.clone()).or_insert(value);
                }
                Some(Element::Last) => {
                    found.insert(key.clone(), value);
                }
                None => {
                    let all = found.entry(key.clone());
                    if let Value::Array(all) = all.or_insert_with(|| Value::Array(Vec::new())) {
                        all.push(value);
                    }
                }
            }
        }
        work.spend(bytes)?;
        match &self.target {
            Some(target) => target.set(&mut work.root, Value::Object(found), true),
            None => work.root.extend(found),
        }
        Ok(())
    }
}
