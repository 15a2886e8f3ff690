//! Why an alarm is in a state, in AWS's words and as data. Pure.

use serde_json::{Value, json};
use wharf_base::Timestamp;

use crate::{
    alarm::judge::{Bounds, Comparison, Missing, Rule, Verdict},
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
    /// What each datapoint has to keep; none where that is not known, so that it cannot be judged.
    pub bounds: Vec<Option<Bounds>>,
    pub period: i64,
    pub statistic: Option<String>,
    pub unit: Option<String>,
    pub at: Timestamp,
}

impl Looked {
    /// Whether the datapoints that can be judged are out of bounds.
    pub fn breaching(&self, rule: &Rule) -> Vec<Option<bool>> {
        let both = self.values.iter().zip(&self.bounds);
        both.map(|(value, bounds)| Some(rule.comparison.holds((*value)?, (*bounds)?)))
            .collect()
    }

    /// Whether the latest so many periods are filled: there is a datapoint of the oldest of them, or of one before, and of
    /// the most recent.
    pub fn is_full(&self, periods: usize) -> bool {
        let oldest = self.values.len().saturating_sub(periods);
        let mut first = self.values.iter().take(oldest + 1);
        first.any(Option::is_some) && self.values.last().is_some_and(Option::is_some)
    }

    fn breaches(&self, rule: &Rule, at: usize) -> bool {
        match (self.values[at], self.bounds[at]) {
            (Some(value), Some(bounds)) => rule.comparison.holds(value, bounds),
            _ => false,
        }
    }
}

/// The datapoints that an alarm was judged by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// The oldest first.
    pub values: Vec<f64>,
    /// When the time began that the latest of them is about; `None`: nobody says, or there are none.
    pub since: Option<Timestamp>,
}

