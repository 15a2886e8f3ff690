//! Scheduled queries: queries of Logs Insights that a clock asks, and results that go into a bucket of S3.
//!
//! `record` is what is stored, `timing` which moment comes next, `fire` makes a run of each moment, `run` takes runs
//! forward: the query is asked in the name of its role, and its result is put in the name of the destination's. A
//! moment becomes one run, in the transaction that moves the schedule on. Of moments that nobody was there for, the
//! last one is made up for.

pub mod fire;
pub mod record;
pub mod run;
pub mod timing;
