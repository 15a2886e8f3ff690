//! The driver `splunk`: lines to the HTTP Event Collector that a definition names.
//!
//! The spool is read as for `awslogs` and committed behind what the collector took, so an outage or
//! a kill of the agent loses nothing but what the buffer has no room for. The collector cannot be asked what
//! it has: a kill between its answer and the commit sends a batch twice.
//!
//! Definitions name the address and this machine calls it, so requests go by [`wharf_egress`]. The token comes
//! in clear or as a secret; it stands in the requests' heads and nowhere else.

mod collector;
mod deliver;
mod event;
mod options;

pub use self::{
    collector::{Collector, Collectors, NotTaken, NotVerified},
    deliver::Delivery,
    options::{Names, Splunk, Target},
};
