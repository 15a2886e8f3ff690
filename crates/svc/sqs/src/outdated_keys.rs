//! Forgets data keys of KMS that nothing is sealed under any more.
//!
//! Nothing new is sealed under a key once its time is over. What the messages of an account in a region, as of
//! one revision, are not sealed under then is needed by none later: a message that moves takes its key along.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use parking_lot::Mutex;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_service::Place;
use wharf_store::{Range, Revision};

use crate::{
    core::{ChangeError, Core},
    machine::Millis,
    names::{MESSAGES, SERVICE},
    reconcile::PERMIT,
    records::DataKey,
    stored::{self, MESSAGE},
};

/// The longest that a data key is used again, and an hour for what is being written.
const USED: Duration = Duration::from_secs(86_400 + 3600);
/// Between two looks at all messages of a place.
const SELDOM: Duration = Duration::from_secs(6 * 3600);
/// Messages read at once.
const SOME: usize = 500;

/// When the messages of a place were looked at.
#[derive(Default)]
pub struct Looked(Mutex<HashMap<Place, Millis>>);

impl Looked {
    /// Says when to look, or notes that it is now.
    fn wait(&self, place: &Place, now: Millis) -> Option<Duration> {
        let seldom = u64::try_from(SELDOM.as_millis()).unwrap_or(Millis::MAX);
        let mut looked = self.0.lock();
        let next = looked.get(place).map_or(0, |it| it + seldom);
        if now < next {
            return Some(Duration::from_millis(next - now));
        }
        looked.insert(place.clone(), now);
        None
    }
}

/// Looks at a data key, and with it at all of its place that are as old.
pub async fn look(core: &Core, place: &Place, key: &str) -> Result<Next, ChangeError> {
    let stored = core.table.read::<DataKey>(key).await?;
    let Some(record) = stored.map(|it| it.record).filter(|it| it.kms.is_some()) else {
        return Ok(Next::Settled);
    };
    let now = core.parts.clock.now();
    let over = record.made_at + USED;
    if now < over {
        return Ok(Next::After(over.since(now)));
    }
    if let Some(wait) = core.looked.wait(place, core.now()) {
        return Ok(Next::After(wait));
    }
    let scope = Scope::new(SERVICE, &place.account, &place.region);
    let all = core.table.all::<DataKey>(&scope, "").await?;
    let old = all.into_iter().filter(|(_, it)| {
        let record = &it.record;
        record.kms.is_some() && record.made_at + USED <= now
    });
    let old: Vec<(String, String)> = old.map(|(id, it)| (id, it.key)).collect();
    let used = used(core, place).await?;
    let gone = old.into_iter().filter(|(id, _)| !used.contains(id));
    let gone: Vec<String> = gone.map(|(_, key)| key).collect();
    let is_gone = gone.iter().any(|it| it == key);
    core.delete(&PERMIT, gone).await?;
    Ok(match is_gone {
        true => Next::Settled,
        false => Next::After(SELDOM),
    })
}

/// The data keys that messages of a place are sealed under, all as of one revision.
async fn used(core: &Core, place: &Place) -> Result<HashSet<String>, ChangeError> {
    let prefix = Scope::new(MESSAGES, &place.account, &place.region).prefix(MESSAGE);
    let (mut used, mut at): (HashSet<String>, Option<Revision>) = (HashSet::new(), None);
    let mut after: Option<String> = None;
    loop {
        let mut range = Range::prefix(&prefix).limit(SOME);
        if let Some(after) = after {
            range = range.start_after(after);
        }
        if let Some(at) = at {
            range = range.at(at);
        }
        let page = core.store().range(range).await?;
        for entry in &page.entries {
            let (_, head) = stored::decode_ref(&entry.value).map_err(ChangeError::other)?;
            // Many are sealed under few.
            if let Some(key) = head.key.filter(|it| !used.contains(*it)) {
                used.insert(key.to_owned());
            }
        }
        at = Some(page.revision);
        after = page.entries.last().map(|it| it.key.clone());
        if !page.more {
            return Ok(used);
        }
        // Messages are many; others have their turn.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_looked_at_seldom() {
        let (looked, place) = (Looked::default(), Place::new("1", "r"));
        assert_eq!(looked.wait(&place, 10), None);
        assert_eq!(
            looked.wait(&place, 11),
            Some(SELDOM - Duration::from_millis(1))
        );
        assert_eq!(looked.wait(&Place::new("2", "r"), 11), None);
        let later = 10 + u64::try_from(SELDOM.as_millis()).unwrap();
        assert_eq!(looked.wait(&place, later), None);
    }
}
