//! Access logs of load balancers: entries that a host hands over, packed, for the bucket that they are written to.
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

impl Place {
    /// Where a load balancer with these attributes writes its access logs, if it does.
    pub fn of(attributes: &std::collections::BTreeMap<String, String>) -> Option<Self> {
        let value = |key| attributes.get(key).map_or("", String::as_str);
        let bucket = value("access_logs.s3.bucket");
        (value("access_logs.s3.enabled") == "true" && !bucket.is_empty()).then(|| Self {
            bucket: bucket.to_owned(),
            prefix: value("access_logs.s3.prefix").to_owned(),
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
        let of = |pairs: &[(&str, &str)]| {
            let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            Place::of(&pairs.iter().map(pair).collect())
        };
        let (enabled, bucket) = ("access_logs.s3.enabled", "access_logs.s3.bucket");
        assert_eq!(of(&[(bucket, "b")]), None);
        assert_eq!(of(&[(enabled, "true")]), None);
        assert_eq!(of(&[(enabled, "false"), (bucket, "b")]), None);
        let place = of(&[
            (enabled, "true"),
            (bucket, "b"),
            ("access_logs.s3.prefix", "p"),
        ]);
        assert_eq!(
            place.map(|it| (it.bucket, it.prefix)),
            Some(("b".to_owned(), "p".to_owned()))
        );
    }
}
