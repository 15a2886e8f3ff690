//! Settings of a registry: what they may be, and what they change.

use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::Digest;
use wharf_svc_ecr::Registry;
use wharf_wire::{Check, Fault};

use crate::support::{ACCOUNT, Home, NOW, PERMIT, call_in, said, text};

async fn get(home: &Home, name: &str) -> Result<String, Fault> {
    let input = GetAccountSettingRequest { name: text(name) };
    let got = home.ecr.get_account_setting(&home.call(), input).await?;
    assert_eq!(got.name.as_deref(), Some(name));
    Ok(got.value.unwrap())
}

async fn put(home: &Home, name: &str, value: &str) -> Result<(), Fault> {
    let input = PutAccountSettingRequest {
        name: text(name),
        value: text(value),
    };
    let put = home.ecr.put_account_setting(&home.call(), input).await?;
    assert_eq!((put.name, put.value), (text(name), text(value)));
    Ok(())
}

#[tokio::test]
async fn settings_have_defaults_values_and_a_region() {
    let home = Home::new();
    for (name, default, other) in [
        ("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE", "AWS_NATIVE"),
        ("REGISTRY_POLICY_SCOPE", "V2", "V1"),
        ("BLOB_MOUNTING", "ENABLED", "DISABLED"),
    ] {
        assert_eq!(get(&home, name).await.unwrap(), default);
        put(&home, name, other).await.unwrap();
        assert_eq!(get(&home, name).await.unwrap(), other);
        let elsewhere = GetAccountSettingRequest { name: text(name) };
        let call = call_in("eu-west-1");
        let elsewhere = home
            .ecr
            .get_account_setting(&call, elsewhere)
            .await
            .unwrap();
        assert_eq!(elsewhere.value.as_deref(), Some(default));
        let (code, refused) = said(put(&home, name, "CLAIR").await.unwrap_err());
        assert_eq!(code, "InvalidParameterException");
        assert!(
            refused.starts_with("Invalid parameter at 'value'"),
            "{refused}"
        );
        assert_eq!(get(&home, name).await.unwrap(), other);
    }
    let (code, refused) = said(get(&home, "COLOUR").await.unwrap_err());
    assert_eq!(code, "InvalidParameterException");
    assert!(refused.contains("BLOB_MOUNTING"), "{refused}");
}

#[tokio::test]
async fn layers_are_mounted_where_the_setting_allows_it() {
    let home = Home::with_app().await;
    home.create("other").await.unwrap();
    let layer = home.layer("app", b"layer").await;
    let registry = Registry::new(ACCOUNT, "us-east-1");
    let mount = async || {
        let (permit, layer) = (PERMIT, &layer);
        let mounted = home
            .catalog
            .mount_layer(&permit, &registry, "other", "app", layer, NOW);
        mounted.await.unwrap().map(|it| it.digest)
    };
    put(&home, "BLOB_MOUNTING", "DISABLED").await.unwrap();
    assert_eq!(mount().await, None);
    put(&home, "BLOB_MOUNTING", "ENABLED").await.unwrap();
    assert_eq!(mount().await, Some(Digest::of(b"layer")));
}

#[tokio::test]
async fn the_first_scope_of_a_registrys_policy_is_three_actions() {
    let home = Home::with_app().await;
    let policy = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}});
    let input = PutRegistryPolicyRequest {
        policy_text: Some(policy.to_string()),
    };
    home.ecr
        .put_registry_policy(&home.call(), input)
        .await
        .unwrap();
    let registry = Registry::new(ACCOUNT, "us-east-1");
    let asked = async |action: &str| {
        let check = Check::new(action, registry.repository_arn("app"));
        let asked = home.catalog.with_policies(check, &registry, None).await;
        let policy = asked.unwrap().resource_policy;
        policy.map(|text| serde_json::from_str::<Value>(&text).unwrap())
    };
    assert_eq!(asked("ecr:PutImage").await, Some(policy.clone()));
    put(&home, "REGISTRY_POLICY_SCOPE", "V1").await.unwrap();
    assert_eq!(asked("ecr:PutImage").await, None);
    for action in [
        "ReplicateImage",
        "BatchImportUpstreamImage",
        "CreateRepository",
    ] {
        assert_eq!(asked(&format!("ecr:{action}")).await, Some(policy.clone()));
    }
}
