//! Commands that look from row to row: what each makes of a row depends on the rows before it, or on all of them.

use std::collections::{HashMap, VecDeque};

use crate::{
    cost::{Halted, Stop},
    eval::{Expr, Scene, number},
    event::Kept,
    later::Later,
    period::Period,
    run::within,
    sink::{Row, by_keys},
    value::Value,
};

/// What goes from row to row, in their order. Values go behind those of earlier commands.
#[derive(Debug)]
pub(crate) enum Across {
    /// What a field adds up to, as far as each row; nothing where it is no number.
    Accum(Expr),
    /// A field's values so many rows before: a value for each from the first number, which is 1 or more, to the last.
    Lags {
        of: Expr,
        first: usize,
        last: usize,
    },
    /// Values where there are any, else those of the last row that has one.
    FillDown(Vec<Expr>),
    Totals(Totals),
    FillMissing(Missing),
}

/// Sums of numbers, a time being none.
#[derive(Debug)]
pub(crate) struct Totals {
    pub of: Vec<Expr>,
    /// Of each row, behind all its values.
    pub of_rows: bool,
    /// Of each field, in a row of their own behind all others. Then values come before the total.
    pub of_fields: bool,
}

/// Rows for the times that no group is of, between the first and the last.
#[derive(Debug)]
pub(crate) struct Missing {
    /// How many values rows are by, which come first; the number of the time among them.
    pub by: usize,
    pub time: usize,
    /// What divides times, and how much later than it says they are.
    pub period: Period,
    pub later_ms: i64,
    /// Values of a row.
    pub width: usize,
    /// What the new rows have of these.
    pub values: Vec<(usize, Value<'static>)>,
}

impl Later<'_> {
    pub fn across(&mut self, what: &Across, rows: Vec<Row>) -> Result<Vec<Row>, Halted> {
        match what {
            Across::Accum(of) => {
                let mut sum = 0.0;
                self.extended(rows, std::slice::from_ref(of), |values| {
                    let Some(more) = values.first().and_then(Value::number) else {
                        return Ok(vec![Value::Null]);
                    };
                    sum += more;
                    Ok(vec![number(sum)])
                })
            }
            Across::Lags { of, first, last } => {
                // The latest comes first.
                let mut before: VecDeque<Value<'static>> = VecDeque::new();
                let (mut bytes, budget) = (0usize, self.budget);
                self.extended(rows, std::slice::from_ref(of), |mut values| {
                    let lags = (*first..=*last).map(|lag| lag - 1);
                    let made = lags.map(|at| before.get(at).cloned().unwrap_or(Value::Null));
                    let made = made.collect();
                    let value = values.pop().unwrap_or(Value::Null);
                    bytes += value.bytes();
                    before.push_front(value);
                    if before.len() > *last {
                        bytes -= before.pop_back().map_or(0, |it| it.bytes());
                    }
                    // The next row has a copy of all of them.
                    within(bytes, budget)?;
                    Ok(made)
                })
            }
            Across::FillDown(of) => {
                let mut last = vec![Value::Null; of.len()];
                self.extended(rows, of, |values| {
                    for (last, value) in last.iter_mut().zip(values) {
                        if !value.is_null() {
                            *last = value;
                        }
                    }
                    Ok(last.clone())
                })
            }
            Across::Totals(totals) => self.totals(totals, rows),
            Across::FillMissing(missing) => missing.filled(rows, self.budget, &self.stop),
        }
    }

    /// Rows with what is made of their values of some expressions. What they had before counts too, as with steps: a query
    /// has many commands.
    fn extended(
        &mut self,
        mut rows: Vec<Row>,
        of: &[Expr],
        mut make: impl FnMut(Vec<Value<'static>>) -> Result<Vec<Value<'static>>, Halted>,
    ) -> Result<Vec<Row>, Halted> {
        let mut bytes = 0usize;
        for row in &mut rows {
            let values: Vec<Value<'static>> = {
                let event = row.event.as_ref().map(Kept::event);
                let scene = Scene::new(event.as_ref(), &self.query.wanted, self.now);
                let each = of.iter();
                let each = each.map(|it| it.eval(&scene, &row.slots).into_owned());
                let values = each.collect();
                self.rest.add(&scene.cost, &self.stop)?;
                values
            };
            row.slots.extend(make(values)?);
            bytes += size_of::<Row>() + row.slots.iter().map(Value::bytes).sum::<usize>();
            within(bytes, self.budget)?;
        }
        Ok(rows)
    }

