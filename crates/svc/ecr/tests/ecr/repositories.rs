//! Repositories: their life, their settings, their policies and tags.

use std::collections::BTreeMap;

use wharf_api_ecr::{Ecr, types::*};
use wharf_wire::{Call, Caller, CallerKind, Context};

use crate::support::{ACCOUNT, Home, NOW, PERMIT, by_digest, call_in, digest_of, said, text};

const ARN: &str = "arn:aws:ecr:us-east-1:000000000000:repository/app";

fn named(name: &str) -> DescribeRepositoriesRequest {
    DescribeRepositoriesRequest {
        repository_names: Some(vec![name.to_owned()]),
        ..DescribeRepositoriesRequest::default()
    }
}

fn not_found(name: &str) -> (String, String) {
    let text = format!(
        "The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
    );
    ("RepositoryNotFoundException".to_owned(), text)
}

#[tokio::test]
async fn one_is_made_and_described() {
    let home = Home::new();
    let made = home.create("app").await.unwrap();
    assert_eq!(made.repository_arn.as_deref(), Some(ARN));
    assert_eq!(made.registry_id.as_deref(), Some(ACCOUNT));
    assert_eq!(made.repository_uri.as_deref(), Some("localhost:4566/app"));
    assert_eq!(made.created_at, Some(NOW));
    assert_eq!(made.image_tag_mutability.as_deref(), Some("MUTABLE"));
    assert_eq!(
        made.encryption_configuration
            .as_ref()
            .unwrap()
            .encryption_type
            .as_deref(),
        Some("AES256")
    );
    let described = home
        .ecr
        .describe_repositories(&home.call(), named("app"))
        .await
        .unwrap();
    assert_eq!(described.repositories, Some(vec![made]));
}

#[tokio::test]
async fn a_name_is_taken_once_a_region() {
    let home = Home::with_app().await;
    let text = format!(
        "The repository with name 'app' already exists in the registry with id '{ACCOUNT}'"
    );
    let refused = said(home.create("app").await.unwrap_err());
    assert_eq!(
        refused,
        ("RepositoryAlreadyExistsException".to_owned(), text)
    );
    let elsewhere = call_in("eu-west-1");
    let missing = home
        .ecr
        .describe_repositories(&elsewhere, named("app"))
        .await
        .unwrap_err();
    assert_eq!(said(missing), not_found("app"));
    let input = CreateRepositoryRequest {
        repository_name: Some("app".to_owned()),
        ..CreateRepositoryRequest::default()
    };
    home.ecr.create_repository(&elsewhere, input).await.unwrap();
}

#[tokio::test]
async fn pages_belong_to_their_listing() {
    let home = Home::new();
    for n in 0..5 {
        home.create(&format!("app{n}")).await.unwrap();
    }
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let input = DescribeRepositoriesRequest {
            max_results: Some(2),
            next_token: token,
            ..DescribeRepositoriesRequest::default()
        };
        let page = home
            .ecr
            .describe_repositories(&home.call(), input)
            .await
            .unwrap();
        names.extend(
            page.repositories
                .unwrap()
                .into_iter()
                .filter_map(|r| r.repository_name),
        );
        token = page.next_token;
        let Some(token) = &token else { break };
        let foreign = DescribeRepositoriesRequest {
            next_token: Some(token.clone()),
            ..DescribeRepositoriesRequest::default()
        };
        let refused = home
            .ecr
            .describe_repositories(&call_in("eu-west-1"), foreign)
            .await
            .unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException");
    }
    assert_eq!(names, ["app0", "app1", "app2", "app3", "app4"]);
}

#[tokio::test]
async fn one_with_images_goes_by_force_only_and_comes_back_empty() {
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    home.put("app", Some("v1"), &manifest).await.unwrap();
    let delete = |force| DeleteRepositoryRequest {
        repository_name: text("app"),
        force,
        registry_id: None,
    };
    let refused = home
        .ecr
        .delete_repository(&home.call(), delete(None))
        .await
        .unwrap_err();
    let text = format!(
        "The repository with name 'app' in registry with id '{ACCOUNT}' cannot be deleted because it still contains images"
    );
    assert_eq!(
        said(refused),
        ("RepositoryNotEmptyException".to_owned(), text)
    );
    home.ecr
        .delete_repository(&home.call(), delete(Some(true)))
        .await
        .unwrap();
    let gone = home
        .ecr
        .delete_repository(&home.call(), delete(Some(true)))
        .await
        .unwrap_err();
    assert_eq!(said(gone), not_found("app"));

    home.create("app").await.unwrap();
    assert_eq!(home.list("app", 10, None).await, []);
    let missing = home.put("app", Some("v1"), &manifest).await.unwrap_err();
    assert_eq!(missing.code, "LayersNotFoundException");
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(
        (report.repositories, report.layers, report.blobs),
        (0, 0, 3),
        "all bytes were its own"
    );
}

