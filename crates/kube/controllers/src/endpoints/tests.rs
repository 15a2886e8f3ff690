use serde_json::json;

use super::*;
use crate::runtime::{drive, tests::Cluster};

fn service() -> Value {
    json!({
        "metadata": {"name": "s", "namespace": "a", "uid": "s", "labels": {"own": "1"}},
        "spec": {"selector": {"app": "x"}, "ports": [{"name": "http", "port": 80, "targetPort": "web"}]},
    })
}

fn pod(number: usize, ready: &str) -> Arc<Value> {
    Arc::new(json!({
        "metadata": {"name": format!("p{number}"), "namespace": "a", "uid": format!("u{number:04}"), "labels": {"app": "x"}},
        "spec": {"nodeName": "n", "containers": [{"ports": [{"name": "web", "containerPort": 8080}]}]},
        "status": {
            "phase": "Running", "podIP": format!("10.0.{}.{}", number / 250, number % 250 + 1),
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }))
}

fn plan(pods: &[Arc<Value>], there: &[Arc<Value>]) -> Vec<Write> {
    slices::plan(&service(), pods, there, &|_| Some("z".to_owned()))
}

/// Slices after a plan was carried out, as a server keeps them.
pub(super) fn after(mut there: Vec<Arc<Value>>, writes: Vec<Write>) -> Vec<Arc<Value>> {
    for write in writes {
        match write {
            Write::Create(mut slice) => {
                slice["metadata"]["uid"] = format!("slice{}", there.len()).into();
                there.push(slice.into());
            }
            Write::Update(slice) => {
                there.retain(|it| it.uid() != slice.uid());
                there.push(slice.into());
            }
            Write::Delete(slice) => there.retain(|it| it.uid() != slice.uid()),
        }
    }
    there
}

#[test]
fn a_slice_stays_however_its_ports_are_written() {
    let pods = [pod(1, "True"), pod(2, "True")];
    let mut there = Value::clone(&after(Vec::new(), plan(&pods, &[]))[0]);
    // As a server gives it back.
    there["ports"] = json!([{"protocol": "TCP", "port": 8080, "name": "http"}]);
    assert_eq!(plan(&pods, &[there.into()]), []);
}

#[test]
fn a_slice_of_what_there_is() {
    let writes = plan(&[pod(1, "True"), pod(2, "False")], &[]);
    let [Write::Create(slice)] = &writes[..] else {
        panic!("{writes:?}");
    };
    assert_eq!(
        slice["ports"],
        json!([{"name": "http", "port": 8080, "protocol": "TCP"}])
    );
    assert_eq!(
        slice["endpoints"][0],
        json!({
            "addresses": ["10.0.0.2"], "nodeName": "n", "zone": "z",
            "conditions": {"ready": true, "serving": true, "terminating": false},
            "targetRef": {"kind": "Pod", "namespace": "a", "name": "p1", "uid": "u0001"},
        })
    );
    assert_eq!(slice["endpoints"][1]["conditions"]["ready"], false);
    assert_eq!(slice.label("own"), Some("1"));
    assert_eq!(slice.label(SERVICE_NAME), Some("s"));
}

#[test]
fn slices_are_full_before_there_are_more_and_changes_are_few() {
    let pods: Vec<Arc<Value>> = (0..250).map(|it| pod(it, "True")).collect();
    let there = after(Vec::new(), plan(&pods, &[]));
    let mut sizes: Vec<usize> = there.iter().map(|it| it.list("/endpoints").len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
    assert_eq!(plan(&pods, &there), [], "nothing changed");
    let mut changed = pods.clone();
    changed[7] = pod(7, "False");
    changed.push(pod(250, "True"));
    let writes = plan(&changed, &there);
    assert_eq!(
        writes.len(),
        2,
        "the changed one's, and one with room: {}",
        writes.len()
    );
    let there = after(there, writes);
    assert_eq!(plan(&changed, &there), []);
    let there = after(there.clone(), plan(&[], &there));
    assert_eq!(there.len(), 1);
    assert!(there[0].list("/endpoints").is_empty());
    assert_eq!(plan(&[], &there), []);
}

#[test]
fn pods_that_leave_serve_on_but_are_not_ready() {
    let mut leaving = Value::clone(&pod(1, "True"));
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let there = after(Vec::new(), plan(&[leaving.clone().into()], &[]));
    assert_eq!(
        there[0]["endpoints"][0]["conditions"],
        json!({"ready": false, "serving": true, "terminating": true})
    );
    let endpoints = legacy::endpoints(&service(), &[leaving.into()]);
    assert_eq!(endpoints["subsets"], json!([]));
}

#[test]
fn slices_of_others_are_left_alone() {
    let foreign = Arc::new(json!({
        "metadata": {"name": "f", "uid": "f", "labels": {SERVICE_NAME: "s"}}, "addressType": "IPv4",
    }));
    let writes = plan(&[], &[foreign]);
    assert!(matches!(&writes[..], [Write::Create(_)]), "{writes:?}");
}

#[test]
fn traffic_is_distributed_by_hints_of_ready_endpoints() {
    let pods = [pod(1, "True"), pod(2, "False")];
    let told = |distribution: Value, there: &[Arc<Value>], zone: Option<&str>| {
        let mut service = service();
        service["spec"]["trafficDistribution"] = distribution;
        let zone_of = |_: &str| zone.map(str::to_owned);
        let writes = slices::plan(&service, &pods, there, &zone_of);
        after(there.to_vec(), writes)
    };
    let hints = |of: &[Arc<Value>]| {
        assert!(of[0]["endpoints"][1].get("hints").is_none(), "not ready");
        of[0]["endpoints"][0].get("hints").cloned()
    };
    let plain = told(Value::Null, &[], Some("z"));
    assert_eq!(hints(&plain), None);
    let zone = json!({"forZones": [{"name": "z"}]});
    for name in ["PreferSameZone", "PreferClose"] {
        assert_eq!(
            hints(&told(name.into(), &plain, Some("z"))),
            Some(zone.clone())
        );
    }
    let near = told("PreferSameNode".into(), &plain, Some("z"));
    assert_eq!(
        hints(&near),
        Some(json!({"forZones": [{"name": "z"}], "forNodes": [{"name": "n"}]}))
    );
    // They go with what asked for them, and where a node has no zone there is none to name.
    assert_eq!(hints(&told(Value::Null, &near, Some("z"))), None);
    assert_eq!(hints(&told("PreferSameZone".into(), &near, None)), None);
    assert_eq!(
        hints(&told("PreferSameNode".into(), &near, None)),
        Some(json!({"forNodes": [{"name": "n"}]}))
    );
}

#[test]
fn endpoints_by_readiness() {
    let endpoints = legacy::endpoints(&service(), &[pod(2, "False"), pod(1, "True")]);
    let subset = &endpoints["subsets"][0];
    assert_eq!(subset["addresses"][0]["ip"], "10.0.0.2");
    assert_eq!(subset["notReadyAddresses"][0]["ip"], "10.0.0.3");
    assert_eq!(
        subset["ports"],
        json!([{"port": 8080, "protocol": "TCP", "name": "http"}])
    );
}

#[tokio::test(start_paused = true)]
async fn services_follow_their_pods() {
    let cluster =
        Cluster::start(|context| tokio::spawn(drive(Slices::new(context), context.stop.clone())));
    let client = &cluster.client;
    client
        .create(&kind::SERVICE, "a", &service())
        .await
        .unwrap();
    cluster
        .until(&kind::ENDPOINT_SLICE, |all| {
            all.len() == 1 && all[0].list("/endpoints").is_empty()
        })
        .await;
    client
        .create(&kind::POD, "a", &pod(1, "True"))
        .await
        .unwrap();
    cluster
        .until(&kind::ENDPOINT_SLICE, |all| {
            all.len() == 1 && all[0].list("/endpoints").len() == 1
        })
        .await;
    cluster
        .until(&kind::ENDPOINTS, |all| {
            all[0].text("/subsets/0/addresses/0/ip") == "10.0.0.2"
        })
        .await;
    client
        .delete(&kind::SERVICE, "a", "s", &Delete::default())
        .await
        .unwrap();
    cluster.until(&kind::ENDPOINTS, <[_]>::is_empty).await;
}
