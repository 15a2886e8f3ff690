use proptest::prelude::*;

use super::*;

fn high(value: f64) -> Observed {
    Observed {
        high: Reading::Alarm(value),
        low: Reading::Fine,
    }
}

fn low(value: f64) -> Observed {
    Observed {
        high: Reading::Fine,
        low: Reading::Alarm(value),
    }
}

fn say(target: f64, current: u32, observed: Observed) -> Say {
    let policy = TrackingPolicy::new(target, false).unwrap();
    policy.say(current, current, observed)
}

#[test]
fn capacity_follows_in_proportion() {
    for (target, current, observed, expected) in [
        (50.0, 2, high(80.0), Say::Out(4)),
        (50.0, 2, high(100.0), Say::Out(4)),
        (50.0, 2, high(100.1), Say::Out(5)),
        (50.0, 10, high(50.1), Say::Out(11)),
        (50.0, 10, low(20.0), Say::In(4)),
        (50.0, 10, low(44.0), Say::In(9)),
        // Nine would be above the target.
        (50.0, 10, low(45.1), Say::In(10)),
        (50.0, 10, low(0.0), Say::In(0)),
        // What floating point adds to three tenths is no load.
        (0.1, 3, high(0.1 + 1e-17), Say::Hold),
        (0.3, 3, high(0.1 + 0.2), Say::Hold),
        // A backlog without a task.
        (10.0, 0, high(35.0), Say::Out(4)),
        (1e-300, 4_000_000, high(1e300), Say::Out(u32::MAX)),
    ] {
        assert_eq!(say(target, current, observed), expected, "{observed:?}");
    }
}

#[test]
fn no_data_no_change() {
    let nothing = Observed {
        high: Reading::Missing,
        low: Reading::Missing,
    };
    assert_eq!(say(50.0, 4, nothing), Say::Hold);
    for odd in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(say(50.0, 4, high(odd)), Say::Hold);
        assert_eq!(say(50.0, 4, low(odd)), Say::Hold);
    }
}

#[test]
fn without_scale_in_it_neither_shrinks_nor_holds_others_back() {
    let policy = TrackingPolicy::new(50.0, true).unwrap();
    assert_eq!(policy.say(4, 4, low(1.0)), Say::Abstain);
    assert_eq!(policy.say(4, 4, high(100.0)), Say::Out(8));
}

#[test]
fn targets_that_are_none() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-320] {
        assert!(TrackingPolicy::new(bad, false).is_err(), "{bad}");
    }
}

proptest! {
    /// With what is wanted, the same load is at the target or below it, and with one less it is above.
    #[test]
    fn the_smallest_capacity_that_carries_the_load(
        target in 0.01_f64..10_000.0,
        current in 1_u32..10_000,
        part in 0.0_f64..20.0,
    ) {
        let load = target * part * f64::from(current);
        let value = load / f64::from(current);
        let observed = if value > target { high(value) } else { low(value) };
        match say(target, current, observed) {
            Say::Out(wanted) | Say::In(wanted) => {
                let slack = 1.0 + 1e-6;
                prop_assert!(load <= target * f64::from(wanted) * slack);
                prop_assert!(wanted == 0 || load * slack > target * f64::from(wanted - 1));
            }
            Say::Hold => prop_assert!(value <= target * (1.0 + 1e-6)),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn no_value_makes_a_high_alarm_shrink_or_a_low_one_grow(
        target in prop::num::f64::POSITIVE | prop::num::f64::NORMAL,
        current: u32,
        value in prop::num::f64::ANY,
    ) {
        prop_assume!(target.is_normal() && target > 0.0);
        match say(target, current, high(value)) {
            Say::Out(wanted) => prop_assert!(wanted > current),
            other => prop_assert_eq!(other, Say::Hold),
        }
        match say(target, current, low(value)) {
            Say::In(wanted) => prop_assert!(wanted <= current),
            other => prop_assert_eq!(other, Say::Hold),
        }
    }
}