#[tokio::test]
async fn mutability_and_its_filters() {
    let home = Home::with_app().await;
    let set = |mutability: &str, filters: &[&str]| {
        let filter = |filter: &&str| ImageTagMutabilityExclusionFilter {
            filter_type: text("WILDCARD"),
            filter: text(filter),
        };
        let input = PutImageTagMutabilityRequest {
            repository_name: text("app"),
            image_tag_mutability: text(mutability),
            image_tag_mutability_exclusion_filters: Some(filters.iter().map(filter).collect()),
            ..PutImageTagMutabilityRequest::default()
        };
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move { ecr.put_image_tag_mutability(&call, input).await }
    };
    for (mutability, filters) in [
        ("IMMUTABLE_WITH_EXCLUSION", &[][..]),
        ("IMMUTABLE", &["dev*"]),
        ("MUTABLE_WITH_EXCLUSION", &["*a*b*"]),
    ] {
        assert_eq!(
            set(mutability, filters).await.unwrap_err().code,
            "InvalidParameterException"
        );
    }
    set("IMMUTABLE_WITH_EXCLUSION", &["dev*"]).await.unwrap();
    let (one, two) = (
        home.manifest("app", "1").await,
        home.manifest("app", "2").await,
    );
    for tag in ["dev", "v1"] {
        home.put("app", Some(tag), &one).await.unwrap();
    }
    home.put("app", Some("dev"), &two).await.unwrap();
    let text = "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.";
    let refused = said(home.put("app", Some("v1"), &two).await.unwrap_err());
    assert_eq!(
        refused,
        ("ImageTagAlreadyExistsException".to_owned(), text.to_owned())
    );
}

#[tokio::test]
async fn policies() {
    let home = Home::with_app().await;
    let get = || async {
        let input = GetRepositoryPolicyRequest {
            repository_name: text("app"),
            registry_id: None,
        };
        home.ecr.get_repository_policy(&home.call(), input).await
    };
    let set = |policy: &str| {
        let input = SetRepositoryPolicyRequest {
            repository_name: text("app"),
            policy_text: text(policy),
            ..SetRepositoryPolicyRequest::default()
        };
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move { ecr.set_repository_policy(&call, input).await }
    };
    let missing = format!(
        "Repository policy does not exist for the repository with name 'app' in the registry with id '{ACCOUNT}'"
    );
    assert_eq!(
        said(get().await.unwrap_err()),
        ("RepositoryPolicyNotFoundException".to_owned(), missing)
    );
    let invalid = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'";
    // The repository is implied, and ECR takes no other.
    let with = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage",{resource}}}]}}"#
        )
    };
    let every = with(r#""Resource":"*""#);
    let own = with(r#""NotResource":"arn:aws:ecr:us-east-1:000000000000:repository/app""#);
    for bad in ["", "{", "{\"Statement\":[]} x", "[]", &every, &own] {
        let refused = said(set(bad).await.unwrap_err());
        assert_eq!(
            refused,
            ("InvalidParameterException".to_owned(), invalid.to_owned()),
            "{bad}"
        );
    }
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}"#;
    set(policy).await.unwrap();
    assert_eq!(get().await.unwrap().policy_text.as_deref(), Some(policy));
    let delete = || DeleteRepositoryPolicyRequest {
        repository_name: text("app"),
        registry_id: None,
    };
    let deleted = home
        .ecr
        .delete_repository_policy(&home.call(), delete())
        .await
        .unwrap();
    assert_eq!(deleted.policy_text.as_deref(), Some(policy));
    let again = home
        .ecr
        .delete_repository_policy(&home.call(), delete())
        .await
        .unwrap_err();
    assert_eq!(again.code, "RepositoryPolicyNotFoundException");
}

