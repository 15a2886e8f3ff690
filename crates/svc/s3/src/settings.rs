//! Configurations of a bucket between the wire and their records. Pure.

use wharf_api_s3::{
    AbortIncompleteMultipartUpload, LifecycleExpiration, LifecycleRule as WireRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, Tag,
};
use wharf_base::ids;
use wharf_service::tags::Tags;
use wharf_wire::Fault;

use crate::{
    config_records::{self, Expire, Filter, Form, LifecycleRule},
    fault,
};

const MAX_RULES: usize = 1000;
/// As many rules with half a kilobyte each. AWS says nothing of bytes.
const MAX_BYTES: usize = 512 << 10;
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Noncurrent versions that a rule keeps.
const MOST_NEWER: u32 = 100;

pub fn lifecycle(rules: Vec<WireRule>) -> Result<Vec<LifecycleRule>, Fault> {
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(fault::malformed_xml());
    }
    let mut found: Vec<LifecycleRule> = Vec::with_capacity(rules.len());
    for rule in rules {
        let rule = lifecycle_rule(rule)?;
        if found.iter().any(|it| it.id == rule.id) {
            return Err(argument(
                "Rule ID must be unique. Found same ID for more than one rule",
            ));
        }
        found.push(rule);
    }
    match config_records::fits(&found, MAX_BYTES) {
        true => Ok(found),
        false => Err(fault::too_large_configuration()),
    }
}

fn argument(text: &str) -> Fault {
    Fault::sender("InvalidArgument", 400, text)
}

fn days(given: Option<i32>, text: &str) -> Result<Option<u32>, Fault> {
    let positive = |it: i32| u32::try_from(it).ok().filter(|it| *it > 0);
    given
        .map(|it| positive(it).ok_or_else(|| argument(text)))
        .transpose()
}

fn lifecycle_rule(rule: WireRule) -> Result<LifecycleRule, Fault> {
    if rule.transitions.is_some_and(|it| !it.is_empty())
        || rule
            .noncurrent_version_transitions
            .is_some_and(|it| !it.is_empty())
    {
        return Err(fault::not_implemented(
            "Transitions are not supported by this version of wharf: there is one storage class.",
        ));
    }
    let enabled = match rule.status.as_deref() {
        Some("Enabled") => true,
        Some("Disabled") => false,
        _ => return Err(fault::malformed_xml()),
    };
    let filter = filter(rule.prefix, rule.filter)?;
    let expire = rule.expiration.map(expiration).transpose()?;
    let noncurrent = rule.noncurrent_version_expiration.unwrap_or_default();
    let text = "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer";
    let noncurrent_days = days(noncurrent.noncurrent_days, text)?;
    let text = "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer";
    let newer_noncurrent = days(noncurrent.newer_noncurrent_versions, text)?;
    if newer_noncurrent.is_some_and(|it| it > MOST_NEWER) {
        let text =
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must not exceed 100";
        return Err(argument(text));
    }
    let abort = rule.abort_incomplete_multipart_upload.unwrap_or_default();
    let text = "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer";
    let abort_days = days(abort.days_after_initiation, text)?;
    let narrow =
        !filter.tags.is_empty() || filter.larger_than.is_some() || filter.smaller_than.is_some();
    if abort_days.is_some() && narrow {
        let text = "AbortIncompleteMultipartUpload cannot be specified with Tags or object sizes.";
        return Err(fault::invalid_request(text));
    }
    if expire == Some(Expire::Marker) && !filter.tags.is_empty() {
        return Err(fault::invalid_request(
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ));
    }
    if expire.is_none() && noncurrent_days.is_none() && abort_days.is_none() {
        return Err(fault::invalid_request(
            "At least one action needs to be specified in a rule.",
        ));
    }
    let id = rule
        .id
        .filter(|it| !it.is_empty())
        .unwrap_or_else(ids::uuid);
    if id.len() > 255 {
        return Err(argument("ID length should not exceed allowed limit of 255"));
    }
    Ok(LifecycleRule {
        id,
        enabled,
        filter,
        expire,
        noncurrent_days,
        newer_noncurrent,
        abort_days,
    })
}

fn expiration(given: LifecycleExpiration) -> Result<Expire, Fault> {
    match (given.days, given.date, given.expired_object_delete_marker) {
        (Some(given), None, None) => {
            let text = "'Days' for Expiration action must be a positive integer";
            Ok(Expire::Days(days(Some(given), text)?.unwrap_or(1)))
        }
        (None, Some(date), None) if date.millis().rem_euclid(DAY) == 0 => Ok(Expire::Date(date)),
        (None, Some(_), None) => Err(argument("'Date' must be at midnight GMT")),
        (None, None, Some(true)) => Ok(Expire::Marker),
        _ => Err(fault::malformed_xml()),
    }
}

