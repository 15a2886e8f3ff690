//! EKS' own words for an input that breaks the model: it has no `ValidationException`.

use wharf_api_eks::faults;
use wharf_wire::{
    Fault,
    constraints::{self, Broken, Violation},
};

use crate::fault;

/// The operations on tags have a code of their own.
const OF_TAGS: [&str; 3] = ["TagResource", "UntagResource", "ListTagsForResource"];

pub fn refuse(operation: &str, violations: &[Violation]) -> Option<Fault> {
    let first = violations.first()?;
    if OF_TAGS.contains(&operation) {
        let text = constraints::summary(violations);
        return Some(faults::bad_request_exception(text));
    }
    Some(match (operation, first.member, &first.broken) {
        ("CreateCluster", "name", Broken::Pattern { .. }) => fault::bad_cluster_name(),
        (_, "effect", Broken::NotOneOf { .. }) => {
            fault::bad_taint_effect(first.value.as_deref().unwrap_or_default())
        }
        _ => fault::invalid(constraints::summary(violations)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: &str, member: &'static str, broken: Broken) -> (String, String) {
        let violation = Violation {
            path: member.to_owned(),
            member,
            value: Some("NoSchedule".to_owned()),
            broken,
        };
        let fault = refuse(operation, &[violation]).unwrap();
        (fault.code.into_owned(), fault.message)
    }

    #[test]
    fn an_input_that_breaks_the_model_has_the_codes_of_eks() {
        let of = |code: &str, text: &str| (code.to_owned(), text.to_owned());
        let (invalid, bad) = ("InvalidParameterException", "BadRequestException");
        for (operation, member, broken, expected) in [
            (
                "CreateCluster",
                "name",
                Broken::Pattern { pattern: "^[a-z]" },
                of(
                    invalid,
                    "The name parameter contains invalid characters. It should begin with letter or digit and can have any of the following characters: the set of Unicode letters, digits, hyphens and underscores.",
                ),
            ),
            (
                "CreateNodegroup",
                "effect",
                Broken::NotOneOf { values: &["a"] },
                of(
                    invalid,
                    "Invalid taint effect: NoSchedule, must be one of these [NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE]",
                ),
            ),
            (
                "ListClusters",
                "maxResults",
                Broken::Missing,
                of(
                    invalid,
                    "1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null",
                ),
            ),
            (
                "TagResource",
                "tags",
                Broken::Missing,
                of(
                    bad,
                    "1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null",
                ),
            ),
        ] {
            assert_eq!(refused(operation, member, broken), expected);
        }
        assert_eq!(refuse("CreateCluster", &[]), None);
    }
}
