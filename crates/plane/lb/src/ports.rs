//! Which ports load balancers may take on addresses of the host.
//!
//! The ports belong to the host's own programs first: who may create a listener must not win a port
//! at the moment in which the program that uses it is started again. So a port is never taken
//! - outside of the ranges that the operator allows,
//! - if it is reserved (the control plane's own, SSH's),
//! - if another program was seen to listen there, until it was not seen for [`REMEMBERED`].
//!
//! Load balancers of another installation on this machine are no such program, and neither is a
//! control plane that listens at an address which is none of theirs.
//!
//! What was seen outlives this process and the machine's restarts: whoever supervises this process
//! keeps [`PortMemory`]. Sockets of our own, the last process's included, are known by their inodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{self, BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::OwnedFd,
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{clock, endpoint::Place, netns::Origin};

/// A program that was not seen for so long is not expected back.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);
/// When the kernel does not say from which ports it gives programs any.
const EPHEMERAL: (u16, u16) = (32768, 60999);
/// In `/proc/net/tcp`; such lines come first.
const LISTENING: &str = "0A";

/// What the operator allows, and what is never taken.
#[derive(Debug, Clone)]
pub struct PortRules {
    pub allowed: PortRanges,
    pub reserved: BTreeSet<u16>,
}

impl Default for PortRules {
    fn default() -> Self {
        Self {
            allowed: PortRanges::default(),
            reserved: BTreeSet::from([SSH]),
        }
    }
}

const SSH: u16 = 22;

/// `80,443,1024-65535`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRanges(Vec<(u16, u16)>);

/// By convention the other ports below 1024 are the system's.
impl Default for PortRanges {
    fn default() -> Self {
        Self(vec![(80, 80), (443, 443), (1024, u16::MAX)])
    }
}

impl PortRanges {
    fn contains(&self, port: u16) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|(first, last)| (*first..=*last).contains(&port))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("'{0}' is neither a port nor a range like 1024-65535")]
pub struct WrongRange(String);

impl FromStr for PortRanges {
    type Err = WrongRange;

