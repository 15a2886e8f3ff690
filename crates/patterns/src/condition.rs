//! A pattern that was read: alternatives, each of conditions on fields that must all hold.

use std::{
    collections::{HashMap, HashSet},
    ptr,
    sync::Arc,
};

use serde_json::Value;

use crate::test::Test;

/// Bytes of a text from which on it is known which conditions it meets.
const LONG: usize = 64;

/// What a name of a path takes in memory beside its letters, in each alternative: in the condition, in the tree, and in the lists
/// of both.
const NAME_BYTES: usize = 128;

/// A pattern that was read and checked.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// One of them must hold; more than one come from `$or`.
    pub(crate) alternatives: Vec<Alternative>,
}

/// Conditions that must all hold.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    /// Alternatives of one `$or` have what they share in common.
    pub conditions: Vec<Arc<Condition>>,
    tree: Node,
    /// Paths of those that hold where the field has no value.
    absences: Vec<Arc<Condition>>,
}

/// Steps that holding a document to one pattern may take: a second or less. Alternatives with conditions on the objects of a
/// list are each held to all of these: a thousand of them, and some ten thousand objects, would take minutes.
const MOST_STEPS: usize = 1 << 24;
/// The same of all patterns of an index together, and what each has beyond that.
const MOST_STEPS_OF_ALL: usize = 1 << 26;
const LEAST_STEPS: usize = 1 << 16;
/// What is remembered of a document, at most: some megabytes.
const MOST_KNOWN: usize = 1 << 18;

/// What was found out about one document: a condition that many alternatives have is held to a list or a
/// long text once. It counts the steps too: where there are none left, nothing holds any more.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    known: HashMap<(*const Condition, *const Value), bool>,
    /// Steps that are left for this pattern.
    left: usize,
    /// Steps of all patterns.
    spent: usize,
}

impl Memo {
    /// Begins with another pattern.
    pub fn begin(&mut self) {
        let of_all = MOST_STEPS_OF_ALL.saturating_sub(self.spent);
        self.left = of_all.clamp(LEAST_STEPS, MOST_STEPS);
    }

    /// Whether the steps of this pattern are used up: what it says of the document is not known.
    pub fn is_used_up(&self) -> bool {
        self.left == 0
    }

    fn spend(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps);
        self.spent = self.spent.saturating_add(steps);
    }

    /// `judge` counts its steps.
    fn once(
        &mut self,
        condition: &Arc<Condition>,
        value: &Value,
        judge: impl FnOnce(&mut usize) -> bool,
    ) -> bool {
        if self.is_used_up() {
            return false;
        }
        let worth = match value {
            Value::String(text) => text.len() >= LONG,
            Value::Array(_) | Value::Object(_) => true,
            _ => false,
        };
        let key = (Arc::as_ptr(condition), ptr::from_ref(value));
        if worth && let Some(known) = self.known.get(&key) {
            return *known;
        }
        let mut steps = 0;
        let holds = judge(&mut steps);
        self.spend(steps);
        if worth && self.known.len() < MOST_KNOWN {
            self.known.insert(key, holds);
        }
        holds
    }
}

/// One of these tests must fit a value of the field.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub path: Vec<String>,
    pub tests: Vec<Test>,
}

impl Condition {
    /// Whether it holds without a value.
    pub fn may_be_absent(&self) -> bool {
        self.tests.iter().any(|it| matches!(it, Test::Absent))
    }

    /// Whether a value fits, or one of a list.
    fn fits(&self, value: &Value, steps: &mut usize) -> bool {
        *steps += 1;
        match value {
            Value::Array(elements) => elements.iter().any(|it| self.fits(it, steps)),
            Value::Object(_) => false,
            value => {
                let long = value.as_str().map_or(0, str::len) / LONG;
                *steps += self.tests.len() * (1 + long);
                self.tests.iter().any(|it| it.fits(value))
            }
        }
    }
}

/// The conditions of an alternative by field, so that those inside one object are held to one element
/// of a list.
#[derive(Debug, Clone, Default)]
struct Node {
    tests: Vec<Leaf>,
    fields: Vec<(String, Node)>,
}

#[derive(Debug, Clone)]
struct Leaf {
    condition: Arc<Condition>,
    /// Its place in `absences`.
    absence: Option<usize>,
}

impl Pattern {
    /// Whether a document fits; one that would take too many steps does not.
    pub fn matches(&self, document: &Value) -> bool {
        self.judge(document) == Some(true)
    }

