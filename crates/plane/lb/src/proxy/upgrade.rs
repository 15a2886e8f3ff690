//! Connections that become something else than HTTP, such as WebSocket: bytes pass both ways until
//! one side ends or neither sends anything for the idle timeout.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::{target::Lease, upstream::Connection};

/// Joins both sides once the client's side is free of HTTP. The target's requests under way
/// include this one until it ends.
pub fn join(client: OnUpgrade, mut target: Box<Connection>, lease: Lease) {
    tokio::task::spawn_local(async move {
        let lease = lease;
        let Ok(client) = client.await else {
            return;
        };
        let mut client = TokioIo::new(client);
        // How it ended is between the two of them.
        let _ = tokio::io::copy_bidirectional(&mut client, &mut *target).await;
        drop((target, lease));
    });
}