    fn from_str(text: &str) -> Result<Self, WrongRange> {
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (1 <= first && first <= last).then_some((first, last))
        };
        let ranges = text
            .split(',')
            .map(|text| range(text).ok_or_else(|| WrongRange(text.to_owned())));
        Ok(Self(ranges.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for PortRanges {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match first == last {
                true => write!(out, "{comma}{first}")?,
                false => write!(out, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// What is known of the host's ports, to be kept beyond this process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortMemory {
    /// The kernel's name for the time since the machine started: inodes mean nothing in another.
    boot: String,
    /// Inodes of listening sockets of ours.
    own: BTreeSet<u64>,
    /// Ports of other programs.
    others: BTreeMap<u16, Other>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Other {
    /// When it was last seen to listen, in seconds since 1970.
    seen: u64,
    /// On all addresses, those of load balancers included.
    everywhere: bool,
}

/// The rules with what was seen, shared by all endpoints.
#[derive(Debug, Clone)]
pub struct Ports {
    rules: Arc<PortRules>,
    /// Addresses that the host's programs use too.
    local: Arc<ArcSwap<Vec<IpAddr>>>,
    memory: Arc<watch::Sender<PortMemory>>,
}

impl Ports {
    pub fn new(rules: PortRules, local: &[IpAddr], mut memory: PortMemory) -> Self {
        let boot = wharf_durable::boot_id();
        if memory.boot != boot {
            memory.boot = boot;
            memory.own.clear();
        }
        Self {
            rules: Arc::new(rules),
            local: Arc::new(ArcSwap::from_pointee(local.to_vec())),
            memory: Arc::new(watch::Sender::new(memory)),
        }
    }

    /// Load balancers listen at these addresses of the host from now on.
    pub(crate) fn listen_at(&self, local: &[IpAddr]) {
        self.local.store(Arc::new(local.to_vec()));
    }

    /// Follows what must be kept.
    pub fn changes(&self) -> watch::Receiver<PortMemory> {
        self.memory.subscribe()
    }

    /// Why a place is not taken, if so. Inside a VPC every port is the load balancer's.
    pub(crate) fn refuses(&self, place: &Place) -> Option<String> {
        if place.origin != Origin::Host {
            return None;
        }
        let port = place.address.port();
        if self.rules.reserved.contains(&port) {
            return Some("the port is reserved".to_owned());
        }
        if !self.rules.allowed.contains(port) {
            let allowed = &self.rules.allowed;
            return Some(format!(
                "load balancers may take ports {allowed} here (--lb-ports)"
            ));
        }
        let memory = self.memory.borrow();
        let other = memory.others.get(&port)?;
        let concerns = other.everywhere || self.is_local(place.address.ip());
        concerns.then(|| "another program listens there, or did".to_owned())
    }

    /// A listening socket of ours.
    pub(crate) fn own(&self, socket: &OwnedFd) {
        if let Some(inode) = inode(socket) {
            self.memory
                .send_if_modified(|memory| memory.own.insert(inode));
        }
    }

    /// Somebody has the address: remembers the port if it is another program that listens. Others
    /// have it for a moment only, as the local port of a connection.
    pub(crate) fn conflict(&self, place: &Place) {
        // Who has it for datagrams is not looked up.
        if place.origin == Origin::Host && !place.datagrams {
            let port = place.address.port();
            self.remember(|it| it.port == port);
        }
    }

    fn is_local(&self, address: IpAddr) -> bool {
        self.local.load().contains(&address)
    }

    /// Whether load balancers never listen at that address of the host.
    fn is_elsewhere(&self, address: IpAddr) -> bool {
        !address.is_unspecified() && !address.is_loopback() && !self.is_local(address)
    }

    /// Looks who listens on the host. Ports that the kernel gives to programs that ask for any are
    /// left out: who listens there does not come back to the same one.
    pub(crate) fn look(&self) {
        let (first, last) = ephemeral();
        self.remember(|it| !(first..=last).contains(&it.port));
    }

    fn remember(&self, matters: impl Fn(&Listening) -> bool) {
        let listening = match listening() {
            Ok(listening) => listening,
            Err(error) => {
                tracing::warn!(%error, "failed to read which ports are in use on this machine");
                return;
            }
        };
        let now = clock::unix_seconds();
        self.memory.send_if_modified(|memory| {
            let before = memory.clone();
            memory
                .own
                .retain(|own| listening.iter().any(|it| it.inode == *own));
            memory
                .others
                .retain(|_, other| now.saturating_sub(other.seen) < REMEMBERED.as_secs());
            for it in listening.iter().filter(|it| matters(it)) {
                let known = memory.others.contains_key(&it.port);
                if memory.own.contains(&it.inode)
                    || (!known && is_another_balancers(it.inode))
                    || (self.is_elsewhere(it.address) && is_a_servers(it.inode))
                {
                    continue;
                }
                let other = memory.others.entry(it.port).or_insert(Other {
                    seen: now,
                    everywhere: false,
                });
                other.everywhere |= it.address.is_unspecified();
                // To the day: it is written to disk with every change.
                if now.saturating_sub(other.seen) > 24 * 3600 {
                    other.seen = now;
                }
            }
            *memory != before
        });
    }
}

fn inode(socket: &OwnedFd) -> Option<u64> {
    nix::sys::stat::fstat(socket).ok().map(|it| it.st_ino)
}

/// Whether a socket is one of load balancers of another installation on this machine. Those compete
/// for ports as equals: who comes later waits until the port is free.
fn is_another_balancers(inode: u64) -> bool {
    let holders = holders(inode);
    let held_by = |role: &str| holders.iter().any(|it| it == role);
    // A supervisor holds those of a server too, which are no load balancer's.
    held_by("lb") || (!held_by("server") && (held_by("up") || held_by("node")))
}

/// Whether a socket is a control plane's.
fn is_a_servers(inode: u64) -> bool {
    holders(inode).iter().any(|it| it == "server")
}

/// The parts of wharf that have a socket open.
fn holders(inode: u64) -> Vec<String> {
    wharf_processes()
        .filter_map(|pid| holder(pid, inode))
        .collect()
}

fn wharf_processes() -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
        name.is_ok_and(|name| name.trim_end() == "wharf")
    })
}

/// The part of wharf that a process is, if it has the socket open.
fn holder(pid: u32, inode: u64) -> Option<String> {
    let socket = format!("socket:[{inode}]");
    let mut open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
    open.find(|it| {
        std::fs::read_link(it.path()).is_ok_and(|to| to.as_os_str() == socket.as_str())
    })?;
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let role = arguments.split(|byte| *byte == 0).nth(1)?;
    Some(String::from_utf8_lossy(role).into_owned())
}

fn ephemeral() -> (u16, u16) {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let parse = |text: String| {
        let mut numbers = text.split_whitespace().map(|it| it.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    text.ok().and_then(parse).unwrap_or(EPHEMERAL)
}

#[derive(Debug, PartialEq, Eq)]
struct Listening {
    address: IpAddr,
    port: u16,
    inode: u64,
}

/// The listening TCP sockets of the host's network.
fn listening() -> io::Result<Vec<Listening>> {
    let mut found = Vec::new();
    for path in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        let file = match std::fs::File::open(path) {
            Ok(file) => BufReader::new(file),
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in file.lines().skip(1) {
            match parse(&line?) {
                Some(it) => found.push(it),
                // Connections follow, of which there may be very many.
                None => break,
            }
        }
    }
    Ok(found)
}

/// `0: 0100007F:1F90 00000000:0000 0A … <uid> <timeout> <inode> …`; `None` if it does not listen.
fn parse(line: &str) -> Option<Listening> {
    let mut fields = line.split_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    if state != LISTENING {
        return None;
    }
    Some(Listening {
        address: parse_address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        inode: fields.nth(5)?.parse().ok()?,
    })
}

/// Words of 32 bits, each as this machine has it in memory.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let word = u32::from_str_radix(text.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let bytes = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            let bytes: [u8; 16] = bytes.try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn ports(text: &str, reserved: u16) -> Ports {
        let rules = PortRules {
            allowed: text.parse().unwrap(),
            reserved: BTreeSet::from([reserved]),
        };
        Ports::new(rules, &[Ipv4Addr::LOCALHOST.into()], PortMemory::default())
    }

    fn at(address: &str, port: u16) -> Place {
        Place::new(Origin::Host, address.parse().unwrap(), port)
    }

    #[test]
    fn ranges_are_read_and_shown() {
        for text in ["80", "80,443,1024-65535", "1-65535"] {
            assert_eq!(text.parse::<PortRanges>().unwrap().to_string(), text);
        }
        for wrong in ["", "0", "80-", "9-8", "x", "1-65536", "80,,81"] {
            wrong.parse::<PortRanges>().unwrap_err();
        }
    }

    #[test]
    fn some_ports_are_never_taken_on_the_host() {
        let ports = ports("80,8000-8999", 8001);
        assert_eq!(ports.refuses(&at("127.0.0.1", 80)), None);
        assert_eq!(ports.refuses(&at("127.64.0.9", 8999)), None);
        for refused in [
            at("127.0.0.1", 8001),
            at("127.64.0.9", 8001),
            at("127.0.0.1", 443),
        ] {
            assert!(ports.refuses(&refused).is_some(), "{refused:?}");
        }
        let mut inside = at("172.31.0.4", 22);
        inside.origin = Origin::Namespace(std::path::Path::new("/n").into());
        assert_eq!(ports.refuses(&inside), None);
    }

    #[test]
    fn a_port_that_another_program_had_is_left_to_it() {
        let ports = ports("1-65535", 22);
        let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = squatter.local_addr().unwrap().port();
        ports.look();
        let (local, public) = (at("127.0.0.1", port), at("127.64.0.9", port));
        assert_eq!(ports.refuses(&local), None, "the kernel chose it");
        ports.conflict(&local);
        drop(squatter);
        assert!(ports.refuses(&local).is_some());
        assert_eq!(ports.refuses(&public), None, "it was on one address");
        let kept = ports.changes().borrow().clone();
        let kept = serde_json::from_slice(&serde_json::to_vec(&kept).unwrap()).unwrap();
        let rules = PortRules::default();
        let next = Ports::new(rules, &[Ipv4Addr::LOCALHOST.into()], kept);
        assert!(next.refuses(&local).is_some(), "the next process knows");

        let wide = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = wide.local_addr().unwrap().port();
        ports.conflict(&at("127.64.0.9", port));
        assert!(ports.refuses(&at("127.64.0.9", port)).is_some());
    }

    #[test]
    fn a_new_address_of_the_host_is_its_programs_too() {
        let ports = ports("1-65535", 22);
        let squatter = TcpListener::bind("127.0.0.9:0").unwrap();
        let place = at("127.0.0.9", squatter.local_addr().unwrap().port());
        ports.conflict(&place);
        drop(squatter);
        assert_eq!(ports.refuses(&place), None, "load balancers have it alone");
        ports.listen_at(&[Ipv4Addr::LOCALHOST.into(), place.address.ip()]);
        assert!(ports.refuses(&place).is_some());
    }

    #[test]
    fn sockets_of_our_own_are_no_others() {
        let ports = ports("1-65535", 22);
        let own = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = at("127.0.0.1", own.local_addr().unwrap().port());
        let own = OwnedFd::from(own);
        ports.own(&own);
        ports.conflict(&place);
        assert_eq!(ports.refuses(&place), None);
        // The next process, while this one is still ending.
        let kept = ports.changes().borrow().clone();
        let local = [Ipv4Addr::LOCALHOST.into()];
        let next = Ports::new(PortRules::default(), &local, kept.clone());
        next.conflict(&place);
        assert_eq!(next.refuses(&place), None);
        let mut other_boot = kept;
        other_boot.boot = "another".to_owned();
        let next = Ports::new(PortRules::default(), &local, other_boot);
        next.conflict(&place);
        assert!(next.refuses(&place).is_some());
    }

    #[test]
    fn programs_are_forgotten_in_the_end() {
        let ports = ports("1-65535", 22);
        let other = |ago: u64| Other {
            seen: clock::unix_seconds() - ago,
            everywhere: true,
        };
        ports.memory.send_modify(|memory| {
            memory.others.insert(1, other(REMEMBERED.as_secs() + 1));
            memory.others.insert(2, other(REMEMBERED.as_secs() - 60));
        });
        ports.look();
        assert_eq!(ports.refuses(&at("127.0.0.1", 1)), None);
        assert!(ports.refuses(&at("127.0.0.1", 2)).is_some());
    }

    #[test]
    fn lines_of_the_kernel() {
        let v4 = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0";
        let parsed = parse(v4).unwrap();
        assert_eq!((parsed.port, parsed.inode), (8080, 4711));
        if cfg!(target_endian = "little") {
            assert_eq!(parsed.address, IpAddr::from([127, 0, 0, 1]));
        }
        let v6 = "   1: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0";
        assert!(parse(v6).unwrap().address.is_unspecified());
        assert_eq!(parse(&v4.replace(" 0A ", " 01 ")), None);
        assert_eq!(parse("nonsense"), None);
    }
}
