//! Store and keeper over a real connection, and a part that misbehaves.

use std::{
    io::Read,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

use nix::sys::socket::MsgFlags;
use wharf_lb::Hold;

use super::{
    Keeper, MOST_DESCRIPTORS, MOST_NAME, Store, packet,
    store::{Passed, Refused},
};

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// What a part's process does with the descriptor it inherits.
fn inherit(passed: &Passed) -> OwnedFd {
    nix::unistd::dup(passed.as_fd()).unwrap()
}

fn keeper(store: &mut Store) -> Keeper {
    let passed = store.pass().unwrap();
    Keeper::new(inherit(&passed)).unwrap()
}

/// Tells the store to hold a listener, as a part does.
fn hold(channel: &OwnedFd, name: &str, listener: &TcpListener) {
    let message = format!("+{name}");
    let numbers = [listener.as_raw_fd()];
    packet::send(
        channel.as_fd(),
        message.as_bytes(),
        &numbers,
        MsgFlags::empty(),
    )
    .unwrap();
}

fn say(channel: &OwnedFd, message: &[u8]) {
    packet::send(channel.as_fd(), message, &[], MsgFlags::empty()).unwrap();
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn connections_wait_for_the_next_process() {
    let mut store = Store::new();
    let channel = inherit(&store.pass().unwrap());
    let (first, address) = listener();
    hold(&channel, "web", &first);
    // It dies before anybody heard it.
    drop((channel, first));
    let next = keeper(&mut store);
    let mut waiting = TcpStream::connect(address).expect("somebody still listens");
    let [socket] = <[OwnedFd; 1]>::try_from(next.inherited()).unwrap();
    let (mut served, _) = TcpListener::from(socket).accept().unwrap();
    waiting.shutdown(Shutdown::Write).unwrap();
    assert_eq!(served.read(&mut [0; 8]).unwrap(), 0);
    drop(served);
    assert_eq!(waiting.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn what_is_let_go_is_free_at_once() {
    let mut store = Store::new();
    let channel = inherit(&store.pass().unwrap());
    let (first, address) = listener();
    hold(&channel, "web", &first);
    store.listen();
    drop(first);
    TcpListener::bind(address).unwrap_err();
    say(&channel, b"-web");
    store.listen();
    TcpListener::bind(address).unwrap();
}

#[test]
fn settling_closes_what_was_not_handed_over_anew() {
    let mut store = Store::new();
    let channel = inherit(&store.pass().unwrap());
    let (stays, _) = listener();
    let (goes, _) = listener();
    hold(&channel, "stays", &stays);
    hold(&channel, "goes", &goes);
    drop(channel);
    let channel = inherit(&store.pass().unwrap());
    assert_eq!(store.names(), ["goes", "stays"]);
    hold(&channel, "stays", &stays);
    say(&channel, b"=");
    store.listen();
    assert_eq!(store.names(), ["stays"]);
}

#[test]
fn sockets_of_the_supervisor_itself_are_taken_by_each_process() {
    let (own, address) = listener();
    let mut store = Store::keeping(vec![own]);
    for _ in 0..3 {
        // A process that dies with what it got.
        let [socket] = <[OwnedFd; 1]>::try_from(keeper(&mut store).inherited()).unwrap();
        assert_eq!(TcpListener::from(socket).local_addr().unwrap(), address);
        store.listen();
        TcpListener::bind(address).unwrap_err();
        TcpStream::connect(address).expect("connections wait while no process runs");
    }
}

#[test]
fn many_sockets_are_handed_over() {
    let mut store = Store::new();
    let channel = inherit(&store.pass().unwrap());
    let (one, _) = listener();
    let count = 2 * MOST_DESCRIPTORS + 1;
    for number in 0..count {
        hold(&channel, &format!("{number}"), &one);
        store.listen();
    }
    drop(channel);
    assert_eq!(keeper(&mut store).inherited().len(), count);
}

#[test]
fn no_more_are_held_than_fit() {
    let mut store = Store::holding(2);
    let (one, _) = listener();
    let mut follow = |name: &str| {
        let socket = OwnedFd::from(one.try_clone().unwrap());
        store.follow(format!("+{name}").as_bytes(), true, vec![socket])
    };
    follow("a").unwrap();
    follow("b").unwrap();
    assert_eq!(follow("c"), Err(Refused::Full));
    follow("b").unwrap();
    assert_eq!(store.names(), ["a", "b"]);
}

#[test]
fn only_listening_sockets_are_held() {
    let mut store = Store::new();
    let (one, address) = listener();
    let connected = TcpStream::connect(address).unwrap();
    let bound = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let path = tempfile::tempdir().unwrap();
    let local = std::os::unix::net::UnixListener::bind(path.path().join("s")).unwrap();
    let others: [OwnedFd; 4] = [connected.into(), bound.into(), file.into(), local.into()];
    for other in others {
        assert_eq!(
            store.follow(b"+x", true, vec![other]),
            Err(Refused::NotListening)
        );
    }
    store.follow(b"+x", true, vec![one.into()]).unwrap();
}

#[test]
fn nonsense_is_refused_and_leaves_no_descriptor() {
    let (one, _) = listener();
    let socket = || OwnedFd::from(one.try_clone().unwrap());
    let before = descriptors();
    let mut store = Store::new();
    let cases: Vec<(&[u8], bool, Vec<OwnedFd>)> = vec![
        (b"", true, vec![]),
        (b"", true, vec![socket()]),
        (b"+", true, vec![socket()]),
        (b"+x", true, vec![]),
        (b"+x", true, vec![socket(), socket()]),
        (b"+x", false, vec![socket()]),
        (b"-", true, vec![]),
        (b"-x", true, vec![socket()]),
        (b"=x", true, vec![]),
        (b"=", true, vec![socket()]),
        (b"?x", true, vec![]),
    ];
    for (bytes, whole, descriptors) in cases {
        let followed = store.follow(bytes, whole, descriptors);
        assert_eq!(followed, Err(Refused::Malformed), "{bytes:?}");
    }
    assert_eq!(store.names(), [""; 0]);
    // Other tests of this process open and close some meanwhile, but not by the hundred.
    for _ in 0..500 {
        let _ = store.follow(b"?", true, vec![socket(), socket()]);
    }
    assert!(descriptors() < before + 500);
}

#[test]
fn who_floods_or_speaks_nonsense_is_heard_no_more() {
    let mut store = Store::new();
    let channel = inherit(&store.pass().unwrap());
    let (one, _) = listener();
    hold(&channel, "web", &one);
    let long = vec![b'-'; 2 * MOST_NAME];
    let many = [one.as_raw_fd(); 200];
    packet::send(channel.as_fd(), &long, &many, MsgFlags::empty()).unwrap();
    let before = descriptors();
    store.listen();
    assert!(store.channel().is_none());
    assert_eq!(store.names(), ["web"], "what it said before stays in force");
    assert!(descriptors() < before + 150, "the two hundred are closed");
    // Its end is closed: it notices, the supervisor goes on.
    packet::send(channel.as_fd(), b"-web", &[], MsgFlags::empty()).unwrap_err();
    assert_eq!(keeper(&mut store).inherited().len(), 1);
}

#[test]
fn a_process_that_never_reads_holds_nobody_up() {
    let mut store = Store::new();
    let (one, _) = listener();
    let channel = inherit(&store.pass().unwrap());
    for number in 0..100 {
        hold(&channel, &format!("{number}"), &one);
    }
    for _ in 0..50 {
        let _deaf = inherit(&store.pass().unwrap());
        store.listen();
    }
    assert_eq!(store.names().len(), 100);
}

#[test]
fn the_connection_can_be_inherited_and_nothing_else() {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    let flags = |fd: std::os::fd::BorrowedFd<'_>| {
        FdFlag::from_bits_truncate(fcntl(fd, FcntlArg::F_GETFD).unwrap())
    };
    let mut store = Store::new();
    let passed = store.pass().unwrap();
    assert!(!flags(passed.as_fd()).contains(FdFlag::FD_CLOEXEC));
    assert!(flags(store.channel().unwrap()).contains(FdFlag::FD_CLOEXEC));
    // As the process does with the number on its command line.
    let number = inherit(&passed);
    let raw = std::os::fd::IntoRawFd::into_raw_fd(number);
    let keeper = Keeper::of_descriptor(raw).unwrap();
    assert!(keeper.inherited().is_empty());
    // SAFETY: the keeper owns it and lives.
    let again = unsafe { std::os::fd::BorrowedFd::borrow_raw(raw) };
    assert!(flags(again).contains(FdFlag::FD_CLOEXEC));
    drop(keeper);
}
