//! Replicas in other regions.

use std::time::Duration;

use wharf_api_secretsmanager::{self as api, Secretsmanager as _};
use wharf_base::{Clock as _, Permit};
use wharf_store::Txn;

use crate::home::{ACCOUNT, DEADLINE, HIDDEN, Home, REGION, code};

#[tokio::test]
async fn a_replica_shows_what_its_primary_has() {
    let home = Home::start();
    let arn = home.create("a", "one").await.unwrap();
    let there = home.call_at(ACCOUNT, "eu-west-1");
    let region = |region: &str| api::ReplicaRegionType {
        region: Some(region.to_owned()),
        kms_key_id: None,
    };
    let replicate = |to: &str| api::ReplicateSecretToRegionsRequest {
        secret_id: Some("a".to_owned()),
        add_replica_regions: Some(vec![region(to)]),
        force_overwrite_replica_secret: None,
    };
    for nowhere in [REGION, "mars-north-1"] {
        let asked = replicate(nowhere);
        let made = home
            .secrets
            .replicate_secret_to_regions(&home.call(), asked)
            .await;
        let fault = made.unwrap_err();
        assert_eq!(fault.code, "InvalidParameterException");
        assert_eq!(fault.message, "Invalid replica region.", "{nowhere}");
    }
    let made = home
        .secrets
        .replicate_secret_to_regions(&home.call(), replicate("eu-west-1"))
        .await;
    let status = made.unwrap().replication_status.unwrap();
    assert_eq!(status[0].status.as_deref(), Some("InSync"));
    home.put("a", "two", None).await.unwrap();
    assert_eq!(home.get_with(&there, "a", |_| ()).await.unwrap(), "two");
    let replica = arn.replace(REGION, "eu-west-1");
    assert_eq!(
        home.get_with(&there, &replica, |_| ()).await.unwrap(),
        "two"
    );
    assert_eq!(
        code(home.get_with(&there, &arn, |_| ()).await),
        "ResourceNotFoundException"
    );
    let put = api::PutSecretValueRequest {
        secret_id: Some("a".to_owned()),
        secret_string: Some("three".to_owned()),
        ..Default::default()
    };
    let refused = home.secrets.put_secret_value(&there, put).await;
    assert!(refused.unwrap_err().message.contains("replica secret"));
    assert_eq!(
        code(home.delete("a", Some(7)).await),
        "InvalidRequestException"
    );
    let stop = api::StopReplicationToReplicaRequest {
        secret_id: Some("a".to_owned()),
    };
    home.secrets
        .stop_replication_to_replica(&there, stop)
        .await
        .unwrap();
    home.put("a", "four", None).await.unwrap();
    assert_eq!(
        home.get_with(&there, &replica, |_| ()).await.unwrap(),
        "two"
    );
    home.delete("a", None).await.unwrap();
    assert_eq!(home.get_with(&there, "a", |_| ()).await.unwrap(), "two");
}

/// As AWS's guide has policies that allow some regions, or no replicas at all.
#[tokio::test]
async fn policies_are_asked_about_regions_and_overwriting() {
    let home = Home::start();
    home.create("a", "one").await.unwrap();
    let call = home.call();
    let region = |region: &str| api::ReplicaRegionType {
        region: Some(region.to_owned()),
        kms_key_id: None,
    };
    let replicate = |force| api::ReplicateSecretToRegionsRequest {
        secret_id: Some("a".to_owned()),
        add_replica_regions: Some(vec![region("eu-west-1"), region("eu-west-2")]),
        force_overwrite_replica_secret: force,
    };
    for (force, said) in [(None, "false"), (Some(true), "true")] {
        let input = replicate(force);
        let asked = api::Input::ReplicateSecretToRegions(&input);
        let checks = home.secrets.authorize(&call, asked).await.unwrap();
        let context = &checks[0].context;
        assert_eq!(
            context["secretsmanager:AddReplicaRegions"],
            ["eu-west-1", "eu-west-2"]
        );
        assert_eq!(
            context["secretsmanager:ForceOverwriteReplicaSecret"],
            [said]
        );
    }
    let plain = api::CreateSecretRequest {
        name: Some("b".to_owned()),
        ..Default::default()
    };
    let asked = api::Input::CreateSecret(&plain);
    let checks = home.secrets.authorize(&call, asked).await.unwrap();
    let context = &checks[0].context;
    assert!(!context.contains_key("secretsmanager:AddReplicaRegions"));
}

#[tokio::test]
async fn a_secret_of_the_same_name_is_overwritten_only_if_it_is_said() {
    let home = Home::start();
    let there = home.call_at(ACCOUNT, "eu-west-1");
    let other = api::CreateSecretRequest {
        name: Some("a".to_owned()),
        secret_string: Some("other".to_owned()),
        ..Default::default()
    };
    home.secrets.create_secret(&there, other).await.unwrap();
    home.create("a", "one").await.unwrap();
    let refused = home.replicate("eu-west-1", None).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Replication failed: Secret name a already exists in region eu-west-1."
    );
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "other");
    home.force("eu-west-1", None).await.unwrap();
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "one");
}

