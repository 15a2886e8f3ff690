//! Sends the turns of lanes: the first of each, until it is gone.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_delivery::{Became, Courier as _, Outcome, Parcel};
use wharf_reconcile::Next;
use wharf_records::{Record as _, escape};
use wharf_service::{OneQueue, Reach, Stored, fence};

use super::{Kept, Lane, Replayed, Turn};
use crate::{
    core::{ChangeError, Core},
    envelope::Kind,
    errand::Errand,
    fault::SnsFaults,
    names::SERVICE,
    records::{Subscription, Topic},
};

const PERMIT: Permit = Permit::for_controller("sns-fifo");
/// Lanes that are worked on at once.
const WORKERS: usize = 16;
/// Turns of a lane before others have theirs.
const SOME: usize = 20;

/// What came of a turn that was sent.
#[derive(Default)]
struct Sent {
    /// What is to be sent once more.
    left: Option<Turn>,
    parcel: Option<Parcel<Errand>>,
    became: Vec<Became>,
}

impl Sent {
    fn of(parcel: Parcel<Errand>, left: Option<Turn>, became: Vec<Became>) -> Self {
        Self {
            left,
            parcel: Some(parcel),
            became,
        }
    }
}

type StepError = wharf_service::StepError<SnsFaults>;

impl Core {
    /// Works on all lanes until `stop`, or until a part of it panics.
    pub async fn run_lanes(self: Arc<Self>, stop: CancellationToken) {
        let loops = OneQueue {
            service: SERVICE,
            store: self.table.store(),
            shard: &self.lanes_shard,
            permit: PERMIT,
            takeover: self.parts.takeover,
            queue: &self.lanes,
            workers: WORKERS,
        };
        let fed = self.clone();
        let changed = move |key: &str, _| {
            if let Some((lane, _)) = Lane::of(key) {
                fed.lanes.wake(lane);
            }
            Reach::One
        };
        let worked = self.clone();
        let work = move |lane| worked.clone().bring(lane);
        loops.run(stop, changed, work).await;
    }

    async fn bring(self: Arc<Self>, lane: Lane) -> Result<Next, StepError> {
        let prefix = lane.id().topic.scope().prefix(Turn::KIND) + &escape(&lane.start());
        for _ in 0..SOME {
            let first = self.table.page::<Turn>(&prefix, None, 1, |_| true).await?;
            let Some(turn) = first.records.first() else {
                return Ok(Next::Settled);
            };
            let now = self.parts.clock.now();
            if now < turn.record.0.due_at {
                return Ok(Next::After(turn.record.0.due_at.since(now)));
            }
            fence::<SnsFaults>(&self.lanes_shard)?;
            let Sent {
                left,
                parcel,
                became,
            } = self.send(&lane, turn).await?;
            self.write(turn, left).await?;
            if let Some(parcel) = parcel {
                let all = became.into_iter().map(|what| Outcome {
                    parcel: &parcel,
                    what,
                    span: None,
                });
                self.courier.became(&all.collect::<Vec<_>>());
            }
        }
        // Its own writes wake it.
        Ok(Next::Settled)
    }

    /// Sends a turn.
    async fn send(&self, lane: &Lane, stored: &Stored<Turn>) -> Result<Sent, StepError> {
        let Some((_, number)) = Lane::of(&stored.key) else {
            return Ok(Sent::default());
        };
        let id = lane.id();
        let kept_at = super::kept_key(&id.topic, number);
        let kept = self.table.read::<Kept>(&kept_at).await?;
        let subscription = self.table.read::<Subscription>(&id.key()).await?;
        let topic = self.table.read::<Topic>(&id.topic.key()).await?;
        let (Some(kept), Some(subscription), Some(topic)) = (kept, subscription, topic) else {
            return Ok(Sent::default());
        };
        let subscription = subscription.record;
        let turn = stored.record.0.clone();
        let mut message = kept.record.message.for_protocol(subscription.protocol);
        if let Some(replay) = &turn.work.replay {
            message.is_replayed = true;
            // A queue would take it for a repetition of what it got before.
            let told_by = message.told_by.unwrap_or_default();
            let told_by = wharf_base::ids::uuid_of(format!("{replay}/{told_by}").as_bytes());
            message.told_by = Some(told_by);
        }
        let errand = Errand::new(
            &id,
            &topic.record,
            &subscription,
            Kind::Notification,
            message,
        );
        let parcel = Parcel {
            work: errand,
            policy: turn.policy,
            created_at: turn.created_at,
            due_at: turn.due_at,
            failures: turn.failures,
            given_up: turn.given_up.clone(),
            unknown: Default::default(),
        };
        let now = self.parts.clock.now();
        if turn.given_up.is_some() {
            let (left, became) = self.bury(turn, &parcel).await;
            return Ok(Sent::of(parcel, left, Vec::from_iter(became)));
        }
        let answer = self.courier.deliver(&[&parcel]).await.pop();
        if let Some(answer) = &answer {
            self.outbox.count(answer);
        }
        let Some(Err(failure)) = answer else {
            return Ok(Sent::of(parcel, None, vec![Became::Delivered]));
        };
        let mut became = Vec::from_iter(Became::of(&failure));
        let left = match turn.clone().failed(failure, now, rand::random()) {
            Ok(again) => Some(Turn(again)),
            Err(why) => {
                self.outbox.count_given_up();
                tracing::warn!(key = stored.key, error = %why.failure, retries = why.retries, "a delivery failed, no further retry");
                became.push(Became::GivenUp);
                let (left, buried) = self.bury(turn.dead(why, now), &parcel).await;
                became.extend(buried);
                left
            }
        };
        Ok(Sent::of(parcel, left, became))
    }

    /// Sends the dead letter of a turn; what is left of it if that has to be tried again.
    async fn bury(
        &self,
        turn: Parcel<Replayed>,
        parcel: &Parcel<Errand>,
    ) -> (Option<Turn>, Option<Became>) {
        let Some(why) = turn.given_up.clone() else {
            return (None, None);
        };
        let Err(failure) = self.courier.given_up(parcel, why).await else {
            return (None, Some(Became::Buried));
        };
        match turn.failed(failure, self.parts.clock.now(), rand::random()) {
            Ok(again) => (Some(Turn(again)), None),
            Err(why) => {
                tracing::warn!(error = %why.failure, retries = why.retries, "failed to send a dead letter, it is lost");
                (None, Some(Became::Lost))
            }
        }
    }

    async fn write(&self, turn: &Stored<Turn>, left: Option<Turn>) -> Result<(), ChangeError> {
        let mut changes = self.table.begin();
        changes.when(turn.unchanged());
        if let Some(fence) = self.lanes_shard.fence() {
            changes.fence(fence);
        }
        match &left {
            Some(turn_left) => changes.put(&turn.key, turn_left),
            None => changes.delete(&turn.key),
        }
        changes.write(&PERMIT).await
    }
}
