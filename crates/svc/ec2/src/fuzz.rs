//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::{
    elastic, endpoint_services, endpoints, images, key_pairs, launch_templates, nat_gateways,
    placement_groups, records, snapshots, volumes,
};

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::AddressClaim>(bytes);
    again::<records::Pointer>(bytes);
    again::<records::Fence>(bytes);
    again::<records::VniClaim>(bytes);
    again::<records::InternetGateway>(bytes);
    again::<records::EgressOnlyGateway>(bytes);
    again::<records::SecurityGroup>(bytes);
    again::<records::RouteTable>(bytes);
    again::<records::Subnet>(bytes);
    again::<records::Vpc>(bytes);
    again::<records::NetworkAcl>(bytes);
    again::<records::DhcpOptions>(bytes);
    again::<records::Interface>(bytes);
    again::<elastic::ElasticAddress>(bytes);
    again::<elastic::Held>(bytes);
    again::<nat_gateways::NatGateway>(bytes);
    again::<endpoints::VpcEndpoint>(bytes);
    again::<endpoint_services::EndpointService>(bytes);
    again::<endpoint_services::ServicePlace>(bytes);
    again::<endpoint_services::Connection>(bytes);
    again::<images::Image>(bytes);
    again::<images::Shared>(bytes);
    again::<key_pairs::KeyPair>(bytes);
    again::<placement_groups::PlacementGroup>(bytes);
    again::<launch_templates::LaunchTemplate>(bytes);
    again::<launch_templates::TemplateVersion>(bytes);
    again::<volumes::Volume>(bytes);
    again::<snapshots::Snapshot>(bytes);
    again::<snapshots::Shared>(bytes);
    again::<snapshots::Use>(bytes);
}

/// A public key as users hand it in.
pub fn public_key(bytes: &[u8]) {
    key_pairs::fuzz(bytes);
}

/// An image's location.
pub fn image_location(bytes: &[u8]) {
    images::fuzz(bytes);
}
