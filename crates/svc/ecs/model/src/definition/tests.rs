use serde_json::{Value, json};
use wharf_api_ecs::schema::SERVICE;
use wharf_wire::codec::json as codec;

use super::*;

fn input(document: &Value) -> RegisterTaskDefinitionRequest {
    let mut input = RegisterTaskDefinitionRequest::default();
    let operation = SERVICE.find_operation("RegisterTaskDefinition").unwrap();
    let shape = SERVICE.operations[operation].input;
    codec::decode(&SERVICE, shape, document.to_string().as_bytes(), &mut input).unwrap();
    input
}

/// A sound definition with `changes` laid over it; `container` members go into its container.
fn with(task: Value, container: Value) -> RegisterTaskDefinitionRequest {
    let mut whole = json!({
        "family": "web",
        "containerDefinitions": [{"name": "web", "image": "busybox", "memory": 64}],
    });
    overlay(&mut whole, task);
    overlay(&mut whole["containerDefinitions"][0], container);
    input(&whole)
}

fn fargate(task: Value, container: Value) -> RegisterTaskDefinitionRequest {
    let mut whole = json!({
        "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512",
    });
    overlay(&mut whole, task);
    with(whole, container)
}

fn overlay(onto: &mut Value, changes: Value) {
    for (name, value) in changes.as_object().unwrap() {
        onto[name] = value.clone();
    }
}

#[track_caller]
fn refused(input: &RegisterTaskDefinitionRequest, message: &str) {
    let fault = define(input).expect_err(message);
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        ("ClientException", message)
    );
}

#[test]
fn containers_by_themselves() {
    refused(
        &with(json!({}), json!({"image": ""})),
        "Container.image should not be null or empty.",
    );
    refused(
        &with(json!({}), json!({"name": ""})),
        "Container.name should not be null or empty.",
    );
    let twice =
        json!([{"name": "a", "image": "i", "memory": 9}, {"name": "a", "image": "i", "memory": 9}]);
    let twice = json!({"family": "f", "containerDefinitions": twice});
    refused(&input(&twice), "Container names must be unique");
    let many: Vec<_> = (0..11)
        .map(|n| json!({"name": format!("c{n}"), "image": "i", "memory": 9}))
        .collect();
    refused(
        &input(&json!({"family": "f", "containerDefinitions": many})),
        "Too many containers.",
    );
    refused(
        &with(json!({}), json!({"essential": false})),
        "At least one container must be essential",
    );
}

#[test]
fn sizes() {
    refused(
        &with(json!({}), json!({"memory": null})),
        "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must \
         be specified.",
    );
    assert!(define(&with(json!({"memory": "64"}), json!({"memory": null}))).is_ok());
    refused(
        &with(json!({}), json!({"memoryReservation": 65})),
        "Invalid setting for container 'web'. 'memoryReservation' must not exceed 'memory'",
    );
    refused(
        &with(json!({"memory": "63"}), json!({})),
        "The 'memory' setting for container 'web' is greater than for the task.",
    );
    refused(
        &with(json!({"cpu": "256"}), json!({"cpu": 257})),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    );
    let guide =
        "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";
    for cpu in ["127", "196609", "lots"] {
        let text = format!("Invalid 'cpu' setting for task. {guide}");
        refused(&with(json!({"cpu": cpu}), json!({})), &text);
    }
    let text = format!("Invalid 'memory' setting for task. {guide}");
    refused(&with(json!({"memory": "much"}), json!({})), &text);
}

