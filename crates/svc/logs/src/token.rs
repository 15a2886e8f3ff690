//! Page tokens: `f/<56 digits>/s` of GetLogEvents, and the opaque ones of the others.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use wharf_wire::Fault;

use crate::fault;

/// A boundary between events in the order of (time, offset): what stands before, and what behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Boundary {
    pub timestamp: i64,
    pub offset: u64,
}

/// Which way a page goes from its boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

pub fn write(direction: Direction, boundary: Boundary) -> String {
    let letter = match direction {
        Direction::Forward => 'f',
        Direction::Backward => 'b',
    };
    format!(
        "{letter}/{:020}{:036}/s",
        boundary.timestamp.max(0),
        boundary.offset
    )
}

pub fn read(token: &str) -> Result<(Direction, Boundary), Fault> {
    let parts: Vec<&str> = token.split('/').collect();
    let (direction, digits) = match parts.as_slice() {
        ["f", digits, "s"] => (Direction::Forward, *digits),
        ["b", digits, "s"] => (Direction::Backward, *digits),
        _ => return Err(fault::bad_token()),
    };
    if digits.len() != 56 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fault::bad_token());
    }
    let timestamp = digits[..20].parse().map_err(|_| fault::bad_token())?;
    let offset = digits[20..].parse().map_err(|_| fault::bad_token())?;
    Ok((direction, Boundary { timestamp, offset }))
}

/// A place in a listing, bound to what was listed.
pub fn seal<T: Serialize>(place: &T, of: &str) -> String {
    let text = serde_json::to_vec(&(digest(of), place)).expect("places are plain");
    BASE64.encode(text)
}

/// The place; refused if the token came from another listing.
pub fn open<T: DeserializeOwned>(token: &str, of: &str) -> Result<T, Fault> {
    let bytes = BASE64.decode(token).map_err(|_| fault::bad_token())?;
    let (of_token, place): (String, T) =
        serde_json::from_slice(&bytes).map_err(|_| fault::bad_token())?;
    if of_token == digest(of) {
        Ok(place)
    } else {
        Err(fault::bad_token())
    }
}

fn digest(of: &str) -> String {
    BASE64.encode(&Sha256::digest(of.as_bytes())[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_tokens() {
        let boundary = Boundary {
            timestamp: 1_700_000_000_000,
            offset: 42,
        };
        let token = write(Direction::Forward, boundary);
        assert_eq!(token.len(), 56 + 4);
        assert_eq!(read(&token).unwrap(), (Direction::Forward, boundary));
        for bad in ["", "f//s", "x/1/s", "f/1/s", &token.replace('0', "x")] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_belongs_to_its_listing() {
        let token = seal(&"last".to_owned(), "groups");
        assert_eq!(open::<String>(&token, "groups").unwrap(), "last");
        assert!(open::<String>(&token, "streams").is_err());
        assert!(open::<String>("!!", "groups").is_err());
    }
}
