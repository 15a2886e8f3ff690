use serde_json::Value;
use wharf_api_ec2::{
    AttachNetworkInterfaceRequest, AttachNetworkInterfaceResult, CreateNetworkInterfaceRequest,
    CreateNetworkInterfaceResult, DescribeInstancesRequest, DescribeInstancesResult,
    DescribeSubnetsRequest, DescribeSubnetsResult, Ec2, Input, Instance, NetworkInterface,
    Reservation,
};
use wharf_base::SystemClock;
use wharf_kube_client::{Delete, fake::Fake};
use wharf_service::{Cluster, Place};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use super::*;

/// EC2 as far as it makes interfaces, each named after the pod that it is for.
struct Cloud;

#[async_trait]
impl Ec2 for Cloud {
    async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn describe_instances(
        &self,
        _: &Call,
        _: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        let reservation = Reservation {
            instances: Some(vec![Instance::default()]),
            ..Reservation::default()
        };
        Ok(DescribeInstancesResult {
            reservations: Some(vec![reservation]),
            ..DescribeInstancesResult::default()
        })
    }

    async fn create_network_interface(
        &self,
        _: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let made = NetworkInterface {
            network_interface_id: input.client_token.map(|it| format!("eni-{it}")),
            ..NetworkInterface::default()
        };
        Ok(CreateNetworkInterfaceResult {
            network_interface: Some(made),
            ..CreateNetworkInterfaceResult::default()
        })
    }

    async fn attach_network_interface(
        &self,
        _: &Call,
        _: AttachNetworkInterfaceRequest,
    ) -> Result<AttachNetworkInterfaceResult, Fault> {
        Ok(AttachNetworkInterfaceResult::default())
    }

    async fn describe_subnets(
        &self,
        _: &Call,
        _: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        Ok(DescribeSubnetsResult::default())
    }
}

fn controller(client: &Client) -> Controller {
    let interfaces = Interfaces {
        ec2: Arc::new(Cloud),
        of_nodes: Arc::new(Cloud),
        clock: Arc::new(SystemClock),
        cluster: Cluster {
            place: Place::new("123456789012", "us-east-1"),
            name: "one".to_owned(),
            id: "1".to_owned(),
        },
    };
    let stop = CancellationToken::new();
    let informers = Informers::new(client.clone(), indexes(), stop.clone());
    let (_, gives) = watch::channel(true);
    Controller::new(client.clone(), &informers, interfaces, gives, stop)
}

async fn make(client: &Client) -> Value {
    let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "a"}});
    client.create(&kind::POD, "n", &pod).await.unwrap()
}

async fn remove(client: &Client) {
    let options = Delete {
        grace_seconds: Some(0),
        ..Delete::default()
    };
    let deleted = client.delete(&kind::POD, "n", "p", &options).await;
    deleted.unwrap();
}

fn wish(pod: &Value) -> Wish {
    Wish {
        uid: pod.uid().to_owned(),
        namespace: "n".to_owned(),
        name: "p".to_owned(),
        node: "a".to_owned(),
    }
}

#[tokio::test]
async fn the_interface_of_a_pod_that_went_meanwhile_is_put_aside() {
    let client = Fake::new().client();
    let controller = controller(&client);
    let first = make(&client).await;
    controller.once(&wish(&first), "i-1").await.unwrap();
    let pod = client.get(&kind::POD, "n", "p").await.unwrap();
    assert!(pod.annotation(POD_ENI).is_some(), "{pod}");
    assert!(controller.left.lock().is_empty());
    // Another pod has its name by now.
    remove(&client).await;
    make(&client).await;
    controller.once(&wish(&first), "i-1").await.unwrap();
    let own = BTreeSet::from([format!("eni-{}", first.uid())]);
    assert_eq!(std::mem::take(&mut *controller.left.lock()), own);
    assert!(controller.made.lock().is_empty());
    let other = client.get(&kind::POD, "n", "p").await.unwrap();
    assert!(other.annotation(POD_ENI).is_none(), "{other}");
    // None has.
    remove(&client).await;
    controller.once(&wish(&first), "i-1").await.unwrap();
    assert_eq!(*controller.left.lock(), own);
    assert!(controller.made.lock().is_empty());
}
