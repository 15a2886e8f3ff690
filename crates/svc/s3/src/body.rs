//! Bytes of objects on their way in and out. Memory stays flat, whatever the size.

use std::{collections::VecDeque, ops::Range as Bounds};

use bytes::Bytes;
use wharf_base::ids;
use wharf_blobs::{BlobReader, Blobs, Digest, Lease};
use wharf_service::Faults as _;
use wharf_wire::{
    ByteStream, Fault, async_trait,
    streaming::{Algorithm, Source},
};

use crate::{
    core::Core,
    crypt::{self, Key, Opener, Sealer},
    fault::{self, S3Faults},
    records::Body,
    sum::{Passing, Sum},
};

/// Bytes of an object that comes in one request, and of a part.
pub const MAX_BODY: u64 = 5 << 30;

/// Bytes that were received, are as promised, and are durable.
pub struct Kept {
    pub size: u64,
    pub md5: Vec<u8>,
    pub sum: Option<Sum>,
    /// The one that the sender gave.
    pub given: Option<Sum>,
    pub blob: Option<(Digest, String)>,
    /// Held until the record that needs the bytes is written.
    pub lease: Option<Lease>,
}

impl Kept {
    pub fn etag(&self) -> String {
        hex::encode(&self.md5)
    }

    pub fn body(&self) -> Body {
        match &self.blob {
            Some((digest, who)) => Body::Blob(*digest, who.clone()),
            None => Body::Empty,
        }
    }
}

/// Reads a body to its end and keeps it. `computed` is the checksum to compute, where the sender gives none of
/// that algorithm.
pub async fn receive(
    core: &Core,
    stream: &ByteStream,
    computed: Option<Algorithm>,
    key: Option<&Key>,
) -> Result<Kept, Fault> {
    let mut reader = stream.reader();
    let mut passing = Passing::new(computed.unwrap_or(Algorithm::Crc64Nvme), computed.is_some());
    let mut keeping = Keeping::new(&core.parts.wants.blobs, key)?;
    while let Some(piece) = reader.next().await {
        let piece = piece?;
        passing.update(&piece);
        keeping.write(piece).await?;
    }
    let size = passing.bytes;
    let (md5, own) = passing.finish();
    let given = reader
        .checksums()
        .iter()
        .find(|(it, _)| *it != Algorithm::Md5);
    let given = given.map(|(algorithm, sum)| Sum::new(*algorithm, sum.clone()));
    let (blob, lease) = match keeping.finish().await? {
        Some((digest, lease)) => (
            Some((digest, format!("{}.object", ids::hex16()))),
            Some(lease),
        ),
        None => (None, None),
    };
    Ok(Kept {
        size,
        md5,
        sum: own.or_else(|| given.clone()),
        given,
        blob,
        lease,
    })
}

/// A blob in the making; none is begun for nothing.
struct Keeping<'a> {
    blobs: &'a Blobs,
    upload: Option<wharf_blobs::Upload>,
    sealer: Option<Sealer>,
}

impl<'a> Keeping<'a> {
    fn new(blobs: &'a Blobs, key: Option<&Key>) -> Result<Self, Fault> {
        Ok(Self {
            blobs,
            upload: None,
            sealer: key.map(Sealer::new).transpose().map_err(broken)?,
        })
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), Fault> {
        match &mut self.sealer {
            None => self.push(piece).await,
            Some(sealer) => {
                let pieces = sealer.push(&piece).map_err(broken)?;
                // Begun in any case, so that the end is written.
                self.begin().await?;
                for piece in pieces {
                    self.push(piece).await?;
                }
                Ok(())
            }
        }
    }

    async fn begin(&mut self) -> Result<&mut wharf_blobs::Upload, Fault> {
        match self.upload {
            Some(ref mut upload) => Ok(upload),
            ref mut none => {
                let most = crypt::stored_size(MAX_BODY);
                let upload = self.blobs.upload_once(None, most).await;
                Ok(none.insert(upload.map_err(fault::blob)?))
            }
        }
    }

    async fn push(&mut self, piece: Bytes) -> Result<(), Fault> {
        let upload = self.begin().await?;
        upload.write(piece).await.map_err(fault::blob)
    }

    async fn finish(mut self) -> Result<Option<(Digest, Lease)>, Fault> {
        if self.upload.is_none() {
            return Ok(None);
        }
        if let Some(sealer) = self.sealer.take() {
            for piece in sealer.finish().map_err(broken)? {
                self.push(piece).await?;
            }
        }
        let Some(upload) = self.upload else {
            return Ok(None);
        };
        let (info, lease) = upload.finish_as_sent().await.map_err(fault::blob)?;
        Ok(Some((info.digest, lease)))
    }
}

