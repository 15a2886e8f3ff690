//! Checksums of a body on its way in, made beside what receives it: MD5 alone takes longer than the network and the disk
//! together, so nothing else may keep it waiting.
//!
//! The beginning, which is all of most bodies, is gone through where it is received: to hand it to a thread would take as
//! long. Behind it pieces are gathered into batches, and a thread is borrowed that goes through one after the other for as
//! long as there is another: while the disk holds up what receives, it has those that wait. A client that sends nothing
//! costs no thread. No more than [`BATCHES`] batches are held beside the one that is gathered.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use wharf_wire::streaming::Algorithm;

use crate::sum::{Passing, Sum};

/// So much is gone through as it comes.
const BEGINNING: u64 = 512 << 10;
const BATCH_BYTES: usize = 256 << 10;
/// Clients decide how small the pieces are; each pins a receive buffer of its own.
const BATCH_PIECES: usize = 128;
/// Batches that are gone through or wait for that.
const BATCHES: usize = 3;

/// A thread panicked or the runtime is going down.
#[derive(Debug, thiserror::Error)]
#[error("a thread that makes checksums was lost")]
pub struct Lost;

pub struct Summing {
    at: At,
    line: Arc<Line>,
    /// Of batches.
    room: Arc<Semaphore>,
    batch: Vec<Bytes>,
    batch_bytes: usize,
    /// Of all that came.
    bytes: u64,
}

enum At {
    Here(Box<Passing>),
    Thread(JoinHandle<Box<Passing>>),
    Nowhere,
}

struct Batch {
    pieces: Vec<Bytes>,
    /// Given back with the pieces.
    _room: OwnedSemaphorePermit,
}

/// Batches that wait for the thread at work.
#[derive(Default)]
struct Line(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// A thread will look for the next of them.
    at_work: bool,
}

impl Line {
    /// Leaves a batch to the thread at work; the batch again if there is none.
    fn leave(&self, batch: Batch) -> Option<Batch> {
        let mut waiting = self.0.lock();
        match waiting.at_work {
            true => {
                waiting.batches.push_back(batch);
                None
            }
            false => Some(batch),
        }
    }

    /// The next batch for the thread at work, which has to end if there is none.
    fn next(&self) -> Option<Batch> {
        let mut waiting = self.0.lock();
        let next = waiting.batches.pop_front();
        waiting.at_work = next.is_some();
        next
    }
}

/// Of the thread at work. One that panics leaves nobody waiting for it.
struct Work(Arc<Line>);

impl Work {
    fn begin(line: &Arc<Line>) -> Self {
        line.0.lock().at_work = true;
        Self(Arc::clone(line))
    }

    fn run(self, first: Batch, mut passing: Box<Passing>) -> Box<Passing> {
        let mut next = Some(first);
        while let Some(batch) = next {
            batch.pieces.iter().for_each(|it| passing.update(it));
            drop(batch);
            next = self.0.next();
        }
        passing
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        *self.0.0.lock() = Waiting::default();
    }
}

impl Summing {
    pub fn new(passing: Passing) -> Self {
        Self {
            at: At::Here(passing.into()),
            line: Arc::default(),
            room: Arc::new(Semaphore::new(BATCHES)),
            batch: Vec::new(),
            batch_bytes: 0,
            bytes: 0,
        }
    }

    pub async fn push(&mut self, piece: &Bytes) -> Result<(), Lost> {
        self.bytes += piece.len() as u64;
        if let At::Here(passing) = &mut self.at
            && (self.bytes <= BEGINNING || passing.is_idle())
        {
            passing.update(piece);
            return Ok(());
        }
        self.batch_bytes += piece.len();
        self.batch.push(piece.clone());
        if self.batch_bytes < BATCH_BYTES && self.batch.len() < BATCH_PIECES {
            return Ok(());
        }
        self.send().await
    }

    /// Has a thread go through what was gathered, behind what waits. Waits itself for room alone.
    async fn send(&mut self) -> Result<(), Lost> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let batch = Batch {
            pieces: std::mem::take(&mut self.batch),
            _room: room.map_err(|_| Lost)?,
        };
        self.batch_bytes = 0;
        let Some(batch) = self.line.leave(batch) else {
            return Ok(());
        };
        // A thread that found nothing more is about to return it.
        let passing = self.settled().await?;
        let work = Work::begin(&self.line);
        let done = tokio::task::spawn_blocking(move || work.run(batch, passing));
        self.at = At::Thread(done);
        Ok(())
    }

    async fn settled(&mut self) -> Result<Box<Passing>, Lost> {
        match std::mem::replace(&mut self.at, At::Nowhere) {
            At::Here(passing) => Ok(passing),
            At::Thread(passing) => passing.await.map_err(|_| Lost),
            At::Nowhere => Err(Lost),
        }
    }

    /// Bytes that came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// MD5 and the checksum, those that were computed here.
    pub async fn finish(mut self) -> Result<(Option<Vec<u8>>, Option<Sum>), Lost> {
        if !self.batch.is_empty() {
            self.send().await?;
        }
        Ok(self.settled().await?.finish())
    }
}

