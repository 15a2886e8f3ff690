//! Instances whose roots are sealed under keys of KMS: who gets what they open by, and when nobody does.

use wharf_api_kms::{
    CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, Kms, ListGrantsRequest,
};
use wharf_datakeys::grants::UNFINISHED;
use wharf_planeproto::snapshot::SourceKey;
use wharf_svc_ec2::snapshots::NotTaken;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::CutOff;

use super::{
    images::{place, snapshot_in},
    *,
};

/// A cloud of one host, with KMS, and a key of it.
struct WithKeys {
    cloud: Cloud,
    kms: KmsService,
    /// How EC2 comes to it.
    cut: Arc<CutOff>,
    key: String,
}

fn root(encrypted: Option<bool>, key: Option<&str>) -> Vec<BlockDeviceMapping> {
    vec![BlockDeviceMapping {
        device_name: Some("/dev/xvda".to_owned()),
        ebs: Some(EbsBlockDevice {
            encrypted,
            kms_key_id: key.map(str::to_owned),
            ..Default::default()
        }),
        ..Default::default()
    }]
}

impl WithKeys {
    async fn new() -> Self {
        let cloud = Cloud::new(&["i-a1"]).await;
        let kms = KmsService::new(KmsParts {
            store: cloud.world.store.clone(),
            keyring: cloud.world.keyring.clone(),
            clock: cloud.clock.clone(),
            takeover: Takeover::Replace,
        });
        let (service, gate) = (Arc::new(kms.clone()), cloud.world.dispatcher.clone());
        let client = wharf_api_kms::Client::new(service, gate);
        let cut = CutOff::new(Arc::new(client));
        cloud.ec2.keys_from(cut.clone());
        let mut it = Self {
            cloud,
            kms,
            cut,
            key: String::new(),
        };
        it.key = it.fresh_key().await;
        it
    }

    async fn fresh_key(&self) -> String {
        let input = CreateKeyRequest::default();
        let made = self.kms.create_key(&call(), input).await.unwrap();
        made.key_metadata.unwrap().arn.unwrap()
    }

    fn asked(&self, image: &str, root: Vec<BlockDeviceMapping>) -> RunInstancesRequest {
        RunInstancesRequest {
            image_id: Some(image.to_owned()),
            block_device_mappings: Some(root),
            ..self.cloud.asked()
        }
    }

    /// Under the key.
    fn sealed(&self) -> RunInstancesRequest {
        self.asked(&self.cloud.image(), root(Some(true), Some(&self.key)))
    }

    async fn run(&self, asked: RunInstancesRequest) -> machine::Instance {
        let made = self
            .cloud
            .ec2
            .run_instances(&self.cloud.call(), asked)
            .await;
        self.cloud.placed(&id(&made.unwrap())).await
    }

    async fn grants(&self) -> usize {
        let input = ListGrantsRequest {
            key_id: Some(self.key.clone()),
            ..Default::default()
        };
        let listed = self.kms.list_grants(&call(), input).await.unwrap();
        listed.grants.unwrap_or_default().len()
    }

    /// What the host is given.
    async fn keys(&self, id: &str) -> Result<(Vec<u8>, SourceKey), NotTaken> {
        let (host, instance) = self.cloud.ec2.sealed_root(&place(id)).await?;
        assert_eq!(host, "i-a1");
        let keys = self.cloud.ec2.keys_of_root(&place(id), &instance).await?;
        assert_eq!(keys.own.len(), 64);
        Ok((keys.own.to_vec(), keys.source))
    }

    /// Another server comes, and none of its grants is on its way any more.
    async fn settles(&mut self, count: usize) {
        self.cut.cut(false);
        self.cloud.restart();
        self.cloud.ec2.keys_from(self.cut.clone());
        let it = &*self;
        until("no grant is on its way", || async {
            !it.is_pending().await
        })
        .await;
        assert_eq!(it.grants().await, count);
    }

    async fn is_pending(&self) -> bool {
        let stored = self.cloud.world.stored("/w1/").await;
        stored.contains("pending-grant")
    }

    async fn ends(&self, told: &machine::Instance) {
        self.cloud.terminate(&told.id).await.unwrap();
        self.cloud.says(told, Reported::Terminated).await;
        self.cloud.becomes(&told.id, "terminated").await;
    }
}

