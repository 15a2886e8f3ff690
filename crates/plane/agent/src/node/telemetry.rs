//! Metrics and container health for the control plane (§4).
//!
//! A publisher holds the websocket. It sends container health every 20 seconds, and the sums of each stretch
//! of time ([`crate::measure`]) as soon as it is over; those that were not acknowledged go again over the next
//! connection.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rand::Rng;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Backoff, Clock, ids};

use super::{
    directory::{Directory, TaskView},
    register,
    session::{AGENT_HASH, AGENT_VERSION, TelemetryTarget},
};
use crate::{
    client::{
        Api,
        websocket::{Socket, SocketError, query},
    },
    measure::{Reports, running},
    protocol::{
        Frame, frame,
        tcs::{self, ContainerHealth, TaskHealth},
    },
};

/// A round of health (§4).
const ROUND: Duration = Duration::from_secs(20);
/// Frames of metrics that are under way at once.
const UNDER_WAY: usize = 8;
/// Silence after which the socket is dead (§4: one to two minutes).
const IDLE: Duration = Duration::from_secs(60);
const MAX_AGE: Duration = Duration::from_secs(30 * 60);

/// Publishes for as long as the node lives.
pub struct Publisher {
    pub api: Api,
    pub target: watch::Receiver<Option<TelemetryTarget>>,
    pub directory: Directory,
    pub reports: Reports,
    pub clock: Arc<dyn Clock>,
    pub shutdown: CancellationToken,
}

impl Publisher {
    pub async fn run(mut self) {
        let shutdown = self.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.publish() => {}
        }
    }

    async fn publish(&mut self) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), 2.0);
        loop {
            let target = match self.target.wait_for(Option::is_some).await {
                Ok(target) => target.clone(),
                Err(_) => return,
            };
            let Some(target) = target else { continue };
            let began = Instant::now();
            if let Err(error) = self.hold(&target).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "telemetry is not connected"
                );
            }
            if began.elapsed() > ROUND {
                backoff.reset();
            }
            sleep(backoff.wait()).await;
        }
    }

    /// One connection, until it ends.
    async fn hold(&self, target: &TelemetryTarget) -> Result<(), SocketError> {
        let endpoint = register::endpoint(&target.endpoint)?;
        let query = query(&[
            ("agentHash", AGENT_HASH),
            ("agentVersion", AGENT_VERSION),
            ("cluster", &target.cluster),
            ("containerInstance", &target.container_instance),
            ("dockerVersion", "25.0.6"),
        ]);
        let mut socket = Socket::open(&self.api, &endpoint, &query).await?;
        let chance = rand::rng().random_range(0.0..=1.0);
        let expires = Instant::now() + MAX_AGE + Duration::from_secs(300).mul_f64(chance);
        let idle = IDLE.mul_f64(1.0 + chance);
        let mut heard = Instant::now();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let sign = || {
            self.api
                .sign_upgrade(&endpoint, &format!("{}/ws", endpoint.path), &query)
        };
        let mut under_way = UnderWay::default();
        loop {
            tokio::select! {
                received = socket.receive() => {
                    if is_acknowledgement(&received?)
                        && let Some(kept) = under_way.acknowledged()
                    {
                        self.reports.kept(kept);
                    }
                    heard = Instant::now();
                }
                _ = rounds.tick() => {
                    let signed = sign();
                    for body in self.health(target) {
                        socket.send(framed(&signed, &body)).await?;
                    }
                    if self.is_idle() {
                        socket.send(framed(&signed, &self.idle(target))).await?;
                        under_way.sent(None);
                    }
                }
                () = self.reports.more() => {}
                () = sleep_until(heard + idle) => return Err(SocketError::Timeout(idle)),
                () = sleep_until(expires) => {
                    socket.close("ConnectionExpired: Reconnect to continue").await;
                    return Ok(());
                }
            }
            while under_way.has_room()
                && let Some((number, stretch)) = self.reports.after(under_way.through)
            {
                let of = (target.cluster.as_str(), target.container_instance.as_str());
                let when = (stretch.start, stretch.seconds);
                let frames = tcs::metric_frames(of, &ids::uuid(), when, &stretch.tasks);
                let last = frames.len().saturating_sub(1);
                for (at, message) in frames.iter().enumerate() {
                    let body = frame("PublishMetricsRequest", message);
                    socket.send(framed(&sign(), &body)).await?;
                    under_way.sent((at == last).then_some(number));
                }
                under_way.through = number;
            }
        }
    }

    fn is_idle(&self) -> bool {
        let tasks = self.directory.all();
        tasks.iter().all(|task| running(task).next().is_none())
    }

    fn idle(&self, target: &TelemetryTarget) -> String {
        let now = self.clock.now().epoch_seconds();
        let (cluster, instance) = (&target.cluster, &target.container_instance);
        let message = tcs::idle_frame(cluster, instance, &ids::uuid(), now);
        frame("PublishMetricsRequest", &message)
    }

    fn health(&self, target: &TelemetryTarget) -> Vec<String> {
        let now = self.clock.now().epoch_seconds();
        let tasks = self.directory.all();
        let health: Vec<TaskHealth> = tasks.iter().filter_map(|task| task_health(task)).collect();
        let (cluster, instance) = (&target.cluster, &target.container_instance);
        tcs::health_frames(cluster, instance, &ids::uuid(), now, health)
            .iter()
            .map(|message| frame("PublishHealthRequest", message))
            .collect()
    }
}

