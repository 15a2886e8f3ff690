//! The texts of a container's `/etc/resolv.conf` and `/etc/hosts`.

use std::fmt::Write;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use crate::model::Attachment;

const HOST: &str = "/etc/resolv.conf";
/// Where systemd-resolved lists the name servers it asks itself.
const UPSTREAM: &str = "/run/systemd/resolve/resolv.conf";
/// resolv.conf(5): more are ignored.
const MAX_NAME_SERVERS: usize = 3;
/// No honest resolv.conf is larger (bytes).
const MAX_FILE: u64 = 64 << 10;

/// The host's name service as a task in a namespace of its own can use it.
///
/// # Errors
/// If the host's file cannot be read. A host without one gives an empty text.
pub fn host_resolv_conf() -> io::Result<String> {
    let Some(host) = read(Path::new(HOST))? else {
        return Ok(String::new());
    };
    Ok(resolv_conf(&host, read(Path::new(UPSTREAM))?.as_deref()))
}

/// The name servers that tasks are given, as far as they have IPv4 addresses; none of a host whose
/// files cannot be read.
pub(crate) fn host_name_servers() -> Vec<Ipv4Addr> {
    let text = host_resolv_conf().unwrap_or_default();
    let addresses = name_servers(&text).into_iter();
    addresses
        .filter_map(|address| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect()
}

/// Whom the host itself asks: the servers that tasks could ask too; without such, those on its own
/// loopback, a stub or a cache.
pub fn upstream_name_servers() -> Vec<IpAddr> {
    let host = read(Path::new(HOST)).ok().flatten().unwrap_or_default();
    let upstream = read(Path::new(UPSTREAM)).ok().flatten();
    upstream_of(&host, upstream.as_deref())
}

fn upstream_of(host: &str, upstream: Option<&str>) -> Vec<IpAddr> {
    let remote = |text: &str| -> Vec<IpAddr> {
        let all = all_name_servers(text);
        all.filter(|server| !server.is_loopback() && !server.is_unspecified())
            .collect()
    };
    let mut servers = remote(host);
    if servers.is_empty() {
        servers = upstream.map(remote).unwrap_or_default();
    }
    if servers.is_empty() {
        servers = all_name_servers(host).filter(IpAddr::is_loopback).collect();
    }
    servers.truncate(MAX_NAME_SERVERS);
    servers
}

fn read(path: &Path) -> io::Result<Option<String>> {
    use io::Read;
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// `host` without name servers on loopback, which a namespace cannot reach; if none is left, those
/// of `upstream`. Search lists and options stay those of `host`. Pure.
pub fn resolv_conf(host: &str, upstream: Option<&str>) -> String {
    let mut servers = name_servers(host);
    if servers.is_empty() {
        servers = upstream.map(name_servers).unwrap_or_default();
    }
    let mut text = options(host);
    for server in servers.iter().take(MAX_NAME_SERVERS) {
        writeln!(text, "nameserver {server}").expect("a String takes all");
    }
    text
}

/// The host's search list and options, for a task that asks another name service.
///
/// # Errors
/// If the host's file cannot be read.
pub fn host_resolv_options() -> io::Result<String> {
    Ok(options(&read(Path::new(HOST))?.unwrap_or_default()))
}

fn options(host: &str) -> String {
    let mut text = String::new();
    for line in host.lines().map(str::trim) {
        let word = line.split_whitespace().next().unwrap_or_default();
        if matches!(word, "search" | "domain" | "options" | "sortlist") {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn all_name_servers(text: &str) -> impl Iterator<Item = IpAddr> {
    text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == "nameserver").then(|| words.next()?.parse::<IpAddr>().ok())?
    })
}

fn name_servers(text: &str) -> Vec<IpAddr> {
    all_name_servers(text)
        // Task networks are IPv4; an IPv6 server would cost every look-up a timeout.
        .filter(|server| server.is_ipv4() && !server.is_loopback() && !server.is_unspecified())
        .collect()
}

/// `/etc/hosts` of a container whose address answers to `names`. Pure.
pub fn hosts_file(attachment: &Attachment, names: &[&str]) -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n".to_owned();
    if let Some(address) = attachment.address
        && !names.is_empty()
    {
        writeln!(text, "{address} {}", names.join(" ")).expect("a String takes all");
    }
    text
}

/// `ip-172-31-0-5.ec2.internal`, or `.<region>.compute.internal` outside us-east-1. Pure.
pub fn private_dns_name(address: Ipv4Addr, region: &str) -> String {
    let [a, b, c, d] = address.octets();
    format!("ip-{a}-{b}-{c}-{d}.{}", private_domain(region))
}

/// Below which a region's interfaces have their names. Pure.
pub fn private_domain(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        other => format!("{other}.compute.internal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_a_task_cannot_reach_are_left_out() {
        let host = "# made by x\nsearch example.org\nnameserver 127.0.0.53\noptions edns0\n";
        let upstream = "nameserver 192.0.2.1\nnameserver fe80::1\nnameserver 192.0.2.2\n";
        assert_eq!(
            resolv_conf(host, Some(upstream)),
            "search example.org\noptions edns0\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"
        );
        assert_eq!(
            resolv_conf("nameserver 192.0.2.9 \n", Some(upstream)),
            "nameserver 192.0.2.9\n"
        );
        assert_eq!(resolv_conf("nameserver\nnameserver x\n", None), "");
        let many = "nameserver 192.0.2.1\n".repeat(9);
        assert_eq!(resolv_conf(&many, None).lines().count(), MAX_NAME_SERVERS);
    }

    #[test]
    fn whom_the_host_asks() {
        let check = |host: &str, upstream, servers: &[&str]| {
            let servers: Vec<IpAddr> = servers.iter().map(|it| it.parse().unwrap()).collect();
            assert_eq!(upstream_of(host, upstream), servers);
        };
        let stub = "nameserver 127.0.0.53\n";
        let both = "nameserver 127.0.0.1\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n";
        check(both, None, &["192.0.2.1", "2001:db8::1"]);
        check(stub, Some("nameserver 192.0.2.7\n"), &["192.0.2.7"]);
        check(stub, Some(""), &["127.0.0.53"]);
        check(stub, None, &["127.0.0.53"]);
        check("nameserver fe80::1%eth0\n", None, &[]);
        check(&"nameserver 192.0.2.1\n".repeat(9), None, &["192.0.2.1"; 3]);
    }

    #[test]
    fn hosts() {
        let mut attachment = Attachment {
            netns: None,
            scope: None,
            address: Some(Ipv4Addr::new(172, 31, 0, 5)),
            gateway: None,
            mac: None,
            bindings: vec![],
            host_reachable: false,
        };
        let name = private_dns_name(Ipv4Addr::new(172, 31, 0, 5), "us-east-1");
        let text = hosts_file(&attachment, &[&name]);
        assert!(
            text.ends_with("172.31.0.5 ip-172-31-0-5.ec2.internal\n"),
            "{text}"
        );
        attachment.address = None;
        assert_eq!(hosts_file(&attachment, &[&name]).lines().count(), 2);
        let elsewhere = private_dns_name(Ipv4Addr::new(10, 0, 0, 1), "eu-west-1");
        assert_eq!(elsewhere, "ip-10-0-0-1.eu-west-1.compute.internal");
    }
}
