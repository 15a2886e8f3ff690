//! Bytes of objects on their way in and out. Memory stays flat, whatever the size.

use std::{collections::VecDeque, ops::Range as Bounds, sync::Arc};

use bytes::{Bytes, BytesMut};
use wharf_base::ids;
use wharf_blobs::{BlobReader, Blobs, Digest};
use wharf_service::Faults as _;
use wharf_wire::{
    ByteStream, Fault, async_trait,
    streaming::{Algorithm, Source},
};

use crate::{
    core::Core,
    crypt::{self, Key, Opener, Sealer},
    fault::{self, S3Faults},
    packs::{self, Packs},
    records::Body,
    sum::Sum,
    summing::{self, Lost},
};

/// Bytes of an object that comes in one request, and of a part.
pub const MAX_BODY: u64 = 5 << 30;

/// Bytes that were received, are as promised, and are durable.
pub struct Kept {
    pub size: u64,
    /// The MD5 of the bytes. Of bytes that are sealed under a key that others have it says nothing, for whoever lists a
    /// bucket could try by it what is in an object that only the key opens: it is drawn at random.
    pub etag: String,
    pub sum: Option<Sum>,
    /// The one that the sender gave.
    pub given: Option<Sum>,
    pub body: Body,
    /// Held until the record that needs the bytes is written.
    pub held: Held,
}

/// What keeps bytes from being removed that no record needs yet.
pub type Held = Option<Box<dyn Send + Sync>>;

impl Kept {
    /// The blob, and the name by which it is owned.
    pub fn blob(&self) -> Option<(Digest, String)> {
        match &self.body {
            Body::Blob(digest, who) => Some((*digest, who.clone())),
            _ => None,
        }
    }
}

/// Reads the body of an object of an account's bucket to its end and keeps it. `computed` is the checksum to compute, where the sender gives
/// none of that algorithm.
pub async fn receive(
    core: &Core,
    account: &str,
    stream: &ByteStream,
    computed: Option<Algorithm>,
    key: Option<&Key>,
) -> Result<Kept, Fault> {
    let keeping = Keeping::new(core, key, Some(account))?;
    keep(stream, computed, keeping).await
}

/// As [`receive`], of a part: it becomes a blob, however small it is.
pub async fn receive_part(
    core: &Core,
    stream: &ByteStream,
    computed: Option<Algorithm>,
    key: Option<&Key>,
) -> Result<Kept, Fault> {
    keep(stream, computed, Keeping::new(core, key, None)?).await
}

async fn keep(
    stream: &ByteStream,
    computed: Option<Algorithm>,
    mut keeping: Keeping<'_>,
) -> Result<Kept, Fault> {
    let mut reader = stream.reader();
    let mut sums = summing::of(!keeping.seals(), computed);
    while let Some(piece) = reader.next().await {
        let piece = piece?;
        sums.push(&piece).await.map_err(lost)?;
        keeping.write(piece).await?;
    }
    let size = sums.bytes();
    let given = reader
        .checksums()
        .iter()
        .find(|(it, _)| *it != Algorithm::Md5);
    let given = given.map(|(algorithm, sum)| Sum::new(*algorithm, sum.clone()));
    // A body that no checksum comes of was kept for nothing: no record needs it.
    let sums = async { sums.finish().await.map_err(lost) };
    let ((md5, own), (body, held)) = tokio::try_join!(sums, keeping.finish())?;
    Ok(Kept {
        size,
        etag: md5.map_or_else(ids::hex32, hex::encode),
        sum: own.or_else(|| given.clone()),
        given,
        body,
        held,
    })
}

/// Bytes on their way into a pack, or into a blob once they are too many.
struct Keeping<'a> {
    core: &'a Core,
    /// The account in whose turn what is small goes into a pack; none of that does without.
    packed_for: Option<&'a str>,
    /// Those that came, while they are no more.
    held: BytesMut,
    upload: Option<wharf_blobs::Upload>,
    sealer: Option<Sealer>,
}

impl<'a> Keeping<'a> {
    fn new(core: &'a Core, key: Option<&Key>, packed_for: Option<&'a str>) -> Result<Self, Fault> {
        Ok(Self {
            core,
            packed_for,
            held: BytesMut::new(),
            upload: None,
            sealer: key.map(Sealer::new).transpose().map_err(broken)?,
        })
    }

    fn seals(&self) -> bool {
        self.sealer.is_some()
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), Fault> {
        match &mut self.sealer {
            None => self.push(piece).await,
            Some(sealer) => {
                for piece in sealer.push(&piece).map_err(broken)? {
                    self.push(piece).await?;
                }
                Ok(())
            }
        }
    }

