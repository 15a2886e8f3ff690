//! Spot instances, from their request to the time that their capacity is needed.

mod fleets;

use wharf_hosts::{Claimant, FargateWaiting};

use super::*;

/// Code, and words of the text, of a refusal.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Fault>, code: &str, words: &str) {
    let fault = answer.expect_err("refused");
    assert_eq!(fault.code, code, "{fault}");
    assert!(fault.message.contains(words), "{fault}");
}

/// Two instances of this type fill a host of the tests.
const HALF: &str = "t3.small";

impl Cloud {
    async fn spot(&self) -> String {
        let made = self
            .ec2
            .run_instances(&self.call(), self.asked_spot())
            .await;
        id(&made.unwrap())
    }

    fn asked_spot(&self) -> RunInstancesRequest {
        RunInstancesRequest {
            instance_type: Some(HALF.to_owned()),
            instance_market_options: Some(InstanceMarketOptionsRequest {
                market_type: Some("spot".to_owned()),
                spot_options: None,
            }),
            ..self.asked()
        }
    }

    fn asked_half(&self) -> RunInstancesRequest {
        RunInstancesRequest {
            instance_type: Some(HALF.to_owned()),
            ..self.asked()
        }
    }

    /// It is placed, and its host says that it runs.
    async fn comes_up(&self, id: &str) -> machine::Instance {
        let told = self.placed(id).await;
        self.says(&told, Reported::Running).await;
        told
    }

    async fn request(&self, input: RequestSpotInstancesRequest) -> Result<String, Fault> {
        let input = RequestSpotInstancesRequest {
            launch_specification: Some(RequestSpotLaunchSpecification {
                image_id: Some(self.image()),
                instance_type: Some(HALF.to_owned()),
                user_data: Some("c2VjcmV0".to_owned()),
                ..Default::default()
            }),
            ..input
        };
        let made = self.ec2.request_spot_instances(&self.call(), input).await?;
        let mut made = made.spot_instance_requests.unwrap();
        Ok(made.remove(0).spot_instance_request_id.unwrap())
    }

    async fn shown_request(&self, id: &str) -> SpotInstanceRequest {
        let input = DescribeSpotInstanceRequestsRequest {
            spot_instance_request_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self
            .ec2
            .describe_spot_instance_requests(&self.call(), input)
            .await;
        shown.unwrap().spot_instance_requests.unwrap().remove(0)
    }

    /// State and status code of a request.
    async fn request_is(&self, id: &str) -> (String, String) {
        let shown = self.shown_request(id).await;
        let status = shown.status.unwrap();
        (shown.state.unwrap(), status.code.unwrap())
    }

    async fn request_becomes(&self, id: &str, state: &str, code: &str) {
        until(&format!("{id} is {state}, {code}"), || async {
            self.request_is(id).await == (state.to_owned(), code.to_owned())
        })
        .await;
    }

    async fn notice(&self, id: &str) -> Option<machine::SpotNotice> {
        self.told_of(id)
            .await
            .and_then(|it| it.metadata.spot?.notice)
    }

    async fn is_noticed(&self, id: &str) -> machine::SpotNotice {
        until("it has its notice", || async {
            self.notice(id).await.is_some()
        })
        .await;
        self.notice(id).await.unwrap()
    }
}

#[tokio::test]
async fn a_launch_is_shown_as_spot() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.spot().await;
    let told = cloud.comes_up(&id).await;
    assert_eq!(told.metadata.spot, Some(machine::Spot::default()));
    let shown = cloud.shown(&id).await;
    assert_eq!(shown.instance_lifecycle.as_deref(), Some("spot"));
    let request = shown.spot_instance_request_id.unwrap();
    let shown = cloud.shown_request(&request).await;
    assert_eq!(shown.instance_id.as_deref(), Some(id.as_str()));
    assert_eq!(shown.type_.as_deref(), Some("one-time"));
    assert_eq!(shown.spot_price.as_deref(), Some("0.020800"));
    cloud.request_becomes(&request, "active", "fulfilled").await;
    assert!(cloud.claim(&id).await.unwrap().spot);
    // One that is asked for once is not stopped.
    refused(cloud.stop(&id).await, "UnsupportedOperation", "one-time");
    cloud.terminate(&id).await.unwrap();
    cloud
        .request_becomes(&request, "closed", "instance-terminated-by-user")
        .await;
    // Nobody else sees it.
    let other = crate::world::of_account("111111111111");
    let input = DescribeSpotInstanceRequestsRequest {
        spot_instance_request_ids: Some(vec![request.clone()]),
        ..Default::default()
    };
    refused(
        cloud
            .ec2
            .describe_spot_instance_requests(&other, input)
            .await,
        "InvalidSpotInstanceRequestID.NotFound",
        &format!("The spot instance request ID '{request}' does not exist"),
    );
}

