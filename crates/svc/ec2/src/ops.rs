//! One file an operation.

pub mod create_network_interface;
pub mod delete_network_interface;
pub mod describe_network_interfaces;
pub mod describe_security_groups;
pub mod describe_subnets;
pub mod describe_vpcs;
pub mod describe_zones;