/// A stretch of one blob's plain bytes.
#[derive(Debug, Clone)]
pub struct Piece {
    pub digest: Digest,
    /// Plain bytes of the whole blob.
    pub size: u64,
    pub range: Bounds<u64>,
}

/// The pieces that a range of blobs in a row is in.
pub fn pieces(
    blobs: impl IntoIterator<Item = (Digest, u64)>,
    range: Bounds<u64>,
) -> VecDeque<Piece> {
    let mut at = 0;
    let mut found = VecDeque::new();
    for (digest, size) in blobs {
        let (start, end) = (range.start.max(at), range.end.min(at + size));
        if start < end {
            found.push_back(Piece {
                digest,
                size,
                range: start - at..end - at,
            });
        }
        at += size;
    }
    found
}

/// A body of these pieces. The first is opened before this returns, so that what is not there is refused.
pub async fn send(
    core: &Core,
    pieces: VecDeque<Piece>,
    key: Option<Key>,
) -> Result<ByteStream, Fault> {
    let length = pieces.iter().map(|it| it.range.end - it.range.start).sum();
    let mut outgoing = Outgoing {
        blobs: core.parts.wants.blobs.clone(),
        pieces,
        key,
        open: None,
    };
    outgoing.open_next().await?;
    Ok(ByteStream::new(outgoing, Some(length)))
}

struct Outgoing {
    blobs: Blobs,
    pieces: VecDeque<Piece>,
    key: Option<Key>,
    open: Option<(BlobReader, Option<Opener>)>,
}

impl Outgoing {
    async fn open_next(&mut self) -> Result<bool, Fault> {
        let Some(piece) = self.pieces.pop_front() else {
            self.open = None;
            return Ok(false);
        };
        let mut reader = self.read(&piece.digest).await?;
        let Some(key) = &self.key else {
            reader.select(piece.range.start, piece.range.end);
            self.open = Some((reader, None));
            return Ok(true);
        };
        reader.select(0, crypt::SALT as u64);
        let salt = reader
            .next_chunk()
            .await
            .map_err(fault::blob)?
            .unwrap_or_default();
        let opener = Opener::new(key, &salt, &piece.range, piece.size).map_err(broken)?;
        let stored = crypt::stored_range(&piece.range, piece.size);
        reader.select(stored.start, stored.end);
        self.open = Some((reader, Some(opener)));
        Ok(true)
    }

    async fn read(&self, digest: &Digest) -> Result<BlobReader, Fault> {
        let found = self.blobs.read(digest).await.map_err(fault::blob)?;
        found.ok_or_else(|| {
            tracing::error!(%digest, "the bytes of an object are missing");
            S3Faults::internal(&std::io::Error::from(std::io::ErrorKind::NotFound))
        })
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Some((reader, opener)) = &mut self.open else {
                return Ok(None);
            };
            let chunk = reader.next_chunk().await.map_err(fault::blob)?;
            match (chunk, opener) {
                (Some(chunk), None) => return Ok(Some(chunk)),
                (Some(chunk), Some(opener)) => {
                    let plain = opener
                        .push(&chunk, reader.remaining() == 0)
                        .map_err(broken)?;
                    if !plain.is_empty() {
                        return Ok(Some(plain));
                    }
                }
                (None, _) => {
                    self.open_next().await?;
                }
            }
        }
    }
}

#[async_trait]
impl Source for Outgoing {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        self.piece().await.transpose()
    }
}

/// A body as the sender promises it: which checksum is to be computed here, if any.
pub fn to_compute(sender_gives_one: bool) -> Option<Algorithm> {
    (!sender_gives_one).then_some(Algorithm::Crc64Nvme)
}

fn broken(error: crypt::Broken) -> Fault {
    S3Faults::internal(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_over_parts() {
        let digest = Digest::of(b"");
        let parts = [(digest, 5), (digest, 0), (digest, 5)];
        let of = |range| -> Vec<Bounds<u64>> {
            pieces(parts, range)
                .into_iter()
                .map(|it| it.range)
                .collect()
        };
        assert_eq!(of(0..10), [0..5, 0..5]);
        assert_eq!(of(4..6), [4..5, 0..1]);
        assert_eq!(of(5..6), std::slice::from_ref(&(0..1)));
        assert_eq!(of(3..3), [0..0; 0]);
    }
}
