//! One file an operation, or a small family of them.

pub mod attach_network_interface;
pub mod authorize_security_group;
pub mod create_network_interface;
pub mod delete_network_interface;
pub mod describe_network_interfaces;
pub mod describe_security_group_rules;
pub mod describe_security_groups;
pub mod describe_subnets;
pub mod describe_vpcs;
pub mod describe_zones;
mod group_peers;
mod interfaces;
pub mod modify_network_interface_attribute;
pub mod modify_security_group_rules;
pub mod revoke_security_group;
pub mod security_groups;
pub mod update_rule_descriptions;
