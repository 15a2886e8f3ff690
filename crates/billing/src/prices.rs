//! Price lists: what an hour, or a month, of each usage type costs, from an effective date on.

use std::{collections::BTreeMap, sync::LazyLock};

use rust_decimal::Decimal;
use serde::Deserialize;
use wharf_base::Timestamp;

use crate::Kind;

/// Bytes of a file of price lists.
pub const MAX_LIST_BYTES: u64 = 1 << 20;
/// Of what reports span, each list cuts time once more.
const MAX_LISTS: usize = 120;
/// Beyond this, sums of a year could no longer be exact.
const MAX_RATE: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
const MAX_DIGITS: u32 = 10;
const HOUR: i64 = 3_600_000;
/// AWS's prices for us-east-1 in March 2026, as an example.
const EXAMPLE: &str = include_str!("prices.json");

/// Why a file of price lists is refused.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("it is not understood")]
    Unreadable(#[from] serde_json::Error),
    #[error("it has {0} lists; there must be from 1 to {MAX_LISTS}")]
    Number(usize),
    #[error("{0:?} is not the time of a full hour (2026-03-01T00:00:00Z)")]
    Effective(String),
    #[error("two lists are effective from {0}")]
    Twice(String),
    #[error("there is no usage type {0:?}")]
    Unknown(String),
    #[error(
        "the rate of {kind}, {rate:?}, is no number from 0 to {MAX_RATE} with up to {MAX_DIGITS} digits behind the point"
    )]
    Rate { kind: String, rate: String },
    #[error("the list that is effective from {effective} has no rate for {kind}")]
    Missing { effective: String, kind: String },
    #[error("the currency must be three capital letters")]
    Currency,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    currency: String,
    lists: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    effective: String,
    rates: BTreeMap<String, String>,
    #[serde(default)]
    regions: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Clone)]
struct List {
    effective: i64,
    rates: Rates,
    /// Where they differ.
    regions: BTreeMap<String, Rates>,
}

type Rates = BTreeMap<Kind, Decimal>;

/// The example's: of kinds that a list need not name.
static USUAL: LazyLock<Rates> = LazyLock::new(|| {
    let mut lists = Prices::example().lists.into_iter();
    lists.next().map(|it| it.rates).unwrap_or_default()
});

/// All price lists of an installation.
#[derive(Debug, Clone)]
pub struct Prices {
    currency: String,
    /// By effective date.
    lists: Vec<List>,
}

impl Prices {
    /// Those that apply where nobody wrote others.
    ///
    /// # Panics
    /// Never: the example is part of the program, and tests read it.
    pub fn example() -> Self {
        Self::parse(EXAMPLE.as_bytes()).expect("the example is a price list")
    }

    /// The text of the example, to begin a file of one's own with.
    pub fn example_text() -> &'static str {
        EXAMPLE
    }

    /// Reads a file of price lists.
    ///
    /// # Errors
    /// It is no such file, or a list is incomplete.
    pub fn parse(text: &[u8]) -> Result<Self, ListError> {
        let file: File = serde_json::from_slice(text)?;
        let currency = file.currency;
        if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
            return Err(ListError::Currency);
        }
        if !(1..=MAX_LISTS).contains(&file.lists.len()) {
            return Err(ListError::Number(file.lists.len()));
        }
        let lists: Result<Vec<List>, ListError> = file.lists.into_iter().map(list).collect();
        let mut lists = lists?;
        lists.sort_by_key(|list| list.effective);
        if let Some(pair) = lists
            .windows(2)
            .find(|it| it[0].effective == it[1].effective)
        {
            return Err(ListError::Twice(
                Timestamp(pair[0].effective).iso8601_seconds(),
            ));
        }
        Ok(Self { currency, lists })
    }

    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// When prices change, in milliseconds since 1970, ascending.
    pub fn changes(&self) -> impl Iterator<Item = i64> {
        self.lists.iter().skip(1).map(|list| list.effective)
    }

    /// What one of its unit costs at a time. Before the first list, it applies too.
    pub fn rate(&self, kind: Kind, region: &str, at: i64) -> Decimal {
        let after = self.lists.partition_point(|list| list.effective <= at);
        let list = &self.lists[after.saturating_sub(1)];
        let own = list.regions.get(region).and_then(|it| it.get(&kind));
        let known = own.or_else(|| list.rates.get(&kind)).copied();
        match kind {
            // No list has to name all types.
            Kind::Instance(of, spot) => known.unwrap_or_else(|| of.rate(spot)),
            // Nor what is stored, which lists of earlier versions know nothing of.
            _ => known
                .or_else(|| USUAL.get(&kind).copied())
                .unwrap_or_default(),
        }
    }
}

fn list(written: Written) -> Result<List, ListError> {
    let effective = Timestamp::parse_iso8601(&written.effective)
        .map(Timestamp::millis)
        .filter(|at| at % HOUR == 0)
        .ok_or_else(|| ListError::Effective(written.effective.clone()))?;
    let rates = rates(written.rates)?;
    if let Some(missing) = Kind::ALL.into_iter().find(|it| !rates.contains_key(it)) {
        return Err(ListError::Missing {
            effective: written.effective,
            kind: missing.name().into_owned(),
        });
    }
    let regions = written.regions.into_iter();
    let regions: Result<_, ListError> = regions
        .map(|(name, it)| Ok((name, self::rates(it)?)))
        .collect();
    Ok(List {
        effective,
        rates,
        regions: regions?,
    })
}

fn rates(written: BTreeMap<String, String>) -> Result<Rates, ListError> {
    let read = written.into_iter().map(|(name, rate)| {
        let Some(kind) = Kind::named(&name) else {
            return Err(ListError::Unknown(name));
        };
        let parsed = Decimal::from_str_exact(&rate).ok();
        let fits =
            |it: &Decimal| (Decimal::ZERO..=MAX_RATE).contains(it) && it.scale() <= MAX_DIGITS;
        let parsed = parsed.filter(fits);
        let parsed = parsed.ok_or(ListError::Rate { kind: name, rate })?;
        Ok((kind, parsed))
    });
    read.collect()
}
