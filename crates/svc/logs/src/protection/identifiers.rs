//! Managed data identifiers: what each looks like, and what else must be true of it.

mod birth;
mod checks;
mod health;
mod licenses;
mod numbers;
mod words;

use std::{
    cell::LazyCell,
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use regex::Regex;

pub use self::words::Spaced;
use self::{birth::BIRTH, health::HEALTH, licenses::LICENSES, numbers::NUMBERS, words::Words};

/// Characters before and behind a match in which a keyword must stand, as with AWS.
const NEAR: usize = 30;

/// An identifier of the table.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    regex: &'static Regex,
    row: &'static Row,
    words: Option<&'static Words>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    regex: &'static str,
    /// In small letters; one of them stands near, if there are any.
    keywords: &'static [&'static str],
    /// Whole words of which one stands near, if there are any. A space of them may be missing, an underscore or a hyphen.
    words: &'static [&'static str],
    /// Whether one needs no word near it, if some do not.
    needs_none: Option<fn(&str) -> bool>,
    is_one: fn(&str) -> bool,
    /// It is none within a longer word.
    apart: bool,
    /// What looks like one may end with something else: the longest part that is one counts.
    may_be_shorter: bool,
}

/// What a row looks like, and its words.
type Compiled = (Regex, Option<Words>);

/// Each when a policy names it first: together they take a while, and megabytes.
static COMPILED: LazyLock<Vec<OnceLock<Compiled>>> =
    LazyLock::new(|| rows().map(|_| OnceLock::new()).collect());

fn rows() -> impl Iterator<Item = &'static Row> {
    let first = ROWS.iter().chain(&BIRTH).chain(&HEALTH);
    first.chain(&NUMBERS).chain(&LICENSES)
}

impl Managed {
    pub fn named(name: &str) -> Option<Self> {
        let (row, compiled) = rows().zip(&*COMPILED).find(|(it, _)| it.name == name)?;
        let (regex, words) = compiled.get_or_init(|| row.compiled());
        Some(Self {
            regex,
            row,
            words: words.as_ref(),
        })
    }

    /// Whether no custom identifier may be called so. Those that came later may be custom ones of policies from before.
    pub fn is_reserved(name: &str) -> bool {
        ROWS.iter().any(|it| it.name == name)
    }

    /// All that a text has of it. Where none of its words is near, nothing is looked at closely: a text may look like a number
    /// from its first byte to its last.
    pub fn found(
        &self,
        text: &str,
        spaced: &LazyCell<Spaced, impl FnOnce() -> Spaced>,
    ) -> Vec<Range<usize>> {
        let places = LazyCell::new(|| self.words.map(|it| it.places(spaced)));
        let (mut found, mut at) = (Vec::new(), 0);
        while at <= text.len()
            && let Some(next) = self.regex.find_at(text, at)
        {
            let needs_none = self.row.needs_none;
            if let (Some(places), None) = (&*places, needs_none) {
                match places.next(next.start()) {
                    None => break,
                    Some(begin) if begin > next.end() => {
                        at = begin;
                        while !text.is_char_boundary(at) {
                            at += 1;
                        }
                        continue;
                    }
                    Some(_) => {}
                }
            }
            at = if let Some(meant) = self.meant(text, next.range()) {
                let end = meant.end;
                found.push(meant);
                end
            } else {
                // It may hide one that begins within it.
                let first = text[next.start()..].chars().next();
                next.start() + first.map_or(1, char::len_utf8)
            };
        }
        found
    }

    /// What of a match is what it looks like: all of it, or, of some, its longest beginning that is.
    fn meant(&self, text: &str, at: Range<usize>) -> Option<Range<usize>> {
        let shortest = match self.row.may_be_shorter {
            true => at.start + 1,
            false => at.end,
        };
        (shortest..=at.end)
            .rev()
            .filter(|end| text.is_char_boundary(*end))
            .map(|end| at.start..end)
            .find(|part| self.is_meant(text, part.clone()))
    }

    fn is_meant(&self, text: &str, at: Range<usize>) -> bool {
        let (before, behind) = (&text[..at.start], &text[at.end..]);
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let stands_apart =
            || !is_part(before.chars().next_back()) && !is_part(behind.chars().next());
        (!self.row.apart || stands_apart())
            && (self.row.is_one)(&text[at.clone()])
            && self.has_keyword(before, behind)
            && self.has_word(&text[at], before, behind)
    }

