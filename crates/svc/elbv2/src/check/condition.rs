//! Conditions of rules (platform §5).

use wharf_api_elbv2::RuleCondition as Given;
use wharf_base::Cidr;
use wharf_wire::Fault;

use crate::{fault, records::Condition};

/// Over all conditions of a rule.
const MAX_VALUES: usize = 5;
const MAX_WILDCARDS: usize = 5;
const MAX_VALUE: usize = 128;
const MAX_NAME: usize = 40;
/// Bytes a compiled expression may take: a short text can ask for a large automaton. As load balancers have it, or a rule would be
/// taken that is never in force.
const MAX_REGEX_BYTES: usize = 256 << 10;

pub fn conditions(given: Vec<Given>) -> Result<Vec<Condition>, Fault> {
    if given.is_empty() {
        return Err(fault::invalid("A condition must be specified"));
    }
    let mut found: Vec<Condition> = Vec::new();
    for one in given {
        let condition = condition(one)?;
        let repeatable = matches!(
            condition,
            Condition::HttpHeader { .. } | Condition::QueryString { .. }
        );
        if !repeatable && found.iter().any(|it| it.field() == condition.field()) {
            return Err(fault::invalid(format!(
                "A rule can only have one '{}' condition",
                condition.field()
            )));
        }
        found.push(condition);
    }
    let (values, wildcards) = found
        .iter()
        .map(count)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    if values > MAX_VALUES {
        return Err(fault::invalid(format!(
            "A rule can only have '{MAX_VALUES}' condition values"
        )));
    }
    if wildcards > MAX_WILDCARDS {
        return Err(fault::invalid(format!(
            "A rule can only have '{MAX_WILDCARDS}' condition wildcards"
        )));
    }
    Ok(found)
}

/// Values and wildcards of a condition.
fn count(condition: &Condition) -> (usize, usize) {
    let wild = |text: &String| text.bytes().filter(|b| matches!(b, b'*' | b'?')).count();
    let of = |values: &[String]| values.iter().map(wild).sum::<usize>();
    match condition {
        Condition::HostHeader { values, regexes }
        | Condition::PathPattern { values, regexes }
        | Condition::HttpHeader {
            values, regexes, ..
        } => (values.len() + regexes.len(), of(values)),
        Condition::HttpRequestMethod { values } | Condition::SourceIp { values } => {
            (values.len(), 0)
        }
        Condition::QueryString { values } => {
            let wildcards = values
                .iter()
                .map(|(key, value)| key.as_ref().map_or(0, wild) + wild(value))
                .sum();
            (values.len(), wildcards)
        }
    }
}

fn condition(given: Given) -> Result<Condition, Fault> {
    let field = given.field.unwrap_or_default();
    let (plain, plain_regexes) = (given.values, given.regex_values);
    match field.as_str() {
        "host-header" => {
            let config = given.host_header_config.unwrap_or_default();
            let values = either(&field, plain, config.values)?;
            let regexes = either(&field, plain_regexes, config.regex_values)?;
            each(&field, &values, &regexes, host_character)?;
            if let Some(bad) = values.iter().find(|it| !is_of_domain(it)) {
                return Err(refused(bad));
            }
            Ok(Condition::HostHeader { values, regexes })
        }
        "path-pattern" => {
            let config = given.path_pattern_config.unwrap_or_default();
            let values = either(&field, plain, config.values)?;
            let regexes = either(&field, plain_regexes, config.regex_values)?;
            each(&field, &values, &regexes, path_character)?;
            Ok(Condition::PathPattern { values, regexes })
        }
        "http-header" => {
            let config = given.http_header_config.unwrap_or_default();
            let name = config.http_header_name.unwrap_or_default();
            header_name(&name)?;
            let values = config.values.unwrap_or_default();
            let regexes = either(&field, plain_regexes, config.regex_values)?;
            each(&field, &values, &regexes, printable)?;
            Ok(Condition::HttpHeader {
                name,
                values,
                regexes,
            })
        }
        "http-request-method" => {
            let config = given.http_request_method_config.unwrap_or_default();
            let values = config.values.unwrap_or_default();
            let method = |b: u8| b.is_ascii_uppercase() || matches!(b, b'-' | b'_');
            each(&field, &values, &[], method)?;
            if let Some(long) = values.iter().find(|it| it.len() > MAX_NAME) {
                return Err(refused(long));
            }
            Ok(Condition::HttpRequestMethod { values })
        }
        "query-string" => query(given.query_string_config.unwrap_or_default().values),
        "source-ip" => {
            let config = given.source_ip_config.unwrap_or_default();
            let values = config.values.unwrap_or_default();
            if values.is_empty() {
                return Err(no_values(&field));
            }
            match values.iter().find(|it| <Cidr>::canonical(it).is_err()) {
                Some(bad) => Err(fault::invalid(format!(
                    "The source IP '{bad}' must be in CIDR format"
                ))),
                None => Ok(Condition::SourceIp { values }),
            }
        }
        other => Err(fault::invalid(format!(
            "Condition field '{other}' must be one of '[http-request-method, host-header, \
             http-header, path-pattern, query-string, source-ip]'"
        ))),
    }
}

