//! Whether a signature holds: its time, what it covers, and whose it is.

use std::time::Duration;

use subtle::ConstantTimeEq;
use wharf_base::Timestamp;

use super::{
    MAX_SKEW, MAX_SKEW_OF_S3, PAYLOAD_HEADER, RequestParts, Scope, Signature, SignatureError,
    UNSIGNED_PAYLOAD,
    canonical::{Plus, canonical_request, hmac, signing_key, string_to_sign},
    is_s3,
};

impl Signature {
    /// Whether the signature's time fits `now`: five minutes either way (S3: fifteen), or a presigned URL's life.
    pub fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        let at = self.signed_at.iso8601_basic();
        let skew = match is_s3(&self.service) {
            true => MAX_SKEW_OF_S3,
            false => MAX_SKEW,
        };
        let minutes = skew.as_secs() / 60;
        let life = self.expires.map_or(skew, Duration::from_secs);
        let ended = self.signed_at + life;
        if self.signed_at > now + skew {
            let text = format!(
                "Signature not yet current: {at} is still later than {} ({} + {minutes} min.)",
                (now + skew).iso8601_basic(),
                now.iso8601_basic(),
            );
            return Err(match self.expires {
                None => SignatureError::Clock(text),
                Some(_) => SignatureError::Early {
                    text,
                    signed_at: self.signed_at,
                    ended,
                    now,
                },
            });
        }
        if ended < now {
            let text = format!(
                "Signature expired: {at} is now earlier than {} ({} - {minutes} min.)",
                (now - life).iso8601_basic(),
                now.iso8601_basic(),
            );
            return Err(match self.expires {
                None => SignatureError::Clock(text),
                Some(seconds) => SignatureError::Expired {
                    text,
                    seconds,
                    ended,
                    now,
                },
            });
        }
        Ok(())
    }

    /// The digest of the body that the request's head was signed for, or the word that there is
    /// none: with it the signature can be checked before the body comes. `None` where the head does
    /// not say, as that of most SDKs.
    pub fn promised_payload<'a>(&self, request: &RequestParts<'a>) -> Option<&'a str> {
        if self.leaves_out_payload() {
            return Some(UNSIGNED_PAYLOAD);
        }
        let is_signed = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        is_signed.then(|| request.header(PAYLOAD_HEADER)).flatten()
    }

    /// Who presigns a URL of S3 does not know what will be sent to it: nobody says so in a header.
    fn leaves_out_payload(&self) -> bool {
        let is_named = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        self.expires.is_some() && is_s3(&self.service) && !is_named
    }

    /// What stands for the body in the canonical request: its digest, or the word that the client
    /// left it out, which is signed unless a URL of S3 was presigned.
    pub(super) fn payload_hash<'a>(
        &self,
        request: &RequestParts<'a>,
        body_sha256: &'a str,
    ) -> Result<&'a str, SignatureError> {
        if self.leaves_out_payload() {
            return Ok(UNSIGNED_PAYLOAD);
        }
        let is_signed = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        match request.header(PAYLOAD_HEADER) {
            Some(UNSIGNED_PAYLOAD) if is_signed => Ok(UNSIGNED_PAYLOAD),
            Some(claimed) if claimed != body_sha256 => Err(SignatureError::Mismatch),
            _ => Ok(body_sha256),
        }
    }

    /// Every `x-amz-` header that came must be signed, for they say what is asked for: one of them makes a copy of
    /// a presigned upload. The digest of the body that comes to a presigned URL is nothing its signer could know,
    /// and browsers' SDKs say in a header of theirs who they are.
    fn check_coverage(&self, request: &RequestParts<'_>) -> Result<(), SignatureError> {
        let may_stay = |name: &str| match name {
            "x-amz-user-agent" => true,
            PAYLOAD_HEADER => self.expires.is_some(),
            _ => !name.starts_with("x-amz-"),
        };
        let names = request.headers.iter().map(|(name, _)| name);
        let mut uncovered: Vec<&str> = names
            .filter(|name| !may_stay(name) && !self.signed_headers.contains(name))
            .map(String::as_str)
            .collect();
        uncovered.sort_unstable();
        uncovered.dedup();
        match uncovered.is_empty() {
            true => Ok(()),
            false => Err(SignatureError::Uncovered(uncovered.join(", "))),
        }
    }

    /// Whether `secret` made this signature over `request`. `body_sha256` is the digest of the body
    /// as received: a request that claims another does not match.
    pub fn check(
        &self,
        request: &RequestParts<'_>,
        body_sha256: &str,
        secret: &str,
    ) -> Result<(), SignatureError> {
        self.check_coverage(request)?;
        let payload_hash = self.payload_hash(request, body_sha256)?;
        let presigned = self.expires.is_some();
        let scope = Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        };
        let key = signing_key(secret, &scope);
        // Clients disagree on a bare `+` in a query: each reading is tried, most often there is none.
        let readings = if request.query.contains('+') {
            &Plus::ALL[..]
        } else {
            &Plus::ALL[..1]
        };
        for plus in readings {
            let canonical = canonical_request(
                &self.service,
                request,
                &self.signed_headers,
                payload_hash,
                presigned,
                *plus,
            )
            .ok_or(SignatureError::Mismatch)?;
            let to_sign = string_to_sign(&self.signed_at.iso8601_basic(), &scope, &canonical);
            let expected = hex::encode(hmac(&key, to_sign.as_bytes()));
            if bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes())) {
                return Ok(());
            }
        }
        Err(SignatureError::Mismatch)
    }
}
