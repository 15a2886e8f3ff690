//! `wharf cost`: what tasks, pods, instances, storage and the network cost, of this month unless told otherwise. All of it comes
//! from Cost Explorer's operations, as the account of the installation.

use std::{collections::BTreeMap, process::ExitCode};

use rust_decimal::Decimal;
use serde_json::json;
use wharf_api_ce::{schema::SERVICE as CE, types::*};
use wharf_base::{Clock as _, SystemClock, Timestamp};
use wharf_billing::Prices;

use crate::{
    args::CostArgs,
    call,
    layout::{Layout, Settings},
    problem::Problem,
    style::Style,
};

const COST: &str = "UnblendedCost";
const QUANTITY: &str = "UsageQuantity";
/// The longest unit: `GiBps-Month`.
const UNIT: usize = 11;
/// Digits behind the point for people.
const DIGITS: u32 = 6;

/// What costs are listed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    UsageType,
    Region,
    Tag(String),
}

/// What costs are not listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is none of service, cluster, usage-type, region and tag:KEY")]
pub struct BadBy;

impl std::str::FromStr for By {
    type Err = BadBy;

    fn from_str(text: &str) -> Result<Self, BadBy> {
        match text {
            "usage-type" => Ok(Self::UsageType),
            "region" => Ok(Self::Region),
            "service" => Ok(Self::Tag("aws:ecs:serviceName".to_owned())),
            "cluster" => Ok(Self::Tag("aws:ecs:clusterName".to_owned())),
            other => match other.strip_prefix("tag:").filter(|it| !it.is_empty()) {
                Some(key) => Ok(Self::Tag(key.to_owned())),
                None => Err(BadBy),
            },
        }
    }
}

impl By {
    fn group(&self) -> GroupDefinition {
        let (kind, key) = match self {
            Self::UsageType => ("DIMENSION", "USAGE_TYPE"),
            Self::Region => ("DIMENSION", "REGION"),
            Self::Tag(key) => ("TAG", key.as_str()),
        };
        GroupDefinition {
            type_: Some(kind.to_owned()),
            key: Some(key.to_owned()),
        }
    }

    /// A group's name out of the keys of an answer.
    fn name(&self, group: &Group) -> String {
        let key = group
            .keys
            .iter()
            .flatten()
            .next()
            .map_or("", String::as_str);
        let tag = match self {
            Self::Tag(tag) => key
                .strip_prefix(tag.as_str())
                .and_then(|it| it.strip_prefix('$')),
            _ => None,
        };
        tag.unwrap_or(key).to_owned()
    }
}

/// A group of what was used.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    quantity: Decimal,
    /// `N/A` where a group has several.
    unit: String,
    cost: Decimal,
    currency: String,
}

