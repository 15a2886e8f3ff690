//! Whether hosts are lost, or the server is cut off from all of them: then it can say of none that it is lost. Pure.
//!
//! Kubernetes' node lifecycle controller evicts nothing while no node is heard of, and slows down for what is partly disturbed
//! from three nodes on that are not ready. Here both have to hold, for a single host that is lost is all hosts: one or two that
//! go are lost; where three or more go at once and none is left, it is the server's network that went. Hosts that went one after
//! the other were lost one after the other.

use std::time::Duration;

use super::Machines;

/// Hosts that go together before it is the server that is taken for cut off.
const LEAST: usize = 3;
/// How far apart it is noticed that they are gone: the agents' connections break within seconds.
const TOGETHER: Duration = Duration::from_secs(30);

impl Machines {
    /// Whether no host on another machine than the server's is connected, and the last of them went together.
    pub fn is_cut_off(&self) -> bool {
        let all = self.registry.registrations.values();
        let mut went = Vec::new();
        for it in all.filter(|it| it.of_installation && it.of_other_machine) {
            if it.agent_connected {
                return false;
            }
            went.extend(it.disconnected_at);
        }
        let Some(last) = went.iter().copied().max() else {
            return false;
        };
        went.retain(|at| last.since(*at) <= TOGETHER);
        went.len() >= LEAST
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_base::Timestamp;

    use super::*;
    use crate::Registration;

    /// Each by the second in which it went, if it is not there; the server's own host is.
    fn of(hosts: &[Option<i64>]) -> Machines {
        let mut machines = Machines::default();
        let own = std::iter::once((false, &None));
        let all = own.chain(hosts.iter().map(|it| (true, it)));
        for (number, (of_other_machine, went)) in all.enumerate() {
            let registration = Registration {
                host: format!("h{number}"),
                account: "a".to_owned(),
                region: "r".to_owned(),
                cluster_arn: "a cluster".to_owned(),
                provider: None,
                of_provider_alone: false,
                of_installation: true,
                of_other_machine,
                active: true,
                agent_connected: went.is_none(),
                disconnected_at: went.map(|it| Timestamp(it * 1000)),
                agent_version: String::new(),
                ec2_instance: String::new(),
                registered_at: Timestamp(0),
                attributes: BTreeMap::new(),
            };
            machines.register(&format!("arn of h{number}"), Some(registration));
        }
        machines
    }

    #[test]
    fn the_server_is_cut_off_where_all_go_at_once() {
        for (hosts, expected) in [
            (Vec::new(), false),
            (vec![None, None, None], false),
            // One or two are lost.
            (vec![Some(100)], false),
            (vec![Some(100), Some(100)], false),
            (vec![Some(100), Some(103), Some(98)], true),
            (vec![Some(100), Some(103), Some(98), None], false),
            // Those that nobody removed went before.
            (vec![Some(1), Some(2), Some(3), Some(100)], false),
            (vec![Some(1), Some(100), Some(100), Some(100)], true),
            // One after the other.
            (vec![Some(100), Some(140), Some(180), Some(220)], false),
        ] {
            assert_eq!(of(&hosts).is_cut_off(), expected, "{hosts:?}");
        }
    }
}
