//! The logs of the machine's containers, given to their drivers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};
use wharf_base::{Backoff, Chain};
use wharf_container::{
    runtime::{LogError, LogOffset, LogReader, Stream},
    spec::ContainerName,
};

use super::{
    Shared, bundle,
    error::{NoLogs, StepError},
    images,
    live::{self, Live},
    secrets::{self, LogSecrets},
};
use crate::{
    client::Api,
    figures::Figures,
    logs::{
        Awslogs, Driver,
        assemble::Record,
        deliver::{Delivery, GIVE_UP_AFTER},
        gather::{Chunk, LogSource, SourceError},
        sink::{CloudWatch, LogSink},
        splunk::{self, Names, Splunk},
    },
    node::core::TaskContext,
};

/// Makes the stream of container `at`, or asks whether its collector is there. A control plane that does not
/// answer is no reason not to start; one that says no is, as with Docker, and a collector that is not there.
pub(super) async fn prepare(shared: &Shared, live: &Live, at: usize) -> Result<(), StepError> {
    let context = &live.context;
    let fargate = context.task.launch_type == "FARGATE";
    let refused = |why: NoLogs| match fargate {
        true => StepError::LogsOnFargate(why),
        false => StepError::Logs(why),
    };
    let options = match bundle::log_driver(context, at)? {
        Driver::None | Driver::File { .. } => return Ok(()),
        Driver::Splunk(options) => {
            let fetch = || secrets::fetch_log_options(shared, context);
            let secrets = live.log_secrets.get_or_try_init(fetch).await;
            let secrets = secrets.map_err(|why| StepError::secrets(why, context))?;
            let target = options.target(&secrets.of(at), &names(context, at));
            let target = target.map_err(|error| refused(error.into()))?;
            if !target.verify_connection {
                return Ok(());
            }
            let asked = shared.host.collectors.at(context.account(), target);
            let verified = asked.verify().await;
            return verified.map_err(|error| refused(error.into()));
        }
        Driver::Awslogs(options) => options,
    };
    let Some(api) = identity(shared, context, at, &options).await else {
        return Err(StepError::NoRoleForLogs);
    };
    match CloudWatch::new(api).create(&options).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_transient() => {
            tracing::info!(task = context.id, %error, "failed to create the log stream; will retry with the first lines");
            Ok(())
        }
        Err(source) => Err(refused(NoLogs::Stream {
            tried: match fargate {
                true => "create stream has been retried 1 times: ",
                false => "",
            },
            source,
        })),
    }
}

fn names(context: &TaskContext, at: usize) -> Names {
    let id = &context.runtime_ids[at];
    Names {
        id: id.clone(),
        name: context.task.docker_name(at, id),
        image: context.task.containers[at].image.clone(),
        // Whose machines these are is no matter of Fargate's users.
        host: match context.task.launch_type.as_str() {
            "FARGATE" => context.id.clone(),
            _ => std::fs::read_to_string("/proc/sys/kernel/hostname")
                .map(|name| name.trim().to_owned())
                .unwrap_or_default(),
        },
    }
}

/// The execution role if the container says so, else the node; in the region of the log group, which is
/// the task's unless the container names one.
async fn identity(shared: &Shared, context: &TaskContext, at: usize, to: &Awslogs) -> Option<Api> {
    let api = match context.task.containers[at].logs_auth_strategy.as_str() {
        "ExecutionRole" => {
            images::execution_role(context, &shared.credentials, &shared.api).await?
        }
        _ => shared.api.in_region(context.region(shared.api.region())),
    };
    Some(match to.region.as_str() {
        "" => api,
        region => api.in_region(region),
    })
}

/// Reads the log of container `at` to its end, unless that is being done.
pub(super) fn read(shared: &Arc<Shared>, live: &Arc<Live>, at: usize, generation: u32) {
    if !live.begin_reading(at, generation) {
        return;
    }
    let name = live::run_name(&live.context.task.containers[at].name, generation);
    let (Some(driver), Some(name)) = (delivering(&live.context, at), name) else {
        return;
    };
    let (shared, live) = (shared.clone(), live.clone());
    live.logs.clone().spawn(async move {
        let writer = live.clone();
        let log = Log {
            context: &live.context,
            at,
            name: &name,
            is_over: Arc::new(move || writer.has_ended(at, generation)),
        };
        let reader = live.handle.logs(&name);
        let delivering = async {
            match driver {
                Delivering::Awslogs(options) => log.deliver(&shared, reader, *options).await,
                Delivering::Splunk(options) => {
                    let known = live.log_secrets.get().cloned();
                    log.collect(&shared, reader, &options, known).await;
                }
            }
        };
        tokio::select! {
            () = shared.shutdown.cancelled() => {}
            () = delivering => {}
        }
    });
}

