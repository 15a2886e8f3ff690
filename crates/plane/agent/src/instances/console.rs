//! The end of what an instance wrote to its console, kept for GetConsoleOutput.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use wharf_container::runtime::LogReader;
use wharf_planeproto::machine::{Console, MAX_CONSOLE};

use super::Tell;

/// Between two reports of one instance.
const PAUSE: Duration = Duration::from_secs(3);
/// For what an instance wrote before it ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Reads for one report, however fast the instance writes.
const MOST_READS: usize = 64;
/// Lines read at once.
const LINES: usize = 512;

/// The last bytes of a text that grows.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<u8>);

impl Tail {
    pub fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(MAX_CONSOLE)..];
        let over = (self.0.len() + bytes.len()).saturating_sub(MAX_CONSOLE);
        self.0.drain(..over);
        self.0.extend(bytes);
    }

    fn told(&self, id: &str) -> Console {
        Console {
            id: id.to_owned(),
            tail: self.encoded(),
        }
    }

    fn encoded(&self) -> String {
        let (first, second) = self.0.as_slices();
        BASE64_STANDARD.encode([first, second].concat())
    }
}

/// One that is followed, until it is dropped.
pub struct Following {
    task: AbortOnDropHandle<()>,
    hurry: CancellationToken,
}

impl Following {
    /// Begins to; see [`follow`].
    pub fn begin(
        id: String,
        reader: LogReader,
        notes: watch::Receiver<String>,
        tell: Arc<dyn Tell>,
    ) -> Self {
        let hurry = CancellationToken::new();
        let follow = follow(id, reader, notes, tell, hurry.clone());
        Self {
            task: AbortOnDropHandle::new(tokio::spawn(follow)),
            hurry,
        }
    }

    /// The instance has ended, and what it wrote goes with its container: the rest of it is read and told at once.
    pub async fn end(self) {
        self.hurry.cancel();
        // Somebody may hold the console open.
        _ = timeout(LAST_WORDS, self.task).await;
    }
}

/// Follows a console to its end. Nothing is committed to the reader, so that an agent that comes later reads it anew. `notes`: what the
/// agent has to say to the instance's user, which stands among what it writes itself.
async fn follow(
    id: String,
    mut reader: LogReader,
    mut notes: watch::Receiver<String>,
    tell: Arc<dyn Tell>,
    hurry: CancellationToken,
) {
    let mut tail = Tail::default();
    let note = notes.borrow_and_update().clone();
    tail.push(note.as_bytes());
    loop {
        let next = tokio::select! {
            next = reader.next(LINES) => next,
            Ok(()) = notes.changed() => {
                let note = notes.borrow_and_update().clone();
                tail.push(note.as_bytes());
                tell.console(tail.told(&id));
                continue;
            }
        };
        let batch = match next {
            Ok(batch) => batch,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                return tracing::warn!(instance = id, error, "failed to read a console");
            }
        };
        take(&mut tail, &batch.records);
        // What else is there goes with the same report.
        let mut ended = batch.ended;
        for _ in 0..MOST_READS {
            let more = match reader.read_now(LINES) {
                Ok(more) if !ended && (!more.records.is_empty() || more.ended) => more,
                _ => break,
            };
            take(&mut tail, &more.records);
            ended = more.ended;
        }
        tell.console(tail.told(&id));
        if ended {
            return;
        }
        hurry.run_until_cancelled(sleep(PAUSE)).await;
    }
}

fn take(tail: &mut Tail, records: &[wharf_container::runtime::LogRecord]) {
    for record in records {
        tail.push(&record.line);
        if !record.partial {
            tail.push(b"\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let mut tail = Tail::default();
        tail.push(b"first");
        tail.push(&vec![b'x'; MAX_CONSOLE - 2]);
        tail.push(b"yz");
        let text = BASE64_STANDARD.decode(tail.encoded()).unwrap();
        assert_eq!((text.len(), text[0]), (MAX_CONSOLE, b'x'));
        assert!(text.ends_with(b"xyz"));
        tail.push(&vec![b'-'; MAX_CONSOLE + 7]);
        assert_eq!(
            BASE64_STANDARD.decode(tail.encoded()).unwrap(),
            vec![b'-'; MAX_CONSOLE]
        );
    }
}
