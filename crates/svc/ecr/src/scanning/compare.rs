//! What a scan comes to: the packages of an image compared with what is known. No async, no store.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap, HashSet},
};

use serde::Deserialize;
use wharf_base::Timestamp;
use wharf_scan::{About, Inventory, Limits, Package, ScanError, Severity, matching};
use wharf_scandb::{Current, Data, FindError, hash};

use super::held;
use crate::{
    catalog::{FoundIn, counts, lines},
    records::ScanStatus,
};

const DONE: &str = "The scan was completed successfully.";
const CONTINUOUS: &str = "Continuous scan is selected for image.";
/// How a description says that nothing is known about something in the image.
const UNKNOWN: &str = "there is no vulnerability data about ";
const NO_SYSTEM: &str =
    "UnsupportedImageError: The operating system and/or package manager are not supported.";
const NO_PACKAGES: &str = "UnsupportedImageError: The image has no package database of its operating system that can be read.";

/// The ecosystems whose packages are compared, or why there are none: those of the system, for an
/// enhanced scan also those of languages.
pub(super) fn asked(
    inventory: &Inventory,
    enhanced: bool,
) -> Result<BTreeSet<String>, &'static str> {
    let (own, others): (Vec<&Package>, Vec<&Package>) =
        (inventory.packages.iter()).partition(|it| it.manager.is_system());
    let system = inventory.system.as_ref().and_then(|it| it.ecosystem());
    let mut asked: BTreeSet<String> = BTreeSet::new();
    if enhanced {
        let others = others.iter().filter_map(|it| it.manager.ecosystem());
        asked.extend(others.map(str::to_owned));
    }
    match system {
        Some(system) if !own.is_empty() => {
            asked.insert(system);
        }
        Some(_) if asked.is_empty() => return Err(NO_PACKAGES),
        None if asked.is_empty() => return Err(NO_SYSTEM),
        _ => {}
    }
    Ok(asked)
}

/// What a scan ends as, by how much is known of what it is about.
pub(super) fn verdict(
    asked: &BTreeSet<String>,
    known: Option<&Current>,
    continuous: bool,
) -> (ScanStatus, String) {
    let unknown = asked
        .iter()
        .filter(|it| known.is_none_or(|known| !known.knows(it)));
    let unknown: Vec<&str> = unknown.map(String::as_str).collect();
    let (status, said) = match continuous {
        true => (ScanStatus::Active, CONTINUOUS),
        false => (ScanStatus::Complete, DONE),
    };
    if unknown.is_empty() {
        return (status, said.to_owned());
    }
    let missing = format!(
        "{UNKNOWN}{}; `wharf scan-db update` brings some",
        unknown.join(", ")
    );
    match (unknown.len() == asked.len(), continuous) {
        (false, _) => (status, format!("{said} But {missing}.")),
        (true, true) => (ScanStatus::Pending, missing),
        (true, false) => (ScanStatus::Failed, missing),
    }
}

/// Whether a verdict was that nothing is known about something: data that brings it need not be about any
/// package of the image.
pub(super) fn waits(description: &str) -> bool {
    description.contains(UNKNOWN)
}

/// What an earlier scan found.
#[derive(Default)]
pub(super) struct Before<'a> {
    /// As they are kept; what cannot be read of them counts as nothing.
    pub lines: &'a [u8],
    /// As [`Scan::first_found_at`](crate::records::Scan::first_found_at).
    pub first_found_at: Option<Timestamp>,
}

/// A finding as it is kept, as far as its place among others goes.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    severity: Severity,
    package: Package,
    #[serde(default)]
    first_seen: Option<i64>,
}

/// `None` if they are no findings.
fn read(kept: &[u8]) -> Option<Vec<(Line<'_>, &[u8])>> {
    let lines = kept.split_inclusive(|byte| *byte == b'\n');
    let read = |bytes| Some((serde_json::from_slice(bytes).ok()?, bytes));
    lines.map(read).collect()
}

/// When findings are first seen, by what they are about. With the first scan none says so, but all that come
/// later do.
struct Seen<'a> {
    known: HashMap<(Cow<'a, str>, Package), Option<i64>>,
    /// Whether findings that do not say when they were first seen have been so before.
    before: bool,
    now: Timestamp,
}