    fn has_word(&self, one: &str, before: &str, behind: &str) -> bool {
        let needs_none = self.row.needs_none.is_some_and(|it| it(one));
        let words = self.words.filter(|_| !needs_none);
        words.is_none_or(|it| it.are_near(before, behind))
    }

    fn has_keyword(&self, before: &str, behind: &str) -> bool {
        if self.row.keywords.is_empty() {
            return true;
        }
        let longest = self
            .row
            .keywords
            .iter()
            .map(|it| it.len())
            .max()
            .unwrap_or(0);
        let near = |chars: &mut dyn Iterator<Item = char>| {
            let each = chars.take(NEAR + longest);
            each.map(|c| match c {
                '_' | '-' => ' ',
                c => c.to_ascii_lowercase(),
            })
            .collect::<String>()
        };
        let before: String = near(&mut before.chars().rev()).chars().rev().collect();
        let behind = near(&mut behind.chars());
        self.row
            .keywords
            .iter()
            .any(|it| before.contains(it) || behind.contains(it))
    }
}

impl Row {
    fn compiled(&self) -> Compiled {
        let words = (!self.words.is_empty()).then(|| Words::new(self.words));
        let regex = Regex::new(self.regex).expect("the table is tested");
        (regex, words)
    }
}

const fn row(name: &'static str, regex: &'static str, is_one: fn(&str) -> bool) -> Row {
    Row {
        name,
        regex,
        keywords: &[],
        words: &[],
        needs_none: None,
        is_one,
        apart: true,
        may_be_shorter: false,
    }
}

/// What stands for itself, whatever is around it.
const fn anywhere(name: &'static str, regex: &'static str) -> Row {
    Row {
        name,
        regex,
        keywords: &[],
        words: &[],
        needs_none: None,
        is_one: always,
        apart: false,
        may_be_shorter: false,
    }
}

/// What may end with something else.
const fn longest(name: &'static str, regex: &'static str, is_one: fn(&str) -> bool) -> Row {
    Row {
        name,
        regex,
        keywords: &[],
        words: &[],
        needs_none: None,
        is_one,
        apart: true,
        may_be_shorter: true,
    }
}

const fn near(
    name: &'static str,
    regex: &'static str,
    keywords: &'static [&'static str],
    is_one: fn(&str) -> bool,
) -> Row {
    Row {
        name,
        regex,
        keywords,
        words: &[],
        needs_none: None,
        is_one,
        apart: true,
        may_be_shorter: false,
    }
}

/// What is one if one of some whole words is near.
const fn by_word(
    name: &'static str,
    regex: &'static str,
    words: &'static [&'static str],
    is_one: fn(&str) -> bool,
) -> Row {
    Row {
        name,
        regex,
        keywords: &[],
        words,
        needs_none: None,
        is_one,
        apart: true,
        may_be_shorter: false,
    }
}

fn always(_: &str) -> bool {
    true
}

const IBAN: [&str; 5] = ["iban", "account", "konto", "compte", "cuenta"];

