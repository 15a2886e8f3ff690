//! `resolve:ssm:NAME` in place of an image's id: a parameter of Systems Manager says which image is meant, and is read in the
//! name of the caller, with the version or label that may stand behind its name.
//!
//! It is read when a launch is authorised, and the launch takes the image that was found: else one that is put into the
//! parameter in between would be launched although nobody asked whether the caller may.

use std::sync::{Arc, OnceLock};

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_api_ssm::{Ssm, types::GetParametersRequest};
use wharf_base::Permit;
use wharf_wire::{Call, Context, Fault};

use super::is_id;
use crate::{Ec2Service, fault};

const PREFIX: &str = "resolve:ssm:";
/// An ARN of a parameter with the longest name, and more.
const LONGEST: usize = 2048;
const BY: &str = "ec2.amazonaws.com";
/// Nothing is written by it: who asks has no permit before it is authorised.
const PERMIT: Permit = Permit::for_controller("ec2-image-aliases");

/// Systems Manager as EC2 asks it, known once all services are built.
#[derive(Clone, Default)]
pub struct Parameters(Arc<OnceLock<Arc<dyn Ssm>>>);

impl Parameters {
    pub fn set(&self, ssm: Arc<dyn Ssm>) {
        let _ = self.0.set(ssm);
    }

    fn get(&self) -> Result<&dyn Ssm, Fault> {
        let known = self.0.get().map(AsRef::as_ref);
        known.ok_or_else(|| fault::unsupported_parameter("ImageId"))
    }
}

/// The name of the parameter, if the text is an alias.
fn parameter(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|name| !name.is_empty())
}

pub fn is_alias(text: &str) -> bool {
    parameter(text).is_some()
}

fn alias_of(asked: &RunInstancesRequest) -> Option<String> {
    asked.image_id.clone().filter(|it| is_alias(it))
}

/// Resolves for the authorisation of a launch. What has no meaning is refused by the launch, to those who may launch any image.
pub async fn settle(
    service: &Ec2Service,
    cx: &Context,
    asked: &mut RunInstancesRequest,
) -> Result<(), Fault> {
    let Some(alias) = alias_of(asked) else {
        return Ok(());
    };
    let call = Call::by_controller(cx.clone(), PERMIT);
    let meaning = resolve(service, &call, &alias).await;
    cx.settled.put(name(cx, &alias), meaning.clone());
    asked.image_id = match meaning {
        Ok(id) => Some(id),
        Err(fault) if fault.sender => None,
        Err(fault) => return Err(fault),
    };
    Ok(())
}

/// A launch with the image that its authorisation found; resolves anew where nobody asked.
pub async fn settled(
    service: &Ec2Service,
    call: &Call,
    asked: RunInstancesRequest,
) -> Result<RunInstancesRequest, Fault> {
    let Some(alias) = alias_of(&asked) else {
        return Ok(asked);
    };
    let id = match call.settled.get(&name(call, &alias)) {
        Some(meaning) => meaning?,
        None => resolve(service, call, &alias).await?,
    };
    Ok(RunInstancesRequest {
        image_id: Some(id),
        ..asked
    })
}

/// Puts the image in the place of an alias, for who asks to see it so.
pub async fn show(
    service: &Ec2Service,
    call: &Call,
    image: &mut Option<String>,
) -> Result<(), Fault> {
    if let Some(alias) = image.clone().filter(|it| is_alias(it)) {
        *image = Some(resolve(service, call, &alias).await?);
    }
    Ok(())
}

async fn resolve(service: &Ec2Service, call: &Call, alias: &str) -> Result<String, Fault> {
    let parameter = parameter(alias).filter(|_| alias.len() <= LONGEST);
    let parameter = parameter.ok_or_else(|| fault::malformed_image_id(PREFIX))?;
    let input = GetParametersRequest {
        names: Some(vec![parameter.to_owned()]),
        with_decryption: None,
    };
    let ssm = service.parameters.get()?;
    let found = ssm.get_parameters(&call.forwarded_by(BY), input).await;
    let found = found.map_err(|refused| match refused.sender {
        true => fault::alias_not_read(alias, &refused),
        false => refused,
    })?;
    let found = found.parameters.into_iter().flatten().next();
    let found = found.ok_or_else(|| fault::alias_not_found(alias))?;
    // What else a parameter holds may be a secret.
    let id = found.value.filter(|it| is_id(it));
    id.ok_or_else(|| fault::alias_of_no_image(alias))
}

/// Of the caller, the account and the region: a request that is passed on may be another's, or about others.
fn name(cx: &Context, alias: &str) -> String {
    let (caller, account, region) = (&cx.caller.arn, &cx.account, &cx.region);
    format!("ec2/image/{caller}/{account}/{region}/{alias}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_name_a_parameter() {
        for (text, expected) in [
            ("resolve:ssm:/images/web", Some("/images/web")),
            ("resolve:ssm:web:3", Some("web:3")),
            ("resolve:ssm:", None),
            ("resolve:s3:web", None),
            ("ami-0123456789abcdef0", None),
        ] {
            assert_eq!(parameter(text), expected, "{text}");
        }
    }
}
