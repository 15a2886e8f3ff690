//! A machine on which everything succeeds at once, and which remembers what runs on it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc};
use wharf_agent::{
    engine::{Action, Event, Exit},
    measure::window::Glance,
    node::{
        core::TaskContext,
        machine::{Machine, NoExec, NotFetched, Observation, Usage, VolumeUsage},
    },
};
use wharf_base::Timestamp;
use wharf_container::runtime::{ExecSession, ExecSpec};

const AT: Timestamp = Timestamp(1_700_000_000_000);

#[derive(Default)]
struct State {
    /// What happened to each container, kept over the agent's lives.
    past: BTreeMap<(String, usize), Vec<Event>>,
    observations: Option<mpsc::Sender<Observation>>,
    is_stuck: bool,
}

#[derive(Default)]
pub struct FakeMachine(Mutex<State>, Notify);

impl FakeMachine {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Once what a task held is given back.
    pub async fn disposed(&self) {
        self.1.notified().await;
    }

    /// What it runs is never found again from now on.
    pub fn get_stuck(&self) {
        self.0.lock().unwrap().is_stuck = true;
    }

    pub fn report_to(&self, observations: mpsc::Sender<Observation>) {
        self.0.lock().unwrap().observations = Some(observations);
    }

    /// The container ends by itself.
    pub async fn exit(&self, container: usize, code: i32) {
        let exit = Exit {
            code: Some(code),
            out_of_memory: false,
            at: AT,
        };
        let event = Event::Exited { container, exit };
        let (tell, id) = {
            let mut state = self.0.lock().unwrap();
            let ((id, _), past) = state
                .past
                .iter_mut()
                .find(|((_, at), _)| *at == container)
                .unwrap();
            past.push(event.clone());
            let id = id.clone();
            (state.observations.clone().unwrap(), id)
        };
        tell.send(Observation { task_id: id, event }).await.unwrap();
    }

    fn note(&self, id: &str, container: usize, event: Event) -> Vec<Event> {
        let mut state = self.0.lock().unwrap();
        state
            .past
            .entry((id.to_owned(), container))
            .or_default()
            .push(event.clone());
        vec![event]
    }
}

#[async_trait]
impl Machine for FakeMachine {
    async fn recover(&self, _: &[Arc<TaskContext>]) -> BTreeMap<String, Vec<Event>> {
        let is_stuck = self.0.lock().unwrap().is_stuck;
        if is_stuck {
            std::future::pending::<()>().await;
        }
        let state = self.0.lock().unwrap();
        let mut all: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for ((id, _), past) in &state.past {
            all.entry(id.clone())
                .or_default()
                .extend(past.iter().cloned());
        }
        all
    }

    async fn perform(&self, task: &Arc<TaskContext>, action: Action) -> Vec<Event> {
        let id = &task.id;
        match action {
            Action::AttachNetwork => vec![Event::NetworkAttached { links: Vec::new() }],
            Action::ReleaseNetwork => vec![Event::NetworkReleased],
            Action::Pull { container } => {
                vec![Event::Pulled {
                    container,
                    digest: "sha256:fake".into(),
                    remotely: false,
                    confirmed: true,
                }]
            }
            Action::Create { container } => self.note(id, container, Event::Created { container }),
            Action::Start { container } | Action::Restart { container } => {
                self.note(id, container, Event::Started { container, at: AT })
            }
            Action::Stop { container, .. } => {
                let exit = Exit {
                    code: Some(143),
                    out_of_memory: false,
                    at: AT,
                };
                self.note(id, container, Event::Exited { container, exit })
            }
        }
    }

    async fn dispose(&self, _: &Arc<TaskContext>) {
        self.1.notify_one();
    }

    async fn usage(&self, _: &str, _: usize) -> Option<Usage> {
        None
    }

    async fn glance(&self, task_id: &str, container: usize) -> Option<Glance> {
        let key = (task_id.to_owned(), container);
        let runs = self.0.lock().unwrap().past.contains_key(&key);
        runs.then_some(Glance {
            cpu_ns: 0,
            memory_bytes: 1 << 20,
        })
    }

    async fn disk_used(&self, _: &str) -> Option<u64> {
        Some(3 << 30)
    }

    async fn volumes_used(&self, _: &TaskContext) -> Vec<VolumeUsage> {
        Vec::new()
    }

    async fn exec(&self, _: &str, _: usize, _: ExecSpec) -> Result<ExecSession, NoExec> {
        Err(NoExec::NoTask)
    }

    /// Of images that end so there are none; others never come.
    async fn fetch_ahead(&self, task: &TaskContext, at: usize) -> Result<(), NotFetched> {
        let image = &task.task.containers[at].image;
        if image.ends_with(":never") {
            std::future::pending::<()>().await;
        }
        match image.ends_with(":none") {
            true => {
                let why = format!("CannotPullContainerError: there is no {image}");
                Err(NotFetched(why.into()))
            }
            false => Ok(()),
        }
    }

    async fn collect_images(&self, _: &[Arc<TaskContext>]) {}
}
