//! The whole server, as its clients find it.

mod installation;
mod routes;
mod streams;
