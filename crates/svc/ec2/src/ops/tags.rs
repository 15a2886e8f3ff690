//! CreateTags, DeleteTags and DescribeTags, on every resource that has tags.

use std::collections::{HashMap, HashSet};

use wharf_api_ec2::types::{
    CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest, DescribeTagsResult, Tag,
    TagDescription,
};
use wharf_records::Record as _;
use wharf_service::tags::{Tags, is_reserved};
use wharf_wire::{Call, Context, Fault};

use super::subnet_reservations;
use crate::{
    Ec2Service,
    elastic::ElasticAddress,
    endpoint_services::{self, EndpointService},
    endpoints::VpcEndpoint,
    fault,
    filter::{self, matches, names},
    fleet::{Fleet, SpotFleet},
    flow_logs::FlowLog,
    images::Image,
    key_pairs::KeyPair,
    launch_templates::LaunchTemplate,
    nat_gateways::NatGateway,
    peering::VpcPeeringConnection,
    placement_groups::PlacementGroup,
    prefix_lists::PrefixList,
    records::{
        DhcpOptions, EgressOnlyGateway, Entity, Instance, Interface, InternetGateway, NetworkAcl,
        OfRoot, Reservation, RouteTable, SecurityGroup, Subnet, Vpc, is_seen,
    },
    snapshots::Snapshot,
    spot::SpotRequest,
    tags::{RULES, checked, is_service},
    volumes::{Volume, is_root, roots},
};

/// Resources of one call.
const MAX_RESOURCES: usize = 1000;
pub const RULE: &str = "security-group-rule";

/// Calls a macro with all that has tags and a record of its own, by how its ids begin.
macro_rules! with_tags {
    ($then:ident) => {
        $then! {
            "vpc" => Vpc,
            "subnet" => Subnet,
            "sg" => SecurityGroup,
            "eni" => Interface,
            "i" => Instance,
            "igw" => InternetGateway,
            "eigw" => EgressOnlyGateway,
            "rtb" => RouteTable,
            "nat" => NatGateway,
            "eipalloc" => ElasticAddress,
            "acl" => NetworkAcl,
            "dopt" => DhcpOptions,
            "ami" => Image,
            "key" => KeyPair,
            "pg" => PlacementGroup,
            "lt" => LaunchTemplate,
            "pl" => PrefixList,
            "vpce" => VpcEndpoint,
            "vpce-svc" => EndpointService,
            "fl" => FlowLog,
            "pcx" => VpcPeeringConnection,
            "vol" => Volume,
            "snap" => Snapshot,
            "fleet" => Fleet,
            "sfr" => SpotFleet,
            "sir" => SpotRequest,
        }
    };
}

/// What the kind of a resource is known by.
pub fn begins(id: &str) -> &str {
    match endpoint_services::is_id(id) {
        true => "vpce-svc",
        false => id.split_once('-').map_or("", |(prefix, _)| prefix),
    }
}

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateTagsRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let resources = resources(input.resources)?;
    let given = input.tags.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::missing_parameter("Tags"));
    }
    let mut new = Tags::new();
    for tag in &given {
        let (key, value) = checked(call, tag)?;
        new.insert(key, value);
    }
    let edit = |tags: &mut Tags| RULES.add(tags, &new);
    edit_all(service, call, &resources, &edit).await
}

/// A tag without a value goes whatever its value is; no tags at all stand for all of them. Those of AWS's go where a service
/// names them.
pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteTagsRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let resources = resources(input.resources)?;
    let unwanted = input.tags.unwrap_or_default();
    for tag in &unwanted {
        checked(call, tag)?;
    }
    let names_reserved = is_service(call) && !unwanted.is_empty();
    let edit = |tags: &mut Tags| {
        let stays = |key: &str| is_reserved(key) && !names_reserved;
        tags.retain(|key, value| stays(key) || !is_unwanted(&unwanted, key, value));
        Ok(())
    };
    edit_all(service, call, &resources, &edit).await
}

fn is_unwanted(unwanted: &[Tag], key: &str, value: &str) -> bool {
    let names = |tag: &Tag| {
        tag.key.as_deref() == Some(key) && tag.value.as_deref().is_none_or(|it| it == value)
    };
    unwanted.is_empty() || unwanted.iter().any(names)
}

fn resources(given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    match given {
        Some(resources) if resources.len() > MAX_RESOURCES => Err(fault::bad_value(format!(
            "At most {MAX_RESOURCES} resources can be tagged at once."
        ))),
        Some(mut resources) if !resources.is_empty() => {
            let mut seen = HashSet::new();
            resources.retain(|it| seen.insert(it.clone()));
            Ok(resources)
        }
        _ => Err(fault::missing_parameter("resourceIdSet")),
    }
}

type Edit<'a> = &'a (dyn Fn(&mut Tags) -> Result<(), Fault> + Send + Sync);

/// All resources must be there before the first one is changed.
async fn edit_all(
    service: &Ec2Service,
    call: &Call,
    resources: &[String],
    edit: Edit<'_>,
) -> Result<(), Fault> {
    let groups = match resources.iter().any(|it| it.starts_with("sgr-")) {
        true => groups_of_rules(service, call).await?,
        false => HashMap::new(),
    };
    for id in resources {
        one(service, call, (id, &groups), &|_| Ok(())).await?;
    }
    for id in resources {
        one(service, call, (id, &groups), edit).await?;
    }
    Ok(())
}

