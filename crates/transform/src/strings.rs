//! Texts that are changed where they are.

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

use crate::{
    BadTransformer, bad, config,
    path::Path,
    work::{Undone, Work, size},
};

/// Bytes that a regular expression of 128 characters may take when it is compiled.
const REGEX_BYTES: usize = 256 << 10;
/// Groups of it may nest so deep.
const REGEX_DEPTH: u32 = 32;
/// Looking through a text is so much cheaper than making one.
const READ_SHARE: usize = 32;
/// A list has no more elements, since each takes much more than the bytes between two delimiters.
const MOST_PARTS: usize = 1000;

/// Changes the text there.
pub(crate) fn change(
    path: &Path,
    work: &mut Work<'_>,
    how: impl FnOnce(&str) -> String,
) -> Result<(), Undone> {
    let text = work.text(path)?;
    let Some(place) = path.get_mut(&mut work.root) else {
        return Err(Undone::Unfit);
    };
    *place = Value::String(how(&text));
    Ok(())
}

#[derive(Debug)]
pub(crate) struct Split {
    source: Path,
    delimiter: String,
}

impl Split {
    pub fn new(it: config::Split) -> Result<Self, BadTransformer> {
        match it.delimiter.is_empty() {
            true => Err(bad("The delimiter of splitString is empty.")),
            false => Ok(Self {
                source: Path::parse(&it.source)?,
                delimiter: it.delimiter,
            }),
        }
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let parts = text.splitn(MOST_PARTS, &self.delimiter).map(Value::from);
        let parts = Value::Array(parts.collect());
        work.spend(size(&parts))?;
        match self.source.get_mut(&mut work.root) {
            Some(place) => *place = parts,
            None => return Err(Undone::Unfit),
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Substitute {
    source: Path,
    from: Regex,
    to: String,
}

impl Substitute {
    pub fn new(it: config::Substitute) -> Result<Self, BadTransformer> {
        let from = RegexBuilder::new(&it.from)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .nest_limit(REGEX_DEPTH)
            .build();
        let from = from.map_err(|_| {
            bad(format!(
                "Invalid regular expression in substituteString: {:?}.",
                it.from
            ))
        })?;
        Ok(Self {
            source: Path::parse(&it.source)?,
            from,
            to: it.to,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = work.text(&self.source)?;
        let (mut out, mut end) = (String::new(), 0);
        for found in self.from.captures_iter(&text) {
            let Some(whole) = found.get(0) else {
                continue;
            };
            work.spend(whole.start() - end)?;
            out.push_str(&text[end..whole.start()]);
            // Each part of what is put in may be as much as all of the text.
            parts(&self.to, &found, |part| {
                work.spend(part.len())?;
                out.push_str(part);
                Ok(())
            })?;
            // Looking for the next may go through the rest of it.
            work.spend((text.len() - whole.end()) / READ_SHARE)?;
            end = whole.end();
        }
        out.push_str(&text[end..]);
        match self.source.get_mut(&mut work.root) {
            Some(place) => *place = Value::String(out),
            None => return Err(Undone::Unfit),
        }
        Ok(())
    }
}

/// What is put in for a match, part by part. As Java has it: `$1` is a group, and so is `${name}`; `\$` is a dollar.
fn parts(
    to: &str,
    found: &Captures<'_>,
    mut put: impl FnMut(&str) -> Result<(), Undone>,
) -> Result<(), Undone> {
    let mut rest = to;
    while let Some(at) = rest.find(['$', '\\']) {
        put(&rest[..at])?;
        let (sign, after) = rest[at..].split_at(1);
        rest = after;
        if sign == "\\" {
            let next = rest.chars().next().map_or(0, char::len_utf8);
            let (escaped, after) = rest.split_at(next);
            put(escaped)?;
            rest = after;
            continue;
        }
        let named = rest.strip_prefix('{').and_then(|it| it.split_once('}'));
        if let Some((name, after)) = named {
            put(found.name(name).map_or("", |it| it.as_str()))?;
            rest = after;
        } else if let Some(digit) = rest.chars().next().and_then(|it| it.to_digit(10)) {
            put(found.get(digit as usize).map_or("", |it| it.as_str()))?;
            rest = &rest[1..];
        } else {
            put("$")?;
        }
    }
    put(rest)
}
