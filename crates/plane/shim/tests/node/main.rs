//! Real containers on this machine: needs root. Every kernel object carries the installation id a
//! test minted, and each test checks that nothing of it is left.

mod confinement;
mod fixture;
mod layers;
mod lifecycle;
mod limits;
mod logs;
mod memory;
mod on_demand;
mod reaper;
mod recovery;
#[path = "../../../container/tests/images/registry.rs"]
#[expect(dead_code, reason = "faults that other tests want")]
mod registry;
mod sealed;
mod secrets;
mod shared;
mod user_namespace;
mod visibility;
mod volumes;
