//! What a signed assertion says, and whether it is for this service, now.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha1::{Digest as _, Sha1};
use uppsala::NodeId;
use wharf_base::Timestamp;

use super::{
    metadata::Metadata,
    response::SamlError,
    xml::{ASSERTION, Malformed, Xml},
};

/// Whom assertions must be for.
const AUDIENCES: [&str; 2] = [
    "https://signin.aws.amazon.com/saml",
    "urn:amazon:webservices",
];
/// Where they are sent to: of the world, and of a region.
const SIGN_IN: &str = "signin.aws.amazon.com/saml";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const FORMAT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:";

/// A response is to be used this soon after it was made.
const REDEEMED_WITHIN: Duration = Duration::from_secs(300);
/// A provider's clock may be ahead by this.
const AHEAD: Duration = Duration::from_secs(300);

const ROLE: &str = "https://aws.amazon.com/SAML/Attributes/Role";
const SESSION_NAME: &str = "https://aws.amazon.com/SAML/Attributes/RoleSessionName";
const DURATION: &str = "https://aws.amazon.com/SAML/Attributes/SessionDuration";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/SAML/Attributes/SourceIdentity";
const PRINCIPAL_TAG: &str = "https://aws.amazon.com/SAML/Attributes/PrincipalTag:";
const TRANSITIVE_KEYS: &str = "https://aws.amazon.com/SAML/Attributes/TransitiveTagKeys";
/// Attributes of directories that policies can look at, by their names in an assertion.
const OF_DIRECTORIES: [(&str, &str); 17] = [
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1",
        "saml:edupersonaffiliation",
    ),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.2", "saml:edupersonnickname"),
    ("urn:oid:1.3.6.1.4.1.5923.1.1.1.3", "saml:edupersonorgdn"),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.4",
        "saml:edupersonorgunitdn",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.5",
        "saml:edupersonprimaryaffiliation",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
        "saml:edupersonprincipalname",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.7",
        "saml:edupersonentitlement",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.8",
        "saml:edupersonprimaryorgunitdn",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
        "saml:edupersonscopedaffiliation",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
        "saml:edupersontargetedid",
    ),
    (
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.11",
        "saml:edupersonassurance",
    ),
    ("urn:oid:2.5.4.3", "saml:cn"),
    ("urn:oid:2.5.4.4", "saml:surname"),
    ("urn:oid:2.5.4.41", "saml:name"),
    ("urn:oid:2.5.4.42", "saml:givenName"),
    ("urn:oid:0.9.2342.19200300.100.1.1", "saml:uid"),
    ("urn:oid:0.9.2342.19200300.100.1.3", "saml:mail"),
];

/// An assertion that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assertion {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The format of that name, as the provider wrote it.
    format: String,
    /// Where it was sent to.
    pub(crate) recipient: String,
    pub(crate) session_name: String,
    /// The longest that the provider wants the session to last.
    pub(crate) longest: Option<i32>,
    /// When the provider wants it to be over.
    pub(crate) until: Option<Timestamp>,
    pub(crate) source_identity: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) transitive: Vec<String>,
    attributes: BTreeMap<String, Vec<String>>,
}

