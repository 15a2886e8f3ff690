//! A row of numbers in few bytes.
//!
//! What is measured has few decimals, so that scaled by a power of ten it is a row of whole numbers close to each
//! other: those are kept as the bits by which they are above the least, or by which each differs from the one
//! before, whichever is narrower. What has no short decimals is kept as the bits in which it differs from the one
//! before (as Gorilla does, <https://www.vldb.org/pvldb/vol8/p1816-teller.pdf>).

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::bits::{BitReader, BitWriter};

const SAME: u8 = 0;
const ABOVE_LEAST: u8 = 1;
const DIFFERENCES: u8 = 2;
const XOR: u8 = 3;
/// Decimals that are tried.
const SCALES: [f64; 7] = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6];
/// Whole numbers beyond are not exact.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// How many numbers there are is not said.
pub fn encode(values: &[f64], out: &mut Encoder) {
    let Some(first) = values.first() else {
        return;
    };
    if values.iter().all(|it| it.to_bits() == first.to_bits()) {
        out.u8(SAME);
        out.raw(&first.to_le_bytes());
        return;
    }
    match decimals(values) {
        Some((scale, whole)) => packed(scale, &whole, out),
        None => xor(values, out),
    }
}

pub fn decode(count: usize, from: &mut Decoder<'_>) -> Result<Vec<f64>, DecodeError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    match from.u8()? {
        SAME => Ok(vec![number(from)?; count]),
        form @ (ABOVE_LEAST | DIFFERENCES) => unpack(form, count, from),
        XOR => un_xor(count, from),
        other => Err(DecodeError::UnknownTag(other)),
    }
}

/// Which power of ten makes all of them whole, and what they are then.
fn decimals(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let mut scale = 0;
    for value in values {
        // -0 has no whole number of its own.
        if value.to_bits() == (-0.0f64).to_bits() {
            return None;
        }
        while whole(*value, scale).is_none() {
            scale += 1;
            if scale == SCALES.len() {
                return None;
            }
        }
    }
    // What is exact with fewer decimals may not be with more.
    let all: Option<Vec<i64>> = values.iter().map(|it| whole(*it, scale)).collect();
    Some((scale as u8, all?))
}

fn whole(value: f64, scale: usize) -> Option<i64> {
    let scaled = (value * SCALES[scale]).round();
    let back = scaled / SCALES[scale];
    (scaled.abs() < LARGEST && back.to_bits() == value.to_bits()).then_some(scaled as i64)
}

fn packed(scale: u8, whole: &[i64], out: &mut Encoder) {
    let least = whole.iter().copied().min().unwrap_or_default();
    let above: Vec<u64> = whole
        .iter()
        .map(|it| it.wrapping_sub(least) as u64)
        .collect();
    let steps: Vec<u64> = whole.windows(2).map(|it| zigzag(it[1] - it[0])).collect();
    let (form, start, rest) = match width(&steps) < width(&above) {
        true => (DIFFERENCES, whole[0], steps),
        false => (ABOVE_LEAST, least, above),
    };
    out.u8(form);
    out.u8(scale);
    out.number(zigzag(start));
    let width = width(&rest);
    out.u8(width as u8);
    let mut bits = BitWriter::default();
    rest.iter().for_each(|it| bits.put(*it, width));
    out.raw(&bits.into_vec());
}

fn unpack(form: u8, count: usize, from: &mut Decoder<'_>) -> Result<Vec<f64>, DecodeError> {
    let scale = *SCALES
        .get(usize::from(from.u8()?))
        .ok_or(DecodeError::BadNumber)?;
    let start = unzigzag(from.number()?);
    let width = u32::from(from.u8()?);
    if width > 64 {
        return Err(DecodeError::BadNumber);
    }
    let packed = count - usize::from(form == DIFFERENCES);
    let bytes = (packed * width as usize).div_ceil(8);
    let mut bits = BitReader::new(from.raw(bytes)?);
    let mut values = Vec::with_capacity(count);
    let mut now = start;
    if form == DIFFERENCES {
        values.push(now as f64 / scale);
    }
    for _ in 0..packed {
        let read = bits.take(width)?;
        now = match form {
            DIFFERENCES => now.wrapping_add(unzigzag(read)),
            _ => start.wrapping_add(read as i64),
        };
        values.push(now as f64 / scale);
    }
    Ok(values)
}

