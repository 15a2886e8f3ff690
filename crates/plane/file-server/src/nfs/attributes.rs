//! Attributes: which are asked for, what they are, and how they change.

use std::os::fd::AsFd as _;

use nix::sys::stat::{Mode, fchmod};
use wharf_nfs_wire::{
    MAX_OWNER, Status, Verifier,
    attributes::*,
    xdr::{Reader, Writer},
};

use super::MAX_IO;
use crate::files::{Object, Root, Stat};

/// What clients are told of the size of a file system that has none, as EFS does.
const EXABYTES_8: u64 = 8 << 60;
pub const LEASE_SECONDS: u32 = 30;

const READABLE: [u32; 43] = [
    SUPPORTED,
    KIND,
    EXPIRE_TYPE,
    CHANGE,
    SIZE,
    LINK_SUPPORT,
    SYMLINK_SUPPORT,
    NAMED,
    FSID,
    UNIQUE_HANDLES,
    LEASE_TIME,
    READDIR_ERROR,
    CAN_SET_TIME,
    CASE_INSENSITIVE,
    CASE_PRESERVING,
    CHOWN_RESTRICTED,
    FILE_HANDLE,
    FILE_ID,
    FILES_AVAILABLE,
    FILES_FREE,
    FILES_TOTAL,
    HOMOGENEOUS,
    MAX_FILE_SIZE,
    MAX_LINK,
    MAX_NAME,
    MAX_READ,
    MAX_WRITE,
    MODE,
    NO_TRUNCATION,
    LINKS,
    OWNER,
    OWNER_GROUP,
    DEVICE,
    SPACE_AVAILABLE,
    SPACE_FREE,
    SPACE_TOTAL,
    SPACE_USED,
    ACCESSED,
    TIME_DELTA,
    CHANGED,
    MODIFIED,
    MOUNTED_ON,
    EXCLUSIVE_CREATE,
];
const WRITABLE: [u32; 6] = [SIZE, MODE, OWNER, OWNER_GROUP, SET_ACCESSED, SET_MODIFIED];

/// Writes those that are asked for and there.
pub fn write(wanted: Set, object: &Object, root: &Root, out: &mut Writer) {
    let shown = wanted.and(Set::of(READABLE));
    shown.write(out);
    let at = out.len();
    out.u32(0);
    for number in shown.numbers() {
        write_one(number, object, root, out);
    }
    let length = out.len() - at - 4;
    out.put(at, u32::try_from(length).unwrap_or_default());
}

fn write_one(number: u32, object: &Object, root: &Root, out: &mut Writer) {
    let stat = object.stat.raw();
    let time = |out: &mut Writer, seconds: i64, nanoseconds: i64| {
        let nanoseconds = u32::try_from(nanoseconds).unwrap_or_default();
        let time = Time {
            seconds,
            nanoseconds,
        };
        time.write(out);
    };
    match number {
        SUPPORTED => Set::of(READABLE.into_iter().chain(WRITABLE)).write(out),
        KIND => {
            out.u32(object.stat.kind() as u32);
        }
        // Handles do not expire.
        EXPIRE_TYPE | READDIR_ERROR => {
            out.u32(0);
        }
        CHANGE => {
            out.u64(object.stat.change());
        }
        SIZE => {
            out.u64(u64::try_from(stat.st_size).unwrap_or_default());
        }
        LINK_SUPPORT | SYMLINK_SUPPORT | UNIQUE_HANDLES | CAN_SET_TIME | CASE_PRESERVING
        | CHOWN_RESTRICTED | HOMOGENEOUS | NO_TRUNCATION => {
            out.bool(true);
        }
        NAMED | CASE_INSENSITIVE => {
            out.bool(false);
        }
        FSID => {
            out.u64(root.tree.number().unwrap_or(stat.st_dev)).u64(0);
        }
        LEASE_TIME => {
            out.u32(LEASE_SECONDS);
        }
        FILE_HANDLE => {
            out.opaque(&object.handle.signed(root.tree.key(), &root.handle));
        }
        FILE_ID | MOUNTED_ON => {
            out.u64(stat.st_ino);
        }
        FILES_AVAILABLE | FILES_FREE | FILES_TOTAL => {
            out.u64(u64::from(u32::MAX));
        }
        MAX_FILE_SIZE => {
            out.u64(i64::MAX as u64);
        }
        MAX_LINK => {
            out.u32(177);
        }
        MAX_NAME => {
            out.u32(255);
        }
        MAX_READ | MAX_WRITE => {
            out.u64(u64::from(MAX_IO));
        }
        MODE => {
            out.u32(stat.st_mode & 0o7777);
        }
        LINKS => {
            out.u32(u32::try_from(stat.st_nlink).unwrap_or(u32::MAX));
        }
        OWNER => {
            out.opaque(stat.st_uid.to_string().as_bytes());
        }
        OWNER_GROUP => {
            out.opaque(stat.st_gid.to_string().as_bytes());
        }
        DEVICE => {
            out.u32(0).u32(0);
        }
        SPACE_AVAILABLE | SPACE_FREE | SPACE_TOTAL => {
            out.u64(EXABYTES_8);
        }
        SPACE_USED => {
            out.u64(u64::try_from(stat.st_blocks).unwrap_or_default() * 512);
        }
        ACCESSED => time(out, stat.st_atime, stat.st_atime_nsec),
        TIME_DELTA => time(out, 0, 1),
        CHANGED => time(out, stat.st_ctime, stat.st_ctime_nsec),
        MODIFIED => time(out, stat.st_mtime, stat.st_mtime_nsec),
        // Times carry the verifier of an exclusive creation.
        EXCLUSIVE_CREATE => Set::of([SIZE, MODE, OWNER, OWNER_GROUP]).write(out),
        _ => {}
    }
}

