//! A running service, those who use certificates faked through their trait.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use wharf_api_acm::{self as api, Acm, Tag};
use wharf_base::{Clock, Permit, SystemClock, TestClock, Timestamp};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions};
use wharf_svc_acm::{AcmService, Found, LookupError, Parts, ServedCertificate, Usage, Users};
use wharf_wire::{Call, Context, Fault, async_trait};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// Longest wait for anything that happens by itself.
const DEADLINE: Duration = Duration::from_secs(20);

pub struct Harness {
    pub acm: AcmService,
    pub store: Store,
    pub users: Arc<FakeUsers>,
    pub clock: Arc<TestClock>,
    parts: Parts,
    stop: CancellationToken,
}

impl Harness {
    pub fn start() -> Self {
        let store = Store::in_memory(StoreOptions::default());
        let (users, keyring) = (Arc::new(FakeUsers::default()), Keyring::in_memory());
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let parts = Parts {
            users: users.clone(),
            clock: clock.clone(),
            ..Parts::new(store.clone(), keyring)
        };
        let (acm, stop) = launch(&parts);
        Self {
            acm,
            store,
            users,
            clock,
            parts,
            stop,
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.stop.cancel();
        (self.acm, self.stop) = launch(&self.parts);
    }

    pub fn call(&self) -> Call {
        call_at(REGION, self.clock.now())
    }

    pub async fn request(
        &self,
        name: &str,
        change: impl FnOnce(&mut api::RequestCertificateRequest),
    ) -> Result<String, Fault> {
        let mut input = api::RequestCertificateRequest {
            domain_name: Some(name.to_owned()),
            validation_method: Some("DNS".to_owned()),
            key_algorithm: Some("EC_prime256v1".to_owned()),
            ..Default::default()
        };
        change(&mut input);
        let made = self.acm.request_certificate(&self.call(), input).await?;
        Ok(made.certificate_arn.unwrap())
    }

    /// A certificate that was requested and issued.
    pub async fn issued(&self, name: &str) -> String {
        let arn = self.request(name, |_| ()).await.unwrap();
        self.clock.advance(Duration::from_secs(1));
        wait("the certificate", || async {
            self.status(&arn).await == "ISSUED"
        })
        .await;
        arn
    }

    pub async fn describe(&self, arn: &str) -> Result<api::CertificateDetail, Fault> {
        let input = api::DescribeCertificateRequest {
            certificate_arn: Some(arn.to_owned()),
        };
        let found = self.acm.describe_certificate(&self.call(), input).await?;
        Ok(found.certificate.unwrap())
    }

    pub async fn status(&self, arn: &str) -> String {
        self.describe(arn).await.unwrap().status.unwrap()
    }

    pub async fn delete(&self, arn: &str) -> Result<(), Fault> {
        let input = api::DeleteCertificateRequest {
            certificate_arn: Some(arn.to_owned()),
        };
        self.acm.delete_certificate(&self.call(), input).await
    }

    pub async fn served(&self, arn: &str) -> Option<ServedCertificate> {
        match self.acm.find(ACCOUNT, REGION, arn).await.unwrap() {
            Found::Certificate(found) => Some(found),
            Found::Nothing | Found::NotServable => None,
        }
    }

    /// Everything that is stored, as text.
    pub async fn stored(&self) -> String {
        let all = self.store.all(Range::prefix("")).await.unwrap();
        let values = all.entries.iter();
        values
            .map(|it| String::from_utf8_lossy(&it.value).into_owned())
            .collect()
    }

    /// Changes the record, which makes the reconciler look at it.
    pub async fn touch(&self, arn: &str) {
        let input = api::AddTagsToCertificateRequest {
            certificate_arn: Some(arn.to_owned()),
            tags: Some(vec![tag("touched", &self.clock.now().to_string())]),
        };
        self.acm
            .add_tags_to_certificate(&self.call(), input)
            .await
            .unwrap();
    }
}

fn launch(parts: &Parts) -> (AcmService, CancellationToken) {
    let (acm, stop) = (AcmService::new(parts.clone()), CancellationToken::new());
    let (running, until) = (acm.clone(), stop.clone());
    tokio::spawn(async move { running.run(until).await });
    (acm, stop)
}

pub fn call_at(region: &str, now: Timestamp) -> Call {
    let context = Context::internal(ACCOUNT, region, "tests", now);
    Call::by_controller(context, Permit::for_controller("tests"))
}

pub fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

/// Asks until it is so.
pub async fn wait<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while !ask().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not come"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[derive(Default)]
pub struct FakeUsers(Mutex<BTreeSet<String>>);

impl FakeUsers {
    /// A load balancer takes the certificate.
    pub fn take(&self, arn: &str) {
        self.0.lock().unwrap().insert(arn.to_owned());
    }
}

#[async_trait]
impl Users for FakeUsers {
    async fn of(&self, _: &str, _: &str, arn: &str) -> Result<Usage, LookupError> {
        let mut usage = Usage::default();
        if self.0.lock().unwrap().contains(arn) {
            usage.users.insert("a load balancer".to_owned());
        }
        Ok(usage)
    }
}
