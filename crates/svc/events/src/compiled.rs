//! The rules of buses, ready for matching. They are compiled at first need and again after each change:
//! what was compiled holds for one revision of the record that every change of a rule writes. How much memory the
//! patterns of a bus take is known before they are put, and bounded; many are compiled apart, in the turn of the account.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;
use tokio::task::JoinError;
use wharf_patterns::{Index, Pattern};
use wharf_records::{Record as _, Scope, decode};
use wharf_service::{Made, Share, Shares, Table};

use crate::{
    core::ChangeError,
    document,
    fault::EventsFaults,
    names::{BusName, SERVICE, of_rule_id, scope},
    records::{Archive, Rule, Rules, State},
    transform::Transform,
};

/// Of all buses that stay compiled.
const MOST_BYTES: usize = 256 << 20;
/// Of the patterns of one bus, compiled: of rules, enabled or not, and archives. 300 rules may have a hundred kilobytes
/// each, of which ordinary ones take one or two.
pub const MOST_PATTERN_BYTES: usize = 32 << 20;
/// Bytes of an account's rules and archives up to which those of a bus are compiled at once: some milliseconds, since a
/// pattern of a few kilobytes may be a megabyte.
const COMPILED_AT_ONCE: u64 = 8 << 10;
/// Comparisons of an event with patterns, at most, that are made at once where events come in: some milliseconds. More are made apart, in
/// the turn of the bus's account, which has made the patterns.
const AT_ONCE: usize = 1 << 19;
/// Bytes of a text that cost as much as another value.
const TEXT: usize = 16;
/// What a rule or an archive takes in memory beside its pattern and its targets, and a value of a target, with its transformer.
const FRAME_BYTES: usize = 512;
const VALUE_BYTES: usize = 32;

static JUDGING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);
static ANNOUNCED: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

/// Who brings events about. Those that services announce are told of all accounts by one loop: it must not wait behind the
/// calls of one account, of which there may be many with long events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Call,
    Service,
}

impl Origin {
    fn turns(self) -> &'static Shares {
        match self {
            Self::Call => &JUDGING,
            Self::Service => &ANNOUNCED,
        }
    }
}

pub struct Compiled {
    buses: Made<BusName, Matcher>,
}

impl Default for Compiled {
    fn default() -> Self {
        Self {
            buses: Made::new(MOST_BYTES),
        }
    }
}

/// The enabled rules of a bus that have a pattern.
#[derive(Default)]
pub struct Matcher {
    rules: Vec<Arc<CompiledRule>>,
    index: Index,
    archives: Vec<CompiledArchive>,
    sources: Sources,
    /// Of all patterns.
    tests: usize,
    /// What it takes in memory, about.
    bytes: usize,
}

/// An event, and what of its bus wants it.
pub struct Judged {
    pub document: Value,
    /// The streams of the archives that keep it, with their keys.
    pub archives: Vec<(String, Option<String>)>,
    pub rules: Vec<Arc<CompiledRule>>,
}

/// Of which sources events are wanted, by what patterns say of sources alone.
#[derive(Debug, Default)]
struct Sources {
    /// Some pattern says it in other ways than by names.
    any: bool,
    names: BTreeSet<String>,
}

impl Sources {
    /// Without a pattern all events are wanted.
    fn add(&mut self, pattern: Option<&str>) {
        let pattern = pattern.and_then(|it| serde_json::from_str::<Value>(it).ok());
        let said = pattern.as_ref().and_then(|it| it["source"].as_array());
        let names: Option<Vec<&str>> = said.and_then(|all| all.iter().map(Value::as_str).collect());
        match names {
            Some(names) => self.names.extend(names.into_iter().map(str::to_owned)),
            None => self.any = true,
        }
    }
}

struct CompiledArchive {
    stream: String,
    /// The key of KMS that its events are sealed under.
    kms_key: Option<String>,
    /// What it keeps.
    pattern: Option<Pattern>,
}

