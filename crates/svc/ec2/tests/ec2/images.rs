//! Images of machines, made of images of a registry.

use std::sync::Arc;

use wharf_api_ec2::{Ec2, types::*};
use wharf_api_ecr::{Ecr, types as ecr};
use wharf_base::public_images::PublicImage;
use wharf_store::Range;
use wharf_svc_ec2::images::{Source, find};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::world::{World, filter, of_account, refusal, user, world};

const HOST: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

/// A registry with one repository, `app`, whose tag `v1` is an image and `multi` an index.
pub struct Registry;

#[async_trait]
impl Ecr for Registry {
    async fn authorize(
        &self,
        _: &Context,
        _: wharf_api_ecr::Input<'_>,
    ) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn batch_get_image(
        &self,
        call: &Call,
        input: ecr::BatchGetImageRequest,
    ) -> Result<ecr::BatchGetImageResponse, Fault> {
        assert_eq!(call.called_via, ["ec2.amazonaws.com"]);
        assert_eq!(input.registry_id.as_deref(), Some("000000000000"));
        if input.repository_name.as_deref() != Some("app") {
            return Err(Fault::sender(
                "RepositoryNotFoundException",
                400,
                "there is none",
            ));
        }
        let wanted = input.image_ids.unwrap().remove(0);
        let manifest = match (wanted.image_tag.as_deref(), wanted.image_digest.as_deref()) {
            (Some("v1"), None) | (None, Some("sha256:own")) => r#"{"config": {}}"#,
            (Some("multi"), None) => {
                r#"{"manifests": [
                    {"digest": "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210", "platform": {"os": "linux", "architecture": "arm64"}},
                    {"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "platform": {"os": "linux", "architecture": "amd64"}}
                ]}"#
            }
            _ => return Ok(ecr::BatchGetImageResponse::default()),
        };
        let image = ecr::Image {
            image_id: Some(ecr::ImageIdentifier {
                image_digest: Some("sha256:own".to_owned()),
                image_tag: wanted.image_tag,
            }),
            image_manifest: Some(manifest.to_owned()),
            ..Default::default()
        };
        Ok(ecr::BatchGetImageResponse {
            images: Some(vec![image]),
            failures: None,
        })
    }
}

fn with_registry() -> World {
    let world = world();
    world.ec2.images_from(Arc::new(Registry));
    world
}

fn request(name: &str, rest: &str) -> RegisterImageRequest {
    RegisterImageRequest {
        name: Some(name.to_owned()),
        image_location: Some(format!("{HOST}/{rest}")),
        ..Default::default()
    }
}

async fn registered(world: &World, name: &str) -> String {
    let made = world
        .ec2
        .register_image(&user(), request(name, "app:v1"))
        .await;
    made.unwrap().image_id.unwrap()
}

/// Names of images, in the order of their ids.
async fn described(
    world: &World,
    call: &Call,
    input: DescribeImagesRequest,
) -> Result<Vec<String>, Fault> {
    let found = world
        .ec2
        .describe_images(call, input)
        .await?
        .images
        .unwrap();
    Ok(found.into_iter().map(|it| it.name.unwrap()).collect())
}

fn owned_by(owner: &str) -> DescribeImagesRequest {
    DescribeImagesRequest {
        owners: Some(vec![owner.to_owned()]),
        ..Default::default()
    }
}

async fn permit(world: &World, id: &str, add: bool, who: LaunchPermission) {
    let who = Some(vec![who]);
    let input = ModifyImageAttributeRequest {
        image_id: Some(id.to_owned()),
        launch_permission: Some(match add {
            true => LaunchPermissionModifications {
                add: who,
                remove: None,
            },
            false => LaunchPermissionModifications {
                add: None,
                remove: who,
            },
        }),
        ..Default::default()
    };
    world
        .ec2
        .modify_image_attribute(&user(), input)
        .await
        .unwrap();
}

fn account(id: &str) -> LaunchPermission {
    LaunchPermission {
        user_id: Some(id.to_owned()),
        ..Default::default()
    }
}

