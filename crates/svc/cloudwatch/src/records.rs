//! What is stored.

mod queries;
mod streams;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;

pub use self::{
    queries::{MetricSource, StoredQuery, wire_dimensions},
    streams::{MetricStream, StreamFilter, StreamFormat, StreamPosition, StreamStatistics},
};

/// An alarm, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    pub actions_enabled: bool,
    #[serde(default)]
    pub ok_actions: Vec<String>,
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    #[serde(default)]
    pub insufficient_data_actions: Vec<String>,
    pub watches: Watches,
    pub state: State,
    /// Why its last look says less than it should; none where it went well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// Of an alarm on metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    pub configured_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    /// Whether it tells its tags, and which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_tags: Option<ToldTags>,
    /// Items of its history so far.
    #[serde(default)]
    pub happened: u64,
    /// When it was in ALARM last, if it is not now.
    #[serde(default)]
    pub left_alarm_at: Option<Timestamp>,
    /// The state whose actions were taken last, while those of the present one are held back.
    #[serde(default)]
    pub acted: Option<State>,
    /// What holds them back, as the wire has it; nothing for a rule that mutes.
    #[serde(default)]
    pub suppressed_by: Option<String>,
    /// Of an alarm on several lines: those that are in ALARM, and those whose actions are owed, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contributors: BTreeMap<String, Contributor>,
    /// Of a composite alarm.
    #[serde(default)]
    pub suppressor: Option<Suppressor>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Alarm {
    const KIND: &'static str = "alarm";
    const FORMAT: u32 = 1;
}

/// How often composite alarms were put, in one record of an account and region: each put writes it, so that of a put and a
/// deletion at once one sees the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompositePuts {
    pub count: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for CompositePuts {
    const KIND: &'static str = "composite-alarm-puts";
    const FORMAT: u32 = 1;
}

/// The time after its creation in which an alarm is not evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarmUp {
    pub minutes: u32,
    /// It does not end early when there are enough data.
    #[serde(default)]
    pub is_whole: bool,
    /// When the alarm was created.
    pub since: Timestamp,
    /// It ended before its time, or began never.
    #[serde(default)]
    pub is_over: bool,
}

/// Tags of an alarm that its messages and events have: all of them but for those that are left out, or those that are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldTags {
    pub is_on: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Vec<String>>,
}

/// A line of an alarm on several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contributor {
    /// What its query groups by, and its values.
    pub attributes: BTreeMap<String, String>,
    pub state: StateValue,
    pub reason: String,
    pub changed_at: Timestamp,
    /// The state whose actions were taken last.
    pub told: StateValue,
    /// Of an alarm on PromQL: since when its query asks for the other state, until that is long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise_since: Option<Timestamp>,
}

/// An alarm that holds back the actions of a composite one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suppressor {
    /// Its name or ARN, as it was given.
    pub alarm: String,
    /// How long actions wait for it to go into ALARM, and after it has left that.
    pub wait_seconds: u32,
    pub extension_seconds: u32,
}

/// A rule that mutes alarms at times, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MuteRule {
    #[serde(default)]
    pub description: Option<String>,
    pub expression: String,
    pub duration: String,
    #[serde(default)]
    pub timezone: Option<String>,
    /// Names of alarms.
    #[serde(default)]
    pub targets: BTreeSet<String>,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub expire: Option<Timestamp>,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MuteRule {
    const KIND: &'static str = "alarm-mute-rule";
    const FORMAT: u32 = 1;
}

/// What an alarm watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Watches {
    Metric(Box<MetricRule>),
    /// The series that a query comes to.
    PromQl(Box<PromQlRule>),
    /// Other alarms, by a rule.
    Alarms(String),
}

/// What an alarm asks in PromQL: the series that the query comes to are out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromQlRule {
    pub query: String,
    /// How long a series is there before it is in ALARM, and not there before it is OK again, as it was given; otherwise 0.
    #[serde(default)]
    pub pending_seconds: Option<u32>,
    #[serde(default)]
    pub recovery_seconds: Option<u32>,
    /// Between two looks.
    pub interval_seconds: u32,
}

