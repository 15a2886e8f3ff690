//! Files of a server that speaks NFSv4.1, as a mount: the client is a program in user space, so the node's kernel needs no
//! module for it.
//!
//! The kernel asks by FUSE ([`fuse`]), the program asks the server ([`nfs`]); in between lies what a client has
//! to know of its files ([`files`]). One program for each volume of a task, started by [`mount`], connected from the
//! task's own network namespace: what its security groups allow decides whether it reaches the server.
//!
//! What was synced, or written before a file was closed, is on the server's disk. A server that is away is waited for. The
//! server is not trusted: what it sends is bounded and checked, and can only be an error.

mod broker;
mod client;
mod confine;
mod files;
mod fuse;
pub mod fuzz;
mod keeper;
mod link;
mod mount;
mod nfs;
mod patience;
pub mod serve;
mod server;
mod tls;
mod worker;

pub use mount::{Ids, Mount, Program, Tls, mount};
