//! The store's tests, against its public API. `contract` holds what every engine must do; the rest
//! is about the embedded one.

mod contract;
mod support;
