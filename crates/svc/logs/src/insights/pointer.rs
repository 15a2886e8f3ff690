//! `@ptr`: the name of one event. Whoever shows it may read the event by the rights on its group, so it needs no
//! secret; what it says is compared with the records.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub group: String,
    pub stream: String,
    /// Used once: the events of a stream that was made again are others.
    pub stream_id: String,
    pub offset: u64,
}

impl Pointer {
    pub fn write(&self) -> String {
        let parts = (&self.group, &self.stream, &self.stream_id, self.offset);
        BASE64.encode(serde_json::to_vec(&parts).expect("texts and a number are JSON"))
    }

    pub fn read(text: &str) -> Option<Self> {
        let parts = serde_json::from_slice(&BASE64.decode(text).ok()?).ok()?;
        let (group, stream, stream_id, offset) = parts;
        Some(Self {
            group,
            stream,
            stream_id,
            offset,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back() {
        let pointer = Pointer {
            group: "/ecs/app".to_owned(),
            stream: "ü/1".to_owned(),
            stream_id: "0a".to_owned(),
            offset: u64::MAX,
        };
        assert_eq!(Pointer::read(&pointer.write()), Some(pointer));
        for bad in ["", "x", "W10", "bnVsbA"] {
            assert_eq!(Pointer::read(bad), None, "{bad}");
        }
    }
}