fn filter(old: Option<String>, given: Option<LifecycleRuleFilter>) -> Result<Filter, Fault> {
    let Some(given) = given else {
        return match old {
            Some(prefix) => Ok(Filter {
                prefix,
                form: Form::Old,
                ..Filter::default()
            }),
            None => Err(fault::malformed_xml()),
        };
    };
    if old.is_some() {
        return Err(fault::malformed_xml());
    }
    let conditions = [
        given.prefix.is_some(),
        given.tag.is_some(),
        given.object_size_greater_than.is_some(),
        given.object_size_less_than.is_some(),
        given.and.is_some(),
    ];
    if conditions.iter().filter(|it| **it).count() > 1 {
        return Err(fault::malformed_xml());
    }
    let (form, and) = match given.and {
        Some(and) => (Form::And, and),
        None => (
            Form::One,
            LifecycleRuleAndOperator {
                prefix: given.prefix,
                tags: given.tag.map(|it| vec![it]),
                object_size_greater_than: given.object_size_greater_than,
                object_size_less_than: given.object_size_less_than,
            },
        ),
    };
    let size = |given: Option<i64>| {
        given
            .map(u64::try_from)
            .transpose()
            .map_err(|_| fault::malformed_xml())
    };
    let pairs = and.tags.unwrap_or_default();
    let given = pairs.len();
    let pairs = pairs.into_iter();
    let tags: Tags = pairs
        .map(|it| (it.key.unwrap_or_default(), it.value.unwrap_or_default()))
        .collect();
    if tags.len() < given {
        return Err(fault::invalid_request(
            "Duplicate Tag Keys are not allowed.",
        ));
    }
    let larger_than = size(and.object_size_greater_than)?;
    let smaller_than = size(and.object_size_less_than)?;
    // Nothing would fit.
    if let (Some(larger), Some(smaller)) = (larger_than, smaller_than)
        && smaller <= larger
    {
        let text = "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.";
        return Err(fault::invalid_request(text));
    }
    Ok(Filter {
        prefix: and.prefix.unwrap_or_default(),
        tags,
        larger_than,
        smaller_than,
        form,
    })
}

pub fn shown_lifecycle(rules: Vec<LifecycleRule>) -> Vec<WireRule> {
    rules.into_iter().map(shown_rule).collect()
}

fn shown_rule(rule: LifecycleRule) -> WireRule {
    let number = |it: Option<u32>| it.and_then(|it| i32::try_from(it).ok());
    let form = rule.filter.form;
    let prefix = rule.filter.prefix.clone();
    let expire = rule.expire.map(|it| match it {
        Expire::Days(days) => LifecycleExpiration {
            days: number(Some(days)),
            ..LifecycleExpiration::default()
        },
        Expire::Date(date) => LifecycleExpiration {
            date: Some(date),
            ..LifecycleExpiration::default()
        },
        Expire::Marker => LifecycleExpiration {
            expired_object_delete_marker: Some(true),
            ..LifecycleExpiration::default()
        },
    });
    WireRule {
        expiration: expire,
        id: Some(rule.id),
        prefix: (form == Form::Old).then_some(prefix),
        filter: (form != Form::Old).then(|| shown_filter(rule.filter)),
        status: Some(if rule.enabled { "Enabled" } else { "Disabled" }.to_owned()),
        noncurrent_version_expiration: rule.noncurrent_days.map(|days| {
            NoncurrentVersionExpiration {
                noncurrent_days: number(Some(days)),
                newer_noncurrent_versions: number(rule.newer_noncurrent),
            }
        }),
        abort_incomplete_multipart_upload: rule.abort_days.map(|days| {
            AbortIncompleteMultipartUpload {
                days_after_initiation: number(Some(days)),
            }
        }),
        ..WireRule::default()
    }
}

fn shown_filter(filter: Filter) -> LifecycleRuleFilter {
    let size = |it: Option<u64>| it.and_then(|it| i64::try_from(it).ok());
    let mut tags = filter.tags.into_iter().map(|(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    });
    let (larger, smaller) = (size(filter.larger_than), size(filter.smaller_than));
    if filter.form == Form::And {
        let and = LifecycleRuleAndOperator {
            prefix: Some(filter.prefix).filter(|it| !it.is_empty()),
            tags: Some(tags.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
            object_size_greater_than: larger,
            object_size_less_than: smaller,
        };
        return LifecycleRuleFilter {
            and: Some(and),
            ..LifecycleRuleFilter::default()
        };
    }
    let tag = tags.next();
    let is_other = tag.is_some() || larger.is_some() || smaller.is_some();
    LifecycleRuleFilter {
        prefix: (!is_other).then_some(filter.prefix),
        tag,
        object_size_greater_than: larger,
        object_size_less_than: smaller,
        and: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(and: LifecycleRuleAndOperator, newer: Option<i32>) -> Option<String> {
        let rule = WireRule {
            status: Some("Enabled".to_owned()),
            filter: Some(LifecycleRuleFilter {
                and: Some(and),
                ..LifecycleRuleFilter::default()
            }),
            noncurrent_version_expiration: Some(NoncurrentVersionExpiration {
                noncurrent_days: Some(1),
                newer_noncurrent_versions: newer,
            }),
            ..WireRule::default()
        };
        let refused = lifecycle(vec![rule]).err();
        refused.map(|it| it.code.into_owned())
    }

    #[test]
    fn rules_that_fit_nothing_or_say_two_things() {
        let none = LifecycleRuleAndOperator::default;
        let tags = |keys: &[&str]| LifecycleRuleAndOperator {
            tags: Some(
                keys.iter()
                    .map(|it| Tag {
                        key: Some((*it).to_owned()),
                        value: Some("v".to_owned()),
                    })
                    .collect(),
            ),
            ..none()
        };
        let sizes = |larger, smaller| LifecycleRuleAndOperator {
            object_size_greater_than: Some(larger),
            object_size_less_than: Some(smaller),
            ..none()
        };
        assert_eq!(refused(tags(&["a", "b"]), None), None);
        assert_eq!(refused(sizes(1, 2), Some(100)), None);
        let request = Some("InvalidRequest".to_owned());
        assert_eq!(refused(tags(&["a", "a"]), None), request);
        for (larger, smaller) in [(2, 2), (3, 2)] {
            assert_eq!(refused(sizes(larger, smaller), None), request);
        }
        let argument = Some("InvalidArgument".to_owned());
        assert_eq!(refused(none(), Some(101)), argument);
    }
}
