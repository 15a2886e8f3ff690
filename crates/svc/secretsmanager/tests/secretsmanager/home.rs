//! The service over a store of its own, and what tests do with it.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_api_kms::{self as kms, Kms as _};
use wharf_api_secretsmanager::{self as api, Secretsmanager as _};
use wharf_base::{Clock as _, Permit, SystemClock, TestClock, regions::Regions};
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_secretsmanager::{Parts, SecretsmanagerService};
use wharf_wire::{
    Call, Caller, Context, Denied, Fault, async_trait,
    service::{Check, Dispatcher, Gate},
};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
pub const HIDDEN: &str = "correct horse battery staple";
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Lets everybody do everything, except with secrets whose ARN contains `closed`.
struct AlmostOpen;

#[async_trait]
impl Gate for AlmostOpen {
    async fn decide(&self, _: &Context, checks: &[Check]) -> Result<(), Denied> {
        match checks.iter().any(|it| it.resource.contains("closed")) {
            true => Err(Denied("closed".to_owned())),
            false => Ok(()),
        }
    }
}

pub struct Home {
    pub secrets: SecretsmanagerService,
    pub kms: KmsService,
    pub store: Store,
    pub clock: Arc<TestClock>,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Home {
    pub fn start() -> Self {
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
            regions: Regions::default(),
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

    pub fn call(&self) -> Call {
        self.call_at(ACCOUNT, REGION)
    }

    pub fn call_at(&self, account: &str, region: &str) -> Call {
        let mut context = Context::internal(account, region, "test", self.clock.now());
        context.caller = Caller::root(account);
        Call::by_controller(context, Permit::for_controller("test"))
    }

    pub async fn create(&self, name: &str, text: &str) -> Result<String, Fault> {
        let input = api::CreateSecretRequest {
            name: Some(name.to_owned()),
            secret_string: Some(text.to_owned()),
            ..Default::default()
        };
        let made = self.secrets.create_secret(&self.call(), input).await?;
        Ok(made.arn.unwrap())
    }

    pub async fn put(&self, id: &str, text: &str, token: Option<&str>) -> Result<String, Fault> {
        let input = api::PutSecretValueRequest {
            secret_id: Some(id.to_owned()),
            secret_string: Some(text.to_owned()),
            client_request_token: token.map(str::to_owned),
            ..Default::default()
        };
        let put = self.secrets.put_secret_value(&self.call(), input).await?;
        Ok(put.version_id.unwrap())
    }

    pub async fn get_with(
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

    pub async fn get(&self, id: &str) -> Result<String, Fault> {
        self.get_with(&self.call(), id, |_| ()).await
    }

    pub async fn delete(&self, id: &str, days: Option<i64>) -> Result<(), Fault> {
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

    pub async fn keys(&self) -> Vec<String> {
        let range = Range::prefix("/w1/c0/secretsmanager/").limit(1000);
        let reply = self.store.range(range).await.unwrap();
        let keys = reply.entries.into_iter().map(|it| it.key);
        keys.filter(|it| !it.contains("/shard/")).collect()
    }
}

impl Home {
    pub async fn key(&self, name: &str) -> String {
        let made = self.kms.create_key(&self.call(), Default::default()).await;
        let key = made.unwrap().key_metadata.unwrap().arn.unwrap();
        let alias = kms::CreateAliasRequest {
            alias_name: Some(name.to_owned()),
            target_key_id: Some(key.clone()),
        };
        self.kms.create_alias(&self.call(), alias).await.unwrap();
        key
    }

    pub async fn create_under(&self, name: &str, key: &str) -> Result<(), Fault> {
        let input = api::CreateSecretRequest {
            name: Some(name.to_owned()),
            secret_string: Some(HIDDEN.to_owned()),
            kms_key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let made = self.secrets.create_secret(&self.call(), input).await;
        made.map(drop)
    }

    pub async fn update_key(&self, name: &str, key: &str) -> Result<(), Fault> {
        let input = api::UpdateSecretRequest {
            secret_id: Some(name.to_owned()),
            kms_key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let done = self.secrets.update_secret(&self.call(), input).await;
        done.map(drop)
    }

    pub async fn enable_key(&self, key: &str, enabled: bool) {
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

impl Home {
    pub async fn replicate(
        &self,
        region: &str,
        key: Option<&str>,
    ) -> Result<Option<String>, Fault> {
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
    pub async fn key_at(&self, region: &str) -> String {
        let call = self.call_at(ACCOUNT, region);
        let made = self.kms.create_key(&call, Default::default()).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    pub async fn enable_at(&self, region: &str, key: &str, enabled: bool) {
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

    pub async fn get_at(&self, region: &str) -> Result<String, Fault> {
        self.get_with(&self.call_at(ACCOUNT, region), "a", |_| ())
            .await
    }
}

impl Home {
    pub async fn force(&self, region: &str, key: Option<&str>) -> Result<(), Fault> {
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

    pub async fn stop_at(&self, region: &str) -> Result<(), Fault> {
        let input = api::StopReplicationToReplicaRequest {
            secret_id: Some("a".to_owned()),
        };
        let call = self.call_at(ACCOUNT, region);
        let stopped = self.secrets.stop_replication_to_replica(&call, input);
        stopped.await.map(drop)
    }

    pub async fn remove_at(&self, regions: &[String]) -> Result<(), Fault> {
        let input = api::RemoveRegionsFromReplicationRequest {
            secret_id: Some("a".to_owned()),
            remove_replica_regions: Some(regions.to_vec()),
        };
        let call = self.call();
        let removed = self.secrets.remove_regions_from_replication(&call, input);
        removed.await.map(drop)
    }

    /// The keys in a region.
    pub async fn keys_at(&self, region: &str) -> Vec<String> {
        let mut keys = self.keys().await;
        keys.retain(|it| it.contains(region));
        keys
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code.to_string()
}