/// Frames of metrics that were sent over a connection; the server acknowledges them in their order.
#[derive(Debug, Default)]
struct UnderWay {
    /// What each frame ends, if it ends a stretch.
    frames: VecDeque<Option<u64>>,
    /// The last stretch that was sent.
    through: u64,
}

impl UnderWay {
    fn has_room(&self) -> bool {
        self.frames.len() < UNDER_WAY
    }

    fn sent(&mut self, ends: Option<u64>) {
        self.frames.push_back(ends);
    }

    /// The stretch that is kept with this.
    fn acknowledged(&mut self) -> Option<u64> {
        self.frames.pop_front().flatten()
    }
}

fn is_acknowledgement(text: &str) -> bool {
    serde_json::from_str::<Frame<'_>>(text).is_ok_and(|it| it.kind == "AckPublishMetric")
}

/// `None` unless a running container has a health check.
fn task_health(task: &TaskView) -> Option<TaskHealth> {
    let of = &task.context.task;
    let containers: Vec<ContainerHealth> = running(task)
        .filter(|at| task.context.spec.containers[*at].has_health_check)
        .map(|at| {
            let state = &task.record.state.containers[at];
            let since = state.health_since.or(state.started_at).unwrap_or_default();
            ContainerHealth {
                container_name: of.containers[at].name.clone(),
                health_status: state.health.as_str(),
                status_since: since.epoch_seconds(),
            }
        })
        .collect();
    (!containers.is_empty()).then(|| TaskHealth {
        task_arn: of.arn.clone(),
        cluster_arn: of.task_cluster_arn.clone(),
        task_definition_family: of.family.clone(),
        task_definition_version: of.version.clone(),
        containers,
    })
}

/// Header lines, an empty line, the JSON frame.
fn framed(headers: &[(String, String)], body: &str) -> String {
    let mut text = String::with_capacity(body.len() + 512);
    for (name, value) in headers {
        let name = match name.as_str() {
            "authorization" => "Authorization",
            "host" => "Host",
            "x-amz-date" => "X-Amz-Date",
            "x-amz-security-token" => "X-Amz-Security-Token",
            other => other,
        };
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_kept_with_the_last_of_its_frames() {
        let mut under_way = UnderWay::default();
        for ends in [None, None, Some(1), Some(2)] {
            under_way.sent(ends);
        }
        let kept: Vec<_> = (0..5).map(|_| under_way.acknowledged()).collect();
        assert_eq!(kept, [None, None, Some(1), Some(2), None]);
        (0..UNDER_WAY).for_each(|_| under_way.sent(None));
        assert!(!under_way.has_room());
        assert!(is_acknowledgement(
            r#"{"type":"AckPublishMetric","message":{"message":""}}"#
        ));
        assert!(!is_acknowledgement(
            r#"{"type":"AckPublishHealth","message":{"message":""}}"#
        ));
        assert!(!is_acknowledgement("no frame"));
    }

    #[test]
    fn frames_begin_with_headers() {
        let text = framed(&[("x-amz-date".into(), "d".into())], "{}");
        assert_eq!(text, "X-Amz-Date: d\r\n\r\n{}");
    }
}
