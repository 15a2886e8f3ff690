//! The functions by their names, and those of them that need no range.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use crate::{Error, Labels, ast::Kind, budget::Left, eval::Element};

/// Arguments of a function that takes any number.
const MOST_ARGUMENTS: usize = 64;
/// Bytes of the value of a label that a function makes.
const LONGEST_VALUE: usize = 4 << 10;
/// What references to groups may come to at most, by their number, while it is not known yet what they stand for.
const MOST_EXPANDED: usize = 64 << 10;

#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: &'static str,
    pub returns: Kind,
    parameters: &'static [Kind],
    /// So many of the last parameters may be left out.
    optional: usize,
    /// The last one may come any number of times, as far as arguments may, or not at all.
    repeats: bool,
}

use Kind::{Matrix, Scalar, Text, Vector};

const fn function(name: &'static str, parameters: &'static [Kind]) -> Function {
    Function {
        name,
        returns: Vector,
        parameters,
        optional: 0,
        repeats: false,
    }
}

const fn optional(name: &'static str, parameters: &'static [Kind]) -> Function {
    Function {
        optional: 1,
        ..function(name, parameters)
    }
}

const fn scalar(name: &'static str, parameters: &'static [Kind]) -> Function {
    Function {
        returns: Scalar,
        ..function(name, parameters)
    }
}

static ALL: [Function; 67] = [
    function("abs", &[Vector]),
    function("absent", &[Vector]),
    function("absent_over_time", &[Matrix]),
    function("acos", &[Vector]),
    function("acosh", &[Vector]),
    function("asin", &[Vector]),
    function("asinh", &[Vector]),
    function("atan", &[Vector]),
    function("atanh", &[Vector]),
    function("avg_over_time", &[Matrix]),
    function("ceil", &[Vector]),
    function("changes", &[Matrix]),
    function("clamp", &[Vector, Scalar, Scalar]),
    function("clamp_max", &[Vector, Scalar]),
    function("clamp_min", &[Vector, Scalar]),
    function("cos", &[Vector]),
    function("cosh", &[Vector]),
    function("count_over_time", &[Matrix]),
    optional("day_of_month", &[Vector]),
    optional("day_of_week", &[Vector]),
    optional("day_of_year", &[Vector]),
    optional("days_in_month", &[Vector]),
    function("deg", &[Vector]),
    function("delta", &[Matrix]),
    function("deriv", &[Matrix]),
    function("exp", &[Vector]),
    function("floor", &[Vector]),
    function("histogram_quantile", &[Scalar, Vector]),
    function("holt_winters", &[Matrix, Scalar, Scalar]),
    optional("hour", &[Vector]),
    function("idelta", &[Matrix]),
    function("increase", &[Matrix]),
    function("irate", &[Matrix]),
    Function {
        repeats: true,
        ..function("label_join", &[Vector, Text, Text, Text])
    },
    function("label_replace", &[Vector, Text, Text, Text, Text]),
    function("last_over_time", &[Matrix]),
    function("ln", &[Vector]),
    function("log10", &[Vector]),
    function("log2", &[Vector]),
    function("max_over_time", &[Matrix]),
    function("min_over_time", &[Matrix]),
    optional("minute", &[Vector]),
    optional("month", &[Vector]),
    scalar("pi", &[]),
    function("predict_linear", &[Matrix, Scalar]),
    function("present_over_time", &[Matrix]),
    function("quantile_over_time", &[Scalar, Matrix]),
    function("rad", &[Vector]),
    function("rate", &[Matrix]),
    function("resets", &[Matrix]),
    optional("round", &[Vector, Scalar]),
    scalar("scalar", &[Vector]),
    function("sgn", &[Vector]),
    function("sin", &[Vector]),
    function("sinh", &[Vector]),
    function("sort", &[Vector]),
    function("sort_desc", &[Vector]),
    function("sqrt", &[Vector]),
    function("stddev_over_time", &[Matrix]),
    function("stdvar_over_time", &[Matrix]),
    function("sum_over_time", &[Matrix]),
    function("tan", &[Vector]),
    function("tanh", &[Vector]),
    scalar("time", &[]),
    function("timestamp", &[Vector]),
    function("vector", &[Scalar]),
    optional("year", &[Vector]),
];

pub fn find(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|it| it.name == name)
}

impl Function {
    /// How many arguments it takes, at least and at most.
    pub fn arity(&self) -> (usize, usize) {
        let all = self.parameters.len();
        match self.repeats {
            true => (all - 1, MOST_ARGUMENTS),
            false => (all - self.optional, all),
        }
    }

    /// What an argument must be.
    pub fn parameter(&self, at: usize) -> Kind {
        let given = self.parameters.get(at).or(self.parameters.last());
        given.copied().unwrap_or(Scalar)
    }

    /// Whether it takes the samples of a range.
    pub fn is_of_ranges(&self) -> bool {
        self.parameters.contains(&Matrix)
    }
}

