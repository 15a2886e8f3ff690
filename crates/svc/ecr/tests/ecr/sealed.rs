//! Repositories under keys of KMS: what is in them is had with the key alone.

use std::{collections::HashSet, fs, path::Path};

use serde_json::Value;
use wharf_api_ecr::{Ecr, types::*};
use wharf_api_kms::{self as kms, Kms as _};
use wharf_blobs::{BlobError, Digest};
use wharf_records::Scope;
use wharf_store::Txn;
use wharf_svc_ecr::{EcrError, LayerInfo, Registry};
use wharf_wire::Fault;

use crate::support::{ACCOUNT, Home, PERMIT, by_digest, by_tag, call_in, digest_of, said, text};

const CANARY: &str = "a sentence that must not lie on the disk ";
pub(crate) const REGION: &str = "us-east-1";

pub(crate) fn registry() -> Registry {
    Registry::new(ACCOUNT, REGION)
}

impl Home {
    /// A key of KMS, by its ARN.
    pub(crate) async fn key(&self) -> String {
        let made = self.kms.create_key(&self.call(), Default::default()).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    pub(crate) async fn create_under(
        &self,
        name: &str,
        kind: &str,
        key: Option<&str>,
    ) -> Result<Repository, Fault> {
        let input = CreateRepositoryRequest {
            repository_name: text(name),
            encryption_configuration: Some(EncryptionConfiguration {
                encryption_type: text(kind),
                kms_key: key.map(str::to_owned),
            }),
            ..CreateRepositoryRequest::default()
        };
        let made = self.ecr.create_repository(&self.call(), input).await?;
        Ok(made.repository.unwrap())
    }

    pub(crate) async fn disable(&self, key: &str) {
        let key_id = text(key);
        let input = kms::DisableKeyRequest { key_id };
        self.kms.disable_key(&self.call(), input).await.unwrap();
    }

    pub(crate) async fn enable(&self, key: &str) {
        let key_id = text(key);
        let input = kms::EnableKeyRequest { key_id };
        self.kms.enable_key(&self.call(), input).await.unwrap();
    }

    pub(crate) async fn grants(&self, key: &str) -> Vec<kms::GrantListEntry> {
        let input = kms::ListGrantsRequest {
            key_id: text(key),
            ..Default::default()
        };
        let listed = self.kms.list_grants(&self.call(), input).await;
        listed.unwrap().grants.unwrap()
    }

    /// The manifest as BatchGetImage gives it, or its failure: code and reason.
    pub(crate) async fn pulled(&self, name: &str, tag: &str) -> Result<String, (String, String)> {
        let input = BatchGetImageRequest {
            repository_name: text(name),
            image_ids: Some(vec![by_tag(tag)]),
            ..BatchGetImageRequest::default()
        };
        let mut got = self.ecr.batch_get_image(&self.call(), input).await.unwrap();
        if let Some(image) = got.images.unwrap().pop() {
            return Ok(image.image_manifest.unwrap());
        }
        let failure = got.failures.as_mut().unwrap().pop().unwrap();
        Err((
            failure.failure_code.unwrap(),
            failure.failure_reason.unwrap(),
        ))
    }

    /// A layer as it is downloaded.
    pub(crate) async fn downloaded(&self, name: &str, digest: &Digest) -> Result<Vec<u8>, String> {
        let read = self.catalog.read_layer(&registry(), name, digest).await;
        let mut reader = read.map_err(|it| it.to_string())?.ok_or("none")?;
        let mut all = Vec::new();
        while let Some(chunk) = reader.next_chunk().await.unwrap() {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Sends a layer to `app` whether it is there or not.
    async fn send(&self, content: &'static str, digest: &Digest) -> Result<LayerInfo, EcrError> {
        let (catalog, registry, permit) = (&self.catalog, registry(), PERMIT);
        let mut upload = catalog.upload_once(&registry, "app").await?;
        upload.write(content.into()).await?;
        let now = self.call().now;
        catalog
            .finish_upload(&permit, &registry, "app", upload, digest, now)
            .await
    }

    async fn stored(&self) -> HashSet<Digest> {
        let listed = self.catalog.blobs().list(None, 1000).await.unwrap();
        listed.into_iter().map(|it| it.digest).collect()
    }
}

fn files(dir: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.clone(), fs::read(path).unwrap())),
        }
    }
}

