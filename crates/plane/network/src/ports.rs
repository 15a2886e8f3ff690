//! Host ports of bridge tasks: who has which, and which are free.
//!
//! A port in use is also held by a socket that is bound and never listens, so that neither another
//! program nor another installation takes it meanwhile; packets are redirected before they could
//! reach it. The choice is pure: the socket comes from a [`Holder`].

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, socket};

use crate::error::NetworkError;
use crate::model::{Binding, HostPort, PortMapping, PortRange, Protocol};

/// A task has at most this many ports published, each of which takes a descriptor
/// (AWS: 100 mappings or ranges a container).
pub(crate) const MAX_PORTS: usize = 1024;

/// Binds host ports.
pub(crate) trait Holder {
    type Held;
    fn hold(&mut self, protocol: Protocol, port: u16) -> io::Result<Self::Held>;
}

/// Binds them in the calling thread's namespace, on all addresses.
#[derive(Debug)]
pub(crate) struct HostPorts;

impl Holder for HostPorts {
    type Held = OwnedFd;

    fn hold(&mut self, protocol: Protocol, port: u16) -> io::Result<OwnedFd> {
        let kind = match protocol {
            Protocol::Tcp => SockType::Stream,
            Protocol::Udp => SockType::Datagram,
        };
        let fd = socket(AddressFamily::Inet, kind, SockFlag::SOCK_CLOEXEC, None)?;
        bind(fd.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, port))?;
        Ok(fd)
    }
}

#[derive(Debug)]
pub(crate) struct PortTable {
    dynamic: RangeInclusive<u16>,
    /// Where the search for the next dynamic port begins: ports given back rest.
    next: u16,
    used: BTreeMap<(Protocol, u16), String>,
}

impl PortTable {
    pub(crate) fn new(dynamic: RangeInclusive<u16>) -> Self {
        Self {
            next: *dynamic.start(),
            dynamic,
            used: BTreeMap::new(),
        }
    }

    /// Notes what `key` has.
    pub(crate) fn adopt(&mut self, key: &str, bindings: &[Binding]) {
        for binding in bindings {
            for port in binding.host.iter() {
                self.used.insert((binding.protocol, port), key.to_owned());
                if self.dynamic.contains(&port) && port >= self.next {
                    self.next = self.following(port);
                }
            }
        }
    }

    pub(crate) fn release(&mut self, key: &str) {
        self.used.retain(|_, owner| owner != key);
    }

    /// Chooses and holds host ports for all mappings, or none. `adopt` makes it known.
    ///
    /// # Errors
    /// `PortInUse`, `PortsExhausted`, `BadMode`.
    pub(crate) fn choose<H: Holder>(
        &self,
        mappings: &[PortMapping],
        holder: &mut H,
    ) -> Result<(Vec<Binding>, Vec<H::Held>), NetworkError> {
        check(mappings)?;
        let mut choice = Choice {
            table: self,
            holder,
            taken: BTreeMap::new(),
        };
        // Fixed ports first: no dynamic one may sit on a port that this very task asks for.
        let mut bindings = vec![None; mappings.len()];
        for fixed in [true, false] {
            for (mapping, binding) in mappings.iter().zip(&mut bindings) {
                let host = match mapping.host {
                    HostPort::Fixed(first) if fixed => choice.fixed(mapping, first)?,
                    HostPort::Dynamic if !fixed => choice.dynamic(mapping)?,
                    _ => continue,
                };
                *binding = Some(Binding {
                    container: mapping.container,
                    host,
                    protocol: mapping.protocol,
                    bind_ip: Ipv4Addr::UNSPECIFIED,
                });
            }
        }
        let held = choice.taken.into_values().collect();
        Ok((bindings.into_iter().flatten().collect(), held))
    }

    fn following(&self, port: u16) -> u16 {
        if port >= *self.dynamic.end() {
            *self.dynamic.start()
        } else {
            port + 1
        }
    }
}

fn check(mappings: &[PortMapping]) -> Result<(), NetworkError> {
    let bad = |text: String| Err(NetworkError::BadMode(text));
    let mut total = 0;
    for mapping in mappings {
        let PortRange { first, last } = mapping.container;
        let len = mapping.container.len();
        if len == 0 {
            return bad(format!("container ports {first}-{last}"));
        }
        if let HostPort::Fixed(host) = mapping.host
            && (host == 0 || host.checked_add(len - 1).is_none())
        {
            return bad(format!("host port {host} for {len} container ports"));
        }
        total += usize::from(len);
    }
    if total > MAX_PORTS {
        return bad(format!(
            "{total} published ports, at most {MAX_PORTS} are possible"
        ));
    }
    Ok(())
}

struct Choice<'a, H: Holder> {
    table: &'a PortTable,
    holder: &'a mut H,
    taken: BTreeMap<(Protocol, u16), H::Held>,
}

impl<H: Holder> Choice<'_, H> {
    fn take(&mut self, protocol: Protocol, port: u16) -> Result<(), NetworkError> {
        let in_use = |by: &str| NetworkError::PortInUse {
            protocol,
            port,
            by: by.to_owned(),
        };
        if let Some(owner) = self.table.used.get(&(protocol, port)) {
            return Err(in_use(&format!("`{owner}`")));
        }
        if self.taken.contains_key(&(protocol, port)) {
            return Err(in_use("another mapping of the same task"));
        }
        match self.holder.hold(protocol, port) {
            Ok(held) => {
                self.taken.insert((protocol, port), held);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                Err(in_use("another program on this host"))
            }
            Err(error) => Err(NetworkError::kernel(
                format!("hold host port {port}"),
                error,
            )),
        }
    }

    fn fixed(&mut self, mapping: &PortMapping, first: u16) -> Result<PortRange, NetworkError> {
        let host = PortRange {
            first,
            last: first + (mapping.container.len() - 1),
        };
        host.iter()
            .try_for_each(|port| self.take(mapping.protocol, port))?;
        Ok(host)
    }

    fn dynamic(&mut self, mapping: &PortMapping) -> Result<PortRange, NetworkError> {
        let (protocol, count) = (mapping.protocol, mapping.container.len());
        let (start, end) = (*self.table.dynamic.start(), *self.table.dynamic.end());
        // Once from the mark to the end, then from the beginning.
        let mut wrapped = false;
        let mut first = self.table.next.clamp(start, end);
        loop {
            let last = first.checked_add(count - 1).filter(|last| *last <= end);
            let Some(last) = last else {
                if wrapped {
                    return Err(NetworkError::PortsExhausted {
                        protocol,
                        count,
                        first: start,
                        last: end,
                    });
                }
                (wrapped, first) = (true, start);
                continue;
            };
            match self.run(protocol, PortRange { first, last })? {
                None => return Ok(PortRange { first, last }),
                // Nothing that contains the port in the way can do.
                Some(in_the_way) => match in_the_way.checked_add(1) {
                    Some(next) => first = next,
                    None if wrapped => {
                        return Err(NetworkError::PortsExhausted {
                            protocol,
                            count,
                            first: start,
                            last: end,
                        });
                    }
                    None => (wrapped, first) = (true, start),
                },
            }
        }
    }

    /// Takes all of `ports`, or none and says which is in the way.
    fn run(&mut self, protocol: Protocol, ports: PortRange) -> Result<Option<u16>, NetworkError> {
        for port in ports.iter() {
            match self.take(protocol, port) {
                Ok(()) => {}
                Err(NetworkError::PortInUse { .. }) => {
                    for taken in ports.first..port {
                        self.taken.remove(&(protocol, taken));
                    }
                    return Ok(Some(port));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
