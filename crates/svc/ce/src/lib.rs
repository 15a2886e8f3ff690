//! Cost Explorer: what the tasks, the instances and the storage of an account cost, from records of their use that outlive them.
//!
//! - `metered` says what a change of a task's record means for its meter. Pure.
//! - `meters` follows the history of tasks from a durable cursor. A meter is a record in the store from a
//!   task's first pull until its end was written to the ledger.
//! - `capacity` meters the units of load balancers, hour by hour.
//! - `ledger` keeps the tasks that ended, by account and month, in streams of the journal.
//! - `report` adds up quantities and costs by period and group, `filter` and `period` read what a request
//!   asks for. Pure. `ask` reads what they add up.
//!
//! A task's end reaches the ledger however often and wherever the server is killed, and counts once: the meter
//! changes in the transaction that moves the cursor, is written to the ledger only then, and is deleted
//! after that; a start looks for meters that the ledger has already.

#![forbid(unsafe_code)]

mod ask;
mod authorize;
mod capacity;
mod fault;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod ledger;
mod metered;
mod meters;
mod ops;
mod period;
mod prices;
mod records;
mod report;
mod service;
mod stored;
#[cfg(test)]
mod tests;

pub use capacity::Balanced;
pub use meters::STRIDE;
pub use service::{CeService, Parts};
pub use wharf_billing::Traffic;
