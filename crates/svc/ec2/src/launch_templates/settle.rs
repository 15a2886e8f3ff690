//! A request's templates are resolved when it is authorised, and its operation takes what was found: else a version that is made
//! in between, or a template of the same name, would be launched although nobody asked whether the caller may.

use wharf_api_ec2::types::LaunchTemplateSpecification;
use wharf_wire::{Context, Fault};

use super::{Resolved, resolve_version};
use crate::Ec2Service;

/// Resolves for the authorisation of a request.
pub async fn settle(
    service: &Ec2Service,
    cx: &Context,
    given: &LaunchTemplateSpecification,
) -> Result<Resolved, Fault> {
    let found = resolve_version(service, cx, given).await;
    let meaning = match &found {
        Ok(it) => Ok(meaning(&it.template.id, it.version)),
        Err(fault) => Err(fault.clone()),
    };
    cx.settled.put(name(cx, given), meaning);
    found
}

/// What the authorisation of a request found; resolves anew where nobody asked.
pub async fn settled(
    service: &Ec2Service,
    cx: &Context,
    given: &LaunchTemplateSpecification,
) -> Result<Resolved, Fault> {
    match cx.settled.get(&name(cx, given)) {
        None => resolve_version(service, cx, given).await,
        Some(meaning) => {
            let meaning: String = meaning?;
            let (id, version) = meaning.split_once(BETWEEN).unwrap_or_default();
            let pinned = LaunchTemplateSpecification {
                launch_template_id: Some(id.to_owned()),
                launch_template_name: None,
                version: Some(version.to_owned()),
            };
            resolve_version(service, cx, &pinned).await
        }
    }
}

/// The id of the template that was found.
pub fn settled_id(cx: &Context, given: &LaunchTemplateSpecification) -> Option<String> {
    let meaning = cx.settled.get::<String>(&name(cx, given))?.ok()?;
    Some(meaning.split_once(BETWEEN)?.0.to_owned())
}

const BETWEEN: char = ' ';

fn meaning(id: &str, version: u64) -> String {
    format!("{id}{BETWEEN}{version}")
}

/// Of the caller, the account and the region: a request that is passed on may be another's, or about others.
fn name(cx: &Context, given: &LaunchTemplateSpecification) -> String {
    let given_text = |text: &Option<String>| text.clone().unwrap_or_default();
    let named = [
        &given.launch_template_id,
        &given.launch_template_name,
        &given.version,
    ];
    let named = named.map(given_text);
    let (caller, account, region) = (&cx.caller.arn, &cx.account, &cx.region);
    format!("ec2/launch-template/{caller}/{account}/{region}/{named:?}")
}
