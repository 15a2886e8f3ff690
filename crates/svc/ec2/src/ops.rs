//! One file an operation, or a small family of them.

pub mod attach_network_interface;
pub mod create_network_interface;
pub mod delete_network_interface;
pub mod describe_network_interfaces;
pub mod describe_security_groups;
pub mod describe_subnets;
pub mod describe_vpcs;
pub mod describe_zones;
mod interfaces;
pub mod modify_network_interface_attribute;
