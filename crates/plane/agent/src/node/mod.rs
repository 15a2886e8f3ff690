//! The node as a whole: what it knows ([`core`]), where it keeps it ([`disk`]), how it reaches the
//! control plane ([`session`], [`telemetry`], [`reports`]) and what runs it all ([`run`]).

pub mod core;
pub mod disk;
pub mod record;
