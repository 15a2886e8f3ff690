//! Brings events onto buses: what they are owed to is durable when this returns.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_base::{Permit, ShareFull, Timestamp, ids};
use wharf_delivery::{Policy, Room};
use wharf_service::{Cause, Changes};
use wharf_store::StoreError;

use crate::{
    archive,
    bus_log::{
        self, Logger,
        steps::{self, Said, Step},
    },
    compiled::{CompiledRule, CompiledTarget, Judged},
    core::{ChangeError, Core},
    courier::Errand,
    event::Event,
    fault::EventsFaults,
    judging,
    keys::Seals,
    metered,
    names::BusName,
    transform::Facts,
};

/// Deliveries and bytes in one transaction, well within the store's bounds.
const MOST_WRITES: usize = 64;
const MOST_BYTES: usize = 700 << 10;
/// Of one delivery's record: with what else is written it is less than the store takes.
const MOST_RECORD: usize = 900 << 10;
/// The same of what is sealed, which is a third longer then.
const MOST_SEALED: usize = 640 << 10;

/// An event for a bus.
#[derive(Clone)]
pub struct Arriving {
    pub bus: BusName,
    pub event: Event,
    /// Id of the request that put it.
    pub request: Option<String>,
    /// When its deliveries became necessary; now, if that is not said.
    pub since: Option<Timestamp>,
    /// Rules that may have it, if not all.
    pub only: Option<BTreeSet<String>>,
}

/// What comes of events. What is owed is made one by one: all of it may be far more than they are.
#[derive(Default)]
pub struct Owing {
    events: Vec<Wanted>,
    /// Streams of archives, with the places of the events that they keep.
    kept: BTreeMap<String, Keeping>,
}

/// What an archive keeps.
struct Keeping {
    bus: BusName,
    /// The archive's.
    kms_key: Option<String>,
    places: Vec<usize>,
}

/// An event and the rules that want it.
struct Wanted {
    bus: BusName,
    request: Option<String>,
    /// An account has no room for it.
    is_refused: bool,
    hops: u32,
    since: Option<Timestamp>,
    /// When it came onto the bus.
    came: Timestamp,
    document: Value,
    /// As it is written.
    text: String,
    rules: Vec<Arc<CompiledRule>>,
    /// What is owed of it is sealed by this.
    seals: Option<Arc<Seals>>,
}

/// How far events came, so that a repetition leaves out what is there.
#[derive(Default)]
pub struct Done {
    /// Streams and ids of events.
    pub archived: BTreeSet<(String, String)>,
    /// Buses and ids of events whose steps are logged.
    pub logged: BTreeSet<(BusName, String)>,
    /// Marks of deliveries, made of their ids.
    pub written: BTreeSet<String>,
    /// Room was there before: what is owed is written though an account's is used up meanwhile.
    pub room_was_there: bool,
}

/// One transaction of several.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub is_last: bool,
    /// Marks of the deliveries in it.
    pub marks: &'a BTreeSet<String>,
}

/// Writes down what the rules of their buses owe events to. An event for a bus that is not there, or
/// that no rule wants, is gone, as in AWS.
///
/// Of a call's, those are left out, and told by their places, for which an account has no room: of what would wait, of what
/// is to be archived, or of the store.
///
/// # Errors
/// An account has no room for what another bus passes on. The store's; some of it may be written, and will be delivered, then.
pub async fn accept(
    core: &Core,
    permit: &Permit,
    events: Vec<Arriving>,
) -> Result<BTreeMap<usize, ShareFull>, ChangeError> {
    // What cannot be delivered is refused before any of it is.
    if !permit.is_of_call() {
        for arriving in &events {
            core.outbox.room(&arriving.bus.place.account).take(0)?;
        }
    }
    let (mut owing, mut done) = (owed(core, &events).await?, Done::default());
    let mut full = BTreeMap::new();
    if permit.is_of_call() {
        full = without_room(core, &owing)?;
        owing.leave_out(&full);
        done.room_was_there = true;
        // First, since an event that is refused in the end is not archived: it is put once more, as another one.
        let crossed = write_what_fits(core, permit, &owing, &mut done).await?;
        owing.leave_out(&crossed);
        full.extend(crossed);
        // A call that fails is made again, with all of its targets: what is owed to them is accepted.
        if let Err(error) = keep(core, &owing, &mut done).await {
            tracing::error!(error = %wharf_base::Chain(&error), "failed to archive events; their targets get them");
        }
    } else {
        keep(core, &owing, &mut done).await?;
        write(core, permit, owing.errands(core), &mut done, |_, _, _| {}).await?;
    }
    owing.count(core);
    // Of those alone that are accepted. Who is not answered puts or passes them on again.
    owing.log(core, &mut done).await;
    Ok(full)
}

