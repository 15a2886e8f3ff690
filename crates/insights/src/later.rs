//! The commands of a query behind the first that must see all events: on rows, which are there at once.

use std::{collections::HashSet, sync::Arc};

use crate::{
    Query,
    cost::{Halted, Rest, Stop},
    eval::Scene,
    event::Kept,
    pattern::Clusters,
    plan::{Stage, Stats, Whole},
    run::{ResultRow, key_of, walk, within},
    sink::{Groups, Row, by_keys},
    value::Value,
};

pub(crate) struct Later<'q> {
    pub query: &'q Query,
    /// Milliseconds since 1970.
    pub now: i64,
    /// Bytes that the rows of a command may take.
    pub budget: usize,
    pub stop: Stop,
    pub rest: Rest,
}

impl Later<'_> {
    /// A command on the rows of the one before.
    pub fn stage(&mut self, stage: &Stage, rows: Vec<Row>) -> Result<Vec<Row>, Halted> {
        let (query, now, budget, stop) = (self.query, self.now, self.budget, self.stop.clone());
        let (mut out, mut bytes) = (Vec::new(), 0usize);
        match stage {
            Stage::Step(step) => {
                let steps = std::slice::from_ref(step);
                for row in &rows {
                    let event = row.event.as_ref().map(Kept::event);
                    let scene = Scene::new(event.as_ref(), &query.wanted, now);
                    let mut slots: Vec<Value<'_>> = row.slots.iter().map(Value::borrowed).collect();
                    walk(steps, &scene, &stop, &mut slots, &mut |slots| {
                        bytes += size_of::<Row>() + slots.iter().map(Value::bytes).sum::<usize>();
                        within(bytes, budget)?;
                        let slots = slots.iter().cloned().map(Value::into_owned).collect();
                        let event = row.event.clone();
                        out.push(Row { slots, event });
                        Ok(())
                    })?;
                    self.rest.add(&scene.cost, &stop)?;
                }
            }
            Stage::Whole(Whole::Sort(keys)) => {
                let descending: Vec<bool> =
                    keys.iter().map(|(_, descending)| *descending).collect();
                let mut keyed = Vec::with_capacity(rows.len());
                for row in rows {
                    let of_row: Vec<Value<'static>> = {
                        let event = row.event.as_ref().map(Kept::event);
                        let scene = Scene::new(event.as_ref(), &query.wanted, now);
                        let each = keys.iter();
                        let each = each.map(|(key, _)| key.eval(&scene, &row.slots).into_owned());
                        let of_row = each.collect();
                        self.rest.add(&scene.cost, &stop)?;
                        of_row
                    };
                    bytes += of_row.iter().map(Value::bytes).sum::<usize>();
                    within(bytes, budget)?;
                    keyed.push((of_row, row));
                }
                keyed.sort_by(|(a, _), (b, _)| by_keys(&descending, a, b));
                out.extend(keyed.into_iter().map(|(_, row)| row));
            }
            Stage::Whole(Whole::Across(what)) => out = self.across(what, rows)?,
            Stage::Whole(Whole::Limit(most)) => out.extend(rows.into_iter().take(*most)),
            Stage::Whole(Whole::Dedup(of)) => {
                let mut seen = HashSet::new();
                for row in rows {
                    let key = {
                        let event = row.event.as_ref().map(Kept::event);
                        let scene = Scene::new(event.as_ref(), &query.wanted, now);
                        let key = key_of(of, &scene, &row.slots);
                        self.rest.add(&scene.cost, &stop)?;
                        key
                    };
                    bytes += key.as_ref().map_or(0, Vec::len);
                    within(bytes, budget)?;
                    if key.is_none_or(|key| seen.insert(key)) {
                        out.push(row);
                    }
                }
            }
            Stage::Whole(Whole::Stats(stats)) => {
                let mut groups = Groups::default();
                for row in &rows {
                    let event = row.event.as_ref().map(Kept::event);
                    let scene = Scene::new(event.as_ref(), &query.wanted, now);
                    groups.add(stats, &scene, &row.slots, budget)?;
                    self.rest.add(&scene.cost, &stop)?;
                }
                out = self.counted(groups, stats)?;
            }
            Stage::Whole(Whole::Pattern(of, _)) => {
                let mut clusters = Clusters::default();
                for row in &rows {
                    let event = row.event.as_ref().map(Kept::event);
                    let scene = Scene::new(event.as_ref(), &query.wanted, now);
                    clusters.add(&of.eval(&scene, &row.slots), false);
                    within(clusters.bytes(), budget)?;
                    self.rest.add(&scene.cost, &stop)?;
                }
                out = patterns(&clusters, false);
            }
        }
        Ok(out)
    }

    /// A row for each group.
    pub fn counted(&mut self, groups: Groups, stats: &Stats) -> Result<Vec<Row>, Halted> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for (by, counts) in groups.sorted(stats) {
            let scene = Scene::new(None, &self.query.wanted, self.now);
            let out = stats.out.iter();
            let out = out.map(|it| it.eval(&scene, &counts).into_owned());
            let slots: Vec<Value<'static>> = by.into_iter().chain(out).collect();
            self.rest.add(&scene.cost, &self.stop)?;
            bytes += slots.iter().map(Value::bytes).sum::<usize>();
            within(bytes, self.budget)?;
            rows.push(Row { slots, event: None });
        }
        Ok(rows)
    }

    /// What is shown of the rows in the end.
    pub fn shown(&mut self, names: &[Arc<str>], rows: &[Row]) -> Result<Vec<ResultRow>, Halted> {
        let (mut all, mut bytes) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            let event = row.event.as_ref().map(Kept::event);
            let scene = Scene::new(event.as_ref(), &self.query.wanted, self.now);
            let mut fields = Vec::new();
            for ((_, expr), name) in self.query.columns.iter().zip(names) {
                let value = expr.eval(&scene, &row.slots);
                let Some(text) = value.shown() else {
                    continue;
                };
                bytes += size_of::<(Arc<str>, String)>() + text.len();
                within(bytes, self.budget)?;
                fields.push((name.clone(), text.into_owned()));
            }
            self.rest.add(&scene.cost, &self.stop)?;
            let of_events = self.query.of_events;
            let at = scene.event.filter(|_| of_events).map(|event| event.at);
            all.push(ResultRow { fields, at });
        }
        Ok(all)
    }
}

/// Rows of `pattern`, in the order of its columns.
pub(crate) fn patterns(clusters: &Clusters, compared: bool) -> Vec<Row> {
    let found = clusters.found();
    let all: u64 = found.iter().map(|it| it.counts[0]).sum();
    let each = found
        .into_iter()
        .filter(|it| compared || it.counts[0] > 0)
        .map(|it| {
            let [count, earlier] = it.counts.map(|count| count as f64);
            let severity = match it.severity {
                "" => Value::Null,
                named => Value::text(named),
            };
            let mut slots = vec![
                Value::owned(it.pattern),
                Value::Number(if all > 0 { count / all as f64 } else { 0.0 }),
                Value::Number(count),
                severity,
            ];
            if compared {
                let says = match (it.counts[0], it.counts[1]) {
                    (_, 0) => "New",
                    (0, _) => "Gone",
                    (now, before) if now > before => "More",
                    (now, before) if now < before => "Fewer",
                    _ => "Same",
                };
                slots.push(Value::Number(count - earlier));
                slots.push(Value::text(says));
            }
            Row { slots, event: None }
        });
    each.collect()
}
