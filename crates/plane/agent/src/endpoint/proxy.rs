//! The AWS endpoint inside a task's network: bytes go to the server's endpoint and back unchanged.
//!
//! Requests keep the `Host` they were signed with. Beyond this machine the way to the server is
//! encrypted by the agent, with the authority it was told to trust.

use tokio::{io::copy_bidirectional, net::TcpListener};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::client::{Dialer, Endpoint};

/// Where connections are carried to.
#[derive(Clone)]
pub struct Proxy {
    pub endpoint: Endpoint,
    pub dialer: Dialer,
}

impl Proxy {
    /// Serves until shutdown.
    pub async fn serve(
        self,
        listener: TcpListener,
        running: TaskTracker,
        shutdown: CancellationToken,
    ) {
        super::accept(listener, shutdown, running, move |mut stream, _| {
            let this = self.clone();
            async move {
                let carried = match this.dialer.connect(&this.endpoint).await {
                    Ok(mut upstream) => copy_bidirectional(&mut stream, &mut upstream).await,
                    Err(error) => {
                        tracing::debug!(
                            error = &error as &dyn std::error::Error,
                            "no way to the endpoint"
                        );
                        return;
                    }
                };
                if let Err(error) = carried {
                    tracing::trace!(%error, "a task's connection to the endpoint broke");
                }
            }
        })
        .await;
    }
}