/// What is to be changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub set: Set,
    pub size: Option<u64>,
    pub mode: Option<u32>,
    owner: Option<u32>,
    group: Option<u32>,
    accessed: Option<libc::timespec>,
    modified: Option<libc::timespec>,
}

impl Wanted {
    /// # Errors
    /// [`Status::ATTRNOTSUPP`] for one that cannot be changed.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Status> {
        let set = Set::read(reader)?;
        let values = reader.opaque(8 << 10)?;
        let mut values = Reader::new(values);
        let mut wanted = Self {
            set,
            ..Self::default()
        };
        for number in set.numbers() {
            match number {
                SIZE => wanted.size = Some(values.u64()?),
                MODE => wanted.mode = Some(values.u32()? & 0o7777),
                OWNER => wanted.owner = Some(number_of(values.opaque(MAX_OWNER)?)?),
                OWNER_GROUP => wanted.group = Some(number_of(values.opaque(MAX_OWNER)?)?),
                SET_ACCESSED => wanted.accessed = Some(time(&mut values)?),
                SET_MODIFIED => wanted.modified = Some(time(&mut values)?),
                other if READABLE.contains(&other) => return Err(Status::INVAL),
                _ => return Err(Status::ATTRNOTSUPP),
            }
        }
        Ok(wanted)
    }

    /// Changes it, as who acts; but for the size, which takes an open file.
    pub fn apply(
        &self,
        object: &Object,
        open: impl Fn() -> std::io::Result<std::os::fd::OwnedFd>,
    ) -> Result<(), Status> {
        if self.owner.is_some() || self.group.is_some() {
            crate::files::change_owner(object.fd(), self.owner, self.group)?;
        }
        if let Some(mode) = self.mode {
            match object.stat.kind() {
                Kind::File | Kind::Folder | Kind::Fifo => {
                    let fd = open()?;
                    fchmod(fd.as_fd(), Mode::from_bits_truncate(mode))?;
                }
                // Links have no mode, and nobody opens the others.
                _ => {}
            }
        }
        if self.accessed.is_some() || self.modified.is_some() {
            let omit = libc::timespec {
                tv_sec: 0,
                tv_nsec: libc::UTIME_OMIT,
            };
            let times = [self.accessed.unwrap_or(omit), self.modified.unwrap_or(omit)];
            crate::files::change_times(object.fd(), times)?;
        }
        Ok(())
    }
}

/// Owners are numbers, also where a domain stands behind them.
fn number_of(text: &[u8]) -> Result<u32, Status> {
    let text = std::str::from_utf8(text).map_err(|_| Status::BADOWNER)?;
    let number = text.split('@').next().unwrap_or_default();
    let number = number.parse::<u32>().map_err(|_| Status::BADOWNER)?;
    // The kernel's word for none.
    Some(number)
        .filter(|it| *it != u32::MAX)
        .ok_or(Status::BADOWNER)
}

fn time(values: &mut Reader<'_>) -> Result<libc::timespec, Status> {
    let (tv_sec, tv_nsec) = match SetTime::read(values)? {
        SetTime::Now => (0, libc::UTIME_NOW),
        SetTime::At(time) if time.is_valid() => (time.seconds, time.nanoseconds.into()),
        SetTime::At(_) => return Err(Status::INVAL),
    };
    Ok(libc::timespec { tv_sec, tv_nsec })
}

/// Whether an object has those attributes, each as it is said.
pub fn same(reader: &mut Reader<'_>, object: &Object, root: &Root) -> Result<bool, Status> {
    let set = Set::read(reader)?;
    let said = reader.opaque(8 << 10)?;
    if set != set.and(Set::of(READABLE)) {
        return Err(Status::ATTRNOTSUPP);
    }
    let mut own = Writer::default();
    for number in set.numbers() {
        write_one(number, object, root, &mut own);
    }
    Ok(own.into_bytes() == said)
}

/// What a file bears that was made exclusively, in the place of its times.
pub fn verifier_times(verifier: Verifier) -> [libc::timespec; 2] {
    let half = |at: usize| {
        let bytes = [
            verifier[at],
            verifier[at + 1],
            verifier[at + 2],
            verifier[at + 3],
        ];
        libc::timespec {
            // Of 31 bits, which every file system keeps.
            tv_sec: i64::from(u32::from_be_bytes(bytes) & 0x7fff_ffff),
            tv_nsec: 0,
        }
    };
    [half(0), half(4)]
}

/// Whether an object is what that user made so, and did nothing more with.
pub fn bears(stat: &Stat, verifier: Verifier, user: u32) -> bool {
    let [first, second] = verifier_times(verifier);
    let raw = stat.raw();
    (raw.st_atime, raw.st_mtime) == (first.tv_sec, second.tv_sec)
        && (raw.st_atime_nsec, raw.st_mtime_nsec) == (0, 0)
        && (raw.st_uid, raw.st_size) == (user, 0)
}
