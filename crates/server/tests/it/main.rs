//! The whole server, as its clients find it.

mod installation;
mod reference;
mod routes;
mod streams;
