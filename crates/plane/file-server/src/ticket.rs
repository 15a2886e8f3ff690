//! Tickets: what the control plane decided about one who mounts, signed for one file system.
//!
//! A ticket is a line: what it says, as JSON in base64, a dot, and the HMAC-SHA256 of that text in base64. Who has it may
//! do what it says until it is over; it goes over TLS alone.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::config::Permissions;

/// Bytes of a ticket with the end of its line.
pub const MAX_TICKET: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// `fs-…`
    pub file_system: String,
    /// `fsap-…`
    #[serde(default)]
    pub access_point: Option<String>,
    pub permissions: Permissions,
    /// Milliseconds since 1970 after which nobody comes in by it.
    pub expires_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTicket {
    Garbled,
    Signature,
    FileSystem,
    Expired,
}

impl Ticket {
    /// The line, without its end.
    pub fn signed(&self, key: &[u8]) -> String {
        signed(&serde_json::to_vec(self).unwrap_or_default(), key)
    }

    /// What a line says, if it counts.
    pub fn read(line: &str, key: &[u8], file_system: &str, now_ms: u64) -> Result<Self, BadTicket> {
        let (text, signature) = line.split_once('.').ok_or(BadTicket::Garbled)?;
        let signature = BASE64.decode(signature).map_err(|_| BadTicket::Garbled)?;
        let genuine = mac(key, text.as_bytes()).verify_slice(&signature);
        genuine.map_err(|_| BadTicket::Signature)?;
        let json = BASE64.decode(text).map_err(|_| BadTicket::Garbled)?;
        let ticket: Self = serde_json::from_slice(&json).map_err(|_| BadTicket::Garbled)?;
        match () {
            () if ticket.file_system != file_system => Err(BadTicket::FileSystem),
            () if ticket.expires_ms < now_ms => Err(BadTicket::Expired),
            () => Ok(ticket),
        }
    }
}

pub(crate) fn signed(json: &[u8], key: &[u8]) -> String {
    let text = BASE64.encode(json);
    let mac = BASE64.encode(mac(key, text.as_bytes()).finalize().into_bytes());
    format!("{text}.{mac}")
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of any length fit");
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_counts_for_one_file_system_until_it_is_over() {
        let ticket = Ticket {
            file_system: "fs-1".to_owned(),
            access_point: Some("fsap-1".to_owned()),
            permissions: Permissions {
                mount: true,
                write: true,
                root: false,
            },
            expires_ms: 100,
        };
        let line = ticket.signed(b"key");
        assert_eq!(Ticket::read(&line, b"key", "fs-1", 100), Ok(ticket));
        let changed = line.replacen('e', "f", 1);
        for (line, key, id, now, why) in [
            (&line, b"key", "fs-1", 101, BadTicket::Expired),
            (&line, b"key", "fs-2", 1, BadTicket::FileSystem),
            (&line, b"yek", "fs-1", 1, BadTicket::Signature),
            (&changed, b"key", "fs-1", 1, BadTicket::Signature),
            (&"x".to_owned(), b"key", "fs-1", 1, BadTicket::Garbled),
        ] {
            assert_eq!(Ticket::read(line, key, id, now), Err(why), "{line}");
        }
    }
}
