//! Pods of EKS on Fargate are metered by the records of their machines.

use wharf_base::{Permit, Timestamp};
use wharf_records::{
    Record as _, Scope, encode,
    pods::{MachineOfPod, OfPod},
};
use wharf_store::Txn;

use super::home::{ACCOUNT, Home, NOON, until};

const PERMIT: Permit = Permit::for_controller("test");

impl Home {
    async fn machine(&self, start: Option<i64>, end: Option<i64>) {
        let pod = OfPod {
            cluster: "demo".to_owned(),
            cluster_id: "AB".to_owned(),
            profile: String::new(),
            role: String::new(),
            namespace: "web".to_owned(),
            name: "front".to_owned(),
            uid: "u-1".to_owned(),
            cpu: 256,
            memory_mib: 512,
            ephemeral_gib: 20,
            started_at: start.map(Timestamp),
            ended_at: end.map(Timestamp),
        };
        let key = Scope::new("ec2", ACCOUNT, "us-east-1").key(MachineOfPod::KIND, "i-1");
        let txn = Txn::new().put(key, encode(&MachineOfPod { pod: Some(pod) }));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    async fn other_instance(&self) {
        let key = Scope::new("ec2", ACCOUNT, "us-east-1").key(MachineOfPod::KIND, "i-2");
        let txn = Txn::new().put(key, encode(&MachineOfPod { pod: None }));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }
}

#[tokio::test]
async fn a_pod_is_billed_once_as_eks_has_it() {
    let mut home = Home::start();
    home.other_instance().await;
    home.machine(None, None).await;
    home.machine(Some(NOON - 60_000), None).await;
    until("it is metered", || async {
        home.meters().await.iter().any(|it| it.id == "u-1")
    })
    .await;
    home.restart().await;
    home.machine(Some(NOON - 60_000), Some(NOON)).await;
    home.settled().await;
    let groups = [("DIMENSION", "SERVICE"), ("DIMENSION", "OPERATION")];
    until("the pod is counted", || async {
        let rows = home.days("2026-04-10", "2026-04-11", &groups).await;
        rows.len() == 1
    })
    .await;
    let rows = home.days("2026-04-10", "2026-04-11", &groups).await;
    let service = "Amazon Elastic Container Service for Kubernetes";
    assert_eq!(rows[0].1, [service, "FargatePod"]);
    let cpu = ("DIMENSION", "USAGE_TYPE");
    let rows = home.days("2026-04-10", "2026-04-11", &[cpu]).await;
    let hours: Vec<&str> = rows.iter().map(|it| it.2.as_str()).collect();
    // A quarter vCPU and half a GB for a minute.
    assert_eq!(hours, ["0.0083333333", "0.0041666667"]);
    let arns = home.days(
        "2026-04-10",
        "2026-04-11",
        &[("TAG", "aws:eks:cluster-name")],
    );
    assert_eq!(arns.await[0].1, ["aws:eks:cluster-name$demo"]);
}
