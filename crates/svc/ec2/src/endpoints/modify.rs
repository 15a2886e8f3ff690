//! ModifyVpcEndpoint: policy, routes, subnets, groups and names of one endpoint, all of it or nothing.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{ModifyVpcEndpointRequest, ModifyVpcEndpointResult};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    Kind, VpcEndpoint,
    change::{
        self, OPEN, add_routes, check_private_dns, checked_policy, each, new_interfaces,
        put_interfaces, remove_routes, tables_of,
    },
    fault,
};
use crate::{
    Ec2Service, endpoint_services,
    fault::dry_run,
    ops::interfaces::groups,
    records::{Interface, Vpc},
    table::LeanOn as _,
};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcEndpointRequest,
) -> Result<ModifyVpcEndpointResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.vpc_endpoint_id.as_deref().unwrap_or_default();
    let wanted = Wanted::read(call, &input).await?;
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<VpcEndpoint>(call, id).await?;
        let mut endpoint = stored.record.clone();
        wanted.check(&endpoint, &call.region)?;
        if let Some(policy) = &wanted.policy {
            endpoint.policy.clone_from(policy);
        }
        let txn = Txn::new().when(stored.unchanged());
        let txn = match endpoint.kind {
            Kind::Gateway => wanted.routes(service, call, txn, &endpoint).await?,
            Kind::Interface => wanted.interfaces(service, call, txn, &mut endpoint).await?,
        };
        tx.join(txn.put(&stored.key, encode(&endpoint)));
    });
    Ok(ModifyVpcEndpointResult {
        return_: Some(true),
    })
}

/// What to add, and what to remove.
struct Change {
    add: Vec<String>,
    remove: Vec<String>,
}

impl Change {
    fn read(add: &Option<Vec<String>>, remove: &Option<Vec<String>>) -> Result<Self, Fault> {
        Ok(Self {
            add: each(add)?,
            remove: each(remove)?,
        })
    }

