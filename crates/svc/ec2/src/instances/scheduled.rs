//! Scheduled events of instances: that their host is retired, and they end with it.
//!
//! The mark of a host ([`Retired`]) says when its instances end. What an instance is told follows from it: an event is a part of
//! the instance's record, so DescribeInstanceStatus, its metadata and EventBridge all tell of the same. [`next`] and [`follow`] are
//! pure; the reconciler writes what comes of them only while the mark is as it was read, so an instance never ends by a mark that
//! was taken back.
//!
//! The root of an instance is a disk of its host, an instance store to EC2: as there, it is terminated.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Timestamp, ids};
use wharf_hosts::Retired;
use wharf_planeproto::machine;
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use super::life::{State, Step, Wanted};
use crate::{Ec2Service, records::Instance, table::SERVICE};

/// What AWS calls the end of an instance whose root goes with its host.
pub const CODE: &str = "instance-retirement";
pub const DESCRIPTION: &str = "The instance is running on degraded hardware";
/// Of an instance; of those that are over the oldest go.
const MOST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventState {
    Active,
    Completed,
    Canceled,
}

impl EventState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }
}

/// That the host of the instance is retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// `instance-event-0…`
    pub id: String,
    /// When the instance ends.
    pub not_before: Timestamp,
    pub state: EventState,
    /// When this was last said of it.
    pub told_at: Timestamp,
}

impl Scheduled {
    /// As EC2 says it of events that are over, too.
    pub fn description(&self) -> String {
        match self.state {
            EventState::Active => DESCRIPTION.to_owned(),
            EventState::Completed => format!("[Completed] {DESCRIPTION}"),
            EventState::Canceled => format!("[Canceled] {DESCRIPTION}"),
        }
    }

    /// As its instance may read it.
    pub fn told(&self) -> machine::ScheduledEvent {
        machine::ScheduledEvent {
            id: self.id.clone(),
            code: CODE.to_owned(),
            description: self.description(),
            not_before_ms: self.not_before.millis(),
            state: self.state.name().to_owned(),
        }
    }
}

/// The event that is still to come.
pub fn active(instance: &Instance) -> Option<&Scheduled> {
    let mut events = instance.events.iter();
    events.find(|it| it.state == EventState::Active)
}

/// Events as DescribeInstanceStatus shows them: what was taken back is not among them.
pub fn shown(instance: &Instance) -> impl Iterator<Item = &Scheduled> {
    let events = instance.events.iter();
    events.filter(|it| it.state != EventState::Canceled)
}

pub fn to_wire(of: &Scheduled) -> wire::InstanceStatusEvent {
    wire::InstanceStatusEvent {
        instance_event_id: Some(of.id.clone()),
        code: Some(CODE.to_owned()),
        description: Some(of.description()),
        not_before: Some(of.not_before),
        ..wire::InstanceStatusEvent::default()
    }
}

/// When its host has the instance end.
fn end_of(mark: Option<&Retired>) -> Option<Timestamp> {
    mark.and_then(|it| it.instances_end_at)
}

/// What is next for an instance by the mark of its host, given what its life alone would have it be.
pub fn next(instance: &Instance, mark: Option<&Retired>, step: Step, now: Timestamp) -> Step {
    let life = &instance.life;
    let ends = life.wanted == Wanted::Terminated || life.state == State::Terminated;
    // Machines of pods are none that anybody is told of.
    if instance.pod.is_some() || ends || !matches!(step, Step::Nothing | Step::After(_)) {
        return step;
    }
    match (end_of(mark), active(instance)) {
        (None, None) => step,
        (Some(at), Some(event)) if event.not_before == at && now < at => match step {
            Step::After(delay) => Step::After(delay.min(at.since(now))),
            _ => Step::After(at.since(now)),
        },
        _ => Step::FollowHost,
    }
}

/// Brings the events of an instance to what the mark of its host says, and ends the instance when its time has come.
pub fn follow(instance: &mut Instance, mark: Option<&Retired>, now: Timestamp) {
    let mut events = instance.events.iter_mut();
    let active = events.find(|it| it.state == EventState::Active);
    match (end_of(mark), active) {
        (None, None) => {}
        (None, Some(event)) => {
            event.state = EventState::Canceled;
            event.told_at = now;
        }
        (Some(at), Some(event)) if event.not_before == at => {
            if now >= at {
                event.state = EventState::Completed;
                event.told_at = now;
                instance.life.retired(now);
            }
        }
        (Some(at), Some(event)) => {
            event.not_before = at;
            event.told_at = now;
        }
        (Some(at), None) => {
            instance.events.push(Scheduled {
                id: ids::ec2_id("instance-event"),
                not_before: at,
                state: EventState::Active,
                told_at: now,
            });
            let over = instance.events.len().saturating_sub(MOST);
            instance.events.drain(..over);
        }
    }
}

impl Ec2Service {
    /// The mark of a host changed: its instances are looked at now, and not with their next turn.
    ///
    /// # Errors
    /// The store's.
    pub async fn look_at_hosts(&self) -> Result<(), Fault> {
        let keys = self.table.keys(&Scope::service_prefix(SERVICE)).await?;
        for key in keys {
            if let Some((_, Instance::KIND, _)) = Scope::parse(&key) {
                self.instances.queue.wake(key);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "scheduled_tests.rs"]
pub mod tests;
