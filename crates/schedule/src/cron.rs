//! `cron(minutes hours day-of-month month day-of-week year)`, and the five fields of a crontab.

use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};

use crate::BadExpression;

/// The years that AWS has: 1970 to 2199.
const LAST_YEAR: i32 = 2199;

/// The six fields of a cron expression.
#[derive(Debug, Clone)]
pub struct Cron(croner::Cron);

impl Cron {
    /// # Errors
    /// Not six fields; a field that says nothing; days of month and of week at once.
    pub fn parse(fields: &str) -> Result<Self, BadExpression> {
        let split: Vec<&str> = fields.split_whitespace().collect();
        let [minutes, hours, day, month, weekday, year] = split[..] else {
            return Err(BadExpression);
        };
        // One of the two says when, the other that it does not.
        if (day == "?") == (weekday == "?") {
            return Err(BadExpression);
        }
        let others = [minutes, hours, month, year];
        if others.iter().any(|it| it.contains('?')) || !plain(fields) || !in_years(year) {
            return Err(BadExpression);
        }
        let star = |field: &str| {
            if field == "?" {
                "*".to_owned()
            } else {
                field.to_owned()
            }
        };
        let (day, weekday) = (star(day), star(weekday));
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            .alternative_weekdays(true)
            .sloppy_ranges(true)
            .build();
        let text = format!("0 {minutes} {hours} {day} {month} {weekday} {year}");
        parser.parse(&text).map(Self).map_err(|_| BadExpression)
    }

    /// Reads `minutes hours day-of-month month day-of-week` as cron of Unix has them: weeks begin with Sunday, which is 0,
    /// and days of month and of week at once are either.
    ///
    /// # Errors
    /// Not five fields, or a field that says nothing.
    pub fn crontab(fields: &str) -> Result<Self, BadExpression> {
        if fields.split_whitespace().count() != 5 || !plain(fields) || fields.contains(['?', '#']) {
            return Err(BadExpression);
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .sloppy_ranges(true)
            .build();
        parser.parse(fields).map(Self).map_err(|_| BadExpression)
    }

    /// The first time on the wall after `after`.
    pub fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        // A clock without jumps: those of the zone are looked at when the time is found.
        let after: DateTime<Utc> = after.and_utc();
        let found = self.0.find_next_occurrence(&after, false).ok()?;
        (found.year() <= LAST_YEAR).then(|| found.naive_utc())
    }
}

/// Nothing that AWS's expressions do not have: nicknames, the `+` of other dialects.
fn plain(fields: &str) -> bool {
    let known = |it: char| it.is_ascii_alphanumeric() || " ,-*?/#".contains(it);
    fields.chars().all(known)
}

fn in_years(field: &str) -> bool {
    let numbers = field.split([',', '-', '/']);
    let mut years = numbers.enumerate().filter(|(_, it)| *it != "*");
    years.all(|(at, it)| {
        let steps = at > 0 && field.contains('/');
        it.parse()
            .is_ok_and(|it: i32| (1970..=LAST_YEAR).contains(&it) || (steps && it > 0))
    })
}
