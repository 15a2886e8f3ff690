//! When an agent counts as disconnected, and its host as lost. Pure.

use std::time::Duration;

use wharf_records::ecs::Instance;

use crate::{Config, acs::hub::Seen, own_node};

/// What to record of an instance, and when to look again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// agentConnected turns false.
    pub disconnect: bool,
    /// Its tasks are given up.
    pub lose: bool,
    pub look_after: Option<Duration>,
}

/// Decides from the record and what is known of its connection.
///
/// Right after a start of the server agents still have to come back, some of them only after the
/// longest pause between two of their tries: they are given that much more time.
pub fn plan(instance: &Instance, seen: Seen, config: &Config) -> Plan {
    // One that never connected was never given a task: nothing can be lost.
    let never = !instance.agent_connected && instance.disconnected_at.is_none();
    let patience = match own_node::is_own_node(instance) {
        true => config.node_lost_timeout,
        false => config.other_agent_lost_timeout,
    };
    let (silent, lost_after) = match seen {
        Seen::Connected => return Plan::default(),
        _ if instance.lost || never => return Plan::default(),
        Seen::Gone(silent) => (silent, patience),
        Seen::NotYet(silent) => (silent, patience + config.reconnect_grace),
    };
    let disconnect = instance.agent_connected && silent >= config.disconnect_grace;
    let lose = silent >= lost_after;
    let next = match (disconnect || !instance.agent_connected, lose) {
        (_, true) => None,
        (true, false) => Some(lost_after),
        (false, false) => Some(config.disconnect_grace.min(lost_after)),
    };
    Plan {
        disconnect,
        lose,
        look_after: next.map(|at| at.saturating_sub(silent)),
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::{Unknown, ecs::InstanceStatus};

    use super::*;

    fn instance() -> Instance {
        Instance {
            id: "i".to_owned(),
            arn: "arn:aws:ecs:r:a:container-instance/default/i".to_owned(),
            cluster: "default".to_owned(),
            host: "h".to_owned(),
            ec2_instance: "i-1".to_owned(),
            status: InstanceStatus::Active,
            version: 1,
            registered_at: Timestamp(0),
            registered_by: "arn:aws:iam::a:user/wharf/wharf-node".to_owned(),
            of_ec2: false,
            agent_connected: true,
            disconnected_at: None,
            lost: false,
            agent_version: String::new(),
            agent_hash: String::new(),
            docker_version: String::new(),
            attributes: std::collections::BTreeMap::new(),
            registered: Vec::new(),
            tags: std::collections::BTreeMap::new(),
            health: None,
            capacity_provider: None,
            deregistered_at: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn silence_is_noticed_in_two_steps() {
        let config = Config::default();
        let seconds = Duration::from_secs;
        let mut record = instance();
        let gone = |record: &_, silent| plan(record, Seen::Gone(seconds(silent)), &config);
        assert_eq!(plan(&record, Seen::Connected, &config), Plan::default());
        let wait = |after| Plan {
            look_after: Some(seconds(after)),
            ..Plan::default()
        };
        assert_eq!(gone(&record, 4), wait(6));
        assert_eq!(
            gone(&record, 10),
            Plan {
                disconnect: true,
                ..wait(10)
            }
        );
        record.agent_connected = false;
        assert_eq!(gone(&record, 99), Plan::default());
        record.disconnected_at = Some(Timestamp(1));
        assert_eq!(gone(&record, 12), wait(8));
        assert_eq!(
            gone(&record, 20),
            Plan {
                lose: true,
                ..Plan::default()
            }
        );
        record.lost = true;
        assert_eq!(gone(&record, 99), Plan::default());
    }

    #[test]
    fn agents_of_another_make_are_given_longer() {
        let config = Config::default();
        let record = Instance {
            registered_by: "arn:aws:iam::a:user/alice".to_owned(),
            ..instance()
        };
        let at = |silent| plan(&record, Seen::Gone(silent), &config);
        let long = config.other_agent_lost_timeout;
        assert!(long > config.node_lost_timeout);
        let early = at(long.saturating_sub(Duration::from_secs(1)));
        assert!(early.disconnect && !early.lose);
        assert_eq!(early.look_after, Some(Duration::from_secs(1)));
        assert!(at(long).lose);
        assert!(!plan(&record, Seen::NotYet(long), &config).lose);
    }

    #[test]
    fn after_a_start_agents_are_given_time_to_come_back() {
        let config = Config::default();
        let record = instance();
        let later = config.node_lost_timeout + config.reconnect_grace;
        let early = plan(&record, Seen::NotYet(config.node_lost_timeout), &config);
        assert!(early.disconnect && !early.lose);
        assert!(plan(&record, Seen::NotYet(later), &config).lose);
    }
}
