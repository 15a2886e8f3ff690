//! The published vectors, and what holds of every split.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::*;

const HOUR: i64 = 3_600_000;
/// 2026-03-01T00:00:00Z
const MARCH: i64 = 1_772_323_200_000;

fn a_use(platform: Platform, cpu: u32, memory_mib: u32, ephemeral_gib: u32) -> Use {
    Use {
        region: "us-east-1".to_owned(),
        platform,
        spot: false,
        cpu,
        memory_mib,
        ephemeral_gib,
        cluster: "default".to_owned(),
        service: None,
        tags: BTreeMap::new(),
        instance: None,
        stored: None,
    }
}

/// Hours of all days that tests look at.
fn hours(count: i64) -> Vec<i64> {
    (0..=count).map(|hour| MARCH + hour * HOUR).collect()
}

/// What tasks cost by kind of usage: what a price list makes of quantities by the hour.
fn costs(used: &Use, spans: &[Span]) -> BTreeMap<Kind, Cost> {
    let prices = Prices::example();
    let cuts = hours(24 * 60);
    let mut costs = BTreeMap::<Kind, Cost>::new();
    for span in spans {
        span.split(used.platform, &cuts, |slot, millis| {
            for item in used.items() {
                let units = i128::from(item.amount) * i128::from(millis);
                let quantity = Quantity::of(item.kind.unit(), units, cuts[slot]);
                let rate = prices.rate(item.kind, &used.region, cuts[slot]);
                *costs.entry(item.kind).or_default() += quantity.at(rate);
            }
        });
    }
    costs
}

fn ten(number: Decimal) -> String {
    format!("{:.10}", number.round_dp(10))
}

/// vCPU, memory, ephemeral storage, licence and all of it, to ten digits.
#[track_caller]
fn check(used: &Use, spans: &[Span], expected: [&str; 5]) {
    let costs = costs(used, spans);
    let of = |wanted: fn(&Kind) -> bool| {
        let mut sum = Cost::default();
        for (_, cost) in costs.iter().filter(|(kind, _)| wanted(kind)) {
            sum += *cost;
        }
        ten(sum.amount())
    };
    let found = [
        of(|it| matches!(it, Kind::Cpu(..))),
        of(|it| matches!(it, Kind::Memory(..))),
        of(|it| *it == Kind::Ephemeral),
        of(|it| *it == Kind::WindowsLicence),
        of(|_| true),
    ];
    assert_eq!(found, expected);
}

fn lasting(millis: i64) -> Vec<Span> {
    // Off the hour, so that splits matter.
    let start = MARCH + 17 * 60_000 + 123;
    vec![Span::new(start, start + millis)]
}

const NOTHING: &str = "0.0000000000";

#[test]
fn five_tasks_a_day_for_a_month() {
    let used = a_use(Platform::LinuxX86, 1024, 2048, 20);
    let spans = (0..30).flat_map(|day| {
        (0..5).map(move |task| {
            let start = MARCH + day * 24 * HOUR + task * HOUR + 55 * 60_000;
            Span::new(start, start + 600_000)
        })
    });
    let spans: Vec<Span> = spans.collect();
    let expected = [
        "1.0120000000",
        "0.2222500000",
        NOTHING,
        NOTHING,
        "1.2342500000",
    ];
    check(&used, &spans, expected);
}

#[test]
fn a_short_task_is_billed_a_minute() {
    let used = a_use(Platform::LinuxX86, 256, 512, 20);
    let expected = [
        "0.0001686667",
        "0.0000370417",
        NOTHING,
        NOTHING,
        "0.0002057083",
    ];
    check(&used, &lasting(7_200), expected);
}

#[test]
fn an_hour() {
    let used = a_use(Platform::LinuxX86, 256, 512, 20);
    let expected = [
        "0.0101200000",
        "0.0022225000",
        NOTHING,
        NOTHING,
        "0.0123425000",
    ];
    check(&used, &lasting(HOUR), expected);
}

#[test]
fn a_part_of_a_second_is_billed_as_one() {
    let used = a_use(Platform::LinuxArm, 2048, 4096, 100);
    let expected = [
        "0.1328299556",
        "0.0292078222",
        "0.0182138667",
        NOTHING,
        "0.1802516444",
    ];
    check(&used, &lasting(7_383_001), expected);
}

