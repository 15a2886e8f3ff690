//! What hosts measured of load balancers, as metrics of those who own them.
//!
//! Everything adds up: what several hosts say of a minute, and what a process and its successor say of it, are
//! samples of the same metrics. So a row of a group also counts for its load balancer.

use std::collections::BTreeMap;

use wharf_billing::Traffic;
use wharf_planeproto::measured::{
    BalancerRow, Flows, GroupRow, MINUTE, MOST_PARTS, MOST_ROWS, Minute, Row, Span, Times, bucket,
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

    /// What a host used of capacity units in a minute; all of an hour are what it used in that.
    fn units(&mut self, row: &BalancerRow, network: bool, of: &[Dimensions]) {
        let traffic = Traffic {
            new: row.new_connections.min(MOST),
            active: row.active_connections.min(MOST),
            bytes: row.processed_bytes.min(MOST),
        };
        let units = traffic.units(network);
        if units > 0.0 {
            self.put("ConsumedLCUs", "Count", &Measured::one(units), of);
        }
    }

    fn flows(&mut self, names: [&'static str; 3], flows: Flows, of: &[Dimensions]) {
        let [active, new, bytes] = names;
        self.number(active, "Count", flows.active, of);
        self.number(new, "Count", flows.new, of);
        self.number(bytes, "Bytes", flows.bytes, of);
    }

    /// A number of which a host has one a minute; none where there is nothing.
    fn number(&mut self, name: &'static str, unit: &'static str, number: u64, of: &[Dimensions]) {
        if number > 0 {
            self.put(name, unit, &Measured::one(bounded(number)), of);
        }
    }
}

impl Points {
    /// Whether requests go to healthy targets alone in the host's zone, if it has any target.
    fn routing(&mut self, row: &GroupRow, of: &[Dimensions]) {
        let Some(serves) = row.serves else {
            return;
        };
        for (name, is_so) in [
            ("HealthyStateRouting", serves),
            ("UnhealthyStateRouting", !serves),
        ] {
            let zones = Measured::one(f64::from(u8::from(is_so)));
            self.put(name, "Count", &zones, of);
        }
    }

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
        ("IPv6ProcessedBytes", "Bytes", row.ipv6_bytes),
    ];
    for (name, unit, number) in numbers {
        points.number(name, unit, number, &zoned);
    }
    points.number("RuleEvaluations", "Count", row.rule_evaluations, &whole);
    points.units(row, false, &whole);
    if let Some(latency) = row.logins.latency.as_ref().and_then(milliseconds) {
        points.put("ELBAuthLatency", "Milliseconds", &latency, &zoned);
    }
    let [redirections, client_errors, server_errors] = row.hundreds;
    let [internal, bad_gateway, unavailable, timeout] = row.failures;
    let counts = [
        ("RejectedConnectionCount", row.rejected_connections),
        ("ClientTLSNegotiationErrorCount", row.tls_errors),
        ("HTTP_Redirect_Count", row.redirects),
        ("HTTP_Fixed_Response_Count", row.fixed_responses),
        ("HTTP_Redirect_Url_Limit_Exceeded_Count", row.long_redirects),
        ("NonStickyRequestCount", row.non_sticky),
        ("DroppedInvalidHeaderRequestCount", row.headers_dropped),
        ("ForwardedInvalidHeaderRequestCount", row.headers_forwarded),
        ("IPv6RequestCount", row.ipv6_requests),
        ("ELBAuthError", row.logins.errors),
        ("ELBAuthFailure", row.logins.failures),
        ("ELBAuthSuccess", row.logins.successes),
        ("ELBAuthRefreshTokenSuccess", row.logins.refreshes),
        ("ELBAuthUserClaimsSizeExceeded", row.logins.too_much),
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
        ("PortAllocationErrorCount", "Count", row.port_errors),
    ];
    for (name, unit, number) in numbers {
        points.number(name, unit, number, &zoned);
    }
    for (names, flows) in FLOWS.iter().zip(&row.flows) {
        points.flows(*names, *flows, &zoned);
    }
    let [tcp, ..] = row.flows;
    points.number("RejectedFlowCount_TCP", "Count", tcp.rejected, &zoned);
    points.units(row, true, &[of.balancer()]);
    points.all
}

/// Of flows that are there, that are new, and of their bytes: over TCP, TLS and UDP, as rows have them.
const FLOWS: [[&str; 3]; 3] = [
    [
        "ActiveFlowCount_TCP",
        "NewFlowCount_TCP",
        "ProcessedBytes_TCP",
    ],
    [
        "ActiveFlowCount_TLS",
        "NewFlowCount_TLS",
        "ProcessedBytes_TLS",
    ],
    [
        "ActiveFlowCount_UDP",
        "NewFlowCount_UDP",
        "ProcessedBytes_UDP",
    ],
];

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
        let balancer = of.by_zone(of.balancer());
        for (name, count) in [
            ("TargetTLSNegotiationErrorCount", row.tls_errors),
            ("UnhealthyRoutingFlowCount", row.unhealthy_routing),
        ] {
            points.number(name, "Count", count, &balancer);
        }
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
        ("TargetTLSNegotiationErrorCount", row.tls_errors),
        ("UnhealthyRoutingRequestCount", row.unhealthy_routing),
    ];
    for (name, count) in counts {
        points.count(name, count, &everywhere);
    }
    // What the load balancer got is a count of its own.
    points.count("IPv6RequestCount", row.ipv6_requests, &group);
    let whole = [of.balancer()];
    let calls = [&alone[..], &whole[..], &group[..]].concat();
    points.count("GrpcRequestCount", row.grpc_requests, &calls);
    if let Some(times) = row.times.as_ref().and_then(seconds) {
        points.put("TargetResponseTime", "Seconds", &times, &everywhere);
    }
    points.hosts(row, &group);
    points.routing(row, &group);
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

/// Times of which a host knows no more, none of which is believed to be beyond the others.
fn milliseconds(span: &Span) -> Option<Measured> {
    let count = span.count.min(MOST);
    let least = span.least_us.min(MOST);
    let most = span.most_us.clamp(least, MOST);
    let ms = |us: u64| us as f64 / 1e3;
    let mean = ms(span.sum_us) / (count as f64).max(1.0);
    let mean = mean.clamp(ms(least), ms(most));
    let count = bounded(count);
    (count > 0.0).then(|| Measured::set(count, mean * count, ms(least), ms(most)))
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
