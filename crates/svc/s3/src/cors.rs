//! Which pages of other sites may read what a bucket answers. Pure.

use wharf_api_s3::CORSRule;
use wharf_wire::Fault;

use crate::{
    config_records::{self, CorsRule},
    fault,
};

const MAX_RULES: usize = 100;
/// AWS takes documents of 64 KiB.
const MAX_BYTES: usize = 64 << 10;
/// Bytes of a rule's `ID`.
const MAX_ID: usize = 255;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
/// Names of headers that a page may ask for at once; none asks for as many. Each is held against all names of the rules, for
/// whoever asks.
const MAX_ASKED: usize = 100;
/// What an answer depends on besides its address.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// The rules of a request.
///
/// # Errors
/// In S3's words.
pub fn rules(given: Vec<CORSRule>) -> Result<Vec<CorsRule>, Fault> {
    if given.is_empty() || given.len() > MAX_RULES {
        return Err(fault::malformed_xml());
    }
    let rules: Vec<CorsRule> = given.into_iter().map(rule).collect::<Result<_, _>>()?;
    match config_records::fits(&rules, MAX_BYTES) {
        true => Ok(rules),
        false => Err(fault::too_large_configuration()),
    }
}

fn rule(given: CORSRule) -> Result<CorsRule, Fault> {
    let methods = given.allowed_methods.unwrap_or_default();
    if let Some(other) = methods.iter().find(|it| !METHODS.contains(&it.as_str())) {
        let text =
            format!("Found unsupported HTTP method in CORS config. Unsupported method is {other}");
        return Err(fault::invalid_request(text));
    }
    let origins = given.allowed_origins.unwrap_or_default();
    let headers = given.allowed_headers.unwrap_or_default();
    let twice = |it: &&String| it.matches('*').count() > 1;
    if let Some(bad) = origins.iter().find(twice) {
        let text = format!("AllowedOrigin \"{bad}\" can not have more than one wildcard.");
        return Err(fault::invalid_request(text));
    }
    if let Some(bad) = headers.iter().find(twice) {
        let text = format!("AllowedHeader \"{bad}\" can not have more than one wildcard.");
        return Err(fault::invalid_request(text));
    }
    let expose = given.expose_headers.unwrap_or_default();
    if let Some(bad) = expose.iter().find(|it| it.contains('*')) {
        let text = format!(
            "ExposeHeader \"{bad}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        );
        return Err(fault::invalid_request(text));
    }
    let too_long = given.id.as_ref().is_some_and(|it| it.len() > MAX_ID);
    if methods.is_empty() || origins.is_empty() || too_long {
        return Err(fault::malformed_xml());
    }
    Ok(CorsRule {
        id: given.id,
        origins,
        methods,
        headers,
        expose,
        max_age: given.max_age_seconds,
    })
}

pub fn shown(rules: Vec<CorsRule>) -> Vec<CORSRule> {
    let some = |list: Vec<String>| Some(list).filter(|it| !it.is_empty());
    let shown = rules.into_iter().map(|rule| CORSRule {
        id: rule.id,
        allowed_headers: some(rule.headers),
        allowed_methods: some(rule.methods),
        allowed_origins: some(rule.origins),
        expose_headers: some(rule.expose),
        max_age_seconds: rule.max_age,
    });
    shown.collect()
}

/// What a page of another site asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub origin: &'a str,
    pub method: &'a str,
    /// Of a preflight: names of headers, as the page wrote them.
    pub headers: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn headers(&self) -> impl Iterator<Item = &'a str> {
        let names = self.headers.unwrap_or_default().split(',');
        names.map(str::trim).filter(|it| !it.is_empty())
    }
}

/// The headers by which a browser lets the page have the answer; `None` where no rule does.
pub fn allowed(rules: &[CorsRule], asked: Asked<'_>) -> Option<Vec<(&'static str, String)>> {
    if asked.headers().nth(MAX_ASKED).is_some() {
        return None;
    }
    let names = |rule: &CorsRule, name: &str| {
        let mut all = rule.headers.iter();
        all.any(|it| fits_in_any_case(it, name))
    };
    let allows = |rule: &CorsRule| {
        rule.origins.iter().any(|it| fits(it, asked.origin))
            && rule.methods.iter().any(|it| it == asked.method)
            && asked.headers().all(|name| names(rule, name))
    };
    let rule = rules.iter().find(|it| allows(it))?;
    let anyone = rule.origins.iter().find(|it| fits(it, asked.origin))? == "*";
    let mut shown = vec![(
        "access-control-allow-origin",
        if anyone { "*" } else { asked.origin }.to_owned(),
    )];
    shown.push(("access-control-allow-methods", rule.methods.join(", ")));
    let headers: Vec<String> = asked.headers().map(str::to_ascii_lowercase).collect();
    if !headers.is_empty() {
        shown.push(("access-control-allow-headers", headers.join(", ")));
    }
    if !rule.expose.is_empty() {
        shown.push(("access-control-expose-headers", rule.expose.join(", ")));
    }
    if let Some(age) = rule.max_age {
        shown.push(("access-control-max-age", age.to_string()));
    }
    if !anyone {
        shown.push(("access-control-allow-credentials", "true".to_owned()));
    }
    shown.push(("vary", VARY.to_owned()));
    Some(shown)
}

