//! What every operation and loop of the service works with.

use std::sync::{Arc, Weak};

use wharf_base::Timestamp;
use wharf_delivery::Outbox;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Unknown;
use wharf_service::{Changes, Pages, Place, Stored, Table, queue_of_accounts};
use wharf_wire::{Context, Fault};

use crate::{
    archived::Archived,
    compiled::{self, Compiled},
    config::Parts,
    courier::Targets,
    fault::{self, EventsFaults},
    invoke::Invoker,
    keys::{Keys, Seals},
    names::{BusName, SERVICE},
    records::{Bus, Rule, Rules},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<EventsFaults>,
    pub compiled: Compiled,
    pub invoker: Invoker,
    pub keys: Keys,
    pub outbox: Arc<Outbox<EventsFaults, Targets>>,
    /// Keys of rules that may have a schedule.
    pub schedules: Arc<Queue<String>>,
    /// How much the archives of accounts hold.
    pub archived: Archived,
    /// Keys of archives and replays that may have to be brought forward.
    pub archives: Arc<Queue<String>>,
    pub shard: Shard,
    /// Held by who changes a connection and its secret, which are two records.
    pub connections: tokio::sync::Mutex<()>,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<EventsFaults>;

impl Core {
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new_cyclic(|core| Self::made(parts, core.clone()))
    }

    fn made(parts: Parts, core: Weak<Self>) -> Self {
        let table = Table::new(parts.store.clone());
        let courier = Targets::new(parts.operations.clone(), parts.counters.clone(), core);
        let outbox = Outbox::new(
            SERVICE,
            table.clone(),
            courier,
            parts.clock.clone(),
            parts.takeover,
        )
        .with_most_waiting(parts.most_waiting);
        let most_archived = parts.most_archived;
        Self {
            table,
            keys: Keys::new(parts.kms.clone()),
            invoker: Invoker::new(&parts.egress),
            parts,
            compiled: Compiled::default(),
            outbox: Arc::new(outbox),
            archived: Archived::new(most_archived),
            schedules: queue_of_accounts(),
            archives: queue_of_accounts(),
            shard: Shard::new("/w1/c0/events/shard/0"),
            connections: tokio::sync::Mutex::default(),
        }
    }

    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, EventsFaults> {
        Pages::new(&self.parts.keyring, cx, list, selection)
    }

    /// The bus that a request of its own account names, and its record.
    ///
    /// # Errors
    /// There is none, or it is somebody else's.
    pub async fn bus(&self, at: &Place, given: Option<&str>) -> Result<(BusName, Bus), Fault> {
        let name = BusName::asked(at, given);
        let found = match name.place == *at {
            true => self.look(&name).await?,
            false => None,
        };
        match found {
            Some(bus) => Ok((name, bus)),
            None => Err(fault::no_bus(&name.name)),
        }
    }

    /// A bus; the default one is there without a record.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self, name: &BusName) -> Result<Option<Bus>, ChangeError> {
        let stored = self.table.read::<Bus>(&name.key()).await?;
        let found = stored.map(|it| it.record);
        Ok(found.or_else(|| name.is_default().then(Bus::default)))
    }

    /// What seals for a bus, if it has a key.
    ///
    /// # Errors
    /// Its key cannot be used; the store's.
    pub async fn seals(&self, bus: &BusName) -> Result<Option<Arc<Seals>>, Fault> {
        let key = self.look(bus).await?.and_then(|it| it.kms_key);
        match key {
            Some(key) => {
                let now = self.parts.clock.now();
                self.keys.sealing(bus, &key, now).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// A rule of a bus.
    ///
    /// # Errors
    /// There is none.
    pub async fn rule(&self, bus: &BusName, rule: &str) -> Result<Stored<Rule>, Fault> {
        let found = self.table.read::<Rule>(&bus.rule_key(rule)).await?;
        found.ok_or_else(|| fault::no_rule(rule, &bus.name))
    }
}

/// A bus in a transaction.
///
/// # Errors
/// There is none.
pub async fn bus_in(tx: &mut Changes<'_, EventsFaults>, name: &BusName) -> Result<Bus, Fault> {
    let found = tx.find::<Bus>(&name.key()).await?;
    let found = found.or_else(|| name.is_default().then(Bus::default));
    found.ok_or_else(|| fault::no_bus(&name.name))
}

/// Says in a transaction that rules of a bus changed, and how many there are now.
///
/// # Errors
/// The store's.
pub async fn rules_changed(
    tx: &mut Changes<'_, EventsFaults>,
    bus: &BusName,
    count: impl Fn(usize) -> usize,
) -> Result<usize, ChangeError> {
    let key = bus.rules_key();
    let rules = tx.find::<Rules>(&key).await?.unwrap_or_default();
    let count = count(rules.count);
    tx.put(key, &Rules { count, ..rules });
    Ok(count)
}

/// The same where a pattern of a rule or an archive comes, goes or becomes another.
///
/// # Errors
/// The patterns of the bus would take more memory than it may have; the store's.
pub async fn patterns_changed(
    tx: &mut Changes<'_, EventsFaults>,
    core: &Core,
    bus: &BusName,
    count: impl Fn(usize) -> usize,
    (before, after): (Option<&str>, Option<&str>),
) -> Result<usize, Fault> {
    let key = bus.rules_key();
    let rules = tx.find::<Rules>(&key).await?.unwrap_or_default();
    let known = match rules.pattern_bytes {
        Some(known) => known,
        // Nobody has counted it yet. What changes meanwhile changes that record.
        None => compiled::pattern_bytes(&core.table, bus).await?,
    };
    let (less, more) = (compiled::bytes_of(before), compiled::bytes_of(after));
    let bytes = known.saturating_sub(less).saturating_add(more);
    if more > less && bytes > compiled::MOST_PATTERN_BYTES {
        return Err(fault::too_many());
    }
    let count = count(rules.count);
    let rules = Rules {
        count,
        pattern_bytes: Some(bytes),
        ..rules
    };
    tx.put(key, &rules);
    Ok(count)
}

/// A bus that is made now.
pub fn made(now: Timestamp) -> Bus {
    Bus {
        created_at: now,
        changed_at: now,
        unknown: Unknown::new(),
        ..Bus::default()
    }
}
