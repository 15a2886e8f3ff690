//! One row per operation: what it does to which parameter, under which condition keys.
//!
//! A parameter is judged by its ARN, whether it is there or not, so that who may do nothing learns
//! nothing; one that is there, with its tags.

use wharf_api_ssm::{Input, Tag};
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, SERVICE, Target},
    settings,
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = Row {
        core,
        place: Place::of(cx),
        action: input.action(),
    };
    let check = match input {
        Input::ResumeSession(_) | Input::TerminateSession(_) => {
            return core.parts.sessions.authorize(cx, input).await;
        }
        Input::PutParameter(it) => {
            let check = row.on(it.name.as_deref()).await?;
            let overwrites = it.overwrite.unwrap_or_default();
            let check = check
                .with("ssm:Overwrite", overwrites.to_string())
                .with("ssm:Policies", it.policies.is_some().to_string());
            let given = it.tags.as_deref().filter(|tags| !tags.is_empty());
            let mut checks = vec![with_tags(check.clone(), given)];
            if given.is_some() {
                let tagging = Check::new("ssm:AddTagsToResource", check.resource);
                checks.push(with_tags(tagging, given));
            }
            return Ok(checks);
        }
        Input::GetParameters(it) => return row.on_all(it.names.as_deref()).await,
        Input::DeleteParameters(it) => return row.on_all(it.names.as_deref()).await,
        Input::GetParametersByPath(it) => {
            let path = it.path.as_deref().unwrap_or_default();
            let resource = names::arn(&row.place, path.trim_end_matches('/'));
            let recursive = it.recursive.unwrap_or_default();
            Check::new(&row.action, resource).with("ssm:Recursive", recursive.to_string())
        }
        Input::AddTagsToResource(it) => {
            let check = row.tagged(it.resource_type.as_deref(), it.resource_id.as_deref());
            with_tags(check.await?, it.tags.as_deref())
        }
        Input::RemoveTagsFromResource(it) => {
            let check = row.tagged(it.resource_type.as_deref(), it.resource_id.as_deref());
            tags::removed(check.await?, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => {
            row.tagged(it.resource_type.as_deref(), it.resource_id.as_deref())
                .await?
        }
        Input::GetParameter(it) => row.on(it.name.as_deref()).await?,
        Input::GetParameterHistory(it) => row.on(it.name.as_deref()).await?,
        Input::DeleteParameter(it) => row.on(it.name.as_deref()).await?,
        Input::LabelParameterVersion(it) => row.on(it.name.as_deref()).await?,
        Input::UnlabelParameterVersion(it) => row.on(it.name.as_deref()).await?,
        Input::GetServiceSetting(it) => row.on_setting(it.setting_id.as_deref()),
        Input::UpdateServiceSetting(it) => row.on_setting(it.setting_id.as_deref()),
        Input::ResetServiceSetting(it) => row.on_setting(it.setting_id.as_deref()),
        _ => Check::any(row.action),
    };
    Ok(vec![check])
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row<'a> {
    core: &'a Core,
    place: Place,
    action: String,
}

impl Row<'_> {
    /// On the parameter that is named.
    async fn on(&self, name: Option<&str>) -> Result<Check, Fault> {
        let given = name.unwrap_or_default();
        // What names no parameter is refused by the operation.
        let Ok(asked) = names::asked(&self.place, given) else {
            let resource = match given.starts_with("arn:") {
                true => given.to_owned(),
                false => names::arn(&self.place, given),
            };
            return Ok(Check::new(&self.action, resource));
        };
        let resource = match &asked.target {
            Target::Own(name) => names::arn(&self.place, name),
            Target::Public(name) => names::arn(&self.place, name),
            Target::Secret(id) => names::arn(&self.place, &format!("{}{id}", names::SECRETS)),
            Target::Elsewhere => given.to_owned(),
        };
        let check = Check::new(&self.action, resource);
        let Target::Own(name) = &asked.target else {
            return Ok(check);
        };
        let found = self.core.look(&self.place, name).await?;
        Ok(match found {
            Some(found) => tags::of_resource(check, Some(SERVICE), &found.record.tags),
            None => check,
        })
    }

    /// On each parameter that is named.
    async fn on_all(&self, names: Option<&[String]>) -> Result<Vec<Check>, Fault> {
        let mut checks = Vec::new();
        for name in names.unwrap_or_default() {
            checks.push(self.on(Some(name)).await?);
        }
        if checks.is_empty() {
            checks.push(Check::any(&self.action));
        }
        Ok(checks)
    }

    /// On a resource that is tagged; parameters alone are here.
    async fn tagged(&self, kind: Option<&str>, id: Option<&str>) -> Result<Check, Fault> {
        match kind {
            Some("Parameter") => self.on(id).await,
            _ => Ok(Check::any(&self.action)),
        }
    }

    fn on_setting(&self, id: Option<&str>) -> Check {
        let given = id.unwrap_or_default();
        let resource = match given.starts_with("arn:") {
            true => given.to_owned(),
            false => settings::arn(&self.place, &settings::path(given)),
        };
        Check::new(&self.action, resource)
    }
}