#[tokio::test]
async fn a_request_is_fulfilled_when_there_is_room() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let first = cloud
        .request(RequestSpotInstancesRequest::default())
        .await
        .unwrap();
    cloud.request_becomes(&first, "active", "fulfilled").await;
    let instance = cloud.shown_request(&first).await.instance_id.unwrap();
    let told = cloud.comes_up(&instance).await;
    assert_eq!(told.user_data.as_deref(), Some("c2VjcmV0"));
    let second = cloud.spot().await;
    cloud.comes_up(&second).await;
    let third = cloud
        .request(RequestSpotInstancesRequest::default())
        .await
        .unwrap();
    cloud
        .request_becomes(&third, "open", "capacity-not-available")
        .await;
    // A launch does not wait.
    refused(
        cloud
            .ec2
            .run_instances(&cloud.call(), cloud.asked_spot())
            .await,
        "InsufficientInstanceCapacity",
        "There is no Spot capacity available that matches your request.",
    );
    cloud.terminate(&instance).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.request_becomes(&third, "active", "fulfilled").await;
    assert_eq!(cloud.request_is(&first).await.0, "closed");
    // Secrets are sealed.
    let stored = cloud.world.stored(&plane::prefix()).await;
    assert!(!stored.contains("c2VjcmV0"));
}

/// A task that waits for half of a host, and which nothing places here.
fn waits_for_fargate(cloud: &Cloud, waits: bool) {
    let task = FargateWaiting {
        account: wharf_testkit::ACCOUNT.to_owned(),
        claimant: Claimant::new("instance", "i-of-a-pod"),
        claim: Claim {
            cpu: 256,
            memory: 2048,
            interfaces: 1,
            ..Claim::default()
        },
        zones: BTreeSet::new(),
        architecture: None,
        since: Timestamp(0),
    };
    let all = waits.then_some(task).into_iter().collect();
    cloud.hosts.fargate().wait("pods", all);
}

#[tokio::test]
async fn instances_of_spot_leave_room_that_others_wait_for_on_fargate() {
    let cloud = Cloud::new(&["i-a1"]).await;
    waits_for_fargate(&cloud, true);
    let first = cloud.spot().await;
    let told = cloud.comes_up(&first).await;
    let refused_now = || async {
        refused(
            cloud
                .ec2
                .run_instances(&cloud.call(), cloud.asked_spot())
                .await,
            "InsufficientInstanceCapacity",
            "There is no Spot capacity available that matches your request.",
        );
    };
    refused_now().await;
    // Nobody waits any more.
    waits_for_fargate(&cloud, false);
    let second = cloud.spot().await;
    cloud.comes_up(&second).await;
    // What is On-Demand has the room that others wait for.
    waits_for_fargate(&cloud, true);
    cloud.terminate(&first).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    until("its room is free", || async { !cloud.claims(&first).await }).await;
    refused_now().await;
    let made = cloud
        .ec2
        .run_instances(&cloud.call(), cloud.asked_half())
        .await
        .unwrap();
    cloud.comes_up(&id(&made)).await;
}

