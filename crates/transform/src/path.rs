//! Names of members: `a.b.0` is the first of a list in a map.

use serde_json::{Map, Value};

use crate::{BadTransformer, bad};

/// Maps that a path may go into, as with AWS.
const DEEPEST: usize = 3;
/// Bytes of a path.
const LONGEST: usize = 128;

/// The event's own text.
pub(crate) const MESSAGE: &str = "@message";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub fn parse(text: &str) -> Result<Self, BadTransformer> {
        let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
        if text.chars().count() > LONGEST || steps.iter().any(String::is_empty) {
            return Err(bad(format!(
                "Invalid key {text:?}: a key has 1 to {LONGEST} characters, with a name on both sides of each dot."
            )));
        }
        match steps.len() > DEEPEST {
            true => Err(bad(format!(
                "Invalid key {text:?}: keys nest at most {DEEPEST} deep."
            ))),
            false => Ok(Self(steps)),
        }
    }

    pub fn is(&self, name: &str) -> bool {
        matches!(self.0.as_slice(), [only] if only == name)
    }

    /// The last of its names.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    pub fn get<'v>(&self, root: &'v Map<String, Value>) -> Option<&'v Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(root.get(first)?, |at, step| match at {
            Value::Object(map) => map.get(step),
            Value::Array(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    pub fn get_mut<'v>(&self, root: &'v mut Map<String, Value>) -> Option<&'v mut Value> {
        let (first, rest) = self.0.split_first()?;
        let mut at = root.get_mut(first)?;
        for step in rest {
            at = match at {
                Value::Object(map) => map.get_mut(step)?,
                Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    pub fn remove(&self, root: &mut Map<String, Value>) -> Option<Value> {
        let (last, parents) = self.0.split_last()?;
        if parents.is_empty() {
            return root.shift_remove(last);
        }
        match Self(parents.to_vec()).get_mut(root)? {
            Value::Object(map) => map.shift_remove(last),
            _ => None,
        }
    }

    /// Puts a value here, in maps that are made where there are none; not where something else is in the way.
    pub fn set(&self, root: &mut Map<String, Value>, value: Value, overwrite: bool) {
        let Some((last, parents)) = self.0.split_last() else {
            return;
        };
        let mut map = root;
        for step in parents {
            let next = map
                .entry(step.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            match next {
                Value::Object(inner) => map = inner,
                _ => return,
            }
        }
        if overwrite || !map.contains_key(last) {
            map.insert(last.clone(), value);
        }
    }
}
