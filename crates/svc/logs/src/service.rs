//! The service: what it stands on, and one line for each operation.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicU64},
};

use wharf_api_kms::Kms;
use wharf_delivery::{ApiDestinations, Operations};
use wharf_journal::Journal;
use wharf_records::{Record, Scope};
use wharf_seal::Keyring;
use wharf_service::Table;
use wharf_store::Store;
use wharf_wire::{Context, Fault};

use crate::{
    authorize,
    bound::Counters,
    cipher::DataKey,
    counting::Counting,
    deliveries::Deliveries,
    desk::Desk,
    event_store::EventStore,
    fault::{self, LogsFaults},
    indexing::Indexing,
    insights::engine::Engine,
    keys::Keys,
    limits::{Buckets, Limits},
    live::Live,
    lookup_tables::Versions,
    opener::Opener,
    ops::{self, account_retention::DryRuns},
    records::{Group, Stream},
    retention,
    rules::Known,
    subscriptions::Subscriptions,
};

#[derive(Clone)]
pub struct LogsService {
    pub(crate) table: Table<LogsFaults>,
    pub(crate) keys: Arc<Keys>,
    /// Seals page tokens.
    pub(crate) keyring: Keyring,
    pub(crate) events: EventStore,
    pub(crate) limits: Limits,
    /// Where the indexes are saved.
    pub(crate) saved: Option<PathBuf>,
    pub(crate) rates: Arc<Buckets>,
    pub(crate) dropped: Arc<Counters>,
    pub(crate) live: Arc<Live>,
    pub(crate) queries: Arc<Engine>,
    pub(crate) counting: Arc<Counting>,
    pub(crate) counters: wharf_vended::Counters,
    pub(crate) subscriptions: Arc<Subscriptions>,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) indexing: Arc<Indexing>,
    pub(crate) known_rules: Arc<Known>,
    pub(crate) known_retention: Arc<retention::Known>,
    pub(crate) dry_runs: Arc<DryRuns>,
    pub(crate) desk: Arc<Desk>,
    /// Of looks for texts in blocks ([`crate::seek`]).
    pub(crate) looks: Arc<Desk>,
    pub(crate) tables: Arc<Versions>,
    /// All of the installation, once they are there: metrics and messages go by them.
    pub(crate) operations: Arc<OnceLock<Arc<dyn Operations>>>,
    /// Those of EventBridge, once they are there.
    pub(crate) api_destinations: Arc<OnceLock<Arc<dyn ApiDestinations>>>,
    /// How many streams there are, as last counted, with those made and removed since.
    pub(crate) streams: Arc<AtomicU64>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub keyring: Keyring,
    pub journal: Journal,
    pub kms: Arc<dyn Kms>,
    pub options: Options,
}

/// Settings of the service.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub limits: Limits,
    /// A file that spares a start reading all logs.
    pub indexes: Option<PathBuf>,
    /// What comes in and goes out is counted here, for CloudWatch.
    pub counters: wharf_vended::Counters,
}

