//! One layer from the registry, or from a peer, to its folder: streamed, hashed twice, unpacked, then renamed.
//!
//! The compressed bytes are hashed as they arrive and the archive's as it is unpacked; only a
//! folder whose both digests fit gets its final name, so whatever dies in between leaves nothing
//! that would be trusted later.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;
use wharf_layers::Copying;

use super::{
    budget::{Budget, Meter},
    digest::{Digest, Hashing},
    download::Download,
    error::{LayerError, RegistryError, UnpackError},
    manifest::Descriptor,
    tar::Archive,
    unpack::unpack,
};

/// Pieces between the network and the thread that unpacks; a piece is at most what hyper reads at once.
const PIECES: usize = 16;
/// The window of a zstd stream that is accepted, as a power of two: 128 MiB, the format's recommendation
/// is 8 and its tools' limit 27 as well.
const ZSTD_WINDOW_LOG: u32 = 27;

/// What is wrong with a layer whose bytes are those of its digest, where its image says something else of them.
pub const UNPACKED: &str = "an unpacked layer";

/// What may follow the end of an archive: tar pads to its block size, which people choose in megabytes
/// at most.
const PADDING: u64 = 64 << 20;

/// A folder that a layer is unpacked into. Dropped before [`Incoming::keep`] it goes with everything
/// in it, also when nobody waits for the layer any more: the thread that unpacks owns it.
pub struct Incoming(PathBuf);

impl Incoming {
    /// Of a folder that exists and is empty.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// It has another name now.
    pub fn keep(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            discard(&self.0);
        }
    }
}

/// Where a layer comes from.
pub enum Coming {
    Registry(Box<Download>),
    Peer(Box<wharf_layers::Coming>),
}

impl Coming {
    async fn next(&mut self, is_awaited: impl Fn() -> bool) -> Result<Option<Bytes>, LayerError> {
        match self {
            Self::Registry(download) => Ok(download.next(is_awaited).await?),
            Self::Peer(coming) => Ok(coming.next().await?),
        }
    }
}

/// Fetches and unpacks. Returns the bytes of its files; `downloaded` is told what comes, and the copy for peers gets it.
pub async fn fetch(
    mut coming: Coming,
    copy: Option<Copying>,
    layer: &Descriptor,
    diff_id: &Digest,
    folder: Incoming,
    budget: &Arc<Budget>,
    downloaded: impl Fn(u64),
) -> Result<(u64, Incoming), LayerError> {
    let (pieces, receiver) = mpsc::channel::<Bytes>(PIECES);
    let unpacking = tokio::task::spawn_blocking({
        let (layer, diff_id) = (layer.clone(), diff_id.clone());
        let meter = budget.meter(layer.size);
        move || {
            let mut pieces = Pieces::new(receiver, layer.size, copy);
            let bytes = unpack_stream(&mut pieces, &layer, &diff_id, folder.path(), meter)?;
            if let Some(copy) = pieces.copy.take() {
                copy.keep();
            }
            Ok((bytes, folder))
        }
    });
    let broken = loop {
        match coming.next(|| pieces.capacity() == PIECES).await {
            Ok(Some(piece)) => {
                downloaded(piece.len() as u64);
                // The other side stops early when something is wrong, and knows what.
                if pieces.send(piece).await.is_err() {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    drop((pieces, coming));
    let unpacked = unpacking
        .await
        .unwrap_or_else(|e| Err(UnpackError::Read(io::Error::other(e)).into()));
    // A broken connection is the cause of whatever the thread made of the end.
    match broken {
        Some(cause) => Err(cause),
        None => unpacked,
    }
}

fn unpack_stream(
    pieces: &mut Pieces,
    layer: &Descriptor,
    diff_id: &Digest,
    folder: &Path,
    mut meter: Meter,
) -> Result<u64, LayerError> {
    let mut compressed = Hashed::new(pieces, &layer.digest);
    let got = {
        let plain = decompress(&mut compressed).map_err(UnpackError::Read)?;
        let mut plain = Hashed::new(plain, diff_id);
        let mut archive = Archive::new(&mut plain);
        unpack(folder, &mut archive, &mut meter)?;
        // What follows the archive's end counts for the digest: at most padding.
        drain(&mut plain, PADDING)?;
        plain.finish()
    };
    // First what came: where that is right, whoever sent it did well.
    drain(&mut compressed, layer.size)?;
    check("a layer", &layer.digest, compressed.finish())?;
    check(UNPACKED, diff_id, got)?;
    let bytes = meter.bytes();
    meter.keep();
    Ok(bytes)
}

/// An archive that is decompressed already. Returns the bytes of its files.
pub fn unpack_plain(
    plain: impl Read,
    diff_id: &Digest,
    folder: &Path,
    mut meter: Meter,
) -> Result<u64, LayerError> {
    let mut plain = Hashed::new(plain, diff_id);
    unpack(folder, &mut Archive::new(&mut plain), &mut meter)?;
    drain(&mut plain, PADDING)?;
    check(UNPACKED, diff_id, plain.finish())?;
    let bytes = meter.bytes();
    meter.keep();
    Ok(bytes)
}

fn check(what: &'static str, wanted: &Digest, got: Digest) -> Result<(), RegistryError> {
    if *wanted == got {
        Ok(())
    } else {
        Err(RegistryError::WrongDigest {
            what,
            wanted: wanted.clone(),
            got,
        })
    }
}

fn drain(from: &mut impl Read, limit: u64) -> Result<(), UnpackError> {
    let rest = io::copy(&mut from.take(limit.saturating_add(1)), &mut io::sink())
        .map_err(UnpackError::Read)?;
    if rest > limit {
        Err(UnpackError::Trailing)
    } else {
        Ok(())
    }
}

/// By its first bytes: media types are not always right, these are.
pub(super) fn decompress<'a>(input: &'a mut (impl Read + Send)) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::with_capacity(64 << 10, input);
    // Four bytes are in the first piece; the pieces of a body are never empty.
    let start = input.fill_buf()?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        _ => Box::new(input),
    })
}

/// A body's pieces as a blocking stream, never more than announced.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
    left: u64,
    /// For peers.
    copy: Option<Copying>,
}

impl Pieces {
    fn new(receiver: mpsc::Receiver<Bytes>, announced: u64, copy: Option<Copying>) -> Self {
        Self {
            receiver,
            current: Bytes::new(),
            left: announced,
            copy,
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(piece) => {
                    let too_much =
                        || io::Error::new(io::ErrorKind::InvalidData, "more bytes than announced");
                    self.left = self
                        .left
                        .checked_sub(piece.len() as u64)
                        .ok_or_else(too_much)?;
                    if let Some(copy) = &mut self.copy {
                        copy.write(&piece);
                    }
                    self.current = piece;
                }
            }
        }
        let n = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}

/// Passes bytes on and hashes them, as the digest that they should have says.
struct Hashed<R> {
    inner: R,
    hash: Hashing,
}

impl<R: Read> Hashed<R> {
    fn new(inner: R, wanted: &Digest) -> Self {
        Self {
            inner,
            hash: Hashing::like(wanted),
        }
    }

    fn finish(self) -> Digest {
        self.hash.finish()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

/// Everything in the folder, whatever it is; what is not there is gone already.
pub fn discard(folder: &Path) {
    if let Err(e) = wharf_rootdir::remove_tree(folder) {
        tracing::warn!(error = %e, folder = %folder.display(), "failed to remove an unfinished layer");
    }
}
