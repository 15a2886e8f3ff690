//! Trails: what is asked of them. Delivering is `deliver`'s.

use wharf_api_cloudtrail::{faults, types::*};
use wharf_base::Arn;
use wharf_journal::Journal;
use wharf_records::{Record, Scope, Unknown, encode};
use wharf_seal::Keyring;
use wharf_service::{Stored, Table};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use crate::{
    deliver::{Delivered, To},
    destinations::{Destinations, Of},
    fault::{self, CloudtrailFaults},
    log::streams_of,
    names::{self, check_bucket, check_name, check_prefix, name_of},
    records::{LogGroup, Selector, Trail},
    tags,
};

/// Trails of an account in a region, as on AWS.
const MOST_TRAILS: usize = 5;
const MOST_SELECTORS: usize = 5;

pub const SERVICE: &str = "cloudtrail";

/// What the operations on trails work with.
#[derive(Clone)]
pub struct Trails {
    pub table: Table<CloudtrailFaults>,
    pub journal: Journal,
    /// Seals page tokens.
    pub keyring: Keyring,
    pub destinations: Destinations,
    pub delivered: Delivered,
}

pub fn scope(cx: &Context) -> Scope {
    Scope::new(SERVICE, &cx.account, &cx.region)
}

pub fn arn(cx: &Context, name: &str) -> String {
    let resource = format!("trail/{name}");
    Arn::new("cloudtrail", &cx.region, &cx.account, resource).to_string()
}

fn unsupported(what: &str) -> Fault {
    faults::unsupported_operation_exception(format!("{what} is not supported."))
}

/// What wharf has nothing for.
fn refuse_options(given: [(Option<bool>, &str); 5]) -> Result<(), Fault> {
    let mut given = given.into_iter();
    match given.find(|(given, _)| *given == Some(true)) {
        Some((_, what)) => Err(unsupported(what)),
        None => Ok(()),
    }
}

fn some<T>(given: &Option<T>) -> Option<bool> {
    Some(given.is_some())
}

impl Trails {
    async fn find(
        &self,
        call: &Call,
        given: Option<String>,
    ) -> Result<(String, Stored<Trail>), Fault> {
        let given = given.unwrap_or_default();
        let name = name_of(&given, call)?;
        let key = scope(call).key(Trail::KIND, &name);
        let found = self.table.read(&key).await?;
        let found = found.ok_or_else(|| not_found(&given, call))?;
        Ok((name, found))
    }

    /// Writes a trail that was read; somebody who was faster is a conflict.
    async fn save(&self, call: &Call, before: &Stored<Trail>, now: &Trail) -> Result<(), Fault> {
        let txn = Txn::new()
            .when(before.unchanged())
            .put(before.key.clone(), encode(now));
        let written = self
            .table
            .store()
            .txn(&call.permit, txn)
            .await
            .map_err(fault::store)?;
        match written.succeeded {
            true => Ok(()),
            false => Err(faults::conflict_exception(
                "This exception is thrown when the specified resource is not ready for an operation.",
            )),
        }
    }

    async fn check_place(&self, call: &Call, name: &str, trail: &Trail) -> Result<(), Fault> {
        check_bucket(&trail.bucket)?;
        if let Some(prefix) = &trail.prefix {
            check_prefix(prefix)?;
        }
        let scope = scope(call);
        let of = Of {
            scope: &scope,
            name,
            trail,
        };
        self.destinations.check_bucket(of).await?;
        match &trail.logs {
            Some(logs) => self.destinations.check_logs(of, logs).await,
            None => Ok(()),
        }
    }

    /// From here on a destination is delivered to.
    async fn begin(&self, call: &Call, name: &str, to: To) -> Result<(), Fault> {
        let cursor = to.cursor(&call.region, name);
        for stream in streams_of(&self.journal, &call.account, None) {
            let end = self.journal.end(&stream);
            let set = self.journal.set_cursor(&stream, &cursor, end).await;
            set.map_err(fault::journal)?;
        }
        Ok(())
    }

