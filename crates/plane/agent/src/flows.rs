//! Hands on what the network counted for flow logs, report after report, until the control plane has it.
//!
//! The network keeps what was not taken, beyond the life of this process, and numbers it; so nothing is handed on twice.

use std::time::Duration;

use http::Method;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_network::Network;
use wharf_planeproto::flows::{PATH, Report};
use wharf_wire::fault::Chain;

use crate::client::{Api, CallError};

const OPERATION: &str = "ReportFlows";
/// Between two times at which the network may read what the kernel counted; it does so for interfaces whose turn it is.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Between two tries to report.
const RETRY: Duration = Duration::from_secs(4);
/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub struct Reporter {
    pub network: Network,
    pub api: Api,
}

impl Reporter {
    /// Until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.read_and_report() => {}
        }
    }

    async fn read_and_report(self) {
        let mut taken = 0;
        let mut backoff = Backoff::new(RETRY, LONGEST_PAUSE, 2.0);
        let mut next_try = tokio::time::Instant::now();
        let mut has_failed = false;
        loop {
            let report = match self.network.flows(taken).await {
                Ok(Some(report)) => report,
                Ok(None) => {
                    sleep(READ_EVERY).await;
                    continue;
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "flows are read no more");
                    return;
                }
            };
            let last = report.windows.last().map(|it| it.number);
            let Some(last) = last.filter(|_| tokio::time::Instant::now() >= next_try) else {
                sleep(READ_EVERY).await;
                continue;
            };
            match self.read_and_tell(taken, &report).await {
                Ok(()) => {
                    taken = last;
                    has_failed = false;
                    backoff.reset();
                }
                Err(error) if is_refused(&error) => {
                    tracing::error!(error = %Chain(&error), "a report of what was counted for flow logs was refused; it is dropped");
                    taken = last;
                }
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(error = %Chain(&error), "failed to report what was counted for flow logs; will retry");
                    }
                    has_failed = true;
                    next_try = tokio::time::Instant::now() + backoff.wait();
                    sleep(READ_EVERY).await;
                }
            }
        }
    }

    /// Counters do not wait for the control plane.
    async fn read_and_tell(&self, taken: u64, report: &Report) -> Result<(), CallError> {
        let told = self.tell(report);
        tokio::pin!(told);
        loop {
            tokio::select! {
                done = &mut told => return done,
                () = sleep(READ_EVERY) => drop(self.network.flows(taken).await),
            }
        }
    }

    async fn tell(&self, report: &Report) -> Result<(), CallError> {
        let malformed = || CallError::Malformed {
            operation: OPERATION,
        };
        let body = serde_json::to_vec(report).map_err(|_| malformed())?;
        let asked = self
            .api
            .send_signed(OPERATION, Method::POST, PATH, body.into());
        match timeout(PATIENCE, asked).await {
            Ok(answered) => answered.map(drop),
            Err(_) => Err(malformed()),
        }
    }
}

/// The same report would be refused for ever.
fn is_refused(error: &CallError) -> bool {
    matches!(
        error,
        CallError::Fault {
            status: 400 | 413,
            ..
        }
    )
}
