//! How long events of a group are kept: as long as the group says, or, where account policies of the type RETENTION_POLICY
//! are for it, as long as these say, however long the group's own retention is, as with AWS. Of several the longest counts.
//!
//! A policy takes effect a day after it was put, and so does a change of one, before which the policy says what it said.
//! What policies say is pure, by the time of whoever asks; that they are there is looked up each time, so nothing is to be
//! brought forward when one takes effect, whatever was killed.

use std::{cmp::Reverse, collections::HashMap, fmt, sync::Arc};

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope, Unknown, decode};
use wharf_store::{Entry, Revision};
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    ops::account_policies,
    records::{AccountPolicy, Group, PolicyText, TakesEffect},
};

/// As the API names the type of such policies.
pub const POLICY: &str = "RETENTION_POLICY";
/// Policies of an account in a region, as with AWS.
pub const MOST_POLICIES: usize = 20;
/// The numbers of days that a group may have (platform §8).
pub const DAYS: [i32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];
/// The fewest of a policy.
const FEWEST: i32 = 30;
const NEVER: &str = "NEVER_EXPIRE";
const DAY_MS: i64 = 86_400_000;
/// From a put to its effect.
const WAIT_MS: i64 = DAY_MS;
/// Accounts and regions whose policies are remembered; beyond it all are forgotten, and read again.
const MOST_KNOWN: usize = 200;
/// Events of such groups are there to be delivered.
const DELIVERY: &str = "DELIVERY";

/// How long events are kept; what is longer is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    Days(i32),
    ForEver,
}

impl Kept {
    pub fn days(self) -> Option<i32> {
        match self {
            Self::Days(days) => Some(days),
            Self::ForEver => None,
        }
    }

    /// The oldest time that is kept at `now`, in milliseconds.
    pub fn since(self, now: Timestamp) -> i64 {
        let since = |days| now.millis() - i64::from(days) * DAY_MS;
        self.days().map_or(i64::MIN, since)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}"),
            Self::ForEver => f.write_str(NEVER),
        }
    }
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    kept: Kept,
    /// It is for groups alone that came after it.
    new_alone: bool,
    /// What the names of its groups start with; one of them, if there are any.
    prefixes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    retention_in_days: Value,
    enforcement_mode: String,
}

impl Says {
    /// # Errors
    /// It is no policy.
    pub fn read(document: &str, selection: Option<&str>) -> Result<Self, Fault> {
        let read: Document = serde_json::from_str(document)
            .map_err(|cause| fault::invalid(format!("Invalid policy document: {cause}.")))?;
        Ok(Self {
            kept: kept(&read.retention_in_days)?,
            new_alone: match &*read.enforcement_mode {
                "NEW_ONLY" => true,
                "RETROACTIVE" => false,
                _ => {
                    return Err(fault::invalid(
                        "Invalid policy document: enforcementMode must be NEW_ONLY or RETROACTIVE.",
                    ));
                }
            },
            prefixes: account_policies::prefixes(selection)?,
        })
    }
}

fn kept(given: &Value) -> Result<Kept, Fault> {
    if given == NEVER {
        return Ok(Kept::ForEver);
    }
    let days = DAYS.into_iter().filter(|it| *it >= FEWEST);
    let found = days.clone().find(|it| *given == *it);
    found.map(Kept::Days).ok_or_else(|| {
        let all: Vec<String> = days.map(|it| it.to_string()).collect();
        let all = all.join(", ");
        fault::invalid(format!(
            "Invalid policy document: retentionInDays must be one of {all}, or {NEVER}."
        ))
    })
}

/// A policy that is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub name: String,
    pub created_at: Timestamp,
    pub says: Arc<Says>,
}

impl Policy {
    pub fn is_for(&self, group: &Group) -> bool {
        let (says, name) = (&self.says, &group.name);
        let mut prefixes = says.prefixes.iter();
        group.class != DELIVERY
            && (!says.new_alone || group.created_at > self.created_at)
            && (says.prefixes.is_empty() || prefixes.any(|it| name.starts_with(it)))
    }

