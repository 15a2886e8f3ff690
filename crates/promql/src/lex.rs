//! A text as tokens.

use crate::Error;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A name, or a keyword.
    Word(String),
    Number(f64),
    /// In milliseconds.
    Duration(i64),
    Text(String),
    /// `==`, `{`
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: [&str; 23] = [
    "==", "!=", "<=", ">=", "=~", "!~", "+", "-", "*", "/", "%", "^", "=", "<", ">", "(", ")", "{",
    "}", "[", "]", ",", "@",
];

/// # Errors
/// There is no such token.
pub fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut found = Vec::new();
    let mut rest = text;
    // Within brackets a colon stands between a range and a step, elsewhere it is part of a name.
    let mut in_brackets = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let Some(first) = rest.chars().next() else {
            found.push(Token::End);
            return Ok(found);
        };
        if first == '#' {
            rest = rest.split_once('\n').map_or("", |it| it.1);
            continue;
        }
        let (token, length) = match first {
            '"' | '\'' | '`' => quoted(rest, first)?,
            ':' if in_brackets => (Token::Sign(":"), 1),
            '0'..='9' => number_or_duration(rest)?,
            '.' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => number(rest)?,
            'a'..='z' | 'A'..='Z' | '_' | ':' => word(rest),
            _ => {
                let sign = SIGNS.iter().find(|it| rest.starts_with(**it));
                let sign = sign
                    .ok_or_else(|| Error::parse(format_args!("unexpected character: {first:?}")))?;
                (Token::Sign(sign), sign.len())
            }
        };
        match token {
            Token::Sign("[") => in_brackets = true,
            Token::Sign("]") => in_brackets = false,
            _ => {}
        }
        found.push(token);
        rest = &rest[length..];
    }
}

fn word(text: &str) -> (Token, usize) {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == ':';
    let end = text.find(|it| !is_part(it)).unwrap_or(text.len());
    (Token::Word(text[..end].to_owned()), end)
}

fn number_or_duration(text: &str) -> Result<(Token, usize), Error> {
    let is_part = |it: char| it.is_ascii_alphanumeric();
    let end = text.find(|it| !is_part(it)).unwrap_or(text.len());
    match duration(&text[..end]) {
        Some(ms) => Ok((Token::Duration(ms), end)),
        None => number(text),
    }
}

fn number(text: &str) -> Result<(Token, usize), Error> {
    let bytes = text.as_bytes();
    if text.starts_with("0x") || text.starts_with("0X") {
        let end = text[2..].find(|it: char| !it.is_ascii_hexdigit());
        let end = end.map_or(text.len(), |it| it + 2);
        let read = u64::from_str_radix(&text[2..end], 16);
        let read = read.map_err(|_| Error::parse("bad number or duration syntax"))?;
        return Ok((Token::Number(read as f64), end));
    }
    let digits = |from: usize| {
        let more = bytes[from..].iter().take_while(|it| it.is_ascii_digit());
        from + more.count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let behind = digits(end + 1 + sign);
        if behind > end + 1 + sign {
            end = behind;
        }
    }
    let follows = text[end..].chars().next();
    let read = text[..end].parse().ok();
    match read.filter(|_| !follows.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')) {
        Some(read) => Ok((Token::Number(read), end)),
        None => Err(Error::parse("bad number or duration syntax")),
    }
}

/// Milliseconds of `1h30m`: each unit once, the larger first.
pub fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let (mut rest, mut units, mut total) = (text, UNITS.as_slice(), 0i64);
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit())?;
        let many: i64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit
            .find(|it: char| it.is_ascii_digit())
            .unwrap_or(unit.len());
        let at = units.iter().position(|it| it.0 == &unit[..end])?;
        total = total.checked_add(many.checked_mul(units[at].1)?)?;
        units = &units[at + 1..];
        rest = &unit[end..];
    }
    (!text.is_empty()).then_some(total)
}

/// A text in quotes, with its length there.
fn quoted(text: &str, quote: char) -> Result<(Token, usize), Error> {
    let unterminated = || Error::parse("unterminated quoted string");
    let mut read = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, it)) = chars.next() {
        if it == quote {
            return Ok((Token::Text(read), at + 1));
        }
        if it == '\n' && quote != '`' {
            return Err(unterminated());
        }
        if it != '\\' || quote == '`' {
            read.push(it);
            continue;
        }
        let (_, escaped) = chars.next().ok_or_else(unterminated)?;
        let (digits, radix) = match escaped {
            'a' => (0, '\u{7}' as u32),
            'b' => (0, '\u{8}' as u32),
            'f' => (0, '\u{c}' as u32),
            'n' => (0, '\n' as u32),
            'r' => (0, '\r' as u32),
            't' => (0, '\t' as u32),
            'v' => (0, '\u{b}' as u32),
            '\\' => (0, '\\' as u32),
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            it if it == quote => (0, it as u32),
            it => {
                return Err(Error::parse(format_args!("unknown escape sequence {it:?}")));
            }
        };
        let bad = || Error::parse("illegal character in escape sequence");
        let mut code = if digits == 0 { radix } else { 0 };
        for _ in 0..digits {
            let digit = chars.next().and_then(|it| it.1.to_digit(radix));
            code = code.checked_mul(radix).ok_or_else(bad)?;
            code += digit.ok_or_else(bad)?;
        }
        read.push(char::from_u32(code).ok_or_else(bad)?);
    }
    Err(unterminated())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1y2w3d4h5m6s7ms", Some(33_019_506_007)),
            ("0s", Some(0)),
            ("30m1h", None),
            ("1m1m", None),
            ("5", None),
            ("m", None),
            ("", None),
            ("99999999999999999999y", None),
            ("9223372036854775807y", None),
        ] {
            assert_eq!(duration(text), ms, "{text}");
        }
    }

    #[test]
    fn tokens_of_all_kinds() {
        let found =
            tokens("a:b{x=~\"\\u00e9\\n\"}[5m:1m] != 0x1F + .5e-1 # no more\n@ 1.5").unwrap();
        let sign = Token::Sign;
        assert_eq!(
            found,
            [
                Token::Word("a:b".into()),
                sign("{"),
                Token::Word("x".into()),
                sign("=~"),
                Token::Text("é\n".into()),
                sign("}"),
                sign("["),
                Token::Duration(300_000),
                sign(":"),
                Token::Duration(60_000),
                sign("]"),
                sign("!="),
                Token::Number(31.0),
                sign("+"),
                Token::Number(0.05),
                sign("@"),
                Token::Number(1.5),
                Token::End
            ]
        );
        for bad in [
            "\"a",
            "'a\n'",
            "1x",
            "$",
            "\"\\q\"",
            "\"\\xg0\"",
            "\"\\ud800\"",
            "é",
        ] {
            assert!(tokens(bad).is_err(), "{bad}");
        }
    }
}