    pub async fn create(
        &self,
        call: &Call,
        input: CreateTrailRequest,
    ) -> Result<CreateTrailResponse, Fault> {
        refuse_options([
            (some(&input.sns_topic_name), "An SNS topic"),
            (input.enable_log_file_validation, "Log file validation"),
            (some(&input.kms_key_id), "A KMS key"),
            (input.is_organization_trail, "An organization trail"),
            (input.recursive_logging, "Recursive logging"),
        ])?;
        let name = input.name.unwrap_or_default();
        check_name(&name)?;
        let trail = Trail {
            bucket: input.s3_bucket_name.unwrap_or_default(),
            prefix: input.s3_key_prefix.filter(|it| !it.is_empty()),
            global_events: input.include_global_service_events.unwrap_or(true),
            multi_region: input.is_multi_region_trail.unwrap_or(false),
            logging: false,
            started_at: None,
            stopped_at: None,
            selectors: Vec::new(),
            logs: names::log_group(
                call,
                input.cloud_watch_logs_log_group_arn,
                input.cloud_watch_logs_role_arn,
            )?,
            tags: tags::given(input.tags_list)?,
            unknown: Unknown::new(),
        };
        self.check_place(call, &name, &trail).await?;
        let key = scope(call).key(Trail::KIND, &name);
        let others = self.all(call).await?;
        if !others.iter().any(|(other, _)| *other == name) && others.len() >= MOST_TRAILS {
            return Err(faults::maximum_number_of_trails_exceeded_exception(
                format!(
                    "User: {} already has {MOST_TRAILS} trails in {}.",
                    call.account, call.region
                ),
            ));
        }
        let txn = Txn::new()
            .when(Compare::absent(&key))
            .put(key, encode(&trail));
        let written = self
            .table
            .store()
            .txn(&call.permit, txn)
            .await
            .map_err(fault::store)?;
        if !written.succeeded {
            return Err(faults::trail_already_exists_exception(format!(
                "Trail {name} already exists for customer: {}",
                call.account
            )));
        }
        let logs = trail.logs;
        Ok(CreateTrailResponse {
            trail_arn: Some(arn(call, &name)),
            name: Some(name),
            s3_bucket_name: Some(trail.bucket),
            s3_key_prefix: trail.prefix,
            cloud_watch_logs_log_group_arn: logs.as_ref().map(|it| it.arn.clone()),
            cloud_watch_logs_role_arn: logs.map(|it| it.role),
            include_global_service_events: Some(trail.global_events),
            is_multi_region_trail: Some(trail.multi_region),
            log_file_validation_enabled: Some(false),
            is_organization_trail: Some(false),
            ..CreateTrailResponse::default()
        })
    }

    pub async fn update(
        &self,
        call: &Call,
        input: UpdateTrailRequest,
    ) -> Result<UpdateTrailResponse, Fault> {
        refuse_options([
            (some(&input.sns_topic_name), "An SNS topic"),
            (input.enable_log_file_validation, "Log file validation"),
            (some(&input.kms_key_id), "A KMS key"),
            (input.is_organization_trail, "An organization trail"),
            (input.recursive_logging, "Recursive logging"),
        ])?;
        let (name, before) = self.find(call, input.name).await?;
        let mut trail = before.record.clone();
        if let Some(bucket) = input.s3_bucket_name {
            trail.bucket = bucket;
        }
        if let Some(prefix) = input.s3_key_prefix {
            trail.prefix = Some(prefix).filter(|it| !it.is_empty());
        }
        trail.global_events = input
            .include_global_service_events
            .unwrap_or(trail.global_events);
        trail.multi_region = input.is_multi_region_trail.unwrap_or(trail.multi_region);
        let logs = trail.logs.clone().unwrap_or(LogGroup {
            arn: String::new(),
            role: String::new(),
        });
        trail.logs = names::log_group(
            call,
            Some(input.cloud_watch_logs_log_group_arn.unwrap_or(logs.arn)),
            Some(input.cloud_watch_logs_role_arn.unwrap_or(logs.role)),
        )?;
        self.check_place(call, &name, &trail).await?;
        if trail.logging && before.record.logs.is_none() && trail.logs.is_some() {
            self.begin(call, &name, To::Logs).await?;
        }
        self.save(call, &before, &trail).await?;
        let logs = trail.logs;
        Ok(UpdateTrailResponse {
            trail_arn: Some(arn(call, &name)),
            name: Some(name),
            s3_bucket_name: Some(trail.bucket),
            s3_key_prefix: trail.prefix,
            cloud_watch_logs_log_group_arn: logs.as_ref().map(|it| it.arn.clone()),
            cloud_watch_logs_role_arn: logs.map(|it| it.role),
            include_global_service_events: Some(trail.global_events),
            is_multi_region_trail: Some(trail.multi_region),
            log_file_validation_enabled: Some(false),
            is_organization_trail: Some(false),
            ..UpdateTrailResponse::default()
        })
    }