#[tokio::test]
async fn a_price_that_is_too_low_waits() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud
        .request(RequestSpotInstancesRequest {
            spot_price: Some("0.001".to_owned()),
            ..Default::default()
        })
        .await
        .unwrap();
    cloud.request_becomes(&id, "open", "price-too-low").await;
    let input = CancelSpotInstanceRequestsRequest {
        spot_instance_request_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    let cancelled = cloud
        .ec2
        .cancel_spot_instance_requests(&cloud.call(), input)
        .await
        .unwrap();
    let cancelled = cancelled.cancelled_spot_instance_requests.unwrap();
    assert_eq!(cancelled[0].state.as_deref(), Some("cancelled"));
    let expected = (
        "cancelled".to_owned(),
        "canceled-before-fulfillment".to_owned(),
    );
    assert_eq!(cloud.request_is(&id).await, expected);
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let of = RequestSpotInstancesRequest::default;
    let text = |text: &str| Some(text.to_owned());
    for (input, code, words) in [
        (
            RequestSpotInstancesRequest {
                instance_count: Some(0),
                ..of()
            },
            "InvalidParameterValue",
            "between 1 and",
        ),
        (
            RequestSpotInstancesRequest {
                spot_price: text("free"),
                ..of()
            },
            "InvalidParameterValue",
            "Value (free) for parameter SpotPrice",
        ),
        (
            RequestSpotInstancesRequest {
                type_: text("twice"),
                ..of()
            },
            "InvalidParameterValue",
            "Value (twice)",
        ),
        (
            RequestSpotInstancesRequest {
                instance_interruption_behavior: text("hibernate"),
                ..of()
            },
            "UnsupportedOperation",
            "InstanceInterruptionBehavior=hibernate is not supported",
        ),
        (
            RequestSpotInstancesRequest {
                valid_until: Some(Timestamp(1)),
                ..of()
            },
            "InvalidParameterValue",
            "ValidUntil",
        ),
        (
            RequestSpotInstancesRequest {
                dry_run: Some(true),
                ..of()
            },
            "DryRunOperation",
            "would have succeeded",
        ),
    ] {
        refused(cloud.request(input).await, code, words);
    }
    let token = || RequestSpotInstancesRequest {
        client_token: text("once"),
        ..of()
    };
    let first = cloud.request(token()).await.unwrap();
    assert_eq!(cloud.request(token()).await.unwrap(), first);
    let other = RequestSpotInstancesRequest {
        type_: text("persistent"),
        ..token()
    };
    refused(
        cloud.request(other).await,
        "IdempotentParameterMismatch",
        "",
    );
}

