//! Contents of small blobs, as they were decrypted: what was pushed lately, which is often pulled next, and what is
//! read again. To read one from here takes neither its file, nor its key, nor AES: of a small blob these are most of
//! the work. Contents of images are no secrets of wharf's own, so they lie in plain memory, as those on their way to
//! a client do.
//!
//! Whether somebody may have a blob is decided before it is read, request by request; nothing here knows who asks. What
//! is under a lock is never kept: its repository's key may be disabled at any moment, and KMS is asked each time.
//!
//! An entry is of a file as it was ([`Version`]), and counts only while that file lies in its place: who reads has to
//! look ([`Folder::is_there_at_once`](crate::folder::Folder::is_there_at_once)). So what was removed, moved aside, replaced,
//! or has its key sealed anew is not given out, whoever did that; [`Folder`](crate::folder::Folder) gives its memory
//! back at once.
//!
//! All entries have one bound in bytes. Each is in the share of the account that it was read or pushed for first, and where
//! there is no room, the largest share gives up what nobody read for the longest time: so an account that holds less
//! than its part of all loses nothing to others, and one that is alone has all of it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;

use crate::{
    Digest,
    hot::{Version, part_of_memory},
    sealed::is_one_record,
};

/// Bytes kept at most on a large machine.
const MOST: usize = 32 << 20;
/// What an entry takes beside its content, at most: its places in three tables that just grew, of which two hold its digest as
/// long as the longest is, and all of a share that has no other.
const BESIDE: usize = 1536;
/// What was not read for so long is given back.
const IDLE: Duration = Duration::from_secs(120);
/// Given back in one go. Who reads meanwhile, on a thread that others need too, waits for so many and not for all.
const BATCH: usize = 256;
/// Blobs that are remembered to have been read, where no two have one place: a quarter MiB, once one was.
const PLACES: usize = 1 << 16;

#[derive(Debug)]
pub(crate) struct Small {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    read: ReadBefore,
    /// In whose share a blob is.
    owners: HashMap<Digest, Arc<str>>,
    shares: HashMap<Arc<str>, Share>,
    /// The shares with their bytes, the largest one last.
    by_size: BTreeSet<(usize, Arc<str>)>,
    /// Of all shares.
    bytes: usize,
}

#[derive(Debug)]
struct Share {
    entries: LruCache<Digest, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    version: Version,
    content: Bytes,
    read: Instant,
}

/// Marks of blobs that were read once. One may take the place of another, which then counts as new.
#[derive(Debug, Default)]
struct ReadBefore(Vec<u32>);

impl Default for Small {
    fn default() -> Self {
        Self::with_most(part_of_memory(MOST))
    }
}

impl Small {
    fn with_most(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
        }
    }

    /// What is kept of a blob, and the version of its file that it is of.
    pub(crate) fn content(&self, digest: &Digest) -> Option<(Version, Bytes)> {
        let mut kept = self.kept.lock();
        let Kept { owners, shares, .. } = &mut *kept;
        let share = shares.get_mut(owners.get(digest)?)?;
        let entry = share.entries.get_mut(digest)?;
        entry.read = Instant::now();
        Some((entry.version, entry.content.clone()))
    }

    /// Notes that a blob was read from its file; whether it was before. Only then it is worth its room: most is
    /// read once.
    pub(crate) fn is_read_again(&self, digest: &Digest) -> bool {
        self.kept.lock().read.again(digest)
    }

    /// Keeps the whole content of a small blob in the account's share, and gives up what has no room any more.
    pub(crate) fn keep(&self, of: &Version, account: &str, content: &Bytes) {
        let weight = weight(content);
        if content.is_empty() || !is_one_record(content.len() as u64) || weight > self.most {
            return;
        }
        // A slice would keep all of the buffer that it is of.
        let entry = Entry {
            version: *of,
            content: Bytes::copy_from_slice(content),
            read: Instant::now(),
        };
        let mut kept = self.kept.lock();
        kept.remove(of.digest());
        kept.add(*of.digest(), account, entry);
        while kept.bytes > self.most && kept.drop_oldest_of_largest() {}
    }

    /// The blob's file is not what it was any more.
    pub(crate) fn forget(&self, digest: &Digest) {
        self.kept.lock().remove(digest);
    }

    /// Gives back what was not read lately.
    pub(crate) fn drop_idle(&self, now: Instant) {
        while self.kept.lock().drop_some_idle(now) {}
        self.kept.lock().owners.shrink_to_fit();
    }
}

impl Kept {
    fn add(&mut self, digest: Digest, account: &str, entry: Entry) {
        let known = self.shares.get_key_value(account);
        let owner = known.map_or_else(|| Arc::from(account), |(name, _)| name.clone());
        let share = self.shares.entry(owner.clone()).or_insert_with(Share::new);
        let bytes = share.bytes + weight(&entry.content);
        share.entries.put(digest, entry);
        self.owners.insert(digest, owner.clone());
        self.resize(&owner, bytes);
    }

