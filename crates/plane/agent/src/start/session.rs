//! The session of the machine's own node: until when it is waited for, and what shows of it.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    figures::Figures,
    node::{NodeError, session::Session},
};

/// Runs the session to its end; `ready` is called when it has connected for the first time.
pub async fn run(session: &mut Session, ready: impl FnOnce() + Send) -> Result<(), NodeError> {
    let mut is_serving = session.connected.subscribe();
    let session = session.run();
    tokio::pin!(session);
    tokio::select! {
        ended = &mut session => return ended,
        _ = is_serving.wait_for(|connected| *connected) => ready(),
    }
    session.await
}

/// Shows whether the control plane has this node's session.
pub async fn show(
    mut connected: watch::Receiver<bool>,
    figures: Figures,
    shutdown: CancellationToken,
) {
    loop {
        figures.connected(*connected.borrow_and_update());
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = connected.changed() => if changed.is_err() {
                return;
            },
        }
    }
}
