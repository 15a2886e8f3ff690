//! The subscription filters that are for a group: its own, and its account's policy of the type
//! SUBSCRIPTION_FILTER_POLICY, which is one for all groups but those that it names.

use serde::Deserialize;
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    ops::account_policies,
    pattern::Pattern,
    records::{Group, SubscriptionFilter},
    rules::{Level, Rules},
    subscription::Destination,
};

/// As the API names the type of such policies.
pub const POLICY: &str = "SUBSCRIPTION_FILTER_POLICY";
/// Other classes have no subscriptions.
pub const CLASS: &str = "STANDARD";
/// Events of one stream come one after another; in any order.
pub const BY_STREAM: &str = "ByLogStream";
pub const RANDOM: &str = "Random";

/// A filter that a group's events go through.
#[derive(Debug)]
pub struct Applied {
    pub filter: SubscriptionFilter,
    pub level: Level,
    /// The name of its place in a stream.
    pub cursor: String,
    /// When the first came in that it is for, in milliseconds.
    pub since: i64,
}

/// Where a group's own filter is in a stream.
pub fn cursor(filter: &str) -> String {
    format!("subscription/{filter}")
}

/// Where an account's filter is, which began at that time.
pub fn account_cursor(since: Timestamp) -> String {
    format!("account-subscription/{}", since.millis())
}

/// A policy's document.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    destination_arn: String,
    role_arn: Option<String>,
    filter_pattern: Option<String>,
    distribution: Option<String>,
}

/// The filter that a policy's document describes.
pub fn read(
    name: &str,
    document: &str,
    created_at: Timestamp,
) -> Result<SubscriptionFilter, Fault> {
    let read: Document = serde_json::from_str(document)
        .map_err(|cause| fault::invalid(format!("Invalid policy document: {cause}.")))?;
    let filter = SubscriptionFilter {
        name: name.to_owned(),
        pattern: read.filter_pattern.unwrap_or_default(),
        destination: read.destination_arn,
        role: read.role_arn,
        on_transformed: false,
        random: is_random(read.distribution.as_deref())?,
        selection: None,
        created_at,
    };
    check(&filter)?;
    Ok(filter)
}

/// Whether a distribution is `Random`.
pub fn is_random(distribution: Option<&str>) -> Result<bool, Fault> {
    match distribution {
        None | Some(BY_STREAM) => Ok(false),
        Some(RANDOM) => Ok(true),
        Some(other) => Err(fault::invalid(format!(
            "The distribution {other} is neither {BY_STREAM} nor {RANDOM}."
        ))),
    }
}

/// Whether a filter can be kept.
pub fn check(filter: &SubscriptionFilter) -> Result<(), Fault> {
    Pattern::parse(&filter.pattern).map_err(|cause| fault::bad_pattern(&cause))?;
    let to = Destination::parse(&filter.destination);
    let to = to.map_err(|cause| fault::invalid(cause.to_string()))?;
    if filter.random && !to.has_order() {
        return Err(fault::invalid(format!(
            "The distribution {RANDOM} is for queues with order; other destinations have none to keep."
        )));
    }
    let needs_role = matches!(to, Destination::Api(_));
    if needs_role && filter.role.is_none() {
        let arn = &filter.destination;
        return Err(fault::invalid(format!(
            "roleArn is required for the destination {arn}."
        )));
    }
    if let (Destination::Named(..), Some(_)) = (&to, &filter.role) {
        return Err(fault::invalid(
            "roleArn cannot be used with a destination of CloudWatch Logs, which has a role of its own.",
        ));
    }
    Ok(())
}

