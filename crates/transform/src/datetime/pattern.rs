//! One pattern: read and written.

use chrono::{
    DateTime, Datelike as _, FixedOffset, Month, NaiveDate, NaiveDateTime, Timelike as _, Weekday,
};

use super::locale::Locale;
use crate::{BadTransformer, bad};

/// Characters of a pattern.
const LONGEST: usize = 64;
const MONTHS: [Month; 12] = [
    Month::January,
    Month::February,
    Month::March,
    Month::April,
    Month::May,
    Month::June,
    Month::July,
    Month::August,
    Month::September,
    Month::October,
    Month::November,
    Month::December,
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

/// A run of one letter, with its length, or a text as it stands.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Letter(char, usize),
}

/// What was read so far.
#[derive(Default)]
struct Read {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    /// Of twelve.
    half_hour: Option<u32>,
    afternoon: Option<bool>,
    minute: u32,
    second: u32,
    nanos: u32,
    offset: Option<FixedOffset>,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, BadTransformer> {
        let wrong = || bad(format!("Invalid date pattern: {text:?}."));
        if text.chars().count() > LONGEST {
            return Err(wrong());
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let part = match c {
                '\'' => {
                    let mut inner = String::new();
                    // A doubled quote stands for one, within quotes and without.
                    while let Some(next) = chars.next() {
                        match next {
                            '\'' if chars.peek() == Some(&'\'') => {
                                chars.next();
                                inner.push('\'');
                            }
                            '\'' => break,
                            next => inner.push(next),
                        }
                    }
                    let is_quote = inner.is_empty();
                    Part::Literal(if is_quote { "'".to_owned() } else { inner })
                }
                c if c.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while chars.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    let known = match c {
                        'y' | 'u' | 'M' | 'L' => count <= 4,
                        'E' => count <= 4,
                        'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' => count <= 2,
                        'D' => count <= 3,
                        'S' => count <= 9,
                        'a' => count == 1,
                        'X' | 'x' | 'Z' => count <= 3,
                        'z' => count <= 3,
                        _ => false,
                    };
                    match known {
                        true => Part::Letter(c, count),
                        false => return Err(wrong()),
                    }
                }
                other => Part::Literal(other.to_string()),
            };
            parts.push(part);
        }
        Ok(Self(parts))
    }

    /// The time that a text shows on the wall, and how far from UTC if it says so; none if it is of another form. Names
    /// are English ones where there is no locale.
    pub fn read(
        &self,
        text: &str,
        locale: Option<&Locale>,
    ) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
        let (mut rest, mut read) = (text, Read::default());
        for (number, part) in self.0.iter().enumerate() {
            rest = match (part, locale) {
                (Part::Literal(literal), _) => rest.strip_prefix(literal.as_str())?,
                (Part::Letter(letter, count), Some(locale)) => {
                    match read.take_name(*letter, *count, rest, locale) {
                        Named::Is(rest) if *count < 4 && *letter != 'a' => {
                            without_dot(rest, self.0.get(number + 1))
                        }
                        Named::Is(rest) => rest,
                        Named::IsNot => return None,
                        Named::NoName => read.take(*letter, *count, rest)?,
                    }
                }
                (Part::Letter(letter, count), None) => read.take(*letter, *count, rest)?,
            };
        }
        if !rest.is_empty() {
            return None;
        }
        let year = read.year?;
        let date = match read.day_of_year {
            Some(day) => NaiveDate::from_yo_opt(year, day)?,
            None => NaiveDate::from_ymd_opt(year, read.month.unwrap_or(1), read.day.unwrap_or(1))?,
        };
        let half = read
            .half_hour
            .map(|it| it % 12 + if read.afternoon == Some(true) { 12 } else { 0 });
        let hour = read.hour.or(half).unwrap_or(0);
        let wall = date.and_hms_nano_opt(hour, read.minute, read.second, read.nanos)?;
        Some((wall, read.offset))
    }

    pub fn written(&self, at: DateTime<FixedOffset>) -> Option<String> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => out.push_str(literal),
                Part::Letter(letter, count) => out.push_str(&written(*letter, *count, at)?),
            }
        }
        Some(out)
    }
}

/// What became of a part that may be a name.
enum Named<'t> {
    /// It is one, and that is behind it.
    Is(&'t str),
    IsNot,
    NoName,
}

