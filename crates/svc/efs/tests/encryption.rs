//! Encrypted file systems: who may make one under which key, and what opens it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_api_efs::{
    CreateFileSystemRequest, DeleteFileSystemRequest, DescribeFileSystemsRequest, Efs as _,
    FileSystemDescription,
};
use wharf_api_kms::{
    CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, Kms as _, ListGrantsRequest,
    ScheduleKeyDeletionRequest,
};
use wharf_base::{Clock as _, Permit, SystemClock, TestClock};
use wharf_datakeys::grants::UNFINISHED;
use wharf_hosts::Hosts;
use wharf_planeproto::{Resource, file_system::SealedDisk};
use wharf_reconcile::Takeover;
use wharf_service::Place;
use wharf_store::{Range, Txn};
use wharf_svc_efs::{EfsService, Parts, encryption::NoKey, plane};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::{ACCOUNT, CutOff, REGION, World, call, until};
use wharf_wire::Fault;

struct It {
    world: World,
    efs: EfsService,
    kms: KmsService,
    keys: Arc<CutOff>,
    clock: Arc<TestClock>,
}

impl It {
    fn new() -> Self {
        let world = World::new();
        let hosts = Hosts::new(world.store.clone());
        let fed = hosts.clone();
        tokio::spawn(async move { fed.feed(CancellationToken::new()).await });
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let efs = EfsService::new(Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            ec2: world.ec2_client(),
            dispatcher: world.dispatcher.clone(),
            hosts,
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), world.dispatcher.clone());
        let keys = CutOff::new(Arc::new(keys));
        efs.keys_from(keys.clone());
        Self {
            world,
            efs,
            kms,
            keys,
            clock,
        }
    }

    async fn key(&self, spec: Option<&str>) -> String {
        let input = CreateKeyRequest {
            key_spec: spec.map(str::to_owned),
            key_usage: spec.map(|_| "SIGN_VERIFY".to_owned()),
            ..Default::default()
        };
        let made = self.kms.create_key(&call(), input).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    async fn disable(&self, key: &str) {
        let input = DisableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.disable_key(&call(), input).await.unwrap();
    }

    async fn grants(&self, key: &str) -> usize {
        let input = ListGrantsRequest {
            key_id: Some(key.to_owned()),
            ..Default::default()
        };
        let listed = self.kms.list_grants(&call(), input).await.unwrap();
        listed.grants.unwrap_or_default().len()
    }

    async fn made(&self, token: &str, key: Option<&str>) -> Result<FileSystemDescription, Fault> {
        let input = CreateFileSystemRequest {
            creation_token: Some(token.to_owned()),
            encrypted: Some(true),
            kms_key_id: key.map(str::to_owned),
            ..Default::default()
        };
        self.efs.create_file_system(&call(), input).await
    }

    /// Puts all file systems on a host.
    async fn place(&self) {
        const PERMIT: Permit = Permit::for_controller("efs-tests");
        let all = self.world.store.all(Range::prefix(plane::prefix())).await;
        for entry in all.unwrap().entries {
            if plane::key(&entry.key).is_none() {
                continue;
            }
            let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
            record["body"]["host"] = "i-1".into();
            let txn = Txn::new().put(entry.key, serde_json::to_vec(&record).unwrap());
            self.world.store.txn(&PERMIT, txn).await.unwrap();
        }
    }

    async fn told(&self) -> Vec<Resource> {
        let all = self.world.store.all(Range::prefix(plane::prefix())).await;
        let entries = all.unwrap().entries.into_iter();
        let told = entries.filter_map(|it| plane::resource(&it, &self.world.keyring));
        told.collect()
    }
}

