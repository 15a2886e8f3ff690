//! XML as SAML needs it: within bounds, without document types, and with text that cannot be read in two ways.

use uppsala::{Document, NodeId, NodeKind, Parser};

use super::scan;

/// How deep elements may lie in each other.
const MAX_DEPTH: u32 = 64;
/// Elements of a document: far more than any assertion has.
pub(super) const MAX_ELEMENTS: usize = 20_000;

/// Bytes that the five entities of XML itself may stand for.
const MAX_EXPANSION: usize = 1 << 20;

pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
pub(super) const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// It is no XML, or XML that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A document, read.
pub(super) struct Xml<'a>(pub Document<'a>);

impl<'a> Xml<'a> {
    /// Of any provider: comments are passed over.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        scan::check(text)?;
        let parser = Parser::new()
            .with_max_depth(MAX_DEPTH)
            .with_max_entity_expansion(MAX_EXPANSION)
            .with_forbid_dtd(true)
            .with_forbid_entities(true);
        let xml = Self(parser.parse(text).map_err(|_| Malformed)?);
        let root = xml.root()?;
        match xml.all(root).len() <= MAX_ELEMENTS {
            true => Ok(xml),
            false => Err(Malformed),
        }
    }

    /// Of what is signed: no comments, instructions and sections of characters either, which parsers and signatures
    /// see differently.
    pub fn strict(text: &'a str) -> Result<Self, Malformed> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let body = match text.starts_with("<?xml ") {
            true => text.split_once("?>").ok_or(Malformed)?.1,
            false => text,
        };
        if body.contains("<!") || body.contains("<?") {
            return Err(Malformed);
        }
        Self::read(text)
    }

    pub fn root(&self) -> Result<NodeId, Malformed> {
        self.0.document_element().ok_or(Malformed)
    }

    pub fn is(&self, node: NodeId, namespace: &str, name: &str) -> bool {
        let element = self.0.element(node);
        element.is_some_and(|it| it.matches_name_ns(namespace, name))
    }

    /// The name without its namespace.
    pub fn local_name(&self, node: NodeId) -> &str {
        let element = self.0.element(node);
        element.map_or("", |it| &*it.name.local_name)
    }

    /// The element and all elements below it.
    pub fn all(&self, node: NodeId) -> Vec<NodeId> {
        let below = self.0.descendants(node).into_iter();
        let all = std::iter::once(node).chain(below.filter(|it| *it != node));
        all.filter(|it| self.0.element(*it).is_some()).collect()
    }

    pub fn children(&self, node: NodeId, namespace: &str, name: &str) -> Vec<NodeId> {
        let all = self.0.children_iter(node);
        all.filter(|it| self.is(*it, namespace, name)).collect()
    }

    /// The only child of that name; `None` if there is none.
    pub fn at_most_one(
        &self,
        node: NodeId,
        namespace: &str,
        name: &str,
    ) -> Result<Option<NodeId>, Malformed> {
        match self.children(node, namespace, name)[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Malformed),
        }
    }

    pub fn one(&self, node: NodeId, namespace: &str, name: &str) -> Result<NodeId, Malformed> {
        self.at_most_one(node, namespace, name)?.ok_or(Malformed)
    }

    /// An attribute without a namespace.
    pub fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        let element = self.0.element(node)?;
        let mut all = element.attributes.iter();
        let found = all.find(|it| it.name.matches(None, name));
        found.map(|it| &*it.value)
    }

    /// The text of an element that has nothing else in it.
    pub fn text(&self, node: NodeId) -> Result<String, Malformed> {
        let mut text = String::new();
        for child in self.0.children_iter(node) {
            match self.0.node_kind(child) {
                Some(NodeKind::Text(part)) => text.push_str(part),
                _ => return Err(Malformed),
            }
        }
        Ok(text.trim().to_owned())
    }
}
