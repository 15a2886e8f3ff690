//! Hosts that are retired: what their instances are told, and when they end.

use wharf_hosts::Retired;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

impl Cloud {
    /// The host is retired, and its instances end then; or it is not any more.
    async fn retired(&self, machine: &str, end: Option<Timestamp>) {
        let host = format!("host-of-{machine}");
        let key = Retired::key(&host);
        let mark = Retired {
            host,
            at: self.clock.now(),
            fargate: true,
            noticed: BTreeSet::new(),
            instances_end_at: end,
            unknown: Unknown::new(),
        };
        let txn = match end {
            Some(_) => Txn::new().put(key, encode(&mark)),
            None => Txn::new().delete(key),
        };
        assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
        self.ec2.look_at_hosts().await.unwrap();
        self.hosts.up_to_date().await;
    }

    /// Ids of those that a filter finds.
    async fn found(&self, name: &str, value: &str) -> Vec<String> {
        let asked = DescribeInstanceStatusRequest {
            filters: Some(vec![Filter {
                name: Some(name.to_owned()),
                values: Some(vec![value.to_owned()]),
            }]),
            include_all_instances: Some(true),
            ..Default::default()
        };
        let found = self.ec2.describe_instance_status(&self.call(), asked).await;
        let all = found.unwrap().instance_statuses.unwrap();
        all.into_iter().filter_map(|it| it.instance_id).collect()
    }

    async fn events(&self, id: &str) -> Vec<InstanceStatusEvent> {
        let asked = DescribeInstanceStatusRequest {
            instance_ids: Some(vec![id.to_owned()]),
            include_all_instances: Some(true),
            ..Default::default()
        };
        let found = self.ec2.describe_instance_status(&self.call(), asked).await;
        let mut all = found.unwrap().instance_statuses.unwrap();
        all.remove(0).events.unwrap()
    }

    async fn boots(&self) -> (String, machine::Instance) {
        let id = self.run().await;
        let told = self.placed(&id).await;
        self.says(&told, Reported::Running).await;
        self.becomes(&id, "running").await;
        (id, told)
    }
}

#[tokio::test]
async fn an_instance_is_told_of_the_retirement_of_its_host_and_ends_then() {
    let mut cloud = Cloud::new(&["i-one"]).await;
    let (id, _) = cloud.boots().await;
    assert_eq!(cloud.events(&id).await, []);
    let at = cloud.clock.now() + HOUR;
    cloud.retired("i-one", Some(at)).await;
    until("it has an event", || async {
        cloud.events(&id).await.len() == 1
    })
    .await;
    let event = cloud.events(&id).await.remove(0);
    assert_eq!(event.code.as_deref(), Some("instance-retirement"));
    assert_eq!((event.not_before, event.not_after), (Some(at), None));
    let told = cloud.told_of(&id).await.unwrap().metadata.events.remove(0);
    assert_eq!(Some(&told.id), event.instance_event_id.as_ref());
    assert_eq!(
        (told.state.as_str(), told.not_before_ms),
        ("active", at.millis())
    );
    let here = vec![id.clone()];
    let shown = at.iso8601();
    for (name, value, found) in [
        ("event.code", "instance-retirement", &here),
        ("event.code", "system-reboot", &Vec::new()),
        ("event.description", "The instance is *", &here),
        ("event.not-before", shown.as_str(), &here),
        ("event.not-after", "*", &Vec::new()),
        ("event.not-before-deadline", "*", &Vec::new()),
        ("event.instance-event-id", told.id.as_str(), &here),
    ] {
        assert_eq!(cloud.found(name, value).await, *found, "{name} {value}");
    }
    // Nothing new comes there.
    let refused = cloud.ec2.run_instances(&cloud.call(), cloud.asked()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    // It stops and starts where its disk is, and nobody else knows of that.
    cloud.stop(&id).await.unwrap();
    let stopping = cloud.told_of(&id).await.unwrap();
    cloud.says(&stopping, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    cloud.start(&id).await.unwrap();
    until("it has room where its disk is", || async {
        cloud.told_of(&id).await.unwrap().wanted == Wanted::Running
    })
    .await;
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Running).await;
    cloud.becomes(&id, "running").await;
    // The server dies, and it ends all the same.
    cloud.running = None;
    cloud.clock.advance(HOUR);
    cloud.restart();
    cloud.becomes(&id, "shutting-down").await;
    let reason = cloud.shown(&id).await.state_reason.unwrap();
    assert_eq!(reason.code.as_deref(), Some("Server.ScheduledStop"));
    let event = cloud.events(&id).await.remove(0);
    let said = event.description.unwrap();
    assert!(said.starts_with("[Completed] "), "{said}");
    let told = cloud.told_of(&id).await.unwrap();
    assert_eq!(told.wanted, Wanted::Terminated);
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&id, "terminated").await;
}

#[tokio::test]
async fn a_retirement_that_is_taken_back_ends_nothing() {
    let mut cloud = Cloud::new(&["i-one"]).await;
    let (id, _) = cloud.boots().await;
    cloud.retired("i-one", Some(cloud.clock.now() + HOUR)).await;
    until("it has an event", || async {
        cloud.events(&id).await.len() == 1
    })
    .await;
    // Moved, and taken back while nobody looks.
    let later = cloud.clock.now() + HOUR * 2;
    cloud.retired("i-one", Some(later)).await;
    until("its event is at another time", || async {
        cloud.events(&id).await[0].not_before == Some(later)
    })
    .await;
    cloud.running = None;
    cloud.clock.advance(HOUR * 3);
    cloud.retired("i-one", None).await;
    cloud.restart();
    until("it has none", || async {
        cloud.events(&id).await.is_empty()
    })
    .await;
    assert_eq!(cloud.state(&id).await, "running");
    let told = cloud.told_of(&id).await.unwrap().metadata.events;
    let states: Vec<&str> = told.iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, ["canceled"]);
    assert_eq!(cloud.found("event.code", "*").await, Vec::<String>::new());
    // Room is there again.
    cloud.run().await;
}

#[tokio::test]
async fn what_is_stopped_ends_with_its_host_too() {
    let cloud = Cloud::new(&["i-one", "i-two"]).await;
    let (id, told) = cloud.boots().await;
    cloud.stop(&id).await.unwrap();
    let stopping = cloud.told_of(&id).await.unwrap();
    cloud.says(&stopping, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    cloud.retired(&told.host, Some(cloud.clock.now())).await;
    cloud.becomes(&id, "shutting-down").await;
    // Others are on the other host.
    let (other, elsewhere) = cloud.boots().await;
    assert_ne!(elsewhere.host, told.host);
    assert_eq!(cloud.events(&other).await, []);
}