fn layers_of(manifest: &Value) -> Vec<Digest> {
    let of = |it: &Value| it["digest"].as_str().unwrap().parse().unwrap();
    let layers = manifest["layers"].as_array().unwrap().iter();
    layers.chain([&manifest["config"]]).map(of).collect()
}

#[tokio::test]
async fn a_key_that_is_disabled_shuts_its_repository_until_it_is_enabled() {
    for kind in ["KMS", "KMS_DSSE"] {
        let home = Home::new();
        let key = home.key().await;
        let made = home.create_under("app", kind, Some(&key)).await.unwrap();
        let shown = made.encryption_configuration.unwrap();
        assert_eq!(shown.encryption_type.as_deref(), Some(kind));
        assert_eq!(shown.kms_key.as_deref(), Some(&*key));
        let manifest = home.manifest("app", "content").await;
        home.put("app", Some("v1"), &manifest).await.unwrap();
        assert_eq!(
            home.pulled("app", "v1").await.unwrap(),
            manifest.to_string()
        );
        let layer = layers_of(&manifest)[0];
        assert_eq!(home.downloaded("app", &layer).await.unwrap(), b"content");
        let id = home.begin("app").await;

        home.disable(&key).await;
        let why = format!(
            "The operation failed due to a KMS exception: DisabledException: {key} is disabled."
        );
        let failed = home.pulled("app", "v1").await.unwrap_err();
        assert_eq!(failed, ("KmsError".to_owned(), why.clone()));
        assert_eq!(home.downloaded("app", &layer).await.unwrap_err(), why);
        let part = home.part("app", &id, 0, b"more").await.unwrap_err();
        let members = part.members.clone();
        assert_eq!(members, [("kmsError", Value::from("DisabledException"))]);
        assert_eq!(said(part), ("KmsException".to_owned(), why.clone()));
        let input = InitiateLayerUploadRequest {
            repository_name: text("app"),
            registry_id: None,
        };
        let begun = home.ecr.initiate_layer_upload(&home.call(), input).await;
        assert_eq!(begun.unwrap_err().code, "KmsException");
        let put = home.put("app", Some("v2"), &manifest).await.unwrap_err();
        assert_eq!(put.code, "KmsException");

        home.enable(&key).await;
        assert_eq!(
            home.pulled("app", "v1").await.unwrap(),
            manifest.to_string()
        );
        assert_eq!(home.downloaded("app", &layer).await.unwrap(), b"content");
        home.part("app", &id, 0, b"more").await.unwrap();
        home.complete("app", &id, &Digest::of(b"more"))
            .await
            .unwrap();
        home.put("app", Some("v2"), &manifest).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_of_it_opens_with_the_keyring_alone() {
    for kind in ["KMS", "KMS_DSSE"] {
        let home = Home::new();
        home.create_under("app", kind, None).await.unwrap();
        let manifest = home.manifest("app", &CANARY.repeat(5000)).await;
        home.put("app", Some("v1"), &manifest).await.unwrap();
        // One that is under way.
        let id = home.begin("app").await;
        let part = CANARY.repeat(3000);
        home.part("app", &id, 0, part.as_bytes()).await.unwrap();
        let mut found = Vec::new();
        files(home.dir.path(), &mut found);
        assert!(found.len() > 4);
        for (path, bytes) in found {
            let clear = bytes
                .windows(CANARY.len())
                .any(|it| it == CANARY.as_bytes());
            assert!(!clear, "in the clear in {}", path.display());
        }
        let stored = home.stored().await;
        for digest in layers_of(&manifest)
            .into_iter()
            .chain([digest_of(&manifest)])
        {
            assert!(!stored.contains(&digest), "{digest} is found by its digest");
        }
        assert_eq!(stored.len(), 3);
        for blob in stored {
            let read = home.catalog.blobs().read(&blob).await;
            assert!(matches!(read, Err(BlobError::Locked)), "{read:?}");
        }
        let upload = wharf_blobs::UploadId::parse(&id).unwrap();
        let repository = home.catalog.repository(&registry(), "app").await.unwrap();
        let resumed = home.catalog.blobs();
        let resumed = resumed
            .resume_upload(&upload, &repository.id, 1 << 30)
            .await;
        assert!(resumed.is_err(), "{resumed:?}");
    }
}

#[tokio::test]
async fn without_a_key_it_is_the_accounts_own() {
    let home = Home::new();
    let arn = |made: Repository| made.encryption_configuration.unwrap().kms_key.unwrap();
    let one = arn(home.create_under("one", "KMS", None).await.unwrap());
    let two = arn(home.create_under("two", "KMS_DSSE", None).await.unwrap());
    assert_eq!(one, two);
    let input = kms::DescribeKeyRequest {
        key_id: text("alias/aws/ecr"),
        ..Default::default()
    };
    let shown = home.kms.describe_key(&home.call(), input).await.unwrap();
    let shown = shown.key_metadata.unwrap();
    assert_eq!(shown.arn.as_deref(), Some(&*one));
    assert_eq!(shown.key_manager.as_deref(), Some("AWS"));

    let grants = home.grants(&one).await;
    assert_eq!(grants.len(), 2);
    for grant in &grants {
        let principal = text("ecr.us-east-1.amazonaws.com");
        let (grantee, service) = (&grant.grantee_principal, &grant.grantee_service_principal);
        assert!(*grantee == principal || *service == principal, "{grant:?}");
        assert_eq!(
            grant.operations.as_ref().unwrap(),
            &["Decrypt", "GenerateDataKey"]
        );
        let bound = grant.constraints.as_ref().unwrap();
        let bound = bound.encryption_context_subset.as_ref().unwrap();
        assert!(bound["aws:ecr:arn"].starts_with("arn:aws:ecr:us-east-1:000000000000:repository/"));
    }
    for name in ["one", "two"] {
        let input = DeleteRepositoryRequest {
            repository_name: text(name),
            ..Default::default()
        };
        home.ecr
            .delete_repository(&home.call(), input)
            .await
            .unwrap();
    }
    assert_eq!(home.grants(&one).await, []);
}

#[tokio::test]
async fn a_grant_that_is_revoked_shuts_its_repository_alone() {
    let home = Home::new();
    let key = home.key().await;
    for name in ["one", "two"] {
        home.create_under(name, "KMS", Some(&key)).await.unwrap();
        let manifest = home.manifest(name, "content").await;
        home.put(name, Some("v1"), &manifest).await.unwrap();
    }
    let grants = home.grants(&key).await;
    let of_one = grants.iter().find(|it| {
        let bound = it.constraints.as_ref().unwrap();
        let bound = bound.encryption_context_subset.as_ref().unwrap();
        bound["aws:ecr:arn"].ends_with("/one")
    });
    let input = kms::RevokeGrantRequest {
        key_id: text(&key),
        grant_id: of_one.unwrap().grant_id.clone(),
        dry_run: None,
    };
    home.kms.revoke_grant(&home.call(), input).await.unwrap();
    let (code, reason) = home.pulled("one", "v1").await.unwrap_err();
    assert_eq!(code, "KmsError");
    assert!(reason.contains("AccessDeniedException"), "{reason}");
    home.pulled("two", "v1").await.unwrap();
}

#[tokio::test]
async fn keys_that_cannot_be_used_make_no_repository() {
    let home = Home::new();
    let key = home.key().await;
    home.disable(&key).await;
    let refused = home
        .create_under("app", "KMS", Some(&key))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "KmsException");
    let nothing = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-4234-8234-123456789012";
    for (kind, key, code, text) in [
        ("KMS", nothing, "KmsException", "NotFoundException"),
        (
            "KMS_DSSE",
            "alias/none",
            "KmsException",
            "NotFoundException",
        ),
        ("AES256", &key, "InvalidParameterException", "kmsKey"),
    ] {
        let refused = said(home.create_under("app", kind, Some(key)).await.unwrap_err());
        assert_eq!(refused.0, code);
        assert!(refused.1.contains(text), "{}", refused.1);
    }
    // A key that signs seals nothing.
    let input = kms::CreateKeyRequest {
        key_spec: text("ECC_NIST_P256"),
        key_usage: text("SIGN_VERIFY"),
        ..Default::default()
    };
    let signing = home.kms.create_key(&home.call(), input).await.unwrap();
    let signing = signing.key_metadata.unwrap().arn.unwrap();
    let refused = home.create_under("app", "KMS", Some(&signing)).await;
    assert_eq!(refused.unwrap_err().code, "KmsException");
    home.enable(&key).await;
    home.create_under("app", "KMS", Some(&key)).await.unwrap();
    let again = home
        .create_under("app", "KMS", Some(&key))
        .await
        .unwrap_err();
    assert_eq!(again.code, "RepositoryAlreadyExistsException");
    assert_eq!(home.grants(&key).await.len(), 1);
}

#[tokio::test]
async fn no_other_repository_comes_to_a_layer_by_its_digest() {
    let home = Home::new();
    let key = home.key().await;
    home.create("plain").await.unwrap();
    for name in ["one", "two"] {
        home.create_under(name, "KMS", Some(&key)).await.unwrap();
    }
    for (from, into) in [("one", "plain"), ("plain", "one"), ("one", "two")] {
        let content = format!("{from} {into}");
        let digest = home.layer(from, content.as_bytes()).await;
        let found = home.catalog.layer(&registry(), into, &digest).await;
        assert_eq!(found.unwrap(), None, "{from} {into}");
        let (permit, registry, now) = (PERMIT, registry(), home.call().now);
        let catalog = &home.catalog;
        let mounted = catalog.mount_layer(&permit, &registry, into, from, &digest, now);
        assert_eq!(mounted.await.unwrap(), None, "{from} {into}");
        assert_eq!(home.layer(into, content.as_bytes()).await, digest);
        assert_eq!(
            home.downloaded(into, &digest).await.unwrap(),
            content.as_bytes()
        );
    }
    assert_eq!(home.stored().await.len(), 6);
}

#[tokio::test]
async fn what_is_pushed_again_is_not_stored_again_unless_it_was_lost() {
    let home = Home::new();
    home.create_under("app", "KMS", None).await.unwrap();
    let manifest = home.manifest("app", "content").await;
    home.put("app", Some("v1"), &manifest).await.unwrap();
    let before = home.stored().await;
    let layer = layers_of(&manifest)[0];
    assert_eq!(home.send("content", &layer).await.unwrap().digest, layer);
    home.put("app", Some("v2"), &manifest).await.unwrap();
    assert_eq!(home.stored().await, before);

    // Other bytes are found out in the same way.
    let refused = Fault::from(home.send("other", &layer).await.unwrap_err());
    assert_eq!(refused.code, "InvalidLayerException");

    for blob in &before {
        fs::remove_file(home.catalog.blobs().path(blob).unwrap().unwrap()).unwrap();
    }
    assert_eq!(
        home.catalog
            .layer(&registry(), "app", &layer)
            .await
            .unwrap(),
        None
    );
    assert_eq!(home.send("content", &layer).await.unwrap().digest, layer);
    home.layer_once("app", b"{}").await;
    home.put("app", Some("v3"), &manifest).await.unwrap();
    assert_eq!(
        home.pulled("app", "v1").await.unwrap(),
        manifest.to_string()
    );
    assert_eq!(home.downloaded("app", &layer).await.unwrap(), b"content");
    // What is there belongs to somebody, and nothing else does.
    home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(home.stored().await.len(), 3);
    home.delete("app", vec![by_digest(&digest_of(&manifest))])
        .await;
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!((report.layers, report.blobs), (2, 3));
}

#[tokio::test]
async fn the_collector_keeps_what_is_needed_and_takes_the_rest() {
    let home = Home::new();
    home.create_under("app", "KMS", None).await.unwrap();
    let manifest = home.manifest("app", "needed").await;
    home.put("app", Some("v1"), &manifest).await.unwrap();
    home.layer("app", b"named by nothing").await;
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!((report.layers, report.blobs), (1, 1));
    assert_eq!(
        home.pulled("app", "v1").await.unwrap(),
        manifest.to_string()
    );
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        force: Some(true),
        registry_id: None,
    };
    home.ecr
        .delete_repository(&home.call(), input)
        .await
        .unwrap();
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(report.blobs, 3);
    assert!(home.stored().await.is_empty());
}

