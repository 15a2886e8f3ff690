//! PROXY protocol, version 2: who speaks, said to the target before anything else.

use std::net::{IpAddr, SocketAddr};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, on behalf of somebody.
const PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// Of a connection from `peer` to `local`.
pub fn of_connection(peer: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let mut header = Vec::with_capacity(52);
    header.extend(SIGNATURE);
    header.push(PROXY);
    let (peer_ip, local_ip) = (peer.ip().to_canonical(), local.ip().to_canonical());
    match (peer_ip, local_ip) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            header.extend([TCP_OVER_IPV4, 0, 12]);
            header.extend(from.octets());
            header.extend(to.octets());
        }
        _ => {
            let wide = |ip: IpAddr| match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                IpAddr::V6(ip) => ip.octets(),
            };
            header.extend([TCP_OVER_IPV6, 0, 36]);
            header.extend(wide(peer_ip));
            header.extend(wide(local_ip));
        }
    }
    header.extend(peer.port().to_be_bytes());
    header.extend(local.port().to_be_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families() {
        let header = of_connection(
            "10.1.2.3:258".parse().unwrap(),
            "172.31.0.4:80".parse().unwrap(),
        );
        let expected =
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x02\x03\xac\x1f\0\x04\x01\x02\0\x50";
        assert_eq!(header, expected);
        let header = of_connection("[::1]:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        assert_eq!(header.len(), 16 + 36);
        assert_eq!(header[13], TCP_OVER_IPV6);
    }
}
