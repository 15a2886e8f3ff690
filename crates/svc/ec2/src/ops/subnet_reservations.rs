//! CreateSubnetCidrReservation, DeleteSubnetCidrReservation and GetSubnetCidrReservations: ranges of a subnet of which no
//! interface is given an address but by name.
//!
//! They are kept in the subnet's own record, so that who chooses an address has them at hand, and two that overlap are never
//! made at once. What interfaces of the range have already stays theirs.

use wharf_api_ec2::types::{
    CreateSubnetCidrReservationRequest, CreateSubnetCidrReservationResult,
    DeleteSubnetCidrReservationRequest, DeleteSubnetCidrReservationResult,
    GetSubnetCidrReservationsRequest, GetSubnetCidrReservationsResult, SubnetCidrReservation,
};
use wharf_base::{Cidr4, Cidr6, ids};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, Fields, matches, names},
    records::{Reservation, Reserved, Subnet},
    tags,
};

/// Of one subnet. AWS names no number; the subnet's record has them all.
const MOST: usize = 50;
const LONGEST_DESCRIPTION: usize = 255;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateSubnetCidrReservationRequest,
) -> Result<CreateSubnetCidrReservationResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.subnet_id.as_deref().unwrap_or_default();
    let specifications = input.tag_specifications.as_deref();
    let made = Reservation {
        id: ids::ec2_id("scr"),
        range: range(input.cidr.as_deref().unwrap_or_default())?,
        description: description(input.description)?,
        tags: tags::specified(call, specifications, Reservation::KIND)?,
    };
    let decide = |subnet: &mut Subnet| {
        if !subnet.has_range(made.range) {
            return Err(fault::reservation_outside(made.range));
        }
        if subnet.reservations.len() >= MOST {
            let code = "SubnetCidrReservationLimitExceeded";
            let what = "CIDR reservations of a subnet";
            return Err(fault::over_quota(code, what, MOST));
        }
        let mut known = subnet.reservations.iter();
        if known.any(|it| it.range.overlaps(made.range)) {
            return Err(fault::reservation_conflict(made.range));
        }
        subnet.reservations.push(made.clone());
        Ok(())
    };
    service.change(call, id, decide).await?;
    Ok(CreateSubnetCidrReservationResult {
        subnet_cidr_reservation: Some(made.to_wire(call, id)),
    })
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteSubnetCidrReservationRequest,
) -> Result<DeleteSubnetCidrReservationResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.subnet_cidr_reservation_id.as_deref();
    let id = id.unwrap_or_default();
    let missing = || fault::reservation_not_found(id);
    let (subnet, _) = find(service, call, id).await?.ok_or_else(missing)?;
    let decide = |subnet: &mut Subnet| {
        let place = subnet.reservations.iter().position(|it| it.id == id);
        let place = place.ok_or_else(missing)?;
        Ok(subnet.reservations.remove(place))
    };
    let gone = service.change(call, &subnet, decide).await?;
    Ok(DeleteSubnetCidrReservationResult {
        deleted_subnet_cidr_reservation: Some(gone.to_wire(call, &subnet)),
    })
}

pub async fn get(
    service: &Ec2Service,
    call: &Call,
    input: GetSubnetCidrReservationsRequest,
) -> Result<GetSubnetCidrReservationsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.subnet_id.as_deref().unwrap_or_default();
    let selection = (id, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, Reservation::KIND, &selection, page)?;
    let filters = filter::checked(input.filters, &names::SUBNET_RESERVATIONS)?;
    let subnet: Subnet = service.get(call, id).await?;
    let mut found = subnet.reservations;
    found.retain(|it| matches(&filters, &fields(id), &it.tags));
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let (page, next_token) = page.cut(found, |it| &it.id);
    let (ipv4, ipv6): (Vec<_>, Vec<_>) = page
        .iter()
        .partition(|it| matches!(it.range, Reserved::Ipv4(_)));
    let shown = |of: Vec<&Reservation>| -> Vec<SubnetCidrReservation> {
        of.into_iter().map(|it| it.to_wire(call, id)).collect()
    };
    Ok(GetSubnetCidrReservationsResult {
        subnet_ipv4_cidr_reservations: Some(shown(ipv4)),
        subnet_ipv6_cidr_reservations: Some(shown(ipv6)),
        next_token,
    })
}

/// The subnet that has the reservation, by its id, and the reservation.
pub async fn find(
    service: &Ec2Service,
    cx: &Context,
    id: &str,
) -> Result<Option<(String, Reservation)>, Fault> {
    let subnets: Vec<Subnet> = service.all(cx).await?;
    let found = subnets.into_iter().find_map(|subnet| {
        let mut all = subnet.reservations.into_iter();
        Some((subnet.id, all.find(|it| it.id == id)?))
    });
    Ok(found)
}

fn fields(subnet: &str) -> Fields {
    vec![
        ("reservationType", vec![Reservation::TYPE.to_owned()]),
        ("subnet-id", vec![subnet.to_owned()]),
    ]
}

fn range(text: &str) -> Result<Reserved, Fault> {
    if let Ok(cidr) = Cidr4::canonical(text) {
        return Ok(Reserved::Ipv4(cidr));
    }
    match Cidr6::canonical(text) {
        Ok(cidr) => Ok(Reserved::Ipv6(cidr)),
        Err(_) => Err(fault::no_reservation_cidr(text)),
    }
}

fn description(given: Option<String>) -> Result<Option<String>, Fault> {
    let given = given.filter(|it| !it.is_empty());
    let length = given.as_ref().map_or(0, |it| it.chars().count());
    match length <= LONGEST_DESCRIPTION {
        true => Ok(given),
        false => Err(fault::bad_value(format!(
            "Invalid value for parameter description. Must be at most {LONGEST_DESCRIPTION} characters."
        ))),
    }
}
