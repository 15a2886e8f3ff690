//! Connecting: to the chosen target, and to another one while that keeps silent.
//!
//! A host that is gone answers no connection attempt; the kernel would go on asking for minutes.
//! As between the addresses of one host (RFC 8305), another attempt is started beside one that is
//! not answered soon, and the first connection there is gets the request. The others are given up
//! without a byte, so that one target alone learns of the request.

use std::{io, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use http::StatusCode;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

use super::forward::Sending;
use crate::{
    rooms::{Owner, Room},
    target::Lease,
    upstream::{self, Connection, Stream},
    worker::Worker,
};

/// For connecting to a target, as on AWS.
const CONNECT: Duration = Duration::from_secs(10);
/// After so long without an answer the next target is tried too. Within a data centre an answer takes
/// a millisecond; the kernel asks a second time only after one second.
const NEXT_AFTER: Duration = Duration::from_millis(250);
/// The same for a client that is bound to its target, where it may have a session.
const NEXT_AFTER_BOUND: Duration = Duration::from_secs(3);

impl Sending<'_> {
    /// A stream to the target, or to another one if this one refuses or keeps silent.
    pub(super) async fn reach(
        &mut self,
        first: Lease,
    ) -> Result<(Lease, TcpStream, Room), StatusCode> {
        let next_after = match self.is_bound() {
            false => NEXT_AFTER,
            true => NEXT_AFTER_BOUND,
        };
        let begun = Instant::now();
        let worker = &*self.client.worker;
        let mut latest = first.target().number;
        let mut next = Some(begun + next_after);
        let mut attempts = FuturesUnordered::new();
        let owner = &self.listener.owner;
        attempts.push(attempt(worker, owner, first));
        loop {
            let ended = tokio::select! {
                biased;
                ended = attempts.next() => ended,
                () = until(next) => None,
                () = sleep_until(begun + CONNECT) => return Err(StatusCode::GATEWAY_TIMEOUT),
            };
            let failed = match ended {
                Some((lease, Ok((stream, room)))) => return Ok((lease, stream, room)),
                Some((lease, Err(error))) => Some(self.no_connection(&lease, &error)),
                None => None,
            };
            match self.other_target(latest) {
                Some(other) => {
                    self.listener.counters.replayed.one();
                    latest = other.target().number;
                    next = Some(Instant::now() + next_after);
                    attempts.push(attempt(worker, owner, other));
                }
                None => next = None,
            }
            if attempts.is_empty() {
                return Err(failed.unwrap_or(StatusCode::BAD_GATEWAY));
            }
        }
    }

    /// A new connection over a stream, TLS included. That there is none is counted.
    pub(super) async fn connection(
        &self,
        lease: &Lease,
        stream: TcpStream,
        room: Room,
    ) -> io::Result<Box<Connection>> {
        let target = lease.target();
        let stream = match self.group.tls() {
            false => Stream::Plain(stream),
            true => {
                let securing = upstream::handshake(stream, target.address, self.group.http2());
                let secured = timeout(CONNECT, securing)
                    .await
                    .unwrap_or_else(|it| Err(it.into()));
                let secured = secured.inspect_err(|_| self.group.state.counters.tls_errors.one());
                Stream::Tls(Box::new(secured?))
            }
        };
        let idle_ms = self.listener.settings.idle_timeout_ms;
        Ok(Connection::new(stream, room, Arc::clone(target), idle_ms))
    }

    /// Takes note of a target that could not be reached; what the client gets if there is no other.
    pub(super) fn no_connection(&self, lease: &Lease, error: &io::Error) -> StatusCode {
        self.group.state.counters.connection_errors.one();
        self.unreached(lease, error)
    }

    /// The same of one that was counted.
    pub(super) fn unreached(&self, lease: &Lease, error: &io::Error) -> StatusCode {
        tracing::debug!(target = %lease.target().reference, %error, "no connection to a target");
        match error.kind() {
            io::ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            // There are as many as may be.
            io::ErrorKind::QuotaExceeded => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

async fn attempt(
    worker: &Worker,
    owner: &Owner,
    lease: Lease,
) -> (Lease, io::Result<(TcpStream, Room)>) {
    let target = lease.target();
    let connecting = async {
        let room = worker.upstreams.try_enter(owner, None);
        let room = room.map_err(|_| io::ErrorKind::QuotaExceeded)?;
        let socket = worker
            .sockets
            .tcp(&target.origin(), target.address.ip())
            .await?;
        let stream = upstream::connect_socket(socket, target.address).await?;
        Ok((stream, room))
    };
    let connected = connecting.await;
    (lease, connected)
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
