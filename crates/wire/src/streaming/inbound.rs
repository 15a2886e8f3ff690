//! A body on its way in, held to what its sender promised. Pure: it is fed with bytes, and says what they
//! are.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    Algorithm, Promise,
    checksum::Running,
    chunked::Decoder,
    fault,
    promise::{Framing, decoded},
};
use crate::{Fault, sigv4::ChunkSigner};

/// What has come of a body so far.
pub struct Inbound {
    promise: Promise,
    /// The promise's length is a bound alone.
    is_bound: bool,
    decoder: Option<Decoder>,
    received: u64,
    sha256: Option<Sha256>,
    running: Vec<(Algorithm, Running)>,
}

impl Inbound {
    /// `signer` checks the chunks of a body that is signed by chunk.
    pub fn new(promise: Promise, signer: Option<ChunkSigner>) -> Self {
        let decoder = match promise.framing {
            Framing::None => None,
            Framing::Chunks { signed, trailers } => {
                Some(Decoder::new(signer.filter(|_| signed), trailers))
            }
        };
        let by_header = promise.checksums.iter().map(|(it, _)| *it);
        let algorithms = by_header.chain(promise.trailers.iter().copied());
        let running = algorithms.map(|it| (it, it.begin())).collect();
        Self {
            is_bound: false,
            decoder,
            received: 0,
            sha256: promise.sha256.as_ref().map(|_| Sha256::default()),
            running,
            promise,
        }
    }

    /// A body of which nobody said how long it is: at most as long as the promise says.
    pub fn of_any_length(promise: Promise) -> Self {
        Self {
            is_bound: true,
            ..Self::new(promise, None)
        }
    }

    /// The next piece of the body in what came, which is taken off it; `None` once more must come.
    pub fn next(&mut self, from: &mut Bytes) -> Result<Option<Bytes>, Fault> {
        let piece = match &mut self.decoder {
            Some(decoder) => decoder.next(from)?,
            None => Some(std::mem::take(from)).filter(|it| !it.is_empty()),
        };
        let Some(piece) = piece else {
            return Ok(None);
        };
        self.received += piece.len() as u64;
        if self.received > self.promise.length {
            return Err(fault::incomplete());
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(&piece);
        }
        for (_, running) in &mut self.running {
            running.update(&piece);
        }
        Ok(Some(piece))
    }

    /// Nothing more comes: the checksums that the sender gave, in base 64, all of them right.
    pub fn finish(self) -> Result<Vec<(Algorithm, String)>, Fault> {
        let trailers = match self.decoder {
            Some(decoder) => decoder.finish()?,
            None => Vec::new(),
        };
        if self.received != self.promise.length && !self.is_bound {
            return Err(fault::incomplete());
        }
        if let (Some(promised), Some(sha256)) = (&self.promise.sha256, self.sha256) {
            let computed = hex::encode(sha256.finalize());
            if *promised != computed {
                return Err(fault::other_sha256(promised, &computed));
            }
        }
        let mut promised = self.promise.checksums;
        promised.extend(trailing(&self.promise.trailers, &trailers)?);
        let mut right = Vec::new();
        for ((algorithm, sum), (_, running)) in promised.into_iter().zip(self.running) {
            if running.finish() != sum {
                return Err(fault::other_checksum(algorithm));
            }
            right.push((algorithm, BASE64.encode(sum)));
        }
        Ok(right)
    }
}

/// The checksums of trailers, which must be those that were announced.
fn trailing(
    announced: &[Algorithm],
    trailers: &[(String, String)],
) -> Result<Vec<(Algorithm, Vec<u8>)>, Fault> {
    let names = trailers.iter().map(|(name, _)| name.as_str());
    if !names.eq(announced.iter().map(|it| it.header())) {
        return Err(fault::no_trailer());
    }
    let sums = announced.iter().zip(trailers);
    sums.map(|(algorithm, (_, value))| Ok((*algorithm, decoded(*algorithm, value)?)))
        .collect()
}

#[cfg(test)]
mod tests;
