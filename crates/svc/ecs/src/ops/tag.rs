//! TagResource, UntagResource, ListTagsForResource on clusters, services, tasks, task
//! definitions, container instances and capacity providers.

use wharf_api_ecs as api;
use wharf_records::{
    Record,
    ecs::{
        CapacityProvider, Cluster, ClusterStatus, Definition, Instance, Service, Tags, Task,
        definition_id,
    },
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, Place},
    tags::{self, RULES},
};

/// A resource that has tags, by the key of its record.
enum Tagged {
    Cluster(String),
    Provider(String),
    Task(String),
    Definition(String),
    Instance(String),
    Service(String),
}

impl Tagged {
    /// Only resources of the caller's own account and region.
    fn read(call: &Call, given: Option<&str>) -> Result<Self, Fault> {
        let arn = given.unwrap_or_default();
        let invalid = || fault::invalid(format!("Invalid ARN: {arn}"));
        let place = names::place_of(arn).filter(|place| *place == Place::of(call));
        let place = place.ok_or_else(invalid)?;
        let scope = place.scope();
        let path = arn.splitn(6, ':').nth(5).ok_or_else(invalid)?;
        let (kind, rest) = path.split_once('/').ok_or_else(invalid)?;
        let member = |kind: &str| {
            let (cluster, id) = rest.split_once('/').ok_or_else(|| {
                fault::invalid("Long arn format must be used for tagging operations")
            })?;
            Ok::<_, Fault>(scope.key(kind, &format!("{cluster}:{id}")))
        };
        match kind {
            "cluster" => Ok(Self::Cluster(scope.key(Cluster::KIND, rest))),
            "capacity-provider" => Ok(Self::Provider(scope.key(CapacityProvider::KIND, rest))),
            "task" => Ok(Self::Task(member(Task::KIND)?)),
            "container-instance" => Ok(Self::Instance(member(Instance::KIND)?)),
            "service" => Ok(Self::Service(member(Service::KIND)?)),
            "task-definition" => {
                let wanted = names::definition_ref(arn)?.ok_or_else(invalid)?;
                let revision = wanted.revision.ok_or_else(invalid)?;
                let id = definition_id(&wanted.family, revision);
                Ok(Self::Definition(scope.key(Definition::KIND, &id)))
            }
            _ => Err(invalid()),
        }
    }

    /// Changes the tags and returns them; a change that only looks writes nothing.
    async fn change(
        &self,
        core: &Core,
        call: &Call,
        change: impl Fn(&mut Tags) -> Result<(), Fault>,
    ) -> Result<Tags, Fault> {
        let permit = &call.permit;
        let found = match self {
            Self::Cluster(key) => core
                .state
                .table
                .change(permit, key, |it: &mut Cluster| match it.status {
                    ClusterStatus::Active => change(&mut it.tags),
                    ClusterStatus::Inactive => Err(fault::invalid(
                        "The specified cluster is inactive. Specify an active cluster and try again.",
                    )),
                })
                .await?
                .map(|(it, ())| it.tags),
            Self::Provider(key) => core
                .state
                .table
                .change(permit, key, |it: &mut CapacityProvider| {
                    change(&mut it.tags)
                })
                .await?
                .map(|(it, ())| it.tags),
            Self::Task(key) => core
                .state
                .table
                .change(permit, key, |it: &mut Task| change(&mut it.tags))
                .await?
                .map(|(it, ())| it.tags),
            Self::Definition(key) => core
                .state
                .table
                .change(permit, key, |it: &mut Definition| change(&mut it.tags))
                .await?
                .map(|(it, ())| it.tags),
            Self::Instance(key) => core
                .state
                .table
                .change(permit, key, |it: &mut Instance| change(&mut it.tags))
                .await?
                .map(|(it, ())| it.tags),
            Self::Service(key) => core
                .state
                .table
                .change(permit, key, |it: &mut Service| change(&mut it.tags))
                .await?
                .map(|(it, ())| it.tags),
        };
        found.ok_or_else(|| match self {
            Self::Cluster(_) => fault::cluster_not_found(),
            Self::Provider(_) => fault::invalid(
                "The specified capacity provider is not found. Specify a valid capacity provider and \
                 try again.",
            ),
            Self::Task(_) => fault::invalid(
                "The specified task is not found. Specify a valid task and try again.",
            ),
            Self::Definition(_) => fault::client("The specified task definition is not found."),
            Self::Service(_) => fault::invalid(
                "The specified service is not found. Specify a valid service and try again.",
            ),
            Self::Instance(_) => fault::invalid("The specified container instance is not found."),
        })
    }
}

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: api::TagResourceRequest,
) -> Result<api::TagResourceResponse, Fault> {
    let given = tags::read(input.tags.as_ref())?;
    let resource = Tagged::read(call, input.resource_arn.as_deref())?;
    resource
        .change(core, call, |tags| RULES.add(tags, &given))
        .await?;
    Ok(api::TagResourceResponse::default())
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: api::UntagResourceRequest,
) -> Result<api::UntagResourceResponse, Fault> {
    let keys = input.tag_keys.unwrap_or_default();
    let resource = Tagged::read(call, input.resource_arn.as_deref())?;
    resource
        .change(core, call, |tags| RULES.remove(tags, &keys))
        .await?;
    Ok(api::UntagResourceResponse::default())
}

pub async fn list_tags_for_resource(
    core: &Core,
    call: &Call,
    input: api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse, Fault> {
    let resource = Tagged::read(call, input.resource_arn.as_deref())?;
    let found = resource.change(core, call, |_| Ok(())).await?;
    Ok(api::ListTagsForResourceResponse {
        tags: Some(tags::show(&found)),
    })
}