/// The groups that a policy is not for: `LogGroupName NOT IN ["a", "b"]`.
pub fn exempt(criteria: Option<&str>) -> Result<Vec<String>, Fault> {
    let Some(criteria) = criteria.map(str::trim).filter(|it| !it.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut rest = criteria;
    for word in ["LogGroupName", "NOT", "IN"] {
        rest = match rest.strip_prefix(word) {
            Some(rest) => rest.trim_start(),
            None => return Err(bad_selection()),
        };
    }
    serde_json::from_str(rest).map_err(|_| bad_selection())
}

fn bad_selection() -> Fault {
    fault::invalid("Invalid selectionCriteria: only LogGroupName NOT IN [] is supported.")
}

impl LogsService {
    /// Whether anybody subscribed to a group's events, or something is to be found in them or counted of them, where they
    /// came in at that time, in milliseconds, or later.
    pub(crate) async fn is_followed(
        &self,
        (scope, group): (&Scope, &Group),
        rules: &Rules,
        since: i64,
    ) -> Result<bool, Fault> {
        // What data protection finds is looked for in the same way, and what transformers make is counted so.
        if rules.masks() || (self.counters.are_kept() && rules.transforms_since(since)) {
            return Ok(true);
        }
        if group.class != CLASS {
            return Ok(false);
        }
        let own = !group.subscription_filters.is_empty();
        Ok(own || self.account_filter(scope, group).await?.is_some())
    }

    pub(crate) async fn filters_of(
        &self,
        scope: &Scope,
        group: &Group,
    ) -> Result<Vec<Applied>, Fault> {
        if group.class != CLASS {
            return Ok(Vec::new());
        }
        let own = group.subscription_filters.iter().map(|filter| Applied {
            cursor: cursor(&filter.name),
            filter: filter.clone(),
            level: Level::Group,
            since: i64::MIN,
        });
        let account = self.account_filter(scope, group).await?;
        Ok(own.chain(account).collect())
    }

    async fn account_filter(&self, scope: &Scope, group: &Group) -> Result<Option<Applied>, Fault> {
        let all = account_policies::of_type(self, scope, POLICY).await?;
        let Some((id, policy)) = all.into_iter().next() else {
            return Ok(None);
        };
        let policy = policy.record;
        // What was stored was checked before.
        let exempt = exempt(policy.selection.as_deref())?;
        let (_, name) = id.split_once(':').unwrap_or_default();
        let filter = read(name, &policy.document, policy.since)?;
        let is_own = match Destination::parse(&filter.destination) {
            // A group is not sent to itself.
            Ok(Destination::Group(arn, to)) => {
                to == group.name && arn.account == scope.account && arn.region == scope.region
            }
            _ => false,
        };
        let is_for = !is_own && !exempt.contains(&group.name);
        Ok(is_for.then(|| Applied {
            filter,
            level: Level::Account,
            cursor: account_cursor(policy.since),
            since: policy.since.millis(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections() {
        let names = |text| exempt(text).ok();
        assert_eq!(names(None), Some(Vec::new()));
        assert_eq!(names(Some(" ")), Some(Vec::new()));
        let two = vec!["a".to_owned(), "/b".to_owned()];
        assert_eq!(names(Some(r#"LogGroupName NOT IN ["a", "/b"]"#)), Some(two));
        for bad in [
            r#"LogGroupName IN ["a"]"#,
            r#"LogGroupNamePrefix NOT IN ["a"]"#,
            r#"LogGroupName NOT IN "a""#,
            r#"LogGroupName NOT IN [1]"#,
        ] {
            assert_eq!(names(Some(bad)), None, "{bad}");
        }
    }

    #[test]
    fn documents() {
        let queue = "arn:aws:sqs:us-east-1:000000000000:q";
        let read = |rest: &str| {
            let document = format!(r#"{{"DestinationArn": "{queue}"{rest}}}"#);
            read("p", &document, Timestamp(1))
        };
        let filter = read(r#", "FilterPattern": "ERROR""#).unwrap();
        assert_eq!((&*filter.pattern, filter.random), ("ERROR", false));
        assert_eq!(filter.destination, queue);
        for (bad, word) in [
            (r#", "FilterPattern": "{""#, "filter pattern"),
            (r#", "Distribution": "Random""#, "with order"),
            (r#", "Distribution": "random""#, "neither"),
            (r#", "Other": 1"#, "Invalid policy document"),
        ] {
            let message = read(bad).unwrap_err().message;
            assert!(message.contains(word), "{message}");
        }
        let fifo = format!(r#"{{"DestinationArn": "{queue}.fifo", "Distribution": "Random"}}"#);
        assert!(super::read("p", &fifo, Timestamp(1)).unwrap().random);
    }
}
