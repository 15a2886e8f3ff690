//! Spans from the registry: asked for by range, compared with their digests, decompressed.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use wharf_ztoc::Ztoc;

use super::super::{
    error::RegistryError,
    manifest::Descriptor,
    registry::{Body, Repository},
};

/// What a span holds.
///
/// # Errors
/// It cannot be had, or is not what the index says.
pub async fn fetch(
    repository: &Repository,
    layer: &Descriptor,
    ztoc: &Arc<Ztoc>,
    number: usize,
    working: &Semaphore,
) -> Result<Vec<u8>, RegistryError> {
    let mut run = Run::ask(repository, layer, ztoc, number..number + 1).await?;
    run.next(repository, ztoc, number, working).await
}

/// Spans that follow one another, over one connection.
pub struct Run {
    body: Body,
    /// Where in the layer the next byte lies that is not in `bytes`.
    at: u64,
    /// What has come and may be of the next span too.
    bytes: Vec<u8>,
}

impl Run {
    pub async fn ask(
        repository: &Repository,
        layer: &Descriptor,
        ztoc: &Ztoc,
        spans: std::ops::Range<usize>,
    ) -> Result<Self, RegistryError> {
        let nonsense = || RegistryError::Nonsense("no such span".to_owned());
        let of = ztoc.spans.get(spans).filter(|of| !of.is_empty());
        let [first, last] = of.map(ends).ok_or_else(nonsense)?;
        let body = repository
            .blob_part(layer.digest.as_str(), first, Some(last - 1), layer.size)
            .await?;
        let body = body.ok_or_else(|| RegistryError::Nonsense("it sends no parts".to_owned()))?;
        Ok(Self {
            body,
            at: first,
            bytes: Vec::new(),
        })
    }

    /// What the next span holds. Only decompressing takes a turn among all layers: no registry that is slow holds up another's.
    pub async fn next(
        &mut self,
        repository: &Repository,
        ztoc: &Arc<Ztoc>,
        number: usize,
        working: &Semaphore,
    ) -> Result<Vec<u8>, RegistryError> {
        let span = &ztoc.spans[number];
        while self.at < span.compressed.end {
            let Some(piece) = self.body.next().await? else {
                return Err(repository.short());
            };
            self.bytes.extend_from_slice(&piece);
            self.at += piece.len() as u64;
        }
        // The first byte of a span may be the last of the one before.
        let begin = self.at - self.bytes.len() as u64;
        let skipped = usize::try_from(span.compressed.start.saturating_sub(begin));
        let length = usize::try_from(span.compressed.end - span.compressed.start);
        let (Ok(skipped), Ok(length)) = (skipped, length) else {
            return Err(RegistryError::Nonsense("a span".to_owned()));
        };
        let compressed = self.bytes.get(skipped..skipped + length);
        let compressed = compressed.ok_or_else(|| repository.short())?.to_vec();
        self.bytes.drain(..skipped + length - 1);
        let _turn = working.acquire().await;
        // Decompressing some megabytes is a matter of milliseconds, but of many.
        let (digest, ztoc) = (span.digest, Arc::clone(ztoc));
        let plain = tokio::task::spawn_blocking(move || {
            let is_right = <[u8; 32]>::from(Sha256::digest(&compressed)) == digest;
            is_right.then(|| ztoc.inflate(number, &compressed).ok())
        });
        let plain = plain.await.ok().flatten().flatten();
        plain.ok_or_else(|| RegistryError::WrongSpan {
            number,
            wanted: hex::encode(digest),
        })
    }
}

fn ends(spans: &[wharf_ztoc::Span]) -> [u64; 2] {
    let first = spans.first().map_or(0, |span| span.compressed.start);
    let last = spans.last().map_or(0, |span| span.compressed.end);
    [first, last]
}
