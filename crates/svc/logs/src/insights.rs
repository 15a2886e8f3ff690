//! Queries of Logs Insights on their way: `source` finds the blocks of the journal in which events of a query's time
//! may be, `scan` reads them, `engine` runs queries side by side, `pointer` names one event, `tables` are what
//! queries look values up in.
//!
//! Inputs: a query's record, the indexes, the journal. Output: its result, which is only in memory, and how it
//! ended, in its record. A query whose result is gone, by a restart or for want of room, is run again when it is
//! asked for.

pub mod csv;
pub mod engine;
pub mod pointer;
pub mod scan;
pub mod source;
pub mod tables;

/// Fields that every event has; `@ptr` is of results alone.
pub const POINTER: &str = "@ptr";
