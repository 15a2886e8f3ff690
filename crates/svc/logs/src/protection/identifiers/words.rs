//! Words that must stand near what is meant, and where in a text there are any: most of what looks like a number of somebody is
//! none, and is passed over without a closer look.

use std::ops::Range;

use regex::Regex;

use super::NEAR;

/// Bytes of a character, and of the longest match of an identifier with words.
const CHARACTER: usize = 4;
const MATCH: usize = 64;

/// The words of an identifier.
#[derive(Debug)]
pub(super) struct Words {
    whole: Regex,
    /// The same, whatever follows.
    begun: Regex,
    /// Characters of the longest.
    longest: usize,
}

impl Words {
    pub(super) fn new(words: &[&str]) -> Self {
        let each = words.iter().map(|it| {
            let spaced = it.replace(['-', '_'], " ");
            regex::escape(&spaced).replace(' ', " ?")
        });
        let each: Vec<String> = each.collect();
        let begun = format!(r"(?i)(?:^|[^\p{{L}}])(?:{})", each.join("|"));
        let compiled = |text: &str| Regex::new(text).expect("the table is tested");
        let longest = words.iter().map(|it| it.chars().count()).max();
        Self {
            whole: compiled(&format!(r"{begun}(?:[^\p{{L}}]|$)")),
            begun: compiled(&begun),
            longest: longest.unwrap_or_default(),
        }
    }

    /// Whether one of them stands near, whole, before or behind what is between.
    pub(super) fn are_near(&self, before: &str, behind: &str) -> bool {
        let reach = NEAR + self.longest;
        let from = before.char_indices().rev().take(reach).last();
        let before = &before[from.map_or(before.len(), |it| it.0)..];
        let to = behind.char_indices().nth(reach);
        let behind = &behind[..to.map_or(behind.len(), |it| it.0)];
        let is_in = |text: &str| self.whole.is_match(&Spaced::new(text).text);
        is_in(before) || is_in(behind)
    }

    /// Where in a text it is worth to look whether they are near.
    pub(super) fn places(&self, text: &Spaced) -> Places {
        // One word may begin within another.
        let reach = CHARACTER * (NEAR + 2 * self.longest) + MATCH;
        let mut all: Vec<Range<usize>> = Vec::new();
        for word in self.begun.find_iter(&text.text) {
            let start = text.place(word.start()).saturating_sub(reach);
            let end = text.place(word.end()) + reach;
            match all.last_mut() {
                Some(last) if start <= last.end => last.end = end.max(last.end),
                _ => all.push(start..end),
            }
        }
        Places(all)
    }
}

/// Parts of a text, one behind the other.
#[derive(Debug)]
pub(super) struct Places(Vec<Range<usize>>);

impl Places {
    /// Where the first begins that reaches `at` or lies behind it.
    pub(super) fn next(&self, at: usize) -> Option<usize> {
        let first = self.0.partition_point(|it| it.end < at);
        self.0.get(first).map(|it| it.start)
    }
}

/// A text with spaces for hyphens and underscores, and before the humps of a name (`taxId`).
#[derive(Debug)]
pub struct Spaced {
    text: String,
    /// Where in it there is a space more than there was.
    added: Vec<usize>,
}

impl Spaced {
    pub fn new(of: &str) -> Self {
        let (mut text, mut added) = (String::with_capacity(of.len() + 8), Vec::new());
        let mut was_small = false;
        for c in of.chars() {
            if was_small && c.is_uppercase() {
                added.push(text.len());
                text.push(' ');
            }
            was_small = c.is_lowercase();
            text.push(if matches!(c, '-' | '_') { ' ' } else { c });
        }
        Self { text, added }
    }

    /// Where a byte of it was in the text that it was made of.
    fn place(&self, at: usize) -> usize {
        at - self.added.partition_point(|it| *it < at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_text_that_was_given() {
        let text = "aBcDeF my_taxId: 1";
        let spaced = Spaced::new(text);
        assert_eq!(spaced.text, "a Bc De F my tax Id: 1");
        let at = spaced.text.find("tax").unwrap();
        assert_eq!(spaced.place(at), text.find("tax").unwrap());
        assert_eq!(spaced.place(spaced.text.len()), text.len());
        assert_eq!(spaced.place(0), 0);
    }

    #[test]
    fn places_reach_as_far_as_words_do() {
        let words = Words::new(&["tax id"]);
        let far = " ".repeat(2000);
        let text = format!("{far}taxId{far}tax-ids{far}syntax id");
        let places = words.places(&Spaced::new(&text));
        let [first, second] = &places.0[..] else {
            panic!("{places:?}");
        };
        let reach = NEAR + 6;
        assert!(first.start <= 2000 - reach && first.end >= 2005 + reach);
        assert!(second.contains(&4005) && second.start > first.end);
        assert_eq!(places.next(0), Some(first.start));
        assert_eq!(places.next(2000), Some(first.start));
        assert_eq!(places.next(first.end + 1), Some(second.start));
        assert_eq!(places.next(text.len()), None);
        assert!(words.are_near("taxId=", "") && words.are_near("", " TAX_ID"));
        assert!(!words.are_near("tax ids", "") && !words.are_near("syntax id", ""));
    }
}
