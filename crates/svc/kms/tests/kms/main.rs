//! The service over a store, with IAM's gate before it: what stock clients do, without them.

mod access;
mod grants;
mod import;
mod lifecycle;
mod materials;
mod regions;
mod using;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_api_kms::{self as api, Kms};
use wharf_base::{Clock as _, SystemClock, TestClock};
use wharf_reconcile::Takeover;
use wharf_svc_kms::{KmsService, Parts};
use wharf_testkit::{ACCOUNT, Running, World, call, call_of};
use wharf_wire::{Call, Caller, CallerKind, Fault};

/// A world with keys in it.
struct Home {
    world: World,
    clock: Arc<TestClock>,
    kms: Running<KmsService>,
}

impl Home {
    fn start() -> Self {
        let world = World::new();
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let kms = Running::start(move || {
            let kms = KmsService::new(parts.clone());
            let running = kms.clone();
            (kms, move |stop| async move { running.run(stop).await })
        });
        Self { world, clock, kms }
    }

    /// KMS as callers reach it: past IAM's gate.
    fn gated(&self) -> api::Client {
        api::Client::new(Arc::new(self.kms.clone()), self.world.dispatcher.clone())
    }

    async fn create_with(
        &self,
        change: impl FnOnce(&mut api::CreateKeyRequest),
    ) -> Result<api::KeyMetadata, Fault> {
        let mut input = api::CreateKeyRequest::default();
        change(&mut input);
        let made = self.gated().create_key(&call(), input).await?;
        Ok(made.key_metadata.unwrap())
    }

    async fn create(&self) -> String {
        let made = self.create_with(|_| ()).await;
        made.unwrap().arn.unwrap()
    }

    async fn create_spec(&self, spec: &str, usage: &str) -> String {
        let made = self
            .create_with(|it| {
                it.key_spec = Some(spec.to_owned());
                it.key_usage = Some(usage.to_owned());
            })
            .await;
        made.unwrap().arn.unwrap()
    }

    async fn encrypt(
        &self,
        call: &Call,
        key: &str,
        context: &[(&str, &str)],
    ) -> Result<Vec<u8>, Fault> {
        let input = api::EncryptRequest {
            key_id: Some(key.to_owned()),
            plaintext: Some(b"plain".to_vec()),
            encryption_context: pairs(context),
            ..Default::default()
        };
        let made = self.gated().encrypt(call, input).await?;
        Ok(made.ciphertext_blob.unwrap())
    }

    async fn decrypt(
        &self,
        call: &Call,
        blob: &[u8],
        context: &[(&str, &str)],
    ) -> Result<Vec<u8>, Fault> {
        let input = api::DecryptRequest {
            ciphertext_blob: Some(blob.to_vec()),
            encryption_context: pairs(context),
            ..Default::default()
        };
        let made = self.gated().decrypt(call, input).await?;
        Ok(made.plaintext.unwrap())
    }

    async fn describe(&self, key: &str) -> Result<api::KeyMetadata, Fault> {
        let input = api::DescribeKeyRequest {
            key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let made = self.gated().describe_key(&call(), input).await?;
        Ok(made.key_metadata.unwrap())
    }

    async fn alias(&self, name: &str, key: &str) -> Result<(), Fault> {
        let input = api::CreateAliasRequest {
            alias_name: Some(name.to_owned()),
            target_key_id: Some(key.to_owned()),
        };
        self.gated().create_alias(&call(), input).await
    }

    /// A user with that policy, and the call of one.
    async fn user(&self, name: &str, policy: &str) -> Call {
        use wharf_api_iam::Iam as _;
        let iam = self.world.iam();
        let input = wharf_api_iam::CreateUserRequest {
            user_name: Some(name.to_owned()),
            ..Default::default()
        };
        let user = iam.create_user(&call(), input).await.unwrap().user.unwrap();
        let input = wharf_api_iam::PutUserPolicyRequest {
            user_name: Some(name.to_owned()),
            policy_name: Some("own".to_owned()),
            policy_document: Some(policy.to_owned()),
        };
        iam.put_user_policy(&call(), input).await.unwrap();
        call_of(Caller {
            kind: CallerKind::User,
            arn: user.arn.unwrap(),
            user_id: user.user_id.unwrap(),
            ..Caller::root(ACCOUNT)
        })
    }

    /// Deletes a user that [`Self::user`] made.
    async fn without_user(&self, name: &str) {
        use wharf_api_iam::Iam as _;
        let iam = self.world.iam();
        let input = wharf_api_iam::DeleteUserPolicyRequest {
            user_name: Some(name.to_owned()),
            policy_name: Some("own".to_owned()),
        };
        iam.delete_user_policy(&call(), input).await.unwrap();
        let input = wharf_api_iam::DeleteUserRequest {
            user_name: Some(name.to_owned()),
        };
        iam.delete_user(&call(), input).await.unwrap();
    }

    fn later(&self, days: u64) {
        // Calls say the machine's time, which goes on.
        let seconds = days * 24 * 3600 + 60;
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    let pairs = pairs.iter();
    Some(
        pairs
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
    )
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code.to_string()
}
