//! How many of a kind an account has in a region: AWS's quotas of what is made without a host's having to carry it.

use tokio::sync::MutexGuard;
use wharf_records::Record;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    records::{Entity, Instance},
    table::SERVICE,
};

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
/// Accounts that one snapshot or image is shared with, and those that one request changes, so that one transaction can take it
/// from all of them.
pub const ACCOUNTS_OF_ONE: usize = 100;
/// Accounts that all snapshots of an account in a region are shared with, each counted for each snapshot; the same of images.
/// AWS names no number. What points to them lies with those accounts, and counts for nobody's share.
pub const SHARED_WITH: usize = 20_000;

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

    /// The turn of who counts instances, volumes or requests for Spot instances and makes some: one for all three, since a launch
    /// makes all of them.
    pub(crate) async fn launching(&self, call: &Call) -> MutexGuard<'_, ()> {
        self.counting.take((&call.account, Instance::KIND)).await
    }

    /// Refuses a change by which all of a kind would be shared with more accounts than they may be. Callers hold the kind's
    /// turn.
    pub(crate) async fn require_sharing<T: Entity>(
        &self,
        call: &Call,
        id: &str,
        shared_with: impl Fn(&T) -> usize,
        change: impl Fn(&mut T) -> Result<(), Fault>,
        what: &str,
    ) -> Result<(), Fault> {
        let store = self.table.store();
        let held = store.held_of_kind(SERVICE, T::KIND, &call.account);
        // So few cannot be shared with as many.
        if held.keys <= (SHARED_WITH / ACCOUNTS_OF_ONE) as u64 {
            return Ok(());
        }
        let (mut all, mut grows) = (0, false);
        for mut one in self.all::<T>(call).await? {
            if one.id() == id {
                let before = shared_with(&one);
                change(&mut one)?;
                grows = shared_with(&one) > before;
            }
            all += shared_with(&one);
        }
        match grows && all > SHARED_WITH {
            true => Err(fault::over_quota(
                "ResourceLimitExceeded",
                what,
                SHARED_WITH,
            )),
            false => Ok(()),
        }
    }
}
