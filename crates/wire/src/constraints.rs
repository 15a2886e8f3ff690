//! Checks of a decoded input against the model: required members, lengths, sizes, values, patterns.

use crate::{
    node::{Struct, View},
    schema::{Kind, Member, ServiceSchema, Shape, ShapeIndex},
};

/// At most so many violations are looked for: a hostile body could hold a million.
const MAX_VIOLATIONS: usize = 20;

/// One broken constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `tags.1.member.key`: first letters in lower case, list positions from 1.
    pub path: String,
    /// Name of the innermost member, as the model spells it.
    pub member: &'static str,
    /// The value, unless the model calls its member sensitive.
    pub value: Option<String>,
    pub broken: Broken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    Missing,
    TooShort { min: u64 },
    TooLong { max: u64 },
    TooSmall { min: String },
    TooLarge { max: String },
    Pattern { pattern: &'static str },
    NotOneOf { values: &'static [&'static str] },
}

impl Violation {
    /// `Value 'v' at 'path' failed to satisfy constraint: Member must …` (platform §1); of a sensitive
    /// member AWS says `Value at 'path'` alone.
    pub fn text(&self) -> String {
        let value = match (&self.broken, &self.value) {
            (Broken::Missing, _) => "Value null".to_owned(),
            (_, Some(value)) => format!("Value '{value}'"),
            (_, None) => "Value".to_owned(),
        };
        format!(
            "{value} at '{}' failed to satisfy constraint: {}",
            self.path,
            self.constraint()
        )
    }

    /// The second half of [`Violation::text`] alone.
    pub fn constraint(&self) -> String {
        match &self.broken {
            Broken::Missing => "Member must not be null".to_owned(),
            Broken::TooShort { min } => {
                format!("Member must have length greater than or equal to {min}")
            }
            Broken::TooLong { max } => {
                format!("Member must have length less than or equal to {max}")
            }
            Broken::TooSmall { min } => {
                format!("Member must have value greater than or equal to {min}")
            }
            Broken::TooLarge { max } => {
                format!("Member must have value less than or equal to {max}")
            }
            Broken::Pattern { pattern } => {
                format!("Member must satisfy regular expression pattern: {pattern}")
            }
            Broken::NotOneOf { values } => {
                format!(
                    "Member must satisfy enum value set: [{}]",
                    values.join(", ")
                )
            }
        }
    }
}

/// `N validation errors detected: …; …`
pub fn summary(violations: &[Violation]) -> String {
    let texts: Vec<String> = violations.iter().map(Violation::text).collect();
    let noun = if texts.len() == 1 { "error" } else { "errors" };
    format!(
        "{} validation {noun} detected: {}",
        texts.len(),
        texts.join("; ")
    )
}

/// All broken constraints of `input`, in the model's order.
pub fn check(schema: &ServiceSchema, shape: ShapeIndex, input: &dyn Struct) -> Vec<Violation> {
    let mut checker = Checker {
        schema,
        path: Vec::new(),
        member: "",
        sensitive: false,
        found: Vec::new(),
    };
    checker.value(schema.shape(shape), View::Struct(input));
    checker.found
}

/// A step on the way to a value. Made text for what is broken alone: a body may have thousands of values.
enum Segment {
    Member(&'static str),
    /// From 1.
    Item(usize),
    Entry(String),
}

impl Segment {
    fn text(&self) -> String {
        match self {
            Self::Member(name) => lower_first(name),
            Self::Item(number) => format!("{number}.member"),
            Self::Entry(key) => format!("{key}.member"),
        }
    }
}

struct Checker<'a> {
    schema: &'a ServiceSchema,
    path: Vec<Segment>,
    member: &'static str,
    /// Whether the value of that member may not be shown.
    sensitive: bool,
    found: Vec<Violation>,
}

