//! What the kernel asks over `/dev/fuse` of a file system that never changes, and what it is answered. Pure.
//!
//! Numbers are the machine's own. All is as in `linux/fuse.h`. Files and folders are opened without a question, and nothing
//! that was answered once is asked again while the kernel has it in memory.

use wharf_programs::fuse::{HEAD, MAJOR, MINOR, Words, is_known, u32_at, u64_at};

/// The number of the topmost folder.
pub const ROOT: u64 = 1;
/// The most that is read at a time.
pub const MOST: u32 = 1 << 20;
/// Requests are small: names and numbers.
pub const LONGEST: usize = 64 << 10;

const ASYNC_READ: u32 = 1 << 0;
const NO_OPEN: u32 = 1 << 17;
const PARALLEL_FOLDERS: u32 = 1 << 18;
const MAX_PAGES: u32 = 1 << 22;
const CACHED_LINKS: u32 = 1 << 23;
const NO_OPEN_OF_FOLDERS: u32 = 1 << 24;
const MORE_FLAGS: u32 = 1 << 30;
/// Of the second word: mounts of it may show other owners.
const OWNERS_CAN_BE_MAPPED: u32 = 1 << (40 - 32);
/// Requests that are under way at a time and that no process waits for by itself.
const BACKGROUND: u16 = 64;
const A_YEAR: u64 = 365 * 24 * 3600;

/// What is asked, with the number that the answer has to have, and about which file.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub id: u64,
    pub node: u64,
    pub asks: Asks<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Asks<'a> {
    Init {
        major: u32,
        minor: u32,
        ahead: u32,
        flags: u32,
        more: u32,
    },
    Lookup {
        name: &'a [u8],
    },
    Attributes,
    Link,
    Read {
        at: u64,
        bytes: u32,
    },
    Folder {
        at: u64,
        bytes: u32,
    },
    /// An extended attribute; 0 bytes ask for its length.
    Xattr {
        name: &'a [u8],
        bytes: u32,
    },
    /// Their names.
    Xattrs {
        bytes: u32,
    },
    Room,
    Close,
    /// Another request is waited for no more.
    Interrupt {
        of: u64,
    },
    /// No answer is awaited.
    Nothing,
    Other,
}

/// What was read of `/dev/fuse`; `None` if it is no request.
pub fn request(bytes: &[u8]) -> Option<Request<'_>> {
    let length = u32_at(bytes, 0)? as usize;
    let (code, id, node) = (u32_at(bytes, 4)?, u64_at(bytes, 8)?, u64_at(bytes, 16)?);
    let body = bytes.get(HEAD..length)?;
    let asks = match code {
        1 => Asks::Lookup { name: name(body)? },
        2 | 42 => Asks::Nothing,
        3 => Asks::Attributes,
        5 => Asks::Link,
        15 => Asks::Read {
            at: u64_at(body, 8)?,
            bytes: u32_at(body, 16)?,
        },
        17 => Asks::Room,
        18 | 25 | 29 | 38 => Asks::Close,
        22 => Asks::Xattr {
            bytes: u32_at(body, 0)?,
            name: name(body.get(8..)?)?,
        },
        23 => Asks::Xattrs {
            bytes: u32_at(body, 0)?,
        },
        26 => Asks::Init {
            major: u32_at(body, 0)?,
            minor: u32_at(body, 4)?,
            ahead: u32_at(body, 8).unwrap_or(0),
            flags: u32_at(body, 12).unwrap_or(0),
            more: u32_at(body, 16).unwrap_or(0),
        },
        28 => Asks::Folder {
            at: u64_at(body, 8)?,
            bytes: u32_at(body, 16)?,
        },
        36 => Asks::Interrupt {
            of: u64_at(body, 0)?,
        },
        _ => Asks::Other,
    };
    Some(Request { id, node, asks })
}

fn name(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(&bytes[..end])
}

/// `None`: the kernel is too old.
pub fn init(major: u32, minor: u32, ahead: u32, flags: u32, more: u32) -> Option<Vec<u8>> {
    if !is_known(major, minor) {
        return None;
    }
    const WANTED: u32 = ASYNC_READ
        | NO_OPEN
        | PARALLEL_FOLDERS
        | MAX_PAGES
        | CACHED_LINKS
        | NO_OPEN_OF_FOLDERS
        | MORE_FLAGS;
    let mut out = Words::default();
    for number in [MAJOR, MINOR, ahead, flags & WANTED] {
        out.u32(number);
    }
    out.u16(BACKGROUND);
    out.u16(BACKGROUND / 4 * 3);
    // Nothing is written; and whoever reads requests has to have room for the longest.
    out.u32(4096);
    out.u32(1);
    out.u16(u16::try_from(MOST / 4096).unwrap_or(u16::MAX));
    out.u16(0);
    out.u32(more & OWNERS_CAN_BE_MAPPED);
    out.0.resize(64, 0);
    Some(out.0)
}

/// What the kernel knows of a file.
#[derive(Debug, Clone, Copy)]
pub struct Attributes {
    pub node: u64,
    pub size: u64,
    pub mtime: u64,
    /// With its kind.
    pub mode: u32,
    pub names: u32,
    pub uid: u32,
    pub gid: u32,
    pub major: u32,
    pub minor: u32,
}

