//! GetLogRecord and GetLogObject: one event by its `@ptr`. GetLogGroupFields: which fields the events of a time have.

use std::collections::{BTreeMap, HashMap};

use wharf_api_logs::types::{
    FieldsData, GetLogGroupFieldsRequest, GetLogGroupFieldsResponse, GetLogObjectRequest,
    GetLogObjectResponseStream, GetLogRecordRequest, GetLogRecordResponse, LogGroupField,
};
use wharf_insights::Needles;
use wharf_wire::{Call, EventStream, Events, Fault, async_trait};

use crate::{
    LogsService, fault,
    insights::{
        POINTER,
        pointer::Pointer,
        scan::{Scanned, scan},
        source::{Sources, Times},
    },
    names,
    opener::ReadError,
    records::Group,
    rules::{NOT_TRANSFORMED, Origin},
};

/// Fields that every event has.
const SYSTEM: [&str; 5] = [
    "@ingestionTime",
    "@log",
    "@logStream",
    "@message",
    "@timestamp",
];
/// Around the time that is asked about, and before now, as with AWS.
const AROUND_MS: i64 = 8 * 60_000;
const BEFORE_MS: i64 = 15 * 60_000;
/// Events that are looked at for the fields of a group.
const SAMPLE: usize = 10_000;
/// Bytes of an object that are sent at once.
const PIECE: usize = 256 << 10;
/// Fields that are told.
const MOST_FIELDS: usize = 1000;

pub async fn get_log_record(
    service: &LogsService,
    call: &Call,
    input: GetLogRecordRequest,
) -> Result<GetLogRecordResponse, Fault> {
    let pointed = input.log_record_pointer.unwrap_or_default();
    let unmask = input.unmask == Some(true);
    let fields = record(service, call, ("logRecordPointer", pointed), unmask).await?;
    Ok(GetLogRecordResponse {
        log_record: Some(fields),
    })
}

/// The same event as JSON, piece by piece.
pub async fn get_log_object(
    service: &LogsService,
    call: &Call,
    input: GetLogObjectRequest,
) -> Result<EventStream<GetLogObjectResponseStream>, Fault> {
    let pointed = input.log_object_pointer.unwrap_or_default();
    let unmask = input.unmask == Some(true);
    let fields = record(service, call, ("logObjectPointer", pointed), unmask).await?;
    let json = serde_json::to_vec(&fields).map_err(|cause| fault::unreadable(&cause))?;
    Ok(Box::new(Pieces { json, at: 0 }))
}

/// What is left of an object.
struct Pieces {
    json: Vec<u8>,
    at: usize,
}

#[async_trait]
impl Events<GetLogObjectResponseStream> for Pieces {
    async fn next(&mut self) -> Option<Result<GetLogObjectResponseStream, Fault>> {
        let rest = &self.json[self.at..];
        let piece = rest.chunks(PIECE).next()?.to_vec();
        self.at += piece.len();
        Some(Ok(GetLogObjectResponseStream {
            fields: Some(FieldsData { data: Some(piece) }),
            ..Default::default()
        }))
    }
}

/// All fields of the event that a member of a request points at.
async fn record(
    service: &LogsService,
    call: &Call,
    (member, pointed): (&str, String),
    unmask: bool,
) -> Result<BTreeMap<String, String>, Fault> {
    let pointer = Pointer::read(&pointed);
    let pointer =
        pointer.ok_or_else(|| fault::invalid(format!("The specified {member} is invalid.")))?;
    let group = service.group(call, &pointer.group).await?;
    let stream = service.stream(call, &group, &pointer.stream).await?;
    if stream.id != pointer.stream_id {
        return Err(fault::no_stream());
    }
    let journal = stream.journal_name();
    let read = service
        .events
        .journal()
        .read(&journal, pointer.offset, 1, 0)
        .await;
    let read = read.map_err(fault::journal)?;
    let mut found = None;
    if let Some(record) = read
        .records
        .first()
        .filter(|it| it.offset == pointer.offset)
    {
        let mut opener = service.opener(call, &group).await?;
        if unmask {
            opener = opener.unmasking();
        }
        let events = opener.events(&journal, std::slice::from_ref(record)).await;
        found = events.map_err(fault::read)?.pop();
    }
    let scope = LogsService::scope(call);
    let kept_from = service.keeps_from(&scope, &group, call.now).await?;
    let kept = found.filter(|it| it.timestamp >= kept_from);
    let event = kept.ok_or_else(|| {
        fault::invalid(format!("The log event of the specified {member} is gone."))
    })?;
    let rules = service.rules(&scope, &group).await?;
    let is_to_be_made = rules.transforms(event.ingestion);
    let made = match rules.is_empty() {
        true => None,
        false => {
            let (message, ingestion) = (event.message.clone(), event.ingestion);
            let (group, stream) = (group.name.clone(), stream.name.clone());
            let made = tokio::task::spawn_blocking(move || {
                let origin = Origin {
                    scope: &scope,
                    group: &group,
                    stream: &stream,
                };
                rules.transformed(ingestion, &message, origin)
            });
            made.await.map_err(|cause| fault::unreadable(&cause))?
        }
    };
    let of = made.as_ref().unwrap_or(&event.message);
    let mut fields: BTreeMap<String, String> = wharf_insights::fields(of);
    if is_to_be_made && made.is_none() {
        let error = NOT_TRANSFORMED.to_owned();
        fields.insert("@transformationError".to_owned(), error);
    }
    let system = [
        ("@timestamp", event.timestamp.to_string()),
        ("@ingestionTime", event.ingestion.to_string()),
        ("@logStream", stream.name),
        ("@log", format!("{}:{}", call.account, group.name)),
        ("@message", event.message),
        (POINTER, pointed),
    ];
    fields.extend(system.map(|(name, value)| (name.to_owned(), value)));
    Ok(fields)
}

