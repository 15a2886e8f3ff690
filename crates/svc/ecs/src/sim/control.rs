//! The executors: what `reconcile` and `services::execute` do, in the same order, on records in
//! memory. Transactions that lose to another writer are left to chance.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use rand::SeedableRng;
use wharf_records::{
    ecs::{Desired, Interface, InterfaceState, Scheduling, Service, TargetState, Task},
    hosts::Ledger,
};

use super::{
    check,
    world::{Event, World, node_id, node_of},
};
use crate::{
    acs::hub::Seen as Presence,
    launch::of_service,
    liveness,
    services::{
        launch::{Launcher, Minted, Where},
        observe::{self, Observed, SeenHost, TargetHealth, address},
        plan::{Action, plan},
    },
    task::{self, claim, settle, stop},
};

const CHANCE_OF_CONFLICT: f64 = 0.05;

impl World {
    /// `Core::change_task`: the task, settled, with its ledger.
    pub fn change_task(&mut self, id: &str, change: impl FnOnce(&mut Task)) -> Option<Arc<Task>> {
        let before = self.tasks.get(id)?.clone();
        let mut after = Task::clone(&before);
        change(&mut after);
        settle(&mut after, self.now);
        if after == *before {
            return Some(before);
        }
        if claim::moves(&before, &after) {
            let held = self
                .region()
                .ledgers
                .get(&after.host)
                .expect("hosts have ledgers");
            let mut ledger = Ledger::clone(&held.record);
            if claim::follow(&mut ledger, &after) {
                self.put_ledger(&after.host.clone(), ledger);
            }
        }
        self.put_task(after);
        self.tasks.get(id).cloned()
    }

    pub fn look_at_task(&mut self, id: &str) {
        let Some(task) = self.tasks.get(id).cloned() else {
            return;
        };
        let plan = task::plan(&task, self.now);
        match plan.action {
            Some(task::Action::CreateInterface) => {
                let delay = self.chance_ms(5..200);
                self.after(delay, Event::InterfaceMade(id.to_owned()));
            }
            Some(task::Action::DeleteInterface(interface)) => {
                check::may_free(self, &task);
                self.addresses.retain(|_, holder| *holder != interface);
                self.change_task(id, |task| task::plan::interface_deleted(task, &interface));
            }
            Some(task::Action::Become(_) | task::Action::Stop(_)) => {
                self.change_task(id, |_| {});
            }
            Some(task::Action::AbandonInterface) => self.abandon_interface(id, &task),
            // Remembered for as long as the simulation goes.
            Some(task::Action::Forget) | None => {}
        }
        if let Some(at) = plan.wake_at.filter(|at| *at > self.now) {
            let delay = at.since(self.now);
            if delay < Duration::from_secs(600) {
                self.look(format!("t{id}"), delay, Event::LookTask(id.to_owned()));
            }
        }
    }

    fn abandon_interface(&mut self, id: &str, task: &Task) {
        let wish = task.network.as_ref().expect("only awsvpc tasks have one");
        if let Some(interface) = self.interfaces.remove(&wish.attachment) {
            self.addresses.retain(|_, holder| *holder != interface);
        }
        self.change_task(id, task::plan::interface_abandoned);
    }

    /// EC2 answers; the same client token gives the same interface.
    pub fn interface_made(&mut self, id: &str) {
        let Some(task) = self.tasks.get(id).cloned() else {
            return;
        };
        let Some(wish) = task.network.clone() else {
            return;
        };
        if task.interface.is_some() {
            return;
        }
        let name = match self.interfaces.get(&wish.attachment) {
            Some(known) => known.clone(),
            None => format!("eni-{}", self.fresh()),
        };
        self.interfaces.insert(wish.attachment, name.clone());
        let held = self.addresses.iter().find(|(_, holder)| **holder == name);
        let ip = match held.map(|(ip, _)| ip.clone()) {
            Some(ip) => ip,
            None => {
                // The lowest that is free: addresses come back as soon as they can.
                let free = (0..).map(|n| format!("10.0.0.{n}"));
                let ip = free.into_iter().find(|ip| !self.addresses.contains_key(ip));
                let ip = ip.expect("numbers do not end");
                check::may_give(self, &ip);
                self.addresses.insert(ip.clone(), name.clone());
                ip
            }
        };
        let made = Interface {
            id: name.clone(),
            vpc: String::new(),
            mac: String::new(),
            private_dns_name: String::new(),
            private_ipv4: ip,
            gateway: String::new(),
            state: InterfaceState::Created,
            unknown: std::collections::BTreeMap::new(),
        };
        let changed = self.change_task(id, |task| task::plan::interface_made(task, made));
        let has = changed.is_some_and(|t| t.interface.as_ref().is_some_and(|i| i.id == name));
        if !has {
            self.addresses.retain(|_, holder| *holder != name);
        }
    }

