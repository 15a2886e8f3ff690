//! What the gallery says of registries and repositories.

use serde_json::{Value, json};
use wharf_svc_ecr::Registry;
use wharf_testkit::{PERMIT, World, context};
use wharf_wire::Context;

use crate::support::{HOME, Home, OTHER, PNG, base64, refused};

#[tokio::test]
async fn an_account_has_a_registry_with_an_alias_of_its_own() {
    let home = Home::new();
    let found = home.ask("DescribeRegistries", json!({})).await.unwrap();
    let alias = home.alias(HOME).await;
    let expected = json!({"registries": [{
        "registryId": HOME,
        "registryArn": "arn:aws:ecr-public::000000000000:registry/000000000000",
        "registryUri": format!("localhost:4566/public.ecr.aws/{alias}"),
        "verified": false,
        "aliases": [{
            "name": alias, "status": "ACTIVE",
            "primaryRegistryAlias": true, "defaultRegistryAlias": true,
        }],
    }]});
    assert_eq!(found, expected);
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    assert!(alias.len() == 8 && alias.bytes().all(letters), "{alias}");
    assert!(alias.as_bytes()[0].is_ascii_lowercase(), "{alias}");
    assert_ne!(alias, home.alias(OTHER).await);
    let registry = home.catalog.registry_of_alias(&alias).await.unwrap();
    assert_eq!(registry, Some(Registry::public(HOME)));
    assert_eq!(
        home.catalog.registry_of_alias("nothing0").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn many_who_ask_first_get_the_same_alias() {
    let home = std::sync::Arc::new(Home::new());
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let home = home.clone();
            tokio::spawn(async move { home.alias(HOME).await })
        })
        .collect();
    let mut aliases = std::collections::BTreeSet::new();
    for asked in asking {
        aliases.insert(asked.await.unwrap());
    }
    assert_eq!(aliases.len(), 1, "{aliases:?}");
}

#[tokio::test]
async fn an_alias_is_kept_when_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut aliases = Vec::new();
    for _ in 0..2 {
        let world = World::in_folder(folder.path());
        let home = Home::over(world, tempfile::tempdir().unwrap(), |_| {});
        aliases.push(home.alias(HOME).await);
    }
    assert_eq!(aliases[0], aliases[1]);
}

#[tokio::test]
async fn a_registry_has_a_name() {
    let home = Home::new();
    let shown = |name: &str| json!({"registryCatalogData": {"displayName": name}});
    let none = json!({"registryCatalogData": {}});
    assert_eq!(
        home.ask("GetRegistryCatalogData", json!({})).await.unwrap(),
        none
    );
    let put = home
        .ask("PutRegistryCatalogData", json!({"displayName": "Ours"}))
        .await;
    assert_eq!(put.unwrap(), shown("Ours"));
    assert_eq!(
        home.ask("GetRegistryCatalogData", json!({})).await.unwrap(),
        shown("Ours")
    );
    let other = home
        .ask_from(OTHER, "GetRegistryCatalogData", json!({}))
        .await;
    assert_eq!(other.unwrap(), none);
    assert_eq!(
        home.ask("PutRegistryCatalogData", json!({})).await.unwrap(),
        none
    );
}

fn data(description: &str) -> Value {
    json!({
        "description": description, "architectures": ["x86-64", "ARM 64"],
        "operatingSystems": ["Linux"], "aboutText": "# About", "usageText": "run it",
    })
}

fn shown(mut data: Value, logo: Option<&str>) -> Value {
    data["marketplaceCertified"] = json!(false);
    if let Some(url) = logo {
        data["logoUrl"] = json!(url);
    }
    data
}

