//! The program that has a sealed file open, one for each: it shows the kernel what lies in it, until nobody has the
//! file any more.
//!
//! | descriptor | what it is given there |
//! | --- | --- |
//! | 0 | the file |
//! | 1 | a socket: the key comes on it, and [`READY`] goes back, or why not |
//! | 2 | `/dev/fuse`, mounted |
//!
//! The key is in locked memory; what is read and written by it is in memory that may be swapped. Before the first request it
//! gives up all that it does not need ([`confine`]).
//!
//! It ends when its file is hidden, and not because the machine shuts down: what is written until the last who has the file
//! lets go of it is kept.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::{
        fd::{FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use nix::{errno::Errno, sys::mman::mlock};
use wharf_programs::{confine, fuse, stay};
use wharf_sectors::{Cipher, KEY};
use zeroize::Zeroizing;

use crate::{
    buffer::Buffer,
    sectors::Sectors,
    wire::{self, Asks},
};

/// The first argument of the program that is this.
pub const ARGUMENT: &str = "serve-sealed-file";
/// What it is called among processes.
pub const NAME: &str = "sealed-file";
/// What it says once its file can be opened.
pub const READY: &[u8] = b"ready";

/// Requests that are worked on at a time.
const THREADS: usize = 4;

/// Serves until the end. Nothing is printed: descriptor 2 is the kernel's.
pub fn run() -> io::Result<()> {
    // SAFETY: whoever starts this program gives it these three, and nothing else here uses them.
    let (file, mut socket, fuse) = unsafe {
        (
            File::from_raw_fd(0),
            UnixStream::from_raw_fd(1),
            OwnedFd::from_raw_fd(2),
        )
    };
    let served = served(file, &mut socket, fuse);
    if let Err(error) = &served {
        let _ = socket.write_all(error.to_string().as_bytes());
    }
    served
}

fn served(file: File, socket: &mut UnixStream, fuse: OwnedFd) -> io::Result<()> {
    stay()?;
    // Numbers that nothing prints to.
    let (file, fuse) = (confine::away(&file)?, Arc::new(confine::away(&fuse)?));
    confine::shut_out_others(c"sealed-file")?;
    let mut key = Zeroizing::new([0; KEY]);
    lock(&*key)?;
    socket.read_exact(&mut *key)?;
    let cipher = Cipher::new(&*key).map_err(io::Error::other)?;
    drop(key);
    let sectors = Arc::new(Sectors::new(File::from(file), cipher));
    lock(&*sectors)?;
    confine::give_up_rights(false)?;
    let begun = Arc::new(Barrier::new(THREADS + 1));
    let ready = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..THREADS)
        .map(|_| {
            let (sectors, fuse) = (sectors.clone(), fuse.clone());
            let (begun, ready) = (begun.clone(), ready.clone());
            thread::Builder::new()
                .name("sealed-file".to_owned())
                .stack_size(256 << 10)
                .spawn(move || {
                    let mut worker = Worker {
                        sectors,
                        fuse,
                        request: vec![0; wire::WRITE_HEAD + wire::MOST as usize + 4096],
                        buffer: Buffer::new(),
                    };
                    let confined = confine::allow_calls_of_workers(&[]);
                    if confined.is_ok() {
                        ready.fetch_add(1, Ordering::Relaxed);
                    }
                    begun.wait();
                    let done = confined.and_then(|()| worker.work());
                    if done.is_err() {
                        // Requests that it has taken would never be answered, and who waits for them would wait for ever.
                        // SAFETY: ends the process.
                        unsafe { libc::_exit(1) };
                    }
                    done
                })
        })
        .collect::<io::Result<_>>()?;
    begun.wait();
    if ready.load(Ordering::Relaxed) != THREADS {
        return Err(io::Error::other("the kernel takes no filter of calls"));
    }
    socket.write_all(READY)?;
    socket.shutdown(std::net::Shutdown::Both)?;
    let mut done = Ok(());
    for worker in workers {
        let of_it = worker.join();
        done = done.and(of_it.unwrap_or_else(|_| Err(io::Error::other("a thread panicked"))));
    }
    done
}

/// Kept out of swap.
fn lock<T>(what: &T) -> io::Result<()> {
    let at = std::ptr::NonNull::from(what).cast();
    // SAFETY: it is memory of ours; locking it changes nothing that is in it.
    Ok(unsafe { mlock(at, size_of::<T>()) }?)
}

struct Worker {
    sectors: Arc<Sectors>,
    fuse: Arc<OwnedFd>,
    request: Vec<u8>,
    buffer: Buffer,
}

impl Worker {
    /// Until the kernel says that nobody has the file any more.
    fn work(&mut self) -> io::Result<()> {
        while let Some(length) = fuse::next(&self.fuse, &mut self.request)? {
            self.answer(length)?;
        }
        Ok(())
    }

    fn answer(&mut self, length: usize) -> io::Result<()> {
        let Some(request) = wire::request(&self.request[..length]) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let (id, sectors, buffer) = (request.id, &self.sectors, &mut self.buffer);
        let made = |body: io::Result<Vec<u8>>| Some(body);
        let body = match request.asks {
            Asks::Nothing => return Ok(()),
            Asks::Read { at, bytes } => {
                let bytes = bytes.min(wire::MOST) as usize;
                let read = sectors.read(at, bytes, buffer);
                return fuse::say(&self.fuse, id, read.map_err(|it| fuse::errno(&it)));
            }
            Asks::Write { at, bytes } => made(
                sectors
                    .write(at, bytes, buffer)
                    .map(|()| wire::written(bytes.len())),
            ),
            Asks::Punch { at, bytes } => {
                made(sectors.punch(at, bytes, buffer).map(|()| Vec::new()))
            }
            Asks::Sync => made(sectors.sync().map(|()| Vec::new())),
            Asks::Close => made(Ok(Vec::new())),
            Asks::Attributes => made(sectors.metadata().map(|it| {
                use std::os::unix::fs::MetadataExt as _;
                let modified = it.modified().unwrap_or(std::time::UNIX_EPOCH);
                wire::attributes(it.len(), it.blocks(), modified)
            })),
            Asks::Open => made(Ok(wire::opened())),
            Asks::Room => made(Ok(wire::room())),
            Asks::Init {
                major,
                minor,
                flags,
            } => wire::init(major, minor, flags).map(Ok),
            Asks::Other => None,
        };
        let body = body.unwrap_or(Err(Errno::ENOSYS.into()));
        let body = body.as_deref().map_err(fuse::errno);
        fuse::say(&self.fuse, id, body)
    }
}
