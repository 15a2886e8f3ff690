//! What the kernel counted of containers, second by second, summed up by the minute, and of some tasks every 20 seconds.
//!
//! A [`Sampler`] looks at each running container every second and keeps sums ([`window`]); at the turn of
//! each minute they become a report in [`Reports`], where it waits until the control plane has said that it is
//! kept. Reports wait bounded in number and size: what is older goes first.

mod reports;
mod sampler;
pub mod window;

pub use reports::{Reports, Stretch};
pub use sampler::{Sampler, running};
