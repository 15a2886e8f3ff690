//! The service over a real store, journal and KMS.

mod account;
mod account_retention;
mod account_subscription;
mod deliveries;
mod deliveries_kept;
mod deliveries_of_others;
mod destinations;
mod exports;
mod extraction;
mod fairness;
mod findings;
mod indexes;
mod insights;
mod keys;
mod live_tail;
mod logs;
mod lookup_tables;
mod measured;
mod metric_filters;
mod protection;
mod scheduled;
mod subscriptions;
mod support;
mod tagged;
mod transformed;
mod transformers;
