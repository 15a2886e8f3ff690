//! Signatures of the chunks of a body, each made over the one before it; the first follows the head's.

use super::{
    EMPTY_SHA256, Scope, Signature,
    canonical::{hmac, signing_key},
};

/// Signs the chunks of one body, in their order.
#[derive(Clone)]
pub struct ChunkSigner {
    key: [u8; 32],
    time: String,
    scope: String,
    previous: String,
}

impl Signature {
    /// Signs the chunks that follow a head with this signature.
    pub fn chunks(&self, secret: &str) -> ChunkSigner {
        let scope = Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        };
        ChunkSigner {
            key: signing_key(secret, &scope),
            time: self.signed_at.iso8601_basic(),
            scope: format!(
                "{}/{}/{}/aws4_request",
                self.date, self.region, self.service
            ),
            previous: self.signature.clone(),
        }
    }
}

impl ChunkSigner {
    /// The signature of the next chunk, whose data have the given digest.
    pub fn chunk(&mut self, sha256: &str) -> &str {
        self.previous = self.signed("PAYLOAD", &format!("{EMPTY_SHA256}\n{sha256}"));
        &self.previous
    }

    /// The signature of the trailers behind the last chunk: of the lines `name:value\n`.
    pub fn trailers(&self, sha256: &str) -> String {
        self.signed("TRAILER", sha256)
    }

    fn signed(&self, what: &str, of: &str) -> String {
        let Self {
            time,
            scope,
            previous,
            ..
        } = self;
        let text = format!("AWS4-HMAC-SHA256-{what}\n{time}\n{scope}\n{previous}\n{of}");
        hex::encode(hmac(&self.key, text.as_bytes()))
    }
}

impl std::fmt::Debug for ChunkSigner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ChunkSigner")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
