//! A change of a desired count, from the decision to its end.

use std::time::Duration;

use wharf_service::Changes;

use crate::{
    activity,
    fault::ScalingFaults,
    names::{self, Resource},
    reconcile::StepError,
    records::{Activity, Move, Refused, Target},
    work::{Work, neighbour},
};

/// How long tasks are waited for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

impl Work<'_> {
    /// Sets the count of a change that was decided. Whoever ended in between sets the same.
    pub async fn set(&self, resource: &Resource, moving: &Move) -> Result<(), StepError> {
        match self.neighbours().set(resource, moving.to).await {
            Ok(()) => {
                let text = activity::waiting(moving.to);
                let activity = self.activity(moving).await?;
                self.write(|changes, target| {
                    target.moving = Some(Move {
                        set: true,
                        ..moving.clone()
                    });
                    target.refused = None;
                    if let Some(mut it) = activity {
                        activity::IN_PROGRESS.clone_into(&mut it.status);
                        it.message = Some(text);
                        activity::put(changes, self.place, self.id, &(moving.activity.clone(), it));
                    }
                })
                .await
            }
            Err(fault) if fault.status < 500 => {
                let text = format!(
                    "Failed to set desired count to {}. Reason: {}",
                    moving.to, fault.message
                );
                tracing::warn!(resource = resource.id(), error = %fault, "scaling a service failed, no further retry");
                self.end(moving, activity::FAILED, text).await
            }
            Err(fault) => Err(neighbour("setting the count of a service")(fault)),
        }
    }

    pub async fn activity(&self, moving: &Move) -> Result<Option<Activity>, StepError> {
        let key = names::activity_key(self.place, self.id, &moving.activity);
        let found = self.core.table.read::<Activity>(&key).await?;
        Ok(found.map(|it| it.record))
    }

    /// How a change whose count was set has ended, if it has.
    pub fn outcome(
        &self,
        moving: &Move,
        desired: u32,
        running: u32,
    ) -> Option<(&'static str, String)> {
        let to = moving.to;
        if desired != to {
            let text = format!(
                "Desired count was set to {desired} by somebody else while {to} was waited for."
            );
            return Some((activity::UNFULFILLED, text));
        }
        if running == to {
            return Some((activity::SUCCESSFUL, activity::fulfilled(to)));
        }
        let waited = self.now.since(moving.since) >= LONGEST_WAIT;
        let text = || {
            format!(
                "Successfully set desired count to {to}. The change was not fulfilled by ecs in time: {running} tasks run."
            )
        };
        waited.then(|| (activity::UNFULFILLED, text()))
    }

    pub async fn end(&self, moving: &Move, status: &str, text: String) -> Result<(), StepError> {
        let activity = self.activity(moving).await?;
        self.write(|changes, target| {
            target.moving = None;
            if status == activity::FAILED {
                (target.scaled_out, target.scaled_in) = (None, None);
                target.refused = Some(Refused {
                    count: moving.to,
                    at: self.now,
                });
            }
            if let Some(it) = activity {
                let ended = (moving.activity.clone(), it.ended(status, text, self.now));
                activity::put(changes, self.place, self.id, &ended);
            }
        })
        .await
    }

    /// Decides on a change, in the transaction that `also` adds to. One that is waited for ends.
    pub async fn begin(
        &self,
        (from, to): (u32, u32),
        cause: String,
        also: impl FnOnce(&mut Changes<'_, ScalingFaults>, &mut Target),
    ) -> Result<(), StepError> {
        let before = match &self.stored.record.moving {
            Some(moving) => self
                .activity(moving)
                .await?
                .map(|it| (moving.activity.clone(), it)),
            None => None,
        };
        let resource = &self.stored.record.resource;
        let begun = activity::begun(
            resource,
            activity::setting(to),
            cause,
            self.core.order(self.now),
        );
        self.write(|changes, target| {
            if let Some((id, it)) = before {
                let text = format!("A newer scaling activity sets desired count to {to}.");
                let ended = (id, it.ended(activity::OVERRIDDEN, text, self.now));
                activity::put(changes, self.place, self.id, &ended);
            }
            activity::put(changes, self.place, self.id, &begun);
            target.moving = Some(Move {
                activity: begun.0.clone(),
                from: Some(from),
                to,
                since: self.now,
                set: false,
            });
            target.unscaled = None;
            also(changes, target);
        })
        .await
    }

    /// Brings a count that is outside of the range to the nearest bound.
    pub async fn correct(&self, desired: u32) -> Result<(), StepError> {
        let bounds = self.stored.record.bounds();
        match bounds.correction(desired) {
            None => self.write(|_, target| target.range_changed = false).await,
            Some(to) => {
                let cause = if to > desired {
                    format!("minimum capacity was set to {}", bounds.min())
                } else {
                    format!("maximum capacity was set to {}", bounds.max())
                };
                let change = (desired, to);
                self.begin(change, cause, |_, target| target.range_changed = false)
                    .await
            }
        }
    }
}
