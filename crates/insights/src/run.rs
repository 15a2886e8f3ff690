//! A query on its way through events.

use std::sync::Arc;

use crate::{
    MAX_ROWS, Query,
    cost::{Halted, Rest, Stop},
    eval::{Expr, Scene},
    event::{At, Event, Kept},
    later::{Later, patterns},
    pattern::Clusters,
    plan::{Stage, Step, Whole},
    sink::{Dedup, Groups, Row, Sink, Top},
    value::Value,
};

/// One thread's part of a query.
#[derive(Debug)]
pub struct Run {
    query: Arc<Query>,
    kept: Keeping,
    /// Events that passed the filters.
    matched: u64,
}

#[derive(Debug)]
struct Keeping {
    sink: Sink,
    /// Stages that the sink stands for.
    done: usize,
    /// Milliseconds since 1970.
    now: i64,
    limit: usize,
    /// Bytes.
    budget: usize,
    stop: Stop,
}

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub rows: Vec<ResultRow>,
    pub matched: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// Names and values, without fields that the row does not have.
    pub fields: Vec<(Arc<str>, String)>,
    /// The event that the row is of.
    pub at: Option<At>,
}

impl Run {
    /// Begins at `now`, to give `limit` rows at most and to keep `budget` bytes at most, until it is told to stop.
    pub fn new(
        query: Arc<Query>,
        now: i64,
        limit: Option<usize>,
        budget: usize,
        stop: Stop,
    ) -> Self {
        let limit = limit.unwrap_or(MAX_ROWS).min(MAX_ROWS);
        let (sink, done) = first_sink(&query, limit);
        Self {
            query,
            kept: Keeping {
                sink,
                done,
                now,
                limit,
                budget,
                stop,
            },
            matched: 0,
        }
    }

    /// Takes in an event.
    ///
    /// # Errors
    /// The query keeps or makes too much and cannot go on, or was stopped.
    pub fn push(&mut self, event: &Event<'_>) -> Result<(), Halted> {
        let query = &*self.query;
        let scene = Scene::new(Some(event), &query.wanted, self.kept.now);
        let mut part = 0;
        let kept = &mut self.kept;
        let stop = kept.stop.clone();
        walk(&query.head, &scene, &stop, &mut Vec::new(), &mut |slots| {
            let row = || Row {
                slots: slots.iter().cloned().map(Value::into_owned).collect(),
                event: query
                    .of_events_at_first()
                    .then(|| Kept::of(event, query.uses_messages)),
            };
            kept.add(query, &scene, slots, part, row)?;
            part += 1;
            Ok(())
        })?;
        scene.cost.check()?;
        self.matched += u64::from(part > 0);
        Ok(())
    }

    /// Takes in what another part of the same query kept.
    ///
    /// # Errors
    /// Together it is too much.
    pub fn join(&mut self, other: Self) -> Result<(), Halted> {
        let budget = self.kept.budget;
        self.matched += other.matched;
        match (&mut self.kept.sink, other.kept.sink) {
            (Sink::Top(own), Sink::Top(more)) => own.join(more, budget),
            (Sink::Dedup(own), Sink::Dedup(more)) => own.join(more, budget),
            (Sink::Stats(own), Sink::Stats(more)) => own.join(more, budget),
            (Sink::Pattern(own), Sink::Pattern(more)) => {
                own.join(more);
                within(own.bytes(), budget)
            }
            // Parts of one query have one kind of sink.
            _ => Ok(()),
        }
    }

    /// The rest of the query.
    ///
    /// # Errors
    /// Its later commands keep or make too much, or it was stopped.
    pub fn finish(self) -> Result<Outcome, Halted> {
        let query = &*self.query;
        let Keeping {
            sink,
            done,
            now,
            limit,
            budget,
            stop,
        } = self.kept;
        let mut later = Later {
            query,
            now,
            budget,
            stop,
            rest: Rest::default(),
        };
        let mut rows = match (sink, done.checked_sub(1).map(|last| &query.tail[last])) {
            (Sink::Top(top), _) => top.rows(),
            (Sink::Dedup(dedup), _) => dedup.rows(),
            (Sink::Stats(groups), Some(Stage::Whole(Whole::Stats(stats)))) => {
                later.counted(groups, stats)?
            }
            (Sink::Pattern(clusters), _) => patterns(&clusters, query.shift.is_some()),
            (Sink::Stats(_), _) => Vec::new(),
        };
        for stage in &query.tail[done..] {
            rows = later.stage(stage, rows)?;
        }
        rows.truncate(limit);
        let names: Vec<Arc<str>> = query
            .columns
            .iter()
            .map(|(name, _)| name.as_str().into())
            .collect();
        Ok(Outcome {
            rows: later.shown(&names, &rows)?,
            matched: self.matched,
        })
    }
}