#[test]
fn what_the_kernel_takes_for_no_limit() {
    let linux = |parameters: Value| with(json!({}), json!({"linuxParameters": parameters}));
    let tmpfs = |size: i32, options: &[&str]| {
        let mount = json!({"containerPath": "/quick", "size": size, "mountOptions": options});
        linux(json!({"tmpfs": [mount]}))
    };
    let of_container = |text: &str| format!("Invalid setting for container 'web'. {text}");
    for what in ["maxSwap", "sharedMemorySize"] {
        let text = of_container(&format!("'{what}' must not be negative."));
        for mib in [-1, i32::MIN] {
            refused(&linux(json!({what: mib})), &text);
        }
        assert!(define(&linux(json!({what: 0}))).is_ok());
    }
    let text = of_container("'swappiness' must be between 0 and 100.");
    refused(&linux(json!({"swappiness": 101})), &text);
    let text = of_container("The size of 'tmpfs' must be at least 1 MiB.");
    for size in [-1, 0] {
        refused(&tmpfs(size, &[]), &text);
    }
    for option in [
        "size=0",
        "mode=700,size=0",
        "noexec,size=0",
        "nr_blocks=0",
        "nr_blocks=0k",
        "nr_blocks=0x0",
        "nr_blocks=4294967296g",
        "nr_inodes=0",
        "nr_inodes=",
        "huge=always",
        "noexec=1",
        "",
    ] {
        let text = format!("'{option}' is not a valid mount option of 'tmpfs'.");
        refused(&tmpfs(1, &[option]), &of_container(&text));
    }
    let sound = ["noexec", "mode=700", "uid=7", "nr_blocks=16", "mpol"];
    assert!(define(&tmpfs(1, &sound)).is_ok());
    assert!(define(&tmpfs(1, &["nr_blocks=16k", "nr_inodes=1"])).is_ok());
}

#[test]
fn health_checks_name_who_runs_them() {
    let health = |command: &[&str]| with(json!({}), json!({"healthCheck": {"command": command}}));
    let text = "Invalid setting for container 'web'. The health check's command must begin with CMD or \
                CMD-SHELL.";
    refused(&health(&["curl", "localhost"]), text);
    refused(&health(&["cmd", "true"]), text);
    let none = "Invalid setting for container 'web'. The health check must have a command.";
    for command in [&[] as &[&str], &["CMD"], &["CMD-SHELL"]] {
        refused(&health(command), none);
    }
    for command in [&["CMD", "true"][..], &["CMD-SHELL", "exit 0"], &["true"]] {
        assert!(define(&health(command)).is_ok(), "{command:?}");
    }
}

#[test]
fn fargate_rules() {
    assert!(define(&fargate(json!({}), json!({}))).is_ok());
    refused(
        &fargate(json!({"networkMode": "bridge"}), json!({})),
        "Fargate only supports network mode ‘awsvpc’.",
    );
    refused(
        &fargate(json!({"cpu": null}), json!({})),
        "Fargate requires that 'cpu' be defined at the task level.",
    );
    refused(
        &fargate(json!({"memory": null}), json!({})),
        "Fargate requires that 'memory' be defined at the task level.",
    );
    refused(
        &fargate(json!({"memory": "4096"}), json!({})),
        "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS \
         documentation for the valid values.",
    );
    refused(
        &fargate(
            json!({}),
            json!({"image": "1.dkr.ecr.us-east-1.amazonaws.com/a"}),
        ),
        "Fargate requires task definition to have execution role ARN to support ECR images.",
    );
    for host in [
        "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "000000000000.dkr-ecr.us-east-1.on.aws",
    ] {
        refused(
            &fargate(json!({}), json!({"image": format!("{host}/a")})),
            "Fargate requires task definition to have execution role ARN to support ECR images.",
        );
    }
    let logs = json!({"logDriver": "awslogs", "options": {
        "awslogs-region": "r", "awslogs-group": "g", "awslogs-stream-prefix": "p"}});
    refused(
        &fargate(json!({}), json!({"logConfiguration": logs})),
        "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    );
    for container in [
        json!({"privileged": true}),
        json!({"linuxParameters": {"devices": [{"hostPath": "/dev/null"}]}}),
        json!({"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}}),
        json!({"logConfiguration": {"logDriver": "syslog"}}),
        json!({"stopTimeout": 121}),
    ] {
        assert!(
            define(&fargate(json!({}), container.clone())).is_err(),
            "{container}"
        );
    }
    let traced = json!({"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"]}}});
    assert!(define(&fargate(json!({}), traced)).is_ok());
    for (gib, text) in [
        (20, "EphemeralStorage size should be at least 21"),
        (201, "EphemeralStorage size should be at most 200"),
    ] {
        refused(
            &fargate(json!({"ephemeralStorage": {"sizeInGiB": gib}}), json!({})),
            text,
        );
    }
}