/// Writes what is owed of a call's events. Where an account crosses its share of the store on the way, events are
/// written one by one; returns the places of those that have no room, and why. Some targets of such an event may have it.
async fn write_what_fits(
    core: &Core,
    permit: &Permit,
    owing: &Owing,
    done: &mut Done,
) -> Result<BTreeMap<usize, ShareFull>, ChangeError> {
    let mut full = BTreeMap::new();
    let together = write(core, permit, owing.errands(core), done, |_, _, _| {}).await;
    if crossing(together)?.is_none() {
        return Ok(full);
    }
    for place in 0..owing.events.len() {
        let errands = owing.errands_of(core, place);
        let alone = write(core, permit, errands, done, |_, _, _| {}).await;
        if let Some(why) = crossing(alone)? {
            full.insert(place, why);
        }
    }
    Ok(full)
}

/// Why an account has no room, if that is what a write failed of.
fn crossing(written: Result<(), ChangeError>) -> Result<Option<ShareFull>, ChangeError> {
    match written {
        Ok(()) => Ok(None),
        Err(error) => match error.cause {
            Cause::Store(StoreError::ShareFull(full)) => Ok(Some(full)),
            cause => Err(ChangeError::new(cause)),
        },
    }
}

/// The places of events that an account has no room for with all that is owed of them, and why.
fn without_room(core: &Core, owing: &Owing) -> Result<BTreeMap<usize, ShareFull>, StoreError> {
    let mut full = BTreeMap::new();
    for (stream, keeping) in &owing.kept {
        if let Some(why) = refusal(core.archived.require(&core.parts.journal, stream))? {
            full.extend(keeping.places.iter().map(|it| (*it, why.clone())));
        }
    }
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &owing.events {
        *targets.entry(&event.bus.place.account).or_default() += event.targets();
    }
    let mut rooms: BTreeMap<&str, Room> = BTreeMap::new();
    for (account, targets) in targets {
        let room = core.outbox.room(account);
        // What fits whatever it is need not be measured.
        if room.left() <= targets.saturating_mul(MOST_RECORD) as u64 {
            rooms.insert(account, room);
        }
    }
    for (place, event) in owing.events.iter().enumerate() {
        if event.targets() == 0 || full.contains_key(&place) {
            continue;
        }
        let account = event.bus.place.account.as_str();
        let mut done = core.parts.store.require_room(account);
        if let Some(room) = rooms.get_mut(account).filter(|_| done.is_ok()) {
            done = room.take(event.bytes(core));
        }
        if let Some(why) = refusal(done)? {
            full.insert(place, why);
        }
    }
    Ok(full)
}

/// Why there is no room, if there is none.
fn refusal(done: Result<(), StoreError>) -> Result<Option<ShareFull>, StoreError> {
    match done {
        Ok(()) => Ok(None),
        Err(StoreError::ShareFull(full)) => Ok(Some(full)),
        Err(error) => Err(error),
    }
}

impl Wanted {
    fn targets(&self) -> usize {
        self.rules.iter().map(|it| it.targets.len()).sum()
    }

    /// Its steps up to the rules that want it. Of events of services those that no rule of a user wants are not logged, as in AWS.
    fn steps(&self, logger: &Logger) -> Vec<Said> {
        let source = self.document["source"].as_str().unwrap_or_default();
        let mut rules = self.rules.iter().filter(|it| !it.is_managed).peekable();
        let mut all = Vec::new();
        if source.starts_with("aws.") && rules.peek().is_none() {
            return all;
        }
        let said = |step, details| Said {
            request: self.request.clone(),
            event: Some(self.id().to_owned()),
            ..Said::new(step, self.came, details)
        };
        let least = steps::least(&self.document, logger.is_full);
        let mut about = |step: Step| {
            // Room first: the detail is in each of these.
            if logger.admits(step, least) {
                all.push(said(step, steps::of_event(&self.document, logger.is_full)));
            }
        };
        about(Step::EventReceipt);
        about(Step::EventIngestSuccess);
        about(Step::RuleMatchStart);
        if rules.peek().is_none() {
            about(Step::NoStandardRulesMatched);
        }
        if !logger.wants(Step::RuleMatch) {
            return all;
        }
        for rule in rules {
            if !logger.admits(Step::RuleMatch, 0) {
                continue;
            }
            let targets = rule.targets.iter().map(|target| {
                let arn = target.document["Arn"].as_str().unwrap_or_default();
                let id = errand_id(&self.document, &self.bus, &rule.name, &target.id);
                (arn.to_owned(), ids::uuid_of(id.as_bytes()))
            });
            let details = steps::of_rule(&rule.arn, targets.collect());
            all.push(said(Step::RuleMatch, details));
        }
        all
    }