/// Whether a text is what a rule says, where one `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

/// The same of names of headers, whose case says nothing.
fn fits_in_any_case(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(text),
        Some((start, end)) => {
            let Some((begins, rest)) = text.as_bytes().split_at_checked(start.len()) else {
                return false;
            };
            let ends = rest.len().checked_sub(end.len()).map(|at| &rest[at..]);
            begins.eq_ignore_ascii_case(start.as_bytes())
                && ends.is_some_and(|it| it.eq_ignore_ascii_case(end.as_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
        let own = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        CorsRule {
            origins: own(origins),
            methods: own(methods),
            headers: own(headers),
            ..CorsRule::default()
        }
    }

    fn answer(rules: &[CorsRule], origin: &str, method: &str, headers: Option<&str>) -> String {
        let asked = Asked {
            origin,
            method,
            headers,
        };
        let shown = allowed(rules, asked).unwrap_or_default();
        let shown = shown.iter().filter(|it| it.0 != "vary");
        let short = |name: &str| name.replace("access-control-", "");
        let shown: Vec<String> = shown
            .map(|(name, value)| format!("{}={value}", short(name)))
            .collect();
        shown.join("; ")
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = [
            of(
                &["https://*.example.org"],
                &["PUT", "POST"],
                &["x-amz-*", "Content-Type"],
            ),
            CorsRule {
                expose: vec!["ETag".to_owned(), "x-amz-version-id".to_owned()],
                max_age: Some(60),
                ..of(&["*"], &["GET"], &[])
            },
        ];
        let check = |origin, method, headers, expected: &str| {
            assert_eq!(answer(&rules, origin, method, headers), expected);
        };
        let page = "https://a.example.org";
        let put = "allow-origin=https://a.example.org; allow-methods=PUT, POST; ";
        check(page, "PUT", None, &format!("{put}allow-credentials=true"));
        let asked = Some("X-Amz-Date, content-type");
        let named = "allow-headers=x-amz-date, content-type; allow-credentials=true";
        check(page, "PUT", asked, &format!("{put}{named}"));
        check(page, "PUT", Some("authorization"), "");
        check(page, "DELETE", None, "");
        check("https://example.org", "PUT", None, "");
        check("http://a.example.org", "PUT", None, "");
        let get =
            "allow-origin=*; allow-methods=GET; expose-headers=ETag, x-amz-version-id; max-age=60";
        check(page, "GET", None, get);
        check("null", "GET", None, get);
        check(page, "GET", Some("x-amz-date"), "");
        assert_eq!(answer(&[], page, "GET", None), "");
    }

    #[test]
    fn one_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*b", "ab", true),
            ("a*b", "axxb", true),
            ("ab*ba", "aba", false),
            ("a*", "ba", false),
            ("a", "a", true),
            ("a", "ab", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
            let upper = text.to_uppercase();
            assert_eq!(
                fits_in_any_case(pattern, &upper),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn nobody_asks_for_more_names_than_a_page_would() {
        let rules = [of(&["*"], &["GET"], &["*"])];
        let ask = |count: usize| answer(&rules, "null", "GET", Some(&"x,".repeat(count)));
        assert!(ask(MAX_ASKED).contains("allow-headers=x, x"));
        assert_eq!(ask(MAX_ASKED + 1), "");
    }

    #[test]
    fn rules_that_are_none() {
        let given = |origin: &str, method: &str, header: &str, expose: &str| CORSRule {
            allowed_origins: Some(vec![origin.to_owned()]),
            allowed_methods: Some(vec![method.to_owned()]),
            allowed_headers: Some(vec![header.to_owned()]),
            expose_headers: Some(vec![expose.to_owned()]),
            ..CORSRule::default()
        };
        let code = |given: Vec<CORSRule>| rules(given).map(|it| it.len()).map_err(|it| it.code);
        assert_eq!(code(vec![given("*", "GET", "*", "ETag")]), Ok(1));
        for bad in [
            given("*.*", "GET", "*", "ETag"),
            given("*", "PATCH", "*", "ETag"),
            given("*", "get", "*", "ETag"),
            given("*", "GET", "**", "ETag"),
            given("*", "GET", "*", "x-*"),
        ] {
            assert_eq!(code(vec![bad]), Err("InvalidRequest".into()));
        }
        let large = "x".repeat(700);
        let large = vec![given(&large, "GET", "*", "ETag"); MAX_RULES];
        assert_eq!(code(large), Err("MaxMessageLengthExceeded".into()));
        let many = vec![given("*", "GET", "*", "ETag"); MAX_RULES + 1];
        for bad in [Vec::new(), vec![CORSRule::default()], many] {
            assert_eq!(code(bad), Err("MalformedXML".into()));
        }
        let shown_again = rules(shown(rules(vec![given("*", "PUT", "a", "b")]).unwrap())).unwrap();
        assert_eq!(
            shown_again,
            rules(vec![given("*", "PUT", "a", "b")]).unwrap()
        );
    }
}
