//! A change of an alarm's state, in one transaction: the record, its history and what its actions owe.

use wharf_base::{Arn, Permit, Timestamp, ids};
use wharf_delivery::Policy;
use wharf_service::{Changes, Place, Stored};
use wharf_store::Compare;

use crate::{
    alarm::{
        action::{self, Action},
        contributors::{self, Together},
        evaluate, history,
        hold::{self, Held},
        instances,
        mute::Windows,
        reason::{self, Judged},
        told_tags,
    },
    core::Core,
    courier::{Call, Errand, Message},
    fault::CloudwatchFaults,
    names,
    records::{Alarm, Contributor, Evaluation, MuteRule, State, StateValue},
};

type ChangeError = wharf_service::ChangeError<CloudwatchFaults>;

/// Gives the alarm another state, on condition that it stands as it was read. Actions follow only if the state's
/// value is another.
///
/// # Errors
/// The store's; somebody was faster.
pub async fn write(
    core: &Core,
    permit: &Permit,
    place: &Place,
    stored: &Stored<Alarm>,
    state: State,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    if let Some(fence) = fence {
        changes.fence(fence);
    }
    let alarm = change(core, &mut changes, place, stored.record.clone(), state).await?;
    changes.put(&stored.key, &alarm);
    changes.write(permit).await
}

/// The alarm with another state; its history and what it owes are in `changes`, which the caller puts it into as well.
///
/// # Errors
/// The store's.
pub async fn change(
    core: &Core,
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    mut alarm: Alarm,
    state: State,
) -> Result<Alarm, ChangeError> {
    let before = alarm.state.clone();
    let is_other = before.value != state.value;
    alarm.state = State {
        changed_at: if is_other {
            state.changed_at
        } else {
            before.changed_at
        },
        ..state
    };
    alarm.evaluation = None;
    let at = alarm.state.updated_at;
    let said = history::updated(&alarm, &before);
    history::note(changes, place, &mut alarm, said, at);
    if is_other {
        if before.value == StateValue::Alarm {
            alarm.left_alarm_at = Some(at);
        }
        let acted = alarm.acted.take().unwrap_or(before);
        settle(core, changes, place, &mut alarm, acted, at).await?;
    }
    Ok(alarm)
}

/// Records that changes of lines write in one transaction: each has an item of history, and two records for each of its
/// actions. The alarm and its own actions have the rest of what the store takes at once.
const MOST_RECORDS: usize = 96;
/// Bytes of them besides the alarm, which is up to a quarter of what the store takes at once.
const MOST_BYTES: usize = 384 << 10;
/// Most bytes of an item of history without a line's attributes.
const ITEM: usize = 8 << 10;

