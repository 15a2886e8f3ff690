//! AssociateRouteTable and DisassociateRouteTable. A subnet without an association goes by its VPC's
//! main table.

use wharf_api_ec2::types::{
    AssociateRouteTableRequest, AssociateRouteTableResult, DisassociateRouteTableRequest,
};
use wharf_base::ids;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    records::{RouteTable, Subnet, TableAssociation, association_state},
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
