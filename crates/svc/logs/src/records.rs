//! Groups and streams as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record, Unknown, ecs::Tags};

/// Under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Used once; streams and journal streams hang on it.
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    pub retention_days: Option<i32>,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`
    pub class: String,
    pub deletion_protected: bool,
    /// What new events are sealed under.
    #[serde(default)]
    pub key: Option<GroupKey>,
    /// In the order of their names.
    #[serde(default)]
    pub metric_filters: Vec<MetricFilter>,
    #[serde(default)]
    pub subscription_filters: Vec<SubscriptionFilter>,
    /// The latest rule of each sort.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleHead>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Group {
    const KIND: &'static str = "group";
    const FORMAT: u32 = 1;
}

/// A group's key of KMS, and the data key that is used of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupKey {
    /// ARN
    pub kms_key: String,
    pub data_key: u64,
}

/// When the latest rule of a sort began, and when it ended, if nothing took its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleHead {
    pub since: Timestamp,
    #[serde(default)]
    pub ended: Option<Timestamp>,
}

/// What an account says about all of its groups, or those that are selected, under `<type>:<name>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountPolicy {
    /// JSON
    pub document: String,
    #[serde(default)]
    pub selection: Option<String>,
    pub changed_at: Timestamp,
    /// When its rule began, or, where it makes none, it was created.
    pub since: Timestamp,
    /// Of one that is not in effect as soon as it was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_effect: Option<TakesEffect>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// When what a policy says takes effect, and what it says until then, if it was in effect before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakesEffect {
    pub at: Timestamp,
    #[serde(default)]
    pub before: Option<PolicyText>,
}

/// What a policy says, and of which groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyText {
    /// JSON
    pub document: String,
    #[serde(default)]
    pub selection: Option<String>,
}

impl Record for AccountPolicy {
    const KIND: &'static str = "account-policy";
    const FORMAT: u32 = 1;
}

/// How often policies of a type were put, under the type: each put writes it, so that of two at once one sees the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyPuts {
    pub count: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for PolicyPuts {
    const KIND: &'static str = "account-policy-puts";
    const FORMAT: u32 = 1;
}

/// What happens to the events of a group that came in while it stood, under `<group id>:<sort>:<since>`; to those of
/// all groups of an account, under `account:<sort>:<since>:<name>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// JSON
    pub document: String,
    /// When the first of those was made that followed each other up to this one.
    pub created_at: Timestamp,
    pub since: Timestamp,
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Of a rule of an account: what the names of its groups start with, one of them; empty for all groups.
    #[serde(default)]
    pub prefixes: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Rule {
    const KIND: &'static str = "rule";
    const FORMAT: u32 = 1;
}

/// What log events that match a pattern say about metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricFilter {
    pub name: String,
    pub pattern: String,
    pub transformations: Vec<Transformation>,
    /// It looks at what a transformer made of the events.
    #[serde(default)]
    pub on_transformed: bool,
    /// What its metrics have as dimensions besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_dimensions: Vec<SystemField>,
    /// By what is known of events beside their text (`selection`), as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<String>,
    pub created_at: Timestamp,
}

/// What is known of an event beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemField {
    #[serde(rename = "@aws.account")]
    Account,
    #[serde(rename = "@aws.region")]
    Region,
}

impl SystemField {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "@aws.account",
            Self::Region => "@aws.region",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut all = [Self::Account, Self::Region].into_iter();
        all.find(|it| it.as_str() == text)
    }
}

/// A metric of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transformation {
    pub namespace: String,
    pub name: String,
    /// A number, or what of the event: `$.latency`, `$column`.
    pub value: String,
    /// Of a minute in which events came and none matched.
    pub default_value: Option<f64>,
    /// Names, and what of the event.
    pub dimensions: BTreeMap<String, String>,
    pub unit: Option<String>,
}

/// Who gets the log events that match a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionFilter {
    pub name: String,
    pub pattern: String,
    /// ARN
    pub destination: String,
    /// ARN of the role in whose name it is sent; without one the destination's policy lets the service in.
    pub role: Option<String>,
    /// It looks at what a transformer made of the events, and sends that.
    #[serde(default)]
    pub on_transformed: bool,
    /// A queue with order keeps none between its messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub random: bool,
    /// By what is known of events beside their text (`selection`), as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<String>,
    pub created_at: Timestamp,
}

/// A name for a queue, topic, log group or API destination, which filters of other accounts may send to too, under that
/// name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogDestination {
    /// ARN
    pub target: String,
    /// ARN of the role in whose name the target gets log events.
    pub role: String,
    /// JSON: whose filters may send to it. Without one, those of its own account.
    #[serde(default)]
    pub policy: Option<String>,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for LogDestination {
    const KIND: &'static str = "destination";
    const FORMAT: u32 = 1;
}

/// A data key of a group, under `<group id>:<id>`, or of a version of a lookup table, whose id stands for the group's. It stays for as long as the group, whose older events may
/// be under it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataKey {
    pub id: u64,
    pub group_id: String,
    /// Which it is bound to.
    pub group_arn: String,
    /// ARN of the key of KMS that opens it.
    pub kms_key: String,
    /// As KMS sealed it, in base 64.
    pub sealed: String,
    pub made_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for DataKey {
    const KIND: &'static str = "data-key";
    const FORMAT: u32 = 1;
}