/// Gives the lines of an alarm on several their states, as many as go into one transaction, and with the last of them
/// the alarm its own. All lines are in the alarm's record, which is written whole each time: the more lines at once, the less
/// is written. Each line acts by itself; what lines do not say, the alarm does. Whether anything was written.
///
/// # Errors
/// Those of [`write`].
pub async fn write_lines(
    core: &Core,
    permit: &Permit,
    place: &Place,
    stored: &Stored<Alarm>,
    together: &Together,
    fence: Compare,
) -> Result<bool, ChangeError> {
    let at = together.at;
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence);
    let mut alarm = stored.record.clone();
    let muted = muted_until(core, place, &alarm.name, at).await?.is_some();
    // What was written of this look before is as it stands in the record.
    let stood = |id: &String| {
        let before = stored.record.contributors.get(id);
        before.map_or((StateValue::Ok, StateValue::Ok), |it| (it.state, it.told))
    };
    let is_due = |id: &String, after: &Contributor| {
        let (state, told) = stood(id);
        state != after.state || (told != after.state && !muted)
    };
    alarm
        .contributors
        .retain(|_, it| !contributors::is_over(it));
    let all = together.contributors.iter();
    let due: Vec<(&String, &Contributor)> = all.filter(|(id, it)| is_due(id, it)).collect();
    let is_noted = note_since(&mut alarm, together, is_due);
    // What the alarm itself says then needs as much as a line does.
    let most_bytes = MOST_BYTES.saturating_sub(action::MOST * told_tags::weight(&alarm));
    let mut written = 0;
    for (id, after) in &due {
        let (before, told) = stood(id);
        let mut after = Contributor {
            told,
            ..(*after).clone()
        };
        let acts = after.told != after.state && !muted && alarm.actions_enabled;
        let messages = match acts {
            true => messages_for(place, &alarm, (id, &after)),
            false => Vec::new(),
        };
        let (records, bytes) = changes.size();
        let is_full = records + 1 + 2 * messages.len() > MOST_RECORDS
            || bytes + weight(&after, &messages) > most_bytes;
        if written > 0 && is_full {
            break;
        }
        written += 1;
        if before != after.state {
            let said = history::contributor_updated(&after, before);
            history::note_contributor(&mut changes, place, &mut alarm, (id, &after), said, at);
        }
        for message in messages {
            let said = history::contributor_acted(&message.topic, &after);
            owe(core, &mut changes, place, message, at);
            history::note_contributor(&mut changes, place, &mut alarm, (id, &after), said, at);
        }
        if !muted {
            after.told = after.state;
        }
        // One that is over stays until the next change, so that this one is seen.
        alarm.contributors.insert((*id).clone(), after);
    }
    // What the alarm itself says needs room as well.
    let is_last = written == due.len() && changes.size().1 <= most_bytes;
    if let Some((value, reason)) = together.state.as_ref().filter(|_| is_last)
        && (*value, reason) != (alarm.state.value, &alarm.state.reason)
    {
        let before = alarm.state.clone();
        let is_other = before.value != *value;
        alarm.state = State {
            value: *value,
            reason: reason.clone(),
            reason_data: None,
            updated_at: at,
            changed_at: if is_other { at } else { before.changed_at },
        };
        let said = history::updated(&alarm, &before);
        history::note(&mut changes, place, &mut alarm, said, at);
        if is_other {
            if before.value == StateValue::Alarm {
                alarm.left_alarm_at = Some(at);
            }
            let acted = alarm.acted.take();
            let mut lines = together.contributors.values();
            // One that is on its way to another state has said nothing.
            let has_said = |it: &Contributor| it.changed_at == at && it.otherwise_since.is_none();
            let by_lines = lines.any(|it| has_said(it) && it.state == *value);
            let was_partial = stored.record.evaluation == Some(Evaluation::Partial);
            // Unless lines have said it, and all that should have.
            if !by_lines || together.partial || was_partial {
                let acted = acted.unwrap_or(before);
                settle(core, &mut changes, place, &mut alarm, acted, at).await?;
            }
        }
    }
    if due.is_empty() && !is_noted && alarm.state == stored.record.state {
        return Ok(false);
    }
    if is_last {
        alarm.evaluation = together.partial.then_some(Evaluation::Partial);
    }
    changes.put(&stored.key, &alarm);
    changes.write(permit).await?;
    Ok(true)
}

/// Notes of lines whose states stay since when a query asks for the other one. Whether there was anything to note.
fn note_since(
    alarm: &mut Alarm,
    together: &Together,
    changes: impl Fn(&String, &Contributor) -> bool,
) -> bool {
    let mut is_noted = false;
    let all = together.contributors.iter();
    for (id, it) in all.filter(|it| !changes(it.0, it.1)) {
        let known = alarm.contributors.get(id);
        if known.is_some_and(|known| known.otherwise_since == it.otherwise_since) {
            continue;
        }
        let after = Contributor {
            told: known.map_or(StateValue::Ok, |known| known.told),
            ..it.clone()
        };
        if contributors::is_over(&after) {
            is_noted |= alarm.contributors.remove(id).is_some();
        } else {
            alarm.contributors.insert(id.clone(), after);
            is_noted = true;
        }
    }
    is_noted
}

