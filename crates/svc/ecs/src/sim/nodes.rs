//! Agents and their containers: what really runs, whatever the records say.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;
use wharf_records::ecs::Task;

use super::{
    check,
    world::{Event, Said, Step, World, node_id, node_of},
};
use crate::{
    acs::payload::{is_to_run, is_wanted},
    task::{ContainerReport, Report, Reported, plan::told, report, stop},
};

const CHANCE_OF_FAILED_START: f64 = 0.01;
const CHANCE_OF_SLOW_PULL: f64 = 0.03;
const CHANCE_OF_EXIT: f64 = 0.05;
const CHANCE_OF_DUPLICATE: f64 = 0.1;
/// How long after the manifest a host that does not name a task does not have it.
const CONFIRMATION: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub struct Node {
    /// When its connection ended.
    pub gone_at: Option<Timestamp>,
    pub connection: u64,
    /// Raised when everything on it dies.
    pub boot: u64,
    /// By `cluster:id`.
    pub runs: BTreeMap<String, Run>,
    /// What could not be reported yet.
    outbox: Vec<(String, Said)>,
}

#[derive(Debug)]
pub struct Run {
    pub phase: Phase,
    pub address: Option<String>,
    pub port: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Pulling,
    Running,
    Stopping,
    Over(Said),
}

impl Run {
    /// Its container exists.
    pub fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Stopping)
    }
}

impl World {
    pub fn tell_host(&mut self, host: &str) {
        let node = node_of(host);
        if self.nodes[node].gone_at.is_none() {
            let delay = self.chance_ms(1..30);
            self.look(format!("n{node}"), delay, Event::Told(node));
        }
    }

    /// Tasks of a host its agent has to know, and whether they are to run.
    fn wanted(&self, node: usize) -> Vec<(String, bool)> {
        let host = node_id(node);
        self.region()
            .tasks_on(&host)
            .filter(|task| is_wanted(task))
            .map(|task| {
                let run = told(task) == wharf_records::ecs::Desired::Running;
                (format!("{}:{}", task.cluster, task.id), run)
            })
            .collect()
    }

    pub fn told(&mut self, node: usize) {
        if self.nodes[node].gone_at.is_some() {
            return;
        }
        for (id, run) in self.wanted(node) {
            self.tell(node, &id, run);
        }
    }

    fn tell(&mut self, node: usize, id: &str, run: bool) {
        let phase = self.nodes[node].runs.get(id).map(|run| run.phase);
        match (phase, run) {
            (None, true) => self.pull(node, id),
            (None, false) => self.say(node, id, Said::Ended(0)),
            (Some(Phase::Over(said)), _) => self.say(node, id, said),
            (Some(Phase::Pulling | Phase::Running), false) => self.stop_run(node, id),
            (Some(_), _) => {}
        }
    }

    fn pull(&mut self, node: usize, id: &str) {
        let task = self.tasks[id].clone();
        if task.started_at.is_some() {
            // A session never tells of a task that runs already; its end was reported.
            return;
        }
        let run = Run {
            phase: Phase::Pulling,
            address: task.interface.as_ref().map(|i| i.private_ipv4.clone()),
            port: !task.claim.ports.is_empty(),
        };
        self.nodes[node].runs.insert(id.to_owned(), run);
        let slow = self.probably(CHANCE_OF_SLOW_PULL);
        let delay = self.chance_ms(if slow { 5000..40_000 } else { 50..1500 });
        self.step_after(delay, node, id, Step::Start);
    }

    fn stop_run(&mut self, node: usize, id: &str) {
        let Some(run) = self.nodes[node].runs.get_mut(id) else {
            return;
        };
        run.phase = Phase::Stopping;
        let delay = self.chance_ms(10..3000);
        self.step_after(delay, node, id, Step::Stop);
    }

    fn step_after(&mut self, delay: Duration, node: usize, id: &str, what: Step) {
        let boot = self.nodes[node].boot;
        let task = id.to_owned();
        self.after(
            delay,
            Event::Container {
                node,
                boot,
                task,
                what,
            },
        );
    }

    pub fn container(&mut self, node: usize, boot: u64, id: &str, what: Step) {
        if self.nodes[node].boot != boot {
            return;
        }
        let Some(phase) = self.nodes[node].runs.get(id).map(|run| run.phase) else {
            return;
        };
        match (what, phase) {
            (Step::Start, Phase::Pulling) => {
                let bad = self.bad.contains(&self.tasks[id].definition);
                if bad || self.probably(CHANCE_OF_FAILED_START) {
                    return self.over(node, id, Said::Failed);
                }
                check::may_start(self, node, id);
                self.set_phase(node, id, Phase::Running);
                self.say(node, id, Said::Running);
                let life = self.crashing.get(&self.tasks[id].definition).copied();
                if let Some(life) = life {
                    self.step_after(life, node, id, Step::Exit(3));
                } else if self.probably(CHANCE_OF_EXIT) {
                    let delay = self.chance_ms(100..60_000);
                    self.step_after(delay, node, id, Step::Exit(1));
                }
            }
            (Step::Exit(code), Phase::Running | Phase::Stopping) => {
                self.over(node, id, Said::Ended(code));
            }
            (Step::Stop, Phase::Stopping) => self.over(node, id, Said::Ended(143)),
            _ => {}
        }
    }

