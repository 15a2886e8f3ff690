//! Which activities are kept: those of six weeks, as in AWS, but only so many of a group and of an account. Groups come
//! and go, and leave theirs behind. Pure.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;

/// How long activities are kept: six weeks, as in AWS.
const KEPT: Duration = Duration::from_secs(42 * 86_400);
/// Activities of one group that are kept at most.
const MOST_OF_GROUP: usize = 2_000;
/// The same of all groups that an account has and had, in all regions. AWS names no number.
const MOST_OF_ACCOUNT: usize = 50_000;

/// What is there of an activity.
#[derive(Debug, Clone)]
pub struct Kept {
    pub account: String,
    /// Of its group, in whichever region.
    pub group: String,
    pub key: String,
    pub started_at: Timestamp,
    /// One that is under way stays.
    pub ended_at: Option<Timestamp>,
}

/// The keys of those that go.
pub fn old(mut all: Vec<Kept>, now: Timestamp) -> Vec<String> {
    let before = now - KEPT;
    // The latest first.
    all.sort_by(|one, other| {
        let latest = other.started_at.cmp(&one.started_at);
        latest.then_with(|| one.key.cmp(&other.key))
    });
    let mut of_group: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut of_account: BTreeMap<String, usize> = BTreeMap::new();
    let goes = |it: &Kept| {
        let group = of_group
            .entry((it.account.clone(), it.group.clone()))
            .or_default();
        let account = of_account.entry(it.account.clone()).or_default();
        let is_beyond = *group >= MOST_OF_GROUP || *account >= MOST_OF_ACCOUNT;
        let goes = it.ended_at.is_some_and(|at| is_beyond || at < before);
        if !goes {
            *group += 1;
            *account += 1;
        }
        goes
    };
    let mut goes = goes;
    all.retain(|it| goes(it));
    all.into_iter().map(|it| it.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(10_000_000_000);

    fn one(account: &str, group: &str, age: i64) -> Kept {
        let at = Timestamp(NOW.millis() - age);
        Kept {
            account: account.to_owned(),
            group: group.to_owned(),
            key: format!("{account}/{group}/{age}"),
            started_at: at,
            ended_at: Some(at),
        }
    }

    #[test]
    fn six_weeks_stay() {
        let day = 86_400_000;
        let under_way = Kept {
            ended_at: None,
            ..one("a", "g", 50 * day)
        };
        let all = vec![one("a", "g", 41 * day), one("a", "g", 43 * day), under_way];
        assert_eq!(old(all, NOW), [format!("a/g/{}", 43 * day)]);
    }

    #[test]
    fn a_group_and_an_account_have_so_many() {
        let all = (0..2_002).map(|age| one("a", "g", age)).collect();
        assert_eq!(old(all, NOW), ["a/g/2000", "a/g/2001"]);
        // Groups that are gone count too; another account has its own.
        let of = |age: i64| one("a", &format!("g{}", age % 30), age);
        let mut all: Vec<_> = (0..50_003).map(of).collect();
        all.push(one("b", "g", 60_000));
        let gone = old(all, NOW);
        assert_eq!(gone.len(), 3);
        assert!(gone.iter().all(|it| it.starts_with("a/g")), "{gone:?}");
        assert!(gone.contains(&format!("a/g{}/50002", 50_002 % 30)));
    }
}
