//! YAML out, letter for letter as Go's writer has it, which upstream answers with: block style, keys in its order, text in the
//! plainest style that is read as text again, long lines folded.

use super::plain;
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// A space beyond this column is where a line goes on below.
const WIDTH: usize = 80;
/// Longer keys stand behind a `?`, and those of several lines.
const LONGEST_KEY: usize = 128;

pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Writer::default();
    out.value(value, 0, true);
    if !out.text.ends_with('\n') {
        out.text.push('\n');
    }
    out.text.into_bytes()
}

#[derive(Default)]
struct Writer {
    text: String,
    /// Characters in the line.
    column: usize,
}

impl Writer {
    fn put(&mut self, c: char) {
        self.text.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    fn puts(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn line(&mut self, indent: usize) {
        if self.column > 0 {
            self.put('\n');
        }
        self.indent(indent);
    }

    fn indent(&mut self, indent: usize) {
        (0..indent).for_each(|_| self.put(' '));
    }

    /// What a list or map has begins in the line that is there with `goes_on`.
    fn value(&mut self, value: &Value, indent: usize, goes_on: bool) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (index, (name, member)) in sorted(map).into_iter().enumerate() {
                    if index > 0 || !goes_on {
                        self.line(indent);
                    }
                    self.member(name, member, indent);
                }
            }
            Value::Array(list) if !list.is_empty() => {
                for (index, item) in list.iter().enumerate() {
                    if index > 0 || !goes_on {
                        self.line(indent);
                    }
                    self.puts("- ");
                    self.value(item, indent + 2, true);
                }
            }
            Value::Object(_) => self.puts("{}"),
            Value::Array(_) => self.puts("[]"),
            Value::String(text) => self.scalar(text, Some(indent)),
            Value::Number(number) => {
                let number = of_number(number);
                self.puts(&number);
            }
            Value::Null => self.puts("null"),
            Value::Bool(value) => self.puts(if *value { "true" } else { "false" }),
        }
    }

    /// What has lines of its own begins on the next, a list at the key's own depth.
    fn member(&mut self, name: &str, value: &Value, indent: usize) {
        if name.len() > LONGEST_KEY || name.contains(is_break) {
            self.puts("? ");
            self.scalar(name, Some(indent + 2));
            self.line(indent);
            self.puts(": ");
            return self.value(value, indent + 2, true);
        }
        self.scalar(name, None);
        self.put(':');
        match value {
            Value::Object(map) if !map.is_empty() => self.value(value, indent + 2, false),
            Value::Array(list) if !list.is_empty() => self.value(value, indent, false),
            _ => {
                self.put(' ');
                self.value(value, indent + 2, true);
            }
        }
    }

    /// A text whose further lines have this indent; a key has one line.
    fn scalar(&mut self, text: &str, indent: Option<usize>) {
        match style(text, indent.is_none()) {
            Style::Plain => self.folded(text, indent, None),
            Style::Single => self.folded(text, indent, Some('\'')),
            Style::Double => self.double(text, indent),
            Style::Literal => self.literal(text, indent.unwrap_or_default()),
        }
    }

    /// Plain, or quoted by quotes that are doubled within.
    fn folded(&mut self, text: &str, indent: Option<usize>, quote: Option<char>) {
        quote.into_iter().for_each(|quote| self.put(quote));
        let mut is_after_space = false;
        for (at, c) in text.char_indices() {
            let rest = &text[at + c.len_utf8()..];
            match indent {
                Some(indent)
                    if c == ' '
                        && !is_after_space
                        && self.column > WIDTH
                        && !rest.starts_with(' ')
                        && (quote.is_none() || (at > 0 && !rest.is_empty())) =>
                {
                    self.line(indent);
                }
                _ if quote == Some(c) => self.puts("''"),
                _ => self.put(c),
            }
            is_after_space = c == ' ';
        }
        quote.into_iter().for_each(|quote| self.put(quote));
    }

    fn double(&mut self, text: &str, indent: Option<usize>) {
        self.put('"');
        // Go's writer looks for a mark of the order of bytes at the beginning, whatever character it is about to write.
        let is_marked = text.starts_with('\u{feff}');
        let mut is_after_space = false;
        for (at, c) in text.char_indices() {
            let rest = &text[at + c.len_utf8()..];
            match indent {
                _ if is_marked => self.escaped(c),
                Some(indent)
                    if c == ' '
                        && !is_after_space
                        && self.column > WIDTH
                        && at > 0
                        && !rest.is_empty() =>
                {
                    self.line(indent);
                    // Else it would be part of the indent.
                    if rest.starts_with(' ') {
                        self.put('\\');
                    }
                }
                _ if is_printable(c) && !is_break(c) && !matches!(c, '"' | '\\') => self.put(c),
                _ => self.escaped(c),
            }
            is_after_space = c == ' ';
        }
        self.put('"');
    }

    fn escaped(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0b' => 'v',
            '\x0c' => 'f',
            '\r' => 'r',
            '\x1b' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let mut code = String::new();
                let _ = match u32::from(c) {
                    code_point @ ..=0xFF => write!(code, "\\x{code_point:02X}"),
                    code_point @ ..=0xFFFF => write!(code, "\\u{code_point:04X}"),
                    code_point => write!(code, "\\U{code_point:08X}"),
                };
                return self.puts(&code);
            }
        };
        self.put('\\');
        self.put(short);
    }

    /// Line by line, as it is.
    fn literal(&mut self, text: &str, indent: usize) {
        self.put('|');
        if text.starts_with([' ', '\n']) {
            self.put('2');
        }
        match text.strip_suffix('\n') {
            None => self.put('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.put('+'),
            Some(_) => {}
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        for line in text.split('\n') {
            self.put('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.puts(line);
            }
        }
        // The next line begins by itself, though the last one may be empty.
        self.put('\n');
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str, is_key: bool) -> Style {
    let is_ours = text.chars().all(|c| is_printable(c) && !is_other_break(c));
    if text.is_empty() || !is_ours || text.contains(" \n") {
        return Style::Double;
    }
    if text.contains('\n') {
        return if text.ends_with(' ') {
            Style::Double
        } else {
            Style::Literal
        };
    }
    // Go's writer leaves this key as it is, and no reader finds it again.
    let is_merge = is_key && text == "<<";
    if is_merge || !is_text_when_plain(text) {
        Style::Double
    } else if text.starts_with(' ') || text.ends_with(' ') || has_indicators(text) {
        Style::Single
    } else {
        Style::Plain
    }
}

/// A line or a paragraph ends here too for a reader of YAML 1.1.
fn is_other_break(c: char) -> bool {
    matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_break(c: char) -> bool {
    c == '\n' || is_other_break(c)
}

/// What Go's writer takes for printable, which leaves out tabs and all that is beyond two bytes of UTF-16.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// Whether it says something else than text where it stands in block style.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let bytes = text.as_bytes();
    let is_blank = |at: usize| bytes.get(at).is_none_or(|byte| *byte == b' ');
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
        | b'"' | b'%' | b'@' | b'`'
            if at == 0 =>
        {
            true
        }
        b'?' | b'-' if at == 0 => is_blank(1),
        b':' => is_blank(at + 1),
        b'#' => is_blank(at - 1),
        _ => false,
    })
}