/// When the data of a metric, or of math over several, are out of bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricRule {
    pub source: Source,
    pub evaluation_periods: u32,
    /// As it was given; otherwise as many as there are evaluation periods.
    #[serde(default)]
    pub datapoints_to_alarm: Option<u32>,
    /// `None` where the bounds are a band's.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// The query whose band has the bounds.
    #[serde(default)]
    pub threshold_metric: Option<String>,
    pub comparison: String,
    #[serde(default)]
    pub treat_missing_data: Option<String>,
    #[serde(default)]
    pub low_sample_count: Option<String>,
    /// As it was given; otherwise one that slides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// Where the periods begin that an alarm looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Window {
    Sliding,
    /// Where the clock on a wall begins them.
    WallClock {
        #[serde(default)]
        timezone: Option<String>,
    },
}

/// Where an alarm's data come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    Metric(MetricSource),
    /// Queries, of which one returns data.
    Queries(Vec<StoredQuery>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub value: StateValue,
    pub reason: String,
    /// JSON.
    #[serde(default)]
    pub reason_data: Option<String>,
    pub updated_at: Timestamp,
    /// When its value was another.
    pub changed_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StateValue {
    #[serde(rename = "OK")]
    Ok,
    #[serde(rename = "ALARM")]
    Alarm,
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl StateValue {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData]
            .into_iter()
            .find(|it| it.name() == text)
    }
}

/// What keeps an alarm from being evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evaluation {
    /// Of some of its lines nothing is kept.
    #[serde(rename = "PARTIAL_DATA")]
    Partial,
    /// Its metrics or expressions come to nothing that can be judged.
    #[serde(rename = "EVALUATION_ERROR")]
    Error,
    /// Its data could not be read, or not in time.
    #[serde(rename = "EVALUATION_FAILURE")]
    Failure,
    /// It is not looked at yet.
    #[serde(rename = "IN_WARM_UP")]
    WarmUp,
}

impl Evaluation {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Partial => "PARTIAL_DATA",
            Self::Error => "EVALUATION_ERROR",
            Self::Failure => "EVALUATION_FAILURE",
            Self::WarmUp => "IN_WARM_UP",
        }
    }
}

/// Something that happened to an alarm, under its name and when it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    pub alarm: String,
    pub composite: bool,
    pub at: Timestamp,
    /// `StateUpdate`, `ConfigurationUpdate` or `Action`.
    pub kind: String,
    pub summary: String,
    /// JSON.
    pub data: String,
    /// The line of the alarm that it happened to: its id, and what tells it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<(String, BTreeMap<String, String>)>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Happening {
    const KIND: &'static str = "alarm-history";
    const FORMAT: u32 = 1;
}

/// What happened to many alarms at once, under an id of its own: more than a transaction has room for one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Happenings {
    pub all: Vec<Happening>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Happenings {
    const KIND: &'static str = "alarm-history-of-many";
    const FORMAT: u32 = 1;
}

/// A dashboard, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub body: String,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Dashboard {
    const KIND: &'static str = "dashboard";
    const FORMAT: u32 = 1;
}

/// A query that is kept for later, under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryDefinition {
    pub path: String,
    pub expression: String,
    /// `PROMQL`, `SQL` or `METRIC_MATH`
    pub kind: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for QueryDefinition {
    const KIND: &'static str = "query-definition";
    const FORMAT: u32 = 1;
}

/// Which definition has a path, under what the path comes to: one of them has it at most. Of one that is gone or has
/// another path by now, it says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryPath {
    /// Of the definition.
    pub id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for QueryPath {
    const KIND: &'static str = "query-path";
    const FORMAT: u32 = 1;
}

