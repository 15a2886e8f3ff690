//! Many patterns, judged at once.
//!
//! Each alternative of each pattern is filed under one of its conditions: the one that the fewest
//! others share. A document is walked along the fields that anything is filed under; what comes up is
//! judged in full. So the cost goes by how many patterns nearly fit, and not by how many there are.

use std::{
    collections::{HashMap, HashSet},
    ptr,
};

use serde_json::Value;

use crate::{
    condition::{Alternative, Condition, Memo, Pattern},
    test::{Figure, Test, lower},
};

/// Patterns by their places in the list that it was made of.
#[derive(Debug, Default)]
pub struct Index {
    /// With the place of the pattern.
    alternatives: Vec<(usize, Alternative)>,
    root: Field,
    /// Those that no value leads to: all their conditions are absences.
    always: Vec<u32>,
}

/// What an index says of a document, by the places of its patterns, ascending.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub fit: Vec<usize>,
    /// It would take too many steps to know whether they fit.
    pub given_up: Vec<usize>,
}

/// What is filed under a field.
#[derive(Debug, Default)]
struct Field {
    inside: HashMap<Box<str>, Field>,
    texts: HashMap<Box<str>, Vec<u32>>,
    folded: HashMap<Box<str>, Vec<u32>>,
    numbers: HashMap<Figure, Vec<u32>>,
    prefixes: Ends,
    suffixes: Ends,
    /// `false`, `true`
    bools: [Vec<u32>; 2],
    nulls: Vec<u32>,
    /// Any value leads to them.
    any: Vec<u32>,
}

/// Beginnings or ends of texts, by their bytes.
#[derive(Debug, Default)]
struct Ends {
    /// How long they are, each once.
    lengths: Vec<usize>,
    filed: HashMap<Box<[u8]>, Vec<u32>>,
}

/// Where a test files what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Slot {
    Text(Box<str>),
    Folded(Box<str>),
    Number(Figure),
    Bool(bool),
    Null,
    Prefix(Box<str>),
    Suffix(Box<str>),
    Any,
}

impl Slot {
    fn of(test: &Test) -> Self {
        match test {
            Test::Text(text) => Self::Text(text.clone()),
            Test::Folded(text) => Self::Folded(text.clone()),
            Test::Number(number) => Self::Number(*number),
            Test::Bool(value) => Self::Bool(*value),
            Test::Null => Self::Null,
            Test::Prefix(start) => Self::Prefix(start.clone()),
            Test::Suffix(end) => Self::Suffix(end.clone()),
            Test::Wildcard(glob) if !glob.prefix().is_empty() => Self::Prefix(glob.prefix().into()),
            _ => Self::Any,
        }
    }
}

impl Index {
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Self {
        let mut index = Self::default();
        for (place, pattern) in patterns.into_iter().enumerate() {
            let each = pattern.alternatives.iter().cloned();
            index.alternatives.extend(each.map(|it| (place, it)));
        }
        let mut shared: HashMap<(&[String], Slot), usize> = HashMap::new();
        let conditions = index.alternatives.iter();
        for condition in conditions.flat_map(|(_, it)| &it.conditions) {
            for test in &condition.tests {
                *shared.entry((&condition.path, Slot::of(test))).or_default() += 1;
            }
        }
        // The filing order: how many share it at most; a condition that any value meets comes last.
        let cost = |condition: &Condition| {
            let each = condition.tests.iter().map(|test| {
                let slot = Slot::of(test);
                let any = slot == Slot::Any;
                (any, shared[&(condition.path.as_slice(), slot)])
            });
            each.max().unwrap_or_default()
        };
        for (number, (_, alternative)) in index.alternatives.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let candidates = alternative.conditions.iter();
            let usable = candidates.filter(|it| !it.may_be_absent());
            match usable.min_by_key(|it| cost(it)) {
                Some(condition) => {
                    let field = index.root.at(&condition.path);
                    for test in &condition.tests {
                        field.file(Slot::of(test), number);
                    }
                }
                None => index.always.push(number),
            }
        }
        index
    }

    /// The places of the patterns that fit, ascending; those that would take too many steps do not.
    pub fn matches(&self, document: &Value) -> Vec<usize> {
        self.judge(document).fit
    }

    /// Which patterns fit, and of which it would take too many steps to know.
    pub fn judge(&self, document: &Value) -> Judged {
        let mut found = Found::new();
        found.extend(&self.always);
        self.root.walk(document, &mut found);
        let mut numbers = found.numbers;
        numbers.sort_unstable();
        numbers.dedup();
        let (mut judged, mut memo, mut begun) = (Judged::default(), Memo::default(), None);
        for number in numbers {
            let (place, alternative) = &self.alternatives[number as usize];
            if judged.fit.last() == Some(place) || judged.given_up.last() == Some(place) {
                continue;
            }
            // Alternatives of a pattern follow one another.
            if begun != Some(*place) {
                memo.begin();
                begun = Some(*place);
            }
            match alternative.holds(document, &mut memo) {
                true => judged.fit.push(*place),
                false if memo.is_used_up() => judged.given_up.push(*place),
                false => {}
            }
        }
        judged
    }
}

