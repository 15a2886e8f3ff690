use proptest::prelude::*;

use super::*;
use crate::{
    alarm::judge::{Comparison, Missing},
    records::Watches,
};

const NOW: Timestamp = Timestamp::from_millis(1_795_392_000_000);

fn rule(missing: Missing) -> Rule {
    Rule {
        periods: 1,
        datapoints: 1,
        comparison: Comparison::Greater,
        missing,
    }
}

fn alarm() -> Alarm {
    Alarm::new("a".to_owned(), Watches::Alarms(String::new()), NOW)
}

fn line(name: &str, values: [Option<f64>; 3]) -> Seen {
    Seen {
        attributes: BTreeMap::from([("Host".to_owned(), name.to_owned())]),
        looked: Looked {
            values: values.to_vec(),
            bounds: vec![Some(Bounds::Threshold(10.0)); 3],
            times: vec![1_795_391_820, 1_795_391_880, 1_795_391_940],
            period: 60,
            statistic: None,
            unit: None,
            at: NOW,
        },
    }
}

#[test]
fn each_line_is_judged_by_itself() {
    let seen = vec![
        line("a", [None, Some(5.0), Some(11.0)]),
        line("b", [None, Some(5.0), Some(6.0)]),
        line("c", [None, None, Some(12.0)]),
        line("none", [None, None, None]),
    ];
    let made = together(&rule(Missing::Unfilled), &alarm(), seen, NOW);
    let state = made.state.unwrap();
    assert_eq!(state.0, StateValue::Alarm);
    assert_eq!(state.1, "2 out of 3 time series evaluated to ALARM");
    let alarming: Vec<&Contributor> = made.contributors.values().collect();
    assert_eq!(alarming.len(), 2);
    assert!(made.contributors.keys().all(|it| it.len() == 16));
    let of_a = alarming
        .iter()
        .find(|it| it.attributes["Host"] == "a")
        .unwrap();
    assert_eq!(
        of_a.reason,
        "Threshold Crossed: 1 datapoint was greater than the threshold (10.0). The most recent datapoint which crossed the threshold: [11.0 (22/11/26 23:59:00)]."
    );
}

#[test]
fn lines_that_recover_or_go_are_ok_and_without_any_missing_data_decide() {
    let mut before = alarm();
    let seen = vec![
        line("a", [None, None, Some(11.0)]),
        line("b", [None, None, Some(11.0)]),
    ];
    before.contributors = together(&rule(Missing::Unfilled), &before, seen, NOW).contributors;
    let seen = vec![line("a", [None, Some(11.0), Some(9.0)])];
    let made = together(&rule(Missing::Unfilled), &before, seen, NOW);
    assert_eq!(
        made.state,
        Some((
            StateValue::Ok,
            "1 out of 1 time series evaluated to OK".to_owned()
        ))
    );
    assert!(
        made.contributors
            .values()
            .all(|it| it.state == StateValue::Ok)
    );
    assert!(made.contributors.values().any(|it| it.reason == GONE));
    for (missing, state) in [
        (Missing::Unfilled, Some(StateValue::InsufficientData)),
        (Missing::Ignore, None),
        (Missing::Breaching, Some(StateValue::Alarm)),
        (Missing::NotBreaching, Some(StateValue::Ok)),
    ] {
        let made = together(&rule(missing), &before, Vec::new(), NOW);
        assert_eq!(made.state.map(|it| it.0), state, "{missing:?}");
    }
}

#[test]
fn an_alarm_is_judged_by_more_lines_than_are_kept() {
    let long = |it: usize| format!("{it:03}{}", "x".repeat(1000));
    let hot = |it| line(&long(it), [None, None, Some(11.0)]);
    let bytes = |it: &Together| it.contributors.values().map(weight).sum::<usize>();
    let made = together(
        &rule(Missing::Unfilled),
        &alarm(),
        (0..400).map(hot).collect(),
        NOW,
    );
    assert!(
        made.partial && bytes(&made) <= MOST_BYTES,
        "{}",
        bytes(&made)
    );
    assert!(made.contributors.len() > 100);
    let said = "400 out of 400 time series evaluated to ALARM".to_owned();
    assert_eq!(made.state, Some((StateValue::Alarm, said)));
    // They go, and others come: those that are told of make room for these.
    let mut before = alarm();
    before.contributors = made.contributors;
    let others = || (400..420).map(hot).collect();
    let made = together(&rule(Missing::Unfilled), &before, others(), NOW);
    assert!(
        made.partial && bytes(&made) <= MOST_BYTES,
        "{}",
        bytes(&made)
    );
    before.contributors = made.contributors;
    for it in before.contributors.values_mut() {
        assert_eq!(it.state, StateValue::Ok);
        it.told = it.state;
    }
    let made = together(&rule(Missing::Unfilled), &before, others(), NOW);
    assert_eq!((made.partial, made.contributors.len()), (false, 20));
    // One alone is too large.
    let large = line(&"\"".repeat(9000), [None, None, Some(11.0)]);
    let made = together(&rule(Missing::Unfilled), &alarm(), vec![large], NOW);
    assert_eq!((made.partial, made.contributors.len()), (true, 0));
    assert_eq!(made.state.unwrap().0, StateValue::Alarm);
}

proptest! {
    /// The alarm is in ALARM exactly while one of its lines is, whatever was before.
    #[test]
    fn an_alarm_is_what_its_lines_are(
        looks in prop::collection::vec(
            prop::collection::btree_map("[a-d]", prop::array::uniform3(prop::option::of(0.0f64..20.0)), 0..5),
            1..6,
        ),
    ) {
        let mut alarm = alarm();
        for look in looks {
            let some = look.values().any(|it| it.iter().any(Option::is_some));
            let seen = look.into_iter().map(|(name, values)| line(&name, values));
            let made = together(&rule(Missing::Unfilled), &alarm, seen.collect(), NOW);
            let alarming = made.contributors.values().any(|it| it.state == StateValue::Alarm);
            let expected = match (some, alarming) {
                (false, _) => StateValue::InsufficientData,
                (true, true) => StateValue::Alarm,
                (true, false) => StateValue::Ok,
            };
            prop_assert_eq!(made.state.as_ref().map(|it| it.0), Some(expected));
            alarm.contributors = made.contributors;
        }
    }
}
