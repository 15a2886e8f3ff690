//! What the kernel asks.

use wharf_programs::fuse::{u32_at, u64_at};

use super::HEAD;
use crate::nfs::attributes::{SetTime, Setting, Time};

/// What is asked, by whom, of which node.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub id: u64,
    pub node: u64,
    pub user: u32,
    pub group: u32,
    pub process: u32,
    pub asks: Asks<'a>,
}

/// A lock as programs ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedLock {
    pub open: u64,
    pub owner: u64,
    pub from: u64,
    /// Inclusive.
    pub to: u64,
    /// `F_RDLCK`, `F_WRLCK`, `F_UNLCK`.
    pub kind: u32,
    /// By `flock` rather than `fcntl`.
    pub whole: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Asks<'a> {
    Init {
        major: u32,
        minor: u32,
        flags: u32,
    },
    Lookup(&'a [u8]),
    /// Nodes that the kernel knows no more, with how often it was told of each. No answer.
    Forget(Vec<(u64, u64)>),
    Attributes,
    SetAttributes {
        open: Option<u64>,
        setting: Setting,
    },
    ReadLink,
    Symlink {
        name: &'a [u8],
        target: &'a [u8],
    },
    MakeNode {
        name: &'a [u8],
        mode: u32,
        device: u32,
    },
    MakeFolder {
        name: &'a [u8],
        mode: u32,
    },
    Unlink(&'a [u8]),
    RemoveFolder(&'a [u8]),
    Rename {
        name: &'a [u8],
        folder: u64,
        new: &'a [u8],
        flags: u32,
    },
    Link {
        file: u64,
        name: &'a [u8],
    },
    Open(i32),
    Create {
        name: &'a [u8],
        flags: i32,
        mode: u32,
    },
    Read {
        open: u64,
        at: u64,
        bytes: u32,
    },
    Write {
        open: u64,
        at: u64,
        bytes: &'a [u8],
    },
    Room,
    Release {
        open: u64,
    },
    Flush {
        open: u64,
        owner: u64,
    },
    Sync {
        open: u64,
    },
    OpenFolder,
    ReadFolder {
        open: u64,
        at: u64,
        bytes: u32,
    },
    ReleaseFolder {
        open: u64,
    },
    SyncFolder,
    TestLock(AskedLock),
    Lock {
        lock: AskedLock,
        waits: bool,
    },
    Access(u32),
    Interrupt(u64),
    Destroy,
    Other,
}

/// What was read of `/dev/fuse`; `None` if it is no request.
pub fn request(bytes: &[u8]) -> Option<Request<'_>> {
    let length = u32_at(bytes, 0)? as usize;
    let body = bytes.get(HEAD..length)?;
    let node = u64_at(bytes, 16)?;
    Some(Request {
        id: u64_at(bytes, 8)?,
        node,
        user: u32_at(bytes, 24)?,
        group: u32_at(bytes, 28)?,
        process: u32_at(bytes, 32)?,
        asks: asks(u32_at(bytes, 4)?, node, body)?,
    })
}

fn asks(code: u32, node: u64, body: &[u8]) -> Option<Asks<'_>> {
    Some(match code {
        1 => Asks::Lookup(names(body)?.0),
        2 => Asks::Forget(vec![(node, u64_at(body, 0)?)]),
        3 => Asks::Attributes,
        4 => set_attributes(body)?,
        5 => Asks::ReadLink,
        6 => {
            let (name, rest) = names(body)?;
            Asks::Symlink {
                name,
                target: names(rest)?.0,
            }
        }
        8 => Asks::MakeNode {
            mode: u32_at(body, 0)?,
            device: u32_at(body, 4)?,
            name: names(body.get(16..)?)?.0,
        },
        9 => Asks::MakeFolder {
            mode: u32_at(body, 0)?,
            name: names(body.get(8..)?)?.0,
        },
        10 => Asks::Unlink(names(body)?.0),
        11 => Asks::RemoveFolder(names(body)?.0),
        12 => rename(body, 0, body.get(8..)?)?,
        45 => rename(body, u32_at(body, 8)?, body.get(16..)?)?,
        13 => Asks::Link {
            file: u64_at(body, 0)?,
            name: names(body.get(8..)?)?.0,
        },
        14 => Asks::Open(u32_at(body, 0)?.cast_signed()),
        15 => Asks::Read {
            open: u64_at(body, 0)?,
            at: u64_at(body, 8)?,
            bytes: u32_at(body, 16)?,
        },
        16 => Asks::Write {
            open: u64_at(body, 0)?,
            at: u64_at(body, 8)?,
            bytes: body.get(40..)?.get(..u32_at(body, 16)? as usize)?,
        },
        17 => Asks::Room,
        18 => Asks::Release {
            open: u64_at(body, 0)?,
        },
        20 => Asks::Sync {
            open: u64_at(body, 0)?,
        },
        25 => Asks::Flush {
            open: u64_at(body, 0)?,
            owner: u64_at(body, 16)?,
        },
        26 => Asks::Init {
            major: u32_at(body, 0)?,
            minor: u32_at(body, 4)?,
            flags: u32_at(body, 12)?,
        },
        27 => Asks::OpenFolder,
        28 => Asks::ReadFolder {
            open: u64_at(body, 0)?,
            at: u64_at(body, 8)?,
            bytes: u32_at(body, 16)?,
        },
        29 => Asks::ReleaseFolder {
            open: u64_at(body, 0)?,
        },
        30 => Asks::SyncFolder,
        31 => Asks::TestLock(lock(body)?),
        32 | 33 => Asks::Lock {
            lock: lock(body)?,
            waits: code == 33,
        },
        34 => Asks::Access(u32_at(body, 0)?),
        35 => Asks::Create {
            flags: u32_at(body, 0)?.cast_signed(),
            mode: u32_at(body, 4)?,
            name: names(body.get(16..)?)?.0,
        },
        36 => Asks::Interrupt(u64_at(body, 0)?),
        38 => Asks::Destroy,
        42 => forgets(body)?,
        _ => Asks::Other,
    })
}