#[test]
fn secrets_are_checked_in_the_words_of_ecs() {
    const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-aB3dE6";
    let role = || json!({"executionRoleArn": "arn:aws:iam::000000000000:role/r"});
    let one = |name: &str, from: &str| json!({"name": name, "valueFrom": from});
    let secrets = |all: Value| json!({"secrets": all});
    let needs_role = "When you are specifying container secrets, you must also specify a value for \
         'executionRoleArn'.";
    refused(
        &with(json!({}), secrets(json!([one("A", ARN)]))),
        needs_role,
    );
    refused(
        &fargate(json!({}), secrets(json!([one("A", ARN)]))),
        needs_role,
    );
    refused(
        &with(
            json!({}),
            json!({"repositoryCredentials": {"credentialsParameter": ARN}}),
        ),
        "Private repository authentication requires that the task definition specify a value for \
         executionRoleArn.",
    );
    let shared = "The secret name must be unique and not shared with any new or existing environment \
                  variables set on the container, such as 'A'.";
    let invalid = |name: &str| {
        format!(
            "The Systems Manager parameter name specified for secret {name} is invalid. The parameter \
             name can be up to 2048 characters and include the following letters and symbols: \
             a-zA-Z0-9_.-"
        )
    };
    let environment = json!([{"name": "A", "value": "1"}]);
    let log = |driver: &str, options: Value, secrets: Value| {
        json!({"logConfiguration":
            {"logDriver": driver, "options": options, "secretOptions": secrets}})
    };
    let url = json!({"splunk-url": "https://splunk:8088"});
    let taken = || log("splunk", url.clone(), json!([one("splunk-token", ARN)]));
    refused(&with(json!({}), taken()), needs_role);
    refused(&fargate(json!({}), taken()), needs_role);
    let defined = define(&fargate(role(), taken())).unwrap();
    let required = |name: &str| {
        let all = defined.requires_attributes.iter().flatten();
        all.filter_map(|one| one.name.as_deref())
            .any(|one| one == name)
    };
    assert!(required(
        "com.amazonaws.ecs.capability.logging-driver.splunk"
    ));
    assert!(required("ecs.capability.secrets.asm.bootstrap.log-driver"));
    assert!(!required(
        "ecs.capability.secrets.asm.environment-variables"
    ));
    for driver in ["splunk", "gelf", "fluentd", "awsfirelens"] {
        let options = [one("splunk-token", "/app/token")];
        assert!(define(&with(role(), log(driver, url.clone(), json!(options)))).is_ok());
    }
    for (container, message) in [
        (
            secrets(json!([one("A", ARN), one("A", "parameter")])),
            "Duplicate secret names found: A. Each secret name must be unique.".to_owned(),
        ),
        (
            json!({"secrets": [one("A", ARN)], "environment": environment}),
            shared.to_owned(),
        ),
        (secrets(json!([one("A", "")])), invalid("A")),
        (secrets(json!([one("B", "a b")])), invalid("B")),
        (secrets(json!([one("B", "arn:aws:s3:::b/k")])), invalid("B")),
        (
            secrets(json!([one("B", "arn:aws:secretsmanager:::secret:")])),
            invalid("B"),
        ),
        (
            secrets(json!([one("", ARN)])),
            "Secret name must not be null or empty.".to_owned(),
        ),
        (
            secrets(json!([one("A=B", ARN)])),
            "Invalid setting for container 'web'. The secret name 'A=B' cannot be that of an \
             environment variable."
                .to_owned(),
        ),
        (
            json!({"repositoryCredentials": {"credentialsParameter": ""}}),
            "Invalid setting for container 'web'. 'credentialsParameter' must name a secret."
                .to_owned(),
        ),
        (
            json!({"logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-region": "r", "awslogs-group": "g"},
                "secretOptions": [one("x", ARN), one("y", ARN)],
            }}),
            "Log driver awslogs disallows options: x, y".to_owned(),
        ),
        (
            log("json-file", json!({}), json!([one("max-size", ARN)])),
            "Log driver json-file disallows options: max-size".to_owned(),
        ),
        (
            log("splunk", url.clone(), json!([])),
            "Log driver splunk requires options: splunk-token".to_owned(),
        ),
        (
            log("splunk", json!({}), json!([one("splunk-token", ARN)])),
            "Log driver splunk requires options: splunk-url".to_owned(),
        ),
        (
            log("splunk", url.clone(), json!([one("splunk-token", ARN), one("log_key", ARN)])),
            "Log driver splunk disallows options: log_key".to_owned(),
        ),
        (
            log("splunk", url.clone(), json!([one("splunk-token", "a b")])),
            invalid("splunk-token"),
        ),
        (
            log("splunk", url.clone(), json!([one("", ARN)])),
            "Secret name must not be null or empty.".to_owned(),
        ),
        (
            log("gelf", json!({}), json!([one("tag", ARN), one("tag", ARN)])),
            "Duplicate secret names found: tag. Each secret name must be unique.".to_owned(),
        ),
        (
            log("splunk", url.clone(), json!([one("splunk-url", ARN)])),
            "The secret name must be unique and not shared with any new or existing options set on the \
             log configuration, such as 'splunk-url'."
                .to_owned(),
        ),
    ] {
        refused(&with(role(), container), &message);
    }
}

