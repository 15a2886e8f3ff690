//! Snapshots of EBS volumes: which of them a host is to take, and how bytes pass between host and control plane.
//!
//! A volume is cut into chunks of [`CHUNK`] bytes. Those that are not all zeros are named by their SHA-256, and a list
//! of them, cut into pages, is the snapshot. Pages and chunks are sent alike, each once: the host offers names and
//! sends what is missing. Everything goes over requests that the host signs, to [`Path`]s:
//!
//! | request | what |
//! | --- | --- |
//! | `POST …/<snap>/offer` | [`Offer`]; answered by [`Missing`] |
//! | `PUT …/<snap>/<hex>` | a chunk or a page |
//! | `POST …/<snap>/complete` | [`Complete`]: all of it was sent |
//! | `POST …/<snap>/failed` | [`Failed`]: it cannot be taken |
//! | `GET …/<vol>/source` | [`Source`]: the snapshot that a volume is to be made of |
//! | `GET …/<vol>/<hex>` | a chunk or a page of it |
//! | `GET …/<vol>/key` | [`Keys`] of a volume that is sealed, while it is attached; of an instance whose disk is, while it is to run |
//!
//! The disk of an instance, which its root file system is on, is snapshot and made as volumes are, by the instance's id.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Small, so that a volume that changes a little costs a little; not smaller, since each is a file and a record.
pub const CHUNK: u64 = 1 << 20;
/// Chunks of a page: 16 GiB of a volume that is full.
pub const PAGE_ENTRIES: usize = 16 << 10;
/// Pages of a snapshot: 1 TiB of data, whatever the volume's size.
pub const MAX_PAGES: usize = 64;
/// Names of one offer.
pub const MAX_OFFER: usize = 1000;
/// Characters of a reason.
pub const MAX_REASON: usize = 500;
/// The version of the protocol since which hosts are told of snapshots.
pub const SINCE: u32 = 9;

const PREFIX: &str = "/wharf/node/ebs/";
const ENTRY: usize = 36;

/// A snapshot that a host is to take, or goes on sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `snap-…`
    pub id: String,
    pub account: String,
    pub region: String,
    /// Instance id of the host that the volume lies on.
    pub host: String,
    /// `vol-…`; `i-…` for the disk of that instance, which a host that does not know of these refuses.
    pub volume: String,
    /// An earlier snapshot of the volume that has all its bytes for as long as this one is being taken: what its list
    /// has need not be kept to be sent. Nothing may be left out for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// It carries the volume to another host: nobody has the volume until that is over, so its chunks are sent from where they
    /// are. A host that does not know of this copies them first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carries: bool,
    /// Those that are taken with it, if there are any. A host that does not know of these takes each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Set>,
}

/// Snapshots of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// `set-…`
    pub id: String,
    /// How many there were at first: those that were deleted since are waited for no more.
    pub members: u32,
    /// Whose disks they are.
    pub instance: String,
    /// They are taken before the instance boots under that number, after it was shut down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_boot: Option<u64>,
}

/// SHA-256 of a chunk or a page.
pub type Sum = [u8; 32];

/// A chunk of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which it is, in the order of the volume.
    pub at: u32,
    pub sum: Sum,
}

/// The bytes of a page.
pub fn page(entries: &[Entry]) -> Vec<u8> {
    let mut page = Vec::with_capacity(entries.len() * ENTRY);
    for entry in entries {
        page.extend_from_slice(&entry.at.to_be_bytes());
        page.extend_from_slice(&entry.sum);
    }
    page
}

/// What a page lists; `None` if it is none: one that is empty, too long, or out of order.
pub fn entries(page: &[u8]) -> Option<Vec<Entry>> {
    let (rows, rest) = page.as_chunks::<ENTRY>();
    if !rest.is_empty() || rows.is_empty() || rows.len() > PAGE_ENTRIES {
        return None;
    }
    let read = |row: &[u8; ENTRY]| {
        let (at, sum) = row.split_first_chunk::<4>()?;
        Some(Entry {
            at: u32::from_be_bytes(*at),
            sum: sum.try_into().ok()?,
        })
    };
    let all: Vec<Entry> = rows.iter().map(read).collect::<Option<_>>()?;
    all.is_sorted_by(|a, b| a.at < b.at).then_some(all)
}

/// What a host has, and how far it is, in per cent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub progress: u8,
    pub sums: Vec<String>,
}

/// What of an offer is to be sent; the rest is the snapshot's already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub sums: Vec<String>,
}

/// The pages of a snapshot, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    pub pages: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    pub reason: String,
}

/// The pages of the snapshot that a volume is to be made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub pages: Vec<String>,
}

