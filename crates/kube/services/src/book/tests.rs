use serde_json::json;

use super::*;

fn service(name: &str, address: &str) -> Value {
    json!({
        "metadata": {"namespace": "a", "name": name, "uid": name},
        "spec": {"clusterIP": address, "clusterIPs": [address], "ports": [
            {"name": "web", "port": 80, "protocol": "TCP"}, {"name": "bad", "port": 70000}, {"name": "x", "port": 1, "protocol": "?"},
        ]},
    })
}

fn slice(name: &str, of: &str, addresses: &[(&str, bool)]) -> Value {
    let endpoints: Vec<Value> = addresses
        .iter()
        .map(|(it, ready)| json!({"addresses": [it], "conditions": {"ready": ready}}))
        .collect();
    json!({
        "metadata": {"namespace": "a", "name": name, "labels": {"kubernetes.io/service-name": of}},
        "addressType": "IPv4", "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}], "endpoints": endpoints,
    })
}

fn at(book: &Book, name: &str) -> Vec<(String, bool)> {
    let entry = book.get(&Name::new("a", name)).unwrap();
    let service = entry.service().unwrap().clone();
    let all = entry.endpoints(&service.ports[0], false);
    all.into_iter()
        .map(|(at, it)| (at.to_string(), it.ready))
        .collect()
}

#[test]
fn ports_and_addresses_that_are_none_are_left_out() {
    let mut book = Book::default();
    book.put_service(&service("s", "None"));
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let service = entry.service().unwrap();
    assert!(service.is_headless && service.cluster_addresses.is_empty());
    assert_eq!(service.ports.len(), 1);
    let mut bad = slice("x", "s", &[("10.0.0.1", true), ("web", true)]);
    let of_other_family = json!({"addresses": ["fd00::1"]});
    bad["endpoints"]
        .as_array_mut()
        .unwrap()
        .push(of_other_family);
    book.put_slice(&bad);
    assert_eq!(at(&book, "s"), [("10.0.0.1:8080".to_owned(), true)]);
}

#[test]
fn of_lists_without_end_a_part_is_read() {
    let mut all = service("s", "10.100.0.9");
    let addresses: Vec<String> = (0..100_000)
        .map(|it| format!("192.{}.{}.{}", it >> 16, it >> 8 & 255, it & 255))
        .collect();
    all["spec"]["externalIPs"] = json!(addresses);
    let ports: Vec<Value> = (1..20_000)
        .map(|it| json!({"name": it.to_string(), "port": it}))
        .collect();
    all["spec"]["ports"] = json!(ports);
    let mut book = Book::default();
    book.put_service(&all);
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let service = entry.service().unwrap();
    assert_eq!(service.external_addresses.len(), 256);
    assert_eq!(service.ports.len(), 1000);
    for number in 0..30_u8 {
        let addresses: Vec<String> = (0..1000)
            .map(|it| format!("10.{number}.{}.{}", it / 256, it % 256))
            .collect();
        let addresses: Vec<(&str, bool)> = addresses.iter().map(|it| (it.as_str(), true)).collect();
        let mut many = slice(&format!("x{number}"), "s", &addresses);
        many["ports"] = all["spec"]["ports"].clone();
        book.put_slice(&many);
    }
    let entry = book.get(&Name::new("a", "s")).unwrap();
    let service = entry.service().unwrap();
    assert!(entry.slices().all(|it| it.ports.len() == 1000));
    assert_eq!(
        entry.endpoints(&service.ports[999], false).len(),
        MOST_ENDPOINTS
    );
    assert!(entry.endpoints(&service.ports[999], true).is_empty());
}

#[test]
fn a_service_has_the_endpoints_of_all_its_slices_once() {
    let mut book = Book::default();
    let name = Name::new("a", "s");
    assert_eq!(
        book.put_slice(&slice("x", "s", &[("10.0.0.2", false), ("10.0.0.1", true)])),
        std::slice::from_ref(&name)
    );
    assert!(book.get(&name).is_none(), "no service yet");
    assert_eq!(
        book.put_service(&service("s", "10.100.0.9")),
        Some(name.clone())
    );
    assert_eq!(
        book.put_service(&service("s", "10.100.0.9")),
        None,
        "nothing changed"
    );
    book.put_slice(&slice("y", "s", &[("10.0.0.2", true)]));
    assert_eq!(
        at(&book, "s"),
        [
            ("10.0.0.1:8080".to_owned(), true),
            ("10.0.0.2:8080".to_owned(), true)
        ]
    );
    assert!(
        book.put_slice(&slice("y", "s", &[("10.0.0.2", true)]))
            .is_empty()
    );
    assert!(book.at("10.100.0.9".parse().unwrap()).is_some());
}

#[test]
fn a_slice_that_changes_its_label_changes_two_services_and_nothing_is_left() {
    let mut book = Book::default();
    book.put_service(&service("s", "10.100.0.9"));
    book.put_service(&service("t", "10.100.0.9"));
    book.put_slice(&slice("x", "s", &[("10.0.0.1", true)]));
    let changed = book.put_slice(&slice("x", "t", &[("10.0.0.1", true)]));
    assert_eq!(changed, [Name::new("a", "s"), Name::new("a", "t")]);
    assert!(at(&book, "s").is_empty());
    book.remove_service(&service("s", ""));
    let now = book.at("10.100.0.9".parse().unwrap()).unwrap();
    assert_eq!(now.service().unwrap().name, Name::new("a", "t"));
    book.remove_slice(&slice("x", "", &[]));
    book.remove_service(&service("t", ""));
    assert!(book.entries.is_empty() && book.owners.is_empty() && book.by_address.is_empty());
}

#[test]
fn a_book_that_was_written_down_is_the_same_one() {
    let mut book = Book::default();
    let mut all = service("s", "10.100.0.9");
    all["spec"]["type"] = json!("LoadBalancer");
    all["spec"]["sessionAffinity"] = json!("ClientIP");
    all["spec"]["externalTrafficPolicy"] = json!("Local");
    book.put_service(&all);
    let mut far = service("far", "");
    far["spec"] = json!({"type": "ExternalName", "externalName": "example.org"});
    book.put_service(&far);
    book.put_slice(&slice("x", "s", &[("10.0.0.1", true), ("10.0.0.2", false)]));
    let mut near = slice("y", "none", &[("10.0.0.3", true)]);
    near["endpoints"][0]["hints"] =
        json!({"forZones": [{"name": "z"}], "forNodes": [{"name": "n"}]});
    book.put_slice(&near);
    let text = serde_json::to_string(&book.written()).unwrap();
    let mut read = Book::from(serde_json::from_str::<Written>(&text).unwrap());
    assert_eq!(read.entries, book.entries);
    assert_eq!(
        (&read.owners, &read.by_address),
        (&book.owners, &book.by_address)
    );
    let changed = read.remove_slice(&slice("x", "", &[]));
    assert_eq!(changed, Some(Name::new("a", "s")));
}