/// Messages to the topics of a line's state.
fn messages_for(place: &Place, alarm: &Alarm, of: (&str, &Contributor)) -> Vec<Message> {
    let topics = alarm.actions(of.1.state).iter();
    let topics = topics.filter_map(|wanted| match Action::parse(wanted) {
        Ok(Action::Topic(topic)) => Some(topic),
        _ => None,
    });
    let (subject, message) = action::message_of(place, alarm, of);
    let message = |topic: Arn| Message {
        alarm_arn: names::alarm_arn(place, &alarm.name),
        account: place.account.clone(),
        region: topic.region.clone(),
        topic: topic.to_string(),
        subject: subject.clone(),
        message: message.clone(),
    };
    topics.map(message).collect()
}

/// Bytes of what follows from a line's change, at most.
fn weight(of: &Contributor, messages: &[Message]) -> usize {
    let written = |it: &Message| serde_json::to_vec(it).map_or(0, |it| it.len());
    let items = (1 + messages.len()) * (ITEM + contributors::weight(of));
    items + messages.iter().map(written).sum::<usize>()
}

fn owe(
    core: &Core,
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    message: Message,
    at: Timestamp,
) {
    let id = format!("{:013}/{}", at.millis().max(0), ids::uuid());
    let errand = Errand::Message(message);
    core.outbox
        .put(changes, place, &id, errand, Policy::DEFAULT);
}

/// What an alarm owes.
#[derive(Debug)]
pub enum Owes {
    Nothing,
    /// It is held back until then, or until something else changes.
    Held(Option<Timestamp>),
    /// That was written down just now.
    Written,
}

/// Takes the actions of an alarm that were held back, if nothing holds them back any more.
///
/// # Errors
/// Those of [`write`].
pub async fn release(
    core: &Core,
    permit: &Permit,
    place: &Place,
    stored: &Stored<Alarm>,
    fence: Compare,
) -> Result<Owes, ChangeError> {
    let Some(acted) = stored.record.acted.clone() else {
        return Ok(Owes::Nothing);
    };
    let now = core.parts.clock.now();
    let held = held(core, place, &stored.record, now).await?;
    if let Some(held) = held
        && held.by.name() == stored.record.suppressed_by.as_deref()
    {
        return Ok(Owes::Held(held.until));
    }
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence);
    let mut alarm = stored.record.clone();
    settle(core, &mut changes, place, &mut alarm, acted, now).await?;
    changes.put(&stored.key, &alarm);
    changes.write(permit).await?;
    Ok(Owes::Written)
}

/// Takes the actions of the alarm's state, or notes that they are owed: after `acted`, whose actions were taken last.
async fn settle(
    core: &Core,
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarm: &mut Alarm,
    acted: State,
    at: Timestamp,
) -> Result<(), ChangeError> {
    alarm.acted = None;
    alarm.suppressed_by = None;
    // It is back where it was when it said something last.
    if acted.value == alarm.state.value {
        return Ok(());
    }
    match held(core, place, alarm, at).await? {
        Some(held) => {
            alarm.suppressed_by = held.by.name().map(str::to_owned);
            alarm.acted = Some(acted);
        }
        None if alarm.actions_enabled => act(core, changes, place, alarm, &acted, at),
        None => {}
    }
    Ok(())
}

async fn held(
    core: &Core,
    place: &Place,
    alarm: &Alarm,
    now: Timestamp,
) -> Result<Option<Held>, ChangeError> {
    let muted = muted_until(core, place, &alarm.name, now).await?;
    let mut by = None;
    if let Some(rule) = &alarm.suppressor {
        let named = names::alarm_named(place, &rule.alarm).unwrap_or_default();
        by = core
            .table
            .read::<Alarm>(&names::alarm_key(place, named))
            .await?;
    }
    let by = by.as_ref().map(|it| &it.record);
    let suppressor = alarm.suppressor.as_ref().map(|rule| (rule, by));
    Ok(hold::held(&alarm.state, muted, suppressor, now))
}