impl LogsService {
    /// Blocks while it reads the saved indexes.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            keyring,
            journal,
            kms,
            options,
        } = parts;
        let table = Table::new(store);
        let events = match &options.indexes {
            Some(path) => EventStore::with_saved(journal, path),
            None => EventStore::new(journal),
        };
        Self {
            keys: Arc::new(Keys::new(kms, table.clone())),
            table,
            keyring,
            events,
            limits: options.limits,
            saved: options.indexes,
            rates: Arc::default(),
            dropped: Arc::default(),
            live: Arc::default(),
            queries: Arc::default(),
            counting: Arc::default(),
            counters: options.counters,
            subscriptions: Arc::default(),
            deliveries: Arc::default(),
            indexing: Arc::default(),
            known_rules: Arc::default(),
            known_retention: Arc::default(),
            dry_runs: Arc::default(),
            desk: Arc::default(),
            looks: Arc::default(),
            tables: Arc::default(),
            operations: Arc::default(),
            api_destinations: Arc::default(),
            streams: Arc::default(),
        }
    }

    /// Once all operations of the installation are there.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.operations.set(operations);
    }

    /// Once EventBridge is there.
    pub fn invoking(&self, destinations: Arc<dyn ApiDestinations>) {
        let _ = self.api_destinations.set(destinations);
    }

    pub(crate) fn scope(cx: &Context) -> Scope {
        Scope::new("logs", &cx.account, &cx.region)
    }

    /// Reads events of a group for a request.
    pub(crate) async fn opener(&self, cx: &Context, group: &Group) -> Result<Opener, Fault> {
        let (scope, id) = (Self::scope(cx), group.id.clone());
        let rules = self.rules(&scope, group).await?;
        let opener = Opener::new(self.keys.clone(), scope, id, cx.now, rules);
        Ok(opener.renewing(self, &group.name))
    }

    /// What new events of a group are sealed under. A key that does not serve may serve again: writers are
    /// denied, so that those who send what tasks print keep it, and not told that their request is wrong.
    pub(crate) async fn sealing(
        &self,
        cx: &Context,
        group: &Group,
    ) -> Result<Option<Arc<DataKey>>, Fault> {
        let Some(key) = &group.key else {
            return Ok(None);
        };
        let scope = Self::scope(cx);
        let opened = self.keys.open(&scope, &group.id, key.data_key, cx.now);
        opened.await.map(Some).map_err(fault::denied_for_now)
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

    /// Keeps the group that the authorisation of a request read, for its operation.
    pub(crate) fn settle_group(cx: &Context, name: &str, found: Option<Arc<Group>>) {
        let key = Self::scope(cx).key(Group::KIND, name);
        cx.settled.put(key, found.ok_or_else(fault::no_group));
    }

    /// The group that the authorisation of a request read; reads it where nobody asked.
    pub(crate) async fn settled_group(
        &self,
        cx: &Context,
        name: &str,
    ) -> Result<Arc<Group>, Fault> {
        match cx.settled.get(&Self::scope(cx).key(Group::KIND, name)) {
            Some(found) => found,
            None => self.group(cx, name).await.map(Arc::new),
        }
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
        Ok(self.table.read(key).await?.map(|it| it.record))
    }

    pub(crate) async fn all<T: Record>(&self, prefix: &str) -> Result<Vec<T>, Fault> {
        let all = self.table.page::<T>(prefix, None, usize::MAX, |_| true);
        let all = all.await?.records.into_iter();
        Ok(all.map(|it| it.record).collect())
    }
}