    fn remove(&mut self, digest: &Digest) {
        let Some(owner) = self.owners.remove(digest) else {
            return;
        };
        let Some(share) = self.shares.get_mut(&owner) else {
            return;
        };
        let freed = share.entries.pop(digest);
        let freed = freed.map_or(0, |entry| weight(&entry.content));
        let left = share.bytes - freed;
        self.resize(&owner, left);
    }

    /// A share has so many bytes from now on. One that has none is forgotten.
    fn resize(&mut self, owner: &Arc<str>, bytes: usize) {
        let Some(share) = self.shares.get_mut(owner) else {
            return;
        };
        let before = std::mem::replace(&mut share.bytes, bytes);
        self.bytes = self.bytes - before + bytes;
        self.by_size.remove(&(before, owner.clone()));
        if bytes == 0 {
            self.shares.remove(owner);
        } else {
            self.by_size.insert((bytes, owner.clone()));
        }
    }

    /// Whether there may be more.
    fn drop_some_idle(&mut self, now: Instant) -> bool {
        // Of each share those that were read the longest ago come first.
        let idle = self.shares.values().flat_map(|share| {
            let oldest = share.entries.iter().rev();
            oldest.take_while(move |(_, entry)| entry.is_idle(now))
        });
        let idle: Vec<Digest> = idle.take(BATCH).map(|(digest, _)| *digest).collect();
        for digest in &idle {
            self.remove(digest);
        }
        idle.len() == BATCH
    }

    /// False if there is nothing.
    fn drop_oldest_of_largest(&mut self) -> bool {
        let largest = self.by_size.last();
        let share = largest.and_then(|(_, owner)| self.shares.get(owner));
        let oldest = share.and_then(|share| share.entries.peek_lru());
        let Some(digest) = oldest.map(|(digest, _)| *digest) else {
            return false;
        };
        self.remove(&digest);
        true
    }
}

impl Entry {
    fn is_idle(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.read) >= IDLE
    }
}

impl Share {
    fn new() -> Self {
        Self {
            entries: LruCache::unbounded(),
            bytes: 0,
        }
    }
}

impl ReadBefore {
    fn again(&mut self, digest: &Digest) -> bool {
        if self.0.is_empty() {
            self.0 = vec![0; PLACES];
        }
        let (place, mark) = digest.place_and_mark();
        // An empty place is no blob's.
        let mark = mark | 1;
        let place = &mut self.0[place as usize % PLACES];
        std::mem::replace(place, mark) == mark
    }
}

