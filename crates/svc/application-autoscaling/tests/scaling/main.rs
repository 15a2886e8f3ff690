//! The service in process, over a real store.

mod alarms;
mod home;
mod predictive;
mod schedules;
mod targets;
