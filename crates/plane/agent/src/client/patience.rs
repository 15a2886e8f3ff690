//! Calls that outlive a control plane that starts again.

use std::time::Duration;

use tokio::time::sleep;
use wharf_base::Backoff;

use super::CallError;

/// A service that does not answer, or has too much to do, is asked this often.
const TRIES: u32 = 5;
/// With these pauses a server has some ten seconds to come back, as long as registries have.
const PAUSE: Duration = Duration::from_millis(800);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A call that failed, however often it was tried.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct GaveUp {
    /// How often the service was asked.
    pub tries: u32,
    pub source: CallError,
}

/// Makes the call again while another try may succeed. `what` stands in the log: `fetch a secret`.
///
/// # Errors
/// The last try's.
pub async fn patiently<O, F: Future<Output = Result<O, CallError>>>(
    what: &'static str,
    call: impl Fn() -> F,
) -> Result<O, GaveUp> {
    // Jittered: many tasks of one service must not come back together.
    let mut pauses = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
    let mut tries = 1;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_transient() && tries < TRIES => {
                let pause = pauses.wait();
                tracing::info!(%error, retry_in_ms = pause.as_millis() as u64, "failed to {what}; will retry");
                sleep(pause).await;
                tries += 1;
            }
            Err(source) => return Err(GaveUp { tries, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    fn fault(status: u16) -> CallError {
        CallError::Fault {
            code: "AccessDeniedException".to_owned(),
            message: String::new(),
            status,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_comes_back_within_ten_seconds_is_waited_for() {
        let begun = Instant::now();
        let got = patiently("ask", || async {
            match begun.elapsed() < Duration::from_secs(8) {
                true => Err(CallError::Malformed { operation: "Ask" }),
                false => Ok(7),
            }
        });
        assert_eq!(got.await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn some_time_it_is_enough_and_a_no_is_a_no() {
        let asked = async |status| {
            let tries = Cell::new(0);
            let ask = || async {
                tries.set(tries.get() + 1);
                Err::<(), _>(fault(status))
            };
            let gave_up = patiently("ask", ask).await.unwrap_err();
            assert_eq!(gave_up.tries, tries.get());
            tries.get()
        };
        assert_eq!((asked(503).await, asked(400).await), (TRIES, 1));
    }
}
