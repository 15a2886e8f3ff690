//! Requests, good and bad.

use super::*;

fn request() -> RunInstancesRequest {
    RunInstancesRequest {
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.micro".to_owned()),
        min_count: Some(1),
        max_count: Some(2),
        ..RunInstancesRequest::default()
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut RunInstancesRequest)) -> String {
    let mut asked = request();
    change(&mut asked);
    Wanted::of(&asked).err().unwrap().to_string()
}

#[test]
fn bad_requests_are_refused_in_ec2s_words() {
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        refused(|it| it.min_count = Some(0)),
        "InvalidParameterValue: Value (0) for parameter minCount is invalid. Must be greater than 0."
    );
    assert_eq!(
        refused(|it| it.min_count = Some(3)),
        "InvalidParameterValue: Value (3) for parameter minCount is invalid. It cannot be greater than maxCount (2)."
    );
    assert_eq!(
        refused(|it| it.instance_type = text("t3.colossal")),
        "InvalidParameterValue: Invalid value 't3.colossal' for InstanceType."
    );
    assert_eq!(
        refused(|it| it.image_id = None),
        "MissingParameter: The request must contain the parameter ImageId"
    );
    assert_eq!(
        refused(|it| it.user_data = text("no base64!")),
        "InvalidUserData.Malformed: Invalid BASE64 encoding of user data"
    );
    assert_eq!(
        refused(|it| {
            it.subnet_id = text("subnet-1");
            it.network_interfaces = Some(vec![InstanceNetworkInterfaceSpecification::default()]);
        }),
        "InvalidParameterCombination: Network interfaces and an instance-level subnet ID may not be specified on the same request"
    );
    assert_eq!(
        refused(|it| it.instance_initiated_shutdown_behavior = text("explode")),
        "InvalidParameterValue: Value (explode) for parameter instanceInitiatedShutdownBehavior is invalid. Unknown value."
    );
    assert_eq!(
        refused(|it| {
            it.iam_instance_profile = Some(IamInstanceProfileSpecification {
                arn: text("arn:aws:iam::1:role/x"),
                name: None,
            });
        }),
        "InvalidParameterValue: Value (arn:aws:iam::1:role/x) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
    );
    assert_eq!(
        refused(|it| it.private_ip_address = text("10.0.0.9")),
        "InvalidParameterCombination: Multiple instances cannot be launched with one private IP address"
    );
}

#[test]
fn metadata_options_change_one_by_one() {
    let given = InstanceMetadataOptionsRequest {
        http_tokens: Some("required".to_owned()),
        http_put_response_hop_limit: Some(2),
        ..InstanceMetadataOptionsRequest::default()
    };
    let options = metadata(Metadata::default(), Some(&given)).unwrap();
    assert!(options.enabled && options.tokens_required && !options.tags);
    assert_eq!(options.hop_limit, 2);
    for limit in [0, 65, -1] {
        let given = InstanceMetadataOptionsRequest {
            http_put_response_hop_limit: Some(limit),
            ..InstanceMetadataOptionsRequest::default()
        };
        assert!(
            metadata(Metadata::default(), Some(&given)).is_err(),
            "{limit}"
        );
    }
}

#[test]
fn a_digest_is_of_what_is_asked_for() {
    let same = |change: fn(&mut RunInstancesRequest)| {
        let mut other = request();
        change(&mut other);
        digest(&request()) == digest(&other)
    };
    assert!(same(|it| it.client_token = Some("a".to_owned())));
    assert!(same(|it| it.dry_run = Some(false)));
    assert!(!same(|it| it.max_count = Some(3)));
    assert!(!same(|it| it.user_data = Some("YQ==".to_owned())));
}

#[test]
fn the_interface_says_where() {
    let mut asked = request();
    asked.max_count = Some(1);
    asked.network_interfaces = Some(vec![InstanceNetworkInterfaceSpecification {
        device_index: Some(0),
        subnet_id: Some("subnet-1".to_owned()),
        groups: Some(vec!["sg-1".to_owned()]),
        private_ip_address: Some("172.31.0.9".to_owned()),
        delete_on_termination: Some(false),
        ..InstanceNetworkInterfaceSpecification::default()
    }]);
    let wanted = Wanted::of(&asked).unwrap();
    assert_eq!(wanted.subnet.as_deref(), Some("subnet-1"));
    assert_eq!(wanted.groups, ["sg-1"]);
    assert_eq!(wanted.addresses.primary, "172.31.0.9".parse().ok());
    assert!(!wanted.delete_interface);
}

#[test]
fn an_interface_that_is_there_has_all_of_its_own() {
    let text = |text: &str| Some(text.to_owned());
    let with = |change: &dyn Fn(&mut InstanceNetworkInterfaceSpecification)| {
        let mut interface = InstanceNetworkInterfaceSpecification {
            device_index: Some(0),
            network_interface_id: text("eni-1"),
            ..InstanceNetworkInterfaceSpecification::default()
        };
        change(&mut interface);
        let asked = RunInstancesRequest {
            max_count: Some(1),
            network_interfaces: Some(vec![interface]),
            ..request()
        };
        Wanted::of(&asked)
    };
    let wanted = with(&|it| it.delete_on_termination = Some(false)).unwrap();
    assert_eq!(wanted.interface, text("eni-1"));
    assert!(!wanted.delete_interface);
    assert!(!with(&|_| {}).unwrap().delete_interface);
    type Change<'a> = &'a dyn Fn(&mut InstanceNetworkInterfaceSpecification);
    let changes: [(Change<'_>, &str); 7] = [
        (&|it| it.subnet_id = text("subnet-1"), "a subnet"),
        (
            &|it| it.groups = Some(vec!["sg-1".to_owned()]),
            "security groups",
        ),
        (
            &|it| it.private_ip_address = text("10.0.0.9"),
            "a private IP address",
        ),
        (
            &|it| it.secondary_private_ip_address_count = Some(1),
            "a private IP address",
        ),
        (&|it| it.ipv6_address_count = Some(1), "an IPv6 address"),
        (
            &|it| it.associate_public_ip_address = Some(true),
            "associate public IP address",
        ),
        (
            &|it| it.delete_on_termination = Some(true),
            "delete on termination as true",
        ),
    ];
    for (change, other) in changes {
        let refused = with(change).err().unwrap().to_string();
        let expected = format!(
            "InvalidParameterCombination: A network interface may not specify a network interface ID and {other}"
        );
        assert_eq!(refused, expected);
    }
}
