//! A cluster with everything but nodes.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_base::{SystemClock, Timestamp};
use wharf_kube_api::{Connection, Network, Nodes, Parts, Servers};
use wharf_kube_auth::{
    Attributes, Authorizer, Decision, IssuedToken, PolicyRule, Rules, TokenRefused, TokenRequest,
    Tokens, Unauthenticated, UserInfo,
};
use wharf_kube_client::{Client, Informers, Kind, Selection, transport};
use wharf_kube_controllers::{CertificateSigner, NotSigned, Options, Order, ServerNames};
use wharf_store::{Store, StoreOptions};

struct Open;

#[async_trait]
impl Authorizer for Open {
    async fn authorize(&self, _: &UserInfo, _: &Attributes) -> Decision {
        Decision::Allow(String::new())
    }

    async fn rules(&self, _: &UserInfo, _: &str) -> Rules {
        Rules::default()
    }

    async fn uncovered(&self, _: &UserInfo, _: &str, _: &[PolicyRule]) -> Vec<PolicyRule> {
        Vec::new()
    }

    async fn role(&self, _: &str, _: &str, _: &str) -> Option<Vec<PolicyRule>> {
        Some(Vec::new())
    }
}

struct None_;

#[async_trait]
impl Tokens for None_ {
    async fn issue(&self, _: &TokenRequest) -> Result<IssuedToken, TokenRefused> {
        Ok(IssuedToken {
            token: "token".to_owned(),
            audiences: Vec::new(),
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

#[async_trait]
impl Nodes for None_ {
    async fn kubelet(&self, _: &Value) -> io::Result<Box<dyn Connection>> {
        Err(io::ErrorKind::NotConnected.into())
    }

    async fn secure(&self, _: Box<dyn Connection>) -> io::Result<Box<dyn Connection>> {
        Err(io::ErrorKind::NotConnected.into())
    }

    async fn verified(
        &self,
        _: Box<dyn Connection>,
        _: &str,
        _: &[u8],
    ) -> io::Result<Box<dyn Connection>> {
        Err(io::ErrorKind::NotConnected.into())
    }

    async fn aggregated(
        &self,
        _: Box<dyn Connection>,
        _: &str,
        _: Option<&[u8]>,
    ) -> io::Result<Box<dyn Connection>> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// Signs anything, and what is signed has the subject of nobody.
struct SelfSigner;

impl CertificateSigner for SelfSigner {
    fn sign(&self, _: &Order) -> Result<String, NotSigned> {
        let key = rcgen::KeyPair::generate().map_err(|error| NotSigned(error.into()))?;
        let made = rcgen::CertificateParams::default().self_signed(&key);
        Ok(made.map_err(|error| NotSigned(error.into()))?.pem())
    }
}

pub struct Cluster {
    pub client: Client,
    pub stop: CancellationToken,
    _servers: Servers,
}

impl Cluster {
    pub async fn start() -> Self {
        let servers = Servers::new(Store::in_memory(StoreOptions::default()));
        let objects = servers.objects("000000000000", "us-east-1", "test");
        let parts = Parts {
            authorizer: Arc::new(Open),
            tokens: Arc::new(None_),
            nodes: Arc::new(None_),
            audit: None,
            clock: Arc::new(SystemClock),
            version: wharf_kube_model::Version::DEFAULT,
            network: Network {
                service_range: "10.100.0.0/16".parse().unwrap(),
                server: None,
            },
            openid_configuration: Value::Null,
            jwks: Value::Null,
            outside: None,
            own_webhook: None,
            fargate: None,
            images: None,
            front_proxy: None,
            without: Default::default(),
        };
        let objects = objects.await.unwrap();
        let cluster = servers.create("test", objects, parts).await.unwrap();
        let way = transport::from_fn(move |request: http::Request<bytes::Bytes>| {
            let cluster = cluster.clone();
            async move {
                let request = request.map(transport::full);
                let user = UserInfo::authenticated("system:kube-controller-manager", &[]);
                cluster.serve_own(request, &user).await
            }
        });
        let client = Client::new(way, "test");
        let stop = CancellationToken::new();
        let indexes = [
            wharf_kube_controllers::indexes(),
            wharf_kube_scheduler::indexes(),
        ];
        let informers = Informers::new(client.clone(), indexes.concat(), stop.clone());
        let options = Options {
            authority: "PEM".to_owned(),
            signer: Arc::new(SelfSigner),
            server: ServerNames::default(),
        };
        tokio::spawn(wharf_kube_controllers::run(
            client.clone(),
            informers.clone(),
            options,
            stop.clone(),
        ));
        tokio::spawn(wharf_kube_scheduler::run(
            client.clone(),
            informers,
            stop.clone(),
        ));
        let cluster = Self {
            client,
            stop,
            _servers: servers,
        };
        // Pods need the account of their namespace.
        cluster
            .until(&wharf_kube_client::kind::SERVICE_ACCOUNT, |all| {
                all.iter()
                    .any(|it| it["metadata"]["namespace"] == "default")
            })
            .await;
        cluster
    }

    pub async fn list(&self, kind: &Kind) -> Vec<Value> {
        let list = self.client.list(kind, &Selection::default()).await;
        list.unwrap().items
    }

    pub async fn until(&self, kind: &Kind, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        for _ in 0..3000 {
            let items = self.list(kind).await;
            if wanted(&items) {
                return items;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let items = self.list(kind).await;
        panic!("{kind} never were as they should be: {}", json!(items));
    }

    pub async fn create(&self, kind: &Kind, object: Value) -> Value {
        self.client.create(kind, "default", &object).await.unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
