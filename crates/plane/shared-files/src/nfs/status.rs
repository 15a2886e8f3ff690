//! What the server says of an operation, and the error number that a program gets for it.

use nix::errno::Errno;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status(pub u32);

impl Status {
    pub const OK: Self = Self(0);
    pub const NOENT: Self = Self(2);
    pub const EXIST: Self = Self(17);
    pub const BAD_COOKIE: Self = Self(10_003);
    pub const DELAY: Self = Self(10_008);
    pub const DENIED: Self = Self(10_010);
    pub const EXPIRED: Self = Self(10_011);
    pub const GRACE: Self = Self(10_013);
    pub const STALE_CLIENTID: Self = Self(10_022);
    pub const STALE_STATEID: Self = Self(10_023);
    pub const OLD_STATEID: Self = Self(10_024);
    pub const BAD_STATEID: Self = Self(10_025);
    pub const NOT_SAME: Self = Self(10_027);
    pub const ADMIN_REVOKED: Self = Self(10_047);
    pub const BADSESSION: Self = Self(10_052);
    pub const BADSLOT: Self = Self(10_053);
    pub const COMPLETE_ALREADY: Self = Self(10_054);
    pub const NOT_BOUND: Self = Self(10_055);
    pub const SEQ_MISORDERED: Self = Self(10_063);
    pub const RETRY_UNCACHED: Self = Self(10_068);
    pub const SEQ_FALSE_RETRY: Self = Self(10_076);
    pub const BAD_HIGH_SLOT: Self = Self(10_077);
    pub const DEADSESSION: Self = Self(10_078);

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

    /// Of one that is no success.
    pub fn errno(self) -> Errno {
        match self.0 {
            1 => Errno::EPERM,
            2 => Errno::ENOENT,
            6 => Errno::ENXIO,
            13 => Errno::EACCES,
            17 => Errno::EEXIST,
            18 => Errno::EXDEV,
            // A link stands where a folder was to be.
            20 | 10_029 => Errno::ENOTDIR,
            21 => Errno::EISDIR,
            // Arguments, owners and names that the server takes for none, and ranges of locks.
            22 | 10_028 | 10_032 | 10_039 | 10_040 | 10_041 | 10_042 | 10_083 => Errno::EINVAL,
            27 => Errno::EFBIG,
            28 => Errno::ENOSPC,
            30 => Errno::EROFS,
            31 => Errno::EMLINK,
            63 => Errno::ENAMETOOLONG,
            66 => Errno::ENOTEMPTY,
            69 => Errno::EDQUOT,
            70 | 10_001 | 10_014 => Errno::ESTALE,
            10_004 | 10_007 | 10_043 => Errno::EOPNOTSUPP,
            10_010 | 10_012 => Errno::EAGAIN,
            // Somebody opened it so that nobody else may.
            10_015 | 10_046 => Errno::EBUSY,
            10_016 | 10_082 => Errno::EACCES,
            10_018 => Errno::ENOLCK,
            10_038 => Errno::EBADF,
            10_045 => Errno::EDEADLK,
            _ => Errno::EIO,
        }
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
