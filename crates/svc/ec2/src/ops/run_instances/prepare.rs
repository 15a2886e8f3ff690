//! What all instances of a call have in common is found and checked.

use std::{borrow::Cow, sync::Arc};

use wharf_api_ec2::types::{RunInstancesRequest, TagSpecification};
use wharf_records::Record as _;
use wharf_service::tags::Tags;
use wharf_wire::{Call, Context, Fault};

use super::{
    super::{
        dhcp_options, instance_images,
        interfaces::{checked_description, groups},
        security_groups::{default_vpc_of, locate},
    },
    existing,
};
use crate::{
    Ec2Service,
    block_devices::{Disks, MadeOf},
    fault,
    instances::{
        FoundProfile,
        launch::{ProfileName, Wanted},
        operated::operator,
        placing::Wish,
        providers::{Maker, Provider, webhook},
        size,
    },
    launch_templates::LaunchTemplateData,
    placement_groups::{self, Siblings},
    records::{DhcpGiven, Group, Image, Instance, Interface, Key, OfRoot, SecurityGroup, Subnet},
    spot::{SpotRequest, Terms},
    tags,
    volumes::Volume,
};

/// What all instances of a call have in common.
pub(super) struct Prepared {
    pub(super) image: Image,
    pub(super) subnet: Subnet,
    /// They have IPv6 addresses.
    pub(super) ipv6: bool,
    pub(super) dhcp: DhcpGiven,
    pub(super) groups: Vec<Group>,
    pub(super) profile: Option<FoundProfile>,
    /// The service that alone may change them.
    pub(super) operator: Option<String>,
    pub(super) key: Option<Key>,
    pub(super) group: Option<placement_groups::Asked>,
    pub(super) description: String,
    pub(super) disks: Disks,
    pub(super) tags: Tags,
    pub(super) interface_tags: Tags,
    pub(super) volume_tags: Tags,
    pub(super) request_tags: Tags,
    /// Where it is Spot capacity.
    pub(super) spot: Option<(Terms, LaunchTemplateData)>,
    /// Who has their machines.
    pub(super) provider: Provider,
}

impl Prepared {
    /// Tags of volumes are those of the root too, where it is shown as one.
    pub(super) fn of_root(&self) -> OfRoot {
        match self.provider.is_host() && self.image.boot_mode.is_some() {
            true => OfRoot {
                tags: self.volume_tags.clone(),
                ..OfRoot::default()
            },
            false => OfRoot::default(),
        }
    }
}

