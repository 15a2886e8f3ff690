//! Which advisories are about a version, by the rules of OSV: it is listed, or a range has it.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    advisory::{About, Advisory, Event, Range},
    package::{Inventory, Package},
    severity::{self, Severity},
    version::Scheme,
};

/// A package of an image that has a known vulnerability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The CVE, else the publisher's own name.
    pub name: String,
    pub severity: Severity,
    pub package: Package,
    /// The version that has it no more.
    #[serde(default)]
    pub fixed_in: Option<String>,
    pub advisory: Advisory,
}

/// Events in the order of their versions; of one version, what ends comes before what begins.
pub(crate) fn order(scheme: Scheme, one: &Event, other: &Event) -> Ordering {
    let rank = |event: &Event| match event {
        Event::Fixed(_) | Event::Limit(_) => 0,
        Event::Introduced(_) => 1,
        Event::Last(_) => 2,
    };
    let zero = |event: &Event| event.version() != "0";
    zero(one)
        .cmp(&zero(other))
        .then_with(|| {
            let compared = scheme.compare(one.version(), other.version());
            compared.unwrap_or(Ordering::Equal)
        })
        .then(rank(one).cmp(&rank(other)))
}

/// Whether one of the ranges, whose events are in order, has the version.
pub(crate) fn in_ranges(scheme: Scheme, ranges: &[Range], version: &str) -> bool {
    ranges.iter().any(|range| within(scheme, range, version))
}

fn within(scheme: Scheme, range: &Range, version: &str) -> bool {
    let mut affected = false;
    for event in &range.0 {
        let at = match event.version() {
            "0" => Some(Ordering::Greater),
            at => scheme.compare(version, at),
        };
        let Some(at) = at else { return false };
        match event {
            Event::Introduced(_) if at.is_ge() => affected = true,
            Event::Fixed(_) | Event::Limit(_) if at.is_ge() => affected = false,
            Event::Last(_) if at.is_gt() => affected = false,
            _ => {}
        }
    }
    affected
}

/// The first version behind this one that is fixed.
fn fixed_in(scheme: Scheme, ranges: &[Range], version: &str) -> Option<String> {
    let events = ranges.iter().flat_map(|range| &range.0);
    let fixed = events.filter_map(|event| match event {
        Event::Fixed(it) => Some(it),
        _ => None,
    });
    let later = fixed.filter(|it| scheme.compare(it, version).is_some_and(Ordering::is_gt));
    let first = later.min_by(|one, other| scheme.compare(one, other).unwrap_or(Ordering::Equal));
    first.cloned()
}

/// What is looked up for the packages of an inventory, and which of them it is for.
pub fn questions(inventory: &Inventory) -> Vec<(About, &Package, &str)> {
    let system = inventory.system.as_ref().and_then(|it| it.ecosystem());
    let mut asked = Vec::new();
    for package in &inventory.packages {
        let ecosystem = package.manager.ecosystem().or(system.as_deref());
        let Some(ecosystem) = ecosystem else { continue };
        let (name, version) = subject(ecosystem, package);
        asked.push((About::new(ecosystem, name), package, version));
    }
    asked
}

/// Debian, Ubuntu and Alpine write about what packages are built from, RPM's distributions about the
/// packages themselves.
fn subject<'a>(ecosystem: &str, package: &'a Package) -> (&'a str, &'a str) {
    let by_source = matches!(
        Scheme::of_ecosystem(ecosystem),
        Some(Scheme::Dpkg | Scheme::Apk)
    );
    let or = |one: &'a String, other: &'a String| match one.is_empty() || !by_source {
        true => other.as_str(),
        false => one.as_str(),
    };
    (
        or(&package.source, &package.name),
        or(&package.source_version, &package.version),
    )
}

/// The findings in one package, of all that is known of it.
pub fn of_package(
    about: &About,
    package: &Package,
    version: &str,
    known: &[Advisory],
) -> Vec<Finding> {
    let Some(scheme) = Scheme::of_ecosystem(&about.ecosystem) else {
        return Vec::new();
    };
    let mut own: Vec<Finding> = Vec::new();
    for advisory in known {
        let listed = advisory.versions.iter().any(|it| it == version);
        if !listed && !in_ranges(scheme, &advisory.ranges, version) {
            continue;
        }
        let finding = Finding {
            name: advisory.name().to_owned(),
            severity: severity::overall(advisory.severity, &advisory.vectors),
            package: package.clone(),
            fixed_in: fixed_in(scheme, &advisory.ranges, version),
            advisory: Advisory {
                // Of no more use.
                ranges: Vec::new(),
                versions: Vec::new(),
                ..advisory.clone()
            },
        };
        // Two publishers about one vulnerability: the one that says more.
        match own.iter_mut().find(|it| it.name == finding.name) {
            Some(known) if worth(&finding) > worth(known) => *known = finding,
            Some(_) => {}
            None => own.push(finding),
        }
    }
    own
}

/// Puts the worst first.
pub fn worst_first(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        (other.severity.cmp(&one.severity))
            .then_with(|| one.name.cmp(&other.name))
            .then_with(|| one.package.cmp(&other.package))
    });
}

fn worth(finding: &Finding) -> (bool, Severity, usize) {
    let fixed = finding.fixed_in.is_some();
    (fixed, finding.severity, finding.advisory.vectors.len())
}

#[cfg(test)]
mod tests;
