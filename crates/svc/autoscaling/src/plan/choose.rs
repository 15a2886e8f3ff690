//! Which instance goes when a group shrinks: its termination policies, one after the other.

use wharf_base::Timestamp;

use crate::records::{Group, Member, Source, Termination};

const HOUR_MS: i64 = 3_600_000;

/// The token of the one that goes, of those in the zone that has the most.
pub fn victim(group: &Group, mut candidates: Vec<&Member>, now: Timestamp) -> Option<String> {
    for policy in &group.termination {
        candidates = narrowed(group, candidates, *policy, now);
        if candidates.len() == 1 {
            break;
        }
    }
    // What is not launched yet costs least.
    let chosen = candidates
        .into_iter()
        .min_by_key(|it| (it.instance.is_some(), it.token.as_str()));
    chosen.map(|it| it.token.clone())
}

fn narrowed<'a>(
    group: &Group,
    candidates: Vec<&'a Member>,
    policy: Termination,
    now: Timestamp,
) -> Vec<&'a Member> {
    match policy {
        Termination::Default => {
            let oldest = least(candidates, |it| age(group, it));
            least(oldest, |it| to_next_hour(it, now))
        }
        Termination::OldestInstance => least(candidates, |it| it.created_at),
        Termination::NewestInstance => least(candidates, |it| std::cmp::Reverse(it.created_at)),
        Termination::OldestLaunchConfiguration | Termination::OldestLaunchTemplate => {
            least(candidates, |it| age(group, it))
        }
        Termination::ClosestToNextInstanceHour => least(candidates, |it| to_next_hour(it, now)),
    }
}

fn least<K: Ord>(candidates: Vec<&Member>, by: impl Fn(&Member) -> K) -> Vec<&Member> {
    let Some(least) = candidates.iter().map(|it| by(it)).min() else {
        return candidates;
    };
    candidates
        .into_iter()
        .filter(|it| by(it) == least)
        .collect()
}

/// Launch configurations are older than templates, and templates that the group has no more than those it has.
fn age(group: &Group, member: &Member) -> (u8, i64) {
    match &member.source {
        None => (0, 0),
        Some(Source::Configuration { created_at, .. }) => (1, created_at.millis()),
        Some(Source::Template { id, version, .. }) => {
            let is_current = group.launches(id);
            (2 + u8::from(is_current), version.parse().unwrap_or(0))
        }
    }
}

fn to_next_hour(member: &Member, now: Timestamp) -> i64 {
    let into = now.millis().saturating_sub(member.created_at.millis());
    (HOUR_MS - into.rem_euclid(HOUR_MS)) / 60_000
}
