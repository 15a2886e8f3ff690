//! Keys of several regions.

use wharf_records::Scope;
use wharf_store::Range;
use wharf_testkit::{PERMIT, context_of, refused, until};

use super::*;

const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

pub fn at(region: &str) -> Call {
    let context = wharf_wire::Context {
        region: region.to_owned(),
        ..context_of(Caller::root(ACCOUNT))
    };
    Call::by_controller(context, PERMIT)
}

impl Home {
    async fn multi(&self, change: impl FnOnce(&mut api::CreateKeyRequest)) -> String {
        let made = self.create_with(|it| {
            it.multi_region = Some(true);
            change(it);
        });
        made.await.unwrap().key_id.unwrap()
    }

    async fn replicate(&self, key: &str, region: &str) -> Result<api::ReplicateKeyResponse, Fault> {
        let input = api::ReplicateKeyRequest {
            key_id: Some(key.to_owned()),
            replica_region: Some(region.to_owned()),
            ..Default::default()
        };
        self.gated().replicate_key(&call(), input).await
    }

    async fn pass_on(&self, key: &str, from: &str, to: &str) -> Result<(), Fault> {
        let input = api::UpdatePrimaryRegionRequest {
            key_id: Some(key.to_owned()),
            primary_region: Some(to.to_owned()),
        };
        self.gated().update_primary_region(&at(from), input).await
    }

