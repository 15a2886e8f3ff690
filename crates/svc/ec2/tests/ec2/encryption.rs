//! Volumes under keys of KMS: who gets what they open by, and when nobody does.

use std::sync::Arc;

use wharf_api_ec2::{Ec2, types::*};
use wharf_api_kms::{
    CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, Kms, ListGrantsRequest,
};
use wharf_planeproto::{Resource, snapshot::SourceKey, volume::SealedFile};
use wharf_svc_ec2::{
    Roles,
    snapshots::{NotTaken, Place},
};
use wharf_testkit::{ACCOUNT, REGION, call, call_of_service};

use wharf_wire::{Call, Caller, Context, Fault, async_trait};

use crate::snapshots::{HOST, It};

fn at(id: &str) -> Place {
    Place {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: id.to_owned(),
    }
}

pub fn sealed(key: Option<&str>) -> CreateVolumeRequest {
    CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(1),
        encrypted: Some(true),
        kms_key_id: key.map(str::to_owned),
        ..Default::default()
    }
}

fn of_snapshot(id: &str, key: Option<&str>) -> CreateVolumeRequest {
    CreateVolumeRequest {
        snapshot_id: Some(id.to_owned()),
        encrypted: key.map(|_| true),
        ..sealed(key)
    }
}

pub async fn key(it: &It) -> String {
    let made = it
        .kms
        .create_key(&call(), CreateKeyRequest::default())
        .await;
    made.unwrap().key_metadata.unwrap().arn.unwrap()
}

pub async fn grants(it: &It, key: &str) -> usize {
    let input = ListGrantsRequest {
        key_id: Some(key.to_owned()),
        ..Default::default()
    };
    let listed = it.kms.list_grants(&call(), input).await.unwrap();
    listed.grants.unwrap_or_default().len()
}

pub async fn made(it: &It, input: CreateVolumeRequest) -> Volume {
    let ecs = call_of_service("ecs.amazonaws.com");
    it.ec2.create_volume(&ecs, input).await.unwrap()
}

/// The key that the host is given, and how what the volume is made of is sealed.
async fn keys(it: &It, id: &str) -> Result<(Vec<u8>, SourceKey), NotTaken> {
    let (host, volume) = it.ec2.sealed_volume(&at(id)).await?;
    assert_eq!(host, HOST);
    let keys = it.ec2.keys_of_volume(&at(id), &volume).await?;
    assert_eq!(keys.own.len(), 64);
    Ok((keys.own.to_vec(), keys.source))
}

