//! VPC endpoints: ways from a VPC to wharf's own services, and to services of accounts, that need no way out of it.
//!
//! A gateway endpoint is a record, and a route to its service's prefix list in each route table that is
//! associated with it; which those are, the tables say. An interface endpoint is a record and an interface in each
//! of its subnets. Hosts make both real ([`crate::plane`]): each host of the VPC carries what its own tasks send
//! there to the control plane, and says which endpoint it came through. There the endpoint's service and VPC are
//! compared, and IAM asks its policy. One that leads to a service of an account is described in
//! [`endpoint_services`](crate::endpoint_services).

mod change;
mod create;
mod delete;
mod describe;
pub(crate) mod fault;
mod managed;
mod modify;
mod records;
mod services;
mod through;

pub use change::each;
pub use create::create;
pub use delete::delete;
pub use describe::{describe, services as describe_services};
pub use managed::{
    all as managed_lists, listed as managed_list, prefix_lists, shown as managed_shown,
};
pub use modify::modify;
pub use records::{EndpointInterface, Kind, VpcEndpoint};
pub use services::{SERVICES, Service, Taken};
pub use through::find;

use std::net::Ipv4Addr;

use wharf_base::Cidr4;

/// Gateway endpoints of one account in one region.
const MAX_GATEWAYS: usize = 20;
/// Interface endpoints of one VPC.
const MAX_INTERFACES: usize = 50;
const MAX_POLICY: usize = 20_480;
/// Members of each list of a request.
const MAX_LISTED: usize = 50;

/// Where services with gateway endpoints are, in each VPC that has one: of the range for measuring networks
/// (RFC 2544), whose other half holds wharf's public addresses.
pub const GATEWAY_RANGE: Cidr4 = Cidr4::new(Ipv4Addr::new(198, 18, 0, 0), 28);
/// The second address is the gateway that the range's hosts have.
pub const GATEWAY_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
