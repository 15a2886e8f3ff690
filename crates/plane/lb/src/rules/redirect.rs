//! Redirects: where `#{…}` in the parts of the new address is replaced by parts of the old one.

use http::Uri;

/// A redirect as configured.
#[derive(Debug, Clone)]
pub struct Redirect {
    pub protocol: String,
    pub host: String,
    pub port: String,
    pub path: String,
    pub query: String,
    pub status: u16,
}

/// Parts of the request that a redirect may take over.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub protocol: &'a str,
    pub host: &'a str,
    pub port: u16,
    pub uri: &'a Uri,
}

impl Redirect {
    /// The value of `Location`: as on AWS, the port is always written out.
    pub fn location(&self, source: Source<'_>) -> String {
        // As on AWS, `#{path}` is without its leading slash.
        let path = source.uri.path();
        let port = source.port.to_string();
        let values = [
            ("#{protocol}", source.protocol),
            ("#{host}", source.host),
            ("#{port}", port.as_str()),
            ("#{path}", path.strip_prefix('/').unwrap_or(path)),
            ("#{query}", source.uri.query().unwrap_or_default()),
        ];
        let protocol = fill(&self.protocol, &values).to_ascii_lowercase();
        let host = fill(&self.host, &values);
        let port = fill(&self.port, &values);
        let path = fill(&self.path, &values);
        let query = fill(&self.query, &values);
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{protocol}://{host}:{port}{slash}{path}{mark}{query}")
    }
}

/// Replaces placeholders in one pass: what was put in is not looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("#{") {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                filled.push_str("#{");
                rest = &rest[2..];
            }
        }
    }
    filled.push_str(rest);
    filled
}
