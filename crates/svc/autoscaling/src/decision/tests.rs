use serde_json::{Value, json};
use wharf_scaling::readings::Alarmed;

use super::*;
use crate::{
    plan::{a_group, a_member},
    records::{Activity, Kind, Pooled, Status as ActivityStatus},
};

fn second(at: i64) -> Timestamp {
    Timestamp::from_millis(at * 1000)
}

/// A group of so many that have been in service since second 0.
fn group(desired: u32) -> (Group, Vec<Member>) {
    let group = Group {
        min: 0,
        max: 10,
        desired,
        cooldown_seconds: 300,
        warmup_seconds: Some(120),
        ..a_group()
    };
    let member = |at: u32| Member {
        in_service_at: Some(second(0)),
        ..a_member(&at.to_string(), "a", State::InService)
    };
    (group, (0..desired).map(member).collect())
}

fn policy(way: Given) -> Vec<(Policy, Rule)> {
    let policy = Policy {
        name: "p".to_owned(),
        group: "g".to_owned(),
        uuid: "7".to_owned(),
        created_at: second(0),
        enabled: true,
        way,
        high_id: "8".to_owned(),
        low_id: "9".to_owned(),
        deleting: false,
        unknown: Default::default(),
    };
    let rule = Rule::of(&policy).unwrap();
    vec![(policy, rule)]
}

fn simple(by: i32) -> Vec<(Policy, Rule)> {
    policy(Given::Simple {
        adjustment: "ChangeInCapacity".to_owned(),
        by,
        min_magnitude: None,
        cooldown_seconds: Some(60),
    })
}

fn tracking(target: f64) -> Vec<(Policy, Rule)> {
    policy(Given::Tracking {
        configuration: configuration(target),
        warmup_seconds: None,
    })
}

fn configuration(target: f64) -> Value {
    json!({ "TargetValue": target, "CustomizedMetricSpecification": {
        "MetricName": "Load", "Namespace": "App", "Statistic": "Average" } })
}

fn said(alarm: &str, value: f64, at: i64) -> Vec<Reading> {
    said_by(alarm, value, (None, at))
}

/// By a datapoint of a time that began then.
fn said_of(alarm: &str, value: f64, (since, at): (Timestamp, i64)) -> Vec<Reading> {
    said_by(alarm, value, (Some(since), at))
}

fn said_by(alarm: &str, value: f64, (since, at): (Option<Timestamp>, i64)) -> Vec<Reading> {
    let alarmed = Alarmed {
        policy: String::new(),
        alarm: alarm.to_owned(),
        state: "ALARM".to_owned(),
        threshold: 50.0,
        values: vec![value],
        measured_from: since,
        at: second(at),
        every: Duration::from_secs(60),
    };
    vec![Reading::of("7", alarmed)]
}

/// The capacity after a word, if it changes.
fn after(
    (group, members): &mut (Group, Vec<Member>),
    policies: &[(Policy, Rule)],
    readings: &[Reading],
    now: i64,
) -> Option<u32> {
    let weighed = decided(group, members, policies, readings, None, second(now))?;
    heed(group, policies, &weighed, second(now)).then_some(group.desired)
}

#[test]
fn a_simple_policy_waits_for_activities_and_its_cooldown() {
    let (policies, mut of) = (simple(1), group(2));
    assert_eq!(
        after(&mut of, &policies, &said("hot", 60.0, 1000), 1001),
        Some(3)
    );
    assert_eq!(
        of.0.cause.as_deref(),
        Some(
            "At 1970-01-01T00:16:41Z a monitor alarm hot in state ALARM triggered policy p changing the desired capacity from 2 to 3."
        )
    );
    // The instance is not there yet.
    assert_eq!(
        after(&mut of, &policies, &said("hot", 60.0, 1060), 1061),
        None
    );
    of.0.resting.as_mut().unwrap().since = Some(second(1070));
    assert_eq!(
        after(&mut of, &policies, &said("hot", 60.0, 1120), 1121),
        None
    );
    assert_eq!(
        after(&mut of, &policies, &said("hot", 60.0, 1130), 1131),
        Some(4)
    );
}

#[test]
fn what_is_not_warm_yet_is_part_of_the_next_step() {
    let steps = [(0.0, Some(10.0), 10), (10.0, None, 30)];
    let step = |(lower, upper, by): (f64, Option<f64>, i32)| crate::records::Interval {
        lower: Some(lower),
        upper,
        by,
    };
    let policies = policy(Given::Step {
        adjustment: "PercentChangeInCapacity".to_owned(),
        steps: steps.map(step).into(),
        min_magnitude: None,
        aggregation: None,
        warmup_seconds: Some(200),
    });
    let (mut of, members) = group(10);
    of.max = 20;
    let mut of = (of, members);
    assert_eq!(
        after(&mut of, &policies, &said("hot", 55.0, 1000), 1000),
        Some(11)
    );
    let young = Member {
        in_service_at: Some(second(1010)),
        ..a_member("11", "a", State::InService)
    };
    of.1.push(young);
    // Three more than ten, of which one is there.
    assert_eq!(
        after(&mut of, &policies, &said("hot", 65.0, 1060), 1060),
        Some(13)
    );
}