/// Id of a stream's record.
pub(crate) fn stream_key(group_id: &str, name: &str) -> String {
    format!("{group_id}:{name}")
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_logs::operations! {
    impl LogsService;
    authorize(self, cx, input) = authorize::with_policies(self, cx, input).await;
    refuse = fault::refuse;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    create_log_group = ops::groups::create;
    delete_log_group = ops::groups::delete;
    describe_log_groups = ops::describe_log_groups::describe_log_groups;
    list_aggregate_log_group_summaries = ops::aggregate_log_groups::list;
    list_log_groups = ops::list_log_groups::list_log_groups;
    put_metric_filter = ops::metric_filters::put;
    describe_metric_filters = ops::metric_filters::describe;
    delete_metric_filter = ops::metric_filters::delete;
    put_subscription_filter = ops::subscription_filters::put;
    describe_subscription_filters = ops::subscription_filters::describe;
    delete_subscription_filter = ops::subscription_filters::delete;
    put_destination = ops::destinations::put;
    put_destination_policy = ops::destinations::put_policy;
    describe_destinations = ops::destinations::describe;
    delete_destination = ops::destinations::delete;
    put_resource_policy = ops::resource_policies::put;
    describe_resource_policies = ops::resource_policies::describe;
    delete_resource_policy = ops::resource_policies::delete;
    associate_kms_key = ops::kms_key::associate;
    disassociate_kms_key = ops::kms_key::disassociate;
    put_delivery_source = ops::delivery_sources::put;
    get_delivery_source = ops::delivery_sources::get;
    describe_delivery_sources = ops::delivery_sources::describe;
    delete_delivery_source = ops::delivery_sources::delete;
    put_delivery_destination = ops::delivery_destinations::put;
    get_delivery_destination = ops::delivery_destinations::get;
    describe_delivery_destinations = ops::delivery_destinations::describe;
    delete_delivery_destination = ops::delivery_destinations::delete;
    put_delivery_destination_policy = ops::delivery_destinations::put_policy;
    get_delivery_destination_policy = ops::delivery_destinations::get_policy;
    delete_delivery_destination_policy = ops::delivery_destinations::delete_policy;
    create_delivery = ops::deliveries::create;
    get_delivery = ops::deliveries::get;
    describe_deliveries = ops::deliveries::describe;
    delete_delivery = ops::deliveries::delete;
    update_delivery_configuration = ops::deliveries::update;
    describe_configuration_templates = ops::configuration_templates::describe;
    put_retention_policy = ops::retention::put;
    delete_retention_policy = ops::retention::delete;
    create_log_stream = ops::streams::create;
    delete_log_stream = ops::streams::delete;
    describe_log_streams = ops::describe_log_streams::describe_log_streams;
    put_log_events = ops::put_log_events::put_log_events;
    create_export_task = ops::export_tasks::create;
    describe_export_tasks = ops::export_tasks::describe;
    cancel_export_task = ops::export_tasks::cancel;
    get_log_events = ops::get_log_events::get_log_events;
    filter_log_events = ops::filter_log_events::filter_log_events;
    start_live_tail = ops::start_live_tail::start_live_tail;
    start_query = ops::queries::start;
    stop_query = ops::queries::stop;
    get_query_results = ops::queries::results;
    describe_queries = ops::queries::describe;
    put_query_definition = ops::query_definitions::put;
    describe_query_definitions = ops::query_definitions::describe;
    delete_query_definition = ops::query_definitions::delete;
    create_scheduled_query = ops::scheduled_queries::create;
    get_scheduled_query = ops::scheduled_queries::get;
    update_scheduled_query = ops::scheduled_queries::update;
    delete_scheduled_query = ops::scheduled_queries::delete;
    list_scheduled_queries = ops::scheduled_queries::list;
    get_scheduled_query_history = ops::scheduled_history::history;
    create_lookup_table = ops::lookup_tables::create;
    update_lookup_table = ops::lookup_tables::update;
    get_lookup_table = ops::lookup_tables::get;
    describe_lookup_tables = ops::lookup_tables::describe;
    delete_lookup_table = ops::lookup_tables::delete;
    list_log_groups_for_query = ops::queries::groups;
    get_log_object = ops::log_record::get_log_object;
    get_log_record = ops::log_record::get_log_record;
    get_log_fields = ops::log_fields::get_log_fields;
    get_log_group_fields = ops::log_record::get_log_group_fields;
    put_account_policy = ops::account_policies::put;
    describe_account_policies = ops::account_policies::describe;
    delete_account_policy = ops::account_policies::delete;
    put_data_protection_policy = ops::data_protection::put;
    get_data_protection_policy = ops::data_protection::get;
    delete_data_protection_policy = ops::data_protection::delete;
    put_index_policy = ops::index_policies::put;
    describe_index_policies = ops::index_policies::describe;
    delete_index_policy = ops::index_policies::delete;
    describe_field_indexes = ops::index_policies::describe_fields;
    put_log_group_deletion_protection = ops::groups::protect;
    put_transformer = ops::transformers::put;
    get_transformer = ops::transformers::get;
    delete_transformer = ops::transformers::delete;
    test_transformer = ops::transformers::test;
    test_metric_filter = ops::test_metric_filter::test_metric_filter;
    tag_resource = ops::tags::tag_resource;
    untag_resource = ops::tags::untag_resource;
    list_tags_for_resource = ops::tags::list_tags_for_resource;
    tag_log_group = ops::tags::tag_log_group;
    untag_log_group = ops::tags::untag_log_group;
    list_tags_log_group = ops::tags::list_tags_log_group;
}
