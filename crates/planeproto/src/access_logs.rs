//! Logs of load balancers: entries that a host hands over, packed, for the bucket that they are written to.
//!
//! They go over no plane: the host sends them to [`PATH`], one file after the other. A file that comes twice is the same object.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Where a host hands files over.
pub const PATH: &str = "/wharf/node/access-logs";
/// Entries of one file before they are packed.
pub const MOST_LINES: usize = 6 << 20;
/// What a host sends at once: entries that cannot be packed are a little longer than before.
pub const MOST_BYTES: usize = 8 << 20;
/// Of them before the packed entries.
pub const MOST_HEAD: usize = 8 << 10;
/// Seconds of which the entries of one file tell.
pub const INTERVAL_S: i64 = 300;

/// Of what a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The host's instance id.
    pub instance: String,
    /// ARN of the load balancer.
    pub balancer: String,
    /// Hosts of the version before know but one.
    #[serde(default)]
    pub kind: LogKind,
    /// Where its entries were to go when they were made.
    pub place: Place,
    /// The end of the interval, in seconds since 1970.
    pub end: i64,
    /// The load balancer's address on that host.
    pub node: IpAddr,
    /// Tells it from others of the same end.
    pub unique: u64,
    pub entries: u64,
}

/// A bucket, and what the names of its objects begin with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub bucket: String,
    #[serde(default)]
    pub prefix: String,
}

/// What a log tells of.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// Requests; of network load balancers connections over TLS.
    #[default]
    Access,
    /// Connections to application load balancers.
    Connections,
}

/// The attributes of a load balancer that are about a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogKeys {
    pub enabled: &'static str,
    pub bucket: &'static str,
    pub prefix: &'static str,
}

impl LogKind {
    pub const ALL: [Self; 2] = [Self::Access, Self::Connections];

    pub const fn keys(self) -> LogKeys {
        match self {
            Self::Access => LogKeys {
                enabled: "access_logs.s3.enabled",
                bucket: "access_logs.s3.bucket",
                prefix: "access_logs.s3.prefix",
            },
            Self::Connections => LogKeys {
                enabled: "connection_logs.s3.enabled",
                bucket: "connection_logs.s3.bucket",
                prefix: "connection_logs.s3.prefix",
            },
        }
    }
}

impl Place {
    /// Where a load balancer with these attributes writes a log, if it keeps one.
    pub fn of(
        kind: LogKind,
        attributes: &std::collections::BTreeMap<String, String>,
    ) -> Option<Self> {
        let keys = kind.keys();
        let value = |key| attributes.get(key).map_or("", String::as_str);
        let bucket = value(keys.bucket);
        (value(keys.enabled) == "true" && !bucket.is_empty()).then(|| Self {
            bucket: bucket.to_owned(),
            prefix: value(keys.prefix).to_owned(),
        })
    }
}

/// The interval in which a moment lies, by its end.
pub fn end_of(seconds: i64) -> i64 {
    seconds - seconds.rem_euclid(INTERVAL_S) + INTERVAL_S
}

/// A file as it is sent: its head, a line of JSON, then the packed entries.
///
/// # Errors
/// The head cannot be written.
pub fn join(head: &Head, packed: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(head)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(packed);
    Ok(bytes)
}

/// The head of a file, and where its packed entries begin; `None` of something else.
pub fn split(bytes: &[u8]) -> Option<(Head, usize)> {
    let start = &bytes[..bytes.len().min(MOST_HEAD)];
    let at = start.iter().position(|it| *it == b'\n')?;
    let head = serde_json::from_slice(&start[..at]).ok()?;
    Some((head, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_apart_as_it_was_put_together() {
        let head = Head {
            instance: "i-1".to_owned(),
            balancer: "arn:lb".to_owned(),
            kind: LogKind::Connections,
            place: Place {
                bucket: "b".to_owned(),
                prefix: "a\nb".to_owned(),
            },
            end: 300,
            node: [10, 0, 0, 1].into(),
            unique: u64::MAX,
            entries: 2,
        };
        let bytes = join(&head, b"\x1f\x8b\nx").unwrap();
        let (back, at) = split(&bytes).unwrap();
        assert_eq!((back, &bytes[at..]), (head, &b"\x1f\x8b\nx"[..]));
        assert_eq!(split(b"{}\nx"), None);
        let older = br#"{"instance":"i","balancer":"b","place":{"bucket":"b"},"end":0,"node":"::1","unique":1,"entries":1}"#;
        let (older, _) = split(&[older, &b"\n"[..]].concat()).unwrap();
        assert_eq!(older.kind, LogKind::Access);
        assert_eq!(split(&[b'x'; MOST_HEAD + 1]), None);
        assert_eq!(split(b""), None);
    }

    #[test]
    fn an_interval_ends_five_minutes_after_it_began() {
        for (at, end) in [(0, 300), (299, 300), (300, 600), (301, 600), (-1, 0)] {
            assert_eq!(end_of(at), end, "{at}");
        }
    }

    #[test]
    fn a_place_takes_a_bucket_and_a_flag() {
        for kind in LogKind::ALL {
            let of = |pairs: &[(&str, &str)]| {
                let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
                Place::of(kind, &pairs.iter().map(pair).collect())
            };
            let keys = kind.keys();
            let (enabled, bucket) = (keys.enabled, keys.bucket);
            assert_eq!(of(&[(bucket, "b")]), None);
            assert_eq!(of(&[(enabled, "true")]), None);
            assert_eq!(of(&[(enabled, "false"), (bucket, "b")]), None);
            let place = of(&[(enabled, "true"), (bucket, "b"), (keys.prefix, "p")]);
            let expected = ("b".to_owned(), "p".to_owned());
            assert_eq!(place.map(|it| (it.bucket, it.prefix)), Some(expected));
        }
    }
}
