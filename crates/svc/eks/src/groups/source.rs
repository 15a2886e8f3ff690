//! The launch template that somebody gives a node group, read in their name.

use std::collections::BTreeMap;

use wharf_api_ec2::{DescribeLaunchTemplateVersionsRequest, ResponseLaunchTemplateData};
use wharf_api_eks::LaunchTemplateSpecification;
use wharf_wire::{Call, Fault};

use super::{checks, devices, records::Source, user_data::NOT_MIME};
use crate::{core::Core, fault, names::PRINCIPAL};

/// # Errors
/// It is not there, or says what a node group's must not.
pub async fn read(
    core: &Core,
    call: &Call,
    given: LaunchTemplateSpecification,
    has_types: bool,
) -> Result<Source, Fault> {
    if given.id.is_some() == given.name.is_some() {
        return Err(fault::invalid(
            "You must specify either the launch template ID or the launch template name, but not both.",
        ));
    }
    let asked = DescribeLaunchTemplateVersionsRequest {
        launch_template_id: given.id,
        launch_template_name: given.name,
        versions: Some(vec![given.version.unwrap_or_else(|| "$Default".to_owned())]),
        ..DescribeLaunchTemplateVersionsRequest::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core
        .parts
        .ec2
        .describe_launch_template_versions(&onward, asked)
        .await;
    let found = found.map_err(fault::of_ec2)?;
    let found = found.launch_template_versions.unwrap_or_default().pop();
    let found = found.ok_or_else(|| fault::invalid("Launch template version is not found"))?;
    let data = found.launch_template_data.unwrap_or_default();
    let id = found.launch_template_id.unwrap_or_default();
    let source = Source {
        version: found.version_number.unwrap_or_default().to_string(),
        name: found.launch_template_name.unwrap_or_default(),
        ..taken(id, data, has_types)?
    };
    if source.image.is_none()
        && let Some(given) = source.user_data.as_deref().filter(|it| !it.is_empty())
    {
        super::user_data::parts(given).map_err(|_| bad(NOT_MIME))?;
    }
    Ok(source)
}

fn bad(text: &str) -> Fault {
    fault::invalid(format!("Ec2LaunchTemplateInvalidConfiguration: {text}"))
}

/// Which members of a template there are that a group's cannot say.
fn others(data: &ResponseLaunchTemplateData) -> Vec<&'static str> {
    let all = [
        (
            "NetworkInterfaces",
            data.network_interfaces
                .as_ref()
                .is_some_and(|it| !it.is_empty()),
        ),
        ("Placement", data.placement.is_some()),
        (
            "Monitoring",
            data.monitoring
                .as_ref()
                .is_some_and(|it| it.enabled == Some(true)),
        ),
        (
            "DisableApiTermination",
            data.disable_api_termination == Some(true),
        ),
        ("DisableApiStop", data.disable_api_stop == Some(true)),
        (
            "PrivateDnsNameOptions",
            data.private_dns_name_options.is_some(),
        ),
        (
            "SecurityGroups",
            data.security_groups
                .as_ref()
                .is_some_and(|it| !it.is_empty()),
        ),
        (
            "InstanceMarketOptions",
            data.instance_market_options.is_some(),
        ),
    ];
    all.into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

fn taken(id: String, data: ResponseLaunchTemplateData, has_types: bool) -> Result<Source, Fault> {
    if data.iam_instance_profile.is_some() {
        return Err(bad(&format!(
            "Launch template {id} should not specify an instance profile. The noderole in your request will be used to construct an instance profile."
        )));
    }
    if data.instance_initiated_shutdown_behavior.is_some() {
        return Err(bad(&format!(
            "Launch template {id} should not specify shutdown settings."
        )));
    }
    if let Some(other) = others(&data).first() {
        return Err(fault::invalid(format!(
            "{other} of the launch template of a node group is not supported by this version of wharf."
        )));
    }
    if has_types && data.instance_type.is_some() {
        return Err(fault::types_twice());
    }
    let mut tags: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for of in data.tag_specifications.into_iter().flatten() {
        let kind = of.resource_type.unwrap_or_default();
        let pairs = of.tags.into_iter().flatten();
        let pairs = pairs.map(|it| (it.key.unwrap_or_default(), it.value.unwrap_or_default()));
        tags.entry(kind).or_default().extend(pairs);
    }
    let metadata = data.metadata_options.unwrap_or_default();
    Ok(Source {
        id,
        name: String::new(),
        version: String::new(),
        image: data.image_id,
        instance_type: data.instance_type,
        key: data.key_name,
        security_groups: data.security_group_ids.unwrap_or_default(),
        user_data: data.user_data,
        tags,
        metadata_tokens: metadata.http_tokens,
        metadata_hops: metadata.http_put_response_hop_limit,
        devices: devices::read(data.block_device_mappings),
    })
}

/// The type of images that a group with this template has.
pub fn ami_type(source: Option<&Source>, asked: Option<&str>) -> Result<String, Fault> {
    let custom = source.is_some_and(|it| it.image.is_some());
    match (custom, asked) {
        (true, None | Some(checks::CUSTOM)) => Ok(checks::CUSTOM.to_owned()),
        (true, Some(_)) => Err(fault::invalid(
            "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template.",
        )),
        (false, None | Some(checks::AMI_TYPE)) => Ok(checks::AMI_TYPE.to_owned()),
        (false, Some(checks::CUSTOM)) => Err(fault::invalid(
            "You must specify an image id in your launch template for AMI type CUSTOM.",
        )),
        (false, Some(other)) => Err(fault::invalid(format!(
            "amiType {other} is not supported by this version of wharf. Supported are {} and CUSTOM.",
            checks::AMI_TYPE
        ))),
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_ec2::LaunchTemplateIamInstanceProfileSpecification;

    use super::*;

    #[test]
    fn a_template_says_what_it_may() {
        let good = ResponseLaunchTemplateData {
            instance_type: Some("t3.small".to_owned()),
            security_group_ids: Some(vec!["sg-1".to_owned()]),
            ..ResponseLaunchTemplateData::default()
        };
        let read = taken("lt-1".to_owned(), good.clone(), false).unwrap();
        assert_eq!(read.instance_type.as_deref(), Some("t3.small"));
        let twice = taken("lt-1".to_owned(), good.clone(), true).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "InvalidRequestException: Cannot specify instance types in launch template and API Request"
        );
        let profile = LaunchTemplateIamInstanceProfileSpecification::default();
        let profile = ResponseLaunchTemplateData {
            iam_instance_profile: Some(profile),
            ..good.clone()
        };
        assert!(taken("lt-1".to_owned(), profile, false).is_err());
        let named = ResponseLaunchTemplateData {
            private_dns_name_options: Some(Default::default()),
            ..good.clone()
        };
        assert!(taken("lt-1".to_owned(), named, false).is_err());
        let kept = ResponseLaunchTemplateData {
            disable_api_termination: Some(true),
            ..good
        };
        let refused = taken("lt-1".to_owned(), kept, false).unwrap_err();
        assert!(
            refused
                .message
                .starts_with("DisableApiTermination of the launch template")
        );
    }

    #[test]
    fn images_of_templates_are_custom() {
        let mut source = crate::groups::plan::tests::source();
        assert_eq!(ami_type(Some(&source), None).unwrap(), checks::AMI_TYPE);
        assert!(ami_type(None, Some(checks::CUSTOM)).is_err());
        assert!(ami_type(None, Some("AL2023_x86_64_NVIDIA")).is_err());
        source.image = Some("ami-1".to_owned());
        assert_eq!(ami_type(Some(&source), None).unwrap(), checks::CUSTOM);
        assert!(ami_type(Some(&source), Some(checks::AMI_TYPE)).is_err());
    }
}