#[tokio::test]
async fn tags_of_the_resource() {
    let home = Home::with_app().await;
    let tag = |key: &str, value: &str| Tag {
        key: text(key),
        value: text(value),
    };
    let add = |tags: Vec<Tag>| {
        let input = TagResourceRequest {
            resource_arn: text(ARN),
            tags: Some(tags),
        };
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move { ecr.tag_resource(&call, input).await }
    };
    add(vec![tag("a", "1"), tag("b", "2")]).await.unwrap();
    add(vec![tag("a", "3")]).await.unwrap();
    let input = UntagResourceRequest {
        resource_arn: text(ARN),
        tag_keys: Some(vec!["b".to_owned(), "c".to_owned()]),
    };
    home.ecr.untag_resource(&home.call(), input).await.unwrap();
    let list = ListTagsForResourceRequest {
        resource_arn: text(ARN),
    };
    let listed = home
        .ecr
        .list_tags_for_resource(&home.call(), list)
        .await
        .unwrap();
    assert_eq!(listed.tags, Some(vec![tag("a", "3")]));

    let many = (0..50).map(|n| tag(&n.to_string(), "")).collect();
    assert_eq!(add(many).await.unwrap_err().code, "TooManyTagsException");
    for bad in [
        tag("aws:x", ""),
        tag("", ""),
        tag(&"k".repeat(129), ""),
        tag("k", &"v".repeat(257)),
    ] {
        assert_eq!(
            add(vec![bad]).await.unwrap_err().code,
            "InvalidTagParameterException"
        );
    }
    let twice = add(vec![tag("k", "1"), tag("k", "2")]).await.unwrap_err();
    assert_eq!(twice.code, "InvalidTagParameterException");
    for arn in [
        "x",
        "arn:aws:ecs:us-east-1:000000000000:cluster/app",
        "arn:aws:ecr:us-east-1:000000000000:app",
    ] {
        let input = ListTagsForResourceRequest {
            resource_arn: text(arn),
        };
        let refused = home
            .ecr
            .list_tags_for_resource(&home.call(), input)
            .await
            .unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException", "{arn}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_promised() {
    let home = Home::with(NOW, |config| config.keys = None);
    let input = CreateRepositoryRequest {
        repository_name: text("app"),
        encryption_configuration: Some(EncryptionConfiguration {
            encryption_type: text("KMS"),
            kms_key: None,
        }),
        ..CreateRepositoryRequest::default()
    };
    let refused = home
        .ecr
        .create_repository(&home.call(), input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "KmsException");
    let input = CreateRepositoryRequest {
        repository_name: text("app"),
        registry_id: text("123456789012"),
        ..CreateRepositoryRequest::default()
    };
    let refused = home
        .ecr
        .create_repository(&home.call(), input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidParameterException");
}

#[tokio::test]
async fn a_deletion_cut_short_is_finished_by_the_collector() {
    // An image with more tags than one transaction deletes.
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    let tags: BTreeMap<String, ()> = (0..130).map(|n| (format!("t{n:03}"), ())).collect();
    for tag in tags.keys() {
        home.put("app", Some(tag), &manifest).await.unwrap();
    }
    let gone = home
        .delete("app", vec![by_digest(&digest_of(&manifest))])
        .await;
    assert_eq!(gone.failures, Some(vec![]));
    assert_eq!(gone.image_ids.unwrap().len(), 130);
    assert_eq!(home.list("app", 1000, None).await, []);
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!((report.layers, report.blobs), (2, 3));
}

#[tokio::test]
async fn nobody_locks_themselves_out_unawares() {
    let home = Home::with_app().await;
    let set = async |caller: &Caller, policy: &str, force: Option<bool>| {
        let context = Context {
            caller: caller.clone(),
            ..home.call().context().clone()
        };
        let input = SetRepositoryPolicyRequest {
            repository_name: text("app"),
            policy_text: text(policy),
            force,
            ..SetRepositoryPolicyRequest::default()
        };
        let call = Call::by_controller(context, PERMIT);
        let set = home.ecr.set_repository_policy(&call, input).await;
        set.map(drop).map_err(said)
    };
    // Who is let in by policies of repositories alone.
    let user = Caller {
        kind: CallerKind::User,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/team"),
        user_id: "AIDATEAM".to_owned(),
        ..Caller::root(ACCOUNT)
    };
    let policy = |effect: &str, action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":"*","Action":"{action}"}}]}}"#
        )
    };
    set(&user, &policy("Allow", "ecr:*"), None).await.unwrap();
    let text = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'The repository policy would prevent you from setting another repository policy in the future'";
    for (effect, action) in [("Deny", "ecr:*"), ("Allow", "ecr:BatchGetImage")] {
        let policy = policy(effect, action);
        for force in [None, Some(false)] {
            let refused = set(&user, &policy, force).await.unwrap_err();
            assert_eq!(
                refused,
                ("InvalidParameterException".to_owned(), text.to_owned())
            );
        }
        set(&user, &policy, Some(true)).await.unwrap();
        // Root of the account takes any policy back.
        let root = Caller::root(ACCOUNT);
        set(&root, &policy, None).await.unwrap();
    }
}
