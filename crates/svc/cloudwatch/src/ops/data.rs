//! GetMetricData: metrics, math over them, searches and queries, in pages of so many datapoints.

use std::collections::BTreeMap;

use wharf_api_cloudwatch::{GetMetricDataInput, GetMetricDataOutput, MetricDataResult};
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{CloudwatchFaults, expression, validation},
    fetch::Range,
    label::{self, About},
    math::{self, Bad, Line, Value},
    query::{self, Query, What},
};

/// Datapoints of a page.
const MOST: usize = 100_800;
/// Bytes of a label: it is filled in for each line that a query finds.
const MOST_LABEL: usize = 1024;

pub async fn get_metric_data(
    core: &Core,
    call: &Call,
    input: GetMetricDataInput,
) -> Result<GetMetricDataOutput, Fault> {
    let place = Place::of(call);
    let range = range(&input)?;
    let ascending = match input.scan_by.as_deref() {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => {
            return Err(validation(format!(
                "The value {other} for parameter ScanBy is invalid."
            )));
        }
    };
    let most = match input.max_datapoints {
        None => MOST,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=MOST).contains(it))
            .ok_or_else(|| {
                validation(format!(
                    "The parameter MaxDatapoints must be from 1 to {MOST}."
                ))
            })?,
    };
    let zone = input
        .label_options
        .as_ref()
        .and_then(|it| it.timezone.as_deref());
    let zone_minutes = match zone {
        None => 0,
        Some(text) => label::zone(text).ok_or_else(|| {
            validation(format!(
                "The value {text} for parameter LabelOptions.Timezone is invalid."
            ))
        })?,
    };
    let selection = (&input.metric_data_queries, range, ascending, zone_minutes);
    let pages = core.pages(call, "cloudwatch/GetMetricData", &selection);
    let after = pages.after(input.next_token.as_deref())?;
    let skip = match after {
        None => 0,
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| <CloudwatchFaults as wharf_service::Faults>::bad_token())?,
    };
    let queries = query::read(
        &place,
        input.metric_data_queries.clone().unwrap_or_default(),
    )?;
    labels_fit(&queries)?;
    let values = query::answer(core, &place, &queries, range).await?;
    let lines = labelled(&place, &queries, values, zone_minutes)?;
    let total: usize = lines.iter().map(|it| it.2.points.len()).sum();
    let results = page(lines, skip, most, ascending);
    let next = (skip + most < total).then(|| pages.token(&(skip + most).to_string()));
    Ok(GetMetricDataOutput {
        metric_data_results: Some(results),
        next_token: next,
        messages: Some(Vec::new()),
    })
}

fn range(input: &GetMetricDataInput) -> Result<Range, Fault> {
    let seconds = |it: Option<Timestamp>| it.unwrap_or_default().millis().div_euclid(1000);
    let range = Range {
        from: seconds(input.start_time),
        to: seconds(input.end_time),
    };
    match range.from < range.to {
        true => Ok(range),
        false => Err(validation(
            "The parameter StartTime must be less than the parameter EndTime.",
        )),
    }
}

/// # Errors
/// A label is too long to be filled in again and again.
pub fn labels_fit(queries: &[Query]) -> Result<(), Fault> {
    let mut labels = queries
        .iter()
        .filter_map(|it| Some((it, it.label.as_ref()?)));
    match labels.find(|it| it.1.len() > MOST_LABEL) {
        None => Ok(()),
        Some((query, _)) => Err(validation(format!(
            "The label of '{}' must have at most {MOST_LABEL} bytes.",
            query.id
        ))),
    }
}

/// The lines of the queries that are shown: the query's id, the label, and the line.
///
/// # Errors
/// What a query comes to is none.
pub fn labelled(
    place: &Place,
    queries: &[Query],
    mut values: BTreeMap<String, Value>,
    zone_minutes: i64,
) -> Result<Vec<(String, String, Line)>, Fault> {
    let mut lines = Vec::new();
    for query in queries.iter().filter(|it| it.shown) {
        let value = values.remove(&query.id).unwrap_or(Value::Lines(Vec::new()));
        for line in shown(query, value)? {
            let about = About {
                plain: &plain(query, &line),
                region: &place.region,
                zone_minutes,
            };
            let label = match &query.label {
                Some(label) => label::filled(label, &line, &about),
                None => about.plain.to_owned(),
            };
            lines.push((query.id.clone(), label, line));
        }
    }
    Ok(lines)
}

fn shown(query: &Query, value: Value) -> Result<Vec<Line>, Fault> {
    match value {
        Value::Line(line) => Ok(vec![line]),
        Value::Lines(lines) => Ok(lines),
        Value::Number(_) | Value::Text(_) => {
            let text = "The expression must return a time series or an array of time series";
            Err(expression(&query.id, &Bad::new(text)))
        }
    }
}

/// The label of a line without one: of an expression that is one line its id.
fn plain(query: &Query, line: &Line) -> String {
    match &query.what {
        What::Metric(wanted) => wanted.metric.name.clone(),
        What::Insights(_) => line.label.clone(),
        What::Math(of) if math::band_of(of).is_some() => line.label.clone(),
        What::Math(_) if line.of.is_some() && line.label.contains(' ') => line.label.clone(),
        What::Math(_) => query.id.clone(),
    }
}

/// `most` datapoints behind the first `skip`, line after line. A line that goes on is partial.
fn page(
    lines: Vec<(String, String, Line)>,
    skip: usize,
    most: usize,
    ascending: bool,
) -> Vec<MetricDataResult> {
    let (mut before, mut results) = (0, Vec::new());
    for (id, label, line) in lines {
        let mut points = line.points;
        if !ascending {
            points.reverse();
        }
        let (first, last) = (before, before + points.len());
        before = last;
        let from = skip.clamp(first, last) - first;
        let to = (skip + most).clamp(first, last) - first;
        // A line without points stands on the page that it begins on.
        let is_here = from < to || points.is_empty() && (skip..skip + most).contains(&first);
        if !is_here {
            continue;
        }
        let status = if to == points.len() {
            "Complete"
        } else {
            "PartialData"
        };
        let part = &points[from..to];
        results.push(MetricDataResult {
            id: Some(id),
            label: Some(label),
            timestamps: Some(
                part.iter()
                    .map(|it| Timestamp::from_millis(it.0 * 1000))
                    .collect(),
            ),
            values: Some(part.iter().map(|it| it.1).collect()),
            status_code: Some(status.to_owned()),
            messages: None,
        });
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cut_lines_and_join_up() {
        let line = |count: i64| Line {
            points: (0..count).map(|it| (it * 60, it as f64)).collect(),
            ..Line::default()
        };
        let lines = || {
            vec![
                ("a".to_owned(), "a".to_owned(), line(5)),
                ("b".to_owned(), "b".to_owned(), line(0)),
                ("c".to_owned(), "c".to_owned(), line(4)),
            ]
        };
        let mut seen = Vec::new();
        for skip in [0, 3, 6] {
            for it in page(lines(), skip, 3, true) {
                let values = it.values.unwrap();
                seen.push((it.id.unwrap(), values.len(), it.status_code.unwrap()));
            }
        }
        let seen: Vec<(&str, usize, &str)> = seen
            .iter()
            .map(|(a, b, c)| (a.as_str(), *b, c.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", 3, "PartialData"),
                ("a", 2, "Complete"),
                ("b", 0, "Complete"),
                ("c", 1, "PartialData"),
                ("c", 3, "Complete")
            ]
        );
        let descending = page(lines(), 0, 2, false);
        assert_eq!(descending[0].values.as_deref(), Some(&[4.0, 3.0][..]));
    }
}
