//! Looks at alarms in time, at composite ones when another changes, and lets go of old history. Its writes compare
//! the shard's lease, so one server alone decides.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, Stored, fence, settled};
use wharf_wire::Fault;

use crate::{
    alarm::{
        composite,
        contributors::{self, Together},
        evaluate::{self, Found},
        history, promql, reason, warm_up,
    },
    anomaly::{self, Training},
    core::Core,
    fault::CloudwatchFaults,
    names,
    records::{
        Alarm, Detector, Evaluation, Happening, Happenings, MetricRule, PromQlRule, State,
        StateValue, WarmUp, Watches,
    },
    transition::{self, Owes},
    turns::Turn,
};

const PERMIT: Permit = Permit::for_controller("cloudwatch");
/// The key of the sweep of old history: no key of a record.
pub const SWEEP: &str = "sweep";
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Items of history that go in one transaction.
const BATCH: usize = 100;
/// A look comes this much after its period's end: what was measured to the end is there by then.
const GRACE: Duration = Duration::from_millis(500);
/// A look that takes longer leaves its worker to other alarms.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Transactions for the lines of one look: more of them than there may be lines, those that are there and as many
/// that were.
const MOST_WRITES: usize = 1200;

/// How often it is looked whether a detector has enough points.
const TRAINED_EVERY: Duration = Duration::from_secs(900);
/// And if it had too few.
const TRAINED_SOON: Duration = Duration::from_secs(60);

type StepError = wharf_service::StepError<CloudwatchFaults>;

/// Wakes the reconciler for what changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let Some((scope, kind, _)) = Scope::parse(key) else {
        return Reach::One;
    };
    if kind == Detector::KIND {
        core.queue.wake(key.to_owned());
    }
    if kind == Alarm::KIND {
        core.queue.wake(key.to_owned());
        for composite in core.composites_over(&Place::of_scope(&scope), key) {
            core.queue.wake(composite);
        }
    }
    Reach::One
}

/// Looks at an alarm, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    if key == SWEEP {
        return sweep(&core).await;
    }
    let Some((scope, kind, _)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let has_turn = core.counting_alarms.is_granted(&key) || core.asking_alarms.is_granted(&key);
    let looking = match has_turn {
        true => core.looking.take_first(&place.account, &key),
        false => core.looking.take(&place.account, &key),
    };
    let Some(_turn) = looking else {
        return Ok(Next::Settled);
    };
    // What it was woken for, if it was: what it has no use for any more goes to the next one on every way out.
    let counting = core.counting_alarms.granted(&key);
    let asked = core.asking_alarms.granted(&key);
    if kind == Detector::KIND {
        return detector(&core, &place, &key).await;
    }
    let Some(stored) = core.table.read::<Alarm>(&key).await? else {
        core.forget_composite(&place, &key);
        return Ok(Next::Settled);
    };
    match &stored.record.watches {
        Watches::Alarms(rule) => composite(&core, &place, &stored, rule).await,
        Watches::Metric(rule) => {
            core.forget_composite(&place, &key);
            metric(&core, &place, &stored, rule, counting).await
        }
        Watches::PromQl(rule) => {
            core.forget_composite(&place, &key);
            asking(&core, &place, &stored, rule, asked).await
        }
    }
}

/// Says whether there are enough points for a detector. Its model is made anew when it is wanted.
async fn detector(core: &Core, place: &Place, key: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Detector>(key).await? else {
        core.models.forget(key);
        return Ok(Next::Settled);
    };
    match anomaly::of_detector(core, place, &stored.record).await {
        Ok(training) => {
            core.models.note(&stored, training);
            if training == Training::TooFewPoints {
                return Ok(Next::After(TRAINED_SOON));
            }
        }
        // What it is over may be too much now, and less later.
        Err(fault) if fault.sender => {
            tracing::debug!(
                key,
                text = fault.message,
                "an anomaly detector could not be trained"
            );
        }
        Err(fault) => {
            let action = "training an anomaly detector";
            return Err(StepError::Neighbour { action, fault });
        }
    }
    Ok(Next::After(TRAINED_EVERY))
}

/// When a look at an alarm is due.
enum Due {
    /// Now, and again after that.
    Now(Duration),
    Later(Next),
}

