use proptest::prelude::*;

use super::*;
use Adjustment::{ChangeInCapacity, ExactCapacity, PercentChangeInCapacity};

fn step(lower: Option<f64>, upper: Option<f64>, adjustment: i32) -> Step {
    Step {
        lower,
        upper,
        adjustment,
    }
}

fn policy(adjustment: Adjustment, steps: &[Step]) -> StepPolicy {
    StepPolicy::new(adjustment, steps.to_vec(), None).unwrap()
}

#[test]
fn the_example_of_the_documentation() {
    // Threshold 50: +0 to 60, +10 % to 70, +30 % beyond; -0 to 40, -10 % to 30, -30 % below.
    let out = policy(
        PercentChangeInCapacity,
        &[
            step(Some(0.0), Some(10.0), 0),
            step(Some(10.0), Some(20.0), 10),
            step(Some(20.0), None, 30),
        ],
    );
    for (difference, expected) in [
        (0.0, Some(10)),
        (9.9, Some(10)),
        (10.0, Some(11)),
        (20.0, Some(13)),
        (1e300, Some(13)),
        (f64::INFINITY, Some(13)),
        (-0.1, None),
        (f64::NAN, None),
    ] {
        assert_eq!(out.wanted(10, difference), expected, "at {difference}");
    }
    let back = policy(
        PercentChangeInCapacity,
        &[
            step(Some(-10.0), Some(0.0), 0),
            step(Some(-20.0), Some(-10.0), -10),
            step(None, Some(-20.0), -30),
        ],
    );
    for (difference, expected) in [
        (0.0, Some(10)),
        (-9.9, Some(10)),
        (-10.0, Some(9)),
        (-20.0, Some(7)),
        (f64::NEG_INFINITY, Some(7)),
        (0.1, None),
    ] {
        assert_eq!(back.wanted(10, difference), expected, "at {difference}");
    }
}

#[test]
fn a_percentage_is_rounded_as_documented() {
    for (current, percent, expected) in [
        (127, 10, 139), // 12.7 becomes 12
        (67, 1, 68),    // 0.67 becomes 1
        (42, -2, 41),   // -0.84 becomes -1
        (78, -14, 68),  // -10.92 becomes -10
        (10, 0, 10),
        (0, 50, 0),
        (10, -200, 0),
        (u32::MAX, i32::MAX, u32::MAX),
        (u32::MAX, i32::MIN, 0),
    ] {
        let policy = policy(PercentChangeInCapacity, &[step(Some(0.0), None, percent)]);
        assert_eq!(
            policy.wanted(current, 1.0),
            Some(expected),
            "{percent} % of {current}"
        );
    }
}

#[test]
fn a_least_magnitude_is_kept_in_the_direction_of_the_step() {
    for (current, percent, least, expected) in [
        (4, 25, 2, 6),
        (4, -25, 2, 2),
        (0, 50, 3, 3),
        (100, 25, 2, 125),
        (4, 0, 2, 4),
    ] {
        let steps = vec![step(Some(0.0), None, percent)];
        let policy = StepPolicy::new(PercentChangeInCapacity, steps, Some(least)).unwrap();
        assert_eq!(policy.wanted(current, 0.0), Some(expected));
    }
}

#[test]
fn the_other_adjustments() {
    let up = [step(Some(0.0), None, 7)];
    assert_eq!(policy(ChangeInCapacity, &up).wanted(3, 0.0), Some(10));
    assert_eq!(policy(ExactCapacity, &up).wanted(30, 0.0), Some(7));
    let down = [step(None, Some(0.0), -7)];
    assert_eq!(policy(ChangeInCapacity, &down).wanted(3, -1.0), Some(0));
}

#[test]
fn steps_that_are_none() {
    use BadSteps::{
        Empty, Gap, Magnitude, NegativeCapacity, NotFinite, OpenAbove, OpenBelow, Overlap,
        Reversed, TooMany, Unbounded,
    };
    let half = |at| step(Some(at), None, 1);
    let cases: Vec<(Adjustment, Vec<Step>, Option<u32>, BadSteps)> = vec![
        (ChangeInCapacity, vec![], None, Empty),
        (ChangeInCapacity, vec![half(0.0); 21], None, TooMany),
        (ChangeInCapacity, vec![half(f64::NAN)], None, NotFinite),
        (ChangeInCapacity, vec![half(f64::INFINITY)], None, NotFinite),
        (
            ChangeInCapacity,
            vec![step(Some(2.0), Some(2.0), 1)],
            None,
            Reversed,
        ),
        (ChangeInCapacity, vec![step(None, None, 1)], None, Unbounded),
        (ChangeInCapacity, vec![half(0.0), half(5.0)], None, Overlap),
        (
            ChangeInCapacity,
            vec![step(Some(0.0), Some(4.0), 1), half(5.0)],
            None,
            Gap,
        ),
        (
            ChangeInCapacity,
            vec![step(Some(-4.0), Some(0.0), 1)],
            None,
            OpenBelow,
        ),
        (
            ChangeInCapacity,
            vec![step(Some(0.0), Some(4.0), 1)],
            None,
            OpenAbove,
        ),
        (
            ExactCapacity,
            vec![step(Some(0.0), None, -1)],
            None,
            NegativeCapacity,
        ),
        (ChangeInCapacity, vec![half(0.0)], Some(1), Magnitude),
    ];
    for (adjustment, steps, magnitude, expected) in cases {
        let found = StepPolicy::new(adjustment, steps.clone(), magnitude);
        assert_eq!(found, Err(expected), "{steps:?}");
    }
}

proptest! {
    /// Any metric on the side of the threshold that the steps are for is in exactly one of them.
    #[test]
    fn exactly_one_step_holds(
        cuts in prop::collection::btree_set(0_i32..1_000, 0..19),
        difference in 0.0_f64..2_000.0,
        below: bool,
    ) {
        let mut edges: Vec<f64> = cuts.iter().filter(|it| **it > 0).map(|it| f64::from(*it)).collect();
        edges.insert(0, 0.0);
        let steps: Vec<Step> = (0..edges.len()).map(|at| {
            let (near, far) = (edges[at], edges.get(at + 1).copied());
            match below {
                false => step(Some(near), far, 1),
                true => step(far.map(|it| -it), Some(-near), -1),
            }
        }).collect();
        let policy = StepPolicy::new(ChangeInCapacity, steps, None).unwrap();
        let difference = if below { -difference } else { difference };
        let held = policy.steps.iter().filter(|it| holds(it, difference)).count();
        prop_assert_eq!(held, 1);
    }

    /// Whatever the numbers are, a capacity comes out, on the side that the step says.
    #[test]
    fn a_step_moves_its_own_way(
        current: u32,
        adjustment: i32,
        difference in prop::num::f64::ANY,
        magnitude in prop::option::of(any::<u32>()),
    ) {
        let steps = vec![step(Some(0.0), None, adjustment), step(None, Some(0.0), adjustment)];
        let policy = StepPolicy::new(PercentChangeInCapacity, steps, magnitude).unwrap();
        match policy.wanted(current, difference) {
            None => prop_assert!(difference.is_nan()),
            Some(wanted) if adjustment >= 0 => prop_assert!(wanted >= current),
            Some(wanted) => prop_assert!(wanted <= current),
        }
    }
}
