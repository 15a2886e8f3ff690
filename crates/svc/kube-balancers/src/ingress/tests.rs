use serde_json::json;

use super::*;
use crate::stack::{Check, Condition};

/// Services `web` and `api` with one pod each.
struct World;

impl Services for World {
    fn service(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let is_there = namespace == "a" && matches!(name, "web" | "api" | "guarded");
        let mut service = json!({
            "metadata": {"namespace": namespace, "name": name},
            "spec": {
                "type": if name == "web" { "NodePort" } else { "ClusterIP" },
                "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}],
            },
        });
        if name == "guarded" {
            let mut annotations = json!({});
            annotations[format!("{PREFIX}auth-type")] = json!("oidc");
            annotations[format!("{PREFIX}auth-idp-oidc")] = json!(PROVIDER);
            service["metadata"]["annotations"] = annotations;
        }
        is_there.then(|| Arc::new(service))
    }

    fn slices(&self, _: &str, service: &str) -> Vec<Arc<Value>> {
        vec![Arc::new(json!({
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": service}}],
        }))]
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<Arc<Value>> {
        // As `echo` writes it, with the end of a line.
        let secret = json!({"data": {"clientID": "d2ViCg==", "clientSecret": "c2VzYW1l"}});
        let half = json!({"data": {"clientID": "d2Vi", "clientSecret": "%"}});
        match (namespace, name) {
            ("a", "login") => Some(Arc::new(secret)),
            ("a", "half") => Some(Arc::new(half)),
            _ => None,
        }
    }

    fn pod(&self, _: &str, name: &str) -> Option<Arc<Value>> {
        let told = json!([{"eniId": format!("eni-{name}"), "privateIp": "10.0.0.1"}]).to_string();
        Some(Arc::new(
            json!({"metadata": {"annotations": {(endpoints::POD_ENI): told}}}),
        ))
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        let all = ["i-1", "i-2"];
        all.map(|it| Arc::new(nodes::tests::node(it))).to_vec()
    }
}

fn backend(service: &str) -> Value {
    json!({"service": {"name": service, "port": {"number": 80}}})
}

fn path(kind: &str, path: &str, service: &str) -> Value {
    json!({"path": path, "pathType": kind, "backend": backend(service)})
}

fn ingress(name: &str, notes: &[(&str, &str)], rules: Value) -> Arc<Value> {
    let mut annotations = json!({});
    for (key, value) in notes {
        annotations[format!("{PREFIX}{key}")] = json!(value);
    }
    Arc::new(json!({
        "metadata": {"namespace": "a", "name": name, "annotations": annotations},
        "spec": {"ingressClassName": "alb", "rules": rules},
    }))
}

fn built(members: &[Arc<Value>]) -> Result<Built, Refused> {
    let key = key(&members[0])?;
    build("CLUSTER", &key, members.to_vec(), &World)
}

fn refusal(notes: &[(&str, &str)]) -> String {
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let error = built(&[ingress("i", notes, rules)]).err();
    error.map(|it| it.0).unwrap_or_default()
}

fn conditions(built: &Built, port: u16) -> Vec<Vec<Condition>> {
    let rules = built.stack.listeners[&port].rules.iter();
    rules.map(|it| it.conditions.clone()).collect()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn paths_and_hosts_become_rules() {
    let paths = json!([
        path("ImplementationSpecific", "/x/*", "web"),
        path("Prefix", "/", "web"),
        path("Prefix", "/api/", "api"),
        path("Exact", "/api", "web"),
    ]);
    let rules = json!([{"host": "h.example", "http": {"paths": paths}}]);
    let it = built(&[ingress("i", &[], rules)]).unwrap();
    let host = || Condition::Host(texts(&["h.example"]));
    let expected: Vec<Vec<Condition>> = [&["/api"][..], &["/api", "/api/*"], &["/*"], &["/x/*"]]
        .iter()
        .map(|it| vec![host(), Condition::Path(texts(it))])
        .collect();
    assert_eq!(conditions(&it, 80), expected);
    assert_eq!(it.stack.groups.len(), 2);
    assert_eq!(
        it.interfaces,
        BTreeSet::from(["eni-api".to_owned(), "eni-web".to_owned()])
    );
    assert!(it.stack.internal && it.warnings.is_empty());
    assert_eq!(it.stack.listeners[&80].default, nothing());
    let group = it.stack.groups.values().next().unwrap();
    assert_eq!((group.check.interval, group.check.healthy), (15, 2));
    assert_eq!(group.targets.len(), 1);
}

#[test]
fn a_certificate_listens_for_https_and_http_is_redirected() {
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let notes = [
        ("certificate-arn", "arn:1,arn:2"),
        ("listen-ports", r#"[{"HTTP": 80}, {"HTTPS": 443}]"#),
        ("ssl-redirect", "443"),
        ("inbound-cidrs", "10.0.0.0/8"),
    ];
    let it = built(&[ingress("i", &notes, rules.clone())]).unwrap();
    assert_eq!(
        it.stack.listeners[&443].certificates,
        texts(&["arn:1", "arn:2"])
    );
    assert_eq!(it.stack.listeners[&80].default, to_https(443));
    assert!(it.stack.listeners[&80].rules.is_empty());
    assert!(matches!(&it.stack.security, Security::Own(all) if all.len() == 2));
    let alone = built(&[ingress("i", &notes[..1], rules)]).unwrap();
    assert_eq!(alone.stack.listeners.keys().collect::<Vec<_>>(), [&443]);
}

#[test]
fn ingresses_of_a_group_share_a_load_balancer() {
    let of = |name: &str, order: &str, at: &str| {
        let rules = json!([{"http": {"paths": [path("Exact", at, "web")]}}]);
        ingress(
            name,
            &[("group.name", "all"), ("group.order", order)],
            rules,
        )
    };
    let it = built(&[of("one", "2", "/one"), of("two", "1", "/two")]).unwrap();
    let paths: Vec<Vec<Condition>> = ["/two", "/one"]
        .iter()
        .map(|it| vec![Condition::Path(texts(&[it]))])
        .collect();
    assert_eq!(conditions(&it, 80), paths);
    assert_eq!(it.stack.key, Key::Group("all".to_owned()));
    let rules = json!([]);
    let other = ingress(
        "o",
        &[("group.name", "all"), ("scheme", "internal")],
        rules.clone(),
    );
    let public = ingress(
        "p",
        &[("group.name", "all"), ("scheme", "internet-facing")],
        rules,
    );
    assert!(built(&[other, public]).is_err());
}

#[test]
fn actions_of_annotations() {
    let use_it =
        |name: &str| json!({"service": {"name": name, "port": {"name": "use-annotation"}}});
    let rules = json!([{"http": {"paths": [
        {"path": "/s", "pathType": "Exact", "backend": use_it("split")},
        {"path": "/r", "pathType": "Exact", "backend": use_it("away")},
    ]}}]);
    let split = r#"{"type": "forward", "forwardConfig": {"targetGroups": [
        {"serviceName": "web", "servicePort": "http", "weight": 20}, {"serviceName": "api", "servicePort": 80, "weight": 80}]}}"#;
    let away = r#"{"type": "redirect", "redirectConfig": {"host": "elsewhere.example", "statusCode": "HTTP_302"}}"#;
    let header = r#"[{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X", "values": ["1"]}}]"#;
    let notes = [
        ("actions.split", split),
        ("actions.away", away),
        ("conditions.away", header),
    ];
    let it = built(&[ingress("i", &notes, rules)]).unwrap();
    let rules_of = &it.stack.listeners[&80].rules;
    let Action::Forward { groups, .. } = &rules_of[0].action else {
        panic!("{rules_of:?}");
    };
    assert_eq!(groups.iter().map(|it| it.1).collect::<Vec<_>>(), [20, 80]);
    assert!(
        matches!(&rules_of[1].action, Action::Redirect { host, .. } if host == "elsewhere.example")
    );
    assert_eq!(rules_of[1].conditions.len(), 2);
}

