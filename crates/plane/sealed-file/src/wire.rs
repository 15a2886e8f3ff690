//! What the kernel asks over `/dev/fuse` of a file system that has one file, and what it is answered. Pure.
//!
//! Numbers are the machine's own; what the kernel sends is looked at like anything else that comes from outside. All is as
//! in `linux/fuse.h`, of which this is what concerns an open file.

use std::time::SystemTime;

use wharf_programs::fuse::{HEAD, MAJOR, MINOR, Words, is_known, u32_at, u64_at};

/// The number of the file, which is the root.
pub const ROOT: u64 = 1;
/// Bytes of a write before what is written.
pub const WRITE_HEAD: usize = HEAD + 40;
/// The most that is read or written at a time.
pub const MOST: u32 = 256 << 10;

const ASYNC_READ: u32 = 1 << 0;
const BIG_WRITES: u32 = 1 << 5;
const ASYNC_DIO: u32 = 1 << 15;
const MAX_PAGES: u32 = 1 << 22;
/// Requests of no process in particular, such as a loop device's, that are under way at a time.
const BACKGROUND: u16 = 64;

const DIRECT_IO: u32 = 1 << 0;
const PARALLEL_WRITES: u32 = 1 << 6;

/// What is asked, with the number that the answer has to have.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub id: u64,
    pub asks: Asks<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Asks<'a> {
    Init {
        major: u32,
        minor: u32,
        flags: u32,
    },
    Attributes,
    Open,
    Read {
        at: u64,
        bytes: u32,
    },
    Write {
        at: u64,
        bytes: &'a [u8],
    },
    Sync,
    /// Of an open file, or of the whole: there is nothing to be done.
    Close,
    Room,
    /// Gives back what lies there; it reads as zeros.
    Punch {
        at: u64,
        bytes: u64,
    },
    /// No answer is awaited.
    Nothing,
    Other,
}

/// What was read of `/dev/fuse`; `None` if it is no request.
pub fn request(bytes: &[u8]) -> Option<Request<'_>> {
    let length = u32_at(bytes, 0)? as usize;
    let (code, id) = (u32_at(bytes, 4)?, u64_at(bytes, 8)?);
    let body = bytes.get(HEAD..length)?;
    let asks = match code {
        26 => Asks::Init {
            major: u32_at(body, 0)?,
            minor: u32_at(body, 4)?,
            flags: u32_at(body, 12)?,
        },
        3 => Asks::Attributes,
        14 => Asks::Open,
        15 => Asks::Read {
            at: u64_at(body, 8)?,
            bytes: u32_at(body, 16)?,
        },
        16 => Asks::Write {
            at: u64_at(body, 8)?,
            bytes: body
                .get(WRITE_HEAD - HEAD..)?
                .get(..u32_at(body, 16)? as usize)?,
        },
        17 => Asks::Room,
        20 => Asks::Sync,
        18 | 25 | 38 => Asks::Close,
        43 if is_punch(u32_at(body, 24)?) => Asks::Punch {
            at: u64_at(body, 8)?,
            bytes: u64_at(body, 16)?,
        },
        2 | 36 | 42 => Asks::Nothing,
        _ => Asks::Other,
    };
    Some(Request { id, asks })
}

/// Discarding and zeroing, neither of which makes the file longer.
fn is_punch(mode: u32) -> bool {
    const KEEP_SIZE: u32 = 1;
    const PUNCH_HOLE: u32 = 2;
    const ZERO_RANGE: u32 = 16;
    mode & KEEP_SIZE != 0
        && mode & (PUNCH_HOLE | ZERO_RANGE) != 0
        && mode & !(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE) == 0
}

/// `None`: the kernel is too old.
pub fn init(major: u32, minor: u32, flags: u32) -> Option<Vec<u8>> {
    if !is_known(major, minor) {
        return None;
    }
    let mut out = Words::default();
    out.u32(MAJOR);
    out.u32(MINOR);
    out.u32(0);
    out.u32(flags & (ASYNC_READ | BIG_WRITES | ASYNC_DIO | MAX_PAGES));
    out.u16(BACKGROUND);
    out.u16(BACKGROUND / 4 * 3);
    out.u32(MOST);
    out.u32(1);
    out.u16(u16::try_from(MOST / 4096).unwrap_or(u16::MAX));
    out.0.resize(64, 0);
    Some(out.0)
}

