//! Adds up what tasks used and what it costs, by period and group. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::{AtomicBool, Ordering},
};

use rust_decimal::Decimal;
use wharf_billing::{Cost, Item, Kind, Prices, Quantity, Rounding, Unit};

use crate::{
    filter::{ActiveTags, Filter, Key, Subject},
    ledger::{Charge, Entry, Reader},
    period::{Month, Periods},
};

/// Sums of groups in slots of time that a report holds, and groups of it.
const MOST_SUMS: usize = 200_000;

/// What a report is about.
pub(crate) struct Question<'a> {
    pub account: &'a str,
    pub periods: &'a Periods,
    pub prices: &'a Prices,
    pub filter: &'a Filter,
    pub groups: &'a [Key],
    pub active: &'a ActiveTags,
    /// Tasks are told apart.
    pub by_task: bool,
    /// Nobody waits for it any more.
    pub is_unwanted: &'a AtomicBool,
}

/// What a group used in a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sum {
    pub quantity: Quantity,
    pub cost: Cost,
    /// More than one says that the quantity means nothing.
    pub units: BTreeSet<Unit>,
}

impl Sum {
    pub fn unit(&self) -> Option<Unit> {
        match self.units.len() {
            1 => self.units.first().copied(),
            _ => None,
        }
    }

    pub fn number(&self) -> Decimal {
        self.quantity.number()
    }

    pub fn add(&mut self, other: &Self) {
        self.quantity += other.quantity;
        self.cost += other.cost;
        self.units.extend(&other.units);
    }
}

/// Sums by period and by the keys of groups.
pub(crate) type Sums = Vec<BTreeMap<Vec<String>, Sum>>;

/// Listens to tasks.
pub(crate) struct Report<'a> {
    asked: &'a Question<'a>,
    /// Periods, cut once more where months begin and where prices change.
    cuts: Vec<i64>,
    /// The period of each slot.
    period: Vec<usize>,
    /// Whose quantities are added: a group, a usage type, and where.
    classes: HashMap<Class, usize>,
    /// Amounts of items times milliseconds, by class and slot.
    sums: Vec<BTreeMap<usize, i128>>,
    /// How many there are.
    held: usize,
    /// Slots of each month.
    months: HashMap<Month, (usize, usize)>,
    /// Tasks that may be heard of in other ways too, with months that they were not heard of in.
    awaited: HashMap<String, BTreeSet<Month>>,
    pub is_full: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Class {
    group: Vec<String>,
    kind: Kind,
    region: String,
}

/// What a report makes of a charge.
pub(crate) struct Known {
    rounding: Rounding,
    parts: Vec<(usize, u64)>,
    /// Where tasks are told apart.
    charge: Option<Charge>,
    /// What the report is about, if that is the same for all tasks of the charge.
    items: Option<Vec<Item>>,
}

impl<'a> Report<'a> {
    pub fn new(asked: &'a Question<'a>) -> Self {
        let periods = &asked.periods.cuts;
        let (first, last) = (periods[0], periods[periods.len() - 1]);
        let mut cuts = periods.clone();
        cuts.extend(asked.periods.months().map(Month::start));
        cuts.extend(asked.prices.changes());
        cuts.retain(|it| (first..=last).contains(it));
        cuts.sort_unstable();
        cuts.dedup();
        let slots = || cuts.iter().take(cuts.len() - 1);
        let period = slots()
            .map(|at| periods.partition_point(|it| it <= at) - 1)
            .collect();
        let mut months = HashMap::<Month, (usize, usize)>::new();
        for (slot, at) in slots().enumerate() {
            months.entry(Month::of(*at)).or_insert((slot, slot)).1 = slot + 1;
        }
        Self {
            asked,
            cuts,
            period,
            months,
            classes: HashMap::new(),
            sums: Vec::new(),
            held: 0,
            awaited: HashMap::new(),
            is_full: false,
        }
    }

    /// Awaits a task in a month.
    pub fn wait_for(&mut self, id: &str, month: Month) {
        self.awaited.entry(id.to_owned()).or_default().insert(month);
    }

    /// Whether a task was not heard of in a month that it was awaited in.
    pub fn is_awaited(&self, id: &str, month: Month) -> bool {
        self.awaited.get(id).is_some_and(|it| it.contains(&month))
    }

