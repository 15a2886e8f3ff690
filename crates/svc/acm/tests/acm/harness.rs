//! A running service, those who use certificates faked through their trait.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use wharf_api_acm::{self as api, Acm, Tag};
use wharf_base::{Clock, SystemClock, TestClock, Timestamp};
use wharf_svc_acm::{AcmService, Found, LookupError, ServedCertificate, Usage, Users};
pub use wharf_testkit::{ACCOUNT, REGION, until as wait};
use wharf_testkit::{PERMIT, Running, World};
use wharf_wire::{Call, Context, Fault, async_trait};

pub struct Harness {
    pub acm: Running<AcmService>,
    pub world: World,
    pub users: Arc<FakeUsers>,
    pub clock: Arc<TestClock>,
}

impl Harness {
    pub fn start() -> Self {
        let world = World::new();
        let users = Arc::new(FakeUsers::default());
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let acm = world.acm(|parts| {
            parts.users = users.clone();
            parts.clock = clock.clone();
        });
        Self {
            acm,
            world,
            users,
            clock,
        }
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

pub fn call_at(region: &str, now: Timestamp) -> Call {
    let context = Context::internal(ACCOUNT, region, "tests", now);
    Call::by_controller(context, PERMIT)
}

pub fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
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
