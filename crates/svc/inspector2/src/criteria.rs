//! Which findings fit criteria. Pure.
//!
//! All members that are there must fit. Of the values of one, any may: of those that say what it is, one
//! does, and none of those that say what it is not.

use wharf_api_inspector2::{
    DateFilter, FilterCriteria, Finding, NumberFilter, PackageFilter, ResourceStringFilter,
    StringFilter, VulnerablePackage,
};
use wharf_base::Timestamp;

use crate::images::Scanned;

/// Whether values fit the filters of a member: a resource may have several, as an image has tags.
pub(crate) fn texts(filters: &Option<Vec<StringFilter>>, values: &[&str]) -> bool {
    let Some(filters) = filters.as_deref().filter(|it| !it.is_empty()) else {
        return true;
    };
    let is = |filter: &StringFilter| {
        let wanted = filter.value.as_deref().unwrap_or_default();
        values.iter().any(|it| match filter.comparison.as_deref() {
            Some("PREFIX") => it.starts_with(wanted),
            _ => *it == wanted,
        })
    };
    let denies = |it: &&StringFilter| it.comparison.as_deref() == Some("NOT_EQUALS");
    let mut says = filters.iter().filter(|it| !denies(it)).peekable();
    let fits = says.peek().is_none() || says.any(is);
    fits && !filters.iter().filter(denies).any(is)
}

/// The same, of the filters of resources.
pub(crate) fn resources(filters: &Option<Vec<ResourceStringFilter>>, values: &[&str]) -> bool {
    let filter = |it: &ResourceStringFilter| StringFilter {
        comparison: it.comparison.clone(),
        value: it.value.clone(),
    };
    let filters = filters.as_ref().map(|all| all.iter().map(filter).collect());
    texts(&filters, values)
}

fn text(filters: &Option<Vec<StringFilter>>, value: Option<&String>) -> bool {
    let values: Vec<&str> = value.map(String::as_str).into_iter().collect();
    texts(filters, &values)
}

pub(crate) fn time(filters: &Option<Vec<DateFilter>>, value: Option<Timestamp>) -> bool {
    let within = |filter: &DateFilter| {
        value.is_some_and(|it| {
            filter.start_inclusive.is_none_or(|from| it >= from)
                && filter.end_inclusive.is_none_or(|to| it <= to)
        })
    };
    filters.as_ref().is_none_or(|all| all.iter().any(within))
}

fn between(filter: &NumberFilter, value: Option<f64>) -> bool {
    value.is_some_and(|it| {
        filter.lower_inclusive.is_none_or(|from| it >= from)
            && filter.upper_inclusive.is_none_or(|to| it <= to)
    })
}

/// Whether a number lies within one of the spans; one that there is not lies in none.
pub(crate) fn number(filters: &Option<Vec<NumberFilter>>, value: Option<f64>) -> bool {
    (filters.as_ref()).is_none_or(|all| all.iter().any(|filter| between(filter, value)))
}

/// Counts as filters compare them.
pub(crate) fn counted(count: Option<i64>) -> Option<f64> {
    count.map(|it| it as f64)
}

fn package(filter: &PackageFilter, package: &VulnerablePackage) -> bool {
    let one = |filter: &Option<StringFilter>, value: &Option<String>| {
        let filter = filter.clone().map(|it| vec![it]);
        text(&filter, value.as_ref())
    };
    let epoch = filter.epoch.as_ref();
    one(&filter.name, &package.name)
        && one(&filter.version, &package.version)
        && one(&filter.release, &package.release)
        && one(&filter.architecture, &package.arch)
        && one(&filter.source_layer_hash, &package.source_layer_hash)
        && one(&filter.file_path, &package.file_path)
        && epoch.is_none_or(|it| between(it, package.epoch.map(f64::from)))
}

/// Whether an image can have findings that fit: those of the others are not looked at.
pub(crate) fn about(criteria: &FilterCriteria, image: &Scanned) -> bool {
    let tags: Vec<&str> = image.tags.iter().map(String::as_str).collect();
    text(&criteria.ecr_image_repository_name, Some(&image.repository))
        && text(&criteria.ecr_image_hash, Some(&image.digest))
        && texts(&criteria.ecr_image_tags, &tags)
}

