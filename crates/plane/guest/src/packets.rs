//! Frames that the guest at the other end of a tap sends, and answers to it.

use std::{
    ffi::CString,
    fs, io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use nix::errno::Errno;
use wharf_network::MacAddress;

/// `ETH_P_IP`
const IPV4: u16 = 0x0800;

const fn step(code: u16, jumps: (u8, u8), value: u32) -> libc::sock_filter {
    libc::sock_filter {
        code,
        jt: jumps.0,
        jf: jumps.1,
        k: value,
    }
}

/// What the kernel hands over: of UDP over IPv4, to the port of DHCP servers. All else that passes costs nothing here.
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

/// The requests of DHCP that pass a link.
pub struct Packets {
    socket: OwnedFd,
    /// The link's own hardware address.
    pub hardware: [u8; 6],
    pub mtu: u16,
}

impl Packets {
    /// Of the link of that name in this process's network namespace.
    pub fn of(link: &str) -> io::Result<Self> {
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
        let mut steps = FILTER;
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
        address.sll_protocol = IPV4.to_be();
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
        let mut buffer = [0; 2048];
        loop {
            let length = match nix::unistd::read(&self.socket, &mut buffer) {
                Ok(length) => length,
                // The link goes down and comes up as the emulator does.
                Err(Errno::EINTR | Errno::ENETDOWN) => continue,
                Err(errno) => return Err(errno.into()),
            };
            if let Some(frame) = answer(&buffer[..length], self.hardware) {
                // One that is lost is asked for again.
                let _ = nix::unistd::write(&self.socket, &frame);
            }
        }
    }
}

/// `0a:00:…`
fn hardware(text: &str) -> Option<[u8; 6]> {
    let address: MacAddress = text.trim().parse().ok()?;
    Some(address.octets())
}

#[cfg(test)]
mod tests {
    use std::{net::UdpSocket, sync::mpsc, thread, time::Duration};

    use super::*;

    /// Like all that looks at frames, this needs root.
    #[test]
    fn requests_of_dhcp_are_heard_and_nothing_else() {
        let packets = Packets::of("lo").unwrap();
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

    #[test]
    fn hardware_addresses() {
        assert_eq!(hardware("0a:00:ff:00:00:05\n"), Some([10, 0, 255, 0, 0, 5]));
        for bad in ["", "0a:00", "0a:00:ff:00:00:05:06", "zz:00:ff:00:00:05"] {
            assert!(hardware(bad).is_none(), "{bad}");
        }
    }
}
