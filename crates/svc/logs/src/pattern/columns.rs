//! `[ip, user, ..., status=4*, bytes>1000]`: columns between spaces; what stands in brackets or
//! quotes is one column, and `...` stands for any number of them.

use std::collections::BTreeMap;

use super::{
    BadPattern, Room, Token, TooMuch, bad,
    compare::{Operand, Operator},
    tokens,
};

#[derive(Debug)]
pub struct Columns {
    /// Before the `...`, or all.
    head: Vec<Column>,
    /// Behind the `...`, if there is one.
    tail: Option<Vec<Column>>,
}

#[derive(Debug)]
struct Column {
    /// Its place in the message if it has none.
    name: Option<String>,
    /// One of these groups must hold, and of a group all.
    conditions: Vec<Vec<(Operator, Operand)>>,
}

impl Columns {
    pub fn regexes(&self) -> usize {
        let columns = self.head.iter().chain(self.tail.iter().flatten());
        let conditions = columns.flat_map(|it| it.conditions.iter().flatten());
        conditions
            .filter(|(_, it)| matches!(it, Operand::Regex(_)))
            .count()
    }

    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let inner = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .ok_or_else(|| bad("a column pattern stands between [ and ]"))?;
        let (mut head, mut tail) = (Vec::new(), None);
        for part in split(inner) {
            let part = part.trim();
            if part == "..." {
                if tail.replace(Vec::new()).is_some() {
                    return Err(bad("... stands in a pattern once"));
                }
                continue;
            }
            let column = Column::parse(part)?;
            tail.as_mut().unwrap_or(&mut head).push(column);
        }
        Ok(Self { head, tail })
    }

    pub fn matches(&self, message: &str) -> bool {
        self.pair(message).is_some_and(|pairs| {
            let mut named = pairs.iter().filter_map(|(it, value)| Some(((*it)?, value)));
            named.all(|(column, value)| column.holds(value))
        })
    }

    /// Whether a column has that name, written `$name`, or may have that place, `$4`.
    pub fn names(&self, source: &str) -> bool {
        let Some(name) = source.strip_prefix('$') else {
            return false;
        };
        let mut all = self.head.iter().chain(self.tail.iter().flatten());
        all.any(|column| column.name.as_deref() == Some(name)) || self.is_place(name)
    }

    fn is_place(&self, name: &str) -> bool {
        let Some(before) = name.parse::<usize>().ok().and_then(|it| it.checked_sub(1)) else {
            return false;
        };
        match self.head.get(before) {
            Some(column) => column.name.is_none(),
            None => self.tail.is_some(),
        }
    }

    pub fn extract(
        &self,
        message: &str,
        room: &mut Room,
    ) -> Result<BTreeMap<String, String>, TooMuch> {
        let pairs = self.pair(message).unwrap_or_default();
        let named = pairs.into_iter().enumerate().map(|(at, (column, value))| {
            let name = match column.and_then(|it| it.name.as_ref()) {
                Some(name) => format!("${name}"),
                None => format!("${}", at + 1),
            };
            room.take(&name, value)?;
            Ok((name, value.to_owned()))
        });
        named.collect()
    }

    /// One of them, by its name: of a message with very many columns nothing is made of the others.
    pub fn value<'a>(&self, message: &'a str, source: &str) -> Option<&'a str> {
        let name = source.strip_prefix('$')?;
        let place = name
            .parse::<usize>()
            .ok()
            .filter(|it| it.to_string() == name);
        let is_it =
            |at: usize, column: Option<&Column>| match column.and_then(|it| it.name.as_deref()) {
                Some(known) => known == name,
                None => place == Some(at + 1),
            };
        let pairs = self.pair(message)?;
        let mut all = pairs.iter().enumerate().rev();
        let found = all.find(|(at, (column, _))| is_it(*at, *column))?;
        Some(found.1.1)
    }

    /// The columns of a message in their order, with those of the pattern that they are; those of `...` are none. `None` if
    /// the numbers do not fit.
    fn pair<'s, 'a>(&'s self, message: &'a str) -> Option<Vec<(Option<&'s Column>, &'a str)>> {
        let values = fields(message);
        let tail = self.tail.as_deref().unwrap_or_default();
        let between = values.len().checked_sub(self.head.len() + tail.len())?;
        if self.tail.is_none() && between > 0 {
            return None;
        }
        let columns = self.head.iter().map(Some);
        let columns = columns.chain(std::iter::repeat_n(None, between));
        let columns = columns.chain(tail.iter().map(Some));
        Some(columns.zip(values).collect())
    }
}

impl Column {
    fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut name = None;
        let mut conditions = vec![Vec::new()];
        let mut tokens = tokens(text)?
            .into_iter()
            .filter(|token| !matches!(token, Token::Open | Token::Close));
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(word) => name = Some(word),
                Token::And => {}
                Token::Or => conditions.push(Vec::new()),
                Token::Op(operator) => {
                    let operand = tokens
                        .next()
                        .ok_or_else(|| bad("an operator lacks its value"))?;
                    let group = conditions.last_mut().expect("there is always a group");
                    group.push((operator, Operand::of(&operand)?));
                }
                // A bare regular expression or text is a condition on its column.
                operand @ (Token::Regex(_) | Token::Quoted(_)) => {
                    let group = conditions.last_mut().expect("there is always a group");
                    group.push((Operator::Equal, Operand::of(&operand)?));
                }
                Token::Open | Token::Close => {}
            }
        }
        Ok(Self { name, conditions })
    }

    fn holds(&self, value: &str) -> bool {
        self.conditions.iter().any(|group| {
            group
                .iter()
                .all(|(operator, operand)| operand.compare_text(*operator, value))
        })
    }
}

/// Splits at commas outside quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => inside = !inside,
            ',' if !inside => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The columns of a message.
fn fields(message: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // What is not closed once is not closed further on: nobody looks for that again.
    let mut endless = Vec::new();
    let mut rest = message.trim();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let close = close.filter(|it| !endless.contains(it));
        let end = close.and_then(|close| rest[1..].find(close));
        if end.is_none() {
            endless.extend(close);
        }
        let wrapped = end.map(|end| (&rest[1..=end], end + 2));
        let (field, length) = wrapped.unwrap_or_else(|| {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (&rest[..length], length)
        });
        found.push(field);
        rest = rest[length..].trim_start();
    }
    found
}
