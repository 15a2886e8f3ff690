//! Data protection policies: what of a text is sensitive, and masked. Pure.
//!
//! A policy has a statement that audits and one that masks, about the same identifiers: managed ones, which
//! `identifiers` has, and custom ones, which are regular expressions of the policy.

mod identifiers;

use std::{
    borrow::Cow,
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::Value;

use self::identifiers::{Managed, Spaced};
use crate::findings::Place;

/// Bytes of a policy, as with AWS.
const LONGEST: usize = 30_720;
/// Custom identifiers of a policy, and what each may be, as with AWS.
const MOST_CUSTOM: usize = 10;
const LONGEST_NAME: usize = 128;
const LONGEST_REGEX: usize = 200;
/// Identifiers of a policy.
const MOST: usize = 100;
/// Bytes that a regular expression may take when it is compiled.
const REGEX_BYTES: usize = 64 << 10;
/// Bytes of the name of a group or bucket.
const LONGEST_PLACE: usize = 512;
const VERSION: &str = "2021-06-01";
const MANAGED: &str = "arn:aws:dataprotection::aws:data-identifier/";
/// Bytes that are looked through for each byte of a text before the rest of it counts as sensitive.
const READ_PER_BYTE: usize = 256;
const READ_ANYWAY: usize = 16 << 10;

/// The text is no policy; the reason is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPolicy(String);

fn bad(text: impl Into<String>) -> BadPolicy {
    BadPolicy(text.into())
}

/// A policy, ready to use.
#[derive(Debug)]
pub struct Protection {
    /// With their names.
    identifiers: Vec<(String, Identifier)>,
    /// Where what is found is told.
    pub findings: Vec<Place>,
}

/// Something sensitive in a text.
#[derive(Debug, Clone)]
pub struct Found<'p> {
    /// Of the data identifier.
    pub name: &'p str,
    pub range: Range<usize>,
}