/// `now`: some host must take instances like these. `spot`: requests for Spot capacity come with them. `launch`: the digest of the
/// request, as it was given.
pub(super) async fn prepare(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
    (input, now, spot): (&RunInstancesRequest, bool, bool),
    launch: &str,
) -> Result<Prepared, Fault> {
    let made_of = MadeOf::settled(service, call, input, launch).await?;
    let mut needs = Needs::of(service, call, wanted, (input, now, spot), &made_of).await?;
    let existing = existing::find(service, call, wanted).await?;
    let there = match &existing {
        Some(it) => it.there(call),
        None => Cow::Borrowed(call.context()),
    };
    let existing = existing.as_ref().map(|it| &it.stored.record);
    let named = existing.map(|it| it.subnet_id.as_str());
    let named = named.or(wanted.subnet.as_deref());
    let named = named.map(|it| (&*there, it));
    needs.existing = existing.map(|it| !it.ipv6.is_empty());
    let subnet = subnet(service, call, wanted, named, &needs).await?;
    let ipv6 = needs.ipv6(wanted, &subnet);
    let Needs {
        image,
        disks,
        group,
        maker,
        ..
    } = needs;
    let provider = match maker.filter(|it| it.serves(wanted.kind, &subnet.zone)) {
        Some(_) => {
            webhook::check(input, (wanted, &subnet, &disks))?;
            Provider::Webhook(Box::default())
        }
        None => Provider::Host,
    };
    let groups = match existing {
        Some(it) => with_names(service, &there, it.groups.clone()).await?,
        None => groups_of(service, call, wanted, &subnet).await?,
    };
    let profile = match &wanted.profile {
        Some(name) => Some(profile(service, call, name).await?),
        None => None,
    };
    let key = match &wanted.key {
        Some(name) => Some(instance_images::key(service, call, name).await?),
        None => None,
    };
    let mut specified = input.tag_specifications.clone().unwrap_or_default();
    let of_interface = taken_out(&mut specified, Interface::KIND);
    if wanted.interface.is_some() && !of_interface.is_empty() {
        return Err(fault::no_new_interface_to_tag());
    }
    let of_volume = taken_out(&mut specified, Volume::KIND);
    let of_request = match spot {
        true => taken_out(&mut specified, SpotRequest::KIND),
        false => Vec::new(),
    };
    Ok(Prepared {
        request_tags: tags::specified(call, Some(&of_request), SpotRequest::KIND)?,
        spot: None,
        provider,
        operator: operator(call, input.operator.as_ref())?,
        tags: tags::specified(call, Some(&specified), Instance::KIND)?,
        volume_tags: tags::specified(call, Some(&of_volume), Volume::KIND)?,
        interface_tags: tags::specified(call, Some(&of_interface), Interface::KIND)?,
        description: checked_description(wanted.description.as_deref())?,
        image,
        disks,
        dhcp: dhcp_options::of_vpc(service, &there, &subnet.vpc_id).await?,
        subnet,
        ipv6,
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

pub(super) fn wish(
    cx: &Context,
    wanted: &Wanted,
    (image, disks): (&Image, &Disks),
    (zone, ipv6): (&str, bool),
) -> Wish {
    Wish {
        account: cx.account.clone(),
        region: cx.region.clone(),
        zone: zone.to_owned(),
        architecture: image.architecture.clone(),
        own_image: image.registry.is_none(),
        restored: image.root.is_some(),
        sealed: disks.seals_root(),
        volumes: !disks.volumes.is_empty(),
        virtual_machine: image.boot_mode.is_some(),
        ipv6,
        fargate: false,
        claim: size::claim(wanted.kind, disks.root_gib),
        only: None,
        siblings: Siblings::default(),
    }
}

/// What of a launch decides which hosts may have its instances.
pub(super) struct Needs<'a> {
    image: Image,
    disks: Disks,
    group: Option<placement_groups::Asked>,
    /// The zone that its placement group is in.
    near: Option<String>,
    /// Who makes machines for it.
    maker: Option<&'a Arc<Maker>>,
    /// Some host must take it.
    now: bool,
    /// Of an interface that is there before it: whether that has IPv6 addresses.
    existing: Option<bool>,
}

impl<'a> Needs<'a> {
    /// `now` and `spot` as for [`prepare`].
    pub(super) async fn of(
        service: &'a Ec2Service,
        cx: &Context,
        wanted: &Wanted,
        (input, now, spot): (&RunInstancesRequest, bool, bool),
        made_of: &MadeOf,
    ) -> Result<Self, Fault> {
        let image = instance_images::of_record(made_of.image.clone()?)?;
        if image.architecture != wanted.kind.architecture {
            let (kind, image) = (wanted.kind.architecture, &image.architecture);
            return Err(fault::architectures_differ(kind, image));
        }
        let group = placement_groups::asked(service, cx, input.placement.as_ref()).await?;
        let disks = made_of.disks.clone()?;
        let image = Image {
            root: disks.root.as_ref().map(|it| it.source.clone()),
            ..image
        };
        let maker = webhook::of_launch(service, cx, wanted.kind, spot || !now);
        let near = match &group {
            Some(asked) => asked.zone(service, cx).await?,
            None => None,
        };
        Ok(Self {
            image,
            disks,
            group,
            near,
            maker,
            now,
            existing: None,
        })
    }

    /// Whether it has IPv6 addresses in that subnet.
    fn ipv6(&self, wanted: &Wanted, subnet: &Subnet) -> bool {
        self.existing
            .unwrap_or_else(|| wanted.ipv6.number(subnet) > 0)
    }

    /// Whether hosts in the zone of a subnet take such an instance, or its machine is made there.
    fn are_met(
        &self,
        service: &Ec2Service,
        cx: &Context,
        wanted: &Wanted,
        subnet: &Subnet,
    ) -> bool {
        let zone = subnet.zone.as_str();
        let place = (zone, self.ipv6(wanted, subnet));
        let wish = wish(cx, wanted, (&self.image, &self.disks), place);
        let is_made = self.maker.is_some_and(|it| it.serves(wanted.kind, zone));
        let hosts = &service.instances.parts.hosts;
        !self.now || is_made || hosts.read(|machines| wish.is_offered(machines))
    }
}

/// The subnet that is `named`, with where it is, or a default one.
async fn subnet(
    service: &Ec2Service,
    cx: &Context,
    wanted: &Wanted,
    named: Option<(&Context, &str)>,
    needs: &Needs<'_>,
) -> Result<Subnet, Fault> {
    let subnet = match named {
        Some((there, id)) => service.get::<Subnet>(there, id).await?,
        None => default_subnet(service, cx, wanted, needs).await?,
    };
    if let Some(zone) = wanted.zone.as_ref().filter(|zone| **zone != subnet.zone) {
        return Err(fault::zone_of_other_subnet(&subnet.id, zone));
    }
    service.instances.parts.hosts.up_to_date().await;
    match needs.are_met(service, cx, wanted, &subnet) {
        true => Ok(subnet),
        false => Err(fault::no_capacity(wanted.kind.name, &subnet.zone)),
    }
}

/// A default subnet in a zone where there are hosts for such an instance, or its machine is made; the first where there are none.
pub(super) async fn default_subnet(
    service: &Ec2Service,
    cx: &Context,
    wanted: &Wanted,
    needs: &Needs<'_>,
) -> Result<Subnet, Fault> {
    let zone = wanted.zone.as_deref().or(needs.near.as_deref());
    let all: Vec<Subnet> = service.all(cx).await?;
    let mut candidates: Vec<Subnet> = all
        .into_iter()
        .filter(|it| it.default_for_zone && zone.is_none_or(|zone| zone == it.zone))
        .collect();
    candidates.sort_by(|one, other| one.zone.cmp(&other.zone));
    service.instances.parts.hosts.up_to_date().await;
    let has_hosts = |it: &Subnet| needs.are_met(service, cx, wanted, it);
    let at = candidates.iter().position(has_hosts).unwrap_or_default();
    match at < candidates.len() {
        true => Ok(candidates.swap_remove(at)),
        false => Err(fault::no_default_subnet(zone)),
    }
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
    with_names(service, cx, ids).await
}

async fn with_names(
    service: &Ec2Service,
    cx: &Context,
    ids: Vec<String>,
) -> Result<Vec<Group>, Fault> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let group: SecurityGroup = service.get(cx, &id).await?;
        let name = group.name;
        found.push(Group { id, name });
    }
    Ok(found)
}

/// The profile that a request names, which has a role.
pub async fn profile(
    service: &Ec2Service,
    cx: &Context,
    named: &ProfileName,
) -> Result<FoundProfile, Fault> {
    let profiles = &service.instances.parts.profiles;
    let found = profiles.find(&cx.account, &named.name).await?;
    let is_named = |it: &FoundProfile| named.arn.as_ref().is_none_or(|arn| *arn == it.arn);
    let found = found.filter(is_named).ok_or_else(|| match &named.arn {
        Some(arn) => fault::bad_profile_arn(arn),
        None => fault::bad_profile_name(&named.name),
    })?;
    match found.role {
        Some(_) => Ok(found),
        None => Err(fault::profile_without_role(&found.arn)),
    }
}
