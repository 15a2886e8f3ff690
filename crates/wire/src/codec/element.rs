//! XML of requests as a tree. What SDKs send is a small part of the language: elements, attributes,
//! text, the five named entities and numbers of characters. Declarations of types are refused, so
//! nothing refers to anything.

use super::{MAX_DEPTH, Malformed};

/// Elements and attributes of one body; each takes some hundred bytes.
const MAX_NODES: usize = 100_000;

#[derive(Debug, Default, PartialEq)]
pub struct Element {
    /// Without its prefix.
    pub name: String,
    /// With their prefixes: `xsi:type`.
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|it| it.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The root of a body.
pub fn parse(body: &[u8]) -> Result<Element, Malformed> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let mut reader = Reader {
        left: text.trim_start_matches('\u{feff}'),
        nodes: 0,
    };
    reader.document()
}

fn malformed(why: &str) -> Malformed {
    Malformed::new(format!("The XML you provided was not well-formed: {why}"))
}

struct Reader<'a> {
    left: &'a str,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Element, Malformed> {
        // Open elements, from the root on.
        let mut open: Vec<Element> = Vec::new();
        loop {
            let before = self.until("<");
            let text = before.unwrap_or(self.left);
            match open.last_mut() {
                Some(element) => unescape(text, &mut element.text)?,
                None if text.trim().is_empty() => {}
                None => return Err(malformed("text stands outside of the root")),
            }
            if before.is_none() {
                return Err(malformed("it ends within an element"));
            }
            let Some(closed) = self.markup(&mut open)? else {
                continue;
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return self.ended().map(|()| closed),
            }
        }
    }

    /// After the root.
    fn ended(&mut self) -> Result<(), Malformed> {
        match self.left.trim().is_empty() {
            true => Ok(()),
            false => Err(malformed("something follows the root")),
        }
    }

    /// What comes before `end`, which is taken too.
    fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, after) = self.left.split_once(end)?;
        self.left = after;
        Some(before)
    }

    fn through(&mut self, end: &str) -> Result<&'a str, Malformed> {
        self.until(end)
            .ok_or_else(|| malformed("it ends within markup"))
    }

    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.left.strip_prefix(prefix);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// What follows a `<`; the element that it closes.
    fn markup(&mut self, open: &mut Vec<Element>) -> Result<Option<Element>, Malformed> {
        if self.take("?") {
            self.through("?>")?;
        } else if self.take("!--") {
            self.through("-->")?;
        } else if self.take("![CDATA[") {
            let text = self.through("]]>")?;
            let within = open.last_mut();
            let within = within.ok_or_else(|| malformed("text stands outside of the root"))?;
            within.text.push_str(text);
        } else if self.take("!") {
            return Err(malformed("declarations are not understood"));
        } else if self.take("/") {
            let name = local(self.through(">")?.trim_end());
            let closed = open.pop().filter(|it| it.name == name);
            return closed
                .map(Some)
                .ok_or_else(|| malformed("an end has no start"));
        } else {
            if open.len() == MAX_DEPTH {
                return Err(malformed("it is nested too deep"));
            }
            let (element, is_empty) = self.start()?;
            if is_empty {
                return Ok(Some(element));
            }
            open.push(element);
        }
        Ok(None)
    }

    /// A start tag, and whether it is an end too.
    fn start(&mut self) -> Result<(Element, bool), Malformed> {
        let mut element = Element {
            name: local(self.name()?).to_owned(),
            ..Element::default()
        };
        self.count()?;
        loop {
            self.left = self.left.trim_start();
            if self.take("/>") {
                return Ok((element, true));
            }
            if self.take(">") {
                return Ok((element, false));
            }
            let name = self.name()?;
            self.left = self.left.trim_start();
            if !self.take("=") {
                return Err(malformed("an attribute has no value"));
            }
            self.left = self.left.trim_start();
            let quote = if self.take("\"") {
                "\""
            } else if self.take("'") {
                "'"
            } else {
                return Err(malformed("an attribute's value is not quoted"));
            };
            let mut value = String::new();
            unescape(self.through(quote)?, &mut value)?;
            self.count()?;
            element.attributes.push((name.to_owned(), value));
        }
    }

    fn count(&mut self) -> Result<(), Malformed> {
        self.nodes += 1;
        match self.nodes > MAX_NODES {
            true => Err(malformed("it has too many elements")),
            false => Ok(()),
        }
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<' | '"' | '\'');
        let end = self.left.find(ends).unwrap_or(self.left.len());
        let (name, left) = self.left.split_at(end);
        self.left = left;
        match name.is_empty() {
            true => Err(malformed("a name is missing")),
            false => Ok(name),
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn unescape(text: &str, to: &mut String) -> Result<(), Malformed> {
    let mut pieces = text.split('&');
    to.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece
            .split_once(';')
            .ok_or_else(|| malformed("an entity has no end"))?;
        to.push(entity(name).ok_or_else(|| malformed("an entity is not known"))?);
        to.push_str(rest);
    }
    Ok(())
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix("#x") {
            Some(digits) => number(digits, 16),
            None => number(name.strip_prefix('#')?, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_text() {
        let body = "<?xml version='1.0'?><!-- a --><s3:A xmlns=\"u\" x:t='&lt;1'><B/> \
                    <C >a &amp;&#x62;<![CDATA[<c>]]></C></s3:A>\n";
        let root = parse(body.as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("A", 2));
        assert_eq!(root.attribute("x:t"), Some("<1"));
        assert_eq!(root.child("C").unwrap().text, "a &b<c>");
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for (body, why) in [
            ("", "ends within"),
            ("a", "outside of the root"),
            ("<a>", "ends within"),
            ("<a", "a name is missing"),
            ("<a></b>", "no start"),
            ("</a>", "no start"),
            ("<a/><b/>", "follows the root"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declarations"),
            ("<a>&b;</a>", "not known"),
            ("<a>&#xd800;</a>", "not known"),
            ("<a>&b", "no end"),
            ("<a b>", "no value"),
            ("<a b=c>", "not quoted"),
            ("<a b='c>", "ends within markup"),
            ("<![CDATA[a]]>", "outside of the root"),
        ] {
            let error = parse(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{body}: {error}");
        }
        assert!(parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn depth_and_elements_are_bounded() {
        let nested = |times: usize| format!("{}{}", "<a>".repeat(times), "</a>".repeat(times));
        parse(nested(MAX_DEPTH).as_bytes()).unwrap();
        let deep = parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(deep.to_string().contains("nested too deep"));
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_NODES));
        let wide = parse(wide.as_bytes()).unwrap_err();
        assert!(wide.to_string().contains("too many elements"));
    }
}
