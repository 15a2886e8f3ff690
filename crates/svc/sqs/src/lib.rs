//! Amazon SQS: queues of messages that are handed to those who ask, again and again until somebody deletes them.
//!
//! - `machine` is one queue as a state machine; pure. `settings`, `redrive`, `content`, `receipt` and `names` are
//!   pure as well.
//! - `stored` is how messages are stored (`quick_head` reads many of them), `records` what else is. `cipher` and `keys` seal contents.
//! - `live` is a queue in memory over its messages on disk, `lanes` the order of those who write to it; `core` loads
//!   queues when they are first asked for, `loading` reads their messages for that.
//! - `sending`, `receiving`, `holding` and `dead_letters` are what happens to messages; `ops` holds the operations,
//!   `authorize` their rows.
//! - `metered` is what queues tell CloudWatch.
//! - `moving` empties dead-letter queues as move tasks say.
//! - `reconcile` removes what is too old and what was left by purged and deleted queues.
//!
//! Invariants: what is acknowledged is on disk, and nobody receives what is not; a message is in one queue
//! alone, also while it moves; a change of a message that is under way keeps all others from it.

#![forbid(unsafe_code)]

mod attempts;
mod authorize;
mod cipher;
mod config;
mod content;
mod core;
mod dead_letters;
mod fault;
mod figures;
#[doc(hidden)]
pub mod fuzz;
mod holding;
mod keys;
mod lanes;
mod live;
mod loading;
mod machine;
mod metered;
mod moving;
mod names;
mod ops;
mod outdated_keys;
mod quick_head;
mod rates;
mod receipt;
mod receiving;
mod reconcile;
mod records;
mod redrive;
mod sealed;
mod sending;
mod service;
mod settings;
mod stored;
mod tagged;
mod tags;

pub use config::{MOST_BYTES, Parts};
pub use figures::Figures;
pub use rates::RATES;
pub use sealed::SEALING;
pub use service::SqsService;
pub use tagged::TAGGED;
