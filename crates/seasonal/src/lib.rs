//! What a series usually is at a time of the day and the week: the one model of seasons, for the bands of CloudWatch's
//! anomaly detection and for the forecasts of predictive scaling.
//!
//! Pure: points in, a [`Model`] out, the same for the same points.

#![forbid(unsafe_code)]

mod model;

pub use model::{Model, Settings};