#[test]
fn what_a_fargate_task_would_wait_or_fail_for() {
    for (task, container, message) in [
        (
            json!({}),
            json!({"resourceRequirements": [{"type": "GPU", "value": "1"}]}),
            "Tasks using the Fargate launch type do not support GPU resource requirements",
        ),
        (
            json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}),
            json!({}),
            "Fargate tasks of the operating system family WINDOWS_SERVER_2022_CORE are not supported by \
             this version of wharf.",
        ),
        (
            json!({}),
            json!({"user": "70000"}),
            "Container 'web': the user or group 70000, beyond the 65535 of a Fargate task, is not \
             supported by this version of wharf.",
        ),
        (
            json!({}),
            json!({"user": "app:65536"}),
            "Container 'web': the user or group 65536, beyond the 65535 of a Fargate task, is not \
             supported by this version of wharf.",
        ),
    ] {
        refused(&fargate(task.clone(), container.clone()), message);
        // Nobody says that it is for Fargate: then it is not.
        let mut task = task;
        overlay(
            &mut task,
            json!({"networkMode": "awsvpc", "cpu": "256", "memory": "512"}),
        );
        if container.get("resourceRequirements").is_none() {
            let definition = define(&with(task, container)).unwrap();
            assert!(is_compatible(&definition, "EC2"));
            assert!(!is_compatible(&definition, "FARGATE"));
        }
    }
    for user in ["65535", "65535:65535", "app", "app:extra", "0:0", ""] {
        let given = fargate(json!({}), json!({"user": user}));
        assert!(define(&given).is_ok(), "{user}");
    }
    let linux = json!({"runtimePlatform": {"operatingSystemFamily": "LINUX"}});
    assert!(define(&fargate(linux, json!({}))).is_ok());
}

#[test]
fn what_would_have_no_effect_is_refused_by_name() {
    let none = || json!({});
    let driver_options = json!({"scope": "task", "driverOpts": {"type": "tmpfs"}});
    let options = |all: &[&str]| json!({"dockerSecurityOptions": all});
    for (task, container, what) in [
        (
            json!({"proxyConfiguration": {"containerName": "web"}}),
            none(),
            "proxyConfiguration is",
        ),
        (
            json!({"inferenceAccelerators": [{"deviceName": "d", "deviceType": "eia1.medium"}]}),
            none(),
            "inferenceAccelerators are",
        ),
        (
            json!({"enableFaultInjection": true}),
            none(),
            "enableFaultInjection is",
        ),
        (
            json!({"trustedExecutionConfiguration": {"isolationMode": "x"}}),
            none(),
            "trustedExecutionConfiguration is",
        ),
        (
            json!({"volumes": [{"name": "v", "dockerVolumeConfiguration": driver_options}]}),
            none(),
            "volume 'v': driver options are",
        ),
        (
            none(),
            json!({"credentialSpecs": ["credentialspec:file"]}),
            "Container 'web': credentialSpecs are",
        ),
        (
            none(),
            options(&["label:type:t"]),
            "Container 'web': the Docker security option 'label:type:t' is",
        ),
        (
            none(),
            options(&["no-new-privileges", "apparmor:profile"]),
            "Container 'web': the Docker security option 'apparmor:profile' is",
        ),
        (
            none(),
            json!({"resourceRequirements": [{"type": "GPU", "value": "1"}]}),
            "Container 'web': the resource requirement GPU is",
        ),
    ] {
        let message = format!("{what} not supported by this version of wharf.");
        refused(&with(task, container), &message);
    }
    let kept = json!({
        "enableFaultInjection": false, "inferenceAccelerators": [],
        "volumes": [
            {"name": "v", "configuredAtLaunch": false},
            {"name": "w", "dockerVolumeConfiguration": {"scope": "task", "driverOpts": {}}},
        ],
    });
    for all in [
        &["no-new-privileges"][..],
        &["no-new-privileges:true"],
        &["no-new-privileges=false"],
        &[],
    ] {
        assert!(define(&with(kept.clone(), options(all))).is_ok(), "{all:?}");
    }
}

