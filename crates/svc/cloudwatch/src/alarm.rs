//! Alarms: what is kept of them, what a look at their data means, and what follows from a change of their state.

pub mod action;
pub mod composite;
pub mod contributors;
pub mod describe;
pub mod evaluate;
pub mod family;
pub mod history;
pub mod hold;
pub mod instances;
pub mod judge;
pub mod mute;
pub mod promql;
pub mod reason;
pub mod told_tags;
pub mod warm_up;
pub mod window;