    fn id(&self) -> &str {
        self.document["id"].as_str().unwrap_or_default()
    }

    /// Of all that is owed of it.
    fn bytes(&self, core: &Core) -> usize {
        let mut bytes = 0;
        for rule in &self.rules {
            let from = From {
                rule: &rule.name,
                rule_arn: &rule.arn,
                is_managed: rule.is_managed,
                bus: &self.bus,
                hops: self.hops,
            };
            for target in &rule.targets {
                let text = (&self.document, self.text.as_str());
                let owed = errand(core, from, target, text, self.seals.as_deref());
                bytes += owed.errand.size();
            }
        }
        bytes
    }
}

/// Adds events to the archives that want them. What services announce is not kept where the account's archives are
/// full: nobody is there to be told.
///
/// # Errors
/// The journal's.
pub async fn keep(core: &Core, owing: &Owing, done: &mut Done) -> Result<(), ChangeError> {
    let now = core.parts.clock.now();
    for (stream, keeping) in &owing.kept {
        let places = &keeping.places;
        if let Err(full) = core.archived.require(&core.parts.journal, stream) {
            core.archived.tell(stream, &full);
            continue;
        }
        let seals = match &keeping.kms_key {
            None => None,
            Some(key) => match core.keys.sealing(&keeping.bus, key, now).await {
                Ok(seals) => Some(seals),
                Err(fault) => {
                    // Targets get it all the same.
                    tracing::warn!(
                        stream,
                        bus = keeping.bus.arn(),
                        error = fault.message,
                        "archiving events failed: the key of the archive cannot be used"
                    );
                    continue;
                }
            },
        };
        let (mut ids, mut records) = (Vec::new(), Vec::new());
        for place in places {
            let event = &owing.events[*place];
            let (document, id) = (&event.document, (stream.clone(), event.id().to_owned()));
            if !done.archived.contains(&id) {
                ids.push(id);
                records.push(archive::record(document, seals.as_deref(), now));
            }
        }
        if !records.is_empty() {
            let bytes = records.iter().map(Vec::len).sum::<usize>();
            archive::keep(core, stream, &records).await?;
            core.archived.add(stream, bytes as u64);
            done.archived.extend(ids);
        }
    }
    Ok(())
}

/// One event for one target.
pub struct Owed {
    /// Of its rule.
    pub bus: BusName,
    pub errand: Errand,
    /// How long it is tried.
    pub policy: Policy,
    /// Since when it is owed; now, if that is not said.
    pub since: Option<Timestamp>,
}

/// What the rules of their buses owe events to.
///
/// # Errors
/// The store's.
pub async fn owed(core: &Core, events: &[Arriving]) -> Result<Owing, ChangeError> {
    let (mut owing, now) = (Owing::default(), core.parts.clock.now());
    let mut sealing: BTreeMap<&BusName, Option<Arc<Seals>>> = BTreeMap::new();
    for (arriving, judged) in events.iter().zip(judging::judged(core, events).await?) {
        let Arriving {
            bus, event, only, ..
        } = arriving;
        let Judged {
            document,
            archives,
            mut rules,
        } = judged;
        for (stream, kms_key) in archives {
            let keeping = owing.kept.entry(stream);
            let keeping = keeping.or_insert_with(|| Keeping {
                bus: bus.clone(),
                kms_key,
                places: Vec::new(),
            });
            keeping.places.push(owing.events.len());
        }
        rules.retain(|rule| only.as_ref().is_none_or(|it| it.contains(&rule.name)));
        let hops = event.hops;
        // What services say of themselves is under no key of a customer, as in AWS.
        let is_customers = !event.source.starts_with("aws.") && !rules.is_empty();
        let seals = match sealing.get(bus) {
            _ if !is_customers => None,
            Some(known) => known.clone(),
            None => {
                let seals = core.seals(bus).await.map_err(KeyRefused::of)?;
                sealing.insert(bus, seals.clone());
                seals
            }
        };
        let text = match rules.is_empty() {
            true => String::new(),
            false => document.to_string(),
        };
        owing.events.push(Wanted {
            bus: bus.clone(),
            request: arriving.request.clone(),
            is_refused: false,
            hops,
            since: arriving.since,
            came: arriving.since.unwrap_or(now),
            document,
            text,
            rules,
            seals,
        });
    }
    Ok(owing)
}

