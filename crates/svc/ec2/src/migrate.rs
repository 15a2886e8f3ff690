//! Brings what an older version wrote up to this one: parts of VPCs that were not made then, ranges
//! that interfaces did not keep. Done once for an account and region, in steps that each may be
//! done again.

use wharf_base::{Permit, ids};
use wharf_records::{Unknown, ecs::Tags, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service,
    default_vpc::{POINTER, internet_gateway, route_out},
    records::{DhcpOptions, Interface, Pointer, SecurityGroup, Subnet, Vpc},
    table::Stored,
    vpc_parts::{claim_vni, default_acl, main_table, random_vni},
};

/// What this version writes; `Pointer::mended` of a region that needs nothing.
pub const CURRENT: u32 = 1;

impl Ec2Service {
    pub(crate) async fn migrate(
        &self,
        permit: &Permit,
        cx: &Context,
        pointer: Pointer,
    ) -> Result<(), Fault> {
        if pointer.mended >= CURRENT {
            return Ok(());
        }
        let call = Call::by_controller(cx.clone(), permit.clone());
        for vpc in self.all::<Vpc>(cx).await? {
            self.migrate_vpc(&call, &vpc.id).await?;
        }
        for subnet in self.all::<Subnet>(cx).await? {
            let change = |subnet: &mut Subnet| {
                if subnet.acl_association.is_empty() {
                    subnet.acl_association = ids::ec2_id("aclassoc");
                }
                Ok(())
            };
            self.change(&call, &subnet.id, change).await?;
            self.migrate_interfaces(&call, &subnet).await?;
        }
        let done = Pointer {
            mended: CURRENT,
            ..pointer
        };
        let key = Self::key::<Pointer>(cx, POINTER);
        let txn = Txn::new().put(key, encode(&done));
        self.commit(&call, txn).await?;
        Ok(())
    }

    async fn migrate_vpc(&self, call: &Call, id: &str) -> Result<(), Fault> {
        transact!(self.table, &call.permit, |tx| {
            let Some(stored) = self.stored::<Vpc>(call, id).await? else {
                return Ok(());
            };
            if stored.record.vni != 0 {
                return Ok(());
            }
            let group = self.default_group_of(call, id).await?;
            let options = stored.record.dhcp_options_id.clone();
            let has_options = self.find::<DhcpOptions>(call, &options).await?.is_some();
            let mut txn = migrated(call, &stored, group);
            if !has_options {
                let options = DhcpOptions {
                    id: options,
                    given: None,
                    tags: Tags::new(),
                    unknown: Unknown::new(),
                };
                let key = Self::key::<DhcpOptions>(call, &options.id);
                txn = txn.put(key, encode(&options));
            }
            // The number may be taken, or another call migrated it meanwhile.
            tx.join(txn);
        });
        Ok(())
    }

    async fn default_group_of(&self, call: &Call, vpc: &str) -> Result<String, Fault> {
        let groups = self.all::<SecurityGroup>(call).await?;
        let default = groups
            .into_iter()
            .find(|group| group.vpc_id == vpc && group.name == "default");
        Ok(default.map(|group| group.id).unwrap_or_default())
    }

    async fn migrate_interfaces(&self, call: &Call, subnet: &Subnet) -> Result<(), Fault> {
        for interface in self.all::<Interface>(call).await? {
            if interface.subnet_id != subnet.id || interface.subnet_cidr.is_some() {
                continue;
            }
            let change = |interface: &mut Interface| {
                interface.subnet_cidr = Some(subnet.cidr);
                Ok(())
            };
            match self.change(call, &interface.id, change).await {
                Err(gone) if gone.code == "InvalidNetworkInterfaceID.NotFound" => {}
                done => done?,
            }
        }
        Ok(())
    }
}

/// A VPC of the first version had a group and nothing else.
fn migrated(call: &Call, stored: &Stored<Vpc>, group: String) -> Txn {
    let scope = Ec2Service::scope(call);
    let mut vpc = stored.record.clone();
    let (mut table, acl) = (main_table(&vpc.id), default_acl(&vpc.id));
    vpc.vni = random_vni();
    vpc.default_group = group;
    vpc.main_route_table.clone_from(&table.id);
    vpc.network_acl.clone_from(&acl.id);
    let mut txn = Txn::new().when(stored.unchanged());
    if vpc.is_default {
        let gateway = internet_gateway(&vpc.id);
        vpc.gateway = Some(gateway.id.clone());
        table.routes = vec![route_out(&gateway.id)];
        txn = txn.put(scope.key("internet-gateway", &gateway.id), encode(&gateway));
    }
    claim_vni(txn, &vpc)
        .put(&stored.key, encode(&vpc))
        .put(scope.key("route-table", &table.id), encode(&table))
        .put(scope.key("network-acl", &acl.id), encode(&acl))
}