#[tokio::test]
async fn referrers_and_the_archive_work_as_elsewhere() {
    let home = Home::new();
    home.create_under("app", "KMS", None).await.unwrap();
    let manifest = home.manifest("app", "content").await;
    home.put("app", Some("v1"), &manifest).await.unwrap();
    let mut signature = home.manifest("app", "signature").await;
    signature["subject"] =
        serde_json::json!({"mediaType": "x", "digest": digest_of(&manifest), "size": 3});
    signature["annotations"] = serde_json::json!({"by": "me"});
    home.put("app", None, &signature).await.unwrap();
    let subject = digest_of(&manifest);
    let found = home
        .catalog
        .referrers(&registry(), "app", &subject, None, 10)
        .await;
    let (found, _) = found.unwrap();
    assert_eq!(found[0].annotations["by"], "me");
    for class in ["ARCHIVE", "STANDARD"] {
        let input = UpdateImageStorageClassRequest {
            repository_name: text("app"),
            image_id: Some(by_tag("v1")),
            target_storage_class: text(class),
            ..Default::default()
        };
        home.ecr
            .update_image_storage_class(&home.call(), input)
            .await
            .unwrap();
    }
    let back = home.catalog.activate_images(&PERMIT, home.call().now).await;
    assert_eq!(back.unwrap(), 2);
    assert_eq!(
        home.pulled("app", "v1").await.unwrap(),
        manifest.to_string()
    );
}