#[test]
fn spot_and_one_gib_of_storage() {
    let mut used = a_use(Platform::LinuxX86, 4096, 8192, 21);
    used.spot = true;
    let expected = [
        "1.2152230933",
        "0.2668807633",
        "0.0027768808",
        NOTHING,
        "1.4848807375",
    ];
    check(&used, &lasting(90_061_000), expected);
}

#[test]
fn windows_has_a_licence_and_a_longer_minimum() {
    let used = a_use(Platform::WindowsX86, 1024, 2048, 20);
    let expected = [
        "0.0038793333",
        "0.0008519583",
        NOTHING,
        "0.0038333333",
        "0.0085646250",
    ];
    check(&used, &lasting(41_000), expected);
}

#[test]
fn a_month() {
    let used = a_use(Platform::LinuxX86, 1024, 2048, 20);
    let expected = [
        "29.5504000000",
        "6.4897000000",
        NOTHING,
        NOTHING,
        "36.0401000000",
    ];
    check(&used, &lasting(730 * HOUR), expected);
    let used = a_use(Platform::LinuxArm, 1024, 2048, 20);
    let expected = [
        "23.6374000000",
        "5.1976000000",
        NOTHING,
        NOTHING,
        "28.8350000000",
    ];
    check(&used, &lasting(730 * HOUR), expected);
}

#[test]
fn the_largest_task_for_a_day() {
    let used = a_use(Platform::LinuxX86, 16_384, 122_880, 200);
    let expected = [
        "15.5443200000",
        "12.8016000000",
        "0.4795200000",
        NOTHING,
        "28.8254400000",
    ];
    check(&used, &lasting(24 * HOUR), expected);
}

#[test]
fn usage_types_are_those_of_reports() {
    let mut used = a_use(Platform::LinuxArm, 256, 512, 21);
    used.spot = true;
    let names = |used: &Use| -> Vec<String> {
        let types = used.items().map(|it| it.kind.usage_type(&used.region));
        types.collect()
    };
    let arm = [
        "USE1-SpotUsage-Fargate-ARM-vCPU-Hours:perCPU",
        "USE1-SpotUsage-Fargate-ARM-GB-Hours",
        "USE1-Fargate-EphemeralStorage-GB-Hours",
    ];
    assert_eq!(names(&used), arm);
    let mut windows = a_use(Platform::WindowsX86, 256, 512, 20);
    windows.region = "eu-west-1".to_owned();
    let expected = [
        "EU-Fargate-Windows-vCPU-Hours:perCPU",
        "EU-Fargate-Windows-GB-Hours",
        "EU-Fargate-Windows-OS-Hours:perCPU",
    ];
    assert_eq!(names(&windows), expected);
}

#[test]
fn what_is_billed_beyond_a_tasks_time_counts_for_its_last_hour() {
    let parts = |span: Span| {
        let mut parts = Vec::new();
        span.split(Platform::LinuxX86, &hours(3), |slot, millis| {
            parts.push((slot, millis))
        });
        parts
    };
    let across = Span::new(MARCH + HOUR - 5_000, MARCH + HOUR + 1);
    assert_eq!(parts(across), [(0, 5_000), (1, 55_000)]);
    // Its end is the first moment that it did not take.
    let until = Span::new(MARCH + HOUR - 5_000, MARCH + HOUR);
    assert_eq!(parts(until), [(0, 60_000)]);
    let nothing = Span::new(MARCH + HOUR, MARCH + HOUR);
    assert_eq!(parts(nothing), [(1, 60_000)]);
    let before = Span::new(MARCH - 2 * HOUR, MARCH - HOUR);
    assert_eq!(parts(before), []);
    let after = Span::new(MARCH + 3 * HOUR, MARCH + 4 * HOUR);
    assert_eq!(parts(after), []);
}

