//! What is said to be stable is on the disk.
//!
//! That something could not be written the kernel says once, to who syncs the file first, and takes it for written from then on.
//! Whoever opened the file later would hear that all is well. So the program ends at the first such word: what the
//! next one says to be written comes under another verifier, and clients send again whatever was not committed.

use std::os::fd::AsFd;

use nix::{
    errno::Errno,
    sys::stat::fstat,
    unistd::{fdatasync, fsync},
};
use parking_lot::{Mutex, const_mutex};

/// Held by inode: nobody hears that a file is well while the program ends because it is not.
static BUSY: [Mutex<()>; 64] = [const { const_mutex(()) }; 64];

/// All of a file or a folder, or the program ends.
pub fn all(file: impl AsFd) {
    or_end(&file, |file| fsync(file));
}

/// What it takes to read a file's bytes again, or the program ends.
pub fn bytes(file: impl AsFd) {
    or_end(&file, |file| fdatasync(file));
}

fn or_end<F: AsFd>(file: &F, sync: impl Fn(&F) -> nix::Result<()>) {
    // One whose number is not known shares its lock with others.
    let inode = fstat(file).map_or(0, |it| it.st_ino);
    let one = BUSY.get((inode % 64) as usize);
    let _held = one.map(Mutex::lock);
    loop {
        match sync(file) {
            Ok(()) => return,
            Err(Errno::EINTR) => {}
            // SAFETY: nothing of this program runs after it.
            Err(_) => unsafe { libc::_exit(1) },
        }
    }
}
