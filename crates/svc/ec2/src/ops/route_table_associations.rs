//! AssociateRouteTable, ReplaceRouteTableAssociation and DisassociateRouteTable. A subnet without an association goes by its VPC's
//! main table.

use wharf_api_ec2::types::{
    AssociateRouteTableRequest, AssociateRouteTableResult, DisassociateRouteTableRequest,
    ReplaceRouteTableAssociationRequest, ReplaceRouteTableAssociationResult,
};
use wharf_base::ids;
use wharf_records::encode;
use wharf_service::{Stored, transact};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    records::{RouteTable, Subnet, TableAssociation, Vpc, association_state},
    table::LeanOn,
};

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateRouteTableRequest,
) -> Result<AssociateRouteTableResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let Some(subnet_id) = input.subnet_id.as_deref() else {
        return Err(fault::missing_parameter("subnetId"));
    };
    let table_id = input.route_table_id.as_deref().unwrap_or_default();
    Ok(transact!(service.table, &call.permit, |tx| {
        let table: RouteTable = service.get(call, table_id).await?;
        let stored = service.get_stored::<Subnet>(call, subnet_id).await?;
        let mut record = stored.record.clone();
        if record.vpc_id != table.vpc_id {
            return Err(fault::table_and_subnet_apart(table_id, subnet_id));
        }
        if let Some(known) = &record.route_table {
            return Err(fault::already_associated(table_id, &known.id));
        }
        let association = TableAssociation {
            id: ids::ec2_id("rtbassoc"),
            table: table.id,
        };
        record.route_table = Some(association.clone());
        let txn = Txn::new()
            .when(stored.unchanged())
            .put(&stored.key, encode(&record))
            .lean_on::<RouteTable>(call, table_id);
        tx.join(txn);
        AssociateRouteTableResult {
            association_id: Some(association.id),
            association_state: Some(association_state("associated")),
        }
    }))
}

pub async fn disassociate(
    service: &Ec2Service,
    call: &Call,
    input: DisassociateRouteTableRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.association_id.as_deref().unwrap_or_default();
    let has_it = |subnet: &Subnet| {
        let association = subnet.route_table.as_ref();
        association.is_some_and(|association| association.id == id)
    };
    let subnets: Vec<Subnet> = service.all(call).await?;
    let Some(subnet) = subnets.iter().find(|subnet| has_it(subnet)) else {
        let tables: Vec<RouteTable> = service.all(call).await?;
        let is_main = |table: &RouteTable| table.main_association.as_deref() == Some(id);
        return Err(if tables.iter().any(is_main) {
            fault::main_association(id)
        } else {
            fault::association_not_found(id)
        });
    };
    let decide = |subnet: &mut Subnet| {
        if !has_it(subnet) {
            return Err(fault::association_not_found(id));
        }
        subnet.route_table = None;
        Ok(())
    };
    service.change(call, &subnet.id, decide).await
}

/// Another table for a subnet, or for all subnets of a VPC that name none. The association gets another
/// id, as with AWS.
pub async fn replace(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceRouteTableAssociationRequest,
) -> Result<ReplaceRouteTableAssociationResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let association = input.association_id.as_deref().unwrap_or_default();
    let table_id = input.route_table_id.as_deref().unwrap_or_default();
    let made = transact!(service.table, &call.permit, |tx| {
        let made = ids::ec2_id("rtbassoc");
        let table = service.get_stored::<RouteTable>(call, table_id).await?;
        let subnets: Vec<Subnet> = service.all(call).await?;
        let has_it = |subnet: &&Subnet| {
            let known = subnet.route_table.as_ref();
            known.is_some_and(|known| known.id == association)
        };
        let txn = match subnets.iter().find(has_it) {
            Some(subnet) => {
                let mut stored = service.get_stored::<Subnet>(call, &subnet.id).await?;
                if !has_it(&&stored.record) {
                    return Err(fault::association_not_found(association));
                }
                if stored.record.vpc_id != table.record.vpc_id {
                    return Err(fault::table_and_subnet_apart(table_id, &subnet.id));
                }
                let condition = stored.unchanged();
                stored.record.route_table = Some(TableAssociation {
                    id: made.clone(),
                    table: table_id.to_owned(),
                });
                Txn::new()
                    .when(condition)
                    .put(&stored.key, encode(&stored.record))
                    .lean_on::<RouteTable>(call, table_id)
            }
            None => replace_main(service, call, association, table, &made).await?,
        };
        tx.join(txn);
        made
    });
    Ok(ReplaceRouteTableAssociationResult {
        new_association_id: Some(made),
        association_state: Some(association_state("associated")),
    })
}

/// The table becomes its VPC's main one.
async fn replace_main(
    service: &Ec2Service,
    call: &Call,
    association: &str,
    mut table: Stored<RouteTable>,
    made: &str,
) -> Result<Txn, Fault> {
    let tables: Vec<RouteTable> = service.all(call).await?;
    let is_main = |it: &&RouteTable| it.main_association.as_deref() == Some(association);
    let former = tables
        .iter()
        .find(is_main)
        .filter(|_| !association.is_empty());
    let former = former.ok_or_else(|| fault::association_not_found(association))?;
    if former.vpc_id != table.record.vpc_id {
        return Err(fault::table_of_other_vpc(&table.record.id, &former.vpc_id));
    }
    let mut vpc = service.get_stored::<Vpc>(call, &former.vpc_id).await?;
    let mut txn = Txn::new().when(table.unchanged()).when(vpc.unchanged());
    if former.id != table.record.id {
        let mut former = service.get_stored::<RouteTable>(call, &former.id).await?;
        txn = txn.when(former.unchanged());
        former.record.main_association = None;
        txn = txn.put(&former.key, encode(&former.record));
    }
    table.record.main_association = Some(made.to_owned());
    vpc.record.main_route_table.clone_from(&table.record.id);
    Ok(txn
        .put(&table.key, encode(&table.record))
        .put(&vpc.key, encode(&vpc.record)))
}