/// Bytes of memory that a content takes here.
fn weight(content: &Bytes) -> usize {
    content.len() + BESIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 1024;
    const WEIGHT: usize = SIZE + BESIDE;

    /// The n-th blob: its file's version, and its content.
    fn blob(n: u32) -> (Version, Bytes) {
        let mut content = vec![0; SIZE];
        content[..4].copy_from_slice(&n.to_be_bytes());
        let content = Bytes::from(content);
        (Version::example(Digest::of(&content), 1), content)
    }

    fn keep(small: &Small, account: &str, n: u32) {
        let (version, content) = blob(n);
        small.keep(&version, account, &content);
    }

    fn is_kept(small: &Small, n: u32) -> bool {
        let (version, content) = blob(n);
        let found = small.content(version.digest());
        assert!(found.is_none() || found == Some((version, content)));
        found.is_some()
    }

    /// What the tables say of each other.
    fn check(small: &Small) {
        let kept = small.kept.lock();
        let mut bytes = 0;
        let mut count = 0;
        for (name, share) in &kept.shares {
            let own: usize = share
                .entries
                .iter()
                .map(|(_, it)| weight(&it.content))
                .sum();
            assert_eq!(own, share.bytes);
            assert!(own > 0 && kept.by_size.contains(&(own, name.clone())));
            for (digest, _) in &share.entries {
                assert_eq!(kept.owners.get(digest), Some(name));
            }
            bytes += own;
            count += share.entries.len();
        }
        assert_eq!((bytes, count), (kept.bytes, kept.owners.len()));
        assert_eq!(kept.by_size.len(), kept.shares.len());
        assert!(bytes <= small.most);
    }

    #[test]
    fn what_nobody_read_for_the_longest_time_goes_first() {
        let small = Small::with_most(3 * WEIGHT);
        for n in 0..3 {
            keep(&small, "one", n);
        }
        assert!(is_kept(&small, 0));
        keep(&small, "one", 3);
        assert!(!is_kept(&small, 1));
        assert!([0, 2, 3].into_iter().all(|n| is_kept(&small, n)));
        check(&small);
    }

    #[test]
    fn an_account_that_floods_takes_no_room_of_those_that_hold_little() {
        let small = Small::with_most(10 * WEIGHT);
        for n in 0..4 {
            keep(&small, "one", n);
        }
        for n in 100..500 {
            keep(&small, "flood", n);
            check(&small);
        }
        assert!((0..4).all(|n| is_kept(&small, n)));
        assert!((494..500).all(|n| is_kept(&small, n)));
        assert!((100..494).all(|n| !is_kept(&small, n)));
    }

    #[test]
    fn who_is_alone_has_all_of_it_and_gives_up_what_is_more_than_half_to_a_second() {
        let small = Small::with_most(10 * WEIGHT);
        for n in 0..10 {
            keep(&small, "one", n);
        }
        assert!((0..10).all(|n| is_kept(&small, n)));
        for n in 20..60 {
            keep(&small, "two", n);
            check(&small);
        }
        let count = |name: &str| small.kept.lock().shares[name].entries.len();
        assert_eq!((count("one"), count("two")), (5, 5));
    }

    #[test]
    fn a_blob_is_in_one_share_and_counts_once() {
        let small = Small::with_most(10 * WEIGHT);
        for account in ["one", "one", "two"] {
            keep(&small, account, 7);
            check(&small);
        }
        let kept = small.kept.lock();
        assert_eq!((kept.bytes, kept.shares.len()), (WEIGHT, 1));
        assert!(kept.shares.contains_key("two"));
    }

    #[test]
    fn another_version_takes_the_place_of_the_one_before() {
        let small = Small::with_most(10 * WEIGHT);
        let (version, content) = blob(1);
        small.keep(&version, "one", &content);
        let newer = Version::example(*version.digest(), 2);
        small.keep(&newer, "one", &content);
        assert_eq!(small.content(version.digest()), Some((newer, content)));
        check(&small);
    }

    #[test]
    fn what_is_forgotten_or_idle_takes_no_room() {
        let small = Small::with_most(10 * WEIGHT);
        for n in 0..3 {
            keep(&small, "one", n);
        }
        small.forget(blob(1).0.digest());
        assert!(!is_kept(&small, 1) && is_kept(&small, 2));
        check(&small);
        small.drop_idle(Instant::now());
        assert!(is_kept(&small, 0));
        small.drop_idle(Instant::now() + 2 * IDLE);
        assert!(!is_kept(&small, 0));
        let kept = small.kept.lock();
        assert_eq!(
            (kept.bytes, kept.shares.len(), kept.by_size.len()),
            (0, 0, 0)
        );
    }

    #[test]
    fn all_that_is_idle_goes_however_many_and_what_was_read_meanwhile_stays() {
        let count = 2 * u32::try_from(BATCH).unwrap() + 7;
        let small = Small::with_most(count as usize * WEIGHT);
        for n in 0..count {
            keep(&small, ["one", "two", "three"][n as usize % 3], n);
        }
        let later = Instant::now() + 2 * IDLE;
        for n in [0, 4] {
            let digest = *blob(n).0.digest();
            let mut kept = small.kept.lock();
            let Kept { owners, shares, .. } = &mut *kept;
            let share = shares.get_mut(&owners[&digest]).unwrap();
            share.entries.get_mut(&digest).unwrap().read = later;
        }
        small.drop_idle(later);
        check(&small);
        let left = small.kept.lock().owners.len();
        assert_eq!(
            (left, is_kept(&small, 0), is_kept(&small, 4)),
            (2, true, true)
        );
    }

    #[test]
    fn neither_large_ones_nor_empty_ones_are_kept() {
        let small = Small::with_most(1 << 20);
        for size in [0, crate::sealed::CHUNK, crate::sealed::CHUNK + 1] {
            let content = Bytes::from(vec![0; size]);
            let version = Version::example(Digest::of(&content), 1);
            small.keep(&version, "one", &content);
            assert_eq!(small.content(version.digest()), None);
        }
        let small = Small::with_most(WEIGHT - 1);
        keep(&small, "one", 1);
        assert!(!is_kept(&small, 1));
    }

    #[test]
    fn a_part_of_a_buffer_does_not_keep_the_buffer() {
        let small = Small::with_most(1 << 20);
        let buffer = Bytes::from(vec![1; 1 << 16]);
        let part = buffer.slice(..10);
        let version = Version::example(Digest::of(&part), 1);
        small.keep(&version, "one", &part);
        drop(part);
        assert!(buffer.is_unique());
    }

    #[test]
    fn a_blob_is_read_again_the_second_time() {
        let small = Small::with_most(1 << 20);
        for again in [false, true, true] {
            for n in 0..3 {
                assert_eq!(small.is_read_again(blob(n).0.digest()), again);
            }
        }
    }
}
