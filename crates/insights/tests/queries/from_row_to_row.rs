//! Commands that look at the rows in turn, and rows of times and sums.

use super::*;

/// What a query shows of the lines, the oldest first.
fn in_order(query: &str) -> Vec<String> {
    let (fields, rest) = query.split_once('|').unwrap();
    rows(&format!("{fields}| sort @timestamp | {rest}"), LINES)
}

#[test]
fn sums_and_earlier_values_go_from_row_to_row() {
    assert_eq!(
        in_order("fields ms | accum ms as total"),
        [
            "ms=12, total=12",
            "ms=250.5, total=262.5",
            "",
            "ms=3, total=265.5",
            "ms=40, total=305.5",
        ]
    );
    assert_eq!(
        in_order("fields ms | accum ms | filter ms > 265"),
        ["ms=265.5", "ms=305.5"]
    );
    assert_eq!(
        in_order("fields user | autoregress user p=1-2"),
        [
            "user=anna",
            "user=bert, user_p1=anna",
            "user_p1=bert, user_p2=anna",
            "user=bert, user_p2=bert",
            "user=anna, user_p1=bert",
        ]
    );
    assert_eq!(
        in_order("fields user | autoregress user as before p=3 | filter ispresent(before)"),
        ["user=bert, before=anna", "user=anna, before=bert"]
    );
    // Later commands see what was made.
    assert_eq!(
        in_order("fields ms | accum ms as total | stats max(total) as most"),
        ["most=305.5"]
    );
}

#[test]
fn gaps_are_filled_with_the_last_value() {
    let user = |user: &str, ip: &str| format!("user={user}, ip={ip}");
    assert_eq!(
        in_order("fields user, ip | filldown"),
        [
            user("anna", "10.0.0.1"),
            user("bert", "10.0.0.1"),
            user("bert", "10.0.0.1"),
            user("bert", "192.168.0.9"),
            user("anna", "192.168.0.9"),
        ]
    );
    assert_eq!(in_order("fields user, ip | filldown u*")[2], "user=bert");
    assert_eq!(
        in_order("fields user, ip | filldown ip nothing")[2],
        "ip=10.0.0.1"
    );
}

#[test]
fn numbers_are_added_up_by_row_and_by_column() {
    assert_eq!(
        in_order("fields ms, err.code | addtotals"),
        [
            "ms=12, Total=12",
            "ms=250.5, err.code=7, Total=257.5",
            "Total=0",
            "ms=3, Total=3",
            "ms=40, Total=40",
        ]
    );
    let all = in_order("fields user, ms, err.code | addtotals fieldname=All col=true ms, err.code");
    assert_eq!(all[1], "user=bert, ms=250.5, err.code=7, All=257.5");
    assert_eq!(all[5..], ["ms=305.5, err.code=7, All=312.5"]);
    assert_eq!(
        in_order("fields ms | addtotals row=false col=true ms | limit 10")[4..],
        ["ms=40", "ms=305.5"]
    );
    assert_eq!(
        rows(
            "stats count(*) as n, max(ms) as most by level | addtotals col=true n",
            LINES
        ),
        [
            "n=1, Total=1",
            "level=ERROR, n=2, most=250.5, Total=2",
            "level=INFO, n=2, most=12, Total=2",
            "n=5, Total=5",
        ]
    );
}

#[test]
fn times_without_events_have_rows() {
    let minute = |minute: u32, rest: &str| format!("bin(1m)=2024-08-15 13:{minute}:00.000{rest}");
    let errors = "filter level = \"ERROR\" | stats count(*) as n, max(ms) by bin(1m)";
    assert_eq!(
        rows(
            &format!("{errors} | fillmissing with 0 for n, 'none' for max(ms)"),
            LINES
        ),
        [
            minute(51, ", n=1, max(ms)=40"),
            minute(50, ", n=0, max(ms)=none"),
            minute(49, ", n=0, max(ms)=none"),
            minute(48, ", n=1, max(ms)=250.5"),
        ]
    );
    assert_eq!(
        rows(&format!("{errors} | fillmissing"), LINES)[1],
        minute(50, "")
    );
    let at = |minute: u32, level: &str, n: u32| {
        format!("bin(2m)=2024-08-15 13:{minute}:00.000, level={level}, n={n}")
    };
    assert_eq!(
        rows(
            "filter ispresent(level) | stats count(*) as n by bin(2m), level | fillmissing with 0 for n",
            LINES
        ),
        [
            at(50, "ERROR", 1),
            at(50, "INFO", 1),
            at(48, "ERROR", 1),
            at(48, "INFO", 0),
            at(46, "ERROR", 0),
            at(46, "INFO", 1),
        ]
    );
    assert!(
        rows(
            "filter no = 1 | stats count(*) by bin(1m) | fillmissing",
            LINES
        )
        .is_empty()
    );
    // A millisecond each for hours is more than a query keeps.
    let long = "stats count(*) by bin(1ms) | fillmissing";
    assert_eq!(ran(long, &["x"; 600], 1), Err(Halted::TooLarge));
}

#[test]
fn times_are_shifted_and_numbers_have_rates() {
    let shifted = |n: &str| format!("bin(5m)=2024-08-15 {n}");
    assert_eq!(
        rows("stats count(*) as n by bin(5m) offset 1h", LINES),
        [shifted("14:50:00.000, n=2"), shifted("14:45:00.000, n=3")]
    );
    let minutes = "filter level = \"ERROR\" | stats count(*) as n by bin(1m) offset 90s";
    assert_eq!(
        rows(
            &format!("{minutes} | fillmissing with -1 for n | limit 2"),
            LINES
        ),
        [
            "bin(1m)=2024-08-15 13:52:30.000, n=1",
            "bin(1m)=2024-08-15 13:51:30.000, n=-1",
        ]
    );
    assert_eq!(
        rows(
            "stats rate(ms, 1m) as each, count_over_time(ms) as n, sum_over_time(ms) as all",
            LINES
        ),
        ["each=7, n=4, all=305.5"]
    );
    assert_eq!(
        rows("stats histogram(ms, 2) as spread", LINES),
        [r#"spread={"[3,126.75)":3,"[126.75,250.5]":1}"#]
    );
    // At one moment there is none.
    assert_eq!(rows("limit 1 | stats rate(ms, 1m) as each", LINES), [""]);
}
