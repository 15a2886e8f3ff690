use serde_json::{Value, json};
use wharf_kube_client::fake::Fake;

use super::*;

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "a", "name": name}, "spec": {"clusterIP": "10.100.0.9", "ports": [{"port": 80}]},
    })
}

#[tokio::test(start_paused = true)]
async fn what_a_former_process_knew_is_known_until_both_lists_came_and_is_never_in_the_book() {
    let server = Fake::new();
    let client = server.client();
    let made = client.create(&kind::SERVICE, "a", &service("now")).await;
    made.unwrap();
    server.shut(Some("endpointslices"));
    let mut before = Book::default();
    before.put_service(&service("before"));
    let stop = CancellationToken::new();
    let services = Services::start(client, &stop).knowing(before);
    let names = |book: RwLockReadGuard<'_, Book>| -> Vec<String> {
        let all = book.services();
        all.map(|(it, _)| it.name.name.to_string()).collect()
    };
    services.services.synced().await;
    assert!(!services.is_synced());
    assert_eq!(names(services.known()), ["before"]);
    assert_eq!(names(services.book()), ["now"]);
    server.shut(None);
    services.synced().await;
    assert_eq!(names(services.known()), ["now"]);
    assert_eq!(services.shared.before.read().services().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn readers_hear_of_what_was_there_and_of_changes_once() {
    let server = Fake::new();
    let client = server.client();
    client
        .create(&kind::SERVICE, "a", &service("s"))
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let services = Services::start(client.clone(), &stop);
    services.synced().await;
    let reader = services.reader();
    let name = |it: &str| Name::new("a", it);
    assert_eq!(reader.changed(10).await, BTreeSet::from([name("s")]));
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"namespace": "a", "name": "x", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4", "ports": [{"port": 8080}], "endpoints": [{"addresses": ["10.0.0.1"]}],
    });
    let created = client.create(&kind::ENDPOINT_SLICE, "a", &slice).await;
    let slice = created.unwrap();
    assert_eq!(reader.changed(10).await, BTreeSet::from([name("s")]));
    assert_eq!(services.book().get(&name("s")).unwrap().slices().count(), 1);
    server.cut();
    for other in ["t", "u", "v"] {
        client
            .create(&kind::SERVICE, "a", &service(other))
            .await
            .unwrap();
    }
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let some = reader.changed(2).await;
        assert!(some.len() <= 2);
        told.extend(some);
    }
    assert_eq!(told, BTreeSet::from([name("t"), name("u"), name("v")]));
    let options = wharf_kube_client::Delete::of_uid(wharf_kube_client::Object::uid(&slice));
    client
        .delete(&kind::ENDPOINT_SLICE, "a", "x", &options)
        .await
        .unwrap();
    assert_eq!(reader.changed(10).await, BTreeSet::from([name("s")]));
}
