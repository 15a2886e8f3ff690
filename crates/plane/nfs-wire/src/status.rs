//! How operations end (`nfsstat4`), and the error numbers that programs get and that the kernel gives for it.

use std::io;

use nix::errno::Errno;

use crate::xdr::Malformed;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status(pub u32);

macro_rules! statuses {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl Status { $(pub const $name: Self = Self($code);)* }
    };
}

statuses! {
    OK = 0, PERM = 1, NOENT = 2, IO = 5, NXIO = 6, ACCESS = 13, EXIST = 17, XDEV = 18, NOTDIR = 20, ISDIR = 21,
    INVAL = 22, FBIG = 27, NOSPC = 28, ROFS = 30, MLINK = 31, NAMETOOLONG = 63, NOTEMPTY = 66, DQUOT = 69, STALE = 70,
    BADHANDLE = 10_001, BAD_COOKIE = 10_003, NOTSUPP = 10_004, TOOSMALL = 10_005, SERVERFAULT = 10_006,
    BADTYPE = 10_007, DELAY = 10_008, SAME = 10_009, DENIED = 10_010, EXPIRED = 10_011, LOCKED = 10_012,
    GRACE = 10_013, FHEXPIRED = 10_014, SHARE_DENIED = 10_015, WRONGSEC = 10_016, RESOURCE = 10_018,
    NOFILEHANDLE = 10_020, MINOR_VERS_MISMATCH = 10_021, STALE_CLIENTID = 10_022, STALE_STATEID = 10_023,
    OLD_STATEID = 10_024, BAD_STATEID = 10_025, NOT_SAME = 10_027, LOCK_RANGE = 10_028, SYMLINK = 10_029,
    RESTOREFH = 10_030, ATTRNOTSUPP = 10_032, NO_GRACE = 10_033, BADXDR = 10_036, LOCKS_HELD = 10_037,
    OPENMODE = 10_038, BADOWNER = 10_039, BADCHAR = 10_040, BADNAME = 10_041, BAD_RANGE = 10_042,
    LOCK_NOTSUPP = 10_043, OP_ILLEGAL = 10_044, DEADLOCK = 10_045, FILE_OPEN = 10_046, ADMIN_REVOKED = 10_047,
    BADSESSION = 10_052, BADSLOT = 10_053, COMPLETE_ALREADY = 10_054, NOT_BOUND = 10_055, SEQ_MISORDERED = 10_063,
    SEQUENCE_POS = 10_064, REQ_TOO_BIG = 10_065, RETRY_UNCACHED = 10_068, OP_NOT_IN_SESSION = 10_071,
    CLIENTID_BUSY = 10_074, SEQ_FALSE_RETRY = 10_076, BAD_HIGH_SLOT = 10_077, DEADSESSION = 10_078,
    NOT_ONLY_OP = 10_081, WRONG_CRED = 10_082, WRONG_TYPE = 10_083,
}

impl Status {
    /// The session is gone, or both sides count its calls differently: a new one is needed.
    pub fn ends_session(self) -> bool {
        [
            // Of a call of the session: the lease is over.
            Self::EXPIRED,
            Self::STALE_CLIENTID,
            Self::BADSESSION,
            Self::BADSLOT,
            Self::NOT_BOUND,
            Self::SEQ_MISORDERED,
            Self::SEQ_FALSE_RETRY,
            Self::BAD_HIGH_SLOT,
            Self::DEADSESSION,
        ]
        .contains(&self)
    }

    /// The server knows the open file or its locks no more.
    pub fn ends_state(self) -> bool {
        [
            Self::EXPIRED,
            Self::STALE_STATEID,
            Self::OLD_STATEID,
            Self::BAD_STATEID,
            Self::ADMIN_REVOKED,
        ]
        .contains(&self)
    }

    /// It is to be asked again in a moment.
    pub fn is_later(self) -> bool {
        self == Self::DELAY || self == Self::GRACE
    }

    /// What programs get of one that is no success.
    pub fn errno(self) -> Errno {
        match self {
            Self::PERM => Errno::EPERM,
            Self::NOENT => Errno::ENOENT,
            Self::NXIO => Errno::ENXIO,
            Self::ACCESS | Self::WRONGSEC | Self::WRONG_CRED => Errno::EACCES,
            Self::EXIST => Errno::EEXIST,
            Self::XDEV => Errno::EXDEV,
            // A link stands where a folder was to be.
            Self::NOTDIR | Self::SYMLINK => Errno::ENOTDIR,
            Self::ISDIR => Errno::EISDIR,
            // Arguments, owners and names that the server takes for none, and ranges of locks.
            Self::INVAL
            | Self::LOCK_RANGE
            | Self::ATTRNOTSUPP
            | Self::BADOWNER
            | Self::BADCHAR
            | Self::BADNAME
            | Self::BAD_RANGE
            | Self::WRONG_TYPE => Errno::EINVAL,
            Self::FBIG => Errno::EFBIG,
            Self::NOSPC => Errno::ENOSPC,
            Self::ROFS => Errno::EROFS,
            Self::MLINK => Errno::EMLINK,
            Self::NAMETOOLONG => Errno::ENAMETOOLONG,
            Self::NOTEMPTY => Errno::ENOTEMPTY,
            Self::DQUOT => Errno::EDQUOT,
            Self::STALE | Self::BADHANDLE | Self::FHEXPIRED => Errno::ESTALE,
            Self::NOTSUPP | Self::BADTYPE | Self::LOCK_NOTSUPP => Errno::EOPNOTSUPP,
            Self::DENIED | Self::LOCKED => Errno::EAGAIN,
            // Somebody opened it so that nobody else may.
            Self::SHARE_DENIED | Self::FILE_OPEN => Errno::EBUSY,
            Self::RESOURCE => Errno::ENOLCK,
            Self::OPENMODE => Errno::EBADF,
            Self::DEADLOCK => Errno::EDEADLK,
            _ => Errno::EIO,
        }
    }
}

impl From<Malformed> for Status {
    fn from(_: Malformed) -> Self {
        Self::BADXDR
    }
}

/// What the kernel of the server says.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_numbers_of_the_table() {
        for (status, errno) in [
            (1, Errno::EPERM),
            (2, Errno::ENOENT),
            (5, Errno::EIO),
            (13, Errno::EACCES),
            (17, Errno::EEXIST),
            (20, Errno::ENOTDIR),
            (21, Errno::EISDIR),
            (28, Errno::ENOSPC),
            (30, Errno::EROFS),
            (63, Errno::ENAMETOOLONG),
            (66, Errno::ENOTEMPTY),
            (69, Errno::EDQUOT),
            (70, Errno::ESTALE),
            (10_006, Errno::EIO),
            (10_010, Errno::EAGAIN),
            (10_038, Errno::EBADF),
            (10_045, Errno::EDEADLK),
            (u32::MAX, Errno::EIO),
        ] {
            assert_eq!(Status(status).errno(), errno, "{status}");
        }
    }
}
