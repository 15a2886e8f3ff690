use std::collections::BTreeMap;

use wharf_service::tags::Tags;

use super::*;
use crate::launch_templates::Profile;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn template() -> LaunchTemplateData {
    LaunchTemplateData {
        image_id: text("ami-template"),
        instance_type: text("t3.micro"),
        key_name: text("template"),
        user_data: text("dGVtcGxhdGU="),
        profile: Some(Profile {
            arn: None,
            name: text("template"),
        }),
        shutdown_behavior: text("terminate"),
        zone: text("us-east-1b"),
        monitoring: Some(true),
        disable_api_termination: Some(true),
        ..LaunchTemplateData::default()
    }
}

#[test]
fn an_empty_request_takes_everything() {
    let merged = merge(&template(), RunInstancesRequest::default());
    assert_eq!(merged.image_id, text("ami-template"));
    assert_eq!(merged.instance_type, text("t3.micro"));
    assert_eq!(merged.key_name, text("template"));
    assert_eq!(merged.user_data, text("dGVtcGxhdGU="));
    assert_eq!(merged.iam_instance_profile.unwrap().name, text("template"));
    assert_eq!(
        merged.instance_initiated_shutdown_behavior,
        text("terminate")
    );
    assert_eq!(
        merged.placement.unwrap().availability_zone,
        text("us-east-1b")
    );
    assert_eq!(merged.monitoring.unwrap().enabled, Some(true));
    assert_eq!(merged.disable_api_termination, Some(true));
}

#[test]
fn what_a_request_says_counts() {
    let request = RunInstancesRequest {
        image_id: text("ami-own"),
        disable_api_termination: Some(false),
        placement: Some(Placement {
            availability_zone: text("us-east-1a"),
            ..Placement::default()
        }),
        iam_instance_profile: Some(IamInstanceProfileSpecification {
            arn: text("arn"),
            name: None,
        }),
        ..RunInstancesRequest::default()
    };
    let merged = merge(&template(), request.clone());
    assert_eq!(merged.image_id, text("ami-own"));
    assert_eq!(merged.disable_api_termination, Some(false));
    assert_eq!(
        merged.placement.unwrap().availability_zone,
        text("us-east-1a")
    );
    // Not the request's ARN with the template's name.
    assert_eq!(merged.iam_instance_profile, request.iam_instance_profile);
    assert_eq!(merged.instance_type, text("t3.micro"));
}

#[test]
fn an_empty_template_changes_nothing() {
    let request = RunInstancesRequest {
        subnet_id: text("subnet-1"),
        security_group_ids: Some(vec!["sg-1".to_owned()]),
        network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
            subnet_id: text("subnet-2"),
            ..InstanceNetworkInterfaceSpecification::default()
        }]),
        ..RunInstancesRequest::default()
    };
    assert_eq!(
        merge(&LaunchTemplateData::default(), request.clone()),
        request
    );
}

fn with_interface() -> LaunchTemplateData {
    LaunchTemplateData {
        interfaces: vec![Interface {
            device_index: Some(0),
            subnet_id: text("subnet-template"),
            groups: vec!["sg-template".to_owned()],
            delete_on_termination: Some(false),
            ..Interface::default()
        }],
        ..LaunchTemplateData::default()
    }
}

#[test]
fn the_subnet_of_a_request_goes_to_the_templates_interface() {
    let request = RunInstancesRequest {
        subnet_id: text("subnet-own"),
        ..RunInstancesRequest::default()
    };
    let merged = merge(&with_interface(), request);
    assert_eq!(merged.subnet_id, None);
    let interfaces = merged.network_interfaces.unwrap();
    assert_eq!(interfaces.len(), 1);
    assert_eq!(interfaces[0].subnet_id, text("subnet-own"));
    assert_eq!(interfaces[0].groups, Some(vec!["sg-template".to_owned()]));
}

#[test]
fn interfaces_are_merged_by_their_index() {
    let own = |index: i32, subnet: &str| InstanceNetworkInterfaceSpecification {
        device_index: Some(index),
        subnet_id: text(subnet),
        ..InstanceNetworkInterfaceSpecification::default()
    };
    let request = RunInstancesRequest {
        network_interfaces: Some(vec![own(0, "subnet-own"), own(1, "subnet-second")]),
        ..RunInstancesRequest::default()
    };
    let merged = merge(&with_interface(), request)
        .network_interfaces
        .unwrap();
    let subnets: Vec<_> = merged.iter().map(|it| it.subnet_id.as_deref()).collect();
    assert_eq!(subnets, [Some("subnet-own"), Some("subnet-second")]);
    assert_eq!(merged[0].delete_on_termination, Some(false));
    assert_eq!(merged[1].delete_on_termination, None);
}