    fn set_phase(&mut self, node: usize, id: &str, phase: Phase) {
        if let Some(run) = self.nodes[node].runs.get_mut(id) {
            run.phase = phase;
        }
    }

    fn over(&mut self, node: usize, id: &str, said: Said) {
        self.set_phase(node, id, Phase::Over(said));
        self.say(node, id, said);
    }

    /// An agent reports until it was heard, and now and then once more than that.
    fn say(&mut self, node: usize, id: &str, what: Said) {
        let times = 1 + usize::from(self.probably(CHANCE_OF_DUPLICATE));
        for _ in 0..times {
            let delay = self.chance_ms(1..30);
            let connection = self.nodes[node].connection;
            let task = id.to_owned();
            self.after(
                delay,
                Event::Reported {
                    node,
                    connection,
                    task,
                    what,
                },
            );
        }
    }

    pub fn reported(&mut self, node: usize, connection: u64, id: &str, what: Said) {
        let of = &mut self.nodes[node];
        if of.gone_at.is_some() || of.connection != connection {
            of.outbox.push((id.to_owned(), what));
            return;
        }
        let (status, exit_code, reason) = match what {
            Said::Running => (Reported::Running, None, None),
            Said::Failed => (
                Reported::Stopped,
                None,
                Some("CannotPullContainerError".to_owned()),
            ),
            Said::Ended(code) => (Reported::Stopped, Some(code), None),
        };
        let report = Report {
            status: Some(status),
            containers: vec![ContainerReport {
                name: "web".to_owned(),
                status: Some(status),
                exit_code,
                reason,
                ..ContainerReport::default()
            }],
            ..Report::default()
        };
        let now = self.now;
        self.change_task(id, |task: &mut Task| {
            report::take(task, &report, now);
        });
    }

    /// The connection ends; `dead`: and everything on the node with it.
    pub fn lose(&mut self, node: usize, dead: bool) {
        let of = &mut self.nodes[node];
        of.gone_at.get_or_insert(self.now);
        of.connection += 1;
        if dead {
            of.boot += 1;
            let over = |run: &mut Run| match run.phase {
                Phase::Over(_) => false,
                _ => {
                    run.phase = Phase::Over(Said::Ended(137));
                    true
                }
            };
            let died: Vec<String> = of
                .runs
                .iter_mut()
                .filter_map(|(id, run)| over(run).then(|| id.clone()))
                .collect();
            of.outbox
                .extend(died.into_iter().map(|id| (id, Said::Ended(137))));
        }
        self.look(
            format!("i{node}"),
            Duration::ZERO,
            Event::LookInstance(node),
        );
    }

    pub fn come_back(&mut self, node: usize) {
        if self.nodes[node].gone_at.take().is_none() {
            return;
        }
        self.nodes[node].connection += 1;
        let mut instance = self.instance(node);
        instance.agent_connected = true;
        instance.disconnected_at = None;
        instance.lost = false;
        self.put_instance(instance);
        for (id, said) in std::mem::take(&mut self.nodes[node].outbox) {
            self.say(node, &id, said);
        }
        let connection = self.nodes[node].connection;
        let delay = self.chance_ms(1..50);
        self.after(delay, Event::Manifest { node, connection });
    }

    pub fn manifest(&mut self, node: usize, connection: u64) {
        if self.nodes[node].connection != connection {
            return;
        }
        self.told(node);
        let strays: Vec<String> = {
            let region = self.region();
            let wanted = |id: &String| {
                region
                    .tasks
                    .get(id)
                    .is_some_and(|task| is_to_run(task) || is_wanted(task))
            };
            let runs = self.nodes[node].runs.iter();
            runs.filter(|(id, run)| !matches!(run.phase, Phase::Over(_)) && !wanted(id))
                .map(|(id, _)| id.clone())
                .collect()
        };
        let unconfirmed: Vec<String> = self
            .region()
            .tasks_on(&node_id(node))
            .filter(|task| task.unconfirmed)
            .map(|task| format!("{}:{}", task.cluster, task.id))
            .collect();
        for id in unconfirmed.into_iter().filter(|id| !strays.contains(id)) {
            self.after(CONFIRMATION, Event::Absent(id));
        }
        for id in strays {
            self.stop_run(node, &id);
        }
    }

    pub fn absent(&mut self, id: &str) {
        let node = node_of(&self.tasks[id].host);
        if self.nodes[node].gone_at.is_none() {
            self.change_task(id, |task| {
                stop::confirm(task);
            });
        }
    }
}