#[tokio::test]
async fn each_region_has_keys_of_its_own() {
    let home = Home::new();
    let input = CreateRepositoryRequest {
        repository_name: text("app"),
        encryption_configuration: Some(EncryptionConfiguration {
            encryption_type: text("KMS"),
            kms_key: None,
        }),
        ..CreateRepositoryRequest::default()
    };
    let call = call_in("eu-west-1");
    let made = home.ecr.create_repository(&call, input).await.unwrap();
    let shown = made.repository.unwrap().encryption_configuration.unwrap();
    let key = shown.kms_key.unwrap();
    assert!(key.starts_with("arn:aws:kms:eu-west-1:"), "{key}");
}

#[tokio::test]
async fn a_layer_whose_bytes_were_changed_is_healed_by_a_push() {
    let home = Home::new();
    home.create_under("app", "KMS", None).await.unwrap();
    let layer = Digest::of(b"content");
    home.send("content", &layer).await.unwrap();
    let before = home.stored().await;
    for blob in &before {
        let path = home.catalog.blobs().path(blob).unwrap().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    home.downloaded("app", &layer).await.unwrap_err();
    let found = home.catalog.layer(&registry(), "app", &layer).await;
    assert_eq!(found.unwrap(), None);
    home.send("content", &layer).await.unwrap();
    assert_eq!(home.downloaded("app", &layer).await.unwrap(), b"content");
}

#[tokio::test]
async fn of_a_layer_sent_twice_at_once_one_copy_stays() {
    let home = Home::new();
    home.create_under("app", "KMS", None).await.unwrap();
    let layer = Digest::of(b"content");
    let (one, two) = tokio::join!(home.send("content", &layer), home.send("content", &layer));
    assert_eq!((one.unwrap().digest, two.unwrap().digest), (layer, layer));
    assert_eq!(home.stored().await.len(), 1);
    assert_eq!(home.downloaded("app", &layer).await.unwrap(), b"content");
}

#[tokio::test]
async fn what_needs_nothing_opened_needs_no_key() {
    let home = Home::new();
    let key = home.key().await;
    home.create_under("app", "KMS", Some(&key)).await.unwrap();
    let id = home.begin("app").await;
    home.disable(&key).await;
    let absent = Digest::of(b"absent");
    assert_eq!(home.downloaded("app", &absent).await.unwrap_err(), "none");
    let catalog = &home.catalog;
    catalog
        .cancel_upload(&registry(), "app", &id)
        .await
        .unwrap();
    let again = catalog.cancel_upload(&registry(), "app", &id).await;
    assert!(
        matches!(again, Err(EcrError::UploadNotFound { .. })),
        "{again:?}"
    );
}

/// As a process leaves it that was killed amid the deletion.
async fn doom(home: &Home, name: &str, body: &Value) -> String {
    let scope = Scope::new("ecr", ACCOUNT, REGION);
    let id = home.catalog.repository(&registry(), name).await.unwrap().id;
    let marker = scope.key("doomed", &id);
    let value = serde_json::json!({"kind": "marker", "format": 1, "body": body});
    let txn = Txn::new()
        .delete(scope.key("repository", name))
        .put(&marker, value.to_string().into_bytes());
    home.world.store.txn(&PERMIT, txn).await.unwrap();
    marker
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_gives_the_grant_back() {
    let home = Home::new();
    let key = home.key().await;
    home.create_under("app", "KMS", Some(&key)).await.unwrap();
    home.create("plain").await.unwrap();
    let app = home.catalog.repository(&registry(), "app").await.unwrap();
    let body = serde_json::json!({"name": "app", "encryption": app.encryption});
    let markers = [
        doom(&home, "app", &body).await,
        // As versions before wrote it.
        doom(&home, "plain", &serde_json::json!({})).await,
    ];
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(report.repositories, 2);
    assert_eq!(home.grants(&key).await, []);
    for marker in markers {
        assert_eq!(home.world.store.get(&marker).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_holds_nothing_else_up() {
    let home = Home::new();
    home.create("broken").await.unwrap();
    let layer = home.layer("broken", b"content").await;
    let broken = home.catalog.repository(&registry(), "broken").await;
    let scope = Scope::new("ecr", ACCOUNT, REGION);
    let record = format!(
        "{}{}.{}",
        scope.prefix("layer"),
        broken.unwrap().id,
        layer.hex()
    );
    // Of an account that comes before.
    let elsewhere = Scope::new("ecr", ACCOUNT, "af-south-1").key("doomed", "0123456789abcdef");
    let txn = Txn::new().put(&record, "{").put(&elsewhere, "{");
    assert!(home.world.store.get(&record).await.unwrap().is_some());
    home.world.store.txn(&PERMIT, txn).await.unwrap();
    let marker = doom(&home, "broken", &serde_json::json!({})).await;
    let report = home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert_eq!(report.repositories, 1);
    for gone in [&record, &marker] {
        assert_eq!(home.world.store.get(gone).await.unwrap(), None);
    }
}
