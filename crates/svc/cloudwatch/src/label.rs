//! Labels of lines, with what is filled in: `${MAX}`, `${PROP('Dim.InstanceId')}`. Pure.

use std::cell::LazyCell;

use wharf_base::Timestamp;

use crate::math::Line;

/// What a label is filled from, beyond its line.
pub struct About<'a> {
    /// The label there is without one.
    pub plain: &'a str,
    pub region: &'a str,
    /// Minutes east of Greenwich.
    pub zone_minutes: i64,
}

/// Bytes of a label that is filled in: what stands for a dimension or a query's own label is long itself.
const MOST_FILLED: usize = 4096;

/// `+0130` as minutes; `None` for another text.
pub fn zone(text: &str) -> Option<i64> {
    let (sign, digits) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits =
        (digits.len() == 4 && digits.bytes().all(|it| it.is_ascii_digit())).then_some(digits)?;
    let (hours, minutes): (i64, i64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The label, cut where it would be longer than a label may be; what is not known in it stays as it is.
pub fn filled(label: &str, line: &Line, about: &About<'_>) -> String {
    let mut out = String::new();
    let mut rest = label;
    // The points are gone through once, however often the label asks for them.
    let figures = LazyCell::new(|| Figures::of(line));
    while let Some((before, behind)) = rest.split_once("${")
        && out.len() < MOST_FILLED
    {
        out.push_str(before);
        let Some((word, after)) = behind.split_once('}') else {
            out.push_str("${");
            rest = behind;
            continue;
        };
        match fill(word.trim(), line, &figures, about) {
            Some(text) => out.push_str(&text),
            None => {
                out.push_str("${");
                out.push_str(word);
                out.push('}');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out.truncate(out.floor_char_boundary(MOST_FILLED));
    out
}

/// What labels say of the points of a line; those of the least and the greatest value are the first that have it.
#[derive(Debug, Default)]
struct Figures {
    count: usize,
    sum: f64,
    least: Option<(i64, f64)>,
    greatest: Option<(i64, f64)>,
}

impl Figures {
    fn of(line: &Line) -> Self {
        let mut found = Self::default();
        for point in &line.points {
            found.count += 1;
            found.sum += point.1;
            if found.least.is_none_or(|it| point.1 < it.1) {
                found.least = Some(*point);
            }
            if found.greatest.is_none_or(|it| point.1 > it.1) {
                found.greatest = Some(*point);
            }
        }
        found
    }
}

fn fill(word: &str, line: &Line, figures: &Figures, about: &About<'_>) -> Option<String> {
    if let Some(inside) = word
        .strip_prefix("PROP(")
        .and_then(|it| it.strip_suffix(')'))
    {
        return property(inside.trim_matches(['\'', '"']), line, about);
    }
    if word == "LABEL" {
        return Some(about.plain.to_owned());
    }
    let number =
        |it: Option<&(i64, f64)>| it.map_or_else(|| "--".to_owned(), |point| shown(point.1));
    let (least, greatest) = (figures.least.as_ref(), figures.greatest.as_ref());
    let (first, last) = (line.points.first(), line.points.last());
    let time = |it: Option<&(i64, f64)>| {
        it.map_or_else(
            || "--".to_owned(),
            |point| moment(point.0, about.zone_minutes),
        )
    };
    let range = |a: String, b: String| format!("{a} - {b}");
    Some(match word {
        "AVG" if figures.count == 0 => number(None),
        "AVG" => shown(figures.sum / figures.count as f64),
        "DATAPOINT_COUNT" => figures.count.to_string(),
        "FIRST" => number(first),
        "LAST" => number(last),
        "MAX" => number(greatest),
        "MIN" => number(least),
        "SUM" => shown(figures.sum),
        "FIRST_LAST_RANGE" => range(number(first), number(last)),
        "MIN_MAX_RANGE" => range(number(least), number(greatest)),
        "FIRST_TIME" => time(first),
        "LAST_TIME" => time(last),
        "MAX_TIME" => time(greatest),
        "MIN_TIME" => time(least),
        "FIRST_LAST_TIME_RANGE" => range(time(first), time(last)),
        "MIN_MAX_TIME_RANGE" => range(time(least), time(greatest)),
        _ => return None,
    })
}

fn property(name: &str, line: &Line, about: &About<'_>) -> Option<String> {
    let of = line.of.as_ref();
    match name {
        "Region" => Some(about.region.to_owned()),
        "Period" => Some(line.period.to_string()),
        "AccountId" => Some(of?.metric.account.clone()),
        "MetricName" => Some(of?.metric.name.clone()),
        "Namespace" => Some(of?.metric.namespace.clone()),
        "Stat" => Some(of?.stat.clone()),
        name => {
            let name = name.strip_prefix("Dim.")?;
            let found = of?.metric.dimensions.iter().find(|it| it.0 == name);
            found.map(|it| it.1.clone())
        }
    }
}

/// At most three decimals.
fn shown(value: f64) -> String {
    ((value * 1000.0).round() / 1000.0).to_string()
}

fn moment(at: i64, zone_minutes: i64) -> String {
    let local = at.saturating_add(zone_minutes * 60).saturating_mul(1000);
    Timestamp::from_millis(local)
        .iso8601_seconds()
        .trim_end_matches('Z')
        .replace('T', " ")
}

#[cfg(test)]
mod tests {
    use wharf_series::Metric;

    use super::*;
    use crate::math::Source;

    #[test]
    fn labels_are_filled() {
        let metric = Metric {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            namespace: "App".into(),
            name: "Latency".into(),
            dimensions: vec![("Host".into(), "a".into())],
        };
        let line = Line {
            label: String::new(),
            period: 60,
            points: vec![(0, 2.0), (60, 1.0), (120, 1.25)],
            of: Some(std::sync::Arc::new(Source {
                metric,
                stat: "p99".into(),
            })),
        };
        let about = About {
            plain: "Latency",
            region: "us-east-1",
            zone_minutes: 90,
        };
        for (label, wanted) in [
            ("plain", "plain"),
            (
                "${LABEL} max ${MAX} at ${MAX_TIME}",
                "Latency max 2 at 1970-01-01 01:30:00",
            ),
            ("${AVG} ${SUM} ${DATAPOINT_COUNT}", "1.417 4.25 3"),
            ("${FIRST_LAST_RANGE} ${MIN_MAX_RANGE}", "2 - 1.25 1 - 2"),
            (
                "${PROP('Dim.Host')} ${PROP('MetricName')} ${PROP(\"Stat\")} ${PROP('Period')}",
                "a Latency p99 60",
            ),
            (
                "${PROP('Dim.Zone')} ${NO} ${",
                "${PROP('Dim.Zone')} ${NO} ${",
            ),
        ] {
            assert_eq!(filled(label, &line, &about), wanted, "{label}");
        }
        let long = filled(&"é${PROP('Dim.Host')}".repeat(10_000), &line, &about);
        assert_eq!(long.len(), MOST_FILLED - 1);
        let empty = Line::default();
        assert_eq!(filled("${MAX} ${LAST_TIME}", &empty, &about), "-- --");
        assert_eq!(
            (zone("+0130"), zone("-0500"), zone("0130"), zone("+2400")),
            (Some(90), Some(-300), None, None)
        );
    }
}
