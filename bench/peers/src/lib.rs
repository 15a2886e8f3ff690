//! What the benches share: closed-loop clients, and etcd as a peer.

pub mod etcd;
pub mod load;