/// Of several hosts the one gives room where fewest end, nobody ends without a notice, and the room goes to who waits.
#[tokio::test]
async fn capacity_is_taken_back_for_who_needs_it() {
    let mut cloud = Cloud::new(&["i-a1", "i-b1"]).await;
    let mut all = Vec::new();
    for _ in 0..2 {
        let id = cloud.spot().await;
        all.push((cloud.comes_up(&id).await, id));
    }
    // Two small ones on one of the hosts, one large on the other.
    let fill = cloud
        .ec2
        .run_instances(&cloud.call(), cloud.asked_half())
        .await
        .unwrap();
    let kept = id(&fill);
    let kept_at = cloud.comes_up(&kept).await.host;
    let second = cloud.spot().await;
    all.push((cloud.comes_up(&second).await, second));
    let waiting = cloud
        .request(RequestSpotInstancesRequest::default())
        .await
        .unwrap();
    cloud
        .request_becomes(&waiting, "open", "capacity-not-available")
        .await;

    let mut asked = cloud.asked_half();
    asked.instance_type = Some("t3.medium".to_owned());
    // All of a host: only the one without an instance that is On-Demand can give it.
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let new = id(&made);
    let victims: Vec<_> = all
        .iter()
        .filter(|(told, _)| told.host != kept_at)
        .collect();
    assert_eq!(victims.len(), 2);
    for (_, id) in &victims {
        let notice = cloud.is_noticed(id).await;
        assert_eq!(notice.action, "terminate");
        assert_eq!(notice.at_ms, cloud.clock.now().millis() + 120_000);
    }
    let request = cloud
        .shown(&victims[0].1)
        .await
        .spot_instance_request_id
        .unwrap();
    cloud
        .request_becomes(&request, "active", "marked-for-termination")
        .await;
    for (told, id) in &all {
        assert_eq!(
            cloud.notice(id).await.is_some(),
            told.host != kept_at,
            "{id}"
        );
    }
    // Longer than a launch waits otherwise, and across a restart.
    cloud.clock.advance(Duration::from_secs(60));
    cloud.restart();
    assert_eq!(cloud.state(&new).await, "pending");
    assert_eq!(cloud.state(&victims[0].1).await, "running");
    cloud.clock.advance(Duration::from_secs(60));
    cloud.restart();
    for (told, id) in &victims {
        cloud.becomes(id, "shutting-down").await;
        let shown = cloud.shown(id).await;
        assert_eq!(
            shown.state_reason.unwrap().code.as_deref(),
            Some("Server.SpotInstanceTermination")
        );
        cloud.says(told, Reported::Terminated).await;
    }
    let placed = cloud.placed(&new).await;
    assert_eq!(placed.host, victims[0].0.host);
    cloud
        .request_becomes(&request, "closed", "instance-terminated-no-capacity")
        .await;
    // Who asked for Spot capacity before has none of it.
    assert_eq!(cloud.request_is(&waiting).await.0, "open");
    assert_eq!(cloud.state(&kept).await, "running");
}

#[tokio::test]
async fn what_is_to_stop_is_stopped_and_started_again() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let request = cloud
        .request(RequestSpotInstancesRequest {
            type_: Some("persistent".to_owned()),
            instance_interruption_behavior: Some("stop".to_owned()),
            ..Default::default()
        })
        .await
        .unwrap();
    cloud.request_becomes(&request, "active", "fulfilled").await;
    let id_of = cloud.shown_request(&request).await.instance_id.unwrap();
    let told = cloud.comes_up(&id_of).await;
    let asked = RunInstancesRequest {
        instance_type: Some("t3.medium".to_owned()),
        ..cloud.asked()
    };
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let new = id(&made);
    assert_eq!(cloud.is_noticed(&id_of).await.action, "stop");
    cloud
        .request_becomes(&request, "active", "marked-for-stop")
        .await;
    cloud.clock.advance(Duration::from_secs(120));
    cloud.restart();
    cloud.becomes(&id_of, "stopping").await;
    cloud.says(&told, Reported::Stopped).await;
    cloud
        .request_becomes(&request, "disabled", "instance-stopped-no-capacity")
        .await;
    let told = cloud.comes_up(&new).await;
    cloud.terminate(&new).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    until("it boots again", || async {
        cloud.told_of(&id_of).await.is_some_and(|it| it.boot == 2)
    })
    .await;
    let told = cloud.placed(&id_of).await;
    cloud.says(&told, Reported::Running).await;
    cloud.request_becomes(&request, "active", "fulfilled").await;
    assert_eq!(cloud.notice(&id_of).await, None);
}

/// A request, and its instance, which stops when its capacity is taken back.
async fn to_be_stopped(cloud: &Cloud) -> (String, String) {
    let request = cloud
        .request(RequestSpotInstancesRequest {
            type_: Some("persistent".to_owned()),
            instance_interruption_behavior: Some("stop".to_owned()),
            ..Default::default()
        })
        .await
        .unwrap();
    cloud.request_becomes(&request, "active", "fulfilled").await;
    let id = cloud.shown_request(&request).await.instance_id.unwrap();
    (request, id)
}

/// An instance that is On-Demand and wants all of a host.
async fn of_whole_host(cloud: &Cloud) -> String {
    let asked = RunInstancesRequest {
        instance_type: Some("t3.medium".to_owned()),
        ..cloud.asked()
    };
    id(&cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap())
}

