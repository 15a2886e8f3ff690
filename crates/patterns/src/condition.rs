//! A pattern that was read: alternatives, each of conditions on fields that must all hold.

use serde_json::Value;

use crate::test::Test;

/// A pattern that was read and checked.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// One of them must hold; more than one come from `$or`.
    pub(crate) alternatives: Vec<Alternative>,
}

/// Conditions that must all hold.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub conditions: Vec<Condition>,
    tree: Node,
    /// Paths of those that hold where the field has no value.
    absences: Vec<Vec<String>>,
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
    tests: Vec<Test>,
    /// Its place in `absences`.
    absence: Option<usize>,
}

impl Pattern {
    /// Whether a document fits.
    pub fn matches(&self, document: &Value) -> bool {
        self.alternatives.iter().any(|it| it.holds(document))
    }
}

impl Alternative {
    pub fn new(conditions: Vec<Condition>) -> Self {
        let (mut tree, mut absences) = (Node::default(), Vec::new());
        for condition in &conditions {
            let absence = condition.may_be_absent().then(|| {
                absences.push(condition.path.clone());
                absences.len() - 1
            });
            tree.at(&condition.path).tests.push(Leaf {
                tests: condition.tests.clone(),
                absence,
            });
        }
        Self {
            conditions,
            tree,
            absences,
        }
    }

    /// Whether all conditions hold, those on fields of a list's objects in one of them.
    pub fn holds(&self, document: &Value) -> bool {
        let absent = self.absences.iter();
        let absent: Vec<bool> = absent.map(|path| !has_value(document, path)).collect();
        self.tree.holds(Some(document), &absent)
    }
}

impl Node {
    fn at(&mut self, path: &[String]) -> &mut Self {
        let Some((first, rest)) = path.split_first() else {
            return self;
        };
        let place = self.fields.iter().position(|(name, _)| name == first);
        let place = place.unwrap_or_else(|| {
            self.fields.push((first.clone(), Self::default()));
            self.fields.len() - 1
        });
        self.fields[place].1.at(rest)
    }

    /// Each field of a pattern meets each value of a document once at most.
    fn holds(&self, value: Option<&Value>, absent: &[bool]) -> bool {
        if let Some(Value::Array(elements)) = value
            && !elements.is_empty()
        {
            return elements.iter().any(|it| self.holds(Some(it), absent));
        }
        let leaf = value.filter(|it| !it.is_object() && !it.is_array());
        let held = |it: &Leaf| {
            it.absence.is_some_and(|at| absent[at])
                || leaf.is_some_and(|value| it.tests.iter().any(|test| test.fits(value)))
        };
        let inside = |name: &str| value.and_then(|it| it.as_object()?.get(name));
        self.tests.iter().all(held)
            && (self.fields.iter()).all(|(name, node)| node.holds(inside(name), absent))
    }
}

/// Whether there is a value, neither an object nor an empty list, at the end of a path.
fn has_value(document: &Value, path: &[String]) -> bool {
    match (document, path.split_first()) {
        (Value::Array(elements), _) => elements.iter().any(|it| has_value(it, path)),
        (Value::Object(fields), Some((first, rest))) => {
            fields.get(first).is_some_and(|it| has_value(it, rest))
        }
        (value, None) => !value.is_object(),
        _ => false,
    }
}
