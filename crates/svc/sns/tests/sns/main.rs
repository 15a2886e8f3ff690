//! Topics over a store.

mod encrypted;
mod fifo;
mod queues;
mod support;
mod web;
