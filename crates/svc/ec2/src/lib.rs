//! EC2's network half: VPCs, subnets, routes, security groups and network interfaces as records.
//!
//! Every account has in every region a default VPC, made when it is first looked at. An address of
//! a subnet belongs to one interface at a time: its key exists from the transaction that makes the
//! interface to the one that deletes it, so no address is ever handed out twice.
//!
//! Nothing here touches a network: hosts learn the records over the plane stream ([`plane`]).

#![forbid(unsafe_code)]

mod address;
mod authorize;
mod default_vpc;
mod fault;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod mend;
mod ops;
mod page;
mod permission;
pub mod plane;
mod rates;
mod records;
mod service;
mod table;
mod tagged;
mod tags;
mod upgrade;
mod vpc_parts;
mod zone;

pub use rates::RATES;
pub use tagged::TAGGED;

pub use upgrade::upgrade;

use std::sync::Arc;

use wharf_seal::Keyring;
use wharf_service::Table;
use wharf_store::Store;

/// The service over the store it keeps its records in.
#[derive(Clone)]
pub struct Ec2Service {
    table: Table<fault::Ec2Faults>,
    /// Seals page tokens.
    keyring: Keyring,
    cursors: Arc<address::Cursors>,
}

impl Ec2Service {
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            table: Table::new(store),
            keyring,
            cursors: Arc::default(),
        }
    }
}
