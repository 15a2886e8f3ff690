//! The program that shows a server's files, one for each volume of a task, until nobody has them mounted any more.
//!
//! | descriptor | what it is given there |
//! | --- | --- |
//! | 0 | the network namespace that its connections are of |
//! | 1 | a socket: a [`Mount`] comes on it, and [`READY`] goes back, or why not |
//! | 2 | `/dev/fuse`, to be mounted |
//!
//! It outlives who started it: whoever has the mount has the files. When it is killed, what is asked of the mount gives
//! errors at once. While the server is away, whoever asks waits; a signal ends that after a while.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    net::Shutdown,
    os::{
        fd::{FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{Arc, OnceLock, mpsc::sync_channel},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns},
};

use wharf_nfs_wire::rpc::Caller;
use wharf_programs::{confine::away, stay};

use crate::{
    broker::Broker,
    client::{By, Client, LINKS},
    confine,
    files::{Files, find_root},
    keeper::Keeper,
    mount::Mount,
    patience::Patience,
    server::{Server, THREADS},
    tls::{Greeting, Trust},
    worker::Worker,
};

/// The first argument of the program that is this.
pub const ARGUMENT: &str = "serve-shared-files";
/// What it says once its files can be seen.
pub const READY: &[u8] = b"ready";
/// The most that it is told.
pub const MAX_TOLD: u64 = 64 << 10;

const STACK: usize = 512 << 10;
/// What the server may take to answer for the first time.
const FIRST_ANSWER: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until the end. Nothing is printed: descriptor 2 is the kernel's.
pub fn run() -> io::Result<()> {
    // SAFETY: whoever starts this program gives it these three, and nothing else here uses them.
    let (network, mut socket, fuse) = unsafe {
        (
            File::from_raw_fd(0),
            UnixStream::from_raw_fd(1),
            OwnedFd::from_raw_fd(2),
        )
    };
    let served = close_others().and_then(|()| served(&network, &mut socket, fuse));
    if let Err(error) = &served {
        let _ = socket.write_all(error.to_string().as_bytes());
    }
    served
}

/// Nothing else of whoever started it is kept open, or locked, for as long as it lives.
fn close_others() -> io::Result<()> {
    // SAFETY: takes numbers; nothing here uses a descriptor beyond those three yet.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    Errno::result(closed)?;
    Ok(())
}

fn served(network: &File, socket: &mut UnixStream, fuse: OwnedFd) -> io::Result<()> {
    stay()?;
    // What is wrong here must not leave others waiting for an answer.
    std::panic::set_hook(Box::new(|_| {
        // SAFETY: ends the process.
        unsafe { libc::_exit(1) }
    }));
    let kept = away(&fuse)?;
    // The number of the one that comes next may be this: nothing prints here.
    drop(fuse);
    setns(network, CloneFlags::CLONE_NEWNET)?;
    confine::shut_out_others(c"shared-files")?;
    let mount = told(socket)?;
    let greeting = mount.tls.as_ref().and_then(|it| it.greeting.clone());
    let broker = match (&greeting, mount.one_user) {
        (None, true) => None,
        _ => Some(Arc::new(Broker::begin(greeting)?)),
    };
    let trust = match &mount.tls {
        None => None,
        Some(tls) => {
            let greets = broker.clone().filter(|_| tls.greeting.is_some());
            let greeting = greets.map(|it| -> Greeting { Box::new(move || it.greeting()) });
            Some(Trust::new(&tls.certificate, greeting)?)
        }
    };
    let verifier = random()?;
    few_arenas();
    confine::give_up_rights(true)?;
    let client = Arc::new(Client::default());
    let mut keeper = Keeper {
        client: client.clone(),
        address: (mount.address, mount.port),
        trust,
        owner: [&b"wharf-"[..], &random::<16>()?].concat(),
        verifier,
        state: OnceLock::new(),
    };
    let mut threads = Vec::new();
    for at in 0..LINKS {
        let client = client.clone();
        threads.push(confined(confine::allow_calls_of_workers, move || {
            read_link(&client, at);
            Ok(())
        })?);
    }
    begin(&mut keeper)?;
    let by = By {
        caller: Caller::default(),
        patience: Patience::until(FIRST_ANSWER),
    };
    let root = find_root(&client, &by, &mount.root).map_err(|it| io::Error::from(it.errno()))?;
    let files = Arc::new(Files::new(client, root, mount.ids, verifier));
    let _ = keeper.state.set(files.clone());
    threads.push(confined(confine::allow_calls_of_keeper, move || {
        keeper.run();
        Ok(())
    })?);
    let groups = broker.filter(|_| !mount.one_user);
    let server = Arc::new(Server::new(files, kept, groups));
    let waiting = server.clone();
    threads.push(confined(confine::allow_calls_of_workers, move || {
        waiting.try_locks();
        Ok(())
    })?);
    let letting_go = server.clone();
    threads.push(confined(confine::allow_calls_of_workers, move || {
        letting_go.let_go();
        Ok(())
    })?);
    let (ends, ended) = sync_channel(THREADS);
    for _ in 0..THREADS {
        let (mut worker, ends) = (Worker::new(server.clone()), ends.clone());
        threads.push(confined(confine::allow_calls_of_workers, move || {
            worker.work()?;
            let _ = ends.try_send(());
            Ok(())
        })?);
    }
    socket.write_all(READY)?;
    socket.shutdown(Shutdown::Both)?;
    // One that has nothing more to read: what others still wait for is awaited by nobody.
    let _ = ended.recv();
    server.say_farewell();
    std::process::exit(0);
}

/// A thread that can do nothing but that; should it fail, all end: requests that it has taken would never be answered.
fn confined(
    confine: fn() -> io::Result<()>,
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    let named = thread::Builder::new().name("shared-files".to_owned());
    named.stack_size(STACK).spawn(move || {
        if confine().and_then(|()| work()).is_err() {
            // SAFETY: ends the process.
            unsafe { libc::_exit(1) };
        }
    })
}

fn told(socket: &mut UnixStream) -> io::Result<Mount> {
    let mut text = Vec::new();
    socket.take(MAX_TOLD).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(io::Error::other)
}

/// Tries until the server answers, for a while.
fn begin(keeper: &mut Keeper) -> io::Result<()> {
    let end = Instant::now() + FIRST_ANSWER;
    loop {
        match keeper.begin() {
            Err(error) if Instant::now() > end => return Err(error),
            Err(_) => thread::sleep(PAUSE),
            Ok(()) => return Ok(()),
        }
    }
}

/// Of the allocator's: otherwise it counts the machine's processors when threads have begun, which takes a file that cannot
/// be opened then.
fn few_arenas() {
    const ARENAS: libc::c_int = 4;
    // SAFETY: a number and another; there is one thread.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) };
}

fn read_link(client: &Client, at: usize) {
    const LOOK: Duration = Duration::from_millis(500);
    loop {
        let mut shared = client.shared();
        let link = shared.links[at].clone().filter(|it| !it.is_broken());
        match link {
            None => client.wait(&mut shared, LOOK),
            Some(link) => {
                drop(shared);
                link.read_all();
                client.changed();
            }
        }
    }
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    // SAFETY: fills memory of ours, of the length given.
    let got = Errno::result(unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), N, 0) })?;
    match usize::try_from(got) == Ok(N) {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
