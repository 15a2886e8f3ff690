//! Repositories, their policies and their tags.

use serde_json::{Value, json};
use wharf_api_ecr::{CreateRepositoryRequest, DescribeRepositoriesRequest, Ecr as _};
use wharf_base::Permit;
use wharf_svc_ecr::EcrService;
use wharf_testkit::call;

use crate::support::{HOME, Home, OTHER, refused};

static PERMIT: Permit = wharf_testkit::PERMIT;

const MISSING: &str =
    "The repository with name 'app' does not exist in the registry with id '000000000000'";

#[tokio::test]
async fn a_repository_from_its_making_to_its_end() {
    let home = Home::new();
    let made = home.create("team/app").await;
    let alias = home.alias(HOME).await;
    assert_eq!(
        made["repositoryArn"],
        "arn:aws:ecr-public::000000000000:repository/team/app"
    );
    assert_eq!(made["registryId"], HOME);
    assert_eq!(made["repositoryName"], "team/app");
    assert_eq!(
        made["repositoryUri"],
        format!("localhost:4566/public.ecr.aws/{alias}/team/app")
    );
    assert!(made["createdAt"].is_number());
    let again = home
        .ask("CreateRepository", json!({"repositoryName": "team/app"}))
        .await;
    let text =
        "The repository with name 'team/app' already exists in the registry with id '000000000000'";
    assert_eq!(again, refused("RepositoryAlreadyExistsException", text));

    let found = home
        .ask(
            "DescribeRepositories",
            json!({"repositoryNames": ["team/app"]}),
        )
        .await;
    assert_eq!(found.unwrap()["repositories"], json!([made]));
    home.image("team/app", "1", "layer").await;
    let gone = home
        .ask("DeleteRepository", json!({"repositoryName": "team/app"}))
        .await;
    let text = "The repository with name 'team/app' in registry with id '000000000000' cannot be \
                deleted because it still contains images";
    assert_eq!(gone, refused("RepositoryNotEmptyException", text));
    let force = json!({"repositoryName": "team/app", "force": true});
    let gone = home.ask("DeleteRepository", force).await.unwrap();
    assert_eq!(gone["repository"], made);
    let found = home.ask("DescribeRepositories", json!({})).await.unwrap();
    assert_eq!(found, json!({"repositories": []}));
    home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let left = home
        .world
        .stored("/w1/c0/ecr-public/000000000000/us-east-1/image/")
        .await;
    assert_eq!(left, "");
}

#[tokio::test]
async fn a_private_one_of_the_name_is_another() {
    let home = Home::new();
    let ecr = EcrService::new(home.catalog.clone());
    let name = Some("app".to_owned());
    let input = CreateRepositoryRequest {
        repository_name: name.clone(),
        ..Default::default()
    };
    ecr.create_repository(&call(), input).await.unwrap();
    home.create("app").await;
    home.image("app", "1", "layer").await;
    let gone = json!({"repositoryName": "app", "force": true});
    home.ask("DeleteRepository", gone).await.unwrap();
    let input = DescribeRepositoriesRequest {
        repository_names: name.map(|name| vec![name]),
        ..Default::default()
    };
    let private = ecr.describe_repositories(&call(), input).await.unwrap();
    assert_eq!(private.repositories.unwrap().len(), 1);
}

