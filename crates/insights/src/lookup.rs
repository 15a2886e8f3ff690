//! Tables that queries look values up in: CSV that was read once, and the rows in the order of what they are looked up
//! by.

use std::{borrow::Cow, cmp::Ordering, collections::HashSet, sync::Arc};

use crate::{
    error::QueryError,
    eval::{Expr, Scene},
    value::Value,
};

/// Bytes of a table's CSV, as with AWS.
pub const MAX_TABLE_BYTES: usize = 10 << 20;
/// Columns of a table, and fields of all its rows together: each takes some bytes of memory, however short it is.
pub const MAX_COLUMNS: usize = 256;
pub const MAX_CELLS: usize = 1_000_000;

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    #[error("it has no header row")]
    NoHeader,
    #[error("it has more than {MAX_TABLE_BYTES} bytes")]
    TooLong,
    #[error("its header row has more than {MAX_COLUMNS} columns")]
    TooManyColumns,
    #[error("column {0} of its header row has no name")]
    NoName(usize),
    #[error("its header row has the column {0} twice")]
    Twice(String),
    #[error("line {line} has {found} fields and the header row has {wanted}")]
    Width {
        line: usize,
        found: usize,
        wanted: usize,
    },
    #[error("the quotes of a field in line {0} do not match")]
    Quotes(usize),
    #[error("it has more than {MAX_CELLS} fields")]
    TooManyCells,
}

/// A table, read.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    /// The fields of all rows, one behind the other, and where each of them ends.
    text: String,
    ends: Vec<u32>,
}

impl Table {
    /// Reads CSV whose first row has the names of the columns. Blank lines are no rows.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn parse(body: &str) -> Result<Self, BadTable> {
        if body.len() > MAX_TABLE_BYTES {
            return Err(BadTable::TooLong);
        }
        let mut reader = Reader {
            body: body.strip_prefix('\u{feff}').unwrap_or(body),
            at: 0,
            line: 1,
        };
        let (mut text, mut ends) = (String::new(), Vec::new());
        reader.pass_blank();
        let width = match reader.is_at_end() {
            true => return Err(BadTable::NoHeader),
            false => reader.row(&mut text, &mut ends)?,
        };
        if width > MAX_COLUMNS {
            return Err(BadTable::TooManyColumns);
        }
        let columns = named(&text, &ends)?;
        (text, ends) = (String::new(), Vec::new());
        loop {
            reader.pass_blank();
            if reader.is_at_end() {
                break;
            }
            let line = reader.line;
            let found = reader.row(&mut text, &mut ends)?;
            if found != width {
                return Err(BadTable::Width {
                    line,
                    found,
                    wanted: width,
                });
            }
        }
        text.shrink_to_fit();
        ends.shrink_to_fit();
        Ok(Self {
            columns,
            text,
            ends,
        })
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are behind the header.
    pub fn rows(&self) -> usize {
        self.ends.len() / self.columns.len()
    }

    /// In memory, with an index of its rows, about.
    pub fn bytes(&self) -> usize {
        self.text.len() + 2 * size_of::<u32>() * self.ends.len()
    }

    fn cell(&self, row: u32, column: usize) -> &str {
        let at = row as usize * self.columns.len() + column;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[at] as usize]
    }
}

fn named(text: &str, ends: &[u32]) -> Result<Vec<String>, BadTable> {
    let (mut columns, mut known, mut start) = (Vec::new(), HashSet::new(), 0);
    for (number, end) in ends.iter().enumerate() {
        let name = text[start..*end as usize].trim();
        start = *end as usize;
        if name.is_empty() {
            return Err(BadTable::NoName(number + 1));
        }
        if !known.insert(name) {
            return Err(BadTable::Twice(name.to_owned()));
        }
        columns.push(name.to_owned());
    }
    Ok(columns)
}

struct Reader<'b> {
    body: &'b str,
    at: usize,
    /// Counted from 1.
    line: usize,
}

