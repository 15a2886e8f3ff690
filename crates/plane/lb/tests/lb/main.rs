//! Whole load balancers with real sockets on loopback, in this process. Waits on conditions,
//! never on time alone.

mod access_log;
mod admission;
mod balancing;
mod changes;
mod clients;
mod connection_log;
mod desync;
mod health;
mod hold;
mod http;
mod measured;
mod namespace;
mod setup;
mod slow_clients;
mod streams;
mod tls;
