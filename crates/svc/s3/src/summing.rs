//! Checksums of a body on its way in, made beside what receives it: MD5 alone takes longer than the network and the disk
//! together.
//!
//! The beginning, which is all of most bodies, is gone through where it is received: to hand it to a thread would take as
//! long. Behind it pieces are gathered into batches, as [`wharf_blobs::Upload`] gathers them, and a thread is borrowed for
//! each: one batch is gone through while the next comes, so no more than two of them are held.

use bytes::Bytes;
use tokio::task::JoinHandle;
use wharf_wire::streaming::Algorithm;

use crate::sum::{Passing, Sum};

/// So much is gone through as it comes.
const BEGINNING: u64 = 512 << 10;
const BATCH_BYTES: usize = 512 << 10;
/// Clients decide how small the pieces are; each pins a receive buffer of its own.
const BATCH_PIECES: usize = 256;

/// A thread panicked or the runtime is going down.
#[derive(Debug, thiserror::Error)]
#[error("a thread that makes checksums was lost")]
pub struct Lost;

pub struct Summing {
    at: At,
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

impl Summing {
    pub fn new(passing: Passing) -> Self {
        Self {
            at: At::Here(passing.into()),
            batch: Vec::new(),
            batch_bytes: 0,
            bytes: 0,
        }
    }

    pub async fn push(&mut self, piece: &Bytes) -> Result<(), Lost> {
        self.bytes += piece.len() as u64;
        if self.bytes <= BEGINNING
            && let At::Here(passing) = &mut self.at
        {
            passing.update(piece);
            return Ok(());
        }
        self.batch_bytes += piece.len();
        self.batch.push(piece.clone());
        if self.batch_bytes < BATCH_BYTES && self.batch.len() < BATCH_PIECES {
            return Ok(());
        }
        self.begin().await
    }

    /// Has a thread go through what was gathered, once the one before is done.
    async fn begin(&mut self) -> Result<(), Lost> {
        let mut passing = self.settled().await?;
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.at = At::Thread(tokio::task::spawn_blocking(move || {
            batch.iter().for_each(|piece| passing.update(piece));
            passing
        }));
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

    /// MD5, and the checksum if it was computed here.
    pub async fn finish(mut self) -> Result<(Vec<u8>, Option<Sum>), Lost> {
        if !self.batch.is_empty() {
            self.begin().await?;
        }
        Ok(self.settled().await?.finish())
    }
}

/// What is made of a body: MD5, and another checksum where it is to be computed.
pub fn of(computed: Option<Algorithm>) -> Summing {
    Summing::new(Passing::new(
        computed.unwrap_or(Algorithm::Crc64Nvme),
        computed.is_some(),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is made of these pieces, with threads and without.
    async fn check(pieces: &[usize]) {
        let (mut summing, mut whole) = (of(Some(Algorithm::Crc64Nvme)), Vec::new());
        for (piece, number) in pieces.iter().zip(1_u8..) {
            let piece = Bytes::from(vec![number; *piece]);
            whole.extend_from_slice(&piece);
            summing.push(&piece).await.unwrap();
        }
        assert_eq!(summing.bytes(), whole.len() as u64);
        let mut passing = Passing::new(Algorithm::Crc64Nvme, true);
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
        let mut summing = of(None);
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
}
