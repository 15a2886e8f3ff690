//! Brings events onto buses: what they are owed to is durable when this returns.

use serde_json::Value;
use wharf_base::Permit;
use wharf_delivery::Policy;
use wharf_service::{Changes, Outcome};

use crate::{
    compiled::CompiledTarget,
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
    write(core, permit, owed(core, events).await?, |_| {}).await
}

/// One event for one target, the bus of its rule, and how long it is tried.
pub type Owed = (BusName, Errand, Policy);

/// What the rules of their buses owe events to.
///
/// # Errors
/// The store's.
pub async fn owed(core: &Core, events: Vec<Arriving>) -> Result<Vec<Owed>, ChangeError> {
    let mut owed = Vec::new();
    for Arriving { bus, event } in events {
        let matcher = core.compiled.of(&core.table, &bus).await?;
        let document = event.document();
        let hops = event.hops;
        let mut text = None;
        for rule in matcher.matches(&document) {
            let text = text.get_or_insert_with(|| document.to_string());
            let from = From {
                rule: &rule.name,
                rule_arn: &rule.arn,
                bus: &bus,
                hops,
            };
            for target in &rule.targets {
                owed.push(errand(core, from, target, (&document, text)));
            }
        }
    }
    Ok(owed)
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
            let id = errand.id.clone();
            core.outbox.put(&mut tx, &bus.place, &id, errand, policy);
        }
        let is_last = owed.peek().is_none();
        if let Some(end) = end.take_if(|_| is_last) {
            end(&mut tx);
        }
        if let Outcome::Lost(key) = tx.commit(permit).await? {
            return Err(core.table.conflict(key));
        }
        if is_last {
            return Ok(());
        }
    }
}
