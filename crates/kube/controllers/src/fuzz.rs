//! What fuzzing reaches of this crate: the schedules of CronJobs.

pub use crate::cron_job::times;
