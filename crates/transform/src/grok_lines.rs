//! The named expressions of `grok` that give fields of their own: those of whole log formats, and those whose parts have
//! names.

/// What may stand behind a whole log format.
const BEHIND: [&str; 3] = ["DATA", "GREEDYDATA", "GREEDYDATA_MULTILINE"];

/// Whole log formats.
const LINES: [(&str, &str); 3] = [
    (
        "APACHE_ACCESS_LOG",
        r#"%{IPORHOST:remote_host} %{NOTSPACE} (?:-|%{NOTSPACE:auth_user}) \[%{HTTPDATE:timestamp:moment}\] "(?:%{WORD:http_method} %{NOTSPACE:request}(?: HTTP/%{NUMBER:http_version})?|%{quoted})" %{POSINT:status_code:int} (?:-|%{NONNEGINT:response_size:int})"#,
    ),
    (
        "NGINX_ACCESS_LOG",
        r#"%{IPORHOST:remote_host} %{NOTSPACE} (?:-|%{NOTSPACE:auth_user}) \[%{HTTPDATE:timestamp:moment}\] "(?:%{WORD:http_method} %{NOTSPACE:request}(?: HTTP/%{NUMBER:http_version})?|%{quoted})" %{POSINT:status_code:int} (?:-|%{NONNEGINT:response_size:int}) "(?:-|%{quoted:referrer})" "(?:-|%{quoted:agent})""#,
    ),
    (
        "SYSLOG5424",
        r"<%{NONNEGINT:pri:int}>%{NONNEGINT:version:int} (?:-|%{TIMESTAMP_ISO8601:timestamp}) (?:-|%{NOTSPACE:hostname}) (?:-|%{NOTSPACE:app}) (?:-|%{NOTSPACE:proc_id}) (?:-|%{NOTSPACE:msg_id}) (?:-|\[%{bracketed:structured_data}\])(?: ?%{rest:message})?",
    ),
];

/// Those whose parts are fields, too.
const COMPOSED: [(&str, &str); 4] = [
    ("HOSTPORT", "%{IPORHOST}:%{POSINT:PORT}"),
    ("URIHOST", "%{IPORHOST}(?::%{POSINT:port})?"),
    ("SYSLOGPROG", r"%{PROG:program}(?:\[%{POSINT:pid}\])?"),
    (
        "SYSLOGFACILITY",
        r"<%{NONNEGINT:facility}\.%{NONNEGINT:priority}>",
    ),
];

/// What the tables above name and nobody else.
const PARTS: [(&str, &str); 3] = [
    ("bracketed", r"(?:\\.|[^\]\\])*"),
    ("quoted", r#"(?:\\.|[^"\\])*"#),
    ("rest", "(?s:.+)"),
];

fn found(table: &'static [(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|it| it.1)
}

/// A whole log format.
pub(crate) fn line(name: &str) -> Option<&'static str> {
    found(&LINES, name)
}

/// An expression whose parts are fields.
pub(crate) fn composed(name: &str) -> Option<&'static str> {
    found(&COMPOSED, name)
}

/// A part of the expressions here.
pub(crate) fn part(name: &str) -> Option<&'static str> {
    found(&PARTS, name)
}

/// Whether it may stand behind a whole log format.
pub(crate) fn is_behind(name: &str) -> bool {
    BEHIND.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grok_patterns::pattern;

    #[test]
    fn the_tables_name_nothing_that_leads_back_to_them() {
        for (name, text) in LINES.iter().chain(&COMPOSED) {
            for inner in text.split("%{").skip(1) {
                let inner = inner.split(['}', ':']).next().unwrap_or_default();
                let is_plain = pattern(inner).is_some() || part(inner).is_some();
                assert!(is_plain, "{name}: {inner}");
                assert!(
                    line(inner).is_none() && composed(inner).is_none(),
                    "{name}: {inner}"
                );
            }
        }
        assert!(COMPOSED.iter().all(|it| pattern(it.0).is_some()));
        assert!(PARTS.iter().all(|it| pattern(it.0).is_none()));
    }
}
