//! Receipt handles: which message of which queue was received, and for which time. Pure.
//!
//! A handle opens nothing by itself: who uses it needs the right to delete messages of the queue. The message's
//! id in it, of which 62 random bits are compared, keeps others' messages out of reach.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::machine::{Millis, Seq};

/// Earlier versions gave handles without the time of the receive.
const TIMELESS: u8 = 1;
const FORMAT: u8 = 2;
const TIMELESS_BYTES: usize = 1 + 4 + 8 + 16 + 4;
const BYTES: usize = TIMELESS_BYTES + 8;
/// Handles are 56 characters; what is much longer is none.
const LONGEST: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub seq: Seq,
    pub id: u128,
    /// How often the message had been received with this one.
    pub receives: u32,
    /// When that was; `None` if the handle does not say it.
    pub received_at: Option<Millis>,
}

impl Receipt {
    /// `queue` is the queue's ARN.
    pub fn encode(&self, queue: &str) -> String {
        let mut out = Vec::with_capacity(BYTES);
        out.push(FORMAT);
        out.extend_from_slice(&crc32fast::hash(queue.as_bytes()).to_le_bytes());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.receives.to_le_bytes());
        match self.received_at {
            Some(at) => out.extend_from_slice(&at.to_le_bytes()),
            None => out[0] = TIMELESS,
        }
        STANDARD.encode(out)
    }

    /// `None` for what is no handle of this queue.
    pub fn decode(queue: &str, text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = STANDARD.decode(text).ok()?;
        let received_at = match (bytes.first()?, bytes.len()) {
            (&TIMELESS, TIMELESS_BYTES) => None,
            (&FORMAT, BYTES) => {
                let at = bytes[TIMELESS_BYTES..].try_into().ok()?;
                Some(Millis::from_le_bytes(at))
            }
            _ => return None,
        };
        let of_queue = u32::from_le_bytes(bytes[1..5].try_into().ok()?);
        if of_queue != crc32fast::hash(queue.as_bytes()) {
            return None;
        }
        Some(Self {
            seq: Seq::from_le_bytes(bytes[5..13].try_into().ok()?),
            id: u128::from_le_bytes(bytes[13..29].try_into().ok()?),
            receives: u32::from_le_bytes(bytes[29..TIMELESS_BYTES].try_into().ok()?),
            received_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_of_one_queue() {
        for received_at in [None, Some(4)] {
            let receipt = Receipt {
                seq: 1,
                id: 2,
                receives: 3,
                received_at,
            };
            let text = receipt.encode("a");
            assert_eq!(Receipt::decode("a", &text), Some(receipt));
            assert_eq!(Receipt::decode("b", &text), None);
            assert_eq!(Receipt::decode("a", &text[4..]), None);
        }
        for bad in ["", "x", &"A".repeat(5000)] {
            assert_eq!(Receipt::decode("a", bad), None);
        }
    }
}
