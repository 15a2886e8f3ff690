//! Why an alarm is in a state, in AWS's words and as data. Pure.

use serde_json::{Value, json};
use wharf_base::Timestamp;

use crate::{
    alarm::judge::{Missing, Rule, Verdict},
    records::StateValue,
};

/// Characters of a reason.
const MOST: usize = 1023;
/// Datapoints that a reason shows.
const SHOWN: usize = 5;

/// A look at the data of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// When each period that was looked at began, the latest last.
    pub times: Vec<i64>,
    pub values: Vec<Option<f64>>,
    pub period: i64,
    pub statistic: Option<String>,
    pub unit: Option<String>,
    pub at: Timestamp,
}

/// As texts show numbers: at least one decimal.
pub fn number(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => format!("{value:.1}"),
        false => value.to_string(),
    }
}

/// `22/11/26 10:00:00`
fn short(at: i64) -> String {
    let text = Timestamp::from_millis(at * 1000).iso8601_seconds();
    let (year, month, day) = (&text[2..4], &text[5..7], &text[8..10]);
    format!("{day}/{month}/{year} {}", &text[11..19])
}

/// `2026-11-22T10:00:00.000+0000`
pub fn long(at: Timestamp) -> String {
    at.iso8601().trim_end_matches('Z').to_owned() + "+0000"
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

pub fn text(rule: &Rule, verdict: &Verdict, after: StateValue, looked: &Looked) -> String {
    if after == StateValue::InsufficientData {
        let unknown = plural(rule.periods, "datapoint was", "datapoints were");
        return format!("Insufficient Data: {unknown} unknown.");
    }
    if verdict.judged.is_empty()
        || verdict.filled > 0 && decided_by_gaps(rule, verdict, after, looked)
    {
        let treated = match rule.missing {
            Missing::Breaching => "Breaching",
            _ => "NonBreaching",
        };
        let periods = plural(verdict.filled, "period", "periods");
        let points = plural(
            verdict.filled,
            "missing datapoint was",
            "missing datapoints were",
        );
        return format!(
            "Threshold Crossed: no datapoints were received for {periods} and {points} treated as [{treated}]."
        );
    }
    let alarm = after == StateValue::Alarm;
    let breaches = |at: &&usize| {
        looked.values[**at].is_some_and(|it| rule.comparison.holds(it, rule.threshold)) == alarm
    };
    let fitting: Vec<&usize> = verdict.judged.iter().filter(breaches).collect();
    let shown: Vec<String> = fitting
        .iter()
        .take(SHOWN)
        .map(|at| {
            format!(
                "{} ({})",
                looked.values[**at].map(number).unwrap_or_default(),
                short(looked.times[**at])
            )
        })
        .collect();
    let more = if fitting.len() > SHOWN { ", ..." } else { "" };
    let minimum = if alarm {
        rule.datapoints
    } else {
        rule.periods - rule.datapoints + 1
    };
    let mut text = format!(
        "Threshold Crossed: {} out of the last {} datapoints [{}{more}] {} {}{} the threshold ({}) (minimum {} for {} -> {} transition).",
        fitting.len(),
        verdict.judged.len().max(1),
        shown.join(", "),
        if fitting.len() == 1 { "was" } else { "were" },
        if alarm { "" } else { "not " },
        rule.comparison.words(),
        number(rule.threshold),
        plural(minimum, "datapoint", "datapoints"),
        if alarm { "OK" } else { "ALARM" },
        if alarm { "ALARM" } else { "OK" },
    );
    text.truncate(text.floor_char_boundary(MOST));
    text
}

/// Whether the datapoints that there are would not have led to the state.
fn decided_by_gaps(rule: &Rule, verdict: &Verdict, after: StateValue, looked: &Looked) -> bool {
    let breaching = verdict
        .judged
        .iter()
        .filter(|at| {
            looked.values[**at].is_some_and(|it| rule.comparison.holds(it, rule.threshold))
        })
        .count();
    match after {
        StateValue::Alarm => breaching < rule.datapoints,
        _ => breaching == verdict.judged.len(),
    }
}

/// The datapoints in what [`data`] made, the oldest first; none in what is something else.
pub fn recent(data: &str) -> Vec<f64> {
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    let recent = data["recentDatapoints"].as_array();
    let values = recent.into_iter().flatten().filter_map(Value::as_f64);
    values.take(SAID).collect()
}

/// Datapoints that are read of what a user said.
const SAID: usize = 10_000;

/// The same as JSON.
pub fn data(rule: &Rule, verdict: &Verdict, looked: &Looked) -> String {
    let time = |at: i64| json!(long(Timestamp::from_millis(at * 1000)));
    let oldest_first: Vec<usize> = verdict.judged.iter().rev().copied().collect();
    let recent: Vec<f64> = oldest_first
        .iter()
        .filter_map(|at| looked.values[*at])
        .collect();
    let evaluated = verdict
        .judged
        .iter()
        .map(|at| json!({ "timestamp": time(looked.times[*at]), "value": looked.values[*at] }));
    let mut data = json!({
        "version": "1.0",
        "queryDate": long(looked.at),
        "period": looked.period,
        "recentDatapoints": recent,
        "threshold": rule.threshold,
        "evaluatedDatapoints": evaluated.collect::<Vec<Value>>(),
    });
    if let Some(first) = oldest_first.first() {
        data["startDate"] = time(looked.times[*first]);
    }
    if let Some(statistic) = &looked.statistic {
        data["statistic"] = json!(statistic);
    }
    if let Some(unit) = &looked.unit {
        data["unit"] = json!(unit);
    }
    data.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::judge::{Comparison, judge};

    fn said(missing: Missing, datapoints: usize, values: &[Option<f64>]) -> String {
        let rule = Rule {
            periods: 3,
            datapoints,
            comparison: Comparison::Greater,
            threshold: 70.0,
            missing,
        };
        let looked = Looked {
            times: (0..values.len() as i64)
                .map(|it| 1_795_341_600 + it * 60)
                .collect(),
            values: values.to_vec(),
            period: 60,
            statistic: Some("Average".to_owned()),
            unit: None,
            at: Timestamp::from_millis(1_795_341_900_000),
        };
        let verdict = judge(&rule, values);
        let data: Value = serde_json::from_str(&data(&rule, &verdict, &looked)).unwrap();
        assert_eq!(
            (&data["threshold"], &data["statistic"]),
            (&json!(70.0), &json!("Average"))
        );
        let after = verdict.state.unwrap();
        text(&rule, &verdict, after, &looked)
    }

    #[test]
    fn reasons_in_awss_words() {
        let some = |it: f64| Some(it);
        let (b, m) = (Missing::Breaching, Missing::Unfilled);
        assert_eq!(
            said(m, 3, &[None, None, some(90.0), some(80.5), some(99.0)]),
            "Threshold Crossed: 3 out of the last 3 datapoints [99.0 (22/11/26 10:04:00), 80.5 (22/11/26 10:03:00), 90.0 (22/11/26 10:02:00)] were greater than the threshold (70.0) (minimum 3 datapoints for OK -> ALARM transition)."
        );
        assert_eq!(
            said(m, 3, &[None, None, some(90.0), some(80.5), some(9.0)]),
            "Threshold Crossed: 1 out of the last 3 datapoints [9.0 (22/11/26 10:04:00)] was not greater than the threshold (70.0) (minimum 1 datapoint for ALARM -> OK transition)."
        );
        assert_eq!(
            said(m, 3, &[None; 5]),
            "Insufficient Data: 3 datapoints were unknown."
        );
        assert_eq!(
            said(b, 3, &[None; 5]),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching]."
        );
        assert_eq!(
            said(
                Missing::NotBreaching,
                3,
                &[None, None, None, some(90.0), some(90.0)]
            ),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."
        );
    }
}
