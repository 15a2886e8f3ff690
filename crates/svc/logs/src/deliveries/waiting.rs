//! Records that wait to be delivered, on disk: each delivery has a stream of the journal. Its first record is the next to be
//! delivered, so what is delivered is let go of, and nothing else says how far a delivery is. One process has the journal, and one
//! task at a time reads a stream.
//!
//! Records are sealed under the keyring: what they go to may be under a key, and events may be in them. Who rotates it has them
//! sealed anew.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_journal::{Journal, JournalError, Moved, Records};
use wharf_records::{Record as _, Scope};
use wharf_seal::{KeyId, Keyring, sealed_file_key, sealed_file_size};

use super::{queue::FILE_BYTES, records::Delivery};

/// Before the account, so that streams of one take turns at the journal as one.
pub const PREFIX: &str = "log-deliveries/";
/// How a record is written.
const FORMAT: u8 = 1;
const HEAD: usize = 17;
/// Records of a file.
const MOST_OF_FILE: usize = 100_000;
/// What a log group takes at once: well within what an append of the journal may have.
const GROUP_BYTES: usize = 1_000_000;
const MOST_OF_GROUP: usize = wharf_journal::MAX_APPEND_RECORDS;
/// Read at a time where all of a stream is.
const PAGE: usize = 1000;
const PAGE_BYTES: usize = 1 << 20;

/// A record as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    /// When it was written down: its own time may be long past.
    pub taken: Timestamp,
    pub text: String,
}

impl Line {
    fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.text.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.at.millis().to_be_bytes());
        bytes.extend_from_slice(&self.taken.millis().to_be_bytes());
        bytes.extend_from_slice(self.text.as_bytes());
        bytes
    }

    fn decoded(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (taken, text) = rest.split_first_chunk()?;
        (*format == FORMAT).then_some(())?;
        Some(Self {
            at: Timestamp(i64::from_be_bytes(*at)),
            taken: Timestamp(i64::from_be_bytes(*taken)),
            text: std::str::from_utf8(text).ok()?.to_owned(),
        })
    }

    /// As its stream keeps it.
    pub fn sealed(&self, keyring: &Keyring, stream: &str) -> Vec<u8> {
        keyring.seal_file(&self.encoded(), stream)
    }

    /// The bytes of that, of a line of so many.
    pub const fn sealed_size(text: usize) -> usize {
        sealed_file_size(HEAD.saturating_add(text))
    }

    fn opened(keyring: &Keyring, stream: &str, bytes: &[u8]) -> Option<Self> {
        let opened = keyring.open_file(bytes, stream).ok()?;
        Self::decoded(opened.expose())
    }
}

/// The stream of a delivery.
pub fn stream_of(scope: &Scope, id: &str) -> String {
    format!("{PREFIX}{}/{}/{id}", scope.account, scope.region)
}

/// The key of the record of the delivery that a stream is of.
pub fn key_of(stream: &str) -> Option<String> {
    let mut parts = stream.strip_prefix(PREFIX)?.splitn(3, '/');
    let (account, region, id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Scope::new("logs", account, region).key(Delivery::KIND, id))
}

/// The next records of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    pub first: u64,
    /// The record behind them.
    pub next: u64,
    /// The bytes of each.
    pub bytes: Vec<usize>,
    /// Those that can be read.
    pub lines: Vec<Line>,
}

impl Batch {
    /// Of a file the part of its name by which it is told from others: the same for what is sent again.
    pub fn name(&self) -> String {
        let taken = self.lines.first().map_or(0, |it| it.taken.millis());
        let name = format!("{}@{taken}", self.first);
        let hash = wharf_base::ids::uuid_of(name.as_bytes()).replace('-', "");
        hash.chars().take(16).collect()
    }
}

/// The records of a stream that are sent together: in a file, or up to where a batch ended that failed, as they were.
pub async fn next(
    journal: &Journal,
    keyring: &Keyring,
    stream: &str,
    (is_file, until): (bool, Option<u64>),
) -> Result<Batch, JournalError> {
    let (most, most_bytes) = match is_file {
        true => (MOST_OF_FILE, FILE_BYTES),
        false => (MOST_OF_GROUP, GROUP_BYTES),
    };
    let read = journal.read(stream, 0, most, most_bytes).await?;
    let is_in = |offset: u64| until.is_none_or(|until| offset < until);
    let mut batch = Batch {
        first: read.first,
        next: read.first,
        bytes: Vec::new(),
        lines: Vec::new(),
    };
    for record in read.records.iter().take_while(|it| is_in(it.offset)) {
        batch.next = record.offset + 1;
        batch.bytes.push(record.data.len());
        batch
            .lines
            .extend(Line::opened(keyring, stream, &record.data));
    }
    Ok(batch)
}

