//! How many of a kind an account has in a region: AWS's quotas of what is made without a host's having to carry it.

use tokio::sync::MutexGuard;
use wharf_records::Record;
use wharf_wire::{Call, Fault};

use crate::{Ec2Service, fault};

/// AWS begins with 5 and gives hundreds to who asks; there is nobody to ask here.
pub const VPCS: usize = 100;
/// As in AWS, as many as VPCs.
pub const INTERNET_GATEWAYS: usize = VPCS;
/// As in AWS, of a VPC.
pub const SUBNETS: usize = 200;
pub const ROUTE_TABLES: usize = 200;
/// As in AWS; each has 60 rules of either direction ([`crate::permission::MAX_RULES`]).
pub const SECURITY_GROUPS: usize = 2_500;
/// As in AWS. What services make for tasks and load balancers is bounded by these.
pub const INTERFACES: usize = 5_000;
/// All accounts have them in their lists. AWS names no number.
pub const PUBLIC_SNAPSHOTS: usize = 100;

impl Ec2Service {
    /// Refuses another one of a kind beside so many. Who holds the turn that comes back adds it; others wait.
    pub(crate) async fn require_quota<T: Record>(
        &self,
        call: &Call,
        most: usize,
        code: &'static str,
        what: &str,
    ) -> Result<MutexGuard<'_, ()>, Fault> {
        let turn = self.counting.take((&call.account, T::KIND)).await;
        let there = self.table.count(&Self::scope(call).prefix(T::KIND)).await?;
        match there < most {
            true => Ok(turn),
            false => Err(fault::over_quota(code, what, most)),
        }
    }
}