impl<'b> Reader<'b> {
    fn rest(&self) -> &'b str {
        &self.body[self.at..]
    }

    fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Takes the end of a line if it is next.
    fn line_end(&mut self) -> bool {
        let length = match self.rest().as_bytes() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        self.at += length;
        self.line += 1;
        true
    }

    fn pass_blank(&mut self) {
        while self.line_end() {}
    }

    /// Takes a row; how many fields it has.
    fn row(&mut self, text: &mut String, ends: &mut Vec<u32>) -> Result<usize, BadTable> {
        let before = ends.len();
        loop {
            self.cell(text)?;
            if ends.len() >= MAX_CELLS {
                return Err(BadTable::TooManyCells);
            }
            // It is no longer than the body, which is bounded.
            ends.push(text.len() as u32);
            if self.rest().starts_with(',') {
                self.at += 1;
            } else if self.is_at_end() || self.line_end() {
                return Ok(ends.len() - before);
            } else {
                // Something stands behind a closing quote.
                return Err(BadTable::Quotes(self.line));
            }
        }
    }

    fn cell(&mut self, text: &mut String) -> Result<(), BadTable> {
        let line = self.line;
        if !self.rest().starts_with('"') {
            let rest = self.rest();
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            let cell = &rest[..end];
            let cell = match rest[end..].starts_with('\n') {
                true => cell.strip_suffix('\r').unwrap_or(cell),
                false => cell,
            };
            text.push_str(cell);
            self.at += cell.len();
            return Ok(());
        }
        self.at += 1;
        loop {
            let end = self.rest().find('"').ok_or(BadTable::Quotes(line))?;
            let part = &self.rest()[..end];
            self.line += part.matches('\n').count();
            text.push_str(part);
            self.at += end + 1;
            if !self.rest().starts_with('"') {
                return Ok(());
            }
            text.push('"');
            self.at += 1;
        }
    }
}

/// `lookup`: what of a table it matches with what of a row, and which columns it takes.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub table: String,
    pub by: Vec<(String, Expr)>,
    /// With what the name stands for where no row of the table fits.
    pub out: Vec<(String, Expr)>,
    /// Where it stands in the query, in characters.
    pub place: (usize, usize),
    index: Option<Index>,
}

/// A table with its rows in the order of the columns that are matched; equal ones in their own.
#[derive(Debug)]
struct Index {
    table: Arc<Table>,
    by: Vec<usize>,
    out: Vec<usize>,
    order: Vec<u32>,
}

impl Lookup {
    pub fn new(
        table: String,
        by: Vec<(String, Expr)>,
        out: Vec<(String, Expr)>,
        place: (usize, usize),
    ) -> Self {
        Self {
            table,
            by,
            out,
            place,
            index: None,
        }
    }

    fn wrong(&self, message: String) -> QueryError {
        let (start, end) = self.place;
        QueryError {
            message,
            start,
            end,
        }
    }

    /// Where the columns are that it names, those that it matches first.
    ///
    /// # Errors
    /// There is no such table, or it has no such column.
    pub fn places(
        &self,
        columns: Option<&[String]>,
    ) -> Result<(Vec<usize>, Vec<usize>), QueryError> {
        let table = &self.table;
        let columns = columns
            .ok_or_else(|| self.wrong(format!("the lookup table {table} does not exist")))?;
        let of = |names: &[(String, Expr)]| {
            let each = names.iter().map(|(name, _)| {
                let place = columns.iter().position(|it| it == name);
                let missing = || format!("the lookup table {table} has no column {name}");
                place.ok_or_else(|| self.wrong(missing()))
            });
            each.collect::<Result<Vec<usize>, QueryError>>()
        };
        Ok((of(&self.by)?, of(&self.out)?))
    }

    /// Looks up in this table from now on.
    ///
    /// # Errors
    /// It lacks a column.
    pub fn give(&mut self, table: &Arc<Table>) -> Result<(), QueryError> {
        let (by, out) = self.places(Some(table.columns()))?;
        // As many as there are cells at most.
        let mut order: Vec<u32> = (0..table.rows() as u32).collect();
        order.sort_by(|a, b| {
            let each = by.iter();
            let each = each.map(|column| table.cell(*a, *column).cmp(table.cell(*b, *column)));
            first_unequal(each)
        });
        self.index = Some(Index {
            table: table.clone(),
            by,
            out,
            order,
        });
        Ok(())
    }

