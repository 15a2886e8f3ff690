use proptest::prelude::*;

use crate::{Query, Selection};

/// What is said of a text that is no query, and the part of it that is meant.
fn wrong(text: &str) -> (String, String) {
    let error = Query::parse(text).expect_err(text);
    let part = text.chars().skip(error.start).take(error.end - error.start);
    (error.message, part.collect())
}

#[test]
fn queries() {
    for text in [
        "",
        "  # nothing but a comment",
        "fields @timestamp, @message | sort @timestamp desc | limit 20",
        "FIELDS a.b.0, `odd-name`, map.`x y`.z AS q | DISPLAY q",
        "filter (a = 1 or b != \"x\") and not (c like /x\\/y/) # comment\n| filter d not like \"z\"",
        "filter a in [1, \"b\"] and b not in ['c'] and c =~ /d/",
        "fields abs(-a) + 2 ^ 3 % 4 * (5 - b) / 6 as x",
        "parse @message \"user=*, method:*, latency := *\" as @user, @method, @latency | stats avg(@latency) by @method, @user",
        "parse @message /user=(?<user2>.*?), method:(?<method2>.*?)/ | display user2",
        "parse /(?<a>x)/ as b",
        "stats count(*), count(), count(a), sum(a) / count(*) as mean by bin(5m), b | sort bin(5m) desc, mean asc | limit 3",
        "stats pct(a, 99.9) as p by bin(30 s) | stats max(p)",
        "stats count_distinct(a), stddev(b), earliest(c), latest(d), sortsFirst(e), sortsLast(f)",
        "fields jsonParse(@message) as js | unnest js.accounts into account | filter account.type = \"internal\"",
        "fields datefloor(@timestamp, 1h), dateceil(fromMillis(a), 1mo), now()",
        "dedup server, severity | limit 1",
        "expand items | stats count(*) by items, host",
        "fields method, status | where status >= 500 | countFrequent method, status | count_frequent status",
        "pattern @message | diff previousWeek | sort @sampleCount desc",
        "lookup users id OUTPUT name | lookup hosts ip as src.ip, port OUTPUT `host name`, zone | filter name = 'a'",
        "stats count(*) as n by id | lookup users id output name",
        "filter ispresent(a) and isempty(b) or isblank(c)",
        "fields coalesce(a, b, 'c') as x, list[0], list[1][2]",
        "fields @timestamp, bytes | accum bytes AS totalBytes | accum bytes",
        "fields @timestamp, bytes | autoregress bytes p=1-4 | autoregress bytes AS before | autoregress bytes as b p=2",
        "fields @timestamp, host, cpu_user, cpu_system | filldown host cpu* | filldown | filldown *user, host",
        "fields price, tax, qty | addtotals price, tax | addtotals fieldname=RowSum row=true | addtotals col=true qty",
        "stats avg(latency) as mean, max(latency) by bin(1m) | fillmissing with 0 for mean, 'none' for max(latency), with -1 for mean",
        "stats rate(bytes, 1m), histogram(c, 10), count_over_time(a), sumOverTime(b) by bin(5m) offset 1h | fillmissing",
    ] {
        if let Err(error) = Query::parse(text) {
            panic!("{text}: {error}");
        }
    }
}

#[test]
fn commands_that_name_all_columns_make_only_so_many_values() {
    let lags = "fields a | autoregress a p=1-100 ";
    for (text, times) in [
        ("| autoregress a p=1-100 ".to_owned(), 10),
        (format!("| filldown {}", "* ".repeat(10)), 1),
        ("| filldown ".to_owned(), 10),
        ("| addtotals col=true ".to_owned(), 10),
        ("| accum a ".to_owned(), 901),
    ] {
        let all = format!("{lags}{}", text.repeat(times));
        let (message, _) = wrong(&all);
        assert!(message.contains("at most 1000 values"), "{text}: {message}");
        if times > 1 {
            let fewer = format!("{lags}{}", text.repeat(times - 2));
            assert!(Query::parse(&fewer).is_ok(), "{text}");
        }
    }
}