#[test]
fn actions_lead_to_target_groups_of_users() {
    type Groups = (Vec<(String, i32)>, Vec<String>);
    let backend = json!({"service": {"name": "old", "port": {"name": "use-annotation"}}});
    let rules =
        json!([{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]);
    let groups_of = |action: Value| -> Result<Groups, Refused> {
        let note = action.to_string();
        let it = built(&[ingress(
            "i",
            &[("actions.old", note.as_str())],
            rules.clone(),
        )])?;
        let own: Vec<String> = it.stack.groups.into_keys().collect();
        match it.stack.listeners[&80].rules[0].action.clone() {
            Action::Forward { groups, .. } => Ok((groups, own)),
            other => panic!("{other:?}"),
        }
    };
    let arn =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/0123456789abcdef";
    let of_users = |name: &str, weight| (name.to_owned(), weight);
    let short = json!({"type": "forward", "targetGroupARN": arn});
    let (groups, own) = groups_of(short).unwrap();
    assert_eq!((groups, own), (vec![of_users(arn, 1)], vec![]));
    let (groups, _) = groups_of(json!({"type": "forward", "targetGroupName": "old"})).unwrap();
    assert_eq!(groups, [of_users("name:old", 1)]);
    let tuples = json!([
        {"targetGroupARN": arn, "weight": 10},
        {"targetGroupName": "older"},
        {"serviceName": "web", "servicePort": 80, "weight": 90},
    ]);
    let long = json!({"type": "forward", "forwardConfig": {"targetGroups": tuples}});
    let (groups, own) = groups_of(long.clone()).unwrap();
    assert_eq!(groups[..2], [of_users(arn, 10), of_users("name:older", 1)]);
    assert_eq!(groups[2], of_users(&own[0], 90));
    let mut both = long;
    both["targetGroupARN"] = json!(arn);
    let tuple = |it: Value| json!({"type": "forward", "forwardConfig": {"targetGroups": [it]}});
    for (action, why) in [
        (both, "targetGroupName and forwardConfig can be specified"),
        (
            tuple(json!({"targetGroupARN": arn, "serviceName": "web"})),
            "targetGroupName and serviceName can be specified",
        ),
        (tuple(json!({"targetGroupARN": "old"})), "must be an ARN"),
        (tuple(json!({"targetGroupName": 7})), "must be an ARN"),
        (json!({"type": "forward"}), "1 to 5 entries"),
    ] {
        let error = groups_of(action).err().unwrap();
        assert!(error.0.contains(why), "{error}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "gone")]}}]);
    let notes = [
        ("inbound-cidr", "x"),
        ("listener-attributes.HTTP-81", "a=b"),
    ];
    let it = built(&[ingress("i", &notes, rules)]).unwrap();
    let told: Vec<&str> = it.warnings.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        told,
        [
            "the annotation alb.ingress.kubernetes.io/inbound-cidr is not known and has no effect",
            "the Service gone does not exist",
            "the annotation alb.ingress.kubernetes.io/listener-attributes.HTTP-81 names no listener and has no effect",
        ]
    );
    assert!(
        matches!(&it.stack.listeners[&80].rules[0].action, Action::Fixed { status, .. } if status == "503")
    );
}

#[test]
fn refusals() {
    for (note, value, text) in [
        ("wafv2-acl-arn", "x", "is not supported"),
        ("target-type", "lambda", "must be one of instance, ip"),
        (
            "scheme",
            "public",
            "must be one of internal, internet-facing",
        ),
        ("listen-ports", "[]", "1 to 50 ports"),
        ("listen-ports", "80", "1 to 50 ports"),
        ("listen-ports", r#"[{"TCP": 80}]"#, "HTTP and HTTPS"),
        ("listen-ports", r#"[{"HTTP": 99999}]"#, "HTTP and HTTPS"),
        ("ssl-redirect", "443", "listens for no HTTPS"),
        ("group.name", "Not A Name", "lower case"),
        ("group.order", "9999", "from -1000 to 1000"),
        ("tags", "aws:x=1", "platform's own"),
        ("healthcheck-port", "metrics", "is no port"),
        ("inbound-cidrs", "everybody", "IPv4 ranges"),
    ] {
        let found = refusal(&[(note, value)]);
        assert!(found.contains(text), "{note}={value}: {found:?}");
    }
    assert_eq!(refusal(&[]), "");
}

#[test]
fn a_group_without_a_name_that_can_be_makes_nothing() {
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let it = ingress("i", &[("group.name", "Not A Name")], rules);
    // It is told by the stack that it has without the annotation.
    let own = crate::objects::keys(&it).remove(0);
    assert!(matches!(own, Key::Ingress { .. }));
    let error = build("CLUSTER", &own, vec![it], &World).err().unwrap();
    assert!(error.0.contains("group.name must be"), "{error}");
}

#[test]
fn instances_are_reached_at_the_node_port() {
    let rules = |service| json!([{"http": {"paths": [path("Prefix", "/", service)]}}]);
    let notes = [("target-type", "instance"), ("healthcheck-port", "http")];
    let it = built(&[ingress("i", &notes, rules("web"))]).unwrap();
    let (name, group) = it.stack.groups.first_key_value().unwrap();
    let target = |id: &str| Target {
        id: id.to_owned(),
        port: 30080,
    };
    assert_eq!(
        group.targets,
        BTreeSet::from([target("i-1"), target("i-2")])
    );
    assert_eq!(
        (group.kind, group.port, group.check.port.as_str()),
        (TargetKind::Instance, 30080, "30080")
    );
    assert_eq!(it.stack.nodes["i-2"], "node-i-2");
    assert!(it.interfaces.is_empty() && it.warnings.is_empty());
    // The kind of a group cannot be changed: another one takes its place.
    let by_address = built(&[ingress("i", &[], rules("web"))]).unwrap();
    assert!(!by_address.stack.groups.contains_key(name) && by_address.stack.nodes.is_empty());
    let none = [
        ("target-type", "instance"),
        ("target-node-labels", "team=red"),
    ];
    let it = built(&[ingress("i", &none, rules("web"))]).unwrap();
    assert!(it.stack.nodes.is_empty() && it.stack.groups.len() == 1);
    let refused = built(&[ingress("i", &notes, rules("api"))]).err().unwrap();
    assert_eq!(
        refused.0,
        "service type must be either 'NodePort' or 'LoadBalancer': a/api"
    );
}

const PROVIDER: &str = r#"{"issuer": "https://idp.test", "authorizationEndpoint": "https://idp.test/authorize",
    "tokenEndpoint": "https://idp.test/token", "userInfoEndpoint": "https://idp.test/userinfo", "secretName": "login",
    "authenticationRequestExtraParams": {"prompt": "login"}}"#;

#[test]
fn users_are_authenticated_over_https() {
    let notes = [
        ("auth-type", "oidc"),
        ("auth-idp-oidc", PROVIDER),
        ("auth-scope", "openid email"),
        ("auth-session-timeout", "60"),
        ("auth-on-unauthenticated-request", "deny"),
        ("certificate-arn", "arn:c"),
        ("listen-ports", r#"[{"HTTP": 80}, {"HTTPS": 443}]"#),
    ];
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let found = built(&[ingress("one", &notes, rules.clone())]).unwrap();
    let auth = found.stack.listeners[&443].rules[0].auth.clone().unwrap();
    assert_eq!(
        (auth.client_id.as_str(), auth.secret.text()),
        ("web", Some("sesame"))
    );
    assert_eq!((auth.scope.as_str(), auth.seconds), ("openid email", 60));
    assert_eq!(
        (auth.cookie.as_str(), auth.unauthenticated.as_str()),
        ("AWSELBAuthSessionCookie", "deny")
    );
    assert_eq!(auth.extra["prompt"], "login");
    assert_eq!(found.stack.listeners[&80].rules[0].auth, None);
    let told = |found: &Built| {
        found
            .warnings
            .iter()
            .any(|it| it.1.contains("lets everybody in"))
    };
    assert!(told(&found));
    let mut led = notes.to_vec();
    led.push(("ssl-redirect", "443"));
    assert!(!told(
        &built(&[ingress("one", &led, rules.clone())]).unwrap()
    ));
    let mut none = notes.to_vec();
    none[0].1 = "none";
    let found = built(&[ingress("one", &none, rules)]).unwrap();
    assert_eq!(found.stack.listeners[&443].rules[0].auth, None);
}

#[test]
fn a_service_that_wants_users_and_is_open_by_http_is_told() {
    let told = |members: &[Arc<Value>]| {
        let warnings = built(members).unwrap().warnings.into_iter();
        let open = warnings.filter(|it| it.1.contains("lets everybody in"));
        open.map(|it| it.0.1).collect::<Vec<_>>()
    };
    let of = |service| json!([{"http": {"paths": [path("Prefix", "/", service)]}}]);
    let with_default = |name: &str, notes: &[(&str, &str)]| {
        let mut made = (*ingress(name, notes, json!([]))).clone();
        made["spec"]["defaultBackend"] = backend("guarded");
        Arc::new(made)
    };
    let (group, http) = (("group.name", "g"), ("listen-ports", r#"[{"HTTP": 80}]"#));
    let https = ("listen-ports", r#"[{"HTTPS": 443}]"#);
    assert_eq!(told(&[ingress("one", &[], of("guarded"))]), ["one"]);
    assert_eq!(told(&[with_default("one", &[])]), ["one"]);
    assert!(told(&[ingress("one", &[], of("web"))]).is_empty());
    assert!(told(&[ingress("one", &[https], of("guarded"))]).is_empty());
    // Another Ingress' port for HTTP has its own paths alone.
    let other = ingress("other", &[group, http], of("web"));
    let one = ingress("one", &[group, https], of("guarded"));
    assert!(told(&[one, Arc::clone(&other)]).is_empty());
    assert!(told(&[with_default("one", &[group, https]), Arc::clone(&other)]).is_empty());
    let both = ("listen-ports", r#"[{"HTTP": 80}, {"HTTPS": 443}]"#);
    assert_eq!(told(&[with_default("one", &[group, both]), other]), ["one"]);
}

#[test]
fn a_default_backend_is_at_the_ports_of_its_ingress() {
    let with_default = |name: &str, ports: &str| {
        let notes = [("group.name", "g"), ("listen-ports", ports)];
        let mut made = (*ingress(name, &notes, json!([]))).clone();
        made["spec"]["defaultBackend"] = backend(name);
        Arc::new(made)
    };
    let web = with_default("web", r#"[{"HTTP": 80}, {"HTTP": 81}]"#);
    let rules = json!([{"http": {"paths": [path("Exact", "/", "web")]}}]);
    let ports = r#"[{"HTTP": 81}, {"HTTP": 82}]"#;
    let other = ingress(
        "other",
        &[("group.name", "g"), ("listen-ports", ports)],
        rules,
    );
    let api = with_default("api", r#"[{"HTTP": 83}]"#);
    let it = built(&[Arc::clone(&web), other, api]).unwrap();
    let of = |port: u16| match &it.stack.listeners[&port].default {
        Action::Forward { groups, .. } => it.stack.groups[&groups[0].0].of.as_str(),
        action => {
            assert_eq!(*action, nothing());
            ""
        }
    };
    assert_eq!(
        [80, 81, 82, 83].map(of),
        ["a/web:80", "a/web:80", "", "a/api:80"]
    );
    let again = with_default("api", r#"[{"HTTP": 81}]"#);
    assert_eq!(
        built(&[web, again]).err().unwrap().0,
        "more than one Ingress of the group has a default backend at port 81"
    );
}

#[test]
fn one_ingress_says_for_its_group_who_may_come() {
    let of = |name: &str, ports: &str, ranges: &str| {
        let notes = [
            ("group.name", "g"),
            ("listen-ports", ports),
            ("inbound-cidrs", ranges),
        ];
        ingress(name, &notes, json!([]))
    };
    let two = r#"[{"HTTP": 80}, {"HTTP": 81}]"#;
    let ranges = "10.1.0.0/16,10.2.0.0/16";
    let admitted = |members: &[Arc<Value>]| -> Result<Vec<(u16, String)>, Refused> {
        let Security::Own(all) = built(members)?.stack.security else {
            panic!("it has a group of its own");
        };
        let shown = |it: Admission| match it.source {
            Source::Range(range) => (it.from, range),
            Source::Group(group) => panic!("{group} is let in"),
        };
        Ok(all.into_iter().map(shown).collect())
    };
    let said = of("said", r#"[{"HTTP": 80}]"#, ranges);
    let expected = [
        (80_u16, "10.1.0.0/16"),
        (80, "10.2.0.0/16"),
        // Nobody says anything about this one.
        (81, EVERYBODY),
    ]
    .map(|(port, range)| (port, range.to_owned()));
    // Silence of the others lets nobody else in, whoever comes first.
    for silent in ["a", "z"] {
        let members = [of(silent, two, ""), Arc::clone(&said)];
        assert_eq!(admitted(&members).unwrap(), expected);
    }
    // Who comes by IPv6 alone does not come.
    for (given, expected) in [
        (
            "10.1.0.0/16, ::/0",
            vec![(80_u16, "10.1.0.0/16".to_owned())],
        ),
        ("::/0", vec![]),
    ] {
        let members = [of("six", r#"[{"HTTP": 80}]"#, given)];
        assert_eq!(admitted(&members).unwrap(), expected, "{given}");
        let warnings = built(&members).unwrap().warnings;
        assert!(warnings[0].1.contains("::/0 of"), "{warnings:?}");
    }
    let same = of("same", two, "10.2.0.0/16,10.1.0.0/16");
    assert!(admitted(&[Arc::clone(&said), same]).is_ok());
    let other = of("other", two, "10.1.0.0/16");
    assert_eq!(
        admitted(&[said, other]).unwrap_err().0,
        format!(
            "the Ingresses of one group differ in the annotation {PREFIX}inbound-cidrs about port 80"
        )
    );
}

#[test]
fn providers_that_cannot_be() {
    let other = |from: &str, to: &str| PROVIDER.replace(from, to);
    for (notes, why) in [
        (
            vec![("auth-type", "cognito".to_owned())],
            "there is no Cognito",
        ),
        (
            vec![("auth-type", "saml".to_owned())],
            "must be one of none, oidc",
        ),
        (
            vec![("auth-type", "oidc".to_owned())],
            "auth-idp-oidc is missing",
        ),
        (
            vec![("auth-idp-cognito", "{}".to_owned())],
            "is not supported",
        ),
        (oidc("{".to_owned()), "is no JSON"),
        (oidc(other("login\"", "gone\"")), "does not exist"),
        (
            oidc(other("\"login\", ", "\"half\", ").replace("login\",", "half\",")),
            "has no clientSecret",
        ),
        (oidc(other("issuer", "isuer")), "has no issuer"),
        (
            oidc(other("{\"prompt\": \"login\"}", "{\"prompt\": 1}")),
            "must be a text",
        ),
    ] {
        let notes: Vec<(&str, &str)> = notes
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let found = refusal(&notes);
        assert!(found.contains(why), "{why}: {found}");
    }
}

fn oidc(provider: String) -> Vec<(&'static str, String)> {
    vec![
        ("auth-type", "oidc".to_owned()),
        ("auth-idp-oidc", provider),
    ]
}

/// The stack of an Ingress that listens for HTTPS and whose users log in.
fn noted(notes: &[(&str, &str)]) -> Stack {
    let usual = [
        ("certificate-arn", "arn:c"),
        ("auth-type", "oidc"),
        ("auth-idp-oidc", PROVIDER),
    ];
    let rules = json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let notes = [&usual[..], notes].concat();
    let found = built(&[ingress("i", &notes, rules)]).unwrap();
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    found.stack
}

fn pairs(map: &BTreeMap<String, String>) -> String {
    let pairs = map.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

fn only(stack: &Stack) -> &Group {
    stack.groups.values().next().unwrap()
}

#[test]
fn annotations_are_what_is_wanted() {
    type Member = fn(&Stack) -> String;
    let rows: [(&str, &str, Member); 16] = [
        ("auth-session-cookie", "Shop", |it| {
            let auth = it.listeners[&443].rules[0].auth.as_ref();
            auth.unwrap().cookie.clone()
        }),
        ("backend-protocol", "HTTPS", |it| only(it).protocol.clone()),
        ("backend-protocol-version", "GRPC", |it| {
            only(it).version.clone()
        }),
        ("healthcheck-path", "/up", |it| {
            only(it).check.path.clone().unwrap_or_default()
        }),
        ("healthcheck-protocol", "HTTPS", |it| {
            only(it).check.protocol.clone()
        }),
        ("healthy-threshold-count", "7", |it| {
            only(it).check.healthy.to_string()
        }),
        (
            "listener-attributes.HTTPS-443",
            "routing.http.response.server.enabled=false",
            |it| pairs(&it.listeners[&443].attributes),
        ),
        (
            "load-balancer-attributes",
            "idle_timeout.timeout_seconds=9",
            |it| pairs(&it.attributes),
        ),
        ("load-balancer-name", "front", |it| it.name.clone()),
        ("security-groups", "sg-1,web", |it| match &it.security {
            Security::Given(groups) => groups.join(","),
            Security::Own(_) => String::new(),
        }),
        ("ssl-policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", |it| {
            it.listeners[&443].policy.clone().unwrap_or_default()
        }),
        ("subnets", "subnet-1,two", |it| it.subnets.join(",")),
        ("success-codes", "200,301-304", |it| {
            only(it).check.codes.clone().unwrap_or_default()
        }),
        ("tags", "team=blue,unit=a", |it| pairs(&it.tags)),
        (
            "target-group-attributes",
            "deregistration_delay.timeout_seconds=4",
            |it| pairs(&only(it).attributes),
        ),
        ("unhealthy-threshold-count", "8", |it| {
            only(it).check.unhealthy.to_string()
        }),
    ];
    let usual = noted(&[]);
    for (name, value, member) in rows {
        assert_ne!(member(&usual), value, "{name}");
        assert_eq!(member(&noted(&[(name, value)])), value, "{name}");
    }
    // What is made for an Ingress alone has its tags alone.
    let tagged = noted(&[("tags", "team=blue,unit=a")]);
    let of_rule = &tagged.listeners[&443].rules[0].tags;
    for it in [&only(&tagged).tags, of_rule] {
        assert_eq!(pairs(it), "team=blue,unit=a");
    }
    let group = only(&usual);
    let protocol = (group.protocol.as_str(), group.version.as_str());
    assert_eq!(protocol, ("HTTP", "HTTP1"));
    let check = Check {
        protocol: "HTTP".to_owned(),
        port: "traffic-port".to_owned(),
        path: Some("/".to_owned()),
        codes: Some("200".to_owned()),
        interval: 15,
        timeout: 5,
        healthy: 2,
        unhealthy: 2,
    };
    assert_eq!(group.check, check);
    let of_grpc = Check {
        path: Some("/AWS.ALB/healthcheck".to_owned()),
        codes: Some("12".to_owned()),
        ..check
    };
    let grpc = noted(&[("backend-protocol-version", "GRPC")]);
    assert_eq!(only(&grpc).check, of_grpc);
}

#[test]
fn ranges_say_who_may_come() {
    let ports = ("listen-ports", r#"[{"HTTP": 80}, {"HTTP": 8080}]"#);
    let rules = || json!([{"http": {"paths": [path("Prefix", "/", "web")]}}]);
    let admitted = |members: &[Arc<Value>]| {
        let Security::Own(all) = built(members).unwrap().stack.security else {
            panic!("it has a group of its own");
        };
        let shown = |it: Admission| match it.source {
            Source::Range(range) => (it.protocol, it.from, it.to, range),
            Source::Group(group) => panic!("{group} is let in"),
        };
        all.into_iter().map(shown).collect::<Vec<_>>()
    };
    let to = |port: u16, range: &str| ("tcp", port, port, range.to_owned());
    let open = ingress("i", &[ports], rules());
    assert_eq!(admitted(&[open]), [to(80, EVERYBODY), to(8080, EVERYBODY)]);
    let (one, other) = ("10.1.0.0/16", "10.2.0.0/16");
    let both = [ports, ("inbound-cidrs", "10.1.0.0/16, 10.2.0.0/16")];
    assert_eq!(
        admitted(&[ingress("i", &both, rules())]),
        [to(80, one), to(80, other), to(8080, one), to(8080, other)]
    );
    // Each Ingress of a group says who may come to the ports that it listens at.
    let of_group = |name: &str, port: &str, range: &str| {
        let notes = [
            ("group.name", "g"),
            ("listen-ports", port),
            ("inbound-cidrs", range),
        ];
        ingress(name, &notes, rules())
    };
    let members = [
        of_group("a", r#"[{"HTTP": 80}]"#, one),
        of_group("b", r#"[{"HTTP": 8080}]"#, other),
    ];
    assert_eq!(admitted(&members), [to(80, one), to(8080, other)]);
    // Groups that are given admit whom they admit.
    let given = [("security-groups", "sg-1"), ("inbound-cidrs", one)];
    let given = built(&[ingress("i", &given, rules())]).unwrap().stack;
    assert_eq!(given.security, Security::Given(texts(&["sg-1"])));
}
