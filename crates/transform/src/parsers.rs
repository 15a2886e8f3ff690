//! Texts that are taken apart: JSON, CSV, keys with values.

use serde_json::{Map, Value};

use crate::{
    BadTransformer, bad, config,
    path::{MESSAGE, Path},
    work::{Undone, Work, size},
};

/// Pieces of one text, far more than the fields that an event may have.
const MOST_PIECES: usize = 1000;

/// Where a parser reads, the message unless it says so.
pub(crate) fn source(given: Option<&str>) -> Result<Path, BadTransformer> {
    Path::parse(given.unwrap_or(MESSAGE))
}

fn destination(given: Option<&str>) -> Result<Option<Path>, BadTransformer> {
    given.map(Path::parse).transpose()
}

/// Puts what was parsed under the destination, or among the members of the event.
fn place(work: &mut Work<'_>, at: Option<&Path>, found: Map<String, Value>, overwrite: bool) {
    let map = match at {
        None => &mut work.root,
        Some(path) => {
            path.set(&mut work.root, Value::Object(Map::new()), false);
            match path.get_mut(&mut work.root) {
                Some(Value::Object(map)) => map,
                _ => return,
            }
        }
    };
    for (name, value) in found {
        if overwrite || !map.contains_key(&name) {
            map.insert(name, value);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Json {
    source: Path,
    destination: Option<Path>,
}

impl Json {
    pub fn new(it: &config::ParseJson) -> Result<Self, BadTransformer> {
        Ok(Self {
            source: source(it.source.as_deref())?,
            destination: destination(it.destination.as_deref())?,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let found: Value = serde_json::from_str(&text).map_err(|_| Undone::Unfit)?;
        work.spend(size(&found))?;
        match (&self.destination, found) {
            (Some(path), found) => path.set(&mut work.root, found, true),
            (None, Value::Object(found)) => work.root.extend(found),
            (None, _) => return Err(Undone::Unfit),
        }
        Ok(())
    }
}

fn column(name: String) -> (String, Option<Path>) {
    let path = name.contains('.').then(|| Path::parse(&name).ok());
    (name, path.flatten())
}

#[derive(Debug)]
pub(crate) struct Csv {
    source: Path,
    destination: Option<Path>,
    quote: char,
    delimiter: String,
    /// With the way to those that lie in maps: `user.name`.
    columns: Vec<(String, Option<Path>)>,
}

impl Csv {
    pub fn new(it: config::Csv) -> Result<Self, BadTransformer> {
        let mut quote = it.quote_character.as_deref().unwrap_or("\"").chars();
        let quote = match (quote.next(), quote.next()) {
            (Some(quote), None) => quote,
            _ => return Err(bad("The quoteCharacter of csv is one character.")),
        };
        let delimiter = match it.delimiter.as_deref() {
            None => ",",
            // Written out, as in a configuration that cannot hold the character.
            Some("\\t") => "\t",
            Some("\\s") => " ",
            Some("") => return Err(bad("The delimiter of csv is empty.")),
            Some(other) => other,
        };
        if delimiter.contains(quote) {
            return Err(bad(
                "The delimiter and the quoteCharacter of csv are the same.",
            ));
        }
        Ok(Self {
            source: source(it.source.as_deref())?,
            destination: destination(it.destination.as_deref())?,
            quote,
            delimiter: delimiter.to_owned(),
            columns: it.columns.into_iter().map(column).collect(),
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let mut found = Map::new();
        for (number, cell) in self.cells(&text).into_iter().enumerate() {
            let (name, path) = match self.columns.get(number) {
                Some((name, path)) => (name.clone(), path.as_ref()),
                None => (format!("column_{}", number + 1), None),
            };
            work.spend(name.len() + cell.len())?;
            match path {
                Some(path) => path.set(&mut found, cell.into(), true),
                None => drop(found.insert(name, cell.into())),
            }
        }
        place(work, self.destination.as_ref(), found, true);
        Ok(())
    }

    /// The cells of a row. A doubled quote within quotes stands for one.
    fn cells(&self, row: &str) -> Vec<String> {
        let (mut cells, mut cell) = (Vec::new(), String::new());
        let (mut rest, mut quoted) = (row, false);
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            if c == self.quote && quoted && after.starts_with(self.quote) {
                cell.push(c);
                rest = &after[c.len_utf8()..];
            } else if c == self.quote && (quoted || cell.trim().is_empty()) {
                if !quoted {
                    cell.clear();
                }
                quoted = !quoted;
                rest = after;
            } else if let Some(behind) = rest
                .strip_prefix(self.delimiter.as_str())
                .filter(|_| !quoted && cells.len() + 1 < MOST_PIECES)
            {
                cells.push(std::mem::take(&mut cell));
                rest = behind;
            } else {
                cell.push(c);
                rest = after;
            }
        }
        cells.push(cell);
        cells
    }
}

#[derive(Debug)]
pub(crate) struct KeyValue {
    source: Path,
    destination: Option<Path>,
    between_fields: String,
    within_field: String,
    prefix: String,
    /// Of a field that has no value.
    missing: Value,
    overwrite: bool,
}

impl KeyValue {
    pub fn new(it: config::ParseKeyValue) -> Result<Self, BadTransformer> {
        let between_fields = it.field_delimiter.unwrap_or_else(|| "&".to_owned());
        let within_field = it.key_value_delimiter.unwrap_or_else(|| "=".to_owned());
        if between_fields.is_empty() || within_field.is_empty() {
            return Err(bad("A delimiter of parseKeyValue is empty."));
        }
        Ok(Self {
            source: source(it.source.as_deref())?,
            destination: destination(it.destination.as_deref())?,
            between_fields,
            within_field,
            prefix: it.key_prefix.unwrap_or_default(),
            missing: it.non_match_value.map_or(Value::Null, Value::from),
            overwrite: it.overwrite_if_exists,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let mut found = Map::new();
        let fields = text.splitn(MOST_PIECES, &self.between_fields);
        for field in fields.filter(|it| !it.is_empty()) {
            let (name, value) = match field.split_once(&self.within_field) {
                Some((name, value)) => (name, Value::from(value)),
                None => (field, self.missing.clone()),
            };
            let name = format!("{}{name}", self.prefix);
            work.spend(name.len() + size(&value))?;
            found.insert(name, value);
        }
        place(work, self.destination.as_ref(), found, self.overwrite);
        Ok(())
    }
}
