//! Account policies of the type METRIC_EXTRACTION_POLICY: for which groups no metrics are made of events in the embedded
//! metric format. Such events are kept as any others. What policies say is pure; that one is there is looked up for each
//! put that has such events.

use serde_json::{Map, Value};
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{LogsService, fault, ops::account_policies, records::AccountPolicy};

/// As the API names the type of such policies.
pub const POLICY: &str = "METRIC_EXTRACTION_POLICY";
/// Policies of an account in a region, as with AWS.
pub const MOST_POLICIES: usize = 5;
/// Values of a list, as with AWS.
const MOST_VALUES: usize = 50;
/// Characters of a group's name.
const LONGEST_VALUE: usize = 512;

/// The groups that a policy is for: `LogGroupName IN ["a"]`, `LogGroupNamePrefix NOT IN ["/aws/"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    by: By,
    /// All but those that are listed.
    is_not: bool,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Name,
    Prefix,
}

impl By {
    fn matches(self, value: &str, group: &str) -> bool {
        match self {
            Self::Name => group == value,
            Self::Prefix => group.starts_with(value),
        }
    }
}

impl Selection {
    /// `None` for criteria that say nothing: all groups.
    pub fn read(criteria: Option<&str>) -> Result<Option<Self>, Fault> {
        let Some(criteria) = criteria.map(str::trim).filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let wrong = || {
            fault::invalid(
                "Invalid selectionCriteria: only LogGroupName and LogGroupNamePrefix are supported, with IN [] or NOT IN [].",
            )
        };
        // The longer word first: the other one begins it.
        let fields = [
            ("LogGroupNamePrefix", By::Prefix),
            ("LogGroupName", By::Name),
        ];
        let mut fields = fields.into_iter();
        let found = fields.find_map(|(word, by)| Some((by, criteria.strip_prefix(word)?)));
        let (by, rest) = found.ok_or_else(wrong)?;
        let rest = rest.trim_start();
        let (is_not, rest) = match rest.strip_prefix("NOT") {
            Some(rest) => (true, rest.trim_start()),
            None => (false, rest),
        };
        let list = rest.strip_prefix("IN").ok_or_else(wrong)?;
        let values: Vec<String> = serde_json::from_str(list).map_err(|_| wrong())?;
        if !(1..=MOST_VALUES).contains(&values.len()) {
            return Err(fault::invalid(format!(
                "Invalid selectionCriteria: a list has 1 to {MOST_VALUES} values."
            )));
        }
        let is_name = |it: &String| (1..=LONGEST_VALUE).contains(&it.chars().count());
        if !values.iter().all(is_name) {
            return Err(fault::invalid(format!(
                "Invalid selectionCriteria: a value has 1 to {LONGEST_VALUE} characters."
            )));
        }
        Ok(Some(Self { by, is_not, values }))
    }

    fn is_for(&self, group: &str) -> bool {
        let mut values = self.values.iter();
        values.any(|it| self.by.matches(it, group)) != self.is_not
    }

    /// Whether two that list their groups may share one.
    fn meets(&self, other: &Self) -> bool {
        let meet = |a: &str, b: &str| match (self.by, other.by) {
            (By::Name, _) => other.by.matches(b, a),
            (_, By::Name) => self.by.matches(a, b),
            (By::Prefix, By::Prefix) => a.starts_with(b) || b.starts_with(a),
        };
        let mut own = self.values.iter();
        own.any(|a| other.values.iter().any(|b| meet(a, b)))
    }

    /// Whether all that this one lists is within one value of the other's list.
    fn is_within(&self, other: &Self) -> bool {
        let within = |a: &String| {
            let mut theirs = other.values.iter();
            theirs.any(|b| match (self.by, other.by) {
                // However many names there are, a prefix is for more.
                (By::Prefix, By::Name) => false,
                _ => other.by.matches(b, a),
            })
        };
        self.values.iter().all(within)
    }
}