/// What follows a short name behind its dot, where that is not the next part of the pattern.
fn without_dot<'t>(rest: &'t str, next: Option<&Part>) -> &'t str {
    let is_dot = matches!(next, Some(Part::Literal(literal)) if literal.starts_with('.'));
    match rest.strip_prefix('.') {
        Some(behind) if !is_dot || behind.starts_with('.') => behind,
        _ => rest,
    }
}

impl Read {
    /// As [`Read::take`] where a locale has names for a part.
    fn take_name<'t>(
        &mut self,
        letter: char,
        count: usize,
        text: &'t str,
        locale: &Locale,
    ) -> Named<'t> {
        let is_short = count < 4;
        let behind = match letter {
            'M' | 'L' if count >= 3 => locale.month(text, is_short).map(|(month, rest)| {
                self.month = Some(month);
                rest
            }),
            'E' => locale.day(text, is_short),
            'a' => match locale.half(text) {
                Some((afternoon, rest)) => {
                    self.afternoon = Some(afternoon);
                    Some(rest)
                }
                // Who has no words of their own for them takes the English ones.
                None => return Named::NoName,
            },
            _ => return Named::NoName,
        };
        behind.map_or(Named::IsNot, Named::Is)
    }

    /// What is left of the text behind one part.
    fn take<'t>(&mut self, letter: char, count: usize, text: &'t str) -> Option<&'t str> {
        let (most, least) = match (letter, count) {
            ('y' | 'u', 1 | 3) => (4, 1),
            ('D', 1) => (3, 1),
            (_, 1) => (2, 1),
            _ => (count, count),
        };
        match letter {
            'M' | 'L' if count >= 3 => {
                let (number, rest) = MONTHS.iter().enumerate().find_map(|(number, month)| {
                    let name = &month.name()[..if count == 3 { 3 } else { month.name().len() }];
                    Some((number, strip_name(text, name)?))
                })?;
                self.month = u32::try_from(number + 1).ok();
                Some(rest)
            }
            'E' => DAYS.iter().find_map(|day| {
                let name = if count == 4 { day } else { &day[..3] };
                strip_name(text, name)
            }),
            'a' => {
                let morning = strip_name(text, "AM");
                self.afternoon = Some(morning.is_none());
                morning.or_else(|| strip_name(text, "PM"))
            }
            'X' | 'x' | 'Z' | 'z' => {
                let (offset, rest) =
                    match strip_name(text, "UTC").or_else(|| strip_name(text, "GMT")) {
                        Some(rest) => (FixedOffset::east_opt(0)?, rest),
                        None => offset(text)?,
                    };
                self.offset = Some(offset);
                Some(rest)
            }
            'S' => {
                let (number, rest) = digits(text, count, count)?;
                let scale = u32::try_from(9usize.checked_sub(count)?).ok()?;
                self.nanos = number.checked_mul(10u32.checked_pow(scale)?)?;
                Some(rest)
            }
            _ => {
                let (number, rest) = digits(text, most, least)?;
                match letter {
                    // Of two digits, as Java has it.
                    'y' | 'u' if count == 2 => self.year = Some(2000 + number as i32),
                    'y' | 'u' => self.year = Some(number as i32),
                    'M' | 'L' => self.month = Some(number),
                    'd' => self.day = Some(number),
                    'D' => self.day_of_year = Some(number),
                    'H' => self.hour = Some(number),
                    'k' => self.hour = Some(number % 24),
                    'h' | 'K' => self.half_hour = (number <= 12).then_some(number),
                    'm' => self.minute = number,
                    's' => self.second = number,
                    _ => return None,
                }
                Some(rest)
            }
        }
    }
}

/// A number of so many digits.
fn digits(text: &str, most: usize, least: usize) -> Option<(u32, &str)> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let (number, rest) = text.split_at_checked(count)?;
    (count >= least).then_some((number.parse().ok()?, rest))
}

fn strip_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

/// `Z`, `+02`, `+0200` or `+02:00` at the start of a text, and what follows.
pub(super) fn offset(text: &str) -> Option<(FixedOffset, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((FixedOffset::east_opt(0)?, rest));
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2, 1)?;
    let behind = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = digits(behind, 2, 2).unwrap_or((0, rest));
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    Some((FixedOffset::east_opt(sign * seconds)?, rest))
}

