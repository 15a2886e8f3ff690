//! A transformer, read, checked and applied.

use serde_json::Value;

use crate::{
    BadTransformer, MAX_EVENT, MAX_PROCESSORS, bad,
    config::Processor,
    datetime::Converter,
    grok::Grok,
    keys::{Add, ListToMap, Way},
    parsers::{Csv, Json, KeyValue},
    path::Path,
    strings::{Split, Substitute, change},
    types::Convert,
    work::{Subject, Undone, Work},
};

/// Parsers of one transformer, as with AWS.
const MAX_PARSERS: usize = 5;
/// Regular expressions of one transformer: each takes some hundred kilobytes.
const MAX_REGEXES: usize = 20;

/// Processors that AWS has and that are not here: each knows one format of AWS's own.
const NOT_HERE: [&str; 6] = [
    "parseCloudfront",
    "parsePostgres",
    "parseRoute53",
    "parseToOCSF",
    "parseVPC",
    "parseWAF",
];

/// Processors, ready to use.
#[derive(Debug)]
pub struct Transformer(Vec<Step>);

#[derive(Debug)]
enum Step {
    Json(Json),
    Grok(Box<Grok>),
    Csv(Csv),
    KeyValue(KeyValue),
    Add(Vec<Add>),
    Copy(Vec<Way>),
    Move(Vec<Way>),
    Rename(Vec<Way>),
    Delete(Vec<Path>),
    ListToMap(ListToMap),
    Lower(Vec<Path>),
    Upper(Vec<Path>),
    Trim(Vec<Path>),
    Split(Vec<Split>),
    Substitute(Vec<Substitute>),
    Convert(Vec<Convert>),
    DateTime(Box<Converter>),
}

impl Transformer {
    /// Reads a list of processors, `[{"parseJSON": {}}, …]`.
    ///
    /// # Errors
    /// It is no such list, or one that is not allowed.
    pub fn parse(config: &Value) -> Result<Self, BadTransformer> {
        let all: Vec<Value> = match config {
            Value::Array(all) => all.clone(),
            _ => return Err(bad("A transformer is a list of processors.")),
        };
        if !(1..=MAX_PROCESSORS).contains(&all.len()) {
            return Err(bad(format!(
                "A transformer has 1 to {MAX_PROCESSORS} processors."
            )));
        }
        let steps = all.into_iter().map(|it| {
            if let Some(name) = NOT_HERE.iter().find(|name| it.get(**name).is_some()) {
                return Err(bad(format!(
                    "The processor {name} is not supported by this version of wharf."
                )));
            }
            let processor: Processor = serde_json::from_value(it)
                .map_err(|error| bad(format!("Invalid processor: {error}.")))?;
            Step::new(processor)
        });
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        check(&steps)?;
        Ok(Self(steps))
    }

    /// What the event becomes, as JSON; `None` if it stays as it is, since the first parser is not for it or too much
    /// would come of it.
    pub fn apply(&self, subject: Subject<'_>) -> Option<String> {
        if subject.message.len() > MAX_EVENT {
            return None;
        }
        let mut work = Work::new(subject);
        for (number, step) in self.0.iter().enumerate() {
            match step.apply(&mut work) {
                Ok(()) => {}
                Err(Undone::Unfit) if number > 0 => {}
                Err(Undone::Unfit | Undone::TooMuch) => return None,
            }
        }
        if work.has_too_many_fields() {
            return None;
        }
        let text = serde_json::to_string(&work.root).ok()?;
        (text.len() <= 2 * MAX_EVENT).then_some(text)
    }
}

fn check(steps: &[Step]) -> Result<(), BadTransformer> {
    let count = |is: fn(&Step) -> bool| steps.iter().filter(|it| is(it)).count();
    if !steps.first().is_some_and(Step::is_parser) {
        return Err(bad(
            "The first processor of a transformer must be a parser.",
        ));
    }
    if count(Step::is_parser) > MAX_PARSERS {
        return Err(bad(format!(
            "A transformer has at most {MAX_PARSERS} parsers."
        )));
    }
    let regexes = steps.iter().map(|it| match it {
        Step::Substitute(all) => all.len(),
        _ => 0,
    });
    if regexes.sum::<usize>() > MAX_REGEXES {
        return Err(bad(format!(
            "The substituteString processors of a transformer have at most {MAX_REGEXES} entries together."
        )));
    }
    for (name, found) in [
        ("grok", count(|it| matches!(it, Step::Grok(_)))),
        ("addKeys", count(|it| matches!(it, Step::Add(_)))),
        ("copyValue", count(|it| matches!(it, Step::Copy(_)))),
    ] {
        if found > 1 {
            return Err(bad(format!(
                "A transformer has at most one {name} processor."
            )));
        }
    }
    Ok(())
}