/// Whether a policy may be beside others.
///
/// # Errors
/// It is for groups that another one is for, or there are enough.
pub fn fits<'p>(
    selection: Option<&Selection>,
    others: impl Iterator<Item = &'p AccountPolicy>,
) -> Result<(), Fault> {
    let mut count = 0;
    for other in others {
        count += 1;
        let theirs = Selection::read(other.selection.as_deref())?;
        let overlap = match (selection, &theirs) {
            (Some(own), Some(theirs)) => match (own.is_not, theirs.is_not) {
                (false, false) => own.meets(theirs),
                (false, true) => !own.is_within(theirs),
                (true, false) => !theirs.is_within(own),
                (true, true) => {
                    return Err(fault::invalid(
                        "Only one policy of the type METRIC_EXTRACTION_POLICY can have selectionCriteria with NOT IN.",
                    ));
                }
            },
            // One for all groups is the only one.
            _ => true,
        };
        if overlap {
            return Err(fault::overlap());
        }
    }
    match count < MOST_POLICIES {
        true => Ok(()),
        false => Err(fault::too_many_policies()),
    }
}

/// Whether a document can be kept. A policy says for which groups it is; that it is there says the rest.
///
/// # Errors
/// It is no JSON object, or has members.
pub fn check(document: &str) -> Result<(), Fault> {
    let read: Map<String, Value> = serde_json::from_str(document)
        .map_err(|cause| fault::invalid(format!("Invalid policy document: {cause}.")))?;
    match read.keys().next() {
        None => Ok(()),
        Some(name) => {
            let name: String = name.chars().take(100).collect();
            Err(fault::unsupported_parameter(&format!(
                "policyDocument.{name}"
            )))
        }
    }
}

