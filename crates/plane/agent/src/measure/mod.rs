//! What the kernel counted of containers, second by second, summed up by the minute, and of some tasks every 20 seconds.
//!
//! A [`Sampler`] looks at each running container every second and keeps sums ([`window`]); at the turn of
//! each minute they become a report in [`Reports`], where it waits until the control plane has said that it is
//! kept. Reports wait bounded in number and size: what is older goes first.
//!
//! An agent that is killed takes none of it along: sums of the minute that has not ended ([`Kept`]) and reports that wait
//! are in files in memory, and the next agent goes on with them. Nobody looks while no agent lives: that makes fewer
//! samples of CPU and memory, the first of them over the whole time; what the kernel counts goes on being counted.

mod kept;
mod reports;
mod sampler;
pub mod window;

pub use kept::Kept;
pub use reports::{Reports, Stretch};
pub use sampler::{Sampler, running, since_boot};
