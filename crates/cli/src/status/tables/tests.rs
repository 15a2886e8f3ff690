use serde_json::json;

use super::*;

fn deployment(state: &str, failed: i64) -> Value {
    let reason = format!(
        "ECS deployment ecs-svc/1 in progress. {failed} tasks failed, the last one: Essential container in task exited (container main: exit code 3)."
    );
    json!({"id": "ecs-svc/1", "rolloutState": state, "failedTasks": failed, "runningCount": 0, "desiredCount": 3,
        "taskDefinition": "arn:aws:ecs:us-east-1:000000000000:task-definition/web:2", "rolloutStateReason": reason})
}

fn service(name: &str, deployments: &[Value]) -> Value {
    json!({"serviceName": name, "status": "ACTIVE", "runningCount": 1, "desiredCount": 1, "deployments": deployments,
        "clusterArn": "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        "taskDefinition": "arn:aws:ecs:us-east-1:000000000000:task-definition/web:2",
        "events": [{"message": format!("(service {name}) was unable to place a task.")}]})
}

fn cells(table: &Table) -> Vec<Vec<&str>> {
    let rows = table.rows.iter();
    rows.map(|row| row.cells.iter().map(String::as_str).collect())
        .collect()
}

#[test]
fn a_failing_service_comes_first_with_its_reason() {
    let mut waiting = service("w", &[deployment("COMPLETED", 0)]);
    waiting["runningCount"] = json!(0);
    // It has failed tasks, and they are forgotten.
    let mut well = deployment("COMPLETED", 7);
    well["rolloutStateReason"] = json!("ECS deployment ecs-svc/1 completed.");
    let seen = json!({"services": [
        service("ok", &[well]),
        service("loops", &[deployment("COMPLETED", 7)]),
        service("web", &[deployment("IN_PROGRESS", 2), deployment("COMPLETED", 1)]),
        waiting,
        service("new", &[deployment("IN_PROGRESS", 0)]),
    ], "tasks": [{"lastStatus": "RUNNING"}, {"lastStatus": "PENDING"}],
        "containerInstances": [{"agentConnected": false}]});
    assert_eq!(
        cells(&services(&seen)),
        [
            [
                "loops",
                "1/1",
                "failing",
                "web:2",
                "exit code 3 (main); 7 failed"
            ],
            [
                "web",
                "1/1",
                "failing",
                "web:2",
                "exit code 3 (main); 2 failed"
            ],
            [
                "w",
                "0/1",
                "waiting",
                "web:2",
                "was unable to place a task."
            ],
            [
                "new",
                "1/1",
                "deploying",
                "web:2",
                "was unable to place a task."
            ],
            ["ok", "1/1", "steady", "web:2", ""],
        ]
    );
    assert_eq!(
        summary(&seen),
        "5 services (2 failing), 1 task running, 1 node (1 away)"
    );
    // Without ids of deployments.
    assert_eq!(
        cells(&deployments(&seen)),
        [
            ["web:2", "web", "IN_PROGRESS", "0/3", "2"],
            ["web:2", "web", "COMPLETED", "0/3", "1"],
        ]
    );
}

/// What `wharf status` shows of the service on a terminal of 24 lines of 80 characters.
fn on_a_small_terminal(service: Value) -> String {
    use super::super::screen::{Screen, Size};
    let seen = json!({ "services": [service], "containerInstances": [{"agentConnected": true}] });
    let screen = Screen {
        head: vec!["wharf".to_owned()],
        tables: all(&seen, Timestamp::from_millis(0)),
        foot: "foot".to_owned(),
        rest: "",
    };
    let size = Size {
        columns: Some(80),
        rows: Some(24),
    };
    screen.text(size, crate::style::Style::plain())
}

