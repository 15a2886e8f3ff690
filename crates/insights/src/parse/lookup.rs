//! `lookup table column as field, … OUTPUT column, …`: values of a table for each event.

use super::{Parser, Span, Token, commands::name};
use crate::{error::Wrong, eval::Expr, lookup::Lookup, plan::Step};

/// Commands of one query: each keeps a table in memory.
const MOST: usize = 5;

impl Parser<'_> {
    pub(super) fn lookup(&mut self, (start, end): Span) -> Result<(), Wrong> {
        if self.lookups == MOST {
            let message = format!("a query has at most {MOST} lookup commands");
            return Err(Wrong::at((start, end), message));
        }
        self.lookups += 1;
        let table = name(&mut self.lexer)?;
        let mut by = vec![self.matched()?];
        while self.lexer.sign(",")? {
            by.push(self.matched()?);
        }
        if !self.lexer.word("output")? {
            let (token, span) = self.lexer.next()?;
            let message = format!("unexpected symbol found {token}: OUTPUT is expected");
            return Err(Wrong::at(span, message));
        }
        let mut columns = vec![name(&mut self.lexer)?];
        while self.lexer.sign(",")? {
            columns.push(name(&mut self.lexer)?);
        }
        let out = columns.iter().map(|it| {
            let before = self.scope.resolve(it);
            (it.clone(), before)
        });
        let out = out.collect();
        let place = Wrong::at((start, self.lexer.taken), "").in_text(self.text);
        let lookup = Lookup::new(table, by, out, (place.start, place.end));
        self.step(Step::Lookup(Box::new(lookup)));
        for column in columns {
            let slot = Expr::Slot(self.scope.new_slot(&column));
            self.scope.takes_out(column, slot);
        }
        Ok(())
    }

    /// A column, and what it is matched with: a field of the same name if no other is named.
    fn matched(&mut self) -> Result<(String, Expr), Wrong> {
        let column = name(&mut self.lexer)?;
        let field = match self.lexer.word("as")? {
            false => column.clone(),
            true => match self.lexer.next()? {
                (Token::Name { name, .. }, _) if !name.is_empty() => name.into_owned(),
                (token, span) => {
                    let message = format!("unexpected symbol found {token}: a field is expected");
                    return Err(Wrong::at(span, message));
                }
            },
        };
        let of = self.scope.resolve(&field);
        Ok((column, of))
    }
}
