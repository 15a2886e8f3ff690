//! A server for tests: a port of its own.

use std::net::TcpListener;

/// A port that nobody has now.
pub fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    free.unwrap().port()
}
