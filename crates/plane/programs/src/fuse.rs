//! The kernel's protocol over `/dev/fuse`, as far as it is the same whatever is shown.
//!
//! Numbers are the machine's own. All is as in `linux/fuse.h`.

use std::{
    fs::OpenOptions,
    io::{self, IoSlice},
    os::fd::OwnedFd,
};

use nix::{errno::Errno, sys::uio::writev, unistd::read};

/// Bytes of a request before its own part.
pub const HEAD: usize = 40;
/// What programs say of themselves. A kernel that knows more is told so, and asks again by it.
pub const MAJOR: u32 = 7;
pub const MINOR: u32 = 38;
/// Before it, answers have other sizes.
const LEAST_MINOR: u32 = 28;

/// Whether the kernel is new enough.
pub fn is_known(major: u32, minor: u32) -> bool {
    major > MAJOR || major == MAJOR && minor >= LEAST_MINOR
}

/// The device, to be mounted.
///
/// # Errors
/// The machine has none.
pub fn device() -> io::Result<OwnedFd> {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse")?;
    Ok(device.into())
}

/// What an answer is made of.
#[derive(Default)]
pub struct Words(pub Vec<u8>);

impl Words {
    pub fn u16(&mut self, it: u16) {
        self.0.extend(it.to_ne_bytes());
    }

    pub fn u32(&mut self, it: u32) {
        self.0.extend(it.to_ne_bytes());
    }

    pub fn u64(&mut self, it: u64) {
        self.0.extend(it.to_ne_bytes());
    }
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// An answer's head, before `body` bytes.
pub fn head(id: u64, error: i32, body: usize) -> [u8; 16] {
    let mut head = [0; 16];
    let length = u32::try_from(16 + body).unwrap_or(u32::MAX);
    head[..4].copy_from_slice(&length.to_ne_bytes());
    head[4..8].copy_from_slice(&(-error).to_ne_bytes());
    head[8..].copy_from_slice(&id.to_ne_bytes());
    head
}

/// The length of the next request; `None` when nobody has the files mounted any more.
///
/// # Errors
/// Those of reading.
pub fn next(fuse: &OwnedFd, request: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match read(fuse, request) {
            Ok(length) => return Ok(Some(length)),
            Err(Errno::ENODEV) => return Ok(None),
            // It was taken back, or comes again.
            Err(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => {}
            Err(other) => return Err(other.into()),
        }
    }
}

/// Answers; whoever asked may be gone.
///
/// # Errors
/// The kernel does not take it.
pub fn say(fuse: &OwnedFd, id: u64, body: Result<&[u8], Errno>) -> io::Result<()> {
    let (error, body) = match body {
        Ok(body) => (0, body),
        Err(errno) => (errno as i32, &[][..]),
    };
    let head = head(id, error, body.len());
    match writev(fuse, &[IoSlice::new(&head), IoSlice::new(body)]) {
        Ok(_) | Err(Errno::ENOENT) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// The error by its number; one that has none is of reading or writing.
pub fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert!(is_known(7, 28) && is_known(7, 45) && is_known(8, 0));
        assert!(!is_known(7, 12) && !is_known(6, 99));
    }

    #[test]
    fn words_and_heads() {
        let mut out = Words::default();
        out.u16(1);
        out.u16(2);
        out.u32(3);
        out.u64(4);
        assert_eq!((u32_at(&out.0, 4), u64_at(&out.0, 8)), (Some(3), Some(4)));
        assert_eq!((u32_at(&out.0, 13), u64_at(&out.0, 99)), (None, None));
        assert_eq!(head(9, libc::EIO, 0)[4..8], (-libc::EIO).to_ne_bytes());
        assert_eq!(errno(&io::ErrorKind::InvalidData.into()), Errno::EIO);
    }
}
