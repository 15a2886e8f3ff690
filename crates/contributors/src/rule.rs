//! The definition of a rule, as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::field::{Field, Format, MOST_FIELDS, Seen};

/// Keys, filters, and texts of a filter, as with AWS.
const MOST_KEYS: usize = 4;
const MOST_FILTERS: usize = 4;
const MOST_TEXTS: usize = 10;
const SCHEMA: &str = "CloudWatchLogRule";

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRule(String);

/// A rule, ready to count by.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    groups: Vec<String>,
    format: Format,
    /// What contributors are told apart by, each under the name that the definition has for it.
    keys: Vec<(String, Field)>,
    filters: Vec<Filter>,
    /// What is added up; without it each event counts once.
    value: Option<Field>,
    sums: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Filter {
    of: Field,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    StartsWith(Vec<String>),
    Greater(f64),
    Less(f64),
    Equal(f64),
    NotEqual(f64),
    IsPresent(bool),
}

/// The definition as it is written: what is not here is refused by its name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    schema: Schema,
    log_group_names: Vec<String>,
    log_format: String,
    #[serde(default)]
    fields: Option<BTreeMap<String, String>>,
    contribution: Contribution,
    aggregate_on: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Schema {
    name: String,
    version: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Contribution {
    keys: Vec<String>,
    #[serde(default)]
    value_of: Option<String>,
    #[serde(default)]
    filters: Vec<WrittenFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct WrittenFilter {
    r#match: String,
    r#in: Option<Vec<String>>,
    not_in: Option<Vec<String>>,
    starts_with: Option<Vec<String>>,
    greater_than: Option<f64>,
    less_than: Option<f64>,
    equal_to: Option<f64>,
    not_equal_to: Option<f64>,
    is_present: Option<bool>,
}

/// Names of fields, in the words of the rule's format.
struct Names {
    format: Format,
    /// Of a line's fields, by what they are called.
    aliases: BTreeMap<String, usize>,
}

fn bad(text: impl Into<String>) -> BadRule {
    BadRule(text.into())
}

impl Rule {
    /// # Errors
    /// It is none, or says what is not known here; the text names it.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        // An array of the members would be read as well.
        if !text.trim_start().starts_with('{') {
            return Err(bad("it must be an object of JSON"));
        }
        let written: Written =
            serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if written.schema.name != SCHEMA || written.schema.version != 1 {
            return Err(bad(format!(
                "Schema must be {{\"Name\": \"{SCHEMA}\", \"Version\": 1}}"
            )));
        }
        let groups = groups(written.log_group_names)?;
        let format = match &*written.log_format {
            "JSON" => Format::Json,
            "CLF" => Format::Clf,
            other => return Err(bad(format!("LogFormat {other} is not JSON or CLF"))),
        };
        let names = Names::of(format, written.fields)?;
        let sums = match &*written.aggregate_on {
            "Count" => false,
            "Sum" => true,
            other => return Err(bad(format!("AggregateOn {other} is not Count or Sum"))),
        };
        let Contribution {
            keys,
            value_of,
            filters,
        } = written.contribution;
        if keys.is_empty() || keys.len() > MOST_KEYS {
            return Err(bad(format!("Keys must have 1 to {MOST_KEYS} members")));
        }
        if filters.len() > MOST_FILTERS {
            return Err(bad(format!("Filters has more than {MOST_FILTERS} members")));
        }
        let mut labels = BTreeSet::new();
        if let Some(twice) = keys.iter().find(|it| !labels.insert(*it)) {
            return Err(bad(format!("Keys has {twice} twice")));
        }
        let value = match (value_of, sums) {
            (Some(_), false) => {
                return Err(bad("ValueOf is for rules that aggregate on Sum alone"));
            }
            (value, _) => value.map(|it| names.find("ValueOf", &it)).transpose()?,
        };
        let keys = keys.into_iter().map(|label| {
            let field = names.find("Keys", &label)?;
            Ok((label, field))
        });
        let filters = filters.into_iter().map(|it| it.read(&names));
        Ok(Self {
            groups,
            format,
            keys: keys.collect::<Result<_, _>>()?,
            filters: filters.collect::<Result<_, _>>()?,
            value,
            sums,
        })
    }

    /// The log groups that it is about, as it names them: `*` at the end stands for anything.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    pub fn covers(&self, group: &str) -> bool {
        self.groups.iter().any(|it| match it.strip_suffix('*') {
            Some(prefix) => group.starts_with(prefix),
            None => it == group,
        })
    }

    /// What its keys are called.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|it| it.0.as_str())
    }

    /// Whether it adds up values, and does not count.
    pub fn sums(&self) -> bool {
        self.sums
    }

    /// Whose an event is and what it counts for; `None` if it does not count.
    pub(crate) fn contribution(&self, message: &str) -> Option<(Vec<String>, f64)> {
        let seen = self.format.read(message)?;
        if !self.filters.iter().all(|it| it.holds(&seen)) {
            return None;
        }
        let value = match &self.value {
            Some(field) => field.number_of(&seen)?,
            None => 1.0,
        };
        let keys = self.keys.iter();
        let keys = keys.map(|(_, field)| field.of(&seen).map(|it| it.into_owned()));
        Some((keys.collect::<Option<_>>()?, value))
    }
}

