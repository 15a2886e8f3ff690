//! Containers on a node: images pulled and unpacked, bundles made from specifications, tasks held
//! by shims that outlive whoever uses this library.

pub mod image;
pub mod runtime;
pub mod spec;
