//! Brings a transcript to its log group and its bucket, with the rights of the task's role.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};
use wharf_api_logs::{
    DescribeLogGroupsRequest, DescribeLogGroupsResponse, schema::SERVICE as LOGS,
};
use wharf_base::Backoff;

use super::{Group, Object, file::Source, intent_path, stream};
use crate::{
    client::{Api, CallError},
    logs::{
        Awslogs,
        assemble::LogEvent,
        deliver::Delivery,
        gather::{LogSource as _, SourceError},
        sink::{CloudWatch, LogSink},
    },
    node::credentials::CredentialStore,
    protocol::payload::RoleCredentials,
};

/// A bucket that says no is asked again for this long; one that does not answer, as long as the node lives.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10 * 60);
/// Records that are passed over at once where no group takes them.
const MANY: usize = 10_000;

/// Calls with the credentials that the task's role has at that moment, or had last.
pub(super) struct AsTask {
    api: Api,
    credentials: CredentialStore,
    id: String,
    last: Mutex<RoleCredentials>,
}

impl AsTask {
    pub(super) fn new(
        api: &Api,
        credentials: &CredentialStore,
        id: &str,
        found: RoleCredentials,
    ) -> Self {
        Self {
            api: api.clone(),
            credentials: credentials.clone(),
            id: id.to_owned(),
            last: Mutex::new(found),
        }
    }

    /// Whether a group has a key of KMS.
    pub(super) async fn is_encrypted(&self, group: &Group) -> Result<bool, CallError> {
        let input = DescribeLogGroupsRequest {
            log_group_name_prefix: Some(group.name.clone()),
            ..Default::default()
        };
        let api = self.now_in(&group.region);
        let answer = api.call::<DescribeLogGroupsResponse>(&LOGS, "DescribeLogGroups", &input);
        let mut groups = answer.await?.log_groups.into_iter().flatten();
        // The names that begin with it come in order: it is the first, if it is there.
        let found = groups.find(|it| it.log_group_name.as_deref() == Some(&group.name));
        Ok(found.is_some_and(|it| it.kms_key_id.is_some_and(|key| !key.is_empty())))
    }

    pub(super) async fn put_object(&self, object: &Object, text: Bytes) -> Result<(), CallError> {
        let api = self.now_in(&object.region);
        api.put_object(&object.bucket, &object.key, text).await
    }

    fn now_in(&self, region: &str) -> Api {
        let mut last = self.last.lock();
        if let Some(newer) = self.credentials.get(&self.id) {
            *last = newer;
        }
        self.api.with_keys(last.signing_keys()).in_region(region)
    }

    fn logs(&self, to: &Awslogs) -> CloudWatch {
        CloudWatch::new(self.now_in(&to.region))
    }
}

#[async_trait]
impl LogSink for AsTask {
    async fn create(&self, to: &Awslogs) -> Result<(), CallError> {
        self.logs(to).create(to).await
    }

    async fn put(&self, to: &Awslogs, events: &[LogEvent]) -> Result<(), CallError> {
        self.logs(to).put(to, events).await
    }

    async fn tail(&self, to: &Awslogs, count: usize) -> Result<Vec<LogEvent>, CallError> {
        self.logs(to).tail(to, count).await
    }
}

/// A transcript on its way.
pub(super) struct Shipment<'a> {
    pub(super) folder: &'a Path,
    pub(super) session: &'a str,
}

impl Shipment<'_> {
    /// Delivers until the session has ended and all is where it belongs, or is given up. False if it could
    /// not be read or noted down: the files must stay.
    pub(super) async fn run(&self, mut source: Source, role: &AsTask) -> bool {
        let whole = match source.again() {
            Ok(whole) => whole,
            Err(error) => {
                tracing::error!(session = self.session, %error, "failed to read the transcript of a session");
                return false;
            }
        };
        let note = whole.note();
        let ended = match &note.group {
            Some(group) => {
                let delivery = Delivery {
                    source,
                    to: stream(group, self.session),
                    intent: intent_path(self.folder, self.session),
                };
                delivery.run(role).await
            }
            None => loop {
                match source.next(MANY).await {
                    Ok(chunk) if chunk.ended => break true,
                    Ok(_) => {}
                    Err(_) => break false,
                }
            },
        };
        match note.object.clone() {
            Some(object) if ended => self.put(&Arc::new(whole), &object, role).await,
            _ => ended,
        }
    }

    async fn put(&self, whole: &Arc<Source>, object: &Object, role: &AsTask) -> bool {
        let began = Instant::now();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30), 2.0);
        loop {
            // Read anew each time: transcripts that wait take no memory.
            let read = whole.clone();
            let read = spawn_blocking(move || read.text()).await;
            let read = read.map_err(|error| SourceError(error.to_string()));
            let text = match read.flatten() {
                Ok(text) => Bytes::from(text),
                Err(error) => {
                    tracing::error!(session = self.session, %error, "failed to read the transcript of a session");
                    return false;
                }
            };
            let Err(error) = role.put_object(object, text).await else {
                return true;
            };
            if is_final(&error) && began.elapsed() > GIVE_UP_AFTER {
                tracing::error!(session = self.session, bucket = object.bucket, %error, "delivering the transcript of a session failed, no further retry; it is discarded");
                return true;
            }
            tracing::debug!(
                session = self.session,
                error = &error as &dyn std::error::Error,
                "failed to deliver the transcript of a session; will retry"
            );
            sleep(backoff.wait()).await;
        }
    }
}

/// What will be said the next time too. A bucket's name that makes no address is malformed before it is sent.
fn is_final(error: &CallError) -> bool {
    !error.is_transient() || matches!(error, CallError::Malformed { .. })
}
