//! Launch templates: numbered versions of what instances are launched with.
//!
//! A template's record counts its versions and names the default and the latest; each version is a
//! record of its own and never changes. Whoever adds or deletes versions rewrites the template's record in the
//! same transaction, so that both always agree. User data is sealed, since it often holds secrets.

mod create;
mod data;
mod delete;
mod describe;
mod interface;
mod merge;
mod modify;
mod of_instance;
mod of_request;
mod options;
mod records;
mod settle;

pub use create::{create, create_version};
pub use data::{LaunchTemplateData, Metadata, Profile};
pub use delete::{delete, delete_versions};
pub use describe::{templates, versions};
pub use interface::Interface;
pub use merge::merge;
pub use modify::modify;
pub use of_instance::data_of_instance;
pub use options::Options;
pub use records::{LaunchTemplate, TemplateVersion};
pub use settle::{settle, settled, settled_id};

use wharf_api_ec2::types::LaunchTemplateSpecification;
use wharf_records::Scope;
use wharf_wire::{Context, Fault};

use crate::{Ec2Service, fault, records::Pointer};

/// How a request names a template.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
}

/// A template with one of its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub template: LaunchTemplate,
    pub version: u64,
    pub data: LaunchTemplateData,
}

/// What a request to launch instances takes from the template it names: that of the default version, unless it
/// names another.
pub async fn resolve(
    service: &Ec2Service,
    cx: &Context,
    specification: &LaunchTemplateSpecification,
) -> Result<LaunchTemplateData, Fault> {
    let resolved = resolve_version(service, cx, specification).await?;
    Ok(resolved.data)
}

/// As [`resolve`], with the template and the number of the version.
pub async fn resolve_version(
    service: &Ec2Service,
    cx: &Context,
    specification: &LaunchTemplateSpecification,
) -> Result<Resolved, Fault> {
    let named = Named {
        id: specification.launch_template_id.as_deref(),
        name: specification.launch_template_name.as_deref(),
    };
    let template = find(service, cx, named).await?;
    let version = specification.version.as_deref().filter(|it| !it.is_empty());
    let number = template.number(version.unwrap_or(DEFAULT))?;
    let stored = version_of(service, cx, &template, number).await?;
    Ok(Resolved {
        data: opened(service, cx, &stored)?,
        version: number,
        template,
    })
}

const DEFAULT: &str = "$Default";
const LATEST: &str = "$Latest";

/// The template that a request names.
pub async fn find(
    service: &Ec2Service,
    cx: &Context,
    named: Named<'_>,
) -> Result<LaunchTemplate, Fault> {
    let id = match id_of(service, cx, named).await? {
        Some(id) => id,
        None => return Err(fault::launch_template_name_not_found()),
    };
    service.get(cx, &id).await
}

/// The id under which a template is named; `None` if there is none of the name.
pub async fn id_of(
    service: &Ec2Service,
    cx: &Context,
    named: Named<'_>,
) -> Result<Option<String>, Fault> {
    let given = |text: Option<&str>| text.filter(|it| !it.is_empty()).map(str::to_owned);
    match (given(named.id), given(named.name)) {
        (Some(_), Some(_)) => Err(fault::template_named_twice()),
        (None, None) => Err(fault::template_not_named()),
        (Some(id), None) if !is_id(&id) => Err(fault::malformed_template_id(&id)),
        (Some(id), None) => Ok(Some(id)),
        (None, Some(name)) => {
            let pointer = service.find::<Pointer>(cx, &name_pointer(&name)).await?;
            Ok(pointer.map(|it| it.id))
        }
    }
}

fn is_id(id: &str) -> bool {
    let digits = id.strip_prefix("lt-").unwrap_or_default();
    digits.len() == 17
        && digits
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

/// Under it lies the id of the template of a name.
fn name_pointer(name: &str) -> String {
    format!("launch-template-name:{name}")
}

async fn version_of(
    service: &Ec2Service,
    cx: &Context,
    template: &LaunchTemplate,
    number: u64,
) -> Result<TemplateVersion, Fault> {
    let id = TemplateVersion::id_of(&template.id, number);
    let found = service.find::<TemplateVersion>(cx, &id).await?;
    found.ok_or_else(|| fault::template_version_not_found(&template.id, &number.to_string()))
}

/// A version's data with its user data.
fn opened(
    service: &Ec2Service,
    cx: &Context,
    version: &TemplateVersion,
) -> Result<LaunchTemplateData, Fault> {
    let mut data = version.data.clone();
    if let Some(sealed) = &version.user_data {
        let purpose = purpose(&Ec2Service::scope(cx), &version.id());
        let opened = service
            .keyring
            .open(sealed, &purpose)
            .map_err(fault::internal)?;
        data.user_data = opened.expose_str().map(str::to_owned);
    }
    Ok(data)
}

/// What the user data of a version is sealed for.
pub fn purpose(scope: &Scope, version_id: &str) -> String {
    let Scope {
        account, region, ..
    } = scope;
    format!("ec2/launch-template-version/{account}/{region}/{version_id}")
}
