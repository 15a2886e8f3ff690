//! CloudWatch Logs as the driver needs it.

use async_trait::async_trait;
use wharf_api_logs::{
    CreateLogGroupRequest, CreateLogStreamRequest, GetLogEventsRequest, GetLogEventsResponse,
    InputLogEvent, PutLogEventsRequest, PutLogEventsResponse, schema::SERVICE as LOGS,
};
use wharf_wire::{node::Struct, structure};

use super::{assemble::LogEvent, options::Awslogs};
use crate::client::{Api, CallError};

/// Takes events. Tests put a recording one in the place of [`CloudWatch`].
#[async_trait]
pub trait LogSink: Send + Sync {
    /// Makes the stream, and the group if the options say so; fine if they are there.
    async fn create(&self, to: &Awslogs) -> Result<(), CallError>;
    /// Durable when this returns.
    async fn put(&self, to: &Awslogs, events: &[LogEvent]) -> Result<(), CallError>;
    /// The newest events of the stream, at most `count`, oldest first.
    async fn tail(&self, to: &Awslogs, count: usize) -> Result<Vec<LogEvent>, CallError>;
}

/// An operation without output.
#[derive(Debug, Clone, Default, PartialEq)]
struct Nothing {}
structure!(Nothing {});

/// The real service, with the identity of the node or of an execution role.
pub struct CloudWatch {
    api: Api,
}

impl CloudWatch {
    pub fn new(api: Api) -> Self {
        Self { api }
    }

    async fn last(
        &self,
        to: &Awslogs,
        count: usize,
        unmask: bool,
    ) -> Result<Vec<LogEvent>, CallError> {
        let input = GetLogEventsRequest {
            log_group_name: Some(to.group.clone()),
            log_stream_name: Some(to.stream.clone()),
            start_from_head: Some(false),
            limit: Some(i32::try_from(count).unwrap_or(i32::MAX)),
            unmask: unmask.then_some(true),
            ..Default::default()
        };
        let answer: GetLogEventsResponse = self.api.call(&LOGS, "GetLogEvents", &input).await?;
        let events = answer.events.into_iter().flatten();
        Ok(events
            .map(|e| LogEvent {
                at: e.timestamp.unwrap_or(0),
                stderr: false,
                text: e.message.unwrap_or_default(),
            })
            .collect())
    }

    async fn make(&self, operation: &'static str, input: &dyn Struct) -> Result<(), CallError> {
        match self.api.call::<Nothing>(&LOGS, operation, input).await {
            Err(error) if error.code() == "ResourceAlreadyExistsException" => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

#[async_trait]
impl LogSink for CloudWatch {
    async fn create(&self, to: &Awslogs) -> Result<(), CallError> {
        let stream = CreateLogStreamRequest {
            log_group_name: Some(to.group.clone()),
            log_stream_name: Some(to.stream.clone()),
        };
        match self.make("CreateLogStream", &stream).await {
            Err(error) if to.create_group && error.code() == "ResourceNotFoundException" => {
                let group = CreateLogGroupRequest {
                    log_group_name: Some(to.group.clone()),
                    ..Default::default()
                };
                self.make("CreateLogGroup", &group).await?;
                self.make("CreateLogStream", &stream).await
            }
            other => other,
        }
    }

    async fn put(&self, to: &Awslogs, events: &[LogEvent]) -> Result<(), CallError> {
        let input = PutLogEventsRequest {
            log_group_name: Some(to.group.clone()),
            log_stream_name: Some(to.stream.clone()),
            log_events: Some(
                events
                    .iter()
                    .map(|event| InputLogEvent {
                        timestamp: Some(event.at),
                        message: Some(event.text.clone()),
                    })
                    .collect(),
            ),
            ..Default::default()
        };
        let answer: PutLogEventsResponse = self.api.call(&LOGS, "PutLogEvents", &input).await?;
        if let Some(rejected) = answer.rejected_log_events_info {
            tracing::warn!(
                group = to.group,
                stream = to.stream,
                ?rejected,
                "log events too old or too new were not taken"
            );
        }
        Ok(())
    }

    // They are held against what the node has: with stars they would be other lines. Who may not see them without
    // still sees those that have none.
    async fn tail(&self, to: &Awslogs, count: usize) -> Result<Vec<LogEvent>, CallError> {
        match self.last(to, count, true).await {
            Err(CallError::Fault { status, .. }) if status < 500 => {
                self.last(to, count, false).await
            }
            told => told,
        }
    }
}
