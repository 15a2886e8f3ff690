//! From outcomes of checks to the state of a target. Pure.

use std::borrow::Cow;

use wharf_planeproto::report::TargetState;

use crate::target::Health;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// It answered with another code than wanted.
    Code(u16),
    TimedOut,
    /// No connection, or no answer that could be read.
    Failed,
}

/// A state with AWS's reason and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub health: Health,
    pub reason: Option<Cow<'static, str>>,
    pub description: Option<String>,
}

impl Verdict {
    pub fn initial() -> Self {
        Self {
            health: Health::Initial,
            reason: Some(Cow::Borrowed("Elb.InitialHealthChecking")),
            description: Some("Initial health checks in progress".to_owned()),
        }
    }

    /// As it was reported once; only what a check has found is worth remembering.
    pub fn remembered(
        state: TargetState,
        reason: Option<String>,
        description: Option<String>,
    ) -> Option<Self> {
        let health = match state {
            TargetState::Healthy => Health::Healthy,
            TargetState::Unhealthy => Health::Unhealthy,
            _ => return None,
        };
        Some(Self {
            health,
            reason: reason.map(Cow::Owned),
            description,
        })
    }

    pub fn unchecked() -> Self {
        Self {
            health: Health::Unavailable,
            reason: Some(Cow::Borrowed("Target.HealthCheckDisabled")),
            description: Some("Health checks are not enabled for this target".to_owned()),
        }
    }

    fn healthy() -> Self {
        Self {
            health: Health::Healthy,
            reason: None,
            description: None,
        }
    }

    fn unhealthy(outcome: &Outcome) -> Self {
        let (reason, description) = match outcome {
            Outcome::Code(code) => (
                "Target.ResponseCodeMismatch",
                format!("Health checks failed with these codes: [{code}]"),
            ),
            Outcome::TimedOut => ("Target.Timeout", "Request timed out".to_owned()),
            Outcome::Passed | Outcome::Failed => (
                "Target.FailedHealthChecks",
                "Health checks failed".to_owned(),
            ),
        };
        Self {
            health: Health::Unhealthy,
            reason: Some(Cow::Borrowed(reason)),
            description: Some(description),
        }
    }
}

/// Counts outcomes in a row.
#[derive(Debug, Clone)]
pub struct Machine {
    pub verdict: Verdict,
    healthy_threshold: u32,
    unhealthy_threshold: u32,
    passed: u32,
    failed: u32,
}

impl Machine {
    pub fn new(verdict: Verdict, healthy_threshold: u32, unhealthy_threshold: u32) -> Self {
        Self {
            verdict,
            healthy_threshold: healthy_threshold.max(1),
            unhealthy_threshold: unhealthy_threshold.max(1),
            passed: 0,
            failed: 0,
        }
    }

    /// Takes an outcome in; the new verdict if it differs from the last one.
    ///
    /// A target that was just registered is healthy with its first success.
    pub fn observe(&mut self, outcome: &Outcome) -> Option<&Verdict> {
        let next = if *outcome == Outcome::Passed {
            self.failed = 0;
            self.passed = self.passed.saturating_add(1);
            let needed = match self.verdict.health {
                Health::Unhealthy => self.healthy_threshold,
                _ => 1,
            };
            (self.passed >= needed).then(Verdict::healthy)
        } else {
            self.passed = 0;
            self.failed = self.failed.saturating_add(1);
            (self.failed >= self.unhealthy_threshold).then(|| Verdict::unhealthy(outcome))
        };
        let next = next.filter(|next| *next != self.verdict)?;
        self.verdict = next;
        Some(&self.verdict)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(outcomes: &[Outcome]) -> Vec<Health> {
        let mut machine = Machine::new(Verdict::initial(), 3, 2);
        let states = outcomes.iter().map(|outcome| {
            machine.observe(outcome);
            machine.verdict.health
        });
        states.collect()
    }

    use Health::{Healthy, Initial, Unhealthy};
    use Outcome::{Code, Failed, Passed, TimedOut};

    #[test]
    fn first_success_counts_and_later_ones_need_the_threshold() {
        assert_eq!(run(&[Passed]), [Healthy]);
        assert_eq!(
            run(&[Failed, Failed, Passed, Passed, Passed, Failed, Passed]),
            [
                Initial, Unhealthy, Unhealthy, Unhealthy, Healthy, Healthy, Healthy
            ]
        );
        assert_eq!(run(&[Failed, Passed, Failed]), [Initial, Healthy, Healthy]);
    }

    #[test]
    fn reasons_are_those_of_aws() {
        let verdict = |outcome: Outcome| {
            let mut machine = Machine::new(Verdict::initial(), 5, 1);
            machine.observe(&outcome).unwrap().clone()
        };
        let code = verdict(Code(502));
        assert_eq!(code.reason.as_deref(), Some("Target.ResponseCodeMismatch"));
        assert_eq!(
            code.description.as_deref(),
            Some("Health checks failed with these codes: [502]")
        );
        let reason = |outcome| verdict(outcome).reason;
        assert_eq!(reason(TimedOut).as_deref(), Some("Target.Timeout"));
        assert_eq!(reason(Failed).as_deref(), Some("Target.FailedHealthChecks"));
    }

    proptest! {
        /// Never unhealthy before as many failures in a row, and always then.
        #[test]
        fn thresholds_hold(outcomes in proptest::collection::vec(any::<bool>(), 0..60)) {
            let mut machine = Machine::new(Verdict::initial(), 3, 2);
            let (mut failures, mut successes) = (0, 0);
            for passed in outcomes {
                let before = machine.verdict.health;
                machine.observe(&if passed { Passed } else { Failed });
                (failures, successes) = if passed { (0, successes + 1) } else { (failures + 1, 0) };
                let after = machine.verdict.health;
                prop_assert_eq!(after == Unhealthy, failures >= 2 || (before == Unhealthy && successes < 3));
            }
        }
    }
}