/// Lists that mostly come up for a document, at most.
const FEW: usize = 8;

/// What came up: each list once, however many values of a document lead to it.
#[derive(Debug)]
struct Found {
    /// The first lists: to look through so few costs less than a hash, and most documents have no more.
    few: [*const Vec<u32>; FEW],
    /// How many of `few` there are.
    known: usize,
    others: HashSet<*const Vec<u32>>,
    numbers: Vec<u32>,
}

impl Found {
    fn new() -> Self {
        Self {
            few: [ptr::null(); FEW],
            known: 0,
            others: HashSet::new(),
            numbers: Vec::new(),
        }
    }

    fn extend<'a>(&mut self, lists: impl Into<Option<&'a Vec<u32>>>) {
        if let Some(list) = lists.into()
            && !list.is_empty()
            && self.is_new(ptr::from_ref(list))
        {
            self.numbers.extend(list);
        }
    }

    fn is_new(&mut self, list: *const Vec<u32>) -> bool {
        let (known, free) = self.few.split_at_mut(self.known);
        if known.contains(&list) {
            return false;
        }
        match free.first_mut() {
            Some(place) => {
                *place = list;
                self.known += 1;
                true
            }
            None => self.others.insert(list),
        }
    }
}

impl Field {
    fn at(&mut self, path: &[String]) -> &mut Self {
        match path.split_first() {
            None => self,
            Some((first, rest)) => (self.inside.entry(first.as_str().into()).or_default()).at(rest),
        }
    }

    fn file(&mut self, slot: Slot, number: u32) {
        let list = match slot {
            Slot::Text(text) => self.texts.entry(text).or_default(),
            Slot::Folded(text) => self.folded.entry(text).or_default(),
            Slot::Number(figure) => self.numbers.entry(figure).or_default(),
            Slot::Bool(value) => &mut self.bools[usize::from(value)],
            Slot::Null => &mut self.nulls,
            Slot::Prefix(start) => self.prefixes.at(&start),
            Slot::Suffix(end) => self.suffixes.at(&end),
            Slot::Any => &mut self.any,
        };
        list.push(number);
    }

    fn walk(&self, value: &Value, found: &mut Found) {
        match value {
            Value::Array(elements) => elements.iter().for_each(|it| self.walk(it, found)),
            Value::Object(fields) if fields.len() < self.inside.len() => {
                for (name, value) in fields {
                    if let Some(field) = self.inside.get(name.as_str()) {
                        field.walk(value, found);
                    }
                }
            }
            Value::Object(fields) => {
                for (name, field) in &self.inside {
                    if let Some(value) = fields.get(&**name) {
                        field.walk(value, found);
                    }
                }
            }
            value => {
                found.extend(&self.any);
                self.leaf(value, found);
            }
        }
    }

    fn leaf(&self, value: &Value, found: &mut Found) {
        match value {
            Value::Null => found.extend(&self.nulls),
            Value::Bool(value) => found.extend(&self.bools[usize::from(*value)]),
            Value::Number(value) if !self.numbers.is_empty() => {
                found.extend(self.numbers.get(&Figure::of(value)));
            }
            Value::String(text) => {
                found.extend(self.texts.get(text.as_str()));
                if !self.folded.is_empty() {
                    let folded: String = lower(text).collect();
                    found.extend(self.folded.get(folded.as_str()));
                }
                let bytes = text.as_bytes();
                self.prefixes.find(|length| bytes.get(..length), found);
                let end = |length| bytes.len().checked_sub(length).map(|at| &bytes[at..]);
                self.suffixes.find(end, found);
            }
            _ => {}
        }
    }
}

impl Ends {
    fn at(&mut self, end: &str) -> &mut Vec<u32> {
        if !self.lengths.contains(&end.len()) {
            self.lengths.push(end.len());
        }
        self.filed.entry(end.as_bytes().into()).or_default()
    }

    fn find<'a>(&self, part: impl Fn(usize) -> Option<&'a [u8]>, found: &mut Found) {
        for part in self.lengths.iter().filter_map(|length| part(*length)) {
            found.extend(self.filed.get(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_comes_up_once() {
        let lists: Vec<Vec<u32>> = (0..24).map(|it| vec![it; 2]).collect();
        let mut found = Found::new();
        found.extend(&Vec::<u32>::new());
        for (n, list) in lists.iter().enumerate() {
            found.extend(list);
            lists[..=n].iter().for_each(|it| found.extend(it));
        }
        found.extend(None::<&Vec<u32>>);
        assert_eq!(found.numbers, lists.concat());
    }
}