#[derive(Debug)]
enum Identifier {
    Managed(Managed),
    Custom(Regex),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "Name")]
    _name: String,
    #[serde(default, rename = "Description")]
    _description: Option<String>,
    version: String,
    #[serde(default)]
    configuration: Configuration,
    statement: Vec<Statement>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    custom_data_identifier: Vec<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Custom {
    name: String,
    regex: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    data_identifier: Vec<String>,
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum Operation {
    Audit(Audit),
    Deidentify(Deidentify),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Audit {
    findings_destination: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Deidentify {
    mask_config: Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl Protection {
    /// # Errors
    /// The text is no policy, or asks for what is not here.
    pub fn parse(text: &str) -> Result<Self, BadPolicy> {
        if text.len() > LONGEST {
            return Err(bad(format!(
                "A data protection policy has at most {LONGEST} bytes."
            )));
        }
        let document: Document = serde_json::from_str(text)
            .map_err(|error| bad(format!("Invalid data protection policy: {error}.")))?;
        if document.version != VERSION {
            return Err(bad(format!(
                "The Version of a data protection policy is {VERSION}."
            )));
        }
        let (named, findings) = identifiers_of(&document.statement)?;
        let custom = compiled(&document.configuration.custom_data_identifier)?;
        let found = named.iter().map(|name| {
            let short = name.strip_prefix(MANAGED).unwrap_or(name);
            Ok((short.to_owned(), identifier(name, &custom)?))
        });
        Ok(Self {
            identifiers: found.collect::<Result<_, _>>()?,
            findings,
        })
    }

    /// What of a text is sensitive.
    pub fn found(&self, text: &str) -> Vec<Found<'_>> {
        let mut left = READ_ANYWAY + READ_PER_BYTE * text.len();
        let mut found = Vec::new();
        // Most texts have nothing that it would take to know it.
        let spaced = LazyCell::new(|| Spaced::new(text));
        for (name, identifier) in &self.identifiers {
            let regex = match identifier {
                Identifier::Custom(regex) => regex,
                Identifier::Managed(it) => {
                    let all = it.found(text, &spaced).into_iter();
                    found.extend(all.map(|range| Found { name, range }));
                    continue;
                }
            };
            let mut at = 0;
            while at <= text.len() {
                // Each look may go through all that is left: who makes that happen at every byte has the rest
                // masked, unseen.
                let Some(after) = left.checked_sub(text.len() - at) else {
                    found.push(Found {
                        name,
                        range: at..text.len(),
                    });
                    break;
                };
                left = after;
                let Some(next) = regex.find_at(text, at) else {
                    break;
                };
                at = if next.is_empty() {
                    let first = text[next.start()..].chars().next();
                    next.start() + first.map_or(1, char::len_utf8)
                } else {
                    found.push(Found {
                        name,
                        range: next.range(),
                    });
                    next.end()
                };
            }
        }
        found
    }
}

/// The text with a star for each character that any of the policies says is sensitive. Each looks at the text as
/// it came: what one of them masks hides nothing from the others.
pub fn masked<'t, 'p>(
    text: &'t str,
    policies: impl Iterator<Item = &'p Protection>,
) -> Cow<'t, str> {
    let mut found: Vec<Range<usize>> = policies
        .flat_map(|it| it.found(text))
        .map(|it| it.range)
        .collect();
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|it| (it.start, it.end));
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for range in found {
        let start = range.start.max(end);
        if start >= range.end {
            continue;
        }
        out.push_str(&text[end..start]);
        out.extend(text[start..range.end].chars().map(|_| '*'));
        end = range.end;
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}

/// What both statements are about.
fn identifiers_of(statements: &[Statement]) -> Result<(&[String], Vec<Place>), BadPolicy> {
    let mut findings = Vec::new();
    let (mut audits, mut masks) = (Vec::new(), Vec::new());
    for it in statements {
        match &it.operation {
            Operation::Audit(audit) => {
                for (name, value) in &audit.findings_destination {
                    findings.push(place(name, value)?);
                }
                audits.push(&it.data_identifier);
            }
            Operation::Deidentify(Deidentify {
                mask_config: Empty {},
            }) => masks.push(&it.data_identifier),
        }
    }
    match (audits.as_slice(), masks.as_slice()) {
        ([_], [masked]) if has_repeats(masked) => {
            Err(bad("A data identifier is named more than once."))
        }
        ([audited], [masked]) if audited == masked => match (1..=MOST).contains(&masked.len()) {
            true => Ok((masked, findings)),
            false => Err(bad(format!(
                "A statement has 1 to {MOST} data identifiers."
            ))),
        },
        ([_], [_]) => Err(bad(
            "The data identifiers of the Audit and the Deidentify statement must be the same.",
        )),
        _ => Err(bad(
            "A data protection policy has one statement with Audit and one with Deidentify.",
        )),
    }
}

/// One member of a `FindingsDestination`.
fn place(name: &str, value: &Value) -> Result<Place, BadPolicy> {
    let member = match name {
        "CloudWatchLogs" => "LogGroup",
        "S3" => "Bucket",
        _ => {
            return Err(bad(format!(
                "The FindingsDestination {name} is not supported by this version of wharf."
            )));
        }
    };
    let of = value.as_object().filter(|it| it.len() == 1);
    let named = of.and_then(|it| it.get(member)).and_then(Value::as_str);
    let named = named.filter(|it| !it.is_empty() && it.len() <= LONGEST_PLACE);
    let named = named.ok_or_else(|| {
        bad(format!(
            "The FindingsDestination {name} has a {member} and nothing else."
        ))
    })?;
    Ok(match name {
        "S3" => Place::Bucket(named.to_owned()),
        _ => Place::Group(named.to_owned()),
    })
}

/// Where a policy's findings are told; nowhere if the text is no policy.
pub fn findings_of(text: &str) -> Vec<Place> {
    let document = (text.len() <= LONGEST).then(|| serde_json::from_str::<Document>(text).ok());
    let document = document.flatten();
    let found = document.and_then(|it| identifiers_of(&it.statement).ok().map(|(_, it)| it));
    found.unwrap_or_default()
}

fn has_repeats(names: &[String]) -> bool {
    let each: BTreeSet<&String> = names.iter().collect();
    each.len() < names.len()
}

/// Custom identifiers by their names.
fn compiled(all: &[Custom]) -> Result<BTreeMap<&str, Regex>, BadPolicy> {
    if all.len() > MOST_CUSTOM {
        return Err(bad(format!(
            "A data protection policy has at most {MOST_CUSTOM} custom data identifiers."
        )));
    }
    let mut found = BTreeMap::new();
    for it in all {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let fits = (1..=LONGEST_NAME).contains(&it.name.len()) && it.name.chars().all(is_name);
        if !fits || Managed::is_reserved(&it.name) || found.contains_key(it.name.as_str()) {
            return Err(bad(format!(
                "Invalid name of a custom data identifier: {:?}.",
                it.name
            )));
        }
        let wrong = || bad(format!("Invalid Regex of the data identifier {}.", it.name));
        let may_be =
            |c: char| c.is_ascii_alphanumeric() || "_#=@/;,- ^$?[]{}|\\*+.():'\"%&!<>~".contains(c);
        if !(1..=LONGEST_REGEX).contains(&it.regex.chars().count()) || !it.regex.chars().all(may_be)
        {
            return Err(wrong());
        }
        let regex = RegexBuilder::new(&it.regex)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build();
        found.insert(it.name.as_str(), regex.map_err(|_| wrong())?);
    }
    Ok(found)
}

fn identifier(given: &str, custom: &BTreeMap<&str, Regex>) -> Result<Identifier, BadPolicy> {
    if let Some(regex) = custom.get(given) {
        return Ok(Identifier::Custom(regex.clone()));
    }
    let managed = given.strip_prefix(MANAGED).and_then(Managed::named);
    let managed = managed.ok_or_else(|| {
        bad(format!(
            "The data identifier {given} is not supported by this version of wharf."
        ))
    })?;
    Ok(Identifier::Managed(managed))
}

#[cfg(test)]
mod tests;