#[test]
fn a_cause_is_read_on_a_small_terminal() {
    let failing = |name: &str, cause: &str, reason: &str| {
        let mut deployment = deployment("IN_PROGRESS", 1);
        let said = format!("ECS deployment ecs-svc/1 in progress. 1 task failed: {reason}.");
        deployment["rolloutStateReason"] = said.into();
        let mut service = service(name, &[deployment]);
        service["cause"] = cause.into();
        on_a_small_terminal(service)
    };
    let missing = "ResourceInitializationError: failed to validate logger args: create stream has been retried \
                   1 times: ResourceNotFoundException: The specified log group does not exist.";
    let cause = "its log group is missing: create it in the region of awslogs-region";
    let shown = failing("no-log-group", cause, missing);
    assert!(shown.contains("its log group is missing"), "{shown}");
    let bare = "ResourceInitializationError: unable to pull secrets or registry auth: User: \
                arn:aws:sts::000000000000:assumed-role/bare/0a is not authorized to perform: x";
    let cause = "its execution role lacks a permission: attach service-role/AmazonECSTaskExecutionRolePolicy";
    let shown = failing("bare-role", cause, bare);
    assert!(shown.contains("its execution role lacks a per"), "{shown}");
    // The reason itself is for those who have the room.
    let lines = with_cause(Some("why"), "Error: x; 1 failed".to_owned());
    assert_eq!(lines, "why (Error: x; 1 failed)");
    for (cause, said, wanted) in [
        (
            "its program ended by itself",
            "exit code 3 (main); 2 failed",
            "exit code 3 (main)",
        ),
        (
            "out of memory",
            "exit code 137, OutOfMemoryError: x (main); 2 failed",
            "out of memory (exit",
        ),
        (
            "not found (code 127)",
            "exit code 127 (main); 2 failed",
            "not found (code 127) (exit",
        ),
    ] {
        let line = with_cause(Some(cause), said.to_owned());
        assert!(line.starts_with(wanted), "{line}");
    }
}

#[test]
fn a_full_machine_says_what_it_lacks() {
    let start = "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or \
                 in a different availability zone.";
    let full = format!(
        "{start} The closest matching (container-instance 0a1b) has insufficient CPU units available (256 needed, 0 \
         of 2048 free)."
    );
    let mut filled = service("full", &[deployment("IN_PROGRESS", 0)]);
    filled["events"][0]["message"] = format!("(service full) {full}").into();
    let shown = on_a_small_terminal(filled);
    assert!(shown.contains("has insufficient CPU units"), "{shown}");
    let elsewhere = "There are no nodes in r: nodes are in s.";
    assert_eq!(lack(&format!("{start} {elsewhere}")), elsewhere);
    assert_eq!(lack(start), start);
    let ec2 = "was unable to place a task because no container instance met all of its requirements. Reason: No \
               Container Instances were found in your cluster. For more information, see the guide.";
    assert!(lack(ec2).starts_with("No Container Instances were found"));
    assert_eq!(lack("has started 1 tasks: x."), "has started 1 tasks: x.");
}

#[test]
fn what_a_service_does_is_not_why_it_waits() {
    let mut waiting = service("w", &[deployment("COMPLETED", 0)]);
    (waiting["runningCount"], waiting["pendingCount"]) = (json!(0), json!(1));
    waiting["events"] = json!([{"message": "(service w) has started 1 tasks: (task a)."}]);
    assert_eq!(State::of(&waiting), State::Waiting);
    assert_eq!(why(&waiting, State::Waiting), "1 task is starting");
    waiting["pendingCount"] = json!(0);
    assert_eq!(why(&waiting, State::Waiting), "");
}

#[test]
fn other_reasons_stay_whole() {
    let reason = json!({"failedTasks": 1, "rolloutStateReason": "ECS deployment failed. 1 task failed: CannotPullContainerError: x."});
    assert_eq!(failure(&reason), "CannotPullContainerError: x; 1 failed");
    let none = json!({"failedTasks": 0, "rolloutStateReason": "tasks failed to start."});
    assert_eq!(failure(&none), "tasks failed to start.");
}

