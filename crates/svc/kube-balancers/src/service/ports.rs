//! The ports of a Service as listeners carry them: one number may be of TCP and of UDP. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    annotations::{Annotations, Refused, refused},
    endpoints::Found,
};

/// What comes in at one number.
pub struct Carried<'a> {
    pub number: u16,
    /// As load balancing names it.
    pub protocol: &'static str,
    /// Of the Service: two of them where it is `TCP_UDP`.
    pub ports: Vec<&'a Value>,
}

impl Carried<'_> {
    /// As security groups name it.
    pub fn transports(&self) -> &'static [&'static str] {
        transports(self.protocol)
    }

    /// The pods that answer at each of the ports, as `find` knows them for one.
    pub fn pods(&self, find: impl Fn(&Value) -> Found) -> Found {
        let mut all = self.ports.iter().map(|it| find(it));
        let first = all.next().unwrap_or_default();
        all.fold(first, |one, other| Found {
            targets: &one.targets & &other.targets,
            interfaces: &one.interfaces & &other.interfaces,
            others: one.others.max(other.others),
        })
    }
}

/// What a target group of this protocol sends, as security groups name it.
pub fn transports(protocol: &str) -> &'static [&'static str] {
    match protocol {
        "UDP" => &["udp"],
        "TCP_UDP" => &["tcp", "udp"],
        _ => &["tcp"],
    }
}

/// # Errors
/// A load balancer cannot carry one of them.
pub fn of<'a>(service: &'a Value, notes: &Annotations<'_>) -> Result<Vec<Carried<'a>>, Refused> {
    let both = notes.truth("enable-tcp-udp-listener")?;
    let mut all: BTreeMap<u16, Vec<&Value>> = BTreeMap::new();
    for port in service.list("/spec/ports") {
        let number = port.integer("/port");
        let number = number.and_then(|it| u16::try_from(it).ok()).unwrap_or(0);
        all.entry(number).or_default().push(port);
    }
    let carried = |(number, ports): (u16, Vec<&'a Value>)| {
        let mut protocols = BTreeSet::new();
        for port in &ports {
            protocols.insert(match port.text("/protocol") {
                "" | "TCP" => "TCP",
                "UDP" => "UDP",
                other => return refused(format!("the protocol {other} is not supported")),
            });
        }
        let same = |at: &str| ports.iter().all(|it| it.at(at) == ports[0].at(at));
        let protocol = match (ports.len(), protocols.len()) {
            (1, _) => protocols.first().copied().unwrap_or("TCP"),
            (2, 2) if both == Some(false) => {
                return refused(format!(
                    "port {number} is of TCP and UDP, and enable-tcp-udp-listener says false"
                ));
            }
            (2, 2) if same("/targetPort") && same("/nodePort") => "TCP_UDP",
            (2, 2) => {
                return refused(format!(
                    "port {number} of TCP and UDP at once must lead to one targetPort and one nodePort"
                ));
            }
            _ => return refused(format!("port {number} is there twice")),
        };
        Ok(Carried {
            number,
            protocol,
            ports,
        })
    };
    all.into_iter().map(carried).collect()
}