/// Takes actions that were held back, and says when to look at an alarm that is looked at each `tick` seconds.
async fn due(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    (tick, now): (i64, Timestamp),
) -> Result<Due, StepError> {
    let fence = fence::<CloudwatchFaults>(&core.shard)?;
    let owes = transition::release(core, &PERMIT, place, stored, fence).await;
    let until = match owes {
        Ok(Owes::Nothing) => None,
        Ok(Owes::Held(until)) => until,
        // The change of the record comes back here.
        Ok(Owes::Written) => return Ok(Due::Later(Next::Settled)),
        Err(error) => return settled(Err(error)).map(Due::Later),
    };
    let is_due = evaluate::is_due(&stored.record, tick, now);
    let tick = tick * 1000;
    let next = now.millis() - now.millis().rem_euclid(tick) + tick;
    let next = Timestamp::from_millis(next).since(now) + GRACE;
    let next = until.map_or(next, |it| next.min(it.since(now)));
    Ok(match is_due {
        true => Due::Now(next),
        false => Due::Later(Next::After(next)),
    })
}

/// An alarm on the series that a query comes to; with the turn that it was woken for.
async fn asking(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    rule: &PromQlRule,
    turn: Option<Turn>,
) -> Result<Next, StepError> {
    let now = core.parts.clock.now();
    let tick = i64::from(rule.interval_seconds.max(1));
    match due(core, place, stored, (tick, now)).await? {
        Due::Later(next) => Ok(next),
        Due::Now(next) => {
            let turns = &core.asking_alarms;
            let turn = turn.or_else(|| turns.take(&place.account, &stored.key));
            // It is woken for its turn.
            let Some(_turn) = turn else {
                return Ok(Next::After(next));
            };
            let look = promql::look(core, place, &stored.record, rule, now);
            lines(core, place, stored, look).await?;
            Ok(Next::After(next))
        }
    }
}

/// An alarm on metrics; with the turn that it was woken for.
async fn metric(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    rule: &MetricRule,
    turn: Option<Turn>,
) -> Result<Next, StepError> {
    let alarm = &stored.record;
    let now = core.parts.clock.now();
    let next = match due(core, place, stored, (evaluate::tick(rule), now)).await? {
        Due::Later(next) => return Ok(next),
        Due::Now(next) => next,
    };
    let turns = &core.counting_alarms;
    let _turn = if evaluate::counts(place, rule) {
        match turn.or_else(|| turns.take(&place.account, &stored.key)) {
            // It is woken for its turn.
            None => return Ok(Next::After(next)),
            turn => turn,
        }
    } else {
        None
    };
    if let Some(left) = alarm.warm_up.as_ref().and_then(|it| warm_up::left(it, now)) {
        return match warms_up(core, place, stored, rule).await? {
            true => Ok(Next::After(next.min(left))),
            // The change of the record comes back here.
            false => Ok(Next::Settled),
        };
    }
    if let Some(query) = contributors::grouped(place, rule) {
        let look = contributors::look(core, place, alarm, rule, &query, now);
        lines(core, place, stored, look).await?;
        return Ok(Next::After(next));
    }
    let look = evaluate::look(core, place, alarm, rule, now);
    let Ok(looked) = timeout(LONGEST_LOOK, look).await else {
        tracing::warn!(
            alarm = alarm.name,
            account = place.account,
            "looking at an alarm's data took too long, will retry"
        );
        note(core, stored, Some(Evaluation::Failure)).await?;
        return Ok(Next::After(next));
    };
    match looked {
        Ok(Found::Nothing) => note(core, stored, None).await?,
        Ok(Found::Same(judged)) => {
            note(core, stored, None).await?;
            let mut calls = transition::again(place, alarm, &judged, now);
            if !calls.is_empty() {
                let muted = transition::muted_until(core, place, &alarm.name, now).await?;
                calls.retain(|_| muted.is_none() && alarm.acted.is_none());
            }
            for call in calls {
                // The next look says it once more.
                if let Err(fault) = core.parts.scaling.alarmed(call.alarmed()).await {
                    tracing::debug!(alarm = alarm.name, error = %fault, "a scaling policy could not be called, will retry");
                }
            }
        }
        Ok(Found::Other(state)) => {
            let fence = Some(fence::<CloudwatchFaults>(&core.shard)?);
            let written = transition::write(core, &PERMIT, place, stored, state, fence).await;
            settled(written)?;
        }
        // A rule that comes to nothing now may with other data.
        Err(fault) if fault.sender => {
            tracing::debug!(
                alarm = alarm.name,
                text = fault.message,
                "an alarm could not be evaluated"
            );
            note(core, stored, Some(Evaluation::Error)).await?;
        }
        Err(fault) => {
            note(core, stored, Some(Evaluation::Failure)).await?;
            let action = "looking at an alarm's data";
            return Err(StepError::Neighbour { action, fault });
        }
    }
    Ok(Next::After(next))
}

