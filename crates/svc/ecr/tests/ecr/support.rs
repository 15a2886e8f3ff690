//! A service on a folder of its own, and short ways to call it.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_api_ecr::{Ecr, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_reconcile::Takeover;
use wharf_svc_ecr::{Catalog, Config, EcrService, KmsKeys};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::World;
pub use wharf_testkit::{ACCOUNT, PERMIT, call_at};
use wharf_wire::{Call, Context, Fault};

pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub struct Home {
    pub dir: TempDir,
    pub world: World,
    /// When calls are made.
    now: Timestamp,
    pub catalog: Catalog,
    pub ecr: Arc<EcrService>,
    /// As its owner calls it, past the gate; ECR goes through it.
    pub kms: KmsService,
}

impl Home {
    pub fn new() -> Self {
        Self::with(NOW, |_| {})
    }

    pub fn with(now: Timestamp, set: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let world = World::in_memory();
        let (store, keyring) = (world.store.clone(), world.keyring.clone());
        let folder = dir.path().join("blobs");
        let blobs = Blobs::open(&folder, keyring.clone(), Limits::default()).unwrap();
        let kms = KmsService::new(KmsParts {
            store: store.clone(),
            keyring: keyring.clone(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), world.dispatcher.clone());
        let mut config = Config {
            unused_life: Duration::ZERO,
            keys: Some(KmsKeys(Arc::new(keys))),
            ..Config::new("localhost:4566")
        };
        set(&mut config);
        let catalog = Catalog::new(store, blobs, keyring, config);
        catalog.asking(world.dispatcher.clone());
        let ecr = Arc::new(EcrService::new(catalog.clone()));
        Self {
            dir,
            world,
            now,
            catalog,
            ecr,
            kms,
        }
    }

    /// With a repository `app`.
    pub async fn with_app() -> Self {
        let home = Self::new();
        home.create("app").await.unwrap();
        home
    }

    pub fn call(&self) -> Call {
        call_at(self.now)
    }

    pub async fn create(&self, name: &str) -> Result<Repository, Fault> {
        let input = CreateRepositoryRequest {
            repository_name: text(name),
            ..CreateRepositoryRequest::default()
        };
        let made = self.ecr.create_repository(&self.call(), input).await?;
        Ok(made.repository.unwrap())
    }

    /// Uploads a layer through the API.
    pub async fn layer(&self, name: &str, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        let id = self.begin(name).await;
        self.part(name, &id, 0, content).await.unwrap();
        self.complete(name, &id, &digest).await.unwrap();
        digest
    }

    pub async fn begin(&self, name: &str) -> String {
        let input = InitiateLayerUploadRequest {
            repository_name: text(name),
            registry_id: None,
        };
        let begun = self
            .ecr
            .initiate_layer_upload(&self.call(), input)
            .await
            .unwrap();
        assert_eq!(begun.part_size, Some(20_971_520));
        begun.upload_id.unwrap()
    }

    pub async fn part(
        &self,
        name: &str,
        upload: &str,
        first: i64,
        content: &[u8],
    ) -> Result<i64, Fault> {
        let input = UploadLayerPartRequest {
            repository_name: text(name),
            upload_id: text(upload),
            part_first_byte: Some(first),
            part_last_byte: Some(first + content.len() as i64 - 1),
            layer_part_blob: Some(content.to_vec()),
            ..UploadLayerPartRequest::default()
        };
        let sent = self.ecr.upload_layer_part(&self.call(), input).await?;
        Ok(sent.last_byte_received.unwrap())
    }

    pub async fn complete(&self, name: &str, upload: &str, digest: &Digest) -> Result<(), Fault> {
        let input = CompleteLayerUploadRequest {
            repository_name: text(name),
            upload_id: text(upload),
            layer_digests: Some(vec![digest.to_string()]),
            ..CompleteLayerUploadRequest::default()
        };
        self.ecr
            .complete_layer_upload(&self.call(), input)
            .await
            .map(drop)
    }

    /// The manifest of an image whose config and one layer are there.
    pub async fn manifest(&self, name: &str, content: &str) -> Value {
        let layer = self.layer_once(name, content.as_bytes()).await;
        let config = self.layer_once(name, b"{}").await;
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config, "size": 2},
            "layers": [{"mediaType": "x", "digest": layer, "size": content.len()}],
        })
    }

    pub async fn layer_once(&self, name: &str, content: &[u8]) -> Digest {
        let input = BatchCheckLayerAvailabilityRequest {
            repository_name: text(name),
            layer_digests: Some(vec![Digest::of(content).to_string()]),
            registry_id: None,
        };
        let checked = self
            .ecr
            .batch_check_layer_availability(&self.call(), input)
            .await
            .unwrap();
        if checked.layers.unwrap()[0].layer_availability.as_deref() == Some("AVAILABLE") {
            return Digest::of(content);
        }
        let id = self.begin(name).await;
        self.part(name, &id, 0, content).await.unwrap();
        match self.complete(name, &id, &Digest::of(content)).await {
            // Somebody else was quicker.
            Err(fault) if fault.code == "LayerAlreadyExistsException" => {}
            ended => ended.unwrap(),
        }
        Digest::of(content)
    }

    pub async fn put(
        &self,
        name: &str,
        tag: Option<&str>,
        manifest: &Value,
    ) -> Result<Image, Fault> {
        let input = PutImageRequest {
            repository_name: text(name),
            image_manifest: Some(manifest.to_string()),
            image_tag: tag.map(str::to_owned),
            ..PutImageRequest::default()
        };
        Ok(self
            .ecr
            .put_image(&self.call(), input)
            .await?
            .image
            .unwrap())
    }

    pub async fn delete(&self, name: &str, ids: Vec<ImageIdentifier>) -> BatchDeleteImageResponse {
        let input = BatchDeleteImageRequest {
            repository_name: text(name),
            image_ids: Some(ids),
            registry_id: None,
        };
        self.ecr
            .batch_delete_image(&self.call(), input)
            .await
            .unwrap()
    }

    pub async fn list(&self, name: &str, size: i32, status: Option<&str>) -> Vec<ImageIdentifier> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let input = ListImagesRequest {
                repository_name: text(name),
                max_results: Some(size),
                next_token: token,
                filter: Some(ListImagesFilter {
                    tag_status: status.map(str::to_owned),
                    ..ListImagesFilter::default()
                }),
                ..ListImagesRequest::default()
            };
            let page = self.ecr.list_images(&self.call(), input).await.unwrap();
            let ids = page.image_ids.unwrap();
            assert!(ids.len() <= size as usize);
            all.extend(ids);
            token = page.next_token;
            if token.is_none() {
                return all;
            }
        }
    }
}

pub fn call_in(region: &str) -> Call {
    let context = Context {
        region: region.to_owned(),
        ..call_at(NOW).context().clone()
    };
    Call::by_controller(context, PERMIT)
}

pub fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub fn digest_of(manifest: &Value) -> Digest {
    Digest::of(manifest.to_string().as_bytes())
}

pub fn by_tag(tag: &str) -> ImageIdentifier {
    ImageIdentifier {
        image_digest: None,
        image_tag: text(tag),
    }
}

pub fn by_digest(digest: &Digest) -> ImageIdentifier {
    ImageIdentifier {
        image_digest: Some(digest.to_string()),
        image_tag: None,
    }
}

/// Code and text.
pub fn said(fault: Fault) -> (String, String) {
    (fault.code.into_owned(), fault.message)
}