fn groups(named: Vec<String>) -> Result<Vec<String>, BadRule> {
    if named.is_empty() {
        return Err(bad("LogGroupNames must have at least 1 member"));
    }
    for name in &named {
        let plain = name.strip_suffix('*').unwrap_or(name);
        if name.is_empty() || plain.contains('*') {
            return Err(bad(format!(
                "LogGroupNames has {name}: a * may stand at the end of a name alone"
            )));
        }
    }
    Ok(named)
}

impl Names {
    fn of(format: Format, given: Option<BTreeMap<String, String>>) -> Result<Self, BadRule> {
        if format == Format::Json && given.is_some() {
            return Err(bad("Fields is for rules of the LogFormat CLF alone"));
        }
        let mut aliases = BTreeMap::new();
        for (number, alias) in given.unwrap_or_default() {
            let place = place(&number).ok_or_else(|| {
                bad(format!(
                    "Fields has {number}: fields are numbers from 1 to {MOST_FIELDS}"
                ))
            })?;
            if alias.is_empty() || aliases.insert(alias.clone(), place).is_some() {
                return Err(bad(format!(
                    "Fields has {alias:?}: names must be there, and each once"
                )));
            }
        }
        Ok(Self { format, aliases })
    }

    fn find(&self, member: &str, name: &str) -> Result<Field, BadRule> {
        match self.format {
            Format::Json => Field::path(name).ok_or_else(|| {
                bad(format!(
                    "{member} has {name}, which is no field of JSON such as $.a.b[0]"
                ))
            }),
            Format::Clf => {
                let known = self.aliases.get(name).copied().or_else(|| place(name));
                known.map(Field::Number).ok_or_else(|| {
                    bad(format!(
                        "{member} has {name}, which is neither a number of a field nor among Fields"
                    ))
                })
            }
        }
    }
}

/// The place of a numbered field.
fn place(number: &str) -> Option<usize> {
    let is_number = number.bytes().all(|it| it.is_ascii_digit());
    let number: usize = number.parse().ok().filter(|_| is_number)?;
    (1..=MOST_FIELDS).contains(&number).then(|| number - 1)
}

impl WrittenFilter {
    fn read(self, names: &Names) -> Result<Filter, BadRule> {
        let of = names.find("Match", &self.r#match)?;
        let named = self.r#match;
        let texts = |given: Option<Vec<String>>, test: fn(Vec<String>) -> Test| {
            given.map(|all| match (1..=MOST_TEXTS).contains(&all.len()) {
                true => Ok(test(all)),
                false => Err(bad(format!(
                    "the filter of {named} must have 1 to {MOST_TEXTS} values"
                ))),
            })
        };
        let number = |given: Option<f64>, test: fn(f64) -> Test| given.map(|it| Ok(test(it)));
        let tests = [
            texts(self.r#in, Test::In),
            texts(self.not_in, Test::NotIn),
            texts(self.starts_with, Test::StartsWith),
            number(self.greater_than, Test::Greater),
            number(self.less_than, Test::Less),
            number(self.equal_to, Test::Equal),
            number(self.not_equal_to, Test::NotEqual),
            self.is_present.map(|it| Ok(Test::IsPresent(it))),
        ];
        let mut tests = tests.into_iter().flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Filter { of, test: test? }),
            _ => Err(bad(format!(
                "the filter of {named} must have exactly one of In, NotIn, StartsWith, GreaterThan, LessThan, EqualTo, NotEqualTo and IsPresent"
            ))),
        }
    }
}

impl Filter {
    /// An event without the field passes only where that is what is asked for.
    fn holds(&self, seen: &Seen<'_>) -> bool {
        let found = self.of.of(seen);
        if let Test::IsPresent(wanted) = self.test {
            return found.is_some() == wanted;
        }
        let Some(text) = found else {
            return false;
        };
        let number = || self.of.number_of(seen);
        match &self.test {
            Test::In(all) => all.iter().any(|it| *it == text),
            Test::NotIn(all) => all.iter().all(|it| *it != text),
            Test::StartsWith(all) => all.iter().any(|it| text.starts_with(it.as_str())),
            Test::Greater(than) => number().is_some_and(|it| it > *than),
            Test::Less(than) => number().is_some_and(|it| it < *than),
            Test::Equal(to) => number().is_some_and(|it| it == *to),
            Test::NotEqual(to) => number().is_some_and(|it| it != *to),
            Test::IsPresent(_) => true,
        }
    }
}

#[cfg(test)]
#[path = "rule/tests.rs"]
mod tests;
