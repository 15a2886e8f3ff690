//! Groups that are made, refused and deleted.

use wharf_api_autoscaling::{
    Autoscaling as _, CreateAutoScalingGroupType, CreateLaunchConfigurationType,
    DeleteAutoScalingGroupType, Input, LaunchTemplateSpecification, Tag,
    UpdateAutoScalingGroupType,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{
    home::{Home, group},
    name,
};

#[tokio::test]
async fn who_could_not_launch_an_instance_gets_no_group() {
    let home = Home::new();
    let text = "You are not authorized to perform this operation.";
    *home.cloud.would.lock() = Some(Fault::sender("UnauthorizedOperation", 403, text));
    let made = home
        .service
        .create_auto_scaling_group(&call(), group(0, 1))
        .await;
    refused(
        made,
        "AccessDenied",
        &format!("You are not authorized to use launch template: {text}"),
    );
    let configuration = CreateLaunchConfigurationType {
        launch_configuration_name: Some("c".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.small".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    let made = home
        .service
        .create_launch_configuration(&call(), configuration)
        .await;
    assert_eq!(made.unwrap_err().code, "AccessDenied");
}

#[tokio::test]
async fn what_is_no_group_is_refused() {
    let home = Home::new();
    for (bad, message) in [
        (
            CreateAutoScalingGroupType {
                launch_template: None,
                ..group(0, 1)
            },
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
        ),
        (
            CreateAutoScalingGroupType {
                vpc_zone_identifier: None,
                ..group(0, 1)
            },
            "At least one Availability Zone or VPC Subnet is required.",
        ),
        (
            CreateAutoScalingGroupType {
                vpc_zone_identifier: Some("nothing".to_owned()),
                ..group(0, 1)
            },
            "The subnet ID 'nothing' does not exist",
        ),
        (
            CreateAutoScalingGroupType {
                desired_capacity: Some(2),
                ..group(0, 1)
            },
            "Desired capacity:2 must be between the specified min size:0 and max size:1",
        ),
        (
            CreateAutoScalingGroupType {
                launch_template: Some(LaunchTemplateSpecification {
                    launch_template_name: Some("none".to_owned()),
                    ..LaunchTemplateSpecification::default()
                }),
                ..group(0, 1)
            },
            "You must use a valid fully-formed launch template. There is no such template.",
        ),
    ] {
        let made = home.service.create_auto_scaling_group(&call(), bad).await;
        refused(made, "ValidationError", message);
    }
    home.create(0, 0, 1).await;
    let again = home
        .service
        .create_auto_scaling_group(&call(), group(0, 1))
        .await;
    refused(
        again,
        "AlreadyExists",
        "AutoScalingGroup by this name already exists - A group with the name g already exists",
    );
}

#[tokio::test]
async fn a_protected_group_is_not_deleted() {
    let home = Home::new();
    let protect = |it: &str| UpdateAutoScalingGroupType {
        auto_scaling_group_name: name(),
        deletion_protection: Some(it.to_owned()),
        ..UpdateAutoScalingGroupType::default()
    };
    let delete = |force| DeleteAutoScalingGroupType {
        auto_scaling_group_name: name(),
        force_delete: Some(force),
    };
    let input = CreateAutoScalingGroupType {
        deletion_protection: Some("prevent-all-deletion".to_owned()),
        ..group(0, 1)
    };
    let service = &home.service;
    service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    let shown = home.shown().await;
    let kept = "prevent-all-deletion";
    assert_eq!(shown.deletion_protection.as_deref(), Some(kept));
    for force in [false, true] {
        refused(
            service
                .delete_auto_scaling_group(&call(), delete(force))
                .await,
            "ValidationError",
            "You cannot delete the AutoScalingGroup g while its deletion protection is prevent-all-deletion.",
        );
    }
    let input = protect("prevent-force-deletion");
    service
        .update_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    let gone = service
        .delete_auto_scaling_group(&call(), delete(true))
        .await;
    assert_eq!(gone.unwrap_err().code, "ValidationError");
    service
        .delete_auto_scaling_group(&call(), delete(false))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_group_goes_when_it_is_empty_or_by_force() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let delete = |force| DeleteAutoScalingGroupType {
        auto_scaling_group_name: name(),
        force_delete: force,
    };
    let gone = home
        .service
        .delete_auto_scaling_group(&call(), delete(None))
        .await;
    assert_eq!(gone.unwrap_err().code, "ResourceInUse");
    home.service
        .delete_auto_scaling_group(&call(), delete(Some(true)))
        .await
        .unwrap();
    until("it is gone", || async {
        let found = home
            .service
            .describe_auto_scaling_groups(&call(), Default::default())
            .await;
        found.unwrap().auto_scaling_groups.unwrap().is_empty()
    })
    .await;
    assert_eq!(home.cloud.state(&ids[0]), "terminated");
    let gone = home
        .service
        .delete_auto_scaling_group(&call(), delete(None))
        .await;
    refused(
        gone,
        "ValidationError",
        "AutoScalingGroup name not found - no such group: g",
    );
}

/// Who may not tag groups makes none with tags; what a group is to have is asked about.
#[tokio::test]
async fn sizes_and_tags_at_creation_are_asked_about() {
    let home = Home::new();
    let tag = Tag {
        key: Some("team".to_owned()),
        value: Some("web".to_owned()),
        ..Tag::default()
    };
    for (tags, actions) in [
        (None, vec!["autoscaling:CreateAutoScalingGroup"]),
        (
            Some(vec![tag]),
            vec![
                "autoscaling:CreateAutoScalingGroup",
                "autoscaling:CreateOrUpdateTags",
            ],
        ),
    ] {
        let create = CreateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            max_size: Some(5),
            tags,
            ..CreateAutoScalingGroupType::default()
        };
        let asked = Input::CreateAutoScalingGroup(&create);
        let checks = home.service.authorize(&call(), asked).await.unwrap();
        let found: Vec<&str> = checks.iter().map(|it| it.action.as_str()).collect();
        assert_eq!(found, actions);
        assert_eq!(checks[0].context["autoscaling:MaxSize"], ["5"]);
    }
}
