//! Versions of a parameter and the labels that lead to them. Pure.

use wharf_api_ssm::faults;
use wharf_wire::Fault;

use crate::{fault, records::Parameter};

/// Versions that are kept; beyond them the oldest goes, unless it has a label.
pub const MAX_VERSIONS: u64 = 100;
/// Labels of one version, as in AWS.
const MAX_LABELS: usize = 10;

/// Makes room for a version and counts it. Returns the version that is gone.
///
/// # Errors
/// The oldest version, which would go, has a label.
pub fn advance(parameter: &mut Parameter) -> Result<Option<u64>, Fault> {
    let oldest = parameter.oldest;
    let is_full = parameter.latest - oldest + 1 >= MAX_VERSIONS;
    if is_full && parameter.labels.values().any(|it| *it == oldest) {
        return Err(faults::parameter_max_version_limit_exceeded(format!(
            "You attempted to create a new version of {} by calling the PutParameter API with the \
             overwrite flag. Version {oldest}, the oldest version, can't be deleted because it has a \
             label associated with it. Move the label to another version of the parameter, and try \
             again.",
            parameter.name
        )));
    }
    parameter.latest += 1;
    if !is_full {
        return Ok(None);
    }
    parameter.oldest += 1;
    Ok(Some(oldest))
}

/// The version that a selector leads to; the latest without one.
///
/// # Errors
/// There is none.
pub fn find(parameter: &Parameter, selector: Option<&str>) -> Result<u64, Fault> {
    let Some(selector) = selector else {
        return Ok(parameter.latest);
    };
    let number = selector.parse().ok().filter(|it| has(parameter, *it));
    // No label begins with a digit.
    let found = number.or_else(|| parameter.labels.get(selector).copied());
    found.ok_or_else(|| fault::no_version(&parameter.name, selector))
}

fn has(parameter: &Parameter, version: u64) -> bool {
    (parameter.oldest..=parameter.latest).contains(&version)
}

/// The version of that number.
fn numbered(parameter: &Parameter, version: i64) -> Result<u64, Fault> {
    let found = u64::try_from(version).ok().filter(|it| has(parameter, *it));
    found.ok_or_else(|| fault::no_version(&parameter.name, &version.to_string()))
}

pub fn labels_of(parameter: &Parameter, version: u64) -> Vec<String> {
    let all = parameter.labels.iter().filter(|(_, it)| **it == version);
    all.map(|(label, _)| label.clone()).collect()
}

/// Attaches labels to a version, which others lose; to the latest if none is named. Returns the version
/// and those labels that can be none.
///
/// # Errors
/// The version is not there, or would have too many labels.
pub fn attach(
    parameter: &mut Parameter,
    version: Option<i64>,
    labels: &[String],
) -> Result<(u64, Vec<String>), Fault> {
    let version = version.map_or(Ok(parameter.latest), |it| numbered(parameter, it))?;
    let (fit, invalid): (Vec<_>, Vec<_>) = labels.iter().cloned().partition(|it| is_label(it));
    for label in fit {
        parameter.labels.insert(label, version);
    }
    if labels_of(parameter, version).len() > MAX_LABELS {
        return Err(faults::parameter_version_label_limit_exceeded(format!(
            "A parameter version can have maximum {MAX_LABELS} labels. Move one or more labels to \
             another version and try again."
        )));
    }
    Ok((version, invalid))
}

fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let head = text.get(..3).unwrap_or_default();
    let reserved = ["aws", "ssm"]
        .iter()
        .any(|it| head.eq_ignore_ascii_case(it));
    let digit = text.bytes().next().is_some_and(|it| it.is_ascii_digit());
    !text.is_empty() && text.bytes().all(fits) && !reserved && !digit
}

/// Removes labels of a version. Returns those that went and those that it did not have.
///
/// # Errors
/// The version is not there.
pub fn detach(
    parameter: &mut Parameter,
    version: i64,
    labels: &[String],
) -> Result<(Vec<String>, Vec<String>), Fault> {
    let version = numbered(parameter, version)?;
    let (mut removed, mut invalid) = (Vec::new(), Vec::new());
    for label in labels {
        if parameter.labels.get(label) == Some(&version) {
            parameter.labels.remove(label);
            removed.push(label.clone());
        } else {
            invalid.push(label.clone());
        }
    }
    Ok((removed, invalid))
}

#[cfg(test)]
mod tests;
