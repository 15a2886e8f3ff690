//! Remote write: what a Prometheus sends lands in the store of metrics, and is on disk when it is answered.
//!
//! What is wrong with some samples keeps none of the others out: those are kept, and the answer is 400 with the first
//! reason, as of the managed service. Clients try none of it again. What may go better later is 429 or 503.

pub mod message;
pub mod protobuf;

use wharf_base::Timestamp;
use wharf_series::{AppendError, Sample, Series, Summary, Tier};

use crate::{
    about::Abouts,
    answer::{Answer, Failure},
    labels::{self, UNIT},
};
use message::{Part, Version, Written};
use protobuf::Malformed;

/// Bytes of a body as it is sent, and unpacked.
pub const MOST_PACKED: usize = 8 << 20;
const MOST_UNPACKED: usize = 16 << 20;
/// Series of a message, with samples or without, and what it says about metrics apart from them.
const MOST_SERIES: usize = 100_000;
const MOST_METADATA: usize = 10_000;
/// As of metrics.
const PAST_MS: i64 = 14 * 86_400_000;
const FUTURE_MS: i64 = 2 * 3_600_000;

/// What a body is, by its headers.
///
/// # Errors
/// It is neither of the two messages, or packed otherwise.
pub fn version(content_type: &str, encoding: &str) -> Result<Version, Failure> {
    let mut parts = content_type.split(';').map(str::trim);
    let unsupported = |text: String| Failure::new(415, "bad_data", text);
    if !parts
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("application/x-protobuf")
    {
        let text = "the content type of remote write is application/x-protobuf";
        return Err(unsupported(text.to_owned()));
    }
    if !encoding.eq_ignore_ascii_case("snappy") {
        return Err(unsupported("remote write is packed with snappy".to_owned()));
    }
    match parts.find_map(|it| it.strip_prefix("proto=")) {
        None | Some("prometheus.WriteRequest") => Ok(Version::One),
        Some("io.prometheus.write.v2.Request") => Ok(Version::Two),
        Some(_) => Err(unsupported(
            "there is no such message of remote write".to_owned(),
        )),
    }
}

/// Unpacks a body within its bound, which is looked at before anything is allocated.
///
/// # Errors
/// It is not snappy, or too large.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, Failure> {
    let bad = |_| Failure::bad_data("the body is not packed with snappy's block format");
    let length = snap::raw::decompress_len(packed).map_err(bad)?;
    if length > MOST_UNPACKED {
        let text = format!("the body has more than {MOST_UNPACKED} bytes when it is unpacked");
        return Err(Failure::new(413, "bad_data", text));
    }
    snap::raw::Decoder::new()
        .decompress_vec(packed)
        .map_err(bad)
}

/// What a message came to.
#[derive(Debug, Default)]
pub struct Read {
    pub samples: Vec<Sample>,
    /// Why others were left out.
    pub left_out: LeftOut,
}

/// Samples that were not kept, and why the first of them was not.
#[derive(Debug, Default)]
pub struct LeftOut {
    count: usize,
    first: Option<String>,
}

impl LeftOut {
    fn add(&mut self, count: usize, why: impl FnOnce() -> String) {
        if count > 0 {
            self.count += count;
            self.first.get_or_insert_with(why);
        }
    }
}

/// Reads a message; what is said about metrics goes to `abouts`.
///
/// # Errors
/// It is malformed or too large; nothing of it is kept.
pub fn read(
    message: &[u8],
    version: Version,
    (account, region): (&str, &str),
    now: Timestamp,
    abouts: &Abouts,
) -> Result<Read, Failure> {
    let mut read = Read::default();
    let (mut all, mut metadata, mut bytes) = (0, 0, 0usize);
    message::each(message, version, |part| match part {
        Part::About(about) => {
            metadata += 1;
            if metadata > MOST_METADATA {
                return Err(Failure::bad_data(format!(
                    "a message has {MOST_METADATA} entries of metadata at most"
                )));
            }
            abouts.note((account, region), &about);
            Ok(())
        }
        Part::Series(written) => {
            all += 1;
            if all > MOST_SERIES {
                return Err(Failure::bad_data(format!(
                    "a message has {MOST_SERIES} series at most"
                )));
            }
            // Version 2.0 says a text once for all series that have it, but each series is kept with its own.
            let labels = written.labels.iter();
            bytes += labels.map(|it| it.0.len() + it.1.len()).sum::<usize>();
            if bytes > MOST_UNPACKED {
                let text = format!("the labels of all series have more than {MOST_UNPACKED} bytes");
                return Err(Failure::new(413, "bad_data", text));
            }
            if let Some(about) = &written.about {
                abouts.note((account, region), about);
            }
            if read.samples.len() + written.samples.len() > message::MOST_SAMPLES {
                return Err(Failure::bad_data(format!(
                    "a message has {} samples at most",
                    message::MOST_SAMPLES
                )));
            }
            series(&mut read, &written, (account, region), now);
            Ok(())
        }
    })?;
    Ok(read)
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::bad_data(error.to_string())
    }
}

