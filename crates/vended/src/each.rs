//! What each of many accounts has, put so that none waits for another.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;

use crate::{OfAccount, PutError};

/// Accounts that are put at the same time.
const AT_ONCE: usize = 16;
/// What one account's points may take to be put.
const ACCOUNT_TIME: Duration = Duration::from_secs(10);

/// Puts what each account has, within a time of its own. What is not put is logged, as what it was.
pub async fn each<F>(
    what: &str,
    all: impl IntoIterator<Item = OfAccount>,
    put: impl Fn(OfAccount) -> F,
) where
    F: Future<Output = Result<(), PutError>>,
{
    let put = &put;
    let one = |of: OfAccount| async move {
        let account = of.0.clone();
        match timeout(ACCOUNT_TIME, put(of)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                account,
                what,
                "failed to keep metrics of a minute; they are dropped"
            ),
            Err(_) => tracing::warn!(
                account,
                what,
                "writing metrics of a minute timed out; they may be lost"
            ),
        }
    };
    stream::iter(all).for_each_concurrent(AT_ONCE, one).await;
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_account_waits_for_one_whose_points_cannot_be_put() {
        let put = Mutex::new(Vec::new());
        let began = Instant::now();
        let all = ["stuck", "a", "b"].map(|it| (it.to_owned(), Vec::new()));
        each("points", all, |(account, _)| {
            let put = &put;
            async move {
                if account == "stuck" {
                    std::future::pending::<()>().await;
                }
                put.lock().push((account, began.elapsed()));
                Ok(())
            }
        })
        .await;
        let expected = ["a", "b"].map(|it| (it.to_owned(), Duration::ZERO));
        assert_eq!(*put.lock(), expected);
        assert_eq!(began.elapsed(), ACCOUNT_TIME);
    }
}
