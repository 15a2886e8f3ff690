//! Rules with a schedule: at each of its times their targets are sent an event.
//!
//! What targets are owed and the time of it are written together, under the fence of the shard. Times that
//! passed while nobody looked are made up for by one event.

use std::sync::Arc;

use serde_json::json;
use wharf_base::{Permit, Timestamp, ids};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, Unknown};
use wharf_schedule::{Expression, Zone};
use wharf_service::{Place, Reach, StepError, fence, settled};

use crate::{
    accept::{self, Done, From},
    compiled,
    core::Core,
    event::Event,
    fault::EventsFaults,
    metered,
    names::{BusName, of_rule_id, scope},
    records::{Archive, Fired, Replay, Rule, State},
};

const PERMIT: Permit = Permit::for_controller("events-scheduled");

/// Wakes what a changed record concerns.
pub fn changed(core: &Core, key: &str) -> Reach {
    if let Some((_, Archive::KIND | Replay::KIND, _)) = Scope::parse(key) {
        core.archives.wake(key.to_owned());
    }
    if let Some((_, Rule::KIND | Fired::KIND, _)) = Scope::parse(key) {
        core.schedules.wake(key.replacen(
            &format!("/{}/", Fired::KIND),
            &format!("/{}/", Rule::KIND),
            1,
        ));
    }
    Reach::One
}

/// Sends the event of the rule under a key if it is due, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError<EventsFaults>> {
    let Some((at, _, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&at);
    let fired_key = scope(&place).key(Fired::KIND, &id);
    let fired = core.table.read::<Fired>(&fired_key).await?;
    let Some(stored) = core.table.read::<Rule>(&key).await? else {
        if let Some(fired) = fired {
            let mut tx = core.table.begin();
            tx.when(fired.unchanged());
            tx.fence(fence(&core.shard)?);
            tx.delete(fired_key);
            tx.commit(&PERMIT).await?;
        }
        return Ok(Next::Settled);
    };
    let rule = &stored.record;
    let schedule = rule.schedule.as_deref().map(Expression::parse);
    let Some(Ok(schedule)) = schedule.filter(|_| rule.state != State::Disabled) else {
        return Ok(Next::Settled);
    };
    let begin = rule.scheduled_at;
    let last = fired.as_ref().map_or(begin, |it| it.record.at.max(begin));
    let now = core.parts.clock.now();
    let Some(due) = schedule.next(begin, last, Zone::UTC) else {
        return Ok(Next::Settled);
    };
    if now < due {
        return Ok(Next::After(due.since(now)));
    }
    let (bus, name) = of_rule_id(&id);
    let bus = BusName::asked(&place, Some(bus));
    let arn = bus.rule_arn(name);
    let event = event(&place, &arn, due).document();
    let from = From {
        rule: name,
        rule_arn: &arn,
        is_managed: rule.managed_by.is_some(),
        bus: &bus,
        hops: 0,
    };
    let text = event.to_string();
    let targets = rule.targets.clone().into_iter();
    let owed = targets.filter_map(compiled::target);
    let owed = owed.map(|it| accept::errand(&core, from, &it, (&event, &text), None));
    let owed: Vec<_> = owed.collect();
    let targets = owed.len();
    let fence = fence(&core.shard)?;
    let mark = Fired {
        at: now,
        unknown: Unknown::new(),
    };
    let written = accept::write(&core, &PERMIT, owed, &mut Done::default(), |tx, _, part| {
        if part.is_last {
            tx.fence(fence.clone());
            tx.when(stored.unchanged());
            tx.put(fired_key.clone(), &mark);
        }
    })
    .await;
    if written.is_ok() {
        let counters = &core.parts.counters;
        counters.together(|counts| metered::matched(counts, &bus, [name], targets));
    }
    settled(written)
}

fn event(place: &Place, rule_arn: &str, due: Timestamp) -> Event {
    Event {
        id: ids::uuid_of(format!("{rule_arn}@{}", due.millis()).as_bytes()),
        source: "aws.events".to_owned(),
        detail_type: "Scheduled Event".to_owned(),
        time: due,
        resources: vec![rule_arn.to_owned()],
        detail: json!({}),
        account: place.account.clone(),
        region: place.region.clone(),
        replay: None,
        hops: 0,
    }
}
