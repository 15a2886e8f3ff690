//! Under which names and addresses this server is reached.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
};

use crate::start::ServerConfig;

/// Where tasks reach the API and the registry, whatever their network.
const IN_TASKS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2));
/// Names that the name service of tasks' networks has for that address (`wharf_dns`).
const NAMES_IN_TASKS: [&str; 4] = [
    "api.wharf.internal",
    "api.wharf.localhost",
    "registry.wharf.internal",
    "registry.wharf.localhost",
];
/// What SDKs put before the name of an endpoint, for operations that answer with a stream.
const PREFIXES: [&str; 2] = ["stream-", "streaming-"];
/// Addresses of this machine that a certificate names; one with more has bridges and tunnels of its own.
const MAX_OF_MACHINE: usize = 64;

/// Names and addresses that the gateway's certificate holds for.
pub fn of_certificate(config: &ServerConfig) -> Vec<String> {
    let mut names: BTreeSet<String> = ["localhost", "127.0.0.1"].map(str::to_owned).into();
    names.extend(reached_at(&config.listen).iter().map(IpAddr::to_string));
    names.extend(NAMES_IN_TASKS.map(str::to_owned));
    names.extend(config.names.iter().cloned());
    names.extend(host_name());
    names.into_iter().collect()
}

/// The host of the endpoints of clusters: a name that was given, an address that other machines reach, else this machine's own.
pub fn of_clusters(config: &ServerConfig) -> String {
    let reached = reached_at(&config.listen);
    let outward = reached.iter().find(|it| !it.is_loopback());
    let named = config.names.first().cloned();
    named
        .or_else(|| outward.map(IpAddr::to_string))
        .unwrap_or_else(|| "localhost".to_owned())
}

/// Addresses at which nodes know this server: those that it is reached at from other machines, else one of this machine.
pub fn for_nodes(config: &ServerConfig) -> Vec<Ipv4Addr> {
    let outward = |all: Vec<IpAddr>| {
        let all = all.into_iter().filter(|it| !it.is_loopback());
        let all = all.filter_map(|it| match it {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        });
        all.collect::<Vec<Ipv4Addr>>()
    };
    let mut found = outward(reached_at(&config.listen));
    if found.is_empty() {
        found = outward(of_machine());
    }
    found.truncate(1);
    found
}

/// Where machines that are made find this server: under the names that were given, then at the addresses that it is reached at from
/// other machines; one that is not, at this machine's own.
pub fn for_machines(config: &ServerConfig) -> Vec<String> {
    let outward = reached_at(&config.listen).into_iter();
    let outward = outward.filter(|it| !it.is_loopback()).map(host_header);
    let mut hosts: Vec<String> = config.names.iter().cloned().chain(outward).collect();
    if hosts.is_empty() {
        hosts.push(Ipv4Addr::LOCALHOST.to_string());
    }
    let port = config.port;
    let url = |host: String| format!("https://{host}:{port}");
    hosts.into_iter().map(url).collect()
}

/// Those by which this gateway may be addressed without a signature, in the form of `Host` headers.
pub fn own_hosts(config: &ServerConfig) -> Vec<String> {
    let mut hosts = vec!["localhost".to_owned(), "[::1]".to_owned()];
    hosts.extend(reached_at(&config.listen).into_iter().map(host_header));
    hosts.extend(config.names.iter().cloned());
    let in_tasks = NAMES_IN_TASKS.map(str::to_owned).into_iter();
    for name in in_tasks.chain([IN_TASKS.to_string()]) {
        hosts.extend(PREFIXES.map(|prefix| format!("{prefix}{name}")));
        hosts.push(name);
    }
    hosts
}

/// Those under which images name the registry, with the ports.
pub fn of_registry(config: &ServerConfig) -> Vec<String> {
    let mut hosts: Vec<String> = own_hosts(config)
        .into_iter()
        .chain(["127.0.0.1".to_owned()])
        .map(|host| format!("{host}:{}", config.port))
        .collect();
    if config.at_443.is_some() {
        hosts.extend(own_hosts(config));
    }
    hosts
}

fn host_header(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The addresses that are listened at; instead of "all of the machine's", those that it has now.
fn reached_at(listen: &[IpAddr]) -> Vec<IpAddr> {
    let mut all = Vec::new();
    for address in listen {
        match address {
            // What listens at `::` takes connections over IPv4 too.
            ip if ip.is_unspecified() => {
                all.extend(
                    of_machine()
                        .into_iter()
                        .filter(|it| ip.is_ipv6() || it.is_ipv4()),
                );
            }
            ip => all.push(*ip),
        }
    }
    all
}

/// This machine's addresses, without those that mean another machine on each link.
fn of_machine() -> Vec<IpAddr> {
    let interfaces = match nix::ifaddrs::getifaddrs() {
        Ok(interfaces) => interfaces,
        Err(error) => {
            tracing::warn!(%error, "failed to read this machine's addresses: its certificate will not name them");
            return Vec::new();
        }
    };
    let found: BTreeSet<IpAddr> = interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
        })
        .filter(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_unicast_link_local(),
        })
        .collect();
    found.into_iter().take(MAX_OF_MACHINE).collect()
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    (plain && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(at: &[&str], names: &[&str]) -> ServerConfig {
        ServerConfig {
            listen: at.iter().map(|ip| ip.parse().unwrap()).collect(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..ServerConfig::in_folder(std::path::Path::new("/d"), 4566)
        }
    }

    #[test]
    fn hosts_have_the_form_of_host_headers() {
        let hosts = own_hosts(&listening(&["127.0.0.1", "fe80::1"], &["wharf.example"]));
        for own in [
            "127.0.0.1",
            "[fe80::1]",
            "wharf.example",
            "169.254.170.2",
            "stream-169.254.170.2",
            "api.wharf.internal",
            "stream-api.wharf.localhost",
        ] {
            assert!(hosts.contains(&own.to_owned()), "{own}");
        }
    }

    #[test]
    fn a_certificate_names_what_is_listened_at_and_what_was_asked_for() {
        let names = of_certificate(&listening(&["127.0.0.1", "10.0.0.1"], &["wharf.example"]));
        for name in [
            "localhost",
            "127.0.0.1",
            "10.0.0.1",
            "wharf.example",
            "api.wharf.internal",
        ] {
            assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        }
    }

    #[test]
    fn machines_find_it_from_outside() {
        let known = for_machines(&listening(&["127.0.0.1", "10.0.0.1"], &["wharf.example"]));
        assert_eq!(
            known,
            ["https://wharf.example:4566", "https://10.0.0.1:4566"]
        );
        let alone = for_machines(&listening(&["127.0.0.1"], &[]));
        assert_eq!(alone, ["https://127.0.0.1:4566"]);
    }

    #[test]
    fn all_addresses_are_those_of_the_machine() {
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(reached_at(&["0.0.0.0".parse().unwrap()]).contains(&loopback));
        assert!(reached_at(&["::".parse().unwrap()]).contains(&loopback));
        for listen in ["0.0.0.0", "::"] {
            let names = of_certificate(&listening(&[listen], &[]));
            assert!(!names.contains(&listen.to_owned()));
        }
    }
}