impl LogsService {
    /// Whether events of a group in the embedded metric format are metrics.
    pub(crate) async fn extracts(&self, scope: &Scope, group: &str) -> Result<bool, Fault> {
        for (_, policy) in account_policies::of_type(self, scope, POLICY).await? {
            // What was stored was checked before.
            let selection = Selection::read(policy.record.selection.as_deref())?;
            if selection.is_none_or(|it| it.is_for(group)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::Unknown;

    use super::*;

    fn read(criteria: &str) -> Selection {
        Selection::read(Some(criteria)).unwrap().unwrap()
    }

    #[test]
    fn selections_are_for_groups_by_name_or_prefix() {
        for (criteria, group, wanted) in [
            (r#"LogGroupName IN ["a", "/b"]"#, "/b", true),
            (r#"LogGroupName IN ["a", "/b"]"#, "/b/c", false),
            (r#" LogGroupNamePrefix IN ["/b"] "#, "/b/c", true),
            (
                r#"LogGroupNamePrefix NOT IN ["/aws/", "x"]"#,
                "/aws/ecs",
                false,
            ),
            (r#"LogGroupNamePrefix NOT IN ["/aws/", "x"]"#, "/shop", true),
            (r#"LogGroupName NOT IN ["x"]"#, "xy", true),
        ] {
            assert_eq!(read(criteria).is_for(group), wanted, "{criteria} {group}");
        }
        for all in [None, Some(""), Some("  ")] {
            assert_eq!(Selection::read(all).unwrap(), None);
        }
    }

    #[test]
    fn what_is_no_selection_is_refused() {
        let many = serde_json::to_string(&vec!["g"; 51]).unwrap();
        let long = "g".repeat(513);
        for (bad, text) in [
            (r#"LogGroupName = "a""#, "only LogGroupName and"),
            (r#"LogGroupNames IN ["a"]"#, "only LogGroupName and"),
            (r#"LogGroupName IN "a""#, "only LogGroupName and"),
            (r#"LogGroupName IN [1]"#, "only LogGroupName and"),
            (r#"LogGroupName IN ["a"] OR"#, "only LogGroupName and"),
            ("LogGroupName IN []", "1 to 50 values"),
            ("LogGroupName NOT IN []", "1 to 50 values"),
            (&*format!("LogGroupNamePrefix IN {many}"), "1 to 50 values"),
            (r#"LogGroupName IN [""]"#, "1 to 512 characters"),
            (
                &*format!("LogGroupName IN [{long:?}]"),
                "1 to 512 characters",
            ),
        ] {
            let message = Selection::read(Some(bad)).unwrap_err().message;
            assert!(message.contains(text), "{bad}: {message}");
        }
    }

    #[test]
    fn policies_share_no_group() {
        let policy = |selection: Option<&str>| AccountPolicy {
            document: "{}".to_owned(),
            selection: selection.map(str::to_owned),
            changed_at: Timestamp(1),
            since: Timestamp(1),
            takes_effect: None,
            unknown: Unknown::new(),
        };
        let lambda = r#"LogGroupNamePrefix NOT IN ["/aws/lambda"]"#;
        for (one, other, fit) in [
            (
                r#"LogGroupName IN ["a"]"#,
                r#"LogGroupName IN ["b", "ab"]"#,
                true,
            ),
            (
                r#"LogGroupName IN ["a"]"#,
                r#"LogGroupName IN ["b", "a"]"#,
                false,
            ),
            (
                r#"LogGroupName IN ["ab"]"#,
                r#"LogGroupNamePrefix IN ["a"]"#,
                false,
            ),
            (
                r#"LogGroupName IN ["a"]"#,
                r#"LogGroupNamePrefix IN ["ab"]"#,
                true,
            ),
            (
                r#"LogGroupNamePrefix IN ["a"]"#,
                r#"LogGroupNamePrefix IN ["ab"]"#,
                false,
            ),
            (
                r#"LogGroupNamePrefix IN ["a/"]"#,
                r#"LogGroupNamePrefix IN ["ab"]"#,
                true,
            ),
            // The two examples of AWS's documentation.
            (lambda, r#"LogGroupName IN ["/aws/lambda/function1"]"#, true),
            (lambda, r#"LogGroupNamePrefix IN ["/aws"]"#, false),
            (
                lambda,
                r#"LogGroupName IN ["/aws/lambda/f", "/shop"]"#,
                false,
            ),
            (
                r#"LogGroupName NOT IN ["a", "b"]"#,
                r#"LogGroupName IN ["a"]"#,
                true,
            ),
            (
                r#"LogGroupName NOT IN ["a"]"#,
                r#"LogGroupNamePrefix IN ["a"]"#,
                false,
            ),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let beside = policy(Some(other));
                let fits = fits(Some(&read(one)), std::iter::once(&beside));
                assert_eq!(fits.is_ok(), fit, "{one} {other}");
            }
        }
        let all = policy(None);
        let some = policy(Some(r#"LogGroupName IN ["a"]"#));
        let overlap = "The selectionCriteria of two policies of one type cannot overlap.";
        let refused = |selection: Option<&str>, beside: &[&AccountPolicy]| {
            let selection = selection.map(read);
            let fits = fits(selection.as_ref(), beside.iter().copied());
            fits.unwrap_err()
        };
        assert_eq!(refused(None, &[&some]).message, overlap);
        assert_eq!(refused(Some(lambda), &[&all]).message, overlap);
        assert!(fits(None, std::iter::empty()).is_ok());
        let nots = policy(Some(r#"LogGroupName NOT IN ["b"]"#));
        let message = refused(Some(lambda), &[&nots]).message;
        assert!(message.starts_with("Only one policy"), "{message}");
        let names = ["a", "b", "c", "d", "e"];
        let five = names.map(|it| policy(Some(&format!("LogGroupName IN [{it:?}]"))));
        let five: Vec<&AccountPolicy> = five.iter().collect();
        let full = refused(Some(r#"LogGroupName IN ["f"]"#), &five);
        assert_eq!(full.code, "LimitExceededException");
    }

    #[test]
    fn a_document_says_nothing() {
        check(" {} ").unwrap();
        for (document, text) in [
            ("", "Invalid policy document"),
            ("[]", "Invalid policy document"),
            (
                r#"{"Enabled": false}"#,
                "The parameter policyDocument.Enabled is not supported",
            ),
        ] {
            let message = check(document).unwrap_err().message;
            assert!(message.contains(text), "{message}");
        }
    }
}
