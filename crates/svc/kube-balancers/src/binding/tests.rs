use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/0123456789abcdef";

fn place() -> Place {
    Place::new("1", "us-east-1")
}

fn binding(spec: &Value) -> Value {
    let mut all = json!({"targetGroupARN": ARN, "serviceRef": {"name": "web", "port": 80}});
    for (name, value) in spec.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    json!({"metadata": {"namespace": "a", "name": "b"}, "spec": all})
}

/// A Service with a port of nodes and two nodes.
struct World;

impl Services for World {
    fn service(&self, _: &str, name: &str) -> Option<Arc<Value>> {
        let service = json!({
            "metadata": {"namespace": "a", "name": "web"},
            "spec": {"type": "NodePort", "ports": [{"name": "http", "port": 80, "nodePort": 30080}]},
        });
        (name == "web").then(|| Arc::new(service))
    }

    fn slices(&self, _: &str, _: &str) -> Vec<Arc<Value>> {
        vec![Arc::new(json!({
            "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}],
            "endpoints": [{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "p"}}, {"addresses": ["10.0.0.2"]}],
        }))]
    }

    fn pod(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        let told = json!([{"eniId": "eni-1", "privateIp": "10.0.0.1"}]).to_string();
        Some(Arc::new(
            json!({"metadata": {"annotations": {(endpoints::POD_ENI): told}}}),
        ))
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        let all = ["i-1", "i-2"];
        all.map(|it| Arc::new(nodes::tests::node(it))).to_vec()
    }

    fn secret(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }
}

fn targets(spec: &Value, kind: TargetKind) -> Result<(Vec<String>, usize), Refused> {
    let object = binding(spec);
    let wish = read(&object, &place())?;
    let wanted = wanted(&object, &wish, kind, &World)?;
    let shown = wanted.targets.iter();
    let shown = shown.map(|it| format!("{}:{}", it.id, it.port)).collect();
    Ok((shown, wanted.warnings.len()))
}

#[test]
fn pods_or_nodes_of_a_service() {
    let of = |spec: Value, kind| targets(&spec, kind).unwrap();
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        of(json!({}), TargetKind::Ip),
        (texts(&["10.0.0.1:8080"]), 1)
    );
    let nodes = (texts(&["i-1:30080", "i-2:30080"]), 0);
    assert_eq!(of(json!({}), TargetKind::Instance), nodes);
    let named = json!({"serviceRef": {"name": "web", "port": "http"}});
    assert_eq!(of(named, TargetKind::Instance), nodes);
    for (labels, count) in [("blue", 2), ("red", 0)] {
        let selector = json!({"nodeSelector": {"matchLabels": {"team": labels}}});
        assert_eq!(of(selector, TargetKind::Instance).0.len(), count);
    }
    for gone in [
        json!({"name": "other", "port": 80}),
        json!({"name": "web", "port": 81}),
    ] {
        let gone = json!({ "serviceRef": gone });
        assert_eq!(of(gone, TargetKind::Ip), (Vec::new(), 1));
    }
}

#[test]
fn what_is_not_to_be_had() {
    let refusal = |spec: Value| read(&binding(&spec), &place()).unwrap_err().0;
    assert_eq!(
        refusal(json!({"networking": {"ingress": []}})),
        "spec.networking is not supported"
    );
    assert!(refusal(json!({"ipAddressType": "ipv6"})).contains("ipv6"));
    for other in [
        "web",
        "arn:aws:elasticloadbalancing:us-east-1:2:targetgroup/web/1",
        "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/1",
        "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/web/1",
    ] {
        assert!(refusal(json!({"targetGroupARN": other})).contains("no target group"));
    }
    let fields = definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    let fields = fields["properties"]["spec"]["properties"].clone();
    assert!(MISSING.iter().all(|it| fields[*it].is_object()));
}

#[test]
fn whose_group_it_is() {
    let judge = |spec: Value, change: &dyn Fn(&mut Bound)| {
        let wish = read(&binding(&spec), &place()).unwrap();
        let mut bound = Bound {
            kind: TargetKind::Ip,
            vpc: "vpc-1".to_owned(),
            targets: BTreeSet::new(),
            holder: Holder::Users,
        };
        change(&mut bound);
        may_fill(&wish, &bound, ("C1", "vpc-1", "a/b"), |it| it == "a/there")
    };
    let by = |cluster: &str, name: &str| {
        let holder = Holder::Binding {
            cluster: cluster.to_owned(),
            name: name.to_owned(),
        };
        judge(json!({}), &move |it| it.holder = holder.clone()).is_ok()
    };
    assert!(judge(json!({"targetType": "ip"}), &|_| ()).is_ok());
    assert!(by("C1", "a/b") && by("C1", "a/gone"));
    assert!(!by("C1", "a/there") && !by("C2", "a/b"));
    assert!(judge(json!({}), &|it| it.holder = Holder::Balancer).is_err());
    assert!(judge(json!({}), &|it| it.vpc = "vpc-2".to_owned()).is_err());
    let other = judge(json!({"targetType": "instance"}), &|_| ()).unwrap_err();
    assert_eq!(
        other.0,
        "the target group has targets of type ip, not instance"
    );
}
