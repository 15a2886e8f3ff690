//! Versions of a secret and the staging labels that lead to them. Pure.

use std::{collections::BTreeSet, time::Duration};

use wharf_api_secretsmanager::faults;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Secret, Version},
};

pub const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
/// The version that a rotation makes.
pub const PENDING: &str = "AWSPENDING";
/// Versions that follow their secret when it gets another key.
pub const REKEYED: [&str; 3] = [CURRENT, PREVIOUS, PENDING];

/// Versions that are kept; beyond them the oldest without a label go, once they are a day old.
const MAX_VERSIONS: usize = 100;
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Labels over all versions of a secret, as in AWS.
const MAX_STAGES: usize = 20;

/// Adds a version with these labels, which other versions lose, under a key of KMS if it is under one. Returns
/// the versions that are gone.
///
/// # Errors
/// More labels or versions than a secret can have.
pub fn add(
    secret: &mut Secret,
    id: &str,
    stages: &[String],
    key: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, Fault> {
    let version = Version {
        created_at: now,
        accessed_at: None,
        stages: BTreeSet::new(),
        kms_key: key.map(str::to_owned),
    };
    // A rotation makes its version before it has a value.
    let version = secret.versions.entry(id.to_owned()).or_insert(version);
    version.kms_key = key.map(str::to_owned);
    for stage in stages {
        attach(secret, stage, id);
    }
    within_limit(secret)?;
    secret.changed_at = now;
    prune(secret, now)
}

/// Attaches a label to a version. The version that loses AWSCURRENT becomes AWSPREVIOUS.
fn attach(secret: &mut Secret, stage: &str, to: &str) {
    let before = holder(secret, stage).map(str::to_owned);
    if before.as_deref() == Some(to) {
        return;
    }
    detach(secret, stage);
    if let Some(version) = secret.versions.get_mut(to) {
        version.stages.insert(stage.to_owned());
    }
    if let Some(before) = before.filter(|_| stage == CURRENT) {
        detach(secret, PREVIOUS);
        if let Some(version) = secret.versions.get_mut(&before) {
            version.stages.insert(PREVIOUS.to_owned());
        }
    }
}

/// Whether a version has a label.
pub fn is(secret: &Secret, id: &str, stage: &str) -> bool {
    let version = secret.versions.get(id);
    version.is_some_and(|it| it.stages.contains(stage))
}

/// Takes a label off whatever version has it.
pub fn detach(secret: &mut Secret, stage: &str) {
    for version in secret.versions.values_mut() {
        version.stages.remove(stage);
    }
}

/// The version that a label leads to.
fn holder<'a>(secret: &'a Secret, stage: &str) -> Option<&'a str> {
    let mut all = secret.versions.iter();
    let found = all.find(|(_, version)| version.stages.contains(stage));
    found.map(|(id, _)| id.as_str())
}

fn within_limit(secret: &Secret) -> Result<(), Fault> {
    let labels: usize = secret.versions.values().map(|it| it.stages.len()).sum();
    match labels <= MAX_STAGES {
        true => Ok(()),
        false => Err(faults::limit_exceeded_exception(format!(
            "You can't attach more than {MAX_STAGES} staging labels to a secret."
        ))),
    }
}

fn prune(secret: &mut Secret, now: Timestamp) -> Result<Vec<String>, Fault> {
    let beyond = secret.versions.len().saturating_sub(MAX_VERSIONS);
    let mut old: Vec<(Timestamp, String)> = (secret.versions.iter())
        .filter(|(_, it)| it.stages.is_empty() && now.since(it.created_at) >= KEPT_FOR)
        .map(|(id, it)| (it.created_at, id.clone()))
        .collect();
    if old.len() < beyond {
        return Err(faults::limit_exceeded_exception(format!(
            "You can't create more than {MAX_VERSIONS} versions of a secret in 24 hours."
        )));
    }
    old.sort();
    old.truncate(beyond);
    for (_, id) in &old {
        secret.versions.remove(id);
    }
    Ok(old.into_iter().map(|(_, id)| id).collect())
}

/// Moves a label as UpdateSecretVersionStage asks: off a version, onto a version, or both.
///
/// # Errors
/// A version that is not there; a label that is attached elsewhere than the caller says.
pub fn move_stage(
    secret: &mut Secret,
    stage: &str,
    from: Option<&str>,
    to: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    for id in [from, to].into_iter().flatten() {
        if !secret.versions.contains_key(id) {
            return Err(fault::no_value(&format!("VersionId: {id}")));
        }
    }
    let before = holder(secret, stage).map(str::to_owned);
    if let Some(from) = from
        && before.as_deref() != Some(from)
    {
        return Err(fault::parameter(format!(
            "The staging label {stage} isn't currently attached to version {from}."
        )));
    }
    let Some(to) = to else {
        let Some(_) = from else {
            return Err(fault::parameter(
                "You must specify RemoveFromVersionId, MoveToVersionId, or both.",
            ));
        };
        if stage == CURRENT {
            return Err(fault::parameter(format!(
                "You can only move staging label {CURRENT} to a different secret version. It can't be \
                 completely removed."
            )));
        }
        detach(secret, stage);
        secret.changed_at = now;
        return Ok(());
    };
    if let Some(before) = before.filter(|it| from.is_none() && it != to) {
        return Err(fault::parameter(format!(
            "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently \
             attached to version {before}, so you must explicitly reference that version in \
             RemoveFromVersionId."
        )));
    }
    attach(secret, stage, to);
    secret.changed_at = now;
    within_limit(secret)
}

