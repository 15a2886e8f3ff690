//! What Go's JSON scanner says of bytes that are no JSON, since clients show it to people.

use std::fmt;

/// What the scanner waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    /// A value, or the end of a list that is empty.
    FirstItem,
    /// A key, or the end of an object that is empty.
    FirstKey,
    Key,
    AfterKey,
    AfterMember,
    AfterItem,
    AfterAll,
}

/// The first thing that is wrong with bytes, in Go's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    #[error("unexpected end of JSON input")]
    EndsEarly,
    #[error("invalid character {} {place}", shown(*byte))]
    Character { byte: u8, place: Place },
}

/// Where a character was read that cannot stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Value,
    Key,
    AfterKey,
    AfterMember,
    AfterItem,
    AfterAll,
    Text,
    Escape,
    Hexadecimal,
    Number,
    Fraction,
    Exponent,
    Literal { word: &'static str, expected: u8 },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "looking for beginning of value",
            Self::Key => "looking for beginning of object key string",
            Self::AfterKey => "after object key",
            Self::AfterMember => "after object key:value pair",
            Self::AfterItem => "after array element",
            Self::AfterAll => "after top-level value",
            Self::Text => "in string literal",
            Self::Escape => "in string escape code",
            Self::Hexadecimal => "in \\u hexadecimal character escape",
            Self::Number => "in numeric literal",
            Self::Fraction => "after decimal point in numeric literal",
            Self::Exponent => "in exponent of numeric literal",
            Self::Literal { word, expected } => {
                return write!(f, "in literal {word} (expecting {})", shown(*expected));
            }
        })
    }
}

/// The first thing that is wrong; nothing if it is JSON.
#[must_use]
pub fn error(bytes: &[u8]) -> Option<BadJson> {
    let mut scanner = Scanner { bytes, at: 0 };
    scanner.document().err()
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), BadJson> {
        // Whether each value that is open is an object.
        let mut open: Vec<bool> = Vec::new();
        let mut state = State::Value;
        loop {
            while self.peek().is_some_and(|it| b" \t\r\n".contains(&it)) {
                self.at += 1;
            }
            let Some(byte) = self.peek() else {
                return match state {
                    State::AfterAll => Ok(()),
                    _ => Err(BadJson::EndsEarly),
                };
            };
            let closes = matches!(
                (state, byte),
                (State::FirstItem | State::AfterItem, b']')
                    | (State::FirstKey | State::AfterMember, b'}')
            );
            if closes {
                self.at += 1;
                open.pop();
                state = after(&open);
                continue;
            }
            state = match (state, byte) {
                (State::Value | State::FirstItem, b'{') => {
                    self.at += 1;
                    open.push(true);
                    State::FirstKey
                }
                (State::Value | State::FirstItem, b'[') => {
                    self.at += 1;
                    open.push(false);
                    State::FirstItem
                }
                (State::Value | State::FirstItem, _) => {
                    self.scalar(byte)?;
                    after(&open)
                }
                (State::FirstKey | State::Key, b'"') => {
                    self.string()?;
                    State::AfterKey
                }
                (State::AfterKey, b':') => {
                    self.at += 1;
                    State::Value
                }
                (State::AfterMember, b',') => {
                    self.at += 1;
                    State::Key
                }
                (State::AfterItem, b',') => {
                    self.at += 1;
                    State::Value
                }
                (State::FirstKey | State::Key, _) => {
                    return Err(self.wrong(Place::Key));
                }
                (State::AfterKey, _) => return Err(self.wrong(Place::AfterKey)),
                (State::AfterMember, _) => {
                    return Err(self.wrong(Place::AfterMember));
                }
                (State::AfterItem, _) => return Err(self.wrong(Place::AfterItem)),
                (State::AfterAll, _) => return Err(self.wrong(Place::AfterAll)),
            };
        }
    }

    fn scalar(&mut self, first: u8) -> Result<(), BadJson> {
        match first {
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.wrong(Place::Value)),
        }
    }

    fn string(&mut self) -> Result<(), BadJson> {
        self.at += 1;
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            if !self.next()?.is_ascii_hexdigit() {
                                return Err(self.back(Place::Hexadecimal));
                            }
                        }
                    }
                    _ => return Err(self.back(Place::Escape)),
                },
                0..=0x1f => return Err(self.back(Place::Text)),
                _ => {}
            }
        }
    }

    fn literal(&mut self, word: &'static str) -> Result<(), BadJson> {
        for expected in word.bytes() {
            if self.next()? != expected {
                return Err(self.back(Place::Literal { word, expected }));
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), BadJson> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.next()? {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.back(Place::Number)),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits(Place::Fraction)?;
        }
        if self.peek().is_some_and(|it| it | 0x20 == b'e') {
            self.at += 1;
            if self.peek().is_some_and(|it| it == b'+' || it == b'-') {
                self.at += 1;
            }
            self.some_digits(Place::Exponent)?;
        }
        Ok(())
    }

    fn some_digits(&mut self, place: Place) -> Result<(), BadJson> {
        if !self.next()?.is_ascii_digit() {
            return Err(self.back(place));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, BadJson> {
        let byte = self.peek().ok_or(BadJson::EndsEarly)?;
        self.at += 1;
        Ok(byte)
    }

    /// The byte that is next is wrong there.
    fn wrong(&self, place: Place) -> BadJson {
        let byte = self.peek().unwrap_or_default();
        BadJson::Character { byte, place }
    }

    /// So is the one that was read last.
    fn back(&mut self, place: Place) -> BadJson {
        self.at -= 1;
        self.wrong(place)
    }
}

fn after(open: &[bool]) -> State {
    match open.last() {
        Some(true) => State::AfterMember,
        Some(false) => State::AfterItem,
        None => State::AfterAll,
    }
}

/// A byte as Go quotes it.
fn shown(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        // Go takes each byte for a character.
        _ => {
            let quoted = crate::field::quoted(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn texts_are_gos() {
        for (text, expected) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("{\"a\": \"b", "unexpected end of JSON input"),
            ("tru", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            (
                "a: b",
                "invalid character 'a' looking for beginning of value",
            ),
            (
                "{a",
                "invalid character 'a' looking for beginning of object key string",
            ),
            ("{\"a\"}", "invalid character '}' after object key"),
            (
                "{\"a\":1 \"b\"",
                "invalid character '\"' after object key:value pair",
            ),
            (
                "{\"a\":1,}",
                "invalid character '}' looking for beginning of object key string",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            (
                "[1,]",
                "invalid character ']' looking for beginning of value",
            ),
            ("{} x", "invalid character 'x' after top-level value"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            (
                "\"\\u00g0\"",
                "invalid character 'g' in \\u hexadecimal character escape",
            ),
            ("-a", "invalid character 'a' in numeric literal"),
            (
                "1.x",
                "invalid character 'x' after decimal point in numeric literal",
            ),
            (
                "1ex",
                "invalid character 'x' in exponent of numeric literal",
            ),
            (
                "trve",
                "invalid character 'v' in literal true (expecting 'u')",
            ),
            (
                "'",
                "invalid character '\\'' looking for beginning of value",
            ),
        ] {
            let told = error(text.as_bytes()).map(|it| it.to_string());
            assert_eq!(told.as_deref(), Some(expected), "{text}");
        }
        for text in [
            "{}",
            " [1, -2.5e+3, \"\\u00e4\\n\", null, true] ",
            "{\"a\": {\"b\": []}}",
        ] {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
    }
}
