//! VPC peering connections.
//!
//! A connection is one record of no account ([`Peering`]), under its id, which both sides change; and in
//! the account and region of each side one that carries that side's tags ([`VpcPeeringConnection`]). Where
//! both VPCs are of one account and region there is one of these.
//!
//! What is new about a VPC's peerings rewrites the VPC's fence and compares it, so two requests that would
//! make overlapping peers of one VPC do not both succeed, and no VPC is deleted under an active connection.

mod accept;
mod create;
mod delete;
mod describe;
mod fault;
pub mod groups;
mod options;
mod records;
mod stale;

use wharf_records::{Record as _, Scope, encode};
use wharf_service::platform;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

pub use accept::{accept, reject};
pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use options::modify_options;
pub use records::{End, Peering, Status, VpcPeeringConnection};
pub use stale::{references, stale};

use crate::{
    Ec2Service,
    records::{Fence, Vpc},
    table::{SERVICE, Stored},
};

/// Active connections of one VPC, as AWS has it by default.
const MAX_ACTIVE: usize = 50;
/// Requests of one VPC that nobody accepted yet, likewise.
const MAX_PENDING: usize = 25;
/// Connections that one account has in one region, those that are over but still shown counted.
const MAX_KEPT: usize = 500;

fn peering_key(id: &str) -> String {
    platform::scope(SERVICE).key(Peering::KIND, id)
}

fn side_key(end: &End, id: &str) -> String {
    scope_of(end).key(VpcPeeringConnection::KIND, id)
}

fn scope_of(end: &End) -> Scope {
    Scope::new(SERVICE, &end.account, &end.region)
}

impl Ec2Service {
    /// The connection itself, if the caller's account and region are one side of it.
    pub(crate) async fn peering(
        &self,
        cx: &Context,
        id: &str,
    ) -> Result<Option<Stored<Peering>>, Fault> {
        let found = self.table.read::<Peering>(&peering_key(id)).await?;
        Ok(found.filter(|it| it.record.concerns(cx)))
    }

    async fn get_peering(&self, cx: &Context, id: &str) -> Result<Stored<Peering>, Fault> {
        let found = self.peering(cx, id).await?;
        let shown = found.filter(|it| it.record.is_shown(cx.now));
        shown.ok_or_else(|| fault::not_found(id))
    }

    /// A connection that routes may lead to: an active one, or one that may become so.
    pub(crate) async fn open_peering(&self, cx: &Context, id: &str) -> Result<Peering, Fault> {
        let found = self.peering(cx, id).await?.map(|it| it.record);
        let open = found.filter(|it| it.is_open(cx.now));
        open.ok_or_else(|| fault::not_found(id))
    }

    /// All connections of the caller's account and region that are still shown.
    pub(crate) async fn peerings(&self, cx: &Context) -> Result<Vec<Peering>, Fault> {
        self.peerings_in(&Self::scope(cx), cx).await
    }

    async fn peerings_in(&self, scope: &Scope, cx: &Context) -> Result<Vec<Peering>, Fault> {
        let sides = self.table.all::<VpcPeeringConnection>(scope, "").await?;
        let mut all = Vec::with_capacity(sides.len());
        for (id, _) in sides {
            let found = self.table.read::<Peering>(&peering_key(&id)).await?;
            all.extend(found.map(|it| it.record));
        }
        all.retain(|it| it.is_shown(cx.now));
        Ok(all)
    }

    /// The VPC at one end, wherever it is.
    async fn vpc_at(&self, end: &End) -> Result<Option<Stored<Vpc>>, Fault> {
        let key = scope_of(end).key(Vpc::KIND, &end.vpc_id);
        Ok(self.table.read::<Vpc>(&key).await?)
    }

    /// What else is decided about the VPC's peerings meanwhile makes the transaction fail.
    async fn alone_about(&self, txn: Txn, end: &End) -> Result<Txn, Fault> {
        let key = scope_of(end).key(Fence::KIND, &end.vpc_id);
        let found = self.table.read::<Fence>(&key).await?;
        let unchanged = match found {
            Some(stored) => stored.unchanged(),
            None => Compare::absent(key.clone()),
        };
        Ok(txn.when(unchanged).put(key, encode(&Fence {})))
    }
}

/// A VPC with active connections keeps its ranges: a new one might be that of another peer of its peer, whose
/// packets it would then get.
pub async fn may_grow(service: &Ec2Service, call: &Call, vpc: &str) -> Result<(), Fault> {
    let all = service.peerings(call).await?;
    let mut active = all.iter().filter(|it| it.is_active());
    match active.any(|it| it.other_end(vpc).is_some()) {
        true => Err(fault::keeps_its_ranges(vpc)),
        false => Ok(()),
    }
}