#[tokio::test]
async fn equal_bytes_of_both_are_kept_for_whom_they_still_serve() {
    use wharf_svc_ecr::{NewImage, Registry};
    let home = Home::new();
    home.create("app").await;
    let manifest = home.manifest("app", "shared").await;
    home.image("app", "1", "shared").await;
    let (private, public) = (Registry::new(HOME, "us-east-1"), Registry::public(HOME));
    let ecr = EcrService::new(home.catalog.clone());
    let input = CreateRepositoryRequest {
        repository_name: Some("app".to_owned()),
        ..Default::default()
    };
    ecr.create_repository(&call(), input).await.unwrap();
    for content in [&b"shared"[..], b"{}"] {
        let mut upload = home.catalog.upload_once(&private, "app").await.unwrap();
        upload.write(content.into()).await.unwrap();
        let digest = wharf_blobs::Digest::of(content);
        let now = call().now;
        let done = home
            .catalog
            .finish_upload(&PERMIT, &private, "app", upload, &digest, now);
        done.await.unwrap();
    }
    let new = NewImage {
        manifest: manifest.into_bytes().into(),
        media_type: None,
        tag: None,
        digest: None,
    };
    let put = home
        .catalog
        .put_image(&PERMIT, &private, "app", new, call().now);
    let image = put.await.unwrap().image;
    let gone = json!({"repositoryName": "app", "force": true});
    home.ask("DeleteRepository", gone).await.unwrap();
    let before = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let later = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(
        (before.blobs, later.blobs),
        (0, 0),
        "all are the private repository's"
    );
    for digest in image.blobs {
        assert!(
            home.catalog
                .read_layer(&private, "app", &digest)
                .await
                .unwrap()
                .is_some()
        );
    }
    assert!(home.catalog.repository(&public, "app").await.is_err());
    home.catalog
        .delete_repository(&PERMIT, &private, "app", true)
        .await
        .unwrap();
    let removed = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let rest = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(
        removed.blobs + rest.blobs,
        3,
        "layer, configuration and manifest"
    );
}

