//! What requests may say.

use wharf_api_ce::types::{DateInterval, DimensionValues, Expression, GroupDefinition, TagValues};
use wharf_base::Timestamp;

use super::home::NOON;
use crate::{
    filter::{Filter, groups},
    period::{Granularity, Periods},
};

fn periods(start: &str, end: &str, by: Granularity) -> Result<Vec<(String, String)>, String> {
    let time = DateInterval {
        start: Some(start.to_owned()),
        end: Some(end.to_owned()),
    };
    let periods = Periods::of(Some(&time), by, Timestamp(NOON));
    let periods = periods.map_err(|it| format!("{}: {}", it.code, it.message))?;
    let all = (0..periods.count()).map(|index| {
        let written = periods.written(index);
        (written.start.unwrap(), written.end.unwrap())
    });
    Ok(all.collect())
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(start, end)| ((*start).to_owned(), (*end).to_owned()))
        .collect()
}

#[test]
fn periods_are_those_of_the_calendar() {
    use Granularity::*;
    let found = periods("2026-02-27", "2026-03-02", Daily).unwrap();
    let days = [
        ("2026-02-27", "2026-02-28"),
        ("2026-02-28", "2026-03-01"),
        ("2026-03-01", "2026-03-02"),
    ];
    assert_eq!(found, pairs(&days));
    let found = periods("2025-12-15", "2026-02-03", Monthly).unwrap();
    let months = [
        ("2025-12-15", "2026-01-01"),
        ("2026-01-01", "2026-02-01"),
        ("2026-02-01", "2026-02-03"),
    ];
    assert_eq!(found, pairs(&months));
    let found = periods("2026-04-10", "2026-04-10T02:00:00Z", Hourly).unwrap();
    let hours = [
        ("2026-04-10T00:00:00Z", "2026-04-10T01:00:00Z"),
        ("2026-04-10T01:00:00Z", "2026-04-10T02:00:00Z"),
    ];
    assert_eq!(found, pairs(&hours));
}

#[test]
fn times_that_mean_nothing_are_refused() {
    use Granularity::*;
    for (start, end, by, expected) in [
        (
            "2026-04-10",
            "2026-04-10",
            Daily,
            "ValidationException: Start date (and hour) should be before end date (and hour)",
        ),
        (
            "2026-04-11",
            "2026-04-10",
            Daily,
            "ValidationException: Start date (and hour) should be before end date (and hour)",
        ),
        (
            "2026-02-30",
            "2026-04-10",
            Daily,
            "ValidationException: Start time 2026-02-30 is invalid. Valid format is: yyyy-MM-dd.",
        ),
        (
            "2026-04-10T00:00:00Z",
            "2026-04-11",
            Daily,
            "ValidationException: Start time 2026-04-10T00:00:00Z is invalid. Valid format is: yyyy-MM-dd.",
        ),
        (
            "2026-04-10T00:30:00Z",
            "2026-04-11",
            Hourly,
            "ValidationException: Start time 2026-04-10T00:30:00Z is invalid. Valid format is: yyyy-MM-dd, or a full hour as yyyy-MM-ddTHH:mm:ssZ.",
        ),
        (
            "",
            "2026-04-10",
            Daily,
            "ValidationException: Start time  is invalid. Valid format is: yyyy-MM-dd.",
        ),
        (
            "2025-02-28",
            "2026-04-10",
            Monthly,
            "DataUnavailableException: Data is available for the last 13 months.",
        ),
        (
            "2026-03-26",
            "2026-04-10",
            Hourly,
            "ValidationException: Hourly data is available for the last 14 days.",
        ),
        (
            "2026-01-01",
            "2028-01-01",
            Monthly,
            "ValidationException: A report covers 500 days at most.",
        ),
        (
            "9999-12-01",
            "9999-12-31",
            Monthly,
            "ValidationException: A report ends 14 months from now at the latest.",
        ),
    ] {
        assert_eq!(periods(start, end, by).unwrap_err(), expected);
    }
    assert!(periods("2027-06-01", "2027-07-01", Daily).is_ok());
    assert!(periods("2027-06-01", "2027-07-02", Whole).is_err());
    assert!(periods("2025-03-01", "2026-04-10", Monthly).is_ok());
    assert!(periods("2026-03-27", "2026-04-10", Hourly).is_ok());
    assert!(Granularity::named(Some("WEEKLY")).is_err());
}