/// The sink for the stages that a query begins with, and how many these are.
fn first_sink(query: &Query, limit: usize) -> (Sink, usize) {
    let whole = |index: usize| match query.tail.get(index) {
        Some(Stage::Whole(whole)) => Some(whole),
        Some(Stage::Step(_)) | None => None,
    };
    let (descending, sorted) = match whole(0) {
        Some(Whole::Sort(keys)) => (keys.iter().map(|(_, descending)| *descending).collect(), 1),
        _ => (Vec::new(), 0),
    };
    match whole(sorted) {
        Some(Whole::Stats(_)) => (Sink::Stats(Groups::default()), sorted + 1),
        Some(Whole::Pattern(..)) => (Sink::Pattern(Clusters::default()), sorted + 1),
        Some(Whole::Dedup(_)) => (Sink::Dedup(Dedup::new(descending)), sorted + 1),
        Some(Whole::Limit(most)) => (Sink::Top(Top::new(descending, *most)), sorted + 1),
        _ if query.tail.len() == sorted => (Sink::Top(Top::new(descending, limit)), sorted),
        _ => (Sink::Top(Top::new(descending, usize::MAX)), sorted),
    }
}

impl Query {
    /// Whether the first sink keeps events.
    fn of_events_at_first(&self) -> bool {
        !matches!(
            self.tail.first(),
            Some(Stage::Whole(Whole::Stats(_) | Whole::Pattern(..)))
        )
    }

    /// What the first sink sorts by.
    fn first_keys(&self) -> &[(Expr, bool)] {
        match self.tail.first() {
            Some(Stage::Whole(Whole::Sort(keys))) => keys,
            _ => &[],
        }
    }
}

impl Keeping {
    fn add<'e>(
        &mut self,
        query: &'e Query,
        scene: &Scene<'e>,
        slots: &[Value<'e>],
        part: u32,
        row: impl FnOnce() -> Row,
    ) -> Result<(), Halted> {
        let keys = || {
            let keys = query.first_keys().iter();
            keys.map(|(key, _)| key.eval(scene, slots)).collect()
        };
        match (
            &mut self.sink,
            self.done.checked_sub(1).map(|last| &query.tail[last]),
        ) {
            (Sink::Top(top), _) => top.add(keys(), scene, part, row, self.budget),
            (Sink::Dedup(dedup), Some(Stage::Whole(Whole::Dedup(of)))) => dedup.add(
                key_of(of, scene, slots),
                keys(),
                scene,
                part,
                row,
                self.budget,
            ),
            (Sink::Stats(groups), Some(Stage::Whole(Whole::Stats(stats)))) => {
                groups.add(stats, scene, slots, self.budget)
            }
            (Sink::Pattern(clusters), Some(Stage::Whole(Whole::Pattern(of, _)))) => {
                let is_earlier = scene.event.is_some_and(|it| it.is_earlier);
                clusters.add(&of.eval(scene, slots), is_earlier);
                within(clusters.bytes(), self.budget)
            }
            _ => Ok(()),
        }
    }
}

/// What tells a row from others for `dedup`; `None` if a field is missing, which is no duplicate of anything.
pub(crate) fn key_of<'e>(
    of: &'e [Expr],
    scene: &Scene<'e>,
    slots: &[Value<'e>],
) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    for expr in of {
        let value = expr.eval(scene, slots);
        if value.is_null() {
            return None;
        }
        value.key(&mut key);
    }
    Some(key)
}

/// Takes one row through steps; hands what comes of it to `emit`.
pub(crate) fn walk<'e>(
    steps: &'e [Step],
    scene: &Scene<'e>,
    stop: &Stop,
    slots: &mut Vec<Value<'e>>,
    emit: &mut dyn FnMut(&[Value<'e>]) -> Result<(), Halted>,
) -> Result<(), Halted> {
    let before = slots.len();
    for (index, step) in steps.iter().enumerate() {
        stop.check()?;
        scene.cost.check()?;
        match step {
            Step::Assign(expr) => {
                let value = expr.eval(scene, slots);
                slots.push(value);
            }
            Step::Filter(expr) => {
                if !expr.eval(scene, slots).is_true() {
                    slots.truncate(before);
                    return Ok(());
                }
            }
            Step::Extract(of, how) => match of.eval(scene, slots) {
                Value::Text(std::borrow::Cow::Borrowed(text)) => {
                    scene.cost.read(text);
                    slots.extend(how.of(text));
                }
                value => {
                    let text = value.shown().unwrap_or_default();
                    scene.cost.read(&text);
                    let found = how.of(&text).into_iter();
                    let made = |it: Value<'_>| scene.cost.made(it.into_owned());
                    slots.extend(found.map(|it| -> Value<'e> { made(it) }));
                }
            },
            Step::Lookup(lookup) => {
                let found = lookup.values(scene, slots);
                slots.extend(found);
            }
            Step::Unnest(of) => {
                let value = of.eval(scene, slots);
                let mut each = |element: Value<'e>| {
                    // A row of its own, with all that went before.
                    scene.cost.add(slots.len() * size_of::<Value<'_>>());
                    slots.push(scene.cost.made(element));
                    let walked = walk(&steps[index + 1..], scene, stop, slots, emit);
                    slots.pop();
                    walked
                };
                match &value {
                    Value::Tree(tree) => match &**tree {
                        serde_json::Value::Array(all) => {
                            for json in all {
                                each(Value::of_json(json))?;
                            }
                        }
                        _ => each(value.clone())?,
                    },
                    _ => each(value.clone())?,
                }
                slots.truncate(before);
                return Ok(());
            }
        }
    }
    emit(slots)?;
    slots.truncate(before);
    Ok(())
}

pub(crate) fn within(bytes: usize, budget: usize) -> Result<(), Halted> {
    match bytes > budget {
        true => Err(Halted::TooLarge),
        false => Ok(()),
    }
}