#[test]
fn prices_change_at_their_dates() {
    let with = |lists: &str| {
        let text =
            Prices::example_text().replacen(r#""lists": ["#, &format!(r#""lists": [{lists},"#), 1);
        Prices::parse(text.as_bytes())
    };
    let rates = Prices::example_text();
    let rates = &rates[rates.find(r#""rates""#).unwrap()..rates.find(r#""regions""#).unwrap()];
    let later = format!(
        r#"{{"effective": "2026-04-01T00:00:00Z", {rates} "regions": {{"eu-west-1": {{"Fargate-GB-Hours": "1"}}}}}}"#
    );
    let prices = with(&later.replacen("0.004445", "2", 1)).unwrap();
    let memory = Kind::Memory(Platform::LinuxX86, false);
    let april = MARCH + 31 * 24 * HOUR;
    let rate = |region, at| prices.rate(memory, region, at).to_string();
    assert_eq!(prices.changes().collect::<Vec<_>>(), [april]);
    assert_eq!(rate("us-east-1", 0), "0.004445");
    assert_eq!(rate("us-east-1", april - 1), "0.004445");
    assert_eq!(rate("us-east-1", april), "2");
    assert_eq!(rate("eu-west-1", april), "1");

    let said = |text: &str| with(text).unwrap_err().to_string();
    let twice = later.replacen("04-01", "03-01", 1);
    assert_eq!(
        said(&twice),
        "two lists are effective from 2026-03-01T00:00:00Z"
    );
    let half = later.replacen("T00:00", "T00:30", 1);
    assert!(said(&half).contains("full hour"));
    for bad in ["-1", "1e9", "x", "10001", "0.00000000001"] {
        let bad = later.replacen("0.004445", bad, 1);
        assert!(
            said(&bad).starts_with("the rate of Fargate-GB-Hours"),
            "{bad}"
        );
    }
    let unknown = later.replacen("Fargate-GB-Hours", "Fargate-X", 1);
    assert_eq!(said(&unknown), r#"there is no usage type "Fargate-X""#);
    let missing = later.replacen(r#""Fargate-GB-Hours": "0.004445","#, "", 1);
    assert!(said(&missing).contains("has no rate for Fargate-GB-Hours"));
}

prop_compose! {
    fn a_span()(start in 0..40 * HOUR, length in prop_oneof![0..200_000_i64, 0..50 * HOUR]) -> Span {
        Span::new(MARCH + start, MARCH + start + length)
    }
}

fn a_platform() -> impl Strategy<Value = Platform> {
    use Platform::*;
    prop_oneof![Just(LinuxX86), Just(LinuxArm), Just(WindowsX86)]
}

proptest! {
    /// However time is cut, minimum and ceiling count once.
    #[test]
    fn the_parts_are_the_whole(
        span in a_span(),
        platform in a_platform(),
        mut cuts in proptest::collection::vec(0..100 * HOUR, 0..20),
    ) {
        cuts.extend([0, 100 * HOUR]);
        cuts.sort_unstable();
        cuts.dedup();
        let cuts: Vec<i64> = cuts.into_iter().map(|it| MARCH + it).collect();
        let mut whole = 0;
        span.split(platform, &cuts, |slot, millis| {
            assert!(millis > 0 && slot + 1 < cuts.len());
            whole += millis;
        });
        prop_assert_eq!(whole, span.billed(platform));
        prop_assert_eq!(whole % 1_000, 0);
        prop_assert!(whole >= platform.minimum());
        prop_assert!(whole - platform.minimum().max(span.end - span.start) < 1_000);
    }

    /// Neither the order of tasks nor the size of slots changes a sum.
    #[test]
    fn order_does_not_matter(spans in proptest::collection::vec(a_span(), 1..20), spot: bool) {
        let mut used = a_use(Platform::LinuxX86, 512, 3072, 33);
        used.spot = spot;
        let forth = costs(&used, &spans);
        let back: Vec<Span> = spans.iter().rev().copied().collect();
        prop_assert_eq!(&forth, &costs(&used, &back));
        let millis: i64 = spans.iter().map(|it| it.billed(used.platform)).sum();
        for item in used.items() {
            let all = Quantity::of(item.kind.unit(), i128::from(item.amount) * i128::from(millis), MARCH);
            let rate = Prices::example().rate(item.kind, "us-east-1", MARCH);
            prop_assert_eq!(forth[&item.kind], all.at(rate));
        }
    }

    #[test]
    fn any_text_is_a_price_list_or_none(text in ".{0,200}") {
        let _ = Prices::parse(text.as_bytes());
    }
}
