use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{MAX_EVENT, Subject, Transformer};

fn subject(message: &str) -> Subject<'_> {
    Subject {
        message,
        account: "000000000000",
        region: "us-east-1",
        group: "/shop/web",
        stream: "one",
    }
}

/// What a message becomes; null if it stays as it is.
fn became(config: Value, message: &str) -> Value {
    let made = Transformer::parse(&config).unwrap().apply(subject(message));
    made.map_or(Value::Null, |it| serde_json::from_str(&it).unwrap())
}

/// What JSON becomes by one processor behind `parseJSON`.
fn changed(processor: Value, event: Value) -> Value {
    became(json!([{ "parseJSON": {} }, processor]), &event.to_string())
}

fn refused(config: Value) -> String {
    Transformer::parse(&config).unwrap_err().to_string()
}

#[test]
fn json() {
    let event = r#"{"outer":{"inner":"{\"a\":1}"}}"#;
    assert_eq!(
        became(json!([{ "parseJSON": { "destination": "new" } }]), event),
        json!({ "new": { "outer": { "inner": "{\"a\":1}" } } })
    );
    assert_eq!(
        changed(
            json!({ "parseJSON": { "source": "outer.inner" } }),
            serde_json::from_str(event).unwrap()
        ),
        json!({ "outer": { "inner": "{\"a\":1}" }, "a": 1 })
    );
    for other in ["plain", "[1]", "7", ""] {
        assert_eq!(became(json!([{ "parseJSON": {} }]), other), Value::Null);
    }
}

