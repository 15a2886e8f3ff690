//! How a container asks for a file system to be mounted, by the flags and the options of its call. Pure.

use std::{ffi::CStr, io};

use nix::errno::Errno;

use super::disk::ERRORS;

/// How it is to be mounted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub attributes: u64,
    read_only: bool,
    discard: bool,
    no_load: bool,
    data: Option<&'static str>,
}

impl Wanted {
    /// What is not understood is refused, as the file system itself does.
    pub fn of(flags: u64, data: &CStr) -> io::Result<Self> {
        const MAGIC: u64 = 0xC0ED_0000;
        /// `MS_SILENT`, `MS_RELATIME`, which is how it is anyway.
        const IGNORED: u64 = libc::MS_SILENT | libc::MS_RELATIME;
        /// Each with the attribute that a mount has for it.
        const ATTRIBUTES: [(u64, u64); 6] = [
            (libc::MS_RDONLY, libc::MOUNT_ATTR_RDONLY),
            (libc::MS_NOSUID, libc::MOUNT_ATTR_NOSUID),
            (libc::MS_NODEV, libc::MOUNT_ATTR_NODEV),
            (libc::MS_NOEXEC, libc::MOUNT_ATTR_NOEXEC),
            (libc::MS_NOATIME, libc::MOUNT_ATTR_NOATIME),
            (libc::MS_NODIRATIME, libc::MOUNT_ATTR_NODIRATIME),
        ];
        const STRICT: (u64, u64) = (libc::MS_STRICTATIME, libc::MOUNT_ATTR_STRICTATIME);
        let mut rest = flags;
        if rest & 0xFFFF_0000 & MAGIC == MAGIC {
            rest &= !MAGIC;
        }
        rest &= !IGNORED;
        let mut wanted = Self {
            attributes: libc::MOUNT_ATTR_NODEV,
            ..Self::default()
        };
        for (flag, attribute) in ATTRIBUTES {
            if rest & flag != 0 {
                wanted.attributes |= attribute;
            }
            rest &= !flag;
        }
        if rest & STRICT.0 != 0 && wanted.attributes & libc::MOUNT_ATTR_NOATIME == 0 {
            wanted.attributes |= STRICT.1;
        }
        rest &= !STRICT.0;
        wanted.read_only = flags & libc::MS_RDONLY != 0;
        if rest != 0 {
            return Err(Errno::EINVAL.into());
        }
        let data = data.to_str().map_err(|_| Errno::EINVAL)?;
        for option in data.split(',').filter(|it| !it.is_empty()) {
            match option {
                "discard" => wanted.discard = true,
                "nodiscard" => wanted.discard = false,
                "noload" => wanted.no_load = true,
                "data=ordered" => wanted.data = Some("data=ordered"),
                "data=journal" => wanted.data = Some("data=journal"),
                "data=writeback" => wanted.data = Some("data=writeback"),
                "rw" | "errors=remount-ro" | "acl" | "user_xattr" => {}
                _ => return Err(Errno::EINVAL.into()),
            }
        }
        Ok(wanted)
    }

    /// Of the file system.
    pub fn options(&self) -> Vec<&'static str> {
        let flags = [
            (self.read_only, "ro"),
            (self.discard, "discard"),
            (self.no_load, "noload"),
        ];
        let flags = flags.into_iter().filter(|(on, _)| *on);
        let mut all: Vec<_> = flags.map(|(_, name)| name).collect();
        all.extend(self.data);
        all.push(ERRORS);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_options() {
        let wanted = |flags, data: &CStr| Wanted::of(flags, data).ok();
        let plain = Wanted {
            attributes: 4,
            ..Wanted::default()
        };
        assert_eq!(
            wanted(0xC0ED_0000 | libc::MS_SILENT, c"").as_ref(),
            Some(&plain)
        );
        assert_eq!(plain.options(), [ERRORS]);
        let read_only = wanted(libc::MS_RDONLY | libc::MS_NOEXEC, c"discard,data=journal").unwrap();
        assert_eq!(
            (read_only.attributes, read_only.read_only),
            (1 | 4 | 8, true)
        );
        assert_eq!(read_only.options().len(), 4);
        for (flags, data) in [
            (0, c"errors=panic"),
            (0, c"journal_path=/dev/sda"),
            (libc::MS_BIND, c""),
            (libc::MS_REMOUNT, c""),
            (1 << 40, c""),
        ] {
            assert_eq!(wanted(flags, data), None, "{flags:x} {data:?}");
        }
    }
}
