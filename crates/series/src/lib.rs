//! Samples of metrics over time: a million series of them in one folder.
//!
//! - A *series* is a metric of an account and region, with its dimensions, in one unit ([`Key`]). What it
//!   holds is a [`Summary`] for each second or minute: count, sum, minimum, maximum and, for percentiles,
//!   a [`Sketch`] whose values are at most 1 % off.
//! - One thread writes. All appends that wait go into a log ([`wharf_wal`]) as one frame, are answered
//!   after its sync, and are then in the *head* in memory. Accounts take turns, and none fills the queue.
//! - A head that is large or old is written to *blocks*, each of one tier and one stretch of time, with a
//!   compressed chunk for each series; then its part of the log goes. Blocks of one stretch are merged in
//!   the background.
//! - *Tiers* are the resolutions: a second for 3 hours, a minute for 15 days, 5 minutes for 63 days, an hour
//!   for 455 days. A block whose time in one tier is over is rolled up into the next, so that each sample is
//!   in one tier at a time, and a question for a period is answered from every tier that divides it.
//! - The manifest says which blocks count and where the log begins; files it does not name are leftovers
//!   of a job that a crash cut short. The catalogue says which series there are.
//!
//! Folder: `LOCK`, `manifest.json`, `<id>.block`, `log/<segment>.log`, `catalogue/<segment>.log`.
//!
//! In memory are the names of series, whose bytes are bounded as their number is, at most two heads, and of each block one
//! number in a hundred.

#![forbid(unsafe_code)]

mod bits;
mod block;
mod by_number;
mod catalogue;
mod chunk;
mod clock;
mod column;
mod error;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod index;
mod key;
mod listing;
mod manifest;
mod merge;
mod queue;
mod read;
mod series;
mod sketch;
mod summary;
mod tier;
mod writer;

pub use error::{AppendError, OpenError, ReadError};
pub use index::Listed;
pub use key::{BadKey, Key, Metric, NO_REGION, Namespaced};
pub use read::Span;
pub use series::{Copy, Options, Sample, Series, Usage};
pub use sketch::{RELATIVE_ERROR, Sketch};
pub use summary::{Spread, Summary};
pub use tier::Tier;

/// Samples of one append.
pub const MAX_SAMPLES: usize = 150_000;
