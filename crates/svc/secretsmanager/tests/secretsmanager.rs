//! The service over a store: what stock clients do, without them.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;
use wharf_api_kms::{self as kms, Kms as _};
use wharf_api_secretsmanager::{self as api, Secretsmanager as _};
use wharf_base::{Clock as _, Permit, SystemClock, TestClock};
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions, Txn};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_secretsmanager::{Parts, SecretsmanagerService};
use wharf_wire::{
    Call, Caller, Context, Fault, async_trait,
    service::{Check, Dispatcher, Gate},
};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const HIDDEN: &str = "correct horse battery staple";
const DEADLINE: Duration = Duration::from_secs(20);

/// Lets everybody do everything, except with secrets whose ARN contains `closed`.
struct AlmostOpen;

#[async_trait]
impl Gate for AlmostOpen {
    async fn decide(&self, _: &Context, checks: &[Check]) -> Result<(), String> {
        match checks.iter().any(|it| it.resource.contains("closed")) {
            true => Err("closed".to_owned()),
            false => Ok(()),
        }
    }
}

struct Home {
    secrets: SecretsmanagerService,
    kms: KmsService,
    store: Store,
    clock: Arc<TestClock>,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Home {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), StoreOptions::default()).unwrap();
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let keyring = Keyring::in_memory();
        let dispatcher = Dispatcher::new(Arc::new(AlmostOpen));
        let kms = KmsService::new(KmsParts {
            store: store.clone(),
            keyring: keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), dispatcher.clone());
        let secrets = SecretsmanagerService::new(Parts {
            store: store.clone(),
            keyring,
            dispatcher,
            kms: Arc::new(keys),
            egress: Egress::to(vec!["127.0.0.0/8".parse().unwrap()]),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let stop = CancellationToken::new();
        let (running, ended) = (secrets.clone(), stop.clone());
        tokio::spawn(async move { running.run(ended).await });
        Self {
            secrets,
            kms,
            store,
            clock,
            stop,
            _dir: dir,
        }
    }

    fn call(&self) -> Call {
        self.call_at(ACCOUNT, REGION)
    }

    fn call_at(&self, account: &str, region: &str) -> Call {
        let mut context = Context::internal(account, region, "test", self.clock.now());
        context.caller = Caller::root(account);
        Call::by_controller(context, Permit::for_controller("test"))
    }

    async fn create(&self, name: &str, text: &str) -> Result<String, Fault> {
        let input = api::CreateSecretRequest {
            name: Some(name.to_owned()),
            secret_string: Some(text.to_owned()),
            ..Default::default()
        };
        let made = self.secrets.create_secret(&self.call(), input).await?;
        Ok(made.arn.unwrap())
    }

    async fn put(&self, id: &str, text: &str, token: Option<&str>) -> Result<String, Fault> {
        let input = api::PutSecretValueRequest {
            secret_id: Some(id.to_owned()),
            secret_string: Some(text.to_owned()),
            client_request_token: token.map(str::to_owned),
            ..Default::default()
        };
        let put = self.secrets.put_secret_value(&self.call(), input).await?;
        Ok(put.version_id.unwrap())
    }

    async fn get_with(
        &self,
        call: &Call,
        id: &str,
        change: impl FnOnce(&mut api::GetSecretValueRequest),
    ) -> Result<String, Fault> {
        let mut input = api::GetSecretValueRequest {
            secret_id: Some(id.to_owned()),
            ..Default::default()
        };
        change(&mut input);
        let got = self.secrets.get_secret_value(call, input).await?;
        Ok(got.secret_string.unwrap())
    }

    async fn get(&self, id: &str) -> Result<String, Fault> {
        self.get_with(&self.call(), id, |_| ()).await
    }

    async fn delete(&self, id: &str, days: Option<i64>) -> Result<(), Fault> {
        let input = api::DeleteSecretRequest {
            secret_id: Some(id.to_owned()),
            recovery_window_in_days: days,
            force_delete_without_recovery: days.is_none().then_some(true),
        };
        self.secrets
            .delete_secret(&self.call(), input)
            .await
            .map(drop)
    }

    async fn keys(&self) -> Vec<String> {
        let range = Range::prefix("/w1/c0/secretsmanager/").limit(1000);
        let reply = self.store.range(range).await.unwrap();
        let keys = reply.entries.into_iter().map(|it| it.key);
        keys.filter(|it| !it.contains("/shard/")).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code.to_string()
}

#[tokio::test]
async fn a_secret_has_versions_and_lies_sealed() {
    let home = Home::start();
    let arn = home.create("app/db", HIDDEN).await.unwrap();
    for id in ["app/db", arn.as_str(), &arn[..arn.len() - 7]] {
        assert_eq!(home.get(id).await.unwrap(), HIDDEN, "{id}");
    }
    let second = home.put("app/db", "second", None).await.unwrap();
    assert_eq!(home.get(&arn).await.unwrap(), "second");
    let call = home.call();
    let previous =
        |it: &mut api::GetSecretValueRequest| it.version_stage = Some("AWSPREVIOUS".into());
    assert_eq!(home.get_with(&call, &arn, previous).await.unwrap(), HIDDEN);
    let by_id = |it: &mut api::GetSecretValueRequest| it.version_id = Some(second);
    assert_eq!(home.get_with(&call, &arn, by_id).await.unwrap(), "second");
    let all = home
        .store
        .range(Range::prefix("/").limit(1000))
        .await
        .unwrap();
    let stored: Vec<String> = (all.entries.iter())
        .map(|it| String::from_utf8_lossy(&it.value).into_owned())
        .collect();
    assert!(!stored.concat().contains(HIDDEN));
}

#[tokio::test]
async fn a_request_may_be_repeated() {
    let home = Home::start();
    let token = "11111111-1111-1111-1111-111111111111";
    home.create("a", "one").await.unwrap();
    assert_eq!(
        code(home.create("a", "one").await),
        "ResourceExistsException"
    );
    for _ in 0..2 {
        assert_eq!(home.put("a", "two", Some(token)).await.unwrap(), token);
    }
    assert_eq!(
        code(home.put("a", "three", Some(token)).await),
        "ResourceExistsException"
    );
    let input = api::ListSecretVersionIdsRequest {
        secret_id: Some("a".to_owned()),
        include_deprecated: Some(true),
        ..Default::default()
    };
    let listed = home
        .secrets
        .list_secret_version_ids(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(listed.versions.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_deleted_can_be_restored_until_its_window_is_over() {
    let home = Home::start();
    home.create("a", "one").await.unwrap();
    assert_eq!(
        code(home.delete("a", Some(6)).await),
        "InvalidParameterException"
    );
    home.delete("a", Some(7)).await.unwrap();
    assert_eq!(code(home.get("a").await), "InvalidRequestException");
    assert_eq!(
        code(home.put("a", "two", None).await),
        "InvalidRequestException"
    );
    assert_eq!(
        code(home.create("a", "two").await),
        "InvalidRequestException"
    );
    assert_eq!(
        code(home.delete("a", Some(7)).await),
        "InvalidRequestException"
    );
    let restore = api::RestoreSecretRequest {
        secret_id: Some("a".to_owned()),
    };
    home.secrets
        .restore_secret(&home.call(), restore)
        .await
        .unwrap();
    assert_eq!(home.get("a").await.unwrap(), "one");
    home.delete("a", Some(7)).await.unwrap();
    home.clock.advance(Duration::from_secs(7 * 24 * 3600));
    // The timer runs by the machine's clock; a change makes the reconciler look now.
    let restarted = home.secrets.clone();
    let stop = CancellationToken::new();
    let ended = stop.clone();
    tokio::spawn(async move { restarted.run(ended).await });
    let gone = async {
        while !home.keys().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, gone)
        .await
        .expect("the secret goes");
    stop.cancel();
    assert_eq!(code(home.get("a").await), "ResourceNotFoundException");
    home.create("a", "anew").await.unwrap();
    home.delete("a", None).await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
    home.delete("a", None).await.unwrap();
}

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
    let own = home
        .secrets
        .replicate_secret_to_regions(&home.call(), replicate(REGION))
        .await;
    assert_eq!(code(own), "InvalidParameterException");
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

#[tokio::test]
async fn a_batch_judges_each_secret() {
    let home = Home::start();
    for name in ["open-1", "closed", "open-2"] {
        home.create(name, name).await.unwrap();
    }
    let input = api::BatchGetSecretValueRequest {
        secret_id_list: Some(
            ["open-1", "closed", "missing", "open-2"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ..Default::default()
    };
    let got = home
        .secrets
        .batch_get_secret_value(&home.call(), input)
        .await
        .unwrap();
    let texts: Vec<_> = got
        .secret_values
        .unwrap()
        .into_iter()
        .map(|it| it.secret_string.unwrap())
        .collect();
    assert_eq!(texts, ["open-1", "open-2"]);
    let codes: Vec<_> = got
        .errors
        .unwrap()
        .into_iter()
        .map(|it| it.error_code.unwrap())
        .collect();
    assert_eq!(
        codes,
        ["AccessDeniedException", "ResourceNotFoundException"]
    );
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let home = Home::start();
    for name in ["app/a", "app/b", "web/c"] {
        home.create(name, name).await.unwrap();
        home.clock.advance(Duration::from_secs(1));
    }
    let filter = |key: &str, value: &str| api::Filter {
        key: Some(key.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let list = async |filters: Vec<api::Filter>, order: &str, size: i32| {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let input = api::ListSecretsRequest {
                filters: (!filters.is_empty()).then(|| filters.clone()),
                sort_order: Some(order.to_owned()),
                max_results: Some(size),
                next_token: token,
                ..Default::default()
            };
            let page = home
                .secrets
                .list_secrets(&home.call(), input)
                .await
                .unwrap();
            names.extend(
                page.secret_list
                    .unwrap()
                    .into_iter()
                    .map(|it| it.name.unwrap()),
            );
            token = page.next_token;
            if token.is_none() {
                return names.join(" ");
            }
        }
    };
    assert_eq!(list(vec![], "asc", 1).await, "app/a app/b web/c");
    assert_eq!(list(vec![], "desc", 2).await, "web/c app/b app/a");
    assert_eq!(
        list(vec![filter("name", "app/")], "asc", 9).await,
        "app/a app/b"
    );
    assert_eq!(list(vec![filter("name", "!app/")], "asc", 9).await, "web/c");
    assert_eq!(list(vec![filter("all", "C")], "asc", 9).await, "web/c");
    assert_eq!(list(vec![filter("tag-key", "x")], "asc", 9).await, "");
}

#[tokio::test]
async fn what_is_not_there_yet_is_named() {
    let home = Home::start();
    let input = api::CreateSecretRequest {
        name: Some("a b".to_owned()),
        ..Default::default()
    };
    let refused = home.secrets.create_secret(&home.call(), input).await;
    assert_eq!(code(refused), "ValidationException");
}

impl Home {
    async fn key(&self, name: &str) -> String {
        let made = self.kms.create_key(&self.call(), Default::default()).await;
        let key = made.unwrap().key_metadata.unwrap().arn.unwrap();
        let alias = kms::CreateAliasRequest {
            alias_name: Some(name.to_owned()),
            target_key_id: Some(key.clone()),
        };
        self.kms.create_alias(&self.call(), alias).await.unwrap();
        key
    }

    async fn create_under(&self, name: &str, key: &str) -> Result<(), Fault> {
        let input = api::CreateSecretRequest {
            name: Some(name.to_owned()),
            secret_string: Some(HIDDEN.to_owned()),
            kms_key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let made = self.secrets.create_secret(&self.call(), input).await;
        made.map(drop)
    }

    async fn update_key(&self, name: &str, key: &str) -> Result<(), Fault> {
        let input = api::UpdateSecretRequest {
            secret_id: Some(name.to_owned()),
            kms_key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let done = self.secrets.update_secret(&self.call(), input).await;
        done.map(drop)
    }

    async fn enable_key(&self, key: &str, enabled: bool) {
        let key_id = Some(key.to_owned());
        let call = self.call();
        match enabled {
            true => {
                self.kms
                    .enable_key(&call, kms::EnableKeyRequest { key_id })
                    .await
            }
            false => {
                self.kms
                    .disable_key(&call, kms::DisableKeyRequest { key_id })
                    .await
            }
        }
        .unwrap();
    }
}

#[tokio::test]
async fn a_secret_under_a_key_opens_with_it() {
    let home = Home::start();
    let (one, two) = (home.key("alias/one").await, home.key("alias/two").await);
    home.create_under("a", "alias/one").await.unwrap();
    assert_eq!(home.get("a").await.unwrap(), HIDDEN);
    let described = api::DescribeSecretRequest {
        secret_id: Some("a".to_owned()),
    };
    let described = home.secrets.describe_secret(&home.call(), described).await;
    assert_eq!(described.unwrap().kms_key_id.as_deref(), Some("alias/one"));

    home.enable_key(&one, false).await;
    assert_eq!(code(home.get("a").await), "DecryptionFailure");
    assert_eq!(
        code(home.put("a", "second", None).await),
        "EncryptionFailure"
    );
    assert_eq!(
        code(home.update_key("a", "alias/two").await),
        "DecryptionFailure"
    );
    home.enable_key(&one, true).await;

    home.put("a", "second", None).await.unwrap();
    home.update_key("a", &two).await.unwrap();
    home.enable_key(&one, false).await;
    assert_eq!(home.get("a").await.unwrap(), "second");
    let previous =
        |it: &mut api::GetSecretValueRequest| it.version_stage = Some("AWSPREVIOUS".into());
    let call = home.call();
    assert_eq!(home.get_with(&call, "a", previous).await.unwrap(), HIDDEN);
    let versions = api::ListSecretVersionIdsRequest {
        secret_id: Some("a".to_owned()),
        ..Default::default()
    };
    let versions = home.secrets.list_secret_version_ids(&call, versions).await;
    for version in versions.unwrap().versions.unwrap() {
        assert_eq!(version.kms_key_ids.unwrap(), std::slice::from_ref(&two));
    }
    home.update_key("a", "alias/aws/secretsmanager")
        .await
        .unwrap();
    home.enable_key(&two, false).await;
    assert_eq!(home.get("a").await.unwrap(), "second");
}

#[tokio::test]
async fn a_key_that_is_not_there_seals_nothing() {
    let home = Home::start();
    assert_eq!(
        code(home.create_under("a", "alias/none").await),
        "EncryptionFailure"
    );
    assert_eq!(code(home.get("a").await), "ResourceNotFoundException");
    let key = home.key("alias/one").await;
    home.create_under("a", &key).await.unwrap();
    let repeated = home.create_under("a", &key).await;
    assert_eq!(code(repeated), "ResourceExistsException");
}

impl Home {
    async fn replicate(&self, region: &str, key: Option<&str>) -> Result<Option<String>, Fault> {
        let input = api::ReplicateSecretToRegionsRequest {
            secret_id: Some("a".to_owned()),
            add_replica_regions: Some(vec![api::ReplicaRegionType {
                region: Some(region.to_owned()),
                kms_key_id: key.map(str::to_owned),
            }]),
            force_overwrite_replica_secret: None,
        };
        let call = self.call();
        let made = self.secrets.replicate_secret_to_regions(&call, input);
        let status = made.await?.replication_status.unwrap();
        let mut status = status.into_iter();
        let one = status.find(|it| it.region.as_deref() == Some(region));
        Ok(one.unwrap().kms_key_id)
    }

    /// A key in a region, by its id.
    async fn key_at(&self, region: &str) -> String {
        let call = self.call_at(ACCOUNT, region);
        let made = self.kms.create_key(&call, Default::default()).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    async fn enable_at(&self, region: &str, key: &str, enabled: bool) {
        let (call, key_id) = (self.call_at(ACCOUNT, region), Some(key.to_owned()));
        match enabled {
            true => self
                .kms
                .enable_key(&call, kms::EnableKeyRequest { key_id })
                .await
                .unwrap(),
            false => self
                .kms
                .disable_key(&call, kms::DisableKeyRequest { key_id })
                .await
                .unwrap(),
        }
    }

    async fn get_at(&self, region: &str) -> Result<String, Fault> {
        self.get_with(&self.call_at(ACCOUNT, region), "a", |_| ())
            .await
    }
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

impl Home {
    async fn force(&self, region: &str, key: Option<&str>) -> Result<(), Fault> {
        let input = api::ReplicateSecretToRegionsRequest {
            secret_id: Some("a".to_owned()),
            add_replica_regions: Some(vec![api::ReplicaRegionType {
                region: Some(region.to_owned()),
                kms_key_id: key.map(str::to_owned),
            }]),
            force_overwrite_replica_secret: Some(true),
        };
        let call = self.call();
        let made = self.secrets.replicate_secret_to_regions(&call, input);
        made.await.map(drop)
    }

    async fn stop_at(&self, region: &str) -> Result<(), Fault> {
        let input = api::StopReplicationToReplicaRequest {
            secret_id: Some("a".to_owned()),
        };
        let call = self.call_at(ACCOUNT, region);
        let stopped = self.secrets.stop_replication_to_replica(&call, input);
        stopped.await.map(drop)
    }

    async fn remove_at(&self, regions: &[String]) -> Result<(), Fault> {
        let input = api::RemoveRegionsFromReplicationRequest {
            secret_id: Some("a".to_owned()),
            remove_replica_regions: Some(regions.to_vec()),
        };
        let call = self.call();
        let removed = self.secrets.remove_regions_from_replication(&call, input);
        removed.await.map(drop)
    }

    /// The keys in a region.
    async fn keys_at(&self, region: &str) -> Vec<String> {
        let mut keys = self.keys().await;
        keys.retain(|it| it.contains(region));
        keys
    }
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
    let regions: Vec<String> = (1..=14).map(|it| format!("eu-west-{it}")).collect();
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

/// An endpoint in this process that does what rotation functions do. It fails its first try.
async fn rotator(home: &Arc<Home>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/rotate", listener.local_addr().unwrap());
    let home = home.clone();
    tokio::spawn(async move {
        let mut tries = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            tries += 1;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let status = match tries {
                1 => 503,
                _ => {
                    step(&home, &event).await;
                    200
                }
            };
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

async fn step(home: &Home, event: &serde_json::Value) {
    let text = |name: &str| Some(event[name].as_str().unwrap().to_owned());
    let (secret_id, token) = (text("SecretId"), text("ClientRequestToken"));
    match event["Step"].as_str().unwrap() {
        "createSecret" => {
            let input = api::PutSecretValueRequest {
                secret_id,
                client_request_token: token,
                secret_string: Some("rotated".to_owned()),
                version_stages: Some(vec!["AWSPENDING".to_owned()]),
                ..Default::default()
            };
            let put = home.secrets.put_secret_value(&home.call(), input).await;
            put.unwrap();
        }
        "finishSecret" => {
            let described = describe(home, secret_id.as_deref().unwrap()).await;
            let versions = described.version_ids_to_stages.unwrap();
            let mut current = versions
                .iter()
                .filter(|(_, it)| it.contains(&"AWSCURRENT".to_owned()));
            let input = api::UpdateSecretVersionStageRequest {
                secret_id,
                version_stage: Some("AWSCURRENT".to_owned()),
                move_to_version_id: token,
                remove_from_version_id: current.next().map(|(id, _)| id.clone()),
            };
            let call = home.call();
            let moved = home.secrets.update_secret_version_stage(&call, input);
            moved.await.unwrap();
        }
        _ => {}
    }
}

async fn describe(home: &Home, id: &str) -> api::DescribeSecretResponse {
    let input = api::DescribeSecretRequest {
        secret_id: Some(id.to_owned()),
    };
    let described = home.secrets.describe_secret(&home.call(), input).await;
    described.unwrap()
}

fn rotate(by: Option<&str>) -> api::RotateSecretRequest {
    api::RotateSecretRequest {
        secret_id: Some("app/db".to_owned()),
        rotation_lambda_arn: by.map(str::to_owned),
        ..Default::default()
    }
}

/// Time goes on until it is so.
async fn until_rotated(home: &Home, text: &str) {
    let rotated = async {
        while home.get("app/db").await.unwrap() != text {
            home.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, rotated).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_rotates_a_secret_now_and_on_its_schedule() {
    let home = Arc::new(Home::start());
    home.create("app/db", HIDDEN).await.unwrap();
    let refused = home.secrets.rotate_secret(&home.call(), rotate(None)).await;
    assert_eq!(code(refused), "InvalidRequestException");
    let address = rotator(&home).await;
    let input = api::RotateSecretRequest {
        rotation_rules: Some(api::RotationRulesType {
            automatically_after_days: Some(7),
            ..Default::default()
        }),
        ..rotate(Some(&address))
    };
    let rotated = home.secrets.rotate_secret(&home.call(), input).await;
    let version = rotated.unwrap().version_id.unwrap();
    until_rotated(&home, "rotated").await;
    let finished = async {
        while describe(&home, "app/db").await.last_rotated_date.is_none() {
            home.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, finished).await.unwrap();
    let described = describe(&home, "app/db").await;
    assert_eq!(described.rotation_enabled, Some(true));
    let stages = described.version_ids_to_stages.unwrap();
    assert_eq!(stages[&version], ["AWSCURRENT"]);
    // The next one comes by itself.
    home.put("app/db", "by hand", None).await.unwrap();
    home.clock.advance(Duration::from_secs(8 * 24 * 3600));
    home.put("app/db", "by hand again", None).await.unwrap();
    until_rotated(&home, "rotated").await;
    let cancel = || api::CancelRotateSecretRequest {
        secret_id: Some("app/db".to_owned()),
    };
    let cancelled = home
        .secrets
        .cancel_rotate_secret(&home.call(), cancel())
        .await;
    cancelled.unwrap();
    let again = home
        .secrets
        .cancel_rotate_secret(&home.call(), cancel())
        .await;
    assert_eq!(code(again), "InvalidRequestException");
    assert_eq!(describe(&home, "app/db").await.next_rotation_date, None);
}

#[tokio::test]
async fn rotations_that_cannot_be_carried_out_are_refused() {
    let home = Home::start();
    home.create("app/db", HIDDEN).await.unwrap();
    let task = "arn:aws:ecs:us-east-1:000000000000:task-definition/rotate:1";
    for by in [
        "arn:aws:lambda:us-east-1:000000000000:function:rotate",
        "http://",
        "nonsense",
        // Without a role.
        task,
    ] {
        let refused = home
            .secrets
            .rotate_secret(&home.call(), rotate(Some(by)))
            .await;
        assert_eq!(code(refused), "InvalidParameterException", "{by}");
    }
    let unknown = api::RotateSecretRequest {
        external_secret_rotation_metadata: Some(vec![api::ExternalSecretRotationMetadataItem {
            key: Some("colour".to_owned()),
            value: Some("red".to_owned()),
        }]),
        ..rotate(Some(task))
    };
    let refused = home.secrets.rotate_secret(&home.call(), unknown).await;
    assert_eq!(code(refused), "InvalidParameterException");
    assert_eq!(describe(&home, "app/db").await.rotation_enabled, None);
}
