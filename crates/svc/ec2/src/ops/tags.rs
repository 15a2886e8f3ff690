//! CreateTags, DeleteTags and DescribeTags, on every resource that has tags.

use wharf_api_ec2::types::{
    CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest, DescribeTagsResult, Tag,
    TagDescription,
};
use wharf_service::tags::{Tags, is_reserved};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service,
    elastic::ElasticAddress,
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
        RouteTable, SecurityGroup, Subnet, Vpc,
    },
    snapshots::Snapshot,
    spot::SpotRequest,
    tags::{RULES, checked},
    volumes::Volume,
};

/// Resources of one call.
const MAX_RESOURCES: usize = 1000;
pub const RULE: &str = "security-group-rule";

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

/// A tag without a value goes whatever its value is; no tags at all stand for all of them.
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
    let edit = |tags: &mut Tags| {
        tags.retain(|key, value| is_reserved(key) || !is_unwanted(&unwanted, key, value));
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
        Some(resources) if !resources.is_empty() => Ok(resources),
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
    for id in resources {
        one(service, call, id, &|_| Ok(())).await?;
    }
    for id in resources {
        one(service, call, id, edit).await?;
    }
    Ok(())
}

async fn one(service: &Ec2Service, call: &Call, id: &str, edit: Edit<'_>) -> Result<(), Fault> {
    let prefix = id.split_once('-').map_or("", |(prefix, _)| prefix);
    match prefix {
        "vpc" => of::<Vpc>(service, call, id, edit).await,
        "subnet" => of::<Subnet>(service, call, id, edit).await,
        "sg" => of::<SecurityGroup>(service, call, id, edit).await,
        "sgr" => of_rule(service, call, id, edit).await,
        "eni" => of::<Interface>(service, call, id, edit).await,
        "i" => of::<Instance>(service, call, id, edit).await,
        "igw" => of::<InternetGateway>(service, call, id, edit).await,
        "eigw" => of::<EgressOnlyGateway>(service, call, id, edit).await,
        "rtb" => of::<RouteTable>(service, call, id, edit).await,
        "nat" => of::<NatGateway>(service, call, id, edit).await,
        "eipalloc" => of::<ElasticAddress>(service, call, id, edit).await,
        "acl" => of::<NetworkAcl>(service, call, id, edit).await,
        "dopt" => of::<DhcpOptions>(service, call, id, edit).await,
        "ami" => of::<Image>(service, call, id, edit).await,
        "key" => of::<KeyPair>(service, call, id, edit).await,
        "pg" => of::<PlacementGroup>(service, call, id, edit).await,
        "lt" => of::<LaunchTemplate>(service, call, id, edit).await,
        "pl" => of::<PrefixList>(service, call, id, edit).await,
        "vpce" => of::<VpcEndpoint>(service, call, id, edit).await,
        "fl" => of::<FlowLog>(service, call, id, edit).await,
        "pcx" => of::<VpcPeeringConnection>(service, call, id, edit).await,
        "vol" => of::<Volume>(service, call, id, edit).await,
        "snap" => of::<Snapshot>(service, call, id, edit).await,
        "fleet" => of::<Fleet>(service, call, id, edit).await,
        "sfr" => of::<SpotFleet>(service, call, id, edit).await,
        "sir" => of::<SpotRequest>(service, call, id, edit).await,
        _ => Err(fault::bad_id(id)),
    }
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

async fn of_rule(service: &Ec2Service, call: &Call, id: &str, edit: Edit<'_>) -> Result<(), Fault> {
    let groups: Vec<SecurityGroup> = service.all(call).await?;
    let group = groups
        .iter()
        .find(|group| group.all_rules().any(|(_, rule)| rule.id == id));
    let group = group.ok_or_else(|| fault::rule_id_not_found(id))?;
    let decide = |group: &mut SecurityGroup| {
        let mut rules = group.ingress.iter_mut().chain(&mut group.egress);
        let rule = rules.find(|rule| rule.id == id);
        edit(&mut rule.ok_or_else(|| fault::rule_id_not_found(id))?.tags)
    };
    service.change(call, &group.id, decide).await
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
    collect::<Vpc>(service, cx, &mut tags).await?;
    collect::<Subnet>(service, cx, &mut tags).await?;
    collect::<Interface>(service, cx, &mut tags).await?;
    collect::<InternetGateway>(service, cx, &mut tags).await?;
    collect::<EgressOnlyGateway>(service, cx, &mut tags).await?;
    collect::<RouteTable>(service, cx, &mut tags).await?;
    collect::<NatGateway>(service, cx, &mut tags).await?;
    collect::<ElasticAddress>(service, cx, &mut tags).await?;
    collect::<NetworkAcl>(service, cx, &mut tags).await?;
    collect::<DhcpOptions>(service, cx, &mut tags).await?;
    collect::<Image>(service, cx, &mut tags).await?;
    collect::<KeyPair>(service, cx, &mut tags).await?;
    collect::<LaunchTemplate>(service, cx, &mut tags).await?;
    collect::<PlacementGroup>(service, cx, &mut tags).await?;
    collect::<PrefixList>(service, cx, &mut tags).await?;
    collect::<VpcEndpoint>(service, cx, &mut tags).await?;
    collect::<VpcPeeringConnection>(service, cx, &mut tags).await?;
    collect::<Volume>(service, cx, &mut tags).await?;
    collect::<Snapshot>(service, cx, &mut tags).await?;
    collect::<SpotRequest>(service, cx, &mut tags).await?;
    collect::<Fleet>(service, cx, &mut tags).await?;
    collect::<SpotFleet>(service, cx, &mut tags).await?;
    collect::<FlowLog>(service, cx, &mut tags).await?;
    collect::<SecurityGroup>(service, cx, &mut tags).await?;
    for group in service.all::<SecurityGroup>(cx).await? {
        for (_, rule) in group.all_rules() {
            tags.extend(carried(&rule.id, RULE, &rule.tags));
        }
    }
    Ok(tags)
}

async fn collect<T: Entity>(
    service: &Ec2Service,
    cx: &Context,
    tags: &mut Vec<Carried>,
) -> Result<(), Fault> {
    for one in service.all::<T>(cx).await? {
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
