//! Records that belong to no account.

use wharf_records::Scope;

/// Stands for a region in keys of what belongs to none.
pub const REGION: &str = "aws-global";
/// Stands for an account in keys of what belongs to none.
pub const ACCOUNT: &str = "platform";

/// Where a service keeps what belongs to no account.
pub fn scope(service: &str) -> Scope {
    Scope::new(service, ACCOUNT, REGION)
}