pub struct CompiledRule {
    pub name: String,
    pub arn: String,
    /// A service put it.
    pub is_managed: bool,
    pub targets: Vec<CompiledTarget>,
}

pub struct CompiledTarget {
    pub id: String,
    /// As it is stored.
    pub document: Value,
    pub transform: Transform,
}

impl Matcher {
    /// Holds an event against the rules, and against the archives if it `is_new`.
    ///
    /// # Errors
    /// It panicked.
    pub async fn judged(
        self: &Arc<Self>,
        origin: Origin,
        account: &str,
        document: Value,
        is_new: bool,
    ) -> Result<Judged, JoinError> {
        let comparisons = self.tests.saturating_mul(values(&document));
        let matcher = self.clone();
        apart(origin, account, comparisons, move || {
            matcher.judge(document, is_new)
        })
        .await
    }

    fn judge(&self, document: Value, is_new: bool) -> Judged {
        let own = |(stream, key): (&str, Option<&str>)| (stream.to_owned(), key.map(str::to_owned));
        let archives = match is_new {
            true => self.archives(&document).map(own).collect(),
            false => Vec::new(),
        };
        Judged {
            archives,
            rules: self.matches(&document).cloned().collect(),
            document,
        }
    }

    /// The streams of the archives that keep an event, with their keys.
    fn archives(&self, event: &Value) -> impl Iterator<Item = (&str, Option<&str>)> {
        let fits = |it: &&CompiledArchive| match &it.pattern {
            None => true,
            Some(pattern) => pattern.judge(event).unwrap_or_else(|| {
                given_up(&it.stream);
                false
            }),
        };
        self.archives
            .iter()
            .filter(fits)
            .map(|it| (it.stream.as_str(), it.kms_key.as_deref()))
    }

    /// Whether a rule or an archive may want events of a source.
    pub fn may_want(&self, source: &str) -> bool {
        self.sources.any || self.sources.names.contains(source)
    }

    /// The rules that want an event.
    fn matches(&self, event: &Value) -> impl Iterator<Item = &Arc<CompiledRule>> {
        let judged = self.index.judge(event);
        for place in judged.given_up {
            given_up(&self.rules[place].arn);
        }
        judged.fit.into_iter().map(|place| &self.rules[place])
    }
}

/// Says that an event is held to be none that a rule or an archive wants, ever less often: events come in as often as somebody likes.
fn given_up(by: &str) {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let times = TIMES.fetch_add(1, Ordering::Relaxed) + 1;
    if times.is_power_of_two() {
        tracing::warn!(
            by,
            times,
            "holding an event to a pattern was given up, it would take too many steps: the event does not match"
        );
    }
}

/// What a test may be held to in a document.
pub fn values(document: &Value) -> usize {
    match document {
        Value::Array(elements) => 1 + elements.iter().map(values).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(values).sum::<usize>(),
        Value::String(text) => 1 + text.len() / TEXT,
        _ => 1,
    }
}

/// Holds documents against patterns: away from the threads that serve others, and in the account's turn, if that may be many comparisons.
///
/// # Errors
/// It panicked.
pub async fn apart<T: Send + 'static>(
    origin: Origin,
    account: &str,
    comparisons: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if comparisons <= AT_ONCE {
        return Ok(work());
    }
    in_turn(origin.turns().take(account).await, work).await
}

async fn in_turn<T: Send + 'static>(
    turn: Share,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    let done = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        work()
    });
    done.await
}

/// The turn of a bus's account to read and compile its patterns, if these may be many.
async fn turn(origin: Origin, table: &Table<EventsFaults>, bus: &BusName) -> Option<Share> {
    let account = bus.place.account.as_str();
    let held = |kind: &str| (table.store()).held_of_kind(SERVICE, kind, account).bytes;
    match held(Rule::KIND) + held(Archive::KIND) <= COMPILED_AT_ONCE {
        true => None,
        false => Some(origin.turns().take(account).await),
    }
}

