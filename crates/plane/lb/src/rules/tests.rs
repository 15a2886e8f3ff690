use wharf_planeproto::balancer::{Action, QueryPattern};

use super::{RedirectSource as Source, condition::pattern as compiled, *};

fn check(pattern: &str, text: &str, expected: bool) {
    assert_eq!(
        compiled(pattern, false).matches(text),
        expected,
        "{pattern} on {text}"
    );
}

#[test]
fn patterns_know_stars_and_question_marks() {
    check("", "", true);
    check("", "a", false);
    check("*", "", true);
    check("*", "anything", true);
    check("/api/*", "/api/", true);
    check("/api/*", "/api", false);
    check("/api/*", "/API/x", false);
    check("/img/*.png", "/img/a/b.png.png", true);
    check("/img/*.png", "/img/a.pngx", false);
    check("?", "", false);
    check("/a?c", "/abc", true);
    check("*a*a*a*b", &"a".repeat(2000), false);
    check(r"/\*", "/*", true);
    check(r"/\*", "/x", false);
    assert!(compiled("*.Example.com", true).matches("WWW.example.COM"));
}

fn rule(conditions: Vec<Condition>) -> Rule {
    Rule {
        arn: "arn:rule".to_owned(),
        listener: "arn:listener".to_owned(),
        priority: 1,
        conditions,
        actions: vec![Action::FixedResponse {
            status: 200,
            content_type: "text/plain".to_owned(),
            body: String::new(),
        }],
    }
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// Whether a rule of these conditions matches `GET <uri>` from 10.1.2.3 for www.example.com with
/// the header `x-kind: Blue`.
fn on_request(conditions: Vec<Condition>, uri: &str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("x-kind", "Blue".parse().unwrap());
    let subject = Subject {
        method: &Method::GET,
        uri: &uri.parse().unwrap(),
        host: "www.example.com",
        headers: &headers,
        source: IpAddr::from([10, 1, 2, 3]),
    };
    CompiledRule::compile(rule(conditions))
        .unwrap()
        .matches(&subject)
}

fn path(values: &[&str]) -> Condition {
    Condition::PathPattern {
        values: strings(values),
        regexes: vec![],
    }
}

fn query(key: Option<&str>, value: &str) -> Condition {
    Condition::QueryString {
        values: vec![QueryPattern {
            key: key.map(str::to_owned),
            value: value.to_owned(),
        }],
    }
}

fn source(block: &str) -> Condition {
    Condition::SourceIp {
        values: strings(&[block]),
    }
}

#[test]
fn all_conditions_must_match_and_any_value_does() {
    assert!(on_request(vec![], "/"));
    assert!(on_request(vec![path(&["/b", "/a*"])], "/abc?b=/x"));
    assert!(!on_request(
        vec![path(&["/a*"]), source("192.168.0.0/16")],
        "/abc"
    ));
    assert!(on_request(
        vec![path(&["/a*"]), source("10.0.0.0/8")],
        "/abc"
    ));
}

#[test]
fn headers_hosts_and_methods() {
    let header = |value: &str| Condition::HttpHeader {
        name: "X-Kind".to_owned(),
        values: strings(&[value]),
        regexes: vec![],
    };
    assert!(on_request(vec![header("bl?e")], "/"));
    assert!(!on_request(vec![header("red")], "/"));
    let method = |value: &str| Condition::HttpRequestMethod {
        values: strings(&[value]),
    };
    assert!(on_request(vec![method("GET")], "/"));
    assert!(!on_request(vec![method("get")], "/"));
    let host = Condition::HostHeader {
        values: vec![],
        regexes: strings(&[r"^WWW\.exam.*$"]),
    };
    assert!(on_request(vec![host], "/"));
}

#[test]
fn queries_match_by_key_and_value() {
    assert!(on_request(
        vec![query(Some("version"), "v1*")],
        "/?a=b&Version=V1.2"
    ));
    assert!(!on_request(
        vec![query(Some("version"), "v1")],
        "/?version=v2"
    ));
    assert!(on_request(vec![query(None, "v2")], "/?version=v2"));
    assert!(!on_request(vec![query(None, "v2")], "/"));
}

#[test]
fn blocks_of_addresses() {
    assert!(on_request(vec![source("10.1.2.3/32")], "/"));
    assert!(on_request(vec![source("0.0.0.0/0")], "/"));
    assert!(!on_request(vec![source("::/0")], "/"));
    for wrong in ["10.0.0.0", "10.0.0.0/33", "x/8", "10.0.0.0/-1", "::/129"] {
        CompiledRule::compile(rule(vec![source(wrong)])).unwrap_err();
    }
}

#[test]
fn unusable_expressions_are_refused() {
    let path = |regex: &str| Condition::PathPattern {
        values: vec![],
        regexes: strings(&[regex]),
    };
    CompiledRule::compile(rule(vec![path("(")])).unwrap_err();
    CompiledRule::compile(rule(vec![path("(a{1000}){1000}")])).unwrap_err();
}

#[test]
fn redirects_replace_their_placeholders_once() {
    let redirect = Redirect {
        protocol: "HTTPS".to_owned(),
        host: "#{host}".to_owned(),
        port: "443".to_owned(),
        path: "/new/#{path}".to_owned(),
        query: "#{query}&x=#{unknown}".to_owned(),
        status: 301,
    };
    let uri: Uri = "/a/b?q=%23{host}".parse().unwrap();
    let location = redirect.location(Source {
        protocol: "http",
        host: "example.com",
        port: 80,
        uri: &uri,
    });
    assert_eq!(
        location,
        "https://example.com:443/new/a/b?q=%23{host}&x=#{unknown}"
    );
}
