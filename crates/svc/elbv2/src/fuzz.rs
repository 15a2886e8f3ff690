//! What fuzzing reaches of this crate: what it keeps in the store.

use wharf_records::fuzz::again;

use crate::records;

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::BalancerName>(bytes);
    again::<records::TargetGroup>(bytes);
    again::<records::GroupName>(bytes);
    again::<records::Target>(bytes);
    again::<records::Health>(bytes);
    again::<records::Rule>(bytes);
    again::<records::LoadBalancer>(bytes);
    again::<records::Guard>(bytes);
    again::<records::Remains>(bytes);
    again::<records::ClosedLog>(bytes);
    again::<records::Listener>(bytes);
    again::<records::Certificate>(bytes);
    again::<records::PublicAddress>(bytes);
    again::<records::Host>(bytes);
}