#[tokio::test]
async fn a_repository_has_what_is_said_of_it() {
    let home = Home::new();
    let input = json!({"repositoryName": "app", "catalogData": data("one")});
    let made = home.ask("CreateRepository", input).await.unwrap();
    assert_eq!(made["catalogData"], shown(data("one"), None));
    let get = || home.ask("GetRepositoryCatalogData", json!({"repositoryName": "app"}));
    assert_eq!(
        get().await.unwrap()["catalogData"],
        shown(data("one"), None)
    );

    let put = json!({"repositoryName": "app", "catalogData": {"aboutText": "two"}});
    let put = home.ask("PutRepositoryCatalogData", put).await.unwrap();
    let about = shown(json!({"aboutText": "two"}), None);
    assert_eq!(put["catalogData"], about);
    assert_eq!(get().await.unwrap()["catalogData"], about);

    home.create("plain").await;
    let text = "Catalog data does not exist for the repository with name 'plain' in the registry \
                with id '000000000000'";
    let none = home
        .ask(
            "GetRepositoryCatalogData",
            json!({"repositoryName": "plain"}),
        )
        .await;
    assert_eq!(
        none,
        refused("RepositoryCatalogDataNotFoundException", text)
    );
    let text =
        "The repository with name 'none' does not exist in the registry with id '000000000000'";
    for (operation, input) in [
        (
            "GetRepositoryCatalogData",
            json!({"repositoryName": "none"}),
        ),
        (
            "PutRepositoryCatalogData",
            json!({"repositoryName": "none", "catalogData": {}}),
        ),
    ] {
        let answer = home.ask(operation, input).await;
        assert_eq!(answer, refused("RepositoryNotFoundException", text));
    }
}

#[tokio::test]
async fn a_logo_lives_as_long_as_it_is_shown() {
    let home = Home::new();
    let alias = home.alias(HOME).await;
    let url = format!("http://localhost:4566/v2/public.ecr.aws/{alias}/app/logo");
    let input = json!({"repositoryName": "app", "catalogData": {"logoImageBlob": base64(PNG)}});
    let made = home.ask("CreateRepository", input).await.unwrap();
    assert_eq!(made["catalogData"]["logoUrl"], url);
    let logo = || async {
        let found = home.catalog.logo(&Registry::public(HOME), "app").await;
        found.unwrap().map(|(bytes, kind)| (bytes, kind.to_owned()))
    };
    let collect = || async { home.catalog.collect_garbage(&PERMIT).await.unwrap().blobs };
    assert_eq!(collect().await + collect().await, 0);
    assert_eq!(logo().await, Some((PNG.to_vec(), "image/png".to_owned())));

    let jpeg = b"\xff\xd8\xff\xe0 a photograph";
    let put = |blob: &[u8]| {
        let data = json!({"logoImageBlob": base64(blob)});
        json!({"repositoryName": "app", "catalogData": data})
    };
    home.ask("PutRepositoryCatalogData", put(jpeg))
        .await
        .unwrap();
    assert_eq!(logo().await, Some((jpeg.to_vec(), "image/jpeg".to_owned())));
    assert_eq!(collect().await + collect().await, 1, "the former");
    assert_eq!(logo().await, Some((jpeg.to_vec(), "image/jpeg".to_owned())));
    // The same again stays what it is.
    home.ask("PutRepositoryCatalogData", put(jpeg))
        .await
        .unwrap();
    assert_eq!(collect().await + collect().await, 0);
    assert!(logo().await.is_some());

    let text = "Invalid parameter at 'logoImageBlob' failed to satisfy constraint: 'must be a PNG or \
                JPEG image'";
    for bad in [&b"<svg onload='x'/>"[..], b"\x89PN", b"GIF89a"] {
        let answer = home.ask("PutRepositoryCatalogData", put(bad)).await;
        assert_eq!(answer, refused("InvalidParameterException", text));
    }
    let mut large = PNG.to_vec();
    large.resize(512_001, 0);
    let text = "Invalid parameter at 'catalogData.logoImageBlob' failed to satisfy constraint: 'must \
                have length less than or equal to 512000'";
    let answer = home.ask("PutRepositoryCatalogData", put(&large)).await;
    assert_eq!(answer, refused("InvalidParameterException", text));
    large.truncate(512_000);
    home.ask("PutRepositoryCatalogData", put(&large))
        .await
        .unwrap();

    home.ask("DeleteRepository", json!({"repositoryName": "app"}))
        .await
        .unwrap();
    assert_eq!(
        collect().await + collect().await,
        2,
        "the photograph and the large one"
    );
    let left = home
        .world
        .stored("/w1/c0/ecr-public/000000000000/us-east-1/catalog-data/")
        .await;
    assert_eq!(left, "");
}

#[tokio::test]
async fn the_gallery_is_in_one_region() {
    let home = Home::new();
    let cx = Context {
        region: "eu-west-1".to_owned(),
        ..context()
    };
    let text = "The public gallery is not in the eu-west-1 Region. Use the us-east-1 Region.";
    for (operation, input) in [
        ("DescribeRegistries", json!({})),
        ("CreateRepository", json!({"repositoryName": "app"})),
    ] {
        let answer = home.ask_in(cx.clone(), operation, input).await;
        assert_eq!(answer, refused("UnsupportedCommandException", text));
    }
}