/// A function of one number; `numbers` are its other arguments.
pub fn of_number(name: &str, value: f64, numbers: &[f64]) -> Option<f64> {
    let number = |at: usize, otherwise: f64| numbers.get(at).copied().unwrap_or(otherwise);
    Some(match name {
        "abs" => value.abs(),
        "acos" => value.acos(),
        "acosh" => value.acosh(),
        "asin" => value.asin(),
        "asinh" => value.asinh(),
        "atan" => value.atan(),
        "atanh" => value.atanh(),
        "ceil" => value.ceil(),
        "clamp_max" => clamped(value, f64::NEG_INFINITY, number(0, f64::NAN)),
        "clamp_min" => clamped(value, number(0, f64::NAN), f64::INFINITY),
        "clamp" => clamped(value, number(0, f64::NAN), number(1, f64::NAN)),
        "cos" => value.cos(),
        "cosh" => value.cosh(),
        "deg" => value.to_degrees(),
        "exp" => value.exp(),
        "floor" => value.floor(),
        "ln" => value.ln(),
        "log10" => value.log10(),
        "log2" => value.log2(),
        "rad" => value.to_radians(),
        "round" => {
            // So that what is not exact as a part is as its inverse.
            let inverse = 1.0 / number(0, 1.0);
            (value * inverse + 0.5).floor() / inverse
        }
        "sgn" if value.is_nan() || value == 0.0 => value,
        "sgn" => value.signum(),
        "sin" => value.sin(),
        "sinh" => value.sinh(),
        "sqrt" => value.sqrt(),
        "tan" => value.tan(),
        "tanh" => value.tanh(),
        _ => return of_moment(name, value),
    })
}

/// A bound that is no number makes the value none.
fn clamped(value: f64, least: f64, most: f64) -> f64 {
    match value.is_nan() || least.is_nan() || most.is_nan() {
        true => f64::NAN,
        false => value.min(most).max(least),
    }
}

/// A part of the date that a number of seconds is, in UTC.
fn of_moment(name: &str, seconds: f64) -> Option<f64> {
    const PARTS: [&str; 8] = [
        "minute",
        "hour",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "days_in_month",
        "month",
        "year",
    ];
    if !PARTS.contains(&name) {
        return None;
    }
    let Some(date) =
        DateTime::<Utc>::from_timestamp(seconds as i64, 0).filter(|_| seconds.is_finite())
    else {
        return Some(f64::NAN);
    };
    Some(match name {
        "minute" => f64::from(date.minute()),
        "hour" => f64::from(date.hour()),
        "day_of_month" => f64::from(date.day()),
        "day_of_week" => f64::from(date.weekday().num_days_from_sunday()),
        "day_of_year" => f64::from(date.ordinal()),
        "days_in_month" => {
            let (year, month) = match date.month() {
                12 => (date.year() + 1, 1),
                month => (date.year(), month + 1),
            };
            let last = NaiveDate::from_ymd_opt(year, month, 1).and_then(|it| it.pred_opt());
            last.map_or(f64::NAN, |it| f64::from(it.day()))
        }
        "month" => f64::from(date.month()),
        _ => f64::from(date.year()),
    })
}

fn is_label(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == '_')
        && letters.all(|it| it.is_ascii_alphanumeric() || it == '_')
}

pub fn label_replace(
    elements: Vec<Element>,
    texts: &[String],
    budget: &Left,
) -> Result<Vec<Element>, Error> {
    let [to, replacement, from, pattern] = texts else {
        return Err(Error::execution("label_replace takes four texts"));
    };
    let regex = budget.regex(pattern).map_err(|error| match error {
        Error::Parse(_) => {
            let shown: String = pattern.chars().take(256).collect();
            let text = format!("invalid regular expression in label_replace(): {shown}");
            Error::Execution(text)
        }
        other => other,
    })?;
    if !is_label(to) {
        let text = format!("invalid destination label name in label_replace(): {to}");
        return Err(Error::execution(text));
    }
    let references = replacement.matches('$').count();
    let mut found = Vec::with_capacity(elements.len());
    for element in elements {
        let value = element.labels.get(from);
        budget.work(1 + value.len() / 64)?;
        let Some(groups) = regex.captures(value) else {
            found.push(element);
            continue;
        };
        // No reference stands for more than the whole of the value.
        let most = references.saturating_mul(value.len()) + replacement.len();
        if most > MOST_EXPANDED {
            return Err(too_long("label_replace"));
        }
        let mut made = String::new();
        groups.expand(replacement, &mut made);
        found.push(labelled(element, to, &made, ("label_replace", budget))?);
    }
    Ok(found)
}

pub fn label_join(
    elements: Vec<Element>,
    texts: &[String],
    budget: &Left,
) -> Result<Vec<Element>, Error> {
    let [to, separator, from @ ..] = texts else {
        return Err(Error::execution("label_join takes two texts at least"));
    };
    if let Some(bad) = std::iter::once(to).chain(from).find(|it| !is_label(it)) {
        let text = format!("invalid label name in label_join(): {bad}");
        return Err(Error::execution(text));
    }
    let mut found = Vec::with_capacity(elements.len());
    for element in elements {
        budget.work(1 + from.len())?;
        let values: Vec<&str> = from.iter().map(|it| element.labels.get(it)).collect();
        let bytes: usize = values.iter().map(|it| it.len() + separator.len()).sum();
        // The last value has no separator behind it.
        if bytes.saturating_sub(separator.len()) > LONGEST_VALUE {
            return Err(too_long("label_join"));
        }
        let made = values.join(separator);
        found.push(labelled(element, to, &made, ("label_join", budget))?);
    }
    Ok(found)
}

