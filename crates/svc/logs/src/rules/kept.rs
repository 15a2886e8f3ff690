//! Rules in the store: found, replaced, and dropped when no event is there that came in under them.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use wharf_api_logs::faults;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope, Unknown, decode};
use wharf_service::{Changes, transact};
use wharf_store::{Entry, Revision};
use wharf_wire::{Call, Fault};

use super::{Layer, Rules, Sort};
use crate::{
    LogsService, fault,
    records::{Group, Rule, RuleHead},
    rule_cache::RuleCache,
    transformed_cache::TransformedCache,
};

/// Rules of one sort that one group had, as long as events may be kept that came in under them.
const MOST_VERSIONS: usize = 100;
/// Groups whose rules are remembered; beyond it all are forgotten, and read again.
const MOST_KNOWN: usize = 200;
/// Of one transaction, which holds no more.
const MOST_DROPPED: usize = 100;
/// How long a put may take from its time to its place on disk, at most.
const UNDER_WAY_MS: i64 = 3_600_000;
/// Who has the rules for all groups of an account; groups have ids of another form.
pub const ACCOUNT: &str = "account";

/// Rules that were read, by where they are.
#[derive(Default)]
pub struct Known {
    read: Mutex<HashMap<String, Read>>,
    none: Arc<Layer>,
    cache: Arc<RuleCache>,
    transformed: Arc<TransformedCache>,
}

/// What was made of records, as they were at these revisions.
struct Read {
    revisions: Vec<Revision>,
    layer: Arc<Layer>,
}

impl Known {
    fn find(&self, at: &str, revisions: &[Revision]) -> Option<Arc<Layer>> {
        let read = self.read.lock();
        let found = read.get(at)?;
        (found.revisions == revisions).then(|| found.layer.clone())
    }

    fn keep(&self, at: &str, revisions: Vec<Revision>, layer: &Arc<Layer>) {
        let mut read = self.read.lock();
        if read.len() >= MOST_KNOWN && !read.contains_key(at) {
            read.clear();
        }
        let layer = layer.clone();
        read.insert(at.to_owned(), Read { revisions, layer });
    }
}

/// What the ids of a group's rules start with.
pub fn prefix(group: &str) -> String {
    format!("{group}:")
}

pub fn sort_prefix(group: &str, sort: Sort) -> String {
    format!("{}{}:", prefix(group), sort.name())
}

fn id(group: &str, sort: Sort, since: Timestamp) -> String {
    format!("{}{:020}", sort_prefix(group, sort), since.millis())
}

impl LogsService {
    /// The rules that events of a group go by.
    pub(crate) async fn rules(&self, scope: &Scope, group: &Group) -> Result<Arc<Rules>, Fault> {
        let own = match group.rules.is_empty() {
            true => self.known_rules.none.clone(),
            false => self.layer(scope, &group.id).await?,
        };
        Ok(Arc::new(Rules {
            group: group.name.clone(),
            class: group.class.clone(),
            own,
            account: self.layer(scope, ACCOUNT).await?,
            cache: self.known_rules.cache.clone(),
            made: self.known_rules.transformed.clone(),
            desk: self.desk.clone(),
        }))
    }

    /// The same as they stand now; `None` if the group is gone.
    pub(crate) async fn rules_now(
        &self,
        scope: &Scope,
        name: &str,
        id: &str,
    ) -> Result<Option<Arc<Rules>>, Fault> {
        let at = scope.key(Group::KIND, name);
        let group = self.table.read::<Group>(&at).await?.map(|it| it.record);
        match group.filter(|it| it.id == id) {
            Some(group) => self.rules(scope, &group).await.map(Some),
            None => Ok(None),
        }
    }

    async fn layer(&self, scope: &Scope, owner: &str) -> Result<Arc<Layer>, Fault> {
        let at = scope.key(Rule::KIND, &prefix(owner));
        let entries = self.table.entries(&at).await?;
        if entries.is_empty() {
            return Ok(self.known_rules.none.clone());
        }
        let revisions: Vec<Revision> = entries.iter().map(|it| it.mod_revision).collect();
        if let Some(known) = self.known_rules.find(&at, &revisions) {
            return Ok(known);
        }
        let layer = Arc::new(read(&entries)?);
        self.known_rules.keep(&at, revisions, &layer);
        Ok(layer)
    }

    /// The rule that stands for what comes in now.
    pub(crate) async fn rule(
        &self,
        scope: &Scope,
        group: &Group,
        sort: Sort,
    ) -> Result<Option<Rule>, Fault> {
        let head = group.rules.get(sort.name());
        let Some(head) = head.filter(|it| it.ended.is_none()) else {
            return Ok(None);
        };
        let key = scope.key(Rule::KIND, &id(&group.id, sort, head.since));
        Ok(self.table.read::<Rule>(&key).await?.map(|it| it.record))
    }

