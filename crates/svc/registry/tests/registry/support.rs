//! A registry on a socket of its own, and a client that sends whatever it is told.

use std::{
    collections::HashSet,
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, StatusCode, header::HeaderMap};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use wharf_api_ecr::{CreateRepositoryRequest, DescribeImagesRequest, Ecr, ImageDetail};
use wharf_base::{Clock, Permit, TestClock, Timestamp};
use wharf_blobs::{Blobs, Digest, Limits};
use wharf_reconcile::Takeover;
use wharf_registry::{Options, Peer, RegistryApi};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, EcrService, GcReport, KmsKeys, token};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_wire::{Call, Caller, Check, Context, Denied, Dispatcher, Gate};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Says no to the actions on its list, and where a policy of the resource denies anything, and remembers what it was asked.
#[derive(Default)]
pub struct Doorman {
    denied: Mutex<HashSet<String>>,
    asked: Mutex<Vec<(String, String, String)>>,
}

impl Doorman {
    pub fn deny(&self, action: &str) {
        self.denied.lock().unwrap().insert(action.to_owned());
    }

    pub fn allow(&self, action: &str) {
        self.denied.lock().unwrap().remove(action);
    }

    /// Caller, action and resource of every question since the last time.
    pub fn take_asked(&self) -> Vec<(String, String, String)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait::async_trait]
impl Gate for Doorman {
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        for check in checks {
            let question = (
                cx.caller.arn.clone(),
                check.action.clone(),
                check.resource.clone(),
            );
            self.asked.lock().unwrap().push(question);
            if self.denied.lock().unwrap().contains(&check.action) {
                return Err(Denied(format!("no {} for you", check.action)));
            }
            let policy = check.resource_policy.as_deref();
            if policy.is_some_and(|it| it.contains(r#""Effect":"Deny""#)) {
                return Err(Denied(format!("no {} by policy", check.action)));
            }
        }
        Ok(())
    }
}

pub struct Home {
    pub dir: TempDir,
    pub catalog: Catalog,
    pub api: RegistryApi,
    pub clock: Arc<TestClock>,
    pub doorman: Arc<Doorman>,
    pub address: SocketAddr,
    pub password: String,
    /// Past the gate.
    pub kms: KmsService,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status and the first error's code.
    pub fn error(&self) -> (u16, String) {
        let code = self.json()["errors"][0]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (self.status.as_u16(), code)
    }

