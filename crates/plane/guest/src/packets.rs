//! Frames that the guest at the other end of a tap sends, and answers to it.

use std::{
    ffi::CString,
    fs, io,
    os::fd::{AsFd as _, AsRawFd, FromRawFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use wharf_network::MacAddress;

/// `ETH_P_IP`
const IPV4: u16 = 0x0800;
/// `ETH_P_IPV6`
const IPV6: u16 = 0x86dd;
/// Of what is asked for here; what is longer is cut off, and by that not answered.
const LONGEST: usize = 2048;

const fn step(code: u16, jumps: (u8, u8), value: u32) -> libc::sock_filter {
    libc::sock_filter {
        code,
        jt: jumps.0,
        jf: jumps.1,
        k: value,
    }
}

/// What the kernel hands over of IPv4: UDP to the port of DHCP servers. All else that passes costs nothing here.
const FILTER: [libc::sock_filter; 11] = [
    step(0x28, (0, 0), 12),
    step(0x15, (0, 7), IPV4 as u32),
    // The protocol, and whether it is the first part of a packet.
    step(0x30, (0, 0), 23),
    step(0x15, (0, 5), 17),
    step(0x28, (0, 0), 20),
    step(0x45, (3, 0), 0x1fff),
    // The port, behind a head of any length.
    step(0xb1, (0, 0), 14),
    step(0x48, (0, 0), 16),
    step(0x15, (1, 0), 67),
    step(0x06, (0, 0), 0),
    step(0x06, (0, 0), 0xffff),
];

/// The same of IPv6, where nothing stands between the first head and that of the protocol: UDP to the port of DHCPv6 servers, and
/// who asks for routers or for neighbours.
const FILTER_IPV6: [libc::sock_filter; 12] = [
    step(0x28, (0, 0), 12),
    step(0x15, (0, 8), IPV6 as u32),
    // The protocol.
    step(0x30, (0, 0), 20),
    step(0x15, (0, 2), 17),
    step(0x28, (0, 0), 56),
    step(0x15, (5, 4), 547),
    step(0x15, (0, 3), 58),
    // The kind of the message.
    step(0x30, (0, 0), 54),
    step(0x15, (2, 0), 133),
    step(0x15, (1, 0), 135),
    step(0x06, (0, 0), 0),
    step(0x06, (0, 0), 0xffff),
];

/// What of a link is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Ipv4,
    Ipv6,
}

/// The requests of a family that pass a link.
pub struct Packets {
    socket: OwnedFd,
    /// The link's own hardware address.
    pub hardware: [u8; 6],
    pub mtu: u16,
}

impl Packets {
    /// Of the link of that name in this process's network namespace.
    pub fn of(link: &str, family: Family) -> io::Result<Self> {
        let (protocol, mut steps) = match family {
            Family::Ipv4 => (IPV4, FILTER.to_vec()),
            Family::Ipv6 => (IPV6, FILTER_IPV6.to_vec()),
        };
        let name = CString::new(link)?;
        // SAFETY: a C string that outlives the call.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        if index == 0 {
            return Err(io::Error::last_os_error());
        }
        // Of no protocol: nothing comes before there is a filter.
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
        // SAFETY: numbers alone.
        let socket = Errno::result(unsafe { libc::socket(libc::AF_PACKET, kind, 0) })?;
        // SAFETY: it was made just now, and is nobody else's.
        let socket = unsafe { OwnedFd::from_raw_fd(socket) };
        let filter = libc::sock_fprog {
            len: u16::try_from(steps.len()).map_err(io::Error::other)?,
            filter: steps.as_mut_ptr(),
        };
        // SAFETY: the structure and its steps outlive the call, which copies them.
        Errno::result(unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                (&raw const filter).cast(),
                size_of::<libc::sock_fprog>() as libc::socklen_t,
            )
        })?;
        // SAFETY: all zero is a valid value of this structure of numbers.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = u16::try_from(libc::AF_PACKET).unwrap_or_default();
        address.sll_protocol = protocol.to_be();
        address.sll_ifindex = i32::try_from(index).map_err(io::Error::other)?;
        // SAFETY: the structure outlives the call, and its length is its own.
        Errno::result(unsafe {
            libc::bind(
                socket.as_raw_fd(),
                (&raw const address).cast(),
                size_of::<libc::sockaddr_ll>() as libc::socklen_t,
            )
        })?;
        let setting = |name: &str| fs::read_to_string(format!("/sys/class/net/{link}/{name}"));
        let mtu: u32 = setting("mtu")?.trim().parse().map_err(io::Error::other)?;
        Ok(Self {
            socket,
            hardware: hardware(&setting("address")?)
                .ok_or_else(|| io::Error::other("the tap has no hardware address"))?,
            mtu: u16::try_from(mtu).unwrap_or(u16::MAX),
        })
    }

    /// Answers each frame that `answer` has an answer to, for as long as the link is there.
    pub fn serve(self, answer: impl Fn(&[u8], [u8; 6]) -> Option<Vec<u8>>) -> io::Result<()> {
        let mut buffer = [0; LONGEST];
        loop {
            let heard = self.hear(&mut buffer)?;
            if let Some(frame) = answer(heard, self.hardware) {
                self.say(&frame);
            }
        }
    }

    /// The same; and says each time `after` that long what `unasked` has to say.
    pub fn serve_and_tell(
        self,
        answer: impl Fn(&[u8]) -> Option<Vec<u8>>,
        (after, unasked): (Duration, impl Fn() -> Option<Vec<u8>>),
    ) -> io::Result<()> {
        let mut buffer = [0; LONGEST];
        let mut next = Instant::now() + after;
        loop {
            let now = Instant::now();
            let said = if now >= next {
                next = now + after;
                unasked()
            } else if self.waits(next - now)? {
                answer(self.hear(&mut buffer)?)
            } else {
                None
            };
            if let Some(frame) = said {
                self.say(&frame);
            }
        }
    }

    /// Whether something is to be heard within that time.
    fn waits(&self, most: Duration) -> io::Result<bool> {
        let mut ready = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::MAX);
        match poll(&mut ready, most) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The next frame; nothing if there was none after all.
    fn hear<'a>(&self, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
        match nix::unistd::read(&self.socket, buffer) {
            Ok(length) => Ok(&buffer[..length]),
            // The link goes down and comes up as the emulator does.
            Err(Errno::EINTR | Errno::ENETDOWN) => Ok(&[]),
            Err(errno) => Err(errno.into()),
        }
    }

    /// One that is lost is asked for again.
    fn say(&self, frame: &[u8]) {
        let _ = nix::unistd::write(&self.socket, frame);
    }
}

