//! Page tokens: `f/<56 digits>/s` of GetLogEvents, and the sealed ones of the others.

use serde::{Serialize, de::DeserializeOwned};
use wharf_service::Pages;
use wharf_wire::{Context, Fault};

use crate::{
    LogsService,
    fault::{self, LogsFaults},
};

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

/// A place in a list as its token holds it.
pub fn place_text<T: Serialize>(place: &T) -> String {
    serde_json::to_string(place).expect("places are plain")
}

/// The place that a token held.
pub fn place<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| fault::bad_token())
}

impl LogsService {
    /// A list and everything that chooses what it shows.
    pub(crate) fn pages(&self, cx: &Context, list: &str) -> Pages<'_, LogsFaults> {
        Pages::new(&self.keyring, cx, "logs", list)
    }
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
}
