//! Topics over a store.

mod fifo;
mod queues;
mod support;
mod web;
