//! What the server hands in.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use tokio::sync::broadcast;
use wharf_api_ec2::Ec2;
use wharf_base::{Cidr4, Clock, SystemClock};
use wharf_reconcile::Takeover;
use wharf_seal::{Keyring, Secret};
use wharf_store::{Compare, Store};
use wharf_vended::Vended;
use wharf_wire::async_trait;

use crate::names::Place;

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the addresses of internet-facing load balancers come from (`--public-cidr`).
    pub public_cidr: Cidr4,
    /// A load balancer is active after this long even if no host serves it.
    pub provisioning_patience: Duration,
    /// A host counts as lost this long after its last connection ended.
    pub host_lost_after: Duration,
    /// Hosts have this long to come back after this server started.
    pub reconnect_grace: Duration,
    /// A host's interfaces are given up this long after its last connection ended.
    pub host_forgotten_after: Duration,
    /// Between two looks for interfaces that nobody owns any more.
    pub sweep: Duration,
    /// Swept even if nothing of this service is there.
    pub home: Option<Place>,
    /// Whether another server may hold the reconcilers' shard.
    pub takeover: Takeover,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_cidr: Cidr4::new(Ipv4Addr::new(127, 64, 0, 0), 16),
            provisioning_patience: Duration::from_secs(3),
            host_lost_after: Duration::from_secs(20),
            reconnect_grace: Duration::from_secs(60),
            host_forgotten_after: Duration::from_secs(3600),
            sweep: Duration::from_secs(300),
            home: None,
            takeover: Takeover::Replace,
        }
    }
}

/// What the service works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    /// Subnets, groups, interfaces.
    pub ec2: Arc<dyn Ec2>,
    pub certificates: Arc<dyn Certificates>,
    pub instances: Arc<dyn Instances>,
    pub endpoint_services: Arc<dyn EndpointServices>,
    /// Where what load balancers measured goes.
    pub metrics: Vended,
    pub clock: Arc<dyn Clock>,
    pub config: Config,
}

impl Parts {
    /// Without certificates, instances and metrics.
    pub fn new(store: Store, keyring: Keyring, ec2: Arc<dyn Ec2>) -> Self {
        Self {
            store,
            keyring,
            ec2,
            certificates: Arc::new(Nothing),
            instances: Arc::new(Nothing),
            endpoint_services: Arc::new(Nothing),
            metrics: Vended::default(),
            clock: Arc::new(SystemClock),
            config: Config::default(),
        }
    }
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct FoundCertificate {
    /// Names it is for; may start with `*.`.
    pub names: Vec<String>,
    /// PEM, the leaf first.
    pub chain: String,
    /// PEM
    pub private_key: Secret,
    /// Holds for as long as the certificate is this one, where that can be said.
    pub unchanged: Option<Compare>,
}

/// What the ARN of a certificate stands for.
#[derive(Debug, Clone)]
pub enum CertificateLookup {
    Unknown,
    /// It is there, but not issued yet.
    NotServable,
    Found(FoundCertificate),
}

/// A neighbour could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be looked up")]
pub struct LookupError {
    pub what: &'static str,
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Where certificates come from: Certificate Manager, IAM's server certificates.
#[async_trait]
pub trait Certificates: Send + Sync + 'static {
    async fn find(&self, place: &Place, arn: &str) -> Result<CertificateLookup, LookupError>;

    /// ARNs of certificates that have become others under the same ARN: listeners are given the new
    /// ones. `None` where that does not happen.
    fn changes(&self) -> Option<broadcast::Receiver<String>> {
        None
    }
}

/// Where an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceLookup {
    /// There is none of that id, or it has ended.
    Gone,
    /// It is there, and does not run now.
    NotRunning,
    /// It is a host, which others reach there.
    Host(IpAddr),
    /// It has an address of its own.
    Vpc {
        vpc: String,
        address: IpAddr,
        zone: String,
    },
}

/// Where the targets of groups of type instance are.
#[async_trait]
pub trait Instances: Send + Sync + 'static {
    /// An instance of the account.
    async fn find(&self, place: &Place, instance: &str) -> Result<InstanceLookup, LookupError>;

    /// The service whose records tell when instances end, if any does.
    fn told_by(&self) -> Option<&'static str> {
        None
    }

    /// The instance that a key of that service's records is about.
    fn told(&self, _key: &str) -> Option<(Place, String)> {
        None
    }
}

/// Services by which VPC endpoints lead to load balancers.
#[async_trait]
pub trait EndpointServices: Send + Sync + 'static {
    /// Whether one has the load balancer of that ARN, and a comparison that holds for as long as none is given it.
    async fn have(&self, balancer: &str) -> Result<(bool, Option<Compare>), LookupError>;
}

/// Neither certificates nor instances nor endpoint services.
struct Nothing;

#[async_trait]
impl EndpointServices for Nothing {
    async fn have(&self, _: &str) -> Result<(bool, Option<Compare>), LookupError> {
        Ok((false, None))
    }
}

#[async_trait]
impl Certificates for Nothing {
    async fn find(&self, _: &Place, _: &str) -> Result<CertificateLookup, LookupError> {
        Ok(CertificateLookup::Unknown)
    }
}

#[async_trait]
impl Instances for Nothing {
    async fn find(&self, _: &Place, _: &str) -> Result<InstanceLookup, LookupError> {
        Ok(InstanceLookup::Gone)
    }
}
