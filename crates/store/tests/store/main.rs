//! The store's tests, against its public API. `contract` holds what every engine must do; the rest
//! is about the embedded one.

mod chaos;
mod contract;
mod disk_full;
mod folder;
mod history;
mod kill;
mod leases;
mod model;
mod shares;
mod snapshot;
mod support;
mod turns;