/// A rule of Contributor Insights, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InsightRule {
    /// JSON, as it was given.
    pub definition: String,
    /// It looks at what transformers make of log events.
    #[serde(default)]
    pub transformed: bool,
    /// When it was enabled, the oldest first: what came in then counts.
    #[serde(default)]
    pub enabled: Vec<Enabled>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for InsightRule {
    const KIND: &'static str = "insight-rule";
    const FORMAT: u32 = 1;
}

/// A time in which a rule was enabled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enabled {
    pub since: Timestamp,
    /// `None` as long as it is.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What a model is made of and how, under an id that its source says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detector {
    pub source: DetectorSource,
    /// Times whose points are not learned from: from, to.
    #[serde(default)]
    pub excluded: Vec<(Timestamp, Timestamp)>,
    #[serde(default)]
    pub timezone: Option<String>,
    #[serde(default)]
    pub adaptation_speed: Option<String>,
    #[serde(default)]
    pub outlier_filtering: Option<String>,
    #[serde(default)]
    pub periodic_spikes: Option<bool>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Detector {
    const KIND: &'static str = "anomaly-detector";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DetectorSource {
    /// A metric and its statistic, whatever the period.
    Metric(Box<WatchedMetric>),
    /// Queries, of which one returns data.
    Queries(Vec<StoredQuery>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedMetric {
    pub namespace: String,
    pub name: String,
    /// In the order of their names.
    #[serde(default)]
    pub dimensions: Vec<(String, String)>,
    pub statistic: String,
}

impl Alarm {
    /// A new alarm that watches `watches`, without actions.
    pub fn new(name: String, watches: Watches, now: Timestamp) -> Self {
        Self {
            name,
            description: None,
            actions_enabled: true,
            ok_actions: Vec::new(),
            alarm_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            watches,
            state: crate::alarm::evaluate::unchecked(now),
            configured_at: now,
            tags: Tags::default(),
            told_tags: None,
            happened: 0,
            evaluation: None,
            warm_up: None,
            left_alarm_at: None,
            acted: None,
            suppressed_by: None,
            suppressor: None,
            contributors: BTreeMap::new(),
            unknown: Unknown::new(),
        }
    }

    pub fn is_composite(&self) -> bool {
        matches!(self.watches, Watches::Alarms(_))
    }

    pub fn rule(&self) -> Option<&MetricRule> {
        match &self.watches {
            Watches::Metric(rule) => Some(rule),
            Watches::PromQl(_) | Watches::Alarms(_) => None,
        }
    }

    /// What is to be done in a state.
    pub fn actions(&self, state: StateValue) -> &[String] {
        match state {
            StateValue::Ok => &self.ok_actions,
            StateValue::Alarm => &self.alarm_actions,
            StateValue::InsufficientData => &self.insufficient_data_actions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_of_a_version_before_opens_and_stays_as_it_is() {
        let before = r#"{
            "name": "hot", "actionsEnabled": true, "configuredAt": 5,
            "watches": {"metric": {
                "source": {"metric": {
                    "namespace": "App", "name": "CPU", "dimensions": [["host", "a"]], "statistic": "Average", "period": 60
                }},
                "evaluationPeriods": 3, "threshold": 7.0, "comparison": "GreaterThanThreshold"
            }},
            "state": {"value": "ALARM", "reason": "much", "updatedAt": 9, "changedAt": 8},
            "contributors": {"0123456789abcdef": {
                "attributes": {"host": "a"}, "state": "ALARM", "reason": "much", "changedAt": 8, "told": "OK"
            }}
        }"#;
        let alarm: Alarm = serde_json::from_str(before).unwrap();
        assert_eq!(
            (&alarm.warm_up, &alarm.rule().unwrap().window),
            (&None, &None)
        );
        assert_eq!(alarm.contributors["0123456789abcdef"].otherwise_since, None);
        let written = serde_json::to_string(&alarm).unwrap();
        for later in ["warmUp", "window", "otherwiseSince", "toldTags"] {
            assert!(!written.contains(later), "{later}: {written}");
        }
    }
}
