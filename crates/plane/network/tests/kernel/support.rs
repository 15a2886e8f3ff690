//! A host in namespaces, its neighbour, and traffic between all of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::socket::{Shutdown, shutdown};
use tokio::sync::mpsc;
use wharf_network::*;

/// Long enough for a loaded machine, short enough for what must not arrive.
pub const PATIENCE: Duration = Duration::from_secs(10);
pub const REFUSED: Duration = Duration::from_millis(300);
pub const EXTERNAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// With `1`, all tests are on hosts that forward packets anyway, as those with Docker do.
const FORWARD: &str = "WHARF_TEST_IP_FORWARD";

/// The host of one test: the namespaces of the thread it runs on.
pub struct Host {
    pub dir: tempfile::TempDir,
    /// The host's neighbour; its default gateway too.
    pub neighbour: PathBuf,
}

/// Runs `test` on a host of its own.
pub fn on_a_host<F: Future<Output = ()>>(test: impl FnOnce(Host) -> F + Send + 'static) {
    let thread = thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("tests run as root");
        let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        forget_namespaces();
        // A new namespace has what the machine has, which may be a router.
        let forward = std::env::var(FORWARD).unwrap_or_else(|_| "0".to_owned());
        run("sysctl", &format!("-qw net.ipv4.ip_forward={forward}"));
        let dir = tempfile::tempdir().unwrap();
        let neighbour = dir.path().join("neighbour");
        File::create(&neighbour).unwrap();
        let place = neighbour.clone();
        thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            let own = Some("/proc/thread-self/ns/net");
            mount(own, &place, None::<&str>, MsFlags::MS_BIND, None::<&str>).unwrap();
        })
        .join()
        .unwrap();
        ip(&format!(
            "link add ext0 type veth peer name ext0 netns {}",
            neighbour.display()
        ));
        // No address of its own making: it would turn from tentative to settled meanwhile.
        ip("link set ext0 addrgenmode none");
        for command in [
            "link set lo up",
            "addr add 192.0.2.1/24 dev ext0",
            "link set ext0 up",
        ] {
            ip(command);
        }
        inside(&neighbour, || {
            for command in [
                "link set lo up",
                "link set ext0 addrgenmode none",
                "addr add 192.0.2.2/24 dev ext0",
                "link set ext0 up",
            ] {
                ip(command);
            }
        });
        // The kernel notes later that the other end is up, and lists would differ.
        let carrier = || ip("link show ext0").contains("state UP");
        eventually("carrier", carrier);
        inside(&neighbour, || {
            eventually("the neighbour's carrier", carrier)
        });
        ip("route add default via 192.0.2.2");
        runtime().block_on(test(Host { dir, neighbour }));
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Unmounts namespaces. A copy of the machine's mounts holds those of tests that run there, whose
/// end would show as a difference here; and a folder with mounts in it cannot be removed.
fn forget_namespaces() {
    let mounts = std::fs::read_to_string("/proc/thread-self/mounts").unwrap();
    for line in mounts.lines().filter(|line| line.starts_with("nsfs ")) {
        let place = line.split(' ').nth(1).unwrap();
        let _ = nix::mount::umount2(place, nix::mount::MntFlags::MNT_DETACH);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        forget_namespaces();
    }
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not come about");
        thread::yield_now();
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

impl Host {
    pub fn config(&self, id: &str) -> NetworkConfig {
        config(self.dir.path(), id)
    }

    pub async fn start(&self, id: &str) -> (Network, mpsc::Receiver<EndpointListener>) {
        Network::start(self.config(id)).await.unwrap()
    }
}

pub fn config(dir: &Path, id: &str) -> NetworkConfig {
    let id = wharf_base::InstallationId::try_from(id.to_owned()).unwrap();
    let mut config = NetworkConfig::new(id.clone(), dir.join(format!("network-{id}")));
    config.shared_dir = dir.join("shared");
    config
}

/// Runs `work` on a thread in the namespace at `path`.
pub fn inside<T: Send>(path: &Path, work: impl FnOnce() -> T + Send) -> T {
    let file = File::open(path).unwrap();
    thread::scope(|scope| {
        let visit = scope.spawn(move || {
            setns(file, CloneFlags::CLONE_NEWNET).unwrap();
            work()
        });
        visit
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What a program prints; it must succeed.
pub fn run(program: &str, args: &str) -> String {
    let output = Command::new(program)
        .args(args.split_whitespace())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn ip(args: &str) -> String {
    run("ip", args)
}

/// Answers every connection with the address it comes from.
pub struct Server {
    listener: TcpListener,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// In the namespace at `path`, or the caller's.
    pub fn start(path: Option<&Path>, port: u16) -> Self {
        let listen = || TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
        Self::on(path.map_or_else(listen, |path| inside(path, listen)))
    }

    pub fn on(listener: TcpListener) -> Self {
        listener.set_nonblocking(false).unwrap();
        let accepting = listener.try_clone().unwrap();
        let thread = thread::spawn(move || {
            while let Ok((mut stream, peer)) = accepting.accept() {
                let _ = stream.read_exact(&mut [0]);
                // In one piece, for who reads once.
                let _ = stream.write_all(peer.ip().to_string().as_bytes());
            }
        });
        Self {
            listener,
            thread: Some(thread),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = shutdown(self.listener.as_raw_fd(), Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The address that a server sees a connection from here come from.
pub fn ask(to: (Ipv4Addr, u16), patience: Duration) -> io::Result<Ipv4Addr> {
    ask_from(None, to, patience)
}

/// As `ask`, from the namespace at `path`.
pub fn ask_from(
    path: Option<&Path>,
    to: (Ipv4Addr, u16),
    patience: Duration,
) -> io::Result<Ipv4Addr> {
    let question = || -> io::Result<Ipv4Addr> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from(to), patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(b"?")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        text.parse().map_err(io::Error::other)
    };
    match path {
        Some(path) => inside(path, question),
        None => question(),
    }
}

/// A socket that only receives, in the namespace at `path` or the caller's.
pub fn receiver(path: Option<&Path>, address: Ipv4Addr, port: u16) -> UdpSocket {
    let bind = || UdpSocket::bind((address, port)).unwrap();
    let socket = path.map_or_else(bind, |path| inside(path, bind));
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Sends `text` on its way, once: whether it lands is for the receiver to say.
pub fn shout(path: Option<&Path>, to: (Ipv4Addr, u16), text: &str) {
    let send = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        // A refusal by the sender's own kernel is fine too.
        let _ = socket.send_to(text.as_bytes(), to);
    };
    path.map_or_else(send, |path| inside(path, send));
}

/// The next text that lands.
pub fn heard(socket: &UdpSocket) -> String {
    let mut buffer = [0; 64];
    let len = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..len]).into_owned()
}

/// A UDP service that answers each datagram with the address it came from; ends on an empty one,
/// or when nothing comes.
pub fn udp_server(path: &Path, port: u16) -> JoinHandle<()> {
    let socket = inside(path, || {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap()
    });
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((len, peer)) = socket.recv_from(&mut buffer) {
            if len == 0 {
                return;
            }
            let _ = socket.send_to(peer.ip().to_string().as_bytes(), peer);
        }
    })
}

pub fn ask_udp(to: (Ipv4Addr, u16), patience: Duration) -> io::Result<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(patience))?;
    socket.connect(to)?;
    socket.send(b"?")?;
    let mut buffer = [0; 64];
    let len = socket.recv(&mut buffer)?;
    String::from_utf8_lossy(&buffer[..len])
        .parse()
        .map_err(io::Error::other)
}

/// Whether an echo request from the namespace at `path` is answered.
pub fn pings(path: &Path, to: Ipv4Addr, patience: Duration) -> bool {
    use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
    let socket = inside(path, || {
        let flags = SockFlag::SOCK_CLOEXEC;
        let protocol = SockProtocol::Icmp;
        socket(AddressFamily::Inet, SockType::Datagram, flags, protocol).unwrap()
    });
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(patience)).unwrap();
    // Echo request; the kernel fills in the number and the sum.
    let request = [8, 0, 0, 0, 0, 0, 0, 1];
    socket.send_to(&request, (to, 0)).unwrap();
    let mut buffer = [0; 64];
    socket.recv(&mut buffer).is_ok()
}

pub fn bridge(ports: &[(u16, HostPort, Protocol)]) -> Mode {
    let mapping = |(port, host, protocol): &(u16, HostPort, Protocol)| PortMapping {
        container: PortRange::single(*port),
        host: *host,
        protocol: *protocol,
    };
    Mode::Bridge {
        ports: ports.iter().map(mapping).collect(),
    }
}

pub fn web() -> Mode {
    bridge(&[(80, HostPort::Dynamic, Protocol::Tcp)])
}

/// The interface with that last byte in 172.31.16.0/20 of `vpc`.
pub fn eni(vpc: &str, last: u8) -> Mode {
    Mode::Awsvpc(Eni {
        vpc_id: vpc.to_owned(),
        eni_id: eni_id(vpc, last),
        mac: MacAddress::new([0x0a, 0, 0, 0, 0, last]),
        address: eni_address(last),
        subnet: "172.31.16.0/20".parse().unwrap(),
        gateway: Ipv4Addr::new(172, 31, 16, 1),
        ipv6: Vec::new(),
    })
}

pub fn eni_id(vpc: &str, last: u8) -> String {
    format!("eni-{vpc}-{last}")
}

pub fn eni_address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(172, 31, 20, last)
}

