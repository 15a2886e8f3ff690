//! Pages of lists that are ordered by id.

use std::{fmt, ops::RangeInclusive};

use wharf_service::{Page, Pages};
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service,
    fault::{self, Ec2Faults},
};

/// The least that most descriptions take as `MaxResults`.
pub(crate) const LEAST: i32 = 5;
/// What those of instances take, for which the model has no bounds.
pub(crate) const USUAL_SIZES: RangeInclusive<i32> = LEAST..=1000;

/// Refuses a size that the documentation excludes where the model does not, in the words that stand for those of the model.
pub(crate) fn check_size(size: Option<i32>, allowed: &RangeInclusive<i32>) -> Result<(), Fault> {
    let (bound, words) = match size {
        Some(size) if size < *allowed.start() => (allowed.start(), "greater"),
        Some(size) if size > *allowed.end() => (allowed.end(), "less"),
        _ => return Ok(()),
    };
    Err(fault::bad_value(format!(
        "Value ({}) for parameter MaxResults is invalid. Member must have value {words} than or equal to {bound}",
        size.unwrap_or_default()
    )))
}

/// Who names what they ask for gets all of it at once. `set` is what EC2 calls the names.
pub(crate) fn check_ids(ids: Option<&[String]>, size: Option<i32>, set: &str) -> Result<(), Fault> {
    match size.is_some() && ids.is_some_and(|it| !it.is_empty()) {
        true => Err(fault::bad_combination(&format!(
            "The parameter {set} cannot be used with the parameter maxResults"
        ))),
        false => Ok(()),
    }
}

impl Ec2Service {
    /// The page that a request asks for; `selection` is the rest of the request. Without a size a
    /// page holds everything.
    pub(crate) fn page(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl fmt::Debug,
        (token, size): (Option<&str>, Option<i32>),
    ) -> Result<Page<'_, Ec2Faults>, Fault> {
        let size = size
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size > 0);
        let list = format!("ec2/{list}");
        Pages::new(&self.keyring, cx, &list, selection).page(token, size.unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_within_their_bounds() {
        for size in [None, Some(5), Some(1000)] {
            assert!(check_size(size, &USUAL_SIZES).is_ok(), "{size:?}");
        }
        for (size, bound) in [
            (4, "greater than or equal to 5"),
            (0, "greater than or equal to 5"),
            (i32::MIN, "greater than or equal to 5"),
            (1001, "less than or equal to 1000"),
        ] {
            let refused = check_size(Some(size), &USUAL_SIZES).unwrap_err();
            let text = format!(
                "Value ({size}) for parameter MaxResults is invalid. Member must have value {bound}"
            );
            assert_eq!(refused.message, text);
            assert_eq!(refused.code, "InvalidParameterValue");
        }
    }

    #[test]
    fn ids_and_a_size_exclude_each_other() {
        let ids = ["i-1".to_owned()];
        assert!(check_ids(Some(&ids), None, "instancesSet").is_ok());
        assert!(check_ids(Some(&[]), Some(5), "instancesSet").is_ok());
        assert!(check_ids(None, Some(5), "instancesSet").is_ok());
        let refused = check_ids(Some(&ids), Some(5), "instancesSet").unwrap_err();
        assert_eq!(refused.code, "InvalidParameterCombination");
        assert_eq!(
            refused.message,
            "The parameter instancesSet cannot be used with the parameter maxResults"
        );
    }
}