    async fn push(&mut self, piece: Bytes) -> Result<(), Fault> {
        let most_packed = self.packed_for.map_or(0, |_| packs::MOST);
        if self.upload.is_none() && self.held.len() + piece.len() <= most_packed {
            self.held.extend_from_slice(&piece);
            return Ok(());
        }
        let upload = match self.upload {
            Some(ref mut upload) => upload,
            ref mut none => {
                let most = crypt::stored_size(MAX_BODY);
                let begun = self.core.parts.wants.blobs.upload_once(None, most).await;
                let upload = none.insert(begun.map_err(fault::blob)?);
                let held = std::mem::take(&mut self.held).freeze();
                if !held.is_empty() {
                    upload.write(held).await.map_err(fault::blob)?;
                }
                upload
            }
        };
        upload.write(piece).await.map_err(fault::blob)
    }

    async fn finish(mut self) -> Result<(Body, Held), Fault> {
        if let Some(sealer) = self.sealer.take() {
            for piece in sealer.finish().map_err(broken)? {
                self.push(piece).await?;
            }
        }
        if let Some(upload) = self.upload {
            let (info, lease) = upload.finish_as_sent().await.map_err(fault::blob)?;
            let body = Body::Blob(info.digest, format!("{}.object", ids::hex16()));
            return Ok((body, Some(Box::new(lease))));
        }
        if self.held.is_empty() {
            return Ok((Body::Empty, None));
        }
        // Of a part there is nothing here: all of it went into a blob.
        let whose = self.packed_for.unwrap_or_default();
        let put = self.core.packs.put(whose, &self.held, self.core.now());
        let (place, pack) = put.await?;
        let body = Body::Packed {
            slot: ids::hex16(),
            place: Some(place),
        };
        Ok((body, Some(Box::new(pack))))
    }
}

/// Where bytes are.
#[derive(Debug, Clone)]
pub enum Place {
    Blob(Digest),
    /// The slot of a small object.
    Slot(String),
}

/// A stretch of the plain bytes of one place.
#[derive(Debug, Clone)]
pub struct Piece {
    pub place: Place,
    /// Plain bytes of the whole place.
    pub size: u64,
    pub range: Bounds<u64>,
}

/// The pieces that a range of places in a row is in.
pub fn pieces(
    places: impl IntoIterator<Item = (Place, u64)>,
    range: Bounds<u64>,
) -> VecDeque<Piece> {
    let mut at = 0;
    let mut found = VecDeque::new();
    for (place, size) in places {
        let (start, end) = (range.start.max(at), range.end.min(at + size));
        if start < end {
            found.push_back(Piece {
                place,
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
        packs: core.packs.clone(),
        pieces,
        key,
        open: None,
        small: None,
    };
    outgoing.open_next().await?;
    Ok(ByteStream::new(outgoing, Some(length)))
}

struct Outgoing {
    blobs: Blobs,
    packs: Arc<Packs>,
    pieces: VecDeque<Piece>,
    key: Option<Key>,
    open: Option<(BlobReader, Option<Opener>)>,
    /// What of a small object is to be sent.
    small: Option<Bytes>,
}

impl Outgoing {
    async fn open_next(&mut self) -> Result<bool, Fault> {
        let Some(piece) = self.pieces.pop_front() else {
            self.open = None;
            return Ok(false);
        };
        let digest = match &piece.place {
            Place::Blob(digest) => digest,
            Place::Slot(slot) => {
                let stored = self.packs.get(slot).await?.ok_or_else(fault::gone)?;
                self.small = Some(self.select(&piece, &stored)?);
                return Ok(true);
            }
        };
        let Some(key) = &self.key else {
            let reader = self.read(digest, piece.range).await?;
            self.open = Some((reader, None));
            return Ok(true);
        };
        let mut reader = self.read(digest, 0..crypt::SALT as u64).await?;
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

    /// The range of a small object's plain bytes.
    fn select(&self, piece: &Piece, stored: &Bytes) -> Result<Bytes, Fault> {
        let plain = match &self.key {
            None => stored.clone(),
            Some(key) => crypt::open_whole(key, stored).map_err(broken)?,
        };
        let at = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
        let range = at(piece.range.start)..at(piece.range.end);
        match range.end <= plain.len() {
            true => Ok(plain.slice(range)),
            false => Err(broken(crypt::Broken)),
        }
    }

    async fn read(&self, digest: &Digest, of: Bounds<u64>) -> Result<BlobReader, Fault> {
        let found = self.blobs.read_range(digest, of.start, of.end).await;
        found.map_err(fault::blob)?.ok_or_else(|| {
            tracing::error!(%digest, "failed to read an object: its blob is missing");
            S3Faults::internal(&std::io::Error::from(std::io::ErrorKind::NotFound))
        })
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            if let Some(small) = self.small.take() {
                self.open_next().await?;
                return Ok(Some(small));
            }
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

fn lost(error: Lost) -> Fault {
    S3Faults::internal(&error)
}

fn broken(error: crypt::Broken) -> Fault {
    S3Faults::internal(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_over_parts() {
        let parts = [5, 0, 5].map(|size| (Place::Blob(Digest::of(b"")), size));
        let of = |range| -> Vec<Bounds<u64>> {
            pieces(parts.clone(), range)
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
