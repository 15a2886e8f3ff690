//! Versions of launch templates: their numbers, the default, what they are made over, and their end.

use super::*;

#[tokio::test]
async fn versions_are_numbered_and_one_is_the_default() {
    let world = world();
    let template = made(&world, "web").await;
    assert_eq!(template.default_version_number, Some(1));
    let second = version(&world, "web", None, of_type("m6i.large"))
        .await
        .unwrap();
    assert_eq!(second.version_number, Some(2));
    assert_eq!(second.default_version, Some(false));
    let input = DescribeLaunchTemplatesRequest {
        launch_template_names: Some(vec!["web".to_owned()]),
        ..Default::default()
    };
    let shown = templates(&world, input).await.unwrap().remove(0);
    assert_eq!(shown.default_version_number, Some(1));
    assert_eq!(shown.latest_version_number, Some(2));

    let types = |version| {
        let (world, specification) = (&world, named("web", version));
        async move {
            let data = resolve(&world.ec2, &user(), &specification).await;
            data.map(|it| it.instance_type.unwrap())
        }
    };
    assert_eq!(types(None).await.unwrap(), "t3.micro");
    assert_eq!(types(Some("$Default")).await.unwrap(), "t3.micro");
    assert_eq!(types(Some("$Latest")).await.unwrap(), "m6i.large");
    assert_eq!(types(Some("2")).await.unwrap(), "m6i.large");
    let id = template.launch_template_id.unwrap();
    assert_eq!(
        refusal(types(Some("3")).await),
        format!(
            "InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version 3 for the launch template with ID {id}."
        )
    );
    for wrong in ["0", "-1", "+2", "$latest", "two", "99999999999999999999999"] {
        assert_eq!(
            refusal(types(Some(wrong)).await),
            format!("InvalidParameterValue: The launch template version '{wrong}' is not valid.")
        );
    }

    let input = ModifyLaunchTemplateRequest {
        launch_template_id: Some(id.clone()),
        default_version: text("2"),
        ..Default::default()
    };
    let modified = world
        .ec2
        .modify_launch_template(&user(), input)
        .await
        .unwrap();
    let modified = modified.launch_template.unwrap();
    assert_eq!(modified.default_version_number, Some(2));
    assert_eq!(types(None).await.unwrap(), "m6i.large");
    let input = ModifyLaunchTemplateRequest {
        launch_template_id: Some(id.clone()),
        default_version: text("7"),
        ..Default::default()
    };
    assert_eq!(
        refusal(world.ec2.modify_launch_template(&user(), input).await),
        format!(
            "InvalidLaunchTemplateId.VersionNotFound: Could not find the specified version 7 for the launch template with ID {id}."
        )
    );
    let resolved = resolve_version(&world.ec2, &user(), &named("web", None))
        .await
        .unwrap();
    assert_eq!((resolved.template.id, resolved.version), (id, 2));
}

#[tokio::test]
async fn a_version_is_made_over_its_source() {
    let world = world();
    let first = RequestLaunchTemplateData {
        key_name: text("mine"),
        metadata_options: Some(LaunchTemplateInstanceMetadataOptionsRequest {
            http_tokens: text("required"),
            ..Default::default()
        }),
        user_data: text("c2VjcmV0"),
        ..of_type("t3.micro")
    };
    let input = request("web", first);
    world
        .ec2
        .create_launch_template(&user(), input)
        .await
        .unwrap();
    let made = version(&world, "web", Some("1"), of_type("t3.small"))
        .await
        .unwrap();
    let data = made.launch_template_data.unwrap();
    assert_eq!(data.instance_type, text("t3.small"));
    assert_eq!(data.key_name, text("mine"));
    assert_eq!(data.user_data, text("c2VjcmV0"));
    assert_eq!(data.metadata_options.unwrap().http_tokens, text("required"));
    let made = version(&world, "web", None, of_type("t3.large"))
        .await
        .unwrap();
    assert_eq!(made.launch_template_data.unwrap().key_name, None);
    let refused = version(&world, "web", Some("9"), of_type("t3.large")).await;
    assert_eq!(
        refused.unwrap_err().code,
        "InvalidLaunchTemplateId.VersionNotFound"
    );
}

