//! File systems that lead to another device: an ext3 or ext4 whose journal lies elsewhere names that device in its
//! superblock, by number and by UUID, and kernel and `e2fsck` open what is named. Who writes to a volume chooses what
//! stands there, so on a host no file system has a journal but its own.
//!
//! What the superblock says is read before a check and again before a mount. Who still writes to the device meanwhile is
//! found by what the kernel then did ([`has_own_journal`]).

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
};

/// Where it lies on a device, and its length.
const AT: u64 = 1024;
const LENGTH: usize = 1024;

const MAGIC: usize = 56;
const COMPATIBLE: usize = 92;
const INCOMPATIBLE: usize = 96;
const JOURNAL_UUID: usize = 208;
const JOURNAL_INODE: usize = 224;
const JOURNAL_DEVICE: usize = 228;

const HAS_JOURNAL: u32 = 4;
/// It is itself a journal, of another file system.
const IS_JOURNAL: u32 = 8;
/// The threads of journals have names of up to so many bytes, at least.
const NAME: usize = 15;

/// Refuses a file system on `device` that leads to another. What is no file system of the ext family leads nowhere.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] if it does.
pub(super) fn check_is_alone(device: &File) -> io::Result<()> {
    let mut bytes = [0; LENGTH];
    match device.read_exact_at(&mut bytes, AT) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
        other => other?,
    }
    match leads_elsewhere(&bytes) {
        Some(why) => Err(refusal(why)),
        None => Ok(()),
    }
}

fn refusal(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// Why a superblock is refused.
fn leads_elsewhere(bytes: &[u8; LENGTH]) -> Option<&'static str> {
    let word = |at: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[at..at + 4]);
        u32::from_le_bytes(word)
    };
    if bytes[MAGIC..MAGIC + 2] != [0x53, 0xef] {
        return None;
    }
    if word(INCOMPATIBLE) & IS_JOURNAL != 0 {
        return Some("it is the journal of another file system");
    }
    // Kernels differ in which of them they look at first.
    let has_journal = word(COMPATIBLE) & HAS_JOURNAL != 0;
    let names_uuid = bytes[JOURNAL_UUID..JOURNAL_UUID + 16] != [0; 16];
    let is_elsewhere = word(JOURNAL_DEVICE) != 0
        || names_uuid && word(JOURNAL_INODE) == 0
        || has_journal && word(JOURNAL_INODE) == 0;
    is_elsewhere.then_some("its journal is on another device")
}

/// Looks which journal the kernel uses for the file system on a loop device that is mounted.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`]: one on another device.
pub(super) fn has_own_journal(number: u32) -> io::Result<()> {
    let thread = fs::read_to_string(format!("/sys/fs/ext4/loop{number}/journal_task"));
    let thread = thread.unwrap_or_default();
    // It has none, or this is a kernel that does not say.
    let Ok(thread) = thread.trim().parse::<u32>() else {
        return Ok(());
    };
    let name = fs::read_to_string(Path::new("/proc").join(thread.to_string()).join("comm"));
    match name {
        Ok(name) if !is_named_after(name.trim(), number) => {
            Err(refusal("its journal is on another device"))
        }
        // The thread of a file system that is ending, or one out of sight.
        _ => Ok(()),
    }
}

fn is_named_after(thread: &str, number: u32) -> bool {
    let own = format!("jbd2/loop{number}-");
    thread.starts_with(&own[..own.len().min(NAME)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn superblock(words: &[(usize, u32)]) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        for (at, word) in [&[(MAGIC, 0xef53)], words].concat() {
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn journals_elsewhere_are_known_by_each_name() {
        for (words, is_refused) in [
            (&[][..], false),
            (&[(COMPATIBLE, HAS_JOURNAL), (JOURNAL_INODE, 8)], false),
            // Tools leave a UUID behind where the journal is inside.
            (&[(JOURNAL_UUID, 7), (JOURNAL_INODE, 8)], false),
            (&[(COMPATIBLE, HAS_JOURNAL)], true),
            (&[(JOURNAL_UUID + 12, 7)], true),
            (&[(JOURNAL_DEVICE, 0x700)], true),
            (
                &[
                    (COMPATIBLE, HAS_JOURNAL),
                    (JOURNAL_INODE, 8),
                    (JOURNAL_DEVICE, 1),
                ],
                true,
            ),
            (&[(INCOMPATIBLE, IS_JOURNAL)], true),
        ] {
            let refused = leads_elsewhere(&superblock(words));
            assert_eq!(refused.is_some(), is_refused, "{words:?}");
        }
        let mut other = superblock(&[(JOURNAL_DEVICE, 1)]);
        other[MAGIC] = 0;
        assert_eq!(leads_elsewhere(&other), None);
    }

    #[test]
    fn threads_of_journals() {
        for (name, number, own) in [
            ("jbd2/loop3-8", 3, true),
            ("jbd2/loop4-8", 3, false),
            ("jbd2/loop31-8", 3, false),
            ("jbd2/loop4", 3, false),
            ("jbd2/loop100000", 100_000, true),
        ] {
            assert_eq!(is_named_after(name, number), own, "{name}");
        }
    }
}
