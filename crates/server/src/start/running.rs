//! The parts that run for as long as the server does.

use std::{collections::HashMap, time::Duration};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::StartError;

/// Parts that were told to stop have this long: nobody answers meanwhile.
const ENDING: Duration = Duration::from_secs(20);

/// The parts that run for as long as the server does, by name.
#[derive(Default)]
pub(super) struct Running {
    tasks: JoinSet<()>,
    names: HashMap<tokio::task::Id, &'static str>,
}

impl Running {
    /// A part that ends when told to stop.
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let id = self.tasks.spawn(part).id();
        self.names.insert(id, name);
    }

    /// A part that never ends by itself.
    pub(super) fn spawn_until(
        &mut self,
        stop: &CancellationToken,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = stop.clone();
        self.spawn(name, async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = part => {}
            }
        });
    }

    /// Waits for all of them. One that ends before it is told to takes the server with it: half a
    /// control plane is worse than one that starts again. Those that do not end in time are given up.
    pub(super) async fn watch(mut self, stop: &CancellationToken) -> Result<(), StartError> {
        let mut outcome = Ok(());
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(ENDING).await;
        };
        tokio::pin!(late);
        loop {
            let ended = tokio::select! {
                ended = self.tasks.join_next_with_id() => ended,
                () = &mut late => {
                    let parts: Vec<&str> = self.names.values().copied().collect();
                    tracing::error!(?parts, "stopping parts of the server timed out; they are aborted");
                    break;
                }
            };
            let Some(ended) = ended else { break };
            let (id, panicked) = match ended {
                Ok((id, ())) => (id, false),
                Err(error) => (error.id(), true),
            };
            let part = self.names.remove(&id).unwrap_or("a part");
            if panicked || !stop.is_cancelled() {
                tracing::error!(
                    part,
                    panicked,
                    "a part of the server failed; the server stops"
                );
                outcome = outcome.and(Err(StartError::PartEnded { part }));
                stop.cancel();
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_ends_the_server() {
        for panics in [false, true] {
            let stop = CancellationToken::new();
            let mut parts = Running::default();
            let part = async move { assert!(!panics, "as the test wants it") };
            parts.spawn("the weak one", part);
            parts.spawn_until(&stop, "another", std::future::pending());
            let outcome = parts.watch(&stop).await;
            let Err(StartError::PartEnded { part }) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(part, "the weak one");
        }
        let stop = CancellationToken::new();
        let mut parts = Running::default();
        parts.spawn_until(&stop, "a part", std::future::pending());
        stop.cancel();
        assert!(parts.watch(&stop).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_end_keeps_nobody_waiting() {
        let stop = CancellationToken::new();
        let mut parts = Running::default();
        parts.spawn("the deaf one", std::future::pending());
        parts.spawn("the weak one", async {});
        let begun = tokio::time::Instant::now();
        let outcome = parts.watch(&stop).await;
        assert!(matches!(outcome, Err(StartError::PartEnded { part }) if part == "the weak one"));
        assert_eq!(begun.elapsed(), ENDING);
    }
}
