//! GetMetricStatistics.

use std::collections::BTreeMap;

use wharf_api_cloudwatch::{Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput};
use wharf_base::Timestamp;
use wharf_series::{Metric, Span, Summary};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    datum::{self, bad_value},
    fault::{self, combination, invalid},
    fetch,
    stat::Stat,
};

/// Datapoints of an answer.
const MOST: i64 = 1440;
const DAY: i64 = 86_400;

pub async fn get_metric_statistics(
    core: &Core,
    call: &Call,
    input: GetMetricStatisticsInput,
) -> Result<GetMetricStatisticsOutput, Fault> {
    let place = Place::of(call);
    let wanted = Wanted::of(&input)?;
    let span = span(
        &input,
        call.now,
        wanted.all.iter().any(|it| it.1.needs_spread()),
    )?;
    let unit = input.unit.as_deref();
    if let Some(unit) = unit.filter(|it| !datum::UNITS.contains(it)) {
        return Err(bad_value(unit, "Unit"));
    }
    let metric = Metric {
        account: place.account,
        region: place.region,
        namespace: input.namespace.unwrap_or_default(),
        name: input.metric_name.unwrap_or_default(),
        dimensions: datum::dimensions(input.dimensions, "Dimensions")?,
    };
    let units = core.parts.series.units(&metric).into_iter();
    let (units, numbers): (Vec<String>, Vec<u32>) = units
        .filter(|it| unit.is_none_or(|unit| it.0 == unit))
        .unzip();
    let _turn = core.reading.take(&metric.account).await;
    let read = core.parts.series.read(numbers, span).await;
    let read = read.map_err(|error| fault::read(&error))?;
    let mut points: Vec<Datapoint> = Vec::new();
    for (unit, mut found) in units.iter().zip(read) {
        fetch::keep_numbers(&mut found);
        let shown = found
            .iter()
            .filter_map(|(at, summary)| wanted.shown(*at, summary, unit));
        points.extend(shown);
    }
    Ok(GetMetricStatisticsOutput {
        label: Some(metric.name),
        datapoints: Some(points),
    })
}

/// What is asked of each point, by the names it was asked by.
struct Wanted {
    all: Vec<(String, Stat)>,
    extended: bool,
}

impl Wanted {
    fn of(input: &GetMetricStatisticsInput) -> Result<Self, Fault> {
        let plain = input.statistics.as_deref().unwrap_or_default();
        let extended = input.extended_statistics.as_deref().unwrap_or_default();
        let (names, is_extended) = match (plain, extended) {
            ([], []) => {
                let text = "Must specify either Statistics or ExtendedStatistics";
                return Err(combination(text));
            }
            ([_, ..], [_, ..]) => {
                let text = "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.";
                return Err(combination(text));
            }
            (names, []) => (names, false),
            ([], names) => (names, true),
        };
        let mut all = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let stat = match is_extended {
                true => Stat::extended(name),
                false => Stat::parse(name).filter(|it| !it.needs_spread()),
            };
            let list = if is_extended {
                "ExtendedStatistics"
            } else {
                "Statistics"
            };
            let stat = stat.ok_or_else(|| bad_value(name, &format!("{list}.member.{}", at + 1)))?;
            all.push((name.clone(), stat));
        }
        Ok(Self {
            all,
            extended: is_extended,
        })
    }

    /// `None` if the point says nothing of what is asked.
    fn shown(&self, at: i64, summary: &Summary, unit: &str) -> Option<Datapoint> {
        let mut point = Datapoint {
            timestamp: Some(Timestamp::from_millis(at * 1000)),
            unit: Some(unit.to_owned()),
            ..Datapoint::default()
        };
        let mut more = BTreeMap::new();
        for (name, stat) in &self.all {
            let Some(value) = stat.of(summary) else {
                continue;
            };
            let member = match stat {
                Stat::SampleCount => &mut point.sample_count,
                Stat::Average => &mut point.average,
                Stat::Sum => &mut point.sum,
                Stat::Minimum => &mut point.minimum,
                Stat::Maximum => &mut point.maximum,
                Stat::Percentile(_) | Stat::Within(..) => {
                    more.insert(name.clone(), value);
                    continue;
                }
            };
            *member = Some(value);
        }
        if self.extended {
            if more.is_empty() {
                return None;
            }
            point.extended_statistics = Some(more.into_iter().collect());
        }
        Some(point)
    }
}

fn span(input: &GetMetricStatisticsInput, now: Timestamp, spread: bool) -> Result<Span, Fault> {
    let given = input.period.unwrap_or_default();
    let period = i64::from(given);
    if !([1, 5, 10, 20, 30].contains(&period) || period > 0 && period % 60 == 0) {
        return Err(bad_value(given, "Period"));
    }
    let seconds = |it: Option<Timestamp>| it.unwrap_or_default().millis().div_euclid(1000);
    let (from, to) = (seconds(input.start_time), seconds(input.end_time));
    if from >= to {
        let text = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(invalid(text));
    }
    // As far back as points are kept in that resolution.
    let age = now.millis() / 1000 - from;
    let step = match age {
        _ if period < 60 => period,
        ..=1_296_000 => 60,
        age if age <= 63 * DAY => 300,
        _ => 3600,
    };
    let from = from - from.rem_euclid(step);
    let points = (to - from + period - 1) / period;
    if points > MOST {
        return Err(combination(format!(
            "You have requested up to {points} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    Ok(Span {
        from,
        to,
        period,
        spread,
    })
}
