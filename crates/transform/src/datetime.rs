//! Times from one form into another, by the patterns of Java: `yyyy-MM-dd'T'HH:mm:ss.SSSXXX`.

mod locale;
mod pattern;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use serde_json::Value;

use self::{locale::Locale, pattern::Pattern};
use crate::{
    BadTransformer, bad,
    config::DateTimeConverter,
    path::Path,
    work::{Undone, Work},
};

const MOST_PATTERNS: usize = 5;
/// As AWS has it, with a quote that nothing closes.
const TARGET: &str = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z";

#[derive(Debug)]
pub(crate) struct Converter {
    source: Path,
    target: Path,
    patterns: Vec<Pattern>,
    /// Of the source alone; names in the target are English ones.
    locale: Option<Locale>,
    from: Zone,
    to: Zone,
    format: Pattern,
}

/// A time zone by its name, or so far from UTC.
#[derive(Debug, Clone, Copy)]
enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl Converter {
    pub fn new(it: DateTimeConverter) -> Result<Self, BadTransformer> {
        if !(1..=MOST_PATTERNS).contains(&it.match_patterns.len()) {
            return Err(bad(format!(
                "A dateTimeConverter has 1 to {MOST_PATTERNS} matchPatterns."
            )));
        }
        let patterns = it.match_patterns.iter().map(|it| Pattern::parse(it));
        Ok(Self {
            source: Path::parse(&it.source)?,
            target: Path::parse(&it.target)?,
            patterns: patterns.collect::<Result<_, _>>()?,
            locale: Locale::parse(it.locale.as_deref())?,
            from: Zone::parse(it.source_timezone.as_deref())?,
            to: Zone::parse(it.target_timezone.as_deref())?,
            format: Pattern::parse(it.target_format.as_deref().unwrap_or(TARGET))?,
        })
    }

    pub fn apply(&self, work: &mut Work<'_>) -> Result<(), Undone> {
        let text = match self.source.get(&work.root) {
            Some(Value::Number(number)) => number.to_string(),
            _ => work.text(&self.source)?,
        };
        let (text, locale) = (text.trim(), self.locale.as_ref());
        let read = self.patterns.iter().find_map(|it| it.read(text, locale));
        let (wall, offset) = read.ok_or(Undone::Unfit)?;
        let moment = match offset {
            Some(offset) => offset.from_local_datetime(&wall).earliest(),
            None => self.from.moment(wall),
        };
        let shown = self.to.at(moment.ok_or(Undone::Unfit)?);
        let shown = self.format.written(shown).ok_or(Undone::Unfit)?;
        work.spend(shown.len())?;
        self.target.set(&mut work.root, shown.into(), true);
        Ok(())
    }
}

impl Zone {
    fn parse(given: Option<&str>) -> Result<Self, BadTransformer> {
        let text = given.unwrap_or("UTC");
        if let Ok(zone) = text.parse::<Tz>() {
            return Ok(Self::Named(zone));
        }
        let offset = text.trim_start_matches("UTC").trim_start_matches("GMT");
        match pattern::offset(offset) {
            Some((offset, "")) => Ok(Self::Fixed(offset)),
            _ => Err(bad(format!("The time zone {text:?} is not known."))),
        }
    }

    /// The moment when a clock of the zone shows that; the first, if it does so twice.
    fn moment(self, wall: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::Named(zone) => {
                let found = zone.from_local_datetime(&wall).earliest()?;
                Some(found.with_timezone(&found.offset().fix()))
            }
            Self::Fixed(offset) => offset.from_local_datetime(&wall).earliest(),
        }
    }

    fn at(self, moment: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        match self {
            Self::Named(zone) => {
                let found = moment.with_timezone(&zone);
                found.with_timezone(&found.offset().fix())
            }
            Self::Fixed(offset) => moment.with_timezone(&offset),
        }
    }
}
