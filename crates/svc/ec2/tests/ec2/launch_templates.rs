//! Launch templates and their versions.

mod versions;

use std::time::Duration;

use wharf_api_ec2::{Ec2, types::*};
use wharf_svc_ec2::launch_templates::{resolve, resolve_version};
use wharf_wire::Fault;

use crate::world::{World, filter, refusal, user, world};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn of_type(instance_type: &str) -> RequestLaunchTemplateData {
    RequestLaunchTemplateData {
        instance_type: text(instance_type),
        ..Default::default()
    }
}

fn request(name: &str, data: RequestLaunchTemplateData) -> CreateLaunchTemplateRequest {
    CreateLaunchTemplateRequest {
        launch_template_name: text(name),
        launch_template_data: Some(data),
        ..Default::default()
    }
}

async fn made(world: &World, name: &str) -> LaunchTemplate {
    let input = request(name, of_type("t3.micro"));
    let made = world.ec2.create_launch_template(&user(), input).await;
    made.unwrap().launch_template.unwrap()
}

async fn version(
    world: &World,
    name: &str,
    source: Option<&str>,
    data: RequestLaunchTemplateData,
) -> Result<LaunchTemplateVersion, Fault> {
    let input = CreateLaunchTemplateVersionRequest {
        launch_template_name: text(name),
        source_version: source.map(str::to_owned),
        launch_template_data: Some(data),
        ..Default::default()
    };
    let made = world
        .ec2
        .create_launch_template_version(&user(), input)
        .await?;
    Ok(made.launch_template_version.unwrap())
}

async fn templates(
    world: &World,
    input: DescribeLaunchTemplatesRequest,
) -> Result<Vec<LaunchTemplate>, Fault> {
    let found = world.ec2.describe_launch_templates(&user(), input).await?;
    Ok(found.launch_templates.unwrap())
}

/// Numbers and instance types.
async fn versions(
    world: &World,
    input: DescribeLaunchTemplateVersionsRequest,
) -> Result<Vec<(i64, String)>, Fault> {
    let found = world
        .ec2
        .describe_launch_template_versions(&user(), input)
        .await?;
    let found = found.launch_template_versions.unwrap().into_iter();
    Ok(found
        .map(|it| {
            let data = it.launch_template_data.unwrap();
            (it.version_number.unwrap(), data.instance_type.unwrap())
        })
        .collect())
}

fn of(name: &str) -> DescribeLaunchTemplateVersionsRequest {
    DescribeLaunchTemplateVersionsRequest {
        launch_template_name: text(name),
        ..Default::default()
    }
}

fn named(name: &str, version: Option<&str>) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification {
        launch_template_name: text(name),
        version: version.map(str::to_owned),
        ..Default::default()
    }
}

#[tokio::test]
async fn user_data_is_sealed_and_shown() {
    let world = world();
    let data = RequestLaunchTemplateData {
        user_data: text("cGFzc3dvcmQ9aHVudGVyMg=="),
        ..of_type("t3.micro")
    };
    let input = request("web", data);
    world
        .ec2
        .create_launch_template(&user(), input)
        .await
        .unwrap();
    let stored = world.stored("").await;
    assert!(stored.contains("t3.micro") && !stored.contains("cGFzc3dvcmQ9aHVudGVyMg"));
    let found = world
        .ec2
        .describe_launch_template_versions(&user(), of("web"))
        .await;
    let found = found.unwrap().launch_template_versions.unwrap().remove(0);
    assert_eq!(
        found.launch_template_data.unwrap().user_data,
        text("cGFzc3dvcmQ9aHVudGVyMg==")
    );
    let data = resolve(&world.ec2, &user(), &named("web", None))
        .await
        .unwrap();
    assert_eq!(data.user_data, text("cGFzc3dvcmQ9aHVudGVyMg=="));
}