    pub async fn delete(
        &self,
        call: &Call,
        input: DeleteTrailRequest,
    ) -> Result<DeleteTrailResponse, Fault> {
        let (name, before) = self.find(call, input.name).await?;
        let txn = Txn::new().when(before.unchanged()).delete(&before.key);
        self.table
            .store()
            .txn(&call.permit, txn)
            .await
            .map_err(fault::store)?;
        for stream in streams_of(&self.journal, &call.account, None) {
            for to in To::ALL {
                let cursor = to.cursor(&call.region, &name);
                let dropped = self.journal.drop_cursor(&stream, &cursor).await;
                dropped.map_err(fault::journal)?;
            }
        }
        Ok(DeleteTrailResponse::default())
    }

    async fn all(&self, call: &Call) -> Result<Vec<(String, Trail)>, Fault> {
        let found = self.table.all::<Trail>(&scope(call), "").await?;
        let found = found.into_iter();
        Ok(found.map(|(name, it)| (name, it.record)).collect())
    }

    pub async fn describe(
        &self,
        call: &Call,
        input: DescribeTrailsRequest,
    ) -> Result<DescribeTrailsResponse, Fault> {
        let names = input.trail_name_list;
        let wanted: Option<Vec<String>> = match names.filter(|it| !it.is_empty()) {
            Some(names) => Some(
                names
                    .iter()
                    .map(|it| name_of(it, call))
                    .collect::<Result<_, _>>()?,
            ),
            None => None,
        };
        let all = self.all(call).await?.into_iter();
        let asked = all.filter(|(name, _)| wanted.as_ref().is_none_or(|it| it.contains(name)));
        let shown = asked.map(|(name, trail)| shown(call, name, trail));
        Ok(DescribeTrailsResponse {
            trail_list: Some(shown.collect()),
        })
    }

    pub async fn get(
        &self,
        call: &Call,
        input: GetTrailRequest,
    ) -> Result<GetTrailResponse, Fault> {
        let (name, found) = self.find(call, input.name).await?;
        Ok(GetTrailResponse {
            trail: Some(shown(call, name, found.record)),
        })
    }

    pub async fn list(
        &self,
        call: &Call,
        _input: ListTrailsRequest,
    ) -> Result<ListTrailsResponse, Fault> {
        let all = self.all(call).await?.into_iter();
        let info = all.map(|(name, _)| TrailInfo {
            trail_arn: Some(arn(call, &name)),
            name: Some(name),
            home_region: Some(call.region.clone()),
        });
        Ok(ListTrailsResponse {
            trails: Some(info.collect()),
            next_token: None,
        })
    }

    /// From now on events are delivered.
    pub async fn start(
        &self,
        call: &Call,
        input: StartLoggingRequest,
    ) -> Result<StartLoggingResponse, Fault> {
        let (name, before) = self.find(call, input.name).await?;
        if before.record.logging {
            return Ok(StartLoggingResponse::default());
        }
        for to in To::ALL {
            self.begin(call, &name, to).await?;
        }
        let mut trail = before.record.clone();
        trail.logging = true;
        trail.started_at = Some(call.now);
        self.save(call, &before, &trail).await?;
        Ok(StartLoggingResponse::default())
    }

    pub async fn stop(
        &self,
        call: &Call,
        input: StopLoggingRequest,
    ) -> Result<StopLoggingResponse, Fault> {
        let (_, before) = self.find(call, input.name).await?;
        let mut trail = before.record.clone();
        trail.logging = false;
        trail.stopped_at = Some(call.now);
        self.save(call, &before, &trail).await?;
        Ok(StopLoggingResponse::default())
    }

    pub async fn status(
        &self,
        call: &Call,
        input: GetTrailStatusRequest,
    ) -> Result<GetTrailStatusResponse, Fault> {
        let (name, found) = self.find(call, input.name).await?;
        let trail = found.record;
        let key = scope(call).key(Trail::KIND, &name);
        let delivery = self.delivered.of(&key, To::Bucket);
        let logged = self.delivered.of(&key, To::Logs);
        let text =
            |at: Option<wharf_base::Timestamp>| at.map_or(String::new(), |at| at.iso8601_seconds());
        Ok(GetTrailStatusResponse {
            is_logging: Some(trail.logging),
            latest_delivery_time: delivery.at,
            latest_delivery_error: delivery.error,
            latest_cloud_watch_logs_delivery_time: logged.at,
            latest_cloud_watch_logs_delivery_error: logged.error,
            start_logging_time: trail.started_at,
            stop_logging_time: trail.stopped_at,
            latest_delivery_attempt_time: Some(text(delivery.tried_at)),
            latest_delivery_attempt_succeeded: Some(text(delivery.at)),
            time_logging_started: Some(text(trail.started_at)),
            time_logging_stopped: Some(text(trail.stopped_at)),
            ..GetTrailStatusResponse::default()
        })
    }

