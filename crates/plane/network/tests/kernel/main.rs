//! The network on a real kernel, as root: each test is a host of its own, a network and mount
//! namespace that ends with it, with a neighbour on its outer link. `ip` and `nft` are the oracle.

mod acls;
mod awsvpc;
mod bridge;
mod control;
mod crash;
mod exits;
mod flows;
mod groups;
mod guest;
mod guest_ipv6;
mod ipv6;
mod ipv6_outside;
mod ipv6_peering;
mod kept;
mod names;
mod overlay;
mod peering;
mod policies;
mod public;
mod reach;
mod restart;
mod secondary;
mod services;
mod support;
mod teardown;
