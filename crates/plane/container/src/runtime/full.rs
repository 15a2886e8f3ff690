//! Disks of fixed sizes that lie on a disk with less room than they were promised: while that is short, nothing new is
//! written to them. A file system on one is full for all who write to it, and a device takes no writes.

use std::{
    fs::{self, File},
    io,
};

use super::{device::LoopDevice, loops::set_read_only};

/// What the kernel keeps of a file system for its own tables, by itself: a fiftieth, at most.
const KEPT_CLUSTERS: u64 = 4096;

impl LoopDevice {
    /// Has all that would need more room meet a full disk, or no more. What is there can still be read and, in a file
    /// system, be written over and deleted.
    ///
    /// # Errors
    /// The device is gone, or the kernel refuses.
    pub fn hold_back(self, held: bool) -> io::Result<()> {
        // One that goes with its last user would be left so to the next who has its number; nobody has it but the host.
        if !self.goes {
            self.set_read_only(held)?;
        }
        match self.reserved() {
            Ok(mut reserved) if held => reserved.take_all(),
            Ok(mut reserved) => reserved.give_back(),
            // Nothing is mounted.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn set_read_only(self, held: bool) -> io::Result<()> {
        let now = fs::read_to_string(format!("/sys/block/loop{}/ro", self.number))?;
        if (now.trim() == "1") == held {
            return Ok(());
        }
        set_read_only(&File::open(self.path())?, held)
    }

    fn reserved(self) -> io::Result<Reserved> {
        let file = format!("/sys/fs/ext4/loop{}/reserved_clusters", self.number);
        let now = fs::read_to_string(&file)?.trim().parse();
        let sectors = fs::read_to_string(format!("/sys/block/loop{}/size", self.number))?;
        Ok(Reserved {
            now: now.map_err(io::Error::other)?,
            // No cluster is smaller.
            beyond: sectors.trim().parse::<u64>().unwrap_or(0) / 2 + 1,
            file,
        })
    }
}

/// Clusters of a mounted file system that it gives to nobody. How many it has is the kernel's word alone: what stands on
/// the device is its user's.
struct Reserved {
    file: String,
    now: u64,
    /// More than it can have.
    beyond: u64,
}

impl Reserved {
    fn accepts(&mut self, clusters: u64) -> io::Result<bool> {
        match fs::write(&self.file, clusters.to_string()) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(false),
            Err(error) => Err(error),
            Ok(()) => {
                self.now = clusters;
                Ok(true)
            }
        }
    }

    fn take_all(&mut self) -> io::Result<()> {
        if !self.accepts(self.now + 1)? {
            return Ok(());
        }
        let (mut taken, mut beyond) = (self.now, self.beyond.max(self.now + 1));
        while taken + 1 < beyond {
            let half = taken + (beyond - taken) / 2;
            match self.accepts(half)? {
                true => taken = half,
                false => beyond = half,
            }
        }
        Ok(())
    }

    /// Only what was all: other numbers are others' doing.
    fn give_back(&mut self) -> io::Result<()> {
        let before = self.now;
        let kept = match self.accepts(before + 1)? {
            true => before,
            false => KEPT_CLUSTERS.min((before + 1) / 50),
        };
        self.accepts(kept).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::{fd::AsRawFd as _, unix::fs::FileExt as _},
        process::Command,
    };

    use super::*;
    use crate::runtime::PreparedDisk;

    /// Needs root, loop devices and ext4.
    #[test]
    fn what_is_held_back_is_full_until_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(256 << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-qF").arg(&image).status();
        assert!(made.unwrap().success());
        let disk = PreparedDisk::kept(&image).unwrap();
        let device = LoopDevice::over(&image).unwrap().unwrap();
        let place = |name: &str| format!("/proc/self/fd/{}/{name}", disk.mount().as_raw_fd());
        let write = |name: &str| -> io::Result<()> {
            fs::write(place(name), vec![1; 4 << 20])?;
            File::open(place(name))?.sync_all()
        };
        write("before").unwrap();
        let reserved = || device.reserved().unwrap().now;
        let ordinary = reserved();
        device.hold_back(true).unwrap();
        device.hold_back(true).unwrap();
        let full = write("meanwhile").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        // What is there has its room.
        let old = File::options().write(true).open(place("before")).unwrap();
        old.write_all_at(&[2; 4096], 4096).unwrap();
        old.sync_all().unwrap();
        device.hold_back(false).unwrap();
        device.hold_back(false).unwrap();
        assert_eq!(reserved(), ordinary);
        write("after").unwrap();
    }

    /// Needs root, loop devices and ext4.
    #[test]
    fn what_an_instance_has_mounted_is_full_and_sound() {
        use crate::runtime::{disk::mount_detached, loops::open_device};
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-qF").arg(&image).status();
        assert!(made.unwrap().success());
        let device = LoopDevice::bind(&image).unwrap();
        let open = open_device(device.path()).unwrap();
        let mount = mount_detached(&open, device.number.into(), &[], 0).unwrap();
        drop(open);
        let place = |name: &str| format!("/proc/self/fd/{}/{name}", mount.as_raw_fd());
        fs::write(place("before"), vec![1; 1 << 20]).unwrap();
        File::open(place("before")).unwrap().sync_all().unwrap();
        device.hold_back(true).unwrap();
        let full = fs::write(place("meanwhile"), vec![1; 1 << 20]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        fs::remove_file(place("meanwhile")).unwrap();
        let old = File::options().write(true).open(place("before")).unwrap();
        old.write_all_at(&[2; 4096], 4096).unwrap();
        old.sync_all().unwrap();
        device.hold_back(false).unwrap();
        fs::write(place("after"), vec![1; 1 << 20]).unwrap();
        let whole = fs::read(place("before")).unwrap();
        assert_eq!((whole[4095], whole[4096], whole.len()), (1, 2, 1 << 20));
        drop((old, mount));
        device.let_go(&image).unwrap();
        while LoopDevice::over(&image).unwrap().is_some() {
            std::thread::yield_now();
        }
        let check = Command::new("e2fsck").arg("-fn").arg(&image).output();
        assert!(check.unwrap().status.success());
    }

    /// Needs root and loop devices.
    #[test]
    fn a_device_that_is_held_back_takes_no_writes_of_those_who_have_it_open() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let device = LoopDevice::bind(&image).unwrap();
        let open = File::options().write(true).open(device.path()).unwrap();
        open.write_all_at(&[1; 4096], 0).unwrap();
        device.hold_back(true).unwrap();
        let refused = open.write_all_at(&[1; 4096], 4096).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        device.hold_back(false).unwrap();
        open.write_all_at(&[1; 4096], 4096).unwrap();
        // The next who has the number finds it as it should be.
        device.hold_back(true).unwrap();
        drop(open);
        device.let_go(&image).unwrap();
        let ro = fs::read_to_string(format!("/sys/block/loop{}/ro", device.number));
        assert_eq!(ro.unwrap().trim(), "0");
    }
}
