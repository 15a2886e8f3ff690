//! What is published about vulnerabilities, in the form of OSV (<https://ossf.github.io/osv-schema/>):
//! read from its JSON, and kept by package.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    matching,
    severity::{self, Severity, Vector},
    version::Scheme,
};

/// One record, in bytes: the longest that are published have some MiB of versions.
pub const MAX_RECORD: u64 = 16 << 20;
const MAX_TEXT: usize = 2000;
const MAX_REFERENCES: usize = 20;
const MAX_REFERENCE: usize = 2000;
pub(crate) const MAX_NAME: usize = 512;
const MAX_ALIASES: usize = 100;
/// Advisories about kernels name some hundreds.
const MAX_UPSTREAM: usize = 2000;
const MAX_VECTORS: usize = 10;
/// Listed versions are compared with ranges as often as this in one record; the rest are kept as they are.
const MAX_COMPARISONS: usize = 1_000_000;
/// Packages that one record names beside what they were built from; advisories about kernels name some hundreds
/// for each product.
const MAX_BINARIES: usize = 20_000;

/// A vulnerability as it is about one package of one ecosystem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Advisory {
    pub id: String,
    /// Who published it: `osv`, `debian`.
    pub origin: String,
    /// Other names of it, CVEs first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The vulnerabilities that a distribution's advisory is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub published: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub modified: String,
    #[serde(default)]
    pub severity: Option<Severity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<Vector>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// Affected, and in none of the ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
}

/// Versions in their order: what is introduced lasts until it is fixed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Range(pub Vec<Event>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    #[serde(rename = "i")]
    Introduced(String),
    #[serde(rename = "f")]
    Fixed(String),
    /// The last affected.
    #[serde(rename = "l")]
    Last(String),
    /// Nothing from here on is affected.
    #[serde(rename = "x")]
    Limit(String),
}

impl Event {
    pub fn version(&self) -> &str {
        match self {
            Self::Introduced(it) | Self::Fixed(it) | Self::Last(it) | Self::Limit(it) => it,
        }
    }
}

impl Advisory {
    /// What it is about: each CVE of it, else the name that its publisher gave it.
    pub fn names(&self) -> Vec<&str> {
        let is_cve = |it: &&str| it.starts_with("CVE-");
        if is_cve(&self.id.as_str()) {
            return vec![&self.id];
        }
        let upstream = self.upstream.iter().map(String::as_str).filter(is_cve);
        let upstream: Vec<&str> = upstream.collect();
        if !upstream.is_empty() {
            return upstream;
        }
        let mut aliases = self.aliases.iter().map(String::as_str).filter(is_cve);
        vec![aliases.next().unwrap_or(&self.id)]
    }
}

/// A package that advisories are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct About {
    pub ecosystem: String,
    pub name: String,
}

impl About {
    /// Releases and names as they are looked up.
    pub fn new(ecosystem: &str, name: &str) -> Self {
        let mut parts = ecosystem.split(':');
        let family = parts.next().unwrap_or_default();
        let ecosystem = match (family, parts.next(), parts.next()) {
            // `Red Hat:enterprise_linux:9::baseos`: the channel does not matter.
            ("Red Hat", Some("enterprise_linux"), Some(release)) => {
                let major = release.split('.').next().unwrap_or_default();
                format!("Red Hat:{major}")
            }
            // What is fixed is fixed in a service pack, for all products and modules of it.
            ("SUSE", Some(product), None) => match service_pack(product) {
                Some((major, pack)) => crate::package::suse(major, pack),
                None => ecosystem.to_owned(),
            },
            // `Ubuntu:22.04:LTS`, but `Ubuntu:Pro:22.04:LTS` is for subscribers.
            ("Ubuntu", Some(release), Some("LTS")) => format!("Ubuntu:{release}"),
            _ => ecosystem.to_owned(),
        };
        let name = match family {
            "PyPI" => crate::packages::pip_name(name),
            _ => name.to_owned(),
        };
        Self { ecosystem, name }
    }
}

/// `15` and `5` of `Linux Enterprise Module for Basesystem 15 SP5`; of `… Server 12 SP3-LTSS` `12` and `3`.
/// Products that are no part of a service pack have none: `Linux Enterprise Micro 5.3`.
fn service_pack(product: &str) -> Option<(&str, &str)> {
    let mut words = product.strip_prefix("Linux Enterprise ")?.split(' ');
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
    // `15-LTSS` is long-term support of what had no service pack yet.
    let plain = |it: &'_ str| it.split('-').next().is_some_and(digits);
    let major = words.find(|it| plain(it))?.split('-').next()?;
    let pack = words.next().and_then(|it| it.strip_prefix("SP"));
    let pack = pack.and_then(|it| it.split('-').next());
    match pack {
        Some(pack) => digits(pack).then_some((major, pack)),
        None => Some((major, "0")),
    }
}

/// What one published record says.
#[derive(Debug, PartialEq)]
pub enum Published {
    /// It was taken back.
    Withdrawn(String),
    About(Vec<(About, Advisory)>),
}

#[derive(Deserialize)]
struct Osv {
    id: String,
    #[serde(default)]
    modified: String,
    #[serde(default)]
    published: String,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    severity: Vec<OsvSeverity>,
    #[serde(default)]
    affected: Vec<Affected>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    database_specific: serde_json::Value,
}

#[derive(Deserialize)]
struct OsvSeverity {
    #[serde(rename = "type")]
    kind: String,
    score: String,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<OsvPackage>,
    #[serde(default)]
    severity: Vec<OsvSeverity>,
    #[serde(default)]
    ranges: Vec<OsvRange>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    ecosystem_specific: serde_json::Value,
}

