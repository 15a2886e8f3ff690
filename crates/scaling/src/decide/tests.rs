use proptest::prelude::*;

use super::*;
use crate::{Adjustment, Reading, Step};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const COOLDOWN: Duration = Duration::from_secs(300);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn target(current: u32) -> Target {
    Target {
        current,
        bounds: Bounds::new(1, 10).unwrap(),
        suspended: Suspended::default(),
        cooldowns: Cooldowns::default(),
    }
}

fn policy(rule: Rule<'_>) -> Policy<'_> {
    Policy {
        rule,
        cooldown_out: COOLDOWN,
        cooldown_in: COOLDOWN,
    }
}

fn track(high: Reading, low: Reading) -> Policy<'static> {
    let tracking = TrackingPolicy::new(50.0, false).unwrap();
    policy(Rule::Track(tracking, Observed { high, low }))
}

fn high(value: f64) -> Policy<'static> {
    track(Reading::Alarm(value), Reading::Fine)
}

fn low(value: f64) -> Policy<'static> {
    track(Reading::Fine, Reading::Alarm(value))
}

fn adding(by: i32) -> StepPolicy {
    let steps = [(Some(0.0), Some(10.0), by), (Some(10.0), None, by * 2)];
    let steps = steps.map(|(lower, upper, adjustment)| Step {
        lower,
        upper,
        adjustment,
    });
    StepPolicy::new(Adjustment::ChangeInCapacity, steps.to_vec(), None).unwrap()
}

fn scaled(decision: Decision) -> Option<(u32, usize)> {
    match decision {
        Decision::Scale { to, by, .. } => Some((to, by)),
        _ => None,
    }
}

/// The target after a decision.
fn after(target: Target, decision: Decision) -> Target {
    match decision {
        Decision::Scale { to, cooldowns, .. } => Target {
            current: to,
            cooldowns,
            ..target
        },
        _ => target,
    }
}

#[test]
fn one_that_wants_more_is_enough_and_the_largest_wish_wins() {
    let missing = track(Reading::Missing, Reading::Missing);
    let policies = [low(10.0), high(80.0), high(150.0), missing, high(150.0)];
    assert_eq!(scaled(decide(&target(2), &policies, NOW)), Some((6, 2)));
}

#[test]
fn all_that_track_must_want_less() {
    let less = [low(10.0), low(20.0)];
    assert_eq!(scaled(decide(&target(10), &less, NOW)), Some((4, 1)));
    for other in [
        track(Reading::Fine, Reading::Fine),
        track(Reading::Missing, Reading::Missing),
        track(Reading::Fine, Reading::Missing),
    ] {
        let policies = [low(10.0), other];
        assert_eq!(decide(&target(10), &policies, NOW), Decision::Quiet);
    }
    let only_out = TrackingPolicy::new(50.0, true).unwrap();
    let fine = Observed {
        high: Reading::Fine,
        low: Reading::Fine,
    };
    let policies = [low(10.0), policy(Rule::Track(only_out, fine))];
    assert_eq!(scaled(decide(&target(10), &policies, NOW)), Some((2, 0)));
}

#[test]
fn a_step_shrinks_while_others_hold() {
    let step = adding(-1);
    let policies = [
        track(Reading::Fine, Reading::Fine),
        policy(Rule::Step(&step, Some(1.0))),
    ];
    assert_eq!(scaled(decide(&target(4), &policies, NOW)), Some((3, 1)));
}

#[test]
fn bounds_and_their_reasons() {
    let not = |why| Decision::Not { by: 0, why };
    for (current, wish, expected) in [
        (10, high(80.0), not(NotScaled::AlreadyAtMaxCapacity)),
        // Set by hand above the maximum: not taken back by a wish for more.
        (12, high(80.0), not(NotScaled::AlreadyAtMaxCapacity)),
        (1, low(0.0), not(NotScaled::AlreadyAtMinCapacity)),
        (0, low(0.0), not(NotScaled::AlreadyAtDesiredCapacity)),
        (10, low(49.0), not(NotScaled::AlreadyAtDesiredCapacity)),
    ] {
        assert_eq!(decide(&target(current), &[wish], NOW), expected);
    }
    assert_eq!(
        scaled(decide(&target(9), &[high(500.0)], NOW)),
        Some((10, 0))
    );
    assert_eq!(scaled(decide(&target(9), &[low(0.0)], NOW)), Some((1, 0)));
    assert_eq!(scaled(decide(&target(30), &[low(49.0)], NOW)), None);
    assert_eq!(
        scaled(decide(&target(30), &[low(25.0)], NOW)),
        Some((10, 0))
    );
}

#[test]
fn a_step_that_changes_nothing_says_so() {
    let step = adding(0);
    let policies = [policy(Rule::Step(&step, Some(1.0)))];
    let why = NotScaled::AlreadyAtDesiredCapacity;
    assert_eq!(
        decide(&target(4), &policies, NOW),
        Decision::Not { by: 0, why }
    );
    let policies = [policy(Rule::Step(&step, None))];
    assert_eq!(decide(&target(4), &policies, NOW), Decision::Quiet);
}

