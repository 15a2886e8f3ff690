//! A cluster whose users may do everything, and ways to ask it.

use std::{io, net::Ipv4Addr, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http::{
    Method, Request, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use wharf_base::{SystemClock, Timestamp};
use wharf_kube_api::{
    Audit, Body, Cluster, Connection, DataKey, FargateProfiles, FrontProxy, Network, Nodes,
    Outside, OwnServer, OwnWebhook, Parts, PodImages, Servers,
};
use wharf_kube_auth::{
    Attributes, Authorizer, Decision, IssuedToken, PolicyRule, Rules, TokenRefused, TokenRequest,
    Tokens, Unauthenticated, UserInfo,
};
use wharf_seal::SharedKey;
use wharf_store::{Store, StoreOptions};

/// Lets everybody do everything, but for the users `nobody`, `editor`, who creates nothing, `onlooker`, whom no signer knows, and
/// `granter`, who holds no rights that could be given away.
struct Open;

#[async_trait]
impl Authorizer for Open {
    async fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        match user.name.as_str() {
            "editor" if asked.verb != "create" => Decision::Allow(String::new()),
            "onlooker" if asked.resource != "signers" => Decision::Allow(String::new()),
            "granter" if !["escalate", "bind"].contains(&asked.verb.as_str()) => {
                Decision::Allow(String::new())
            }
            "nobody" | "editor" | "onlooker" | "granter" => Decision::NoOpinion(String::new()),
            _ => Decision::Allow(String::new()),
        }
    }

    async fn rules(&self, _: &UserInfo, _: &str) -> Rules {
        Rules::default()
    }

    async fn uncovered(&self, user: &UserInfo, _: &str, wanted: &[PolicyRule]) -> Vec<PolicyRule> {
        match user.name.as_str() {
            "granter" => wanted.to_vec(),
            _ => Vec::new(),
        }
    }

    async fn role(&self, _: &str, _: &str, _: &str) -> Option<Vec<PolicyRule>> {
        Some(vec![PolicyRule {
            verbs: vec!["get".to_owned()],
            groups: vec![String::new()],
            resources: vec!["secrets".to_owned()],
            ..PolicyRule::default()
        }])
    }
}

struct Tokenless;

#[async_trait]
impl Tokens for Tokenless {
    async fn issue(&self, request: &TokenRequest) -> Result<IssuedToken, TokenRefused> {
        Ok(IssuedToken {
            token: format!("of {}/{}", request.namespace, request.account),
            audiences: request.audiences.clone(),
            expires: Timestamp(0),
        })
    }

    async fn review(
        &self,
        _: &str,
        _: &[String],
    ) -> Result<(UserInfo, Vec<String>), Unauthenticated> {
        Err(Unauthenticated::Refused("unknown".to_owned()))
    }
}

/// Nodes whose kubelets listen without TLS, at the port that they tell.
struct Plain;

#[async_trait]
impl Nodes for Plain {
    async fn kubelet(&self, node: &Value) -> io::Result<Box<dyn Connection>> {
        let port = &node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"];
        let port = port.as_u64().and_then(|it| u16::try_from(it).ok());
        let to = ("127.0.0.1", port.unwrap_or_default());
        Ok(Box::new(tokio::net::TcpStream::connect(to).await?))
    }

    async fn secure(&self, to: Box<dyn Connection>) -> io::Result<Box<dyn Connection>> {
        Ok(to)
    }

    async fn verified(
        &self,
        to: Box<dyn Connection>,
        _: &str,
        _: &[u8],
    ) -> io::Result<Box<dyn Connection>> {
        Ok(to)
    }

    async fn aggregated(
        &self,
        to: Box<dyn Connection>,
        _: &str,
        _: Option<&[u8]>,
    ) -> io::Result<Box<dyn Connection>> {
        Ok(to)
    }
}

pub struct Harness {
    pub servers: Servers,
    pub cluster: Cluster,
    pub store: Store,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub value: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, code: u16) -> Value {
        assert_eq!(self.code, code, "{}", self.value);
        self.value
    }

    pub fn message(&self) -> &str {
        self.value["message"].as_str().unwrap_or_default()
    }
}

impl Harness {
    pub async fn new() -> Self {
        Self::over(Store::in_memory(StoreOptions::default())).await
    }

