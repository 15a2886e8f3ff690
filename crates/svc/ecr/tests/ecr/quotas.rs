//! Quotas: what there may be of, and what beyond it is told.

use wharf_api_ecr::{Ecr, types::*};

use crate::support::{ACCOUNT, Home, NOW, by_tag, said, text};

#[tokio::test]
async fn a_registry_has_so_many_repositories() {
    let home = Home::with(NOW, |config| config.max_repositories = 2);
    home.create("one").await.unwrap();
    home.create("two").await.unwrap();
    let (code, why) = said(home.create("three").await.unwrap_err());
    assert_eq!(code, "LimitExceededException");
    assert_eq!(
        why,
        format!(
            "The registry with id '{ACCOUNT}' already has the maximum allowed number of repositories which is '2'"
        )
    );
    // One that is there is said to be there.
    let (code, _) = said(home.create("two").await.unwrap_err());
    assert_eq!(code, "RepositoryAlreadyExistsException");
    let input = DeleteRepositoryRequest {
        repository_name: text("one"),
        ..Default::default()
    };
    home.ecr
        .delete_repository(&home.call(), input)
        .await
        .unwrap();
    home.create("three").await.unwrap();
}

#[tokio::test]
async fn a_crowd_does_not_pass_the_quota_together() {
    let home = Home::with(NOW, |config| config.max_repositories = 5);
    let names: Vec<String> = (0..20).map(|n| format!("app{n}")).collect();
    let made = names.iter().map(|name| home.create(name));
    let made = futures_util::future::join_all(made).await;
    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 5);
}

#[tokio::test]
async fn a_repository_has_so_many_images() {
    let home = Home::with(NOW, |config| config.max_images = 2);
    home.create("app").await.unwrap();
    let mut images = Vec::new();
    for content in ["one", "two", "three"] {
        images.push(home.manifest("app", content).await);
    }
    home.put("app", Some("1"), &images[0]).await.unwrap();
    home.put("app", Some("2"), &images[1]).await.unwrap();
    let (code, why) = said(home.put("app", Some("3"), &images[2]).await.unwrap_err());
    assert_eq!(code, "LimitExceededException");
    assert_eq!(
        why,
        format!(
            "The repository with name 'app' in registry with id '{ACCOUNT}' already has the maximum allowed number of images which is '2'"
        )
    );
    // A tag more for one that is there is none.
    home.put("app", Some("again"), &images[0]).await.unwrap();
    home.delete("app", vec![by_tag("2")]).await;
    home.put("app", Some("3"), &images[2]).await.unwrap();
}
