//! Groups of upstream's community: a definition of one says that it was reviewed there, or that it was not.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    view::text_at,
};

const APPROVED: &str = "api-approved.kubernetes.io";
const REVIEWS: &str = "see https://github.com/kubernetes/enhancements/pull/1111";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Approval {
    Missing,
    Invalid,
    /// By a review's address.
    Approved,
    /// There was none, says who made it.
    Unapproved,
}

fn of(definition: &Value) -> Approval {
    match said(definition) {
        "" => Approval::Missing,
        said if said.starts_with("unapproved") => Approval::Unapproved,
        said if is_url(said) => Approval::Approved,
        _ => Approval::Invalid,
    }
}

fn said(definition: &Value) -> &str {
    text_at(definition, &["metadata", "annotations", APPROVED])
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    is_scheme && !host.is_empty() && !host.contains(' ') && !text.chars().any(char::is_control)
}

fn is_protected(group: &str) -> bool {
    ["k8s.io", "kubernetes.io"].iter().any(|of| {
        let before = group.strip_suffix(of);
        before.is_some_and(|it| it.is_empty() || it.ends_with('.'))
    })
}

/// What a definition said of it before, it may go on saying.
pub fn check(definition: &Value, old: Option<&Value>, errors: &mut Errors) {
    if !is_protected(text_at(definition, &["spec", "group"])) {
        return;
    }
    let now = of(definition);
    if old.is_some_and(|old| of(old) == now) {
        return;
    }
    let metadata = Path::root("metadata");
    let annotations = metadata.child("annotations");
    let path = annotations.key(APPROVED);
    let needed = format!("protected groups must have approval annotation \"{APPROVED}\"");
    match now {
        Approval::Approved | Approval::Unapproved => {}
        Approval::Missing => errors.required(&path, &format!("{needed}, {REVIEWS}")),
        Approval::Invalid => {
            let why = format!(
                "{needed} with either a URL or a reason starting with \"unapproved\", {REVIEWS}"
            );
            errors.invalid(&path, said(definition), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(group: &str, said: &str) -> Value {
        json!({"metadata": {"annotations": {APPROVED: said}}, "spec": {"group": group}})
    }

    fn found(definition: &Value, old: Option<&Value>) -> Vec<String> {
        let mut errors = Errors::new();
        check(definition, old, &mut errors);
        let errors = errors.into_vec().into_iter();
        errors.map(|it| it.to_string()).collect()
    }

    #[test]
    fn protected_groups_are_approved_or_say_that_they_are_not() {
        for (group, said, is_well) in [
            ("example.com", "", true),
            ("notk8s.io", "", true),
            ("k8s.io", "", false),
            ("odds.k8s.io", "", false),
            ("odds.kubernetes.io", "yes", false),
            ("odds.k8s.io", "https://", false),
            (
                "odds.k8s.io",
                "https://github.com/kubernetes/kubernetes/pull/1",
                true,
            ),
            ("odds.k8s.io", "unapproved, experimental-only", true),
        ] {
            let found = found(&definition(group, said), None);
            assert_eq!(found.is_empty(), is_well, "{group} {said}: {found:?}");
        }
        assert_eq!(
            found(&definition("a.k8s.io", ""), None),
            [format!(
                "metadata.annotations[{APPROVED}]: Required value: protected groups must have approval annotation \"{APPROVED}\", {REVIEWS}"
            )]
        );
    }

    #[test]
    fn what_was_so_may_stay_so() {
        let (missing, approved) = (
            definition("a.k8s.io", ""),
            definition("a.k8s.io", "https://a/b"),
        );
        assert!(found(&missing, Some(&missing)).is_empty());
        assert!(!found(&missing, Some(&approved)).is_empty());
    }
}