    fn rank(&self) -> (Kept, Reverse<(Timestamp, &str)>) {
        (
            self.says.kept,
            Reverse((self.created_at, self.name.as_str())),
        )
    }
}

/// A policy as it is stored.
#[derive(Debug)]
struct Put {
    latest: Policy,
    /// When the latest takes effect, and what it says until then.
    waits: Option<(Timestamp, Option<Arc<Says>>)>,
}

impl Put {
    /// # Errors
    /// It is no policy.
    fn read(name: &str, record: &AccountPolicy) -> Result<Self, Fault> {
        let read = |document: &str, selection: &Option<String>| {
            Says::read(document, selection.as_deref()).map(Arc::new)
        };
        let waits = match &record.takes_effect {
            None => None,
            Some(it) => {
                let before = it.before.as_ref();
                let before = before.map(|it| read(&it.document, &it.selection));
                Some((it.at, before.transpose()?))
            }
        };
        Ok(Self {
            latest: Policy {
                name: name.to_owned(),
                created_at: record.since,
                says: read(&record.document, &record.selection)?,
            },
            waits,
        })
    }

    /// What it says at a time, if it says anything yet.
    fn in_effect(&self, now: Timestamp) -> Option<Policy> {
        let says = match &self.waits {
            Some((at, before)) if now < *at => before.clone()?,
            _ => self.latest.says.clone(),
        };
        Some(Policy {
            says,
            ..self.latest.clone()
        })
    }
}

/// Policies that were read, by where they are. Each event that comes in is held against them.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<String, Read>>);

/// What was made of records, as they were at these revisions.
#[derive(Debug)]
struct Read {
    revisions: Vec<Revision>,
    all: Arc<[Put]>,
}

impl Known {
    /// What records come to that were found somewhere.
    ///
    /// # Errors
    /// One of them is no policy.
    fn read(&self, at: &str, entries: &[Entry]) -> Result<Arc<[Put]>, Fault> {
        let revisions: Vec<Revision> = entries.iter().map(|it| it.mod_revision).collect();
        if let Some(known) = self.find(at, &revisions) {
            return Ok(known);
        }
        let each = entries.iter().filter_map(|entry| {
            let (_, _, id) = Scope::parse(&entry.key)?;
            let record = decode::<AccountPolicy>(&entry.value).map_err(fault::record);
            Some(record.and_then(|it| Put::read(name_of(&id), &it)))
        });
        let all: Arc<[Put]> = each.collect::<Result<_, Fault>>()?;
        let mut known = self.0.lock();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        let read = Read {
            revisions,
            all: all.clone(),
        };
        known.insert(at.to_owned(), read);
        Ok(all)
    }

    fn find(&self, at: &str, revisions: &[Revision]) -> Option<Arc<[Put]>> {
        let known = self.0.lock();
        let found = known.get(at)?;
        (found.revisions == revisions).then(|| found.all.clone())
    }
}

/// The policies of an account in a region that are in effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Of all that are there those in effect at a time.
    fn at(all: &[Put], now: Timestamp) -> Self {
        Self(all.iter().filter_map(|it| it.in_effect(now)).collect())
    }

    /// The same with a policy in the place of the one of its name, or without it.
    pub fn with(&self, name: &str, policy: Option<Policy>) -> Self {
        let others = self.0.iter().filter(|it| it.name != name).cloned();
        Self(others.chain(policy).collect())
    }

    pub fn named(&self, name: &str) -> Option<&Policy> {
        self.0.iter().find(|it| it.name == name)
    }

    /// The one that says how long events of a group are kept: the longest, of equal ones the one that was there first.
    pub fn of(&self, group: &Group) -> Option<&Policy> {
        let all = self.0.iter().filter(|it| it.is_for(group));
        all.max_by(|a, b| a.rank().cmp(&b.rank()))
    }

    pub fn kept(&self, group: &Group) -> Kept {
        let own = group.retention_days.map_or(Kept::ForEver, Kept::Days);
        self.of(group).map_or(own, |it| it.says.kept)
    }
}

