//! When a job fails and when it has succeeded, by its own rules.

use serde_json::Value;

use super::{apps::non_negative, pod::one_of};
use crate::{
    field::{Errors, Path},
    view::{at, items, member, number, text},
};

pub fn failure(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST_RULES: usize = 20;
    let Some(policy) = member(spec, "podFailurePolicy") else {
        return;
    };
    let path = path.child("podFailurePolicy");
    let rules = path.child("rules");
    let all = items(policy, "rules");
    if all.len() > MOST_RULES {
        errors.too_many(&rules, all.len(), MOST_RULES);
        return;
    }
    for (index, rule) in all.iter().enumerate() {
        let path = rules.index(index);
        one_of(
            rule,
            "action",
            &["Count", "FailIndex", "FailJob", "Ignore"],
            &path,
            errors,
        );
        if text(rule, "action") == "FailIndex" && member(spec, "backoffLimitPerIndex").is_none() {
            errors.invalid(
                &path.child("action"),
                "FailIndex",
                "requires the backoffLimitPerIndex to be set",
            );
        }
        let codes = member(rule, "onExitCodes");
        let conditions = !items(rule, "onPodConditions").is_empty();
        match (codes, conditions) {
            (Some(_), true) => errors.invalid(
                &path,
                rule.clone(),
                "specifying both OnExitCodes and OnPodConditions is not supported",
            ),
            (None, false) => errors.invalid(
                &path,
                rule.clone(),
                "specifying one of OnExitCodes and OnPodConditions is required",
            ),
            _ => {}
        }
        if let Some(codes) = codes {
            let path = path.child("onExitCodes");
            one_of(codes, "operator", &["In", "NotIn"], &path, errors);
            let values = items(codes, "values");
            if values.is_empty() {
                errors.invalid(
                    &path.child("values"),
                    Value::Array(vec![]),
                    "at least one value is required",
                );
            } else if values.len() > 255 {
                errors.too_many(&path.child("values"), values.len(), 255);
            } else {
                exit_codes(codes, values, &path.child("values"), errors);
            }
            container(spec, codes, &path.child("containerName"), errors);
        }
    }
}

fn exit_codes(codes: &Value, values: &[Value], path: &Path<'_>, errors: &mut Errors) {
    let is_in = text(codes, "operator") == "In";
    let mut last = None;
    for (index, value) in values.iter().enumerate() {
        let code = value.as_i64();
        if is_in && code == Some(0) {
            errors.invalid(&path.index(index), 0, "must not be 0 for the In operator");
        }
        if code == last {
            errors.duplicate(&path.index(index), value.clone());
        } else if code < last {
            errors.invalid(path, Value::Array(values.to_vec()), "must be ordered");
            return;
        }
        last = code;
    }
}

fn container(spec: &Value, codes: &Value, path: &Path<'_>, errors: &mut Errors) {
    let name = text(codes, "containerName");
    let Some(pod) = at(spec, &["template", "spec"]).filter(|_| !name.is_empty()) else {
        return;
    };
    let mut all = items(pod, "containers").iter();
    let mut first = items(pod, "initContainers").iter();
    let is_there = |it: &Value| text(it, "name") == name;
    if !all.any(is_there) && !first.any(is_there) {
        errors.invalid(
            path,
            name,
            "must be one of the container or initContainer names in the pod template",
        );
    }
}

pub fn success(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST_RULES: usize = 20;
    let Some(policy) = member(spec, "successPolicy") else {
        return;
    };
    let path = path.child("successPolicy");
    if text(spec, "completionMode") != "Indexed" {
        return errors.invalid(&path, policy.clone(), "requires indexed completion mode");
    }
    let rules = path.child("rules");
    let all = items(policy, "rules");
    if all.is_empty() {
        errors.required(
            &rules,
            "at least one rules must be specified when the successPolicy is specified",
        );
    }
    if all.len() > MOST_RULES {
        return errors.too_many(&rules, all.len(), MOST_RULES);
    }
    let completions = number(spec, "completions").unwrap_or_default();
    for (index, rule) in all.iter().enumerate() {
        success_rule(rule, completions, &rules.index(index), errors);
    }
}

