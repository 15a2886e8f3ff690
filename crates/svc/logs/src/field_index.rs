//! Indexes of fields: what events of a block have in the fields that a policy names, as a filter that says for sure
//! that none of them has a value, or that one may. Pure.
//!
//! A block is as many events of a stream by their offsets, whatever the journal's blocks are. What is known of block
//! `n` is record `n` of a stream of the journal beside that of the events:
//!
//! ```text
//! record = 0                                                     nothing is known
//!        | version u8 | mark | first | last | field* | bits      times in milliseconds, when events came in
//! ```
//!
//! `mark` stands for what was done to the events as they were read, masks and transformers. Where that turns out
//! to be something else the record says nothing.

use std::{collections::HashSet, sync::Arc};

use serde::Deserialize;
use wharf_insights::indexed::{TERMS, Term, field, terms};
use wharf_journal::Record;
use wharf_wal::{DecodeError, Decoder, Encoder};
use wharf_wire::Fault;

use crate::{
    event::{self, Text},
    fault,
    rules::{Origin, Rules},
};

/// Events of a block.
pub const EVENTS: u64 = 512;
/// Fields of a policy, as with AWS, and characters of each.
const MOST_FIELDS: usize = 20;
const LONGEST_FIELD: usize = 100;
/// Values of one block; one with more is read each time.
const MOST_TERMS: usize = 40_000;
/// Bits for each value, and of them those that are set for it: one block of a hundred is read in vain.
const BITS: usize = 10;
const HASHES: u64 = 7;
const NOTHING: u8 = 0;
/// Counts up with what is read of an event, masks and transformers too, and with the form of this.
const VERSION: u8 = 1;
const _: () = assert!(VERSION == TERMS);
/// Fields that every event has and that are no members of its JSON.
const SYSTEM: [&str; 6] = [
    "@timestamp",
    "@ingestionTime",
    "@message",
    "@logStream",
    "@log",
    "@ptr",
];

/// Where what is known of a stream's events is.
pub fn journal_name(events: &str) -> String {
    format!("{PREFIX}{}", events.strip_prefix("logs/").unwrap_or(events))
}

/// What the names of those streams start with.
pub const PREFIX: &str = "logs-index/";

