//! What DescribeParameters and GetParametersByPath show of all parameters. Pure.

use std::collections::BTreeSet;

use wharf_api_ssm::{ParameterStringFilter, ParametersFilter, faults};
use wharf_service::tags::Tags;
use wharf_wire::Fault;

use crate::{
    describe::key_id,
    fault, names,
    records::{Kind, Meta},
    tiers::INTELLIGENT,
};

/// Which list is filtered; each takes keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Describe,
    ByPath,
}

/// A filter that fits its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    key: Member,
    how: How,
    values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Member {
    Name,
    Type,
    KeyId,
    Path,
    Label,
    Tier,
    DataType,
    Tag(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Equals,
    BeginsWith,
    Contains,
    Recursive,
    OneLevel,
}

/// What a filter looks at.
pub struct Seen<'a> {
    pub name: &'a str,
    pub meta: &'a Meta,
    pub tags: &'a Tags,
}

/// Refuses filters that the list does not take.
///
/// # Errors
/// AWS's text.
pub fn checked(given: Vec<ParameterStringFilter>, list: List) -> Result<Vec<Filter>, Fault> {
    let (mut found, mut keys) = (Vec::new(), BTreeSet::new());
    for filter in given {
        let name = filter.key.unwrap_or_default();
        let key = key(&name, list)?;
        let values = filter.values.unwrap_or_default();
        if values.is_empty() && !matches!(key, Member::Tag(_)) {
            return Err(faults::invalid_filter_value(format!(
                "The following filter values are missing : null for filter key {name}."
            )));
        }
        let how = how(&key, filter.option.as_deref())?;
        check_values(&key, &values)?;
        if !keys.insert(name.clone()) {
            return Err(faults::invalid_filter_key(format!(
                "The following filter is duplicated in the request: {name}. A request can contain \
                 only one occurrence of a specific filter."
            )));
        }
        found.push(Filter { key, how, values });
    }
    Ok(found)
}

/// The filters of DescribeParameters' older form.
pub fn older(given: Vec<ParametersFilter>) -> Vec<Filter> {
    let one = |filter: ParametersFilter| {
        let (key, how) = match filter.key.as_deref() {
            Some("Type") => (Member::Type, How::Equals),
            Some("KeyId") => (Member::KeyId, How::Equals),
            _ => (Member::Name, How::BeginsWith),
        };
        let values = filter.values.unwrap_or_default();
        Filter { key, how, values }
    };
    given.into_iter().map(one).collect()
}

fn key(name: &str, list: List) -> Result<Member, Fault> {
    let key = match name {
        "Name" => Member::Name,
        "Type" => Member::Type,
        "KeyId" => Member::KeyId,
        "Path" => Member::Path,
        "Label" => Member::Label,
        "Tier" => Member::Tier,
        "DataType" => Member::DataType,
        other => Member::Tag(other.strip_prefix("tag:").unwrap_or(other).to_owned()),
    };
    let (fits, valid) = match list {
        List::Describe => (key != Member::Label, "[Path, Name, Type, KeyId, Tier]"),
        List::ByPath => {
            let fits = matches!(key, Member::Type | Member::KeyId | Member::Label);
            (fits, "[Type, KeyId]")
        }
    };
    match fits {
        true => Ok(key),
        false => Err(faults::invalid_filter_key(format!(
            "The following filter key is not valid: {name}. Valid filter keys include: {valid}."
        ))),
    }
}

