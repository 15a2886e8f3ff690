//! What the scheduler works with, and its loops.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rand::{SeedableRng, rngs::SmallRng};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use wharf_api_autoscaling::Autoscaling;
use wharf_api_ec2::Ec2;
use wharf_api_elbv2::Elbv2;
use wharf_reconcile::{Depth, Queue};
use wharf_seal::Keyring;
use wharf_service::Loops;

use crate::{
    credentials,
    images::TaskImages,
    interrupt, membership, rebalancing_watch, retirement,
    service_queue::ServiceQueue,
    services::{execute, targets::Balancers},
    state::State,
    tasks, waiting,
};

/// Tasks brought forward at once.
const TASK_WORKERS: usize = 16;
const SERVICE_WORKERS: usize = 8;
const PROVIDER_WORKERS: usize = 4;
/// How often services with targets look at them where nobody tells of changes.
const TARGET_POLL: std::time::Duration = std::time::Duration::from_secs(1);

/// What a scheduler is made of.
pub struct Parts {
    pub state: Arc<State>,
    pub keyring: Arc<Keyring>,
    /// Network interfaces.
    pub ec2: Arc<dyn Ec2>,
    /// Groups of instances; without it no instance belongs to a capacity provider.
    pub autoscaling: Option<Arc<dyn Autoscaling>>,
    /// Which images may start.
    pub images: Arc<dyn TaskImages>,
    /// Target groups; without it services cannot name any.
    pub elbv2: Option<Arc<dyn Elbv2>>,
    /// ARNs of target groups whose targets or health changed.
    pub target_changes: Option<broadcast::Receiver<String>>,
}

/// Handles on the scheduler are shared as an `Arc`.
pub struct Scheduler {
    pub state: Arc<State>,
    pub balancers: Balancers,
    pub images: Arc<dyn TaskImages>,
    pub(crate) ec2: Arc<dyn Ec2>,
    pub(crate) autoscaling: Option<Arc<dyn Autoscaling>>,
    pub(crate) services: ServiceQueue,
    keyring: Arc<Keyring>,
    target_changes: Option<broadcast::Receiver<String>>,
    tasks: Arc<Queue<String>>,
    /// Keys of capacity providers.
    providers: Arc<Queue<String>>,
    /// Where tasks wait for capacity.
    waiting: Arc<Queue<String>>,
    /// Keys of instances that may be drained.
    drained: Arc<Queue<String>>,
    /// A host was marked as retired, or is so no more.
    pub(crate) retired: Notify,
    seed: AtomicU64,
}

impl Scheduler {
    /// Nothing happens by itself before [`Scheduler::work`].
    pub fn new(parts: Parts) -> Self {
        Self {
            state: parts.state,
            balancers: Balancers::new(parts.elbv2),
            ec2: parts.ec2,
            autoscaling: parts.autoscaling,
            images: parts.images,
            services: ServiceQueue::default(),
            keyring: parts.keyring,
            target_changes: parts.target_changes,
            tasks: Arc::default(),
            providers: Arc::default(),
            waiting: Arc::default(),
            drained: Arc::default(),
            retired: Notify::new(),
            seed: AtomicU64::new(rand::random()),
        }
    }

    /// The task of that key has changed.
    pub fn wake_task(&self, key: String) {
        self.tasks.wake(key);
    }

    /// Something of the service of that key has changed.
    pub fn wake_service(&self, key: String) {
        self.services.changed(key);
    }

    /// A capacity provider has changed, or what may belong to it.
    pub fn wake_provider(&self, key: String) {
        self.providers.wake(key);
    }

    /// There may be room for those who wait in a queue.
    pub fn wake_waiting(&self, queue: String) {
        self.waiting.wake(queue);
    }

    /// A container instance has changed.
    pub fn wake_instance(&self, key: String) {
        self.drained.wake(key);
        self.wake_starving();
    }

    /// There may be room where there was none.
    pub fn wake_starving(&self) {
        self.services.wake_starving();
    }

