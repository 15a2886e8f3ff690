//! How operations end.

use std::io;

use nix::errno::Errno;

use crate::xdr::Garbled;

/// `nfsstat4`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u32);

macro_rules! statuses {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl Status { $(pub const $name: Self = Self($code);)* }
    };
}

statuses! {
    OK = 0, PERM = 1, NOENT = 2, IO = 5, ACCESS = 13, EXIST = 17, XDEV = 18, NOTDIR = 20, ISDIR = 21, INVAL = 22,
    FBIG = 27, NOSPC = 28, ROFS = 30, MLINK = 31, NAMETOOLONG = 63, NOTEMPTY = 66, DQUOT = 69, STALE = 70,
    BADHANDLE = 10_001, NOTSUPP = 10_004, TOOSMALL = 10_005, SERVERFAULT = 10_006, BADTYPE = 10_007,
    DELAY = 10_008, SAME = 10_009, DENIED = 10_010, GRACE = 10_013, NOFILEHANDLE = 10_020,
    MINOR_VERS_MISMATCH = 10_021, STALE_CLIENTID = 10_022, STALE_STATEID = 10_023, OLD_STATEID = 10_024,
    BAD_STATEID = 10_025, NOT_SAME = 10_027, SYMLINK = 10_029, RESTOREFH = 10_030, ATTRNOTSUPP = 10_032,
    NO_GRACE = 10_033, BADXDR = 10_036, LOCKS_HELD = 10_037, OPENMODE = 10_038, BADOWNER = 10_039,
    BADNAME = 10_041, OP_ILLEGAL = 10_044, RESOURCE = 10_018, BADSESSION = 10_052, BADSLOT = 10_053,
    SEQ_MISORDERED = 10_063, SEQUENCE_POS = 10_064, REQ_TOO_BIG = 10_065, RETRY_UNCACHED_REP = 10_068,
    OP_NOT_IN_SESSION = 10_071, CLIENTID_BUSY = 10_074, NOT_ONLY_OP = 10_081, WRONG_TYPE = 10_083,
}

impl From<Garbled> for Status {
    fn from(_: Garbled) -> Self {
        Self::BADXDR
    }
}

impl From<Errno> for Status {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::EPERM => Self::PERM,
            Errno::ENOENT => Self::NOENT,
            Errno::EACCES => Self::ACCESS,
            Errno::EEXIST => Self::EXIST,
            Errno::EXDEV => Self::XDEV,
            Errno::ENOTDIR => Self::NOTDIR,
            Errno::EISDIR => Self::ISDIR,
            Errno::EINVAL => Self::INVAL,
            Errno::EFBIG => Self::FBIG,
            Errno::ENOSPC => Self::NOSPC,
            Errno::EROFS => Self::ROFS,
            Errno::EMLINK => Self::MLINK,
            Errno::ENAMETOOLONG => Self::NAMETOOLONG,
            Errno::ENOTEMPTY => Self::NOTEMPTY,
            Errno::EDQUOT => Self::DQUOT,
            Errno::ESTALE => Self::STALE,
            Errno::ELOOP => Self::SYMLINK,
            // Names that are none.
            Errno::EBADMSG => Self::BADNAME,
            Errno::EOPNOTSUPP | Errno::ENOSYS => Self::NOTSUPP,
            Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => Self::DELAY,
            _ => Self::IO,
        }
    }
}

impl From<io::Error> for Status {
    fn from(error: io::Error) -> Self {
        error
            .raw_os_error()
            .map_or(Self::IO, |it| Errno::from_raw(it).into())
    }
}
