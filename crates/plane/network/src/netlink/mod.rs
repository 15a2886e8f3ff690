//! Netlink, spoken directly: a message builder, a blocking socket, and the few messages of
//! rtnetlink, nf_tables and connection tracking that tasks' networks need.
//!
//! Netlink sockets belong to the namespace they were opened in, wherever their owner's thread goes
//! afterwards; a namespace is therefore worked on by holding a socket of it. Requests are answered
//! within the `send` call, so no call here waits for anything but the kernel's own locks, and
//! several requests travel in one message with one system call.

pub(crate) mod conntrack;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod nft;
pub(crate) mod route;
pub(crate) mod route6;
pub(crate) mod rule;
pub(crate) mod socket;
pub(crate) mod tunnel;

pub(crate) use message::{Attrs, Message, attributes};
pub(crate) use socket::{Family, Request, Socket};
