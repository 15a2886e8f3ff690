//! Where the statements of a policy stand in its text, for those who ask which of them decided. Pure.

/// Behind a character: line and column count from 1, a column for each unit of UTF-16, as AWS counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// From behind the brace that opens a statement to behind the one that closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// Of a text that was read as a document, each statement's place in its order. A text that spells `Statement` with escapes has none.
pub(crate) fn of_statements(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut here = Position { line: 1, column: 1 };
    let mut depth = 0_usize;
    // The string that is being read, and the one before.
    let (mut string, mut escaped, mut last) = (None, false, "");
    // In the member whose value the statements are.
    let mut inside = false;
    let mut open: Option<(usize, Position)> = None;
    for (at, c) in text.char_indices() {
        here = match c {
            '\n' => Position {
                line: here.line + 1,
                column: 1,
            },
            _ => Position {
                column: here.column + c.len_utf16(),
                ..here
            },
        };
        if let Some(begin) = string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    last = &text[begin..at];
                    string = None;
                }
                _ => {}
            }
            continue;
        }
        match c {
            '"' => string = Some(at + 1),
            ':' if depth == 1 => inside = last == "Statement",
            '{' | '[' => {
                depth += 1;
                if c == '{' && inside && open.is_none() {
                    open = Some((depth, here));
                }
            }
            '}' | ']' => {
                if let Some((_, start)) = open.filter(|(opened, _)| *opened == depth) {
                    found.push(Span { start, end: here });
                    open = None;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and column of a start and of an end.
    type Places = ((usize, usize), (usize, usize));

    fn check(text: &str, expected: &[Places]) {
        let position = |it: Position| (it.line, it.column);
        let found = of_statements(text).into_iter();
        let found: Vec<_> = found
            .map(|it| (position(it.start), position(it.end)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    /// Of AWS's own example.
    #[test]
    fn one_statement_of_one_line() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
        check(text, &[((1, 38), (1, 167))]);
    }

    #[test]
    fn several_of_many_lines() {
        let text = "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {\"Sid\": \"}\\\"\\\\\"},\n        {\n        }\n    ],\n    \"Id\": \"Statement\"\n}";
        check(text, &[((4, 10), (4, 25)), ((5, 10), (6, 10))]);
    }

    #[test]
    fn characters_beyond_the_plane_are_two_columns() {
        check(r#"{"Id":"𝄞","Statement":[{}]}"#, &[((1, 26), (1, 27))]);
    }

    #[test]
    fn a_name_with_escapes_has_no_place() {
        check(r#"{"St\u0061tement":{"Effect":"Allow"}}"#, &[]);
        // Nor do objects under other names, in whatever order.
        check(r#"{"Id":{"Statement":{}},"Statement":[]}"#, &[]);
    }
}
