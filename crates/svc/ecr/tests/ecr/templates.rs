//! Templates of repositories: what they say, and repositories made from them.

use serde_json::json;
use wharf_api_ecr::{Ecr, types::*};
use wharf_svc_ecr::Registry;
use wharf_wire::Fault;

use crate::support::{ACCOUNT, Home, NOW, PERMIT, said, text};

fn template(prefix: &str) -> CreateRepositoryCreationTemplateRequest {
    CreateRepositoryCreationTemplateRequest {
        prefix: text(prefix),
        applied_for: Some(vec!["CREATE_ON_PUSH".to_owned()]),
        ..Default::default()
    }
}

async fn create(
    home: &Home,
    input: CreateRepositoryCreationTemplateRequest,
) -> Result<RepositoryCreationTemplate, Fault> {
    let made = home
        .ecr
        .create_repository_creation_template(&home.call(), input)
        .await?;
    assert_eq!(made.registry_id.as_deref(), Some(ACCOUNT));
    Ok(made.repository_creation_template.unwrap())
}

fn policy() -> String {
    json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}})
        .to_string()
}

fn lifecycle() -> String {
    let selection =
        json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5});
    json!({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
        .to_string()
}

async fn pushed(home: &Home, name: &str) -> Option<Repository> {
    let registry = Registry::new(ACCOUNT, "us-east-1");
    if !home.catalog.is_made_by_push(&registry, name).await.unwrap() {
        return None;
    }
    home.catalog
        .make_for_push(&PERMIT, &registry, name, NOW)
        .await
        .unwrap();
    let input = DescribeRepositoriesRequest {
        repository_names: Some(vec![name.to_owned()]),
        ..Default::default()
    };
    let found = home
        .ecr
        .describe_repositories(&home.call(), input)
        .await
        .unwrap();
    Some(found.repositories.unwrap().remove(0))
}

#[tokio::test]
async fn a_template_is_created_shown_changed_and_deleted() {
    let home = Home::new();
    let made = create(&home, template("team")).await.unwrap();
    assert_eq!(made.image_tag_mutability.as_deref(), Some("MUTABLE"));
    assert_eq!(made.created_at, Some(NOW));
    let (code, why) = said(create(&home, template("team")).await.unwrap_err());
    assert_eq!(code, "TemplateAlreadyExistsException");
    assert!(why.contains("'team'"), "{why}");

    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        description: text("of a team"),
        repository_policy: Some(policy()),
        image_tag_mutability: text("IMMUTABLE"),
        ..Default::default()
    };
    let update = home
        .ecr
        .update_repository_creation_template(&home.call(), input)
        .await;
    let updated = update.unwrap().repository_creation_template.unwrap();
    assert_eq!(updated.description.as_deref(), Some("of a team"));
    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        repository_policy: text(""),
        ..Default::default()
    };
    let update = home
        .ecr
        .update_repository_creation_template(&home.call(), input)
        .await;
    let updated = update.unwrap().repository_creation_template.unwrap();
    assert_eq!(updated.repository_policy, None);
    assert_eq!(updated.image_tag_mutability.as_deref(), Some("IMMUTABLE"));
    assert_eq!(updated.description.as_deref(), Some("of a team"));

    create(&home, template("other")).await.unwrap();
    let describe = async |prefixes: Option<&[&str]>, most: Option<i32>, token: Option<String>| {
        let input = DescribeRepositoryCreationTemplatesRequest {
            prefixes: prefixes.map(|them| them.iter().map(|it| (*it).to_owned()).collect()),
            max_results: most,
            next_token: token,
        };
        let found = home
            .ecr
            .describe_repository_creation_templates(&home.call(), input)
            .await;
        let found = found.unwrap();
        let templates = found.repository_creation_templates.unwrap();
        let prefixes: Vec<String> = templates.into_iter().map(|it| it.prefix.unwrap()).collect();
        (prefixes, found.next_token)
    };
    assert_eq!(
        describe(Some(&["team", "none"]), None, None).await.0,
        ["team"]
    );
    let input = DescribeRepositoryCreationTemplatesRequest {
        prefixes: Some(vec!["team".to_owned()]),
        max_results: Some(1),
        ..DescribeRepositoryCreationTemplatesRequest::default()
    };
    let both = home
        .ecr
        .describe_repository_creation_templates(&home.call(), input)
        .await;
    assert_eq!(both.unwrap_err().code, "InvalidParameterException");
    let (first, token) = describe(None, Some(1), None).await;
    assert_eq!(first, ["other"]);
    assert_eq!(
        describe(None, Some(1), token).await,
        (vec!["team".to_owned()], None)
    );

    let input = DeleteRepositoryCreationTemplateRequest {
        prefix: text("team"),
    };
    let delete = home
        .ecr
        .delete_repository_creation_template(&home.call(), input.clone())
        .await;
    let _ = delete.unwrap().repository_creation_template.unwrap();
    let again = home
        .ecr
        .delete_repository_creation_template(&home.call(), input)
        .await;
    assert_eq!(again.unwrap_err().code, "TemplateNotFoundException");
}

#[tokio::test]
async fn what_no_repository_could_have_is_refused() {
    let home = Home::new();
    for (input, parameter) in [
        (
            CreateRepositoryCreationTemplateRequest {
                lifecycle_policy: text("{}"),
                ..template("ab")
            },
            "lifecyclePolicy",
        ),
        (
            CreateRepositoryCreationTemplateRequest {
                repository_policy: text("{}"),
                ..template("ab")
            },
            "repositoryPolicy",
        ),
        (
            CreateRepositoryCreationTemplateRequest {
                image_tag_mutability: text("IMMUTABLE_WITH_EXCLUSION"),
                ..template("ab")
            },
            "imageTagMutabilityExclusionFilters",
        ),
        (
            CreateRepositoryCreationTemplateRequest {
                applied_for: Some(Vec::new()),
                ..template("ab")
            },
            "appliedFor",
        ),
    ] {
        let (code, why) = said(create(&home, input).await.unwrap_err());
        assert_eq!(code, "InvalidParameterException");
        assert!(why.contains(parameter), "{why}");
    }
    for n in 0..50 {
        create(&home, template(&format!("p{n}"))).await.unwrap();
    }
    let full = create(&home, template("one-more")).await.unwrap_err();
    assert_eq!(full.code, "LimitExceededException");
}

