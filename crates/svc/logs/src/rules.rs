//! What happens to the events of a group as they are read: transformers, and data protection policies.
//!
//! AWS applies a rule to what comes in while it stands, and to nothing else. So a rule that was changed or deleted is
//! kept with the time when it stood, and an event goes by the rule of the time when it came in. Rules are applied when
//! events are read: a put pays nothing for them, and an event lies on disk once, as it came.

mod kept;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_transform::Subject;
use wharf_wire::Fault;

pub use self::kept::{ACCOUNT, Known, prefix, sort_prefix};
use crate::{
    desk::Desk,
    event::Event,
    fault,
    field_index::{self, Field},
    findings::Place,
    protection::{self, Protection},
    records::{Group, Rule, Stream},
    rule_cache::{Document, RuleCache},
    transformed_cache::TransformedCache,
};

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Transformer,
    Protection,
    /// Which fields of events are indexed; what is read stays as it is.
    Index,
}

impl Sort {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transformer => "transformer",
            Self::Protection => "data-protection",
            Self::Index => "field-index",
        }
    }
}

/// The rules for the events of a group, ready to use.
#[derive(Debug, Default)]
pub struct Rules {
    /// Name of the group, by which rules of the account are for it or not.
    group: String,
    /// Its class, to which not all of them apply.
    class: String,
    own: Arc<Layer>,
    account: Arc<Layer>,
    cache: Arc<RuleCache>,
    made: Arc<TransformedCache>,
    desk: Arc<Desk>,
}

/// The rules that one group has, or those of an account for all of its groups.
#[derive(Debug, Default)]
struct Layer {
    transformers: Vec<Standing<Document>>,
    protections: Vec<Standing<Protecting>>,
    /// Their texts are long, and nobody asks for them.
    indexes: Vec<Standing<Arc<[Field]>>>,
}

/// A rule with the time when it stood, in milliseconds.
#[derive(Debug)]
struct Standing<T> {
    since: i64,
    until: i64,
    /// What the names of its groups start with; one of them.
    prefixes: Vec<String>,
    of: T,
}

/// A policy of data protection, and where its findings are told.
#[derive(Debug)]
struct Protecting {
    document: Document,
    places: Vec<Place>,
}

/// Of an event that a transformer was for and that is as it came.
pub const NOT_TRANSFORMED: &str = "The event is not what the first processor of the transformer is for, or too much would come of it.";

/// Whose rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Group,
    Account,
}

/// Times when events came in, in milliseconds.
pub type Times = Range<i64>;

/// Where events came in.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'o> {
    pub scope: &'o Scope,
    pub group: &'o str,
    pub stream: &'o str,
}

/// An event of a stream of the journal that filters are to see.
#[derive(Debug)]
pub struct Unseen {
    pub offset: u64,
    pub ingestion: i64,
    pub text: String,
}

/// An event as filters see it.
#[derive(Debug)]
pub struct Seen {
    pub message: String,
    /// What a transformer made of it, if somebody wants to know.
    pub fields: Option<Arc<str>>,
}

impl Rules {
    /// Whether all events are as they came.
    pub fn is_empty(&self) -> bool {
        !self.masks() && self.transformers().next().is_none()
    }

    /// The group's own first.
    fn transformers(&self) -> impl Iterator<Item = &Standing<Document>> {
        let account = self.account.transformers.iter();
        let has_any = self.class == "STANDARD";
        let account = account.filter(move |it| has_any && it.is_for(&self.group));
        self.own.transformers.iter().chain(account)
    }

    fn protections(&self) -> impl Iterator<Item = &Standing<Protecting>> {
        let account = self.account.protections.iter();
        let has_any = self.class != "DELIVERY";
        let account = account.filter(move |it| has_any && it.is_for(&self.group));
        self.own.protections.iter().chain(account)
    }

    /// Indexes of fields: the group's own, or where it has none its account's.
    fn indexes(&self) -> impl Iterator<Item = &Standing<Arc<[Field]>>> {
        let has_any = self.class == "STANDARD";
        let account = self.account.indexes.iter();
        let account = account.filter(|it| it.is_for(&self.group));
        let all = self.own.indexes.iter().chain(account);
        all.filter(move |_| has_any)
    }

    /// Whether fields of some events are indexed, or were while their events came in.
    pub fn is_indexed(&self) -> bool {
        self.indexes().next().is_some()
    }

    /// Whether a field is, or was.
    pub fn indexes_field(&self, name: &str) -> bool {
        let mut all = self.indexes().flat_map(|it| it.of.iter());
        all.any(|it| it.name == name)
    }

