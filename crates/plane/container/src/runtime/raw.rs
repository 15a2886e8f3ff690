//! A file as a block device whose bytes the host does not look at: it is kept open by a task's shim ([`TaskHandle::hold_device`]), and
//! goes with the last who has it open.
//!
//! So for as long as anything of the task is there, the number of the device means this file, and nobody who may open it in the task can
//! come to open another's.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use super::{
    device::LoopDevice,
    disk_lock::lock_image,
    loops::{attach, open_device, take_writes_at_once},
};
use wharf_sealed_file::below_devices;

/// It, open.
#[derive(Debug)]
pub struct RawDisk(File);

impl RawDisk {
    /// Over a file that nobody has. Blocks.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] while anybody has it.
    pub fn alone(image: &Path) -> io::Result<Self> {
        let file = lock_image(image)?;
        let (device, number) = attach(&file, &below_devices(image))?;
        take_writes_at_once(number);
        Ok(Self(device))
    }

    /// The device over the file once more, which others keep open.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`]: they went meanwhile.
    pub fn shared(image: &Path, device: LoopDevice) -> io::Result<Self> {
        let open = open_device(device.path())?;
        // What is open stays over its file: it is this one or another's.
        match LoopDevice::over(image)?.map(|it| it.number) == Some(device.number) {
            true => Ok(Self(open)),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

impl AsFd for RawDisk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Needs root and loop devices.
    #[test]
    fn a_device_is_over_its_file_until_the_last_who_has_it_goes() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(1 << 20).unwrap();
        let first = RawDisk::alone(&image).unwrap();
        let device = LoopDevice::over(&image).unwrap().unwrap();
        assert!(device.goes);
        let busy = RawDisk::alone(&image).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        let second = RawDisk::shared(&image, device).unwrap();
        drop(first);
        assert_eq!(LoopDevice::over(&image).unwrap(), Some(device));
        drop(second);
        while LoopDevice::over(&image).unwrap().is_some() {
            thread::yield_now();
        }
        let gone = RawDisk::shared(&image, device);
        assert!(gone.is_err());
    }
}
