//! The subscriptions of topics, ready for messages. They are read at first need and again after each change: every change of a
//! subscription writes its topic too, so what was read holds for one revision of that. A topic may have so many that to read
//! them takes long: this is done away from the threads that serve others, in the turn of the topic's account.

use std::sync::Arc;

use wharf_records::{Record as _, Scope, decode};
use wharf_service::{Changes, Made, Table};
use wharf_store::{Entry, Revision};
use wharf_wire::Fault;

use crate::{
    core::ChangeError,
    fault::SnsFaults,
    filter::Filter,
    judging,
    names::{SERVICE, SubscriptionId, TopicId},
    records::{Subscription, Topic},
};

/// Of the subscriptions of all topics that are kept in memory.
const MOST_BYTES: usize = 64 << 20;
/// Of the filters of a topic that are kept compiled: a short policy may be megabytes then, and others are read each time.
const MOST_FILTER_BYTES: usize = 8 << 20;
/// Bytes of an account's subscriptions up to which they are read at once: a millisecond or a few.
const AT_ONCE: u64 = 16 << 10;
/// What a subscription takes in memory beside its record.
const FRAME_BYTES: usize = 512;

/// Those of topics, by the topics' keys.
pub struct Kept(Made<String, Subscribers>);

/// The subscriptions of a topic.
#[derive(Default)]
pub struct Subscribers {
    /// Those that are confirmed, in the order of their ids.
    all: Vec<Subscriber>,
    pending: usize,
    /// How many have a filter.
    filters: usize,
    /// Of the policies of all filters.
    policy_bytes: usize,
    /// What they take in memory, about.
    bytes: usize,
}

pub struct Subscriber {
    pub id: SubscriptionId,
    /// Without the text of a policy that is compiled.
    pub record: Subscription,
    filter: Option<Filter>,
}

impl Subscriber {
    /// Passes its filter on, which may have to be read first.
    pub fn with_filter<T>(&self, then: impl FnOnce(&Filter) -> T) -> T {
        match &self.filter {
            Some(filter) => then(filter),
            None => then(&Filter::of(&self.record.settings)),
        }
    }
}

impl Subscribers {
    pub fn confirmed(&self) -> &[Subscriber] {
        &self.all
    }

    /// How many have not agreed yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// What it may cost to hold texts of so many bytes against all filters, as bytes that are gone through.
    pub fn cost(&self, bytes: usize) -> usize {
        let texts = self.filters.saturating_mul(bytes);
        self.policy_bytes.saturating_add(texts)
    }

    fn read(topic: &TopicId, entries: Vec<Entry>) -> Result<Self, ChangeError> {
        let (mut read, mut filter_bytes, mut is_full) = (Self::default(), 0, false);
        for entry in entries {
            let Some((_, _, id)) = Scope::parse(&entry.key) else {
                continue;
            };
            let mut record: Subscription = decode(&entry.value)?;
            if record.pending {
                read.pending += 1;
                continue;
            }
            let policy_bytes = record.settings.filter.as_ref().map_or(0, String::len);
            read.filters += usize::from(policy_bytes > 0);
            read.policy_bytes += policy_bytes;
            let mut filter = None;
            if !is_full {
                let compiled = Filter::of(&record.settings);
                is_full = filter_bytes + compiled.bytes() > MOST_FILTER_BYTES;
                if !is_full {
                    filter_bytes += compiled.bytes();
                    record.settings.filter = None;
                    filter = Some(compiled);
                }
            }
            read.bytes += FRAME_BYTES + 2 * entry.key.len() + entry.value.len();
            let id = SubscriptionId {
                topic: topic.clone(),
                id: id.rsplit('/').next().unwrap_or_default().to_owned(),
            };
            read.all.push(Subscriber { id, record, filter });
        }
        read.bytes += filter_bytes;
        Ok(read)
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self(Made::new(MOST_BYTES))
    }
}