pub async fn get_log_group_fields(
    service: &LogsService,
    call: &Call,
    input: GetLogGroupFieldsRequest,
) -> Result<GetLogGroupFieldsResponse, Fault> {
    let name = names::one_group(
        call,
        input.log_group_name.as_deref(),
        input.log_group_identifier.as_deref(),
    )?;
    let group = service.group(call, &name).await?;
    let of_query = match input.time {
        Some(seconds) => {
            let at = seconds.saturating_mul(1000);
            at.saturating_sub(AROUND_MS)..at.saturating_add(AROUND_MS)
        }
        None => call.now.millis() - BEFORE_MS..call.now.millis().saturating_add(1),
    };
    let sample: Sample = sampled(service, call, vec![group], of_query).await?;
    Ok(GetLogGroupFieldsResponse {
        log_group_fields: Some(sample.shown()),
    })
}

/// What looks at events, one after another, until it has seen enough.
pub trait Looks: Default + Send + 'static {
    /// Whether more are wanted.
    fn add(&mut self, message: &str) -> bool;
    fn wants_more(&self) -> bool;
}

/// Looks at events of groups, at those of a time that a query would read: transformed, and masked.
///
/// # Errors
/// The disk's.
pub async fn sampled<T: Looks>(
    service: &LogsService,
    call: &Call,
    groups: Vec<Group>,
    of_query: std::ops::Range<i64>,
) -> Result<T, Fault> {
    let times = Times {
        of_query,
        earlier: None,
    };
    let scope = LogsService::scope(call);
    let mut sources = Sources::new(service.clone(), scope, groups, times, call.now);
    let mut sample = T::default();
    while sample.wants_more() {
        let parts = sources.next().await?;
        if parts.is_empty() {
            break;
        }
        let looked = tokio::task::spawn_blocking(move || {
            for mut part in parts {
                scan(
                    &mut part,
                    (&Needles::default(), &Needles::default()),
                    (true, false),
                    &Scanned::default(),
                    |event| sample.add(event.fields.unwrap_or(event.message)),
                )?;
            }
            Ok::<T, ReadError>(sample)
        });
        let looked = looked.await.map_err(|cause| fault::unreadable(&cause))?;
        sample = looked.map_err(fault::read)?;
    }
    Ok(sample)
}

#[derive(Default)]
struct Sample {
    events: usize,
    fields: HashMap<String, usize>,
}

impl Looks for Sample {
    fn add(&mut self, message: &str) -> bool {
        self.events += 1;
        for name in wharf_insights::fields(message).into_keys() {
            if self.fields.len() < MOST_FIELDS || self.fields.contains_key(&name) {
                *self.fields.entry(name).or_default() += 1;
            }
        }
        self.wants_more()
    }

    fn wants_more(&self) -> bool {
        self.events < SAMPLE
    }
}

impl Sample {
    /// The most frequent first.
    fn shown(self) -> Vec<LogGroupField> {
        let system = SYSTEM.map(|name| (name.to_owned(), self.events));
        let mut all: Vec<(String, usize)> = system.into_iter().chain(self.fields).collect();
        if self.events == 0 {
            all.clear();
        }
        all.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
        let percent = |count: usize| i32::try_from(count * 100 / self.events.max(1)).ok();
        let each = all.into_iter().map(|(name, count)| LogGroupField {
            name: Some(name),
            percent: percent(count),
        });
        each.collect()
    }
}
