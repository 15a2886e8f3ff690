//! When an agent counts as disconnected, and its host as lost. Pure.

use std::time::Duration;

use wharf_records::ecs::Instance;

use crate::config::Config;

/// What to record of an instance, and when to look again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// agentConnected turns false.
    pub disconnect: bool,
    /// Its tasks are given up.
    pub lose: bool,
    pub look_after: Option<Duration>,
}

/// Decides from the record, whether a connection is there, and how long none has been.
pub fn plan(instance: &Instance, connected: bool, silent: Duration, config: &Config) -> Plan {
    // One that never connected was never given a task: nothing can be lost.
    let never = !instance.agent_connected && instance.disconnected_at.is_none();
    if connected || instance.lost || never {
        return Plan::default();
    }
    let disconnect = instance.agent_connected && silent >= config.disconnect_grace;
    let lose = silent >= config.node_lost_timeout;
    let next = match (disconnect || !instance.agent_connected, lose) {
        (_, true) => None,
        (true, false) => Some(config.node_lost_timeout),
        (false, false) => Some(config.disconnect_grace.min(config.node_lost_timeout)),
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
            registered_by: String::new(),
            agent_connected: true,
            disconnected_at: None,
            lost: false,
            agent_version: String::new(),
            agent_hash: String::new(),
            docker_version: String::new(),
            attributes: std::collections::BTreeMap::new(),
            registered: Vec::new(),
            tags: std::collections::BTreeMap::new(),
            client_token: None,
            health: None,
            deregistered_at: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn silence_is_noticed_in_two_steps() {
        let config = Config::default();
        let seconds = Duration::from_secs;
        let mut record = instance();
        let check =
            |record: &_, connected, silent| plan(record, connected, seconds(silent), &config);
        assert_eq!(check(&record, true, 0), Plan::default());
        let wait = |after| Plan {
            look_after: Some(seconds(after)),
            ..Plan::default()
        };
        assert_eq!(check(&record, false, 4), wait(6));
        let disconnect = Plan {
            disconnect: true,
            ..wait(10)
        };
        assert_eq!(check(&record, false, 10), disconnect);
        record.agent_connected = false;
        assert_eq!(check(&record, false, 99), Plan::default());
        record.disconnected_at = Some(Timestamp(1));
        assert_eq!(check(&record, false, 12), wait(8));
        assert_eq!(
            check(&record, false, 20),
            Plan {
                lose: true,
                ..Plan::default()
            }
        );
        record.lost = true;
        assert_eq!(check(&record, false, 99), Plan::default());
    }
}