/// Whether an alarm's warm-up goes on. One that began by a clock that was ahead begins now, which is written down: else it
/// would begin at each look. One that ends early is written down too, so that it does not come back when there are no data
/// any more.
async fn warms_up(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    rule: &MetricRule,
) -> Result<bool, StepError> {
    let now = core.parts.clock.now();
    let alarm = &stored.record;
    if let Some(ahead) = alarm.warm_up.as_ref().filter(|it| it.since > now) {
        let begun = WarmUp {
            since: now,
            ..ahead.clone()
        };
        let alarm = Alarm {
            warm_up: Some(begun),
            ..alarm.clone()
        };
        write(core, stored, &alarm).await?;
        return Ok(false);
    }
    let Some(ended) = alarm.warm_up.as_ref().filter(|it| !it.is_whole) else {
        note(core, stored, Some(Evaluation::WarmUp)).await?;
        return Ok(true);
    };
    let look = async {
        match contributors::grouped(place, rule) {
            Some(query) => contributors::is_full(core, place, rule, &query, now).await,
            None => evaluate::is_full(core, place, rule, now).await,
        }
    };
    let is_full = match timeout(LONGEST_LOOK, look).await {
        Ok(Ok(is_full)) => is_full,
        // The next look is another try.
        Ok(Err(fault)) => {
            tracing::debug!(
                alarm = alarm.name,
                text = fault.message,
                "an alarm's data could not be read during its warm-up, will retry"
            );
            false
        }
        Err(_) => {
            tracing::warn!(
                alarm = alarm.name,
                account = place.account,
                "looking at an alarm's data during its warm-up took too long, will retry"
            );
            false
        }
    };
    if !is_full {
        note(core, stored, Some(Evaluation::WarmUp)).await?;
        return Ok(true);
    }
    let ended = WarmUp {
        is_over: true,
        ..ended.clone()
    };
    let alarm = Alarm {
        evaluation: None,
        warm_up: Some(ended),
        ..alarm.clone()
    };
    write(core, stored, &alarm).await?;
    Ok(false)
}

/// One look at all lines of an alarm on several, and what follows for each.
async fn lines(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    look: impl Future<Output = Result<Together, Fault>>,
) -> Result<(), StepError> {
    let mut stored = stored.clone();
    let configured_at = stored.record.configured_at;
    let together = match timeout(LONGEST_LOOK, look).await {
        Ok(Ok(together)) => together,
        // A rule that comes to nothing now may with other data.
        Ok(Err(fault)) if fault.sender => {
            tracing::debug!(
                alarm = stored.record.name,
                text = fault.message,
                "an alarm could not be evaluated"
            );
            return note(core, &stored, Some(Evaluation::Error)).await;
        }
        Ok(Err(fault)) => {
            note(core, &stored, Some(Evaluation::Failure)).await?;
            let action = "looking at an alarm's data";
            return Err(StepError::Neighbour { action, fault });
        }
        Err(_) => {
            tracing::warn!(
                alarm = stored.record.name,
                account = place.account,
                "looking at an alarm's data took too long, will retry"
            );
            return note(core, &stored, Some(Evaluation::Failure)).await;
        }
    };
    for _ in 0..MOST_WRITES {
        let fence = fence::<CloudwatchFaults>(&core.shard)?;
        let written =
            transition::write_lines(core, &PERMIT, place, &stored, &together, fence).await;
        match written {
            Ok(true) => {}
            Ok(false) => {
                let evaluation = together.partial.then_some(Evaluation::Partial);
                return note(core, &stored, evaluation).await;
            }
            Err(error) => return settled(Err(error)).map(drop),
        }
        let found = core.table.read::<Alarm>(&stored.key).await?;
        match found.filter(|it| it.record.configured_at == configured_at) {
            Some(found) => stored = found,
            None => break,
        }
    }
    Ok(())
}

/// Writes down how a look went, if it went otherwise than the one before.
async fn note(
    core: &Core,
    stored: &Stored<Alarm>,
    evaluation: Option<Evaluation>,
) -> Result<(), StepError> {
    if stored.record.evaluation == evaluation {
        return Ok(());
    }
    let alarm = Alarm {
        evaluation,
        ..stored.record.clone()
    };
    write(core, stored, &alarm).await
}

async fn write(core: &Core, stored: &Stored<Alarm>, alarm: &Alarm) -> Result<(), StepError> {
    let mut changes = core.table.begin();
    changes.fence(fence::<CloudwatchFaults>(&core.shard)?);
    changes.when(stored.unchanged());
    changes.put(&stored.key, alarm);
    // If somebody changed it, the next look is at what they made of it.
    settled(changes.write(&PERMIT).await).map(drop)
}