#[tokio::test]
async fn a_name_belongs_to_one_template() {
    let world = world();
    made(&world, "web").await;
    let again = request("web", of_type("t3.large"));
    assert_eq!(
        refusal(world.ec2.create_launch_template(&user(), again).await),
        "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use."
    );
    let delete = || DeleteLaunchTemplateRequest {
        launch_template_name: text("web"),
        ..Default::default()
    };
    let deleted = world.ec2.delete_launch_template(&user(), delete()).await;
    assert_eq!(
        deleted
            .unwrap()
            .launch_template
            .unwrap()
            .launch_template_name,
        text("web")
    );
    assert_eq!(world.stored("").await, "", "nothing is left");
    assert_eq!(
        refusal(world.ec2.delete_launch_template(&user(), delete()).await),
        "InvalidLaunchTemplateName.NotFoundException: At least one of the launch templates specified in the request does not exist."
    );
    made(&world, "web").await;
}

#[tokio::test]
async fn a_client_token_makes_one_template() {
    let world = world();
    let with = |name: &str, kind: &str| CreateLaunchTemplateRequest {
        client_token: text("token"),
        ..request(name, of_type(kind))
    };
    let first = world
        .ec2
        .create_launch_template(&user(), with("web", "t3.micro"))
        .await;
    let again = world
        .ec2
        .create_launch_template(&user(), with("web", "t3.micro"))
        .await;
    assert_eq!(first.unwrap(), again.unwrap());
    for other in [with("other", "t3.micro"), with("web", "t3.small")] {
        let refused = world.ec2.create_launch_template(&user(), other).await;
        assert_eq!(refused.unwrap_err().code, "IdempotentParameterMismatch");
    }
    let with = |kind: &str| CreateLaunchTemplateVersionRequest {
        client_token: text("token"),
        launch_template_name: text("web"),
        launch_template_data: Some(of_type(kind)),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let first = ec2
        .create_launch_template_version(&user(), with("t3.large"))
        .await;
    let again = ec2
        .create_launch_template_version(&user(), with("t3.large"))
        .await;
    assert_eq!(first.unwrap(), again.unwrap());
    let refused = ec2
        .create_launch_template_version(&user(), with("t3.nano"))
        .await;
    assert_eq!(refused.unwrap_err().code, "IdempotentParameterMismatch");
    assert_eq!(versions(&world, of("web")).await.unwrap().len(), 2);
}

#[tokio::test]
async fn bad_templates_are_refused() {
    let world = world();
    let refused = |input| {
        let world = &world;
        async move { refusal(world.ec2.create_launch_template(&user(), input).await) }
    };
    assert_eq!(
        refused(CreateLaunchTemplateRequest {
            launch_template_name: text("web"),
            ..Default::default()
        })
        .await,
        "MissingParameter: The request must contain the parameter LaunchTemplateData"
    );
    assert!(
        refused(request("a b", of_type("t3.micro")))
            .await
            .starts_with("InvalidLaunchTemplateName.MalformedException")
    );
    let with = |change: fn(&mut RequestLaunchTemplateData)| {
        let mut data = of_type("t3.micro");
        change(&mut data);
        request("web", data)
    };
    for (input, expected) in [
        (
            with(|it| it.user_data = text("no base 64!")),
            "InvalidUserData.Malformed: Invalid BASE64 encoding of user data",
        ),
        (
            with(|it| it.user_data = Some("A".repeat(30_000))),
            "InvalidParameterValue: User data is limited to 16384 bytes",
        ),
        (
            with(|it| it.image_id = text("resolve:s3:/ami")),
            "InvalidParameterValue: Image aliases such as 'resolve:s3:/ami' are not supported by this version of wharf.",
        ),
        (
            with(|it| it.key_name = Some("k".repeat(2_000))),
            "InvalidParameterValue: A value of the launch template exceeds 1024 characters.",
        ),
        (
            with(|it| it.security_group_ids = Some(vec!["sg-1".to_owned(); 17])),
            "InvalidParameterValue: At most 16 security groups can be specified.",
        ),
        (
            with(|it| it.network_interfaces = Some(vec![Default::default(); 17])),
            "InvalidParameterValue: At most 16 network interfaces can be specified.",
        ),
        (
            with(|it| {
                it.network_interfaces = Some(vec![Default::default()]);
                it.security_group_ids = Some(vec!["sg-1".to_owned()]);
            }),
            "InvalidParameterCombination: Network interfaces and an instance-level security groups may not be specified on the same request",
        ),
        (
            with(|it| {
                it.metadata_options = Some(LaunchTemplateInstanceMetadataOptionsRequest {
                    http_put_response_hop_limit: Some(65),
                    ..Default::default()
                })
            }),
            "InvalidParameterValue: Value (65) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64",
        ),
        (
            with(|it| {
                it.tag_specifications = Some(vec![LaunchTemplateTagSpecificationRequest {
                    resource_type: text("vpc"),
                    tags: Some(vec![]),
                }])
            }),
            "InvalidParameterValue: 'vpc' is not a valid taggable resource type for this operation.",
        ),
        (
            with(|it| {
                it.tag_specifications = Some(vec![LaunchTemplateTagSpecificationRequest {
                    resource_type: text("instance"),
                    tags: Some(vec![Tag {
                        key: text("aws:x"),
                        value: None,
                    }]),
                }])
            }),
            "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use.",
        ),
    ] {
        assert_eq!(refused(input).await, expected);
    }
    assert_eq!(world.stored("").await, "", "nothing was made");
}

#[tokio::test]
async fn templates_are_named_by_id_or_name() {
    let world = world();
    for (id, name, expected) in [
        (
            None,
            None,
            "MissingParameter: Either the launch template ID or the launch template name must be specified.",
        ),
        (
            Some("lt-0123456789abcdef0"),
            Some("web"),
            "InvalidParameterCombination: You must specify either the launch template ID or the launch template name, but not both.",
        ),
        (
            Some("lt-xyz"),
            None,
            "InvalidLaunchTemplateId.Malformed: The specified launch template ID, lt-xyz, is not valid.",
        ),
        (
            Some("lt-0123456789abcdef0"),
            None,
            "InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID lt-0123456789abcdef0, does not exist.",
        ),
        (
            None,
            Some("web"),
            "InvalidLaunchTemplateName.NotFoundException: At least one of the launch templates specified in the request does not exist.",
        ),
    ] {
        let input = DeleteLaunchTemplateRequest {
            launch_template_id: id.map(str::to_owned),
            launch_template_name: name.map(str::to_owned),
            ..Default::default()
        };
        let refused = world.ec2.delete_launch_template(&user(), input).await;
        assert_eq!(refusal(refused), expected);
    }
    let input = DescribeLaunchTemplatesRequest {
        launch_template_ids: Some(vec!["lt-1".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        refusal(templates(&world, input).await),
        "InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID lt-1, does not exist."
    );
}

#[tokio::test]
async fn templates_are_listed_tagged_and_filtered() {
    let world = world();
    let input = CreateLaunchTemplateRequest {
        tag_specifications: Some(vec![TagSpecification {
            resource_type: text("launch-template"),
            tags: Some(vec![Tag {
                key: text("team"),
                value: text("a"),
            }]),
        }]),
        ..request("web", of_type("t3.micro"))
    };
    world
        .ec2
        .create_launch_template(&user(), input)
        .await
        .unwrap();
    made(&world, "other").await;
    for (name, value, expected) in [
        ("launch-template-name", "w*", vec!["web"]),
        ("tag:team", "a", vec!["web"]),
        ("tag-key", "none", vec![]),
    ] {
        let input = DescribeLaunchTemplatesRequest {
            filters: Some(vec![filter(name, value)]),
            ..Default::default()
        };
        let found = templates(&world, input).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|it| it.launch_template_name.as_deref().unwrap())
            .collect();
        assert_eq!(found, expected, "{name}");
    }
    let all = templates(&world, Default::default()).await.unwrap();
    assert_eq!(all.len(), 2);
    let id = all
        .iter()
        .find(|it| it.launch_template_name == text("other"))
        .unwrap();
    let input = CreateTagsRequest {
        resources: Some(vec![id.launch_template_id.clone().unwrap()]),
        tags: Some(vec![Tag {
            key: text("team"),
            value: text("b"),
        }]),
        ..Default::default()
    };
    world.ec2.create_tags(&user(), input).await.unwrap();
    let input = DescribeLaunchTemplatesRequest {
        filters: Some(vec![filter("tag:team", "b")]),
        ..Default::default()
    };
    assert_eq!(templates(&world, input).await.unwrap().len(), 1);
}
