//! What hosts measured of load balancers, as metrics of those who own them.
//!
//! Everything adds up: what several hosts say of a minute, and what a process and its successor say of it, are
//! samples of the same metrics. So a row of a group also counts for its load balancer.

use std::collections::BTreeMap;

use wharf_planeproto::measured::{
    BalancerRow, GroupRow, MINUTE, MOST_PARTS, MOST_ROWS, Minute, Row, Times, bucket,
};
use wharf_vended::{Measured, Point, PutError, Report};

use crate::{
    core::Core,
    names::{self, Kind, Place},
};

const APPLICATION: &str = "AWS/ApplicationELB";
const NETWORK: &str = "AWS/NetworkELB";
/// Nothing is counted beyond it in a minute, whatever a host says.
const MOST: u64 = 1_000_000_000_000_000;
/// Runs of a host that are told apart. Two that share a number within one minute lose what the later says of it.
const MOST_RUNS: u64 = 1024;
/// No time is after it.
const LATEST: i64 = 1_000_000_000_000;

type Dimensions = Vec<(&'static str, String)>;

/// Keeps what a host reports of load balancers that it carries. `false`: it could not be kept now, and should
/// come again.
pub async fn keep(core: &Core, host: &str, zone: &str, minute: Minute) -> bool {
    let sound = minute.start.rem_euclid(MINUTE) == 0 && (0..LATEST).contains(&minute.start);
    if !sound || minute.part >= MOST_PARTS {
        return true;
    }
    let mut points: BTreeMap<String, Vec<(String, Point)>> = BTreeMap::new();
    for row in minute.rows.iter().take(MOST_ROWS) {
        if let Some((place, of_row)) = points_of(row, zone, minute.start) {
            let of_account = points.entry(place.account).or_default();
            of_account.extend(of_row.into_iter().map(|it| (place.region.clone(), it)));
        }
    }
    // The number of a run is the host's own choice, and each name here is kept for hours.
    let run = minute.run % MOST_RUNS;
    let by = format!("load balancers of {host}, run {run:04x}");
    let report = Report {
        by: &by,
        at: minute.start + i64::from(minute.part),
    };
    let now = core.now().millis().div_euclid(1000);
    let mut kept = true;
    for (account, points) in points {
        let taken = core.parts.metrics.put_once(&account, report, now, points);
        if let Err(error) = taken.await {
            kept &= !error.may_pass();
            log(&error, host, &account);
        }
    }
    kept
}

fn log(error: &PutError, host: &str, account: &str) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        host,
        account,
        comes_again = error.may_pass(),
        "failed to keep what load balancers measured in a minute"
    );
}

/// The points that a row makes, and whose they are; `None` of names that make no sense.
fn points_of(row: &Row, zone: &str, at: i64) -> Option<(Place, Vec<Point>)> {
    match row {
        Row::Balancer(row) => {
            let (place, balancer) = balancer(&row.arn)?;
            Some((place, of_balancer(row, &Of { balancer, zone }, at)))
        }
        Row::Group(row) => {
            let (place, balancer) = balancer(&row.balancer)?;
            let (place_of_group, kind, group) = names::parse(&row.group)?;
            let fits = kind == Kind::Group && place_of_group == place;
            let group = format!("targetgroup/{group}");
            fits.then(|| (place, of_group(row, &Of { balancer, zone }, group, at)))
        }
        Row::Instance(_) => None,
    }
}

fn balancer(arn: &str) -> Option<(Place, String)> {
    let (place, kind, id) = names::parse(arn)?;
    (kind == Kind::Balancer).then_some((place, id))
}

/// Of which load balancer in which zone.
struct Of<'a> {
    balancer: String,
    zone: &'a str,
}

impl Of<'_> {
    fn balancer(&self) -> Dimensions {
        vec![("LoadBalancer", self.balancer.clone())]
    }

    fn is_network(&self) -> bool {
        names::is_network(&self.balancer)
    }

    fn namespace(&self) -> &'static str {
        match self.is_network() {
            true => NETWORK,
            false => APPLICATION,
        }
    }

    /// The dimensions, and the same by zone.
    fn by_zone(&self, dimensions: Dimensions) -> [Dimensions; 2] {
        let mut zoned = dimensions.clone();
        zoned.push(("AvailabilityZone", self.zone.to_owned()));
        [dimensions, zoned]
    }
}

/// Gathers the points of a row.
struct Points {
    namespace: &'static str,
    at: i64,
    all: Vec<Point>,
}

impl Points {
    fn put(
        &mut self,
        name: &'static str,
        unit: &'static str,
        summary: &Measured,
        of: &[Dimensions],
    ) {
        self.all.extend(of.iter().map(|dimensions| Point {
            namespace: self.namespace,
            name,
            dimensions: dimensions.clone(),
            unit,
            at: self.at,
            summary: summary.clone(),
        }));
    }

    /// Things that happened; AWS has a sample of 1 for each of them, and none where nothing did.
    fn count(&mut self, name: &'static str, count: u64, of: &[Dimensions]) {
        if count > 0 {
            self.put(name, "Count", &Measured::same(1.0, bounded(count)), of);
        }
    }

    /// A number of which a host has one a minute; none where there is nothing.
    fn number(&mut self, name: &'static str, unit: &'static str, number: u64, of: &[Dimensions]) {
        if number > 0 {
            self.put(name, unit, &Measured::one(bounded(number)), of);
        }
    }
}

impl Points {
    /// Targets, if there are any.
    fn hosts(&mut self, row: &GroupRow, of: &[Dimensions]) {
        let hosts = [
            ("HealthyHostCount", row.healthy),
            ("UnHealthyHostCount", row.unhealthy),
        ];
        for (name, hosts) in hosts.into_iter().filter(|_| row.registered > 0) {
            self.put(name, "Count", &Measured::one(f64::from(hosts)), of);
        }
    }
}