    fn totals(&mut self, totals: &Totals, rows: Vec<Row>) -> Result<Vec<Row>, Halted> {
        let (of_rows, of_fields) = (totals.of_rows, totals.of_fields);
        let before = rows.first().map(|it| it.slots.len());
        let mut sums: Vec<Option<f64>> = vec![None; totals.of.len()];
        let mut all = 0.0;
        let mut rows = self.extended(rows, &totals.of, |values| {
            let mut total = 0.0;
            for (value, sum) in values.iter().zip(&mut sums) {
                if let Some(more) = value.number().filter(|_| !matches!(value, Value::Time(_))) {
                    total += more;
                    *sum = Some(sum.unwrap_or(0.0) + more);
                }
            }
            all += total;
            let mut made = if of_fields { values } else { Vec::new() };
            if of_rows {
                made.push(number(total));
            }
            Ok(made)
        })?;
        if let Some(before) = before.filter(|_| of_fields) {
            let mut slots = vec![Value::Null; before];
            slots.extend(sums.into_iter().map(|it| it.map_or(Value::Null, number)));
            if of_rows {
                slots.push(number(all));
            }
            rows.push(Row { slots, event: None });
        }
        Ok(rows)
    }
}

impl Missing {
    /// The latest times first, as `stats` has them; rows without a time behind all others.
    fn filled(&self, rows: Vec<Row>, budget: usize, stop: &Stop) -> Result<Vec<Row>, Halted> {
        let (mut known, mut others) = (HashMap::new(), HashMap::new());
        let mut without = Vec::new();
        for row in rows {
            let Some(Value::Time(at)) = row.slots.get(self.time) else {
                without.push(row);
                continue;
            };
            let (at, beside) = (*at, self.beside(&row));
            let mut key = Vec::new();
            beside.iter().for_each(|it| it.key(&mut key));
            others.entry(key.clone()).or_insert(beside);
            known.insert((at, key), row);
        }
        let mut others: Vec<(Vec<u8>, Vec<Value<'static>>)> = others.into_iter().collect();
        let forward = vec![false; self.by];
        // Values that sort alike are told apart by their keys, so that the order is always the same.
        others.sort_by(|(k, a), (l, b)| by_keys(&forward, a, b).then_with(|| k.cmp(l)));
        let (mut out, mut bytes) = (Vec::new(), 0usize);
        for at in self.times(&known, budget, stop)?.into_iter().rev() {
            stop.check()?;
            for (key, beside) in &others {
                let row = known.remove(&(at, key.clone()));
                let row = row.unwrap_or_else(|| self.row(at, beside));
                bytes += size_of::<Row>() + row.slots.iter().map(Value::bytes).sum::<usize>();
                within(bytes, budget)?;
                out.push(row);
            }
        }
        out.extend(without);
        Ok(out)
    }

    /// All from the first to the last.
    fn times(
        &self,
        known: &HashMap<(i64, Vec<u8>), Row>,
        budget: usize,
        stop: &Stop,
    ) -> Result<Vec<i64>, Halted> {
        let last = known.keys().map(|it| it.0).max();
        let mut next = known.keys().map(|it| it.0).min();
        let mut times = Vec::new();
        while let Some(at) = next.filter(|at| last.is_some_and(|last| *at <= last)) {
            times.push(at);
            within(size_of_val(times.as_slice()), budget)?;
            stop.check()?;
            next = self.next(at);
        }
        Ok(times)
    }

    fn next(&self, at: i64) -> Option<i64> {
        let within = at.checked_sub(self.later_ms)?.checked_add(1)?;
        self.period.ceil(within)?.checked_add(self.later_ms)
    }

    /// What a row is by beside its time.
    fn beside(&self, row: &Row) -> Vec<Value<'static>> {
        let by = row.slots.iter().take(self.by).enumerate();
        let beside = by.filter(|(at, _)| *at != self.time);
        beside.map(|(_, value)| value.clone()).collect()
    }

    fn row(&self, at: i64, beside: &[Value<'static>]) -> Row {
        let mut beside = beside.iter().cloned();
        let by = (0..self.by).map(|number| match number == self.time {
            true => Value::Time(at),
            false => beside.next().unwrap_or(Value::Null),
        });
        let mut slots: Vec<Value<'static>> = by.collect();
        slots.resize(self.width, Value::Null);
        for (slot, value) in &self.values {
            if let Some(place) = slots.get_mut(*slot) {
                *place = value.clone();
            }
        }
        Row { slots, event: None }
    }
}
