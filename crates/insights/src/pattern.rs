//! Clusters of texts that are alike but for numbers, ids, addresses and single words.
//!
//! A text is cut at white space and signs. Pieces that look like data are tokens at once; a text then joins the first
//! cluster of as many pieces, and the same first one, with which it shares enough, and where the two differ there is
//! a token.

use std::collections::HashMap;

use crate::value::Value;

/// Of the words of a pattern so many must be the same, in parts of a hundred.
const ALIKE: usize = 60;
/// Pieces of a text that are looked at.
const MOST_PIECES: usize = 400;
/// Clusters of one shape, and of all: texts that fit none are then told as one.
const MOST_OF_SHAPE: usize = 100;
const MOST: usize = 5000;
/// What a cluster takes in memory beside its texts.
const PER_CLUSTER: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Clusters {
    all: Vec<Cluster>,
    /// By the number of pieces and the first word.
    shapes: HashMap<(usize, Box<str>), Vec<usize>>,
    other: [u64; 2],
    bytes: usize,
}

#[derive(Debug)]
struct Cluster {
    pieces: Vec<Piece>,
    /// Now, and earlier.
    counts: [u64; 2],
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Word(Box<str>),
    /// White space or a sign.
    Between(Box<str>),
    Token(&'static str),
}

/// A pattern: its text, how many have it now and had it earlier, its severity.
pub(crate) struct Found {
    pub pattern: String,
    pub counts: [u64; 2],
    pub severity: &'static str,
}

impl Clusters {
    pub fn add(&mut self, value: &Value<'_>, is_earlier: bool) {
        let Some(text) = value.shown() else {
            return;
        };
        let mut counts = [0, 0];
        counts[usize::from(is_earlier)] = 1;
        self.put(pieces(&text), counts, severity(&text));
    }

    fn put(&mut self, pieces: Vec<Piece>, counts: [u64; 2], severity: &'static str) {
        let first = pieces.iter().find_map(|piece| match piece {
            Piece::Word(word) => Some(word.clone()),
            _ => None,
        });
        let shape = (pieces.len(), first.unwrap_or_default());
        let shape_bytes = PER_CLUSTER + shape.1.len();
        let known = self.shapes.get(&shape).map_or(&[][..], Vec::as_slice);
        for index in known {
            let cluster = &mut self.all[*index];
            if cluster.severity == severity && cluster.joins(&pieces) {
                cluster.add(counts);
                return;
            }
        }
        if known.len() >= MOST_OF_SHAPE || self.all.len() >= MOST {
            self.other = [self.other[0] + counts[0], self.other[1] + counts[1]];
            return;
        }
        self.shapes.entry(shape).or_default().push(self.all.len());
        self.bytes += shape_bytes + pieces.iter().map(Piece::bytes).sum::<usize>();
        self.all.push(Cluster {
            pieces,
            counts,
            severity,
        });
    }

    pub fn join(&mut self, other: Self) {
        for cluster in other.all {
            self.put(cluster.pieces, cluster.counts, cluster.severity);
        }
        self.other = [
            self.other[0] + other.other[0],
            self.other[1] + other.other[1],
        ];
    }

    /// In memory, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The most frequent first.
    pub fn found(&self) -> Vec<Found> {
        let each = self.all.iter().map(|it| Found {
            pattern: it.text(),
            counts: it.counts,
            severity: it.severity,
        });
        let mut found: Vec<Found> = each.collect();
        if self.other != [0, 0] {
            found.push(Found {
                pattern: "<Token-1>".to_owned(),
                counts: self.other,
                severity: "",
            });
        }
        found.sort_by(|a, b| {
            b.counts
                .cmp(&a.counts)
                .then_with(|| a.pattern.cmp(&b.pattern))
        });
        found
    }
}

impl Piece {
    /// In memory, with what a vector leaves free.
    fn bytes(&self) -> usize {
        2 * size_of::<Self>()
            + match self {
                Self::Word(text) | Self::Between(text) => text.len(),
                Self::Token(_) => 0,
            }
    }
}

impl Cluster {
    /// Takes in a text of as many pieces if it is alike.
    fn joins(&mut self, pieces: &[Piece]) -> bool {
        let (mut words, mut same) = (0, 0);
        for (own, other) in self.pieces.iter().zip(pieces) {
            match (own, other) {
                (Piece::Between(own), Piece::Between(other)) if own == other => {}
                (Piece::Between(_), _) | (_, Piece::Between(_)) => return false,
                (own, other) => {
                    words += 1;
                    same += usize::from(own == other);
                }
            }
        }
        if same * 100 < words * ALIKE {
            return false;
        }
        for (own, other) in self.pieces.iter_mut().zip(pieces) {
            if own != other {
                *own = Piece::Token("Token");
            }
        }
        true
    }

    fn add(&mut self, counts: [u64; 2]) {
        self.counts[0] += counts[0];
        self.counts[1] += counts[1];
    }