/// Makes something of the rules of a bus and the archives of its account as they stand, apart where there is a turn.
async fn made<T: Send + 'static>(
    table: &Table<EventsFaults>,
    bus: &BusName,
    turn: Option<Share>,
    make: impl FnOnce(&BusName, Vec<(String, Rule)>, Vec<Archive>) -> T + Send + 'static,
) -> Result<T, ChangeError> {
    let scope = scope(&bus.place);
    let rules = scope.prefix(Rule::KIND) + &wharf_records::escape(&bus.rule_id(""));
    let rules = table.entries(&rules).await?;
    let archives = table.entries(&scope.prefix(Archive::KIND)).await?;
    let bus = bus.clone();
    let work = move || -> Result<T, ChangeError> {
        let mut read = Vec::with_capacity(rules.len());
        for entry in rules {
            if let Some((_, _, id)) = Scope::parse(&entry.key) {
                read.push((id, decode::<Rule>(&entry.value)?));
            }
        }
        let mut kept = Vec::new();
        for entry in archives {
            let archive: Archive = decode(&entry.value)?;
            if archive.bus == bus.name {
                kept.push(archive);
            }
        }
        Ok(make(&bus, read, kept))
    };
    match turn {
        None => work(),
        Some(turn) => in_turn(turn, work).await.map_err(ChangeError::other)?,
    }
}

/// What a pattern takes in memory once it is compiled, about; what is none takes nothing. Sums of it are stored: if it
/// comes to count otherwise, those are to be counted anew.
pub fn bytes_of(pattern: Option<&str>) -> usize {
    let read = pattern.map(Pattern::parse);
    read.and_then(Result::ok).map_or(0, |it| it.bytes())
}

impl Compiled {
    /// The rules of a bus as they stand.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(
        &self,
        origin: Origin,
        table: &Table<EventsFaults>,
        bus: &BusName,
    ) -> Result<Arc<Matcher>, ChangeError> {
        let Some(stored) = table.read::<Rules>(&bus.rules_key()).await? else {
            return Ok(Arc::default());
        };
        if let Some(known) = self.buses.get(bus, stored.revision) {
            return Ok(known);
        }
        let turn = turn(origin, table, bus).await;
        // Others have waited for the same.
        if let Some(known) = self.buses.get(bus, stored.revision) {
            return Ok(known);
        }
        // Rules that change while they are read are read again by whoever comes next.
        let matcher = Arc::new(made(table, bus, turn, compile).await?);
        let account = &bus.place.account;
        (self.buses).keep(
            bus.clone(),
            account,
            stored.revision,
            matcher.bytes,
            &matcher,
        );
        Ok(matcher)
    }
}

/// What the patterns of a bus take in memory as they stand, compiled.
///
/// # Errors
/// The store's.
pub async fn pattern_bytes(
    table: &Table<EventsFaults>,
    bus: &BusName,
) -> Result<usize, ChangeError> {
    let turn = turn(Origin::Call, table, bus).await;
    let sum = |_: &BusName, rules: Vec<(String, Rule)>, archives: Vec<Archive>| -> usize {
        let of_rules = rules.iter().map(|(_, it)| bytes_of(it.pattern.as_deref()));
        let of_archives = archives.iter().map(|it| bytes_of(it.pattern.as_deref()));
        of_rules.chain(of_archives).sum()
    };
    made(table, bus, turn, sum).await
}

fn compile(bus: &BusName, all: Vec<(String, Rule)>, archives: Vec<Archive>) -> Matcher {
    let mut matcher = compile_rules(bus, all);
    for archive in archives {
        matcher.sources.add(archive.pattern.as_deref());
        let pattern = archive.pattern.as_deref().map(Pattern::parse);
        match pattern.transpose() {
            Ok(pattern) => {
                matcher.tests += pattern.as_ref().map_or(0, Pattern::tests);
                matcher.bytes += FRAME_BYTES + pattern.as_ref().map_or(0, Pattern::bytes);
                matcher.archives.push(CompiledArchive {
                    stream: archive.stream,
                    kms_key: archive.kms_key,
                    pattern,
                });
            }
            Err(error) => {
                tracing::error!(stream = archive.stream, %error, "failed to read a stored pattern, its archive keeps nothing")
            }
        }
    }
    matcher
}

