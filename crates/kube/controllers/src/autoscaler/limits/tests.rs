use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds * 1000)
}

fn asked(current: i64, wanted: i64) -> Asked {
    Asked {
        current,
        wanted,
        least: 1,
        most: 100,
    }
}

/// What becomes of it, why it is able, and why it is limited.
fn check(behavior: &Value, history: &History, asked: Asked) -> (i64, &'static str, &'static str) {
    let settled = settle(behavior, history, asked, NOW);
    let (is_limited, why) = settled.limited;
    assert_eq!(is_limited, why != WITHIN);
    (settled.replicas, settled.able.0, why.0)
}

#[test]
fn without_behavior() {
    let none = History::default();
    let null = Value::Null;
    let ready = "ReadyForNewScale";
    for (current, wanted, expected) in [
        (2, 3, (3, ready, "DesiredWithinRange")),
        (1, 50, (4, ready, "ScaleUpLimit")),
        (5, 50, (10, ready, "ScaleUpLimit")),
        (80, 500, (100, ready, "TooManyReplicas")),
        (5, 0, (1, ready, "TooFewReplicas")),
    ] {
        assert_eq!(check(&null, &none, asked(current, wanted)), expected);
    }
    let mut history = History::default();
    history.begin(5, ago(299));
    let stable = (5, "ScaleDownStabilized", "DesiredWithinRange");
    assert_eq!(check(&null, &history, asked(5, 2)), stable);
    let mut history = History::default();
    history.begin(5, ago(300));
    assert_eq!(check(&null, &history, asked(5, 2)).0, 2);
    // What could not be reached at once is still recommended.
    history.recommend(9, ago(15));
    let limited = (8, "ScaleDownStabilized", "ScaleUpLimit");
    assert_eq!(check(&null, &history, asked(4, 6)), limited);
}

#[test]
fn windows_of_both_directions() {
    let all = json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]);
    let behavior = json!({
        "scaleUp": {"stabilizationWindowSeconds": 60, "policies": all},
        "scaleDown": {"stabilizationWindowSeconds": 10, "policies": all},
    });
    let mut history = History::default();
    history.begin(4, ago(50));
    history.recommend(6, ago(20));
    assert_eq!(
        check(&behavior, &history, asked(4, 8)),
        (4, "ScaleUpStabilized", "DesiredWithinRange")
    );
    assert_eq!(check(&behavior, &history, asked(4, 2)).0, 2);
    history.recommend(3, ago(5));
    assert_eq!(
        check(&behavior, &history, asked(4, 2)),
        (3, "ScaleDownStabilized", "DesiredWithinRange")
    );
}

#[test]
fn policies() {
    let rules = |select: &str, percent: i64, pods: i64| {
        json!({
            "stabilizationWindowSeconds": 0, "selectPolicy": select, "policies": [
                {"type": "Percent", "value": percent, "periodSeconds": 60},
                {"type": "Pods", "value": pods, "periodSeconds": 60},
            ],
        })
    };
    let none = History::default();
    for (select, wanted, expected) in [
        ("Max", 100, (15, "ScaleUpLimit")),
        ("Min", 100, (13, "ScaleUpLimit")),
        ("Disabled", 100, (10, "ScaleUpLimit")),
        ("Max", 0, (5, "ScaleDownLimit")),
        ("Min", 0, (7, "ScaleDownLimit")),
        ("Disabled", 0, (10, "ScaleDownLimit")),
        ("Max", 12, (12, "DesiredWithinRange")),
    ] {
        let rules = rules(select, 50, 3);
        let behavior = json!({"scaleUp": rules, "scaleDown": rules});
        let (replicas, _, why) = check(&behavior, &none, asked(10, wanted));
        assert_eq!((replicas, why), expected, "{select} {wanted}");
    }
}

#[test]
fn what_was_done_counts_within_the_period() {
    let policies = json!([{"type": "Pods", "value": 4, "periodSeconds": 60}]);
    let behavior = json!({"scaleUp": {"policies": policies}, "scaleDown": {"policies": policies, "stabilizationWindowSeconds": 0}});
    let mut history = History::default();
    history.scaled(5, 8, ago(30));
    assert_eq!(check(&behavior, &history, asked(8, 20)).0, 9);
    assert_eq!(check(&behavior, &history, asked(8, 1)).0, 1);
    let mut history = History::default();
    history.scaled(5, 8, ago(61));
    assert_eq!(check(&behavior, &history, asked(8, 20)).0, 12);
    // Policies that were made stricter take nothing back.
    let mut history = History::default();
    history.scaled(1, 20, ago(30));
    assert_eq!(check(&behavior, &history, asked(20, 30)).0, 20);
}

#[test]
fn tolerances() {
    let behavior = json!({"scaleUp": {"tolerance": "500m"}});
    let tolerance = Tolerance::of(&behavior);
    assert!(tolerance.covers(1.5) && !tolerance.covers(1.51));
    assert!(tolerance.covers(0.9) && !tolerance.covers(0.89));
    assert!(Tolerance::of(&Value::Null).covers(1.1));
}