#[test]
fn ipv6_addresses_come_from_one_of_both() {
    let mut template = with_interface();
    template.interfaces[0].ipv6_count = Some(2);
    let named = || {
        Some(vec![InstanceIpv6Address {
            ipv6_address: text("fd00::5"),
            is_primary_ipv6: None,
        }])
    };
    let merged = |request| {
        let merged = merge(&template, request);
        assert!(merged.ipv6_addresses.is_none() && merged.ipv6_address_count.is_none());
        let mut all = merged.network_interfaces.unwrap();
        let one = all.remove(0);
        (one.ipv6_addresses, one.ipv6_address_count)
    };
    assert_eq!(merged(RunInstancesRequest::default()), (None, Some(2)));
    let beside = RunInstancesRequest {
        ipv6_addresses: named(),
        ..RunInstancesRequest::default()
    };
    assert_eq!(merged(beside), (named(), None));
    let within = RunInstancesRequest {
        network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
            device_index: Some(0),
            ipv6_address_count: Some(0),
            ..InstanceNetworkInterfaceSpecification::default()
        }]),
        ..RunInstancesRequest::default()
    };
    assert_eq!(merged(within), (None, Some(0)));
}

#[test]
fn groups_are_the_requests_or_the_templates() {
    let template = LaunchTemplateData {
        security_group_ids: vec!["sg-template".to_owned()],
        ..LaunchTemplateData::default()
    };
    let groups = |request| {
        merge(&template, request)
            .security_group_ids
            .unwrap_or_default()
    };
    assert_eq!(groups(RunInstancesRequest::default()), ["sg-template"]);
    let own = RunInstancesRequest {
        security_group_ids: Some(vec!["sg-own".to_owned()]),
        ..RunInstancesRequest::default()
    };
    assert_eq!(groups(own), ["sg-own"]);
    let by_name = RunInstancesRequest {
        security_groups: Some(vec!["own".to_owned()]),
        ..RunInstancesRequest::default()
    };
    assert!(groups(by_name).is_empty());
}

#[test]
fn tags_are_merged_by_type_and_key() {
    let tag = |key: &str, value: &str| Tag {
        key: text(key),
        value: text(value),
    };
    let of = |kind: &str, tags| TagSpecification {
        resource_type: text(kind),
        tags: Some(tags),
    };
    let tags = |pairs: &[(&str, &str)]| -> Tags {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let template = LaunchTemplateData {
        tags: BTreeMap::from([
            (
                "instance".to_owned(),
                tags(&[("a", "template"), ("b", "template")]),
            ),
            ("volume".to_owned(), tags(&[("c", "template")])),
        ]),
        ..LaunchTemplateData::default()
    };
    let request = RunInstancesRequest {
        tag_specifications: Some(vec![of("instance", vec![tag("a", "own")])]),
        ..RunInstancesRequest::default()
    };
    assert_eq!(
        merge(&template, request).tag_specifications.unwrap(),
        [
            of("instance", vec![tag("a", "own"), tag("b", "template")]),
            of("volume", vec![tag("c", "template")]),
        ]
    );
}

#[test]
fn metadata_options_are_taken_one_by_one() {
    let template = LaunchTemplateData {
        metadata: Metadata {
            http_tokens: text("required"),
            http_put_response_hop_limit: Some(2),
            ..Metadata::default()
        },
        ..LaunchTemplateData::default()
    };
    let request = RunInstancesRequest {
        metadata_options: Some(InstanceMetadataOptionsRequest {
            http_tokens: text("optional"),
            ..InstanceMetadataOptionsRequest::default()
        }),
        ..RunInstancesRequest::default()
    };
    let merged = merge(&template, request).metadata_options.unwrap();
    assert_eq!(merged.http_tokens, text("optional"));
    assert_eq!(merged.http_put_response_hop_limit, Some(2));
}

fn with_own(own: InstanceNetworkInterfaceSpecification) -> RunInstancesRequest {
    RunInstancesRequest {
        network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
            device_index: Some(0),
            ..own
        }]),
        ..RunInstancesRequest::default()
    }
}

#[test]
fn groups_by_name_are_not_forgotten_beside_an_interface() {
    let template = LaunchTemplateData {
        security_groups: vec!["locked".to_owned()],
        ..LaunchTemplateData::default()
    };
    for (own, left) in [
        (
            InstanceNetworkInterfaceSpecification {
                subnet_id: text("subnet-own"),
                ..Default::default()
            },
            Some(vec!["locked".to_owned()]),
        ),
        (
            InstanceNetworkInterfaceSpecification {
                groups: Some(vec!["sg-own".to_owned()]),
                ..Default::default()
            },
            None,
        ),
        (
            InstanceNetworkInterfaceSpecification {
                network_interface_id: text("eni-own"),
                ..Default::default()
            },
            None,
        ),
    ] {
        let merged = merge(&template, with_own(own.clone()));
        assert_eq!(merged.security_groups, left, "{own:?}");
    }
}

#[test]
fn an_interface_that_is_there_keeps_what_it_has() {
    let own = InstanceNetworkInterfaceSpecification {
        network_interface_id: text("eni-own"),
        ..Default::default()
    };
    let expected = InstanceNetworkInterfaceSpecification {
        device_index: Some(0),
        delete_on_termination: Some(false),
        ..own.clone()
    };
    let merged = merge(&with_interface(), with_own(own));
    assert_eq!(merged.network_interfaces.unwrap(), [expected]);
}
