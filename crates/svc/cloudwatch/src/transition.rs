//! A change of an alarm's state, in one transaction: the record, its history and what its actions owe.

use wharf_base::{Permit, Timestamp, ids};
use wharf_delivery::Policy;
use wharf_service::{Changes, Place, Stored};
use wharf_store::Compare;

use crate::{
    alarm::{
        action::{self, Action},
        evaluate, history, reason,
    },
    core::Core,
    courier::{Call, Errand, Message},
    fault::CloudwatchFaults,
    names,
    records::{Alarm, State},
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
    let before = stored.record.state.clone();
    let mut alarm = stored.record.clone();
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
    history::note(&mut changes, place, &mut alarm, said, at);
    if is_other && alarm.actions_enabled {
        act(core, &mut changes, place, &mut alarm, &before, at);
    }
    changes.put(&stored.key, &alarm);
    changes.write(permit).await
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
fn recent(state: &State) -> Vec<f64> {
    let data = state.reason_data.as_deref().unwrap_or_default();
    reason::recent(data)
}

fn call(
    place: &Place,
    alarm: &Alarm,
    policy: &str,
    values: Vec<f64>,
    at: Timestamp,
) -> Option<Call> {
    let rule = alarm.rule()?;
    Some(Call {
        alarm: alarm.name.clone(),
        account: place.account.clone(),
        region: place.region.clone(),
        policy: policy.to_owned(),
        state: alarm.state.value,
        threshold: rule.threshold?,
        values,
        at,
        every_seconds: u32::try_from(evaluate::tick(rule)).unwrap_or(u32::MAX),
    })
}

/// What an alarm that stays in its state says again to policies of scaling, by the datapoints of a later look.
pub fn again(place: &Place, alarm: &Alarm, values: &[f64], at: Timestamp) -> Vec<Call> {
    if !alarm.actions_enabled {
        return Vec::new();
    }
    let policies = alarm.actions(alarm.state.value).iter();
    let policies = policies.filter(|it| matches!(Action::parse(it), Ok(Action::Policy(_))));
    policies
        .filter_map(|it| call(place, alarm, it, values.to_vec(), at))
        .collect()
}