fn how(key: &Member, option: Option<&str>) -> Result<How, Fault> {
    let (options, valid): (&[(&str, How)], _) = match key {
        Member::Path => (
            &[("OneLevel", How::OneLevel), ("Recursive", How::Recursive)],
            "[Recursive, OneLevel]",
        ),
        Member::Name => (
            &[
                ("Equals", How::Equals),
                ("BeginsWith", How::BeginsWith),
                ("Contains", How::Contains),
            ],
            "[BeginsWith, Contains, Equals]",
        ),
        Member::Label => (&[("Equals", How::Equals)], "[Equals]"),
        _ => (
            &[("Equals", How::Equals), ("BeginsWith", How::BeginsWith)],
            "[BeginsWith, Equals]",
        ),
    };
    let option = option.unwrap_or(options[0].0);
    let found = options.iter().find(|(name, _)| *name == option);
    found.map(|(_, how)| *how).ok_or_else(|| {
        faults::invalid_filter_option(format!(
            "The following filter option is not valid: {option}. Valid options include: {valid}."
        ))
    })
}

fn check_values(key: &Member, values: &[String]) -> Result<(), Fault> {
    let (known, valid) = match key {
        Member::Path => return values.iter().try_for_each(|path| check_path(path)),
        Member::Type => (
            (|it| Kind::parse(it).is_some()) as fn(&str) -> bool,
            "[String, StringList, SecureString]",
        ),
        Member::Tier => (
            (|it| ["Standard", "Advanced", INTELLIGENT].contains(&it)) as fn(&str) -> bool,
            "[Standard, Advanced, Intelligent-Tiering]",
        ),
        _ => return Ok(()),
    };
    match values.iter().find(|it| !known(it)) {
        None => Ok(()),
        Some(value) => Err(faults::invalid_filter_option(format!(
            "The following filter value is not valid: {value}. Valid values include: {valid}."
        ))),
    }
}

fn check_path(path: &str) -> Result<(), Fault> {
    let lower = path.to_ascii_lowercase();
    let is_ours = ["/aws", "/ssm"].iter().any(|it| lower.starts_with(it));
    if is_ours && !names::is_public(path) {
        return Err(fault::invalid(
            "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" \
             (case-insensitive). When using global parameters, please specify within a global \
             namespace.",
        ));
    }
    names::check_path(path)
}

/// The labels by which versions are chosen, if any are.
pub fn labels(filters: &[Filter]) -> Option<&[String]> {
    let label = filters.iter().find(|it| it.key == Member::Label);
    label.map(|it| it.values.as_slice())
}

/// Whether the filters ask for AWS's own parameters.
pub fn is_public(filters: &[Filter]) -> bool {
    let named = |it: &&Filter| matches!(it.key, Member::Path | Member::Name);
    let mut values = filters.iter().filter(named).flat_map(|it| &it.values);
    values.any(|it| names::is_public(it))
}

pub fn fits(filters: &[Filter], seen: &Seen<'_>) -> bool {
    filters.iter().all(|filter| fits_one(filter, seen))
}

fn fits_one(filter: &Filter, seen: &Seen<'_>) -> bool {
    let any = |text: &str| {
        filter
            .values
            .iter()
            .any(|value| compare(filter.how, text, value))
    };
    match &filter.key {
        // `plain` and `/plain` are one name.
        Member::Name => any(seen.name) || any(&format!("/{}", names::key_name(seen.name))),
        Member::Type => any(seen.meta.kind.as_str()),
        Member::KeyId => key_id(seen.meta).is_some_and(any),
        Member::Tier => any(seen.meta.tier.as_str()),
        Member::DataType => any(&seen.meta.data_type),
        Member::Path => {
            let recursive = filter.how == How::Recursive;
            let mut paths = filter.values.iter();
            paths.any(|path| names::is_below(path, seen.name, recursive))
        }
        // Chooses versions; see `labels`.
        Member::Label => true,
        Member::Tag(key) => {
            let value = seen.tags.get(key);
            value.is_some_and(|it| filter.values.is_empty() || any(it))
        }
    }
}

fn compare(how: How, text: &str, value: &str) -> bool {
    match how {
        How::BeginsWith => text.starts_with(value),
        How::Contains => text.contains(value),
        How::Equals | How::Recursive | How::OneLevel => text == value,
    }
}

#[cfg(test)]
mod tests;
