//! Labels of lines, with what is filled in: `${MAX}`, `${PROP('Dim.InstanceId')}`. Pure.

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

/// The label; what is not known in it stays as it is.
pub fn filled(label: &str, line: &Line, about: &About<'_>) -> String {
    let mut out = String::new();
    let mut rest = label;
    while let Some((before, behind)) = rest.split_once("${") {
        out.push_str(before);
        let Some((word, after)) = behind.split_once('}') else {
            out.push_str("${");
            rest = behind;
            continue;
        };
        match fill(word.trim(), line, about) {
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
    out
}

fn fill(word: &str, line: &Line, about: &About<'_>) -> Option<String> {
    if let Some(inside) = word
        .strip_prefix("PROP(")
        .and_then(|it| it.strip_suffix(')'))
    {
        return property(inside.trim_matches(['\'', '"']), line, about);
    }
    if word == "LABEL" {
        return Some(about.plain.to_owned());
    }
    let values = || line.values();
    let number = |it: Option<f64>| it.map_or_else(|| "--".to_owned(), shown);
    let least = || values().reduce(f64::min);
    let greatest = || values().reduce(f64::max);
    let first = || values().next();
    let last = || values().last();
    let of = |wanted: Option<f64>| {
        let found = line.points.iter().find(|it| Some(it.1) == wanted);
        found.map(|it| it.0)
    };
    let time =
        |at: Option<i64>| at.map_or_else(|| "--".to_owned(), |at| moment(at, about.zone_minutes));
    let range = |a: String, b: String| format!("{a} - {b}");
    Some(match word {
        "AVG" => number(
            (!line.points.is_empty()).then(|| values().sum::<f64>() / line.points.len() as f64),
        ),
        "DATAPOINT_COUNT" => line.points.len().to_string(),
        "FIRST" => number(first()),
        "LAST" => number(last()),
        "MAX" => number(greatest()),
        "MIN" => number(least()),
        "SUM" => shown(values().sum()),
        "FIRST_LAST_RANGE" => range(number(first()), number(last())),
        "MIN_MAX_RANGE" => range(number(least()), number(greatest())),
        "FIRST_TIME" => time(line.points.first().map(|it| it.0)),
        "LAST_TIME" => time(line.points.last().map(|it| it.0)),
        "MAX_TIME" => time(of(greatest())),
        "MIN_TIME" => time(of(least())),
        "FIRST_LAST_TIME_RANGE" => range(
            time(line.points.first().map(|it| it.0)),
            time(line.points.last().map(|it| it.0)),
        ),
        "MIN_MAX_TIME_RANGE" => range(time(of(least())), time(of(greatest()))),
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
        let empty = Line::default();
        assert_eq!(filled("${MAX} ${LAST_TIME}", &empty, &about), "-- --");
        assert_eq!(
            (zone("+0130"), zone("-0500"), zone("0130"), zone("+2400")),
            (Some(90), Some(-300), None, None)
        );
    }
}
