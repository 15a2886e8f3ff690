//! Names of trails, buckets and prefixes. Buckets and prefixes become folders, so nothing in them may
//! lead elsewhere.

use wharf_api_cloudtrail::faults;
use wharf_base::{Arn, LogEnd, LogResource};
use wharf_wire::{Context, Fault};

use crate::{records::LogGroup, trails};

/// A trail's name, given as such or in an ARN of the caller's account and region.
pub fn name_of(given: &str, cx: &Context) -> Result<String, Fault> {
    if !given.starts_with("arn:") {
        check_name(given)?;
        return Ok(given.to_owned());
    }
    let prefix = trails::arn(cx, "");
    match given.strip_prefix(&prefix) {
        Some(name) => check_name(name).map(|()| name.to_owned()),
        None => Err(faults::trail_not_found_exception(format!(
            "Unknown trail: {given} for the user: {}",
            cx.account
        ))),
    }
}

pub fn check_name(name: &str) -> Result<(), Fault> {
    let wrong = |text: &str| Err(faults::invalid_trail_name_exception(text));
    let bytes = name.as_bytes();
    if bytes.len() < 3 {
        return wrong(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters or fewer.",
        );
    }
    if bytes.len() > 128 {
        return wrong("Trail name too long. Maximum allowed length: 128 characters.");
    }
    let is_end = |byte: &u8| byte.is_ascii_alphanumeric();
    if !bytes.first().is_some_and(is_end) {
        return wrong("Trail name must starts with a letter or number.");
    }
    if !bytes.last().is_some_and(is_end) {
        return wrong("Trail name must ends with a letter or number.");
    }
    if !bytes
        .iter()
        .all(|byte| is_end(byte) || b"._-".contains(byte))
    {
        return wrong(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
        );
    }
    Ok(())
}

pub fn check_bucket(name: &str) -> Result<(), Fault> {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let fits = (3..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| is_end(byte) || b".-".contains(byte))
        && bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && !name.contains("..");
    match fits {
        true => Ok(()),
        false => Err(faults::invalid_s3_bucket_name_exception(format!(
            "Bucket name {name} is not valid."
        ))),
    }
}

pub fn check_prefix(prefix: &str) -> Result<(), Fault> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"!_.*'()-".contains(&byte);
    let mut parts = prefix.strip_suffix('/').unwrap_or(prefix).split('/');
    let fits = prefix.len() <= 200
        && parts.all(|it| !it.is_empty() && it != "." && it != ".." && it.bytes().all(is_safe));
    match fits {
        true => Ok(()),
        false => Err(faults::invalid_s3_prefix_exception(format!(
            "Prefix {prefix} is not valid."
        ))),
    }
}

/// A log group and a role, both or none; what is empty is none.
pub fn log_group(
    cx: &Context,
    arn: Option<String>,
    role: Option<String>,
) -> Result<Option<LogGroup>, Fault> {
    let given = |it: Option<String>| it.filter(|it| !it.is_empty());
    let (arn, role) = match (given(arn), given(role)) {
        (Some(arn), Some(role)) => (arn, role),
        (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err(faults::invalid_cloud_watch_logs_role_arn_exception(
                "You must specify a role ARN as well as a log group.",
            ));
        }
        (None, Some(_)) => {
            return Err(faults::invalid_cloud_watch_logs_log_group_arn_exception(
                "You must specify a log group as well as a role ARN.",
            ));
        }
    };
    let own = Arn::new("logs", &cx.region, &cx.account, "").to_string();
    let named = arn.strip_prefix(&own).and_then(LogResource::parse);
    if named.is_none_or(|it| it.end != LogEnd::Streams) {
        return Err(faults::invalid_cloud_watch_logs_log_group_arn_exception(
            "CloudTrail cannot validate the specified log group ARN.",
        ));
    }
    Ok(Some(LogGroup { arn, role }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for good in ["audit", "my.audit-1", "123"] {
            check_bucket(good).unwrap();
        }
        for wrong in [
            "",
            "ab",
            "..",
            "a..b",
            "/etc",
            "a/b",
            "Audit",
            "-ab",
            "a\0b",
            &"a".repeat(64),
        ] {
            check_bucket(wrong).unwrap_err();
        }
        for good in ["x", "a/b", "a/b/", "year=no".split('=').next().unwrap()] {
            check_prefix(good).unwrap();
        }
        for wrong in [
            "",
            "/",
            "/a",
            "..",
            "a/../b",
            "a//b",
            "a/./b",
            "a\0",
            "a\\b",
            &"a".repeat(201),
        ] {
            check_prefix(wrong).unwrap_err();
        }
        for wrong in ["ab", "-abc", "abc-", "a b c", &"a".repeat(129)] {
            check_name(wrong).unwrap_err();
        }
        check_name("my_trail.1-x").unwrap();
    }
}