    /// Lets a rule stand from now on; without a document, none. Whether one stood before.
    pub(crate) async fn set_rule(
        &self,
        call: &Call,
        group: &str,
        sort: Sort,
        document: Option<String>,
    ) -> Result<bool, Fault> {
        let scope = Self::scope(call);
        let key = scope.key(Group::KIND, group);
        Ok(transact!(self.table, &call.permit, |tx| {
            let found = tx.find::<Group>(&key).await?;
            let mut group = found.ok_or_else(fault::no_group)?;
            let former = group.rules.get(sort.name()).cloned();
            let stands = former.as_ref().is_some_and(|it| it.ended.is_none());
            let standing = match former.as_ref().filter(|_| stands) {
                Some(head) => {
                    let at = scope.key(Rule::KIND, &id(&group.id, sort, head.since));
                    tx.find::<Rule>(&at).await?.map(|rule| (at, rule))
                }
                None => None,
            };
            let is_same = |(_, rule): &(String, Rule)| Some(&rule.document) == document.as_ref();
            if sort == Sort::Index && standing.as_ref().is_some_and(is_same) {
                // Nothing to tell apart: it goes on being the rule that it was.
                return Ok(true);
            }
            // Two rules of one group begin at two times.
            let next = |head: &RuleHead| {
                let after = Timestamp::from_millis(head.since.millis() + 1);
                after.max(head.ended.unwrap_or(after)).max(call.now)
            };
            let now = former.as_ref().map_or(call.now, next);
            let mut created_at = now;
            if let Some((at, mut rule)) = standing {
                created_at = rule.created_at;
                rule.until = Some(now);
                tx.put(&at, &rule);
            }
            let head = match &document {
                Some(document) => {
                    self.make_room(&scope, &group, sort, call.now, &mut tx)
                        .await?;
                    let rule = Rule {
                        document: document.clone(),
                        created_at,
                        since: now,
                        until: None,
                        prefixes: Vec::new(),
                        unknown: Unknown::new(),
                    };
                    tx.put(scope.key(Rule::KIND, &id(&group.id, sort, now)), &rule);
                    Some(RuleHead {
                        since: now,
                        ended: None,
                    })
                }
                None if stands => former.map(|it| RuleHead {
                    ended: Some(now),
                    ..it
                }),
                None => former,
            };
            if let Some(head) = head {
                group.rules.insert(sort.name().to_owned(), head);
                tx.put(&key, &group);
            }
            stands
        }))
    }

    /// Drops rules that no event on disk came in under, where there are too many of them. Retention says nothing of
    /// that: it may be made longer while events are still there.
    async fn make_room(
        &self,
        scope: &Scope,
        group: &Group,
        sort: Sort,
        now: Timestamp,
        tx: &mut Changes<'_, fault::LogsFaults>,
    ) -> Result<(), Fault> {
        let start = sort_prefix(&group.id, sort);
        let groups = std::slice::from_ref(group);
        if !self
            .drop_unused(scope, (sort, &start), groups, MOST_VERSIONS, now, tx)
            .await?
        {
            return Err(faults::limit_exceeded_exception(format!(
                "A log group keeps at most {MOST_VERSIONS} versions of a rule ({}) for the events that came in under them.",
                sort.name()
            )));
        }
        Ok(())
    }

    /// Drops rules of some groups that no event of theirs came in under, once there are `most`; whether there is room
    /// for one more then. Of indexes the oldest go, for events are read without them too.
    pub(crate) async fn drop_unused(
        &self,
        scope: &Scope,
        (sort, start): (Sort, &str),
        groups: &[Group],
        most: usize,
        now: Timestamp,
        tx: &mut Changes<'_, fault::LogsFaults>,
    ) -> Result<bool, Fault> {
        let all = self.table.all::<Rule>(scope, start).await?;
        if all.len() < most {
            return Ok(true);
        }
        let (oldest, spare) = match sort {
            Sort::Index => (i64::MAX, all.len() + 1 - most),
            _ => (self.oldest(groups, now).await?, MOST_DROPPED),
        };
        let count = all.len();
        let is_unused = |until: Timestamp| until.millis() < oldest;
        let unused = all.into_iter().map(|(_, it)| it);
        let unused = unused.filter(|it| it.record.until.is_some_and(is_unused));
        let mut dropped = 0;
        for it in unused.take(spare.min(MOST_DROPPED)) {
            tx.delete(it.key);
            dropped += 1;
        }
        Ok(count - dropped < most)
    }

    /// When the first event of some groups came in, in milliseconds, or one that is under way may have.
    async fn oldest(&self, groups: &[Group], now: Timestamp) -> Result<i64, Fault> {
        // A put may be under way that began before.
        let mut oldest = now.millis() - UNDER_WAY_MS;
        for group in groups {
            let prefix = Group::journal_prefix(&group.id);
            for stream in self.events.journal().streams(&prefix, None, usize::MAX) {
                let parts = self.events.parts(&stream.name).await;
                let first = parts
                    .map_err(fault::journal)?
                    .first()
                    .map(|it| it.ingestion);
                oldest = oldest.min(first.unwrap_or(oldest));
            }
        }
        Ok(oldest)
    }
}

fn read(entries: &[Entry]) -> Result<Layer, Fault> {
    let mut layer = Layer::default();
    for entry in entries {
        let Some((_, _, id)) = Scope::parse(&entry.key) else {
            continue;
        };
        let sort = id.split(':').nth(1).unwrap_or_default();
        layer.add(sort, &decode(&entry.value).map_err(fault::record)?);
    }
    Ok(layer)
}