#[test]
fn clusters_show_where_they_tell_something() {
    let one = json!({"clusters": [{"clusterName": "default", "status": "ACTIVE"}]});
    let now = Timestamp::from_millis(0);
    let shown = |seen: &Value| {
        let tables = all(seen, now).into_iter();
        let headings = tables.filter(|it| !it.rows.is_empty());
        headings.map(|it| it.heading[0]).collect::<Vec<_>>()
    };
    assert_eq!(shown(&one), ["CLUSTER"]);
    let mut with_node = one.clone();
    with_node["containerInstances"] = json!([{"agentConnected": true}]);
    assert_eq!(shown(&with_node), ["NODE"]);
    let mut two = with_node.clone();
    two["clusters"] = json!([{}, {}]);
    assert_eq!(shown(&two), ["NODE", "CLUSTER"]);
    let mut other = service("b", &[]);
    other["clusterArn"] = json!("arn:aws:ecs:us-east-1:000000000000:cluster/other");
    let both = json!({"services": [service("a", &[]), other]});
    assert_eq!(services(&both).heading[1], "CLUSTER");
}

#[test]
fn tasks_are_known_by_the_beginning_of_their_ids() {
    let id = "0123456789abcdef0123456789abcdef";
    let task = |status: &str, health: &str| {
        json!({"taskArn": format!("arn:aws:ecs:us-east-1:000000000000:task/default/{id}"), "group": "service:web",
            "taskDefinitionArn": "arn:x:task-definition/web:1", "lastStatus": status, "healthStatus": health,
            "availabilityZone": "us-east-1a", "createdAt": 0.0})
    };
    let seen = json!({"tasks": [task("RUNNING", "HEALTHY"), task("PENDING", "UNKNOWN"), task("RUNNING", "UNHEALTHY")]});
    let table = tasks(&seen, Timestamp::from_millis(5_000));
    let row = |status| ["01234567", "web", "web:1", status, "us-east-1a", "-", "5s"];
    assert_eq!(
        cells(&table),
        [row("UNHEALTHY"), row("PENDING"), row("RUNNING")]
    );
    assert_eq!(short("web"), "web");
    assert_eq!(short("é".repeat(16).as_str()), "é".repeat(16));
}

#[test]
fn a_port_that_another_program_has_shows_with_its_node() {
    let arn = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/0a";
    let endpoint = |host: &str| json!({"host": host, "address": "127.0.0.1:80", "reason": "why"});
    let seen = json!({
        "containerInstances": [{"ec2InstanceId": "i-1", "containerInstanceArn": arn}],
        "unopenedListeners": [endpoint("i-1"), endpoint("i-2")],
    });
    assert_eq!(
        cells(&unopened(&seen)),
        [
            ["127.0.0.1:80", "0a", "why"],
            ["127.0.0.1:80", "i-2", "why"]
        ]
    );
}

#[test]
fn a_maker_of_machines_shows_what_it_lacks_and_why() {
    let now = Timestamp::from_millis(1_700_000_600_000);
    let seen = json!({ "machineMakers": [
        {"name": "a.example.com", "wanted": 3, "there": 3, "most": 5},
        {"name": "b.example.com", "wanted": 3, "there": 1, "most": 5, "failure": "it is full", "failedAt": 1_700_000_000},
    ]});
    let table = makers(&seen, now);
    assert_eq!(
        cells(&table),
        [
            ["b.example.com", "3", "1", "5", "10m ago: it is full"],
            ["a.example.com", "3", "3", "5", "-"],
        ]
    );
    let tones: Vec<Tone> = table.rows.iter().map(|it| it.tone).collect();
    assert_eq!(tones, [Tone::Bad, Tone::Plain]);
    assert!(makers(&json!({}), now).rows.is_empty());
}