/// The two places where values can stand; one of them.
fn either(
    field: &str,
    plain: Option<Vec<String>>,
    config: Option<Vec<String>>,
) -> Result<Vec<String>, Fault> {
    match (plain, config) {
        (Some(plain), Some(config)) if plain != config => Err(fault::invalid(format!(
            "You can specify either the values of the '{field}' condition or its configuration"
        ))),
        (Some(values), _) | (None, Some(values)) => Ok(values),
        (None, None) => Ok(Vec::new()),
    }
}

fn each(
    field: &str,
    values: &[String],
    regexes: &[String],
    allowed: fn(u8) -> bool,
) -> Result<(), Fault> {
    if values.is_empty() && regexes.is_empty() {
        return Err(no_values(field));
    }
    for value in values.iter().chain(regexes) {
        length(field, value)?;
    }
    if let Some(bad) = values.iter().find(|it| !it.bytes().all(allowed)) {
        return Err(refused(bad));
    }
    let compiles = |it: &&String| {
        // Hosts and headers are compared in any case, which takes more.
        let built = regex::RegexBuilder::new(it)
            .case_insensitive(true)
            .size_limit(MAX_REGEX_BYTES)
            .build();
        built.is_err()
    };
    match regexes.iter().find(compiles) {
        Some(bad) => Err(fault::invalid(format!(
            "The regular expression '{bad}' of the '{field}' condition is not valid"
        ))),
        None => Ok(()),
    }
}

fn length(field: &str, value: &str) -> Result<(), Fault> {
    if value.is_empty() {
        return Err(fault::invalid(format!(
            "The values of a '{field}' condition cannot be empty"
        )));
    }
    if value.chars().count() > MAX_VALUE {
        return Err(fault::invalid(format!(
            "The '{field}' value is too long; the limit is '{MAX_VALUE}' characters"
        )));
    }
    Ok(())
}

fn query(
    values: Option<Vec<wharf_api_elbv2::QueryStringKeyValuePair>>,
) -> Result<Condition, Fault> {
    const FIELD: &str = "query-string";
    let mut found = Vec::new();
    for pair in values.unwrap_or_default() {
        let value = pair.value.unwrap_or_default();
        for text in pair.key.iter().chain([&value]) {
            length(FIELD, text)?;
            if !text.bytes().all(printable) {
                return Err(refused(text));
            }
        }
        found.push((pair.key, value));
    }
    if found.is_empty() {
        return Err(no_values(FIELD));
    }
    Ok(Condition::QueryString { values: found })
}

fn no_values(field: &str) -> Fault {
    fault::invalid(format!(
        "A '{field}' condition must have at least one value"
    ))
}

fn refused(value: &str) -> Fault {
    fault::invalid(format!(
        "Condition value '{value}' contains a character that is not valid"
    ))
}

fn header_name(name: &str) -> Result<(), Fault> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(token) {
        return Err(fault::invalid(format!(
            "The HTTP header name '{name}' is not valid"
        )));
    }
    if name.eq_ignore_ascii_case("host") {
        return Err(fault::invalid(
            "The host header cannot be specified by an 'http-header' condition; use 'host-header'",
        ));
    }
    Ok(())
}

fn host_character(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._*?".contains(&b)
}

/// Whether a host has a dot, and neither digits nor hyphens after the last one: no host without a domain, and no address.
fn is_of_domain(host: &str) -> bool {
    let of_top = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'*' | b'?');
    host.rsplit_once('.')
        .is_some_and(|(_, top)| top.bytes().all(of_top))
}

fn path_character(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?%,;=!()\\".contains(&b)
}

fn printable(b: u8) -> bool {
    b == b' ' || b.is_ascii_graphic()
}

#[cfg(test)]
mod tests {
    use wharf_api_elbv2::{
        HttpHeaderConditionConfig, HttpRequestMethodConditionConfig, PathPatternConditionConfig,
        QueryStringConditionConfig, QueryStringKeyValuePair, SourceIpConditionConfig,
    };

    use super::*;