    /// All fields that are indexed now, and those that were.
    pub fn all_indexed(&self, now: i64) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let names = |all: &'_ [Field]| all.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let current = names(&self.indexed_fields(now));
        let every = self.indexes().flat_map(|it| it.of.iter());
        let every = every.map(|it| &*it.name);
        every.partition(|name| current.iter().any(|it| it == name))
    }

    /// When the first of the indexes began and the last one ends, in milliseconds, if there are any.
    pub fn indexed(&self) -> Option<(i64, i64)> {
        let since = self.indexes().map(|it| it.since).min()?;
        let until = self.indexes().map(|it| it.until).max()?;
        Some((since, until))
    }

    /// The fields that are indexed of what comes in at a time.
    pub fn indexed_fields(&self, at: i64) -> Arc<[Field]> {
        let standing = self.indexes().find(|it| it.stood(at));
        standing.map(|it| it.of.clone()).unwrap_or_default()
    }

    /// Stands for what happens to events as they are read that came in from `first` to `last`: the same as long as
    /// they are read the same.
    pub fn mark(&self, first: i64, last: i64) -> u64 {
        let mut hash = Sha256::new();
        let transformers = self.transformers();
        let transformers = transformers.map(|it| (0u8, (it.since, it.until), &it.of));
        let protections = self.protections();
        let protections = protections.map(|it| (1u8, (it.since, it.until), &it.of.document));
        for (number, (since, until), document) in transformers.chain(protections) {
            if since <= last && until > first {
                hash.update([number]);
                hash.update(since.max(first).to_le_bytes());
                hash.update(until.min(last.saturating_add(1)).to_le_bytes());
                hash.update(document.mark());
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether something of events may be masked.
    pub fn masks(&self) -> bool {
        self.protections().next().is_some()
    }

    /// A message without what is sensitive.
    pub fn masked<'m>(&self, ingestion: i64, message: &'m str) -> Cow<'m, str> {
        let standing = self.protections().filter(|it| it.stood(ingestion));
        let policies: Option<Vec<Arc<Protection>>> = standing
            .map(|it| self.cache.protection(&it.of.document))
            .collect();
        match policies {
            Some(policies) => protection::masked(message, policies.iter().map(|it| &**it)),
            // Nobody reads what this was to mask.
            None => Cow::Owned("*".repeat(message.chars().count())),
        }
    }

    /// Events without what is sensitive, made away from the threads that serve others.
    pub async fn mask(
        self: &Arc<Self>,
        account: &str,
        mut events: Vec<Event>,
    ) -> Result<Vec<Event>, Unmasked> {
        let rules = self.clone();
        let masked = self.desk.work(account, move || {
            for event in &mut events {
                if let Cow::Owned(masked) = rules.masked(event.ingestion, &event.message) {
                    event.message = masked;
                }
            }
            events
        });
        masked.await.map_err(|_| Unmasked)
    }

    /// When policies of data protection stood.
    pub fn protected(&self) -> Vec<Times> {
        self.protections().map(Standing::times).collect()
    }

    /// Where findings are told, each with when policies say so.
    pub fn findings(&self) -> BTreeMap<&Place, Vec<Times>> {
        let mut found: BTreeMap<&Place, Vec<Times>> = BTreeMap::new();
        for policy in self.protections() {
            for place in &policy.of.places {
                found.entry(place).or_default().push(policy.times());
            }
        }
        found
    }

    /// The policies that events are under which came in at a time.
    pub fn protecting(&self, ingestion: i64) -> Vec<Arc<Protection>> {
        let standing = self.protections().filter(|it| it.stood(ingestion));
        let policies = standing.filter_map(|it| self.cache.protection(&it.of.document));
        policies.collect()
    }

    /// What a transformer makes of an event; `None` if it stays as it is.
    pub fn transformed(&self, ingestion: i64, message: &str, origin: Origin<'_>) -> Option<String> {
        let mut standing = self.transformers();
        let found = standing.find(|it| it.stood(ingestion))?;
        let transformer = self.cache.transformer(&found.of)?;
        transformer.apply(Subject {
            message,
            account: &origin.scope.account,
            region: &origin.scope.region,
            group: origin.group,
            stream: origin.stream,
        })
    }

    /// The same of the event at an offset of a stream of the journal, for those who are not alone in looking at it: it is
    /// made once.
    pub fn transformed_for_all(
        &self,
        place: (&str, u64),
        ingestion: i64,
        message: &str,
        origin: Origin<'_>,
    ) -> Option<Arc<str>> {
        if !self.transforms(ingestion) {
            return None;
        }
        let mark = self.mark(ingestion, ingestion);
        let make = || self.transformed(ingestion, message, origin);
        self.made.get(place, mark, make)
    }

    /// Whether a transformer is for events that came in at a time.
    pub fn transforms(&self, ingestion: i64) -> bool {
        self.transformers().any(|it| it.stood(ingestion))
    }

    /// Whether a transformer is for any of the events that came in at a time or later. Those of long ago are kept for
    /// the events of long ago.
    pub fn transforms_since(&self, at: i64) -> bool {
        self.transformers().any(|it| it.until > at)
    }

    /// When transformers stood.
    pub fn transforming(&self) -> Vec<Times> {
        self.transformers().map(Standing::times).collect()
    }

    /// Whose transformer is for events that came in at a time, if there is one.
    pub fn level(&self, ingestion: i64) -> Option<Level> {
        let mut own = self.own.transformers.iter();
        match own.any(|it| it.stood(ingestion)) {
            true => Some(Level::Group),
            false => self.transforms(ingestion).then_some(Level::Account),
        }
    }

    /// How filters see many events, made away from the threads that serve others; with what transformers make of them, if
    /// one of the filters looks at that.
    pub async fn see(
        self: &Arc<Self>,
        (scope, group, stream): (&Scope, &Group, &Stream),
        events: Vec<Unseen>,
        on_transformed: bool,
    ) -> Result<Vec<Seen>, Fault> {
        let (rules, scope) = (self.clone(), scope.clone());
        let (account, journal) = (scope.account.clone(), stream.journal_name());
        let (group, stream) = (group.name.clone(), stream.name.clone());
        let seen = self.desk.work(&account, move || {
            let origin = Origin {
                scope: &scope,
                group: &group,
                stream: &stream,
            };
            let each = events.into_iter().map(|it| {
                let message = rules.masked(it.ingestion, &it.text).into_owned();
                let place = (journal.as_str(), it.offset);
                let make = || rules.transformed_for_all(place, it.ingestion, &message, origin);
                Seen {
                    fields: on_transformed.then(make).flatten(),
                    message,
                }
            });
            each.collect()
        });
        seen.await.map_err(|cause| fault::unreadable(&cause))
    }
}

