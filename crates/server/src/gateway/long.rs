//! What a large request takes of a processor before it first waits for anything: its sum, its unpacking, its reading and the
//! checks of what it says, several milliseconds of all. That is done beside the few threads that serve everybody, whose small
//! requests would stand still behind it; the kernel shares the processors between both. As many large requests as there are
//! processors are at it, and an account's further ones wait behind its own.

use std::{future::poll_fn, pin::pin, sync::LazyLock, thread::available_parallelism};

use wharf_service::{Share, Shares};

use crate::beside::beside;

/// Bytes whose reading takes about a millisecond.
pub(super) const LARGE: usize = 256 << 10;
/// The same of packed ones, which become a thousand times as many where somebody wants it, before it is known who sent them.
pub(super) const LARGE_PACKED: usize = 2 << 10;

static TURNS: LazyLock<Shares> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    // One alone may have all: whoever comes beside it waits for one of its turns at most.
    Shares::new(processors, processors)
});

/// A turn at the processors, for what needs one.
#[derive(Debug)]
pub(super) struct Turn(Option<Share>);

impl Turn {
    /// Waits for one, behind the account's own, if that is needed.
    pub async fn of(account: &str, is_needed: bool) -> Self {
        Self(match is_needed {
            true => Some(TURNS.take(account).await),
            false => None,
        })
    }

    /// Does the work in the turn.
    pub fn work<T>(self, work: impl FnOnce() -> T) -> T {
        match self.0 {
            Some(_turn) => beside(work),
            None => work(),
        }
    }
}

/// Goes on with a future until it first waits, in the turn, and then as with any other.
pub(super) async fn begin<T>(turn: Turn, work: impl Future<Output = T>) -> T {
    let mut turn = Some(turn);
    let mut work = pin!(work);
    poll_fn(|cx| match turn.take() {
        Some(turn) => turn.work(|| work.as_mut().poll(cx)),
        None => work.as_mut().poll(cx),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_beside_a_long_beginning() {
        let (tell, told) = mpsc::channel();
        let long = tokio::spawn(async move {
            let turn = Turn::of("long", true).await;
            // The only thread does not return from here before another task of it ran.
            begin(turn, async move { told.recv_timeout(LONG) }).await
        });
        let short = tokio::spawn(async move { tell.send(()) });
        assert_eq!(long.await.unwrap(), Ok(()));
        short.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_turn_is_over_when_the_work_first_waits() {
        let shares = Shares::new(1, 1);
        let turn = Turn(Some(shares.take("a").await));
        assert!(shares.try_take("a").is_none());
        let (tell, told) = tokio::sync::oneshot::channel();
        let begun = begin(turn, told);
        tokio::pin!(begun);
        tokio::select! {
            biased;
            _ = &mut begun => panic!("nobody told it anything"),
            () = tokio::task::yield_now() => {}
        }
        assert!(shares.try_take("a").is_some(), "others have it meanwhile");
        tell.send("go on").unwrap();
        assert_eq!(begun.await, Ok("go on"));
    }
}
