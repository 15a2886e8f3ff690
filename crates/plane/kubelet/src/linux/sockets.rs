//! Sockets of other network namespaces.

use std::{io, path::Path};

use nix::{
    sched::{CloneFlags, setns},
    sys::socket::{AddressFamily, SockFlag, SockType, socket},
};

/// A socket of a namespace, made on a thread that is in it and ends at once; it is not connected. Blocks.
pub(super) fn socket_in(netns: &Path) -> io::Result<std::net::TcpStream> {
    let namespace = std::fs::File::open(netns)?;
    let work = move || -> io::Result<std::net::TcpStream> {
        setns(namespace, CloneFlags::CLONE_NEWNET)?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let made = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
        Ok(made.into())
    };
    let thread = std::thread::Builder::new().name("pod-socket".to_owned());
    let joined = thread.spawn(work)?.join();
    joined.unwrap_or_else(|_| Err(io::Error::other("the thread that makes sockets panicked")))
}