/// Whatever the clock says, the calendar has an end.
#[test]
fn periods_end_with_the_calendar() {
    use Granularity::*;
    let time = DateInterval {
        start: Some("9999-12-01".to_owned()),
        end: Some("9999-12-31".to_owned()),
    };
    let now = Timestamp::parse_iso8601("9999-12-15T00:00:00Z").unwrap();
    for (by, count) in [(Hourly, 720), (Daily, 30), (Monthly, 1), (Whole, 1)] {
        let periods = Periods::of(Some(&time), by, now).unwrap();
        assert_eq!((periods.count(), periods.months().count()), (count, 1));
    }
}

fn region(name: &str) -> Expression {
    let values = DimensionValues {
        key: Some("REGION".to_owned()),
        values: Some(vec![name.to_owned()]),
        match_options: None,
    };
    Expression {
        dimensions: Some(values),
        ..Expression::default()
    }
}

fn refused(asked: &Expression) -> String {
    Filter::of(Some(asked)).unwrap_err().message
}

#[test]
fn expressions_that_mean_nothing_are_refused() {
    assert_eq!(
        refused(&Expression::default()),
        "The filter expression is empty."
    );
    let two = Expression {
        not: Some(Box::new(region("a"))),
        ..region("b")
    };
    assert_eq!(
        refused(&two),
        "Expression has more than one root expression."
    );
    let one = Expression {
        and: Some(vec![region("a")]),
        ..Expression::default()
    };
    assert_eq!(
        refused(&one),
        "And expression must have at least 2 operands."
    );
    let mut unknown = region("a");
    unknown.dimensions.as_mut().unwrap().key = Some("AZ".to_owned());
    assert_eq!(
        refused(&unknown),
        "The dimension AZ is not supported by this version of wharf."
    );
    let mut option = region("a");
    option.dimensions.as_mut().unwrap().match_options = Some(vec!["CONTAINS".to_owned()]);
    assert_eq!(
        refused(&option),
        "The match option CONTAINS is not supported by this version of wharf."
    );
    let mut nothing = region("a");
    nothing.dimensions.as_mut().unwrap().values = Some(vec![]);
    assert_eq!(refused(&nothing), "A filter needs values.");
    let keyless = Expression {
        tags: Some(TagValues::default()),
        ..Expression::default()
    };
    assert_eq!(refused(&keyless), "A filter by a tag needs its key.");
}

#[test]
fn expressions_are_bounded() {
    let mut deep = region("a");
    for _ in 0..20 {
        deep = Expression {
            not: Some(Box::new(deep)),
            ..Expression::default()
        };
    }
    assert_eq!(refused(&deep), "The filter expression is too large.");
    let wide = Expression {
        or: Some(vec![region("a"); 600]),
        ..Expression::default()
    };
    assert_eq!(refused(&wide), "The filter expression is too large.");
}

#[test]
fn groups_are_two_at_most() {
    let group = |kind: &str, key: &str| GroupDefinition {
        type_: Some(kind.to_owned()),
        key: Some(key.to_owned()),
    };
    let said = |asked: &[GroupDefinition]| groups(asked).unwrap_err().message;
    let service = group("DIMENSION", "SERVICE");
    assert_eq!(
        groups(&[service.clone(), group("TAG", "a")]).unwrap().len(),
        2
    );
    let three = vec![service; 3];
    assert_eq!(
        said(&three),
        "Group definitions should be less than or equal to 2"
    );
    assert_eq!(said(&[group("TAG", "")]), "A group by a tag needs its key.");
    let category = said(&[group("COST_CATEGORY", "a")]);
    assert_eq!(
        category,
        "The group type COST_CATEGORY is not supported by this version of wharf."
    );
}