/// Delivers what is left of a log whose shim is gone, beside everything else; the files stay until
/// that is done, because disposal waits for it.
pub(super) fn read_ended(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    at: usize,
    generation: u32,
) {
    let name = live::run_name(&context.task.containers[at].name, generation);
    let (Some(driver), Some(name)) = (delivering(context, at), name) else {
        return;
    };
    let reader = shared.host.runtime.logs_of_ended(&context.id, &name);
    let (shared, context) = (shared.clone(), context.clone());
    let tracker = shared.host.ended_logs(&context.id);
    tracker.clone().spawn(async move {
        let log = Log {
            context: &context,
            at,
            name: &name,
            is_over: Arc::new(|| true),
        };
        let delivering = async {
            match driver {
                Delivering::Awslogs(options) => log.deliver(&shared, reader, *options).await,
                Delivering::Splunk(options) => log.collect(&shared, reader, &options, None).await,
            }
        };
        tokio::select! {
            () = shared.shutdown.cancelled() => {}
            () = delivering => {}
        }
    });
}

/// The drivers that bring lines somewhere.
enum Delivering {
    Awslogs(Box<Awslogs>),
    Splunk(Box<Splunk>),
}

fn delivering(context: &TaskContext, at: usize) -> Option<Delivering> {
    match bundle::log_driver(context, at) {
        Ok(Driver::Awslogs(options)) => Some(Delivering::Awslogs(options)),
        Ok(Driver::Splunk(options)) => Some(Delivering::Splunk(options)),
        Ok(Driver::None | Driver::File { .. }) | Err(_) => None,
    }
}

/// The log of one run of a container.
struct Log<'a> {
    context: &'a TaskContext,
    at: usize,
    name: &'a ContainerName,
    is_over: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Log<'_> {
    fn source(&self, shared: &Shared, reader: Result<LogReader, LogError>) -> Option<Spool> {
        match reader {
            Ok(reader) => Some(Spool {
                reader,
                figures: shared.host.figures.clone(),
                is_over: self.is_over.clone(),
            }),
            Err(error) => {
                tracing::error!(task = self.context.id, container = %self.name, error = &error as &dyn std::error::Error, "failed to read a log");
                None
            }
        }
    }

    async fn deliver(&self, shared: &Shared, reader: Result<LogReader, LogError>, to: Awslogs) {
        let Some(source) = self.source(shared, reader) else {
            return;
        };
        let Some(api) = identity(shared, self.context, self.at, &to).await else {
            tracing::error!(task = self.context.id, container = %self.name, "failed to get credentials for log delivery");
            return;
        };
        let note = format!("{}-{}.json", self.context.id, self.name);
        let delivery = Delivery {
            source,
            to,
            intent: shared.log_notes.join(note),
        };
        delivery.run(&CloudWatch::new(api)).await;
    }

    async fn collect(
        &self,
        shared: &Shared,
        reader: Result<LogReader, LogError>,
        to: &Splunk,
        known: Option<LogSecrets>,
    ) {
        let Some(source) = self.source(shared, reader) else {
            return;
        };
        let known = match known {
            Some(known) => Some(known),
            None => self.secrets(shared).await,
        };
        let Some(secrets) = known else { return };
        let target = match to.target(&secrets.of(self.at), &names(self.context, self.at)) {
            Ok(target) => target,
            Err(error) => {
                tracing::error!(task = self.context.id, container = %self.name, %error, "failed to deliver a log");
                return;
            }
        };
        let collector = shared.host.collectors.at(self.context.account(), target);
        let delivery = splunk::Delivery {
            source,
            frame: &collector.target().frame,
            log: &format!("{}/{}", self.context.id, self.name),
        };
        delivery.run(&collector).await;
    }

    /// An agent that took the task over asks again. Lines wait meanwhile, as long as they wait for a collector.
    async fn secrets(&self, shared: &Shared) -> Option<LogSecrets> {
        let began = Instant::now();
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), 2.0);
        loop {
            let error = match secrets::fetch_log_options(shared, self.context).await {
                Ok(secrets) => return Some(secrets),
                Err(error) => error,
            };
            let reason = error.reason(&self.context.task.launch_type);
            let late = (self.is_over)() && began.elapsed() > GIVE_UP_AFTER;
            if late && !error.is_unanswered() {
                tracing::error!(task = self.context.id, container = %self.name, reason, "starting a log driver failed, no further retry; the log is not delivered");
                return None;
            }
            tracing::warn!(task = self.context.id, container = %self.name, reason, "failed to get the secrets of a log driver; will retry");
            sleep(backoff.wait()).await;
        }
    }
}

struct Spool {
    reader: LogReader,
    figures: Figures,
    is_over: Arc<dyn Fn() -> bool + Send + Sync>,
}

#[async_trait]
impl LogSource for Spool {
    async fn next(&mut self, max_records: usize) -> Result<Chunk, SourceError> {
        let batch = self
            .reader
            .next(max_records)
            .await
            .map_err(|e| unread(&e))?;
        self.figures.dropped(batch.lost_bytes);
        let records = batch
            .records
            .into_iter()
            .map(|record| Record {
                stderr: record.stream == Stream::Stderr,
                partial: record.partial,
                at: record.at,
                line: record.line,
            })
            .collect();
        Ok(Chunk {
            records,
            next: batch.next.0,
            ended: batch.ended,
            lost_bytes: batch.lost_bytes,
        })
    }

    async fn commit(&mut self, delivered: u64) -> Result<(), SourceError> {
        let committed = self.reader.commit(LogOffset(delivered)).await;
        committed.map_err(|e| unread(&e))
    }

    fn is_over(&self) -> bool {
        (self.is_over)()
    }
}

fn unread(error: &LogError) -> SourceError {
    SourceError(Chain(error).to_string())
}
