//! A TargetGroupBinding: the pods or the node port of a Service, as targets of a group that a user made. Pure.

mod definition;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_base::Arn;
use wharf_kube_client::{Kind, Object as _};
use wharf_kube_model::selector::Labels;
use wharf_service::Place;

pub use self::definition::definition;
use crate::{
    annotations::{Refused, refused},
    endpoints::{self, PortRef, Services},
    nodes,
    stack::{Target, TargetKind},
};

pub static BINDING: Kind = Kind::known(
    "elbv2.k8s.aws",
    "v1beta1",
    "TargetGroupBinding",
    "targetgroupbindings",
    true,
);
pub const FINALIZER: &str = "elbv2.k8s.aws/resources";
/// AWS's controller has them.
const MISSING: [&str; 7] = [
    "assumeRoleExternalId",
    "iamRoleArnToAssume",
    "multiClusterTargetGroup",
    "networking",
    "targetGroupName",
    "targetGroupProtocol",
    "vpcID",
];

/// What an object asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub group: String,
    /// The group's own where it is not said.
    pub kind: Option<TargetKind>,
    service: String,
    port: PortRef,
}

/// Who gives a target group its targets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Holder {
    #[default]
    Users,
    /// A load balancer of an Ingress or a Service.
    Balancer,
    /// `namespace/name` of a binding in the cluster of that id.
    Binding { cluster: String, name: String },
}

/// A target group as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub kind: TargetKind,
    pub vpc: String,
    pub targets: BTreeSet<Target>,
    pub holder: Holder,
}

/// What is to be told of a binding, and its targets.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub targets: BTreeSet<Target>,
    /// The names of the nodes that are targets, by their instances.
    pub nodes: BTreeMap<String, String>,
    pub warnings: Vec<String>,
}

/// # Errors
/// It asks for what is not to be had.
pub fn read(object: &Value, place: &Place) -> Result<Wish, Refused> {
    let spec = object.at("/spec");
    if let Some(field) = MISSING.iter().find(|it| !spec[**it].is_null()) {
        return refused(format!("spec.{field} is not supported"));
    }
    if object.text("/spec/ipAddressType") == "ipv6" {
        return refused("spec.ipAddressType: ipv6 is not supported");
    }
    let group = object.text("/spec/targetGroupARN");
    let arn = group.parse::<Arn>().ok().filter(|it| {
        it.service == "elasticloadbalancing"
            && (&it.account, &it.region) == (&place.account, &place.region)
            && it.resource.starts_with("targetgroup/")
    });
    if arn.is_none() {
        return refused(format!(
            "{group:?} is no target group of the cluster's account and region"
        ));
    }
    let port = object.at("/spec/serviceRef/port");
    Ok(Wish {
        group: group.to_owned(),
        kind: match object.text("/spec/targetType") {
            "" => None,
            given => Some(TargetKind::read(Some(given))),
        },
        service: object.text("/spec/serviceRef/name").to_owned(),
        port: match port.as_i64() {
            Some(number) => PortRef::Number(number),
            None => PortRef::of_text(port.as_str().unwrap_or_default()),
        },
    })
}

/// Whether a group is the one of a binding to fill. `is_there` says whether another binding of the cluster is there still.
///
/// # Errors
/// It is another's, or does not fit.
pub fn may_fill(
    wish: &Wish,
    bound: &Bound,
    (cluster, vpc, name): (&str, &str, &str),
    is_there: impl Fn(&str) -> bool,
) -> Result<(), Refused> {
    if bound.vpc != vpc {
        return refused(format!(
            "the target group is not in the cluster's VPC {vpc}"
        ));
    }
    if let Some(kind) = wish.kind.filter(|it| *it != bound.kind) {
        return refused(format!(
            "the target group has targets of type {}, not {}",
            bound.kind.name(),
            kind.name()
        ));
    }
    match &bound.holder {
        Holder::Users => Ok(()),
        Holder::Balancer => refused("the target group is of a load balancer that a cluster made"),
        Holder::Binding {
            cluster: own,
            name: other,
        } if own == cluster => match other == name || !is_there(other) {
            true => Ok(()),
            false => refused(format!(
                "the target group is bound to TargetGroupBinding {other} already"
            )),
        },
        Holder::Binding { .. } => refused("the target group is bound by another cluster"),
    }
}

/// What is to be in the group.
///
/// # Errors
/// The Service has no port of nodes, or the selector is none.
pub fn wanted(
    object: &Value,
    wish: &Wish,
    kind: TargetKind,
    services: &dyn Services,
) -> Result<Wanted, Refused> {
    let namespace = object.namespace();
    let service = services.service(namespace, &wish.service);
    let Some(service) = service else {
        let what = format!("the Service {} does not exist", wish.service);
        return Ok(told(what));
    };
    let Some(port) = wish.port.find(&service) else {
        let what = format!(
            "the Service {} has no such port as {:?}",
            wish.service, wish.port
        );
        return Ok(told(what));
    };
    if kind == TargetKind::Instance {
        let number = nodes::port(&service, port)?;
        let selector = object.at("/spec/nodeSelector");
        let nodes = match selector.is_null() {
            true => services.nodes(),
            false => {
                let selector = Labels::of_selector(Some(selector));
                let selector =
                    selector.map_err(|why| Refused(format!("spec.nodeSelector: {why}")))?;
                let fits = |it: &Arc<Value>| selector.matches_object(it);
                services.nodes().into_iter().filter(fits).collect()
            }
        };
        let nodes = nodes::find(&nodes, &BTreeMap::new());
        return Ok(Wanted {
            targets: nodes::targets(&nodes, number),
            nodes,
            warnings: Vec::new(),
        });
    }
    let slices = services.slices(namespace, &wish.service);
    let found = endpoints::find(port, &slices, &|pod: &str| services.pod(namespace, pod));
    let others = format!(
        "{} addresses of the Service {} are of no pod with an interface of its own, and are left out",
        found.others, wish.service
    );
    Ok(Wanted {
        targets: found.targets,
        warnings: (found.others > 0).then_some(others).into_iter().collect(),
        ..Wanted::default()
    })
}

fn told(what: String) -> Wanted {
    Wanted {
        warnings: vec![what],
        ..Wanted::default()
    }
}

/// Whether a binding is about a Service.
pub fn names_service(object: &Value, service: &str) -> bool {
    object.text("/spec/serviceRef/name") == service
}

#[cfg(test)]
mod tests;
