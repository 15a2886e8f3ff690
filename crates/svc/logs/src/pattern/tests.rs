//! The language by its own examples.

use proptest::prelude::*;

use super::*;

fn check(pattern: &str, message: &str, expected: bool) {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(
        parsed.matches(&Message::new(message)),
        expected,
        "{pattern} on {message}"
    );
}

/// All that a pattern extracts.
fn extracted(pattern: &Pattern, message: &str) -> BTreeMap<String, String> {
    let all = pattern.extract(&Message::new(message), &mut Room::new(usize::MAX));
    all.unwrap()
}

#[test]
fn terms() {
    check("", "anything", true);
    check("\" \"", "two words", true);
    check("ERROR", "an ERROR here", true);
    check("ERROR", "an error here", false);
    check("ERROR ARGUMENTS", "ARGUMENTS before ERROR", true);
    check("ERROR ARGUMENTS", "only ERROR", false);
    check(
        "\"INTERNAL SERVER ERROR\"",
        "[500] INTERNAL SERVER ERROR",
        true,
    );
    check("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER", false);
    check("?ERROR ?WARN", "a WARN", true);
    check("?ERROR ?WARN", "an INFO", false);
    check("?ERROR ?WARN REQUEST", "a REQUEST", true);
    check("ERROR -EXITING", "ERROR and EXITING", false);
    check("ERROR -\"NOT FOUND\"", "ERROR FOUND", true);
    check("-EXITING", "running", true);
    check("\"ERROR\" - \"Exiting\"", "an ERROR", true);
    check("\"ERROR\" - \"Exiting\"", "Exiting with ERROR", false);
    check("a -", "a - b", true);
    check("a - ", "a b", false);
    check("%AUTHORIZED% ERROR", "UNAUTHORIZED ERROR", true);
    check("%4[0-9]{2}%", "status 404", true);
    check("%4[0-9]{2}%", "status 504", false);
}

