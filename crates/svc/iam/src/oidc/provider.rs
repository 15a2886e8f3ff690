//! ARNs of providers. Pure.

use wharf_base::arn::PARTITION;
pub(crate) use wharf_iam::provider::name_of;

use crate::ops::providers;

pub(crate) fn arn(account: &str, name: &str) -> String {
    format!("arn:{PARTITION}:iam::{account}:oidc-provider/{name}")
}

/// Account and name in the ARN of a provider, of any partition.
pub(crate) fn of_arn(arn: &str) -> Option<(&str, &str)> {
    providers::of_arn(arn, "oidc-provider")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let own = arn("000000000000", "git.lan/a/b");
        assert_eq!(own, "arn:aws:iam::000000000000:oidc-provider/git.lan/a/b");
        assert_eq!(of_arn(&own), Some(("000000000000", "git.lan/a/b")));
        for text in ["", "arn:aws:iam::1:oidc-provider/", "arn:aws:iam::1:role/a"] {
            assert_eq!(of_arn(text), None, "{text}");
        }
    }
}
