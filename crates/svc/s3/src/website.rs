//! Buckets that are shown as websites: their configuration, and where a request for a page is sent. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wharf_api_s3::{
    Condition, ErrorDocument, GetBucketWebsiteOutput, IndexDocument, Redirect,
    RedirectAllRequestsTo, RoutingRule, WebsiteConfiguration,
};
use wharf_wire::Fault;

use crate::{
    config_records::{Elsewhere, Routing, Website},
    fault,
};

const MAX_RULES: usize = 50;
/// Bytes of all texts of a configuration, as S3 bounds it.
const MAX_BYTES: usize = 128 << 10;
/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

pub fn none(bucket: &str) -> Fault {
    let text = "The specified bucket does not have a website configuration";
    fault::nothing("NoSuchWebsiteConfiguration", text, bucket)
}

/// The configuration of a request.
///
/// # Errors
/// In S3's words.
pub fn read(given: WebsiteConfiguration) -> Result<Website, Fault> {
    let rules = given.routing_rules.unwrap_or_default();
    if let Some(all) = given.redirect_all_requests_to {
        let alone = given.index_document.is_none() && given.error_document.is_none();
        if !alone || !rules.is_empty() {
            return Err(fault::malformed_xml());
        }
        return bounded(Website {
            elsewhere: Some(Elsewhere {
                host: host(all.host_name)?.ok_or_else(fault::malformed_xml)?,
                protocol: protocol(all.protocol)?,
            }),
            ..Website::default()
        });
    }
    let index = given.index_document.and_then(|it| it.suffix);
    let index = index.ok_or_else(|| {
        let text =
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
        fault::argument(text, "IndexDocument", "null")
    })?;
    if index.is_empty() || index.contains('/') {
        let text = "The IndexDocument Suffix is not well formed";
        return Err(fault::argument(text, "IndexDocument", &index));
    }
    let error = given.error_document.map(|it| it.key.unwrap_or_default());
    if error.as_ref().is_some_and(String::is_empty) {
        let text = "The ErrorDocument Key is not well formed";
        return Err(fault::argument(text, "ErrorDocument", ""));
    }
    if rules.len() > MAX_RULES {
        let text = format!(
            "{} routing rules provided, the number of routing rules in a website configuration is limited to {MAX_RULES}.",
            rules.len()
        );
        return Err(fault::invalid_request(text));
    }
    bounded(Website {
        elsewhere: None,
        index,
        error,
        rules: rules.into_iter().map(rule).collect::<Result<_, _>>()?,
    })
}

fn bounded(site: Website) -> Result<Website, Fault> {
    let length = |it: &Option<String>| it.as_ref().map_or(0, String::len);
    let rules = site.rules.iter();
    let rules: usize = rules
        .map(|it| {
            length(&it.prefix) + length(&it.host) + length(&it.new_prefix) + length(&it.new_key)
        })
        .sum();
    let elsewhere = site.elsewhere.as_ref().map_or(0, |it| it.host.len());
    match rules + elsewhere + site.index.len() + length(&site.error) {
        0..=MAX_BYTES => Ok(site),
        _ => Err(fault::invalid_request(
            "The website configuration is larger than 128 KB.",
        )),
    }
}

fn rule(given: RoutingRule) -> Result<Routing, Fault> {
    let redirect = given.redirect.unwrap_or_default();
    if redirect == Redirect::default() {
        return Err(fault::malformed_xml());
    }
    if given.condition == Some(Condition::default()) {
        return Err(fault::invalid_request(
            "Condition cannot be empty. To redirect all requests without a condition, the condition element \
             shouldn't be present.",
        ));
    }
    let condition = given.condition.unwrap_or_default();
    if redirect.replace_key_prefix_with.is_some() && redirect.replace_key_with.is_some() {
        let text = "You can only define ReplaceKeyPrefix or ReplaceKey but not both.";
        return Err(fault::invalid_request(text));
    }
    let status = condition.http_error_code_returned_equals.map(|code| {
        number(&code, 400..=599).ok_or_else(|| {
            fault::invalid_request(format!(
                "The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
            ))
        })
    });
    let code = redirect.http_redirect_code.map(|code| {
        number(&code, 301..=399).ok_or_else(|| {
            fault::invalid_request(format!(
                "The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
            ))
        })
    });
    Ok(Routing {
        prefix: condition.key_prefix_equals,
        status: status.transpose()?,
        host: host(redirect.host_name)?,
        protocol: protocol(redirect.protocol)?,
        new_prefix: redirect.replace_key_prefix_with,
        new_key: redirect.replace_key_with,
        code: code.transpose()?,
    })
}

fn number(text: &str, valid: std::ops::RangeInclusive<u16>) -> Option<u16> {
    let plain = text.len() == 3 && text.bytes().all(|it| it.is_ascii_digit());
    let number: u16 = text.parse().ok().filter(|_| plain)?;
    valid.contains(&number).then_some(number)
}

/// A name, perhaps with a port, and nothing that would end it in an address.
fn host(given: Option<String>) -> Result<Option<String>, Fault> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    match given {
        Some(name) if name.is_empty() || !name.bytes().all(fits) => {
            let text = "The HostName is not well formed";
            Err(fault::argument(text, "HostName", &name))
        }
        given => Ok(given),
    }
}

fn protocol(given: Option<String>) -> Result<Option<String>, Fault> {
    match given.as_deref() {
        None | Some("http" | "https") => Ok(given),
        Some(_) => Err(fault::invalid_request(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected \
             automatically.",
        )),
    }
}