/// Where the events are of which such a stream knows.
pub fn events_name(index: &str) -> Option<String> {
    Some(format!("logs/{}", index.strip_prefix(PREFIX)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    fields: Vec<String>,
}

/// A policy's fields as it names them.
fn named(text: &str) -> Result<Vec<String>, Fault> {
    let wrong = |cause: serde_json::Error| match cause.to_string().contains("FieldsV2") {
        true => fault::unsupported_parameter("FieldsV2"),
        false => fault::invalid(format!("Invalid policy document: {cause}.")),
    };
    let Document { fields } = serde_json::from_str(text).map_err(wrong)?;
    Ok(fields)
}

/// A field of events whose name begins with @ has one more in a policy: others are CloudWatch Logs' own.
fn meant(name: String) -> String {
    match name.strip_prefix("@@") {
        Some(rest) => format!("@{rest}"),
        None => name,
    }
}

/// A field as a policy names it.
pub fn shown(field: &str) -> String {
    match field.starts_with('@') {
        true => format!("@{field}"),
        false => field.to_owned(),
    }
}

/// The fields that a policy is about.
///
/// # Errors
/// The text is no policy, or asks for what is not here.
pub fn policy(text: &str) -> Result<Vec<String>, Fault> {
    let fields = named(text)?;
    if !(1..=MOST_FIELDS).contains(&fields.len()) {
        return Err(fault::invalid(format!(
            "A field index policy has 1 to {MOST_FIELDS} fields."
        )));
    }
    let mut seen = HashSet::new();
    for it in &fields {
        if !(1..=LONGEST_FIELD).contains(&it.chars().count()) || it.contains(char::is_control) {
            return Err(fault::invalid(format!(
                "The name of a field has 1 to {LONGEST_FIELD} characters."
            )));
        }
        if SYSTEM.contains(&&**it) {
            return Err(fault::invalid(format!(
                "An index of the field {it} is not supported by this version of wharf."
            )));
        }
        if it.starts_with('@') && !it.starts_with("@@") {
            return Err(fault::invalid(format!(
                "An index of the field {it} is not supported by this version of wharf; a field of the events themselves is named @{it}."
            )));
        }
        if !seen.insert(it) {
            return Err(fault::invalid(format!("The field {it} is named twice.")));
        }
    }
    Ok(fields.into_iter().map(meant).collect())
}

/// A field by its hash and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub hash: u64,
    pub name: String,
}

/// The fields of a stored policy, whatever an earlier version let be in it; none if it is one of another version.
pub fn fields_of(document: &str) -> Arc<[Field]> {
    let names = named(document).unwrap_or_default().into_iter();
    let fields = names.take(MOST_FIELDS).map(meant).map(|name| Field {
        hash: field(&name),
        name,
    });
    fields.collect()
}

/// What is found out of a block, event by event.
#[derive(Debug, Default)]
pub struct Builder {
    /// Those that all events came in under, once there was one.
    fields: Option<Vec<Field>>,
    times: Option<(i64, i64)>,
    terms: HashSet<u64>,
    /// Nothing can be said of it.
    is_opaque: bool,
}

impl Builder {
    /// Takes in a record of a stream of the journal.
    pub fn add(&mut self, journal: &str, record: &Record, rules: &Rules, origin: Origin<'_>) {
        // What is none of ours no query sees.
        let Some(found) = event::read(&record.data) else {
            return;
        };
        // Hashes of what lies sealed would lie in the clear.
        let Text::Plain(text) = found.text else {
            self.is_opaque = true;
            return;
        };
        let at = found.ingestion;
        self.times = match self.times {
            Some((first, last)) => Some((first.min(at), last.max(at))),
            None => Some((at, at)),
        };
        let own = rules.indexed_fields(at);
        match &mut self.fields {
            Some(fields) => fields.retain(|it| own.contains(it)),
            None => self.fields = Some(own.to_vec()),
        }
        if !self.goes_on() {
            return;
        }
        let text = String::from_utf8_lossy(text);
        let message = rules.masked(at, &text);
        let made = rules.transformed_for_all((journal, record.offset), at, &message, origin);
        let json = made.as_deref().unwrap_or(&message);
        let names = self.fields.iter().flatten().map(|it| &*it.name);
        let names: Vec<&str> = names.collect();
        self.terms.extend(terms(json, &names));
    }

    /// Whether more events may be of use.
    pub fn goes_on(&self) -> bool {
        let has_fields = self.fields.as_ref().is_none_or(|it| !it.is_empty());
        !self.is_opaque && has_fields && self.terms.len() <= MOST_TERMS
    }

    /// The record of the block.
    pub fn finish(self, rules: &Rules) -> Vec<u8> {
        let (goes_on, fields) = (self.goes_on(), self.fields.unwrap_or_default());
        let Some((first, last)) = self.times.filter(|_| goes_on && !fields.is_empty()) else {
            return nothing();
        };
        let mut bits = vec![0u8; (self.terms.len() * BITS).div_ceil(8).max(1)];
        for term in &self.terms {
            for at in places(*term, bits.len()) {
                bits[at / 8] |= 1 << (at % 8);
            }
        }
        let mut out = Encoder::new();
        out.u8(VERSION);
        for number in [rules.mark(first, last), first as u64, last as u64] {
            out.raw(&number.to_le_bytes());
        }
        out.number(fields.len() as u64);
        for it in &fields {
            out.raw(&it.hash.to_le_bytes());
        }
        out.raw(&bits);
        out.into_vec()
    }
}

/// The record of a block of which nothing is known.
pub fn nothing() -> Vec<u8> {
    vec![NOTHING]
}

/// The bits of a value among those of so many bytes.
fn places(term: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (step, bits) = ((term >> 32) | 1, bytes as u64 * 8);
    (0..HASHES).map(move |it| (term.wrapping_add(it.wrapping_mul(step)) % bits) as usize)
}

/// A record of a block, read.
#[derive(Debug)]
pub struct Entry<'r> {
    mark: u64,
    first: i64,
    last: i64,
    /// Hashes of fields, eight bytes each.
    fields: &'r [u8],
    bits: &'r [u8],
}

impl<'r> Entry<'r> {
    /// `None` where it says nothing, or in another form.
    pub fn read(record: &'r [u8]) -> Option<Self> {
        let (&VERSION, rest) = record.split_first()? else {
            return None;
        };
        let (heads, rest) = rest.split_at_checked(24)?;
        let number = |at: usize| heads[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let mut input = Decoder::new(rest);
        let count = fields_told(&mut input).ok()?;
        let (fields, bits) = rest[input.position()..].split_at_checked(count * 8)?;
        (!bits.is_empty()).then_some(Self {
            mark: number(0)?,
            first: number(8)? as i64,
            last: number(16)? as i64,
            fields,
            bits,
        })
    }

    /// Whether an event of the block may have a term of each clause, as it is read now: `mark` is of what came in
    /// between two times.
    pub fn may_have(&self, clauses: &[Vec<Term>], mark: impl FnOnce(i64, i64) -> u64) -> bool {
        let knows = |field: u64| {
            let mut all = self.fields.chunks_exact(8);
            all.any(|it| *it == field.to_le_bytes())
        };
        let has = |term: u64| {
            let mut all = places(term, self.bits.len());
            all.all(|at| self.bits[at / 8] & (1 << (at % 8)) != 0)
        };
        let may = |clause: &Vec<Term>| {
            let mut fields = clause.chunk_by(|a, b| a.field == b.field);
            fields.any(|of| !knows(of[0].field) || of.iter().any(|it| has(it.value)))
        };
        clauses.iter().all(may) || self.mark != mark(self.first, self.last)
    }
}

/// Marks of rules, one after another: blocks that came in at the same times have the same, and so have all where there
/// are no rules.
pub struct Marks<'r> {
    rules: &'r Rules,
    last: Option<((i64, i64), u64)>,
}