/// What is made of a body: MD5 and another checksum, where they are to be computed.
pub fn of(md5: bool, computed: Option<Algorithm>) -> Summing {
    Summing::new(Passing::new(md5, computed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is made of these pieces, with threads and without.
    async fn check(pieces: &[usize]) {
        let (mut summing, mut whole) = (of(true, Some(Algorithm::Crc64Nvme)), Vec::new());
        for (piece, number) in pieces.iter().zip(1_u8..) {
            let piece = Bytes::from(vec![number; *piece]);
            whole.extend_from_slice(&piece);
            summing.push(&piece).await.unwrap();
        }
        assert_eq!(summing.bytes(), whole.len() as u64);
        let mut passing = Passing::new(true, Some(Algorithm::Crc64Nvme));
        passing.update(&whole);
        assert_eq!(summing.finish().await.unwrap(), passing.finish());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..Default::default() })]
        #[test]
        fn threads_make_no_difference(pieces in prop::collection::vec(
            prop_oneof![0..10_usize, 60_000..70_000_usize, 500_000..600_000_usize], 0..12
        )) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(check(&pieces));
        }
    }

    #[tokio::test]
    async fn many_small_pieces_behind_the_beginning_are_a_batch() {
        let mut summing = of(true, None);
        let beginning = Bytes::from(vec![0; usize::try_from(BEGINNING).unwrap()]);
        summing.push(&beginning).await.unwrap();
        for _ in 0..BATCH_PIECES - 1 {
            summing.push(&Bytes::from_static(b"x")).await.unwrap();
        }
        assert!(matches!(summing.at, At::Here(_)));
        assert_eq!(summing.batch.len(), BATCH_PIECES - 1);
        summing.push(&Bytes::from_static(b"x")).await.unwrap();
        assert!(matches!(summing.at, At::Thread(_)) && summing.batch.is_empty());
        let (_, sum) = summing.finish().await.unwrap();
        assert_eq!(sum, None);
    }

    #[tokio::test]
    async fn where_nothing_is_computed_no_thread_is_borrowed() {
        let mut summing = of(false, None);
        let piece = Bytes::from(vec![0; BATCH_BYTES]);
        for _ in 0..4 {
            summing.push(&piece).await.unwrap();
        }
        assert!(matches!(summing.at, At::Here(_)) && summing.batch.is_empty());
        assert_eq!(summing.bytes(), 4 * BATCH_BYTES as u64);
        assert_eq!(summing.finish().await.unwrap(), (None, None));
    }

    /// A batch with room of its own, as one has that a thread is at work on.
    async fn batch(summing: &Summing) -> Batch {
        Batch {
            pieces: vec![Bytes::from_static(b"x")],
            _room: Arc::clone(&summing.room).acquire_owned().await.unwrap(),
        }
    }

    #[tokio::test]
    async fn no_more_batches_wait_than_there_is_room_for() {
        let mut summing = of(true, None);
        summing.bytes = BEGINNING;
        let at_work = batch(&summing).await;
        let work = Work::begin(&summing.line);
        let piece = Bytes::from(vec![7; BATCH_BYTES]);
        for _ in 1..BATCHES {
            summing.push(&piece).await.unwrap();
        }
        assert_eq!(summing.line.0.lock().batches.len(), BATCHES - 1);
        let waits = tokio::select! {
            biased;
            _ = summing.push(&piece) => false,
            () = std::future::ready(()) => true,
        };
        assert!(waits, "there is no room");
        // The thread goes through all that waits.
        work.run(at_work, Passing::new(true, None).into());
        assert!(!summing.line.0.lock().at_work);
        assert_eq!(summing.room.available_permits(), BATCHES);
    }

    #[tokio::test]
    async fn a_thread_that_is_lost_is_said() {
        let mut summing = of(true, None);
        summing.bytes = BEGINNING;
        let (work, waiting) = (Work::begin(&summing.line), batch(&summing).await);
        assert!(summing.line.leave(waiting).is_none());
        let lost = tokio::task::spawn_blocking(move || -> Box<Passing> {
            let _work = work;
            panic!("as a test wants it")
        });
        summing.at = At::Thread(lost);
        // What waited for it is given up.
        let all = u32::try_from(BATCHES).unwrap();
        drop(summing.room.acquire_many(all).await.unwrap());
        let piece = Bytes::from(vec![7; BATCH_BYTES]);
        assert!(summing.push(&piece).await.is_err());
    }
}