/// Until when rules mute an alarm, if they do.
///
/// # Errors
/// The store's.
pub async fn muted_until(
    core: &Core,
    place: &Place,
    name: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, ChangeError> {
    let all = core.table.all::<MuteRule>(&names::scope(place), "").await?;
    let rules = all.into_iter().map(|it| it.1.record);
    let of_alarm = rules.filter(|it| it.targets.contains(name));
    let until = |rule: MuteRule| Windows::of(&rule).ok()?.muted_until(now);
    Ok(of_alarm.filter_map(until).max())
}

fn act(
    core: &Core,
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarm: &mut Alarm,
    before: &State,
    at: Timestamp,
) {
    for wanted in alarm.actions(alarm.state.value).to_vec() {
        let (errand, policy) = match Action::parse(&wanted) {
            Ok(Action::Topic(topic)) => {
                let message = Message {
                    alarm_arn: names::alarm_arn(place, &alarm.name),
                    account: place.account.clone(),
                    region: topic.region.clone(),
                    topic: topic.to_string(),
                    subject: action::subject(place, alarm),
                    message: action::message(place, alarm, before),
                };
                (Errand::Message(message), Policy::DEFAULT)
            }
            Ok(Action::Policy(_)) => {
                let Some(call) = call(place, alarm, &wanted, recent(&alarm.state), at) else {
                    continue;
                };
                (Errand::Call(call), Call::POLICY)
            }
            Ok(Action::Instance(deed, _)) => {
                // An alarm without an instance was refused.
                let Some(instance) = alarm.rule().and_then(instances::watched) else {
                    continue;
                };
                let errand = instances::Errand {
                    alarm_arn: names::alarm_arn(place, &alarm.name),
                    alarm: alarm.name.clone(),
                    account: place.account.clone(),
                    region: place.region.clone(),
                    action: wanted.clone(),
                    operation: deed.operation().to_owned(),
                    instance: instance.to_owned(),
                };
                (Errand::Instance(errand), instances::Errand::POLICY)
            }
            // One of a version that knew more is passed over.
            Err(_) => continue,
        };
        let id = format!("{:013}/{}", at.millis().max(0), ids::uuid());
        core.outbox.put(changes, place, &id, errand, policy);
        let said = history::acted(&wanted, alarm);
        history::note(changes, place, alarm, said, at);
    }
}

/// The datapoints of a state, whoever set it.
fn recent(state: &State) -> Judged {
    let data = state.reason_data.as_deref().unwrap_or_default();
    reason::recent(data)
}

fn call(place: &Place, alarm: &Alarm, policy: &str, judged: Judged, at: Timestamp) -> Option<Call> {
    let rule = alarm.rule()?;
    Some(Call {
        alarm: alarm.name.clone(),
        account: place.account.clone(),
        region: place.region.clone(),
        policy: policy.to_owned(),
        state: alarm.state.value,
        threshold: rule.threshold?,
        values: judged.values,
        measured_from: judged.since,
        at,
        every_seconds: u32::try_from(evaluate::tick(rule)).unwrap_or(u32::MAX),
    })
}

/// What an alarm that stays in its state says again to policies of scaling, by the datapoints of a later look.
pub fn again(place: &Place, alarm: &Alarm, judged: &Judged, at: Timestamp) -> Vec<Call> {
    if !alarm.actions_enabled {
        return Vec::new();
    }
    let policies = alarm.actions(alarm.state.value).iter();
    let policies = policies.filter(|it| matches!(Action::parse(it), Ok(Action::Policy(_))));
    policies
        .filter_map(|it| call(place, alarm, it, judged.clone(), at))
        .collect()
}
