//! What hosts of one class have in common: the rows of a class, and what was found out about
//! classes before. Attributes of a class never change, so an answer holds for good; only answers
//! about classes that came since have to be added.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    demand::{Constraint, Demand, Strategy},
    fleet::{Attributes, HostIx, Interner},
    offer::Asks,
    place::{MAX_STRATEGIES, Reason},
    query::HostFacts,
};

/// Answers kept; the oldest goes. A cluster's services ask again and again for the same.
const KEPT: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Classes {
    all: Interner<Attributes>,
    rows: Vec<BTreeSet<u32>>,
    verdicts: Known<Requirement, Verdicts>,
    shelvings: Known<Vec<Option<String>>, Shelving>,
}

impl Classes {
    /// The class of hosts with these attributes.
    pub fn intern(&mut self, attributes: Attributes) -> u32 {
        let class = self.all.intern(attributes);
        self.rows
            .resize_with(self.all.values().len(), BTreeSet::new);
        class
    }

    pub fn join(&mut self, class: u32, row: HostIx) {
        self.rows[class as usize].insert(row.0);
    }

    pub fn leave(&mut self, class: u32, row: HostIx) {
        self.rows[class as usize].remove(&row.0);
    }

    pub fn attributes(&self, class: u32) -> &Attributes {
        &self.all.values()[class as usize]
    }

    pub fn rows(&self, class: u32) -> &BTreeSet<u32> {
        &self.rows[class as usize]
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    /// Which classes satisfy what the demand asks of attributes; `None` if that is nothing.
    pub fn verdicts(&self, demand: &Demand) -> Option<Arc<Verdicts>> {
        let requirement = Requirement::of(demand);
        if requirement.is_empty() {
            return None;
        }
        Some(self.verdicts.get(requirement, |earlier| match earlier {
            Some(earlier) if earlier.refused.len() == self.len() => None,
            earlier => Some(Verdicts::new(self, demand, earlier)),
        }))
    }

    pub fn shelving(&self, demand: &Demand) -> Arc<Shelving> {
        let attribute = |strategy: &Strategy| match strategy {
            Strategy::SpreadAttribute(name) => Some(name.clone()),
            _ => None,
        };
        let strategies = demand.strategies.iter().take(MAX_STRATEGIES);
        let spread: Vec<_> = strategies.map(attribute).collect();
        self.shelvings.get(spread.clone(), |earlier| match earlier {
            Some(earlier) if earlier.shelf_of_class.len() == self.len() => None,
            _ => Some(Shelving::new(self, &spread)),
        })
    }
}

/// Answers by question, the latest last.
#[derive(Debug)]
struct Known<Q, A>(Mutex<Vec<(Q, Arc<A>)>>);

impl<Q, A> Default for Known<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: PartialEq, A> Known<Q, A> {
    /// The answer to a question; `renew` is shown what is known and gives a new answer if that is
    /// not enough.
    fn get(&self, question: Q, renew: impl FnOnce(Option<&A>) -> Option<A>) -> Arc<A> {
        let mut known = self.0.lock();
        let at = known.iter().position(|(asked, _)| *asked == question);
        let earlier = at.map(|at| known[at].1.clone());
        match (renew(earlier.as_deref()), earlier) {
            (None, Some(earlier)) => earlier,
            (renewed, _) => {
                let answer = Arc::new(renewed.expect("a question never asked is answered"));
                if let Some(at) = at {
                    known.remove(at);
                } else if known.len() == KEPT {
                    known.remove(0);
                }
                known.push((question, answer.clone()));
                answer
            }
        }
    }
}

/// What a demand asks of attributes alone.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    attributes: Vec<(String, Option<String>)>,
    asks: Asks,
    /// Texts of expressions.
    expressions: Vec<String>,
}

impl Requirement {
    fn of(demand: &Demand) -> Self {
        let text = |constraint: &Constraint| match constraint {
            Constraint::MemberOf(expression) if expression.by_class() => {
                Some(expression.text().to_owned())
            }
            _ => None,
        };
        Self {
            attributes: demand.attributes.clone(),
            asks: demand.asks.clone(),
            expressions: demand.constraints.iter().filter_map(text).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.asks.is_empty() && self.expressions.is_empty()
    }
}

/// What each class lacks.
#[derive(Debug)]
pub(crate) struct Verdicts {
    pub refused: Vec<Option<Reason>>,
    /// The classes that lack nothing.
    pub fitting: Vec<u32>,
}

impl Verdicts {
    fn new(classes: &Classes, demand: &Demand, earlier: Option<&Self>) -> Self {
        let mut refused = earlier.map_or_else(Vec::new, |earlier| earlier.refused.clone());
        let new = &classes.all.values()[refused.len()..];
        refused.extend(new.iter().map(|attributes| lacks(demand, attributes)));
        let fitting = refused
            .iter()
            .enumerate()
            .filter(|(_, lacks)| lacks.is_none());
        Self {
            fitting: fitting.map(|(class, _)| class as u32).collect(),
            refused,
        }
    }
}

fn lacks(demand: &Demand, attributes: &Attributes) -> Option<Reason> {
    let has = |(name, value): &(String, Option<String>)| match attributes.get(name) {
        Some(present) => value.is_none() || present == value,
        None => false,
    };
    let facts = HostFacts::of_class(attributes);
    let member = |constraint: &Constraint| match constraint {
        Constraint::MemberOf(expression) if expression.by_class() => expression.holds(&facts),
        _ => true,
    };
    // First: a node that does not allow a thing lacks ECS's attribute for it as well.
    if let Some(feature) = demand.asks.refused_by(attributes) {
        Some(Reason::NotAllowed(feature))
    } else if !demand.attributes.iter().all(has) {
        Some(Reason::Attribute)
    } else if !demand.constraints.iter().all(member) {
        Some(Reason::MemberOf)
    } else {
        None
    }
}

/// Classes by the values of the attributes spread over.
#[derive(Debug)]
pub(crate) struct Shelving {
    pub shelf_of_class: Vec<u32>,
    /// Buckets of each shelf, strategy by strategy; `None` for those that are no attribute.
    pub shelves: Vec<Vec<Option<u32>>>,
    pub classes: Vec<Vec<u32>>,
    /// Distinct values, for each strategy that spreads over an attribute.
    pub values: Vec<Option<usize>>,
}

impl Shelving {
    fn new(classes: &Classes, spread: &[Option<String>]) -> Self {
        let mut values: Vec<HashMap<_, u32>> = vec![HashMap::new(); spread.len()];
        let (mut numbers, mut shelves) = (HashMap::new(), Vec::new());
        let (mut shelf_of_class, mut members) = (Vec::new(), Vec::<Vec<u32>>::new());
        for (class, attributes) in classes.all.values().iter().enumerate() {
            let bucket = |(name, known): (&Option<String>, &mut HashMap<_, u32>)| {
                let next = known.len() as u32;
                // Hosts without the attribute share one bucket.
                let value = attributes.get(name.as_ref()?);
                Some(*known.entry(value).or_insert(next))
            };
            let buckets: Vec<_> = spread.iter().zip(&mut values).map(bucket).collect();
            let shelf = *numbers.entry(buckets.clone()).or_insert_with(|| {
                shelves.push(buckets);
                members.push(Vec::new());
                shelves.len() as u32 - 1
            });
            shelf_of_class.push(shelf);
            members[shelf as usize].push(class as u32);
        }
        let known = spread.iter().zip(&values);
        Self {
            values: known
                .map(|(name, known)| name.as_ref().map(|_| known.len()))
                .collect(),
            shelf_of_class,
            shelves,
            classes: members,
        }
    }
}
