//! RunInstances writes the instances, each with its network interface, in one transaction; the reconciler
//! finds hosts for them.

mod existing;
mod part;
mod prepare;
mod settled_subnet;
mod write;

use std::{borrow::Cow, collections::HashSet, net::Ipv6Addr};

use wharf_api_ec2::types::{Reservation, RunInstancesRequest};
use wharf_records::{Unknown, hosts::Claim};
use wharf_service::transact;
use wharf_store::{Compare, MAX_TXN_BYTES, Txn};
use wharf_wire::{Call, CallerKind, Context, Fault};

pub use self::{
    part::{FleetPart, Part, unplaced},
    prepare::profile,
    settled_subnet::settle as settle_subnet,
    write::associated,
};
use self::{
    part::{spot_launch, spot_room},
    prepare::{Prepared, prepare, wish},
    write::write,
};
use super::{ipv6_addresses, private_addresses::Chosen};
use crate::{
    Ec2Service,
    elastic::{self, Public},
    fault,
    images::alias,
    instances::{
        describe::reservation,
        launch::{Wanted, digest},
        life::State,
        providers::webhook,
    },
    launch_templates::{Resolved, merge, settled},
    placement_groups::{self, Assigned},
    records::{Instance, Launch, Subnet, Vpc},
    snapshots::Snapshot,
    spot::{self, Terms},
    table::client_token,
};

/// Instances say by their tags from which version of which template they come.
const TEMPLATE_TAG: &str = "aws:ec2launchtemplate";
/// Instances of one call: what is written for them fits into a transaction.
const MOST_AT_ONCE: u32 = 30;
/// What is written for an instance without volumes: itself, its interface, its addresses.
const WRITES_OF_ONE: u32 = 4;
/// Ends of pending grants that there is room for beside what is written for the most instances.
const SPARE_WRITES: usize = 2;
/// Bytes of a transaction that are kept for what its instances share: the record of a token, sources of disks, ends of
/// pending grants.
const SPARE_BYTES: usize = 16 << 10;
/// Instances of an account and region that are not terminated.
pub const MOST_LIVE: usize = 1000;
/// … with those that are, and still shown.
const MOST_SHOWN: usize = 4000;

pub async fn run(
    service: &Ec2Service,
    call: &Call,
    input: RunInstancesRequest,
) -> Result<Reservation, Fault> {
    fault::dry_run(input.dry_run)?;
    let made = launch(service, call, input, Part::Alone).await?;
    reservation(service, call, made).await
}

/// What there is to refuse of a launch that is made later, when there is room; the ids of its groups.
pub async fn check(
    service: &Ec2Service,
    call: &Call,
    input: &RunInstancesRequest,
) -> Result<Vec<String>, Fault> {
    let wanted = Wanted::of(input)?;
    let asked = (input, false, false);
    let prepared = prepare(service, call, &wanted, asked, &digest(input)).await?;
    Ok(prepared.groups.into_iter().map(|it| it.id).collect())
}

/// How many instances like these hosts have room for. One that is On-Demand waits for what Spot capacity holds, so of those there is
/// room wherever a host takes them.
pub async fn room(
    service: &Ec2Service,
    call: &Call,
    input: &RunInstancesRequest,
    pending: &[(String, Claim)],
) -> Result<u32, Fault> {
    let wanted = Wanted::of(input)?;
    let terms = Terms::of_launch(input.instance_market_options.as_ref(), call.now)?;
    let asked = (input, true, terms.is_some());
    let prepared = prepare(service, call, &wanted, asked, &digest(input)).await?;
    match &terms {
        Some(terms) => spot_room(service, call, (&wanted, &prepared), terms, pending).await,
        None => Ok(MOST_AT_ONCE),
    }
}

