//! PROXY protocol, version 2: who speaks, said to the target before anything else.

use std::net::{IpAddr, SocketAddr};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, on behalf of somebody.
const PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// AWS's own field, and the kind of it that is a VPC endpoint's id.
const AWS: u8 = 0xEA;
const VPC_ENDPOINT: u8 = 0x01;

/// Of a connection from `peer` to `local`, which may have come through a VPC endpoint.
pub fn of_connection(peer: SocketAddr, local: SocketAddr, endpoint: Option<&str>) -> Vec<u8> {
    let mut header = Vec::with_capacity(84);
    header.extend(SIGNATURE);
    header.push(PROXY);
    let field = endpoint.and_then(field).unwrap_or_default();
    let (peer_ip, local_ip) = (peer.ip().to_canonical(), local.ip().to_canonical());
    match (peer_ip, local_ip) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            header.push(TCP_OVER_IPV4);
            header.extend(length(12 + field.len()));
            header.extend(from.octets());
            header.extend(to.octets());
        }
        _ => {
            let wide = |ip: IpAddr| match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                IpAddr::V6(ip) => ip.octets(),
            };
            header.push(TCP_OVER_IPV6);
            header.extend(length(36 + field.len()));
            header.extend(wide(peer_ip));
            header.extend(wide(local_ip));
        }
    }
    header.extend(peer.port().to_be_bytes());
    header.extend(local.port().to_be_bytes());
    header.extend(field);
    header
}

/// What names a VPC endpoint; nothing of what is too long for an id.
fn field(endpoint: &str) -> Option<Vec<u8>> {
    let length = u8::try_from(1 + endpoint.len()).ok()?;
    let mut field = vec![AWS, 0, length, VPC_ENDPOINT];
    field.extend(endpoint.as_bytes());
    Some(field)
}

/// Of two addresses and what names an endpoint.
fn length(bytes: usize) -> [u8; 2] {
    let bytes = u16::try_from(bytes).expect("both are bounded");
    bytes.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families() {
        let header = of_connection(
            "10.1.2.3:258".parse().unwrap(),
            "172.31.0.4:80".parse().unwrap(),
            None,
        );
        let expected =
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x02\x03\xac\x1f\0\x04\x01\x02\0\x50";
        assert_eq!(header, expected);
        let (one, other) = ("[::1]:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        let header = of_connection(one, other, None);
        assert_eq!(header.len(), 16 + 36);
        assert_eq!(header[13], TCP_OVER_IPV6);
    }

    #[test]
    fn the_endpoint_is_named() {
        let (from, to) = ("10.1.2.3:258", "172.31.0.4:80");
        let header = of_connection(
            from.parse().unwrap(),
            to.parse().unwrap(),
            Some("vpce-08d2bf15fac5001c9"),
        );
        let (addresses, named) = header.split_at(16 + 12);
        assert_eq!(&addresses[12..16], b"\x21\x11\0\x26");
        assert_eq!(named, b"\xea\0\x17\x01vpce-08d2bf15fac5001c9");
        let long = "a".repeat(70_000);
        let header = of_connection(from.parse().unwrap(), to.parse().unwrap(), Some(&long));
        assert_eq!(header.len(), 16 + 12);
    }
}