/// What a policy says at a time, if it says anything yet.
fn in_effect(record: &AccountPolicy, now: Timestamp) -> Option<PolicyText> {
    match &record.takes_effect {
        Some(it) if now < it.at => it.before.clone(),
        _ => Some(PolicyText {
            document: record.document.clone(),
            selection: record.selection.clone(),
        }),
    }
}

/// The record of a policy that is put, in the place of another one.
pub fn renewed(former: Option<AccountPolicy>, text: PolicyText, now: Timestamp) -> AccountPolicy {
    let PolicyText {
        document,
        selection,
    } = text;
    match former {
        // It waits no longer for being said again.
        Some(same) if same.document == document && same.selection == selection => AccountPolicy {
            changed_at: now,
            ..same
        },
        former => AccountPolicy {
            takes_effect: Some(TakesEffect {
                at: Timestamp::from_millis(now.millis() + WAIT_MS),
                before: former.as_ref().and_then(|it| in_effect(it, now)),
            }),
            document,
            selection,
            changed_at: now,
            since: former.as_ref().map_or(now, |it| it.since),
            unknown: former.map_or_else(Unknown::new, |it| it.unknown),
        },
    }
}

impl LogsService {
    /// The policies of an account in a region that are in effect.
    pub(crate) async fn retention_policies(
        &self,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Policies, Fault> {
        let at = scope.key(AccountPolicy::KIND, &format!("{POLICY}:"));
        let entries = self.table.entries(&at).await?;
        if entries.is_empty() {
            return Ok(Policies::default());
        }
        let all = self.known_retention.read(&at, &entries)?;
        Ok(Policies::at(&all, now))
    }

    /// The oldest time that is kept of a group's events, in milliseconds.
    pub(crate) async fn keeps_from(
        &self,
        scope: &Scope,
        group: &Group,
        now: Timestamp,
    ) -> Result<i64, Fault> {
        let policies = self.retention_policies(scope, now).await?;
        Ok(policies.kept(group).since(now))
    }
}

/// The name in the id of a policy.
fn name_of(id: &str) -> &str {
    id.split_once(':').map_or(id, |it| it.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_MS;

    fn text(days: &str, mode: &str, selection: Option<&str>) -> PolicyText {
        PolicyText {
            document: format!(r#"{{"retentionInDays": {days}, "enforcementMode": "{mode}"}}"#),
            selection: selection.map(str::to_owned),
        }
    }

    fn all(days: &str) -> PolicyText {
        text(days, "RETROACTIVE", None)
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn group(name: &str, created: i64, own: Option<i32>) -> Group {
        let record = serde_json::json!({
            "id": "7", "name": name, "created_at": created, "retention_days": own, "class": "STANDARD",
            "deletion_protected": false, "tags": {},
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn documents_are_read_and_others_refused() {
        let read = |it: PolicyText| Says::read(&it.document, it.selection.as_deref());
        let named = Some(r#"LogGroupNamePrefix IN ["/a", "/b"]"#);
        let says = read(text("90", "NEW_ONLY", named)).unwrap();
        let prefixes = vec!["/a".to_owned(), "/b".to_owned()];
        let expected = Says {
            kept: Kept::Days(90),
            new_alone: true,
            prefixes,
        };
        assert_eq!(says, expected);
        assert_eq!(read(all("\"NEVER_EXPIRE\"")).unwrap().kept, Kept::ForEver);
        for (bad, word) in [
            (all("14"), "retentionInDays must be one of 30, 60, 90,"),
            (all("31"), "3288, 3653, or NEVER_EXPIRE."),
            (all("\"90\""), "retentionInDays must be"),
            (all("90.5"), "retentionInDays must be"),
            (text("90", "new", None), "enforcementMode must be"),
            (
                text("90", "RETROACTIVE", Some("LogGroupName IN [\"a\"]")),
                "LogGroupNamePrefix",
            ),
        ] {
            let message = read(bad).unwrap_err().message;
            assert!(message.contains(word), "{message}");
        }
        for bad in [
            "{}",
            "[]",
            "",
            r#"{"retentionInDays": 90, "enforcementMode": "NEW_ONLY", "more": 1}"#,
        ] {
            let message = Says::read(bad, None).unwrap_err().message;
            assert!(message.starts_with("Invalid policy document"), "{message}");
        }
    }

    #[test]
    fn a_policy_and_a_change_of_it_take_effect_a_day_later() {
        let says = |record: &AccountPolicy, time: i64| {
            let all = [Put::read("p", record).unwrap()];
            Policies::at(&all, at(time)).kept(&group("g", 0, Some(3653)))
        };
        let first = renewed(None, all("90"), at(0));
        assert_eq!(says(&first, DAY - 1), Kept::Days(3653));
        assert_eq!(says(&first, DAY), Kept::Days(90));
        // Said again it waits no longer.
        let again = renewed(Some(first.clone()), all("90"), at(DAY / 2));
        assert_eq!(
            (again.changed_at, says(&again, DAY)),
            (at(DAY / 2), Kept::Days(90))
        );
        // A change before it is in effect begins anew.
        let early = renewed(Some(first.clone()), all("30"), at(DAY / 2));
        assert_eq!(says(&early, DAY), Kept::Days(3653));
        assert_eq!(says(&early, DAY + DAY / 2), Kept::Days(30));
        let later = renewed(Some(first), all("\"NEVER_EXPIRE\""), at(2 * DAY));
        assert_eq!(says(&later, 3 * DAY - 1), Kept::Days(90));
        assert_eq!(says(&later, 3 * DAY), Kept::ForEver);
        // A change of what waits leaves what is in effect.
        let last = renewed(Some(later), all("30"), at(2 * DAY + 5));
        assert_eq!(says(&last, 3 * DAY), Kept::Days(90));
        assert_eq!(says(&last, 3 * DAY + 5), Kept::Days(30));
        assert_eq!(last.since, at(0));
    }

    #[test]
    fn the_longest_of_the_policies_for_a_group_counts() {
        let prefix = Some(r#"LogGroupNamePrefix IN ["/shop"]"#);
        let put = |text: PolicyText, since: i64| AccountPolicy {
            since: at(since),
            ..renewed(None, text, at(0))
        };
        let records = [
            ("base", put(all("30"), 10)),
            ("shop", put(text("90", "RETROACTIVE", prefix), 20)),
            ("a", put(text("90", "RETROACTIVE", prefix), 30)),
            ("new", put(text("\"NEVER_EXPIRE\"", "NEW_ONLY", None), 40)),
        ];
        let all = records.map(|(name, record)| Put::read(name, &record).unwrap());
        let policies = Policies::at(&all, at(DAY));
        let of = |group: &Group| policies.of(group).map(|it| it.name.as_str());
        assert_eq!(of(&group("/other", 40, Some(1))), Some("base"));
        assert_eq!(policies.kept(&group("/other", 40, Some(1))), Kept::Days(30));
        assert_eq!(
            of(&group("/shop/web", 0, None)),
            Some("shop"),
            "it was there first"
        );
        assert_eq!(of(&group("/shop/web", 41, None)), Some("new"));
        assert_eq!(policies.kept(&group("/x", 41, Some(7))), Kept::ForEver);
        let delivery = Group {
            class: DELIVERY.to_owned(),
            ..group("/d", 0, Some(1))
        };
        assert_eq!(
            (of(&delivery), policies.kept(&delivery)),
            (None, Kept::Days(1))
        );
        let without = policies.with("base", None);
        assert_eq!(without.kept(&group("/other", 0, Some(1))), Kept::Days(1));
        assert_eq!(Kept::Days(2).since(at(3 * DAY)), DAY);
        assert_eq!(Kept::ForEver.since(at(0)), i64::MIN);
    }
}