    fn strings(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|it| (*it).to_owned()).collect())
    }

    fn plain(field: &str, values: &[&str]) -> Given {
        Given {
            field: Some(field.to_owned()),
            values: strings(values),
            ..Given::default()
        }
    }

    fn header(name: &str, values: &[&str]) -> Given {
        Given {
            field: Some("http-header".to_owned()),
            http_header_config: Some(HttpHeaderConditionConfig {
                http_header_name: Some(name.to_owned()),
                values: strings(values),
                regex_values: None,
            }),
            ..Given::default()
        }
    }

    fn source(value: &str) -> Given {
        Given {
            field: Some("source-ip".to_owned()),
            source_ip_config: Some(SourceIpConditionConfig {
                values: strings(&[value]),
                ip_address_type: None,
            }),
            ..Given::default()
        }
    }

    fn method(value: &str) -> Given {
        Given {
            field: Some("http-request-method".to_owned()),
            http_request_method_config: Some(HttpRequestMethodConditionConfig {
                values: strings(&[value]),
            }),
            ..Given::default()
        }
    }

    fn message(given: Vec<Given>) -> Option<String> {
        conditions(given).err().map(|fault| fault.message)
    }

    #[test]
    fn what_fits() {
        let long = "a".repeat(128);
        for given in [
            plain("host-header", &["*.example.com", "api-?.*"]),
            plain("path-pattern", &["/img/*", "/a?c"]),
            plain("path-pattern", &[&long]),
            header("X-Version", &["2", "3 or so"]),
            source("10.0.0.0/8"),
            source("::1/128"),
            method("GET"),
            method("X-PURGE"),
        ] {
            assert_eq!(message(vec![given.clone()]), None, "{given:?}");
        }
    }

    #[test]
    fn what_does_not() {
        let long = "a".repeat(129);
        for given in [
            plain("host-header", &[]),
            plain("host-header", &["a b"]),
            plain("path-pattern", &[&long]),
            plain("path-pattern", &[""]),
            header("", &["2"]),
            header("Host", &["2"]),
            header("a b", &["2"]),
            source("10.0.0.1"),
            source("10.0.0.0/33"),
            source("10.0.0.0/+8"),
            method("get"),
            Given {
                regex_values: strings(&["("]),
                ..plain("path-pattern", &["/a"])
            },
            Given {
                regex_values: strings(&["(a{1000}){1000}"]),
                ..plain("path-pattern", &["/a"])
            },
            // More than load balancers take.
            Given {
                regex_values: strings(&["(a{1000}){15}"]),
                ..plain("path-pattern", &["/a"])
            },
        ] {
            assert!(message(vec![given.clone()]).is_some(), "{given:?}");
        }
        assert_eq!(
            message(vec![plain("colour", &["red"])]).as_deref(),
            Some(
                "Condition field 'colour' must be one of '[http-request-method, host-header, http-header, path-pattern, query-string, source-ip]'"
            )
        );
    }

    #[test]
    fn hosts_are_of_a_domain() {
        for host in [
            "localhost",
            "foo-bar",
            "*",
            "127.0.0.1",
            "a.b-c",
            "a.com:80",
        ] {
            assert_eq!(
                message(vec![plain("host-header", &[host])]),
                Some(format!(
                    "Condition value '{host}' contains a character that is not valid"
                ))
            );
        }
        let by_regex = Given {
            regex_values: strings(&["^localhost$"]),
            ..plain("host-header", &["a.com"])
        };
        assert_eq!(message(vec![by_regex]), None);
    }

    #[test]
    fn limits_of_a_rule() {
        let values = vec![
            plain("host-header", &["a.com", "b.com", "c.com"]),
            plain("path-pattern", &["/d", "/e", "/f"]),
        ];
        assert_eq!(
            message(values).as_deref(),
            Some("A rule can only have '5' condition values")
        );
        let wild = vec![
            plain("host-header", &["*.*.*"]),
            plain("path-pattern", &["/?/?/?"]),
        ];
        assert_eq!(
            message(wild).as_deref(),
            Some("A rule can only have '5' condition wildcards")
        );
        let twice = vec![
            plain("path-pattern", &["/a"]),
            plain("path-pattern", &["/b"]),
        ];
        assert_eq!(
            message(twice).as_deref(),
            Some("A rule can only have one 'path-pattern' condition")
        );
        assert_eq!(
            message(vec![header("A", &["1"]), header("B", &["1"])]),
            None
        );
        assert!(message(vec![]).is_some());
    }

    #[test]
    fn either_place_but_not_both() {
        let config = |values| Given {
            path_pattern_config: Some(PathPatternConditionConfig {
                values,
                regex_values: None,
            }),
            ..plain("path-pattern", &["/a"])
        };
        assert_eq!(message(vec![config(strings(&["/a"]))]), None);
        assert!(message(vec![config(strings(&["/b"]))]).is_some());
        let query = |key: Option<&str>, value: Option<&str>| Given {
            field: Some("query-string".to_owned()),
            query_string_config: Some(QueryStringConditionConfig {
                values: Some(vec![QueryStringKeyValuePair {
                    key: key.map(str::to_owned),
                    value: value.map(str::to_owned),
                }]),
            }),
            ..Given::default()
        };
        assert_eq!(message(vec![query(None, Some("*beta*"))]), None);
        assert_eq!(message(vec![query(Some("v"), Some("1"))]), None);
        assert!(message(vec![query(Some("v"), None)]).is_some());
    }
}
