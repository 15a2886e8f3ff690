//! Brings events onto buses: what they are owed to is durable when this returns.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_base::Permit;
use wharf_delivery::Policy;
use wharf_service::Changes;

use crate::{
    archive,
    compiled::{CompiledRule, CompiledTarget},
    core::{ChangeError, Core},
    courier::Errand,
    event::Event,
    fault::EventsFaults,
    names::BusName,
    transform::Facts,
};

/// Deliveries and bytes in one transaction, well within the store's bounds.
const MOST_WRITES: usize = 64;
const MOST_BYTES: usize = 700 << 10;

/// An event for a bus.
pub struct Arriving {
    pub bus: BusName,
    pub event: Event,
    /// Rules that may have it, if not all.
    pub only: Option<BTreeSet<String>>,
}

/// What comes of events.
#[derive(Default)]
pub struct Owing {
    /// To targets.
    pub owed: Vec<Owed>,
    /// Records for the streams of archives.
    pub kept: BTreeMap<String, Vec<Vec<u8>>>,
}

/// Writes down what the rules of their buses owe events to. An event for a bus that is not there, or
/// that no rule wants, is gone, as in AWS.
///
/// # Errors
/// The store's; some of it may be written, and will be delivered, then.
pub async fn accept(
    core: &Core,
    permit: &Permit,
    events: Vec<Arriving>,
) -> Result<(), ChangeError> {
    let owing = owed(core, events).await?;
    keep(core, &owing).await?;
    write(core, permit, owing.owed, |_| {}).await
}

/// Adds events to the archives that want them.
///
/// # Errors
/// The journal's.
pub async fn keep(core: &Core, owing: &Owing) -> Result<(), ChangeError> {
    for (stream, records) in &owing.kept {
        archive::keep(core, stream, records).await?;
    }
    Ok(())
}

/// One event for one target, the bus of its rule, and how long it is tried.
pub type Owed = (BusName, Errand, Policy);

/// What the rules of their buses owe events to.
///
/// # Errors
/// The store's.
pub async fn owed(core: &Core, events: Vec<Arriving>) -> Result<Owing, ChangeError> {
    let mut owing = Owing::default();
    for Arriving { bus, event, only } in events {
        let matcher = core.compiled.of(&core.table, &bus).await?;
        let document = event.document();
        let hops = event.hops;
        // What is sent once more is not kept once more.
        if event.replay.is_none() {
            for stream in matcher.archives(&document) {
                let record = archive::record(&document, core.parts.clock.now());
                owing
                    .kept
                    .entry(stream.to_owned())
                    .or_default()
                    .push(record);
            }
        }
        let mut text = None;
        let may = |rule: &&CompiledRule| only.as_ref().is_none_or(|it| it.contains(&rule.name));
        for rule in matcher.matches(&document).filter(may) {
            let text = text.get_or_insert_with(|| document.to_string());
            let from = From {
                rule: &rule.name,
                rule_arn: &rule.arn,
                bus: &bus,
                hops,
            };
            for target in &rule.targets {
                owing
                    .owed
                    .push(errand(core, from, target, (&document, text)));
            }
        }
    }
    Ok(owing)
}

/// The rule that sends an event.
#[derive(Clone, Copy)]
pub struct From<'a> {
    pub rule: &'a str,
    pub rule_arn: &'a str,
    pub bus: &'a BusName,
    /// Buses that passed the event on before.
    pub hops: u32,
}

/// What a target is owed of an event, which is given as a document and as it is written.
pub fn errand(
    core: &Core,
    from: From<'_>,
    target: &CompiledTarget,
    (event, text): (&Value, &str),
) -> Owed {
    let ingested_at = core.parts.clock.now().iso8601();
    let facts = Facts {
        rule: from.rule,
        rule_arn: from.rule_arn,
        ingested_at: &ingested_at,
    };
    let payload = target.transform.apply(event, text, &facts);
    let has_dead_letters = target.document["DeadLetterConfig"]["Arn"].is_string();
    let errand = Errand {
        id: format!(
            "{}/{}/{}/{}",
            event["id"].as_str().unwrap_or_default(),
            from.bus.name,
            from.rule,
            target.id
        ),
        account: from.bus.place.account.clone(),
        rule: from.rule.to_owned(),
        rule_arn: from.rule_arn.to_owned(),
        target: target.document.clone(),
        hops: from.hops,
        event: (has_dead_letters && payload != text).then(|| text.to_owned()),
        payload,
    };
    (from.bus.clone(), errand, policy(&target.document))
}

/// How long a target is tried.
pub fn policy(target: &Value) -> Policy {
    let number = |name: &str, otherwise: u32| {
        let given = target["RetryPolicy"][name].as_u64();
        given
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or(otherwise)
    };
    Policy {
        retries: number("MaximumRetryAttempts", Policy::DEFAULT.retries),
        max_age_seconds: number("MaximumEventAgeInSeconds", Policy::DEFAULT.max_age_seconds),
    }
}

/// Writes errands in as few transactions as they fit into; `end` adds to the last of them.
///
/// # Errors
/// The store's.
pub async fn write(
    core: &Core,
    permit: &Permit,
    owed: Vec<Owed>,
    end: impl FnOnce(&mut Changes<'_, EventsFaults>),
) -> Result<(), ChangeError> {
    let mut owed = owed.into_iter().peekable();
    let mut end = Some(end);
    loop {
        let mut tx = core.table.begin();
        let (mut writes, mut bytes) = (0, 0);
        while let Some((bus, errand, policy)) = owed.next_if(|(_, it, _)| {
            writes == 0 || (writes < MOST_WRITES && bytes + it.size() < MOST_BYTES)
        }) {
            writes += 1;
            bytes += errand.size();
            // An event that comes by again must not take the place of itself.
            let id = format!("{}/{}", errand.hops, errand.id);
            core.outbox.put(&mut tx, &bus.place, &id, errand, policy);
        }
        let is_last = owed.peek().is_none();
        if let Some(end) = end.take_if(|_| is_last) {
            end(&mut tx);
        }
        tx.write(permit).await?;
        if is_last {
            return Ok(());
        }
    }
}