fn written(letter: char, count: usize, at: DateTime<FixedOffset>) -> Option<String> {
    let padded = |number: u32| format!("{number:0count$}");
    let month = at.month();
    Some(match letter {
        'y' | 'u' if count == 2 => format!("{:02}", at.year().rem_euclid(100)),
        'y' | 'u' => format!("{:0count$}", at.year()),
        'M' | 'L' if count >= 3 => {
            let name = MONTHS[month as usize - 1].name();
            name[..if count == 3 { 3 } else { name.len() }].to_owned()
        }
        'M' | 'L' => padded(month),
        'd' => padded(at.day()),
        'D' => padded(at.ordinal()),
        'H' => padded(at.hour()),
        'k' => padded(if at.hour() == 0 { 24 } else { at.hour() }),
        'h' => padded(at.hour12().1),
        'K' => padded(at.hour() % 12),
        'm' => padded(at.minute()),
        's' => padded(at.second()),
        'S' => format!("{:09}", at.nanosecond() % 1_000_000_000)[..count].to_owned(),
        'a' => if at.hour12().0 { "PM" } else { "AM" }.to_owned(),
        'E' => {
            let day: Weekday = at.weekday();
            let name = DAYS[day.num_days_from_monday() as usize];
            name[..if count == 4 { name.len() } else { 3 }].to_owned()
        }
        'X' | 'x' | 'Z' | 'z' => {
            let minutes = at.offset().local_minus_utc() / 60;
            let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
            let (hours, rest) = (minutes / 60, minutes % 60);
            match (letter, count) {
                ('X', _) if minutes == 0 => "Z".to_owned(),
                ('z', _) if minutes == 0 => "UTC".to_owned(),
                ('X' | 'x', 1) if rest == 0 => format!("{sign}{hours:02}"),
                ('X' | 'x', 3) | ('z', _) => format!("{sign}{hours:02}:{rest:02}"),
                _ => format!("{sign}{hours:02}{rest:02}"),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(from: &str, text: &str, to: &str) -> Option<String> {
        let (wall, offset) = Pattern::parse(from).unwrap().read(text, None)?;
        let offset = offset.or(FixedOffset::east_opt(0))?;
        let at = wall.and_local_timezone(offset).earliest()?;
        Pattern::parse(to).unwrap().written(at)
    }

    #[test]
    fn times_are_read_and_written() {
        const ISO: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
        for (from, text, to, expected) in [
            (
                "yyyy-MM-dd HH:mm:ss",
                "2026-01-02 03:04:05",
                ISO,
                "2026-01-02T03:04:05.000Z",
            ),
            (
                ISO,
                "2026-01-02T03:04:05.678+02:00",
                "HH:mm:ss.SSS Z",
                "03:04:05.678 +0200",
            ),
            (
                "dd/MMM/yyyy:HH:mm:ss Z",
                "10/Oct/2000:13:55:36 -0700",
                ISO,
                "2000-10-10T13:55:36.000-07:00",
            ),
            (
                "EEE MMM d h:mm a yy",
                "Fri Jan 2 3:04 pm 26",
                "EEEE, MMMM dd yyyy HH:mm",
                "Friday, January 02 2026 15:04",
            ),
            ("yyyyMMddHHmmss", "20260102030405", "D k K h", "2 3 3 3"),
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSS'Z",
                "2026-01-02T00:04:05.678Z",
                "yy''MM h a",
                "26'01 12 AM",
            ),
            ("yyyy-DDD", "2024-366", "yyyy-MM-dd", "2024-12-31"),
        ] {
            assert_eq!(
                again(from, text, to).as_deref(),
                Some(expected),
                "{from} {text}"
            );
        }
    }

    #[test]
    fn other_texts_are_not_read() {
        for (from, text) in [
            ("yyyy-MM-dd", "2026-02-30"),
            ("yyyy-MM-dd", "2026-02-3"),
            ("yyyy-MM-dd", "2026-02-03x"),
            ("HH:mm", "10:20"),
            ("yyyy HH", "2026 24"),
            ("yyyy hh", "2026 99"),
            ("yyyy XXX", "2026 +99:00"),
            ("yyyy SSS", "2026 ü"),
            ("yyyy MMM", "2026 ü"),
        ] {
            let found = again(from, text, "HH");
            assert!(
                found.is_none() || (from == "yyyy hh" && found.as_deref() == Some("00")),
                "{from} {text}"
            );
        }
        for pattern in ["yyyyy", "Q", "dd J", "SSSSSSSSSS", &"d ".repeat(40)] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