#[derive(Deserialize)]
struct OsvPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct OsvRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    url: String,
}

/// Reads a record of OSV. Ranges of commits are passed over.
pub fn osv(bytes: &[u8]) -> Result<Published, serde_json::Error> {
    let osv: Osv = serde_json::from_slice(bytes)?;
    if osv.withdrawn.is_some() {
        return Ok(Published::Withdrawn(osv.id));
    }
    if osv.id.len() > MAX_NAME {
        return Err(serde::de::Error::custom("its id is too long"));
    }
    let names = |mut names: Vec<String>, most| {
        names.retain(|it| it.len() <= MAX_NAME);
        names.sort_by_key(|it| !it.starts_with("CVE-"));
        names.dedup();
        names.truncate(most);
        names
    };
    let text = if osv.details.is_empty() {
        &osv.summary
    } else {
        &osv.details
    };
    let references = osv.references.into_iter().map(|it| it.url);
    let references = references.filter(|it| it.len() <= MAX_REFERENCE);
    let moment = |text: String| text.chars().take(64).collect();
    let common = Advisory {
        id: osv.id,
        origin: "osv".to_owned(),
        aliases: names(osv.aliases, MAX_ALIASES),
        upstream: names(osv.upstream, MAX_UPSTREAM),
        summary: text.chars().take(MAX_TEXT).collect(),
        references: references.take(MAX_REFERENCES).collect(),
        published: moment(osv.published),
        modified: moment(osv.modified),
        ..Advisory::default()
    };
    let mut found: BTreeMap<About, Advisory> = BTreeMap::new();
    let mut comparisons = MAX_COMPARISONS;
    let mut more = MAX_BINARIES;
    for affected in osv.affected {
        let Some(package) = affected.package.filter(|it| it.name.len() <= MAX_NAME) else {
            continue;
        };
        let Some(scheme) = Scheme::of_ecosystem(&package.ecosystem) else {
            continue;
        };
        let ranges = affected.ranges.into_iter().filter(|it| it.kind != "GIT");
        let ranges: Vec<Range> = ranges.filter_map(|it| range(scheme, it.events)).collect();
        let events: usize = ranges.iter().map(|it| it.0.len()).sum();
        let needed = events.saturating_mul(affected.versions.len());
        let compared = needed <= comparisons;
        if compared {
            comparisons -= needed;
        }
        let versions = affected.versions.into_iter();
        let versions = versions.filter(|it| !compared || !matching::in_ranges(scheme, &ranges, it));
        let binaries = binaries(&package.ecosystem, &affected.ecosystem_specific, more);
        more -= binaries.len();
        let severities = || affected.severity.iter().chain(&osv.severity);
        let new = || Advisory {
            severity: severity::own(
                severities().map(|it| (it.kind.as_str(), it.score.as_str())),
                &[&affected.ecosystem_specific, &osv.database_specific],
            ),
            vectors: severity::vectors(severities().take(MAX_VECTORS).map(|it| it.score.as_str())),
            ..common.clone()
        };
        // Where they are named, the record is about them rather than about what they were built from.
        for (name, fixed) in &binaries {
            let about = About::new(&package.ecosystem, name);
            let entry = found.entry(about).or_insert_with(new);
            let range = below(scheme, fixed);
            entry
                .ranges
                .extend(range.filter(|it| !entry.ranges.contains(it)));
        }
        if binaries.is_empty() {
            let about = About::new(&package.ecosystem, &package.name);
            let entry = found.entry(about).or_insert_with(new);
            entry.versions.extend(versions);
            entry.ranges.extend(ranges);
        }
    }
    Ok(Published::About(found.into_iter().collect()))
}

/// The packages that SUSE's records name with the versions that are fixed: `{"binaries": [{"libopenssl3": "3.0.8-1.1"}]}`.
fn binaries<'a>(
    ecosystem: &str,
    specific: &'a serde_json::Value,
    most: usize,
) -> Vec<(&'a str, &'a str)> {
    if !matches!(ecosystem.split(':').next(), Some("SUSE" | "openSUSE")) {
        return Vec::new();
    }
    let lists = specific["binaries"].as_array().into_iter().flatten();
    let named = lists
        .filter_map(serde_json::Value::as_object)
        .flatten()
        .filter_map(|(name, version)| Some((name.as_str(), version.as_str()?)));
    let named = named.filter(|(name, _)| !name.is_empty() && name.len() <= MAX_NAME);
    named.take(most).collect()
}

/// All before a version.
fn below(scheme: Scheme, fixed: &str) -> Option<Range> {
    scheme.compare(fixed, fixed)?;
    let fixed = Event::Fixed(fixed.to_owned());
    Some(Range(vec![Event::Introduced("0".to_owned()), fixed]))
}

/// The events of a range in the order of their versions; `None` if one is no version.
fn range(scheme: Scheme, events: Vec<BTreeMap<String, String>>) -> Option<Range> {
    let mut range = Vec::new();
    for event in events {
        for (kind, version) in event {
            range.push(match kind.as_str() {
                "introduced" => Event::Introduced(version),
                "fixed" => Event::Fixed(version),
                "last_affected" => Event::Last(version),
                "limit" if version == "*" => continue,
                "limit" => Event::Limit(version),
                _ => continue,
            });
        }
    }
    let comparable =
        |it: &Event| it.version() == "0" || scheme.compare(it.version(), it.version()).is_some();
    if range.is_empty() || !range.iter().all(comparable) {
        return None;
    }
    range.sort_by(|one, other| matching::order(scheme, one, other));
    Some(Range(range))
}
