//! How Application Auto Scaling and EC2 Auto Scaling decide (spec platform §6): from bounds, policies, alarms and
//! schedules to the next capacity of a scalable target or a group.
//!
//! Pure but for [`readings::Readings`], which is memory, and [`forecasting`], which asks CloudWatch through its caller: no
//! clock, no store, no alarm is read here. The time is an argument, and what is decided is data.
//!
//! - [`Bounds`] and [`Suspended`] belong to the scalable target.
//! - [`StepPolicy`] and [`TrackingPolicy`] say which capacity they want.
//! - [`decide`] weighs all policies of a target, its cooldowns and its bounds.
//! - [`readings::Readings`] keeps the last words of alarms, and [`weigh`] asks [`decide`] by them.
//! - [`Calendar`] says when a scheduled action is due, [`Change`] what it does.
//! - [`Predictive`] is a policy of predictive scaling, [`forecast`] what the hours to come need, and
//!   [`forecasting`] makes one.
//! - [`alarms`] has the alarms of a target-tracking policy on a metric that AWS predefines.

#![forbid(unsafe_code)]

pub mod alarms;
mod bounds;
mod calendar;
mod decide;
pub mod forecast;
pub mod forecasting;
mod predictive;
pub mod readings;
mod step;
mod track;
mod weigh;

pub use bounds::{BadBounds, Bounds, Suspended};
pub use calendar::{BadCalendar, Calendar, Change};
pub use decide::{Cooldowns, Decision, Direction, Done, NotScaled, Policy, Rule, Target, decide};
pub use forecasting::Forecaster;
pub use predictive::{BadPrediction, Breach, Foreseen, ManyLines, Predictive, Subject, foreseen};
pub use step::{Adjustment, BadSteps, Step, StepPolicy};
pub use track::{BadTarget, Observed, Reading, TrackingPolicy};
pub use weigh::{Called, Heeded, Way, Weighed, weigh};
