//! Work that takes a processor's time, apart from the tasks that serve others.

use std::sync::Arc;

use wharf_promql::Stop;
use wharf_service::Share;

use crate::answer::Failure;

/// Does a piece of work. The share of the account is held until it has ended, whoever still waits.
pub async fn apart<T: Send + 'static>(
    share: &Arc<Share>,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let share = share.clone();
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(share);
        result
    });
    done.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request panicked and is answered with an error");
        let text = "the request cannot be answered".to_owned();
        Err(Failure::new(500, "internal", text))
    })
}

/// Stops an evaluation once its caller is gone or has waited long enough, which both drop this.
pub struct Stops(pub Stop);

impl Drop for Stops {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests {
    use wharf_promql::{Budget, Error, Query, Times};
    use wharf_service::Shares;

    use super::*;

    #[tokio::test]
    async fn the_share_is_held_until_the_work_has_ended() {
        let shares = Shares::new(1, 1);
        let share = Arc::new(shares.take("1").await);
        let held = Arc::downgrade(&share);
        let (began, beginning) = tokio::sync::oneshot::channel();
        let (end, ending) = std::sync::mpsc::channel::<()>();
        let caller = tokio::spawn(async move {
            apart(&share, move || {
                began.send(()).ok();
                ending.recv().ok();
                Ok(())
            })
            .await
        });
        beginning.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert!(held.upgrade().is_some());
        end.send(()).unwrap();
        drop(shares.take("1").await);
    }

    #[test]
    fn an_evaluation_is_stopped_when_its_caller_is_gone() {
        let query = Query::parse("sum(up)").unwrap();
        let evaluated = || query.instant(Times::at(0), &[Vec::new()], Budget::default());
        let stops = Stops(query.stop());
        evaluated().unwrap();
        drop(stops);
        assert_eq!(evaluated().unwrap_err(), Error::Stopped);
    }
}
