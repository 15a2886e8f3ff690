//! The service: what it stands on, and one line for each operation.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use wharf_api_logs::{Input, Logs, types::*};
use wharf_journal::Journal;
use wharf_records::{Record, Scope, decode};
use wharf_store::{Range, Store};
use wharf_wire::{Call, Check, Context, EventStream, Fault, async_trait, constraints::Violation};

use crate::{
    authorize,
    bound::Counters,
    fault,
    limits::{Buckets, Limits},
    live::Live,
    ops,
    records::{Group, Stream},
    shelf::Shelf,
};

#[derive(Clone)]
pub struct LogsService {
    pub(crate) store: Store,
    pub(crate) shelf: Shelf,
    pub(crate) limits: Limits,
    /// Where the indexes are saved.
    pub(crate) saved: Option<PathBuf>,
    pub(crate) rates: Arc<Buckets>,
    pub(crate) dropped: Arc<Counters>,
    pub(crate) live: Arc<Live>,
    /// How many streams there are, as last counted, with those made and removed since.
    pub(crate) streams: Arc<AtomicU64>,
}

/// Settings of the service.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub limits: Limits,
    /// A file that spares a start reading all logs.
    pub indexes: Option<PathBuf>,
}

impl LogsService {
    pub fn new(store: Store, journal: Journal) -> Self {
        Self::open(store, journal, Options::default())
    }

    /// Blocks while it reads the saved indexes.
    pub fn open(store: Store, journal: Journal, options: Options) -> Self {
        let shelf = match &options.indexes {
            Some(path) => Shelf::with_saved(journal, path),
            None => Shelf::new(journal),
        };
        Self {
            store,
            shelf,
            limits: options.limits,
            saved: options.indexes,
            rates: Arc::default(),
            dropped: Arc::default(),
            live: Arc::default(),
            streams: Arc::default(),
        }
    }

    pub(crate) fn scope(cx: &Context) -> Scope {
        Scope::new("logs", &cx.account, &cx.region)
    }

    pub(crate) async fn find_group(
        &self,
        cx: &Context,
        name: &str,
    ) -> Result<Option<Group>, Fault> {
        self.find(&Self::scope(cx).key(Group::KIND, name)).await
    }

    pub(crate) async fn group(&self, cx: &Context, name: &str) -> Result<Group, Fault> {
        self.find_group(cx, name).await?.ok_or_else(fault::no_group)
    }

    pub(crate) async fn stream(
        &self,
        cx: &Context,
        group: &Group,
        name: &str,
    ) -> Result<Stream, Fault> {
        let key = Self::scope(cx).key(Stream::KIND, &stream_key(&group.id, name));
        self.find(&key).await?.ok_or_else(fault::no_stream)
    }

    /// The group's streams whose names start with `prefix`, in the order of their names.
    pub(crate) async fn streams(
        &self,
        cx: &Context,
        group: &Group,
        prefix: &str,
    ) -> Result<Vec<Stream>, Fault> {
        self.all(&Self::scope(cx).key(Stream::KIND, &stream_key(&group.id, prefix)))
            .await
    }

    async fn find<T: Record>(&self, key: &str) -> Result<Option<T>, Fault> {
        let entry = self.store.get(key).await.map_err(fault::store)?;
        entry
            .map(|entry| decode(&entry.value).map_err(fault::record))
            .transpose()
    }

    pub(crate) async fn all<T: Record>(&self, prefix: &str) -> Result<Vec<T>, Fault> {
        let reply = self
            .store
            .range(Range::prefix(prefix))
            .await
            .map_err(fault::store)?;
        reply
            .entries
            .iter()
            .map(|entry| decode(&entry.value).map_err(fault::record))
            .collect()
    }
}

/// Id of a stream's record.
pub(crate) fn stream_key(group_id: &str, name: &str) -> String {
    format!("{group_id}:{name}")
}

