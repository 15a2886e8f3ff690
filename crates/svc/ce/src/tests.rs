//! Metering and reports over a real store and journal, with tasks as ECS records them.

mod costs;
mod home;
mod hourly;
mod instances;
mod ledger;
mod pods;
mod requests;
mod stored;
