//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::records;

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::AddressClaim>(bytes);
    again::<records::Pointer>(bytes);
    again::<records::Fence>(bytes);
    again::<records::VniClaim>(bytes);
    again::<records::InternetGateway>(bytes);
    again::<records::SecurityGroup>(bytes);
    again::<records::RouteTable>(bytes);
    again::<records::Subnet>(bytes);
    again::<records::Vpc>(bytes);
    again::<records::NetworkAcl>(bytes);
    again::<records::DhcpOptions>(bytes);
    again::<records::Interface>(bytes);
}
