//! What hosts say of instances.

use std::collections::BTreeMap;

use wharf_api_ec2::RebootInstancesRequest;

use super::*;

/// Samples of a metric of an instance in five minutes: how many, and their sum.
fn measured(series: &Series, id: &str, name: &str, at: i64) -> (f64, f64) {
    let metric = Metric {
        account: wharf_testkit::ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        namespace: "AWS/EC2".to_owned(),
        name: name.to_owned(),
        dimensions: vec![("InstanceId".to_owned(), id.to_owned())],
    };
    let span = Span {
        from: at,
        to: at + 300,
        period: 300,
        spread: false,
    };
    let units = series.units(&metric).into_iter().map(|it| it.1);
    let units: Vec<_> = units.collect();
    let read = series.read_blocking(&units, span).unwrap();
    let all = read.iter().flatten().map(|it| &it.1);
    all.fold((0.0, 0.0), |sum, it| (sum.0 + it.count, sum.1 + it.sum))
}

#[tokio::test]
async fn a_host_is_believed_for_its_own_alone() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.run().await;
    let mut told = cloud.placed(&id).await;
    told.host = "i-other".to_owned();
    cloud.says(&told, Reported::Failed).await;
    assert_eq!(cloud.state(&id).await, "pending");
}

#[tokio::test]
async fn what_a_host_measured_of_its_own_counts_once() {
    const MINUTE: i64 = 1_699_999_980;
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        now: || 1_700_000_000,
        ..Options::default()
    };
    let series = Series::open(dir.path(), options).unwrap();
    let mut cloud = Cloud::new(&["one"]).await;
    cloud.metrics = Vended::new(series.clone());
    cloud.restart();
    let id = cloud.run().await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    let row = InstanceRow {
        id: id.clone(),
        span_ms: 60_000,
        cpu_us: 30_000_000,
        received_bytes: 500,
        ..InstanceRow::default()
    };
    let part = |part| Part {
        run: 7,
        start: MINUTE,
        part,
    };
    let rows = || vec![(Told::of(&told), row.clone())];
    for _ in 0..2 {
        let kept = cloud.ec2.instances_measured("one", part(0), rows()).await;
        assert!(kept.unwrap());
    }
    // Of a host that does not keep it.
    let kept = cloud.ec2.instances_measured("two", part(1), rows()).await;
    assert!(kept.unwrap());
    let at = MINUTE - MINUTE.rem_euclid(300);
    let of = |name| measured(&series, &id, name, at);
    assert_eq!(of("CPUUtilization"), (1.0, 25.0), "30 s of two cores");
    assert_eq!(of("NetworkIn"), (1.0, 500.0));
}

#[tokio::test]
async fn where_a_kubelet_listens_the_machine_of_its_instance_says() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.run().await;
    let told = cloud.placed(&id).await;
    let place = wharf_service::Place::new(ACCOUNT, REGION);
    let asked = async |vpc: &str, name: &str| {
        let found = cloud.ec2.kubelet_of_node(&place, vpc, (&id, name)).await;
        found.unwrap()
    };
    let is_node = async |vpc: &str, name: &str| {
        let said = BTreeMap::from([(id.clone(), name.to_owned())]);
        let found = cloud.ec2.nodes_among(&place, vpc, &said).await.unwrap();
        assert!(found.is_empty() || found == said);
        !found.is_empty()
    };
    let (vpc, name) = (&told.interface.vpc, &told.metadata.host_name);
    assert_eq!(asked(vpc, name).await, None);
    assert!(!is_node(vpc, name).await, "an instance like any other");
    let ranges = async |vpc: &str| {
        let found = cloud.ec2.ranges_of_vpc(&place, vpc).await.unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(ranges(vpc).await, ["172.31.0.0/16"]);
    assert!(ranges("vpc-another").await.is_empty());
    let says = async |machine: &str, state: Reported, at: Option<&str>| {
        let report = InstanceReport {
            id: told.id.clone(),
            boot: told.boot,
            state,
            reason: None,
            kubelet: at.map(|it| it.parse().unwrap()),
        };
        let reports = vec![(Told::of(&told), report)];
        cloud
            .ec2
            .instances_reported(machine, reports)
            .await
            .unwrap();
    };
    says("i-a1", Reported::Running, Some("127.0.0.1:40001")).await;
    let here = Some(("i-a1".to_owned(), "127.0.0.1:40001".parse().unwrap()));
    assert_eq!(asked(vpc, name).await, here);
    assert_eq!(asked("vpc-another", name).await, None);
    assert_eq!(asked(vpc, "ip-10-9-9-9.ec2.internal").await, None);
    assert!(is_node(vpc, name).await);
    assert!(!is_node("vpc-another", name).await);
    assert!(!is_node(vpc, "ip-10-9-9-9.ec2.internal").await);
    // Another machine's word is none.
    says("i-b1", Reported::Running, Some("127.0.0.1:443")).await;
    assert_eq!(asked(vpc, name).await, here);
    // Its agent comes back: the node is one all the while.
    says("i-a1", Reported::Running, None).await;
    assert_eq!(asked(vpc, name).await, None);
    assert!(is_node(vpc, name).await);
    // Its next boot may be no node's.
    let request = RebootInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..RebootInstancesRequest::default()
    };
    cloud
        .ec2
        .reboot_instances(&cloud.call(), request)
        .await
        .unwrap();
    assert!(!is_node(vpc, name).await);
}

#[tokio::test]
async fn a_report_that_fails_keeps_none_behind_it_back() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (first, second) = (cloud.run().await, cloud.run().await);
    let mut reports = Vec::new();
    for id in [&first, &second] {
        let told = cloud.placed(id).await;
        let report = InstanceReport {
            id: told.id.clone(),
            boot: told.boot,
            state: Reported::Running,
            reason: None,
            kubelet: None,
        };
        reports.push((Told::of(&told), report));
    }
    let key = wharf_records::Scope::new("ec2", ACCOUNT, REGION).key("instance", &first);
    let store = &cloud.world.store;
    let sound = store.get(&key).await.unwrap().unwrap().value;
    let put = async |value: Vec<u8>| {
        let txn = Txn::new().put(key.clone(), value);
        store.txn(&PERMIT, txn).await.unwrap();
    };
    put(b"damaged".to_vec()).await;
    let taken = cloud.ec2.instances_reported("i-a1", reports.clone()).await;
    assert!(taken.is_err());
    put(sound.to_vec()).await;
    assert_eq!(cloud.state(&first).await, "pending");
    assert_eq!(cloud.state(&second).await, "running");
    // Again, it counts.
    let taken = cloud.ec2.instances_reported("i-a1", reports).await;
    taken.unwrap();
    assert_eq!(cloud.state(&first).await, "running");
}
