//! Actions that policies of resources name. Pure.

use wharf_base::glob::{Glob, Syntax};

/// Whether a policy that names an action so, perhaps with wildcards, means one of `all`, which are those of the service
/// with that prefix. A statement about none would be taken for a guard.
pub fn means_one<'a>(named: &str, prefix: &str, all: impl IntoIterator<Item = &'a str>) -> bool {
    if named == "*" {
        return true;
    }
    let Some((vendor, name)) = named.split_once(':') else {
        return false;
    };
    let syntax = Syntax {
        fold_case: true,
        ..Syntax::default()
    };
    let pattern = Glob::new(name, syntax);
    vendor.eq_ignore_ascii_case(prefix) && all.into_iter().any(|it| pattern.matches(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_with_and_without_wildcards() {
        let all = ["Publish", "Subscribe"];
        for good in [
            "*",
            "sns:*",
            "SNS:publish",
            "sns:Sub*",
            "sns:?ublish",
            "Sns:*scribe",
        ] {
            assert!(means_one(good, "sns", all), "{good}");
        }
        for bad in [
            "sns",
            "sns:",
            "sns*",
            "sns:Publsh",
            "sns:Unsub*",
            "sqs:*",
            "sqs:Publish",
            "*:Publish",
        ] {
            assert!(!means_one(bad, "sns", all), "{bad}");
        }
    }
}