/// With a label that a function made. Long ones are paid for by their bytes, as each may be kept until the answer.
fn labelled(
    element: Element,
    to: &str,
    made: &str,
    (function, budget): (&str, &Left),
) -> Result<Element, Error> {
    if made.len() > LONGEST_VALUE {
        return Err(too_long(function));
    }
    budget.work(element.labels.weight() + made.len().saturating_sub(64))?;
    Ok(Element {
        labels: element.labels.with(to, made),
        ..element
    })
}

fn too_long(function: &str) -> Error {
    Error::execution(format!(
        "{function}() makes a value of more than {LONGEST_VALUE} bytes"
    ))
}

/// The label that says up to which value a bucket counts.
const BOUND: &str = "le";

pub fn histogram_quantile(q: f64, elements: &[Element]) -> Vec<Element> {
    let mut order: Vec<Labels> = Vec::new();
    let mut groups: std::collections::HashMap<Labels, Vec<(f64, f64)>> = Default::default();
    for element in elements {
        let Some(bound) = bound(element.labels.get(BOUND)) else {
            continue;
        };
        let key = element.labels.without_name().filtered(|it| it != BOUND);
        let group = groups.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Vec::new()
        });
        group.push((bound, element.value));
    }
    let found = order.into_iter().filter_map(|labels| {
        let value = of_buckets(q, groups.remove(&labels)?);
        Some(Element { labels, value })
    });
    found.collect()
}

/// As Go reads numbers.
fn bound(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "+inf" | "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" | "infinity" | "" => None,
        other => other.parse().ok(),
    }
}

/// Within a bucket values are taken to be spread evenly.
fn of_buckets(q: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
        }
        same
    });
    // What was scraped of some buckets before others must not fall.
    let mut most = f64::NEG_INFINITY;
    for bucket in &mut buckets {
        most = most.max(bucket.1);
        bucket.1 = most;
    }
    let [rest @ .., last] = buckets.as_slice() else {
        return f64::NAN;
    };
    let Some(second) = rest.last() else {
        return f64::NAN;
    };
    if last.0 != f64::INFINITY || last.1 == 0.0 || last.1.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let rank = q * last.1;
    let at = rest.partition_point(|it| it.1 < rank);
    let Some((end, count)) = rest.get(at).copied() else {
        return second.0;
    };
    if at == 0 && end <= 0.0 {
        return end;
    }
    let bucket = at.checked_sub(1).map(|it| rest[it]);
    let (start, before) = bucket.unwrap_or((0.0, 0.0));
    start + (end - start) * ((rank - before) / (count - before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once() {
        for (at, function) in ALL.iter().enumerate() {
            assert!(
                ALL[..at].iter().all(|it| it.name != function.name),
                "{}",
                function.name
            );
        }
        assert!(find("histogram_sum").is_none());
    }

    #[test]
    fn quantiles_of_buckets() {
        let buckets = || vec![(0.1, 10.0), (0.5, 30.0), (f64::INFINITY, 40.0)];
        assert_eq!(of_buckets(0.5, buckets()), 0.1 + 0.4 * 0.5);
        assert_eq!(of_buckets(0.25, buckets()), 0.1);
        assert_eq!(of_buckets(0.9, buckets()), 0.5);
        assert_eq!(of_buckets(1.1, buckets()), f64::INFINITY);
        assert_eq!(of_buckets(-0.1, buckets()), f64::NEG_INFINITY);
        assert!(of_buckets(0.5, buckets()[..2].to_vec()).is_nan());
        assert!(of_buckets(0.5, vec![(f64::INFINITY, 1.0)]).is_nan());
        assert_eq!(
            of_buckets(0.1, vec![(-1.0, 5.0), (f64::INFINITY, 9.0)]),
            -1.0
        );
    }

    #[test]
    fn parts_of_dates() {
        // 2024-02-29T13:37:00Z, a Thursday
        let at = 1_709_213_820.0;
        for (name, value) in [
            ("minute", 37.0),
            ("hour", 13.0),
            ("day_of_month", 29.0),
            ("day_of_week", 4.0),
            ("day_of_year", 60.0),
            ("days_in_month", 29.0),
            ("month", 2.0),
            ("year", 2024.0),
        ] {
            assert_eq!(of_number(name, at, &[]), Some(value), "{name}");
        }
        assert!(of_number("year", 1e300, &[]).unwrap().is_nan());
        assert_eq!(of_number("round", 2.5, &[]), Some(3.0));
        assert_eq!(of_number("round", 0.17, &[0.1]), Some(0.2));
    }
}
