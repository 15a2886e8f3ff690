//! RunInstances writes the instances, each with its network interface, in one transaction; the reconciler
//! finds hosts for them.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use wharf_api_ec2::types::{Reservation, RunInstancesRequest, TagSpecification};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode, hosts::Claim};
use wharf_service::{tags::Tags, transact};
use wharf_store::{Compare, MAX_TXN_BYTES, Txn};
use wharf_wire::{Call, CallerKind, Context, Fault};

use super::{
    create_network_interface::with_address,
    dhcp_options,
    interfaces::{checked_description, groups},
    ipv6_addresses,
    private_addresses::Chosen,
    security_groups::{default_vpc_of, locate},
};
use crate::{
    Ec2Service,
    block_devices::{self, Disks},
    elastic::{self, Public},
    fault,
    instances::{
        FoundProfile,
        launch::{ProfileName, Wanted, digest},
        life::{Life, State},
        placing::Wish,
        shown::reservation,
        size,
    },
    launch_templates::{LaunchTemplateData, Resolved, merge, resolve_version},
    placement_groups::{self, Assigned, PlacementGroup, Siblings},
    records::{
        Attachment, DhcpGiven, Group, Image, Instance, Interface, Key, Launch, LaunchDevice,
        Primary, Profile, Secondary, SecurityGroup, Subnet, Vpc, user_data_purpose,
    },
    snapshots::Snapshot,
    spot::{self, SpotRequest, Terms},
    table::{LeanOn, client_token},
    tags,
    volumes::Volume,
};

mod part;

pub use self::part::{FleetPart, Part, unplaced};
use self::part::{spot_launch, spot_request, spot_room};

/// Instances say by their tags from which version of which template they come.
const TEMPLATE_TAG: &str = "aws:ec2launchtemplate";
/// Instances of one call: what is written for them fits into a transaction.
const MOST_AT_ONCE: u32 = 30;
/// What is written for an instance without volumes: itself, its interface, its addresses.
const WRITES_OF_ONE: u32 = 4;
/// Bytes of a transaction that are kept for what its instances share: the record of a token, sources of disks.
const SPARE_BYTES: usize = 16 << 10;
/// Instances of an account and region that are not terminated.
const MOST_LIVE: usize = 1000;
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
    let prepared = prepare(service, call, &wanted, (input, false, false)).await?;
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
    let prepared = prepare(service, call, &wanted, (input, true, terms.is_some())).await?;
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
    let wanted = Wanted::of(&input)?;
    let terms = match &part {
        Part::Request(request) => Some(request.record.terms.clone()),
        Part::Alone | Part::Fleet(_) => {
            Terms::of_launch(input.instance_market_options.as_ref(), call.now)?
        }
    };
    let asked = (&input, true, terms.is_some());
    let mut prepared = prepare(service, call, &wanted, asked).await?;
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
    let came_to_nothing = match &made {
        Ok((_, is_new)) => !is_new,
        // Otherwise nobody knows whether they were written.
        Err(fault) => fault.sender,
    };
    if came_to_nothing {
        prepared.disks.unseal(service, call).await;
    }
    made.map(|(made, _)| made)
}