/// The bytes of each record that waits in a stream.
pub async fn sizes(journal: &Journal, stream: &str) -> Result<Vec<usize>, JournalError> {
    let (mut sizes, mut from) = (Vec::new(), 0);
    loop {
        let read = journal.read(stream, from, PAGE, PAGE_BYTES).await?;
        if read.records.is_empty() {
            return Ok(sizes);
        }
        sizes.extend(read.records.iter().map(|it| it.data.len()));
        from = read.next;
    }
}

/// What of a stream was written down so long ago that `is_old` says so: the record behind it, and the bytes of each. What cannot
/// be read is old.
pub async fn old(
    journal: &Journal,
    keyring: &Keyring,
    stream: &str,
    is_old: impl Fn(Timestamp) -> bool,
) -> Result<(u64, Vec<usize>), JournalError> {
    let (mut sizes, mut from) = (Vec::new(), 0);
    loop {
        let read = journal.read(stream, from, PAGE, PAGE_BYTES).await?;
        from = from.max(read.first);
        if read.records.is_empty() {
            return Ok((from, sizes));
        }
        for record in &read.records {
            let line = Line::opened(keyring, stream, &record.data);
            if line.is_some_and(|it| !is_old(it.taken)) {
                return Ok((from, sizes));
            }
            from = record.offset + 1;
            sizes.push(record.data.len());
        }
    }
}

/// The keys that records of a stream are under, with how many are.
pub async fn keys(journal: &Journal, stream: &str) -> Result<BTreeMap<KeyId, usize>, JournalError> {
    let (mut keys, mut from) = (BTreeMap::new(), 0);
    loop {
        let read = journal.read(stream, from, PAGE, PAGE_BYTES).await?;
        if read.records.is_empty() {
            return Ok(keys);
        }
        let records = read.records.iter();
        for key in records.filter_map(|it| sealed_file_key(&it.data)) {
            *keys.entry(key).or_default() += 1;
        }
        from = read.next;
    }
}

/// Seals a stream anew under the active key; how many records were not. All of them move behind the last one and so keep their
/// order; each is in its former place or in the new one, whatever ends in between, and then those that have moved come last. What
/// does not open stays what it is. Nobody else may write to the stream, or deliver from it, meanwhile.
pub async fn seal_anew(
    journal: &Journal,
    keyring: &Keyring,
    stream: &str,
) -> Result<usize, JournalError> {
    let (end, mut sealed) = (journal.end(stream), 0);
    loop {
        let read = journal.read(stream, 0, PAGE, PAGE_BYTES).await?;
        let page = read.records.iter().take_while(|it| it.offset < end);
        let (mut anew, mut before) = (Records::with_room(PAGE_BYTES, PAGE), read.first);
        for record in page {
            before = record.offset + 1;
            match keyring.reseal_file(&record.data, stream) {
                Ok(Some(bytes)) => {
                    anew.push(&bytes)?;
                    sealed += 1;
                }
                Ok(None) | Err(_) => anew.push(&record.data)?,
            }
        }
        if anew.is_empty() {
            return Ok(sealed);
        }
        let from = stream.to_owned();
        let moved = Some(Moved { from, before });
        journal.move_gathered(stream, &mut anew, moved).await?;
    }
}

#[cfg(test)]
mod tests {
    use wharf_journal::JournalOptions;

    use super::*;

    const STREAM: &str = "log-deliveries/000000000000/us-east-1/d1";

    fn line(taken: i64, text: &str) -> Line {
        Line {
            at: Timestamp(7),
            taken: Timestamp(taken),
            text: text.to_owned(),
        }
    }

    #[test]
    fn records_are_written_as_they_are_read_again() {
        let mut written = vec![1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 2];
        written.extend_from_slice("ü".as_bytes());
        assert_eq!(line(258, "ü").encoded(), written);
        assert_eq!(Line::decoded(&written), Some(line(258, "ü")));
        assert_eq!(Line::decoded(&written[..HEAD]), Some(line(258, "")));
        for bad in [&written[..HEAD - 1], &written[..HEAD + 1], &[]] {
            assert_eq!(Line::decoded(bad), None);
        }
        written[0] = 2;
        assert_eq!(Line::decoded(&written), None);
        let keyring = Keyring::in_memory();
        let sealed = line(1, "a secret").sealed(&keyring, STREAM);
        assert!(!sealed.windows(8).any(|it| it == b"a secret"));
        let opened = |stream| Line::opened(&keyring, stream, &sealed);
        assert_eq!(opened(STREAM), Some(line(1, "a secret")));
        assert_eq!(opened("log-deliveries/another"), None);
    }