pub fn netns(attachment: &Attachment) -> &Path {
    attachment.netns.as_deref().unwrap()
}

pub fn address(attachment: &Attachment) -> Ipv4Addr {
    attachment.address.unwrap()
}

/// Everything on this host that a network could leave behind.
pub fn lists() -> Vec<(&'static str, String)> {
    vec![
        ("links", ip("-o link show")),
        ("addresses", ip("-o addr show")),
        ("routes", ip("route show table all")),
        ("rules", ip("rule show")),
        ("neighbours", ip("neigh show nud permanent")),
        ("nftables", run("nft", "list ruleset")),
        (
            "mounts",
            std::fs::read_to_string("/proc/thread-self/mounts").unwrap(),
        ),
        ("settings", settings()),
    ]
}

/// The IPv4 settings of all interfaces and the few global ones.
fn settings() -> String {
    let mut text = String::new();
    let mut files = vec![PathBuf::from("/proc/sys/net/ipv4/ip_forward")];
    for folder in ["/proc/sys/net/ipv4/conf", "/proc/sys/net/ipv6/conf"] {
        for interface in std::fs::read_dir(folder).into_iter().flatten() {
            for file in std::fs::read_dir(interface.unwrap().path()).unwrap() {
                files.push(file.unwrap().path());
            }
        }
    }
    files.sort();
    for file in files {
        if let Ok(value) = std::fs::read_to_string(&file) {
            text.push_str(&format!("{} = {}\n", file.display(), value.trim()));
        }
    }
    text
}

pub fn assert_same_lists(before: &[(&'static str, String)], after: &[(&'static str, String)]) {
    for ((name, before), (_, after)) in before.iter().zip(after) {
        assert_eq!(before, after, "{name}");
    }
}
