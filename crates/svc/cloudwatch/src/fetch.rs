//! Reads lines of metrics.

use std::{collections::BTreeMap, sync::Arc};

use wharf_series::{Metric, Span, Summary};
use wharf_wire::Fault;

use crate::{
    core::Core,
    fault,
    math::{Line, Source},
    stat::Stat,
};

/// A line that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub metric: Metric,
    /// `None`: in whatever unit it was put.
    pub unit: Option<String>,
    pub period: i64,
    pub stat: Stat,
    /// As it was asked for.
    pub stat_name: String,
}

impl Wanted {
    pub fn source(&self) -> Arc<Source> {
        Arc::new(Source {
            metric: self.metric.clone(),
            stat: self.stat_name.clone(),
        })
    }
}

/// When, and in what steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Seconds since 1970.
    pub from: i64,
    pub to: i64,
}

impl Range {
    /// In whole periods.
    pub fn span(self, period: i64, spread: bool) -> Span {
        Span {
            from: self.from - self.from.rem_euclid(period),
            to: self.to,
            period,
            spread,
        }
    }
}

/// Takes out what answers cannot say: moments at which no number was put, and sums without bounds, which come from
/// Prometheus.
pub fn keep_numbers(points: &mut Vec<(i64, Summary)>) {
    points.retain(|(_, it)| !it.is_no_number() && it.sum.is_finite());
}

/// The summaries of metrics, those of all their units together or those of one.
///
/// # Errors
/// The disk's.
pub async fn summaries(
    core: &Core,
    metrics: &[(&Metric, Option<&str>)],
    span: Span,
) -> Result<Vec<Vec<(i64, Summary)>>, Fault> {
    let series = &core.parts.series;
    let (mut numbers, mut of) = (Vec::new(), Vec::new());
    for (at, (metric, unit)) in metrics.iter().enumerate() {
        let units = series.units(metric).into_iter();
        for (_, number) in units.filter(|it| unit.is_none_or(|unit| it.0 == unit)) {
            numbers.push(number);
            of.push(at);
        }
    }
    let read = series
        .read(numbers, span)
        .await
        .map_err(|error| fault::read(&error))?;
    let mut found: Vec<Option<Vec<(i64, Summary)>>> = vec![None; metrics.len()];
    for (at, mut points) in of.into_iter().zip(read) {
        keep_numbers(&mut points);
        found[at] = Some(match found[at].take() {
            None => points,
            Some(before) => joined(before, points, span.spread),
        });
    }
    Ok(found.into_iter().map(Option::unwrap_or_default).collect())
}

fn joined(
    left: Vec<(i64, Summary)>,
    right: Vec<(i64, Summary)>,
    spread: bool,
) -> Vec<(i64, Summary)> {
    let mut whole: BTreeMap<i64, Summary> = left.into_iter().collect();
    for (at, summary) in right {
        match whole.get_mut(&at) {
            Some(before) => before.merge(&summary, spread),
            None => drop(whole.insert(at, summary)),
        }
    }
    whole.into_iter().collect()
}

/// The lines, in the order in which they are wanted; those of one period are read together.
///
/// # Errors
/// The disk's.
pub async fn lines(core: &Core, wanted: &[Wanted], range: Range) -> Result<Vec<Line>, Fault> {
    let mut together: BTreeMap<(i64, bool), Vec<usize>> = BTreeMap::new();
    for (at, it) in wanted.iter().enumerate() {
        together
            .entry((it.period, it.stat.needs_spread()))
            .or_default()
            .push(at);
    }
    let mut lines = vec![Line::default(); wanted.len()];
    for ((period, spread), places) in together {
        let metrics: Vec<_> = places
            .iter()
            .map(|at| (&wanted[*at].metric, wanted[*at].unit.as_deref()))
            .collect();
        let found = summaries(core, &metrics, range.span(period, spread)).await?;
        for (at, points) in places.into_iter().zip(found) {
            let it = &wanted[at];
            let values = points
                .into_iter()
                .filter_map(|(at, summary)| Some((at, it.stat.of(&summary)?)));
            lines[at] = Line {
                label: it.metric.name.clone(),
                period,
                points: values.collect(),
                of: Some(it.source()),
            };
        }
    }
    Ok(lines)
}
