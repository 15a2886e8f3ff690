//! Hosts that all go at once, for the server's network is gone.

use super::*;

const MACHINES: &[&str] = &["i-a1", "i-a2", "i-a3"];

impl Cloud {
    /// The status of both checks, and since when they have failed.
    async fn checked(&self, id: &str) -> (String, Option<Timestamp>) {
        let asked = DescribeInstanceStatusRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_instance_status(&self.call(), asked).await;
        let shown = shown.unwrap().instance_statuses.unwrap().remove(0);
        assert_eq!(shown.instance_status, shown.system_status);
        let summary = shown.system_status.unwrap();
        let details = summary.details.unwrap().remove(0);
        (summary.status.unwrap(), details.impaired_since)
    }
}

#[tokio::test]
async fn while_no_host_is_there_no_checks_have_failed() {
    let mut cloud = Cloud::new(MACHINES).await;
    let told = cloud.placed(&cloud.run().await).await;
    cloud.says(&told, Reported::Running).await;
    for machine in MACHINES {
        cloud.connected(machine, false);
    }
    // A server that begins looks at all.
    cloud.restart();
    let unknown = ("insufficient-data".to_owned(), None);
    until("the host is seen to be silent", || async {
        cloud.checked(&told.id).await == unknown
    })
    .await;
    cloud.clock.advance(Duration::from_secs(3600));
    assert_eq!(cloud.checked(&told.id).await, unknown);
    // Another host is back, and its own has as long to follow as if it had gone now.
    let other = MACHINES.iter().find(|it| **it != told.host).unwrap();
    let since = cloud.clock.now();
    cloud.connected(other, true);
    let failed = ("impaired".to_owned(), Some(since));
    assert_eq!(cloud.checked(&told.id).await, failed);
    cloud.clock.advance(Duration::from_secs(149));
    assert_eq!(cloud.checked(&told.id).await, failed);
    cloud.connected(&told.host, true);
    cloud.restart();
    until("all is well", || async {
        cloud.checked(&told.id).await == ("ok".to_owned(), None)
    })
    .await;
}

#[tokio::test]
async fn of_two_hosts_both_may_be_lost() {
    let mut cloud = Cloud::new(&MACHINES[..2]).await;
    let told = cloud.placed(&cloud.run().await).await;
    cloud.says(&told, Reported::Running).await;
    cloud.connected("i-a1", false);
    cloud.connected("i-a2", false);
    cloud.restart();
    let failed = ("impaired".to_owned(), Some(cloud.clock.now()));
    until("its checks fail", || async {
        cloud.checked(&told.id).await == failed
    })
    .await;
}