    pub async fn put_selectors(
        &self,
        call: &Call,
        input: PutEventSelectorsRequest,
    ) -> Result<PutEventSelectorsResponse, Fault> {
        if input
            .advanced_event_selectors
            .is_some_and(|it| !it.is_empty())
        {
            return Err(unsupported("An advanced event selector"));
        }
        let (name, before) = self.find(call, input.trail_name).await?;
        let given = input.event_selectors.unwrap_or_default();
        if given.is_empty() || given.len() > MOST_SELECTORS {
            return Err(faults::invalid_event_selectors_exception(
                "The event selectors are not valid: between one and five can be given.",
            ));
        }
        let mut trail = before.record.clone();
        trail.selectors = given.into_iter().map(selector).collect::<Result<_, _>>()?;
        self.save(call, &before, &trail).await?;
        Ok(PutEventSelectorsResponse {
            trail_arn: Some(arn(call, &name)),
            event_selectors: Some(trail.selectors.iter().map(selector_shown).collect()),
            advanced_event_selectors: None,
        })
    }

    pub async fn get_selectors(
        &self,
        call: &Call,
        input: GetEventSelectorsRequest,
    ) -> Result<GetEventSelectorsResponse, Fault> {
        let (name, found) = self.find(call, input.trail_name).await?;
        let mut selectors = found.record.selectors;
        if selectors.is_empty() {
            selectors.push(Selector {
                management: true,
                reads: true,
                writes: true,
                excluded_sources: Vec::new(),
            });
        }
        Ok(GetEventSelectorsResponse {
            trail_arn: Some(arn(call, &name)),
            event_selectors: Some(selectors.iter().map(selector_shown).collect()),
            advanced_event_selectors: None,
        })
    }
}

/// CloudTrail's own shape of a trail.
pub type TrailShown = wharf_api_cloudtrail::types::Trail;

fn shown(call: &Call, name: String, trail: Trail) -> TrailShown {
    TrailShown {
        trail_arn: Some(arn(call, &name)),
        name: Some(name),
        s3_bucket_name: Some(trail.bucket),
        s3_key_prefix: trail.prefix,
        cloud_watch_logs_log_group_arn: trail.logs.as_ref().map(|it| it.arn.clone()),
        cloud_watch_logs_role_arn: trail.logs.map(|it| it.role),
        include_global_service_events: Some(trail.global_events),
        is_multi_region_trail: Some(trail.multi_region),
        home_region: Some(call.region.clone()),
        log_file_validation_enabled: Some(false),
        has_custom_event_selectors: Some(!trail.selectors.is_empty()),
        has_insight_selectors: Some(false),
        is_organization_trail: Some(false),
        ..TrailShown::default()
    }
}

fn selector(given: EventSelector) -> Result<Selector, Fault> {
    if given.data_resources.is_some_and(|it| !it.is_empty()) {
        return Err(unsupported("A selector of data events"));
    }
    let kind = given.read_write_type.unwrap_or_else(|| "All".to_owned());
    Ok(Selector {
        management: given.include_management_events.unwrap_or(true),
        reads: kind != "WriteOnly",
        writes: kind != "ReadOnly",
        excluded_sources: given.exclude_management_event_sources.unwrap_or_default(),
    })
}

fn selector_shown(selector: &Selector) -> EventSelector {
    let kind = match (selector.reads, selector.writes) {
        (true, false) => "ReadOnly",
        (false, true) => "WriteOnly",
        _ => "All",
    };
    EventSelector {
        read_write_type: Some(kind.to_owned()),
        include_management_events: Some(selector.management),
        data_resources: Some(Vec::new()),
        exclude_management_event_sources: Some(selector.excluded_sources.clone()),
    }
}

fn not_found(given: &str, call: &Call) -> Fault {
    faults::trail_not_found_exception(format!(
        "Unknown trail: {given} for the user: {}",
        call.account
    ))
}
