//! The logs of the machine's containers, given to their drivers.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use wharf_base::Chain;
use wharf_container::{
    runtime::{LogError, LogOffset, LogReader, Stream},
    spec::ContainerName,
};

use super::{
    Shared, bundle, images,
    live::{self, Live},
};
use crate::{
    client::Api,
    figures::Figures,
    logs::{
        Awslogs, Driver,
        assemble::Record,
        deliver::{Chunk, Delivery, LogSource, SourceError},
        sink::{CloudWatch, LogSink},
    },
    node::core::TaskContext,
};

/// Makes the stream of container `at`. A control plane that does not answer is no reason not to
/// start; one that says no is, as with Docker.
pub(super) async fn prepare(
    shared: &Shared,
    context: &TaskContext,
    at: usize,
) -> Result<(), String> {
    let driver = bundle::log_driver(context, at).map_err(|e| e.reason())?;
    let Driver::Awslogs(options) = driver else {
        return Ok(());
    };
    let Some(api) = identity(shared, context, at, &options).await else {
        return Err(
            "ResourceInitializationError: no credentials of the execution role for the log driver"
                .to_owned(),
        );
    };
    match CloudWatch::new(api).create(&options).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_transient() => {
            tracing::info!(task = context.id, %error, "the log stream is made later");
            Ok(())
        }
        Err(error) if context.task.launch_type == "FARGATE" => Err(format!(
            "ResourceInitializationError: failed to validate logger args: create stream has been \
             retried 1 times: failed to create Cloudwatch log stream: {error}"
        )),
        Err(error) => Err(format!(
            "CannotStartContainerError: Error response from daemon: failed to initialize logging \
             driver: failed to create Cloudwatch log stream: {error}"
        )),
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
    let driver = bundle::log_driver(&live.context, at);
    let Ok(Driver::Awslogs(options)) = driver else {
        return;
    };
    let (shared, live) = (shared.clone(), live.clone());
    live.logs.clone().spawn(async move {
        tokio::select! {
            () = shared.shutdown.cancelled() => {}
            () = deliver(&shared, &live, at, generation, *options) => {}
        }
    });
}

async fn deliver(shared: &Shared, live: &Live, at: usize, generation: u32, to: Awslogs) {
    let name = live::run_name(&live.context.task.containers[at].name, generation);
    let Some(name) = name else { return };
    deliver_from(
        shared,
        &live.context,
        at,
        &name,
        live.handle.logs(&name),
        to,
    )
    .await;
}

/// Delivers what is left of a log whose shim is gone, beside everything else; the files stay until
/// that is done, because disposal waits for it.
pub(super) fn read_ended(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    at: usize,
    generation: u32,
) {
    let Ok(Driver::Awslogs(options)) = bundle::log_driver(context, at) else {
        return;
    };
    let name = live::run_name(&context.task.containers[at].name, generation);
    let Some(name) = name else { return };
    let reader = shared.host.runtime.logs_of_ended(&context.id, &name);
    let (shared, context) = (shared.clone(), context.clone());
    let tracker = shared.host.ended_logs(&context.id);
    tracker.clone().spawn(async move {
        tokio::select! {
            () = shared.shutdown.cancelled() => {}
            () = deliver_from(&shared, &context, at, &name, reader, *options) => {}
        }
    });
}

async fn deliver_from(
    shared: &Shared,
    context: &TaskContext,
    at: usize,
    name: &ContainerName,
    reader: Result<LogReader, LogError>,
    to: Awslogs,
) {
    let source = match reader {
        Ok(reader) => Spool(reader, shared.host.figures.clone()),
        Err(error) => {
            tracing::error!(task = context.id, container = %name, error = &error as &dyn std::error::Error, "failed to read a log");
            return;
        }
    };
    let Some(api) = identity(shared, context, at, &to).await else {
        tracing::error!(task = context.id, container = %name, "no credentials for log delivery");
        return;
    };
    let note: PathBuf = shared.log_notes.join(format!("{}-{name}.json", context.id));
    let delivery = Delivery {
        source,
        to,
        intent: note,
    };
    delivery.run(&CloudWatch::new(api)).await;
}

struct Spool(LogReader, Figures);

#[async_trait]
impl LogSource for Spool {
    async fn next(&mut self, max_records: usize) -> Result<Chunk, SourceError> {
        let batch = self.0.next(max_records).await.map_err(|e| unread(&e))?;
        self.1.dropped(batch.lost_bytes);
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
        self.0
            .commit(LogOffset(delivered))
            .await
            .map_err(|e| unread(&e))
    }
}

fn unread(error: &LogError) -> SourceError {
    SourceError(Chain(error).to_string())
}