pub fn shown(site: Website) -> GetBucketWebsiteOutput {
    if let Some(all) = site.elsewhere {
        return GetBucketWebsiteOutput {
            redirect_all_requests_to: Some(RedirectAllRequestsTo {
                host_name: Some(all.host),
                protocol: all.protocol,
            }),
            ..GetBucketWebsiteOutput::default()
        };
    }
    let rules = site.rules.into_iter().map(|it| RoutingRule {
        condition: (it.prefix.is_some() || it.status.is_some()).then_some(Condition {
            http_error_code_returned_equals: it.status.map(|it| it.to_string()),
            key_prefix_equals: it.prefix,
        }),
        redirect: Some(Redirect {
            host_name: it.host,
            http_redirect_code: it.code.map(|it| it.to_string()),
            protocol: it.protocol,
            replace_key_prefix_with: it.new_prefix,
            replace_key_with: it.new_key,
        }),
    });
    GetBucketWebsiteOutput {
        redirect_all_requests_to: None,
        index_document: Some(IndexDocument {
            suffix: Some(site.index),
        }),
        error_document: site.error.map(|key| ErrorDocument { key: Some(key) }),
        routing_rules: Some(rules.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
    }
}

/// A request for a page.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// How it came, and under which name of a host: `https`, `docs.s3-website.localhost:4566`.
    pub protocol: &'a str,
    pub host: &'a str,
    /// The path without its first slash, decoded.
    pub key: &'a str,
}

/// Where a request is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub status: u16,
    pub location: String,
}

impl Website {
    /// Where a request is sent before anything is looked for.
    pub fn at_once(&self, asked: Asked<'_>) -> Option<Sent> {
        if let Some(all) = &self.elsewhere {
            return Some(Sent {
                status: 301,
                location: address(asked, all.protocol.as_deref(), Some(&all.host), asked.key),
            });
        }
        self.sent(asked, None)
    }

    /// Where one is sent that would be answered with an error.
    pub fn after(&self, asked: Asked<'_>, status: u16) -> Option<Sent> {
        self.sent(asked, Some(status))
    }

    /// The first rule whose conditions all hold decides.
    fn sent(&self, asked: Asked<'_>, status: Option<u16>) -> Option<Sent> {
        let begins =
            |rule: &Routing| (rule.prefix.as_ref()).is_none_or(|it| asked.key.starts_with(it));
        let mut rules = self.rules.iter();
        let rule = rules.find(|it| it.status == status && begins(it))?;
        let key = match (&rule.new_key, &rule.new_prefix) {
            (Some(key), _) => key.clone(),
            (None, Some(new)) => {
                let old = rule.prefix.as_ref().map_or(0, String::len);
                format!("{new}{}", &asked.key[old..])
            }
            (None, None) => asked.key.to_owned(),
        };
        Some(Sent {
            status: rule.code.unwrap_or(301),
            location: address(asked, rule.protocol.as_deref(), rule.host.as_deref(), &key),
        })
    }

    /// The key of what is shown for a path: that of a folder is its index.
    pub fn document(&self, key: &str) -> String {
        match key.is_empty() || key.ends_with('/') {
            true => format!("{key}{}", self.index),
            false => key.to_owned(),
        }
    }

    /// What a path without a slash at its end would be as a folder: where its index is, and the path with the slash.
    pub fn as_folder(&self, key: &str) -> Option<(String, String)> {
        let is_none = key.is_empty() || key.ends_with('/');
        (!is_none).then(|| {
            (
                format!("{key}/{}", self.index),
                format!("/{}/", encoded(key)),
            )
        })
    }
}

fn address(asked: Asked<'_>, protocol: Option<&str>, host: Option<&str>, key: &str) -> String {
    let protocol = protocol.unwrap_or(asked.protocol);
    format!(
        "{protocol}://{}/{}",
        host.unwrap_or(asked.host),
        encoded(key)
    )
}

/// As part of a path, and as S3 writes names in headers.
pub fn encoded(key: &str) -> String {
    utf8_percent_encode(key, PLAIN).to_string()
}

/// What is shown instead of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// What else the error says: `Key`, `BucketName`.
    pub more: Vec<(String, String)>,
}

/// The page that says so; `instead` is why the site's own page for errors is not shown.
pub fn page(failure: &Failure, instead: Option<&Failure>, request_id: &str) -> String {
    let item =
        |name: &str, value: &str| format!("<li>{}: {}</li>\n", escaped(name), escaped(value));
    let said = |it: &Failure| {
        let more = it.more.iter().map(|(name, value)| item(name, value));
        item("Code", &it.code) + &item("Message", &it.message) + &more.collect::<String>()
    };
    let status = failure.status;
    let reason = reason(status);
    let mut page = format!(
        "<html>\n<head><title>{status} {reason}</title></head>\n<body>\n<h1>{status} {reason}</h1>\n<ul>\n{}{}</ul>\n",
        said(failure),
        item("RequestId", request_id),
    );
    if let Some(it) = instead {
        let title = "An Error Occurred While Attempting to Retrieve a Custom Error Document";
        page += &format!("<h3>{title}</h3>\n<ul>\n{}</ul>\n", said(it));
    }
    page + "<hr/>\n</body>\n</html>\n"
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        416 => "Requested Range Not Satisfiable",
        503 => "Service Unavailable",
        500.. => "Internal Server Error",
        _ => "Error",
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