#[tokio::test]
async fn a_repository_has_all_that_its_template_says() {
    let home = Home::new();
    assert!(pushed(&home, "team/app").await.is_none());
    let tag = Tag {
        key: text("team"),
        value: text("a"),
    };
    let filter = ImageTagMutabilityExclusionFilter {
        filter_type: text("WILDCARD"),
        filter: text("dev*"),
    };
    let full = CreateRepositoryCreationTemplateRequest {
        resource_tags: Some(vec![tag.clone()]),
        image_tag_mutability: text("IMMUTABLE_WITH_EXCLUSION"),
        image_tag_mutability_exclusion_filters: Some(vec![filter.clone()]),
        repository_policy: Some(policy()),
        lifecycle_policy: Some(lifecycle()),
        ..template("team")
    };
    create(&home, full).await.unwrap();
    // The longer one is for something else, the general one is shorter.
    let replicas = CreateRepositoryCreationTemplateRequest {
        applied_for: Some(vec!["REPLICATION".to_owned()]),
        ..template("team/app")
    };
    create(&home, replicas).await.unwrap();
    create(&home, template("ROOT")).await.unwrap();
    let made = pushed(&home, "team/app").await.unwrap();
    assert_eq!(
        made.image_tag_mutability.as_deref(),
        Some("IMMUTABLE_WITH_EXCLUSION")
    );
    assert_eq!(
        made.image_tag_mutability_exclusion_filters,
        Some(vec![filter])
    );
    let arn = made.repository_arn.unwrap();
    let input = ListTagsForResourceRequest {
        resource_arn: Some(arn),
    };
    let tags = home
        .ecr
        .list_tags_for_resource(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(tags.tags, Some(vec![tag]));
    let input = GetRepositoryPolicyRequest {
        repository_name: text("team/app"),
        ..Default::default()
    };
    let got = home
        .ecr
        .get_repository_policy(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(got.policy_text, Some(policy()));
    let input = GetLifecyclePolicyRequest {
        repository_name: text("team/app"),
        ..Default::default()
    };
    let got = home
        .ecr
        .get_lifecycle_policy(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(got.lifecycle_policy_text, Some(lifecycle()));
    assert!(pushed(&home, "team/app").await.is_none(), "it is there");

    let plain = pushed(&home, "elsewhere").await.unwrap();
    assert_eq!(plain.image_tag_mutability.as_deref(), Some("MUTABLE"));
}

#[tokio::test]
async fn an_upload_through_the_api_makes_the_repository_too() {
    let home = Home::new();
    let input = InitiateLayerUploadRequest {
        repository_name: text("team/app"),
        registry_id: None,
    };
    let missing = home.ecr.initiate_layer_upload(&home.call(), input).await;
    assert_eq!(missing.unwrap_err().code, "RepositoryNotFoundException");
    create(&home, template("team")).await.unwrap();
    home.begin("team/app").await;
    let image = home.manifest("team/app", "1").await;
    home.put("team/app", Some("v1"), &image).await.unwrap();
}

/// What a policy names that lets one principal in.
fn named(policy: Option<String>) -> String {
    let policy: serde_json::Value = serde_json::from_str(&policy.unwrap()).unwrap();
    policy["Statement"]["Principal"]["AWS"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_template_lets_in_the_very_user_that_it_names() {
    let home = Home::new();
    let call = home.world.let_in().await;
    let (anna, id) = home.world.make_user("anna").await;
    let policy = json!({"Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": anna},
        "Action": "ecr:BatchGetImage",
    }});
    let input = CreateRepositoryCreationTemplateRequest {
        repository_policy: Some(policy.to_string()),
        ..template("team")
    };
    let made = home.ecr.create_repository_creation_template(&call, input);
    let made = made.await.unwrap().repository_creation_template.unwrap();
    assert_eq!(named(made.repository_policy), anna);
    pushed(&home, "team/app").await.unwrap();

    home.world.delete_user("anna").await;
    home.world.make_user("anna").await;
    let input = GetRepositoryPolicyRequest {
        repository_name: Some("team/app".to_owned()),
        ..Default::default()
    };
    let shown = home.ecr.get_repository_policy(&call, input).await.unwrap();
    assert_eq!(named(shown.policy_text), id);
    let input = DescribeRepositoryCreationTemplatesRequest::default();
    let shown = home
        .ecr
        .describe_repository_creation_templates(&call, input);
    let shown = shown.await.unwrap().repository_creation_templates.unwrap();
    assert_eq!(named(shown[0].repository_policy.clone()), id);

    home.world.delete_user("anna").await;
    let input = UpdateRepositoryCreationTemplateRequest {
        prefix: text("team"),
        repository_policy: Some(policy.to_string()),
        ..Default::default()
    };
    let refused = home.ecr.update_repository_creation_template(&call, input);
    let (code, why) = said(refused.await.unwrap_err());
    assert_eq!(code, "InvalidParameterException");
    let expected = format!(
        "Invalid parameter at 'repositoryPolicy' failed to satisfy constraint: 'There is no principal {anna}'"
    );
    assert_eq!(why, expected);
}