impl Checker<'_> {
    fn value(&mut self, shape: &'static Shape, view: View<'_>) {
        if self.found.len() >= MAX_VIOLATIONS {
            return;
        }
        match (&shape.kind, view) {
            (Kind::Structure { members }, View::Struct(value)) => self.structure(members, value),
            (Kind::List { member, .. }, View::List(list)) => {
                self.size(shape, list.len(), || "[]".to_owned());
                let inner = self.schema.shape(*member);
                if !constrained(inner) {
                    return;
                }
                for index in 0..list.len() {
                    self.within(Segment::Item(index + 1), |it| {
                        it.value(inner, list.get(index));
                    });
                }
            }
            (Kind::Map { key, value, .. }, View::Map(map)) => {
                self.size(shape, map.len(), || "{}".to_owned());
                let (key, inner) = (self.schema.shape(*key), self.schema.shape(*value));
                for (name, view) in map.entries() {
                    self.value(key, View::Str(name));
                    self.within(Segment::Entry(name.to_string()), |it| it.value(inner, view));
                }
            }
            (Kind::String { pattern, values }, View::Str(text)) => {
                self.text(shape, pattern.as_ref(), values, text);
            }
            (Kind::Blob, View::Blob(bytes)) => self.size(shape, bytes.len(), String::new),
            (Kind::Integer | Kind::Long, View::Long(number)) => {
                self.number(shape, number as f64, || number.to_string());
            }
            (Kind::Float | Kind::Double, View::Double(number)) => {
                self.number(shape, number, || number.to_string());
            }
            _ => {}
        }
    }

    fn structure(&mut self, members: &'static [Member], value: &dyn Struct) {
        for (index, member) in members.iter().enumerate() {
            let view = value.member(index);
            let outer = std::mem::replace(&mut self.member, member.name);
            let was_sensitive = std::mem::replace(&mut self.sensitive, member.sensitive);
            self.within(Segment::Member(member.name), |it| match view {
                View::Absent if member.required => it.report(String::new(), Broken::Missing),
                View::Absent => {}
                view => it.value(it.schema.shape(member.shape), view),
            });
            (self.member, self.sensitive) = (outer, was_sensitive);
        }
    }

    fn text(
        &mut self,
        shape: &'static Shape,
        pattern: Option<&'static crate::schema::Pattern>,
        values: &'static [&'static str],
        text: &str,
    ) {
        let shown = || shorten(text);
        if !values.is_empty() {
            if !values.contains(&text) {
                self.report(shown(), Broken::NotOneOf { values });
            }
            return;
        }
        if !is_surely_within(shape, text.len()) {
            self.size(shape, text.chars().count(), shown);
        }
        if let Some(pattern) = pattern
            && !pattern.matches(text)
        {
            self.report(
                shown(),
                Broken::Pattern {
                    pattern: pattern.source,
                },
            );
        }
    }

    fn size(&mut self, shape: &'static Shape, size: usize, shown: impl Fn() -> String) {
        if (size as f64) < shape.min {
            self.report(
                shown(),
                Broken::TooShort {
                    min: shape.min as u64,
                },
            );
        } else if (size as f64) > shape.max {
            self.report(
                shown(),
                Broken::TooLong {
                    max: shape.max as u64,
                },
            );
        }
    }

    fn number(&mut self, shape: &'static Shape, number: f64, shown: impl Fn() -> String) {
        if number < shape.min {
            self.report(
                shown(),
                Broken::TooSmall {
                    min: shape.min.to_string(),
                },
            );
        } else if number > shape.max {
            self.report(
                shown(),
                Broken::TooLarge {
                    max: shape.max.to_string(),
                },
            );
        }
    }

    fn within(&mut self, segment: Segment, visit: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        visit(self);
        self.path.pop();
    }

    fn report(&mut self, value: String, broken: Broken) {
        if self.found.len() < MAX_VIOLATIONS {
            let path: Vec<String> = self.path.iter().map(Segment::text).collect();
            self.found.push(Violation {
                path: path.join("."),
                member: self.member,
                value: (!self.sensitive).then_some(value),
                broken,
            });
        }
    }
}

/// Whether looking at each element of a list of `shape` can find anything.
fn constrained(shape: &Shape) -> bool {
    match &shape.kind {
        Kind::String { pattern, values } => {
            pattern.is_some() || !values.is_empty() || shape.min > 0.0 || shape.max.is_finite()
        }
        Kind::Boolean | Kind::Timestamp(_) | Kind::Document => false,
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Blob => {
            shape.min.is_finite() || shape.max.is_finite()
        }
        Kind::Structure { .. } | Kind::List { .. } | Kind::Map { .. } => true,
    }
}

/// Whether a text of so many bytes has as many characters as it may, however many bytes each takes: most texts need not be
/// counted.
fn is_surely_within(shape: &Shape, bytes: usize) -> bool {
    bytes.div_ceil(4) as f64 >= shape.min && bytes as f64 <= shape.max
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + chars.as_str()
    })
}

/// Long values are cut in messages: an error must not echo a megabyte.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 256;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain("…".chars()).collect()
}
