//! Who may connect to a load balancer on addresses of the host, where the rules of its VPC's
//! namespace are not in force: its security groups, asked in this process.
//!
//! Rules that name another group are about interfaces of the VPC. Those connect to the load
//! balancer's own interface, never to an address of the host.

use wharf_base::Cidr;
use wharf_planeproto::network::{Peer, Permission};

use super::Registry;

/// IP's numbers of protocols.
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;

/// The blocks of addresses from which the groups let what is of a protocol to a port in.
pub fn sources(registry: &Registry, groups: &[String], protocol: u8, port: u16) -> Vec<Cidr> {
    let known = groups
        .iter()
        .filter_map(|id| registry.security_groups.get(id));
    let rules = known.flat_map(|group| &group.ingress);
    let blocks = rules
        .filter(|rule| is_about(rule, protocol, port))
        .filter_map(|rule| match &rule.peer {
            Peer::Cidr(block) => Cidr::canonical(block).ok(),
            Peer::Group(_) => None,
        });
    blocks.collect()
}

fn is_about(rule: &Permission, protocol: u8, port: u16) -> bool {
    match (rule.protocol, rule.ports) {
        (None, _) => true,
        (Some(of), _) if of != protocol => false,
        (Some(_), None) => true,
        (Some(_), Some((first, last))) => (first..=last).contains(&port),
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::{Resource, network::SecurityGroup};

    use super::*;
    use crate::Update;

    fn rule(protocol: Option<u8>, ports: Option<(u16, u16)>, peer: Peer) -> Permission {
        Permission {
            protocol,
            ports,
            icmp: None,
            peer,
        }
    }

    #[test]
    fn rules_of_all_groups_count_and_nothing_else() {
        let block = |text: &str| Peer::Cidr(text.to_owned());
        let group = |id: &str, ingress| {
            Resource::SecurityGroup(SecurityGroup {
                id: id.to_owned(),
                vpc: "vpc-1".to_owned(),
                ingress,
                egress: vec![rule(None, None, block("0.0.0.0/0"))],
            })
        };
        let mut registry = Registry::default();
        let all = Update::Snapshot(vec![
            group(
                "sg-web",
                vec![
                    rule(Some(TCP), Some((80, 443)), block("10.0.0.0/8")),
                    rule(Some(17), Some((1, 65535)), block("127.0.0.0/8")),
                    rule(Some(TCP), None, Peer::Group("sg-other".to_owned())),
                ],
            ),
            group("sg-all", vec![rule(None, None, block("192.168.1.1/32"))]),
            group("sg-other", vec![rule(None, None, block("0.0.0.0/0"))]),
        ]);
        registry.apply(all).unwrap();
        let admitted = |groups: &[&str], port, address: &str| {
            let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
            let sources = sources(&registry, &groups, TCP, port);
            sources.iter().any(|it| it.admits(address.parse().unwrap()))
        };
        assert!(admitted(&["sg-web"], 80, "10.1.2.3"));
        assert!(!admitted(&["sg-web"], 79, "10.1.2.3"));
        assert!(!admitted(&["sg-web"], 80, "127.0.0.1"), "that is UDP");
        let datagrams = sources(&registry, &["sg-web".to_owned()], UDP, 80);
        assert_eq!(datagrams, ["127.0.0.0/8".parse().unwrap()]);
        assert!(!admitted(&["sg-web"], 80, "11.0.0.1"));
        assert!(admitted(&["sg-web", "sg-all"], 9, "192.168.1.1"));
        assert!(!admitted(&[], 80, "10.1.2.3"));
        assert!(!admitted(&["sg-gone"], 80, "10.1.2.3"));
    }
}
