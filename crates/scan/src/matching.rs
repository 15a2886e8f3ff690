//! Which advisories are about a version, by the rules of OSV: it is listed, or a range has it.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map::Entry},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use crate::{
    advisory::{About, Advisory, Event, Range},
    limits::{Limits, ScanError},
    package::{Inventory, Manager, Package},
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
    /// When it was found first, in milliseconds since 1970: known to those who keep findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<i64>,
}

/// Events in the order of their versions; those of one version stay in the order in which they were
/// given. Everything begins at `0`, so that what is introduced there comes before what is fixed there:
/// nothing is affected.
pub(crate) fn order(scheme: Scheme, one: &Event, other: &Event) -> Ordering {
    match (one.version(), other.version()) {
        ("0", "0") => {
            let introduced = |event: &Event| matches!(event, Event::Introduced(_));
            introduced(other).cmp(&introduced(one))
        }
        ("0", _) => Ordering::Less,
        (_, "0") => Ordering::Greater,
        (one, other) => scheme.compare(one, other).unwrap_or(Ordering::Equal),
    }
}

/// Whether one of the ranges, whose events are in order, has the version.
pub(crate) fn in_ranges(scheme: Scheme, ranges: &[Range], version: &str) -> bool {
    ranges.iter().any(|range| within(scheme, range, version))
}

fn within(scheme: Scheme, range: &Range, version: &str) -> bool {
    // Limits bound the whole range: a version is below one of them, or in none of it.
    let mut limits = (range.0.iter()).filter_map(|event| match event {
        Event::Limit(limit) => Some(limit),
        _ => None,
    });
    let below = |limit: &String| scheme.compare(version, limit).is_some_and(Ordering::is_lt);
    if let Some(first) = limits.next()
        && !below(first)
        && !limits.any(below)
    {
        return false;
    }
    let mut affected = false;
    for event in &range.0 {
        let at = match event.version() {
            "0" => Some(Ordering::Greater),
            at => scheme.compare(version, at),
        };
        let Some(at) = at else { return false };
        match event {
            Event::Introduced(_) if at.is_ge() => affected = true,
            Event::Fixed(_) if at.is_ge() => affected = false,
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
    let sources = match system.as_deref() {
        Some(it) if it.starts_with(ROCKY) => sources(&inventory.packages),
        _ => BTreeMap::new(),
    };
    let mut asked = Vec::new();
    for package in &inventory.packages {
        let ecosystem = package.manager.ecosystem().or(system.as_deref());
        let Some(ecosystem) = ecosystem else { continue };
        if ecosystem.starts_with(ROCKY) && !package.source.is_empty() {
            let version = match package.source_version.is_empty() {
                true => Some(package.version.as_str()),
                false => sources
                    .get(&(&package.source, &package.source_version))
                    .copied(),
            };
            if let Some(version) = version {
                asked.push((About::new(ecosystem, &package.source), package, version));
            }
            continue;
        }
        let (name, version) = subject(ecosystem, package);
        asked.push((About::new(ecosystem, name), package, version));
        // These write about the packages themselves too, with the versions of what they were built from.
        if matches!(ecosystem, "Wolfi" | "Chainguard") && name != package.name {
            asked.push((About::new(ecosystem, &package.name), package, version));
        }
    }
    asked
}

/// Writes about what packages were built from, with epochs, which packages do not say of it.
const ROCKY: &str = "Rocky Linux:";

/// Versions with epochs of what packages were built from, by its name and its version without one: a package that has
/// the version of its source has its epoch too.
fn sources(packages: &[Package]) -> BTreeMap<(&str, &str), &str> {
    let of = packages.iter().filter(|it| it.manager == Manager::Rpm);
    let of = of.filter(|it| it.source_version.is_empty());
    of.map(|it| {
        let bare = it
            .version
            .split_once(':')
            .map_or(it.version.as_str(), |it| it.1);
        ((it.source.as_str(), bare), it.version.as_str())
    })
    .collect()
}

/// Debian, Ubuntu and Alpine write about what packages are built from, RPM's distributions but Rocky Linux
/// about the packages themselves.
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

/// Findings in the packages of an image, within bounds.
#[derive(Debug)]
pub struct Findings {
    limits: Limits,
    begun: Instant,
    /// Bytes of what was found.
    bytes: u64,
    found: Vec<Finding>,
}

/// An advisory that is about a package.
#[derive(Clone)]
struct Hit<'a> {
    advisory: &'a Advisory,
    severity: Severity,
    fixed_in: Option<String>,
}

impl Hit<'_> {
    /// Of two publishers about one vulnerability the one counts that says more.
    fn worth(&self) -> (bool, Severity, usize) {
        let fixed = self.fixed_in.is_some();
        (fixed, self.severity, self.advisory.vectors.len())
    }
}

