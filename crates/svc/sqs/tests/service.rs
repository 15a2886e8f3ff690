//! The service over a store: what stock clients do, without them.

#[path = "service/fifo.rs"]
mod fifo;
#[path = "service/home.rs"]
mod home;
#[path = "service/metered.rs"]
mod metered;
#[path = "service/queues.rs"]
mod queues;
#[path = "service/standard.rs"]
mod standard;