#[tokio::test]
async fn one_is_under_a_key_for_as_long_as_it_is_there() {
    let it = It::new();
    let key = it.key(None).await;
    let made = it.made("one", Some(&key)).await.unwrap();
    assert_eq!(
        (made.encrypted, made.kms_key_id),
        (Some(true), Some(key.clone()))
    );
    assert_eq!(it.grants(&key).await, 1);
    let again = it.made("one", Some(&key)).await.unwrap_err();
    assert_eq!(again.code, "FileSystemAlreadyExists");
    assert_eq!(it.grants(&key).await, 1);
    let id = made.file_system_id.unwrap();
    let place = Place::new(ACCOUNT, REGION);
    assert!(matches!(
        it.efs.disk_key(&place, &id).await,
        Err(NoKey::Gone)
    ));

    it.place().await;
    let host = it.efs.sealed_host(&place, &id).await.unwrap();
    assert_eq!(host, "i-1");
    // A host that does not know of sealed ones makes none.
    let told = it.told().await;
    let [Resource::FileSystem(told)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(
        (told.may_make, told.sealed),
        (false, Some(SealedDisk::Make))
    );
    let own = it.efs.disk_key(&place, &id).await.unwrap().own;
    assert_eq!(own.len(), 64);
    it.disable(&key).await;
    let Err(NoKey::Shut(why)) = it.efs.disk_key(&place, &id).await else {
        panic!("it opens");
    };
    assert!(why.contains("disabled"), "{why}");
    let enable = EnableKeyRequest {
        key_id: Some(key.clone()),
    };
    it.kms.enable_key(&call(), enable).await.unwrap();
    assert_eq!(it.efs.disk_key(&place, &id).await.unwrap().own, own);
}

#[tokio::test]
async fn the_grant_goes_with_it() {
    let it = It::new();
    let key = it.key(None).await;
    let made = it.made("one", Some(&key)).await.unwrap();
    let delete = DeleteFileSystemRequest {
        file_system_id: made.file_system_id,
    };
    it.efs.delete_file_system(&call(), delete).await.unwrap();
    assert_eq!(it.grants(&key).await, 0);
}

/// Whoever makes it is killed between the grant and the file system.
#[tokio::test]
async fn of_one_that_never_came_to_be_no_grant_is_left() {
    let it = It::new();
    let key = it.key(None).await;
    it.keys.cut(true);
    let (efs, named) = (it.efs.clone(), key.clone());
    let making = tokio::spawn(async move {
        let input = CreateFileSystemRequest {
            creation_token: Some("one".to_owned()),
            encrypted: Some(true),
            kms_key_id: Some(named),
            ..Default::default()
        };
        efs.create_file_system(&call(), input).await
    });
    until("the grant is made", || async { it.grants(&key).await == 1 }).await;
    making.abort();
    assert!(making.await.is_err());
    it.keys.cut(false);
    let other = it.key(None).await;
    it.made("two", Some(&other)).await.unwrap();

    it.clock.advance(UNFINISHED);
    let (stop, efs) = (CancellationToken::new(), it.efs.clone());
    let _stop = stop.clone().drop_guard();
    tokio::spawn(async move { efs.run(stop).await });
    until("its grant is given back", || async {
        let stored = it.world.stored("/w1/").await;
        it.grants(&key).await == 0 && !stored.contains("pending-grant")
    })
    .await;
    assert_eq!(it.grants(&other).await, 1);
    it.made("one", Some(&key)).await.unwrap();
}

#[tokio::test]
async fn without_a_key_it_is_the_accounts_own() {
    let it = It::new();
    let made = it.made("one", None).await.unwrap();
    let named = it
        .made("two", Some("alias/aws/elasticfilesystem"))
        .await
        .unwrap();
    assert_eq!(made.kms_key_id, named.kms_key_id);
    let all = DescribeFileSystemsRequest::default();
    let all = it.efs.describe_file_systems(&call(), all).await.unwrap();
    let all = all.file_systems.unwrap();
    assert!(all.len() == 2 && all.iter().all(|it| it.encrypted == Some(true)));
}

#[tokio::test]
async fn keys_that_cannot_be_used() {
    let it = It::new();
    let [disabled, deleted] = [it.key(None).await, it.key(None).await];
    it.disable(&disabled).await;
    let schedule = ScheduleKeyDeletionRequest {
        key_id: Some(deleted.clone()),
        ..Default::default()
    };
    it.kms
        .schedule_key_deletion(&call(), schedule)
        .await
        .unwrap();
    let asymmetric = it.key(Some("RSA_2048")).await;
    let none = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000");
    for (key, why) in [
        (none.as_str(), "[error=NotFoundException]"),
        ("alias/none", "[error=NotFoundException]"),
        (&disabled, "[error=DisabledException]"),
        (&deleted, "[error=KMSInvalidStateException]"),
        (&asymmetric, "[error=InvalidKeyUsageException]"),
    ] {
        let refused = it.made("bad", Some(key)).await.unwrap_err();
        assert_eq!(refused.code, "BadRequest", "{}", refused.message);
        assert!(refused.message.ends_with(why), "{}", refused.message);
    }
    it.made("bad", None).await.unwrap();
}
