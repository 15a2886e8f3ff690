//! Indexes of a job: as text, which of them failed, and what their pods remember. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use super::{
    making::ended_at,
    policies::{Failed, Verdict},
};

pub const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How often the index of a pod had failed before it.
pub const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// … and how often in a way that does not count.
pub const IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// Those of a text like `1,3-5`, as far as they are below `end`.
pub fn parsed(text: &str, end: i64) -> BTreeSet<i64> {
    ranges(text, end).flatten().collect()
}

/// The same as ranges that are not empty. A few words say millions of indexes.
pub fn ranges(text: &str, end: i64) -> impl Iterator<Item = Range<i64>> {
    let parts = text.split(',').filter(|it| !it.is_empty());
    let ranges = parts.filter_map(move |part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        Some(first.max(0)..last.saturating_add(1).min(end))
    });
    ranges.filter(|it| !it.is_empty())
}

pub fn text(indexes: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let ranges = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    });
    ranges.collect::<Vec<_>>().join(",")
}

pub fn of_pod(pod: &Value) -> Option<i64> {
    pod.annotation(INDEX)?.parse().ok()
}

/// How often an index has failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failures {
    pub counted: u32,
    pub ignored: u32,
}

impl Failures {
    /// Before this pod.
    fn before(pod: &Value) -> Self {
        let read = |name| pod.annotation(name).and_then(|it| it.parse().ok());
        Self {
            counted: read(FAILURES).unwrap_or_default(),
            ignored: read(IGNORED).unwrap_or_default(),
        }
    }

    /// With this pod.
    pub fn with(failed: &Failed<'_>) -> Self {
        let mut it = Self::before(failed.pod);
        match failed.verdict {
            Verdict::Ignored => it.ignored = it.ignored.saturating_add(1),
            _ => it.counted = it.counted.saturating_add(1),
        }
        it
    }

    pub fn all(self) -> u32 {
        self.counted.saturating_add(self.ignored)
    }
}

/// Whether no other pod follows this one for its index.
fn ends_index(failed: &Failed<'_>, limit: i64) -> bool {
    match failed.verdict {
        Verdict::FailsIndex => true,
        Verdict::Ignored => false,
        Verdict::Counts | Verdict::FailsJob(_) => {
            i64::from(Failures::before(failed.pod).counted) >= limit
        }
    }
}

/// Indexes that are given up, where each has a limit of its own.
pub fn given_up(job: &Value, failed: &[Failed<'_>], end: i64) -> BTreeSet<i64> {
    let mut found = parsed(job.text("/status/failedIndexes"), end);
    if let Some(limit) = job.integer("/spec/backoffLimitPerIndex") {
        let over = failed.iter().filter(|it| ends_index(it, limit));
        found.extend(over.filter_map(|it| of_pod(it.pod)).filter(|it| *it < end));
    }
    found
}

/// The last failed pod of each index that is still to be tried again. It stays until it is replaced: nothing else knows how often
/// its index has failed.
pub fn last_failed<'a>(
    failed: &'a [Failed<'a>],
    is_open: impl Fn(i64) -> bool,
) -> BTreeMap<i64, &'a Failed<'a>> {
    let mut last: BTreeMap<i64, &Failed<'_>> = BTreeMap::new();
    let rank =
        |pod: &Value| -> (Failures, Option<Timestamp>) { (Failures::before(pod), ended_at(pod)) };
    for one in failed {
        let Some(index) = of_pod(one.pod).filter(|it| is_open(*it)) else {
            continue;
        };
        let known = last.get(&index);
        if known.is_none_or(|it| rank(it.pod) <= rank(one.pod)) {
            last.insert(index, one);
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in ["", "0", "0,1", "1,3-5,7"] {
            assert_eq!(super::text(&parsed(text, 9)), text);
        }
        assert_eq!(parsed("x,1-,4", 9), [4].into());
        assert_eq!(parsed("3-9223372036854775807", 5), [3, 4].into());
    }
}
