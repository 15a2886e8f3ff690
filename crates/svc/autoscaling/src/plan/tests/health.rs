//! Which instances are replaced since something is wrong with them, and when.

use super::*;

#[test]
fn what_does_not_run_is_replaced_at_once_and_what_is_impaired_after_its_grace() {
    let mut case = Case::of(
        group(&["a"], 0, 1, 1),
        vec![member("1", "a", State::InService)],
    );
    case.group.grace_seconds = 2000;
    let seen = case.seen.instances.get_mut("i-1").unwrap();
    seen.impaired_since = Some(second(0));
    assert!(case.plan().changes_nothing());
    case.at = 2000;
    let plan = case.plan();
    assert_eq!(plan.members["1"].state, State::Terminating);
    assert_eq!(
        plan.activities[0].1.cause,
        format!("At 1970-01-01T00:33:20Z {}", words::IMPAIRED)
    );
    case.at = 1000;
    case.seen.instances.clear();
    // It is gone: in the same plan its successor is launched.
    let plan = case.plan();
    assert_eq!(plan.members["1"].state, State::Terminating);
    assert_eq!(plan.members.len(), 2);
    // Protection is against scale-in alone.
    case.members[0].protected = true;
    assert_eq!(case.plan().members["1"].state, State::Terminating);
}

/// Their hosts were away with the server, or are away alone: all agents have the time to come back that the slowest may need.
#[test]
fn failed_checks_count_when_agents_had_time_to_come_back() {
    let members = ["1", "2", "3"].map(|it| member(it, "a", State::InService));
    let mut case = Case::of(group(&["a"], 0, 3, 3), members.to_vec());
    for (since, started) in [(1000, 0), (1010, 1000), (10, 1000)] {
        for it in case.seen.instances.values_mut() {
            it.impaired_since = Some(second(since));
        }
        case.seen.started_at = second(started);
        let begun = since.max(started);
        for at in [begun, begun + 149] {
            case.at = at;
            assert!(case.plan().changes_nothing(), "{since} {started} {at}");
        }
        case.at = begun + 150;
        assert_eq!(case.takes(), ["1", "2", "3"], "{since} {started}");
    }
    // One that came back has all of that time again.
    let back = case.seen.instances.get_mut("i-2").unwrap();
    back.impaired_since = None;
    assert_eq!(case.takes(), ["1", "3"]);
    // Nobody waits for one that is known to have ended.
    case.at = 1001;
    let ended = case.seen.instances.get_mut("i-3").unwrap();
    ended.state = Ec2State::Stopped;
    assert_eq!(case.takes(), ["3"]);
}