    fn is_none(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

struct Wanted {
    policy: Option<String>,
    tables: Change,
    subnets: Change,
    /// Of interfaces that come, by subnet.
    addresses: BTreeMap<String, String>,
    groups: Change,
    private_dns: Option<bool>,
}

impl Wanted {
    async fn read(call: &Call, input: &ModifyVpcEndpointRequest) -> Result<Self, Fault> {
        let given = input.policy_document.as_deref();
        let policy = match given.filter(|text| !text.is_empty()) {
            Some(_) if input.reset_policy == Some(true) => {
                return Err(fault::bad_parameter(
                    "PolicyDocument and ResetPolicy cannot be given together.",
                ));
            }
            Some(text) => Some(checked_policy(call, text).await?),
            None => (input.reset_policy == Some(true)).then(|| OPEN.to_owned()),
        };
        let subnets = Change::read(&input.add_subnet_ids, &input.remove_subnet_ids)?;
        let configurations = input.subnet_configurations.as_deref();
        Ok(Self {
            policy,
            addresses: change::addresses(configurations, &subnets.add)?,
            subnets,
            tables: Change::read(&input.add_route_table_ids, &input.remove_route_table_ids)?,
            groups: Change::read(
                &input.add_security_group_ids,
                &input.remove_security_group_ids,
            )?,
            private_dns: input.private_dns_enabled,
        })
    }

    fn check(&self, endpoint: &VpcEndpoint, region: &str) -> Result<(), Fault> {
        let kind = endpoint.kind;
        if endpoint.link.is_some() {
            let name = endpoint_services::name_of(&endpoint.service, region);
            if self.policy.as_ref().is_some_and(|it| it != OPEN) {
                return Err(endpoint_services::fault::no_policy(&name));
            }
        }
        let odd = match kind {
            Kind::Gateway if !self.subnets.is_none() => "SubnetId",
            Kind::Gateway if !self.groups.is_none() => "SecurityGroupId",
            Kind::Gateway if self.private_dns.is_some() => "PrivateDnsEnabled",
            Kind::Interface if !self.tables.is_none() => "RouteTableId",
            _ => return Ok(()),
        };
        Err(fault::of_other_kind(odd, kind.name()))
    }

    async fn routes(
        &self,
        service: &Ec2Service,
        call: &Call,
        txn: Txn,
        endpoint: &VpcEndpoint,
    ) -> Result<Txn, Fault> {
        let Change { add, remove } = &self.tables;
        let known = tables_of(service, call, &endpoint.id).await?;
        let is_known = |id: &String| known.iter().any(|it| it.record.id == *id);
        if let Some(missing) = remove.iter().find(|id| !is_known(id)) {
            return Err(fault::no_such_table(missing, &endpoint.id));
        }
        let removed = known.into_iter();
        let removed = removed.filter(|it| remove.contains(&it.record.id));
        let txn = remove_routes(txn, &endpoint.id, removed.collect());
        let add: Vec<String> = add
            .iter()
            .filter(|id| !remove.contains(id))
            .cloned()
            .collect();
        add_routes(service, call, txn, endpoint, &add).await
    }

    async fn interfaces(
        &self,
        service: &Ec2Service,
        call: &Call,
        mut txn: Txn,
        endpoint: &mut VpcEndpoint,
    ) -> Result<Txn, Fault> {
        for id in &self.subnets.remove {
            let place = endpoint
                .interfaces
                .iter()
                .position(|it| it.subnet_id == *id);
            let place = place.ok_or_else(|| fault::no_such_subnet(id, &endpoint.id))?;
            let gone = endpoint.interfaces.remove(place);
            if let Some(link) = &mut endpoint.link {
                link.fronts.remove(&gone.id);
            }
            txn = change::delete_interface(service, call, txn, &gone.id).await?;
        }
        if !self.groups.is_none() {
            txn = self.change_groups(service, call, txn, endpoint).await?;
        }
        if endpoint.link.is_some() {
            endpoint_services::check_zones(service, call, endpoint, &self.subnets.add).await?;
        }
        let of = (&self.subnets.add[..], &self.addresses);
        let made = new_interfaces(service, call, endpoint, of).await?;
        txn = put_interfaces(txn, call, &made);
        if !made.is_empty() || !self.groups.is_none() {
            txn = change::lean_on_groups(txn, call, &endpoint.groups);
        }
        if let Some(private_dns) = self.private_dns {
            let is_new = private_dns && !endpoint.private_dns;
            endpoint.private_dns = private_dns;
            if is_new {
                // Whoever else takes the name looks at the VPC's endpoints too.
                let fence = service.fence(call, &endpoint.vpc_id).await?;
                txn = name(service, call, txn, endpoint).await?;
                check_private_dns(service, call, endpoint).await?;
                txn = txn.when(fence).lean_on::<Vpc>(call, &endpoint.vpc_id);
            } else if !private_dns && let Some(link) = &mut endpoint.link {
                link.private_name = None;
            }
        }
        Ok(txn)
    }

    /// Of the endpoint, and of the interfaces that it has and keeps.
    async fn change_groups(
        &self,
        service: &Ec2Service,
        call: &Call,
        mut txn: Txn,
        endpoint: &mut VpcEndpoint,
    ) -> Result<Txn, Fault> {
        let Change { add, remove } = &self.groups;
        if let Some(missing) = remove.iter().find(|id| !endpoint.groups.contains(id)) {
            return Err(fault::no_such_group(missing, &endpoint.id));
        }
        let mut wanted = endpoint.groups.clone();
        wanted.retain(|id| !remove.contains(id));
        wanted.extend(add.iter().cloned());
        endpoint.groups = groups(service, call, &endpoint.vpc_id, &wanted).await?;
        for known in &endpoint.interfaces {
            let stored = service.get_stored::<Interface>(call, &known.id).await?;
            let mut interface = stored.record.clone();
            interface.groups.clone_from(&endpoint.groups);
            txn = txn
                .when(stored.unchanged())
                .put(&stored.key, encode(&interface));
        }
        Ok(txn)
    }
}

/// Gives an endpoint the name of the service of an account that it leads to.
async fn name(
    service: &Ec2Service,
    call: &Call,
    txn: Txn,
    endpoint: &mut VpcEndpoint,
) -> Result<Txn, Fault> {
    let Some(link) = &mut endpoint.link else {
        return Ok(txn);
    };
    let name = endpoint_services::name_of(&endpoint.service, &call.region);
    let found = service.endpoint_service(&call.region, &endpoint.service);
    let (_, found) = found.await?.ok_or_else(|| fault::no_service(&name))?;
    let usable = endpoint_services::usable_name(&found.record, link.state, &name)?;
    link.private_name = Some(usable);
    Ok(txn.when(found.unchanged()))
}
