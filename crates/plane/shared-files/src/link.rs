//! One connection to the server: many calls at a time, whose answers come in any order.
//!
//! One thread reads ([`Link::read_all`]), callers write in turn. Whatever is wrong with what comes ends the connection: all
//! who wait learn that it broke, and what they asked is asked again over another.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    os::fd::AsRawFd as _,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use nix::errno::Errno;
use parking_lot::Mutex;
use wharf_nfs_wire::{
    rpc::{self, Caller},
    xdr::Writer,
};

use crate::tls;

/// What a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// What is sent and not taken for so long will not be.
const UNACKNOWLEDGED_MS: libc::c_int = 30_000;
const LOOK: Duration = Duration::from_millis(200);
/// The most of one record, of either side: the most that is read or written at a time, and what goes with it.
pub const MAX_RECORD: usize = (256 << 10) + (16 << 10);

pub struct Link {
    tcp: TcpStream,
    tls: Option<tls::Session>,
    sending: Mutex<()>,
    waiting: Mutex<BTreeMap<u32, SyncSender<Vec<u8>>>>,
    next: AtomicU32,
    broken: AtomicBool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    Broken,
    /// The caller does not want it any more.
    Given,
}

impl Link {
    pub fn connect(to: (Ipv4Addr, u16), tls: Option<&tls::Trust>) -> io::Result<Self> {
        let tcp = TcpStream::connect_timeout(&SocketAddr::from(to), CONNECT)?;
        tcp.set_nodelay(true)?;
        set(
            &tcp,
            libc::IPPROTO_TCP,
            libc::TCP_USER_TIMEOUT,
            UNACKNOWLEDGED_MS,
        )?;
        set(&tcp, libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1)?;
        set(&tcp, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, 15)?;
        set(&tcp, libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, 5)?;
        set(&tcp, libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 4)?;
        let tls = match tls {
            None => None,
            Some(trust) => {
                tcp.set_read_timeout(Some(CONNECT))?;
                let session = trust.greet(&tcp)?;
                tcp.set_read_timeout(None)?;
                Some(session)
            }
        };
        Ok(Self {
            tcp,
            tls,
            sending: Mutex::new(()),
            waiting: Mutex::default(),
            next: AtomicU32::new(1),
            broken: AtomicBool::new(false),
        })
    }

    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Nobody uses it any more.
    pub fn end(&self) {
        self.broken.store(true, Ordering::Release);
        let _ = self.tcp.shutdown(Shutdown::Both);
        // Their ends of the channels go with it.
        self.waiting.lock().clear();
    }

    /// Answers calls until the connection ends. By one thread.
    pub fn read_all(&self) {
        let mut stream = Stream { link: self };
        let mut record = Vec::new();
        while rpc::read_record(&mut stream, &mut record, MAX_RECORD).is_ok() {
            let Some(xid) = rpc::xid(&record) else { break };
            let waiting = self.waiting.lock().remove(&xid);
            let Some(waiting) = waiting else {
                // Of nobody, or of one who gave up.
                continue;
            };
            let _ = waiting.try_send(std::mem::take(&mut record));
        }
        self.end();
    }

    /// What the server answers. `goes_on` is asked now and then.
    pub fn call(
        &self,
        caller: &Caller,
        arguments: &Writer,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, NoAnswer> {
        let xid = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = sync_channel(1);
        self.waiting.lock().insert(xid, answer);
        let bytes = rpc::call(xid, caller, arguments);
        if self.is_broken() || self.send(&bytes).is_err() {
            self.end();
            return Err(NoAnswer::Broken);
        }
        let answer = wait(&answered, goes_on);
        if answer == Err(NoAnswer::Given) {
            self.waiting.lock().remove(&xid);
        }
        answer
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let _turn = self.sending.lock();
        match &self.tls {
            None => (&self.tcp).write_all(bytes),
            Some(session) => session.send(&self.tcp, bytes),
        }
    }
}

fn wait(answered: &Receiver<Vec<u8>>, goes_on: &dyn Fn() -> bool) -> Result<Vec<u8>, NoAnswer> {
    loop {
        match answered.recv_timeout(LOOK) {
            Ok(record) => return Ok(record),
            Err(RecvTimeoutError::Disconnected) => return Err(NoAnswer::Broken),
            Err(RecvTimeoutError::Timeout) if goes_on() => {}
            Err(RecvTimeoutError::Timeout) => return Err(NoAnswer::Given),
        }
    }
}

fn set(tcp: &TcpStream, level: i32, name: i32, value: libc::c_int) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: takes a descriptor of ours and a number that outlives the call, of the size given.
    Errno::result(unsafe {
        libc::setsockopt(
            tcp.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(&value).cast(),
            length,
        )
    })?;
    Ok(())
}

struct Stream<'a> {
    link: &'a Link,
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &self.link.tls {
            None => (&self.link.tcp).read(into),
            Some(session) => session.read(&self.link.tcp, into),
        }
    }
}