#[tokio::test]
async fn versions_are_listed_newest_first() {
    let world = world();
    made(&world, "web").await;
    for kind in ["t3.small", "t3.medium", "t3.large"] {
        version(&world, "web", None, of_type(kind)).await.unwrap();
    }
    made(&world, "other").await;
    let numbers = |input| {
        let world = &world;
        async move {
            let found = versions(world, input).await.unwrap();
            found
                .into_iter()
                .map(|(number, _)| number)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(numbers(of("web")).await, [4, 3, 2, 1]);
    let bounded = DescribeLaunchTemplateVersionsRequest {
        min_version: text("2"),
        max_version: text("3"),
        ..of("web")
    };
    assert_eq!(numbers(bounded).await, [3, 2]);
    let listed = DescribeLaunchTemplateVersionsRequest {
        versions: Some(vec!["$Latest".to_owned(), "1".to_owned(), "4".to_owned()]),
        ..of("web")
    };
    assert_eq!(numbers(listed).await, [4, 1]);
    for (name, value, expected) in [
        ("instance-type", "t3.m*", vec![3, 1]),
        ("is-default-version", "true", vec![1]),
        ("kernel-id", "*", vec![]),
    ] {
        let filtered = DescribeLaunchTemplateVersionsRequest {
            filters: Some(vec![filter(name, value)]),
            ..of("web")
        };
        assert_eq!(numbers(filtered).await, expected, "{name}");
    }
    let of_all = DescribeLaunchTemplateVersionsRequest {
        versions: Some(vec!["$Latest".to_owned()]),
        ..Default::default()
    };
    let mut latest = versions(&world, of_all).await.unwrap();
    latest.sort();
    assert_eq!(
        latest,
        [(1, "t3.micro".to_owned()), (4, "t3.large".to_owned())]
    );
    let (mut token, mut found) = (None, Vec::new());
    loop {
        let input = DescribeLaunchTemplateVersionsRequest {
            max_results: Some(3),
            next_token: token,
            ..of("web")
        };
        let page = world
            .ec2
            .describe_launch_template_versions(&user(), input)
            .await
            .unwrap();
        let page_of = page.launch_template_versions.unwrap().into_iter();
        found.extend(page_of.map(|it| it.version_number.unwrap()));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, [4, 3, 2, 1]);
    for (size, bound) in [
        (0, "greater than or equal to 1"),
        (201, "less than or equal to 200"),
    ] {
        let input = DescribeLaunchTemplateVersionsRequest {
            max_results: Some(size),
            ..of("web")
        };
        assert_eq!(
            refusal(versions(&world, input).await),
            format!(
                "InvalidParameterValue: Value ({size}) for parameter MaxResults is invalid. Member must have value {bound}"
            )
        );
    }
}

#[tokio::test]
async fn versions_are_deleted_one_by_one_but_for_the_default() {
    let world = world();
    made(&world, "web").await;
    for _ in 0..3 {
        version(&world, "web", None, of_type("t3.small"))
            .await
            .unwrap();
    }
    let delete = |versions: &[&str]| DeleteLaunchTemplateVersionsRequest {
        launch_template_name: text("web"),
        versions: Some(versions.iter().map(|it| (*it).to_owned()).collect()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let done = ec2
        .delete_launch_template_versions(&user(), delete(&["1", "3", "4", "9"]))
        .await
        .unwrap();
    let deleted = done.successfully_deleted_launch_template_versions.unwrap();
    let deleted: Vec<_> = deleted
        .iter()
        .map(|it| it.version_number.unwrap())
        .collect();
    assert_eq!(deleted, [3, 4]);
    let kept = done
        .unsuccessfully_deleted_launch_template_versions
        .unwrap();
    let kept: Vec<_> = kept
        .into_iter()
        .map(|it| {
            (
                it.version_number.unwrap(),
                it.response_error.unwrap().code.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kept,
        [
            (1, "unexpectedError".to_owned()),
            (9, "launchTemplateVersionDoesNotExist".to_owned())
        ]
    );
    // A number is given once.
    let next = version(&world, "web", Some("$Latest"), of_type("t3.large"))
        .await
        .unwrap();
    assert_eq!(next.version_number, Some(5));
    let found = versions(&world, of("web")).await.unwrap();
    assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [5, 2, 1]);
    let refused = ec2
        .delete_launch_template_versions(&user(), delete(&["$Latest"]))
        .await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
}

#[tokio::test]
async fn a_template_with_many_versions_goes_whole() {
    let world = world();
    made(&world, "web").await;
    for _ in 0..150 {
        version(&world, "web", None, of_type("t3.small"))
            .await
            .unwrap();
    }
    let delete = DeleteLaunchTemplateRequest {
        launch_template_name: text("web"),
        ..Default::default()
    };
    world
        .ec2
        .delete_launch_template(&user(), delete)
        .await
        .unwrap();
    assert_eq!(world.stored("").await, "");
}

/// Both make a version of the same template; neither is lost.
#[tokio::test]
async fn writers_at_once_get_a_number_each() {
    let world = world();
    made(&world, "web").await;
    let one = || version(&world, "web", None, of_type("t3.small"));
    let (a, b, c) = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(one(), one(), one())
    })
    .await
    .unwrap();
    let mut numbers = [a, b, c].map(|it| it.unwrap().version_number.unwrap());
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3, 4]);
}

#[tokio::test]
async fn a_page_of_versions_has_an_end() {
    let world = world();
    made(&world, "web").await;
    for _ in 1..250 {
        version(&world, "web", None, of_type("t3.small"))
            .await
            .unwrap();
    }
    let mut input = of("web");
    for (asked, first, count, more) in [(None, 250, 200, true), (Some(200), 50, 50, false)] {
        input.max_results = asked;
        let page = world
            .ec2
            .describe_launch_template_versions(&user(), input.clone())
            .await
            .unwrap();
        let shown = page.launch_template_versions.unwrap();
        assert_eq!(shown[0].version_number, Some(first));
        assert_eq!((shown.len(), page.next_token.is_some()), (count, more));
        input.next_token = page.next_token;
    }
}

#[tokio::test]
async fn a_version_is_short() {
    let world = world();
    let interface = |id: usize| LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
        groups: Some(vec!["g".repeat(id); 16]),
        description: Some("d".repeat(1_024)),
        ..Default::default()
    };
    for (interfaces, expected) in [
        (
            vec![interface(1_024); 16],
            "InvalidParameterValue: A value of the launch template exceeds 64 characters.",
        ),
        (
            vec![interface(64); 16],
            "InvalidParameterValue: The data of a launch template version is limited to 32768 bytes.",
        ),
    ] {
        let data = RequestLaunchTemplateData {
            network_interfaces: Some(interfaces),
            ..Default::default()
        };
        let made = world
            .ec2
            .create_launch_template(&user(), request("web", data))
            .await;
        assert_eq!(refusal(made), expected);
    }
    // Each is short enough, and one over the other is not.
    made(&world, "web").await;
    let user_data = RequestLaunchTemplateData {
        user_data: Some("A".repeat(20_000)),
        ..Default::default()
    };
    version(&world, "web", None, user_data).await.unwrap();
    let interfaces = RequestLaunchTemplateData {
        network_interfaces: Some(vec![interface(64); 8]),
        ..Default::default()
    };
    let over = version(&world, "web", Some("$Latest"), interfaces).await;
    assert_eq!(
        refusal(over),
        "InvalidParameterValue: The data of a launch template version is limited to 32768 bytes."
    );
}