fn width(all: &[u64]) -> u32 {
    64 - all.iter().fold(0, |or, it| or | it).leading_zeros()
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Each number as the bits in which it differs from the one before: none, within the window of the last
/// difference, or in a window of its own.
fn xor(values: &[f64], out: &mut Encoder) {
    out.u8(XOR);
    out.raw(&values[0].to_le_bytes());
    let mut bits = BitWriter::default();
    let mut window: Option<(u32, u32)> = None;
    for pair in values.windows(2) {
        let differs = pair[0].to_bits() ^ pair[1].to_bits();
        if differs == 0 {
            bits.put(0, 1);
            continue;
        }
        let (leading, trailing) = (differs.leading_zeros(), differs.trailing_zeros());
        match window {
            Some((lead, trail)) if leading >= lead && trailing >= trail => {
                bits.put(0b10, 2);
                bits.put(differs >> trail, 64 - lead - trail);
            }
            _ => {
                let width = 64 - leading - trailing;
                bits.put(0b11, 2);
                bits.put(u64::from(leading), 6);
                bits.put(u64::from(width - 1), 6);
                bits.put(differs >> trailing, width);
                window = Some((leading, trailing));
            }
        }
    }
    out.bytes(&bits.into_vec());
}

fn un_xor(count: usize, from: &mut Decoder<'_>) -> Result<Vec<f64>, DecodeError> {
    let mut now = number(from)?.to_bits();
    let bytes = from.bytes()?;
    // Each of the others takes a bit at least.
    if count - 1 > bytes.len() * 8 {
        return Err(DecodeError::Truncated);
    }
    let mut bits = BitReader::new(bytes);
    let mut values = Vec::with_capacity(count);
    values.push(f64::from_bits(now));
    let (mut width, mut trailing) = (0, 0);
    for _ in 1..count {
        if bits.take(1)? == 1 {
            if bits.take(1)? == 1 {
                let leading = bits.take(6)? as u32;
                width = bits.take(6)? as u32 + 1;
                trailing = 64u32
                    .checked_sub(leading + width)
                    .ok_or(DecodeError::BadNumber)?;
            }
            if width == 0 {
                return Err(DecodeError::BadNumber);
            }
            now ^= bits.take(width)? << trailing;
        }
        values.push(f64::from_bits(now));
    }
    Ok(values)
}

/// A number as it is in memory.
pub fn number(from: &mut Decoder<'_>) -> Result<f64, DecodeError> {
    let bytes = from
        .raw(8)?
        .try_into()
        .map_err(|_| DecodeError::Truncated)?;
    Ok(f64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(values: &[f64]) -> usize {
        let mut out = Encoder::new();
        encode(values, &mut out);
        let mut from = Decoder::new(out.as_slice());
        let read = decode(values.len(), &mut from).unwrap();
        from.finish().unwrap();
        let bits = |all: &[f64]| all.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(values));
        out.len()
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(values in prop::collection::vec(any::<f64>(), 0..100)) {
            again(&values);
        }

        #[test]
        fn decimals_come_back(values in prop::collection::vec((any::<i32>(), 0i32..9), 0..100)) {
            let values: Vec<f64> = values.iter().map(|(n, e)| f64::from(*n) / 10f64.powi(*e)).collect();
            again(&values);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>, count in 0usize..5000) {
            let _ = decode(count, &mut Decoder::new(&bytes));
        }
    }

    #[test]
    fn measured_values_take_two_bytes_at_most() {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as f64 / f64::from(1u32 << 31)
        };
        // Per cent with two decimals, at random; a walk of counts; a figure that stands still.
        let percent: Vec<f64> = (0..1440)
            .map(|_| (next() * 10_000.0).round() / 100.0)
            .collect();
        assert!(again(&percent) <= 1440 * 2);
        let mut count = 5000.0;
        let counts: Vec<f64> = (0..1440)
            .map(|_| {
                count += (next() * 200.0 - 100.0).round();
                count
            })
            .collect();
        assert!(again(&counts) <= 1440 * 3 / 2);
        assert_eq!(again(&[0.1 + 0.2; 1440]), 9);
    }
}
