use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_base::Timestamp;
use wharf_records::{Unknown, ecs::Tags};

use super::*;
use crate::records::{Kind, Meta, Tier};

fn parameter() -> Parameter {
    Parameter {
        name: "/a".to_owned(),
        id: "x".to_owned(),
        oldest: 1,
        latest: 1,
        current: Meta {
            kind: Kind::String,
            tier: Tier::Standard,
            description: None,
            allowed_pattern: None,
            data_type: "text".to_owned(),
            key_id: None,
            expiration: None,
            notices: Vec::new(),
            modified_at: Timestamp(0),
            modified_by: String::new(),
        },
        labels: BTreeMap::new(),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

fn texts(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn selectors_lead_to_versions() {
    let mut it = parameter();
    advance(&mut it).unwrap();
    attach(&mut it, Some(1), &texts(&["prod"])).unwrap();
    for (selector, expected) in [
        (None, Some(2)),
        (Some("1"), Some(1)),
        (Some("2"), Some(2)),
        (Some("prod"), Some(1)),
        (Some("0"), None),
        (Some("3"), None),
        (Some("-1"), None),
        (Some("99999999999999999999"), None),
        (Some("test"), None),
    ] {
        assert_eq!(find(&it, selector).ok(), expected, "{selector:?}");
    }
    let refused = find(&it, Some("3")).unwrap_err();
    assert_eq!(refused.code, "ParameterVersionNotFound");
    assert_eq!(
        refused.message,
        "Systems Manager could not find version 3 of /a. Verify the version and try again."
    );
}

#[test]
fn labels_have_rules() {
    let mut it = parameter();
    advance(&mut it).unwrap();
    let given = texts(&["ok", "1st", "awsX", "SSM", "a b", "a_b.c-d", "é"]);
    let (version, invalid) = attach(&mut it, None, &given).unwrap();
    assert_eq!(version, 2);
    assert_eq!(invalid, texts(&["1st", "awsX", "SSM", "a b", "é"]));
    assert_eq!(labels_of(&it, 2), ["a_b.c-d", "ok"]);
    attach(&mut it, Some(1), &texts(&["ok"])).unwrap();
    assert_eq!(labels_of(&it, 1), ["ok"]);
    assert_eq!(labels_of(&it, 2), ["a_b.c-d"]);
    let many: Vec<String> = (0..10).map(|n| format!("l{n}")).collect();
    let refused = attach(&mut it.clone(), Some(2), &many).unwrap_err();
    assert_eq!(refused.code, "ParameterVersionLabelLimitExceeded");
    assert!(
        refused
            .message
            .starts_with("A parameter version can have maximum 10 labels.")
    );
    for version in [0, 3, -1, i64::MIN, i64::MAX] {
        let refused = attach(&mut it, Some(version), &many).unwrap_err();
        assert_eq!(refused.code, "ParameterVersionNotFound", "{version}");
        assert!(detach(&mut it, version, &many).is_err(), "{version}");
    }
    let (removed, invalid) = detach(&mut it, 1, &texts(&["ok", "a_b.c-d", "x"])).unwrap();
    assert_eq!(removed, texts(&["ok"]));
    assert_eq!(invalid, texts(&["a_b.c-d", "x"]));
}

#[test]
fn a_label_keeps_the_oldest_version() {
    let mut it = parameter();
    for _ in 1..MAX_VERSIONS {
        assert_eq!(advance(&mut it), Ok(None));
    }
    attach(&mut it, Some(1), &texts(&["kept"])).unwrap();
    let refused = advance(&mut it.clone()).unwrap_err();
    assert_eq!(refused.code, "ParameterMaxVersionLimitExceeded");
    assert_eq!(
        refused.message,
        "You attempted to create a new version of /a by calling the PutParameter API with the \
         overwrite flag. Version 1, the oldest version, can't be deleted because it has a label \
         associated with it. Move the label to another version of the parameter, and try again."
    );
    detach(&mut it, 1, &texts(&["kept"])).unwrap();
    assert_eq!(advance(&mut it), Ok(Some(1)));
    assert_eq!((it.oldest, it.latest), (2, 101));
}

/// What a user does.
#[derive(Debug, Clone)]
enum Step {
    Put,
    Attach(i64, usize),
    Detach(i64, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let version = || 0..130i64;
    let step = prop_oneof![
        6 => Just(Step::Put),
        2 => (version(), 0..4usize).prop_map(|(version, label)| Step::Attach(version, label)),
        1 => (version(), 0..4usize).prop_map(|(version, label)| Step::Detach(version, label)),
    ];
    prop::collection::vec(step, 0..260)
}

proptest! {
    /// Beside a list of versions, each with its labels.
    #[test]
    fn versions_and_labels_are_as_in_a_plain_list(steps in steps()) {
        let labels = ["a", "b", "c", "d"];
        let mut it = parameter();
        let mut list: Vec<(i64, Vec<&str>)> = vec![(1, Vec::new())];
        for step in steps {
            match step {
                Step::Put => {
                    let last = list.last().map_or(0, |(number, _)| *number);
                    let is_stuck = list.len() == 100 && !list[0].1.is_empty();
                    prop_assert_eq!(advance(&mut it).is_err(), is_stuck);
                    if !is_stuck {
                        list.push((last + 1, Vec::new()));
                        if list.len() > 100 {
                            list.remove(0);
                        }
                    }
                }
                Step::Attach(version, label) => {
                    let label = labels[label];
                    let there = list.iter().any(|(number, _)| *number == version);
                    prop_assert_eq!(attach(&mut it, Some(version), &texts(&[label])).is_ok(), there);
                    for (number, all) in list.iter_mut().filter(|_| there) {
                        all.retain(|it| *it != label);
                        if *number == version {
                            all.push(label);
                        }
                    }
                }
                Step::Detach(version, label) => {
                    let label = labels[label];
                    let there = list.iter_mut().find(|(number, _)| *number == version);
                    let had = there.map(|(_, all)| {
                        let had = all.contains(&label);
                        all.retain(|it| *it != label);
                        had
                    });
                    let found = detach(&mut it, version, &texts(&[label])).ok();
                    prop_assert_eq!(found.map(|(removed, _)| !removed.is_empty()), had);
                }
            }
        }
        for (number, all) in &list {
            let version = u64::try_from(*number).unwrap();
            prop_assert_eq!(find(&it, Some(&number.to_string())).ok(), Some(version));
            let mut all = texts(all);
            all.sort();
            prop_assert_eq!(labels_of(&it, version), all);
        }
        prop_assert_eq!(usize::try_from(it.latest - it.oldest + 1).unwrap(), list.len());
    }
}
