//! Records that belong to no account.

use wharf_records::Scope;

/// Stands for a region in keys of what belongs to none.
pub const REGION: &str = "aws-global";

/// What stands for an account in the keys of a service's records that belong to none. Stores hold
/// keys of all these spellings; a new service takes the last.
pub fn account(service: &str) -> &'static str {
    match service {
        "elbv2" | "iam" => "aws",
        "ecr" => "-",
        _ => "platform",
    }
}

/// Where a service keeps what belongs to no account.
pub fn scope(service: &str) -> Scope {
    Scope::new(service, account(service), REGION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_earlier_versions_stay() {
        let key = |service| scope(service).key("kind", "id");
        assert_eq!(key("acm"), "/w1/c0/acm/platform/aws-global/kind/id");
        assert_eq!(key("elbv2"), "/w1/c0/elbv2/aws/aws-global/kind/id");
    }
}
