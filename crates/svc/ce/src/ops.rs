//! The operations.

pub(crate) mod costs;
pub(crate) mod tags;
pub(crate) mod values;
