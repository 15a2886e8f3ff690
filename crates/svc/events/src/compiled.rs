//! The rules of buses, ready for matching. They are compiled at first need and again after each change:
//! what was compiled holds for one revision of the record that every change of a rule writes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::task::JoinError;
use wharf_patterns::{Index, Pattern};
use wharf_service::{Shares, Table};
use wharf_store::Revision;

use crate::{
    core::ChangeError,
    document,
    fault::EventsFaults,
    names::{BusName, of_rule_id, scope},
    records::{Archive, Rule, Rules, State},
    transform::Transform,
};

/// Buses that stay compiled, and tests of their patterns; beyond that all are forgotten and compiled again at need.
const MOST_BUSES: usize = 1000;
const MOST_TESTS: usize = 2_000_000;
/// Comparisons of an event with patterns, at most, that are made at once where events come in: some milliseconds. More are made apart, in
/// the turn of the bus's account, which has made the patterns.
const AT_ONCE: usize = 1 << 19;
/// Bytes of a text that cost as much as another value.
const TEXT: usize = 16;

static JUDGING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

#[derive(Default)]
pub struct Compiled {
    buses: Mutex<HashMap<BusName, (Revision, Arc<Matcher>)>>,
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
        account: &str,
        document: Value,
        is_new: bool,
    ) -> Result<Judged, JoinError> {
        let comparisons = self.tests.saturating_mul(values(&document));
        let matcher = self.clone();
        apart(account, comparisons, move || {
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
        let fits = |it: &&CompiledArchive| it.pattern.as_ref().is_none_or(|it| it.matches(event));
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
        let found = self.index.matches(event).into_iter();
        found.map(|place| &self.rules[place])
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
    account: &str,
    comparisons: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if comparisons <= AT_ONCE {
        return Ok(work());
    }
    let turn = JUDGING.take(account).await;
    let done = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        work()
    });
    done.await
}

impl Compiled {
    /// The rules of a bus as they stand.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(
        &self,
        table: &Table<EventsFaults>,
        bus: &BusName,
    ) -> Result<Arc<Matcher>, ChangeError> {
        let Some(stored) = table.read::<Rules>(&bus.rules_key()).await? else {
            return Ok(Arc::default());
        };
        let known = self.buses.lock().get(bus).cloned();
        if let Some((_, matcher)) = known.filter(|(at, _)| *at == stored.revision) {
            return Ok(matcher);
        }
        // Rules that change while they are read are read again by whoever comes next.
        let start = bus.rule_id("");
        let rules = table.all::<Rule>(&scope(&bus.place), &start).await?;
        let mut matcher = compile(bus, rules.into_iter().map(|(id, it)| (id, it.record)));
        let archives = table.all::<Archive>(&scope(&bus.place), "").await?;
        let archives = archives.into_iter().map(|(_, it)| it.record);
        for archive in archives.filter(|it| it.bus == bus.name) {
            matcher.sources.add(archive.pattern.as_deref());
            let pattern = archive.pattern.as_deref().map(Pattern::parse);
            match pattern.transpose() {
                Ok(pattern) => {
                    matcher.tests += pattern.as_ref().map_or(0, Pattern::tests);
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
        let matcher = Arc::new(matcher);
        let mut buses = self.buses.lock();
        let tests = buses.values().map(|(_, it)| it.tests).sum::<usize>();
        if buses.len() >= MOST_BUSES || tests > MOST_TESTS {
            buses.clear();
        }
        buses.insert(bus.clone(), (stored.revision, matcher.clone()));
        Ok(matcher)
    }
}

fn compile(bus: &BusName, all: impl Iterator<Item = (String, Rule)>) -> Matcher {
    let (mut rules, mut patterns, mut sources) = (Vec::new(), Vec::new(), Sources::default());
    for (id, rule) in all.filter(|(_, it)| it.state != State::Disabled) {
        let (_, name) = of_rule_id(&id);
        let Some(text) = &rule.pattern else { continue };
        match Pattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
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
    use super::*;

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
            tokio::spawn(async move { matcher.judged("busy", document, true).await.is_ok() })
        };
        // Few are made at once.
        assert!(judged(10).await.unwrap());
        let waits = judged(10_000);
        assert!(judged(10).await.unwrap());
        assert!(!waits.is_finished());
        drop(turns);
        assert!(waits.await.unwrap());
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