pub(crate) fn fits(criteria: &FilterCriteria, it: &Finding) -> bool {
    let resource = it.resources.as_ref().and_then(|all| all.first());
    let image = resource.and_then(|it| it.details.as_ref()?.aws_ecr_container_image.as_ref());
    let details = it.package_vulnerability_details.as_ref();
    let tags = image.and_then(|it| it.image_tags.as_ref());
    let tags: Vec<&str> = tags.into_iter().flatten().map(String::as_str).collect();
    let related = details.and_then(|it| it.related_vulnerabilities.as_ref());
    let related: Vec<&str> = related.into_iter().flatten().map(String::as_str).collect();
    let packages = details.and_then(|it| it.vulnerable_packages.as_ref());
    let of_package = |all: &Vec<PackageFilter>| {
        let mut packages = packages.into_iter().flatten();
        packages.any(|it| all.iter().any(|filter| package(filter, it)))
    };
    let c = criteria;
    text(&c.finding_arn, it.finding_arn.as_ref())
        && text(&c.aws_account_id, it.aws_account_id.as_ref())
        && text(&c.finding_type, it.type_.as_ref())
        && text(&c.severity, it.severity.as_ref())
        && text(&c.finding_status, it.status.as_ref())
        && text(&c.title, it.title.as_ref())
        && text(&c.fix_available, it.fix_available.as_ref())
        && text(&c.exploit_available, it.exploit_available.as_ref())
        && time(&c.first_observed_at, it.first_observed_at)
        && time(&c.last_observed_at, it.last_observed_at)
        && time(&c.updated_at, it.updated_at)
        && text(&c.resource_type, resource.and_then(|it| it.type_.as_ref()))
        && text(&c.resource_id, resource.and_then(|it| it.id.as_ref()))
        && text(
            &c.ecr_image_registry,
            image.and_then(|it| it.registry.as_ref()),
        )
        && text(
            &c.ecr_image_repository_name,
            image.and_then(|it| it.repository_name.as_ref()),
        )
        && text(
            &c.ecr_image_hash,
            image.and_then(|it| it.image_hash.as_ref()),
        )
        && texts(&c.ecr_image_tags, &tags)
        && time(&c.ecr_image_pushed_at, image.and_then(|it| it.pushed_at))
        && text(
            &c.vulnerability_id,
            details.and_then(|it| it.vulnerability_id.as_ref()),
        )
        && text(
            &c.vulnerability_source,
            details.and_then(|it| it.source.as_ref()),
        )
        && text(
            &c.vendor_severity,
            details.and_then(|it| it.vendor_severity.as_ref()),
        )
        && texts(&c.related_vulnerabilities, &related)
        && c.vulnerable_packages.as_ref().is_none_or(of_package)
        && number(&c.inspector_score, it.inspector_score)
        && time(
            &c.ecr_image_last_in_use_at,
            image.and_then(|it| it.last_in_use_at),
        )
        && number(
            &c.ecr_image_in_use_count,
            counted(image.and_then(|it| it.in_use_count)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(of: &[(&str, &str)]) -> Option<Vec<StringFilter>> {
        let filter = |(comparison, value): &(&str, &str)| StringFilter {
            comparison: Some((*comparison).to_owned()),
            value: Some((*value).to_owned()),
        };
        Some(of.iter().map(filter).collect())
    }

    #[test]
    fn values_of_one_member() {
        for (given, values, fit) in [
            (vec![("EQUALS", "a")], vec!["a"], true),
            (vec![("EQUALS", "a")], vec!["ab"], false),
            (vec![("EQUALS", "a"), ("PREFIX", "b")], vec!["bc"], true),
            (vec![("NOT_EQUALS", "a")], vec!["b"], true),
            (
                vec![("NOT_EQUALS", "a"), ("NOT_EQUALS", "b")],
                vec!["b"],
                false,
            ),
            (
                vec![("PREFIX", "a"), ("NOT_EQUALS", "ab")],
                vec!["ab"],
                false,
            ),
            (
                vec![("PREFIX", "a"), ("NOT_EQUALS", "ab")],
                vec!["ac"],
                true,
            ),
            (vec![("EQUALS", "v2")], vec!["v1", "v2"], true),
            (vec![("NOT_EQUALS", "v2")], vec!["v1", "v2"], false),
            (vec![("EQUALS", "a")], vec![], false),
            (vec![("NOT_EQUALS", "a")], vec![], true),
            (vec![], vec!["a"], true),
        ] {
            assert_eq!(
                texts(&filters(&given), &values),
                fit,
                "{given:?} {values:?}"
            );
        }
        assert!(texts(&None, &[]));
    }

    #[test]
    fn all_members_must_fit() {
        let finding = Finding {
            severity: Some("HIGH".to_owned()),
            inspector_score: Some(7.5),
            first_observed_at: Some(Timestamp(1000)),
            ..Finding::default()
        };
        let high = FilterCriteria {
            severity: filters(&[("EQUALS", "HIGH")]),
            ..FilterCriteria::default()
        };
        assert!(fits(&high, &finding) && fits(&FilterCriteria::default(), &finding));
        let range = |from, to| FilterCriteria {
            inspector_score: Some(vec![NumberFilter {
                lower_inclusive: from,
                upper_inclusive: to,
            }]),
            ..high.clone()
        };
        assert!(fits(&range(Some(7.5), None), &finding) && fits(&range(None, Some(7.5)), &finding));
        assert!(!fits(&range(Some(8.0), None), &finding));
        let since = |from: i64| FilterCriteria {
            first_observed_at: Some(vec![DateFilter {
                start_inclusive: Some(Timestamp(from)),
                end_inclusive: None,
            }]),
            ..high.clone()
        };
        assert!(fits(&since(1000), &finding) && !fits(&since(1001), &finding));
        let title = FilterCriteria {
            title: filters(&[("EQUALS", "x")]),
            ..high
        };
        assert!(!fits(&title, &finding));
    }
}
