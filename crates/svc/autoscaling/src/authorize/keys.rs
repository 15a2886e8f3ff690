//! Condition keys of EC2 Auto Scaling: what a request wants of a group or a launch configuration, as policies see it. Pure.

use wharf_api_autoscaling::{
    CreateLaunchConfigurationType, Input, LaunchTemplateSpecification, MixedInstancesPolicy,
    TrafficSourceIdentifier,
};
use wharf_wire::Check;

/// What a request is about, with what it says for conditions.
pub fn asked(check: Check, input: Input<'_>) -> Check {
    match input {
        Input::CreateAutoScalingGroup(it) => {
            let check = sizes(check, it.min_size, it.max_size);
            let check = source(
                check,
                it.launch_configuration_name.as_deref(),
                it.launch_template.as_ref(),
                it.mixed_instances_policy.as_ref(),
            );
            let check = subnets(check, it.vpc_zone_identifier.as_deref());
            let check = check.with_all(BALANCERS, it.load_balancer_names.iter().flatten().cloned());
            let check = check.with_all(TARGETS, it.target_group_arns.iter().flatten().cloned());
            traffic(check, it.traffic_sources.as_deref())
        }
        Input::UpdateAutoScalingGroup(it) => {
            let check = sizes(check, it.min_size, it.max_size);
            let check = source(
                check,
                it.launch_configuration_name.as_deref(),
                it.launch_template.as_ref(),
                it.mixed_instances_policy.as_ref(),
            );
            subnets(check, it.vpc_zone_identifier.as_deref())
        }
        Input::DeleteAutoScalingGroup(it) => {
            // There as well where nothing is said, so that an Allow can ask for `false`.
            let is_forced = it.force_delete.unwrap_or_default();
            check.with("autoscaling:ForceDelete", is_forced.to_string())
        }
        Input::CreateLaunchConfiguration(it) => configuration(check, it),
        Input::PutScheduledUpdateGroupAction(it) => sizes(check, it.min_size, it.max_size),
        Input::BatchPutScheduledUpdateGroupAction(it) => {
            let each = it.scheduled_update_group_actions.iter().flatten();
            each.fold(check, |check, it| sizes(check, it.min_size, it.max_size))
        }
        Input::AttachLoadBalancers(it) => {
            check.with_all(BALANCERS, it.load_balancer_names.iter().flatten().cloned())
        }
        Input::DetachLoadBalancers(it) => {
            check.with_all(BALANCERS, it.load_balancer_names.iter().flatten().cloned())
        }
        Input::AttachLoadBalancerTargetGroups(it) => {
            check.with_all(TARGETS, it.target_group_arns.iter().flatten().cloned())
        }
        Input::DetachLoadBalancerTargetGroups(it) => {
            check.with_all(TARGETS, it.target_group_arns.iter().flatten().cloned())
        }
        Input::AttachTrafficSources(it) => traffic(check, it.traffic_sources.as_deref()),
        Input::DetachTrafficSources(it) => traffic(check, it.traffic_sources.as_deref()),
        _ => check,
    }
}

const BALANCERS: &str = "autoscaling:LoadBalancerNames";
const TARGETS: &str = "autoscaling:TargetGroupARNs";

fn sizes(check: Check, min: Option<i32>, max: Option<i32>) -> Check {
    let check = check.with_some("autoscaling:MinSize", min.map(|it| it.to_string()));
    check.with_some("autoscaling:MaxSize", max.map(|it| it.to_string()))
}

/// What instances are made of. A version is specified by its number alone.
fn source(
    check: Check,
    configuration: Option<&str>,
    template: Option<&LaunchTemplateSpecification>,
    mixed: Option<&MixedInstancesPolicy>,
) -> Check {
    let check = check.with_some("autoscaling:LaunchConfigurationName", configuration);
    let mixed = mixed.and_then(|it| it.launch_template.as_ref());
    let overrides = || {
        mixed
            .into_iter()
            .flat_map(|it| it.overrides.iter().flatten())
    };
    let types = overrides().filter_map(|it| it.instance_type.clone());
    let check = check.with_all("autoscaling:InstanceTypes", types);
    let of_mixed = mixed.and_then(|it| it.launch_template_specification.as_ref());
    let of_overrides = overrides().filter_map(|it| it.launch_template_specification.as_ref());
    let templates: Vec<_> = (template.into_iter().chain(of_mixed))
        .chain(of_overrides)
        .collect();
    if templates.is_empty() {
        return check;
    }
    let is_specified = |it: &&LaunchTemplateSpecification| {
        let version = it.version.as_deref().unwrap_or("$Default");
        !version.is_empty() && !version.starts_with('$')
    };
    let is_specified = templates.iter().any(is_specified);
    check.with(
        "autoscaling:LaunchTemplateVersionSpecified",
        is_specified.to_string(),
    )
}

/// Ids with commas between.
fn subnets(check: Check, given: Option<&str>) -> Check {
    let ids = given.unwrap_or_default().split(',').map(str::trim);
    let ids = ids.filter(|it| !it.is_empty());
    check.with_all("autoscaling:VPCZoneIdentifiers", ids)
}

fn traffic(check: Check, given: Option<&[TrafficSourceIdentifier]>) -> Check {
    let ids = given.unwrap_or_default().iter();
    let ids = ids.filter_map(|it| it.identifier.clone());
    check.with_all("autoscaling:TrafficSourceIdentifiers", ids)
}