fn bounded(count: u64) -> f64 {
    count.min(MOST) as f64
}

fn of_balancer(row: &BalancerRow, of: &Of<'_>, at: i64) -> Vec<Point> {
    if of.is_network() {
        return of_network_balancer(row, of, at);
    }
    let mut points = Points {
        namespace: APPLICATION,
        at,
        all: Vec::new(),
    };
    let (whole, zoned) = ([of.balancer()], of.by_zone(of.balancer()));
    let numbers = [
        ("ActiveConnectionCount", "Count", row.active_connections),
        ("NewConnectionCount", "Count", row.new_connections),
        ("ProcessedBytes", "Bytes", row.processed_bytes),
    ];
    for (name, unit, number) in numbers {
        points.number(name, unit, number, &whole);
    }
    let [redirections, client_errors, server_errors] = row.hundreds;
    let [internal, bad_gateway, unavailable, timeout] = row.failures;
    let counts = [
        ("RejectedConnectionCount", row.rejected_connections),
        ("ClientTLSNegotiationErrorCount", row.tls_errors),
        ("HTTP_Redirect_Count", row.redirects),
        ("HTTP_Fixed_Response_Count", row.fixed_responses),
        (
            "DesyncMitigationMode_NonCompliant_Request_Count",
            row.non_compliant,
        ),
        ("HTTPCode_ELB_3XX_Count", redirections),
        ("HTTPCode_ELB_4XX_Count", client_errors),
        ("HTTPCode_ELB_5XX_Count", server_errors),
        ("HTTPCode_ELB_500_Count", internal),
        ("HTTPCode_ELB_502_Count", bad_gateway),
        ("HTTPCode_ELB_503_Count", unavailable),
        ("HTTPCode_ELB_504_Count", timeout),
    ];
    for (name, count) in counts {
        points.count(name, count, &zoned);
    }
    points.all
}

/// Of a network load balancer all is known by zone too.
fn of_network_balancer(row: &BalancerRow, of: &Of<'_>, at: i64) -> Vec<Point> {
    let mut points = Points {
        namespace: NETWORK,
        at,
        all: Vec::new(),
    };
    let zoned = of.by_zone(of.balancer());
    let [of_clients, of_targets, own] = row.resets;
    let numbers = [
        ("ActiveFlowCount", "Count", row.active_connections),
        ("NewFlowCount", "Count", row.new_connections),
        ("ProcessedBytes", "Bytes", row.processed_bytes),
        ("TCP_Client_Reset_Count", "Count", of_clients),
        ("TCP_Target_Reset_Count", "Count", of_targets),
        ("TCP_ELB_Reset_Count", "Count", own),
        ("ClientTLSNegotiationErrorCount", "Count", row.tls_errors),
        ("RejectedFlowCount", "Count", row.rejected_connections),
    ];
    for (name, unit, number) in numbers {
        points.number(name, unit, number, &zoned);
    }
    points.all
}

fn of_group(row: &GroupRow, of: &Of<'_>, group: String, at: i64) -> Vec<Point> {
    let mut points = Points {
        namespace: of.namespace(),
        at,
        all: Vec::new(),
    };
    let alone = vec![("TargetGroup", group.clone())];
    let mut of_balancer = of.balancer();
    of_balancer.push(("TargetGroup", group));
    if of.is_network() {
        points.hosts(row, &of.by_zone(of_balancer));
        return points.all;
    }
    let (alone, group) = (of.by_zone(alone), of.by_zone(of_balancer));
    let everywhere = [of.by_zone(of.balancer()), group.clone()].concat();
    let [ok, redirections, client_errors, server_errors] = row.hundreds;
    let counts = [
        ("RequestCount", row.requests),
        ("HTTPCode_Target_2XX_Count", ok),
        ("HTTPCode_Target_3XX_Count", redirections),
        ("HTTPCode_Target_4XX_Count", client_errors),
        ("HTTPCode_Target_5XX_Count", server_errors),
        ("TargetConnectionErrorCount", row.connection_errors),
    ];
    for (name, count) in counts {
        points.count(name, count, &everywhere);
    }
    if let Some(times) = row.times.as_ref().and_then(seconds) {
        points.put("TargetResponseTime", "Seconds", &times, &everywhere);
    }
    points.hosts(row, &group);
    let targets = match row.healthy {
        0 => row.registered,
        healthy => healthy,
    };
    if row.requests > 0 && targets > 0 {
        let share = Measured::one(bounded(row.requests) / f64::from(targets));
        for of in [&alone, &group] {
            points.put("RequestCountPerTarget", "Count", &share, of);
        }
    }
    points.all
}

/// Times as a host counted them, none of which is believed to be beyond the others.
fn seconds(times: &Times) -> Option<Measured> {
    let least = times.least_us.min(MOST);
    let most = times.most_us.clamp(least, MOST);
    let second = |us: u64| us as f64 / 1e6;
    let counted = times.buckets.iter().take(bucket::COUNT);
    let values: Vec<(f64, f64)> = counted
        .filter(|it| it.1 > 0)
        .filter_map(|(bucket, count)| {
            let middle = bucket::middle_us(*bucket)?.clamp(least, most);
            Some((second(middle), f64::from(*count)))
        })
        .collect();
    let mut summary = Measured::of(values)?;
    let (least, most) = (second(least), second(most));
    let mean = (second(times.sum_us.min(MOST)) / summary.count).clamp(least, most);
    if summary.min == summary.max {
        return Some(Measured::same(mean, summary.count));
    }
    (summary.min, summary.max, summary.sum) = (least, most, mean * summary.count);
    Some(summary)
}

#[cfg(test)]
mod tests;
