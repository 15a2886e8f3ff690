use wharf_kube_client::{Delete, fake::Fake};

use super::*;

fn facts(instance_type: &str, cpus: u32, memory_mib: u32) -> Facts {
    Facts {
        name: String::new(),
        instance: String::new(),
        instance_type: instance_type.to_owned(),
        image: String::new(),
        region: String::new(),
        zone: String::new(),
        host: String::new(),
        has_volumes: false,
        most_volumes: None,
        has_files: false,
        address: String::new(),
        cpus,
        memory_mib,
        disk_bytes: 0,
        one_pod: None,
        kernel: String::new(),
        labels: BTreeMap::new(),
        taints: Vec::new(),
        version: None,
        port: 0,
    }
}

#[test]
fn what_others_say_that_it_has() {
    for (before, want) in [
        (json!({}), json!({})),
        (
            json!({"capacity": {"cpu": "2", "a.example/x": "5"}, "allocatable": {"cpu": "1"}}),
            json!({"a.example/x": "5"}),
        ),
        (
            json!({"capacity": {"a.example/x": "5"}, "allocatable": {"a.example/x": "5"}}),
            json!({}),
        ),
        (
            json!({"capacity": {"cpu": "2"}, "allocatable": {"a.example/x": "5", "cpu": "1"}}),
            json!({"a.example/x": null}),
        ),
    ] {
        assert_eq!(Value::Object(extended(&before)), want);
    }
}

#[test]
fn what_pods_may_ask_for() {
    // The figures of AWS's own nodes.
    assert_eq!(max_pods("t3.medium"), Some(17));
    assert_eq!(max_pods("m5.large"), Some(29));
    assert_eq!(max_pods("m5.xlarge"), Some(58));
    assert_eq!(max_pods("m5.4xlarge"), Some(234));
    let (cpu, memory) = allocatable(&facts("t3.medium", 2, 4096));
    assert_eq!(cpu, 1930);
    assert_eq!(memory >> 20, 4096 - (11 * 17 + 255) - 100);
    assert_eq!(allocatable(&facts("m5.xlarge", 4, 16384)).0, 3920);
    assert_eq!(allocatable(&facts("t3.nano", 2, 100)).1, 0);
    for (memory_mib, pods) in [(1024, 11), (8192, 32), (65536, 110)] {
        let machine = facts("wharf.machine", 4, memory_mib);
        assert_eq!(most_pods(&machine), pods);
    }
    let of_fargate = Facts {
        one_pod: Some(OnePod {
            uid: "u".to_owned(),
            cpu: 250,
        }),
        ..facts("fargate", 1, 512)
    };
    assert_eq!(allocatable(&of_fargate), (250, 256 << 20));
    assert_eq!(most_pods(&of_fargate), 1);
    let labels = &object(&of_fargate)["metadata"]["labels"];
    assert!(labels[TYPE_LABELS[0]].is_null());
}

#[test]
fn it_takes_as_many_volumes_as_its_type() {
    for (most_volumes, count) in [(Some(127), 127), (Some(1), 1), (None, 26)] {
        let node = Facts {
            has_volumes: true,
            most_volumes,
            ..facts("c7i.48xlarge", 192, 1024)
        };
        let told = csi_node(&node, &json!({"metadata": {"uid": "u"}}));
        let driver = &told["spec"]["drivers"][0];
        assert_eq!(driver["allocatable"], json!({ "count": count }));
    }
}

#[test]
fn what_it_runs_short_of_is_in_its_conditions() {
    let node = facts("t3.medium", 2, 4096);
    let (then, now) = (Timestamp::from_millis(1000), Timestamp::from_millis(90_000));
    let none = status(&node, &json!({}), &BTreeSet::new(), then);
    let told: Vec<(&str, &str, &str)> = none
        .list("/conditions")
        .iter()
        .map(|it| (it.text("/type"), it.text("/status"), it.text("/reason")))
        .collect();
    let expected = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID"),
        ("Ready", "True", "KubeletReady"),
    ];
    assert_eq!(told, expected);
    let under = BTreeSet::from([Condition::Disk]);
    let short = status(&node, &none, &under, now);
    let disk = &short["conditions"][1];
    assert_eq!(disk["status"], "True");
    assert_eq!(disk["reason"], "KubeletHasDiskPressure");
    assert_eq!(disk["message"], "kubelet has disk pressure");
    assert_eq!(disk["lastTransitionTime"], now.iso8601_seconds());
    let memory = &short["conditions"][0];
    assert_eq!(memory["lastTransitionTime"], then.iso8601_seconds());
    let node = json!({ "status": short });
    assert!(says(&node, &under) && !says(&node, &BTreeSet::new()));
}

#[tokio::test]
async fn a_report_leaves_alone_what_others_wrote_a_moment_ago() {
    let client = Fake::new().client();
    let node = Facts {
        name: "n".to_owned(),
        ..facts("t3.medium", 2, 4096)
    };
    let (then, now) = (Timestamp::from_millis(1000), Timestamp::from_millis(90_000));
    let none = BTreeSet::new();
    let heard = register(&client, &node, &none, then).await.unwrap();
    let of_others = Patch::Strategic(json!({"status": {
        "conditions": [{"type": "KernelDeadlock", "status": "False"}, {"type": "Ready", "status": "Unknown"}],
        "capacity": {"a.example/x": "5"},
    }}));
    let kind = kind::NODE;
    let written = client.patch_at(&kind, "", "n", "status", &of_others);
    written.await.unwrap();
    let under = BTreeSet::from([Condition::Disk]);
    let told = report(&client, &node, &heard, &under, now).await.unwrap();
    assert_eq!(told, client.get(&kind::NODE, "", "n").await.unwrap());
    assert!(told.has_condition("KernelDeadlock", "False"), "{told}");
    assert!(told.has_condition("DiskPressure", "True"), "{told}");
    assert_eq!(told.at("/status/capacity")["a.example/x"], "5");
    // Who thought it lost is told otherwise as soon as that is heard of.
    let told = report(&client, &node, &told, &under, now).await.unwrap();
    assert!(told.has_condition("Ready", "True"), "{told}");
    assert!(told.has_condition("KernelDeadlock", "False"), "{told}");
    assert_eq!(told.at("/status/allocatable")["a.example/x"], "5");
    // Another node of the name is none of its business.
    let options = Delete::default();
    let kind = kind::NODE;
    let deleted = client.delete(&kind, "", "n", &options);
    deleted.await.unwrap();
    let other = json!({"metadata": {"name": "n"}});
    client.create(&kind::NODE, "", &other).await.unwrap();
    let refused = report(&client, &node, &told, &none, now).await;
    assert!(refused.unwrap_err().is_invalid());
}