fn configuration(check: Check, it: &CreateLaunchConfigurationType) -> Check {
    let check = check.with_some("autoscaling:ImageId", it.image_id.as_deref());
    let check = check.with_some("autoscaling:InstanceType", it.instance_type.as_deref());
    let check = check.with_some("autoscaling:SpotPrice", it.spot_price.as_deref());
    let Some(metadata) = &it.metadata_options else {
        return check;
    };
    let tokens = metadata.http_tokens.as_deref();
    let check = check.with_some("autoscaling:MetadataHttpTokens", tokens);
    let endpoint = metadata.http_endpoint.as_deref();
    let check = check.with_some("autoscaling:MetadataHttpEndpoint", endpoint);
    let hops = metadata.http_put_response_hop_limit;
    check.with_some(
        "autoscaling:MetadataHttpPutResponseHopLimit",
        hops.map(|it| it.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use wharf_api_autoscaling::{
        AttachTrafficSourcesType, CreateAutoScalingGroupType, DeleteAutoScalingGroupType,
        InstanceMetadataOptions, LaunchTemplate, LaunchTemplateOverrides,
        UpdateAutoScalingGroupType,
    };

    use super::*;

    /// The keys of a request, as `Name=value,value`.
    fn keys(input: Input<'_>) -> Vec<String> {
        let context = asked(Check::any("autoscaling:X"), input).context;
        let shown = context.into_iter().map(|(key, values)| {
            let name = key.strip_prefix("autoscaling:").unwrap();
            format!("{name}={}", values.join(","))
        });
        shown.collect()
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn template(version: Option<&str>) -> Option<LaunchTemplateSpecification> {
        Some(LaunchTemplateSpecification {
            launch_template_name: text("t"),
            version: version.map(str::to_owned),
            ..Default::default()
        })
    }

    #[test]
    fn a_group_says_what_it_wants() {
        let overrides = ["t3.nano", "t3.micro"].map(|it| LaunchTemplateOverrides {
            instance_type: text(it),
            ..Default::default()
        });
        let create = CreateAutoScalingGroupType {
            min_size: Some(1),
            max_size: Some(100),
            vpc_zone_identifier: text("subnet-a, subnet-b"),
            mixed_instances_policy: Some(MixedInstancesPolicy {
                launch_template: Some(LaunchTemplate {
                    launch_template_specification: template(Some("2")),
                    overrides: Some(overrides.into()),
                }),
                instances_distribution: None,
            }),
            target_group_arns: Some(vec!["arn:t".to_owned()]),
            load_balancer_names: Some(vec!["b".to_owned()]),
            ..Default::default()
        };
        assert_eq!(
            keys(Input::CreateAutoScalingGroup(&create)),
            [
                "InstanceTypes=t3.nano,t3.micro",
                "LaunchTemplateVersionSpecified=true",
                "LoadBalancerNames=b",
                "MaxSize=100",
                "MinSize=1",
                "TargetGroupARNs=arn:t",
                "VPCZoneIdentifiers=subnet-a,subnet-b",
            ]
        );
        for (version, specified) in [
            (None, "false"),
            (Some("$Latest"), "false"),
            (Some("$Default"), "false"),
            (Some("3"), "true"),
        ] {
            let update = UpdateAutoScalingGroupType {
                launch_template: template(version),
                ..Default::default()
            };
            assert_eq!(
                keys(Input::UpdateAutoScalingGroup(&update)),
                [format!("LaunchTemplateVersionSpecified={specified}")]
            );
        }
        let plain = UpdateAutoScalingGroupType {
            launch_configuration_name: text("c"),
            ..Default::default()
        };
        assert_eq!(
            keys(Input::UpdateAutoScalingGroup(&plain)),
            ["LaunchConfigurationName=c"]
        );
        let source = TrafficSourceIdentifier {
            identifier: text("arn:t"),
            type_: None,
        };
        let attach = AttachTrafficSourcesType {
            traffic_sources: Some(vec![source]),
            ..Default::default()
        };
        assert_eq!(
            keys(Input::AttachTrafficSources(&attach)),
            ["TrafficSourceIdentifiers=arn:t"]
        );
    }

    #[test]
    fn who_deletes_a_group_says_whether_with_its_instances() {
        for (given, said) in [
            (None, "ForceDelete=false"),
            (Some(false), "ForceDelete=false"),
            (Some(true), "ForceDelete=true"),
        ] {
            let delete = DeleteAutoScalingGroupType {
                force_delete: given,
                ..Default::default()
            };
            assert_eq!(keys(Input::DeleteAutoScalingGroup(&delete)), [said]);
        }
    }

    #[test]
    fn a_launch_configuration_says_what_it_launches() {
        let create = CreateLaunchConfigurationType {
            image_id: text("ami-1"),
            instance_type: text("t3.nano"),
            metadata_options: Some(InstanceMetadataOptions {
                http_tokens: text("required"),
                http_put_response_hop_limit: Some(1),
                http_endpoint: None,
            }),
            ..Default::default()
        };
        assert_eq!(
            keys(Input::CreateLaunchConfiguration(&create)),
            [
                "ImageId=ami-1",
                "InstanceType=t3.nano",
                "MetadataHttpPutResponseHopLimit=1",
                "MetadataHttpTokens=required",
            ]
        );
    }
}
