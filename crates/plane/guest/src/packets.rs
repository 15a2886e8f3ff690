//! Frames that the guest at the other end of a tap sends, and answers to it.

use std::{
    ffi::CString,
    fs, io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use nix::errno::Errno;

/// `ETH_P_IP`
const IPV4: u16 = 0x0800;

/// The frames of IPv4 that pass a link.
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
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
        let protocol = IPV4.to_be();
        // SAFETY: numbers alone.
        let socket =
            Errno::result(unsafe { libc::socket(libc::AF_PACKET, kind, i32::from(protocol)) })?;
        // SAFETY: it was made just now, and is nobody else's.
        let socket = unsafe { OwnedFd::from_raw_fd(socket) };
        // SAFETY: all zero is a valid value of this structure of numbers.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = u16::try_from(libc::AF_PACKET).unwrap_or_default();
        address.sll_protocol = protocol;
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
        let mtu = setting("mtu")?;
        Ok(Self {
            socket,
            hardware: hardware(&setting("address")?)
                .ok_or_else(|| io::Error::other("the tap has no hardware address"))?,
            mtu: mtu.trim().parse().map_err(io::Error::other)?,
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
    let bytes: Option<Vec<u8>> = text
        .trim()
        .split(':')
        .map(|part| u8::from_str_radix(part, 16).ok())
        .collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses() {
        assert_eq!(hardware("0a:00:ff:00:00:05\n"), Some([10, 0, 255, 0, 0, 5]));
        for bad in ["", "0a:00", "0a:00:ff:00:00:05:06", "zz:00:ff:00:00:05"] {
            assert!(hardware(bad).is_none(), "{bad}");
        }
    }
}
