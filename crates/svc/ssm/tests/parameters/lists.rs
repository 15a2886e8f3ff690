//! Lists: by path, by filter, in pages, and the parameters that belong to AWS.

use wharf_api_ssm::{self as api, Ssm as _};
use wharf_testkit::{call, refused};

use crate::home::{Home, get, label};

fn filter(key: &str, values: &[&str]) -> api::ParameterStringFilter {
    api::ParameterStringFilter {
        key: Some(key.to_owned()),
        option: None,
        values: Some(values.iter().map(|it| (*it).to_owned()).collect()),
    }
}

/// Names and values below a path, over pages of two.
async fn below(
    home: &Home,
    path: &str,
    recursive: bool,
    filters: Vec<api::ParameterStringFilter>,
) -> Vec<(String, String)> {
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let input = api::GetParametersByPathRequest {
            path: Some(path.to_owned()),
            recursive: Some(recursive),
            parameter_filters: Some(filters.clone()),
            with_decryption: Some(true),
            max_results: Some(2),
            next_token: token,
        };
        let page = home
            .ssm
            .get_parameters_by_path(&call(), input)
            .await
            .unwrap();
        let found = page.parameters.unwrap().into_iter();
        all.extend(found.map(|it| (it.name.unwrap(), it.value.unwrap())));
        token = page.next_token;
        if token.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn paths_lead_to_what_lies_below() {
    let home = Home::start();
    for name in [
        "/app/a",
        "/app/b",
        "/app/c",
        "/app/db/user",
        "/apple/x",
        "plain",
    ] {
        home.put(name, name).await.unwrap();
    }
    home.put_secret("/app/secret", "hidden").await.unwrap();
    let names = async |path: &str, recursive| {
        let found = below(&home, path, recursive, Vec::new()).await.into_iter();
        found.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    };
    let direct = "/app/a /app/b /app/c /app/secret";
    assert_eq!(names("/app", false).await, direct);
    assert_eq!(names("/app/", false).await, direct);
    assert_eq!(
        names("/app", true).await,
        "/app/a /app/b /app/c /app/db/user /app/secret"
    );
    assert_eq!(names("/", false).await, "plain");
    assert_eq!(names("/none", true).await, "");
    let secret = below(&home, "/app", true, vec![filter("Type", &["SecureString"])]).await;
    assert_eq!(secret, [("/app/secret".to_owned(), "hidden".to_owned())]);
}

#[tokio::test]
async fn a_label_chooses_the_version_that_a_path_shows() {
    let home = Home::start();
    home.put("/app/a", "one").await.unwrap();
    home.overwrite("/app/a", "two").await.unwrap();
    home.put("/app/b", "x").await.unwrap();
    label(&home, "/app/a", Some(1), &["prod"]).await.unwrap();
    let found = below(&home, "/app", false, vec![filter("Label", &["prod"])]).await;
    assert_eq!(found, [("/app/a".to_owned(), "one".to_owned())]);
}

#[tokio::test]
async fn descriptions_come_in_pages_and_by_tags() {
    let home = Home::start();
    for number in 0..5 {
        home.put(&format!("/p/{number}"), "x").await.unwrap();
    }
    home.tag("/p/3", "team", "web").await.unwrap();
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let input = api::DescribeParametersRequest {
            max_results: Some(2),
            next_token: token,
            ..Default::default()
        };
        let page = home.ssm.describe_parameters(&call(), input).await.unwrap();
        all.extend(
            page.parameters
                .unwrap()
                .into_iter()
                .map(|it| it.name.unwrap()),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(all, ["/p/0", "/p/1", "/p/2", "/p/3", "/p/4"]);
    let tagged = api::DescribeParametersRequest {
        parameter_filters: Some(vec![filter("tag:team", &["web"])]),
        ..Default::default()
    };
    let found = home.ssm.describe_parameters(&call(), tagged).await.unwrap();
    assert_eq!(found.parameters.unwrap()[0].name.as_deref(), Some("/p/3"));
    let both = api::DescribeParametersRequest {
        parameter_filters: Some(vec![filter("Name", &["x"])]),
        filters: Some(vec![api::ParametersFilter {
            key: Some("Name".to_owned()),
            values: Some(vec!["x".to_owned()]),
        }]),
        ..Default::default()
    };
    refused(
        home.ssm.describe_parameters(&call(), both).await,
        "ValidationException",
        "You can use either Filters or ParameterFilters in a single request.",
    );
    let forged = api::DescribeParametersRequest {
        next_token: Some("forged".to_owned()),
        ..Default::default()
    };
    let forged = home.ssm.describe_parameters(&call(), forged).await;
    refused(
        forged,
        "InvalidNextToken",
        "The specified token isn't valid.",
    );
}

#[tokio::test]
async fn the_parameters_of_aws_are_there_for_everybody_and_cannot_be_changed() {
    let home = Home::start();
    let name = "/aws/service/global-infrastructure/regions/eu-west-1/longName";
    let found = get(&home, name).await.unwrap();
    assert_eq!(found.value.as_deref(), Some("Europe (Ireland)"));
    assert_eq!(found.version, Some(1));
    let arn = format!("arn:aws:ssm:us-east-1::parameter{name}");
    assert_eq!(found.arn.as_deref(), Some(arn.as_str()));
    assert_eq!(get(&home, &arn).await.unwrap().value, found.value);
    assert_eq!(
        get(&home, &format!("{name}:2")).await.unwrap_err().code,
        "ParameterVersionNotFound"
    );
    let ami = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended";
    let image = get(&home, &format!("{ami}/image_id")).await.unwrap().value;
    let known = wharf_base::public_images::PublicImage::for_ecs("us-east-1");
    assert_eq!(image, Some(known.id));
    let other = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    assert_eq!(
        get(&home, other).await.unwrap_err().code,
        "ParameterNotFound"
    );
    let path = "/aws/service/global-infrastructure/services";
    let services = below(&home, path, false, Vec::new()).await;
    let values: Vec<_> = services.into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, ["ecs", "ssm"]);
    assert_eq!(
        home.put(name, "x").await.unwrap_err().code,
        "AccessDeniedException"
    );
    assert_eq!(
        home.delete(name).await.unwrap_err().code,
        "ParameterNotFound"
    );
    assert_eq!(home.described(&[]).await, Vec::<String>::new());
    assert_eq!(home.described(&[name]).await, [name]);
}