impl Assertion {
    /// Reads what the provider signed.
    pub(super) fn read(
        xml: &Xml<'_>,
        node: NodeId,
        provider: &Metadata,
        now: Timestamp,
    ) -> Result<Self, SamlError> {
        let issuer = xml.text(xml.one(node, ASSERTION, "Issuer")?)?;
        if issuer != provider.entity {
            return Err(SamlError::Issuer);
        }
        let issued = time(xml, node, "IssueInstant")?.ok_or(SamlError::Malformed)?;
        if now.since(issued) > REDEEMED_WITHIN {
            return Err(SamlError::TooLate);
        }
        if issued > now + AHEAD {
            return Err(SamlError::Times);
        }
        conditions(xml, node, now)?;
        let subject = xml.one(node, ASSERTION, "Subject")?;
        let name = xml.one(subject, ASSERTION, "NameID")?;
        let format = xml.attribute(name, "Format").unwrap_or_default();
        let recipient = recipient(xml, subject, now)?;
        let until = session_end(xml, node)?;
        let attributes = attributes(xml, node)?;
        let single = |name: &str| match attributes.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([one]) => Ok(Some(one.clone())),
            Some(_) => Err(SamlError::Malformed),
        };
        let session_name = single(SESSION_NAME)?.ok_or(SamlError::NoSessionName)?;
        if !is_name(&session_name) {
            return Err(SamlError::SessionName);
        }
        let source_identity = single(SOURCE_IDENTITY)?;
        if source_identity.as_ref().is_some_and(|it| !is_name(it)) {
            return Err(SamlError::SourceIdentity);
        }
        let longest = match single(DURATION)? {
            None => None,
            Some(text) => {
                let seconds = text.parse().ok();
                let seconds = seconds.filter(|it| (900..=43_200).contains(it));
                Some(seconds.ok_or(SamlError::SessionDuration)?)
            }
        };
        let mut tags = BTreeMap::new();
        for name in attributes.keys() {
            if let Some(key) = name.strip_prefix(PRINCIPAL_TAG) {
                let value = single(name).ok().flatten().ok_or(SamlError::Tags)?;
                tags.insert(key.to_owned(), value);
            }
        }
        let transitive = attributes.get(TRANSITIVE_KEYS).cloned();
        Ok(Self {
            issuer,
            subject: xml.text(name)?,
            format: format.to_owned(),
            recipient,
            session_name,
            longest,
            until,
            source_identity,
            tags,
            transitive: transitive.unwrap_or_default(),
            attributes,
        })
    }

    /// Whether it names the role, together with the provider.
    pub(crate) fn grants(&self, role: &str, provider: &str) -> bool {
        let pairs = self.attributes.get(ROLE).into_iter().flatten();
        let mut pairs = pairs.filter_map(|it| it.split_once(','));
        pairs.any(|(one, other)| {
            let canonical = |text: &str| wharf_base::arn::canonical(text.trim()).into_owned();
            let pair = (canonical(one), canonical(other));
            let is = |it: (&str, &str)| it == (role, provider) || it == (provider, role);
            is((pair.0.as_str(), pair.1.as_str()))
        })
    }

    /// As the answer of AWS tells the format: without what all of the standard begin with.
    pub(crate) fn subject_type(&self) -> &str {
        self.format.strip_prefix(FORMAT).unwrap_or(&self.format)
    }

    /// As policies see it: two formats in one word, others by their whole name.
    fn key_of_format(&self) -> &str {
        match self.subject_type() {
            short @ ("persistent" | "transient") => short,
            _ => &self.format,
        }
    }

    /// What tells subjects of one name apart that are of different providers.
    pub(crate) fn name_qualifier(&self, account: &str, provider: &str) -> String {
        let text = format!("{}{account}/{provider}", self.issuer);
        BASE64.encode(Sha1::digest(text.as_bytes()))
    }

    /// The condition keys that it gives to its session.
    pub(crate) fn keys(&self, account: &str, provider: &str) -> BTreeMap<String, Vec<String>> {
        let one = |key: &str, value: String| (key.to_owned(), vec![value]);
        let mut keys = BTreeMap::from([
            one("saml:aud", self.recipient.clone()),
            one("saml:iss", self.issuer.clone()),
            one("saml:sub", self.subject.clone()),
            one("saml:sub_type", self.key_of_format().to_owned()),
            one("saml:doc", format!("{account}/{provider}")),
            one("saml:namequalifier", self.name_qualifier(account, provider)),
        ]);
        for (name, key) in OF_DIRECTORIES {
            if let Some(values) = self.attributes.get(name) {
                keys.insert(key.to_owned(), values.clone());
            }
        }
        keys
    }
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (2..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn time(xml: &Xml<'_>, node: NodeId, name: &str) -> Result<Option<Timestamp>, SamlError> {
    let text = xml.attribute(node, name);
    let read = |text| Timestamp::parse_iso8601(text).ok_or(SamlError::Malformed);
    text.map(read).transpose()
}

/// Within the times of an element.
fn is_now(xml: &Xml<'_>, node: NodeId, now: Timestamp) -> Result<(), SamlError> {
    let begun = time(xml, node, "NotBefore")?.is_none_or(|it| it <= now + AHEAD);
    let over = time(xml, node, "NotOnOrAfter")?.is_some_and(|it| it <= now);
    match begun && !over {
        true => Ok(()),
        false => Err(SamlError::Times),
    }
}

fn conditions(xml: &Xml<'_>, node: NodeId, now: Timestamp) -> Result<(), SamlError> {
    let conditions = xml.one(node, ASSERTION, "Conditions")?;
    is_now(xml, conditions, now)?;
    let restrictions = xml.children(conditions, ASSERTION, "AudienceRestriction");
    // Each of them must hold, and there must be one.
    let mut meant = !restrictions.is_empty();
    for restriction in restrictions {
        let audiences = xml.children(restriction, ASSERTION, "Audience");
        let audiences: Result<Vec<String>, Malformed> =
            audiences.into_iter().map(|it| xml.text(it)).collect();
        meant &= audiences?.iter().any(|it| AUDIENCES.contains(&&**it));
    }
    match meant {
        true => Ok(()),
        false => Err(SamlError::NotForUs("Audience")),
    }
}

/// Where the bearer of the assertion was to bring it.
fn recipient(xml: &Xml<'_>, subject: NodeId, now: Timestamp) -> Result<String, SamlError> {
    let mut problem = SamlError::NotForUs("SubjectConfirmation");
    for confirmation in xml.children(subject, ASSERTION, "SubjectConfirmation") {
        if xml.attribute(confirmation, "Method") != Some(BEARER) {
            continue;
        }
        let data = xml.one(confirmation, ASSERTION, "SubjectConfirmationData")?;
        let recipient = xml.attribute(data, "Recipient").unwrap_or_default();
        if !is_ours(recipient) {
            problem = SamlError::NotForUs("Recipient");
            continue;
        }
        // A bearer's confirmation has an end.
        if time(xml, data, "NotOnOrAfter")?.is_none() {
            problem = SamlError::Times;
            continue;
        }
        match is_now(xml, data, now) {
            Ok(()) => return Ok(recipient.to_owned()),
            Err(why) => problem = why,
        }
    }
    Err(problem)
}

fn is_ours(recipient: &str) -> bool {
    let Some(host) = recipient
        .strip_prefix("https://")
        .and_then(|it| it.strip_suffix(SIGN_IN))
    else {
        return false;
    };
    let region = host.strip_suffix('.');
    let plain =
        |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    host.is_empty() || region.is_some_and(plain)
}

/// The earliest end that its statements of authentication give.
fn session_end(xml: &Xml<'_>, node: NodeId) -> Result<Option<Timestamp>, SamlError> {
    let mut end = None;
    for statement in xml.children(node, ASSERTION, "AuthnStatement") {
        if let Some(at) = time(xml, statement, "SessionNotOnOrAfter")? {
            end = Some(end.map_or(at, |end: Timestamp| end.min(at)));
        }
    }
    Ok(end)
}

fn attributes(xml: &Xml<'_>, node: NodeId) -> Result<BTreeMap<String, Vec<String>>, SamlError> {
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for statement in xml.children(node, ASSERTION, "AttributeStatement") {
        for attribute in xml.children(statement, ASSERTION, "Attribute") {
            let name = xml
                .attribute(attribute, "Name")
                .ok_or(SamlError::Malformed)?;
            let values = all.entry(name.to_owned()).or_default();
            for value in xml.children(attribute, ASSERTION, "AttributeValue") {
                // One with structure is none that anybody here reads.
                if let Ok(text) = xml.text(value) {
                    values.push(text);
                }
            }
        }
    }
    Ok(all)
}
