//! Topics over a store.

mod encrypted;
mod fifo;
mod metered;
mod policies;
mod queues;
mod support;
mod web;