    fn text(&self) -> String {
        let (mut text, mut number) = (String::new(), 0);
        for piece in &self.pieces {
            match piece {
                Piece::Word(part) | Piece::Between(part) => text.push_str(part),
                Piece::Token(kind) => {
                    number += 1;
                    text.push_str(&format!("<{kind}-{number}>"));
                }
            }
        }
        text
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || "()[]{}<>\"',;=|".contains(c)
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if all.len() >= MOST_PIECES {
            all.push(Piece::Token("Token"));
            break;
        }
        let between = is_between(first);
        let end = match between {
            true => rest.find(|c: char| !is_between(c)),
            false => rest.find(is_between),
        };
        let (piece, more) = rest.split_at(end.unwrap_or(rest.len()));
        rest = more;
        match between {
            true => all.push(Piece::Between(piece.into())),
            false => word(piece, &mut all),
        }
    }
    all
}

/// A word, with signs at its end apart.
fn word(text: &str, all: &mut Vec<Piece>) {
    let core = text.trim_end_matches([':', '.', '!', '?']);
    if core.is_empty() {
        return all.push(Piece::Between(text.into()));
    }
    all.push(match kind(core) {
        Some(kind) => Piece::Token(kind),
        None => Piece::Word(core.into()),
    });
    if core.len() < text.len() {
        all.push(Piece::Between(text[core.len()..].into()));
    }
}

/// What kind of data a word is, if it looks like some.
fn kind(word: &str) -> Option<&'static str> {
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|it| it.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let all = |fits: fn(&u8) -> bool| bytes.iter().all(fits);
    let is_uuid = word.len() == 36
        && bytes.iter().filter(|it| **it == b'-').count() == 4
        && all(|it| it.is_ascii_hexdigit() || *it == b'-');
    let is_number =
        all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+' | b'%' | b'e' | b'E'));
    let is_time = digits >= 4
        && bytes
            .iter()
            .filter(|it| matches!(it, b':' | b'-' | b'/'))
            .count()
            >= 2
        && all(|it| {
            it.is_ascii_digit() || matches!(it, b':' | b'-' | b'/' | b'.' | b'T' | b'Z' | b'+')
        });
    let address = word.rsplit_once(':').map_or(word, |(address, _)| address);
    Some(
        if word.parse::<std::net::IpAddr>().is_ok() || address.parse::<std::net::Ipv4Addr>().is_ok()
        {
            "IPAddress"
        } else if is_uuid {
            "UUID"
        } else if is_time {
            "Time"
        } else if is_number {
            "Number"
        } else {
            "Token"
        },
    )
}

/// The severity that a text names, by its first word that does.
fn severity(text: &str) -> &'static str {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let named = words.filter_map(|word| {
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        if is(&[
            "error",
            "err",
            "fatal",
            "critical",
            "severe",
            "panic",
            "exception",
        ]) {
            Some("Error")
        } else if is(&["warn", "warning"]) {
            Some("Warning")
        } else if is(&["info", "notice"]) {
            Some("Info")
        } else if is(&["debug", "trace"]) {
            Some("Debug")
        } else {
            None
        }
    });
    let mut named = named;
    named.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(texts: &[&str]) -> Vec<(String, u64, &'static str)> {
        let mut all = Clusters::default();
        texts
            .iter()
            .for_each(|text| all.add(&Value::text(text), false));
        let found = all.found().into_iter();
        found
            .map(|it| (it.pattern, it.counts[0], it.severity))
            .collect()
    }

    #[test]
    fn alike_texts_are_one_pattern() {
        let found = clusters(&[
            "[INFO] Request time: 327 ms",
            "[INFO] Request time: 12.5 ms",
            "[ERROR] 10.0.0.1 failed for user anna",
            "[ERROR] 10.0.0.2 failed for user bert",
            "[ERROR] 10.0.0.2 failed for user carl",
            "2024-01-02T03:04:05.678Z 3f1e2a34-0000-4000-8000-123456789abc warn",
        ]);
        assert_eq!(
            found,
            [
                (
                    "[ERROR] <IPAddress-1> failed for user <Token-2>".to_owned(),
                    3,
                    "Error"
                ),
                ("[INFO] Request time: <Number-1> ms".to_owned(), 2, "Info"),
                ("<Time-1> <UUID-2> warn".to_owned(), 1, "Warning"),
            ]
        );
    }

    #[test]
    fn there_are_so_many_patterns_at_most() {
        let letters = |n: usize| {
            (0..6)
                .map(|at| (b'a' + (n >> (at * 3)) as u8 % 8) as char)
                .collect::<String>()
        };
        let texts: Vec<String> = (0..10_000).map(letters).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = clusters(&texts);
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(found.iter().map(|it| it.1).sum::<u64>(), 10_000);
    }

    #[test]
    fn runs_joined_count_all() {
        let mut one = Clusters::default();
        let mut two = Clusters::default();
        for n in 0..100 {
            one.add(&Value::owned(format!("took {n} ms")), false);
            two.add(&Value::owned(format!("took {n}.5 ms")), true);
        }
        one.join(two);
        let found = one.found();
        assert_eq!((found.len(), found[0].counts), (1, [100, 100]));
        assert_eq!(found[0].pattern, "took <Number-1> ms");
    }
}
