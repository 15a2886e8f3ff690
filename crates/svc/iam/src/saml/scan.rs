//! A look at the bytes of a document before the parser sees it, whose work and memory some documents drive far beyond
//! their size: it compares every attribute of a tag with every other, and gives each element its namespace.

use super::xml::Malformed;

/// Tags, comments and sections of a document: two tags an element.
const MAX_MARKS: usize = 2 * super::xml::MAX_ELEMENTS;
/// Bytes between `<` and `>`. What providers write there has some hundred.
const MAX_TAG: usize = 64 << 10;
const MAX_ATTRIBUTES: usize = 256;
/// Namespaces that one tag declares.
const MAX_DECLARATIONS: usize = 32;
const MAX_NAMESPACE: usize = 1024;

/// Refuses a document that is dear to parse, and some that are no XML. It finds the same tags as any parser: where
/// the two could differ, in a `<` within a tag, it refuses.
pub(super) fn check(text: &str) -> Result<(), Malformed> {
    let mut rest = text.as_bytes();
    let mut marks = 0;
    while let Some(at) = rest.iter().position(|it| *it == b'<') {
        marks += 1;
        if marks > MAX_MARKS {
            return Err(Malformed);
        }
        rest = &rest[at + 1..];
        let length = match rest {
            [b'!', b'-', b'-', inside @ ..] => 3 + past(inside, b"-->")?,
            [b'!', inside @ ..] if inside.starts_with(b"[CDATA[") => 1 + past(inside, b"]]>")?,
            [b'?', inside @ ..] => 1 + past(inside, b"?>")?,
            // A document type.
            [b'!', ..] => return Err(Malformed),
            _ => tag(rest)?,
        };
        rest = &rest[length..];
    }
    Ok(())
}

/// How many bytes there are up to the end of `end`.
fn past(text: &[u8], end: &[u8]) -> Result<usize, Malformed> {
    let at = text.windows(end.len()).position(|it| it == end);
    at.map(|at| at + end.len()).ok_or(Malformed)
}

/// The length of the tag that begins here, behind its `<`.
fn tag(text: &[u8]) -> Result<usize, Malformed> {
    let (mut at, mut attributes, mut declarations) = (0, 0, 0);
    // Where the name of the next attribute begins at the earliest.
    let mut name_from = 0;
    while at < text.len().min(MAX_TAG) {
        match text[at] {
            b'>' => return Ok(at + 1),
            b'<' => return Err(Malformed),
            quote @ (b'"' | b'\'') => {
                let inside = &text[at + 1..];
                let inside = &inside[..inside.len().min(MAX_TAG)];
                let length = inside.iter().position(|it| *it == quote);
                let value = &inside[..length.ok_or(Malformed)?];
                attributes += 1;
                let declares = is_declaration(&text[name_from..at]);
                declarations += usize::from(declares);
                // One with a reference or a break is copied into every element that is in it.
                let is_plain = || !value.iter().any(|it| b"&\t\r\n".contains(it));
                if attributes > MAX_ATTRIBUTES
                    || declarations > MAX_DECLARATIONS
                    || value.contains(&b'<')
                    || declares && (value.len() > MAX_NAMESPACE || !is_plain())
                {
                    return Err(Malformed);
                }
                at += value.len() + 2;
                name_from = at;
            }
            _ => at += 1,
        }
    }
    Err(Malformed)
}

/// Whether what is in front of a value, `NAME =`, declares a namespace.
fn is_declaration(before: &[u8]) -> bool {
    let mut words = before.split(|it| it.is_ascii_whitespace() || *it == b'=');
    words.any(|it| it.starts_with(b"xmlns"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::xml::Xml, *};

    fn refused(text: &str) {
        assert_eq!(
            check(text),
            Err(Malformed),
            "{}",
            &text[..text.len().min(80)]
        );
        assert!(Xml::read(text).is_err());
    }

    #[test]
    fn what_is_dear_to_parse_is_refused_before() {
        let long = "x".repeat(MAX_NAMESPACE + 1);
        let attributes = |count: usize, prefix: &str| -> String {
            (0..count).map(|it| format!(" {prefix}{it}='u'")).collect()
        };
        refused(&format!("<a>{}</a>", "<b/>".repeat(MAX_MARKS)));
        refused(&format!("<a>{}</a>", "<!---->".repeat(MAX_MARKS)));
        refused(&format!("<a xmlns='{long}'/>"));
        refused(&format!("<a xmlns:b = \n \"{long}\"/>"));
        refused("<a xmlns='u&amp;v'/>");
        refused("<a x='1' xmlns:b='u&#10;v'/>");
        refused("<a xmlns='u\nv'/>");
        refused(&format!("<a{}/>", attributes(MAX_ATTRIBUTES + 1, "b")));
        refused(&format!(
            "<a{}/>",
            attributes(MAX_DECLARATIONS + 1, "xmlns:b")
        ));
        refused(&format!("<a b='{}'/>", "x".repeat(MAX_TAG)));
        refused(&format!("<a{}/>", " ".repeat(MAX_TAG)));
        for cut in [
            "<a",
            "<a b='",
            "<!-- ",
            "<![CDATA[ ]]",
            "<?x ",
            "<!DOCTYPE a>",
            "<a <b>",
        ] {
            refused(cut);
        }
    }

    #[test]
    fn what_providers_write_is_let_through() {
        let plain = "<?xml version=\"1.0\"?><!-- it's <b> --><a xmlns='u' xmlns:b=\"v\" c='it > \"x\" &amp; y'>\
                     <![CDATA[<x' ]]><b:c b:d = '\n'/>'text\"</a>";
        assert_eq!(check(plain), Ok(()));
        assert!(Xml::read(plain).is_ok());
        let many: String = (0..MAX_ATTRIBUTES)
            .map(|it| format!(" b{it}='u'"))
            .collect();
        assert!(Xml::read(&format!("<a{many}/>")).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_upsets_it(text in "[<>!?a'\"=& \\[\\]-]{0,60}") {
            let _ = check(&text);
        }
    }
}