fn put(out: &mut Words, it: &Attributes) {
    for number in [
        it.node,
        it.size,
        it.size.div_ceil(512),
        it.mtime,
        it.mtime,
        it.mtime,
    ] {
        out.u64(number);
    }
    let device = it.minor & 0xff | it.major << 8 | (it.minor & !0xff) << 12;
    for number in [0, 0, 0, it.mode, it.names, it.uid, it.gid, device, 4096, 0] {
        out.u32(number);
    }
}

pub fn attributes(it: &Attributes) -> Vec<u8> {
    let mut out = Words::default();
    out.u64(A_YEAR);
    out.u64(0);
    put(&mut out, it);
    out.0
}

/// What a name leads to; `None` is nothing, which is remembered as well.
pub fn found(it: Option<&Attributes>) -> Vec<u8> {
    let mut out = Words::default();
    out.u64(it.map_or(0, |it| it.node));
    for number in [0, A_YEAR, A_YEAR, 0] {
        out.u64(number);
    }
    if let Some(it) = it {
        put(&mut out, it);
    }
    out.0.resize(128, 0);
    out.0
}

/// A name in a folder, with where the next one is; `false` if there is no room for it within `limit` bytes.
pub fn entry(
    out: &mut Vec<u8>,
    limit: usize,
    node: u64,
    next: u64,
    mode: u32,
    name: &[u8],
) -> bool {
    let length = (24 + name.len()).next_multiple_of(8);
    if out.len() + length > limit {
        return false;
    }
    let end = out.len() + length;
    out.extend(node.to_ne_bytes());
    out.extend(next.to_ne_bytes());
    out.extend(u32::try_from(name.len()).unwrap_or(0).to_ne_bytes());
    out.extend((mode >> 12 & 0xf).to_ne_bytes());
    out.extend(name);
    out.resize(end, 0);
    true
}

/// The answer to a question for a length.
pub fn length(bytes: usize) -> Vec<u8> {
    let mut out = Words::default();
    out.u32(u32::try_from(bytes).unwrap_or(u32::MAX));
    out.u32(0);
    out.0
}

pub fn room(blocks: u64, files: u64) -> Vec<u8> {
    let mut out = Words::default();
    for number in [blocks, 0, 0, files, 0] {
        out.u64(number);
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
        out.u64(9);
        out.0.resize(HEAD, 0);
        out.0.extend(body);
        out.0
    }

    #[test]
    fn requests() {
        let read: Vec<u8> = [0_u64, 4096, 512, 0, 0]
            .iter()
            .flat_map(|it| it.to_ne_bytes())
            .collect();
        for (code, body, asks) in [
            (1, &b"name\0"[..], Asks::Lookup { name: b"name" }),
            (
                15,
                &read,
                Asks::Read {
                    at: 4096,
                    bytes: 512,
                },
            ),
            (
                28,
                &read,
                Asks::Folder {
                    at: 4096,
                    bytes: 512,
                },
            ),
            (
                22,
                &b"\x05\0\0\0\0\0\0\0user.x\0"[..],
                Asks::Xattr {
                    name: b"user.x",
                    bytes: 5,
                },
            ),
            (36, &[8, 0, 0, 0, 0, 0, 0, 0][..], Asks::Interrupt { of: 8 }),
            (2, &[0; 8][..], Asks::Nothing),
            (14, &[0; 8][..], Asks::Other),
            (16, &[0; 80][..], Asks::Other),
        ] {
            let bytes = asked(code, body);
            let (id, node) = (7, 9);
            assert_eq!(
                request(&bytes).unwrap(),
                Request { id, node, asks },
                "{code}"
            );
        }
    }

    #[test]
    fn what_is_no_request() {
        for bytes in [
            Vec::new(),
            vec![0; HEAD],
            asked(1, b"no end"),
            asked(15, &[0; 8]),
            asked(22, b"\x05\0\0\0\0\0\0\0user.x"),
            asked(36, &[0; 4]),
            asked(15, &[0; 40])[..60].to_vec(),
        ] {
            assert!(request(&bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn answers_have_the_sizes_that_the_kernel_awaits() {
        let it = Attributes {
            node: 2,
            size: 5,
            mtime: 0,
            mode: 0o100_644,
            names: 1,
            uid: 0,
            gid: 0,
            major: 0,
            minor: 0,
        };
        assert_eq!(init(7, 45, 0, u32::MAX, u32::MAX).unwrap().len(), 64);
        assert!(init(7, 12, 0, 0, 0).is_none() && init(6, 99, 0, 0, 0).is_none());
        assert_eq!((attributes(&it).len(), found(Some(&it)).len()), (104, 128));
        assert_eq!((found(None).len(), room(1, 1).len()), (128, 80));
        let mut out = Vec::new();
        assert!(entry(&mut out, 100, 2, 1, 0o40_000, b"name") && out.len() == 32);
        assert!(!entry(&mut out, 50, 2, 1, 0o40_000, b"name"));
    }
}