impl<'a> Seen<'a> {
    fn new(lines: &[(Line<'a>, &[u8])], before: &Before<'_>, now: Timestamp) -> Self {
        let dated = lines.iter().any(|(it, _)| it.first_seen.is_some());
        Self {
            known: HashMap::new(),
            before: before.first_found_at.is_some() || dated,
            now,
        }
    }

    fn note(&mut self, line: Line<'a>) {
        if self.before {
            self.known
                .insert((line.name, line.package), line.first_seen);
        }
    }

    fn of(&self, about: &(Cow<'a, str>, Package)) -> Option<i64> {
        match self.known.get(about) {
            Some(known) => *known,
            None => self.before.then_some(self.now.0),
        }
    }
}

/// What is wrong with the packages of an image.
pub(super) fn first(
    data: Option<&Data>,
    inventory: &Inventory,
    enhanced: bool,
    before: &Before<'_>,
    limits: &Limits,
    now: Timestamp,
) -> Result<FoundIn, FindError> {
    let system = inventory.system.as_ref().and_then(|it| it.ecosystem());
    let own = system.map(|it| About::new(&it, "").ecosystem);
    let wanted = |about: &About| enhanced || Some(&about.ecosystem) == own.as_ref();
    let found = data.map(|it| it.findings_where(inventory, limits, wanted));
    let mut findings = found.transpose()?.unwrap_or_default();
    let lines_before = read(before.lines).filter(|_| enhanced);
    let before = match &lines_before {
        Some(_) => before,
        None => &Before::default(),
    };
    let lines_before = lines_before.unwrap_or_default();
    let mut seen = Seen::new(&lines_before, before, now);
    lines_before.into_iter().for_each(|(it, _)| seen.note(it));
    if enhanced {
        for finding in &mut findings {
            let name = Cow::Owned(finding.name.clone());
            finding.first_seen = seen.of(&(name, finding.package.clone()));
        }
    }
    let first_found_at = match seen.before {
        true => before.first_found_at,
        false => Some(now),
    };
    let written = |error: serde_json::Error| FindError::Data(error.into());
    Ok(FoundIn {
        inventory: serde_json::to_vec(inventory).map_err(written)?.into(),
        counts: counts(findings.iter().map(|it| it.severity)),
        findings: lines(&findings).map_err(written)?.into(),
        first_found_at: first_found_at.filter(|_| enhanced),
        held: held::of(inventory),
        generation: data.map_or(0, |it| it.what().generation),
        source_updated_at: data.map(|it| Timestamp::from_millis(it.what().updated_at)),
    })
}

/// Findings of an image that was compared again, as they are kept, and how severe each is.
pub(super) struct Again {
    pub lines: Vec<u8>,
    pub severities: Vec<Severity>,
    /// Nothing counts of what was found before: the scan's findings are first seen now.
    pub anew: bool,
}

/// What was found of the packages that did not change, and what is found now of those that did: of all,
/// unless it is known which changed, and what was found can be read.
pub(super) fn again(
    data: &Data,
    inventory: &Inventory,
    before: &Before<'_>,
    changed: Option<&HashSet<u64>>,
    limits: &Limits,
    now: Timestamp,
) -> Result<Again, FindError> {
    let (lines_before, before, changed) = match read(before.lines) {
        Some(lines) => (lines, before, changed),
        None => (Vec::new(), &Before::default(), None),
    };
    let questions = matching::questions(inventory);
    let asked = questions
        .iter()
        .filter(|(about, ..)| changed.is_none_or(|it| it.contains(&hash(about))));
    // All questions about a package of which one has another answer.
    let packages: BTreeSet<&Package> = asked.map(|(_, package, _)| *package).collect();
    let part = Inventory {
        system: inventory.system.clone(),
        packages: packages.iter().map(|it| (*it).clone()).collect(),
    };
    let mut seen = Seen::new(&lines_before, before, now);
    let mut all: Vec<(Line<'_>, Cow<'_, [u8]>)> = Vec::new();
    for (line, bytes) in lines_before {
        match packages.contains(&line.package) {
            true => seen.note(line),
            false => all.push((line, Cow::Borrowed(bytes))),
        }
    }
    for mut finding in data.findings_where(&part, limits, |_| true)? {
        let key = (Cow::Owned(finding.name.clone()), finding.package.clone());
        finding.first_seen = seen.of(&key);
        let written = lines(std::slice::from_ref(&finding));
        let line = Line {
            name: key.0,
            severity: finding.severity,
            package: key.1,
            first_seen: finding.first_seen,
        };
        let written = written.map_err(|error| FindError::Data(error.into()))?;
        all.push((line, Cow::Owned(written)));
    }
    if all.len() > limits.findings {
        return Err(ScanError::TooMuch(format!("{} findings", limits.findings)).into());
    }
    all.sort_by(|(one, _), (other, _)| {
        (other.severity.cmp(&one.severity))
            .then_with(|| one.name.cmp(&other.name))
            .then_with(|| one.package.cmp(&other.package))
    });
    let mut written = Vec::with_capacity(all.iter().map(|(_, bytes)| bytes.len()).sum());
    all.iter()
        .for_each(|(_, bytes)| written.extend_from_slice(bytes));
    Ok(Again {
        lines: written,
        severities: all.iter().map(|(line, _)| line.severity).collect(),
        anew: !seen.before,
    })
}

#[cfg(test)]
mod tests;
