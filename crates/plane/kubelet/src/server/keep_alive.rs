//! Connections whose other end went away without a word: the kernel asks, and ends them, where nothing else is said that would tell.

use std::{io, os::fd::AsFd};

use nix::sys::socket::{setsockopt, sockopt};

/// An end that says nothing is asked whether it is there after these seconds, so often, and so many times in vain.
const ASKED_AFTER_S: u32 = 30;
const ASKED_EVERY_S: u32 = 10;
const ASKED_TIMES: u32 = 3;

/// `what`: for whom it is, where that fails.
pub fn keep_alive(connection: &impl AsFd, what: &str) {
    if let Err(error) = set(connection) {
        tracing::debug!(%error, what, "a connection will not tell that its other end is gone");
    }
}

fn set(connection: &impl AsFd) -> io::Result<()> {
    setsockopt(connection, sockopt::KeepAlive, &true)?;
    setsockopt(connection, sockopt::TcpKeepIdle, &ASKED_AFTER_S)?;
    setsockopt(connection, sockopt::TcpKeepInterval, &ASKED_EVERY_S)?;
    setsockopt(connection, sockopt::TcpKeepCount, &ASKED_TIMES)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::getsockopt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn an_end_that_is_gone_is_noticed_within_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
        let stream = stream.unwrap();
        assert!(!getsockopt(&stream, sockopt::KeepAlive).unwrap());
        keep_alive(&stream, "a test");
        assert!(getsockopt(&stream, sockopt::KeepAlive).unwrap());
        let after = getsockopt(&stream, sockopt::TcpKeepIdle).unwrap();
        let every = getsockopt(&stream, sockopt::TcpKeepInterval).unwrap();
        let times = getsockopt(&stream, sockopt::TcpKeepCount).unwrap();
        assert!(after + every * times <= 60);
    }
}