/// Writes the instances of a launch.
pub async fn launch(
    service: &Ec2Service,
    call: &Call,
    input: RunInstancesRequest,
    part: Part<'_>,
) -> Result<Vec<Instance>, Fault> {
    let token = client_token(input.client_token.as_deref())?.map(str::to_owned);
    let digest = digest(&input);
    if let Some(made) = made_before(service, call, token.as_deref(), &digest).await? {
        return Ok(made);
    }
    service.ensure_default_vpc(&call.permit, call).await?;
    let template = template(service, call, &input).await?;
    let input = match &template {
        Some(template) => merge(&template.data, input),
        None => input,
    };
    let input = alias::settled(service, call, input).await?;
    let mut wanted = Wanted::of(&input)?;
    settled_subnet::settled(call, &digest, &mut wanted)?;
    let terms = match &part {
        Part::Request(request) => Some(request.record.terms.clone()),
        Part::Alone | Part::Fleet(_) => {
            Terms::of_launch(input.instance_market_options.as_ref(), call.now)?
        }
    };
    let asked = (&input, true, terms.is_some());
    let mut prepared = prepare(service, call, &wanted, asked, &digest).await?;
    let mut most = most_at_once((&wanted, &prepared), terms.is_some());
    if let Some(terms) = &terms {
        let pending = unplaced(&service.all(call).await?);
        let room = spot_room(service, call, (&wanted, &prepared), terms, &pending).await?;
        most = most.min(room);
        prepared.spot = Some(spot_launch(call, &input, &prepared, terms)?);
    }
    if let Some(it) = template {
        let tags = &mut prepared.tags;
        tags.insert(format!("{TEMPLATE_TAG}:id"), it.template.id);
        tags.insert(format!("{TEMPLATE_TAG}:version"), it.version.to_string());
    }
    if let Part::Fleet(fleet) = &part {
        let id = fleet.member.id.clone();
        prepared.tags.insert(fleet.tag.to_owned(), id);
    }
    prepared.disks.seal(service, call).await?;
    let of = (&input, &wanted, &prepared, terms.is_some());
    let made = written(service, call, of, (token.as_deref(), &digest), &part, most).await;
    prepared.disks.unseal(service).await;
    made
}

/// The instances, which may have been there before.
async fn written(
    service: &Ec2Service,
    call: &Call,
    (input, wanted, prepared, is_spot): (&RunInstancesRequest, &Wanted, &Prepared, bool),
    (token, digest): (Option<&str>, &str),
    part: &Part<'_>,
    most: u32,
) -> Result<Vec<Instance>, Fault> {
    let _turn = service.launching(call).await;
    let made = transact!(service.table, &call.permit, |tx| {
        // Another call with the same token may have been faster.
        if let Some(made) = made_before(service, call, token, digest).await? {
            return Ok(made);
        }
        // A deletion of a snapshot either sees its volume, or is seen here.
        for (key, id, user) in prepared.disks.sources(&call.region) {
            let still = tx.find::<Snapshot>(&key).await?;
            if !still.is_some_and(|it| !it.deleting && it.may_use(user)) {
                return Err(fault::snapshot_not_found(id));
            }
        }
        let count = count(service, call, wanted, most).await?;
        let of = (&prepared.provider, prepared.subnet.zone.as_str());
        let count = webhook::left(service, (call, &mut tx), wanted, of, count).await?;
        let assigned = in_group(service, call, (wanted, prepared), count).await?;
        let count = assigned.most(count);
        let existing = existing::find(service, call, wanted).await?;
        let mut addresses = match &existing {
            Some(it) => vec![(existing::chosen(&it.stored.record), None)],
            None => {
                let subnet = &prepared.subnet;
                let addresses = addresses(service, call, wanted, subnet, count).await?;
                with_public(service, call, (wanted, prepared), addresses).await?
            }
        };
        let of = (wanted, prepared, &assigned, part, existing.as_ref());
        if addresses.len() > 1 {
            let (_, one) = write(service, call, input, of, &addresses[..1]);
            let fit = fit(&one, part.bytes());
            if fit < wanted.at_least as usize {
                return Err(fault::too_many_instances(wanted.at_least, fit));
            }
            addresses.truncate(fit);
        }
        prepared
            .disks
            .check_room(service, call, addresses.len())
            .await?;
        if is_spot && matches!(part, Part::Alone) {
            spot::room(service, call, addresses.len()).await?;
        }
        let (made, txn) = write(service, call, input, of, &addresses);
        let ipv6: Vec<Ipv6Addr> = made
            .iter()
            .flat_map(|it| it.interface.ipv6.iter().copied())
            .collect();
        let place = (prepared.subnet.id.as_str(), &ipv6[..]);
        let there = match &existing {
            Some(it) => it.there(call),
            None => Cow::Borrowed(call.context()),
        };
        let mut txn = ipv6_addresses::kept(service, &there, txn, place).await?;
        if let Some(it) = &existing {
            let holder = made.first().map(|it| it.id.as_str());
            let scope = Ec2Service::scope(&there);
            let of = (&it.stored.record, holder);
            txn = elastic::held_by(&service.table, &scope, of, (txn, call.now)).await?;
        }
        tx.join(txn);
        tx.join(prepared.disks.ended());
        if let Some(token) = token {
            let launch = Launch {
                digest: digest.to_owned(),
                instances: made.iter().map(|it| it.id.clone()).collect(),
                made_at: call.now,
                unknown: Unknown::new(),
            };
            let key = Ec2Service::key::<Launch>(call, &token_id(call, token));
            tx.when(Compare::absent(key.clone()));
            tx.put(key, &launch);
        }
        made
    });
    Ok(made)
}