/// Which security group each rule is of.
async fn groups_of_rules(
    service: &Ec2Service,
    call: &Call,
) -> Result<HashMap<String, String>, Fault> {
    let groups: Vec<SecurityGroup> = service.all(call).await?;
    let of = |group: &SecurityGroup| {
        let rules = group.all_rules().map(|(_, rule)| rule.id.clone());
        rules
            .map(|rule| (rule, group.id.clone()))
            .collect::<Vec<_>>()
    };
    Ok(groups.iter().flat_map(of).collect())
}

async fn one(
    service: &Ec2Service,
    call: &Call,
    (id, groups): (&str, &HashMap<String, String>),
    edit: Edit<'_>,
) -> Result<(), Fault> {
    let prefix = begins(id);
    if prefix == "vol" && is_root(service, call, id).await? {
        let set = |root: &mut OfRoot| edit(&mut root.tags);
        return roots::change(service, call, id, set).await;
    }
    macro_rules! edit {
        ($($begins:literal => $record:ty,)*) => {
            match prefix {
                $($begins => of::<$record>(service, call, id, edit).await,)*
                "sgr" => of_rule(service, call, (id, groups.get(id)), edit).await,
                "scr" => of_reservation(service, call, id, edit).await,
                _ => Err(fault::bad_id(id)),
            }
        };
    }
    with_tags!(edit)
}

async fn of<T: Entity + PartialEq>(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    edit: Edit<'_>,
) -> Result<(), Fault> {
    service
        .change(call, id, |it: &mut T| edit(it.tags_mut()))
        .await
}

async fn of_rule(
    service: &Ec2Service,
    call: &Call,
    (id, group): (&str, Option<&String>),
    edit: Edit<'_>,
) -> Result<(), Fault> {
    let group = group.ok_or_else(|| fault::rule_id_not_found(id))?;
    let decide = |group: &mut SecurityGroup| {
        let mut rules = group.ingress.iter_mut().chain(&mut group.egress);
        let rule = rules.find(|rule| rule.id == id);
        edit(&mut rule.ok_or_else(|| fault::rule_id_not_found(id))?.tags)
    };
    service.change(call, group, decide).await
}

async fn of_reservation(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    edit: Edit<'_>,
) -> Result<(), Fault> {
    let missing = || fault::reservation_not_found(id);
    let found = subnet_reservations::find(service, call, id).await?;
    let (subnet, _) = found.ok_or_else(missing)?;
    let decide = |subnet: &mut Subnet| {
        let mut all = subnet.reservations.iter_mut();
        let it = all.find(|it| it.id == id).ok_or_else(missing)?;
        edit(&mut it.tags)
    };
    service.change(call, &subnet, decide).await
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeTagsRequest,
) -> Result<DescribeTagsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "tag", &input.filters, page)?;
    let filters = filter::checked(input.filters, &names::TAGS)?;
    let mut found = Vec::new();
    for tag in all_tags(service, call).await? {
        let only = Tags::from([(tag.key.clone(), tag.value.clone())]);
        if matches(&filters, &tag.fields(), &only) {
            found.push((tag.place(), tag));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let (page, next_token) = page.cut(found, |(place, _)| place);
    Ok(DescribeTagsResult {
        next_token,
        tags: Some(page.into_iter().map(|(_, tag)| tag.to_wire()).collect()),
    })
}

/// A tag with what carries it.
struct Carried {
    resource: String,
    kind: &'static str,
    key: String,
    value: String,
}

impl Carried {
    /// Orders tags by resource and key.
    fn place(&self) -> String {
        format!("{}:{}", self.resource, self.key)
    }

    fn fields(&self) -> crate::filter::Fields {
        vec![
            ("key", vec![self.key.clone()]),
            ("value", vec![self.value.clone()]),
            ("resource-id", vec![self.resource.clone()]),
            ("resource-type", vec![self.kind.to_owned()]),
        ]
    }

    fn to_wire(&self) -> TagDescription {
        TagDescription {
            key: Some(self.key.clone()),
            resource_id: Some(self.resource.clone()),
            resource_type: Some(self.kind.to_owned()),
            value: Some(self.value.clone()),
        }
    }
}

async fn all_tags(service: &Ec2Service, cx: &Context) -> Result<Vec<Carried>, Fault> {
    let mut tags = Vec::new();
    macro_rules! collect_all {
        ($($begins:literal => $record:ty,)*) => {
            $(collect::<$record>(service, cx, &mut tags).await?;)*
        };
    }
    with_tags!(collect_all);
    for group in service.all::<SecurityGroup>(cx).await? {
        for (_, rule) in group.all_rules() {
            tags.extend(carried(&rule.id, RULE, &rule.tags));
        }
    }
    for subnet in service.all::<Subnet>(cx).await? {
        for it in &subnet.reservations {
            tags.extend(carried(&it.id, Reservation::KIND, &it.tags));
        }
    }
    for root in roots::roots(service, cx, None).await? {
        tags.extend(carried(&root.id, Volume::KIND, &root.tags));
    }
    Ok(tags)
}

async fn collect<T: Entity>(
    service: &Ec2Service,
    cx: &Context,
    tags: &mut Vec<Carried>,
) -> Result<(), Fault> {
    let all = service.all::<T>(cx).await?;
    for one in all.iter().filter(|it| is_seen(*it, cx)) {
        tags.extend(carried(one.id(), T::KIND, one.tags()));
    }
    Ok(())
}

fn carried(resource: &str, kind: &'static str, tags: &Tags) -> Vec<Carried> {
    let carried = |(key, value): (&String, &String)| Carried {
        resource: resource.to_owned(),
        kind,
        key: key.clone(),
        value: value.clone(),
    };
    tags.iter().map(carried).collect()
}