/// The id of the version that a request asks for; AWSCURRENT if it says nothing.
///
/// # Errors
/// There is none, or it does not have the label.
pub fn find(secret: &Secret, id: Option<&str>, stage: Option<&str>) -> Result<String, Fault> {
    match (id, stage) {
        (Some(id), stage) => {
            let version = secret.versions.get(id);
            let version = version.ok_or_else(|| fault::no_value(&format!("VersionId: {id}")))?;
            match stage.is_none_or(|stage| version.stages.contains(stage)) {
                true => Ok(id.to_owned()),
                false => Err(fault::request(
                    "You provided a VersionStage that is not associated to the provided VersionId.",
                )),
            }
        }
        (None, stage) => {
            let stage = stage.unwrap_or(CURRENT);
            let found = holder(secret, stage).map(str::to_owned);
            found.ok_or_else(|| fault::no_value(&format!("staging label: {stage}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_records::{Unknown, ecs::Tags};

    use super::*;

    fn secret() -> Secret {
        Secret {
            suffix: "aB3dE6".to_owned(),
            kms_key: None,
            description: None,
            created_at: Timestamp(0),
            changed_at: Timestamp(0),
            accessed_at: None,
            deletion: None,
            policy: None,
            tags: Tags::new(),
            versions: Default::default(),
            rotation: None,
            replicas: BTreeSet::new(),
            owner: None,
            copies: Default::default(),
            copying: None,
            unknown: Unknown::new(),
        }
    }

    fn with(versions: &[&str]) -> Secret {
        let mut secret = secret();
        for id in versions {
            add(&mut secret, id, &[CURRENT.to_owned()], None, Timestamp(0)).unwrap();
        }
        secret
    }

    #[test]
    fn the_current_version_becomes_the_previous_one() {
        let secret = with(&["a", "b", "c"]);
        assert_eq!(find(&secret, None, None).unwrap(), "c");
        assert_eq!(find(&secret, None, Some(PREVIOUS)).unwrap(), "b");
        assert!(secret.versions["a"].stages.is_empty());
        assert_eq!(find(&secret, Some("a"), None).unwrap(), "a");
        let refused = find(&secret, Some("a"), Some(CURRENT)).unwrap_err();
        assert_eq!(refused.code, "InvalidRequestException");
        let refused = find(&secret, None, Some("AWSPENDING")).unwrap_err();
        assert!(refused.message.ends_with("staging label: AWSPENDING"));
    }

    #[test]
    fn labels_move_only_as_the_caller_knows_them() {
        let mut secret = with(&["a", "b"]);
        let mut try_move = |from, to| {
            let moved = move_stage(&mut secret, CURRENT, from, to, Timestamp(1));
            moved.map_err(|it| it.message)
        };
        assert!(
            try_move(None, Some("a"))
                .unwrap_err()
                .contains("attached to version b")
        );
        assert!(
            try_move(Some("b"), None)
                .unwrap_err()
                .contains("completely removed")
        );
        assert!(
            try_move(Some("a"), Some("b"))
                .unwrap_err()
                .contains("isn't currently")
        );
        assert!(
            try_move(None, None)
                .unwrap_err()
                .contains("You must specify")
        );
        assert!(
            try_move(Some("b"), Some("x"))
                .unwrap_err()
                .contains("VersionId: x")
        );
        try_move(Some("b"), Some("a")).unwrap();
        assert_eq!(find(&secret, None, None).unwrap(), "a");
        assert_eq!(find(&secret, None, Some(PREVIOUS)).unwrap(), "b");
        move_stage(&mut secret, "blue", None, Some("a"), Timestamp(2)).unwrap();
        move_stage(&mut secret, "blue", Some("a"), None, Timestamp(3)).unwrap();
        assert!(find(&secret, None, Some("blue")).is_err());
    }

    #[test]
    fn versions_and_labels_are_bounded() {
        let mut secret = secret();
        let day = Timestamp(0) + KEPT_FOR;
        for id in 0..MAX_VERSIONS {
            add(
                &mut secret,
                &format!("{id:03}"),
                &[CURRENT.to_owned()],
                None,
                Timestamp(0),
            )
            .unwrap();
        }
        let full = secret.clone();
        let refused = add(&mut secret, "x", &[CURRENT.to_owned()], None, Timestamp(1)).unwrap_err();
        assert_eq!(refused.code, "LimitExceededException");
        let mut secret = full;
        assert_eq!(
            add(&mut secret, "x", &[CURRENT.to_owned()], None, day).unwrap(),
            ["000"]
        );
        let many: Vec<String> = (0..=MAX_STAGES).map(|it| it.to_string()).collect();
        let refused = add(&mut secret, "y", &many, None, day).unwrap_err();
        assert_eq!(refused.code, "LimitExceededException");
    }

    proptest! {
        #[test]
        fn a_label_is_attached_once(
            moves in prop::collection::vec((0..3usize, 0..6usize, 0..6usize, any::<bool>()), 0..60)
        ) {
            let (stages, ids) = ([CURRENT, PREVIOUS, "blue"], ["a", "b", "c", "d", "e", "f"]);
            let mut secret = with(&ids[..1]);
            for (at, (stage, from, to, adds)) in moves.into_iter().enumerate() {
                let now = Timestamp(i64::try_from(at).unwrap());
                let mut next = secret.clone();
                let done = match adds {
                    true => add(&mut next, ids[to], &[stages[stage].to_owned()], None, now).map(drop),
                    false => {
                        let from = Some(ids[from]).filter(|_| from != to);
                        move_stage(&mut next, stages[stage], from, Some(ids[to]), now)
                    }
                };
                if done.is_ok() {
                    secret = next;
                }
                for stage in stages {
                    let holders = secret.versions.values().filter(|it| it.stages.contains(stage));
                    prop_assert!(holders.count() <= 1);
                }
                prop_assert!(holder(&secret, CURRENT).is_some());
            }
        }
    }
}