/// The instances, and whether they are new.
async fn written(
    service: &Ec2Service,
    call: &Call,
    (input, wanted, prepared, is_spot): (&RunInstancesRequest, &Wanted, &Prepared, bool),
    (token, digest): (Option<&str>, &str),
    part: &Part<'_>,
    most: u32,
) -> Result<(Vec<Instance>, bool), Fault> {
    let made = transact!(service.table, &call.permit, |tx| {
        // Another call with the same token may have been faster.
        if let Some(made) = made_before(service, call, token, digest).await? {
            return Ok((made, false));
        }
        // A deletion of a snapshot either sees its volume, or is seen here.
        for (key, id, user) in prepared.disks.sources(&call.region) {
            let still = tx.find::<Snapshot>(&key).await?;
            if !still.is_some_and(|it| !it.deleting && it.may_use(user)) {
                return Err(fault::snapshot_not_found(id));
            }
        }
        let count = count(service, call, wanted, most).await?;
        let assigned = in_group(service, call, (wanted, prepared), count).await?;
        let count = assigned.most(count);
        let addresses = addresses(service, call, wanted, &prepared.subnet, count).await?;
        let mut addresses = with_public(service, call, (wanted, prepared), addresses).await?;
        let of = (wanted, prepared, &assigned, part);
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
        tx.join(ipv6_addresses::kept(service, call, txn, place).await?);
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
    Ok((made, true))
}

/// The template that a request names.
pub async fn template(
    service: &Ec2Service,
    cx: &Context,
    input: &RunInstancesRequest,
) -> Result<Option<Resolved>, Fault> {
    match &input.launch_template {
        Some(named) => resolve_version(service, cx, named).await.map(Some),
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

/// What all instances of a call have in common.
struct Prepared {
    image: Image,
    subnet: Subnet,
    dhcp: DhcpGiven,
    groups: Vec<Group>,
    profile: Option<FoundProfile>,
    key: Option<Key>,
    group: Option<placement_groups::Asked>,
    description: String,
    disks: Disks,
    tags: Tags,
    interface_tags: Tags,
    volume_tags: Tags,
    request_tags: Tags,
    /// Where it is Spot capacity.
    spot: Option<(Terms, LaunchTemplateData)>,
}

/// `now`: some host must take instances like these. `spot`: requests for Spot capacity come with them.
async fn prepare(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
    (input, now, spot): (&RunInstancesRequest, bool, bool),
) -> Result<Prepared, Fault> {
    let image = super::instance_images::find(service, call, &wanted.image).await?;
    if image.architecture != wanted.kind.architecture {
        let (kind, image) = (wanted.kind.architecture, &image.architecture);
        return Err(fault::architectures_differ(kind, image));
    }
    let group = placement_groups::asked(service, call, input.placement.as_ref()).await?;
    let layout = block_devices::of_launch(service, call, input).await?;
    let disks = block_devices::prepare(service, call, layout).await?;
    let image = Image {
        root: disks.root.as_ref().map(|it| it.source.clone()),
        ..image
    };
    let near = match &group {
        Some(asked) => asked.zone(service, call).await?,
        None => None,
    };
    let of = (&image, &disks, now);
    let subnet = subnet(service, call, wanted, near.as_deref(), of).await?;
    let groups = groups_of(service, call, wanted, &subnet).await?;
    let profile = match &wanted.profile {
        Some(name) => Some(profile(service, call, name).await?),
        None => None,
    };
    let key = match &wanted.key {
        Some(name) => Some(super::instance_images::key(service, call, name).await?),
        None => None,
    };
    let mut specified = input.tag_specifications.clone().unwrap_or_default();
    let of_interface = taken_out(&mut specified, Interface::KIND);
    let of_volume = taken_out(&mut specified, Volume::KIND);
    let of_request = match spot {
        true => taken_out(&mut specified, SpotRequest::KIND),
        false => Vec::new(),
    };
    Ok(Prepared {
        request_tags: tags::specified(call, Some(&of_request), SpotRequest::KIND)?,
        spot: None,
        tags: tags::specified(call, Some(&specified), Instance::KIND)?,
        volume_tags: tags::specified(call, Some(&of_volume), Volume::KIND)?,
        interface_tags: tags::specified(call, Some(&of_interface), Interface::KIND)?,
        description: checked_description(wanted.description.as_deref())?,
        image,
        disks,
        dhcp: dhcp_options::of_vpc(service, call, &subnet.vpc_id).await?,
        subnet,
        groups,
        profile,
        key,
        group,
    })
}

/// Those of a type apart; what is of none that there is stands with those of instances in the end, where it is refused.
fn taken_out(all: &mut Vec<TagSpecification>, kind: &str) -> Vec<TagSpecification> {
    all.extract_if(.., |it| it.resource_type.as_deref() == Some(kind))
        .collect()
}

fn wish(cx: &Context, wanted: &Wanted, (image, disks): (&Image, &Disks), zone: &str) -> Wish {
    Wish {
        account: cx.account.clone(),
        region: cx.region.clone(),
        zone: zone.to_owned(),
        architecture: image.architecture.clone(),
        own_image: image.registry.is_none(),
        restored: image.root.is_some(),
        volumes: !disks.volumes.is_empty(),
        fargate: false,
        claim: size::claim(wanted.kind, disks.root_gib),
        only: None,
        siblings: Siblings::default(),
    }
}

/// The subnet asked for, or a default one in a zone where there are hosts for such an instance; `near` is the zone that
/// its placement group is in.
async fn subnet(
    service: &Ec2Service,
    cx: &Context,
    wanted: &Wanted,
    near: Option<&str>,
    (image, disks, now): (&Image, &Disks, bool),
) -> Result<Subnet, Fault> {
    let hosts = &service.instances.parts.hosts;
    hosts.up_to_date().await;
    let has_hosts = |subnet: &Subnet| {
        let wish = wish(cx, wanted, (image, disks), &subnet.zone);
        !now || hosts.read(|machines| wish.is_offered(machines))
    };
    let no_hosts = |zone: &str| fault::no_capacity(wanted.kind.name, zone);
    if let Some(id) = &wanted.subnet {
        let subnet: Subnet = service.get(cx, id).await?;
        if let Some(zone) = wanted.zone.as_ref().filter(|zone| **zone != subnet.zone) {
            return Err(fault::zone_of_other_subnet(id, zone));
        }
        return match has_hosts(&subnet) {
            true => Ok(subnet),
            false => Err(no_hosts(&subnet.zone)),
        };
    }
    let zone = wanted.zone.as_deref().or(near);
    let all: Vec<Subnet> = service.all(cx).await?;
    let mut candidates: Vec<Subnet> = all
        .into_iter()
        .filter(|it| it.default_for_zone && zone.is_none_or(|zone| zone == it.zone))
        .collect();
    candidates.sort_by(|one, other| one.zone.cmp(&other.zone));
    let Some(first) = candidates.first().map(|it| it.zone.clone()) else {
        return Err(fault::no_default_subnet(zone));
    };
    let found = candidates.into_iter().find(has_hosts);
    found.ok_or_else(|| no_hosts(&first))
}

async fn groups_of(
    service: &Ec2Service,
    cx: &Context,
    wanted: &Wanted,
    subnet: &Subnet,
) -> Result<Vec<Group>, Fault> {
    let mut asked = wanted.groups.clone();
    if !wanted.group_names.is_empty() {
        let default = default_vpc_of(service, cx).await?;
        if default.is_none_or(|vpc| vpc.id != subnet.vpc_id) {
            return Err(fault::bad_combination(
                "The parameter groupName cannot be used with the parameter subnet",
            ));
        }
        for name in &wanted.group_names {
            asked.push(locate(service, cx, None, Some(name.clone())).await?);
        }
    }
    let ids = groups(service, cx, &subnet.vpc_id, &asked).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let group: SecurityGroup = service.get(cx, &id).await?;
        let name = group.name;
        found.push(Group { id, name });
    }
    Ok(found)
}

/// The profile that a request names.
pub async fn profile(
    service: &Ec2Service,
    cx: &Context,
    named: &ProfileName,
) -> Result<FoundProfile, Fault> {
    let profiles = &service.instances.parts.profiles;
    let found = profiles.find(&cx.account, &named.name).await?;
    let is_named = |it: &FoundProfile| named.arn.as_ref().is_none_or(|arn| *arn == it.arn);
    found.filter(is_named).ok_or_else(|| match &named.arn {
        Some(arn) => fault::bad_profile_arn(arn),
        None => fault::bad_profile_name(&named.name),
    })
}

/// How many fit into a transaction by what it does.
fn most_at_once((wanted, prepared): (&Wanted, &Prepared), spot: bool) -> u32 {
    let by_itself = usize::from(prepared.subnet.assign_ipv6);
    let ipv6 = wanted.ipv6.count.unwrap_or(by_itself);
    let ipv6 = wanted.ipv6.these.len().max(ipv6);
    let further = prepared.disks.writes() + wanted.addresses.secondary() + ipv6;
    let further = u32::try_from(further).unwrap_or(u32::MAX / 4);
    // A Spot instance has its request beside it.
    let of_one = WRITES_OF_ONE + further + u32::from(spot);
    (WRITES_OF_ONE * MOST_AT_ONCE / of_one).max(1)
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
    let wish = wish(cx, wanted, (&prepared.image, &prepared.disks), zone);
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
    let by_itself = usize::from(subnet.assign_ipv6);
    let ipv6 = ipv6_addresses::Named {
        count: wanted.ipv6.count.or(Some(by_itself)),
        ..wanted.ipv6.clone()
    };
    for number in 0..count {
        let chosen = wanted.addresses.choose(service, call, subnet, &mut taken);
        match chosen.await {
            Ok(chosen) => addresses.push(Chosen {
                ipv6: ipv6.choose(service, call, subnet, &mut taken_ipv6).await?,
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
    if !wanted.public.unwrap_or(prepared.subnet.map_public_ip) {
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

/// The instances, and the transaction that makes them.
fn write(
    service: &Ec2Service,
    call: &Call,
    input: &RunInstancesRequest,
    (wanted, prepared, assigned, part): (&Wanted, &Prepared, &Assigned, &Part<'_>),
    addresses: &[(Chosen, Option<Public>)],
) -> (Vec<Instance>, Txn) {
    let reservation = ids::ec2_id("r");
    let mut txn = Txn::new().lean_on::<Subnet>(call, &prepared.subnet.id);
    for group in &prepared.groups {
        txn = txn.lean_on::<SecurityGroup>(call, &group.id);
    }
    let group = prepared.group.as_ref().map(|it| &it.group);
    if let Some(group) = group {
        txn = txn.lean_on::<PlacementGroup>(call, &group.id);
    }
    let mut made = Vec::with_capacity(addresses.len());
    for ((address, public), index) in addresses.iter().zip(0..) {
        let id = ids::ec2_id("i");
        let interface = Interface {
            public: public.clone(),
            secondary: address
                .secondary
                .iter()
                .copied()
                .map(Secondary::new)
                .collect(),
            ipv6: address.ipv6.clone(),
            ..interface(call, &id, address.primary, (wanted, prepared))
        };
        if let Some(public) = public {
            txn = elastic::claim(txn, call, public.address, &interface.id);
        }
        let purpose = user_data_purpose(&call.account, &call.region, &id);
        let zone = prepared.subnet.zone.as_str();
        let volumes = prepared
            .disks
            .of((&id, zone), &prepared.volume_tags, call.now);
        let request = spot_request(service, call, prepared, part);
        let instance = Instance {
            spot: request.as_ref().map(SpotRequest::held),
            fleet: part.fleet(),
            reservation: reservation.clone(),
            launch_index: index,
            client_token: input.client_token.clone().filter(|it| !it.is_empty()),
            requester: requester(call),
            image: prepared.image.clone(),
            instance_type: wanted.kind.name.to_owned(),
            subnet_id: prepared.subnet.id.clone(),
            vpc_id: prepared.subnet.vpc_id.clone(),
            zone: prepared.subnet.zone.clone(),
            interface: Primary {
                id: interface.id.clone(),
                subnet_cidr: prepared.subnet.cidr,
                address: address.primary,
                mac: interface.mac.clone(),
                secondary: address.secondary.clone(),
                ipv6: address.ipv6.clone(),
                groups: prepared.groups.clone(),
                delete_on_termination: wanted.delete_interface,
            },
            dhcp: prepared.dhcp.clone(),
            key: prepared.key.clone(),
            profile: prepared.profile.as_ref().map(|it| associated(call, it)),
            user_data: wanted
                .user_data
                .as_ref()
                .map(|it| service.keyring.seal(it.as_bytes(), &purpose)),
            metadata: wanted.metadata.clone(),
            monitoring: input.monitoring.as_ref().and_then(|it| it.enabled) == Some(true),
            disable_api_termination: input.disable_api_termination == Some(true),
            disable_api_stop: input.disable_api_stop == Some(true),
            ends_on_shutdown: wanted.ends_on_shutdown,
            ebs_optimized: input.ebs_optimized == Some(true),
            disk_gib: prepared.disks.root_gib,
            devices: volumes
                .iter()
                .map(|(name, it)| LaunchDevice {
                    name: name.clone(),
                    volume: it.id.clone(),
                })
                .collect(),
            placement: group.map(|it| assigned.place(it, made.len())),
            pod: None,
            life: Life::new(call.now),
            kubelet: None,
            created_at: call.now,
            tags: prepared.tags.clone(),
            unknown: Unknown::new(),
            id,
        };
        txn = with_address(txn, call, &interface).put(
            Ec2Service::key::<Instance>(call, &instance.id),
            encode(&instance),
        );
        for (_, volume) in &volumes {
            txn = volume.put_new(call, txn);
        }
        if let Some(root) = &instance.image.root {
            txn = root.put_use(call, &instance.id, txn);
        }
        if let Some(mut request) = request {
            let key = Ec2Service::key::<SpotRequest>(call, &request.id);
            txn = match part {
                Part::Request(stored) => txn.when(stored.unchanged()),
                Part::Alone | Part::Fleet(_) => txn.when(Compare::absent(key.clone())),
            };
            request.fulfil(&instance, call.now);
            txn = txn.put(key, encode(&request));
        }
        made.push(instance);
    }
    if let Part::Fleet(fleet) = part {
        let of_fleet = (fleet.written)(made.len());
        txn.compare.extend(of_fleet.compare);
        txn.then.extend(of_fleet.then);
    }
    (made, txn)
}

/// A profile as it is associated with a new instance.
pub fn associated(cx: &Context, profile: &FoundProfile) -> Profile {
    Profile {
        arn: profile.arn.clone(),
        id: profile.id.clone(),
        association: ids::ec2_id("iip-assoc"),
        since: cx.now,
    }
}

fn interface(
    call: &Call,
    instance: &str,
    address: Ipv4Addr,
    (wanted, prepared): (&Wanted, &Prepared),
) -> Interface {
    let delete = wanted.delete_interface;
    Interface {
        groups: prepared.groups.iter().map(|it| it.id.clone()).collect(),
        description: prepared.description.clone(),
        attachment: Some(Attachment::at_launch(instance, call.now, delete)),
        tags: prepared.interface_tags.clone(),
        ..Interface::new(&prepared.subnet, address, call.now)
    }
}
