//! Frames of the log: series that are new, and samples.

use std::sync::Arc;

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::{Spread, Summary, catalogue, chunk, column::number, tier::Tier};

const SECONDS: u8 = 1;
const ONE: u8 = 2;

pub fn encode<'a>(
    fresh: &[(u32, Arc<str>)],
    samples: impl ExactSizeIterator<Item = (u32, Tier, i64, &'a Summary)>,
    out: &mut Encoder,
) {
    catalogue::encode(fresh, out);
    out.number(samples.len() as u64);
    for (series, tier, at, summary) in samples {
        let one = summary.is_one();
        out.number(u64::from(series));
        out.number(at.max(0) as u64);
        out.u8(if tier == Tier::Second { SECONDS } else { 0 } | if one { ONE } else { 0 });
        out.raw(&summary.min.to_le_bytes());
        if !one {
            for number in [summary.count, summary.sum, summary.max] {
                out.raw(&number.to_le_bytes());
            }
            chunk::spread(&summary.spread, out);
        }
    }
}

/// Shows the series of a frame, then its samples.
pub fn decode(payload: &[u8], mut see: impl FnMut(Seen)) -> Result<(), DecodeError> {
    let mut from = Decoder::new(payload);
    catalogue::decode_from(&mut from, |number, key| see(Seen::Series(number, key)))?;
    for _ in 0..from.count(11)? {
        let series = u32::try_from(from.number()?).map_err(|_| DecodeError::BadNumber)?;
        let at = i64::try_from(from.counter()?).map_err(|_| DecodeError::BadNumber)?;
        let flags = from.u8()?;
        let tier = match flags & SECONDS {
            0 => Tier::Minute,
            _ => Tier::Second,
        };
        let min = number(&mut from)?;
        let summary = match flags & ONE {
            0 => Summary {
                min,
                count: number(&mut from)?,
                sum: number(&mut from)?,
                max: number(&mut from)?,
                spread: chunk::read_spread(&mut from)?,
            },
            _ => Summary {
                count: 1.0,
                sum: min,
                min,
                max: min,
                spread: Spread::Same,
            },
        };
        see(Seen::Sample(series, tier, at, summary));
    }
    from.finish()
}

/// What stands in a frame.
pub enum Seen {
    Series(u32, Arc<str>),
    Sample(u32, Tier, i64, Summary),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_come_back() {
        let key: Arc<str> = "1\u{1f}r\u{1f}App\u{1f}m\u{1e}None".into();
        let samples = [
            (0, Tier::Minute, 60, Summary::one(1.5)),
            (
                0,
                Tier::Second,
                61,
                Summary::of([(1.0, 2.0), (3.0, 1.0)]).unwrap(),
            ),
            (9, Tier::Minute, 0, Summary::set(2.0, 3.0, 1.0, 2.0)),
        ];
        let mut out = Encoder::new();
        let each = samples
            .iter()
            .map(|(series, tier, at, it)| (*series, *tier, *at, it));
        encode(&[(0, key.clone())], each, &mut out);
        let (mut series, mut seen) = (Vec::new(), Vec::new());
        decode(out.as_slice(), |it| match it {
            Seen::Series(number, key) => series.push((number, key)),
            Seen::Sample(number, tier, at, summary) => seen.push((number, tier, at, summary)),
        })
        .unwrap();
        assert_eq!(series, [(0, key)]);
        assert_eq!(seen, samples);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes, |_| ());
        }
    }
}
