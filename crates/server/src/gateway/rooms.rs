//! Room of bodies. Large ones lie on pages of their own, which go back to the kernel with them: an allocator would keep
//! those for later, and its memory is not bounded by what is in flight ([`super::bytes_in_flight`]). Some are used again, since
//! pages that the kernel makes, clears and takes back for each request are a good part of what a large one costs.

use bytes::Bytes;
use memmap2::{MmapMut, MmapOptions};
use parking_lot::Mutex;

/// Smaller ones the allocator itself keeps.
const LEAST: usize = 128 << 10;
/// Larger ones are rare.
const LARGEST: usize = 2 << 20;
/// As many as are read and decoded at once: beside those, none is held but by requests that wait for their turn at that.
const KEPT: usize = 8;

static KEPT_PAGES: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// A body as it grows.
pub enum Room {
    Small(Vec<u8>),
    Large { pages: Pages, len: usize },
}

impl Room {
    /// With room for so many bytes, which takes no memory until they come.
    pub fn of(bytes: usize) -> Self {
        let pages = match bytes >= LEAST {
            true => Pages::of(bytes),
            false => None,
        };
        match pages {
            Some(pages) => Self::Large { pages, len: 0 },
            None => Self::Small(Vec::with_capacity(bytes.min(LEAST))),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Small(bytes) => bytes.len(),
            Self::Large { len, .. } => *len,
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Small(bytes) => bytes.capacity(),
            Self::Large { pages, .. } => pages.as_slice().len(),
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large { pages, len } => &pages.as_slice()[..*len],
        }
    }

    pub fn extend(&mut self, data: &[u8]) {
        let len = self.len() + data.len();
        if len > self.capacity() && len >= LEAST {
            let mut larger = Self::of(len.max(2 * self.capacity()));
            larger.take(self.as_slice());
            *self = larger;
        }
        self.take(data);
    }

    /// What there is room for, or what the allocator has room for.
    fn take(&mut self, data: &[u8]) {
        match self {
            Self::Small(bytes) => bytes.extend_from_slice(data),
            Self::Large { pages, len } => {
                pages.as_mut_slice()[*len..*len + data.len()].copy_from_slice(data);
                *len += data.len();
            }
        }
    }
}

/// Their room may be used again when the last who reads them is done.
impl From<Room> for Bytes {
    fn from(room: Room) -> Self {
        match room {
            Room::Small(bytes) => Self::from(bytes),
            Room::Large { len: 0, .. } => Self::new(),
            Room::Large { pages, len } => Self::from_owner(pages).slice(..len),
        }
    }
}

/// Gives all back to the kernel.
pub fn clear() {
    KEPT_PAGES.lock().clear();
}

/// Of one body; they are there until it is dropped.
pub struct Pages(Option<MmapMut>);

impl Pages {
    /// `None` if the kernel has none to give.
    fn of(bytes: usize) -> Option<Self> {
        let kept = match bytes <= LARGEST {
            true => KEPT_PAGES.lock().pop(),
            false => None,
        };
        let pages = match kept.filter(|it| it.len() >= bytes) {
            Some(pages) => pages,
            None => MmapOptions::new()
                .len(bytes)
                .no_reserve_swap()
                .map_anon()
                .ok()?,
        };
        Some(Self(Some(pages)))
    }

    fn as_slice(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    fn as_mut_slice(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let Some(pages) = self.0.take().filter(|it| it.len() <= LARGEST) else {
            return;
        };
        let mut kept = KEPT_PAGES.lock();
        if kept.len() < KEPT {
            kept.push(pages);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_has_what_is_asked_for_and_nothing_of_before() {
        for bytes in [1, LEAST, 3 * LEAST, LARGEST, 2 * LARGEST, LEAST] {
            let mut room = Room::of(bytes);
            assert!(room.len() == 0 && room.capacity() >= bytes);
            room.extend(&vec![7; bytes]);
            let lent = Bytes::from(room);
            assert!(lent.len() == bytes && lent.iter().all(|it| *it == 7));
            let part = lent.slice(..1);
            drop(lent);
            assert_eq!(&part[..], [7], "still read by somebody");
        }
        assert!(KEPT_PAGES.lock().len() <= KEPT);
    }

    #[test]
    fn it_grows_with_what_comes() {
        for first in [0, 1000, LEAST] {
            let mut room = Room::of(first);
            let mut expected = Vec::new();
            for number in 0..200_u32 {
                let piece = vec![number as u8; 12_345];
                room.extend(&piece);
                expected.extend_from_slice(&piece);
            }
            assert_eq!(Bytes::from(room), expected);
        }
        assert!(Bytes::from(Room::of(LEAST)).is_empty());
    }
}
