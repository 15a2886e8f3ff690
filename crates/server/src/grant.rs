//! What `wharf token` asks for, as a query: `cluster=prod&fargate=true&max-memory=8192&…`.

use std::net::IpAddr;

use wharf_records::node::Grant;

/// CPU units of a vCPU.
const UNITS: u32 = 1024;
/// Longest name of a cluster or zone.
const MAX_NAME: usize = 255;

/// The grant that a query describes; else what is wrong with it.
pub fn read(query: &str) -> Result<Grant, String> {
    let mut grant = Grant::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let wrong = || format!("{name}={value} is not understood.");
        match &*name {
            "cluster" if is_name(&value) => grant.cluster = value.into_owned(),
            "zone" if is_name(&value) => grant.zone = Some(value.into_owned()),
            "fargate" => grant.fargate = value.parse().map_err(|_| wrong())?,
            "load-balancer" => grant.balancers = value.parse().map_err(|_| wrong())?,
            "max-cpu" => {
                let cores: u32 = value.parse().map_err(|_| wrong())?;
                grant.max_cpu = Some(cores.checked_mul(UNITS).ok_or_else(wrong)?);
            }
            "max-memory" => grant.max_memory = Some(value.parse().map_err(|_| wrong())?),
            "underlay" => grant.underlay = Some(underlay(&value).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
    }
    Ok(grant)
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(plain)
}

/// The overlay is carried over IPv4, to addresses of one host.
fn underlay(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    crate::plane::is_underlay(&address).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_wharf_token() {
        assert_eq!(read("").unwrap(), Grant::default());
        let all = "cluster=prod&zone=us-east-1b&fargate=true&max-cpu=4&max-memory=8192&underlay=10.0.0.7&load-balancer=true";
        let grant = Grant {
            cluster: "prod".to_owned(),
            zone: Some("us-east-1b".to_owned()),
            fargate: true,
            max_cpu: Some(4096),
            max_memory: Some(8192),
            underlay: Some([10, 0, 0, 7].into()),
            balancers: true,
        };
        assert_eq!(read(all).unwrap(), grant);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "cluster=",
            "cluster=a/b",
            "zone=a%20b",
            "fargate=1",
            "max-cpu=-1",
            "max-cpu=4294967295",
            "max-memory=8GiB",
            "underlay=127.0.0.1",
            "underlay=fe80::1",
            "unknown=1",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }
}
