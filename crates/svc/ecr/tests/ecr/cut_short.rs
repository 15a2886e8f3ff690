//! Grants on keys of KMS whose makers were killed or slow, or who was about to give them back: none is left behind.

use std::sync::Arc;

use wharf_api_ecr::{Ecr as _, types::*};
use wharf_api_kms::{self as kms, Kms as _};
use wharf_base::TestClock;
use wharf_datakeys::grants::UNFINISHED;
use wharf_store::Range;
use wharf_svc_ecr::KmsKeys;
use wharf_testkit::{CutOff, until};

use crate::{
    sealed::registry,
    support::{Home, NOW, PERMIT, text},
};

struct It {
    home: Home,
    kms: Arc<CutOff>,
    clock: Arc<TestClock>,
}

impl It {
    fn new() -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let (mut kms, ticking) = (None, clock.clone());
        let home = Home::with(NOW, |config| {
            let KmsKeys(inner) = config.keys.take().unwrap();
            let cut = CutOff::new(inner);
            kms = Some(cut.clone());
            config.keys = Some(KmsKeys(cut));
            config.clock = ticking;
        });
        Self {
            home,
            kms: kms.unwrap(),
            clock,
        }
    }

    /// Records of grants that are on their way, or on their way back.
    async fn pending(&self) -> usize {
        let all = self.home.world.store.all_keys(Range::prefix("/w1/"));
        let all = all.await.unwrap().entries.into_iter();
        all.filter(|it| it.key.contains("/pending-grant/")).count()
    }

    /// Kills who does this once it waits for an answer about its grant.
    async fn kill<T: Send + 'static>(&self, doing: impl Future<Output = T> + Send + 'static) {
        self.kms.cut(true);
        let doing = tokio::spawn(doing);
        until("a grant is pending", || async { self.pending().await == 1 }).await;
        assert!(!doing.is_finished());
        doing.abort();
        assert!(doing.await.is_err());
        self.kms.cut(false);
    }

    /// The same of somebody who makes a grant on a key. The next collection that comes after long enough finds it.
    async fn kill_maker<T: Send + 'static>(
        &self,
        key: &str,
        doing: impl Future<Output = T> + Send + 'static,
    ) {
        let made = async {
            let granted = || async { self.home.grants(key).await.len() == 1 };
            until("the grant is made", granted).await;
        };
        self.kms.cut(true);
        let doing = tokio::spawn(doing);
        made.await;
        doing.abort();
        assert!(doing.await.is_err());
        self.kms.cut(false);
        // Whoever makes it may be slow.
        self.collect().await;
        assert_eq!(
            (self.home.grants(key).await.len(), self.pending().await),
            (1, 1)
        );
        self.clock.advance(UNFINISHED);
        self.collect().await;
        assert_eq!(
            (self.home.grants(key).await.len(), self.pending().await),
            (0, 0)
        );
    }

    /// Makes a repository under a key.
    fn making(&self, key: &str) -> impl Future<Output = bool> + Send + use<> {
        let input = CreateRepositoryRequest {
            repository_name: text("app"),
            encryption_configuration: Some(EncryptionConfiguration {
                encryption_type: text("KMS"),
                kms_key: text(key),
            }),
            ..CreateRepositoryRequest::default()
        };
        let (ecr, call) = (self.home.ecr.clone(), self.home.call());
        async move { ecr.create_repository(&call, input).await.is_ok() }
    }

    async fn collect(&self) {
        let catalog = &self.home.catalog;
        catalog.collect_garbage(&PERMIT).await.unwrap();
    }

    /// What came to be keeps its grant for good.
    async fn stays(&self, key: &str) {
        assert_eq!(self.pending().await, 0);
        self.clock.advance(UNFINISHED);
        self.collect().await;
        assert_eq!(self.home.grants(key).await.len(), 1);
    }
}

#[tokio::test]
async fn of_a_repository_that_never_came_to_be() {
    let it = It::new();
    let key = it.home.key().await;
    it.kill_maker(&key, it.making(&key)).await;
    it.home
        .create_under("app", "KMS", Some(&key))
        .await
        .unwrap();
    it.stays(&key).await;
    let (ecr, call) = (it.home.ecr.clone(), it.home.call());
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    ecr.delete_repository(&call, input).await.unwrap();
    assert_eq!(
        (it.home.grants(&key).await.len(), it.pending().await),
        (0, 0)
    );
}

#[tokio::test]
async fn of_a_signing_profile_that_never_came_to_be_or_is_removed() {
    let it = It::new();
    let input = kms::CreateKeyRequest {
        key_spec: text("ECC_NIST_P256"),
        key_usage: text("SIGN_VERIFY"),
        ..Default::default()
    };
    let made = it.home.kms.create_key(&it.home.call(), input).await;
    let key = made.unwrap().key_metadata.unwrap().arn.unwrap();
    let (catalog, call, named) = (it.home.catalog.clone(), it.home.call(), key.clone());
    let making = async move {
        catalog
            .make_signing_profile(&call, "release", &named, None)
            .await
    };
    it.kill_maker(&key, making).await;
    let (catalog, call) = (it.home.catalog.clone(), it.home.call());
    let made = catalog.make_signing_profile(&call, "release", &key, None);
    made.await.unwrap();
    it.stays(&key).await;

    let removing = async move { catalog.remove_signing_profile(&call, "release").await };
    it.kill(removing).await;
    assert_eq!(it.home.grants(&key).await.len(), 1);
    assert_eq!(
        it.home
            .catalog
            .signing_profiles(&registry())
            .await
            .unwrap()
            .len(),
        0
    );
    it.collect().await;
    assert_eq!(
        (it.home.grants(&key).await.len(), it.pending().await),
        (0, 0)
    );
}

#[tokio::test]
async fn of_a_key_for_findings_that_was_never_used() {
    let it = It::new();
    let key = it.home.key().await;
    let (catalog, call, named) = (it.home.catalog.clone(), it.home.call(), key.clone());
    let setting = async move { catalog.set_scan_key(&call, &registry(), Some(&named)).await };
    it.kill_maker(&key, setting).await;
    let catalog = &it.home.catalog;
    assert_eq!(catalog.scan_key(&registry()).await.unwrap(), None);
    catalog
        .set_scan_key(&it.home.call(), &registry(), Some(&key))
        .await
        .unwrap();
    it.stays(&key).await;
}

/// It is given up before there is a grant, which its maker gives back when it comes to it.
#[tokio::test]
async fn of_a_maker_that_was_slow() {
    let it = It::new();
    let key = it.home.key().await;
    for is_killed in [false, true] {
        let held = it.kms.granting.lock().await;
        let making = tokio::spawn(it.making(&key));
        until("a grant is pending", || async { it.pending().await == 1 }).await;
        it.clock.advance(UNFINISHED);
        it.collect().await;
        assert_eq!(it.pending().await, 1);
        if is_killed {
            making.abort();
            assert!(making.await.is_err());
            it.clock.advance(UNFINISHED);
            it.collect().await;
        } else {
            drop(held);
            assert!(!making.await.unwrap());
        }
        assert_eq!(
            (it.home.grants(&key).await.len(), it.pending().await),
            (0, 0)
        );
    }
    assert!(it.making(&key).await);
    it.stays(&key).await;
}