impl Owing {
    /// Nothing is owed of the events at these places.
    fn leave_out(&mut self, places: &BTreeMap<usize, ShareFull>) {
        for place in places.keys() {
            if let Some(event) = self.events.get_mut(*place) {
                event.rules.clear();
                event.is_refused = true;
            }
        }
        for keeping in self.kept.values_mut() {
            keeping.places.retain(|it| !places.contains_key(it));
        }
    }

    /// Counts the rules that were triggered, once what they owe is written.
    pub fn count(&self, core: &Core) {
        core.parts.counters.together(|counts| {
            for event in &self.events {
                let rules = event.rules.iter().map(|it| it.name.as_str());
                metered::matched(counts, &event.bus, rules, event.targets());
            }
        });
    }

    /// Logs what came of events, on buses that are logged. Who has nobody to put events again logs before they are written, so that
    /// none is without its steps whatever ends in between.
    pub async fn log(&self, core: &Core, done: &mut Done) {
        if !core.parts.log_deliveries.are_any() {
            return;
        }
        let mut loggers: BTreeMap<&BusName, Option<Arc<Logger>>> = BTreeMap::new();
        let mut said: BTreeMap<&BusName, Vec<Said>> = BTreeMap::new();
        for event in &self.events {
            if event.is_refused {
                continue;
            }
            let logger = match loggers.get(&event.bus) {
                Some(known) => known.clone(),
                None => {
                    let made = bus_log::logger(core, &event.bus).await;
                    loggers.insert(&event.bus, made.clone());
                    made
                }
            };
            let Some(logger) = logger else {
                continue;
            };
            let id = (event.bus.clone(), event.id().to_owned());
            if done.logged.insert(id) {
                let of_bus = said.entry(&event.bus).or_default();
                of_bus.extend(event.steps(&logger));
            }
        }
        for (bus, said) in said {
            if let Some(Some(logger)) = loggers.get(bus) {
                logger.log(said).await;
            }
        }
    }

    pub fn errands<'a>(&'a self, core: &'a Core) -> Errands<'a> {
        self.errands_between(core, 0, self.events.len())
    }

    /// Of one event alone.
    fn errands_of<'a>(&'a self, core: &'a Core, place: usize) -> Errands<'a> {
        self.errands_between(core, place, place.saturating_add(1))
    }

    fn errands_between<'a>(&'a self, core: &'a Core, from: usize, to: usize) -> Errands<'a> {
        Errands {
            core,
            events: self.events.get(..to).unwrap_or(&self.events),
            event: from,
            rule: 0,
            target: 0,
        }
    }
}

/// What is owed, made as it is asked for.
pub struct Errands<'a> {
    core: &'a Core,
    events: &'a [Wanted],
    event: usize,
    rule: usize,
    target: usize,
}

impl Iterator for Errands<'_> {
    type Item = Owed;

    fn next(&mut self) -> Option<Owed> {
        loop {
            let event = self.events.get(self.event)?;
            let Some(rule) = event.rules.get(self.rule) else {
                (self.event, self.rule) = (self.event + 1, 0);
                continue;
            };
            let Some(target) = rule.targets.get(self.target) else {
                (self.rule, self.target) = (self.rule + 1, 0);
                continue;
            };
            self.target += 1;
            let from = From {
                rule: &rule.name,
                rule_arn: &rule.arn,
                is_managed: rule.is_managed,
                bus: &event.bus,
                hops: event.hops,
            };
            let text = (&event.document, event.text.as_str());
            return Some(Owed {
                since: event.since,
                ..errand(self.core, from, target, text, event.seals.as_deref())
            });
        }
    }
}

/// The rule that sends an event.
#[derive(Clone, Copy)]
pub struct From<'a> {
    pub rule: &'a str,
    pub rule_arn: &'a str,
    /// A service put it.
    pub is_managed: bool,
    pub bus: &'a BusName,
    /// Buses that passed the event on before.
    pub hops: u32,
}