/// The template that a request names, as it was when that was authorised.
async fn template(
    service: &Ec2Service,
    cx: &Context,
    input: &RunInstancesRequest,
) -> Result<Option<Resolved>, Fault> {
    match &input.launch_template {
        Some(named) => settled(service, cx, named).await.map(Some),
        None => Ok(None),
    }
}

/// Tokens of services and of users never meet.
fn token_id(cx: &Context, token: &str) -> String {
    match requester(cx) {
        Some(service) => format!("{service}:{token}"),
        None => format!(":{token}"),
    }
}

/// The service that launches, by itself or in its service-linked role.
fn requester(cx: &Context) -> Option<String> {
    let caller = &cx.caller;
    if caller.kind == CallerKind::Service {
        return Some(caller.arn.clone());
    }
    let (_, path) = caller.role_arn.split_once(":role/aws-service-role/")?;
    Some(path.split('/').next()?.to_owned())
}

/// The instances that the token stands for.
async fn made_before(
    service: &Ec2Service,
    cx: &Context,
    token: Option<&str>,
    digest: &str,
) -> Result<Option<Vec<Instance>>, Fault> {
    let Some(token) = token else {
        return Ok(None);
    };
    let Some(launch) = service.find::<Launch>(cx, &token_id(cx, token)).await? else {
        return Ok(None);
    };
    if launch.digest != digest {
        return Err(fault::token_reused());
    }
    let mut made = Vec::with_capacity(launch.instances.len());
    for id in &launch.instances {
        made.extend(service.find::<Instance>(cx, id).await?);
    }
    match made.iter().all(|it| it.life.state == State::Terminated) {
        true => Err(fault::token_of_terminated()),
        false => Ok(Some(made)),
    }
}

/// How many fit into a transaction by what it does.
fn most_at_once((wanted, prepared): (&Wanted, &Prepared), spot: bool) -> u32 {
    let ipv6 = wanted.ipv6.number(&prepared.subnet);
    let further = prepared.disks.writes() + wanted.addresses.secondary() + ipv6;
    let further = u32::try_from(further).unwrap_or(u32::MAX / 4);
    // A Spot instance has its request beside it.
    let of_one = WRITES_OF_ONE + further + u32::from(spot);
    // Grants that are pending no more are written once for all.
    let once = prepared.disks.sealed().saturating_sub(SPARE_WRITES);
    let once = u32::try_from(once).unwrap_or(u32::MAX);
    let left = (WRITES_OF_ONE * MOST_AT_ONCE).saturating_sub(once);
    (left / of_one).max(1)
}