/// Reads each entry; there are so many at most.
fn each<T, S>(
    entries: Vec<T>,
    most: usize,
    read: fn(T) -> Result<S, BadTransformer>,
) -> Result<Vec<S>, BadTransformer> {
    match (1..=most).contains(&entries.len()) {
        true => entries.into_iter().map(read).collect(),
        false => Err(bad(format!("A processor has 1 to {most} entries here."))),
    }
}

fn paths(keys: Vec<String>, most: usize) -> Result<Vec<Path>, BadTransformer> {
    each(keys, most, |it| Path::parse(&it))
}

impl Step {
    fn new(processor: Processor) -> Result<Self, BadTransformer> {
        const FEW: usize = 5;
        const SOME: usize = 10;
        Ok(match processor {
            Processor::ParseJson(it) => Self::Json(Json::new(&it)?),
            Processor::Grok(it) => Self::Grok(Grok::new(&it)?.into()),
            Processor::Csv(it) => Self::Csv(Csv::new(it)?),
            Processor::ParseKeyValue(it) => Self::KeyValue(KeyValue::new(it)?),
            Processor::AddKeys(it) => Self::Add(each(it.entries, FEW, Add::new)?),
            Processor::CopyValue(it) => Self::Copy(each(it.entries, FEW, Way::new)?),
            Processor::MoveKeys(it) => Self::Move(each(it.entries, FEW, Way::new)?),
            Processor::RenameKeys(it) => Self::Rename(each(it.entries, FEW, Way::renaming)?),
            Processor::DeleteKeys(it) => Self::Delete(paths(it.with_keys, FEW)?),
            Processor::ListToMap(it) => Self::ListToMap(ListToMap::new(it)?),
            Processor::LowerCaseString(it) => Self::Lower(paths(it.with_keys, SOME)?),
            Processor::UpperCaseString(it) => Self::Upper(paths(it.with_keys, SOME)?),
            Processor::TrimString(it) => Self::Trim(paths(it.with_keys, SOME)?),
            Processor::SplitString(it) => Self::Split(each(it.entries, SOME, Split::new)?),
            Processor::SubstituteString(it) => {
                Self::Substitute(each(it.entries, SOME, Substitute::new)?)
            }
            Processor::TypeConverter(it) => Self::Convert(each(it.entries, FEW, Convert::new)?),
            Processor::DateTimeConverter(it) => Self::DateTime(Converter::new(it)?.into()),
        })
    }

    fn is_parser(&self) -> bool {
        matches!(
            self,
            Self::Json(_) | Self::Grok(_) | Self::Csv(_) | Self::KeyValue(_)
        )
    }

    fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        match self {
            Self::Json(it) => it.apply(work),
            Self::Grok(it) => it.apply(work),
            Self::Csv(it) => it.apply(work),
            Self::KeyValue(it) => it.apply(work),
            Self::ListToMap(it) => it.apply(work),
            Self::DateTime(it) => it.apply(work),
            Self::Add(all) => fitting(all, |it| it.apply(work)),
            Self::Copy(all) => fitting(all, |it| it.copy(work)),
            Self::Move(all) => fitting(all, |it| it.shift(work)),
            Self::Rename(all) => fitting(all, |it| it.rename(work)),
            Self::Delete(all) => {
                for path in all {
                    path.remove(&mut work.root);
                }
                Ok(())
            }
            Self::Lower(all) => fitting(all, |it| change(it, work, str::to_lowercase)),
            Self::Upper(all) => fitting(all, |it| change(it, work, str::to_uppercase)),
            Self::Trim(all) => fitting(all, |it| change(it, work, |it| it.trim().to_owned())),
            Self::Split(all) => fitting(all, |it| it.apply(work)),
            Self::Substitute(all) => fitting(all, |it| it.apply(work)),
            Self::Convert(all) => fitting(all, |it| it.apply(work)),
        }
    }
}

/// Carries out entries; one that is not for the event keeps no other from it.
fn fitting<T>(all: &[T], mut apply: impl FnMut(&T) -> Result<(), Undone>) -> Result<(), Undone> {
    for it in all {
        match apply(it) {
            Ok(()) | Err(Undone::Unfit) => {}
            Err(Undone::TooMuch) => return Err(Undone::TooMuch),
        }
    }
    Ok(())
}