    pub fn look_at_instance(&mut self, node: usize) {
        let mut instance = self.instance(node);
        let seen = match self.nodes[node].gone_at {
            None => Presence::Connected,
            Some(at) => Presence::Gone(self.now.since(at)),
        };
        let plan = liveness::plan(&instance, seen, &self.config);
        if plan.disconnect || plan.lose {
            instance.agent_connected = false;
            instance.disconnected_at.get_or_insert(self.now);
            instance.lost = plan.lose || instance.lost;
            if plan.lose {
                let why = stop::host_lost(&instance.ec2_instance);
                let here: Vec<String> = self
                    .region()
                    .tasks_on(&node_id(node))
                    .map(|task| format!("{}:{}", task.cluster, task.id))
                    .collect();
                let now = self.now;
                for id in here {
                    self.change_task(&id, |task| stop::give_up(task, &why, false, now));
                }
            }
            self.put_instance(instance);
            self.look(
                format!("i{node}"),
                Duration::ZERO,
                Event::LookInstance(node),
            );
        }
        if let Some(delay) = plan.look_after {
            self.look(format!("i{node}"), delay, Event::LookInstance(node));
        }
    }

    pub fn look_at_service(&mut self, id: &str) {
        let Some(held) = self.region().services.get(id).cloned() else {
            return;
        };
        let observed = self.observe(id, &held);
        let plan = plan(&held, &observed, self.now);
        check::within_bounds(self, &held, &observed, &plan);
        if plan.events.iter().any(|text| text.contains("rolling back")) {
            self.rolled_back.insert(held.name.clone(), self.now);
        }
        check::steady(self, &held, &observed, &plan);
        if let Some(at) = plan.wake_at {
            let delay = at.since(self.now);
            if delay < Duration::from_secs(3600) {
                self.look(format!("s{id}"), delay, Event::LookService(id.to_owned()));
            }
        }
        if plan.actions.is_empty() && plan.service == *held.record {
            return;
        }
        let (mut accounts, mut wanted) = (Vec::new(), None);
        for action in &plan.actions {
            match action {
                Action::Register { group, tasks } => self.register(group, tasks),
                Action::Deregister { group, tasks, .. } => self.deregister(group, tasks),
                Action::Drained { tasks } => {
                    for task in tasks {
                        self.set_targets(task, TargetState::Gone);
                    }
                }
                Action::Stop { task, why } => {
                    let (why, now) = (why.stop(), self.now);
                    self.change_task(&format!("default:{task}"), |task| {
                        stop::stop(task, &why, now);
                    });
                }
                Action::Account { task } => accounts.push(task.clone()),
                Action::Launch { count } => {
                    let count = *count as usize;
                    wanted = Some(Where::Anywhere { count });
                }
                Action::LaunchOn { hosts } => wanted = Some(Where::On(hosts.clone())),
            }
        }
        let again = Duration::from_millis(60);
        self.look(format!("s{id}"), again, Event::LookService(id.to_owned()));
        if self.probably(CHANCE_OF_CONFLICT) {
            return;
        }
        if let Some(wanted) = wanted {
            self.launch(&plan.service, &wanted, id);
        }
        for task in accounts {
            assert!(
                self.accounted.insert(task.clone()),
                "an end is counted twice"
            );
            self.change_task(&format!("default:{task}"), |task| {
                task.service.as_mut().expect("of a service").accounted = true;
            });
        }
        if plan.service != *held.record {
            self.put_service(plan.service);
        }
    }

