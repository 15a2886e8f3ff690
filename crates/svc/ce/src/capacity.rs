//! Capacity units of load balancers: the use of each hour, metered once the hosts can report nothing of it any more.
//!
//! A load balancer is written down with its own meter, and the record says from which hour on its units are not metered. The meter of
//! an hour and the record that passes it are one write, so each hour counts once, whoever is killed in between; and the record
//! outlives the load balancer until its last hour is metered.

use std::error::Error;

use serde::{Deserialize, Serialize};
use wharf_billing::{Stored, Traffic, Use};
use wharf_records::{Record, Unknown};
use wharf_wire::async_trait;

use crate::{metered::resource, records::Meter};

pub(crate) const HOUR: i64 = 3_600_000;
/// Hosts report what is two hours old at most; clocks differ by minutes.
const SETTLED: i64 = 2 * HOUR + HOUR / 6;

/// Hours of a load balancer that are looked for in the ledger. While no server ran there was nothing to be counted.
const MOST_BEHIND: i64 = 62 * 24;

/// What load balancers did, as their hosts measured it.
#[async_trait]
pub trait Balanced: Send + Sync + 'static {
    /// What the load balancer of that name (`app/web/50dc6c495c0c9188`) did in the hour from that second since 1970 on.
    async fn traffic(
        &self,
        place: (&str, &str),
        balancer: &str,
        hour: i64,
    ) -> Result<Traffic, Box<dyn Error + Send + Sync>>;
}

/// A load balancer whose units are metered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Balancer {
    /// Its ARN without its id.
    pub arns: String,
    pub id: String,
    pub network: bool,
    #[serde(rename = "use")]
    pub used: Use,
    /// The first hour that is not metered, in milliseconds since 1970.
    pub next: i64,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<i64>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Balancer {
    const KIND: &'static str = "balancer";
    const FORMAT: u32 = 1;
}

/// What is next for a load balancer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This hour is metered.
    Hour(i64),
    /// All its hours were.
    Over,
    Nothing,
}

impl Balancer {
    /// As its own meter says it; `known` is what is written down. Hours before it was first heard of are not metered.
    pub fn follow(known: Option<&Self>, meter: &Meter, now: i64) -> Option<Self> {
        let Some(Stored::LoadBalancer { network }) = meter.used.stored else {
            return None;
        };
        let hour = |at: i64| at - at.rem_euclid(HOUR);
        let first = hour(meter.start).max(hour(now) - HOUR);
        Some(Self {
            arns: meter.arns.clone(),
            id: resource(&meter.id).to_owned(),
            network,
            used: meter.used.clone(),
            next: known.map_or(first, |it| it.next),
            end: meter.end,
            unknown: known.map(|it| it.unknown.clone()).unwrap_or_default(),
        })
    }

    pub fn next(&self, now: i64) -> Next {
        match self.end {
            Some(end) if self.next >= end => Next::Over,
            _ if self.next + HOUR + SETTLED <= now => Next::Hour(self.next),
            _ => Next::Nothing,
        }
    }

    /// The id of the meter of an hour.
    fn of_hour(&self, hour: i64) -> String {
        format!("{}:units-{}", self.id, hour / HOUR)
    }

    /// The hours that can be metered, with the ids of their meters; of many the first.
    pub fn due(&self, now: i64) -> impl Iterator<Item = (i64, String)> {
        let hours = (0..MOST_BEHIND).map(|it| self.next + it * HOUR);
        let until = self.end.unwrap_or(i64::MAX);
        let due = hours.take_while(move |it| *it < until && it + HOUR + SETTLED <= now);
        due.map(|it| (it, self.of_hour(it)))
    }

    /// The meter of an hour; `None` where nothing was used.
    pub fn meter(&self, hour: i64, traffic: Traffic) -> Option<Meter> {
        let of = traffic.capacity(self.network);
        let used = Use {
            stored: Some(of),
            ..self.used.clone()
        };
        let is_any = used.items().next().is_some();
        is_any.then(|| Meter {
            arns: self.arns.clone(),
            id: self.of_hour(hour),
            used,
            // Units are not for a time: they count in their hour.
            start: hour,
            end: Some(hour + 1),
            settled: false,
            unknown: Unknown::new(),
        })
    }
}