#[async_trait]
impl Logs for LogsService {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(authorize::checks(cx, input))
    }

    /// The service says InvalidParameterException where others say ValidationException.
    fn refuse(&self, _operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        Some(fault::invalid(wharf_wire::constraints::summary(violations)))
    }

    async fn create_log_group(
        &self,
        call: &Call,
        input: CreateLogGroupRequest,
    ) -> Result<(), Fault> {
        ops::groups::create(self, call, input).await
    }

    async fn delete_log_group(
        &self,
        call: &Call,
        input: DeleteLogGroupRequest,
    ) -> Result<(), Fault> {
        ops::groups::delete(self, call, input).await
    }

    async fn describe_log_groups(
        &self,
        call: &Call,
        input: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse, Fault> {
        ops::describe_log_groups::describe_log_groups(self, call, input).await
    }

    async fn list_log_groups(
        &self,
        call: &Call,
        input: ListLogGroupsRequest,
    ) -> Result<ListLogGroupsResponse, Fault> {
        ops::list_log_groups::list_log_groups(self, call, input).await
    }

    async fn describe_metric_filters(
        &self,
        call: &Call,
        input: DescribeMetricFiltersRequest,
    ) -> Result<DescribeMetricFiltersResponse, Fault> {
        ops::absent::metric_filters(self, call, input).await
    }

    async fn describe_subscription_filters(
        &self,
        call: &Call,
        input: DescribeSubscriptionFiltersRequest,
    ) -> Result<DescribeSubscriptionFiltersResponse, Fault> {
        ops::absent::subscription_filters(self, call, input).await
    }

    async fn put_retention_policy(
        &self,
        call: &Call,
        input: PutRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        ops::retention::put(self, call, input).await
    }

    async fn delete_retention_policy(
        &self,
        call: &Call,
        input: DeleteRetentionPolicyRequest,
    ) -> Result<(), Fault> {
        ops::retention::delete(self, call, input).await
    }

    async fn create_log_stream(
        &self,
        call: &Call,
        input: CreateLogStreamRequest,
    ) -> Result<(), Fault> {
        ops::streams::create(self, call, input).await
    }

    async fn delete_log_stream(
        &self,
        call: &Call,
        input: DeleteLogStreamRequest,
    ) -> Result<(), Fault> {
        ops::streams::delete(self, call, input).await
    }

    async fn describe_log_streams(
        &self,
        call: &Call,
        input: DescribeLogStreamsRequest,
    ) -> Result<DescribeLogStreamsResponse, Fault> {
        ops::describe_log_streams::describe_log_streams(self, call, input).await
    }

    async fn put_log_events(
        &self,
        call: &Call,
        input: PutLogEventsRequest,
    ) -> Result<PutLogEventsResponse, Fault> {
        ops::put_log_events::put_log_events(self, call, input).await
    }

    async fn get_log_events(
        &self,
        call: &Call,
        input: GetLogEventsRequest,
    ) -> Result<GetLogEventsResponse, Fault> {
        ops::get_log_events::get_log_events(self, call, input).await
    }

    async fn filter_log_events(
        &self,
        call: &Call,
        input: FilterLogEventsRequest,
    ) -> Result<FilterLogEventsResponse, Fault> {
        ops::filter_log_events::filter_log_events(self, call, input).await
    }

    async fn start_live_tail(
        &self,
        call: &Call,
        input: StartLiveTailRequest,
    ) -> Result<EventStream<StartLiveTailResponseStream>, Fault> {
        ops::start_live_tail::start_live_tail(self, call, input).await
    }

    async fn test_metric_filter(
        &self,
        _call: &Call,
        input: TestMetricFilterRequest,
    ) -> Result<TestMetricFilterResponse, Fault> {
        ops::test_metric_filter::test_metric_filter(input)
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        ops::tags::tag_resource(self, call, input).await
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        ops::tags::untag_resource(self, call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        ops::tags::list_tags_for_resource(self, call, input).await
    }

    async fn tag_log_group(&self, call: &Call, input: TagLogGroupRequest) -> Result<(), Fault> {
        ops::tags::tag_log_group(self, call, input).await
    }

    async fn untag_log_group(&self, call: &Call, input: UntagLogGroupRequest) -> Result<(), Fault> {
        ops::tags::untag_log_group(self, call, input).await
    }

    async fn list_tags_log_group(
        &self,
        call: &Call,
        input: ListTagsLogGroupRequest,
    ) -> Result<ListTagsLogGroupResponse, Fault> {
        ops::tags::list_tags_log_group(self, call, input).await
    }
}
