//! Records that belong to no account.

use wharf_records::Scope;

/// What stands for an account in the keys of records that belong to none.
pub const ACCOUNT: &str = "platform";
const REGION: &str = "aws-global";

/// Where a service keeps what belongs to no account.
pub fn scope(service: &str) -> Scope {
    Scope::new(service, ACCOUNT, REGION)
}

/// Where services kept it in earlier versions, each under a spelling of its own. The server moves what
/// is there when it starts.
pub fn former() -> [Scope; 4] {
    [
        Scope::new("ec2", "aws", REGION),
        Scope::new("ecr", "-", "-"),
        Scope::new("elbv2", "aws", REGION),
        Scope::new("iam", "aws", REGION),
    ]
}