    /// The values of its columns for a row.
    pub fn values<'e>(&'e self, scene: &Scene<'e>, slots: &[Value<'e>]) -> Vec<Value<'e>> {
        let wanted: Option<Vec<Value<'e>>> = self
            .by
            .iter()
            .map(|(_, of)| Some(of.eval(scene, slots)).filter(|it| !it.is_null()))
            .collect();
        let found = self.index.as_ref().zip(wanted).and_then(|(index, wanted)| {
            let wanted: Vec<Cow<'_, str>> = wanted.iter().filter_map(Value::shown).collect();
            wanted.iter().for_each(|it| scene.cost.read(it));
            index.find(&wanted).map(|row| (index, row))
        });
        match found {
            Some((index, row)) => {
                let each = index.out.iter();
                each.map(|column| Value::text(index.table.cell(row, *column)))
                    .collect()
            }
            None => {
                let before = self.out.iter();
                before.map(|(_, it)| it.eval(scene, slots)).collect()
            }
        }
    }
}

impl Index {
    /// The first row that has all of these.
    fn find(&self, wanted: &[Cow<'_, str>]) -> Option<u32> {
        let compared = |row: u32| {
            let each = self.by.iter().zip(wanted);
            first_unequal(each.map(|(column, it)| self.table.cell(row, *column).cmp(it)))
        };
        let at = self.order.partition_point(|row| compared(*row).is_lt());
        let row = self.order.get(at).copied()?;
        compared(row).is_eq().then_some(row)
    }
}

fn first_unequal(mut each: impl Iterator<Item = Ordering>) -> Ordering {
    each.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(body: &str) -> Result<Vec<Vec<String>>, String> {
        let table = Table::parse(body).map_err(|bad| bad.to_string())?;
        let row = |row: u32| {
            let each = 0..table.columns.len();
            each.map(|column| table.cell(row, column).to_owned())
                .collect()
        };
        let mut all = vec![table.columns.clone()];
        all.extend((0..table.rows() as u32).map(row));
        Ok(all)
    }

    #[test]
    fn tables_are_read() {
        for (body, wanted) in [
            ("a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            (
                "\u{feff}a, b\r\n1,2\r\n\r\n3,\"4\"",
                vec![vec!["a", "b"], vec!["1", "2"], vec!["3", "4"]],
            ),
            ("a\n\"x,\"\"y\"\"\n\"\n", vec![vec!["a"], vec!["x,\"y\"\n"]]),
            ("a,b\n,\n", vec![vec!["a", "b"], vec!["", ""]]),
            ("id", vec![vec!["id"]]),
        ] {
            assert_eq!(rows(body).unwrap(), wanted, "{body:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let wide = vec!["a"; MAX_COLUMNS + 1].join(",");
        let many = format!("a\n{}", "1\n".repeat(MAX_CELLS + 1));
        for (body, wanted) in [
            ("", "it has no header row"),
            ("\n\r\n", "it has no header row"),
            ("a,,b", "column 2 of its header row has no name"),
            ("a,b,a", "its header row has the column a twice"),
            (
                "a,b\n1,2\n\n3",
                "line 4 has 1 fields and the header row has 2",
            ),
            ("a\n\"1", "the quotes of a field in line 2 do not match"),
            (
                "a\n\"1\n\"2",
                "the quotes of a field in line 3 do not match",
            ),
            (&wide, "its header row has more than 256 columns"),
            (&many, "it has more than 1000000 fields"),
            (
                &"a".repeat(MAX_TABLE_BYTES + 1),
                "it has more than 10485760 bytes",
            ),
        ] {
            assert_eq!(rows(body).unwrap_err(), wanted);
        }
    }

    proptest! {
        /// Whatever is written as CSV is read again.
        #[test]
        fn fields_come_back(all in prop::collection::vec(prop::collection::vec("[ab,\"\r\n ]{0,6}", 2), 0..6)) {
            let quoted = |it: &String| format!("\"{}\"", it.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
            let body = std::iter::once("x,y".to_owned()).chain(all.iter().map(line));
            let body = body.collect::<Vec<_>>().join("\r\n");
            prop_assert_eq!(&rows(&body).unwrap()[1..], &all[..]);
        }

        #[test]
        fn no_text_breaks_the_reader(body in "[a,\"\r\n]{0,40}") {
            let _ = Table::parse(&body);
        }
    }
}