    #[test]
    fn a_stream_is_of_one_delivery() {
        let scope = Scope::new("logs", "000000000000", "us-east-1");
        assert_eq!(stream_of(&scope, "d1"), STREAM);
        assert_eq!(key_of(STREAM), Some(scope.key(Delivery::KIND, "d1")));
        for other in ["logs/a/b/c", "log-deliveries/a", "log-deliveries/a/b"] {
            assert_eq!(key_of(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_batch_that_failed_is_read_again_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        let keyring = Keyring::in_memory();
        let append = async |taken: &[i64]| {
            let lines = taken.iter().map(|it| line(*it, "a"));
            let sealed: Vec<_> = lines.map(|it| it.sealed(&keyring, STREAM)).collect();
            journal.append(STREAM, &sealed).await.unwrap();
        };
        append(&[10, 11]).await;
        let first = next(&journal, &keyring, STREAM, (true, None)).await;
        let first = first.unwrap();
        assert_eq!((first.first, first.next, first.lines.len()), (0, 2, 2));
        append(&[12]).await;
        journal.append(STREAM, &["what is nothing"]).await.unwrap();
        append(&[13]).await;
        let again = next(&journal, &keyring, STREAM, (true, Some(2))).await;
        assert_eq!(again.unwrap(), first);
        let all = next(&journal, &keyring, STREAM, (true, None)).await;
        let all = all.unwrap();
        assert_eq!((all.next, all.bytes.len(), all.lines.len()), (5, 5, 4));
        assert_eq!(all.name(), first.name(), "it takes the place of the former");
        assert_eq!(sizes(&journal, STREAM).await, Ok(all.bytes.clone()));

        let old = async |before: i64| {
            let found = old(&journal, &keyring, STREAM, |taken| {
                taken < Timestamp(before)
            });
            let (next, sizes) = found.await.unwrap();
            (next, sizes.len())
        };
        assert_eq!(old(10).await, (0, 0));
        assert_eq!(old(12).await, (2, 2));
        assert_eq!(old(13).await, (4, 4), "what cannot be read goes too");
        journal.trim(STREAM, 2).await.unwrap();
        assert_eq!(old(12).await, (2, 0));
        assert_eq!(old(99).await, (5, 3));
        let rest = next(&journal, &keyring, STREAM, (true, None)).await;
        let rest = rest.unwrap();
        assert_eq!((rest.first, rest.next), (2, 5));
        assert_ne!(rest.name(), first.name());
    }

    #[tokio::test]
    async fn what_waits_is_sealed_anew_in_its_order() {
        let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keyring = Keyring::open_or_create(&home.path().join("keyring")).unwrap();
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        let append = async |taken: std::ops::Range<i64>| {
            let lines = taken.map(|it| line(it, "a"));
            let sealed: Vec<_> = lines.map(|it| it.sealed(&keyring, STREAM)).collect();
            journal.append(STREAM, &sealed).await.unwrap();
        };
        // More than are read at a time, and some under the next key.
        append(0..1001).await;
        journal.append(STREAM, &["what is nothing"]).await.unwrap();
        let former = keyring.active_key();
        let active = keyring.rotate().unwrap();
        append(1001..1003).await;
        let under = BTreeMap::from([(former, 1001), (active, 2)]);
        assert_eq!(keys(&journal, STREAM).await, Ok(under));

        assert_eq!(seal_anew(&journal, &keyring, STREAM).await, Ok(1001));
        let under = BTreeMap::from([(active, 1003)]);
        assert_eq!(keys(&journal, STREAM).await, Ok(under));
        keyring.retire().unwrap();
        let all = next(&journal, &keyring, STREAM, (true, None)).await;
        let all = all.unwrap();
        let taken: Vec<i64> = all.lines.iter().map(|it| it.taken.millis()).collect();
        assert_eq!(taken, (0..1003).collect::<Vec<i64>>());
        assert_eq!(all.bytes.len(), 1004, "what cannot be read is still there");
        assert_eq!((all.first, all.next), (1004, 2008));

        assert_eq!(seal_anew(&journal, &keyring, "none").await, Ok(0));
        assert!(journal.stream("none").is_none());
    }
}
