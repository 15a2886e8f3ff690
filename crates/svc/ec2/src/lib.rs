//! EC2: VPCs, subnets, routes, security groups and network interfaces as records, and instances, which hosts
//! keep as slices of themselves ([`instances`]).
//!
//! Every account has in every region a default VPC, made when it is first looked at. An address of
//! a subnet belongs to one interface at a time: its key exists from the transaction that makes the
//! interface to the one that deletes it, so no address is ever handed out twice.
//!
//! Nothing here touches a network: hosts learn the records over the plane stream ([`plane`]).

#![forbid(unsafe_code)]

mod address;
mod announced;
mod authorize;
mod block_devices;
mod default_vpc;
pub mod elastic;
mod encryption;
pub mod endpoint_services;
pub mod endpoints;
mod fault;
mod filter;
pub mod fleet;
pub mod flow_logs;
#[doc(hidden)]
pub mod fuzz;
pub mod images;
pub mod instance_types;
pub mod instances;
mod interface_permissions;
mod ipv6;
pub mod key_pairs;
pub mod launch_templates;
mod migrate;
pub mod nat_gateways;
pub mod network_acls;
mod ops;
mod page;
mod peering;
mod permission;
pub mod placement_groups;
pub mod plane;
mod prefix_lists;
mod quota;
mod rates;
mod records;
mod sealed;
mod service;
pub mod snapshots;
pub mod spot;
mod table;
mod tagged;
mod tags;
mod upgrade;
pub mod user_data;
pub mod volumes;
mod vpc_parts;
mod zone;

pub use announced::ANNOUNCING;
pub use encryption::Roles;
pub use rates::RATES;
pub use sealed::SEALING;
pub use tagged::TAGGED;

pub use upgrade::upgrade;
pub use zone::ids_of as zone_ids;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use wharf_api_ecr::Ecr;
use wharf_api_ssm::Ssm;
use wharf_base::Opaque;
use wharf_delivery::Operations;
use wharf_seal::Keyring;
use wharf_service::{Table, Turns};
use wharf_store::Store;
use wharf_wanted::Wants;

use self::{
    elastic::PublicAddresses,
    instances::{Keeper, Parts},
};

/// As AWS has it.
pub const SPOT_NOTICE: Duration = Duration::from_secs(120);

/// It is there once all services are built.
#[derive(Clone, Default)]
struct Kms {
    keys: Arc<OnceLock<Arc<dyn wharf_api_kms::Kms>>>,
    roles: Arc<OnceLock<Arc<dyn encryption::Roles>>>,
}

/// The service over the store it keeps its records in.
#[derive(Clone)]
pub struct Ec2Service {
    table: Table<fault::Ec2Faults>,
    /// Seals page tokens.
    keyring: Keyring,
    cursors: Arc<address::Cursors>,
    instances: Opaque<Keeper>,
    /// Where images of machines come from.
    registry: images::Registry,
    /// By which images are named.
    parameters: images::Parameters,
    /// Whoever counts what an account has before it makes one more waits for others that do.
    counting: Arc<Turns>,
    public_addresses: Arc<PublicAddresses>,
    /// Where names lead to that elastic addresses are to lead back to.
    forward_names: Arc<OnceLock<Arc<dyn elastic::ForwardNames>>>,
    /// Where bytes of snapshots lie.
    blobs: Arc<OnceLock<Wants>>,
    /// The way to KMS, behind its gate.
    kms: Kms,
    /// How many of them each has that is being taken.
    owned: Arc<snapshots::Owned>,
    /// How long before it ends a Spot instance is told.
    spot_notice: Duration,
    /// By which records of flow logs are delivered.
    operations: Arc<OnceLock<Arc<dyn Operations>>>,
    files: Arc<flow_logs::Files>,
    /// Where load balancers are that endpoints lead to.
    balancers: Arc<OnceLock<Arc<dyn endpoint_services::Balancers>>>,
    /// By which private names of endpoint services are verified.
    text_records: Arc<OnceLock<Arc<dyn endpoint_services::TextRecords>>>,
}

impl Ec2Service {
    /// Without hosts and profiles for instances: see [`Ec2Service::keeping`].
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            instances: Opaque::new(Keeper::new(Parts::new(store.clone()))),
            table: Table::new(store),
            keyring,
            cursors: Arc::default(),
            registry: images::Registry::default(),
            parameters: images::Parameters::default(),
            counting: Arc::default(),
            public_addresses: Arc::default(),
            forward_names: Arc::default(),
            blobs: Arc::default(),
            kms: Kms::default(),
            owned: Arc::default(),
            spot_notice: SPOT_NOTICE,
            operations: Arc::default(),
            files: Arc::default(),
            balancers: Arc::default(),
            text_records: Arc::default(),
        }
    }

    /// With what instances stand on.
    pub fn keeping(self, parts: Parts) -> Self {
        Self {
            instances: Opaque::new(Keeper::new(parts)),
            ..self
        }
    }

    /// With addresses outside of VPCs other than those that mean something on one host alone.
    pub fn with_public_addresses(self, addresses: PublicAddresses) -> Self {
        Self {
            public_addresses: Arc::new(addresses),
            ..self
        }
    }

    /// Where Spot instances are told of their end at another time than two minutes before.
    pub fn with_spot_notice(self, spot_notice: Duration) -> Self {
        Self {
            spot_notice,
            ..self
        }
    }

    /// Images are registered from ECR, which is there once all services are built.
    pub fn images_from(&self, ecr: Arc<dyn Ecr>) {
        self.registry.set(ecr);
    }

    /// Images may be named by parameters of Systems Manager, which is there once all services are built.
    pub fn parameters_from(&self, ssm: Arc<dyn Ssm>) {
        self.parameters.set(ssm);
    }

    /// Once all operations of the installation are there.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.operations.set(operations);
    }

    /// Endpoint services are of load balancers, which are there once all services are built.
    pub fn balancers_from(&self, balancers: Arc<dyn endpoint_services::Balancers>) {
        let _ = self.balancers.set(balancers);
    }

    /// Whose names are is seen in DNS. Without it none is verified.
    pub fn text_records_from(&self, records: Arc<dyn endpoint_services::TextRecords>) {
        let _ = self.text_records.set(records);
    }

    /// Where names lead to is seen in DNS. Without it they lead nowhere.
    pub fn forward_names_from(&self, names: Arc<dyn elastic::ForwardNames>) {
        let _ = self.forward_names.set(names);
    }

    /// Bytes of snapshots lie among the blobs of ECR, which is there once all services are built. Without them there
    /// are no snapshots.
    pub fn bytes_among(&self, wants: Wants) {
        let _ = self.blobs.set(wants);
    }
}