fn compile_rules(bus: &BusName, all: Vec<(String, Rule)>) -> Matcher {
    let (mut rules, mut patterns, mut sources) = (Vec::new(), Vec::new(), Sources::default());
    let mut bytes = 0;
    for (id, rule) in all {
        if rule.state == State::Disabled {
            continue;
        }
        let (_, name) = of_rule_id(&id);
        let Some(text) = &rule.pattern else { continue };
        match Pattern::parse(text) {
            Ok(pattern) => {
                let targets = rule.targets.values().map(values).sum::<usize>();
                bytes += FRAME_BYTES + pattern.bytes() + targets * VALUE_BYTES;
                patterns.push(pattern);
            }
            Err(error) => {
                tracing::error!(rule = name, %error, "failed to read a stored pattern, its rule matches nothing");
                continue;
            }
        }
        sources.add(Some(text.as_str()));
        rules.push(Arc::new(CompiledRule {
            name: name.to_owned(),
            arn: bus.rule_arn(name),
            is_managed: rule.managed_by.is_some(),
            targets: rule.targets.into_iter().filter_map(target).collect(),
        }));
    }
    Matcher {
        index: Index::new(&patterns),
        rules,
        archives: Vec::new(),
        sources,
        tests: patterns.iter().map(Pattern::tests).sum(),
        bytes,
    }
}

