//! ListPoliciesGrantingServiceAccess: by which policies a user, a group or a role reaches a service.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use super::{
    granted::Granted,
    subject::{self, Held},
};
use crate::{fault::required, service::Cx};

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListPoliciesGrantingServiceAccessRequest,
) -> Result<ListPoliciesGrantingServiceAccessResponse, Fault> {
    let arn = required(input.arn, "arn")?;
    let mut services = required(input.service_namespaces, "serviceNamespaces")?;
    services.sort_unstable();
    services.dedup();
    let held = subject::policies(cx, &arn).await?;
    let held: Vec<(Granted, Held)> = (held.into_iter())
        .map(|it| (Granted::of([&it.document]), it))
        .collect();
    let asked = services.join(",");
    let list = ["ListPoliciesGrantingServiceAccess", &arn, &asked];
    let page = cx.page(&list, input.marker, None)?;
    let (found, marker) = page.cut(services, |it| it);
    let entry = |service: String| {
        let granting = held.iter().filter(|(granted, _)| granted.reaches(&service));
        ListPoliciesGrantingServiceAccessEntry {
            policies: Some(granting.map(|(_, it)| shown(cx, it)).collect()),
            service_namespace: Some(service),
        }
    };
    Ok(ListPoliciesGrantingServiceAccessResponse {
        policies_granting_service_access: Some(found.into_iter().map(entry).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

/// Whose an inline policy is, is said of those alone.
fn shown(cx: &Cx<'_>, it: &Held) -> PolicyGrantingServiceAccess {
    let is_inline = it.arn.is_none();
    let kind = match is_inline {
        true => "INLINE",
        false => "MANAGED",
    };
    PolicyGrantingServiceAccess {
        policy_name: Some(it.name.clone()),
        policy_type: Some(kind.to_owned()),
        policy_arn: it.arn.as_ref().map(|it| cx.seen(it)),
        entity_type: is_inline.then(|| it.of.0.to_ascii_uppercase()),
        entity_name: is_inline.then(|| it.of.1.clone()),
    }
}