#[test]
fn json() {
    let event = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","n":5,"f":1.5e3,
        "arrayKey":["value","another"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],
        "none":null,"yes":true,"no":false,"a key":"v"}"#;
    for (pattern, expected) in [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        (r#"{ $.eventType = "Update*" }"#, true),
        (r#"{ $.eventType = UpdateTrail }"#, true),
        (r#"{ $.eventType != "Update*" }"#, false),
        (r#"{ $.sourceIPAddress != 123.123.* }"#, true),
        (r#"{ $.arrayKey[0] = "value" }"#, true),
        (r#"{ $.arrayKey[*] = "another" }"#, true),
        (r#"{ $.objectList[1].id = 2 }"#, true),
        (r#"{ $.n >= 5 }"#, true),
        (r#"{ $.n < 5 }"#, false),
        (r#"{ $.f = 1500 }"#, true),
        (r#"{ $.missing NOT EXISTS }"#, true),
        (r#"{ $.n NOT EXISTS }"#, false),
        (r#"{ $.none IS NULL }"#, true),
        (r#"{ $.yes IS TRUE }"#, true),
        (r#"{ $.no is false }"#, true),
        (r#"{ $.n = 1 || $.yes IS TRUE && $.no IS TRUE }"#, false),
        (r#"{ ($.n = 5 || $.n = 6) && ($.yes IS TRUE) }"#, true),
        (r#"{ $.["a key"] = v }"#, false),
        (r#"{ $["a key"] = v }"#, true),
        (r#"{ $.eventType = %Upd.*Trail% }"#, true),
        (r#"{ $.n = 5&&$.f>1000 }"#, true),
    ] {
        if let Ok(parsed) = Pattern::parse(pattern) {
            assert_eq!(parsed.matches(&Message::new(event)), expected, "{pattern}");
        } else {
            assert!(!expected, "{pattern} does not parse");
        }
    }
    check("{ $.a = 1 }", "not json", false);
    check("{ $.a = 1 }", "[1]", false);
}

#[test]
fn columns() {
    let line =
        r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    check(
        "[ip, server, username, timestamp, request, status_code, bytes]",
        line,
        true,
    );
    check(
        "[ip, server, username, timestamp, request, status_code=4*, bytes > 1000]",
        line,
        true,
    );
    check(
        "[ip, server, username, timestamp, request, status_code=4*, bytes>2000]",
        line,
        false,
    );
    check("[ip, ..., status=404, bytes]", line, true);
    check("[..., status=5*, bytes]", line, false);
    check("[ip, server, ..., bytes]", line, true);
    check("[ip, server]", line, false);
    check(
        "[ip, server, username, timestamp, request =*html*, status_code = 4* || status_code = 5*, bytes]",
        line,
        true,
    );
    check("[w1=ERROR, w2]", "ERROR now", true);
    check("[w1!=ERROR && w1!=WARN, w2]", "INFO now", true);
    check("[w1!=ERROR && w1!=WARN, w2]", "WARN now", false);
    check("[ip=%127\\.0\\.0\\.[0-9]%, ...]", line, true);
}

#[test]
fn values_are_extracted() {
    let columns = Pattern::parse("[ip, ..., bytes]").unwrap();
    let found = extracted(&columns, "1.2.3.4 x y 77");
    assert_eq!(found.get("$ip").map(String::as_str), Some("1.2.3.4"));
    assert_eq!(found.get("$bytes").map(String::as_str), Some("77"));
    // The example of AWS's documentation.
    let columns = Pattern::parse("[..., request=*.html*, status_code=4*,]").unwrap();
    let line =
        r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    let found = extracted(&columns, line);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("$1", "127.0.0.1"),
            ("$2", "-"),
            ("$3", "frank"),
            ("$4", "10/Oct/2000:13:25:15 -0700"),
            ("$7", "1534"),
            ("$request", "GET /index.html HTTP/1.0"),
            ("$status_code", "404"),
        ]
    );
    for pattern in ["[..., a, b]", "[a, ..., a]", "[a, , b, ...]", "[a]"] {
        let columns = columns::Columns::parse(pattern).unwrap();
        for line in [line, "1 2 3 4", "[ 1 \"2", "1 [ 2 [ \"3\" 4 \""] {
            let all = columns.extract(line, &mut Room::new(usize::MAX)).unwrap();
            for source in ["$a", "$b", "$1", "$2", "$3", "$4", "$04", "$9", "a"] {
                let value = columns.value(line, source);
                assert_eq!(
                    value,
                    all.get(source).map(String::as_str),
                    "{pattern} {source}"
                );
            }
        }
    }
    for (pattern, source, is_there) in [
        ("[a, , b]", "$a", true),
        ("[a, , b]", "$1", false),
        ("[a, , b]", "$2", true),
        ("[a, , b]", "$4", false),
        ("[a, ..., b]", "$4", true),
        ("[a, ..., b]", "$0", false),
        ("[a, ..., b]", "b", false),
    ] {
        let columns = columns::Columns::parse(pattern).unwrap();
        assert_eq!(columns.names(source), is_there, "{pattern} {source}");
    }
    let json = Pattern::parse("{ $.a.b = 1 }").unwrap();
    assert_eq!(
        extracted(&json, r#"{"a":{"b":1}}"#)
            .get("$.a.b")
            .map(String::as_str),
        Some("1")
    );
}

#[test]
fn what_is_extracted_has_a_bound() {
    let of = |pattern: &str, message: &str, room: usize| {
        let parsed = Pattern::parse(pattern).unwrap();
        let mut room = Room::new(room);
        let all = parsed.extract(&Message::new(message), &mut room);
        all.map(|it| (it.len(), room.0))
    };
    let each = BESIDE + "$a".len() + 1;
    assert_eq!(of("[a, b]", "1 2", 2 * each), Ok((2, 0)));
    assert_eq!(of("[a, b]", "1 2", 2 * each - 1), Err(TooMuch));
    // Columns without a name cost by what they are called.
    assert_eq!(of("[...]", "1 2", 2 * each), Ok((2, 0)));
    let (object, each) = (
        r#"{"a":{"b":[]}}"#,
        BESIDE + "$.a".len() + r#"{"b":[]}"#.len(),
    );
    assert_eq!(of("{ $.a EXISTS }", object, each), Ok((1, 0)));
    assert_eq!(of("{ $.a EXISTS && $.a EXISTS }", object, each), Ok((1, 0)));
    let twice = r#"{ $.a EXISTS && $["a"] EXISTS }"#;
    assert_eq!(of(twice, object, 2 * each), Err(TooMuch));
    assert_eq!(of(twice, object, 2 * each + 3), Ok((2, 0)));
    assert_eq!(of("plain", "plain", 0), Ok((0, 0)));
}

#[test]
fn what_is_no_pattern_is_refused() {
    for text in [
        "{",
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1 ) }",
        "[a",
        "[a=]",
        "\"open",
        "[..., ...]",
        "%(%",
        "{ $.a IS MAYBE }",
        "{ $.a[x] = 1 }",
        "{ $.. = 1 }",
    ] {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
    assert!(Pattern::parse(&"x".repeat(MAX_PATTERN + 1)).is_err());
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(200), ")".repeat(200));
    assert!(Pattern::parse(&deep).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(pattern in ".{0,60}", message in ".{0,60}") {
        if let Ok(parsed) = Pattern::parse(&pattern) {
            let _ = parsed.matches(&Message::new(&message));
            let _ = parsed.extract(&Message::new(&message), &mut Room::new(1000));
        }
    }

    #[test]
    fn brackets_do_not_panic(inner in "[\\[\\]{}()$.=!<>&|\"%a1* ,?-]{0,40}") {
        for pattern in [format!("{{{inner}}}"), format!("[{inner}]"), inner.clone()] {
            if let Ok(parsed) = Pattern::parse(&pattern) {
                let _ = parsed.matches(&Message::new(r#"{"a":1}"#));
                let _ = parsed.matches(&Message::new(&inner));
            }
        }
    }
}

#[test]
fn so_many_regular_expressions() {
    for (two, three) in [
        ("%a% %b%", "%a% %b% %c%"),
        (
            "{ $.a = %a% && $.b = %b% }",
            "{ $.a = %a% && ($.b = %b% || $.c = %c%) }",
        ),
        ("[a=%a%, b=%b%]", "[a=%a%, b=%b%, ..., c=%c%]"),
    ] {
        assert!(Pattern::parse(two).is_ok(), "{two}");
        let error = Pattern::parse(three).unwrap_err();
        assert!(error.to_string().contains("at most 2 regular"), "{error}");
    }
}