/// `0a:00:…`
fn hardware(text: &str) -> Option<[u8; 6]> {
    let address: MacAddress = text.trim().parse().ok()?;
    Some(address.octets())
}

#[cfg(test)]
mod tests {
    use std::{net::UdpSocket, process::Command, sync::mpsc, thread};

    use nix::sched::{CloneFlags, unshare};

    use super::*;

    /// Like all that looks at frames, this needs root.
    #[test]
    fn requests_of_dhcp_are_heard_and_nothing_else() {
        let packets = Packets::of("lo", Family::Ipv4).unwrap();
        let (heard, hears) = mpsc::channel();
        thread::spawn(move || {
            packets.serve(|frame, _| {
                let _ = heard.send(frame.to_vec());
                None
            })
        });
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let marks = [std::process::id().to_string(), "for nobody".to_owned()];
        socket.send_to(marks[1].as_bytes(), "127.0.0.1:9").unwrap();
        socket.send_to(marks[0].as_bytes(), "127.0.0.1:67").unwrap();
        // Other processes may ask for an address too.
        loop {
            let frame = hears.recv_timeout(Duration::from_secs(10)).unwrap();
            assert!(!frame.ends_with(marks[1].as_bytes()));
            if frame.ends_with(marks[0].as_bytes()) {
                return;
            }
        }
    }