#[test]
fn errors_have_places() {
    for (text, message, part) in [
        ("fieldz a", "no command", "fieldz"),
        ("fields a | ", "end of query", ""),
        ("fields a b", "unexpected symbol found b", "b"),
        ("filter ä = nope(1)", "invalid function name nope", "nope"),
        ("filter abs(1, 2) = 1", "does not take 2 values", "abs"),
        ("filter a like b", "like takes a text", "b"),
        ("filter a like /(/", "invalid regular expression", "/(/"),
        ("filter a like /x", "lacks its closing /", "/x"),
        ("filter a = \"x", "closing quote", "\"x"),
        ("fields `a", "closing `", "`a"),
        ("filter a not b", "like or in is expected", "b"),
        ("filter count(*) > 1", "for stats alone", "count"),
        ("stats a", "stands outside", "a"),
        ("stats histogram(a, 0)", "from 1 to 100", "0"),
        ("stats rate(a, 1mo)", "weeks at most", "1mo"),
        (
            "stats count(*) by a offset 1h",
            "behind by bin",
            "offset 1h",
        ),
        (
            "fields a | fillmissing",
            "right behind stats",
            "fillmissing",
        ),
        (
            "stats count(*) by a | fillmissing",
            "right behind stats",
            "fillmissing",
        ),
        (
            "stats count(*) by bin(1m) | fillmissing with 0 for b",
            "what stats counts",
            "b",
        ),
        (
            "stats count(*) as n by bin(1m) | fillmissing 0",
            "with is expected",
            "0",
        ),
        ("autoregress a p=4-1", "from less to more", ""),
        ("autoregress a p=0", "from 1 to 100", "0"),
        ("addtotals col=maybe", "true or false", "maybe"),
        ("filldown 1", "a name is expected", "1"),
        ("stats abs(1)", "functions that count", "abs(1)"),
        ("stats count(*) by bin(5x)", "a number and a unit", "5x"),
        ("stats pct(a, 101)", "from 0 to 100", "101"),
        (
            "stats count(*) | stats count(*) | stats count(*)",
            "at most 2 stats",
            "stats",
        ),
        (
            "countFrequent a | countFrequent a | countFrequent a",
            "at most 2 stats",
            "countFrequent",
        ),
        (
            "sessionize a",
            "not supported by this version",
            "sessionize",
        ),
        ("limit 0", "from 1 to 10000", "0"),
        ("limit 10001", "from 1 to 10000", "10001"),
        ("limit 1.5", "from 1 to 10000", "1.5"),
        (
            "parse @message \"*:*\" as a",
            "finds 2 fields and names 1",
            "as a",
        ),
        ("parse @message \"abc\" as a", "no *", "\"abc\""),
        ("parse @message /(a)/", "no named groups", "/(a)/"),
        ("unnest a", "into is expected", ""),
        ("diff", "right before", "diff"),
        ("limit 5 | pattern @message | diff", "right before", "diff"),
        ("SOURCE groups()", "logGroups is expected", "groups"),
        (
            "limit 1 | SOURCE logGroups()",
            "the first command",
            "SOURCE",
        ),
        (
            "SOURCE logGroups(namePrefix: ['ab'])",
            "at least 3 characters",
            "['ab']",
        ),
        (
            "SOURCE logGroups(class: ['DELIVERY'])",
            "STANDARD or INFREQUENT_ACCESS",
            "['DELIVERY']",
        ),
        (
            "SOURCE logGroups(accountIdentifier: ['1'])",
            "not supported by this version",
            "accountIdentifier",
        ),
        (
            "SOURCE logGroups(name: ['a'])",
            "namePrefix or class",
            "name",
        ),
        (
            "SOURCE logGroups() limit 1",
            "unexpected symbol found limit",
            "limit",
        ),
        ("lookup users id", "OUTPUT is expected", ""),
        ("lookup users id as 5 OUTPUT a", "a field is expected", "5"),
        ("lookup users id OUTPUT", "a name is expected", ""),
        (
            "lookup a b OUTPUT c | lookup a b OUTPUT c | lookup a b OUTPUT c | lookup a b OUTPUT c | lookup a b OUTPUT c | lookup a b OUTPUT c",
            "at most 5 lookup commands",
            "lookup",
        ),
        ("join a", "not supported by this version", "join"),
        (
            "filter a in (fields b | limit 1)",
            "Subqueries are not supported",
            "b",
        ),
        ("filterIndex a > 1", "filterIndex takes", "a > 1"),
        (
            "limit 1 | filterIndex a = 1",
            "must come before",
            "filterIndex",
        ),
        ("filter a = 1 ; limit 2", "unexpected symbol found ;", ";"),
    ] {
        let (said, of) = wrong(text);
        assert!(said.contains(message), "{text}: {said}");
        assert_eq!(of, part, "{text}");
    }
}

#[test]
fn a_source_selects_groups() {
    let of = |text: &str| Query::parse(text).unwrap().selection().cloned();
    assert_eq!(of("limit 1"), None);
    assert_eq!(of("SOURCE logGroups()"), Some(Selection::default()));
    let selected = Selection {
        prefixes: vec!["/shop/".to_owned(), "/ecs/".to_owned()],
        classes: vec!["STANDARD".to_owned()],
    };
    let text = "source LogGroups(namePrefix: ['/shop/', \"/ecs/\"], class: ['STANDARD']) | limit 1";
    assert_eq!(of(text), Some(selected));
}

#[test]
fn queries_are_bounded() {
    let (said, _) = wrong(&"a".repeat(10_001));
    assert!(said.contains("10000 characters"), "{said}");
    let (said, _) = wrong(&format!("filter {}1{}", "(".repeat(100), ")".repeat(100)));
    assert!(said.contains("nest deeper"), "{said}");
    for chain in [" + 1", " and 1", " or 1", " = 1", " ^ 1", " * 1"] {
        let (said, _) = wrong(&format!("filter 1{}", chain.repeat(300)));
        assert!(said.contains("at most 250 operators"), "{chain}: {said}");
    }
    for prefix in ["not ", "- "] {
        let (said, _) = wrong(&format!("filter {}1", prefix.repeat(300)));
        assert!(said.contains("at most 250 operators"), "{prefix}: {said}");
    }
    let (said, _) = wrong("filter a like /(a{1000}){1000}/");
    assert!(said.contains("invalid regular expression"), "{said}");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "(fields|filter|stats|parse|sort|bin\\(|count\\(|[a-z`.@]{1,3}|[0-9]{1,2}|[|()\\[\\]/\"'=<>!~*+^,#\\\\ -]|ä){0,30}") {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.start <= error.end && error.end <= text.chars().count(), "{:?}", error);
        }
    }
}
