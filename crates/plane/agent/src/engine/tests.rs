//! The engine's promises: tables first, then random walks over every order of answers.

mod reports;
mod tables;
mod walks;

use std::time::Duration;

use wharf_base::Timestamp;

use super::*;
use crate::protocol::payload::{self, Container, DependsOn, Task};

pub(super) const NOW: Timestamp = Timestamp(1_000_000);

/// A task definition in one line: `"a! b>a:HEALTHY c~10"`: `!` essential, `>x:COND` depends on x,
/// `~n` restart after n seconds, `@n` start timeout of n seconds.
pub(super) fn task(text: &str) -> Task {
    let containers = text.split_whitespace().map(container).collect();
    Task {
        arn: "arn:aws:ecs:us-east-1:0:task/default/0123456789abcdef".into(),
        desired_status: "RUNNING".into(),
        network_mode: "none".into(),
        containers,
        ..Task::default()
    }
}

fn container(text: &str) -> Container {
    let end = text.find(['!', '>', '~', '@']).unwrap_or(text.len());
    let mut container = Container {
        name: text[..end].into(),
        ..Container::default()
    };
    let mut rest = &text[end..];
    while let Some(mark) = rest.chars().next() {
        let tail = &rest[1..];
        let end = tail.find(['!', '>', '~', '@']).unwrap_or(tail.len());
        let value = &tail[..end];
        match mark {
            '!' => container.essential = true,
            '>' => {
                let (name, condition) = value.split_once(':').unwrap();
                container.depends_on.push(DependsOn {
                    container_name: name.into(),
                    condition: condition.into(),
                });
            }
            '~' => {
                container.restart_policy = Some(payload::RestartPolicy {
                    enabled: true,
                    ignored_exit_codes: vec![7],
                    restart_attempt_period: value.parse().unwrap(),
                });
            }
            _ => container.start_timeout = value.parse().unwrap(),
        }
        rest = &tail[end..];
    }
    container
}

/// A task being walked through its life by a test.
pub(super) struct Walk {
    pub spec: Spec,
    pub state: TaskState,
    pub busy: Busy,
    pub now: Timestamp,
    pub outbox: report::Outbox,
    /// Begun and not answered, oldest first.
    pub under_way: Vec<Action>,
}

impl Walk {
    pub fn of(text: &str) -> Self {
        let spec = Spec::of(&task(text)).unwrap();
        let ids = spec
            .containers
            .iter()
            .map(|c| format!("id-{}", c.name))
            .collect();
        let state = TaskState::new(&spec, ids);
        Self {
            spec,
            state,
            busy: Busy::default(),
            now: NOW,
            outbox: report::Outbox::default(),
            under_way: Vec::new(),
        }
    }

    /// Plans, adopts the conclusions, marks the actions as begun.
    pub fn step(&mut self) -> Vec<Action> {
        let plan = plan(&self.spec, &self.state, &self.busy, self.now);
        self.state = plan.state;
        for action in &plan.actions {
            self.busy.begin(*action);
            self.under_way.push(*action);
        }
        if let Some(report) = report::snapshot(&self.spec, &self.state) {
            self.outbox.push(report);
        }
        plan.actions
    }

    pub fn note(&mut self, event: Event) -> Vec<Action> {
        self.state.apply(&self.spec, event, self.now);
        self.step()
    }

    /// The action ended with these events.
    pub fn end(&mut self, action: Action, events: Vec<Event>) -> Vec<Action> {
        self.busy.end(action);
        self.under_way.retain(|a| *a != action);
        for event in events {
            self.state.apply(&self.spec, event, self.now);
        }
        self.step()
    }

    /// Answers every action with success until nothing is left to do.
    pub fn run(&mut self) {
        self.step();
        while let Some(action) = self.under_way.first().copied() {
            let events = self.success(action);
            self.end(action, events);
        }
    }

    pub fn success(&self, action: Action) -> Vec<Event> {
        match action {
            Action::AttachNetwork => vec![Event::NetworkAttached { links: Vec::new() }],
            Action::ReleaseNetwork => vec![Event::NetworkReleased],
            Action::Pull { container } => {
                vec![Event::Pulled {
                    container,
                    digest: "sha256:1".into(),
                    remotely: false,
                    confirmed: true,
                }]
            }
            Action::Create { container } => vec![Event::Created { container }],
            Action::Start { container } | Action::Restart { container } => {
                vec![Event::Started {
                    container,
                    at: self.now,
                }]
            }
            Action::Stop { container, .. } => vec![self.exit(container, 143)],
        }
    }

    pub fn exit(&self, container: usize, code: i32) -> Event {
        let exit = Exit {
            code: Some(code),
            out_of_memory: false,
            at: self.now,
        };
        Event::Exited { container, exit }
    }

    pub fn statuses(&self) -> Vec<ContainerStatus> {
        self.state.containers.iter().map(|c| c.status).collect()
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }
}
