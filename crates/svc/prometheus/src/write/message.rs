//! The two messages of remote write, read without copies: `prometheus.WriteRequest` (1.0) and
//! `io.prometheus.write.v2.Request` (2.0). <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>

use super::protobuf::{Fields, Malformed, varint};

/// Labels of a series, its name among them.
const MOST_LABELS: usize = 64;
/// Samples of a message.
pub const MOST_SAMPLES: usize = 100_000;
/// Texts that a message of version 2.0 may refer to.
const MOST_SYMBOLS: usize = 200_000;

/// Which message a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    One,
    Two,
}

/// A series with its samples.
#[derive(Debug, Default)]
pub struct Written<'a> {
    pub labels: Vec<(&'a str, &'a str)>,
    /// In milliseconds since 1970.
    pub samples: Vec<(i64, f64)>,
    pub exemplars: usize,
    pub histograms: usize,
    pub about: Option<About<'a>>,
}

/// What a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    pub family: &'a str,
    /// `counter`
    pub kind: &'static str,
    pub help: &'a str,
    pub unit: &'a str,
}

/// What a message holds, one after the other.
#[derive(Debug)]
pub enum Part<'a> {
    Series(Written<'a>),
    About(About<'a>),
}

const KINDS: [&str; 8] = [
    "unknown",
    "counter",
    "gauge",
    "histogram",
    "gaugehistogram",
    "summary",
    "info",
    "stateset",
];

/// Shows each part of a message.
///
/// # Errors
/// It is no such message; or `see` has enough.
pub fn each<'a, E: From<Malformed>>(
    message: &'a [u8],
    version: Version,
    see: impl FnMut(Part<'a>) -> Result<(), E>,
) -> Result<(), E> {
    match version {
        Version::One => first(message, see),
        Version::Two => second(message, see),
    }
}

fn first<'a, E: From<Malformed>>(
    message: &'a [u8],
    mut see: impl FnMut(Part<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.field()? {
        match number {
            1 => see(Part::Series(series(value.bytes()?)?))?,
            3 => see(Part::About(about(value.bytes()?)?))?,
            _ => {}
        }
    }
    Ok(())
}

fn series(message: &[u8]) -> Result<Written<'_>, Malformed> {
    let (mut fields, mut it) = (Fields::of(message), Written::default());
    while let Some((number, value)) = fields.field()? {
        match number {
            1 if it.labels.len() < MOST_LABELS => it.labels.push(label(value.bytes()?)?),
            1 => return Err(Malformed),
            2 if it.samples.len() < MOST_SAMPLES => it.samples.push(sample(value.bytes()?)?),
            2 => return Err(Malformed),
            3 => it.exemplars += 1,
            4 => it.histograms += 1,
            _ => {}
        }
    }
    Ok(it)
}

fn label(message: &[u8]) -> Result<(&str, &str), Malformed> {
    let (mut fields, mut it) = (Fields::of(message), ("", ""));
    while let Some((number, value)) = fields.field()? {
        match number {
            1 => it.0 = value.text()?,
            2 => it.1 = value.text()?,
            _ => {}
        }
    }
    Ok(it)
}

/// The same in both versions.
fn sample(message: &[u8]) -> Result<(i64, f64), Malformed> {
    let (mut fields, mut it) = (Fields::of(message), (0, 0.0));
    while let Some((number, value)) = fields.field()? {
        match number {
            1 => it.1 = value.double()?,
            2 => it.0 = value.varint()? as i64,
            _ => {}
        }
    }
    Ok(it)
}

fn about(message: &[u8]) -> Result<About<'_>, Malformed> {
    let (mut fields, mut it) = (Fields::of(message), UNKNOWN);
    while let Some((number, value)) = fields.field()? {
        match number {
            1 => it.kind = kind(value.varint()?),
            2 => it.family = value.text()?,
            4 => it.help = value.text()?,
            5 => it.unit = value.text()?,
            _ => {}
        }
    }
    Ok(it)
}

const UNKNOWN: About<'_> = About {
    family: "",
    kind: KINDS[0],
    help: "",
    unit: "",
};

fn kind(number: u64) -> &'static str {
    let found = usize::try_from(number).ok().and_then(|it| KINDS.get(it));
    found.copied().unwrap_or(KINDS[0])
}

fn second<'a, E: From<Malformed>>(
    message: &'a [u8],
    mut see: impl FnMut(Part<'a>) -> Result<(), E>,
) -> Result<(), E> {
    // Symbols may stand behind the series that refer to them.
    let (mut symbols, mut fields) = (Vec::new(), Fields::of(message));
    while let Some((number, value)) = fields.field()? {
        if number == 4 {
            if symbols.len() == MOST_SYMBOLS {
                return Err(Malformed.into());
            }
            symbols.push(value.text()?);
        }
    }
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.field()? {
        if number == 5 {
            see(Part::Series(referring(value.bytes()?, &symbols)?))?;
        }
    }
    Ok(())
}

fn referring<'a>(message: &'a [u8], symbols: &[&'a str]) -> Result<Written<'a>, Malformed> {
    let symbol = |at: u64| {
        let found = usize::try_from(at).ok().and_then(|at| symbols.get(at));
        found.copied().ok_or(Malformed)
    };
    let (mut fields, mut it) = (Fields::of(message), Written::default());
    let mut about = None;
    while let Some((number, value)) = fields.field()? {
        match number {
            1 => {
                let mut packed = value.bytes()?;
                while !packed.is_empty() {
                    if it.labels.len() == MOST_LABELS {
                        return Err(Malformed);
                    }
                    let name = symbol(varint(&mut packed)?)?;
                    it.labels.push((name, symbol(varint(&mut packed)?)?));
                }
            }
            2 if it.samples.len() < MOST_SAMPLES => it.samples.push(sample(value.bytes()?)?),
            2 => return Err(Malformed),
            3 => it.histograms += 1,
            4 => it.exemplars += 1,
            5 => about = Some(value.bytes()?),
            _ => {}
        }
    }
    if let Some(about) = about {
        let (mut fields, mut found) = (Fields::of(about), UNKNOWN);
        while let Some((number, value)) = fields.field()? {
            match number {
                1 => found.kind = kind(value.varint()?),
                3 => found.help = symbol(value.varint()?)?,
                4 => found.unit = symbol(value.varint()?)?,
                _ => {}
            }
        }
        let name = it.labels.iter().find(|it| it.0 == "__name__");
        found.family = name.map_or("", |it| it.1);
        it.about = Some(found);
    }
    Ok(it)
}
