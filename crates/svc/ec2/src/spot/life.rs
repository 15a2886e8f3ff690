//! The life of a request for a Spot instance. Pure.
//!
//! ```text
//! open ──▶ active ──▶ closed
//!   ▲        │ ▲
//!   │        ▼ │        persistent requests ask again when their instance ended,
//!   └──── disabled      and wait while it is stopped
//! ```
//!
//! Nothing follows `closed`, `cancelled` and `failed`; an instance outlives the cancellation of its request.

use std::time::Duration;

use wharf_base::Timestamp;

use super::{
    Interruption,
    records::{SpotRequest, State, Why},
};
use crate::{instances::life::State as InstanceState, records::Instance};

/// How long a request is shown that came to its end.
pub const RETENTION: Duration = Duration::from_secs(3600);
/// Pause between two looks for capacity: half of what a request has waited so far, within these bounds.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// What is known of its instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub state: InstanceState,
    /// It has its notice.
    pub noticed: bool,
    /// Its capacity was taken back.
    pub interrupted: bool,
    /// It was never there: its host had no room after all.
    pub unplaced: bool,
}

impl Seen {
    pub fn of(instance: &Instance) -> Self {
        let notice = instance.spot.as_ref().and_then(|it| it.notice);
        let reason = instance.life.reason.as_ref().map(|it| it.code.as_str());
        Self {
            state: instance.life.state,
            noticed: notice.is_some_and(|it| !it.done),
            interrupted: notice.is_some_and(|it| it.done),
            unplaced: reason == Some("Server.InsufficientInstanceCapacity")
                && instance.life.boot == 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Nothing,
    After(Duration),
    /// Launch its instance, if price and room allow.
    Launch,
    /// Start its instance again, if there is room.
    Start,
    Become(State, Why),
    Forget,
}

fn become_state(request: &SpotRequest, state: State, code: &str, text: &str) -> Option<Step> {
    let why = Why::new(code, text);
    let is_new = request.state != state || request.why != why;
    is_new.then_some(Step::Become(state, why))
}

pub fn step(request: &SpotRequest, instance: Option<Seen>, now: Timestamp) -> Step {
    match request.state {
        State::Open => open(request, now),
        State::Active | State::Disabled => with_instance(request, instance),
        State::Closed | State::Cancelled | State::Failed => {
            let until = request.since + RETENTION;
            let lives = instance.is_some_and(|it| it.state != InstanceState::Terminated);
            match (lives, now < until) {
                (_, true) => Step::After(until.since(now)),
                (true, false) => Step::Nothing,
                (false, false) => Step::Forget,
            }
        }
    }
}

fn open(request: &SpotRequest, now: Timestamp) -> Step {
    let terms = &request.terms;
    if terms.valid_until.is_some_and(|until| until <= now) {
        let text = "Your Spot request expired before it was fulfilled.";
        return Step::Become(State::Closed, Why::new("schedule-expired", text));
    }
    if let Some(from) = terms.valid_from.filter(|from| *from > now) {
        let text = "Your Spot request will not be evaluated until the scheduled date.";
        let wait = Step::After(from.since(now));
        return become_state(request, State::Open, "not-scheduled-yet", text).unwrap_or(wait);
    }
    // Whoever launches it for a fleet does so itself.
    match request.fleet {
        None => Step::Launch,
        Some(_) => Step::Nothing,
    }
}

fn with_instance(request: &SpotRequest, instance: Option<Seen>) -> Step {
    let is_over = |it: &Seen| {
        matches!(
            it.state,
            InstanceState::ShuttingDown | InstanceState::Terminated
        )
    };
    let Some(seen) = instance.filter(|it| !is_over(it)) else {
        return ended(request, instance);
    };
    let stops = request.terms.on_interruption == Interruption::Stop;
    let step = match seen.state {
        InstanceState::Stopping | InstanceState::Stopped if seen.interrupted => become_state(
            request,
            State::Disabled,
            "instance-stopped-no-capacity",
            "Your Spot Instance was stopped because there is no Spot capacity available.",
        )
        .or((seen.state == InstanceState::Stopped).then_some(Step::Start)),
        InstanceState::Stopping | InstanceState::Stopped => become_state(
            request,
            State::Disabled,
            "instance-stopped-by-user",
            "Your Spot Instance was stopped by a user.",
        ),
        _ if seen.noticed && stops => become_state(
            request,
            State::Active,
            "marked-for-stop",
            "Your Spot Instance is marked for stop, since its capacity is needed.",
        ),
        _ if seen.noticed => become_state(
            request,
            State::Active,
            "marked-for-termination",
            "Your Spot Instance is marked for termination, since its capacity is needed.",
        ),
        _ => become_state(
            request,
            State::Active,
            "fulfilled",
            "Your Spot request is fulfilled.",
        ),
    };
    step.unwrap_or(Step::Nothing)
}

/// Its instance has ended.
fn ended(request: &SpotRequest, instance: Option<Seen>) -> Step {
    let (unplaced, interrupted) =
        instance.map_or((false, false), |it| (it.unplaced, it.interrupted));
    let why = match (unplaced, interrupted) {
        (true, _) => no_capacity(),
        (false, true) => Why::new(
            "instance-terminated-no-capacity",
            "Your Spot Instance was terminated because there is no Spot capacity available.",
        ),
        (false, false) => Why::new(
            "instance-terminated-by-user",
            "Your Spot Instance was terminated by a user, or ended by itself.",
        ),
    };
    let asks_again = request.terms.persistent || (unplaced && !request.immediate);
    let state = match asks_again && request.fleet.is_none() {
        true => State::Open,
        false => State::Closed,
    };
    Step::Become(state, why)
}

/// How long a request waits until capacity is looked for again.
pub fn pause(request: &SpotRequest, now: Timestamp) -> Duration {
    let waited = now.since(request.updated_at);
    (waited / 2).clamp(FIRST_PAUSE, LAST_PAUSE)
}

pub fn no_capacity() -> Why {
    Why::new(
        "capacity-not-available",
        "There is no Spot capacity available that matches your request.",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{launch_templates::LaunchTemplateData, spot::Terms};

    const NOW: Timestamp = Timestamp(1_000_000);

    fn request(persistent: bool, state: State, code: &str) -> SpotRequest {
        let terms = Terms {
            persistent,
            ..Terms::default()
        };
        let launch = (terms, LaunchTemplateData::default());
        let mut it = SpotRequest::of_launch("sir-00000001".to_owned(), launch, Timestamp(0));
        it.state = state;
        code.clone_into(&mut it.why.code);
        it
    }

    fn seen(state: InstanceState) -> Seen {
        Seen {
            state,
            noticed: false,
            interrupted: false,
            unplaced: false,
        }
    }

    /// State and code that follow.
    fn next(request: &SpotRequest, instance: Option<Seen>) -> Option<(State, String)> {
        match step(request, instance, NOW) {
            Step::Become(state, why) => Some((state, why.code)),
            _ => None,
        }
    }

    #[test]
    fn what_follows_what_becomes_of_the_instance() {
        use InstanceState::{Running, ShuttingDown, Stopped, Terminated};
        let noticed = Seen {
            noticed: true,
            ..seen(Running)
        };
        let taken = Seen {
            interrupted: true,
            ..seen(ShuttingDown)
        };
        let unplaced = Seen {
            unplaced: true,
            ..seen(Terminated)
        };
        let stopped = Seen {
            interrupted: true,
            ..seen(Stopped)
        };
        for (persistent, instance, state, code) in [
            (false, Some(seen(Running)), State::Active, "fulfilled"),
            (
                false,
                Some(noticed),
                State::Active,
                "marked-for-termination",
            ),
            (
                false,
                Some(taken),
                State::Closed,
                "instance-terminated-no-capacity",
            ),
            (
                true,
                Some(taken),
                State::Open,
                "instance-terminated-no-capacity",
            ),
            (
                false,
                Some(seen(Terminated)),
                State::Closed,
                "instance-terminated-by-user",
            ),
            (true, None, State::Open, "instance-terminated-by-user"),
            (false, Some(unplaced), State::Open, "capacity-not-available"),
            (
                true,
                Some(stopped),
                State::Disabled,
                "instance-stopped-no-capacity",
            ),
            (
                true,
                Some(seen(Stopped)),
                State::Disabled,
                "instance-stopped-by-user",
            ),
        ] {
            let found = next(&request(persistent, State::Active, "?"), instance);
            assert_eq!(found, Some((state, code.to_owned())), "{instance:?}");
        }
        let mut it = request(true, State::Active, "");
        it.terms.on_interruption = Interruption::Stop;
        assert_eq!(next(&it, Some(noticed)).unwrap().1, "marked-for-stop");
    }

    #[test]
    fn what_was_stopped_for_its_capacity_starts_again() {
        let stopped = Seen {
            interrupted: true,
            ..seen(InstanceState::Stopped)
        };
        let mut it = request(true, State::Active, "fulfilled");
        let Step::Become(state, why) = step(&it, Some(stopped), NOW) else {
            panic!("it is disabled first");
        };
        it.become_state(state, why, NOW);
        assert_eq!(step(&it, Some(stopped), NOW), Step::Start);
        // Whom a user stopped, a user starts.
        let by_user = seen(InstanceState::Stopped);
        let Step::Become(state, why) = step(&it, Some(by_user), NOW) else {
            panic!("by whom is another reason");
        };
        it.become_state(state, why, NOW);
        assert_eq!(step(&it, Some(by_user), NOW), Step::Nothing);
    }

    #[test]
    fn a_request_waits_for_its_time_and_ends_with_it() {
        let mut it = request(false, State::Open, "pending-evaluation");
        assert_eq!(step(&it, None, NOW), Step::Launch);
        it.terms.valid_from = Some(NOW + Duration::from_secs(60));
        assert_eq!(next(&it, None).unwrap().1, "not-scheduled-yet");
        it.terms.valid_from = None;
        it.terms.valid_until = Some(NOW);
        assert_eq!(
            next(&it, None),
            Some((State::Closed, "schedule-expired".to_owned()))
        );
    }

    #[test]
    fn who_waits_long_asks_seldom() {
        let mut it = request(false, State::Open, "capacity-not-available");
        for (waited, expected) in [(0, 2), (4, 2), (30, 15), (3600, 60)] {
            it.updated_at = NOW;
            let now = NOW + Duration::from_secs(waited);
            assert_eq!(pause(&it, now).as_secs(), expected, "{waited}");
        }
        // A clock that was set back.
        it.updated_at = NOW + LAST_PAUSE;
        assert_eq!(pause(&it, NOW), FIRST_PAUSE);
    }

    fn any_seen() -> impl Strategy<Value = Option<Seen>> {
        use InstanceState::{Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
        let states = proptest::sample::select(vec![
            Pending,
            Running,
            ShuttingDown,
            Stopped,
            Stopping,
            Terminated,
        ]);
        let seen = (states, any::<[bool; 3]>());
        proptest::option::of(
            seen.prop_map(|(state, [noticed, interrupted, unplaced])| Seen {
                state,
                noticed,
                interrupted,
                unplaced,
            }),
        )
    }

    proptest! {
        /// Whatever is seen, a request comes to rest, and one that has an instance that lives asks for no other.
        #[test]
        fn it_comes_to_rest(persistent: bool, instance in any_seen()) {
            let mut it = request(persistent, State::Active, "?");
            for _ in 0..4 {
                match step(&it, instance, NOW) {
                    Step::Become(state, why) => it.become_state(state, why, NOW),
                    Step::Launch => {
                        let lives = instance.is_some_and(|it| it.state.lives());
                        prop_assert!(!lives);
                        return Ok(());
                    }
                    _ => return Ok(()),
                }
            }
            prop_assert!(false, "{it:?} with {instance:?} does not rest");
        }
    }
}