#[test]
fn kernel_settings_of_the_host_are_nobodys() {
    let set = |name: &str| json!({"systemControls": [{"namespace": name, "value": "1"}]});
    for (task, name) in [
        (json!({}), "vm.max_map_count"),
        (json!({}), "kernel.core_pattern"),
        (json!({"networkMode": "host"}), "net.core.somaxconn"),
        (json!({"ipcMode": "host"}), "kernel.shmmax"),
    ] {
        refused(
            &with(task, set(name)),
            &format!(
                "Container 'web': the kernel setting {name} would be the host's; no task may change it."
            ),
        );
    }
    for (task, name) in [
        (json!({}), "net.core.somaxconn"),
        (json!({"networkMode": "host"}), "kernel.shmmax"),
        (json!({"ipcMode": "host"}), "net.core.somaxconn"),
        (json!({"ipcMode": "task"}), "fs.mqueue.msg_max"),
    ] {
        assert!(define(&with(task, set(name))).is_ok(), "{name}");
    }
}

#[test]
fn network_modes() {
    for mode in ["awsvpc", "host"] {
        let ports = json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}]});
        refused(
            &with(json!({"networkMode": mode}), ports),
            &format!(
                "When networkMode={mode}, the host ports and container ports in port mappings must match."
            ),
        );
        refused(
            &with(json!({"networkMode": mode}), json!({"links": ["web"]})),
            &format!("Links are not supported when networkMode={mode}."),
        );
    }
    refused(
        &with(json!({"networkMode": "awsvpc"}), json!({"hostname": "h"})),
        "Host name is not supported when networkMode=awsvpc.",
    );
    let ports = json!({"portMappings": [{"containerPort": 80}]});
    assert!(define(&with(json!({"networkMode": "none"}), ports)).is_err());
    for mapping in [
        json!({"containerPort": 0}),
        json!({"containerPort": 65536}),
        json!({"containerPort": 80, "hostPort": -1}),
        json!({"containerPort": 80, "protocol": "icmp"}),
        json!({"containerPortRange": "9-8"}),
        json!({"containerPort": 80, "name": "-web"}),
    ] {
        let given = with(json!({}), json!({"portMappings": [mapping]}));
        assert!(define(&given).is_err(), "{mapping}");
    }
}

#[test]
fn dependencies() {
    let two = |first: Value, second: Value| {
        let mut a = json!({"name": "a", "image": "i", "memory": 9});
        let mut b = json!({"name": "b", "image": "i", "memory": 9});
        overlay(&mut a, first);
        overlay(&mut b, second);
        input(&json!({"family": "f", "containerDefinitions": [a, b]}))
    };
    let on = |name: &str, condition: &str| json!({"dependsOn": [{"containerName": name, "condition": condition}]});
    assert!(define(&two(on("b", "START"), json!({}))).is_ok());
    let essential = "A dependency container with SUCCESS or COMPLETE condition cannot be an \
                     essential container";
    refused(&two(on("b", "SUCCESS"), json!({})), essential);
    refused(&two(on("b", "COMPLETE"), json!({})), essential);
    assert!(define(&two(on("b", "COMPLETE"), json!({"essential": false}))).is_ok());
    assert!(define(&two(on("b", "HEALTHY"), json!({}))).is_err());
    let healthy = json!({"healthCheck": {"command": ["true"]}});
    assert!(define(&two(on("b", "HEALTHY"), healthy)).is_ok());
    assert!(define(&two(on("c", "START"), json!({}))).is_err());
    assert!(define(&two(on("b", "START"), on("a", "START"))).is_err());
    assert!(define(&two(on("a", "START"), json!({}))).is_err());
}