impl Layer {
    fn add(&mut self, sort: &str, rule: &Rule) {
        if sort == Sort::Transformer.name() {
            let of = Document::new(&rule.document);
            self.transformers.push(rule.standing(of));
        }
        if sort == Sort::Protection.name() {
            let of = Protecting {
                document: Document::new(&rule.document),
                places: protection::findings_of(&rule.document),
            };
            self.protections.push(rule.standing(of));
        }
        if sort == Sort::Index.name() {
            let of = field_index::fields_of(&rule.document);
            self.indexes.push(rule.standing(of));
        }
    }
}

/// The thread that was to mask events failed.
#[derive(Debug, thiserror::Error)]
#[error("log events were not masked")]
pub struct Unmasked;

impl<T> Standing<T> {
    fn times(&self) -> Times {
        self.since..self.until
    }

    fn stood(&self, at: i64) -> bool {
        (self.since..self.until).contains(&at)
    }

    fn is_for(&self, group: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|it| group.starts_with(it))
    }
}

impl Rule {
    fn standing<T>(&self, of: T) -> Standing<T> {
        Standing {
            since: self.since.millis(),
            until: self.until.map_or(i64::MAX, Timestamp::millis),
            prefixes: self.prefixes.clone(),
            of,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transformer_that_ended_is_for_nothing_that_comes_in_now() {
        let rules = |until: i64| Rules {
            class: "STANDARD".to_owned(),
            own: Arc::new(Layer {
                transformers: vec![Standing {
                    since: 10,
                    until,
                    prefixes: Vec::new(),
                    of: Document::new("[]"),
                }],
                ..Layer::default()
            }),
            ..Rules::default()
        };
        let ended = rules(20);
        assert!(!ended.is_empty(), "events of its time are read by it");
        assert!(ended.transforms_since(i64::MIN) && ended.transforms_since(19));
        assert!(!ended.transforms_since(20));
        assert!(rules(i64::MAX).transforms_since(1_000_000));
        assert!(!Rules::default().transforms_since(i64::MIN));
    }

    #[test]
    fn who_looks_at_an_event_second_has_what_the_first_had_made() {
        let made = Arc::new(TransformedCache::default());
        let rules = |until: i64, document: &str| Rules {
            own: Arc::new(Layer {
                transformers: vec![Standing {
                    since: 10,
                    until,
                    prefixes: Vec::new(),
                    of: Document::new(document),
                }],
                ..Layer::default()
            }),
            made: made.clone(),
            ..Rules::default()
        };
        let scope = Scope::new("logs", "1", "r");
        let see = |rules: &Rules, ingestion: i64, message: &str| {
            let origin = Origin {
                scope: &scope,
                group: "g",
                stream: "s",
            };
            let seen = rules.transformed_for_all(("journal", 5), ingestion, message, origin);
            seen.map(|it| it.to_string())
        };
        let parses = rules(i64::MAX, r#"[{"parseJSON": {}}]"#);
        let first = see(&parses, 20, r#"{"a":1}"#);
        assert!(first.as_deref().is_some_and(|it| it.contains("\"a\"")));
        // It is the same event: nobody looks at its text again.
        assert_eq!(see(&parses, 20, "another text"), first);
        // A rule that ended since was there for it all the same.
        let ended = rules(21, r#"[{"parseJSON": {}}]"#);
        assert_eq!(see(&ended, 20, "another text"), first);
        assert_eq!(see(&ended, 21, r#"{"a":1}"#), None);
        let adds = r#"[{"parseJSON": {}}, {"addKeys": {"entries": [{"key": "b", "value": "2"}]}}]"#;
        let other = see(&rules(i64::MAX, adds), 20, r#"{"a":1}"#);
        assert!(other.is_some_and(|it| it.contains("\"b\"")));
    }
}
