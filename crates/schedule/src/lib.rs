//! When a schedule is due (spec platform §9): `at(…)`, `rate(…)` and `cron(…)` as EventBridge's rules,
//! EventBridge Scheduler and Application Auto Scaling write them, in a time zone.
//!
//! Pure. Times of `at` and `cron` are those of a clock on the wall of the zone. Of those that the clock skips
//! in spring, one of `cron` does not happen and one of `at` does as much later as the clock jumps. One that it
//! shows twice in autumn happens the first time. A rate counts seconds and knows no zone.

#![forbid(unsafe_code)]

mod cron;
mod expression;
mod zone;

pub use cron::Cron;
pub use expression::{BadExpression, Expression};
pub use zone::{BadZone, Zone};