async fn composite(
    core: &Core,
    place: &Place,
    stored: &Stored<Alarm>,
    rule: &str,
) -> Result<Next, StepError> {
    let Ok(rule) = composite::Rule::parse(rule) else {
        return Ok(Next::Settled);
    };
    let named = rule.named().into_iter();
    let children = named.filter_map(|it| names::alarm_named(place, it));
    let children = children.map(|it| names::alarm_key(place, it)).collect();
    let suppressor = stored.record.suppressor.as_ref();
    let suppressor = suppressor.and_then(|it| names::alarm_named(place, &it.alarm));
    let suppressor = suppressor.map(|it| names::alarm_key(place, it));
    core.is_suppressed_by(place, &stored.key, suppressor);
    // States that depend on each other would change for ever. A rule that changes wakes this again.
    if core.stands_still(place, &stored.key, children) {
        tracing::debug!(
            alarm = stored.record.name,
            "a composite alarm is not evaluated: its rule leads to itself, or to too many alarms"
        );
        return Ok(Next::Settled);
    }
    let mut states = std::collections::BTreeMap::new();
    let mut latest: Option<(String, State)> = None;
    for text in rule.named() {
        let Some(name) = names::alarm_named(place, text) else {
            continue;
        };
        let found = core
            .table
            .read::<Alarm>(&names::alarm_key(place, name))
            .await?;
        if let Some(found) = found {
            let state = found.record.state;
            states.insert(text.to_owned(), state.value);
            if latest
                .as_ref()
                .is_none_or(|it| it.1.changed_at < state.changed_at)
            {
                latest = Some((name.to_owned(), state));
            }
        }
    }
    let holds = rule.holds(&|name| states.get(name).copied());
    let value = if holds {
        StateValue::Alarm
    } else {
        StateValue::Ok
    };
    let now = core.parts.clock.now();
    if value == stored.record.state.value {
        let fence = fence::<CloudwatchFaults>(&core.shard)?;
        return match transition::release(core, &PERMIT, place, stored, fence).await {
            Ok(Owes::Held(Some(until))) => Ok(Next::After(until.since(now))),
            Ok(_) => Ok(Next::Settled),
            Err(error) => settled(Err(error)),
        };
    }
    let (text, data) = match latest {
        None => ("The rule of the alarm is constant".to_owned(), None),
        Some((name, state)) => {
            let arn = names::alarm_arn(place, &name);
            let data = serde_json::json!({ "triggeringAlarms": [{
                "arn": arn,
                "state": { "value": state.value.name(), "timestamp": reason::long(state.changed_at) },
            }] });
            let text = format!(
                "{arn} transitioned to {} at {}",
                state.value.name(),
                in_words(state.changed_at)
            );
            (text, Some(data.to_string()))
        }
    };
    let state = State {
        value,
        reason: text,
        reason_data: data,
        updated_at: now,
        changed_at: now,
    };
    let fence = fence::<CloudwatchFaults>(&core.shard)?;
    settled(transition::write(core, &PERMIT, place, stored, state, Some(fence)).await)
}

/// `Sunday 22 November, 2026 10:00:00 UTC`
fn in_words(at: Timestamp) -> String {
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.iso8601_seconds();
    let part = |from: usize, to: usize| text[from..to].parse::<usize>().unwrap_or(1);
    // 1970 began on a Thursday.
    let day = DAYS[at.millis().div_euclid(86_400_000).rem_euclid(7) as usize];
    let month = MONTHS[part(5, 7).clamp(1, 12) - 1];
    format!(
        "{day} {:02} {month}, {} {} UTC",
        part(8, 10),
        part(0, 4),
        &text[11..19]
    )
}

/// Removes what happened more than a month ago.
async fn sweep(core: &Core) -> Result<Next, StepError> {
    let now = core.parts.clock.now();
    let before = now.millis() - history::KEPT_DAYS * 86_400_000;
    let is_old = |it: &Happening| it.at.millis() < before;
    let all = core.table.everywhere::<Happening>(names::SERVICE).await?;
    let old = all.into_iter().filter(|it| is_old(&it.2.record));
    let mut old: Vec<String> = old.map(|it| it.2.key).collect();
    let all = core.table.everywhere::<Happenings>(names::SERVICE).await?;
    let of_many = all
        .into_iter()
        .filter(|it| it.2.record.all.iter().all(is_old));
    old.extend(of_many.map(|it| it.2.key));
    for batch in old.chunks(BATCH) {
        let mut changes = core.table.begin();
        changes.fence(fence::<CloudwatchFaults>(&core.shard)?);
        batch.iter().for_each(|key| changes.delete(key));
        changes.write(&PERMIT).await?;
    }
    Ok(Next::After(SWEEP_EVERY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        let at = Timestamp::parse_iso8601("2026-11-22T10:00:05Z").unwrap();
        assert_eq!(in_words(at), "Sunday 22 November, 2026 10:00:05 UTC");
    }
}
