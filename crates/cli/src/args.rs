//! The command line, by what its commands are for.

mod keeping;
mod looking;
mod nodes;
mod platform;
mod values;

pub use self::{keeping::*, looking::*, nodes::*, platform::*, values::*};