#[test]
fn logs_and_volumes() {
    let text = "Log driver awslogs requires options: awslogs-region, awslogs-group";
    let logs =
        json!({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}});
    refused(&with(json!({}), logs), text);
    let mount = json!({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]});
    refused(&with(json!({}), mount.clone()), "Unknown volume 'v'.");
    assert!(define(&with(json!({"volumes": [{"name": "v"}]}), mount)).is_ok());
    let both = json!({"volumes": [
        {"name": "v", "host": {"sourcePath": "/x"}, "dockerVolumeConfiguration": {"scope": "task"}}]});
    assert!(define(&with(both, json!({}))).is_err());
}

#[test]
fn echoes_defaults() {
    let definition = define(&with(
        json!({}),
        json!({"portMappings": [{"containerPort": 80}], "healthCheck": {"command": ["true"]}}),
    ))
    .unwrap();
    let shown = crate::document::of_definition(&definition);
    assert_eq!(shown["volumes"], json!([]));
    assert_eq!(shown["placementConstraints"], json!([]));
    assert_eq!(shown["compatibilities"], json!(["EXTERNAL", "EC2"]));
    let container = &shown["containerDefinitions"][0];
    assert_eq!(container["cpu"], 0);
    assert_eq!(container["essential"], true);
    for empty in [
        "environment",
        "mountPoints",
        "volumesFrom",
        "systemControls",
    ] {
        assert_eq!(container[empty], json!([]), "{empty}");
    }
    let mapping = json!({"containerPort": 80, "hostPort": 0, "protocol": "tcp"});
    assert_eq!(container["portMappings"], json!([mapping]));
    let check =
        json!({"command": ["CMD-SHELL", "true"], "interval": 30, "timeout": 5, "retries": 3});
    assert_eq!(container["healthCheck"], check);

    let given = fargate(
        json!({"cpu": ".25 vCPU", "memory": "0.5GB"}),
        json!({
        "portMappings": [{"containerPort": 80}]}),
    );
    let shown = crate::document::of_definition(&define(&given).unwrap());
    assert_eq!(
        (&shown["cpu"], &shown["memory"]),
        (&json!("256"), &json!("512"))
    );
    assert_eq!(
        shown["compatibilities"],
        json!(["EC2", "FARGATE", "MANAGED_INSTANCES"])
    );
    assert_eq!(
        shown["containerDefinitions"][0]["portMappings"][0]["hostPort"],
        80
    );
    let names: Vec<_> = shown["requiresAttributes"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert!(
        names.contains(&&json!({"name": "ecs.capability.task-eni"})),
        "{names:?}"
    );
}

#[test]
fn managed_instances_take_what_asks_nothing_of_its_host() {
    let of = |more: Value| {
        let mut more = more;
        more["requiresCompatibilities"] = json!(["MANAGED_INSTANCES"]);
        with(more, json!({}))
    };
    let defined = define(&of(json!({"networkMode": "awsvpc"}))).unwrap();
    assert!(is_compatible(&defined, "MANAGED_INSTANCES"));
    refused(
        &of(json!({"networkMode": "host"})),
        "Tasks using the Managed Instances launch type that ask for host-network are not supported by this \
         version of wharf.",
    );
    let folder =
        json!({"networkMode": "awsvpc", "volumes": [{"name": "v", "host": {"sourcePath": "/v"}}]});
    assert!(define(&of(folder)).is_err());
    refused(
        &of(json!({})),
        "Managed Instances only supports network modes 'awsvpc' and 'host'.",
    );
    let windows = json!({"networkMode": "awsvpc", "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
    assert!(define(&of(windows)).is_err());
}