    /// How much there is to do, by what it is about.
    pub fn depths(&self) -> [(&'static str, Depth); 4] {
        [
            ("tasks", self.tasks.depth()),
            ("services", self.services.queue().depth()),
            ("providers", self.providers.depth()),
            ("waiting", self.waiting.depth()),
        ]
    }

    /// Adds the scheduler's loops to those of the service.
    pub fn work(self: &Arc<Self>, loops: &mut Loops) {
        let of = self.clone();
        loops.work(&self.tasks, TASK_WORKERS, move |key| {
            tasks::task(of.clone(), key)
        });
        let of = self.clone();
        loops.work(self.services.queue(), SERVICE_WORKERS, move |key| {
            execute::service(of.clone(), key)
        });
        let of = self.clone();
        loops.work(&self.providers, PROVIDER_WORKERS, move |key| {
            membership::provider(of.clone(), key)
        });
        let of = self.clone();
        loops.work(&self.waiting, PROVIDER_WORKERS, move |queue| {
            waiting::place_waiting(of.clone(), queue)
        });
        let of = self.clone();
        loops.work(&self.drained, 1, move |key| {
            interrupt::drained(of.clone(), key)
        });
        loops.spawn(interrupt::run(self.clone(), loops.stop()));
        loops.spawn(retirement::run(self.clone(), loops.stop()));
        loops.spawn(rebalancing_watch::run(self.clone(), loops.stop()));
        loops.spawn(follow_machines(self.clone(), loops.stop()));
        let changes = self.target_changes.as_ref();
        let changes = changes.map(broadcast::Receiver::resubscribe);
        loops.spawn(follow_targets(self.clone(), changes, loops.stop()));
        let told = self.state.ahead.listen();
        loops.spawn(follow_ahead(self.clone(), told, loops.stop()));
    }

    /// A generator of its own for one placement.
    pub(crate) fn rng(&self) -> SmallRng {
        SmallRng::seed_from_u64(self.seed.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn credentials_seed(&self) -> String {
        credentials::seed(&self.keyring)
    }
}

/// Wakes the services whose targets changed; all that have any if some change was missed.
async fn follow_targets(
    scheduler: Arc<Scheduler>,
    mut changes: Option<broadcast::Receiver<String>>,
    stop: CancellationToken,
) {
    loop {
        let group = tokio::select! {
            () = stop.cancelled() => return,
            group = next_target_change(&mut changes) => group,
        };
        for key in scheduler.state.view.services_with_targets(group.as_deref()) {
            scheduler.services.queue().wake(key);
        }
    }
}

/// Wakes the services that lack room when machines may be made for Fargate that could not be before.
async fn follow_machines(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = scheduler.state.hosts.fargate().opened() => scheduler.wake_starving(),
        }
    }
}

/// Wakes the services whose hosts have fetched images ahead, or could not.
async fn follow_ahead(
    scheduler: Arc<Scheduler>,
    mut told: broadcast::Receiver<String>,
    stop: CancellationToken,
) {
    use broadcast::error::RecvError;
    loop {
        let told = tokio::select! {
            () = stop.cancelled() => return,
            told = told.recv() => told,
        };
        match told {
            Ok(service) => scheduler.wake_service(service),
            Err(RecvError::Lagged(_)) => {
                let all = scheduler.state.ahead.services();
                all.into_iter().for_each(|it| scheduler.wake_service(it));
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// ARN of a target group that changed; `None` if it may have been any.
async fn next_target_change(changes: &mut Option<broadcast::Receiver<String>>) -> Option<String> {
    use broadcast::error::RecvError;
    let Some(receiver) = changes else {
        tokio::time::sleep(TARGET_POLL).await;
        return None;
    };
    match receiver.recv().await {
        Ok(group) => Some(group),
        Err(RecvError::Lagged(_)) => None,
        Err(RecvError::Closed) => {
            *changes = None;
            None
        }
    }
}