#[test]
fn grok() {
    let config = json!([{ "grok": { "match":
        r#"%{IPORHOST:client.ip} %{USER} \[%{HTTPDATE:at}\] "%{WORD:method} %{URIPATHPARAM:path}" %{NUMBER:status:int} %{NUMBER:took:float}"# } }]);
    assert_eq!(
        became(
            config.clone(),
            r#"10.0.0.1 jo [10/Oct/2000:13:55:36 -0700] "GET /a?b=1" 200 0.25"#
        ),
        json!({ "client": { "ip": "10.0.0.1" }, "at": "10/Oct/2000:13:55:36 -0700", "method": "GET",
            "path": "/a?b=1", "status": 200, "took": 0.25 })
    );
    assert_eq!(became(config, "something else"), Value::Null);
}

/// The lines of AWS's documentation, and what is made of them there.
#[test]
fn grok_of_whole_log_formats() {
    let by = |pattern: &str, line: &str| became(json!([{ "grok": { "match": pattern } }]), line);
    let apache = r#"127.0.0.1 - - [03/Aug/2023:12:34:56 +0000] "GET /page.html HTTP/1.1" 200 1234"#;
    let seen = json!({ "request": "/page.html", "http_method": "GET", "status_code": 200, "http_version": "1.1",
        "response_size": 1234, "remote_host": "127.0.0.1", "timestamp": "2023-08-03T12:34:56Z" });
    assert_eq!(by("%{APACHE_ACCESS_LOG}", apache), seen);
    assert_eq!(
        by(
            "%{APACHE_ACCESS_LOG} %{GREEDYDATA:more}",
            &format!("{apache} and more")
        )["more"],
        "and more"
    );
    let odd = r#"web.example x jo [3/Aug/2023:01:02:03 +0230] "\"\x16" 400 -"#;
    assert_eq!(
        by("%{APACHE_ACCESS_LOG}", odd),
        json!({ "remote_host": "web.example", "auth_user": "jo", "timestamp": "2023-08-02T22:32:03Z", "status_code": 400 })
    );
    let nginx = r#"192.168.1.100 - Foo [03/Aug/2023:12:34:56 +0000] "GET /account/login.html HTTP/1.1" 200 42 "https://www.amazon.com/" "Mozilla/5.0 (Windows NT 10.0; Win64; x64)""#;
    assert_eq!(
        by("%{NGINX_ACCESS_LOG}", nginx),
        json!({ "request": "/account/login.html", "referrer": "https://www.amazon.com/",
            "agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "http_method": "GET", "status_code": 200, "auth_user": "Foo",
            "http_version": "1.1", "response_size": 42, "remote_host": "192.168.1.100", "timestamp": "2023-08-03T12:34:56Z" })
    );
    let syslog = r#"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource= "Application" eventID="1011"][examplePriority@32473 class="high"]"#;
    assert_eq!(
        by("%{SYSLOG5424}", syslog),
        json!({ "pri": 165, "version": 1, "timestamp": "2003-10-11T22:14:15.003Z", "hostname": "mymachine.example.com",
            "app": "evntslog", "msg_id": "ID47",
            "structured_data": "exampleSDID@32473 iut=\"3\" eventSource= \"Application\" eventID=\"1011\"",
            "message": "[examplePriority@32473 class=\"high\"]" })
    );
    assert_eq!(
        by("%{SYSLOG5424}%{DATA:rest}", "<34>1 - - su 7 - - it failed"),
        json!({ "pri": 34, "version": 1, "app": "su", "proc_id": "7", "message": "it failed", "rest": "" })
    );
    assert_eq!(by("%{SYSLOG5424}", apache), Value::Null);
    for pattern in [
        "%{APACHE_ACCESS_LOG} %{SYSLOG5424}",
        "%{NGINX_ACCESS_LOG} %{NUMBER:num}",
        "%{GREEDYDATA:logMsg} %{SYSLOG5424}",
        "%{SYSLOG5424}%{DATA:a}%{DATA:b}",
    ] {
        assert_eq!(
            refused(json!([{ "grok": { "match": pattern } }])),
            "A grok pattern of a whole log format stands first, with at most one DATA, GREEDYDATA or GREEDYDATA_MULTILINE behind it."
        );
    }
    for (pattern, said) in [
        (
            "%{SYSLOG5424:line}",
            "The grok pattern SYSLOG5424 takes no field.",
        ),
        (
            "%{quoted:it}",
            "The grok pattern \"quoted\" is not supported.",
        ),
        (
            "%{HTTPDATE:it:moment}",
            "The grok data type \"moment\" is not supported.",
        ),
    ] {
        assert_eq!(refused(json!([{ "grok": { "match": pattern } }])), said);
    }
}

/// What parts of a pattern are called, as AWS's documentation shows it.
#[test]
fn grok_of_parts_and_quotes() {
    for (pattern, line, wanted) in [
        (
            "%{NUMBER:version} %{HOSTNAME:hostname} %{NOTSPACE:status} %{QUOTEDSTRING:logMsg}",
            r#"293750 server-01.internal-network.local OK "[Thread-000] token generated""#,
            json!({ "version": "293750", "hostname": "server-01.internal-network.local", "status": "OK",
                "logMsg": "[Thread-000] token generated" }),
        ),
        (
            "%{HOSTPORT:ip}",
            "192.168.1.1:8080",
            json!({ "ip": "192.168.1.1:8080", "PORT": "8080" }),
        ),
        (
            "%{URIHOST:host} %{URIHOST:ip}",
            "example.com:443 10.0.0.1",
            json!({ "host": "example.com:443", "port": "443", "ip": "10.0.0.1" }),
        ),
        (
            "%{SYSLOGPROG:programWithId}",
            "user.profile/settings-page[1234]",
            json!({ "programWithId": "user.profile/settings-page[1234]", "program": "user.profile/settings-page", "pid": "1234" }),
        ),
        (
            "%{SYSLOGFACILITY:syslog}",
            "<13.6>",
            json!({ "syslog": "<13.6>", "facility": "13", "priority": "6" }),
        ),
        ("%{SYSLOGPROG} %{TZ:tz}", "a[1] PDT", json!({ "tz": "PDT" })),
    ] {
        let config = json!([{ "grok": { "match": pattern } }]);
        assert_eq!(became(config, line), wanted, "{pattern}");
    }
}

#[test]
fn csv_and_key_value() {
    assert_eq!(
        became(json!([{ "csv": { "delimiter": "\\s" } }]), "a \"b c\" d"),
        json!({ "column_1": "a", "column_2": "b c", "column_3": "d" })
    );
    assert_eq!(
        became(
            json!([{ "csv": { "columns": ["user.name", "user.id", "a..b"] } }]),
            "ann,7,x"
        ),
        json!({ "user": { "name": "ann", "id": "7" }, "a..b": "x" })
    );
    assert_eq!(
        became(
            json!([{ "csv": { "columns": ["a", "b"] } }]),
            r#"1,"two, ""2""",,4"#
        ),
        json!({ "a": "1", "b": "two, \"2\"", "column_3": "", "column_4": "4" })
    );
    assert_eq!(
        became(
            json!([{ "csv": { "delimiter": "\\t", "quoteCharacter": "'", "destination": "row" } }]),
            "x\t'y\tz'"
        ),
        json!({ "row": { "column_1": "x", "column_2": "y\tz" } })
    );
    assert_eq!(
        became(json!([{ "parseKeyValue": {} }]), "a=1&b=2=3&c"),
        json!({ "a": "1", "b": "2=3", "c": null })
    );
    assert_eq!(
        became(
            json!([{ "parseKeyValue": { "fieldDelimiter": ", ", "keyValueDelimiter": ": ",
                "keyPrefix": "p_", "nonMatchValue": "none", "destination": "all" } }]),
            "a: 1, b"
        ),
        json!({ "all": { "p_a": "1", "p_b": "none" } })
    );
    let event = json!({ "a": "old", "text": "a=new" });
    for (overwrite, a) in [(false, "old"), (true, "new")] {
        let processor =
            json!({ "parseKeyValue": { "source": "text", "overwriteIfExists": overwrite } });
        assert_eq!(changed(processor, event.clone())["a"], a);
    }
}

#[test]
fn keys() {
    let event = json!({ "a": { "b": "v" }, "c": { "d": "w" } });
    for (processor, expected) in [
        (
            json!({ "addKeys": { "entries": [{ "key": "a.n", "value": "x" }, { "key": "a.b", "value": "y" }] } }),
            json!({ "a": { "b": "v", "n": "x" }, "c": { "d": "w" } }),
        ),
        (
            json!({ "addKeys": { "entries": [{ "key": "a.b", "value": "y", "overwriteIfExists": true }] } }),
            json!({ "a": { "b": "y" }, "c": { "d": "w" } }),
        ),
        (
            json!({ "deleteKeys": { "withKeys": ["a.b", "c", "none.such"] } }),
            json!({ "a": {} }),
        ),
        (
            json!({ "moveKeys": { "entries": [{ "source": "a.b", "target": "c" }] } }),
            json!({ "a": {}, "c": { "d": "w", "b": "v" } }),
        ),
        (
            json!({ "moveKeys": { "entries": [{ "source": "a.b", "target": "c.d" }] } }),
            event.clone(),
        ),
        (
            json!({ "moveKeys": { "entries": [{ "source": "a", "target": "a" }] } }),
            json!({ "c": { "d": "w" }, "a": { "b": "v" } }),
        ),
        (
            json!({ "renameKeys": { "entries": [{ "key": "a", "renameTo": "z" }] } }),
            json!({ "c": { "d": "w" }, "z": { "b": "v" } }),
        ),
        (
            json!({ "copyValue": { "entries": [{ "source": "a.b", "target": "e.f" },
                { "source": "@logGroupName", "target": "group" }, { "source": "none", "target": "a" }] } }),
            json!({ "a": { "b": "v" }, "c": { "d": "w" }, "e": { "f": "v" }, "group": "/shop/web" }),
        ),
    ] {
        assert_eq!(
            changed(processor.clone(), event.clone()),
            expected,
            "{processor}"
        );
    }
}

#[test]
fn lists_become_maps() {
    let event =
        json!({ "l": [{ "k": "a", "v": 1 }, { "k": "b", "v": 2 }, { "k": "b", "v": 3 }, 7] });
    let with = |more: Value| {
        let mut processor = json!({ "source": "l", "key": "k", "valueKey": "v", "target": "m" });
        processor
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        changed(json!({ "listToMap": processor }), event.clone())["m"].take()
    };
    assert_eq!(with(json!({})), json!({ "a": [1], "b": [2, 3] }));
    assert_eq!(with(json!({ "flatten": true })), json!({ "a": 1, "b": 2 }));
    assert_eq!(
        with(json!({ "flatten": true, "flattenedElement": "last" })),
        json!({ "a": 1, "b": 3 })
    );
    let whole = json!({ "listToMap": { "source": "l", "key": "k", "flatten": true } });
    assert_eq!(changed(whole, event)["a"], json!({ "k": "a", "v": 1 }));
}

#[test]
fn texts_and_types() {
    let event = json!({ "s": " Ab-Cd ", "n": "12.5", "i": 3, "t": "TRUE" });
    for (processor, key, expected) in [
        (
            json!({ "lowerCaseString": { "withKeys": ["s", "none", "i"] } }),
            "s",
            json!(" ab-cd "),
        ),
        (
            json!({ "upperCaseString": { "withKeys": ["s"] } }),
            "s",
            json!(" AB-CD "),
        ),
        (
            json!({ "trimString": { "withKeys": ["s"] } }),
            "s",
            json!("Ab-Cd"),
        ),
        (
            json!({ "splitString": { "entries": [{ "source": "s", "delimiter": "-" }] } }),
            "s",
            json!([" Ab", "Cd "]),
        ),
        (
            json!({ "substituteString": { "entries": [{ "source": "s", "from": "(\\w)(\\w)-", "to": "$2$1\\$" }] } }),
            "s",
            json!(" bA$Cd "),
        ),
        (
            json!({ "typeConverter": { "entries": [{ "key": "n", "type": "double" }] } }),
            "n",
            json!(12.5),
        ),
        (
            json!({ "typeConverter": { "entries": [{ "key": "n", "type": "integer" }] } }),
            "n",
            json!(12),
        ),
        (
            json!({ "typeConverter": { "entries": [{ "key": "i", "type": "string" }] } }),
            "i",
            json!("3"),
        ),
        (
            json!({ "typeConverter": { "entries": [{ "key": "t", "type": "boolean" }] } }),
            "t",
            json!(true),
        ),
        (
            json!({ "typeConverter": { "entries": [{ "key": "s", "type": "integer" }] } }),
            "s",
            json!(" Ab-Cd "),
        ),
    ] {
        assert_eq!(
            changed(processor.clone(), event.clone())[key],
            expected,
            "{processor}"
        );
    }
}

#[test]
fn times() {
    let processor = json!({ "dateTimeConverter": { "source": "at", "target": "when",
        "matchPatterns": ["yyyy", "dd.MM.yyyy HH:mm"], "sourceTimezone": "Europe/Berlin",
        "targetTimezone": "America/New_York", "targetFormat": "yyyy-MM-dd HH:mm XXX", "locale": "en" } });
    let at = |text: &str| changed(processor.clone(), json!({ "at": text }))["when"].take();
    assert_eq!(at("02.07.2026 08:30"), "2026-07-02 02:30 -04:00");
    assert_eq!(at("02.01.2026 00:30"), "2026-01-01 18:30 -05:00");
    // The clock skips it.
    assert_eq!(at("29.03.2026 02:30"), Value::Null);
    assert_eq!(at("yesterday"), Value::Null);
    let plain = json!({ "dateTimeConverter": { "source": "at", "target": "at",
        "matchPatterns": ["yyyy-MM-dd HH:mm:ss"] } });
    assert_eq!(
        changed(plain, json!({ "at": "2026-01-02 03:04:05" }))["at"],
        "2026-01-02T03:04:05.000Z"
    );
}

/// The locale is that of the source.
#[test]
fn times_with_names_of_another_language() {
    let processor = json!({ "dateTimeConverter": { "source": "at", "target": "when", "locale": "de-DE",
        "matchPatterns": ["EEE, dd. MMM yyyy", "dd. MMMM yyyy"], "targetFormat": "EEE d MMM yyyy" } });
    let at = |text: &str| changed(processor.clone(), json!({ "at": text }))["when"].take();
    assert_eq!(at("Fr., 02. Okt. 2026"), "Fri 2 Oct 2026");
    assert_eq!(at("02. März 2026"), "Mon 2 Mar 2026");
    assert_eq!(at("02. March 2026"), Value::Null);
}

#[test]
fn what_is_not_allowed_is_said() {
    let json = json!({ "parseJSON": {} });
    let add = json!({ "addKeys": { "entries": [{ "key": "a", "value": "b" }] } });
    let substitute = |from: &str| json!({ "substituteString": { "entries": vec![json!({ "source": "a", "from": from, "to": "" }); 10] } });
    for (config, text) in [
        (json!({}), "list of processors"),
        (json!([]), "1 to 20"),
        (json!(vec![json.clone(); 21]), "1 to 20"),
        (json!(vec![json.clone(); 6]), "at most 5 parsers"),
        (json!([add]), "must be a parser"),
        (json!([json, add, add]), "at most one addKeys"),
        (
            json!([{ "grok": { "match": "%{WORD}" } }, { "grok": { "match": "%{WORD}" } }]),
            "at most one grok",
        ),
        (
            json!([{ "parseWAF": {} }]),
            "The processor parseWAF is not supported",
        ),
        (json!([{ "parseJSON": {}, "csv": {} }]), "Invalid processor"),
        (json!([{ "parseJSON": { "sauce": "a" } }]), "sauce"),
        (json!([{ "parseJSON": { "source": "a.b.c.d" } }]), "3 deep"),
        (
            json!([{ "parseJSON": { "source": "a..b" } }]),
            "Invalid key",
        ),
        (
            json!([json, { "dateTimeConverter": { "source": "a", "target": "b",
                "matchPatterns": ["yyyy"], "locale": "tlh" } }]),
            "The locale \"tlh\" is not supported by this version of wharf.",
        ),
        (json!([{ "grok": { "match": "%{NOPE:a}" } }]), "NOPE"),
        (json!([{ "grok": { "match": "%{WORD:a" } }]), "not closed"),
        (json!([{ "grok": { "match": "(" } }]), "Invalid grok"),
        (
            json!([{ "grok": { "match": "%{WORD}".repeat(21) } }]),
            "at most 20",
        ),
        (json!([json, substitute("(")]), "Invalid regular expression"),
        (
            json!([json, substitute("\\w{1000}")]),
            "Invalid regular expression",
        ),
        (
            json!([json, substitute("a"), substitute("b"), substitute("c")]),
            "at most 20 entries",
        ),
        (json!([{ "csv": { "delimiter": "\"" } }]), "the same"),
    ] {
        let said = refused(config.clone());
        assert!(said.contains(text), "{config}: {said}");
    }
}

#[test]
fn what_is_too_much_stays_as_it_is() {
    let config = json!([{ "parseJSON": {} }]);
    let large = json!({ "a": "x".repeat(MAX_EVENT) }).to_string();
    assert_eq!(became(config.clone(), &large), Value::Null);
    let of = |count: usize| {
        let all = (0..count).map(|it| (it.to_string(), Value::Null));
        Value::Object(all.collect()).to_string()
    };
    assert_ne!(became(config.clone(), &of(200)), Value::Null);
    assert_eq!(became(config, &of(201)), Value::Null);
    // Each of these makes a hundred texts of one.
    let more = json!({ "substituteString": { "entries": vec![json!({ "source": "a", "from": "", "to": "x".repeat(100) }); 10] } });
    assert_eq!(changed(more, json!({ "a": "abc" })), Value::Null);
}

proptest! {
    /// Whatever the event is, it becomes a map of JSON or stays as it is.
    #[test]
    fn any_text_is_taken(text in "[\\PC{}\\[\\]\",:=&.a-c\n]{0,60}", nested in any::<bool>()) {
        let message = match nested {
            true => json!({ "a": text, "b": [{ "k": text, "v": 1 }], "c": { "d": text } }).to_string(),
            false => text,
        };
        for parser in [
            json!({ "parseJSON": {} }),
            json!({ "grok": { "match": "%{DATA:a} %{GREEDYDATA:c.d}" } }),
            json!({ "csv": {} }),
            json!({ "parseKeyValue": { "destination": "a" } }),
        ] {
            let config = json!([
                parser,
                { "parseKeyValue": { "source": "a" } },
                { "csv": { "source": "c.d", "destination": "a" } },
                { "listToMap": { "source": "b", "key": "k" } },
                { "moveKeys": { "entries": [{ "source": "a", "target": "c.d" }, { "source": "c", "target": "c.d" }] } },
                { "copyValue": { "entries": [{ "source": "c", "target": "c.d", "overwriteIfExists": true }] } },
                { "splitString": { "entries": [{ "source": "c.d", "delimiter": "a" }] } },
                { "dateTimeConverter": { "source": "a", "target": "a", "matchPatterns": ["EEE MMM d H:m:s yyyy z", "yyyy"] } },
            ]);
            let made = became(config, &message);
            prop_assert!(made.is_object() || made.is_null());
        }
    }
}

#[test]
fn what_would_be_put_in_is_counted_before_it_is_there() {
    // As much as an account's policy could ask for: hundreds of gigabytes.
    let to = "$0".repeat(200_000);
    let config = json!([{ "parseJSON": {} },
        { "substituteString": { "entries": [{ "source": "a", "from": "(?s).+", "to": to }] } }]);
    let transformer = Transformer::parse(&config).unwrap();
    let text = json!({ "a": "x".repeat(400 << 10) }).to_string();
    assert_eq!(transformer.apply(subject(&text)), None);
}

#[test]
fn a_long_line_of_words_is_changed_everywhere() {
    let config = json!([{ "parseJSON": {} },
        { "substituteString": { "entries": [{ "source": "a", "from": " ", "to": "_" }] } }]);
    let transformer = Transformer::parse(&config).unwrap();
    let words = "word ".repeat(2000);
    let text = json!({ "a": words }).to_string();
    let made = transformer.apply(subject(&text)).unwrap();
    assert!(made.contains(&words.replace(' ', "_")));
}
