//! GetInsightRuleReport: who contributed most, and how much there was in each period.

use std::collections::BTreeSet;

use wharf_api_cloudwatch::{
    GetInsightRuleReportInput, GetInsightRuleReportOutput, InsightRuleContributor,
    InsightRuleContributorDatapoint, InsightRuleMetricDatapoint, faults,
};
use wharf_base::Timestamp;
use wharf_contributors::{Contributor, Metric, Order, Point, Tally};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    contributors::{self, LONGEST},
    core::Core,
    fault::invalid,
    fetch::Range,
};

/// Contributors of a report.
const MOST: usize = 100;
const USUAL: usize = 10;
/// Datapoints of a report, as of an answer of GetMetricData.
const MOST_POINTS: usize = 100_800;
/// Seconds of a day: no period is longer.
const LONGEST_PERIOD: i64 = 86_400;

/// What a request asks for, checked.
struct Asked {
    range: Range,
    period: i64,
    most: usize,
    order: Order,
    metrics: BTreeSet<Metric>,
}

pub async fn get_insight_rule_report(
    core: &Core,
    call: &Call,
    input: GetInsightRuleReportInput,
) -> Result<GetInsightRuleReportOutput, Fault> {
    let place = Place::of(call);
    let asked = asked(&input)?;
    let name = input.rule_name.unwrap_or_default();
    let question = (name.as_str(), asked.range, asked.period);
    let tally = {
        let _turn = core.counting.take(&place.account).await;
        contributors::tally(core, &place, question).await
    };
    let tally = tally.map_err(contributors::Uncounted::in_request)?;
    let tally = tally.ok_or_else(|| {
        faults::resource_not_found_exception(format!("The rule {name} does not exist."))
            .with("ResourceType", "InsightRule")
            .with("ResourceId", name.as_str())
    })?;
    core.compute(&place.account, move || report(&tally, &asked))
        .await
}

fn report(tally: &Tally, asked: &Asked) -> Result<GetInsightRuleReportOutput, Fault> {
    let statistic = if tally.rule().sums() {
        "Sum"
    } else {
        "SampleCount"
    };
    let report = tally.report(asked.most, asked.order);
    let points = match asked.metrics.is_empty() {
        true => Vec::new(),
        false => tally.points(),
    };
    let shown = report.contributors.iter().map(|it| it.points.len());
    if shown.sum::<usize>() + points.len() > MOST_POINTS {
        return Err(invalid(format!(
            "The report would have more than {MOST_POINTS} datapoints: ask for a longer period, a shorter time or fewer contributors."
        )));
    }
    Ok(GetInsightRuleReportOutput {
        key_labels: Some(tally.rule().labels().map(str::to_owned).collect()),
        aggregation_statistic: Some(statistic.to_owned()),
        aggregate_value: Some(report.value),
        approximate_unique_count: i64::try_from(report.unique).ok(),
        contributors: Some(report.contributors.into_iter().map(contributor).collect()),
        metric_datapoints: Some(
            points
                .iter()
                .map(|it| datapoint(it, &asked.metrics))
                .collect(),
        ),
    })
}

fn asked(input: &GetInsightRuleReportInput) -> Result<Asked, Fault> {
    let seconds = |it: Option<Timestamp>| it.unwrap_or_default().millis().div_euclid(1000);
    let range = Range {
        from: seconds(input.start_time),
        to: seconds(input.end_time),
    };
    if range.from >= range.to {
        return Err(invalid(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    if range.to - range.from > LONGEST {
        return Err(invalid(format!(
            "The parameters StartTime and EndTime must be at most {} days apart.",
            LONGEST / 86_400
        )));
    }
    let period = i64::from(input.period.unwrap_or_default());
    if period % 60 != 0 || !(60..=LONGEST_PERIOD).contains(&period) {
        return Err(invalid(format!(
            "The parameter Period must be a multiple of 60, and at most {LONGEST_PERIOD}: {period}."
        )));
    }
    let most = match input.max_contributor_count {
        None => USUAL,
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|it| (1..=MOST).contains(it))
            .ok_or_else(|| {
                invalid(format!(
                    "The parameter MaxContributorCount must be from 1 to {MOST}."
                ))
            })?,
    };
    let order = match input.order_by.as_deref() {
        None => Order::Sum,
        Some(given) => Order::parse(given).ok_or_else(|| {
            invalid(format!(
                "The value {given} for parameter OrderBy is invalid: it must be Sum or Maximum."
            ))
        })?,
    };
    let metrics = input.metrics.iter().flatten().map(|given| {
        Metric::parse(given).ok_or_else(|| {
            invalid(format!(
                "The value {given} for parameter Metrics is invalid."
            ))
        })
    });
    Ok(Asked {
        range,
        period,
        most,
        order,
        metrics: metrics.collect::<Result<_, Fault>>()?,
    })
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

fn contributor(of: Contributor) -> InsightRuleContributor {
    let points = of.points.into_iter();
    let points = points.map(|(at, value)| InsightRuleContributorDatapoint {
        timestamp: Some(moment(at)),
        approximate_value: Some(value),
    });
    InsightRuleContributor {
        keys: Some(of.keys),
        approximate_aggregate_value: Some(of.value),
        datapoints: Some(points.collect()),
    }
}

fn datapoint(point: &Point, wanted: &BTreeSet<Metric>) -> InsightRuleMetricDatapoint {
    let of = |metric: Metric| wanted.contains(&metric).then(|| metric.of(point));
    InsightRuleMetricDatapoint {
        timestamp: Some(moment(point.at)),
        unique_contributors: of(Metric::UniqueContributors),
        max_contributor_value: of(Metric::MaxContributorValue),
        sample_count: of(Metric::SampleCount),
        average: of(Metric::Average),
        sum: of(Metric::Sum),
        minimum: of(Metric::Minimum),
        maximum: of(Metric::Maximum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> GetInsightRuleReportInput {
        GetInsightRuleReportInput {
            rule_name: Some("r".to_owned()),
            start_time: Some(moment(0)),
            end_time: Some(moment(600)),
            period: Some(60),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_asked_for_is_checked() {
        let whole = asked(&input()).map_err(|it| it.message).unwrap();
        assert_eq!(
            (whole.most, whole.order, whole.metrics.len()),
            (10, Order::Sum, 0)
        );
        type Change = fn(&mut GetInsightRuleReportInput);
        let all: [(Change, &str); 8] = [
            (|it| it.end_time = Some(moment(0)), "StartTime must be less"),
            (
                |it| it.end_time = Some(moment(LONGEST + 1)),
                "at most 15 days apart",
            ),
            (|it| it.period = Some(90), "multiple of 60"),
            (|it| it.period = Some(86_460), "at most 86400"),
            (|it| it.max_contributor_count = Some(0), "from 1 to 100"),
            (|it| it.max_contributor_count = Some(101), "from 1 to 100"),
            (
                |it| it.order_by = Some("Average".to_owned()),
                "OrderBy is invalid",
            ),
            (
                |it| it.metrics = Some(vec!["Median".to_owned()]),
                "value Median for parameter Metrics",
            ),
        ];
        for (change, wanted) in all {
            let mut wrong = input();
            change(&mut wrong);
            let fault = asked(&wrong).err().unwrap();
            assert_eq!(fault.code, "InvalidParameterValueException", "{wanted}");
            assert!(fault.message.contains(wanted), "{}", fault.message);
        }
    }
}
