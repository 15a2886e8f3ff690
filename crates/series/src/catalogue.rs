//! Which series there are, on disk: a log of names and numbers. A name is there before any block has points of
//! its number. Names of which nothing is left are dropped when the folder is opened.

use std::{path::Path, sync::Arc};

use crate::error;
use wharf_wal::{
    AppendError, DecodeError, Decoder, Disk, Encoder, Log, LogError, LogOptions, Purpose,
};

const MAGIC: [u8; 8] = *b"wharfsc\x01";
const SEGMENT_BYTES: u64 = 16 << 20;
const GROW_BYTES: u64 = 256 << 10;
/// Bytes of names that go into one frame.
const FRAME_BYTES: usize = 4 << 20;

pub struct Catalogue {
    log: Log,
    /// Names in the log.
    names: usize,
}

impl Catalogue {
    /// Opens the catalogue in `dir`, which begins with the segment `first`, and shows each series in it.
    pub fn open(
        dir: &Path,
        disk: &Disk,
        first: u64,
        mut see: impl FnMut(u32, Arc<str>),
    ) -> Result<Self, LogError> {
        let mut names = 0;
        let options = LogOptions {
            magic: MAGIC,
            segment_bytes: SEGMENT_BYTES,
            grow_bytes: GROW_BYTES,
            reserve_bytes: 0,
            salvage: true,
            disk: disk.clone(),
        };
        let log = Log::open(dir, options, first, |frame| {
            decode(frame.payload, |number, key| {
                names += 1;
                see(number, key);
            })
        })?;
        Ok(Self { log, names })
    }

    /// What of it was damaged and is given up.
    pub fn damage(&self) -> Option<String> {
        error::given_up(&self.log)
    }

    pub fn names(&self) -> usize {
        self.names
    }

    /// Adds series; they are durable when this returns.
    pub fn add(&mut self, series: &[(u32, Arc<str>)]) -> Result<(), AppendError> {
        let mut rest = series;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().position(|(_, key)| {
                bytes += key.len() + 16;
                bytes > FRAME_BYTES
            });
            let (now, later) = rest.split_at(fits.unwrap_or(rest.len()).max(1));
            let mut out = Encoder::with_capacity(bytes);
            encode(now, &mut out);
            self.log.append(out.as_slice(), Purpose::Growth)?;
            self.names += now.len();
            rest = later;
        }
        Ok(())
    }

    /// Writes these anew, and returns the segment that they begin with: who remembers it calls
    /// [`Catalogue::remove_before`] then. Until then all are there, some of them twice.
    pub fn rewrite(&mut self, series: &[(u32, Arc<str>)]) -> Result<u64, AppendError> {
        self.log.rotate()?;
        let first = self.log.active_segment();
        self.add(series)?;
        self.names = series.len();
        Ok(first)
    }

    /// Removes what was rewritten.
    pub fn remove_before(&mut self, first: u64) -> Result<(), LogError> {
        self.log.remove_before(first)
    }
}

/// How series stand in a frame, here and in the log of samples.
pub fn encode(series: &[(u32, Arc<str>)], out: &mut Encoder) {
    out.number(series.len() as u64);
    for (number, key) in series {
        out.number(u64::from(*number));
        out.bytes(key.as_bytes());
    }
}

pub fn decode_from(
    from: &mut Decoder<'_>,
    mut see: impl FnMut(u32, Arc<str>),
) -> Result<(), DecodeError> {
    for _ in 0..from.count(2)? {
        let number = u32::try_from(from.number()?).map_err(|_| DecodeError::BadNumber)?;
        let key = from.text()?;
        if crate::key::parse(key).is_none() {
            return Err(DecodeError::BadText);
        }
        see(number, key.into());
    }
    Ok(())
}

fn decode(payload: &[u8], see: impl FnMut(u32, Arc<str>)) -> Result<(), DecodeError> {
    let mut from = Decoder::new(payload);
    decode_from(&mut from, see)?;
    from.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path, first: u64) -> (Catalogue, Vec<(u32, Arc<str>)>) {
        let mut seen = Vec::new();
        let see = |number, key| seen.push((number, key));
        let opened = Catalogue::open(dir, &Disk::default(), first, see);
        (opened.unwrap(), seen)
    }

    #[test]
    fn names_are_kept_and_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let series: Vec<(u32, Arc<str>)> = (0..5u32)
            .map(|n| (n, format!("1\u{1f}r\u{1f}App\u{1f}m{n}\u{1e}None").into()))
            .collect();
        open(dir.path(), 1).0.add(&series).unwrap();
        let (mut catalogue, seen) = open(dir.path(), 1);
        assert_eq!(seen, series);
        let first = catalogue.rewrite(&series[3..]).unwrap();
        catalogue.remove_before(first).unwrap();
        catalogue.add(&series[..1]).unwrap();
        drop(catalogue);
        let (catalogue, seen) = open(dir.path(), first);
        assert_eq!(seen, [&series[3..], &series[..1]].concat());
        assert_eq!(catalogue.names(), 3);
    }
}