#[test]
fn suspended_directions_stay_still() {
    let mut it = target(5);
    it.suspended.scale_out = true;
    assert_eq!(decide(&it, &[high(80.0)], NOW), Decision::Quiet);
    assert!(scaled(decide(&it, &[low(10.0)], NOW)).is_some());
    it.suspended.scale_in = true;
    assert_eq!(decide(&it, &[low(10.0)], NOW), Decision::Quiet);
}

#[test]
fn a_larger_scale_out_counts_what_was_added_in_the_cooldown() {
    let step = adding(2);
    let by = |difference| [policy(Rule::Step(&step, Some(difference)))];
    let first = decide(&target(2), &by(1.0), NOW);
    let it = after(target(2), first);
    assert_eq!(it.current, 4);
    let soon = NOW + seconds(60);
    assert_eq!(decide(&it, &by(1.0), soon), Decision::Quiet);
    // Two were added of the four that it asks for now.
    let second = decide(&it, &by(11.0), soon);
    assert_eq!(scaled(second), Some((6, 0)));
    let it = after(it, second);
    assert_eq!(decide(&it, &by(11.0), soon + seconds(299)), Decision::Quiet);
    assert_eq!(
        scaled(decide(&it, &by(1.0), soon + seconds(300))),
        Some((8, 0))
    );
}

#[test]
fn nobody_takes_back_what_was_added_while_the_load_is_still_high() {
    let only_out = TrackingPolicy::new(50.0, true).unwrap();
    let observed = Observed {
        high: Reading::Alarm(80.0),
        low: Reading::Fine,
    };
    let policies = [policy(Rule::Track(only_out, observed)), low(10.0)];
    let grown = decide(&target(2), &policies, NOW);
    assert_eq!(scaled(grown), Some((4, 0)));
    let soon = NOW + seconds(60);
    let again = decide(&after(target(2), grown), &policies, soon);
    assert_eq!(again, Decision::Quiet);
}

#[test]
fn shrinking_waits_for_its_cooldown_and_growing_does_not() {
    let it = after(target(10), decide(&target(10), &[low(25.0)], NOW));
    assert_eq!(it.current, 5);
    let soon = NOW + seconds(299);
    let until = NOW + COOLDOWN;
    assert_eq!(
        decide(&it, &[low(10.0)], soon),
        Decision::Cooling { by: 0, until }
    );
    assert_eq!(scaled(decide(&it, &[low(10.0)], until)), Some((1, 0)));
    let grown = decide(&it, &[high(80.0)], soon);
    assert_eq!(scaled(grown), Some((8, 0)));
    // Growing ended the cooldown.
    let it = after(it, grown);
    assert_eq!(scaled(decide(&it, &[low(25.0)], soon)), Some((4, 0)));
}

#[test]
fn a_clock_that_was_set_back_prolongs_no_cooldown() {
    let it = after(target(10), decide(&target(10), &[low(25.0)], NOW));
    assert_eq!(
        scaled(decide(&it, &[low(10.0)], NOW - seconds(3_600))),
        Some((1, 0))
    );
}

fn readings() -> impl Strategy<Value = Reading> {
    prop_oneof![
        Just(Reading::Fine),
        Just(Reading::Missing),
        prop::num::f64::ANY.prop_map(Reading::Alarm),
        (0.0_f64..200.0).prop_map(Reading::Alarm),
    ]
}

proptest! {
    /// Safety: bounds hold, directions are what they say, nothing suspended moves, and a second look at
    /// the same readings changes nothing in the cooldown.
    #[test]
    fn decisions_are_safe(
        current in 0_u32..50,
        low in 0_u32..20,
        width in 0_u32..20,
        held_in: bool,
        held_out: bool,
        seen in prop::collection::vec((readings(), readings(), any::<bool>()), 0..5),
        steps in prop::collection::vec((-20_i32..20, prop::option::of(-30.0_f64..30.0)), 0..3),
    ) {
        let bounds = Bounds::new(low, low + width).unwrap();
        let suspended = Suspended { scale_in: held_in, scale_out: held_out, scheduled: false };
        let it = Target { current, bounds, suspended, cooldowns: Cooldowns::default() };
        let own: Vec<StepPolicy> = steps.iter().map(|(by, _)| adding(*by)).collect();
        let mut policies: Vec<Policy<'_>> = seen.iter().map(|(high, low, only_out)| {
            let tracking = TrackingPolicy::new(50.0, *only_out).unwrap();
            policy(Rule::Track(tracking, Observed { high: *high, low: *low }))
        }).collect();
        policies.extend(own.iter().zip(&steps).map(|(own, (_, by))| policy(Rule::Step(own, *by))));
        let decision = decide(&it, &policies, NOW);
        if let Decision::Scale { to, direction, by, .. } = decision {
            prop_assert!(by < policies.len());
            prop_assert!(bounds.min() <= to && to <= bounds.max());
            match direction {
                Direction::Out => prop_assert!(to > current && !held_out),
                Direction::In => prop_assert!(to < current && !held_in),
            }
            let again = decide(&after(it, decision), &policies, NOW + seconds(60));
            let opposite = match again {
                Decision::Scale { direction: other, .. } => other != direction,
                _ => false,
            };
            // Readings that were taken before the change do not take it back, unless a step policy of its
            // own says so.
            prop_assert!(!opposite || !steps.is_empty());
        }
    }
}