#[tokio::test]
async fn a_repeated_request_is_known_when_its_source_moved() {
    let world = world();
    let tagged = |value: &str| CreateLaunchTemplateRequest {
        client_token: text("made"),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: text("launch-template"),
            tags: Some(vec![Tag {
                key: text("a"),
                value: text(value),
            }]),
        }]),
        ..request("web", of_type("t3.micro"))
    };
    let ec2 = &world.ec2;
    ec2.create_launch_template(&user(), tagged("1"))
        .await
        .unwrap();
    ec2.create_launch_template(&user(), tagged("1"))
        .await
        .unwrap();
    let other = ec2.create_launch_template(&user(), tagged("2")).await;
    assert_eq!(other.unwrap_err().code, "IdempotentParameterMismatch");

    let input = CreateLaunchTemplateVersionRequest {
        client_token: text("version"),
        launch_template_name: text("web"),
        source_version: text("$Latest"),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: text("ami-1"),
            ..Default::default()
        }),
        ..Default::default()
    };
    let make = |input| async move {
        let made = ec2.create_launch_template_version(&user(), input).await?;
        Ok::<_, Fault>(
            made.launch_template_version
                .unwrap()
                .version_number
                .unwrap(),
        )
    };
    assert_eq!(make(input.clone()).await.unwrap(), 2);
    version(&world, "web", None, of_type("t3.small"))
        .await
        .unwrap();
    assert_eq!(make(input.clone()).await.unwrap(), 2);
    let other = CreateLaunchTemplateVersionRequest {
        source_version: text("1"),
        ..input
    };
    let refused = make(other).await;
    assert_eq!(refused.unwrap_err().code, "IdempotentParameterMismatch");
}

#[tokio::test]
async fn what_is_based_on_the_latest_has_all_of_it() {
    let world = world();
    made(&world, "web").await;
    let image = RequestLaunchTemplateData {
        image_id: text("ami-1"),
        ..Default::default()
    };
    let (one, other) = tokio::join!(
        version(&world, "web", Some("$Latest"), image),
        version(&world, "web", Some("$Latest"), of_type("t3.large")),
    );
    let latest = [one.unwrap(), other.unwrap()]
        .into_iter()
        .max_by_key(|it| it.version_number)
        .unwrap();
    let data = latest.launch_template_data.unwrap();
    assert_eq!(latest.version_number, Some(3));
    assert_eq!(
        (data.image_id, data.instance_type),
        (text("ami-1"), text("t3.large"))
    );
}
