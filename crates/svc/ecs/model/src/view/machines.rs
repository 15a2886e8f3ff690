//! What ECS has on the machines: container instances and tasks of all accounts and regions, by host.
//! What a container instance lets its host take, and what runs there, is passed on to the machines
//! themselves ([`wharf_hosts::Machines`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::sync::watch;
use wharf_hosts::{Machines, Registration};
use wharf_placement::group_of;
use wharf_records::{
    Scope,
    ecs::{Instance, InstanceStatus, Status, Task},
    node,
};
use wharf_store::Revision;
use wharf_wire::Caller;

use super::{Held, region::unindex};
use crate::{names, own_node, provider};

#[derive(Debug, Default)]
pub struct OnHosts {
    /// Container instances of all accounts and regions, by ARN.
    pub instances: HashMap<String, Held<Instance>>,
    /// ARNs of `instances` by the machine, `i-…`.
    by_machine: HashMap<String, BTreeSet<String>>,
    /// Tasks of all accounts and regions by host, then by key.
    tasks: HashMap<String, BTreeMap<String, Held<Task>>>,
    signals: HashMap<String, watch::Sender<Revision>>,
    /// The account whose nodes serve every account.
    home_account: Option<String>,
}

impl OnHosts {
    pub fn new(home_account: Option<String>) -> Self {
        Self {
            home_account,
            ..Self::default()
        }
    }

    pub(super) fn blank(&self) -> Self {
        Self::new(self.home_account.clone())
    }

    /// Tasks on a host, in the order of their keys.
    pub fn tasks_on(&self, host: &str) -> impl Iterator<Item = &Held<Task>> {
        self.tasks.get(host).into_iter().flat_map(BTreeMap::values)
    }

    /// Instances of all accounts and regions with a machine's instance id that are not INACTIVE.
    pub fn registered(&self, machine: &str) -> impl Iterator<Item = &Held<Instance>> {
        let arns = self.by_machine.get(machine).into_iter().flatten();
        arns.filter_map(|arn| self.instances.get(arn))
            .filter(|instance| instance.status != InstanceStatus::Inactive)
    }

    /// Takes over an instance in place of `before`; returns its host.
    pub(super) fn put_instance(
        &mut self,
        machines: &mut Machines,
        before: Option<&Held<Instance>>,
        after: Option<Held<Instance>>,
        revision: Revision,
    ) -> Option<String> {
        let host = after.as_ref().or(before)?.host.clone();
        if let Some(before) = before {
            self.instances.remove(&before.arn);
            unindex(&mut self.by_machine, &before.ec2_instance, &before.arn);
        }
        let registration = after.as_ref().and_then(|after| self.registration(after));
        if let Some(arn) = after.as_ref().or(before).map(|instance| &instance.arn) {
            machines.register(arn, registration);
        }
        if let Some(after) = after {
            let machine = self.by_machine.entry(after.ec2_instance.clone());
            machine.or_default().insert(after.arn.clone());
            self.instances.insert(after.arn.clone(), after);
        }
        self.raise(&host, revision);
        Some(host)
    }

    /// Takes over a task in place of `before`.
    pub(super) fn put_task(
        &mut self,
        machines: &mut Machines,
        key: &str,
        before: Option<&Held<Task>>,
        after: Option<&Held<Task>>,
    ) {
        let occupied = before.and_then(|task| group(key, task).map(|group| (&task.host, group)));
        let occupies = after.and_then(|task| group(key, task).map(|group| (&task.host, group)));
        if occupied != occupies {
            if let Some((host, group)) = occupied {
                machines.vacate(host, &group);
            }
            if let Some((host, group)) = occupies {
                machines.occupy(host, &group);
            }
        }
        // Those that wait for capacity are on no host.
        let after = after.filter(|task| !task.host.is_empty());
        if let Some(before) = before
            && let Some(tasks) = self.tasks.get_mut(&before.host)
        {
            tasks.remove(key);
            if tasks.is_empty() {
                self.tasks.remove(&before.host);
            }
        }
        if let Some(after) = after {
            let tasks = self.tasks.entry(after.host.clone()).or_default();
            tasks.insert(key.to_owned(), after.clone());
        }
    }