/// What services may do with an account's groups, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourcePolicy {
    /// JSON
    pub document: String,
    pub changed_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ResourcePolicy {
    const KIND: &'static str = "resource-policy";
    const FORMAT: u32 = 1;
}

/// A query of Logs Insights, under its id. What it found is not here: it is run again if that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    pub text: String,
    /// Names.
    pub groups: Vec<String>,
    /// Seconds since 1970, both included.
    pub start: i64,
    pub end: i64,
    pub limit: Option<usize>,
    /// ARN of who asked.
    pub asked_by: String,
    pub created_at: Timestamp,
    /// `None` while it runs.
    pub ended: Option<QueryEnd>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Query {
    const KIND: &'static str = "query";
    const FORMAT: u32 = 1;
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryEnd {
    /// `Complete`, `Failed`, `Cancelled` or `Timeout`
    pub status: String,
    pub at: Timestamp,
    pub bytes_scanned: u64,
}

/// A query that was saved for later, under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryDefinition {
    pub name: String,
    pub text: String,
    /// Names.
    pub groups: Vec<String>,
    /// What stands in the text as `{{name}}`, for clients to fill in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<QueryParameter>,
    pub changed_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A part of a saved query that whoever asks it fills in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryParameter {
    pub name: String,
    #[serde(default)]
    pub default_value: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

impl Record for QueryDefinition {
    const KIND: &'static str = "query-definition";
    const FORMAT: u32 = 1;
}

/// A table that queries look values up in, under its name. What is in it is in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookupTable {
    /// Used once: each time that it is put it is another.
    pub version: String,
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    pub columns: Vec<String>,
    /// Without the header.
    pub rows: u64,
    /// Of its CSV.
    pub bytes: u64,
    #[serde(default)]
    pub key: Option<GroupKey>,
    pub changed_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for LookupTable {
    const KIND: &'static str = "lookup-table";
    const FORMAT: u32 = 1;
}

/// Under `<group id>:<name>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// Used once.
    pub id: String,
    pub group_id: String,
    pub name: String,
    pub created_at: Timestamp,
    /// It holds events that a subscription filter sent here, which none sends to a log group again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Stream {
    const KIND: &'static str = "stream";
    const FORMAT: u32 = 1;
}

impl Group {
    /// The id of a new group of the account, as which its streams take turns in the journal. Groups of versions before
    /// have ids without one, and take turns each by itself.
    pub fn new_id(account: &str) -> String {
        format!("{account}-{}", ids::hex16())
    }

    /// What the journal streams of the group start with.
    pub fn journal_prefix(id: &str) -> String {
        format!("logs/{id}/")
    }

    /// What the ids of the group's data keys start with.
    pub fn key_prefix(id: &str) -> String {
        format!("{id}:")
    }

    /// Whether filters look at what transformers make of events.
    pub fn filters_transformed(&self) -> bool {
        let mut subscriptions = self.subscription_filters.iter();
        self.measures_transformed() || subscriptions.any(|it| it.on_transformed)
    }

    /// Whether metric filters do.
    pub fn measures_transformed(&self) -> bool {
        self.metric_filters.iter().any(|it| it.on_transformed)
    }
}

impl Stream {
    pub fn journal_name(&self) -> String {
        format!("{}{}", Group::journal_prefix(&self.group_id), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_keeps_in_the_journal_names_its_account_first() {
        let (one, other) = (Group::new_id("000000000001"), Group::new_id("000000000001"));
        assert_ne!(one, other);
        let prefix = Group::journal_prefix(&one);
        assert!(prefix.starts_with("logs/000000000001-"), "{prefix}");
    }

    #[test]
    fn filters_and_definitions_of_a_version_before_open_and_stay_as_they_are() {
        let before = r#"{"name": "n", "pattern": "", "transformations": [], "created_at": 5}"#;
        let filter: MetricFilter = serde_json::from_str(before).unwrap();
        assert!(filter.system_dimensions.is_empty() && filter.selection.is_none());
        let mut written = serde_json::to_string(&filter).unwrap();
        let before =
            r#"{"name": "n", "pattern": "", "destination": "arn", "role": null, "created_at": 5}"#;
        let filter: SubscriptionFilter = serde_json::from_str(before).unwrap();
        assert_eq!(filter.selection, None);
        written += &serde_json::to_string(&filter).unwrap();
        let before = r#"{"name": "n", "text": "", "groups": [], "changed_at": 5}"#;
        let definition: QueryDefinition = serde_json::from_str(before).unwrap();
        assert!(definition.parameters.is_empty());
        written += &serde_json::to_string(&definition).unwrap();
        let before = r#"{"document": "{}", "changed_at": 5, "since": 4}"#;
        let policy: AccountPolicy = serde_json::from_str(before).unwrap();
        assert!(policy.takes_effect.is_none());
        let policy = serde_json::to_string(&policy).unwrap();
        assert!(!policy.contains("takes_effect"), "{policy}");
        for later in ["system_dimensions", "selection", "parameters"] {
            assert!(!written.contains(later), "{later}: {written}");
        }
    }
}