async fn detach(it: &It, id: &str) {
    let input = DetachVolumeRequest {
        volume_id: Some(id.to_owned()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    it.ec2.detach_volume(&ecs, input).await.unwrap();
    let (told, mut report) = it.report_of(id).await;
    report.attached = false;
    it.ec2
        .volumes_reported(HOST, vec![(told, report)])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_volume_opens_while_it_is_attached_and_its_key_is_enabled() {
    let it = It::new().await;
    let key = key(&it).await;
    let volume = made(&it, sealed(Some(&key))).await;
    assert_eq!(
        (volume.encrypted, volume.kms_key_id.as_ref()),
        (Some(true), Some(&key))
    );
    let id = volume.volume_id.unwrap();
    assert!(matches!(keys(&it, &id).await, Err(NotTaken::Gone)));
    it.attach(&id, HOST).await;
    // A host that does not know of sealed ones makes none.
    let told = it.told().await.into_iter().find_map(|told| match told {
        Resource::Volume(told) if told.id == id => Some(told),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!(
        (told.may_make, told.restore, told.sealed),
        (false, false, Some(SealedFile::Make))
    );
    let (own, source) = keys(&it, &id).await.unwrap();
    assert!(matches!(source, SourceKey::Same));
    // Attaching it again to where it is makes no second grant.
    it.attach(&id, HOST).await;
    assert_eq!(grants(&it, &key).await, 1);

    let disable = DisableKeyRequest {
        key_id: Some(key.clone()),
    };
    it.kms.disable_key(&call(), disable).await.unwrap();
    let Err(NotTaken::Shut(why)) = keys(&it, &id).await else {
        panic!("it opens");
    };
    assert_eq!(why.code, "InvalidKmsKey.InvalidState");
    detach(&it, &id).await;
    let attach = AttachVolumeRequest {
        volume_id: Some(id.clone()),
        instance_id: Some(HOST.to_owned()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    let refused = it.ec2.attach_volume(&ecs, attach).await.unwrap_err();
    assert_eq!(refused.code, "InvalidKmsKey.InvalidState");
    let refused = it.ec2.create_volume(&ecs, sealed(Some(&key))).await;
    assert_eq!(refused.unwrap_err().code, "InvalidKmsKey.InvalidState");
    let enable = EnableKeyRequest {
        key_id: Some(key.clone()),
    };
    it.kms.enable_key(&call(), enable).await.unwrap();
    it.attach(&id, HOST).await;
    assert_eq!(keys(&it, &id).await.unwrap().0, own);
    detach(&it, &id).await;
    assert_eq!(grants(&it, &key).await, 0);
}

#[tokio::test]
async fn what_is_made_of_a_snapshot_is_sealed_alike_or_anew() {
    let it = It::new().await;
    let (one, other) = (key(&it).await, key(&it).await);
    let id = made(&it, sealed(Some(&one))).await.volume_id.unwrap();
    it.attach(&id, HOST).await;
    let reports = vec![it.report_of(&id).await];
    it.ec2.volumes_reported(HOST, reports).await.unwrap();
    let own = keys(&it, &id).await.unwrap().0;
    let snapshot = it.snapshot(&id).await;
    it.complete(&snapshot, &["sealed"]).await;

    let alike = made(&it, of_snapshot(&snapshot.id, None)).await;
    assert_eq!(alike.kms_key_id.as_ref(), Some(&one));
    let alike = alike.volume_id.unwrap();
    it.attach(&alike, HOST).await;
    let (same, source) = keys(&it, &alike).await.unwrap();
    assert!(same == own && matches!(source, SourceKey::Same));

    let anew = made(&it, of_snapshot(&snapshot.id, Some(&other))).await;
    assert_eq!(anew.kms_key_id.as_ref(), Some(&other));
    let anew = anew.volume_id.unwrap();
    it.attach(&anew, HOST).await;
    let (fresh, source) = keys(&it, &anew).await.unwrap();
    assert_ne!(fresh, own);
    let SourceKey::Another(from) = source else {
        panic!("it is taken over as it is");
    };
    assert_eq!(*from, own);
    // Once it is made nobody is given what its snapshot is sealed by.
    let reports = vec![it.report_of(&anew).await];
    it.ec2.volumes_reported(HOST, reports).await.unwrap();
    let (same, source) = keys(&it, &anew).await.unwrap();
    assert!(same == fresh && matches!(source, SourceKey::Same));

    // One that is let go while it is made is made first.
    let early = made(&it, of_snapshot(&snapshot.id, Some(&other))).await;
    let early = early.volume_id.unwrap();
    it.attach(&early, HOST).await;
    let detach = DetachVolumeRequest {
        volume_id: Some(early.clone()),
        ..Default::default()
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    it.ec2.detach_volume(&ecs, detach).await.unwrap();
    assert!(keys(&it, &early).await.is_ok());

    // What is in the clear is sealed when it is made, and nothing that is sealed is ever in the clear.
    let clear = it.volume().await;
    let clear = it.snapshot(&clear).await;
    it.complete(&clear, &["clear"]).await;
    let from_clear = made(&it, of_snapshot(&clear.id, Some(&one))).await;
    let from_clear = from_clear.volume_id.unwrap();
    it.attach(&from_clear, HOST).await;
    let (_, source) = keys(&it, &from_clear).await.unwrap();
    assert!(matches!(source, SourceKey::None));
    let opened = CreateVolumeRequest {
        encrypted: Some(false),
        ..of_snapshot(&snapshot.id, None)
    };
    let ecs = call_of_service("ecs.amazonaws.com");
    let refused = it.ec2.create_volume(&ecs, opened).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterCombination");
}

#[tokio::test]
async fn an_account_has_its_volumes_sealed_by_default() {
    let it = It::new().await;
    let plain = CreateVolumeRequest {
        encrypted: None,
        ..sealed(None)
    };
    assert_eq!(made(&it, plain.clone()).await.encrypted, Some(false));
    let on = EnableEbsEncryptionByDefaultRequest::default();
    let on = it.ec2.enable_ebs_encryption_by_default(&call(), on).await;
    assert_eq!(on.unwrap().ebs_encryption_by_default, Some(true));
    let volume = made(&it, plain.clone()).await;
    let own = volume.kms_key_id.unwrap();
    let key = key(&it).await;
    assert!(volume.encrypted == Some(true) && own != key);
    let modify = |key: &str| ModifyEbsDefaultKmsKeyIdRequest {
        kms_key_id: Some(key.to_owned()),
        ..Default::default()
    };
    let set = it
        .ec2
        .modify_ebs_default_kms_key_id(&call(), modify(&key))
        .await;
    assert_eq!(set.unwrap().kms_key_id.as_ref(), Some(&key));
    assert_eq!(made(&it, plain).await.kms_key_id, Some(key));
    let input = CreateKeyRequest {
        key_spec: Some("RSA_2048".to_owned()),
        key_usage: Some("ENCRYPT_DECRYPT".to_owned()),
        ..Default::default()
    };
    let rsa = it.kms.create_key(&call(), input).await.unwrap();
    let rsa = modify(&rsa.key_metadata.unwrap().arn.unwrap());
    let refused = it.ec2.modify_ebs_default_kms_key_id(&call(), rsa).await;
    assert_eq!(refused.unwrap_err().code, "InvalidKmsKey.InvalidState");
    let unknown = modify("alias/none");
    let refused = it.ec2.modify_ebs_default_kms_key_id(&call(), unknown).await;
    assert_eq!(refused.unwrap_err().code, "InvalidKmsKey.NotFound");
}

/// As IAM would, of one role that may use nothing.
struct OneRole;

#[async_trait]
impl Roles for OneRole {
    async fn session(&self, role: &str, _: &str, _: &str) -> Result<Caller, Fault> {
        assert_eq!(role, "arn:aws:iam::000000000000:role/weak");
        Err(Fault::sender("AccessDeniedException", 400, "not the role"))
    }
}

#[tokio::test]
async fn a_service_uses_keys_as_the_role_that_it_has() {
    let it = It::new().await;
    let key = key(&it).await;
    let of_role = || {
        let ecs = call_of_service("ecs.amazonaws.com");
        let context = ecs.context().clone();
        let caller = Caller {
            role_arn: "arn:aws:iam::000000000000:role/weak".to_owned(),
            ..context.caller.clone()
        };
        Call::by_controller(Context { caller, ..context }, ecs.permit)
    };
    // Nobody is taken for the account because nobody knows the role.
    for _ in 0..2 {
        let refused = it.ec2.create_volume(&of_role(), sealed(Some(&key))).await;
        let code = refused.unwrap_err().code;
        assert!(
            code.starts_with("InvalidKmsKey")
                || code == "AccessDenied"
                || code == "UnauthorizedOperation",
            "{code}"
        );
        it.ec2.roles_from(Arc::new(OneRole));
    }
}