#[tokio::test]
async fn a_replica_has_a_key_of_its_own() {
    let home = Home::start();
    let (here, there) = (home.key_at(REGION).await, home.key_at("eu-west-1").await);
    home.create_under("a", &here).await.unwrap();
    assert_eq!(
        home.replicate("eu-west-1", Some(&there)).await.unwrap(),
        Some(there.clone())
    );
    let managed = "alias/aws/secretsmanager".to_owned();
    assert_eq!(
        home.replicate("eu-west-3", None).await.unwrap(),
        Some(managed)
    );
    home.put("a", "two", None).await.unwrap();
    for region in [REGION, "eu-west-1", "eu-west-3"] {
        assert_eq!(home.get_at(region).await.unwrap(), "two");
    }
    let described = api::DescribeSecretRequest {
        secret_id: Some("a".to_owned()),
    };
    let call = home.call_at(ACCOUNT, "eu-west-1");
    let described = home
        .secrets
        .describe_secret(&call, described)
        .await
        .unwrap();
    assert_eq!(described.kms_key_id, Some(there.clone()));
    for (region, key) in [
        (REGION, &*here),
        ("eu-west-1", &there),
        ("eu-west-3", "DefaultEncryptionKey"),
    ] {
        let versions = api::ListSecretVersionIdsRequest {
            secret_id: Some("a".to_owned()),
            ..Default::default()
        };
        let call = home.call_at(ACCOUNT, region);
        let versions = home.secrets.list_secret_version_ids(&call, versions).await;
        for version in versions.unwrap().versions.unwrap() {
            assert_eq!(version.kms_key_ids.unwrap(), [key], "{region}");
        }
    }

    // Each region's key shuts what is read there, and what would have to be written there.
    home.enable_at(REGION, &here, false).await;
    assert_eq!(code(home.get_at(REGION).await), "DecryptionFailure");
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "two");
    home.enable_at(REGION, &here, true).await;
    home.enable_at("eu-west-1", &there, false).await;
    assert_eq!(code(home.get_at("eu-west-1").await), "DecryptionFailure");
    assert_eq!(home.get_at("eu-west-3").await.unwrap(), "two");
    assert_eq!(
        code(home.put("a", "three", None).await),
        "EncryptionFailure"
    );
    for region in [REGION, "eu-west-3"] {
        assert_eq!(
            home.get_at(region).await.unwrap(),
            "two",
            "all of them or none"
        );
    }
    home.enable_at("eu-west-1", &there, true).await;
    home.put("a", "three", None).await.unwrap();
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "three");

    let stop = api::StopReplicationToReplicaRequest {
        secret_id: Some("a".to_owned()),
    };
    let stopped = home.secrets.stop_replication_to_replica(&call, stop).await;
    stopped.unwrap();
    home.put("a", "four", None).await.unwrap();
    home.enable_at(REGION, &here, false).await;
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "three");
    assert_eq!(home.get_at("eu-west-3").await.unwrap(), "four");
    home.enable_at("eu-west-1", &there, false).await;
    assert_eq!(code(home.get_at("eu-west-1").await), "DecryptionFailure");
}

