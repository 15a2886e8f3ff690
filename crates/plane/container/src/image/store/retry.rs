//! How often and after which waits something that may pass is tried again.

use std::time::Duration;

use wharf_base::Backoff;

use super::Inner;

/// As many as the stock agent makes, and its waits (spec/ecs-agent.md §5).
const ATTEMPTS: u32 = 5;
pub(super) const BACKOFF_FIRST: Duration = Duration::from_millis(1100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

impl Inner {
    /// Runs `attempt` until it succeeds, fails for good, or has failed [`ATTEMPTS`] times; returns
    /// how many attempts were made.
    pub(super) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        is_transient: impl Fn(&E) -> bool,
        attempt: impl Fn() -> F,
    ) -> (u32, Result<T, E>) {
        let mut backoff = self.waits();
        let mut made = 1;
        loop {
            match attempt().await {
                Err(e) if is_transient(&e) && made < ATTEMPTS => {
                    tokio::time::sleep(backoff.wait()).await;
                    made += 1;
                }
                result => return (made, result),
            }
        }
    }

    /// The waits before each attempt. Jittered: many tasks of one service must not come back together.
    pub(super) fn waits(&self) -> Backoff {
        Backoff::new(self.first_retry_after, BACKOFF_MAX, 2.0)
    }
}
