//! Records that belong to no account.

use wharf_records::Scope;

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
    let region = match service {
        "ecr" => "-",
        _ => "aws-global",
    };
    Scope::new(service, account(service), region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_earlier_versions_stay() {
        let key = |service| scope(service).key("kind", "id");
        assert_eq!(key("acm"), "/w1/c0/acm/platform/aws-global/kind/id");
        assert_eq!(key("ecr"), "/w1/c0/ecr/-/-/kind/id");
        assert_eq!(key("iam"), "/w1/c0/iam/aws/aws-global/kind/id");
        assert_eq!(key("elbv2"), "/w1/c0/elbv2/aws/aws-global/kind/id");
    }
}
