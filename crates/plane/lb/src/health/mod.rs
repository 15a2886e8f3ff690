//! Health checks: one task per target of a group that is in use.
//!
//! A target is checked at once when it is registered and then every [`EAGER`] until its first
//! success or until the interval has passed; its failures in that time count for nothing, since a
//! service that just starts does not answer yet. From then on the interval holds.
//!
//! What the process before this one found is confirmed in the same quick way, but failures count:
//! a target that died meanwhile leaves rotation within moments.

mod machine;
mod matcher;
mod probe;

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tokio::{sync::mpsc, time::Instant};

pub use self::{
    machine::{Machine, Outcome, Verdict},
    matcher::{Matcher, WrongMatcher},
    probe::Probe,
};
use crate::{
    netns::Sockets,
    target::{Health, TargetState},
};

/// Between checks of a target that was just registered.
const EAGER: Duration = Duration::from_millis(200);
/// Checks keep off each other by up to this part of the interval.
const JITTER: f64 = 0.05;

/// A target's health changed.
#[derive(Debug)]
pub struct Changed {
    pub target: Arc<TargetState>,
    pub verdict: Verdict,
}

/// Checks a target until the task is aborted.
pub struct Checker {
    pub target: Arc<TargetState>,
    pub probe: Probe,
    pub machine: Machine,
    /// The verdict comes from a process before this one.
    pub confirm: bool,
    pub sockets: Sockets,
    pub changes: mpsc::Sender<Changed>,
}

impl Checker {
    pub async fn run(mut self) {
        let interval = Duration::from_secs(u64::from(
            self.probe.group.record.health_check.interval_seconds.max(1),
        ));
        let begun = Instant::now();
        if self.machine.verdict.health != Health::Initial && !self.confirm {
            // It was checked before, under other settings: keep to the interval.
            tokio::time::sleep(jittered(interval)).await;
        }
        loop {
            let eager =
                self.machine.verdict.health == Health::Initial && begun.elapsed() < interval;
            let checked = Instant::now();
            let origin = self.target.origin();
            match self.probe.run(&self.sockets, &origin).await {
                Ok(outcome) => {
                    let counts = !eager || outcome == Outcome::Passed;
                    self.confirm &= outcome != Outcome::Passed;
                    if counts && !self.observe(&outcome).await {
                        return;
                    }
                }
                Err(error) => {
                    tracing::debug!(target = %self.target.reference, %error, "no socket for a health check");
                }
            }
            let pause = match self.machine.verdict.health {
                Health::Initial if begun.elapsed() < interval => EAGER,
                Health::Healthy if self.confirm => EAGER,
                _ => jittered(interval),
            };
            tokio::time::sleep_until(checked + pause).await;
        }
    }

    /// `false` once nobody listens.
    async fn observe(&mut self, outcome: &Outcome) -> bool {
        let Some(verdict) = self.machine.observe(outcome) else {
            return true;
        };
        tracing::info!(target = %self.target.reference, health = ?verdict.health, reason = verdict.reason.as_deref(), "health changed");
        let changed = Changed {
            target: Arc::clone(&self.target),
            verdict: verdict.clone(),
        };
        self.changes.send(changed).await.is_ok()
    }
}

fn jittered(interval: Duration) -> Duration {
    interval.mul_f64(1.0 + rand::rng().random_range(-JITTER..=JITTER))
}
