//! What a launch is part of, and what comes with Spot instances.

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_records::{Record as _, hosts::Claim};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::prepare::{Prepared, wish};
use crate::{
    Ec2Service,
    fleet::Member,
    instances::{launch::Wanted, life::State, placing::claimant, size::Size},
    launch_templates::LaunchTemplateData,
    records::Instance,
    spot::{self, SpotRequest, Terms},
    table::Stored,
};

/// What a launch is part of.
pub enum Part<'a> {
    Alone,
    /// A request for Spot capacity, which it fulfils.
    Request(&'a Stored<SpotRequest>),
    Fleet(FleetPart),
}

/// A fleet as the instances of a launch name it.
pub struct FleetPart {
    pub member: Member,
    /// The tag that says so.
    pub tag: &'static str,
    /// What is written of the fleet together with so many instances.
    pub written: Box<dyn Fn(usize) -> Txn + Send + Sync>,
}

impl Part<'_> {
    /// Of what is written once, however many instances there are.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Fleet(fleet) => (fleet.written)(1).bytes(),
            Self::Alone | Self::Request(_) => 0,
        }
    }

    pub fn fleet(&self) -> Option<Member> {
        match self {
            Self::Fleet(fleet) => Some(fleet.member.clone()),
            Self::Alone | Self::Request(_) => None,
        }
    }
}

/// What those want that had no host yet when they were read, by the names of their claims.
pub fn unplaced(all: &[Instance]) -> Vec<(String, Claim)> {
    all.iter()
        .filter(|it| it.provider.is_host() && it.life.state == State::Pending && !it.life.claimed)
        .filter_map(|it| Some((claimant(&it.id).name(), Size::of(it)?.claim(it.disk_gib))))
        .collect()
}

/// How many Spot instances there is room for now, beside what is `pending`; none is launched to wait for it.
pub async fn spot_room(
    service: &Ec2Service,
    call: &Call,
    (wanted, prepared): (&Wanted, &Prepared),
    terms: &Terms,
    pending: &[(String, Claim)],
) -> Result<u32, Fault> {
    let price = spot::spot(wanted.kind);
    if let Some(most) = terms.max_price.filter(|most| *most < price) {
        return Err(spot::price_too_low(most, price));
    }
    let of = (&prepared.image, &prepared.disks);
    let place = (prepared.subnet.zone.as_str(), prepared.ipv6);
    let mut wish = wish(call, wanted, of, place);
    wish.claim.spot = true;
    let (hosts, now) = (&service.instances.parts.hosts, service.instances.now());
    hosts.up_to_date().await;
    let room = hosts.read(|machines| {
        // Those that were placed meanwhile are counted already.
        let is_placed = |name: &str| {
            let mut ledgers = machines.ledgers().values();
            ledgers.any(|it| it.claims.get(name).is_some())
        };
        let pending: Vec<Claim> = pending
            .iter()
            .filter(|(name, _)| !is_placed(name))
            .map(|(_, claim)| claim.clone())
            .collect();
        let kept = wish.kept(hosts, machines, None, now);
        wish.room(machines, &kept, &pending)
    });
    match room >= wanted.at_least {
        true => Ok(room),
        false => Err(spot::no_capacity()),
    }
}

/// What requests of a launch keep, to launch it again.
pub fn spot_launch(
    call: &Call,
    input: &RunInstancesRequest,
    prepared: &Prepared,
    terms: &Terms,
) -> Result<(Terms, LaunchTemplateData), Fault> {
    let groups: Vec<String> = prepared.groups.iter().map(|it| it.id.clone()).collect();
    let mut kept = LaunchTemplateData::of_request(call, input, &groups)?;
    kept.tags.remove(SpotRequest::KIND);
    Ok((terms.clone(), kept))
}

/// The request that an instance fulfils: the one that it is launched for, or one of its own.
pub fn spot_request(
    service: &Ec2Service,
    call: &Call,
    prepared: &Prepared,
    part: &Part<'_>,
) -> Option<SpotRequest> {
    if let Part::Request(stored) = part {
        return Some(stored.record.clone());
    }
    let (terms, launch) = prepared.spot.clone()?;
    let sealed = launch.user_data.clone();
    let id = SpotRequest::new_id();
    let purpose = spot::user_data_purpose(&call.account, &call.region, &id);
    Some(SpotRequest {
        user_data: sealed.map(|it| service.keyring.seal(it.as_bytes(), &purpose)),
        immediate: true,
        fleet: part.fleet().map(|it| it.id),
        tags: prepared.request_tags.clone(),
        ..SpotRequest::of_launch(id, (terms, launch), call.now)
    })
}