#[tokio::test]
async fn a_root_opens_for_its_host_while_its_instance_is_to_run() {
    let it = WithKeys::new().await;
    let cloud = &it.cloud;
    let asked = RunInstancesRequest {
        min_count: Some(2),
        max_count: Some(2),
        ..it.sealed()
    };
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let instances = made.instances.unwrap();
    let ids: Vec<_> = instances
        .into_iter()
        .map(|it| it.instance_id.unwrap())
        .collect();
    let [first, second] = ids.try_into().unwrap();
    let (first, second) = (cloud.placed(&first).await, cloud.placed(&second).await);
    assert!(first.sealed && second.sealed);
    // They share a grant, and no key of bytes.
    assert_eq!(it.grants().await, 1);
    let (own, source) = it.keys(&first.id).await.unwrap();
    assert!(matches!(source, SourceKey::Same));
    assert_ne!(it.keys(&second.id).await.unwrap().0, own);

    cloud.says(&first, Reported::Running).await;
    let key_id = || Some(it.key.clone());
    let disable = DisableKeyRequest { key_id: key_id() };
    it.kms.disable_key(&call(), disable).await.unwrap();
    let Err(NotTaken::Shut(why)) = it.keys(&first.id).await else {
        panic!("it opens");
    };
    assert_eq!(why.code, "InvalidKmsKey.InvalidState");
    let refused = cloud.ec2.run_instances(&cloud.call(), it.sealed()).await;
    assert_eq!(refused.unwrap_err().code, "InvalidKmsKey.InvalidState");
    let enable = EnableKeyRequest { key_id: key_id() };
    it.kms.enable_key(&call(), enable).await.unwrap();
    assert_eq!(it.keys(&first.id).await.unwrap().0, own);

    cloud.stop(&first.id).await.unwrap();
    assert!(matches!(it.keys(&first.id).await, Err(NotTaken::Gone)));
    it.ends(&first).await;
    assert!(matches!(it.keys(&first.id).await, Err(NotTaken::Gone)));
    assert_eq!(it.grants().await, 1, "the other has it");
    it.ends(&second).await;
    until("the grant is given back", || async {
        it.grants().await == 0
    })
    .await;
}

