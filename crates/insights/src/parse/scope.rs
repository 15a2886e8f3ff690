//! What names mean at one place of a query.

use std::collections::HashMap;

use crate::{eval::Expr, plan::System, value::Value};

#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Values that were computed, by their names.
    names: HashMap<String, usize>,
    slots: usize,
    /// Rows are groups, no events any more.
    of_rows: bool,
    wanted: Vec<String>,
    uses_messages: bool,
    /// Columns of `fields`, of what was taken out of texts, and of the last `display`.
    fields: Vec<(String, Expr)>,
    taken: Vec<(String, Expr)>,
    display: Option<Vec<(String, Expr)>>,
}

impl Scope {
    pub fn new_slot(&mut self, name: &str) -> usize {
        let slot = self.slots;
        self.slots += 1;
        self.names.insert(name.to_owned(), slot);
        slot
    }

    /// Another name for a value.
    pub fn name(&mut self, name: &str, slot: usize) {
        self.names.insert(name.to_owned(), slot);
    }

    pub fn is_of_rows(&self) -> bool {
        self.of_rows
    }

    pub fn uses_messages(&self) -> bool {
        self.uses_messages
    }

    /// Paths of the fields of JSON that were named so far.
    pub fn wanted(&self) -> &[String] {
        &self.wanted
    }

    pub fn into_wanted(self) -> Vec<String> {
        self.wanted
    }

    /// A column of the command before, by the text that made it: `bin(5m)`.
    pub fn column(&self, text: &str) -> Option<Expr> {
        self.names
            .get(text)
            .filter(|_| self.of_rows)
            .map(|slot| Expr::Slot(*slot))
    }

    pub fn resolve(&mut self, name: &str) -> Expr {
        if let Some(slot) = self.names.get(name) {
            return Expr::Slot(*slot);
        }
        let dots: Vec<usize> = name.match_indices('.').map(|(at, _)| at).collect();
        for at in dots.into_iter().rev() {
            if let Some(slot) = self.names.get(&name[..at]) {
                return Expr::Member(Box::new(Expr::Slot(*slot)), name[at + 1..].to_owned());
            }
        }
        if self.of_rows {
            return Expr::Const(Value::Null);
        }
        match System::named(name) {
            Some(which) => {
                self.uses_messages |= which.is_of_message();
                Expr::System(which)
            }
            None => {
                self.uses_messages = true;
                // An event's own field whose name begins with @ is shown with one more.
                let path = match name.strip_prefix("@@") {
                    Some(_) => &name[1..],
                    None => name,
                };
                let known = self.wanted.iter().position(|it| it == path);
                Expr::Json(known.unwrap_or_else(|| {
                    self.wanted.push(path.to_owned());
                    self.wanted.len() - 1
                }))
            }
        }
    }

    pub fn shows(&mut self, name: String, expr: Expr) {
        put(&mut self.fields, name, expr);
    }

    pub fn takes_out(&mut self, name: String, expr: Expr) {
        put(&mut self.taken, name, expr);
    }

    pub fn displays(&mut self, columns: Vec<(String, Expr)>) {
        self.display = Some(columns);
    }

    /// A column behind all others, or in the place of one by its name.
    pub fn adds(&mut self, name: String, expr: Expr) {
        match &mut self.display {
            Some(display) => put(display, name, expr),
            None => self.takes_out(name, expr),
        }
    }

    /// The columns by a name have another value from here on; there may be none.
    pub fn replaces(&mut self, name: &str, expr: &Expr) {
        let display = self.display.iter_mut().flatten();
        let all = self.fields.iter_mut().chain(&mut self.taken).chain(display);
        all.filter(|(known, _)| known == name)
            .for_each(|(_, old)| old.clone_from(expr));
    }

    /// The columns there are so far but for those that all events have.
    pub fn shown(&self) -> Vec<(String, Expr)> {
        let all: Vec<&(String, Expr)> = match &self.display {
            Some(display) => display.iter().collect(),
            None => self.fields.iter().chain(&self.taken).collect(),
        };
        let own = all
            .into_iter()
            .filter(|it| !matches!(it.1, Expr::System(_)));
        own.cloned().collect()
    }

    /// From here on rows have these columns and nothing else.
    pub fn becomes(&mut self, columns: &[String]) {
        self.of_rows = true;
        self.names.clear();
        self.slots = 0;
        (self.fields, self.taken, self.display) = (Vec::new(), Vec::new(), None);
        for name in columns {
            let slot = self.new_slot(name);
            self.fields.push((name.clone(), Expr::Slot(slot)));
        }
    }

    /// What the result shows.
    pub fn columns(&mut self) -> Vec<(String, Expr)> {
        if let Some(columns) = self.display.take() {
            return columns;
        }
        if self.fields.is_empty() {
            for name in ["@timestamp", "@message"] {
                let expr = self.resolve(name);
                self.shows(name.to_owned(), expr);
            }
        }
        for (name, expr) in std::mem::take(&mut self.taken) {
            self.shows(name, expr);
        }
        std::mem::take(&mut self.fields)
    }
}

/// A column that is named again changes, and keeps its place.
fn put(columns: &mut Vec<(String, Expr)>, name: String, expr: Expr) {
    match columns.iter_mut().find(|(known, _)| *known == name) {
        Some(known) => known.1 = expr,
        None => columns.push((name, expr)),
    }
}