/// How many like this one fit by their bytes, beside what is written once.
fn fit(one: &Txn, once: usize) -> usize {
    let each = one.bytes().saturating_sub(once).max(1);
    (MAX_TXN_BYTES - SPARE_BYTES).saturating_sub(once) / each
}

/// How many there will be: as many as the account may have, if that is not too few.
async fn count(
    service: &Ec2Service,
    cx: &Context,
    wanted: &Wanted,
    most: u32,
) -> Result<u32, Fault> {
    let mut all: Vec<Instance> = service.all(cx).await?;
    all.retain(|it| it.pod.is_none());
    let is_live = |it: &&Instance| it.life.state != State::Terminated;
    let live = all.iter().filter(is_live).count();
    let left = MOST_LIVE
        .saturating_sub(live)
        .min(MOST_SHOWN.saturating_sub(all.len()));
    let left = u32::try_from(left).unwrap_or(u32::MAX).min(most);
    if wanted.at_least > left {
        let limit = match wanted.at_least > most {
            true => most as usize,
            false => MOST_LIVE,
        };
        return Err(fault::too_many_instances(wanted.at_least, limit));
    }
    Ok(wanted.at_most.min(left))
}

/// The places in the placement group that a launch names.
async fn in_group(
    service: &Ec2Service,
    cx: &Context,
    (wanted, prepared): (&Wanted, &Prepared),
    count: u32,
) -> Result<Assigned, Fault> {
    let Some(asked) = &prepared.group else {
        return Ok(Assigned::Any);
    };
    let zone = prepared.subnet.zone.as_str();
    let of = (&prepared.image, &prepared.disks);
    let wish = wish(cx, wanted, of, (zone, prepared.ipv6));
    let hosts = service.instances.parts.hosts.read(|it| wish.hosts(it));
    let members = placement_groups::members(service, cx, &asked.group.id).await?;
    let assigned = placement_groups::check(asked, &members, zone, &hosts, count)?;
    match assigned.most(count) < wanted.at_least {
        true => Err(fault::no_room_in_group(&asked.group.name, zone)),
        false => Ok(assigned),
    }
}

async fn addresses(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
    subnet: &Subnet,
    count: u32,
) -> Result<Vec<Chosen>, Fault> {
    let (mut taken, mut taken_ipv6) = (HashSet::new(), HashSet::new());
    let mut addresses = Vec::new();
    for number in 0..count {
        let chosen = wanted.addresses.choose(service, call, subnet, &mut taken);
        match chosen.await {
            Ok(chosen) => addresses.push(Chosen {
                ipv6: wanted
                    .ipv6
                    .choose(service, call, subnet, &mut taken_ipv6)
                    .await?,
                ..chosen
            }),
            Err(_) if number >= wanted.at_least => break,
            Err(fault) => return Err(fault),
        }
    }
    Ok(addresses)
}

/// Public addresses beside those of the subnet, where instances are to have them.
async fn with_public(
    service: &Ec2Service,
    call: &Call,
    (wanted, prepared): (&Wanted, &Prepared),
    addresses: Vec<Chosen>,
) -> Result<Vec<(Chosen, Option<Public>)>, Fault> {
    // Nothing leads to a machine by an address of wharf's.
    let may_have = prepared.provider.is_host();
    if !may_have || !wanted.public.unwrap_or(prepared.subnet.map_public_ip) {
        return Ok(addresses.into_iter().map(|it| (it, None)).collect());
    }
    let vpc: Vpc = service.get(call, &prepared.subnet.vpc_id).await?;
    let mut chosen = HashSet::new();
    let mut found = Vec::with_capacity(addresses.len());
    for address in addresses {
        let public = match elastic::own(service, &vpc, &chosen).await {
            // The subnet would have them; whoever asks for one himself is refused.
            Err(fault) if wanted.public.is_none() && elastic::is_out_of_addresses(&fault) => None,
            public => Some(public?),
        };
        chosen.extend(public.as_ref().map(|it| it.address));
        found.push((address, public));
    }
    Ok(found)
}