#[test]
fn nothing_is_taken_away_before_all_are_warm() {
    let (policies, mut of) = (tracking(50.0), group(4));
    of.1[3].in_service_at = Some(second(950));
    let low = policy::alarm_name(&policies[0].0, Side::Low);
    assert_eq!(low, "TargetTracking-g-AlarmLow-9");
    assert_eq!(
        after(&mut of, &policies, &said(&low, 20.0, 1000), 1000),
        None
    );
    assert_eq!(
        after(&mut of, &policies, &said(&low, 20.0, 1080), 1080),
        Some(2)
    );
    // The next is not before the first has shown.
    of.1.truncate(2);
    assert_eq!(
        after(&mut of, &policies, &said(&low, 20.0, 1140), 1140),
        None
    );
    assert_eq!(
        after(&mut of, &policies, &said(&low, 20.0, 1210), 1210),
        Some(1)
    );
}

#[test]
fn a_target_is_tracked_within_bounds_and_by_enabled_policies() {
    let (mut policies, mut of) = (tracking(50.0), group(4));
    let high = policy::alarm_name(&policies[0].0, Side::High);
    policies[0].0.enabled = false;
    assert_eq!(
        after(&mut of, &policies, &said(&high, 75.0, 1000), 1000),
        None
    );
    policies[0].0.enabled = true;
    assert_eq!(
        after(&mut of, &policies, &said(&high, 75.0, 1000), 1000),
        Some(6)
    );
    let (mut of, policies) = (group(8), tracking(50.0));
    assert_eq!(
        after(&mut of, &policies, &said(&high, 500.0, 1000), 1000),
        Some(10)
    );
}

#[test]
fn what_was_measured_before_instances_were_warm_asks_for_no_more() {
    let (mut of, mut policies) = (group(2), tracking(100.0));
    let Given::Tracking { warmup_seconds, .. } = &mut policies[0].0.way else {
        unreachable!("it tracks");
    };
    *warmup_seconds = Some(10);
    let high = policy::alarm_name(&policies[0].0, Side::High);
    // Somebody added both within the minute that the alarm is about.
    of.1.iter_mut()
        .for_each(|it| it.in_service_at = Some(second(75)));
    assert_eq!(
        after(&mut of, &policies, &said(&high, 150.0, 125), 125),
        None
    );
    assert_eq!(
        after(&mut of, &policies, &said(&high, 150.0, 185), 185),
        Some(3)
    );
}

#[test]
fn what_was_measured_before_somebody_wanted_less_counts_for_nothing() {
    let policies = tracking(100.0);
    let [high, low] = [Side::High, Side::Low].map(|it| policy::alarm_name(&policies[0].0, it));
    // Tasks waited at second 130. They are gone, and so is what was there for them.
    let mut of = group(3);
    of.0.desire(0, second(160));
    for at in [181, 239] {
        let word = said(&high, 150.0, at);
        assert_eq!(after(&mut of, &policies, &word, at), None, "at {at}");
    }
    // Others waited in the minute that began after it.
    let word = said(&high, 200.0, 241);
    assert_eq!(after(&mut of, &policies, &word, 241), Some(2));

    // Half of four is what was left already.
    let mut of = group(4);
    of.0.desire(2, second(160));
    of.1.truncate(2);
    for at in [181, 239] {
        let word = said(&low, 50.0, at);
        assert_eq!(after(&mut of, &policies, &word, at), None, "at {at}");
    }
    let word = said(&low, 50.0, 241);
    assert_eq!(after(&mut of, &policies, &word, 241), Some(1));
}

#[test]
fn what_was_measured_before_somebody_wanted_less_goes_by_its_own_time() {
    let (mut of, policies) = (group(3), tracking(100.0));
    let high = policy::alarm_name(&policies[0].0, Side::High);
    of.0.desire(0, second(160));
    // Nothing was measured while the server was away, so the alarm stands by the minute before.
    let before = said_of(&high, 150.0, (second(120), 301));
    assert_eq!(after(&mut of, &policies, &before, 301), None);
    let since = said_of(&high, 150.0, (second(180), 301));
    assert_eq!(after(&mut of, &policies, &since, 301), Some(2));
}

#[test]
fn what_was_wanted_while_the_clock_was_ahead_or_of_steps_holds_nothing_back() {
    let (mut of, policies) = (group(3), tracking(100.0));
    let high = policy::alarm_name(&policies[0].0, Side::High);
    of.0.desire(2, second(7200));
    assert_eq!(
        after(&mut of, &policies, &said(&high, 150.0, 301), 301),
        Some(3)
    );
    // A step is what an alarm says, whatever there was.
    let (mut of, policies) = (group(2), simple(1));
    of.0.desire(1, second(990));
    assert_eq!(
        after(&mut of, &policies, &said("hot", 60.0, 1000), 1001),
        Some(2)
    );
    // Whoever wants more, or as much, takes nothing away.
    let mut group = a_group();
    group.desire(4, second(10));
    group.desire(4, second(20));
    assert_eq!((group.desired, group.lowered_at), (4, None));
    group.desire(3, second(30));
    assert_eq!((group.desired, group.lowered_at), (3, Some(second(30))));
}

#[test]
fn what_the_warm_pool_does_keeps_nothing_waiting() {
    let (group, mut members) = group(1);
    let activity = Activity {
        id: "1".to_owned(),
        group: "g".to_owned(),
        kind: Kind::Launch,
        instance: None,
        description: String::new(),
        cause: String::new(),
        started_at: second(0),
        ended_at: None,
        status: ActivityStatus::InProgress,
        message: None,
        progress: 0,
        subnet: "subnet-a".to_owned(),
        zone: "a".to_owned(),
        pooled: Pooled::No,
        unknown: Default::default(),
    };
    members[0].activity = Some(("1".to_owned(), activity));
    assert!(is_busy(&group, &members, second(1000)));
    members[0].pooled = Pooled::Of;
    assert!(!is_busy(&group, &members, second(1000)));
}
