//! CloudWatch Logs: groups and streams as records, events in the journal.
//!
//! - [`pattern`] is the filter pattern language; pure.
//! - `index` knows the order of a stream's events, `event_store` keeps the indexes and reads events by
//!   them, `merge` reads many streams as one.
//! - `live` tells sessions of StartLiveTail what came in, `sample` thins out what is too much.
//! - `keys` has the data keys of groups under a key of KMS, `cipher` seals with them, `opener` reads what they sealed.
//! - `field_index` is what blocks of events have in some of their fields, `indexing` makes that, for `insights`.
//! - `insights` runs queries of Logs Insights.
//! - `contributors` counts events for rules of Contributor Insights.
//! - `counting` tells `metrics` what events say by `metric_filter` and by the `embedded` metric format, unless an account's
//!   policy (`extraction`) says that nothing is made of these.
//! - `lookup_tables` has the tables that queries look values up in.
//! - `retention` says how long events of a group are kept, by itself or by policies of its account.
//! - `metered` is what groups tell CloudWatch of themselves.
//! - `rules` says what happens to events as they are read: transformers, and masks of what is sensitive (`protection`).
//! - `findings` tells what data protection finds, `transformed` counts what transformers make, and
//!   `transformed_cache` has it for whoever looks at the same event next.
//! - `desk` has work for processors, in turns of accounts; `encoded` is events on their way into the journal.
//! - `followed` takes streams forward step by step, in `turns` of accounts.
//! - `subscriptions` hands events to who subscribed to them, a `batch` at a time: `filters`
//!   says who subscribed, `handover` where the events go, `forward` writes them to other groups, `subscription` has
//!   what is sent.
//! - `deliveries` brings what other services log to groups and buckets.
//! - `exports` writes groups into buckets of S3; `jobs` takes that forward, one step a look, and `scheduled` queries.
//! - `ops` holds one file an operation.
//! - `limits` bounds what is put, `bound` what is kept, `sweep` removes what nobody wants any more.
//!
//! Invariants: PutLogEvents answers after its events are durable; nothing is written to the store
//! per put, so a group's throughput is the journal's; a group or stream made again after its
//! deletion never shows the former one's events, since both are named in the journal by ids that
//! are used once.

#![forbid(unsafe_code)]

mod authorize;
mod batch;
mod bound;
mod cipher;
mod contributors;
mod counted;
mod counting;
mod deliveries;
mod desk;
mod embedded;
mod encoded;
mod event;
mod event_store;
mod exports;
mod extraction;
mod fault;
mod field_index;
mod filters;
mod findings;
mod followed;
mod forward;
#[doc(hidden)]
pub mod fuzz;
mod handover;
mod index;
mod indexing;
mod insights;
mod jobs;
mod keys;
mod limits;
mod live;
mod lookup_tables;
mod merge;
mod metered;
mod metric_filter;
mod metrics;
mod named;
mod names;
mod opener;
mod ops;
pub mod pattern;
mod protection;
mod rates;
mod records;
mod retention;
mod rule_cache;
mod rules;
mod sample;
mod saved;
mod scheduled;
mod seek;
mod selection;
mod service;
mod subscription;
mod subscriptions;
mod sweep;
mod tagged;
mod token;
mod transformed;
mod transformed_cache;
mod turns;

pub use bound::Dropped;
pub use deliveries::SealedAnew;
pub use limits::Limits;
pub use rates::RATES;
pub use service::{LogsService, Options, Parts};
pub use tagged::TAGGED;
