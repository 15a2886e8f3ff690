//! Topics over a store.

mod encrypted;
mod fifo;
mod metered;
mod queues;
mod support;
mod web;
