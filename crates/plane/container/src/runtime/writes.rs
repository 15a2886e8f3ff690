//! How much was written to a loop device: whether anybody wrote between two looks.

use std::{fs, io};

use super::device::LoopDevice;

/// How much was written to a device, as the kernel counts: not how often, since a flush counts as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writes {
    sectors: u64,
    discards: u64,
    /// Requests that have not ended.
    pub under_way: u64,
}

impl Writes {
    /// By `/sys/block/<device>/stat`.
    fn of(text: &str) -> Option<Self> {
        let words = text.split_whitespace().map(str::parse);
        let words = words.collect::<Result<Vec<u64>, _>>().ok()?;
        Some(Self {
            sectors: *words.get(6)?,
            under_way: *words.get(8)?,
            discards: words.get(11).copied().unwrap_or_default(),
        })
    }
}

impl LoopDevice {
    /// What was written to its file by it so far, in a form to be compared.
    ///
    /// # Errors
    /// It is gone, or the kernel does not count.
    pub fn writes(self) -> io::Result<Writes> {
        let text = fs::read_to_string(format!("/sys/block/loop{}/stat", self.number))?;
        Writes::of(&text).ok_or_else(|| {
            let text = "the kernel does not count what is written to a device";
            io::Error::new(io::ErrorKind::Unsupported, text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_counted() {
        let text = "  1 2 3 4 50 6 700 8 9 10 11 12 13 14 15 16 17\n";
        let writes = Writes::of(text).unwrap();
        let of = (writes.sectors, writes.discards, writes.under_way);
        assert_eq!(of, (700, 12, 9));
        assert!(Writes::of("1 2 3 4 5 6 7 8 9").is_some());
        assert!(Writes::of("").is_none() && Writes::of("1 2 3 4 5 6 7 8 -9").is_none());
    }
}