    /// What a report is about of a charge, or of a task.
    fn accepted(&self, charge: &Charge, task: Option<&str>) -> Vec<Item> {
        let asked = self.asked;
        let items = charge.used.items().filter(|item| {
            let subject = Subject {
                account: asked.account,
                charge,
                item: *item,
                task,
            };
            asked.filter.accepts(subject, asked.active)
        });
        items.collect()
    }

    fn parts(&mut self, charge: &Charge, items: &[Item], task: Option<&str>) -> Vec<(usize, u64)> {
        let mut parts = Vec::new();
        for item in items {
            let subject = Subject {
                account: self.asked.account,
                charge,
                item: *item,
                task,
            };
            match self.class(subject, *item) {
                Some(class) => parts.push((class, item.amount)),
                None => self.is_full = true,
            }
        }
        parts
    }

    /// The number of a class; `None` if there are too many.
    fn class(&mut self, subject: Subject<'_>, item: Item) -> Option<usize> {
        let groups = self.asked.groups.iter();
        let class = Class {
            group: groups
                .map(|it| it.group(subject, self.asked.active))
                .collect(),
            kind: item.kind,
            region: subject.charge.used.region.clone(),
        };
        if let Some(number) = self.classes.get(&class) {
            return Some(*number);
        }
        let next = Some(self.sums.len()).filter(|it| *it < MOST_SUMS)?;
        self.classes.insert(class, next);
        self.sums.push(BTreeMap::new());
        Some(next)
    }

    fn count(
        &mut self,
        rounding: Rounding,
        parts: &[(usize, u64)],
        entry: Entry<'_>,
        month: Month,
    ) {
        let Some(&(first, end)) = self.months.get(&month) else {
            return;
        };
        let cuts = &self.cuts[first..=end];
        entry.span.split(rounding, cuts, |slot, millis| {
            for (class, amount) in parts {
                let sums = &mut self.sums[*class];
                let known = sums.len();
                if self.held >= MOST_SUMS && !sums.contains_key(&(first + slot)) {
                    self.is_full = true;
                    continue;
                }
                *sums.entry(first + slot).or_default() += i128::from(*amount) * i128::from(millis);
                self.held += sums.len() - known;
            }
        });
    }

    /// Sums of all periods; empty ones too.
    pub fn finish(self) -> Sums {
        let mut all: Sums = vec![BTreeMap::new(); self.asked.periods.count()];
        let sums = (self.classes.iter()).flat_map(|(class, number)| {
            let sums = self.sums[*number].iter();
            sums.map(move |(slot, units)| (class, *slot, *units))
        });
        for (class, slot, units) in sums {
            let (kind, at) = (class.kind, self.cuts[slot]);
            let rate = self.asked.prices.rate(kind, &class.region, at);
            // A slot lies in one month.
            let quantity = Quantity::of(kind.unit(), units, at);
            let sum = Sum {
                quantity,
                cost: quantity.at(rate),
                units: BTreeSet::from([kind.unit()]),
            };
            let groups = &mut all[self.period[slot]];
            match groups.get_mut(&class.group) {
                Some(known) => known.add(&sum),
                None => {
                    groups.insert(class.group.clone(), sum);
                }
            }
        }
        all
    }
}

impl Reader for Report<'_> {
    type Known = Known;

    fn charge(&mut self, charge: &Charge) -> Known {
        let by_task = self.asked.by_task;
        // A filter that does not ask for tasks says the same of all tasks of a charge.
        let is_same = !by_task || !self.asked.filter.is_of_resources();
        let items = is_same.then(|| self.accepted(charge, None));
        Known {
            rounding: charge.used.rounding(),
            parts: match &items {
                Some(items) if !by_task => self.parts(charge, items, None),
                _ => Vec::new(),
            },
            charge: by_task.then(|| charge.clone()),
            items,
        }
    }

    fn task(&mut self, known: &Known, entry: Entry<'_>, month: Month) {
        if let Some(months) = self.awaited.get_mut(entry.id) {
            months.remove(&month);
        }
        match &known.charge {
            Some(charge) => {
                let own;
                let items = match &known.items {
                    Some(items) => items,
                    None => {
                        own = self.accepted(charge, Some(entry.id));
                        &own
                    }
                };
                let parts = self.parts(charge, items, Some(entry.id));
                self.count(known.rounding, &parts, entry, month);
            }
            None => self.count(known.rounding, &known.parts, entry, month),
        }
    }

    fn is_over(&self) -> bool {
        self.is_full || self.asked.is_unwanted.load(Ordering::Relaxed)
    }
}