fn success_rule(rule: &Value, completions: i64, path: &Path<'_>, errors: &mut Errors) {
    const LONGEST: usize = 64 << 10;
    let indexes = member(rule, "succeededIndexes").and_then(Value::as_str);
    let count = number(rule, "succeededCount");
    if indexes.is_none() && count.is_none() {
        errors.required(
            path,
            "at least one of succeededCount or succeededIndexes must be specified",
        );
    }
    let mut total = 0;
    if let Some(text) = indexes {
        let at = path.child("succeededIndexes");
        if text.len() > LONGEST {
            errors.too_long(&at, LONGEST);
        }
        match count_indexes(text, completions) {
            Ok(count) => total = count,
            Err(why) => {
                errors.invalid(&at, text, format!("error parsing succeededIndexes: {why}"));
            }
        }
    }
    let Some(count) = count else { return };
    non_negative(rule, &["succeededCount"], path, errors);
    let at = path.child("succeededCount");
    if count > completions {
        errors.invalid(
            &at,
            count,
            format!(
                "must be less than or equal to {completions} (the number of specified completions)"
            ),
        );
    }
    if indexes.is_some() && count > total {
        errors.invalid(
            &at,
            count,
            format!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            ),
        );
    }
}

/// Why a text is no list of indexes, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadIndexes {
    #[error("cannot convert string to integer for index: {0:?}")]
    NoNumber(String),
    #[error("too large index: {0:?}")]
    TooLarge(String),
    #[error(
        "the fragment {0:?} violates the requirement that an index interval can have at most two parts separated by '-'"
    )]
    Parts(String),
    #[error("non-increasing order, previous: {previous}, current: {current}")]
    NotRising { previous: i64, current: i64 },
}

/// How many there are in a text like `1,3-5`, which rise and are below `completions`.
fn count_indexes(text: &str, completions: i64) -> Result<i64, BadIndexes> {
    let intervals = intervals(text, completions)?;
    Ok(intervals.iter().map(|(first, last)| last - first + 1).sum())
}

/// The first and the last of each part of such a text.
pub fn intervals(text: &str, completions: i64) -> Result<Vec<(i64, i64)>, BadIndexes> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let number = |text: &str| -> Result<i64, BadIndexes> {
        let number: i64 = text
            .parse()
            .map_err(|_| BadIndexes::NoNumber(text.to_owned()))?;
        match number < completions {
            true => Ok(number),
            false => Err(BadIndexes::TooLarge(text.to_owned())),
        }
    };
    let (mut found, mut last) = (Vec::new(), None);
    for part in text.split(',') {
        let mut ends = part.split('-');
        let (first, second, more) = (ends.next(), ends.next(), ends.next());
        if more.is_some() {
            return Err(BadIndexes::Parts(part.to_owned()));
        }
        let first = number(first.unwrap_or_default())?;
        let rises = |last: Option<i64>, current: i64| match last {
            Some(previous) if previous >= current => {
                Err(BadIndexes::NotRising { previous, current })
            }
            _ => Ok(()),
        };
        rises(last, first)?;
        let end = match second {
            None => first,
            Some(text) => {
                let end = number(text)?;
                rises(Some(first), end)?;
                end
            }
        };
        found.push((first, end));
        last = Some(end);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_rise_and_are_below_the_completions() {
        for (text, count) in [("", 0), ("0", 1), ("0,2-4,6", 5), ("3-9", 7)] {
            assert_eq!(count_indexes(text, 10), Ok(count), "{text}");
        }
        for (text, why) in [
            ("a", "cannot convert string to integer for index: \"a\""),
            ("1,", "cannot convert string to integer for index: \"\""),
            ("10", "too large index: \"10\""),
            ("1,1", "non-increasing order, previous: 1, current: 1"),
            ("3-2", "non-increasing order, previous: 3, current: 2"),
            (
                "1-2-3",
                "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'",
            ),
        ] {
            let refused = count_indexes(text, 10).unwrap_err();
            assert_eq!(refused.to_string(), why, "{text}");
        }
    }
}