impl<'r> Marks<'r> {
    pub fn new(rules: &'r Rules) -> Self {
        Self { rules, last: None }
    }

    pub fn of(&mut self, first: i64, last: i64) -> u64 {
        let times = match self.rules.is_empty() {
            true => (0, 0),
            false => (first, last),
        };
        match self.last.filter(|it| it.0 == times) {
            Some((_, mark)) => mark,
            None => {
                let mark = self.rules.mark(times.0, times.1);
                self.last = Some((times, mark));
                mark
            }
        }
    }
}

fn fields_told(input: &mut Decoder<'_>) -> Result<usize, DecodeError> {
    let count = usize::try_from(input.number()?).map_err(|_| DecodeError::BadNumber)?;
    match count <= MOST_FIELDS {
        true => Ok(count),
        false => Err(DecodeError::BadNumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_checked() {
        let fields = policy(r#"{"Fields": ["requestId", "user.name", "@@userId"]}"#).unwrap();
        assert_eq!(fields, ["requestId", "user.name", "@userId"]);
        let shown: Vec<String> = fields.iter().map(|it| shown(it)).collect();
        assert_eq!(shown, ["requestId", "user.name", "@@userId"]);
        let long =
            |length: usize| serde_json::json!({ "Fields": ["ü".repeat(length)] }).to_string();
        assert!(policy(&long(100)).is_ok());
        // Earlier versions took more, and what they took stands.
        let names = |text: &str| -> Vec<String> {
            fields_of(text).iter().map(|it| it.name.clone()).collect()
        };
        assert_eq!(
            names(r#"{"Fields": ["@a", "@@b", "c"]}"#),
            ["@a", "@b", "c"]
        );
        assert_eq!(names(&long(512)), ["ü".repeat(512)]);
        assert_eq!(names(r#"{"FieldsV2": {}}"#), [""; 0]);
        let many: Vec<String> = (0..21).map(|it| format!("f{it}")).collect();
        let many = serde_json::json!({ "Fields": many }).to_string();
        for (bad, text) in [
            ("", "Invalid policy document"),
            ("{}", "missing field `Fields`"),
            (r#"{"Fields": "a"}"#, "Invalid policy document"),
            (r#"{"Fields": []}"#, "1 to 20 fields"),
            (&*many, "1 to 20 fields"),
            (r#"{"Fields": ["a", "a"]}"#, "named twice"),
            (r#"{"Fields": [""]}"#, "1 to 100 characters"),
            (&*long(101), "1 to 100 characters"),
            (
                r#"{"Fields": ["@userId"]}"#,
                "a field of the events themselves is named @@userId.",
            ),
            (
                r#"{"Fields": ["@message"]}"#,
                "The field @message is not supported",
            ),
            (
                r#"{"Fields": ["a"], "FieldsV2": {}}"#,
                "The parameter FieldsV2",
            ),
        ] {
            let refused = policy(bad).unwrap_err().message;
            let text = text.replace("The field @message is", "field @message is");
            assert!(refused.contains(&text), "{bad}: {refused}");
        }
    }

    #[test]
    fn what_is_bent_says_nothing_or_something() {
        assert!(Entry::read(&nothing()).is_none());
        assert!(Entry::read(&[]).is_none());
        let mut record = vec![VERSION];
        record.extend([0; 24]);
        record.push(1);
        record.extend([7; 8]);
        assert!(Entry::read(&record).is_none(), "it has no bits");
        record.push(0);
        let entry = Entry::read(&record).unwrap();
        let of = |field: [u8; 8]| Term {
            field: u64::from_le_bytes(field),
            value: 5,
        };
        let rules = Rules::default();
        let mut marks = Marks::new(&rules);
        let mut may_have = |entry: &Entry<'_>, clauses: &[Vec<Term>]| {
            entry.may_have(clauses, |a, b| marks.of(a, b))
        };
        // The mark is not that of no rules: nothing is said.
        assert!(may_have(&entry, &[vec![of([7; 8])]]));
        let mark = rules.mark(0, 0).to_le_bytes();
        record[1..9].copy_from_slice(&mark);
        let entry = Entry::read(&record).unwrap();
        assert!(!may_have(&entry, &[vec![of([7; 8])]]));
        assert!(may_have(&entry, &[vec![of([7; 8]), of([8; 8])]]));
        assert!(may_have(&entry, &[vec![of([8; 8])]]));
        assert!(may_have(&entry, &[]));
        assert_eq!(
            events_name(&journal_name("logs/g/s")).as_deref(),
            Some("logs/g/s")
        );
    }
}
