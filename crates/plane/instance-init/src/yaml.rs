//! YAML as far as cloud-config needs it: text, lists and maps, within bounds.
//!
//! Aliases are refused: a few of them can stand for more than any machine holds.

use saphyr_parser::{Event, Parser};

/// Values of one document, each name of a map included.
const MAX_NODES: usize = 20_000;
/// Lists and maps in each other.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    List(Vec<Value>),
    /// In the order they were written in.
    Map(Vec<(String, Value)>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadYaml {
    #[error("it is no YAML: {0}")]
    Syntax(String),
    #[error("it has more than {MAX_NODES} values")]
    TooLarge,
    #[error("its lists and maps are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("aliases (`*name`) are not supported")]
    Alias,
    #[error("names in maps are text")]
    Name,
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            Self::Text(_) | Self::Map(_) => None,
        }
    }
}

/// A list or map that is not complete.
enum Open {
    List(Vec<Value>),
    /// With the name whose value comes next.
    Map(Vec<(String, Value)>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Value) -> Result<(), BadYaml> {
        match self {
            Self::List(list) => list.push(value),
            Self::Map(map, name) => match (name.take(), value) {
                (Some(name), value) => map.push((name, value)),
                (None, Value::Text(text)) => *name = Some(text),
                (None, _) => return Err(BadYaml::Name),
            },
        }
        Ok(())
    }

    fn close(self) -> Value {
        match self {
            Self::List(list) => Value::List(list),
            Self::Map(map, _) => Value::Map(map),
        }
    }
}

/// The first document; `None` if there is nothing in it.
pub fn read(text: &str) -> Result<Option<Value>, BadYaml> {
    let mut open: Vec<Open> = Vec::new();
    let mut nodes = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|e| BadYaml::Syntax(e.to_string()))?;
        let done = match event {
            Event::Scalar(text, ..) => Some(Value::Text(text.into_owned())),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Vec::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(Open::close),
            Event::Alias(_) => return Err(BadYaml::Alias),
            Event::DocumentEnd => return Ok(None),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {
                continue;
            }
        };
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(BadYaml::TooLarge);
        }
        if open.len() > MAX_DEPTH {
            return Err(BadYaml::TooDeep);
        }
        let Some(done) = done else { continue };
        match open.last_mut() {
            Some(around) => around.take(done)?,
            None => return Ok(Some(done)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn lists_maps_and_blocks() {
        let found = read("a: 1\nb:\n - x y\n - [p, 'q']\nc: |\n  one\n  two\n").unwrap();
        let inner = Value::List(vec![text("p"), text("q")]);
        let wanted = Value::Map(vec![
            ("a".to_owned(), text("1")),
            ("b".to_owned(), Value::List(vec![text("x y"), inner])),
            ("c".to_owned(), text("one\ntwo\n")),
        ]);
        assert_eq!(found, Some(wanted));
        assert_eq!(read("# nothing\n").unwrap(), None);
    }

    #[test]
    fn what_would_take_too_much_is_refused() {
        assert_eq!(read("a: &x [1]\nb: *x\n"), Err(BadYaml::Alias));
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(read(&deep), Err(BadYaml::TooDeep));
        let many = format!("[{}]", "1,".repeat(MAX_NODES));
        assert_eq!(read(&many), Err(BadYaml::TooLarge));
        assert_eq!(read("[a]: b"), Err(BadYaml::Name));
        assert!(matches!(read("a: [b"), Err(BadYaml::Syntax(_))));
    }
}