    /// In a namespace of its own: this machine may have no IPv6.
    #[test]
    fn requests_over_ipv6_are_heard_and_what_nobody_asked_for_is_said() {
        let there = thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            let mut ip = Command::new("ip");
            let status = ip.args(["link", "set", "lo", "up"]).status();
            assert!(status.unwrap().success());
            let socket = UdpSocket::bind("[::1]:0").unwrap();
            (Packets::of("lo", Family::Ipv6).unwrap(), socket)
        });
        let (packets, socket) = there.join().unwrap();
        let (heard, hears) = mpsc::channel();
        let tells = heard.clone();
        thread::spawn(move || {
            let answer = |frame: &[u8]| {
                let _ = heard.send(frame.to_vec());
                None
            };
            let unasked = || {
                let _ = tells.send(b"unasked".to_vec());
                None
            };
            packets.serve_and_tell(answer, (Duration::from_millis(10), unasked))
        });
        socket.send_to(b"for nobody", "[::1]:9").unwrap();
        socket.send_to(b"for the server", "[::1]:547").unwrap();
        let mut missing = vec![&b"for the server"[..], b"unasked"];
        while !missing.is_empty() {
            let frame = hears.recv_timeout(Duration::from_secs(10)).unwrap();
            assert!(!frame.ends_with(b"for nobody"));
            missing.retain(|it| !frame.ends_with(it));
        }
    }

    /// What the kernel comes to by a filter of such steps.
    fn passes(filter: &[libc::sock_filter], frame: &[u8]) -> bool {
        let (mut at, mut value) = (0, 0);
        loop {
            let step = filter[at];
            at += 1;
            let place = usize::try_from(step.k).unwrap();
            match (step.code, frame.get(place..)) {
                (0x28, Some([a, b, ..])) => value = u32::from(u16::from_be_bytes([*a, *b])),
                (0x30, Some([a, ..])) => value = u32::from(*a),
                (0x28 | 0x30, _) => return false,
                (0x15, _) if value == step.k => at += usize::from(step.jt),
                (0x15, _) => at += usize::from(step.jf),
                (0x06, _) => return step.k > 0,
                (code, _) => panic!("{code:#x}"),
            }
        }
    }

    #[test]
    fn the_filter_of_ipv6() {
        let frame = |kind: [u8; 2], protocol: u8, payload: &[u8]| {
            let mut frame = vec![0; 54];
            frame[12..14].copy_from_slice(&kind);
            frame[20] = protocol;
            frame.extend_from_slice(payload);
            frame
        };
        let six = |protocol, payload: &[u8]| frame([0x86, 0xdd], protocol, payload);
        for good in [
            six(17, &[0, 0, 2, 0x23]),
            six(58, &[133]),
            six(58, &[135, 0]),
        ] {
            assert!(passes(&FILTER_IPV6, &good), "{good:?}");
        }
        for bad in [
            six(17, &[2, 0x23, 2, 0x22]),
            six(17, &[0, 0, 2]),
            six(58, &[]),
            six(58, &[134]),
            six(58, &[136]),
            six(6, &[135, 0, 2, 0x23]),
            // Behind heads of other kinds nobody asks.
            six(0, &[58, 0, 2, 0x23]),
            six(44, &[133, 0, 2, 0x23]),
            frame([8, 0], 17, &[0, 0, 2, 0x23]),
            Vec::new(),
        ] {
            assert!(!passes(&FILTER_IPV6, &bad), "{bad:?}");
        }
    }

    #[test]
    fn hardware_addresses() {
        assert_eq!(hardware("0a:00:ff:00:00:05\n"), Some([10, 0, 255, 0, 0, 5]));
        for bad in ["", "0a:00", "0a:00:ff:00:00:05:06", "zz:00:ff:00:00:05"] {
            assert!(hardware(bad).is_none(), "{bad}");
        }
    }
}