    pub(super) fn signal(&mut self, host: &str) -> &watch::Sender<Revision> {
        self.signals
            .entry(host.to_owned())
            .or_insert_with(|| watch::channel(0).0)
    }

    pub(super) fn raise(&mut self, host: &str, revision: Revision) {
        if let Some(signal) = self.signals.get(host) {
            if signal.is_closed() {
                self.signals.remove(host);
            } else {
                signal.send_replace(revision);
            }
        }
    }

    /// Those who followed the old picture follow this one, and look again.
    pub(super) fn take_signals(&mut self, old: &mut Self, revision: Revision) {
        self.signals = std::mem::take(&mut old.signals);
        self.signals.retain(|_, signal| !signal.is_closed());
        for signal in self.signals.values() {
            signal.send_replace(revision);
        }
    }

    /// What an instance lets its host take; nothing once it is INACTIVE.
    fn registration(&self, instance: &Instance) -> Option<Registration> {
        let home = names::place_of(&instance.arn)?;
        if instance.status == InstanceStatus::Inactive {
            return None;
        }
        // While nothing is checked (`--iam off`), nodes are root as everybody is.
        let root = Caller::root(&home.account).arn;
        let user = node::user_of(&instance.registered_by);
        let is_node =
            user.is_some() || instance.registered_by == root && own_node::is_own_node(instance);
        Some(Registration {
            host: instance.host.clone(),
            cluster_arn: home.cluster(&instance.cluster),
            provider: instance.capacity_provider.clone(),
            of_provider_alone: provider::is_managed(instance),
            of_installation: is_node && self.home_account.as_ref() == Some(&home.account),
            account: home.account,
            region: home.region,
            of_other_machine: user.is_some_and(|it| it != node::OWN_USER),
            active: instance.status == InstanceStatus::Active,
            agent_connected: instance.agent_connected,
            disconnected_at: instance.disconnected_at,
            agent_version: instance.agent_version.clone(),
            ec2_instance: instance.ec2_instance.clone(),
            registered_at: instance.registered_at,
            attributes: instance.attributes.clone(),
        })
    }
}

/// The group that hosts count a task in, while it is on one and not STOPPED.
fn group(key: &str, task: &Task) -> Option<String> {
    let (scope, _, _) =
        Scope::parse(key).filter(|_| task.last < Status::Stopped && !task.host.is_empty())?;
    Some(group_of(&scope.account, &scope.region, &task.group))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_base::Timestamp;

    use super::*;

    #[test]
    fn nodes_of_other_machines_are_known_by_who_registered_them() {
        let home = "000000000000";
        let on_hosts = OnHosts::new(Some(home.to_owned()));
        for (by, of_installation, of_other_machine) in [
            ("user/wharf/wharf-node", true, false),
            ("user/wharf/wharf-node-6f14b19965e304a1", true, true),
            ("assumed-role/ecsInstanceRole/i-1", false, false),
        ] {
            let instance: Instance = serde_json::from_value(json!({
                "id": "i",
                "arn": format!("arn:aws:ecs:us-east-1:{home}:container-instance/default/i"),
                "cluster": "default",
                "host": "h",
                "ec2_instance": "i-1",
                "status": "ACTIVE",
                "version": 1,
                "registered_at": 0,
                "registered_by": format!("arn:aws:iam::{home}:{by}"),
                "agent_connected": false,
                "disconnected_at": 7,
            }))
            .unwrap();
            let it = on_hosts.registration(&instance).unwrap();
            assert_eq!(
                (it.of_installation, it.of_other_machine),
                (of_installation, of_other_machine),
                "{by}"
            );
            assert_eq!(it.disconnected_at, Some(Timestamp(7)));
        }
    }
}