/// What a target is owed of an event, which is given as a document and as it is written.
pub fn errand(
    core: &Core,
    from: From<'_>,
    target: &CompiledTarget,
    (event, text): (&Value, &str),
    seals: Option<&Seals>,
) -> Owed {
    let ingested_at = core.parts.clock.now().iso8601();
    let facts = Facts {
        rule: from.rule,
        rule_arn: from.rule_arn,
        ingested_at: &ingested_at,
    };
    let made = target.transform.apply(event, text, &facts);
    let too_large = made.is_none();
    let payload = made.unwrap_or_default();
    let has_dead_letters = target.document["DeadLetterConfig"]["Arn"].is_string();
    let errand = Errand {
        id: errand_id(event, from.bus, from.rule, &target.id),
        account: from.bus.place.account.clone(),
        rule: from.rule.to_owned(),
        rule_arn: from.rule_arn.to_owned(),
        target: target.document.clone(),
        hops: from.hops,
        event: (has_dead_letters && payload != text).then(|| text.to_owned()),
        payload,
        too_large,
        is_managed: from.is_managed,
        sealed: None,
    };
    Owed {
        bus: from.bus.clone(),
        errand: match seals {
            None => errand.within(MOST_RECORD),
            Some(seals) => errand.within(MOST_SEALED).sealed(seals),
        },
        policy: policy(&target.document),
        since: None,
    }
}

/// Of what a target is owed of an event.
fn errand_id(event: &Value, bus: &BusName, rule: &str, target: &str) -> String {
    let event_id = event["id"].as_str().unwrap_or_default();
    let id = format!("{event_id}/{}/{rule}/{target}", bus.name);
    // A replay sends once more what targets had before: they must not take it for the same.
    match event["replay-name"].as_str() {
        Some(replay) => format!("{id}/{replay}"),
        None => id,
    }
}

/// A bus's key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key of a bus cannot be used: {0}")]
struct KeyRefused(String);

impl KeyRefused {
    fn of(fault: wharf_wire::Fault) -> ChangeError {
        ChangeError::other(Self(fault.message))
    }
}

/// How long a target is tried.
pub fn policy(target: &Value) -> Policy {
    let number = |name: &str, otherwise: u32| {
        let given = target["RetryPolicy"][name].as_u64();
        given
            .and_then(|it| u32::try_from(it).ok())
            .unwrap_or(otherwise)
    };
    Policy {
        retries: number("MaximumRetryAttempts", Policy::DEFAULT.retries),
        max_age_seconds: number("MaximumEventAgeInSeconds", Policy::DEFAULT.max_age_seconds),
    }
}

/// Writes errands in as few transactions as they fit into; `with` adds to each of them, and is told what was
/// written before it. What an account has no room for is refused to a call, and left out of what services and
/// schedules bring about: nobody is there to try again.
///
/// # Errors
/// An account has no room. The store's; `done` says what is written all the same.
pub async fn write(
    core: &Core,
    permit: &Permit,
    owed: impl IntoIterator<Item = Owed, IntoIter: Send>,
    done: &mut Done,
    mut with: impl FnMut(&mut Changes<'_, EventsFaults>, &BTreeSet<String>, Part<'_>),
) -> Result<(), ChangeError> {
    let mut owed = owed.into_iter().peekable();
    let mut rooms: BTreeMap<String, Room> = BTreeMap::new();
    loop {
        let mut tx = core.table.begin();
        let (mut marks, mut bytes, mut dropped) = (BTreeSet::new(), 0, Vec::new());
        while let Some(one) = owed.next_if(|it| {
            marks.is_empty() || (marks.len() < MOST_WRITES && bytes + it.errand.size() < MOST_BYTES)
        }) {
            let Owed {
                bus,
                errand,
                policy,
                since,
            } = one;
            // An event that comes by again must not take the place of itself.
            let id = format!("{}/{}", errand.hops, errand.id);
            let mark = ids::uuid_of(id.as_bytes());
            if done.written.contains(&mark) {
                continue;
            }
            let account = &bus.place.account;
            if !rooms.contains_key(account) {
                rooms.insert(account.clone(), core.outbox.room(account));
            }
            let room = rooms.get_mut(account).filter(|_| !done.room_was_there);
            match room.map_or(Ok(()), |it| it.take(errand.size())) {
                Ok(()) => {}
                Err(full) if permit.is_of_call() => return Err(full.into()),
                Err(_) => {
                    dropped.push((bus, errand.rule));
                    continue;
                }
            }
            bytes += errand.size();
            let since = since.unwrap_or_else(|| core.parts.clock.now());
            (core.outbox).put_since(&mut tx, &bus.place, &id, errand, policy, since);
            marks.insert(mark);
        }
        metered::dropped(&core.parts.counters, &dropped);
        let is_last = owed.peek().is_none();
        let part = Part {
            is_last,
            marks: &marks,
        };
        with(&mut tx, &done.written, part);
        tx.write(permit).await?;
        if is_last {
            return Ok(());
        }
        done.written.append(&mut marks);
    }
}