/// What a sealed volume opens by. Of nothing but an answer: it is kept in memory that is wiped.
#[derive(Serialize, Deserialize)]
pub struct Keys {
    /// Both keys of AES-256-XTS.
    pub own: Zeroizing<Vec<u8>>,
    /// How what it is to be made of is sealed.
    pub source: SourceKey,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKey {
    /// By the same key: it is taken over as it is.
    Same,
    Another(Zeroizing<Vec<u8>>),
    /// Not at all.
    None,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a> {
    pub account: &'a str,
    pub region: &'a str,
    /// `snap-…`, `vol-…` or `i-…`
    pub id: &'a str,
    pub what: What<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    Offer,
    Complete,
    Failed,
    Source,
    Bytes(&'a str),
    Key,
}

impl What<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Offer => "offer",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Source => "source",
            Self::Bytes(sum) => sum,
            Self::Key => "key",
        }
    }
}

impl Path<'_> {
    pub fn text(&self) -> String {
        let Self {
            account,
            region,
            id,
            what,
        } = self;
        format!("{PREFIX}{account}/{region}/{id}/{}", what.text())
    }
}

/// What a path asks for, of a kind that a request of that method may.
pub fn path_of<'a>(method: &str, path: &'a str) -> Option<Path<'a>> {
    let mut parts = path.strip_prefix(PREFIX)?.split('/');
    let (account, region, id, what) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_plain = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=40).contains(&text.len()) && text.bytes().all(plain)
    };
    if parts.next().is_some() || ![account, region, id].into_iter().all(is_plain) {
        return None;
    }
    let is_snapshot = match id.split_once('-')?.0 {
        "snap" => true,
        "vol" | "i" => false,
        _ => return None,
    };
    let what = match (method, is_snapshot, what) {
        ("POST", true, "offer") => What::Offer,
        ("POST", true, "complete") => What::Complete,
        ("POST", true, "failed") => What::Failed,
        ("GET", false, "source") => What::Source,
        ("GET", false, "key") => What::Key,
        ("PUT", true, sum) | ("GET", false, sum) if sum_of(sum).is_some() => What::Bytes(sum),
        _ => return None,
    };
    Some(Path {
        account,
        region,
        id,
        what,
    })
}

/// The digits of a sum, in lower case.
pub fn hex_of(sum: &Sum) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |it: u8| char::from(DIGITS[usize::from(it & 15)]);
    sum.iter()
        .flat_map(|it| [digit(it >> 4), digit(*it)])
        .collect()
}

/// A sum in lower-case digits.
pub fn sum_of(hex: &str) -> Option<Sum> {
    let digit = |it: u8| match it {
        b'0'..=b'9' => Some(it - b'0'),
        b'a'..=b'f' => Some(it - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let entry = |at| Entry { at, sum: [7; 32] };
        let all = [entry(0), entry(3), entry(u32::MAX)];
        assert_eq!(entries(&page(&all)).unwrap(), all);
        for bad in [
            vec![],
            page(&[entry(1), entry(1)]),
            page(&[entry(2), entry(1)]),
            page(&all)[1..].to_vec(),
        ] {
            assert_eq!(entries(&bad), None);
        }
    }

    #[test]
    fn sums() {
        let sum: Sum = std::array::from_fn(|at| at as u8 * 8);
        assert_eq!(sum_of(&hex_of(&sum)), Some(sum));
        for bad in ["", "0", &"0".repeat(63), &"G".repeat(64), &"A".repeat(64)] {
            assert_eq!(sum_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn paths() {
        let sum = "0".repeat(64);
        let path = |id, what| Path {
            account: "000000000000",
            region: "us-east-1",
            id,
            what,
        };
        for (method, path) in [
            ("POST", path("snap-1", What::Offer)),
            ("POST", path("snap-1", What::Complete)),
            ("POST", path("snap-1", What::Failed)),
            ("PUT", path("snap-1", What::Bytes(&sum))),
            ("GET", path("vol-1", What::Source)),
            ("GET", path("vol-1", What::Key)),
            ("GET", path("vol-1", What::Bytes(&sum))),
            ("GET", path("i-1", What::Source)),
        ] {
            assert_eq!(path_of(method, &path.text()), Some(path));
            assert_eq!(path_of("DELETE", &path.text()), None);
        }
        for (method, bad) in [
            ("GET", "/wharf/node/ebs/0/r/snap-1/source"),
            ("POST", "/wharf/node/ebs/0/r/vol-1/offer"),
            ("POST", "/wharf/node/ebs/0/r/i-1/offer"),
            ("POST", "/wharf/node/ebs/0/../snap-1/offer"),
            ("POST", "/wharf/node/ebs/0/r/snap-1/offer/"),
            ("PUT", "/wharf/node/ebs/0/r/snap-1/00"),
        ] {
            assert_eq!(path_of(method, bad), None, "{bad}");
        }
    }
}
