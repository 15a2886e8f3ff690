use super::*;

const ASKED: Asked<'_> = Asked {
    protocol: "http",
    host: "docs.s3-website.localhost:4566",
    key: "",
};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn of_index(suffix: &str) -> WebsiteConfiguration {
    WebsiteConfiguration {
        index_document: Some(IndexDocument {
            suffix: some(suffix),
        }),
        ..WebsiteConfiguration::default()
    }
}

fn with_rules(rules: Vec<RoutingRule>) -> WebsiteConfiguration {
    WebsiteConfiguration {
        routing_rules: Some(rules),
        ..of_index("index.html")
    }
}

fn routing(prefix: Option<&str>, status: Option<&str>, redirect: Redirect) -> RoutingRule {
    let condition = Condition {
        http_error_code_returned_equals: status.map(str::to_owned),
        key_prefix_equals: prefix.map(str::to_owned),
    };
    RoutingRule {
        condition: (condition != Condition::default()).then_some(condition),
        redirect: Some(redirect),
    }
}

fn to_key(key: &str) -> Redirect {
    Redirect {
        replace_key_with: some(key),
        ..Redirect::default()
    }
}

fn to_all(host: &str) -> WebsiteConfiguration {
    WebsiteConfiguration {
        redirect_all_requests_to: Some(RedirectAllRequestsTo {
            host_name: some(host),
            protocol: some("https"),
        }),
        ..WebsiteConfiguration::default()
    }
}

#[test]
fn requests_are_sent_where_the_first_rule_says() {
    let rules = vec![
        routing(
            Some("old/"),
            None,
            Redirect {
                replace_key_prefix_with: some("new/"),
                http_redirect_code: some("302"),
                ..Redirect::default()
            },
        ),
        routing(Some("one.html"), None, to_key("two ü.html")),
        routing(
            Some("shop/"),
            Some("404"),
            Redirect {
                host_name: some("shop.example.org"),
                protocol: some("https"),
                ..Redirect::default()
            },
        ),
        routing(None, Some("403"), to_key("who.html")),
    ];
    let site = read(with_rules(rules)).unwrap();
    let own = "http://docs.s3-website.localhost:4566";
    let check = |key: &str, status: Option<u16>, expected: Option<(u16, String)>| {
        let asked = Asked { key, ..ASKED };
        let sent = match status {
            None => site.at_once(asked),
            Some(status) => site.after(asked, status),
        };
        assert_eq!(sent.map(|it| (it.status, it.location)), expected, "{key}");
    };
    check("old/a/b", None, Some((302, format!("{own}/new/a/b"))));
    check(
        "one.html",
        None,
        Some((301, format!("{own}/two%20%C3%BC.html"))),
    );
    check("shop/1", None, None);
    let shop = "https://shop.example.org/shop/1".to_owned();
    check("shop/1", Some(404), Some((301, shop)));
    check("shop/1", Some(403), Some((301, format!("{own}/who.html"))));
    check("else", Some(404), None);
    check("", None, None);
}

#[test]
fn all_requests_may_be_sent_elsewhere() {
    let site = read(to_all("example.org")).unwrap();
    let asked = Asked {
        key: "a b/c",
        ..ASKED
    };
    let sent = site.at_once(asked).unwrap();
    assert_eq!(
        (sent.status, sent.location.as_str()),
        (301, "https://example.org/a%20b/c")
    );
}

#[test]
fn folders_have_an_index() {
    let site = read(of_index("index.html")).unwrap();
    for (key, document) in [
        ("", "index.html"),
        ("a/", "a/index.html"),
        ("a", "a"),
        ("a/b.css", "a/b.css"),
    ] {
        assert_eq!(site.document(key), document);
    }
    assert_eq!(site.as_folder("a/"), None);
    assert_eq!(site.as_folder(""), None);
    let folder = ("a b/index.html".to_owned(), "/a%20b/".to_owned());
    assert_eq!(site.as_folder("a b"), Some(folder));
}

