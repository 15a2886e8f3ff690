//! ModifyVpcPeeringConnectionOptions: they are what they are from the beginning, since what they would change is not here
//! (`understood.txt` refuses the other values by name).

use wharf_api_ec2::types::{
    ModifyVpcPeeringConnectionOptionsRequest, ModifyVpcPeeringConnectionOptionsResult,
    PeeringConnectionOptions, PeeringConnectionOptionsRequest,
};
use wharf_wire::{Call, Fault};

use super::{End, fault};
use crate::Ec2Service;

pub async fn modify_options(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcPeeringConnectionOptionsRequest,
) -> Result<ModifyVpcPeeringConnectionOptionsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let id = input.vpc_peering_connection_id.unwrap_or_default();
    let peering = service.get_peering(call, &id).await?.record;
    if !peering.is_active() {
        return Err(fault::options_of_inactive(&id));
    }
    let (accepter, requester) = (
        input.accepter_peering_connection_options,
        input.requester_peering_connection_options,
    );
    if accepter.is_none() && requester.is_none() {
        let what = "accepterPeeringConnectionOptions or requesterPeeringConnectionOptions";
        return Err(crate::fault::missing_parameter(what));
    }
    // Each owner has the options of its side.
    let may = |given: &Option<PeeringConnectionOptionsRequest>, end: &End, side: &str| match given {
        Some(_) if !end.is_of(call) => Err(fault::options_of_others(&call.account, side, &id)),
        _ => Ok(()),
    };
    may(&accepter, &peering.accepter, "accepter")?;
    may(&requester, &peering.requester, "requester")?;
    Ok(ModifyVpcPeeringConnectionOptionsResult {
        accepter_peering_connection_options: accepter.map(|_| as_they_are()),
        requester_peering_connection_options: requester.map(|_| as_they_are()),
    })
}

fn as_they_are() -> PeeringConnectionOptions {
    PeeringConnectionOptions {
        allow_dns_resolution_from_remote_vpc: Some(false),
        allow_egress_from_local_classic_link_to_remote_vpc: Some(false),
        allow_egress_from_local_vpc_to_remote_classic_link: Some(false),
        ..PeeringConnectionOptions::default()
    }
}