    fn observe(&self, id: &str, service: &Service) -> Observed {
        let tasks = observe::tasks(&self.region(), id, &self.targets);
        let hosts = match service.scheduling {
            Scheduling::Replica => Vec::new(),
            Scheduling::Daemon => {
                let host = |instance: &crate::view::Held<wharf_records::ecs::Instance>| SeenHost {
                    id: instance.host.clone(),
                    ready: instance.status == wharf_records::ecs::InstanceStatus::Active,
                    connected: instance.agent_connected,
                    others: self
                        .region()
                        .tasks_on(&instance.host)
                        .filter(|task| !task.ended && task.group != "service:daemon")
                        .count(),
                };
                self.region().instances_of("default").map(host).collect()
            }
        };
        Observed { tasks, hosts }
    }

    fn launch(&mut self, service: &Service, wanted: &Where, id: &str) {
        let revision = service.deployments[0].revision.clone();
        let cached = (service.name.clone(), revision.id.clone());
        if !self.orders.contains_key(&cached) {
            let definition = &self.definitions[&revision.definition];
            let order = of_service(service, &revision, definition).expect("a sound service");
            self.orders.insert(cached.clone(), order);
        }
        let cluster = self.region().clusters["default"].clone();
        let mint = || Minted {
            id: format!("{:032x}", self.fresh()),
            credentials_seed: String::new(),
        };
        let launcher = Launcher {
            mint: &mint,
            place: &self.place,
            cluster: &cluster,
            service,
            revision: &revision,
            order: self.orders[&cached].clone(),
            now: self.now,
        };
        let mut rng = rand::rngs::SmallRng::seed_from_u64(self.seed ^ self.next_id.get());
        let batch = launcher.batch(&self.region(), wanted, &mut rng);
        if batch.unplaced.is_some() {
            let pause = Duration::from_secs(5);
            self.look(format!("s{id}"), pause, Event::LookService(id.to_owned()));
        }
        for (host, ledger) in batch.ledgers {
            self.put_ledger(&host, ledger);
        }
        for mut task in batch.tasks {
            // Minted by chance where it is really used; here the seed decides everything.
            if let Some(wish) = &mut task.network {
                wish.attachment = format!("attachment-{}", self.fresh());
            }
            self.put_task(task);
        }
    }

    fn addresses_of(&self, group: &str, tasks: &[String]) -> Vec<(String, super::world::Target)> {
        let of = |id: &String| {
            let task = self.tasks.get(&format!("default:{id}"))?;
            let target = task.service.as_ref()?.targets.first()?;
            let (address, port) = address(task, target)?;
            Some((id.clone(), (group.to_owned(), address, port)))
        };
        tasks.iter().filter_map(of).collect()
    }

    fn register(&mut self, group: &str, tasks: &[String]) {
        for (id, target) in self.addresses_of(group, tasks) {
            self.targets.insert(target.clone(), TargetHealth::Initial);
            let delay = self.chance_ms(50..2000);
            self.after(delay, Event::Judged(target));
            // The server may die between the two; what was registered then is found again.
            if !self.probably(0.02) {
                self.set_targets(&id, TargetState::Registered);
            }
        }
    }

    fn deregister(&mut self, group: &str, tasks: &[String]) {
        for (_, target) in self.addresses_of(group, tasks) {
            if let Some(health) = self.targets.get_mut(&target) {
                *health = TargetHealth::Draining;
                let delay = self.chance_ms(100..20_000);
                self.after(delay, Event::Drained(target));
            }
        }
        for id in tasks {
            self.set_targets(id, TargetState::Draining);
        }
    }

    fn set_targets(&mut self, task: &str, state: TargetState) {
        self.change_task(&format!("default:{task}"), |task| {
            let live = task.desired == Desired::Running && !task.ended;
            if state == TargetState::Registered && !live {
                return;
            }
            for target in &mut task.service.as_mut().expect("of a service").targets {
                target.state = target.state.max(state);
            }
        });
    }

    /// Wakes every service with targets, as a change of target health does.
    pub fn targets_changed(&mut self) {
        let id = "default:balanced".to_owned();
        let delay = Duration::from_millis(60);
        self.look(format!("s{id}"), delay, Event::LookService(id));
    }

    pub fn node_of_task(&self, task: &Task) -> usize {
        node_of(&task.host)
    }

    /// Ids of the tasks that are live in the records.
    pub fn live(&self) -> BTreeSet<String> {
        let live = |task: &&Arc<Task>| task.desired == Desired::Running && !task.ended;
        let all = self.tasks.values().filter(live);
        all.map(|task| task.arn.clone()).collect()
    }
}
