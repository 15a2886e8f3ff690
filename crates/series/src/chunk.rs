//! Points of one series in few bytes: when they are as runs of equal steps, what they say as columns.

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::{Sketch, Spread, Summary, column, tier::Tier};

/// Points of a chunk: those of the longest stretch.
pub const MOST_POINTS: usize = 4096;

const ONES: u8 = 0;
const MIXED: u8 = 1;

/// A moment, at a multiple of its tier's step, and what is known of it.
pub type Point = (i64, Summary);

/// Writes points in the order of their times, no two of which are the same.
pub fn encode(tier: Tier, points: &[Point], out: &mut Encoder) {
    out.number(points.len() as u64);
    let Some((first, _)) = points.first() else {
        return;
    };
    let number = |at: i64| (at / tier.step()).max(0) as u64;
    out.number(number(*first));
    let mut steps = points
        .windows(2)
        .map(|it| number(it[1].0) - number(it[0].0))
        .peekable();
    while let Some(step) = steps.next() {
        let mut run = 1u64;
        while steps.next_if_eq(&step).is_some() {
            run += 1;
        }
        out.number(step);
        out.number(run);
    }
    let put = |out: &mut Encoder, of: fn(&Summary) -> f64| {
        let all: Vec<f64> = points.iter().map(|it| of(&it.1)).collect();
        column::encode(&all, out);
    };
    if points.iter().all(|it| it.1.is_one()) {
        out.u8(ONES);
        put(out, |it| it.min);
        return;
    }
    out.u8(MIXED);
    put(out, |it| it.count);
    put(out, |it| it.sum);
    put(out, |it| it.min);
    put(out, |it| it.max);
    for (_, summary) in points {
        spread(&summary.spread, out);
    }
}

/// Shows each point in its order.
pub fn decode(
    bytes: &[u8],
    tier: Tier,
    mut see: impl FnMut(i64, Summary),
) -> Result<(), DecodeError> {
    let mut from = Decoder::new(bytes);
    let count = usize::try_from(from.number()?).map_err(|_| DecodeError::BadNumber)?;
    if count > MOST_POINTS {
        return Err(DecodeError::BadNumber);
    }
    if count == 0 {
        return from.finish();
    }
    let mut times = Vec::with_capacity(count);
    let mut now = from.counter()?;
    times.push(now);
    while times.len() < count {
        let (step, run) = (from.number()?, from.number()?);
        if step == 0 || run == 0 || run > (count - times.len()) as u64 {
            return Err(DecodeError::BadNumber);
        }
        for _ in 0..run {
            now = now.checked_add(step).ok_or(DecodeError::BadNumber)?;
            times.push(now);
        }
    }
    let moment = |number: u64| {
        let number = i64::try_from(number).map_err(|_| DecodeError::BadNumber)?;
        number
            .checked_mul(tier.step())
            .ok_or(DecodeError::BadNumber)
    };
    // The greatest is the last.
    moment(now)?;
    match from.u8()? {
        ONES => {
            for (at, value) in times.iter().zip(column::decode(count, &mut from)?) {
                see(moment(*at)?, Summary::one(value));
            }
        }
        MIXED => {
            let counts = column::decode(count, &mut from)?;
            let sums = column::decode(count, &mut from)?;
            let least = column::decode(count, &mut from)?;
            let greatest = column::decode(count, &mut from)?;
            for (at, number) in times.iter().enumerate() {
                let summary = Summary {
                    count: counts[at],
                    sum: sums[at],
                    min: least[at],
                    max: greatest[at],
                    spread: read_spread(&mut from)?,
                };
                see(moment(*number)?, summary);
            }
        }
        other => return Err(DecodeError::UnknownTag(other)),
    }
    from.finish()
}

/// How values are spread: buckets by their distances, counts as whole numbers where they are.
pub fn spread(spread: &Spread, out: &mut Encoder) {
    let sketch = match spread {
        Spread::Same => return out.u8(0),
        Spread::Unknown => return out.u8(1),
        Spread::Sketch(sketch) => sketch.buckets(),
    };
    let whole = sketch
        .iter()
        .all(|(_, count)| count.fract() == 0.0 && (0.0..1e15).contains(count));
    out.u8(if whole { 2 } else { 3 });
    out.number(sketch.len() as u64);
    let mut before = i64::from(i32::MIN);
    for (bucket, count) in sketch {
        out.number((i64::from(*bucket) - before) as u64);
        before = i64::from(*bucket);
        match whole {
            true => out.number(*count as u64),
            false => out.raw(&count.to_le_bytes()),
        }
    }
}

pub fn read_spread(from: &mut Decoder<'_>) -> Result<Spread, DecodeError> {
    let whole = match from.u8()? {
        0 => return Ok(Spread::Same),
        1 => return Ok(Spread::Unknown),
        2 => true,
        3 => false,
        other => return Err(DecodeError::UnknownTag(other)),
    };
    let mut buckets = Vec::with_capacity(from.count(2)?);
    let mut now = i64::from(i32::MIN);
    for _ in 0..buckets.capacity() {
        let step = i64::try_from(from.number()?).map_err(|_| DecodeError::BadNumber)?;
        now = now.checked_add(step).ok_or(DecodeError::BadNumber)?;
        let bucket = i32::try_from(now).map_err(|_| DecodeError::BadNumber)?;
        let count = match whole {
            true => from.number()? as f64,
            false => {
                let bytes = from
                    .raw(8)?
                    .try_into()
                    .map_err(|_| DecodeError::Truncated)?;
                f64::from_le_bytes(bytes)
            }
        };
        buckets.push((bucket, count));
    }
    let sketch = Sketch::from_buckets(buckets).ok_or(DecodeError::BadNumber)?;
    Ok(Spread::Sketch(Box::new(sketch)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summary() -> impl Strategy<Value = Summary> {
        prop_oneof![
            (-1e9..1e9f64).prop_map(Summary::one),
            (-1e3..1e3f64, 1u8..9).prop_map(|(v, n)| Summary::same(v, f64::from(n))),
            prop::collection::vec((-1e9..1e9f64, 0.5..9f64), 1..9)
                .prop_map(|all| Summary::of(all).unwrap()),
            (2.0..9f64, -1e3..1e3f64).prop_map(|(n, s)| Summary::set(n, s, -1e3, 1e3)),
        ]
    }

    proptest! {
        #[test]
        fn points_come_back(all in prop::collection::btree_map(0i64..100_000, summary(), 0..40)) {
            for tier in Tier::ALL {
                let points: Vec<Point> = all.iter().map(|(n, it)| (n * tier.step(), it.clone())).collect();
                let mut out = Encoder::new();
                encode(tier, &points, &mut out);
                let mut read = Vec::new();
                decode(out.as_slice(), tier, |at, it| read.push((at, it))).unwrap();
                prop_assert_eq!(read, points);
            }
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes, Tier::Hour, |_, _| ());
        }
    }

    #[test]
    fn a_regular_day_costs_its_values_alone() {
        let points: Vec<Point> = (0..1440).map(|n| (n * 60, Summary::one(1.0))).collect();
        let mut out = Encoder::new();
        encode(Tier::Minute, &points, &mut out);
        assert!(out.len() < 20, "{}", out.len());
    }
}