#[tokio::test]
async fn images_of_sealed_roots_are_sealed_alike_or_anew() {
    let it = WithKeys::new().await;
    let cloud = &it.cloud;
    let (source, image) = cloud.golden_of(it.sealed()).await;
    let own = it.keys(&source).await.unwrap().0;
    let mapped = image.block_device_mappings.as_ref().unwrap()[0].ebs.clone();
    assert_eq!(mapped.unwrap().encrypted, Some(true));
    let input = DescribeSnapshotsRequest {
        snapshot_ids: Some(vec![snapshot_in(&image)]),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_snapshots(&cloud.call(), input).await;
    let shown = shown.unwrap().snapshots.unwrap().remove(0);
    assert_eq!(
        (shown.encrypted, shown.kms_key_id),
        (Some(true), Some(it.key.clone()))
    );

    let image = image.image_id.unwrap();
    let alike = it.run(it.asked(&image, Vec::new())).await;
    assert!(alike.restore && alike.sealed);
    let (same, source) = it.keys(&alike.id).await.unwrap();
    assert!(same == own && matches!(source, SourceKey::Same));
    let other = it.fresh_key().await;
    let anew = it
        .run(it.asked(&image, root(Some(true), Some(&other))))
        .await;
    let (fresh, source) = it.keys(&anew.id).await.unwrap();
    assert_ne!(fresh, own);
    let SourceKey::Another(from) = source else {
        panic!("it is taken over as it is");
    };
    assert_eq!(*from, own);
    // One that lived is made of nothing any more.
    cloud.says(&anew, Reported::Running).await;
    let (_, source) = it.keys(&anew.id).await.unwrap();
    assert!(matches!(source, SourceKey::Same));
    let permit = |permission| ModifyImageAttributeRequest {
        image_id: Some(image.clone()),
        launch_permission: Some(LaunchPermissionModifications {
            add: Some(vec![permission]),
            remove: None,
        }),
        ..Default::default()
    };
    let all = permit(LaunchPermission {
        group: Some("all".to_owned()),
        ..Default::default()
    });
    let refused = cloud.ec2.modify_image_attribute(&cloud.call(), all).await;
    assert_eq!(refused.unwrap_err().code, "UnsupportedOperation");
    let one = permit(LaunchPermission {
        user_id: Some("000000000042".to_owned()),
        ..Default::default()
    });
    let permitted = cloud.ec2.modify_image_attribute(&cloud.call(), one).await;
    permitted.unwrap();
    let clear = it.asked(&image, root(Some(false), None));
    let refused = cloud.ec2.run_instances(&cloud.call(), clear).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterCombination");
}

#[tokio::test]
async fn a_root_of_what_is_in_the_clear_is_sealed_by_its_host() {
    let it = WithKeys::new().await;
    let (_, image) = it.cloud.golden().await;
    let image = image.image_id.unwrap();
    let plain = it.run(it.asked(&image, Vec::new())).await;
    assert!(!plain.sealed && matches!(it.keys(&plain.id).await, Err(NotTaken::Gone)));
    let on = EnableEbsEncryptionByDefaultRequest::default();
    let call = call();
    let on = it.cloud.ec2.enable_ebs_encryption_by_default(&call, on);
    on.await.unwrap();
    let sealed = it.run(it.asked(&image, Vec::new())).await;
    assert!(sealed.sealed);
    let (_, source) = it.keys(&sealed.id).await.unwrap();
    assert!(matches!(source, SourceKey::None));
}

#[tokio::test]
async fn launches_with_sealed_roots_that_are_refused_leave_nothing() {
    let it = WithKeys::new().await;
    let cloud = &it.cloud;
    let image = cloud.image();
    for (encrypted, key, code) in [
        (None, "alias/aws/ebs", "InvalidParameterDependency"),
        (Some(false), "alias/aws/ebs", "InvalidParameterDependency"),
        (Some(true), "alias/none", "InvalidKmsKey.NotFound"),
    ] {
        let asked = it.asked(&image, root(encrypted, Some(key)));
        let refused = cloud.ec2.run_instances(&cloud.call(), asked).await;
        assert_eq!(refused.unwrap_err().code, code, "{encrypted:?} {key}");
    }
    // A host of an earlier version would have it in the clear.
    cloud.offers("i-a1", true, "own-image,snapshots");
    let refused = cloud.ec2.run_instances(&cloud.call(), it.sealed()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    cloud.run().await;
    assert_eq!(it.grants().await, 0);
}

/// Whoever launches is killed between the grant and the instances, and the server between their end and that of the grant.
#[tokio::test]
async fn launches_and_ends_that_are_cut_short_leave_no_grant() {
    let mut it = WithKeys::new().await;
    it.cut.cut(true);
    let (ec2, call, asked) = (it.cloud.ec2.clone(), it.cloud.call(), it.sealed());
    let launching = tokio::spawn(async move { ec2.run_instances(&call, asked).await });
    until("the grant is made", || async { it.grants().await == 1 }).await;
    launching.abort();
    assert!(launching.await.is_err());
    it.cloud.clock.advance(UNFINISHED);
    it.settles(0).await;

    let told = it.run(it.sealed()).await;
    assert!(!it.is_pending().await);
    assert_eq!(it.grants().await, 1);
    it.cut.cut(true);
    it.cloud.terminate(&told.id).await.unwrap();
    it.cloud.says(&told, Reported::Terminated).await;
    until("the grant is owed", || it.is_pending()).await;
    assert_eq!(it.grants().await, 1);
    it.settles(0).await;
}

/// Else policies that look at `ec2:Encrypted` would have been asked about others.
#[tokio::test]
async fn a_launch_has_the_disks_that_were_asked_about() {
    let it = WithKeys::new().await;
    let (cloud, me) = (&it.cloud, it.cloud.call());
    let asked = it.asked(&cloud.image(), Vec::new());
    let input = wharf_api_ec2::Input::RunInstances(&asked);
    let checks = cloud.ec2.authorize(&me, input).await.unwrap();
    let told = checks
        .iter()
        .filter_map(|it| it.context.get("ec2:Encrypted"));
    let told: Vec<_> = told.flatten().collect();
    assert_eq!(told, ["false"]);
    let on = EnableEbsEncryptionByDefaultRequest::default();
    let on = cloud.ec2.enable_ebs_encryption_by_default(&me, on).await;
    on.unwrap();
    let made = cloud.ec2.run_instances(&me, asked.clone()).await.unwrap();
    assert!(!cloud.placed(&id(&made)).await.sealed);
    assert!(it.run(asked).await.sealed, "of another request");
}