/// A reader of YAML 1.1 takes it for a text without quotes.
fn is_text_when_plain(text: &str) -> bool {
    let is_special = matches!(
        text.strip_prefix(['+', '-']).unwrap_or(text),
        ".inf" | ".Inf" | ".INF"
    ) || matches!(text, ".nan" | ".NaN" | ".NAN");
    !is_special && matches!(plain(text), Value::String(_)) && !is_base_60(text) && !is_time(text)
}

/// Minutes and seconds were a number once.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_of = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut others = parts.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && is_of(first)
        && is_of(fraction)
        && others.peek().is_some()
        && others.all(|part| match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        })
}

/// A day, alone or with a time of it.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let mut rest = &text[5..];
    let Some((month, day)) = number(&mut rest).zip(rest.strip_prefix('-')) else {
        return false;
    };
    rest = day;
    let Some(day) = number(&mut rest) else {
        return false;
    };
    let year: i32 = text[..4].parse().unwrap_or_default();
    if !(1..=12).contains(&month) || day == 0 || day > days(year, month) {
        return false;
    }
    let Some(separator) = rest.chars().next() else {
        return true;
    };
    let has_zone = match separator {
        'T' | 't' => true,
        ' ' => false,
        _ => return false,
    };
    rest = &rest[1..];
    if !is_time_of_day(&mut rest) {
        return false;
    }
    match (has_zone, rest) {
        (false, "") | (true, "Z") => true,
        (true, _) => is_zone(rest),
        (false, _) => false,
    }
}

fn days(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// One digit or two.
fn number(rest: &mut &str) -> Option<u32> {
    let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, behind) = rest.split_at(length);
    *rest = behind;
    digits.parse().ok()
}

fn is_time_of_day(rest: &mut &str) -> bool {
    for (index, most) in [23, 59, 59].into_iter().enumerate() {
        if index > 0 {
            let Some(behind) = rest.strip_prefix(':') else {
                return false;
            };
            *rest = behind;
        }
        if number(rest).is_none_or(|part| part > most) {
            return false;
        }
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let behind = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if behind.len() == fraction.len() {
            return false;
        }
        *rest = behind;
    }
    true
}

/// `+01:30`
fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>, most: u32| {
        text.get(range)
            .filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|two| two.parse().ok())
            .is_some_and(|two: u32| two <= most)
    };
    bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && digits(1..3, 24)
        && digits(4..6, 60)
}

fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by(|(a, _), (b, _)| natural(a, b));
    members
}

/// Letters behind all else, numbers by what they are worth.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else {
        return a.len().cmp(&b.len());
    };
    let (left, right) = (a[at], b[at]);
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left.cmp(&right),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Zeros behind other digits count.
    let is_within = (left == '0' || right == '0')
        && a[..at]
            .iter()
            .rev()
            .take_while(|c| c.is_ascii_digit())
            .any(|c| *c != '0');
    let worth = |text: &[char]| {
        let digits = text.iter().map_while(|c| c.to_digit(10));
        digits.fold((i64::from(is_within), 0), |(worth, count), digit| {
            let more = worth.wrapping_mul(10).wrapping_add(i64::from(digit));
            (more, count + 1)
        })
    };
    worth(&a[at..]).cmp(&worth(&b[at..])).then(left.cmp(&right))
}

/// A float has an exponent where Go's shortest form has one.
fn of_number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