#[tokio::test]
async fn replicas_follow_a_secret_that_gets_a_key_and_leave_nothing() {
    let home = Home::start();
    let arn = home.create("a", "one").await.unwrap();
    home.replicate("eu-west-1", None).await.unwrap();
    let here = home.key_at(REGION).await;
    home.update_key("a", &here).await.unwrap();
    home.put("a", "two", None).await.unwrap();
    home.enable_at(REGION, &here, false).await;
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "two");
    home.enable_at(REGION, &here, true).await;
    let other = home.key_at("eu-west-1").await;
    assert_eq!(
        code(home.replicate("eu-west-1", Some(&other)).await),
        "InvalidParameterException"
    );
    // A key of another region is none there.
    assert_eq!(
        code(home.replicate("eu-west-3", Some(&here)).await),
        "EncryptionFailure"
    );
    let remove = api::RemoveRegionsFromReplicationRequest {
        secret_id: Some(arn),
        remove_replica_regions: Some(vec!["eu-west-1".to_owned()]),
    };
    let call = home.call();
    let removed = home.secrets.remove_regions_from_replication(&call, remove);
    removed.await.unwrap();
    assert_eq!(
        code(home.get_at("eu-west-1").await),
        "ResourceNotFoundException"
    );
    home.delete("a", None).await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_stopped_replica_becomes_one_again() {
    let home = Home::start();
    let (here, there) = (home.key_at(REGION).await, home.key_at("eu-west-1").await);
    home.create_under("a", &here).await.unwrap();
    for under in [Some(&*there), None, Some(&*there)] {
        home.force("eu-west-1", under).await.unwrap();
        assert_eq!(home.get_at("eu-west-1").await.unwrap(), HIDDEN);
        home.stop_at("eu-west-1").await.unwrap();
        assert_eq!(home.get_at("eu-west-1").await.unwrap(), HIDDEN);
    }
    let before = home.keys_at("eu-west-1").await;

    // What is there stays as it is, under its key, if it is not to be overwritten or cannot be.
    let refused = home.replicate("eu-west-1", None).await;
    assert_eq!(code(refused), "InvalidRequestException");
    assert_eq!(
        code(home.force("eu-west-1", Some(&here)).await),
        "EncryptionFailure"
    );
    assert_eq!(home.keys_at("eu-west-1").await, before);
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), HIDDEN);
    home.enable_at("eu-west-1", &there, false).await;
    assert_eq!(code(home.get_at("eu-west-1").await), "DecryptionFailure");

    // It can be, with a key that works.
    home.put("a", "two", None).await.unwrap();
    assert_eq!(
        code(home.force("eu-west-1", Some(&there)).await),
        "EncryptionFailure"
    );
    home.force("eu-west-1", None).await.unwrap();
    assert_eq!(home.get_at("eu-west-1").await.unwrap(), "two");
    home.remove_at(&["eu-west-1".to_owned()]).await.unwrap();
    assert_eq!(home.keys_at("eu-west-1").await, Vec::<String>::new());
    home.delete("a", None).await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn many_versions_and_many_regions_are_written_and_removed() {
    let home = Home::start();
    let here = home.key_at(REGION).await;
    home.create_under("a", &here).await.unwrap();
    for _ in 1..100 {
        home.put("a", "again", None).await.unwrap();
    }
    let regions: Vec<String> = (1..=2).map(|it| format!("eu-west-{it}")).collect();
    for region in &regions {
        home.replicate(region, None).await.unwrap();
    }
    let mut unknown = regions.clone();
    unknown.push("eu-west-9".to_owned());
    assert_eq!(
        code(home.remove_at(&unknown).await),
        "InvalidParameterException"
    );
    assert_eq!(home.get_at("eu-west-2").await.unwrap(), "again");
    home.remove_at(&regions).await.unwrap();
    assert_eq!(home.keys_at("eu-west-").await, Vec::<String>::new());

    home.delete("a", None).await.unwrap();
    home.create_under("a", &here).await.unwrap();
    let more = ["us-east-2", "us-west-1", "us-west-2", "eu-west-3"]
        .into_iter()
        .chain(["eu-central-1", "eu-north-1", "ap-south-1", "sa-east-1"])
        .chain(["ap-southeast-1", "ap-southeast-2", "ca-central-1"])
        .chain(["ap-northeast-1"]);
    let regions: Vec<String> = regions.into_iter().chain(more.map(str::to_owned)).collect();
    assert_eq!(regions.len(), 14);
    for region in &regions {
        home.replicate(region, None).await.unwrap();
    }
    let long = "x".repeat(65_536);
    let token = "0123456789abcdef0123456789abcdef";
    for _ in 0..2 {
        home.put("a", &long, Some(token)).await.unwrap();
    }
    let other = home.put("a", "other", Some(token)).await;
    assert_eq!(code(other), "ResourceExistsException");
    for region in &regions {
        assert!(home.get_at(region).await.unwrap() == long, "{region}");
    }
    home.remove_at(&regions).await.unwrap();
    home.delete("a", None).await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn copies_that_did_not_come_to_their_end_go() {
    let home = Home::start();
    for ends in ["by itself", "with its secret"] {
        home.create("a", "one").await.unwrap();
        home.replicate("eu-west-3", None).await.unwrap();
        home.stop_at("eu-west-3").await.unwrap();
        let stranded = home.keys_at("eu-west-3").await;
        let stranded = stranded.iter().find(|it| it.contains("/value/")).unwrap();
        let value = home.store.get(stranded).await.unwrap().unwrap().value;
        let call = home.call_at(ACCOUNT, "eu-west-3");
        let delete = api::DeleteSecretRequest {
            secret_id: Some("a".to_owned()),
            force_delete_without_recovery: Some(true),
            recovery_window_in_days: None,
        };
        home.secrets.delete_secret(&call, delete).await.unwrap();

        // As after a crash: the value is there, and the secret says that it is being written.
        let keys = home.keys().await;
        let key = keys.iter().find(|it| it.contains("/secret/")).unwrap();
        let secret = home.store.get(key).await.unwrap().unwrap().value;
        let mut secret: serde_json::Value = serde_json::from_slice(&secret).unwrap();
        // One whose time is not over is left to the deletion.
        let until = match ends {
            "by itself" => home.clock.now(),
            _ => home.clock.now() + Duration::from_secs(3600),
        };
        secret["body"]["copying"] =
            serde_json::json!({"token": "t", "regions": ["eu-west-3"], "until": until});
        let crashed = Txn::new()
            .put(key, serde_json::to_vec(&secret).unwrap())
            .put(stranded, value);
        let permit = Permit::for_controller("test");
        home.store.txn(&permit, crashed).await.unwrap();
        if ends == "with its secret" {
            home.delete("a", None).await.unwrap();
            assert_eq!(home.keys().await, Vec::<String>::new());
            continue;
        }
        let gone = async {
            while !home.keys_at("eu-west-3").await.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, gone)
            .await
            .expect("the value goes");
        assert_eq!(home.get("a").await.unwrap(), "one");
        home.delete("a", None).await.unwrap();
    }
}