static ROWS: [Row; 18] = [
    anywhere(
        "EmailAddress",
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}",
    ),
    longest("CreditCardNumber", r"[2-6](?:[ -]?[0-9]){11,18}", is_card),
    near(
        "CreditCardExpiration",
        r"(?:0[1-9]|1[0-2])[/-](?:20)?[0-9]{2}",
        &["exp", "valid", "good thru", "card"],
        always,
    ),
    near(
        "CreditCardSecurityCode",
        r"[0-9]{3,4}",
        &[
            "cvv",
            "cvc",
            "cid",
            "csc",
            "security code",
            "verification",
            "card id",
        ],
        always,
    ),
    near(
        "AwsSecretKey",
        r"[A-Za-z0-9/+]{40}",
        &[
            "aws secret access key",
            "credentials",
            "secret access key",
            "secret key",
            "set awscredential",
            "secretaccesskey",
            "secretkey",
        ],
        always,
    ),
    longest(
        "IpAddress",
        r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,6}(?:\.[0-9]{1,3}){3}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}",
        is_address,
    ),
    near(
        "LatLong",
        r"[+-]?[0-9]{1,2}\.[0-9]{3,},\s*[+-]?[0-9]{1,3}\.[0-9]{3,}",
        &["coordinate", "lat", "location", "position", "gps"],
        always,
    ),
    anywhere(
        "OpenSshPrivateKey",
        r"(?s)-----BEGIN OPENSSH PRIVATE KEY-----.*?(?:-----END OPENSSH PRIVATE KEY-----|\z)",
    ),
    anywhere(
        "PgpPrivateKey",
        r"(?s)-----BEGIN PGP PRIVATE KEY BLOCK-----.*?(?:-----END PGP PRIVATE KEY BLOCK-----|\z)",
    ),
    anywhere(
        "PkcsPrivateKey",
        r"(?s)-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----.*?(?:-----END (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----|\z)",
    ),
    anywhere(
        "PuttyPrivateKey",
        r"(?s)PuTTY-User-Key-File-[0-9]:.*?(?:Private-MAC: *[0-9a-fA-F]+|\z)",
    ),
    row(
        "VehicleIdentificationNumber",
        r"[A-HJ-NPR-Z0-9]{17}",
        is_vehicle,
    ),
    near(
        "Ssn-US",
        r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}",
        &["ssn", "ss#", "social security", "social"],
        is_social,
    ),
    near(
        "BankAccountNumber-DE",
        r"DE[0-9]{2}(?: ?[0-9]){18}",
        &IBAN,
        is_iban,
    ),
    near(
        "BankAccountNumber-ES",
        r"ES[0-9]{2}(?: ?[0-9]){20}",
        &IBAN,
        is_iban,
    ),
    near(
        "BankAccountNumber-FR",
        r"FR[0-9]{2}(?: ?[0-9A-Z]){23}",
        &IBAN,
        is_iban,
    ),
    near(
        "BankAccountNumber-GB",
        r"GB[0-9]{2} ?[A-Z]{4}(?: ?[0-9]){14}",
        &IBAN,
        is_iban,
    ),
    near(
        "BankAccountNumber-IT",
        r"IT[0-9]{2} ?[A-Z](?: ?[0-9A-Z]){22}",
        &IBAN,
        is_iban,
    ),
];

fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|it| it.to_digit(10)).collect();
    if !(12..=19).contains(&digits.len()) || !text.ends_with(|it: char| it.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
        || text
            .parse::<Ipv6Addr>()
            .is_ok_and(|it| !it.is_unspecified())
}

fn is_social(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (area, rest) = digits.split_at(3);
    let (group, serial) = rest.split_at(2);
    !(matches!(area, "000" | "666") || area.starts_with('9')) && group != "00" && serial != "0000"
}

/// The ninth character checks the others.
fn is_vehicle(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |c: char| match c {
        '0'..='9' => c.to_digit(10).unwrap_or(0),
        'A'..='H' => c as u32 - 'A' as u32 + 1,
        'J'..='R' => c as u32 - 'J' as u32 + 1,
        _ => c as u32 - 'S' as u32 + 2,
    };
    let sum: u32 = text
        .chars()
        .zip(WEIGHTS)
        .map(|(c, weight)| value(c) * weight)
        .sum();
    let wanted = char::from_digit(sum % 11, 10).unwrap_or('X');
    text.chars().nth(8) == Some(wanted)
}

/// The remainder by 97 of a number that letters have two digits of.
fn is_iban(text: &str) -> bool {
    let text: Vec<char> = text.chars().filter(|it| *it != ' ').collect();
    let turned = text.iter().skip(4).chain(text.iter().take(4));
    let rest = turned.fold(0, |rest, c| match c.to_digit(36) {
        Some(digit @ 0..=9) => (rest * 10 + digit) % 97,
        Some(letter) => (rest * 100 + letter) % 97,
        None => rest,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_rows_compile_and_each_has_its_own_name() {
        let names: BTreeSet<&str> = rows().map(|it| it.name).collect();
        assert_eq!(names.len(), rows().count());
        for name in names {
            assert!(Managed::named(name).is_some_and(|it| it.row.name == name));
        }
    }
}
