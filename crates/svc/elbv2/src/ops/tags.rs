//! Tags of load balancers, listeners, rules and target groups.

use wharf_api_elbv2::{
    AddTagsInput, AddTagsOutput, DescribeTagsInput, DescribeTagsOutput, RemoveTagsInput,
    RemoveTagsOutput, TagDescription,
};
use wharf_records::{Record, ecs::Tags};
use wharf_wire::{Call, Context, Fault};

use crate::{
    check,
    core::{ChangeError, Core},
    fault,
    names::{self, Kind, Names as _, Place},
    records::{Listener, LoadBalancer, Rule, TargetGroup},
};

/// ARNs of one call, as in AWS.
const MAX_ARNS: usize = 20;

pub async fn add(core: &Core, call: &Call, input: AddTagsInput) -> Result<AddTagsOutput, Fault> {
    let more = check::tags::given(input.tags)?;
    for (kind, id) in resources(call, input.resource_arns)? {
        change(core, call, kind, &id, |tags| {
            check::tags::RULES.add(tags, &more)
        })
        .await?;
    }
    Ok(AddTagsOutput {})
}

pub async fn remove(
    core: &Core,
    call: &Call,
    input: RemoveTagsInput,
) -> Result<RemoveTagsOutput, Fault> {
    let keys = input.tag_keys.unwrap_or_default();
    for (kind, id) in resources(call, input.resource_arns)? {
        let remove = |tags: &mut Tags| check::tags::RULES.remove(tags, &keys);
        change(core, call, kind, &id, remove).await?;
    }
    Ok(RemoveTagsOutput {})
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeTagsInput,
) -> Result<DescribeTagsOutput, Fault> {
    let place = Place::of(call);
    let mut found = Vec::new();
    for (kind, id) in resources(call, input.resource_arns)? {
        let tags = of(core, &place, kind, &id).await?;
        found.push(TagDescription {
            resource_arn: Some(place.arn(kind, &id)),
            tags: Some(check::tags::to_wire(&tags.ok_or_else(|| missing(kind))?)),
        });
    }
    Ok(DescribeTagsOutput {
        tag_descriptions: Some(found),
    })
}

fn missing(kind: Kind) -> Fault {
    match kind {
        Kind::Balancer => fault::balancer_not_found(),
        Kind::Listener => fault::listener_not_found(),
        Kind::Rule => fault::rule_not_found(),
        Kind::Group => fault::group_not_found(),
    }
}

fn resources(cx: &Context, arns: Option<Vec<String>>) -> Result<Vec<(Kind, String)>, Fault> {
    let arns = arns.unwrap_or_default();
    if arns.len() > MAX_ARNS {
        return Err(fault::invalid(format!(
            "At most '{MAX_ARNS}' resource ARNs can be specified"
        )));
    }
    let place = Place::of(cx);
    let resource = |arn: &String| {
        let parsed = names::parse(arn);
        let (at, kind, id) = parsed.ok_or_else(|| fault::not_an_arn(arn, "resource"))?;
        if at == place {
            Ok((kind, id))
        } else {
            Err(missing(kind))
        }
    };
    arns.iter().map(resource).collect()
}

/// The tags of a thing; `None` if it is not there.
pub async fn of(
    core: &Core,
    place: &Place,
    kind: Kind,
    id: &str,
) -> Result<Option<Tags>, ChangeError> {
    let scope = place.scope();
    Ok(match kind {
        Kind::Balancer => {
            let found = core
                .table
                .read::<LoadBalancer>(&scope.key(LoadBalancer::KIND, id))
                .await?;
            found.map(|it| it.record.tags)
        }
        Kind::Listener => {
            let found = core
                .table
                .read::<Listener>(&scope.key(Listener::KIND, id))
                .await?;
            found.map(|it| it.record.tags)
        }
        Kind::Rule => {
            let found = core.table.read::<Rule>(&scope.key(Rule::KIND, id)).await?;
            found.map(|it| it.record.tags)
        }
        Kind::Group => {
            let found = core
                .table
                .read::<TargetGroup>(&scope.key(TargetGroup::KIND, id))
                .await?;
            found.map(|it| it.record.tags)
        }
    })
}

async fn change(
    core: &Core,
    call: &Call,
    kind: Kind,
    id: &str,
    edit: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (scope, permit) = (Place::of(call).scope(), &call.permit);
    let there = match kind {
        Kind::Balancer => {
            let key = scope.key(LoadBalancer::KIND, id);
            let edit = |it: &mut LoadBalancer| edit(&mut it.tags);
            core.table.change(permit, &key, edit).await?.is_some()
        }
        Kind::Listener => {
            let key = scope.key(Listener::KIND, id);
            let edit = |it: &mut Listener| edit(&mut it.tags);
            core.table.change(permit, &key, edit).await?.is_some()
        }
        Kind::Rule => {
            let key = scope.key(Rule::KIND, id);
            let edit = |it: &mut Rule| edit(&mut it.tags);
            core.table.change(permit, &key, edit).await?.is_some()
        }
        Kind::Group => {
            let key = scope.key(TargetGroup::KIND, id);
            let edit = |it: &mut TargetGroup| edit(&mut it.tags);
            core.table.change(permit, &key, edit).await?.is_some()
        }
    };
    if there { Ok(()) } else { Err(missing(kind)) }
}