    async fn shown(&self, key: &str, region: &str) -> Result<api::KeyMetadata, Fault> {
        let input = api::DescribeKeyRequest {
            key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let made = self.gated().describe_key(&at(region), input).await?;
        Ok(made.key_metadata.unwrap())
    }

    /// State, type, region of the primary, and regions of the replicas.
    async fn family(&self, key: &str, region: &str) -> (String, String, String, Vec<String>) {
        let shown = self.shown(key, region).await.unwrap();
        let all = shown.multi_region_configuration.unwrap();
        let replicas = all.replica_keys.unwrap().into_iter();
        (
            shown.key_state.unwrap(),
            all.multi_region_key_type.unwrap(),
            all.primary_key.unwrap().region.unwrap(),
            replicas.map(|it| it.region.unwrap()).collect(),
        )
    }

    async fn schedule_in(&self, key: &str, region: &str) -> api::ScheduleKeyDeletionResponse {
        let input = api::ScheduleKeyDeletionRequest {
            key_id: Some(key.to_owned()),
            pending_window_in_days: Some(7),
        };
        let done = self.gated().schedule_key_deletion(&at(region), input).await;
        done.unwrap()
    }

    pub async fn materials(&self, region: &str) -> usize {
        let prefix = Scope::new("kms", ACCOUNT, region).prefix("material");
        let range = Range::prefix(prefix).limit(10);
        self.world.store.range(range).await.unwrap().entries.len()
    }

    pub async fn rotate(&self, key: &str, region: &str) -> Result<(), Fault> {
        let input = api::RotateKeyOnDemandRequest {
            key_id: Some(key.to_owned()),
        };
        let done = self.gated().rotate_key_on_demand(&at(region), input).await;
        done.map(|_| ())
    }
}

#[tokio::test]
async fn what_one_region_encrypts_another_decrypts() {
    let home = Home::start();
    let key = home.multi(|it| it.description = Some("first".into())).await;
    assert!(key.starts_with("mrk-"), "{key}");
    let before = home.encrypt(&call(), &key, &[("a", "b")]).await.unwrap();
    let input = api::ReplicateKeyRequest {
        key_id: Some(key.clone()),
        replica_region: Some(THERE.to_owned()),
        tags: Some(vec![api::Tag {
            tag_key: Some("team".into()),
            tag_value: Some("two".into()),
        }]),
        ..Default::default()
    };
    let made = home.gated().replicate_key(&call(), input).await.unwrap();
    let replica = made.replica_key_metadata.unwrap();
    assert_eq!(
        (replica.arn.as_deref(), replica.description.as_deref()),
        (
            Some(&*format!("arn:aws:kms:{THERE}:{ACCOUNT}:key/{key}")),
            Some("")
        )
    );
    assert_eq!(
        made.replica_tags.unwrap()[0].tag_key.as_deref(),
        Some("team")
    );
    let regions = (HERE.to_owned(), vec![THERE.to_owned()]);
    for (region, role) in [(HERE, "PRIMARY"), (THERE, "REPLICA")] {
        let (state, is, primary, replicas) = home.family(&key, region).await;
        assert_eq!((&*state, &*is), ("Enabled", role));
        assert_eq!((primary, replicas), regions);
    }
    let opened = home.decrypt(&at(THERE), &before, &[("a", "b")]).await;
    assert_eq!(opened.unwrap(), b"plain");
    home.rotate(&key, HERE).await.unwrap();
    let after = home.encrypt(&at(THERE), &key, &[]).await.unwrap();
    for (blob, context) in [(&after, &[][..]), (&before, &[("a", "b")])] {
        for region in [HERE, THERE] {
            let opened = home.decrypt(&at(region), blob, context).await;
            assert_eq!(opened.unwrap(), b"plain");
        }
    }
    let ids = [HERE, THERE].map(|it| home.shown(&key, it));
    let [here, there] = ids;
    let here = here.await.unwrap().current_key_material_id;
    assert!(here.is_some());
    assert_eq!(here, there.await.unwrap().current_key_material_id);
    // What is a region's own stays there.
    let off = api::DisableKeyRequest {
        key_id: Some(key.clone()),
    };
    home.gated().disable_key(&at(THERE), off).await.unwrap();
    assert_eq!(home.family(&key, HERE).await.0, "Enabled");
    let refused = home.decrypt(&at(THERE), &after, &[]).await;
    assert_eq!(code(refused), "DisabledException");
    assert!(home.decrypt(&call(), &after, &[]).await.is_ok());
    let refused = home.decrypt(&at("ap-south-1"), &after, &[]).await;
    assert_eq!(code(refused), "NotFoundException");
}

#[tokio::test]
async fn keys_that_sign_and_authenticate_are_replicated() {
    let home = Home::start();
    for (spec, usage) in [
        ("ECC_NIST_P256", "SIGN_VERIFY"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ] {
        let key = home
            .multi(|it| {
                it.key_spec = Some(spec.to_owned());
                it.key_usage = Some(usage.to_owned());
            })
            .await;
        home.replicate(&key, THERE).await.unwrap();
        if usage == "SIGN_VERIFY" {
            let public = |region| {
                let input = api::GetPublicKeyRequest {
                    key_id: Some(key.clone()),
                    ..Default::default()
                };
                let (gated, call) = (home.gated(), at(region));
                async move { gated.get_public_key(&call, input).await.unwrap().public_key }
            };
            assert_eq!(public(HERE).await, public(THERE).await);
            continue;
        }
        let mac = |region| {
            let input = api::GenerateMacRequest {
                key_id: Some(key.clone()),
                message: Some(b"text".to_vec()),
                mac_algorithm: Some("HMAC_SHA_256".to_owned()),
                ..Default::default()
            };
            let (gated, call) = (home.gated(), at(region));
            async move { gated.generate_mac(&call, input).await.unwrap().mac }
        };
        assert_eq!(mac(HERE).await, mac(THERE).await);
    }
}

#[tokio::test]
async fn the_primary_moves() {
    let mut home = Home::start();
    let key = home.multi(|_| ()).await;
    home.replicate(&key, THERE).await.unwrap();
    let refused = home.rotate(&key, THERE).await;
    assert_eq!(code(refused), "UnsupportedOperationException");
    home.pass_on(&key, HERE, THERE).await.unwrap();
    let (_, is, primary, replicas) = home.family(&key, HERE).await;
    assert_eq!(
        (&*is, &*primary, replicas),
        ("REPLICA", THERE, vec![HERE.to_owned()])
    );
    home.rotate(&key, THERE).await.unwrap();
    for region in [HERE, "ap-south-1"] {
        let refused = home.pass_on(&key, HERE, region).await;
        assert_eq!(code(refused), "UnsupportedOperationException");
    }
    let refused = home.pass_on(&key, THERE, "ap-south-1").await;
    assert_eq!(code(refused), "NotFoundException");
    // The first one goes, and what is shared stays.
    let blob = home.encrypt(&at(THERE), &key, &[]).await.unwrap();
    home.schedule_in(&key, HERE).await;
    home.later(7);
    home.kms.restart();
    until("the replica is gone", || async {
        home.family(&key, THERE).await.3.is_empty()
    })
    .await;
    let refused = home.shown(&key, HERE).await;
    assert_eq!(code(refused), "NotFoundException");
    assert_eq!(
        home.decrypt(&at(THERE), &blob, &[]).await.unwrap(),
        b"plain"
    );
    let input = api::ReplicateKeyRequest {
        key_id: Some(key.clone()),
        replica_region: Some(HERE.to_owned()),
        ..Default::default()
    };
    home.gated().replicate_key(&at(THERE), input).await.unwrap();
    assert_eq!(home.decrypt(&call(), &blob, &[]).await.unwrap(), b"plain");
}

#[tokio::test]
async fn a_primary_outlives_its_replicas() {
    let mut home = Home::start();
    let key = home.multi(|_| ()).await;
    home.replicate(&key, THERE).await.unwrap();
    home.replicate(&key, "eu-west-2").await.unwrap();
    let asked = home.schedule_in(&key, HERE).await;
    assert_eq!(
        (asked.key_state.as_deref(), asked.deletion_date),
        (Some("PendingReplicaDeletion"), None)
    );
    let shown = home.shown(&key, HERE).await.unwrap();
    assert_eq!(shown.pending_deletion_window_in_days, Some(7));
    let refused = home.encrypt(&call(), &key, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    let refused = home.replicate(&key, "ap-south-1").await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    home.later(40);
    assert_eq!(home.family(&key, HERE).await.0, "PendingReplicaDeletion");
    home.schedule_in(&key, THERE).await;
    home.schedule_in(&key, "eu-west-2").await;
    until("the primary waits its own days", || async {
        let shown = home.shown(&key, HERE).await.unwrap();
        shown.key_state.as_deref() == Some("PendingDeletion") && shown.deletion_date.is_some()
    })
    .await;
    assert_eq!(home.materials(HERE).await, 1);
    home.later(8);
    // It waits by the machine's time, which has not gone on.
    home.kms.restart();
    until("nothing is left", || async {
        let all = Scope::new("kms", ACCOUNT, HERE).prefix("family");
        let left = home.world.store.range(Range::prefix(all).limit(1)).await;
        home.materials(HERE).await == 0 && left.is_ok_and(|it| it.entries.is_empty())
    })
    .await;
}

#[tokio::test]
async fn what_is_refused() {
    let home = Home::start();
    let (one, key) = (home.create().await, home.multi(|_| ()).await);
    let arn = |key: &str| format!("arn:aws:kms:{HERE}:{ACCOUNT}:key/{key}");
    refused(
        home.replicate(&one, THERE).await,
        "UnsupportedOperationException",
        &format!("{one} is not a multi-Region key."),
    );
    let here = home.replicate(&key, HERE).await;
    assert_eq!(code(here), "AlreadyExistsException");
    let china = home.replicate(&key, "cn-north-1").await;
    assert_eq!(code(china), "ValidationException");
    home.replicate(&key, THERE).await.unwrap();
    refused(
        home.replicate(&key, THERE).await,
        "AlreadyExistsException",
        &format!("Key '{}' already exists", arn(&key).replace(HERE, THERE)),
    );
    let from = api::ReplicateKeyRequest {
        key_id: Some(key.clone()),
        replica_region: Some("ap-south-1".to_owned()),
        ..Default::default()
    };
    refused(
        home.gated().replicate_key(&at(THERE), from).await,
        "UnsupportedOperationException",
        &format!(
            "{} is not a multi-Region primary key.",
            arn(&key).replace(HERE, THERE)
        ),
    );
    let off = api::DisableKeyRequest {
        key_id: Some(key.clone()),
    };
    home.gated().disable_key(&call(), off).await.unwrap();
    let disabled = home.replicate(&key, "ap-south-1").await;
    assert_eq!(code(disabled), "DisabledException");
    let disabled = home.pass_on(&key, HERE, THERE).await;
    assert_eq!(code(disabled), "DisabledException");
    let on_arn = home.shown(&arn(&key), THERE).await;
    refused(on_arn, "NotFoundException", &format!("Invalid arn {HERE}"));
}

#[tokio::test]
async fn policies_tell_regions_apart() {
    let home = Home::start();
    let key = home.multi(|_| ()).await;
    let only = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kms:ReplicateKey", "Resource": "*",
         "Condition": {"StringEquals": {"kms:ReplicaRegion": ["eu-west-1", "eu-west-2"],
            "kms:MultiRegionKeyType": "PRIMARY", "kms:MultiRegion": "true"}}},
        {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1", "kms:MultiRegionKeyType": "REPLICA"}}},
        {"Effect": "Allow", "Action": "kms:UpdatePrimaryRegion", "Resource": "*",
         "Condition": {"StringEquals": {"kms:PrimaryRegion": "eu-west-1"}}}]}"#;
    let user = home.user("replicator", only).await;
    let replicate = |region: &str| {
        let input = api::ReplicateKeyRequest {
            key_id: Some(key.clone()),
            replica_region: Some(region.to_owned()),
            ..Default::default()
        };
        let (gated, user) = (home.gated(), user.clone());
        async move { gated.replicate_key(&user, input).await.map(|_| ()) }
    };
    // May be replicated to, but no key made there.
    assert_eq!(code(replicate("eu-west-2").await), "AccessDeniedException");
    assert_eq!(code(replicate("ap-south-1").await), "AccessDeniedException");
    replicate(THERE).await.unwrap();
    home.replicate(&key, "eu-west-2").await.unwrap();
    let pass_on = |region: &str| {
        let input = api::UpdatePrimaryRegionRequest {
            key_id: Some(key.clone()),
            primary_region: Some(region.to_owned()),
        };
        let (gated, user) = (home.gated(), user.clone());
        async move { gated.update_primary_region(&user, input).await }
    };
    assert_eq!(code(pass_on("eu-west-2").await), "AccessDeniedException");
    pass_on(THERE).await.unwrap();
}
