//! What the log says of the connection to the control plane: once that there is none, and once that it is back. One that
//! is away for an hour is asked a thousand times. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// Whether there is a connection, as far as the log knows.
#[derive(Debug, Default)]
pub struct Reach {
    lost: Option<Lost>,
}

#[derive(Debug)]
struct Lost {
    since: Instant,
    why: String,
}

/// What of a failure is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// There was a connection, or nobody had tried.
    Lost,
    /// There was none, for another reason.
    OtherReason,
    Nothing,
}

impl Reach {
    /// There is no connection.
    pub fn fails(&mut self, why: String, now: Instant) -> News {
        match &mut self.lost {
            None => {
                self.lost = Some(Lost { since: now, why });
                News::Lost
            }
            Some(lost) if lost.why != why => {
                lost.why = why;
                News::OtherReason
            }
            Some(_) => News::Nothing,
        }
    }

    /// There is one; for how long there was none, if the log says so.
    pub fn is_there(&mut self, now: Instant) -> Option<Duration> {
        let lost = self.lost.take();
        lost.map(|it| now.duration_since(it.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_and_a_return_are_told_once() {
        let (begun, second) = (Instant::now(), Duration::from_secs(1));
        let mut reach = Reach::default();
        assert_eq!(reach.is_there(begun), None, "the first connection");
        for loss in 1..3 {
            let at = begun + second * loss * 10;
            assert_eq!(reach.fails("closed".to_owned(), at), News::Lost);
            assert_eq!(
                reach.fails("refused".to_owned(), at + second),
                News::OtherReason
            );
            assert_eq!(
                reach.fails("refused".to_owned(), at + 2 * second),
                News::Nothing
            );
            assert_eq!(reach.is_there(at + 3 * second), Some(3 * second));
            assert_eq!(reach.is_there(at + 4 * second), None, "it changed over");
        }
    }
}