/// A name that ends in a zero, and what follows.
fn names(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|it| *it == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn rename<'a>(body: &[u8], flags: u32, both: &'a [u8]) -> Option<Asks<'a>> {
    let (name, rest) = names(both)?;
    Some(Asks::Rename {
        name,
        folder: u64_at(body, 0)?,
        new: names(rest)?.0,
        flags,
    })
}

fn forgets(body: &[u8]) -> Option<Asks<'_>> {
    let count = u32_at(body, 0)? as usize;
    let all = body.get(8..)?.chunks_exact(16).take(count);
    let each = all.map(|it| Some((u64_at(it, 0)?, u64_at(it, 8)?)));
    Some(Asks::Forget(each.collect::<Option<_>>()?))
}

fn lock(body: &[u8]) -> Option<AskedLock> {
    Some(AskedLock {
        open: u64_at(body, 0)?,
        owner: u64_at(body, 8)?,
        from: u64_at(body, 16)?,
        to: u64_at(body, 24)?,
        kind: u32_at(body, 32)?,
        whole: u32_at(body, 40)? & 1 != 0,
    })
}

fn set_attributes(body: &[u8]) -> Option<Asks<'_>> {
    let valid = u32_at(body, 0)?;
    let has = |bit: u32| valid & (1 << bit) != 0;
    let time = |is_set, is_now, seconds, nanoseconds| -> Option<Option<SetTime>> {
        Some(match (has(is_set), has(is_now)) {
            (false, _) => None,
            (true, true) => Some(SetTime::Now),
            (true, false) => Some(SetTime::At(Time {
                seconds: u64_at(body, seconds)?.cast_signed(),
                nanoseconds: u32_at(body, nanoseconds)?,
            })),
        })
    };
    let number = |bit, at| has(bit).then(|| u32_at(body, at));
    let setting = Setting {
        mode: number(0, 68).map_or(Some(None), |it| it.map(|it| Some(it & 0o7777)))?,
        user: number(1, 76).map_or(Some(None), |it| it.map(Some))?,
        group: number(2, 80).map_or(Some(None), |it| it.map(Some))?,
        size: match has(3) {
            true => Some(u64_at(body, 16)?),
            false => None,
        },
        accessed: time(4, 7, 32, 56)?,
        modified: time(5, 8, 40, 60)?,
    };
    let open = match has(6) {
        true => Some(u64_at(body, 8)?),
        false => None,
    };
    Some(Asks::SetAttributes { open, setting })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(code: u32, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(u32::try_from(HEAD + body.len()).unwrap().to_ne_bytes());
        out.extend(code.to_ne_bytes());
        out.extend(7_u64.to_ne_bytes());
        out.extend(9_u64.to_ne_bytes());
        for number in [1000_u32, 100, 55] {
            out.extend(number.to_ne_bytes());
        }
        out.resize(HEAD, 0);
        out.extend(body);
        out
    }

    fn words(numbers: &[u64]) -> Vec<u8> {
        numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
    }

    fn with(numbers: &[u64], text: &[u8]) -> Vec<u8> {
        [words(numbers), text.to_vec()].concat()
    }

    #[test]
    fn requests() {
        for (code, body, asks) in [
            (1, b"name\0".to_vec(), Asks::Lookup(b"name")),
            (2, words(&[3]), Asks::Forget(vec![(9, 3)])),
            (
                42,
                words(&[2, 5, 1, 6, 2]),
                Asks::Forget(vec![(5, 1), (6, 2)]),
            ),
            (
                12,
                with(&[4], b"a\0b\0"),
                Asks::Rename {
                    name: b"a",
                    folder: 4,
                    new: b"b",
                    flags: 0,
                },
            ),
            (
                16,
                with(&[1, 8192, 3, 0, 0], b"abc"),
                Asks::Write {
                    open: 1,
                    at: 8192,
                    bytes: b"abc",
                },
            ),
            (
                4,
                [words(&[8 | 64, 5, 4096]), vec![0; 64]].concat(),
                Asks::SetAttributes {
                    open: Some(5),
                    setting: Setting {
                        size: Some(4096),
                        ..Setting::default()
                    },
                },
            ),
        ] {
            let bytes = asked(code, &body);
            let request = request(&bytes).unwrap();
            assert_eq!(request.asks, asks, "{code}");
            assert_eq!((request.id, request.node), (7, 9));
            assert_eq!(
                (request.user, request.group, request.process),
                (1000, 100, 55)
            );
        }
    }

    #[test]
    fn what_is_no_request() {
        for bytes in [
            Vec::new(),
            vec![0; HEAD],
            asked(1, b"name"),
            asked(6, b"name\0target"),
            asked(4, &[0xff; 60]),
            asked(16, &words(&[0, 0, 1 << 20, 0, 0])),
            asked(15, &[0; 8]),
        ] {
            assert!(request(&bytes).is_none(), "{bytes:?}");
        }
    }
}
