//! A service on a folder of its own, asked in JSON as from outside: past the model's constraints and
//! IAM's gate.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_api_ecr_public::Routes;
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_svc_ecr::{Catalog, Config};
use wharf_svc_ecr_public::EcrPublicService;
use wharf_testkit::{World, context, context_of};
use wharf_wire::{Caller, Context, service::Body};

pub const HOME: &str = "000000000000";
pub const OTHER: &str = "111122223333";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand more";

pub struct Home {
    _dir: TempDir,
    pub world: World,
    pub catalog: Catalog,
    routes: Routes,
}

/// Code and text of a refusal.
pub type Refused = (String, String);

pub fn refused(code: &str, text: &str) -> Result<Value, Refused> {
    Err((code.to_owned(), text.to_owned()))
}

impl Home {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(set: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::over(World::in_memory(), dir, set)
    }

    pub fn over(world: World, dir: TempDir, set: impl FnOnce(&mut Config)) -> Self {
        let catalog = catalog(&world, dir.path(), set);
        let service = EcrPublicService::new(catalog.clone());
        Self {
            _dir: dir,
            world,
            catalog,
            routes: Routes(Arc::new(service)),
        }
    }

    /// Asks as root of the home account.
    pub async fn ask(&self, operation: &str, input: Value) -> Result<Value, Refused> {
        self.ask_in(context(), operation, input).await
    }

    /// As root of another account.
    pub async fn ask_from(
        &self,
        account: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, Refused> {
        let cx = context_of(Caller::root(account));
        self.ask_in(cx, operation, input).await
    }

    pub async fn ask_in(
        &self,
        cx: Context,
        operation: &str,
        input: Value,
    ) -> Result<Value, Refused> {
        let body = Body::Json(input.to_string().into());
        let reply = self
            .world
            .dispatcher
            .dispatch(&self.routes, cx, operation, body);
        let answer = reply.await.whole().unwrap();
        let said: Value = match answer.body.is_empty() {
            true => json!({}),
            false => serde_json::from_slice(&answer.body).unwrap(),
        };
        if answer.status == 200 {
            return Ok(said);
        }
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        Err((text("__type"), text("message")))
    }

    pub async fn create(&self, name: &str) -> Value {
        let made = self.ask("CreateRepository", json!({"repositoryName": name}));
        made.await.unwrap()["repository"].clone()
    }

    /// Uploads a layer, unless it is there.
    pub async fn layer(&self, name: &str, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        let of = |more: Value| {
            let mut input = json!({"repositoryName": name});
            let members = more.as_object().unwrap().clone();
            input.as_object_mut().unwrap().extend(members);
            input
        };
        let there = of(json!({"layerDigests": [digest]}));
        let there = self
            .ask("BatchCheckLayerAvailability", there)
            .await
            .unwrap();
        if there["layers"][0]["layerAvailability"] == "AVAILABLE" {
            return digest;
        }
        let begun = self
            .ask("InitiateLayerUpload", of(json!({})))
            .await
            .unwrap();
        let id = begun["uploadId"].clone();
        let part = json!({
            "uploadId": id, "partFirstByte": 0, "partLastByte": content.len() - 1,
            "layerPartBlob": base64(content),
        });
        self.ask("UploadLayerPart", of(part)).await.unwrap();
        let end = json!({"uploadId": id, "layerDigests": [digest]});
        self.ask("CompleteLayerUpload", of(end)).await.unwrap();
        digest
    }

    /// The manifest of an image whose config and one layer are there.
    pub async fn manifest(&self, name: &str, content: &str) -> String {
        let layer = self.layer(name, content.as_bytes()).await;
        let config = self.layer(name, b"{}").await;
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
            "layers": [{"mediaType": "x", "digest": layer, "size": content.len()}],
        })
        .to_string()
    }

    /// Puts an image of one layer; its digest.
    pub async fn image(&self, name: &str, tag: &str, content: &str) -> String {
        let manifest = self.manifest(name, content).await;
        let input = json!({"repositoryName": name, "imageManifest": manifest, "imageTag": tag});
        let put = self.ask("PutImage", input).await.unwrap();
        put["image"]["imageId"]["imageDigest"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn alias(&self, account: &str) -> String {
        let found = self
            .ask_from(account, "DescribeRegistries", json!({}))
            .await
            .unwrap();
        let alias = &found["registries"][0]["aliases"][0]["name"];
        alias.as_str().unwrap().to_owned()
    }
}

pub fn catalog(world: &World, dir: &Path, set: impl FnOnce(&mut Config)) -> Catalog {
    let (store, keyring) = (world.store.clone(), world.keyring.clone());
    let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default()).unwrap();
    let mut config = Config {
        unused_life: Duration::ZERO,
        ..Config::new("localhost:4566")
    };
    set(&mut config);
    Catalog::new(store, blobs, keyring, config)
}

pub fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