fn series(read: &mut Read, written: &Written<'_>, (account, region): (&str, &str), now: Timestamp) {
    let left_out = &mut read.left_out;
    left_out.add(written.exemplars, || {
        "exemplars are not supported".to_owned()
    });
    left_out.add(written.histograms, || {
        "native histograms are not supported".to_owned()
    });
    let metric = match labels::metric(account, region, &written.labels) {
        Ok(metric) => metric,
        Err(error) => return left_out.add(written.samples.len().max(1), || error.to_string()),
    };
    let Ok(key) = metric.key(UNIT) else {
        let text = || "a label has a control character".to_owned();
        return left_out.add(written.samples.len(), text);
    };
    let now = now.millis();
    let mut samples = written.samples.iter().peekable();
    while let Some((at, value)) = samples.next() {
        if *at < now - PAST_MS || *at > now + FUTURE_MS {
            left_out.add(1, || {
                "a sample is older than two weeks or more than two hours ahead".to_owned()
            });
            continue;
        }
        let second = at.div_euclid(1000);
        // Of those of one second the last counts.
        if samples
            .peek()
            .is_some_and(|it| it.0.div_euclid(1000) == second)
        {
            continue;
        }
        read.samples.push(Sample {
            key: key.clone(),
            tier: Tier::Second,
            at: second,
            summary: Summary::one(*value),
        });
    }
}

/// Keeps what was read, and says what became of it.
pub async fn keep(series: &Series, account: &str, read: Read, version: Version) -> Answer {
    let Read {
        samples,
        mut left_out,
    } = read;
    let all = samples.len();
    let (kept, is_of_limit) = match series.append_partly(account, samples).await {
        Ok(beyond) => {
            left_out.add(beyond, || {
                "the account has as many series as it may have".to_owned()
            });
            (all - beyond, beyond > 0 && beyond == all)
        }
        Err(error) => return Failure::from(error).into(),
    };
    let answer = match left_out.first {
        None => Answer::empty(if version == Version::One { 200 } else { 204 }),
        Some(why) => {
            let text = format!(
                "{} samples were not kept, the first because {why}",
                left_out.count
            );
            Failure::bad_data(text).plain()
        }
    };
    let answer = Answer {
        is_of_limit,
        ..answer
    };
    match version {
        Version::One => answer,
        Version::Two => answer
            .with(
                "x-prometheus-remote-write-samples-written",
                kept.to_string(),
            )
            .with(
                "x-prometheus-remote-write-histograms-written",
                "0".to_owned(),
            )
            .with(
                "x-prometheus-remote-write-exemplars-written",
                "0".to_owned(),
            ),
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        let (status, kind) = match &error {
            AppendError::Busy | AppendError::TooManyNewSeries { .. } => (429, "throttled"),
            AppendError::TooManySeries { .. }
            | AppendError::NamesTooLong { .. }
            | AppendError::TooLarge => (400, "bad_data"),
            AppendError::Later { .. } | AppendError::Failed { .. } | AppendError::Closed => {
                tracing::error!(%error, "samples of remote write were not kept, the client will retry");
                let text = "the samples cannot be kept now; try again";
                return Self::new(503, "unavailable", text.to_owned());
            }
        };
        Self::new(status, kind, error.to_string())
    }
}

#[cfg(test)]
mod tests;
