use super::*;
use crate::records::Version;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn secret() -> Secret {
    let mut secret = Secret {
        suffix: "aB3dE6".to_owned(),
        kms_key: None,
        description: None,
        created_at: NOW,
        changed_at: NOW,
        accessed_at: None,
        deletion: None,
        policy: None,
        tags: Default::default(),
        versions: BTreeMap::new(),
        replicas: Default::default(),
        owner: None,
        copies: Default::default(),
        copying: None,
        rotation: Some(Rotation {
            enabled: true,
            by: "https://rotate.example/".to_owned(),
            role: None,
            parameters: BTreeMap::new(),
            rules: Rules {
                after_days: Some(30),
                ..Rules::default()
            },
            last_at: None,
            next_at: None,
            turn: None,
        }),
        unknown: Default::default(),
    };
    let current = Version {
        created_at: NOW,
        accessed_at: None,
        stages: [versions::CURRENT.to_owned()].into(),
        kms_key: None,
    };
    secret.versions.insert("first".to_owned(), current);
    secret
}

fn turn(secret: &Secret) -> Option<&Turn> {
    secret.rotation.as_ref()?.turn.as_ref()
}

#[test]
fn four_steps_and_a_new_current_version() {
    let mut it = secret();
    begin(&mut it, TOKEN, false, NOW).unwrap();
    assert!(versions::is(&it, TOKEN, versions::PENDING));
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        assert_eq!(turn(&it).unwrap().step.name(), step);
        if step == "finishSecret" {
            let (from, to) = (Some("first"), Some(TOKEN));
            versions::move_stage(&mut it, versions::CURRENT, from, to, NOW).unwrap();
        }
        tried(&mut it, Tried::Done, NOW);
    }
    assert_eq!(turn(&it), None);
    assert!(!versions::is(&it, TOKEN, versions::PENDING));
    let rotation = it.rotation.unwrap();
    assert_eq!(rotation.last_at, Some(NOW));
    assert_eq!(rotation.next_at, Some(NOW + 30 * DAY));
}

#[test]
fn who_says_it_has_finished_and_has_not_is_asked_again_and_in_the_end_not_any_more() {
    let mut it = secret();
    begin(&mut it, TOKEN, false, NOW).unwrap();
    for _ in 0..3 {
        tried(&mut it, Tried::Done, NOW);
    }
    for tries in 1..=MOST_TRIES {
        tried(&mut it, Tried::Done, NOW);
        let turn = turn(&it).unwrap();
        assert_eq!((turn.step, turn.failures), (Step::Finish, tries));
    }
    assert_eq!(turn(&it).unwrap().due_at, None);
    assert_eq!(due(it.rotation.as_ref().unwrap()), None);
    let turn = it.rotation.as_mut().unwrap().turn.as_mut().unwrap();
    again(turn, NOW);
    assert_eq!(due(it.rotation.as_ref().unwrap()), Some(NOW));
}

#[test]
fn a_test_changes_nothing() {
    let mut it = secret();
    begin(&mut it, TOKEN, true, NOW).unwrap();
    assert_eq!(it.versions.len(), 1);
    assert_eq!(turn(&it).unwrap().step, Step::Test);
    tried(&mut it, Tried::Done, NOW);
    assert_eq!(turn(&it), None);
    assert_eq!(it.rotation.unwrap().last_at, None);
}

#[test]
fn a_task_does_it_all() {
    let mut it = secret();
    begin(&mut it, TOKEN, false, NOW).unwrap();
    tried(&mut it, Tried::Running("task".to_owned()), NOW);
    assert_eq!(turn(&it).unwrap().task.as_deref(), Some("task"));
    tried(&mut it, Tried::Ended, NOW);
    assert_eq!(turn(&it).unwrap().failures, 1, "nothing is current yet");
    tried(&mut it, Tried::Running("another".to_owned()), NOW);
    versions::move_stage(&mut it, versions::CURRENT, Some("first"), Some(TOKEN), NOW).unwrap();
    tried(&mut it, Tried::Ended, NOW);
    assert_eq!(turn(&it), None);
}

#[test]
fn rules() {
    let given = |days, schedule: Option<&str>, duration: Option<&str>| {
        Rules::given(RotationRulesType {
            automatically_after_days: days,
            schedule_expression: schedule.map(str::to_owned),
            duration: duration.map(str::to_owned),
        })
    };
    let hourly = given(None, Some("rate(4 hours)"), Some("3h")).unwrap();
    assert_eq!(hourly.next(NOW), Some(NOW + Duration::from_secs(4 * 3600)));
    for (schedule, duration) in [
        ("cron(0 8 1 * ? *)", None),
        ("cron(0 8 1 * ? *)", Some("16h")),
        ("cron(0 */4 * * ? *)", Some("4h")),
        ("cron(0 0,12 ? * MON *)", Some("12h")),
        ("rate(1 day)", Some("24h")),
        ("rate(999 days)", None),
    ] {
        let taken = given(None, Some(schedule), duration);
        assert!(taken.is_ok(), "{schedule} {taken:?}");
    }
    assert_eq!(Rules::default().next(NOW), None);
    for (days, schedule, duration) in [
        (Some(1), Some("rate(1 day)"), None),
        (None, Some("sometimes"), None),
        (None, Some("at(2030-01-01T00:00:00)"), None),
        (None, None, Some("25h")),
        (None, None, Some("h")),
        (None, Some("rate(3 hours)"), None),
        (None, Some("rate(1000 days)"), None),
        (None, Some("rate(300 minutes)"), None),
        (None, Some("rate(4 hours)"), Some("5h")),
        (None, Some("cron(30 8 * * ? *)"), None),
        (None, Some("cron(0 8 * * ? 2099)"), None),
        (None, Some("cron(0 8 30 2 ? *)"), None),
        (None, Some("cron(0 * * * ? *)"), None),
        (None, Some("cron(0 0,22 * * ? *)"), None),
        (None, Some("cron(0 */4 * * ? *)"), Some("5h")),
        (None, Some("cron(0 8 1 * ? *)"), Some("17h")),
    ] {
        let refused = given(days, schedule, duration);
        assert!(refused.is_err(), "{schedule:?} {duration:?}");
    }
}