#[tokio::test]
async fn a_notice_ends_with_the_stop_of_its_instance() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let (request, id) = to_be_stopped(&cloud).await;
    let told = cloud.comes_up(&id).await;
    let new = of_whole_host(&cloud).await;
    cloud.is_noticed(&id).await;
    cloud.stop(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    let of_new = cloud.comes_up(&new).await;
    cloud.terminate(&new).await.unwrap();
    cloud.says(&of_new, Reported::Terminated).await;
    // Long after the moment that the notice spoke of.
    cloud.clock.advance(Duration::from_secs(600));
    cloud.restart();
    until("there is room", || async { !cloud.claims(&new).await }).await;
    cloud.start(&id).await.unwrap();
    assert_eq!(cloud.notice(&id).await, None);
    until("it boots again", || async {
        cloud.told_of(&id).await.is_some_and(|it| it.boot == 2)
    })
    .await;
    until("it has room", || async {
        cloud.claim(&id).await.is_some_and(|it| it.memory > 0)
    })
    .await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    cloud.request_becomes(&request, "active", "fulfilled").await;
    assert_eq!(cloud.state(&id).await, "running");
}

/// There is no disk yet that it could start from again.
#[tokio::test]
async fn a_first_boot_that_is_interrupted_ends() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let (request, id) = to_be_stopped(&cloud).await;
    let told = cloud.placed(&id).await;
    let new = of_whole_host(&cloud).await;
    cloud.is_noticed(&id).await;
    cloud.clock.advance(Duration::from_secs(120));
    cloud.restart();
    cloud.becomes(&id, "shutting-down").await;
    cloud.says(&told, Reported::Terminated).await;
    cloud.comes_up(&new).await;
    // It asks again.
    cloud
        .request_becomes(&request, "open", "capacity-not-available")
        .await;
}

/// However long it took until somebody looked at it.
#[tokio::test]
async fn a_launch_is_not_given_up_before_it_was_tried() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    // Nobody works.
    cloud.running = None;
    let id = cloud.run().await;
    cloud.clock.advance(Duration::from_secs(60));
    cloud.restart();
    cloud.placed(&id).await;
    assert_eq!(cloud.state(&id).await, "pending");
}

/// Tasks of FARGATE_SPOT are called upon, and a claimant that nobody here can end is left alone.
#[tokio::test]
async fn tasks_give_up_their_room_too() {
    const TASK: &str = "arn:aws:ecs:us-east-1:000000000000:task/default/1";
    const OTHER: &str = "arn:aws:ecs:us-east-1:000000000000:task/default/2";
    let cloud = Cloud::new(&["i-a1"]).await;
    let spot = |memory: u32| Claim {
        memory,
        spot: true,
        ..Claim::default()
    };
    // The larger one would make room for half of the machine alone.
    cloud
        .hold("i-a1", |ledger| {
            let whole = ledger.capacity.memory;
            ledger.claims.insert("build/1", spot(whole / 2));
            ledger.claims.insert(TASK, spot(whole / 4));
            ledger.claims.insert(OTHER, spot(whole / 4));
        })
        .await;
    let call = cloud.call();
    let made = cloud.ec2.run_instances(&call, cloud.asked_half());
    let new = id(&made.await.unwrap());
    let called = cloud.hosts.needs().called();
    let called = tokio::time::timeout(Duration::from_secs(10), called).await;
    assert_eq!(
        called.unwrap(),
        BTreeSet::from([TASK, OTHER].map(str::to_owned))
    );
    // ECS has them stop, and they use what they have until they have ended.
    cloud
        .hold("i-a1", |ledger| {
            for task in [TASK, OTHER] {
                assert!(wharf_placement::ledger::stopping(ledger, task));
            }
        })
        .await;
    assert_eq!(cloud.state(&new).await, "pending");
    cloud
        .hold("i-a1", |ledger| {
            for task in [TASK, OTHER] {
                assert!(wharf_placement::ledger::release(ledger, task));
            }
        })
        .await;
    cloud.placed(&new).await;
}
