//! The control plane put together: gateway, services, store, and the first start.

pub mod gateway;
