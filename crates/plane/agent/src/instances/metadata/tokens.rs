//! Session tokens of the metadata service (IMDSv2). None is kept: a token carries whose it is and when it ends under
//! a key of this process, so that nobody fills a memory with tokens. After the agent's end clients ask for new ones.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng as _;
use ring::hmac;
use wharf_base::Timestamp;

/// Seconds that a token may live.
pub const TTL: std::ops::RangeInclusive<u32> = 1..=21_600;
const TIME: usize = size_of::<i64>();
const MAC: usize = 32;

pub struct Tokens(hmac::Key);

impl Default for Tokens {
    fn default() -> Self {
        let secret: [u8; 32] = rand::rng().random();
        Self(hmac::Key::new(hmac::HMAC_SHA256, &secret))
    }
}

impl Tokens {
    pub fn make(&self, instance: &str, ttl_seconds: u32, now: Timestamp) -> String {
        let ends = now.0.saturating_add(i64::from(ttl_seconds) * 1000);
        let mut bytes = ends.to_be_bytes().to_vec();
        let mac = hmac::sign(&self.0, &signed(instance, &bytes));
        bytes.extend_from_slice(mac.as_ref());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether the token is the instance's and has not ended.
    pub fn holds(&self, instance: &str, token: &str, now: Timestamp) -> bool {
        if token.len() > 2 * (TIME + MAC) {
            return false;
        }
        let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(token) else {
            return false;
        };
        let Some((time, mac)) = bytes.split_first_chunk::<TIME>() else {
            return false;
        };
        hmac::verify(&self.0, &signed(instance, time), mac).is_ok()
            && i64::from_be_bytes(*time) > now.0
    }
}

fn signed(instance: &str, time: &[u8]) -> Vec<u8> {
    [instance.as_bytes(), b"\0", time].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_instance_and_for_a_time() {
        let tokens = Tokens::default();
        let token = tokens.make("i-1", 60, Timestamp(0));
        assert!(tokens.holds("i-1", &token, Timestamp(59_999)));
        assert!(!tokens.holds("i-1", &token, Timestamp(60_000)));
        assert!(!tokens.holds("i-2", &token, Timestamp(0)));
        assert!(!Tokens::default().holds("i-1", &token, Timestamp(0)));
        for bad in ["", "AAAA", &token[1..], &"A".repeat(1 << 20)] {
            assert!(!tokens.holds("i-1", bad, Timestamp(0)));
        }
    }
}