/// A target of a rule, ready for events.
pub fn target((id, document): (String, Value)) -> Option<CompiledTarget> {
    let transform = document::target(&document).map(|it| Transform::of(&it));
    let Some(Ok(transform)) = transform else {
        tracing::error!(
            target = id,
            "failed to read a stored target, nothing is sent to it"
        );
        return None;
    };
    Some(CompiledTarget {
        id,
        document,
        transform,
    })
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;

    /// Turns are of all accounts together, where there is one processor.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    /// Alternatives that share a condition on the objects of a list are each held to all of these.
    #[tokio::test]
    async fn many_comparisons_are_made_in_the_turn_of_the_account() {
        let choices = |name: &str| {
            let each = (0..10).map(|it| format!(r#"{{"{name}{it}": [1]}}"#));
            format!(r#""$or": [{}]"#, each.collect::<Vec<_>>().join(","))
        };
        let pattern = format!(
            r#"{{"detail": {{"a": {{"x": [1, 2, 3], "y": [4]}}, {}}}, {}}}"#,
            choices("b"),
            choices("c")
        );
        let pattern = Pattern::parse(&pattern).unwrap();
        assert_eq!(pattern.tests(), 100 * 6);
        let matcher = Arc::new(Matcher {
            tests: pattern.tests(),
            ..Matcher::default()
        });
        let _alone = ALONE.lock().await;
        let mut turns = Vec::new();
        while let Some(turn) = JUDGING.try_take("busy") {
            turns.push(turn);
        }
        let event = |count: usize| {
            let list = vec![serde_json::json!({"x": 3}); count];
            serde_json::json!({"detail": {"a": list}})
        };
        let judged = |count: usize| {
            let matcher = matcher.clone();
            let document = event(count);
            tokio::spawn(async move {
                matcher
                    .judged(Origin::Call, "busy", document, true)
                    .await
                    .is_ok()
            })
        };
        // Few are made at once.
        assert!(judged(10).await.unwrap());
        let waits = judged(10_000);
        assert!(judged(10).await.unwrap());
        assert!(!waits.is_finished());
        drop(turns);
        assert!(waits.await.unwrap());
    }

    const PERMIT: wharf_base::Permit = wharf_base::Permit::for_controller("tests");

    fn bus(account: &str) -> BusName {
        BusName::asked(&wharf_service::Place::new(account, "us-east-1"), None)
    }

    async fn put_rule(table: &Table<EventsFaults>, bus: &BusName, name: &str, description: &str) {
        let rule = serde_json::json!({
            "pattern": r#"{"source": ["shop"]}"#, "state": "ENABLED", "description": description,
            "created_by": bus.place.account, "scheduled_at": Timestamp::from_millis(0),
        });
        let rule: Rule = serde_json::from_value(rule).unwrap();
        let txn = wharf_store::Txn::new()
            .put(bus.rule_key(name), wharf_records::encode(&rule))
            .put(bus.rules_key(), wharf_records::encode(&Rules::default()));
        assert!(table.commit(&PERMIT, txn).await.unwrap());
    }

    #[tokio::test]
    async fn many_rules_are_compiled_in_the_turn_of_the_account() {
        let store = wharf_store::Store::in_memory(wharf_store::StoreOptions::default());
        let (table, compiled) = (Table::new(store), Arc::new(Compiled::default()));
        let (few, many) = (bus("few-rules"), bus("many-rules"));
        put_rule(&table, &few, "r", "").await;
        for it in 0..10 {
            put_rule(&table, &many, &format!("r{it}"), &"d".repeat(1000)).await;
        }
        let _alone = ALONE.lock().await;
        let turns: Vec<_> = std::iter::from_fn(|| JUDGING.try_take("many-rules")).collect();
        let waits = {
            let (table, compiled, many) = (table.clone(), compiled.clone(), many.clone());
            tokio::spawn(async move { compiled.of(Origin::Call, &table, &many).await })
        };
        let first = compiled.of(Origin::Call, &table, &few).await.unwrap();
        assert_eq!(first.rules.len(), 1);
        assert!(!waits.is_finished());
        drop(turns);
        let waited = waits.await.unwrap().unwrap();
        assert_eq!(waited.rules.len(), 10);
        // It is compiled once until a rule changes.
        assert!(Arc::ptr_eq(
            &waited,
            &compiled.of(Origin::Call, &table, &many).await.unwrap()
        ));
        let pattern = bytes_of(Some(r#"{"source": ["shop"]}"#));
        assert!(pattern > 0);
        assert_eq!(pattern_bytes(&table, &many).await.unwrap(), 10 * pattern);
        put_rule(&table, &many, "another", "").await;
        assert_eq!(
            compiled
                .of(Origin::Call, &table, &many)
                .await
                .unwrap()
                .rules
                .len(),
            11
        );
    }

    #[tokio::test]
    async fn what_services_announce_does_not_wait_for_the_calls_of_the_account() {
        let _alone = ALONE.lock().await;
        let turns: Vec<_> = std::iter::from_fn(|| JUDGING.try_take("calls")).collect();
        assert!(!turns.is_empty());
        let waits = tokio::spawn(apart(Origin::Call, "calls", usize::MAX, || ()));
        let announced = apart(Origin::Service, "calls", usize::MAX, || ());
        announced.await.unwrap();
        assert!(!waits.is_finished());
        drop(turns);
        waits.await.unwrap().unwrap();
    }

    #[test]
    fn sources_that_may_be_wanted() {
        let may_want = |patterns: &[Option<&str>]| {
            let mut sources = Sources::default();
            patterns.iter().for_each(|it| sources.add(*it));
            let matcher = Matcher {
                sources,
                ..Matcher::default()
            };
            matcher.may_want("aws.inspector2")
        };
        assert!(!may_want(&[]));
        assert!(!may_want(&[Some(r#"{"source": ["aws.ecs", "mine"]}"#)]));
        for wants in [
            r#"{"source": ["aws.ecs", "aws.inspector2"]}"#,
            r#"{"source": [{"prefix": "aws."}]}"#,
            r#"{"detail-type": ["Inspector2 Finding"]}"#,
            r#"{"$or": [{"source": ["aws.ecs"]}, {"region": ["r"]}]}"#,
        ] {
            let others = Some(r#"{"source": ["aws.ecs"]}"#);
            assert!(may_want(&[others, Some(wants)]), "{wants}");
        }
        assert!(may_want(&[None]), "an archive of everything");
    }
}