#[test]
fn machines_for_fargate_show_with_why_there_are_no_more() {
    let machine = json!({
        "id": "i-1", "size": "4vcpu,16gib,100gib,x86_64", "zone": "us-east-1a", "state": "joined", "claims": 3,
    });
    let seen =
        json!({"fargatePool": {"machines": [machine], "reasons": ["it is full"], "waiting": 2}});
    let size = "4vcpu,16gib,100gib,x86_64";
    assert_eq!(
        cells(&fargate_pool(&seen)),
        [
            ["-", "-", "-", "2 wait", "-", "it is full"],
            ["i-1", size, "us-east-1a", "joined", "3", "-"],
        ]
    );
    assert!(fargate_pool(&json!({})).rows.is_empty());
}

#[test]
fn urls_leave_out_the_usual_port() {
    let listener = |protocol, port| json!({"Protocol": protocol, "Port": port});
    assert_eq!(url("a", &listener("HTTP", 80)), "http://a/");
    assert_eq!(url("a", &listener("HTTPS", 443)), "https://a/");
    assert_eq!(url("a", &listener("HTTP", 8080)), "http://a:8080/");
}

#[test]
fn a_node_shows_its_zone() {
    let attributes = json!([{"name": "ecs.availability-zone", "value": "us-east-1b"}]);
    assert_eq!(zone(&json!({ "attributes": attributes })), "us-east-1b");
    assert_eq!(zone(&json!({})), "-");
}

#[test]
fn ages() {
    let now = Timestamp::from_millis(100_000_000);
    for (since, text) in [
        (100_000.0, "0s"),
        (99_940.5, "59s"),
        (99_000.0, "16m"),
        (13_600.0, "1d"),
    ] {
        assert_eq!(age(json!(since).as_f64(), now), text);
    }
}

#[test]
fn a_load_balancer_has_an_address_and_a_name() {
    let balancer = |addresses: Value, listeners: Value| {
        json!({"LoadBalancerName": "web", "State": {"Code": "active"}, "DNSName": "web-1",
            "Addresses": addresses, "Listeners": listeners})
    };
    let seen = json!({"loadBalancers": [
        balancer(json!(["127.64.0.1"]), json!([{"Protocol": "HTTP", "Port": 80}])),
        balancer(json!([]), json!([])),
    ]});
    let shown = balancers(&seen);
    let cells: Vec<_> = shown.rows.iter().map(|row| row.cells.clone()).collect();
    assert_eq!(cells[0], ["web", "active", "127.64.0.1", "http://web-1/"]);
    assert_eq!(cells[1], ["web", "active", "-", "web-1"]);
}

#[test]
fn clusters_of_kubernetes_have_their_nodes_and_pods() {
    let cluster = |name: &str, status: &str, ready: i32, pending: i32| {
        json!({"name": name, "version": "1.36", "status": status, "nodes": 2, "readyNodes": ready,
            "runningPods": 5, "pendingPods": pending, "failedPods": 0})
    };
    let unseen = json!({"name": "theirs"});
    let seen = json!({"kubernetesClusters": [
        cluster("shop", "ACTIVE", 2, 0),
        cluster("waits", "ACTIVE", 2, 1),
        cluster("ails", "ACTIVE", 1, 0),
        unseen,
    ]});
    let table = kubernetes(&seen);
    let shown: Vec<(Tone, String)> = table
        .rows
        .iter()
        .map(|row| (row.tone, row.cells.join(" ")))
        .collect();
    assert_eq!(
        shown,
        [
            (Tone::Bad, "ails 1.36 ACTIVE 1/2 5 0 0".to_owned()),
            (Tone::Doubtful, "waits 1.36 ACTIVE 2/2 5 1 0".to_owned()),
            (Tone::Plain, "shop 1.36 ACTIVE 2/2 5 0 0".to_owned()),
            (Tone::Plain, "theirs - - -/- - - -".to_owned()),
        ]
    );
    assert_eq!(
        summary(&seen),
        "0 services, 0 tasks running, 0 nodes, 4 Kubernetes clusters (1 ailing)"
    );
    assert!(kubernetes(&json!({})).rows.is_empty());
}
