//! One row per operation: what it does to which scalable target, under which condition keys.

use wharf_api_application_autoscaling::Input;
use wharf_service::{Place, tags, tags::Tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, Resource},
};

/// Whom roles given for a target must be passed to.
const SERVICE_PRINCIPAL: &str = "application-autoscaling.amazonaws.com";

/// What a request names: its namespace, resource and dimension.
macro_rules! named {
    ($it:ident) => {
        (
            $it.service_namespace.as_deref(),
            $it.resource_id.as_deref(),
            $it.scalable_dimension.as_deref(),
        )
    };
}

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let action = input.action();
    let row = Row {
        core,
        place: &Place::of(cx),
        action: &action,
    };
    let check = match input {
        Input::RegisterScalableTarget(it) => {
            let given = it.tags.iter().flatten();
            let given = given.map(|(key, value)| (Some(key.as_str()), Some(value.as_str())));
            let check = tags::requested(row.of(named!(it)).await?, given);
            let role = it.role_arn.as_ref();
            let role = role.map(|it| Check::pass_role(it, SERVICE_PRINCIPAL));
            let service = row.on_service(it.resource_id.as_deref());
            return Ok([check].into_iter().chain(role).chain(service).collect());
        }
        Input::DeregisterScalableTarget(it) => row.of(named!(it)).await?,
        Input::PutScalingPolicy(it) => row.of(named!(it)).await?,
        Input::DeleteScalingPolicy(it) => row.of(named!(it)).await?,
        Input::GetPredictiveScalingForecast(it) => row.of(named!(it)).await?,
        Input::PutScheduledAction(it) => row.of(named!(it)).await?,
        Input::DeleteScheduledAction(it) => row.of(named!(it)).await?,
        Input::TagResource(it) => {
            let given = it.tags.iter().flatten();
            let given = given.map(|(key, value)| (Some(key.as_str()), Some(value.as_str())));
            tags::requested(row.at(it.resource_arn.as_deref()).await?, given)
        }
        Input::UntagResource(it) => {
            let check = row.at(it.resource_arn.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => row.at(it.resource_arn.as_deref()).await?,
        _ => Check::any(row.action),
    };
    Ok(vec![check])
}

struct Row<'a> {
    core: &'a Core,
    place: &'a Place,
    action: &'a str,
}

impl Row<'_> {
    /// The target of a namespace, a resource and a dimension.
    async fn of(
        &self,
        (namespace, resource, dimension): (Option<&str>, Option<&str>, Option<&str>),
    ) -> Result<Check, Fault> {
        let id = names::target_id(self.place, resource.unwrap_or_default());
        let check = self.there(&id).await?;
        Ok(check
            .with(
                "application-autoscaling:service-namespace",
                namespace.unwrap_or_default(),
            )
            .with(
                "application-autoscaling:scalable-dimension",
                dimension.unwrap_or_default(),
            ))
    }

    /// With its tags, if it is there.
    async fn there(&self, id: &str) -> Result<Check, Fault> {
        let check = Check::new(self.action, names::target_arn(self.place, id));
        let found = self.core.target(self.place, id).await?;
        let held = found.map_or_else(Tags::new, |it| it.tags);
        Ok(tags::of_resource(check, None, &held))
    }

    /// What an ARN names; one of elsewhere as it stands.
    async fn at(&self, arn: Option<&str>) -> Result<Check, Fault> {
        let arn = arn.unwrap_or_default();
        match names::target_of_arn(self.place, arn) {
            Some(id) => self.there(&id).await,
            None => Ok(Check::new(self.action, arn)),
        }
    }

    /// Who has a service scaled could scale it.
    fn on_service(&self, resource: Option<&str>) -> Vec<Check> {
        let Some(resource) = Resource::parse(resource.unwrap_or_default()) else {
            return Vec::new();
        };
        ["ecs:DescribeServices", "ecs:UpdateService"]
            .map(|action| {
                Check::new(action, resource.service_arn(self.place))
                    .with("ecs:cluster", resource.cluster_arn(self.place))
            })
            .into()
    }
}
