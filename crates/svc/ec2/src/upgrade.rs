//! Records of earlier versions, brought up to this one's when the server starts.

use wharf_base::{Arn, Permit};
use wharf_records::Scope;
use wharf_service::Table;
use wharf_store::Store;

use crate::{
    fault::{ChangeError, Ec2Faults},
    records::{BALANCER_REQUESTER, Interface},
    table::SERVICE,
};

/// How the interfaces of load balancers are described: `ELB app/NAME/id`.
const BALANCER_DESCRIPTION: &str = "ELB ";

/// Interfaces once said in their description alone which load balancer they serve. Returns how many
/// records were changed.
///
/// # Errors
/// The store's; a record that cannot be read.
pub async fn upgrade(store: &Store, permit: &Permit) -> Result<usize, ChangeError> {
    let table: Table<Ec2Faults> = Table::new(store.clone());
    let mut changed = 0;
    for (scope, _, stored) in table.everywhere::<Interface>(SERVICE).await? {
        if stored.record.load_balancer.is_some() {
            continue;
        }
        let Some(arn) = described(&scope, &stored.record) else {
            continue;
        };
        let name_it = |interface: &mut Interface| {
            interface.load_balancer = Some(arn.clone());
            Ok::<(), ChangeError>(())
        };
        table.change(permit, &stored.key, name_it).await?;
        changed += 1;
    }
    Ok(changed)
}

/// The ARN of the load balancer that the description names.
fn described(scope: &Scope, record: &Interface) -> Option<String> {
    if record.requester.as_deref() != Some(BALANCER_REQUESTER) {
        return None;
    }
    let name = record.description.strip_prefix(BALANCER_DESCRIPTION)?;
    let well_formed = matches!(
        name.split('/').collect::<Vec<_>>()[..],
        ["app" | "net" | "gwy", name, id] if !name.is_empty() && !id.is_empty()
    );
    let (account, region) = (&scope.account, &scope.region);
    let resource = format!("loadbalancer/{name}");
    well_formed.then(|| Arn::new("elasticloadbalancing", region, account, resource).to_string())
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::{Record as _, Unknown, encode};
    use wharf_service::tags::Tags;
    use wharf_store::StoreOptions;

    use super::*;

    const PERMIT: Permit = Permit::for_controller("test");

    fn interface(id: &str, requester: Option<&str>, description: &str) -> Interface {
        Interface {
            id: id.to_owned(),
            subnet_id: "subnet-1".to_owned(),
            subnet_cidr: None,
            vpc_id: "vpc-1".to_owned(),
            zone: "us-east-1a".to_owned(),
            address: "172.31.0.4".parse().unwrap(),
            mac: "0a:00:00:00:00:01".to_owned(),
            groups: vec![],
            description: description.to_owned(),
            source_dest_check: true,
            requester: requester.map(str::to_owned),
            load_balancer: None,
            operator: None,
            attachment: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
            permissions: Vec::new(),
            token_id: None,
            created_at: Timestamp(0),
            tags: Tags::new(),
            unknown: Unknown::new(),
        }
    }

    #[tokio::test]
    async fn interfaces_learn_whom_they_serve() {
        let store = Store::in_memory(StoreOptions::default());
        let scope = Scope::new(SERVICE, "000000000000", "us-east-1");
        let elb = Some(BALANCER_REQUESTER);
        for (id, requester, description) in [
            ("eni-1", elb, "ELB app/web/0123456789abcdef"),
            ("eni-2", elb, "ELB app/web"),
            ("eni-3", elb, "ELB ../web/1"),
            ("eni-4", elb, "something else"),
            ("eni-5", None, "ELB app/web/0123456789abcdef"),
            ("eni-6", Some("ecs.amazonaws.com"), "ELB app/web/1"),
        ] {
            let record = interface(id, requester, description);
            // As an earlier version wrote it: without the member.
            let text = String::from_utf8(encode(&record).to_vec()).unwrap();
            assert!(!text.contains("load_balancer"));
            let key = scope.key(Interface::KIND, id);
            store.put(&PERMIT, key, text).await.unwrap();
        }
        assert_eq!(upgrade(&store, &PERMIT).await.unwrap(), 1);
        assert_eq!(upgrade(&store, &PERMIT).await.unwrap(), 0);
        let table: Table<Ec2Faults> = Table::new(store);
        let all = table.all::<Interface>(&scope, "").await.unwrap();
        let served: Vec<_> = all
            .into_iter()
            .filter_map(|(id, stored)| Some((id, stored.record.load_balancer?)))
            .collect();
        let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/0123456789abcdef";
        assert_eq!(served, [("eni-1".to_owned(), arn.to_owned())]);
    }
}