impl Kept {
    /// Those of a topic that stands at that revision, or of a later one.
    ///
    /// # Errors
    /// The store's; a record that cannot be read.
    pub async fn of(
        &self,
        table: &Table<SnsFaults>,
        topic: &TopicId,
        revision: Revision,
    ) -> Result<Arc<Subscribers>, Fault> {
        let (key, account) = (topic.key(), topic.place.account.as_str());
        if let Some(known) = self.0.get(&key, revision) {
            return Ok(known);
        }
        let held = (table.store()).held_of_kind(SERVICE, Subscription::KIND, account);
        let prefix = topic.prefix(Subscription::KIND);
        let read = match held.bytes <= AT_ONCE {
            true => Subscribers::read(topic, table.entries(&prefix).await?)?,
            false => {
                let turn = judging::turn(account).await;
                // Others have waited for the same.
                if let Some(known) = self.0.get(&key, revision) {
                    return Ok(known);
                }
                let (topic, entries) = (topic.clone(), table.entries(&prefix).await?);
                judging::apart(turn, move || Subscribers::read(&topic, entries)).await??
            }
        };
        let read = Arc::new(read);
        // Those that change while they are read are read again by whoever comes next.
        self.0.keep(key, account, revision, read.bytes, &read);
        Ok(read)
    }
}

/// Says in a transaction that a subscription of a topic changes. A topic that is gone has nobody who publishes to it.
///
/// # Errors
/// The store's.
pub async fn changed(tx: &mut Changes<'_, SnsFaults>, topic: &TopicId) -> Result<(), ChangeError> {
    let key = topic.key();
    if let Some(topic) = tx.find::<Topic>(&key).await? {
        tx.put(key, &topic);
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};
    use wharf_records::encode;
    use wharf_service::Place;
    use wharf_store::{Store, StoreOptions};

    use super::*;

    pub fn topic() -> TopicId {
        TopicId {
            place: Place::new("1", "us-east-1"),
            name: "t".to_owned(),
        }
    }

    fn entry(number: usize, settings: &Value, pending: bool) -> Entry {
        let record =
            json!({"owner": "1", "endpoint": "e", "settings": settings, "pending": pending});
        let record: Subscription = serde_json::from_value(record).unwrap();
        let (topic, id) = (topic(), format!("{number:036}"));
        Entry {
            key: SubscriptionId { topic, id }.key(),
            value: encode(&record),
            create_revision: 1,
            mod_revision: 1,
            version: 1,
            lease: None,
        }
    }

    /// Of subscriptions with these settings, of which some have not agreed yet.
    pub fn subscribers(all: &[(Value, bool)]) -> Arc<Subscribers> {
        let entries = all.iter().enumerate();
        let entries =
            entries.map(|(number, (settings, pending))| entry(number, settings, *pending));
        Arc::new(Subscribers::read(&topic(), entries.collect()).unwrap())
    }

    /// Policies of a few kilobytes that are a megabyte each once they are compiled.
    #[test]
    fn few_filters_are_kept_compiled() {
        let choices = |name: &str| {
            let each = (0..12).map(|it| json!({format!("{name}{it}"): ["x"]}));
            Value::Array(each.collect())
        };
        let mut policy = json!({"a": {"$or": choices("b")}, "c": {"$or": choices("d")}});
        for it in 0..30 {
            policy["e"][format!("f{it}")] = json!(["x"]);
        }
        let policy = policy.to_string();
        crate::filter::parse(&policy).unwrap();
        let settings = json!({"filter": policy, "filters_body": true});
        let all = subscribers(&vec![(settings, false); 100]);
        let compiled = all.confirmed().iter().filter(|it| it.filter.is_some());
        let compiled = compiled.count();
        assert!((1..50).contains(&compiled), "{compiled}");
        assert!(all.bytes < MOST_FILTER_BYTES + 100 * (2048 + policy.len()));
        assert_eq!(all.cost(10), 100 * (policy.len() + 10));
        // What is not kept compiled is there as a text.
        for it in all.confirmed() {
            assert_eq!(it.record.settings.filter.is_none(), it.filter.is_some());
        }
    }

    #[tokio::test]
    async fn they_are_read_once_for_a_revision_of_the_topic() {
        let table = Table::new(Store::in_memory(StoreOptions::default()));
        let (kept, topic) = (Kept::default(), topic());
        let first = kept.of(&table, &topic, 5).await.unwrap();
        assert!(Arc::ptr_eq(
            &first,
            &kept.of(&table, &topic, 5).await.unwrap()
        ));
        assert!(!Arc::ptr_eq(
            &first,
            &kept.of(&table, &topic, 6).await.unwrap()
        ));
    }
}
