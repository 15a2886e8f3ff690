//! CreateNetworkAcl: one that lets nothing through, until it has entries.

use wharf_api_ec2::types::{CreateNetworkAclRequest, CreateNetworkAclResult};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{NetworkAcl, describe::shown};
use crate::{
    Ec2Service, fault,
    records::{Pointer, Vpc},
    table::{LeanOn, client_token},
    tags,
};

/// Of a VPC, as with AWS.
const MAX_IN_VPC: usize = 200;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateNetworkAclRequest,
) -> Result<CreateNetworkAclResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let specifications = input.tag_specifications.as_deref();
    let token = client_token(input.client_token.as_deref())?;
    let acl = NetworkAcl {
        id: ids::ec2_id("acl"),
        vpc_id: input.vpc_id.clone().unwrap_or_default(),
        entries: Vec::new(),
        token_id: token.map(|token| format!("network-acl-token:{token}")),
        tags: tags::specified(call, specifications, NetworkAcl::KIND)?,
        unknown: Unknown::new(),
    };
    let made = add(service, call, acl).await?;
    Ok(CreateNetworkAclResult {
        network_acl: Some(shown(&made, &[], &[], &call.account)),
        client_token: input.client_token,
    })
}

/// The ACL, or the one that its client token made before.
async fn add(service: &Ec2Service, call: &Call, acl: NetworkAcl) -> Result<NetworkAcl, Fault> {
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, &acl.vpc_id).await?;
        service.get::<Vpc>(call, &acl.vpc_id).await?;
        let mut txn = Txn::new();
        if let Some(token) = &acl.token_id {
            if let Some(pointer) = service.find::<Pointer>(call, token).await? {
                let made: NetworkAcl = service.get(call, &pointer.id).await?;
                if made.vpc_id != acl.vpc_id {
                    return Err(fault::token_reused());
                }
                return Ok(made);
            }
            let key = Ec2Service::key::<Pointer>(call, token);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&acl.id)));
        }
        let all: Vec<NetworkAcl> = service.all(call).await?;
        let siblings = all.iter().filter(|it| it.vpc_id == acl.vpc_id);
        if siblings.count() >= MAX_IN_VPC {
            return Err(fault::too_many_network_acls());
        }
        let txn = txn
            .when(fence)
            .put(Ec2Service::key::<NetworkAcl>(call, &acl.id), encode(&acl))
            .lean_on::<Vpc>(call, &acl.vpc_id);
        tx.join(txn);
    });
    Ok(acl)
}
