//! What the installations on one host agree about: who has which private range, and who needs the
//! host to forward packets. One small file in a folder that all share, changed under its lock.
//!
//! Forwarding is the one setting of the host's own namespace that is changed, that of IPv6 only where a VPC's routes lead
//! out. Its former state is recorded before the change, and whoever needs it last puts it back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use serde::{Deserialize, Serialize};

use crate::error::NetworkError;
use crate::model::Subnet;
use crate::{state, sysctl};

const IP_FORWARD: &str = "ipv4/ip_forward";
const IPV6_FORWARD: &str = "ipv6/conf/all/forwarding";

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Book {
    version: u32,
    /// Private range by installation.
    ranges: BTreeMap<String, Subnet>,
    forwarding: Option<Forwarding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forwarding_ipv6: Option<Forwarding>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Forwarding {
    /// Setting → value, as it was before the first of `users` changed it.
    former: BTreeMap<String, String>,
    users: BTreeSet<String>,
}

/// The claims of this host's namespace, locked until dropped.
#[derive(Debug)]
pub(crate) struct Claims {
    path: PathBuf,
    folder: PathBuf,
    book: Book,
    _lock: Flock<File>,
}

impl Claims {
    /// Waits for the lock, which is held for moments only.
    pub(crate) fn open(folder: &Path) -> Result<Self, NetworkError> {
        let failed = |e: io::Error| NetworkError::state(folder, e);
        let lock = loop {
            let made = fs::DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(folder);
            made.map_err(failed)?;
            let dir = File::open(folder).map_err(failed)?;
            let lock = Flock::lock(dir, FlockArg::LockExclusive)
                .map_err(|(_, errno)| failed(errno.into()))?;
            // The last user removes the folder; a lock on what is no longer there locks nothing.
            let held = lock.metadata().map_err(failed)?;
            match fs::metadata(folder) {
                Ok(now) if (now.dev(), now.ino()) == (held.dev(), held.ino()) => break lock,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        };
        let cookie = namespace_cookie().map_err(failed)?;
        let path = folder.join(format!("host-{cookie}.json"));
        let book = state::load(&path)?.unwrap_or_default();
        Ok(Self {
            path,
            folder: folder.to_owned(),
            book,
            _lock: lock,
        })
    }

    pub(crate) fn range_of(&self, installation: &str) -> Option<Subnet> {
        self.book.ranges.get(installation).copied()
    }

    /// The ranges of all other installations.
    pub(crate) fn ranges_of_others(&self, installation: &str) -> Vec<Subnet> {
        let others = self
            .book
            .ranges
            .iter()
            .filter(|(id, _)| *id != installation);
        others.map(|(_, range)| *range).collect()
    }

    pub(crate) fn claim_range(&mut self, id: &str, range: Subnet) -> Result<(), NetworkError> {
        self.book.ranges.insert(id.to_owned(), range);
        self.save()
    }

    /// Sees to it that the host forwards packets, if it does not do so for others anyway.
    pub(crate) fn enable_forwarding(&mut self, id: &str) -> Result<(), NetworkError> {
        let on = sysctl::read(IP_FORWARD)?.as_deref() == Some("1");
        match &mut self.book.forwarding {
            None if on => return Ok(()),
            None => {
                let users = BTreeSet::from([id.to_owned()]);
                self.book.forwarding = Some(Forwarding {
                    former: forwarding_now()?,
                    users,
                });
            }
            Some(forwarding) => {
                if !forwarding.users.insert(id.to_owned()) && on {
                    return Ok(());
                }
            }
        }
        // The record before the deed: a crash between leaves something to restore, not a puzzle.
        self.save()?;
        if !on {
            tracing::info!("the host forwards packets from now on (net.ipv4.ip_forward = 1)");
            sysctl::write(IP_FORWARD, "1")?;
        }
        Ok(())
    }

    /// The same of IPv6. A host that forwards takes no routes from its routers' announcements unless told to, so those
    /// links that take them now are told.
    pub(crate) fn enable_forwarding_ipv6(&mut self, id: &str) -> Result<(), NetworkError> {
        let on = sysctl::read(IPV6_FORWARD)?.as_deref() == Some("1");
        match &mut self.book.forwarding_ipv6 {
            None if on => return Ok(()),
            None => {
                let users = BTreeSet::from([id.to_owned()]);
                self.book.forwarding_ipv6 = Some(Forwarding {
                    former: forwarding_ipv6_now()?,
                    users,
                });
            }
            Some(forwarding) => {
                if !forwarding.users.insert(id.to_owned()) && on {
                    return Ok(());
                }
            }
        }
        self.save()?;
        if !on {
            for interface in sysctl::interfaces()? {
                let name = accepts_routers(&interface);
                if interface != "all" && sysctl::read(&name)?.as_deref() == Some("1") {
                    sysctl::write(&name, "2")?;
                }
            }
            tracing::info!(
                "the host forwards IPv6 packets from now on (net.ipv6.conf.all.forwarding = 1)"
            );
            sysctl::write(IPV6_FORWARD, "1")?;
        }
        Ok(())
    }

    /// Gives up what the installation has. Its last user restores the host's forwarding.
    pub(crate) fn release(mut self, id: &str) -> Result<(), NetworkError> {
        self.book.ranges.remove(id);
        for (forwarding, switch) in [
            (&mut self.book.forwarding, IP_FORWARD),
            (&mut self.book.forwarding_ipv6, IPV6_FORWARD),
        ] {
            let Some(used) = forwarding else { continue };
            used.users.remove(id);
            if used.users.is_empty() {
                restore(switch, &used.former)?;
                *forwarding = None;
            }
        }
        let forwards = self.book.forwarding.is_some() || self.book.forwarding_ipv6.is_some();
        if self.book.ranges.is_empty() && !forwards {
            return self.remove();
        }
        self.save()
    }

    fn save(&mut self) -> Result<(), NetworkError> {
        self.book.version = 1;
        state::save(&self.path, &self.book)
    }

    fn remove(self) -> Result<(), NetworkError> {
        wharf_durable::remove(&self.path).map_err(|e| NetworkError::state(&self.path, e))?;
        // Other hosts (namespaces) may have their files in it.
        match fs::remove_dir(&self.folder) {
            Err(error) if error.raw_os_error() != Some(libc::ENOTEMPTY) => {
                Err(NetworkError::state(&self.folder, error))
            }
            _ => Ok(()),
        }
    }
}

/// What switching forwarding on or off changes: the kernel sets every interface, and the opposite
/// for accepting redirects.
fn forwarding_now() -> Result<BTreeMap<String, String>, NetworkError> {
    let mut names = vec!["ipv4/conf/all/accept_redirects".to_owned()];
    let interfaces = sysctl::interfaces()?;
    names.extend(
        interfaces
            .iter()
            .filter(|i| *i != "all")
            .map(|i| format!("ipv4/conf/{i}/forwarding")),
    );
    values_of(names)
}

/// The same of IPv6, with what has to change beside it.
fn forwarding_ipv6_now() -> Result<BTreeMap<String, String>, NetworkError> {
    let interfaces = sysctl::interfaces()?;
    let own = interfaces.iter().filter(|i| *i != "all");
    values_of(own.flat_map(|i| [format!("ipv6/conf/{i}/forwarding"), accepts_routers(i)]))
}

/// Whether a link takes routes from routers' announcements: 0 never, 1 unless it forwards, 2 always.
fn accepts_routers(interface: &str) -> String {
    format!("ipv6/conf/{interface}/accept_ra")
}

fn values_of(
    names: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, String>, NetworkError> {
    let mut values = BTreeMap::new();
    for name in names {
        if let Some(value) = sysctl::read(&name)? {
            values.insert(name, value);
        }
    }
    Ok(values)
}

fn restore(switch: &str, former: &BTreeMap<String, String>) -> Result<(), NetworkError> {
    if sysctl::read(switch)?.as_deref() != Some("0") {
        sysctl::write(switch, "0")?;
    }
    for (name, value) in former {
        // An interface that left meanwhile has no settings.
        if sysctl::read(name)?.is_some_and(|now| now != *value) {
            sysctl::write(name, value)?;
        }
    }
    Ok(())
}

/// A number that names the calling thread's network namespace until the next reboot; inode
/// numbers are given again as soon as a namespace ends.
fn namespace_cookie() -> io::Result<u64> {
    let probe = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    let mut cookie = 0_u64;
    let mut len = size_of::<u64>() as libc::socklen_t;
    // SAFETY: the pointers name `cookie` and its length, which live across the call; the kernel
    // writes at most `len` bytes.
    let done = unsafe {
        libc::getsockopt(
            probe.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut len,
        )
    };
    match Errno::result(done) {
        Ok(_) => Ok(cookie),
        // Before Linux 5.14.
        Err(Errno::ENOPROTOOPT) => Ok(fs::metadata("/proc/thread-self/ns/net")?.ino()),
        Err(errno) => Err(errno.into()),
    }
}
