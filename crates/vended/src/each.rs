//! What each of many accounts has, put so that none waits for another.

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;

use crate::PutError;

/// Accounts that are put at the same time.
const AT_ONCE: usize = 16;
/// What one account's points may take to be put.
const ACCOUNT_TIME: Duration = Duration::from_secs(10);

/// Puts what each account has, within a time of its own. What is not put is logged, as what it was. Gives the accounts whose
/// points may be put later.
pub async fn each<P, F>(
    what: &str,
    all: impl IntoIterator<Item = (String, P)>,
    put: impl Fn(String, P) -> F,
) -> BTreeSet<String>
where
    F: Future<Output = Result<(), PutError>>,
{
    let put = &put;
    let one = |(account, points): (String, P)| async move {
        match timeout(ACCOUNT_TIME, put(account.clone(), points)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                let may_pass = error.may_pass();
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    account,
                    what,
                    may_pass,
                    "failed to keep metrics of a minute"
                );
                may_pass.then_some(account)
            }
            Err(_) => {
                tracing::warn!(account, what, "writing metrics of a minute timed out");
                Some(account)
            }
        }
    };
    let put = stream::iter(all).map(one).buffer_unordered(AT_ONCE);
    put.filter_map(|it| async move { it }).collect().await
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
        let failed = each("points", all, |account, _: Vec<u8>| {
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
        assert_eq!(failed, ["stuck".to_owned()].into());
        let expected = ["a", "b"].map(|it| (it.to_owned(), Duration::ZERO));
        assert_eq!(*put.lock(), expected);
        assert_eq!(began.elapsed(), ACCOUNT_TIME);
    }
}