fn everybody() -> LaunchPermission {
    LaunchPermission {
        group: Some("all".to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_digest_is_recorded_for_the_architecture() {
    let world = with_registry();
    for (name, rest, architecture, expected) in [
        ("one", "app:v1", None, "sha256:own"),
        ("two", "app@sha256:own", None, "sha256:own"),
        (
            "three",
            "app:multi",
            None,
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ),
        (
            "four",
            "app:multi",
            Some("arm64"),
            "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210",
        ),
    ] {
        let input = RegisterImageRequest {
            architecture: architecture.map(str::to_owned),
            ..request(name, rest)
        };
        let id = world
            .ec2
            .register_image(&user(), input)
            .await
            .unwrap()
            .image_id
            .unwrap();
        let image = find(&world.ec2, &user(), &id).await.unwrap();
        let source = Source::Repository {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            repository: "app".to_owned(),
            digest: expected.to_owned(),
        };
        assert_eq!(image.source, source, "{rest}");
    }
    let found = described(&world, &user(), owned_by("self")).await.unwrap();
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn what_cannot_be_registered_says_why() {
    let world = with_registry();
    let refused = |input| {
        let world = &world;
        async move { refusal(world.ec2.register_image(&user(), input).await) }
    };
    let with = |change: fn(&mut RegisterImageRequest)| {
        let mut input = request("name", "app:v1");
        change(&mut input);
        input
    };
    let here = format!("{HOST}/");
    for (input, expected) in [
        (with(|it| it.name = None), "MissingParameter: The request must contain the parameter Name".to_owned()),
        (with(|it| it.image_location = None), "MissingParameter: The request must contain the parameter ImageLocation".to_owned()),
        (with(|it| it.image_location = Some("bucket/manifest.xml".to_owned())), "InvalidParameterValue: The image location 'bucket/manifest.xml' is not valid. It must name an image of an ECR repository: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG or …@sha256:DIGEST".to_owned()),
        (with(|it| it.image_location = Some("000000000000.dkr.ecr.eu-west-1.amazonaws.com/app".to_owned())), "InvalidParameterValue: The image location '000000000000.dkr.ecr.eu-west-1.amazonaws.com/app' must be in the region us-east-1.".to_owned()),
        (request("name", "app:v2"), format!("InvalidManifest: There is no image at '{here}app:v2'.")),
        (request("name", "other:v1"), format!("InvalidManifest: The image at '{here}other:v1' could not be read: there is none")),
        (with(|it| it.architecture = Some("i386".to_owned())), "InvalidParameterValue: The architecture 'i386' is not supported. Images are of x86_64 or arm64.".to_owned()),
        (with(|it| it.root_device_name = Some("C:".to_owned())), "InvalidParameterValue: Value (C:) for parameter RootDeviceName is invalid.".to_owned()),
        (with(|it| it.description = Some("d".repeat(256))), "InvalidParameterValue: The description must be at most 255 characters.".to_owned()),
    ] {
        assert_eq!(refused(input).await, expected);
    }
    assert_eq!(world.stored("").await, "", "nothing was made");
    let id = registered(&world, "name").await;
    assert_eq!(
        refused(request("name", "app:v1")).await,
        format!("InvalidAMIName.Duplicate: AMI name name is already in use by AMI {id}")
    );
}

#[tokio::test]
async fn an_image_goes_with_its_name_and_its_pointers() {
    let world = with_registry();
    let id = registered(&world, "name").await;
    permit(&world, &id, true, account("000000000001")).await;
    permit(&world, &id, true, everybody()).await;
    let deregister = || DeregisterImageRequest {
        image_id: Some(id.clone()),
        ..Default::default()
    };
    // Others see it and may not take it away.
    let other = of_account("000000000001");
    let refused = world.ec2.deregister_image(&other, deregister()).await;
    assert_eq!(
        refusal(refused),
        format!("AuthFailure: Not authorized for image:{id}")
    );
    world
        .ec2
        .deregister_image(&user(), deregister())
        .await
        .unwrap();
    assert_eq!(world.stored("").await, "", "nothing is left");
    let refused = world.ec2.deregister_image(&user(), deregister()).await;
    assert_eq!(
        refusal(refused),
        format!("InvalidAMIID.NotFound: The image id '[{id}]' does not exist")
    );
}

#[tokio::test]
async fn others_launch_what_they_were_allowed() {
    let world = with_registry();
    let id = registered(&world, "name").await;
    let other = of_account("000000000001");
    let third = of_account("000000000002");
    let may = |call: Call| {
        let (world, id) = (&world, &id);
        async move { find(&world.ec2, &call, id).await.is_ok() }
    };
    assert!(may(user()).await && !may(other.clone()).await);
    permit(&world, &id, true, account("000000000001")).await;
    assert!(may(other.clone()).await && !may(third.clone()).await);
    let shared = DescribeImagesRequest {
        executable_users: Some(vec!["self".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        described(&world, &other, shared.clone()).await.unwrap(),
        ["name"]
    );
    assert!(described(&world, &third, shared).await.unwrap().is_empty());
    // Whom it is shared with is nothing to third ones.
    let asked = DescribeImagesRequest {
        executable_users: Some(vec!["000000000001".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        described(&world, &user(), asked.clone()).await.unwrap(),
        ["name"]
    );
    permit(&world, &id, true, everybody()).await;
    assert!(may(third.clone()).await);
    assert!(described(&world, &third, asked).await.unwrap().is_empty());
    let public = DescribeImagesRequest {
        owners: Some(vec!["000000000000".to_owned()]),
        filters: Some(vec![filter("is-public", "true")]),
        ..Default::default()
    };
    assert_eq!(described(&world, &third, public).await.unwrap(), ["name"]);
    let reset = ResetImageAttributeRequest {
        image_id: Some(id.clone()),
        attribute: Some("launchPermission".to_owned()),
        ..Default::default()
    };
    world
        .ec2
        .reset_image_attribute(&user(), reset)
        .await
        .unwrap();
    assert!(may(user()).await && !may(other).await && !may(third).await);
}

#[tokio::test]
async fn attributes_are_shown_and_changed() {
    let world = with_registry();
    let id = registered(&world, "name").await;
    let shown = |attribute: &'static str| {
        let (world, id) = (&world, id.clone());
        async move {
            let input = DescribeImageAttributeRequest {
                image_id: Some(id),
                attribute: Some(attribute.to_owned()),
                ..Default::default()
            };
            world.ec2.describe_image_attribute(&user(), input).await
        }
    };
    let by_name = |attribute: &str, operation: &str, users: &[&str]| ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        attribute: Some(attribute.to_owned()),
        operation_type: Some(operation.to_owned()),
        user_ids: Some(users.iter().map(|it| (*it).to_owned()).collect()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let users = ["000000000002", "000000000001"];
    ec2.modify_image_attribute(&user(), by_name("launchPermission", "add", &users))
        .await
        .unwrap();
    ec2.modify_image_attribute(&user(), by_name("launchPermission", "remove", &users[..1]))
        .await
        .unwrap();
    let permissions = shown("launchPermission").await.unwrap().launch_permissions;
    assert_eq!(permissions.unwrap(), [account("000000000001")]);
    let input = ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        description: Some(AttributeValue {
            value: Some("new".to_owned()),
        }),
        ..Default::default()
    };
    ec2.modify_image_attribute(&user(), input).await.unwrap();
    let description = shown("description").await.unwrap().description;
    assert_eq!(description.unwrap().value.as_deref(), Some("new"));
    assert_eq!(
        refusal(shown("kernel").await),
        "InvalidParameterValue: Value (kernel) for parameter attribute is invalid. Unknown attribute."
    );
    let many: Vec<String> = (1..=101).map(|it| format!("{it:012}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (input, expected) in [
        (
            by_name("launchPermission", "add", &many),
            "InvalidParameterValue: An image can be shared with at most 100 accounts.",
        ),
        (
            by_name("launchPermission", "add", &["me"]),
            "InvalidAMIAttributeItemValue: Invalid attribute item value \"me\" for userId item type.",
        ),
        (
            by_name("launchPermission", "swap", &[]),
            "MissingParameter: The request must contain the parameter OperationType",
        ),
        (
            by_name("", "add", &[]),
            "MissingParameter: The request must contain the parameter Attribute",
        ),
        (
            by_name("kernel", "add", &[]),
            "InvalidParameterValue: Value (kernel) for parameter attribute is invalid. Unknown attribute.",
        ),
    ] {
        assert_eq!(
            refusal(ec2.modify_image_attribute(&user(), input).await),
            expected
        );
    }
}

#[tokio::test]
async fn wharfs_own_image_is_there_for_all() {
    let world = world();
    let own = PublicImage::for_ecs("us-east-1");
    for (owner, expected) in [
        ("amazon", vec![own.name.clone()]),
        (PublicImage::OWNER, vec![own.name.clone()]),
        ("self", vec![]),
        ("aws-marketplace", vec![]),
    ] {
        let found = described(&world, &user(), owned_by(owner)).await.unwrap();
        assert_eq!(found, expected, "{owner}");
    }
    let image = find(&world.ec2, &user(), &own.id).await.unwrap();
    assert_eq!(
        (image.source, image.architecture),
        (Source::Own, "x86_64".to_owned())
    );
    for (name, value, found) in [
        ("name", "wharf-ecs-optimized-*-x86_64", true),
        ("architecture", "arm64", false),
        ("owner-alias", "amazon", true),
        ("root-device-type", "ebs", true),
        ("virtualization-type", "hvm", true),
        ("state", "available", true),
    ] {
        let input = DescribeImagesRequest {
            filters: Some(vec![filter(name, value)]),
            ..Default::default()
        };
        let images = described(&world, &user(), input).await.unwrap();
        assert_eq!(!images.is_empty(), found, "{name}");
    }
    let input = DeregisterImageRequest {
        image_id: Some(own.id.clone()),
        ..Default::default()
    };
    let refused = world.ec2.deregister_image(&user(), input).await;
    assert_eq!(
        refusal(refused),
        format!("AuthFailure: Not authorized for image:{}", own.id)
    );
}

#[tokio::test]
async fn images_that_are_not_there() {
    let world = world();
    for (id, expected) in [
        (
            "ami-0123456789abcdef0",
            "InvalidAMIID.NotFound: The image id '[ami-0123456789abcdef0]' does not exist",
        ),
        (
            "ami-01234567",
            "InvalidAMIID.NotFound: The image id '[ami-01234567]' does not exist",
        ),
        (
            "ami-x",
            "InvalidAMIID.Malformed: Invalid id: \"ami-x\" (expecting \"ami-...\")",
        ),
        (
            "",
            "InvalidAMIID.Malformed: Invalid id: \"\" (expecting \"ami-...\")",
        ),
        (
            "ami-../../x",
            "InvalidAMIID.Malformed: Invalid id: \"ami-../../x\" (expecting \"ami-...\")",
        ),
    ] {
        let input = DescribeImagesRequest {
            image_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        assert_eq!(refusal(described(&world, &user(), input).await), expected);
    }
    // Without ECR nothing can be registered.
    let refused = world
        .ec2
        .register_image(&user(), request("name", "app:v1"))
        .await;
    assert_eq!(refused.unwrap_err().code, "UnsupportedOperation");
}

#[tokio::test]
async fn a_request_changes_one_attribute() {
    let world = with_registry();
    let id = registered(&world, "name").await;
    permit(&world, &id, true, everybody()).await;
    let remove = LaunchPermissionModifications {
        add: None,
        remove: Some(vec![everybody()]),
    };
    let input = ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        launch_permission: Some(remove),
        ..Default::default()
    };
    let with = |change: fn(&mut ModifyImageAttributeRequest)| {
        let mut input = input.clone();
        change(&mut input);
        input
    };
    for refused in [
        with(|it| {
            it.description = Some(AttributeValue {
                value: Some("new".to_owned()),
            })
        }),
        with(|it| it.attribute = Some("description".to_owned())),
        with(|it| it.user_ids = Some(vec!["000000000001".to_owned()])),
        with(|it| it.operation_type = Some("add".to_owned())),
    ] {
        let refused = world.ec2.modify_image_attribute(&user(), refused).await;
        assert_eq!(refused.unwrap_err().code, "InvalidParameterCombination");
        let image = find(&world.ec2, &user(), &id).await.unwrap();
        assert!(image.public && image.description.is_empty());
    }
    // As some tools say it: twice the same.
    let twice = with(|it| {
        it.attribute = Some("launchPermission".to_owned());
        it.user_groups = Some(vec!["all".to_owned()]);
    });
    world
        .ec2
        .modify_image_attribute(&user(), twice)
        .await
        .unwrap();
    assert!(!find(&world.ec2, &user(), &id).await.unwrap().public);
    let described = ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        attribute: Some("Description".to_owned()),
        description: Some(AttributeValue {
            value: Some("new".to_owned()),
        }),
        ..Default::default()
    };
    let changed = world.ec2.modify_image_attribute(&user(), described).await;
    changed.unwrap();
    let image = find(&world.ec2, &user(), &id).await.unwrap();
    assert_eq!(image.description, "new");
}

#[tokio::test]
async fn more_changes_than_a_transaction_takes_are_refused() {
    let world = with_registry();
    let id = registered(&world, "name").await;
    let accounts = |from: usize| -> Option<Vec<LaunchPermission>> {
        let ids = (from..from + 100).map(|it| account(&format!("{it:012}")));
        Some(ids.collect())
    };
    let change = |add, remove| ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        launch_permission: Some(LaunchPermissionModifications { add, remove }),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.modify_image_attribute(&user(), change(accounts(1), None))
        .await
        .unwrap();
    let swapped = change(accounts(1_001), accounts(1));
    assert_eq!(
        refusal(ec2.modify_image_attribute(&user(), swapped).await),
        "InvalidParameterValue: A request can add and remove at most 100 accounts."
    );
    let image = find(ec2, &user(), &id).await.unwrap();
    assert!(image.shared_with.len() == 100 && image.shared_with.contains("000000000001"));
    ec2.modify_image_attribute(&user(), change(None, accounts(1)))
        .await
        .unwrap();
    let image = find(ec2, &user(), &id).await.unwrap();
    assert!(image.shared_with.is_empty());
}

#[tokio::test]
async fn few_images_of_an_account_are_public() {
    let world = with_registry();
    for name in ["one", "two", "three", "four", "five"] {
        let id = registered(&world, name).await;
        permit(&world, &id, true, everybody()).await;
    }
    let id = registered(&world, "six").await;
    let input = ModifyImageAttributeRequest {
        image_id: Some(id.clone()),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![everybody()]),
            remove: None,
        }),
        ..Default::default()
    };
    let refused = world.ec2.modify_image_attribute(&user(), input).await;
    assert_eq!(refused.unwrap_err().code, "ResourceLimitExceeded");
    let other = of_account("000000000001");
    let seen = |owner: &'static str| {
        let (world, other) = (&world, &other);
        async move {
            described(world, other, owned_by(owner))
                .await
                .unwrap()
                .len()
        }
    };
    assert_eq!(seen("000000000000").await, 5);
    for nobody in ["self", "000000000001", "000000000002"] {
        assert_eq!(seen(nobody).await, 0, "{nobody}");
    }
}

#[tokio::test]
async fn all_images_together_are_shared_with_so_many_accounts() {
    let world = with_registry();
    let id = registered(&world, "one").await;
    // Two hundred more, each shared with all the accounts that one may be shared with.
    let prefix = "/w1/c0/ec2/000000000000/us-east-1/image/";
    let stored = world.store.all(Range::prefix(prefix)).await.unwrap();
    let stored: serde_json::Value = serde_json::from_slice(&stored.entries[0].value).unwrap();
    let (mut body, format) = (stored["body"].clone(), stored["format"].clone());
    let accounts = (1..=100).map(|it| format!("{it:012}"));
    body["shared_with"] = accounts.collect();
    for number in 0..200 {
        let id = format!("ami-{number:017x}");
        body["id"] = id.clone().into();
        let value = format!(r#"{{"kind":"image","format":{format},"body":{body}}}"#);
        let key = format!("{prefix}{id}");
        world
            .store
            .put(&wharf_testkit::PERMIT, key, value)
            .await
            .unwrap();
    }
    let add = |id: &str| ModifyImageAttributeRequest {
        image_id: Some(id.to_owned()),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![account("000000000001")]),
            remove: None,
        }),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    assert_eq!(
        refusal(ec2.modify_image_attribute(&user(), add(&id)).await),
        "ResourceLimitExceeded: The maximum number of accounts that images are shared with has been reached. Limit: 20000"
    );
    let other = "ami-00000000000000000";
    // It has that account.
    ec2.modify_image_attribute(&user(), add(other))
        .await
        .unwrap();
    permit(&world, other, false, account("000000000002")).await;
    ec2.modify_image_attribute(&user(), add(&id)).await.unwrap();
}