#[tokio::test]
async fn lists_go_page_by_page_and_name_all_or_nothing() {
    let home = Home::new();
    for name in ["aa", "bb", "cc"] {
        home.create(name).await;
    }
    let (mut names, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = json!({"maxResults": 2});
        if token.is_string() {
            input["nextToken"] = token;
        }
        let page = home.ask("DescribeRepositories", input).await.unwrap();
        let found = page["repositories"].as_array().unwrap();
        names.extend(
            found
                .iter()
                .map(|it| it["repositoryName"].as_str().unwrap().to_owned()),
        );
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
        assert_eq!(found.len(), 2);
    }
    assert_eq!(names, ["aa", "bb", "cc"]);
    let some = home
        .ask(
            "DescribeRepositories",
            json!({"repositoryNames": ["aa", "app"]}),
        )
        .await;
    assert_eq!(some, refused("RepositoryNotFoundException", MISSING));
    let text = "Invalid parameter at 'repositoryNames' failed to satisfy constraint: 'must not be \
                given together with nextToken or maxResults'";
    let both = home.ask(
        "DescribeRepositories",
        json!({"repositoryNames": ["aa"], "maxResults": 1}),
    );
    assert_eq!(both.await, refused("InvalidParameterException", text));
    let text = "Invalid parameter at 'nextToken' failed to satisfy constraint: 'the token is not of \
                this listing'";
    for operation in ["DescribeRepositories", "DescribeRegistries"] {
        let forged = home.ask(operation, json!({"nextToken": "forged"})).await;
        assert_eq!(
            forged,
            refused("InvalidParameterException", text),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn registries_have_so_many_repositories() {
    let home = Home::with(|config| config.max_repositories = 1);
    home.create("aa").await;
    let text = "The registry with id '000000000000' already has the maximum allowed number of \
                repositories which is '1'";
    let more = home
        .ask("CreateRepository", json!({"repositoryName": "bb"}))
        .await;
    assert_eq!(more, refused("LimitExceededException", text));
    let other = home
        .ask_from(OTHER, "CreateRepository", json!({"repositoryName": "bb"}))
        .await;
    assert!(other.is_ok(), "{other:?}");
}

#[tokio::test]
async fn policies_are_set_read_and_taken_away() {
    let home = Home::new();
    home.create("app").await;
    let named = || json!({"repositoryName": "app"});
    let text = "Repository policy does not exist for the repository with name 'app' in the registry \
                with id '000000000000'";
    for operation in ["GetRepositoryPolicy", "DeleteRepositoryPolicy"] {
        let none = home.ask(operation, named()).await;
        assert_eq!(none, refused("RepositoryPolicyNotFoundException", text));
    }
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr-public:PutImage"}]}"#;
    let shown = json!({"registryId": HOME, "repositoryName": "app", "policyText": policy});
    let set = json!({"repositoryName": "app", "policyText": policy});
    assert_eq!(home.ask("SetRepositoryPolicy", set).await.unwrap(), shown);
    assert_eq!(
        home.ask("GetRepositoryPolicy", named()).await.unwrap(),
        shown
    );
    assert_eq!(
        home.ask("DeleteRepositoryPolicy", named()).await.unwrap(),
        shown
    );
    let text = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository \
                policy provided'";
    for bad in ["", "{", "[]", r#"{"Statement":[{"Effect":"Perhaps"}]}"#] {
        let set = json!({"repositoryName": "app", "policyText": bad});
        let set = home.ask("SetRepositoryPolicy", set).await;
        assert_eq!(set, refused("InvalidParameterException", text), "{bad}");
    }
}

#[tokio::test]
async fn tags_are_a_repositorys() {
    let home = Home::new();
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let made = json!({"repositoryName": "app", "tags": [tag("a", "1"), tag("b", "2")]});
    let made = home.ask("CreateRepository", made).await.unwrap();
    let arn = &made["repository"]["repositoryArn"];
    let set = json!({"resourceArn": arn, "tags": [tag("b", "3"), tag("c", "4")]});
    home.ask("TagResource", set).await.unwrap();
    let gone = json!({"resourceArn": arn, "tagKeys": ["a", "z"]});
    home.ask("UntagResource", gone).await.unwrap();
    let listed = home
        .ask("ListTagsForResource", json!({"resourceArn": arn}))
        .await
        .unwrap();
    assert_eq!(listed, json!({"tags": [tag("b", "3"), tag("c", "4")]}));

    let many: Vec<Value> = (0..51).map(|n| tag(&format!("k{n}"), "")).collect();
    let text = "A resource can have at most 50 tags";
    for (operation, input) in [
        ("TagResource", json!({"resourceArn": arn, "tags": many})),
        (
            "CreateRepository",
            json!({"repositoryName": "other", "tags": many}),
        ),
    ] {
        let answer = home.ask(operation, input).await;
        assert_eq!(answer, refused("TooManyTagsException", text));
    }
    let text = "Tag keys that start with aws: are reserved";
    let set = json!({"resourceArn": arn, "tags": [tag("aws:x", "")]});
    let set = home.ask("TagResource", set).await;
    assert_eq!(set, refused("InvalidTagParameterException", text));
    let text = "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'must be the ARN of \
                a public repository'";
    for arn in ["app", "arn:aws:ecr:us-east-1:000000000000:repository/app"] {
        let listed = home
            .ask("ListTagsForResource", json!({"resourceArn": arn}))
            .await;
        assert_eq!(listed, refused("InvalidParameterException", text), "{arn}");
    }
}

/// What breaks the model, in AWS's words.
#[tokio::test]
async fn what_the_model_forbids() {
    let home = Home::new();
    let long = "a".repeat(206);
    let pattern = "must satisfy regular expression pattern: (?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
    for (operation, input, at, constraint) in [
        (
            "CreateRepository",
            json!({}),
            "repositoryName",
            "must not be null",
        ),
        (
            "CreateRepository",
            json!({"repositoryName": "A"}),
            "repositoryName",
            "must have length greater than or equal to 2",
        ),
        (
            "CreateRepository",
            json!({"repositoryName": long}),
            "repositoryName",
            "must have length less than or equal to 205",
        ),
        (
            "CreateRepository",
            json!({"repositoryName": "App"}),
            "repositoryName",
            pattern,
        ),
        (
            "CreateRepository",
            json!({"repositoryName": "a--b"}),
            "repositoryName",
            pattern,
        ),
        (
            "DescribeRepositories",
            json!({"maxResults": 1001}),
            "maxResults",
            "must have value less than or equal to 1000",
        ),
        (
            "DescribeImages",
            json!({"repositoryName": "app", "registryId": "here"}),
            "registryId",
            "must satisfy regular expression pattern: [0-9]{12}",
        ),
        (
            "PutRegistryCatalogData",
            json!({"displayName": "x".repeat(101)}),
            "displayName",
            "must have length less than or equal to 100",
        ),
        (
            "PutRepositoryCatalogData",
            json!({"repositoryName": "app", "catalogData": {"description": "x".repeat(1025)}}),
            "catalogData.description",
            "must have length less than or equal to 1024",
        ),
    ] {
        let (code, text) = home.ask(operation, input.clone()).await.unwrap_err();
        let expected =
            format!("Invalid parameter at '{at}' failed to satisfy constraint: '{constraint}'");
        assert_eq!(
            (code.as_str(), text),
            ("InvalidParameterException", expected),
            "{operation}"
        );
    }
}