#[test]
fn configurations_are_shown_as_they_were_given() {
    let given = WebsiteConfiguration {
        error_document: Some(ErrorDocument {
            key: some("error.html"),
        }),
        ..with_rules(vec![routing(Some("a"), Some("404"), to_key("b"))])
    };
    let output = shown(read(given.clone()).unwrap());
    assert_eq!(output.index_document, given.index_document);
    assert_eq!(output.error_document, given.error_document);
    assert_eq!(output.routing_rules, given.routing_rules);
    let all = to_all("example.org:8443");
    let output = shown(read(all.clone()).unwrap());
    assert_eq!(
        output.redirect_all_requests_to,
        all.redirect_all_requests_to
    );
    assert_eq!(output.index_document, None);
}

#[test]
fn configurations_that_are_none() {
    let code = |given: WebsiteConfiguration| read(given).map(|_| ()).map_err(|it| it.code);
    let redirect = |redirect: Redirect| with_rules(vec![routing(None, None, redirect)]);
    let coded = |code: &str| {
        redirect(Redirect {
            http_redirect_code: some(code),
            ..Redirect::default()
        })
    };
    let of_status = |status: &str| with_rules(vec![routing(None, Some(status), to_key("k"))]);
    let empty_condition = RoutingRule {
        condition: Some(Condition::default()),
        redirect: Some(to_key("k")),
    };
    for (given, expected) in [
        (WebsiteConfiguration::default(), "InvalidArgument"),
        (of_index(""), "InvalidArgument"),
        (of_index("a/index.html"), "InvalidArgument"),
        (to_all("a/b"), "InvalidArgument"),
        (to_all("a b"), "InvalidArgument"),
        (to_all(""), "InvalidArgument"),
        (
            WebsiteConfiguration {
                index_document: of_index("i").index_document,
                ..to_all("example.org")
            },
            "MalformedXML",
        ),
        (
            WebsiteConfiguration {
                error_document: Some(ErrorDocument { key: some("") }),
                ..of_index("i")
            },
            "InvalidArgument",
        ),
        (redirect(Redirect::default()), "MalformedXML"),
        (with_rules(vec![empty_condition]), "InvalidRequest"),
        (coded("300"), "InvalidRequest"),
        (coded("404"), "InvalidRequest"),
        (coded("+301"), "InvalidRequest"),
        (of_status("200"), "InvalidRequest"),
        (of_status("4XX"), "InvalidRequest"),
        (
            redirect(Redirect {
                replace_key_prefix_with: some("p"),
                ..to_key("k")
            }),
            "InvalidRequest",
        ),
        (
            redirect(Redirect {
                protocol: some("ftp"),
                ..Redirect::default()
            }),
            "InvalidRequest",
        ),
        (
            with_rules(vec![routing(Some("p"), None, to_key("k")); MAX_RULES + 1]),
            "InvalidRequest",
        ),
        (of_index(&"i".repeat(MAX_BYTES + 1)), "InvalidRequest"),
    ] {
        let shown = format!("{given:?}");
        let shown = shown.chars().take(300).collect::<String>();
        assert_eq!(code(given), Err(expected.into()), "{shown}");
    }
}

#[test]
fn errors_are_pages() {
    let failure = |code: &str, key: &str| Failure {
        status: 404,
        code: code.to_owned(),
        message: "m".to_owned(),
        more: vec![("Key".to_owned(), key.to_owned())],
    };
    let shown = page(&failure("NoSuchKey", "<b>"), None, "id");
    assert!(shown.contains("<h1>404 Not Found</h1>"), "{shown}");
    assert!(shown.contains("<li>Key: &lt;b&gt;</li>") && shown.contains("<li>RequestId: id</li>"));
    assert!(!shown.contains("<h3>"));
    let of_own = failure("AccessDenied", "error.html");
    let shown = page(&failure("NoSuchKey", "k"), Some(&of_own), "id");
    let (before, after) = shown.split_once("<h3>").unwrap();
    assert!(before.contains("Code: NoSuchKey") && after.contains("Code: AccessDenied"));
}