pub fn run(args: &CostArgs) -> Result<ExitCode, Problem> {
    if args.example_prices {
        print!("{}", Prices::example_text());
        return Ok(ExitCode::SUCCESS);
    }
    let layout = Layout::new(&args.output.data.data)?;
    let settings = layout.settings()?;
    let period = period(args, SystemClock.now());
    let rows = call::block_on(rows(&layout, &settings, &args.by, &period))?;
    let currency = rows.first().map_or("USD", |it| it.currency.as_str());
    let total: Decimal = rows.iter().map(|it| it.cost).sum();
    if args.output.json {
        let groups = rows.iter().map(|it| {
            json!({
                "key": it.name,
                "quantity": it.quantity.normalize().to_string(),
                "unit": it.unit,
                "cost": it.cost.normalize().to_string(),
            })
        });
        let document = json!({
            "start": period.start,
            "end": period.end,
            "currency": currency,
            "total": total.normalize().to_string(),
            "groups": groups.collect::<Vec<_>>(),
        });
        println!("{document:#}");
        return Ok(ExitCode::SUCCESS);
    }
    let (start, end) = (period.start.as_deref(), period.end.as_deref());
    println!(
        "Used from {} until {}",
        start.unwrap_or("-"),
        end.unwrap_or("-")
    );
    print!(
        "{}",
        table(&args.by, &rows, total, currency, Style::of_stdout())
    );
    if let By::Tag(key) = &args.by
        && !call::block_on(is_active(&layout, &settings, key))?
    {
        eprintln!(
            "Reports do not know the tag {key}: activate it with `aws ce update-cost-allocation-tags-status`."
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// From the first of this month to the first of the next, where nothing else was asked for.
fn period(args: &CostArgs, now: Timestamp) -> DateInterval {
    let today = now.iso8601_seconds();
    let number = |from: usize, to: usize| today[from..to].parse::<u32>().unwrap_or_default();
    let (year, month) = (number(0, 4), number(5, 7));
    let next = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    let first = |(year, month): (u32, u32)| format!("{year:04}-{month:02}-01");
    DateInterval {
        start: Some(args.from.clone().unwrap_or_else(|| first((year, month)))),
        end: Some(args.to.clone().unwrap_or_else(|| first(next))),
    }
}

async fn rows(
    layout: &Layout,
    settings: &Settings,
    by: &By,
    period: &DateInterval,
) -> Result<Vec<Row>, Problem> {
    let mut sums = BTreeMap::new();
    let mut input = GetCostAndUsageRequest {
        time_period: Some(period.clone()),
        granularity: Some("MONTHLY".to_owned()),
        metrics: Some(vec![COST.to_owned(), QUANTITY.to_owned()]),
        group_by: Some(vec![by.group()]),
        ..GetCostAndUsageRequest::default()
    };
    loop {
        let answer: GetCostAndUsageResponse =
            call::of(&CE, layout, settings, "GetCostAndUsage", &input).await?;
        let periods = answer.results_by_time.iter().flatten();
        for group in periods.flat_map(|it| it.groups.iter().flatten()) {
            add(&mut sums, row(by, group));
        }
        input.next_page_token = answer.next_page_token;
        if input.next_page_token.is_none() {
            break;
        }
    }
    let mut sums: Vec<Row> = sums.into_values().collect();
    sums.sort_by(|one, other| {
        other
            .cost
            .cmp(&one.cost)
            .then_with(|| one.name.cmp(&other.name))
    });
    Ok(sums)
}

fn row(by: &By, group: &Group) -> Row {
    let metric = |name: &str| group.metrics.as_ref().and_then(|it| it.get(name));
    let amount = |name: &str| -> Decimal {
        let amount = metric(name).and_then(|it| it.amount.as_deref());
        amount.and_then(|it| it.parse().ok()).unwrap_or_default()
    };
    Row {
        name: by.name(group),
        quantity: amount(QUANTITY),
        unit: metric(QUANTITY)
            .and_then(|it| it.unit.clone())
            .unwrap_or_default(),
        cost: amount(COST),
        currency: metric(COST)
            .and_then(|it| it.unit.clone())
            .unwrap_or_default(),
    }
}

/// A group that was in an earlier month grows; months are added as they are printed.
fn add(sums: &mut BTreeMap<String, Row>, row: Row) {
    match sums.get_mut(&row.name) {
        Some(known) => {
            known.cost += row.cost;
            known.quantity += row.quantity;
        }
        None => {
            sums.insert(row.name.clone(), row);
        }
    }
}

async fn is_active(layout: &Layout, settings: &Settings, key: &str) -> Result<bool, Problem> {
    let input = ListCostAllocationTagsRequest {
        status: Some("Active".to_owned()),
        tag_keys: Some(vec![key.to_owned()]),
        ..ListCostAllocationTagsRequest::default()
    };
    let answer: ListCostAllocationTagsResponse =
        call::of(&CE, layout, settings, "ListCostAllocationTags", &input).await?;
    Ok(answer.cost_allocation_tags.is_some_and(|it| !it.is_empty()))
}

fn table(by: &By, rows: &[Row], total: Decimal, currency: &str, style: Style) -> String {
    let head = match by {
        By::UsageType => "USAGE TYPE".to_owned(),
        By::Region => "REGION".to_owned(),
        By::Tag(key) => key.to_uppercase(),
    };
    // Hours of vCPUs and of GB are no sum.
    let has_quantity = *by == By::UsageType;
    let shown = |row: &Row| match row.name.as_str() {
        "" => "(none)".to_owned(),
        name => name.to_owned(),
    };
    let names = rows
        .iter()
        .map(&shown)
        .chain([head.clone(), "Total".to_owned()]);
    let width = names.map(|it| it.chars().count()).max().unwrap_or(0);
    let line = |name: &str, quantity: &str, unit: &str, cost: &str| {
        let quantity = if has_quantity {
            format!("{quantity:>14}  {unit:UNIT$}  ")
        } else {
            String::new()
        };
        format!("{name:width$}  {quantity}{cost}")
    };
    let number = |of: Decimal| format!("{:.*}", DIGITS as usize, of.round_dp(DIGITS));
    let cost = |of: Decimal| format!("{} {currency}", number(of));
    let mut text = style.faint(&line(&head, "QUANTITY", "UNIT", "COST"));
    text.push('\n');
    for row in rows {
        let quantity = number(row.quantity);
        text.push_str(&line(&shown(row), &quantity, &row.unit, &cost(row.cost)));
        text.push('\n');
    }
    text.push_str(&style.strong(&line("Total", "", "", &cost(total))));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_row(name: &str, cost: &str) -> Row {
        Row {
            name: name.to_owned(),
            quantity: Decimal::new(5, 1),
            unit: "Hrs".to_owned(),
            cost: cost.parse().unwrap(),
            currency: "USD".to_owned(),
        }
    }

    #[test]
    fn columns_are_aligned() {
        let mut rows = BTreeMap::new();
        for (name, cost) in [("web", "1.25"), ("", "0.0001686667"), ("web", "1")] {
            add(&mut rows, a_row(name, cost));
        }
        let rows: Vec<Row> = rows.into_values().rev().collect();
        let by = |by: &str| {
            table(
                &by.parse().unwrap(),
                &rows,
                Decimal::new(225, 2),
                "USD",
                Style::plain(),
            )
        };
        assert_eq!(
            by("tag:team"),
            "TEAM    COST\n\
             web     2.250000 USD\n\
             (none)  0.000169 USD\n\
             Total   2.250000 USD\n"
        );
        assert_eq!(
            by("usage-type"),
            "USAGE TYPE        QUANTITY  UNIT         COST\n\
             web               1.000000  Hrs          2.250000 USD\n\
             (none)            0.500000  Hrs          0.000169 USD\n\
             Total                                    2.250000 USD\n"
        );
    }

    #[test]
    fn groups_are_named() {
        assert!("tag:".parse::<By>().is_err());
        assert!("day".parse::<By>().is_err());
        let by: By = "service".parse().unwrap();
        let group = Group {
            keys: Some(vec!["aws:ecs:serviceName$we$b".to_owned()]),
            metrics: None,
        };
        assert_eq!(by.name(&group), "we$b");
    }
}