    /// Whether a document fits; `None` if it would take too many steps to know. Ordinary patterns take less for any document
    /// that an event or a message may be.
    pub fn judge(&self, document: &Value) -> Option<bool> {
        let mut memo = Memo::default();
        memo.begin();
        let fits = (self.alternatives.iter()).any(|it| it.holds(document, &mut memo));
        (fits || !memo.is_used_up()).then_some(fits)
    }

    /// How many tests its alternatives have together: a value of a document may be held to all of those of its field.
    pub fn tests(&self) -> usize {
        let conditions = self.alternatives.iter().flat_map(|it| &it.conditions);
        conditions.flat_map(|it| &it.tests).map(Test::count).sum()
    }

    /// About how many bytes of memory it takes, in an index as well. What a text of some kilobytes says in `$or`s takes
    /// megabytes: each alternative has all its names in full.
    pub fn bytes(&self) -> usize {
        let mut shared = HashSet::new();
        let mut bytes = 0;
        for condition in self.alternatives.iter().flat_map(|it| &it.conditions) {
            let names = condition.path.iter().map(|it| NAME_BYTES + it.len());
            bytes += names.sum::<usize>();
            if shared.insert(Arc::as_ptr(condition)) {
                bytes += condition.tests.iter().map(Test::bytes).sum::<usize>();
            }
        }
        bytes
    }

    /// Whether it has conditions on fields within fields.
    pub fn is_nested(&self) -> bool {
        let mut conditions = self.alternatives.iter().flat_map(|it| &it.conditions);
        conditions.any(|it| it.path.len() > 1)
    }
}

impl Alternative {
    pub fn new(conditions: Vec<Arc<Condition>>) -> Self {
        let (mut tree, mut absences) = (Node::default(), Vec::new());
        let mut by_path: Vec<_> = conditions.iter().collect();
        by_path.sort_by(|one, other| one.path.cmp(&other.path));
        for condition in by_path {
            let absence = condition.may_be_absent().then(|| {
                absences.push(condition.clone());
                absences.len() - 1
            });
            tree.at(&condition.path).tests.push(Leaf {
                condition: condition.clone(),
                absence,
            });
        }
        Self {
            conditions,
            tree,
            absences,
        }
    }

    /// Whether all conditions hold, those on fields of a list's objects in one of them. The memo is of this
    /// document.
    pub fn holds(&self, document: &Value, memo: &mut Memo) -> bool {
        let absent = self.absences.iter().map(|it| {
            // Of the document as a whole, which no test is of.
            memo.once(it, document, |steps| !has_value(document, &it.path, steps))
        });
        let absent: Vec<bool> = absent.collect();
        self.tree.holds(Some(document), &absent, memo)
    }
}

impl Node {
    /// Paths come in order: what begins as one of before begins as the last one.
    fn at(&mut self, path: &[String]) -> &mut Self {
        let Some((first, rest)) = path.split_first() else {
            return self;
        };
        if self.fields.last().is_none_or(|(name, _)| name != first) {
            self.fields.push((first.clone(), Self::default()));
        }
        let last = self.fields.len() - 1;
        self.fields[last].1.at(rest)
    }

    /// Each field of an alternative meets each value of a document once at most.
    fn holds(&self, value: Option<&Value>, absent: &[bool], memo: &mut Memo) -> bool {
        memo.spend(1);
        if memo.is_used_up() {
            return false;
        }
        if let ([leaf], []) = (&*self.tests, &*self.fields) {
            return leaf.holds(value, absent, memo);
        }
        if let Some(Value::Array(elements)) = value
            && !elements.is_empty()
        {
            return elements.iter().any(|it| self.holds(Some(it), absent, memo));
        }
        let inside = |name: &str| value.and_then(|it| it.as_object()?.get(name));
        self.tests.iter().all(|it| it.holds(value, absent, memo))
            && (self.fields.iter()).all(|(name, node)| node.holds(inside(name), absent, memo))
    }
}

impl Leaf {
    fn holds(&self, value: Option<&Value>, absent: &[bool], memo: &mut Memo) -> bool {
        self.absence.is_some_and(|at| absent[at])
            || value.is_some_and(|value| {
                let judge = |steps: &mut usize| self.condition.fits(value, steps);
                memo.once(&self.condition, value, judge)
            })
    }
}

/// Whether there is a value, neither an object nor an empty list, at the end of a path.
fn has_value(document: &Value, path: &[String], steps: &mut usize) -> bool {
    *steps += 1;
    match (document, path.split_first()) {
        (Value::Array(elements), _) => elements.iter().any(|it| has_value(it, path, steps)),
        (Value::Object(fields), Some((first, rest))) => {
            (fields.get(first)).is_some_and(|it| has_value(it, rest, steps))
        }
        (value, None) => !value.is_object(),
        _ => false,
    }
}
