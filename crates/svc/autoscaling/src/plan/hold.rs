//! What hooks hold, and until when.

use std::time::Duration;

use super::Draft;
use crate::records::{Hook, Member, Outcome, Transition, Wait};

impl Draft<'_> {
    /// A wait for each hook of a transition.
    pub(super) fn waits(&mut self, transition: Transition) -> Vec<Wait> {
        let of = self.hooks.iter().filter(|it| it.transition == transition);
        let hooks: Vec<&Hook> = of.collect();
        hooks.into_iter().map(|it| self.wait(it)).collect()
    }

    fn wait(&mut self, hook: &Hook) -> Wait {
        let heartbeat = Duration::from_secs(hook.heartbeat_seconds.into());
        let at_most = self.now + Duration::from_secs(hook.most_seconds().into());
        let until = (self.now + heartbeat).min(at_most);
        self.wake(until);
        Wait {
            hook: hook.name.clone(),
            token: (self.ids)().0,
            since: self.now,
            until,
            at_most,
            heartbeat_seconds: hook.heartbeat_seconds,
            otherwise: hook.otherwise,
            outcome: None,
            timed_out: false,
            metadata: hook.metadata.clone(),
            told: hook.target.is_none(),
        }
    }

    /// Whether all hooks have said their word, or one that it is over. One that was deleted comes to its default result:
    /// whoever deleted it may not have come to say so of every instance.
    pub(super) fn waited(&mut self, member: &mut Member) -> bool {
        for wait in &mut member.waits {
            let is_there = self.hooks.iter().any(|it| it.name == wait.hook);
            if wait.outcome.is_none() && !is_there {
                wait.outcome = Some(wait.otherwise);
            }
            if wait.outcome.is_none() && self.now >= wait.until {
                wait.outcome = Some(wait.otherwise);
                wait.timed_out = true;
            }
        }
        let open = member.waits.iter().filter(|it| it.outcome.is_none());
        let next = open.map(|it| it.until).min();
        if let Some(next) = next {
            self.wake(next);
        }
        let abandons = member
            .waits
            .iter()
            .any(|it| it.outcome == Some(Outcome::Abandon));
        abandons || next.is_none()
    }
}
