//! Schedules of CronJobs: five fields, or one of the words that stand for such, read as upstream's parser reads them and refused in its
//! words.

use std::collections::BTreeSet;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

struct Bounds {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds {
        least: 0,
        most: 59,
        names: &[],
    },
    Bounds {
        least: 0,
        most: 23,
        names: &[],
    },
    Bounds {
        least: 1,
        most: 31,
        names: &[],
    },
    Bounds {
        least: 1,
        most: 12,
        names: &MONTHS,
    },
    Bounds {
        least: 0,
        most: 6,
        names: &DAYS,
    },
];

/// Why a text is no schedule, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    #[error("unrecognized descriptor: {0}")]
    Descriptor(String),
    #[error("expected exactly 5 fields, found {}: [{}]", .0.len(), .0.join(" "))]
    Fields(Vec<String>),
    #[error("no moment is chosen by {0:?}")]
    Never(String),
    #[error("too many slashes: {0}")]
    Slashes(String),
    #[error("too many hyphens: {0}")]
    Hyphens(String),
    #[error("step of range should be a positive number: {0}")]
    NoStep(String),
    #[error("beginning of range ({low}) below minimum ({least}): {part}")]
    TooLow { low: u32, least: u32, part: String },
    #[error("end of range ({high}) above maximum ({most}): {part}")]
    TooHigh { high: u32, most: u32, part: String },
    #[error("beginning of range ({low}) beyond end of range ({high}): {part}")]
    Falling { low: u32, high: u32, part: String },
    #[error("negative number ({number}) not allowed: {text}")]
    Negative { number: i64, text: String },
    #[error("failed to parse int from {0}: strconv.Atoi: parsing {0:?}: value out of range")]
    OutOfRange(String),
    #[error("failed to parse int from {0}: strconv.Atoi: parsing {0:?}: invalid syntax")]
    NoNumber(String),
}

/// What one part of a field chooses.
struct Part {
    low: u32,
    high: u32,
    step: u32,
    /// It chooses by itself nothing.
    any: bool,
}

/// A schedule as five fields of numbers, lists and stars alone, which all parsers read alike.
///
/// # Errors
/// It is none.
pub fn plain(schedule: &str) -> Result<String, BadSchedule> {
    if schedule.starts_with('@') {
        let fields = match schedule {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => return Err(BadSchedule::Descriptor(schedule.to_owned())),
        };
        return Ok(fields.to_owned());
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let fields = fields.into_iter().map(str::to_owned).collect();
        return Err(BadSchedule::Fields(fields));
    }
    let plain: Result<Vec<String>, BadSchedule> = fields
        .iter()
        .zip(&FIELDS)
        .map(|(field, bounds)| plain_field(field, bounds))
        .collect();
    Ok(plain?.join(" "))
}

fn plain_field(field: &str, bounds: &Bounds) -> Result<String, BadSchedule> {
    let parts = field.split(',').filter(|part| !part.is_empty());
    let parts: Result<Vec<Part>, BadSchedule> = parts.map(|it| part(it, bounds)).collect();
    let parts = parts?;
    if parts.iter().any(|it| it.any) {
        return Ok("*".to_owned());
    }
    let chosen = parts.iter().flat_map(|it| {
        let step = usize::try_from(it.step).unwrap_or(usize::MAX);
        (it.low..=it.high).step_by(step)
    });
    let chosen: BTreeSet<u32> = chosen.collect();
    if chosen.is_empty() {
        return Err(BadSchedule::Never(field.to_owned()));
    }
    let chosen: Vec<String> = chosen.iter().map(ToString::to_string).collect();
    Ok(chosen.join(","))
}

fn part(text: &str, bounds: &Bounds) -> Result<Part, BadSchedule> {
    let mut parts = text.split('/');
    let range = parts.next().unwrap_or_default();
    let step = parts.next();
    if parts.next().is_some() {
        return Err(BadSchedule::Slashes(text.to_owned()));
    }
    let mut ends = range.split('-');
    let first = ends.next().unwrap_or_default();
    let last = ends.next();
    let any = matches!(first, "*" | "?");
    let (low, mut high) = if any {
        (bounds.least, bounds.most)
    } else {
        let low = value(first, bounds)?;
        match last {
            None => (low, low),
            Some(last) => (low, value(last, bounds)?),
        }
    };
    if !any && ends.next().is_some() {
        return Err(BadSchedule::Hyphens(text.to_owned()));
    }
    let step = match step {
        None => 1,
        Some(step) => {
            if last.is_none() {
                high = bounds.most;
            }
            match number(step)? {
                0 => return Err(BadSchedule::NoStep(text.to_owned())),
                step => step,
            }
        }
    };
    let part = || text.to_owned();
    if low < bounds.least {
        return Err(BadSchedule::TooLow {
            low,
            least: bounds.least,
            part: part(),
        });
    }
    if high > bounds.most {
        return Err(BadSchedule::TooHigh {
            high,
            most: bounds.most,
            part: part(),
        });
    }
    if low > high {
        return Err(BadSchedule::Falling {
            low,
            high,
            part: part(),
        });
    }
    Ok(Part {
        low,
        high,
        step,
        any: any && step == 1,
    })
}

fn value(text: &str, bounds: &Bounds) -> Result<u32, BadSchedule> {
    let name = text.to_lowercase();
    match bounds.names.iter().position(|one| *one == name) {
        Some(at) => Ok(bounds.least + u32::try_from(at).unwrap_or(0)),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, BadSchedule> {
    let own = || text.to_owned();
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(BadSchedule::Negative {
            number,
            text: own(),
        }),
        Ok(number) => u32::try_from(number).map_err(|_| BadSchedule::OutOfRange(own())),
        Err(_) => Err(BadSchedule::NoNumber(own())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_told_from_others() {
        for (good, fields) in [
            ("* * * * *", "* * * * *"),
            (
                "*/15 0-6/2 1,15 jan-mar MON",
                "0,15,30,45 0,2,4,6 1,15 1,2,3 1",
            ),
            ("0 0 ? * 1-5", "0 0 * * 1,2,3,4,5"),
            ("50/5,,3 */1 *,5 ? *", "3,50,55 * * * *"),
            ("*/70 * * * *", "0 * * * *"),
            ("@hourly", "0 * * * *"),
        ] {
            assert_eq!(plain(good).unwrap(), fields, "{good}");
        }
        for (bad, fault) in [
            ("", "expected exactly 5 fields, found 0: []"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            (
                "5-1 * * * *",
                "beginning of range (5) beyond end of range (1): 5-1",
            ),
            (
                "*/0 * * * *",
                "step of range should be a positive number: */0",
            ),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            (
                "x * * * *",
                "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            ("@never", "unrecognized descriptor: @never"),
            (", * * * *", "no moment is chosen by \",\""),
        ] {
            assert_eq!(plain(bad).unwrap_err().to_string(), fault, "{bad}");
        }
    }
}
