//! The service in process, over a real store.

mod alarms;
mod home;
mod schedules;
mod targets;
