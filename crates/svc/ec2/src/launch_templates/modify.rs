//! ModifyLaunchTemplate chooses the default version.

use wharf_api_ec2::types::{ModifyLaunchTemplateRequest, ModifyLaunchTemplateResult};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{LaunchTemplate, Named, TemplateVersion, find};
use crate::{Ec2Service, fault};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyLaunchTemplateRequest,
) -> Result<ModifyLaunchTemplateResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let named = Named {
        id: input.launch_template_id.as_deref(),
        name: input.launch_template_name.as_deref(),
    };
    let id = find(service, call, named).await?.id;
    let version = input.default_version.as_deref().filter(|it| !it.is_empty());
    let version = version.ok_or_else(|| fault::missing_parameter("SetDefaultVersion"))?;
    let key = Ec2Service::key::<LaunchTemplate>(call, &id);
    let template = transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<LaunchTemplate>(&key).await?;
        let mut template = found.ok_or_else(|| fault::launch_template_not_found(&id))?;
        let number = template.number(version)?;
        let held = TemplateVersion::id_of(&id, number);
        let held = Ec2Service::key::<TemplateVersion>(call, &held);
        if tx.find::<TemplateVersion>(&held).await?.is_none() {
            return Err(fault::template_version_not_found(&id, version));
        }
        template.default_version = number;
        tx.put(&key, &template);
        template
    });
    Ok(ModifyLaunchTemplateResult {
        launch_template: Some(template.to_wire()),
    })
}