impl Judged {
    pub fn of(verdict: &Verdict, looked: &Looked) -> Self {
        let judged = || verdict.judged.iter();
        let values = judged().rev().filter_map(|at| looked.values[*at]);
        let latest = judged().next().map(|at| looked.times[*at]);
        Self {
            values: values.collect(),
            since: latest.map(|at| Timestamp::from_millis(at.saturating_mul(1000))),
        }
    }
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

/// The time that [`long`] wrote.
fn read_long(text: &str) -> Option<Timestamp> {
    let plain = text.strip_suffix("+0000")?;
    Timestamp::parse_iso8601(&format!("{plain}Z"))
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
    let fits = |at: &&usize| looked.breaches(rule, **at) == alarm;
    let fitting: Vec<usize> = verdict.judged.iter().filter(fits).copied().collect();
    let shown = &fitting[..fitting.len().min(SHOWN)];
    let points: Vec<String> = shown
        .iter()
        .map(|at| {
            format!(
                "{} ({})",
                looked.values[*at].map(number).unwrap_or_default(),
                short(looked.times[*at])
            )
        })
        .collect();
    let more = if fitting.len() > SHOWN { ", ..." } else { "" };
    let minimum = if alarm {
        rule.datapoints
    } else {
        rule.periods - rule.datapoints + 1
    };
    let bounds: Vec<Bounds> = shown.iter().filter_map(|at| looked.bounds[*at]).collect();
    let mut text = format!(
        "{} Crossed: {} out of the last {} datapoints [{}{more}] {} {} (minimum {} for {} -> {} transition).",
        if rule.comparison.is_of_band() {
            "Thresholds"
        } else {
            "Threshold"
        },
        fitting.len(),
        verdict.judged.len().max(1),
        points.join(", "),
        if fitting.len() == 1 { "was" } else { "were" },
        crossed(rule.comparison, &bounds, alarm, more),
        plural(minimum, "datapoint", "datapoints"),
        if alarm { "OK" } else { "ALARM" },
        if alarm { "ALARM" } else { "OK" },
    );
    text.truncate(text.floor_char_boundary(MOST));
    text
}

/// The reason of a line of an alarm on several.
pub fn of_contributor(
    rule: &Rule,
    verdict: &Verdict,
    after: StateValue,
    looked: &Looked,
) -> String {
    let alarm = after == StateValue::Alarm;
    let fits = |at: &&usize| looked.breaches(rule, **at) == alarm;
    let fitting: Vec<usize> = verdict.judged.iter().filter(fits).copied().collect();
    // Where gaps decided.
    let Some(latest) = fitting.first() else {
        return text(rule, verdict, after, looked);
    };
    let bounds: Vec<Bounds> = looked.bounds[*latest].into_iter().collect();
    let mut text = format!(
        "Threshold Crossed: {} {}. The most recent datapoint which crossed the threshold: [{} ({})].",
        plural(fitting.len(), "datapoint was", "datapoints were"),
        crossed(rule.comparison, &bounds, alarm, ""),
        looked.values[*latest].map(number).unwrap_or_default(),
        short(looked.times[*latest])
    );
    text.truncate(text.floor_char_boundary(MOST));
    text
}

/// The reason of an alarm on several lines where there is none.
pub fn without_lines(rule: &Rule, verdict: &Verdict, after: StateValue) -> String {
    let looked = Looked {
        times: Vec::new(),
        values: Vec::new(),
        bounds: Vec::new(),
        period: 0,
        statistic: None,
        unit: None,
        at: Timestamp::from_millis(0),
    };
    text(rule, verdict, after, &looked)
}

/// `greater than the threshold (70.0)`, `not less than the lower thresholds [1.5]`.
fn crossed(comparison: Comparison, bounds: &[Bounds], alarm: bool, more: &str) -> String {
    let not = if alarm { "" } else { "not " };
    let list = |of: fn(&Bounds) -> f64| {
        let all: Vec<String> = bounds.iter().map(|it| number(of(it))).collect();
        format!("[{}{more}]", all.join(", "))
    };
    let above = || format!("{not}greater than the upper thresholds {}", list(upper));
    let below = || format!("{not}less than the lower thresholds {}", list(lower));
    match comparison {
        Comparison::AboveBand => above(),
        Comparison::BelowBand => below(),
        Comparison::OutsideBand => format!("{} or {}", below(), above()),
        _ => {
            let threshold = bounds.first().map(upper).map(number).unwrap_or_default();
            format!("{not}{} the threshold ({threshold})", comparison.words())
        }
    }
}

fn upper(of: &Bounds) -> f64 {
    match of {
        Bounds::Threshold(it) => *it,
        Bounds::Band { upper, .. } => *upper,
    }
}

fn lower(of: &Bounds) -> f64 {
    match of {
        Bounds::Threshold(it) => *it,
        Bounds::Band { lower, .. } => *lower,
    }
}

/// Whether the datapoints that there are would not have led to the state.
fn decided_by_gaps(rule: &Rule, verdict: &Verdict, after: StateValue, looked: &Looked) -> bool {
    let breaches = |at: &&usize| looked.breaches(rule, **at);
    let breaching = verdict.judged.iter().filter(breaches).count();
    match after {
        StateValue::Alarm => breaching < rule.datapoints,
        _ => breaching == verdict.judged.len(),
    }
}

/// The datapoints in what [`data`] made; none in what is something else.
pub fn recent(data: &str) -> Judged {
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    let recent = data["recentDatapoints"].as_array();
    let values = recent.into_iter().flatten().filter_map(Value::as_f64);
    // Those that were evaluated are the same, the latest first.
    let latest = data["evaluatedDatapoints"][0]["timestamp"].as_str();
    Judged {
        values: values.take(SAID).collect(),
        since: latest.and_then(read_long),
    }
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
        "evaluatedDatapoints": evaluated.collect::<Vec<Value>>(),
    });
    let bounds = |of: fn(&Bounds) -> f64| {
        let all = oldest_first
            .iter()
            .filter_map(|at| looked.bounds[*at].as_ref());
        all.map(of).collect::<Vec<f64>>()
    };
    match rule.comparison {
        Comparison::AboveBand => data["recentUpperThresholds"] = json!(bounds(upper)),
        Comparison::BelowBand => data["recentLowerThresholds"] = json!(bounds(lower)),
        Comparison::OutsideBand => {
            data["recentLowerThresholds"] = json!(bounds(lower));
            data["recentUpperThresholds"] = json!(bounds(upper));
        }
        _ => {
            let threshold = looked.bounds.iter().flatten().map(upper).next();
            data["threshold"] = json!(threshold);
        }
    }
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
            missing,
        };
        let looked = Looked {
            times: (0..values.len() as i64)
                .map(|it| 1_795_341_600 + it * 60)
                .collect(),
            values: values.to_vec(),
            bounds: vec![Some(Bounds::Threshold(70.0)); values.len()],
            period: 60,
            statistic: Some("Average".to_owned()),
            unit: None,
            at: Timestamp::from_millis(1_795_341_900_000),
        };
        let verdict = judge(&rule, &looked.breaching(&rule));
        let written = data(&rule, &verdict, &looked);
        assert_eq!(recent(&written), Judged::of(&verdict, &looked));
        let data: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(
            (&data["threshold"], &data["statistic"]),
            (&json!(70.0), &json!("Average"))
        );
        let after = verdict.state.unwrap();
        text(&rule, &verdict, after, &looked)
    }

    #[test]
    fn what_an_alarm_was_judged_by_says_of_which_time_it_is() {
        let rule = Rule {
            periods: 1,
            datapoints: 1,
            comparison: Comparison::Greater,
            missing: Missing::Unfilled,
        };
        let check = |values: [Option<f64>; 3], judged: &[f64], since: Option<i64>| {
            let looked = Looked {
                times: vec![60, 120, 180],
                values: values.to_vec(),
                bounds: vec![Some(Bounds::Threshold(70.0)); 3],
                period: 60,
                statistic: None,
                unit: None,
                at: Timestamp::from_millis(240_500),
            };
            let expected = Judged {
                values: judged.to_vec(),
                since: since.map(|it| Timestamp::from_millis(it * 1000)),
            };
            let verdict = judge(&rule, &looked.breaching(&rule));
            assert_eq!(Judged::of(&verdict, &looked), expected, "{values:?}");
        };
        check([Some(80.0), Some(81.0), Some(82.0)], &[82.0], Some(180));
        // Nothing was measured lately.
        check([Some(80.0), None, None], &[80.0], Some(60));
        check([None, None, None], &[], None);
        let said =
            r#"{"recentDatapoints": [91.0], "evaluatedDatapoints": [{"timestamp": "soon"}]}"#;
        let expected = Judged {
            values: vec![91.0],
            since: None,
        };
        assert_eq!(recent(said), expected);
        assert_eq!(recent("[]"), Judged::default());
    }

    #[test]
    fn a_window_is_full_from_its_oldest_period_to_its_latest() {
        let is_full = |values: &[Option<f64>]| {
            let looked = Looked {
                times: (0..values.len() as i64).map(|it| it * 60).collect(),
                values: values.to_vec(),
                bounds: vec![Some(Bounds::Threshold(70.0)); values.len()],
                period: 60,
                statistic: None,
                unit: None,
                at: Timestamp::from_millis(0),
            };
            looked.is_full(3)
        };
        let some = Some(1.0);
        assert!(is_full(&[None, None, some, None, some]));
        assert!(is_full(&[some, None, None, None, some]));
        assert!(!is_full(&[None, None, None, some, some]));
        assert!(!is_full(&[some, some, some, some, None]));
        assert!(!is_full(&[None; 5]));
    }

    fn said_of_band(comparison: &str, values: [f64; 3]) -> (String, Value) {
        let rule = Rule {
            periods: 2,
            datapoints: 2,
            comparison: Comparison::parse(comparison).unwrap(),
            missing: Missing::Unfilled,
        };
        let band = |it: f64| {
            Some(Bounds::Band {
                upper: 7.0 + it,
                lower: 5.5 + it,
            })
        };
        let looked = Looked {
            times: (0..4).map(|it| 1_795_341_600 + it * 60).collect(),
            values: values.into_iter().map(Some).chain([None]).collect(),
            // What is not known of the latest cannot be judged.
            bounds: vec![band(0.0), band(1.0), band(2.0), None],
            period: 60,
            statistic: None,
            unit: None,
            at: Timestamp::from_millis(1_795_341_900_000),
        };
        let verdict = judge(&rule, &looked.breaching(&rule));
        let data = serde_json::from_str(&data(&rule, &verdict, &looked)).unwrap();
        (text(&rule, &verdict, verdict.state.unwrap(), &looked), data)
    }

    #[test]
    fn reasons_of_bands_in_awss_words() {
        let (both, data) =
            said_of_band("LessThanLowerOrGreaterThanUpperThreshold", [6.0, 1.5, 10.0]);
        assert_eq!(
            both,
            "Thresholds Crossed: 2 out of the last 2 datapoints [10.0 (22/11/26 10:02:00), 1.5 (22/11/26 10:01:00)] were less than the lower thresholds [7.5, 6.5] or greater than the upper thresholds [9.0, 8.0] (minimum 2 datapoints for OK -> ALARM transition)."
        );
        assert_eq!(data["recentLowerThresholds"], json!([6.5, 7.5]));
        assert_eq!(data["recentUpperThresholds"], json!([8.0, 9.0]));
        assert_eq!(
            (data.get("threshold"), &data["recentDatapoints"]),
            (None, &json!([1.5, 10.0]))
        );
        let (above, data) = said_of_band("GreaterThanUpperThreshold", [6.0, 8.5, 8.5]);
        assert_eq!(
            above,
            "Thresholds Crossed: 1 out of the last 2 datapoints [8.5 (22/11/26 10:02:00)] was not greater than the upper thresholds [9.0] (minimum 1 datapoint for ALARM -> OK transition)."
        );
        assert_eq!(data.get("recentLowerThresholds"), None);
        let (outside, _) =
            said_of_band("LessThanLowerOrGreaterThanUpperThreshold", [6.0, 7.0, 10.0]);
        assert!(outside.contains("was not less than the lower thresholds [6.5] or not greater than the upper thresholds [8.0] (minimum 1"), "{outside}");
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