    pub fn message(&self) -> String {
        self.json()["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// One request in the making.
pub struct Ask<'a> {
    home: &'a Home,
    builder: http::request::Builder,
    body: Bytes,
    anonymous: bool,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.builder = self.builder.header(name, value.as_ref());
        self
    }

    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    pub async fn send(mut self) -> Answer {
        if !self.anonymous {
            let pair = STANDARD.encode(format!("AWS:{}", self.home.password));
            self.builder = self
                .builder
                .header("authorization", format!("Basic {pair}"));
        }
        if !self.builder.headers_ref().unwrap().contains_key("host") {
            self.builder = self.builder.header("host", "localhost:4566");
        }
        let request = self.builder.body(Full::new(self.body)).unwrap();
        let stream = TcpStream::connect(self.home.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

impl Home {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_options(change, Options::default()).await
    }

    pub async fn with_options(change: impl FnOnce(&mut Config), options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).unwrap();
        let keyring = Keyring::in_memory();
        let folder = dir.path().join("blobs");
        let blobs = Blobs::open(&folder, keyring.clone(), Limits::default()).unwrap();
        let clock = Arc::new(TestClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let doorman = Arc::new(Doorman::default());
        let dispatcher = Dispatcher::new(doorman.clone());
        let kms = KmsService::new(KmsParts {
            store: store.clone(),
            keyring: keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms.clone()), dispatcher.clone());
        let mut config = Config {
            keys: Some(KmsKeys(Arc::new(keys))),
            ..Config::new("localhost:4566")
        };
        change(&mut config);
        let catalog = Catalog::new(store, blobs, keyring.clone(), config);
        let api = RegistryApi::new(catalog.clone(), dispatcher, clock.clone(), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, api.clone()));
        let mut home = Self {
            dir,
            catalog,
            api,
            clock,
            doorman,
            address,
            password: String::new(),
            kms,
        };
        home.log_in();
        home.create("app").await;
        home
    }

    /// A password that is good from now on.
    pub fn log_in(&mut self) {
        let bearer = token::Bearer {
            caller: Caller::root(ACCOUNT),
            region: REGION.to_owned(),
            registry: None,
        };
        let now = self.clock.now();
        (self.password, _) = token::issue_password(self.catalog.keyring(), &bearer, now);
    }

    pub fn call(&self) -> Call {
        let context = Context::internal(ACCOUNT, REGION, "test", self.clock.now());
        Call::by_controller(context, Permit::for_controller("test"))
    }

    pub fn ecr(&self) -> EcrService {
        EcrService::new(self.catalog.clone())
    }

    pub async fn create(&self, name: &str) {
        let input = CreateRepositoryRequest {
            repository_name: Some(name.to_owned()),
            ..CreateRepositoryRequest::default()
        };
        self.ecr()
            .create_repository(&self.call(), input)
            .await
            .unwrap();
    }

    pub async fn describe(&self, name: &str) -> Vec<ImageDetail> {
        let input = DescribeImagesRequest {
            repository_name: Some(name.to_owned()),
            ..DescribeImagesRequest::default()
        };
        let described = self
            .ecr()
            .describe_images(&self.call(), input)
            .await
            .unwrap();
        described.image_details.unwrap()
    }

    pub async fn collect(&self) -> GcReport {
        self.catalog
            .collect_garbage(&Permit::for_controller("test"))
            .await
            .unwrap()
    }

    pub fn ask(&self, method: &str, path: impl AsRef<str>) -> Ask<'_> {
        let builder = Request::builder().method(method).uri(path.as_ref());
        Ask {
            home: self,
            builder,
            body: Bytes::new(),
            anonymous: false,
        }
    }

    pub async fn get(&self, path: impl AsRef<str>) -> Answer {
        self.ask("GET", path).send().await
    }

    /// Pushes a layer in one request.
    pub async fn push_layer(&self, name: &str, content: impl Into<Bytes>) -> Digest {
        let content = content.into();
        let digest = Digest::of(&content);
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        let pushed = self.ask("POST", path).body(content).send().await;
        assert_eq!(pushed.status, 201);
        digest
    }

    /// The manifest of an image of one layer, whose blobs are pushed.
    pub async fn image(&self, name: &str, layer: impl Into<Bytes>) -> Value {
        let layer = layer.into();
        let size = layer.len();
        let layer = self.push_layer(name, layer).await;
        let config = self.push_layer(name, "{}").await;
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config, "size": 2},
            "layers": [{"mediaType": "application/octet-stream", "digest": layer, "size": size}],
        })
    }

    pub async fn put(&self, name: &str, reference: &str, manifest: &Value) -> Answer {
        let path = format!("/v2/{name}/manifests/{reference}");
        let kind = manifest["mediaType"]
            .as_str()
            .unwrap_or(OCI_MANIFEST)
            .to_owned();
        self.ask("PUT", path)
            .header("content-type", kind)
            .body(manifest.to_string())
            .send()
            .await
    }

    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().join("blobs").join(folder)];
        assert!(folders[0].is_dir());
        while let Some(folder) = folders.pop() {
            // Removals run behind: a folder that was seen may be gone.
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path)
                } else {
                    found.push(path)
                }
            }
        }
        found
    }

    /// Removals run behind: waits until no upload is left.
    pub async fn without_uploads(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while !self.files("uploads").is_empty() {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{:?}",
                self.files("uploads")
            );
            tokio::task::yield_now().await;
        }
    }
}

async fn serve(listener: TcpListener, api: RegistryApi) {
    loop {
        let (stream, address) = listener.accept().await.unwrap();
        let api = api.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let api = api.clone();
                let peer = Peer {
                    address: Some(address.ip()),
                    task: None,
                    origin: None,
                    secure: false,
                };
                async move { Ok::<_, Infallible>(api.handle(request, peer).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// When kernels before 6.13, too, have another time for a file that changes than for its push: until then what is kept of a
/// small one in memory counts.
pub async fn a_tick_later() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

pub fn random(len: usize) -> Bytes {
    let mut bytes = vec![0; len];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes.into()
}