impl Findings {
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            begun: Instant::now(),
            bytes: 0,
            found: Vec::new(),
        }
    }

    /// Adds what is wrong with a package, of all that is known of it.
    pub fn look(
        &mut self,
        about: &About,
        package: &Package,
        version: &str,
        known: &[Advisory],
    ) -> Result<(), ScanError> {
        let Some(scheme) = Scheme::of_ecosystem(&about.ecosystem) else {
            return Ok(());
        };
        let mut own: BTreeMap<&str, Hit<'_>> = BTreeMap::new();
        for advisory in known {
            if self.begun.elapsed() > self.limits.time {
                return Err(ScanError::TooSlow(self.limits.time.as_secs()));
            }
            let listed = advisory.versions.iter().any(|it| it == version);
            if !listed && !in_ranges(scheme, &advisory.ranges, version) {
                continue;
            }
            let hit = Hit {
                advisory,
                severity: severity::overall(advisory.severity, &advisory.vectors),
                fixed_in: fixed_in(scheme, &advisory.ranges, version),
            };
            for name in advisory.names() {
                match own.entry(name) {
                    Entry::Vacant(place) => {
                        place.insert(hit.clone());
                    }
                    Entry::Occupied(mut known) if hit.worth() > known.get().worth() => {
                        known.insert(hit.clone());
                    }
                    Entry::Occupied(_) => {}
                }
            }
        }
        own.into_iter()
            .try_for_each(|(name, hit)| self.add(name, package, hit))
    }

    /// Charged before anything of it is copied.
    fn add(&mut self, name: &str, package: &Package, hit: Hit<'_>) -> Result<(), ScanError> {
        self.bytes += weight(name, package, hit.advisory);
        if self.found.len() >= self.limits.findings {
            let what = format!("{} findings", self.limits.findings);
            return Err(ScanError::TooMuch(what));
        }
        if self.bytes > self.limits.found {
            let what = format!("{} bytes of findings", self.limits.found);
            return Err(ScanError::TooMuch(what));
        }
        let it = hit.advisory;
        self.found.push(Finding {
            name: name.to_owned(),
            severity: hit.severity,
            package: package.clone(),
            fixed_in: hit.fixed_in,
            // Without what is of no more use.
            advisory: Advisory {
                id: it.id.clone(),
                origin: it.origin.clone(),
                aliases: it.aliases.clone(),
                upstream: Vec::new(),
                summary: it.summary.clone(),
                references: it.references.clone(),
                published: it.published.clone(),
                modified: it.modified.clone(),
                severity: it.severity,
                vectors: it.vectors.clone(),
                ranges: Vec::new(),
                versions: Vec::new(),
            },
            first_seen: None,
        });
        Ok(())
    }

    /// All of them, each once, the worst first.
    pub fn end(mut self) -> Vec<Finding> {
        // Asked for under two names, a package may have a vulnerability twice: the worse one stays.
        self.found.sort_by(|one, other| {
            (one.package.cmp(&other.package))
                .then_with(|| one.name.cmp(&other.name))
                .then_with(|| other.severity.cmp(&one.severity))
        });
        self.found
            .dedup_by(|one, other| one.name == other.name && one.package == other.package);
        worst_first(&mut self.found);
        self.found
    }
}

/// Bytes that a finding takes in memory, about.
fn weight(name: &str, package: &Package, advisory: &Advisory) -> u64 {
    let lists = [&advisory.aliases, &advisory.references];
    let lists = lists
        .into_iter()
        .flatten()
        .map(|it| it.len() + size_of::<String>());
    let vectors = advisory
        .vectors
        .iter()
        .map(|it| size_of_val(it) + it.vector.len());
    let texts = [
        name,
        &package.name,
        &package.version,
        &package.arch,
        &package.source,
        &package.source_version,
        &package.path,
        &package.layer,
        &advisory.id,
        &advisory.summary,
    ];
    let texts: usize = texts.iter().map(|it| it.len()).sum();
    (size_of::<Finding>() + texts + lists.sum::<usize>() + vectors.sum::<usize>()) as u64
}

/// Puts the worst first.
pub fn worst_first(findings: &mut [Finding]) {
    findings.sort_by(|one, other| {
        (other.severity.cmp(&one.severity))
            .then_with(|| one.name.cmp(&other.name))
            .then_with(|| one.package.cmp(&other.package))
    });
}

#[cfg(test)]
mod tests;
