//! Room of large bodies, used again. The allocator maps blocks of their size each for itself
//! ([`super::bytes_in_flight`]), and pages that the kernel makes, clears and takes back for each request are a good part of
//! what a large one costs.

use bytes::Bytes;
use parking_lot::Mutex;

/// Smaller ones the allocator itself keeps.
const LEAST: usize = 128 << 10;
/// Larger ones are rare.
const LARGEST: usize = 2 << 20;
/// As many as are read and decoded at once, for none is held while a request waits for anything else.
const KEPT: usize = 8;

static ROOMS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Room for so many bytes at least.
pub fn with_room(bytes: usize) -> Vec<u8> {
    let kept = match bytes >= LEAST {
        true => ROOMS.lock().pop(),
        false => None,
    };
    let mut room = kept.unwrap_or_default();
    room.reserve(bytes);
    room
}

/// Bytes whose room may be used again when the last who reads them is done.
pub fn lend(bytes: Vec<u8>) -> Bytes {
    match (LEAST..=LARGEST).contains(&bytes.capacity()) {
        true => Bytes::from_owner(Room(bytes)),
        false => Bytes::from(bytes),
    }
}

/// Gives all back to the allocator.
pub fn clear() {
    ROOMS.lock().clear();
}

struct Room(Vec<u8>);

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.0);
        room.clear();
        let mut rooms = ROOMS.lock();
        if rooms.len() < KEPT {
            rooms.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_has_what_is_asked_for_and_nothing_of_before() {
        for bytes in [1, LEAST, 3 * LEAST, LARGEST, 2 * LARGEST, LEAST] {
            let mut room = with_room(bytes);
            assert!(room.is_empty() && room.capacity() >= bytes);
            room.resize(bytes, 7);
            let lent = lend(room);
            let part = lent.slice(..1);
            drop(lent);
            assert_eq!(&part[..], [7], "still read by somebody");
        }
        assert!(ROOMS.lock().len() <= KEPT);
    }
}
