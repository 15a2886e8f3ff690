//! The network API over a real store.

mod absent;
mod dhcp_options;
mod encryption;
mod endpoints;
mod flow_logs;
mod groups;
mod images;
mod instance_types;
mod instances;
mod interfaces;
mod ipv6;
mod ipv6_routes;
mod key_pairs;
mod launch_templates;
mod metered;
mod network_acls;
mod peering;
mod prefix_lists;
mod private_addresses;
mod public;
mod routes;
mod snapshots;
mod tags;
mod volume_reports;
mod vpcs;
mod world;