/// Of a file that is as long as it is when it is asked.
pub fn attributes(size: u64, blocks: u64, modified: SystemTime) -> Vec<u8> {
    const REGULAR: u32 = 0o100_600;
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |it| it.as_secs());
    let mut out = Words::default();
    for number in [0, 0, ROOT, size, blocks, seconds, seconds, seconds] {
        out.u64(number);
    }
    for number in [0, 0, 0, REGULAR, 1, 0, 0, 0, 4096, 0] {
        out.u32(number);
    }
    out.0
}

pub fn opened() -> Vec<u8> {
    let mut out = Words::default();
    out.u64(0);
    out.u32(DIRECT_IO | PARALLEL_WRITES);
    out.u32(0);
    out.0
}

pub fn written(bytes: usize) -> Vec<u8> {
    let mut out = Words::default();
    out.u32(u32::try_from(bytes).unwrap_or(u32::MAX));
    out.u32(0);
    out.0
}

/// A loop device takes the size of a block here for what is worth discarding.
pub fn room() -> Vec<u8> {
    let mut out = Words::default();
    for _ in 0..5 {
        out.u64(0);
    }
    for number in [4096, 255, 4096] {
        out.u32(number);
    }
    out.0.resize(80, 0);
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(code: u32, body: &[u8]) -> Vec<u8> {
        let mut out = Words::default();
        out.u32(u32::try_from(HEAD + body.len()).unwrap());
        out.u32(code);
        out.u64(7);
        out.0.resize(HEAD, 0);
        out.0.extend(body);
        out.0
    }

    fn words(numbers: &[u64]) -> Vec<u8> {
        numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
    }

    #[test]
    fn requests() {
        let mut write = words(&[0, 8192, 3, 0, 0]);
        write.extend(b"abc");
        for (code, body, asks) in [
            (
                15,
                words(&[0, 4096, 512, 0, 0]),
                Asks::Read {
                    at: 4096,
                    bytes: 512,
                },
            ),
            (
                16,
                write,
                Asks::Write {
                    at: 8192,
                    bytes: b"abc",
                },
            ),
            (
                43,
                words(&[0, 4096, 8192, 3]),
                Asks::Punch {
                    at: 4096,
                    bytes: 8192,
                },
            ),
            (
                43,
                words(&[0, 4096, 8192, 17]),
                Asks::Punch {
                    at: 4096,
                    bytes: 8192,
                },
            ),
            // It would make the file longer, or take a part out of it.
            (43, words(&[0, 4096, 8192, 2]), Asks::Other),
            (43, words(&[0, 4096, 8192, 9]), Asks::Other),
            (1, Vec::new(), Asks::Other),
            (2, words(&[1]), Asks::Nothing),
        ] {
            let bytes = asked(code, &body);
            assert_eq!(request(&bytes).unwrap(), Request { id: 7, asks }, "{code}");
        }
    }

    #[test]
    fn what_is_no_request() {
        let short_write = words(&[0, 8192, 1 << 20, 0, 0]);
        for bytes in [
            Vec::new(),
            vec![0; HEAD],
            asked(15, &[0; 8]),
            asked(16, &short_write),
            asked(43, &[0; 24]),
            asked(15, &[0; 40])[..60].to_vec(),
        ] {
            assert!(request(&bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn answers_have_the_sizes_that_the_kernel_awaits() {
        assert_eq!(init(7, 45, u32::MAX).unwrap().len(), 64);
        assert!(init(7, 12, 0).is_none() && init(6, 99, 0).is_none());
        assert_eq!(attributes(1, 1, SystemTime::now()).len(), 104);
        assert_eq!(
            (opened().len(), written(1).len(), room().len()),
            (16, 8, 80)
        );
    }
}
