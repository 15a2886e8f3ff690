//! What the kernel counted of containers, second by second, summed up by the minute.
//!
//! A [`Sampler`] looks at each running container every second and keeps sums ([`window`]); at the turn of
//! each minute they become a report in [`Minutes`], where it waits until the control plane has said that it is
//! kept. Reports wait bounded in number and size: what is older goes first.

mod minutes;
mod sampler;
pub mod window;

pub use minutes::{Minute, Minutes};
pub use sampler::{Sampler, running};