    pub async fn over(store: Store) -> Self {
        Self::with(store, None).await
    }

    pub async fn with_fargate(profiles: impl FargateProfiles) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        Self::with(store, Some(Arc::new(profiles))).await
    }

    /// With rules about the images of pods.
    pub async fn with_images(images: impl PodImages) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        Self::told(store, None, None, Some(Arc::new(images)), (None, None)).await
    }

    /// With somebody who hears of requests.
    pub async fn with_audit(audit: Arc<dyn Audit>) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        Self::told(store, None, Some(audit), None, (None, None)).await
    }

    async fn with(store: Store, fargate: Option<Arc<dyn FargateProfiles>>) -> Self {
        Self::told(store, fargate, None, None, (None, None)).await
    }

    /// Whose Secrets are under a key of its own, and under a data key.
    pub async fn sealed(store: Store, own: SharedKey, data: Option<DataKey>) -> Self {
        Self::told(store, None, None, None, (Some(Arc::new(own)), data)).await
    }

    async fn told(
        store: Store,
        fargate: Option<Arc<dyn FargateProfiles>>,
        audit: Option<Arc<dyn Audit>>,
        images: Option<Arc<dyn PodImages>>,
        under: (Option<Arc<SharedKey>>, Option<DataKey>),
    ) -> Self {
        let parts = Self::parts(fargate, audit, images);
        Self::served(store, parts, under).await
    }

    /// With a way to webhooks at addresses, and the one of this process.
    pub async fn with_webhooks(outside: impl Outside, own: Option<Arc<dyn OwnWebhook>>) -> Self {
        let parts = Parts {
            outside: Some(Arc::new(outside)),
            own_webhook: own,
            ..Self::parts(None, None, None)
        };
        let store = Store::in_memory(StoreOptions::default());
        Self::served(store, parts, (None, None)).await
    }

    async fn served(
        store: Store,
        parts: Parts,
        under: (Option<Arc<SharedKey>>, Option<DataKey>),
    ) -> Self {
        let servers = Servers::new(store.clone());
        let objects = servers
            .sealed_objects("000000000000", "us-east-1", "test", under)
            .await
            .unwrap();
        let cluster = servers.create("test", objects, parts).await.unwrap();
        Self {
            servers,
            cluster,
            store,
        }
    }

    fn parts(
        fargate: Option<Arc<dyn FargateProfiles>>,
        audit: Option<Arc<dyn Audit>>,
        images: Option<Arc<dyn PodImages>>,
    ) -> Parts {
        Parts {
            authorizer: Arc::new(Open),
            tokens: Arc::new(Tokenless),
            nodes: Arc::new(Plain),
            audit,
            clock: Arc::new(SystemClock),
            version: wharf_kube_model::Version::DEFAULT,
            network: Network {
                service_range: "10.100.0.0/16".parse().unwrap(),
                server: Some(OwnServer {
                    port: 443,
                    addresses: vec![Ipv4Addr::new(10, 0, 0, 5)],
                }),
            },
            openid_configuration: Value::Null,
            jwks: Value::Null,
            outside: None,
            own_webhook: None,
            fargate,
            images,
            without: Default::default(),
            front_proxy: Some(FrontProxy {
                clients: "clients".to_owned(),
                authority: "front".to_owned(),
            }),
        }
    }

    pub async fn send(
        &self,
        method: Method,
        uri: &str,
        kind: &str,
        body: impl ToString,
    ) -> Response<Body> {
        self.send_as("admin", method, uri, kind, body).await
    }

    pub async fn send_as(
        &self,
        user: &str,
        method: Method,
        uri: &str,
        kind: &str,
        body: impl ToString,
    ) -> Response<Body> {
        let user = UserInfo::authenticated(user, &[]);
        self.send_by(&user, method, uri, kind, body).await
    }

    pub async fn send_by(
        &self,
        user: &UserInfo,
        method: Method,
        uri: &str,
        kind: &str,
        body: impl ToString,
    ) -> Response<Body> {
        let body = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {});
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(CONTENT_TYPE, kind)
            .header("user-agent", "test/1")
            .body(body.boxed_unsync())
            .unwrap();
        self.cluster.serve(request, user).await
    }

    async fn ask(&self, method: Method, uri: &str, kind: &str, body: impl ToString) -> Answer {
        read(self.send(method, uri, kind, body).await).await
    }

    pub async fn get(&self, uri: &str) -> Answer {
        self.ask(Method::GET, uri, "application/json", "").await
    }

    /// What a client hears that accepts this.
    pub async fn get_as(&self, uri: &str, accept: &str) -> Answer {
        let body = Full::new(Bytes::new()).map_err(|never| match never {});
        let request = Request::builder()
            .uri(uri)
            .header(ACCEPT, accept)
            .body(body.boxed_unsync())
            .unwrap();
        let user = UserInfo::authenticated("admin", &[]);
        read(self.cluster.serve(request, &user).await).await
    }

    pub async fn post(&self, uri: &str, object: &Value) -> Answer {
        self.ask(Method::POST, uri, "application/json", object)
            .await
    }

    pub async fn put(&self, uri: &str, object: &Value) -> Answer {
        self.ask(Method::PUT, uri, "application/json", object).await
    }

    pub async fn patch(&self, uri: &str, kind: &str, patch: &Value) -> Answer {
        let kind = format!("application/{kind}");
        self.ask(Method::PATCH, uri, &kind, patch).await
    }

    pub async fn delete(&self, uri: &str, options: impl ToString) -> Answer {
        self.ask(Method::DELETE, uri, "application/json", options)
            .await
    }

    /// A pod behind a service of that name, on a node whose kubelet listens at the port.
    pub async fn behind(&self, name: &str, port: u16) {
        let named = |name: &str| json!({"metadata": {"name": name}});
        let space = "/api/v1/namespaces/default";
        let account = named("default");
        self.post(&format!("{space}/serviceaccounts"), &account)
            .await
            .expect(201);
        self.post("/api/v1/nodes", &named("n")).await.expect(201);
        let status = json!({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}});
        self.patch("/api/v1/nodes/n/status", "merge-patch+json", &status)
            .await
            .expect(200);
        let pod = json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
        self.post(&format!("{space}/pods"), &pod).await.expect(201);
        let binding = json!({"metadata": {"name": name}, "target": {"name": "n"}});
        self.post(&format!("{space}/pods/{name}/binding"), &binding)
            .await
            .expect(201);
        let service = json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 443}]}});
        self.post(&format!("{space}/services"), &service)
            .await
            .expect(201);
        let target = json!({"kind": "Pod", "namespace": "default", "name": name});
        let endpoints = json!({"metadata": {"name": name}, "subsets": [{
            "addresses": [{"ip": "10.1.2.3", "targetRef": target}], "ports": [{"port": 8443}]}]});
        self.post(&format!("{space}/endpoints"), &endpoints)
            .await
            .expect(201);
    }

    /// Waits until an answer is what it is to be: what the server does by itself.
    pub async fn until(&self, uri: &str, holds: impl Fn(&Answer) -> bool) {
        let wait = async {
            while !holds(&self.get(uri).await) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), wait).await;
        waited.expect(uri);
    }

    /// A listener for clients of other processes, all of which are one user.
    pub async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cluster = self.cluster.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let cluster = cluster.clone();
                let service =
                    hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                        let cluster = cluster.clone();
                        async move {
                            let request =
                                request.map(|body| body.map_err(io::Error::other).boxed_unsync());
                            let user = UserInfo::authenticated("admin", &["system:masters"]);
                            Ok::<_, std::convert::Infallible>(cluster.serve(request, &user).await)
                        }
                    });
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = server
                        .serve_connection_with_upgrades(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        format!("http://{address}")
    }
}

pub async fn read(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let value = serde_json::from_slice(&body)
        .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into());
    Answer {
        code: head.status.as_u16(),
        value,
    }
}

/// What an answer warns of.
pub fn warnings(answer: &Response<Body>) -> Vec<String> {
    let all = answer.headers().get_all("warning").iter();
    let all = all.filter_map(|it| {
        let text = std::str::from_utf8(it.as_bytes()).ok()?;
        let text = text.strip_prefix("299 - \"")?;
        text.strip_suffix('"')
    });
    all.map(|it| it.replace("\\\"", "\"")).collect()
}
