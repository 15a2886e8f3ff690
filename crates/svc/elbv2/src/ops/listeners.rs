//! Listeners: made, described, changed, deleted.

use wharf_api_elbv2::{
    Certificate, CreateListenerInput, CreateListenerOutput, DeleteListenerInput,
    DeleteListenerOutput, DescribeListenersInput, DescribeListenersOutput, ModifyListenerInput,
    ModifyListenerOutput, MutualAuthenticationAttributes, faults,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    check::{self, action::At},
    core::Core,
    describe, fault,
    login::{self, Sealer},
    names::{self, Kind, Names as _, Place},
    orphans, page,
    records::{Attributes, Listener, Protocol},
    ssl,
    tree::{Links, RULES_AT_ONCE, Tree, groups},
};

/// Of one load balancer, as in AWS.
const MAX_LISTENERS: usize = 50;
pub const MAX_GROUPS: usize = 100;

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateListenerInput,
) -> Result<CreateListenerOutput, Fault> {
    let place = Place::of(call);
    let (balancer, _) = core
        .balancer(&place, input.load_balancer_arn.as_deref())
        .await?;
    refuse_unsupported(input.mutual_authentication.as_ref())?;
    let protocol = protocol(input.protocol.as_deref(), names::is_network(&balancer))?;
    let alpn_policy = alpn(protocol, input.alpn_policy.as_deref())?;
    let port = input.port.and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| fault::invalid("A port must be specified"))?;
    let (certificates, ssl_policy) = security(
        protocol,
        input.certificates.as_deref(),
        input.ssl_policy.as_deref(),
    )?;
    let actions = input.default_actions.unwrap_or_default();
    let asked = check::action::actions(actions, At { protocol, port })?;
    let without = Listener {
        port,
        protocol,
        certificates,
        ssl_policy,
        alpn_policy,
        default_actions: Vec::new(),
        default_rule: ids::hex16(),
        session_keys: Vec::new(),
        attributes: Attributes::new(),
        tags: check::tags::given(input.tags)?,
        unknown: Unknown::new(),
    };
    Ok(transact!(core.table, &call.permit, |tx| {
        let tree = core.tree(&place, &balancer).await?;
        let tree = tree.ok_or_else(fault::balancer_not_found)?;
        if let Some((id, there)) = tree.listeners.iter().find(|(_, it)| it.record.port == port) {
            let arn = place.arn(Kind::Listener, id);
            let sealer = core.sealer(&arn);
            let does_same = sealer.are_same(&there.record.default_actions, &asked);
            if !does_same || !same(&there.record, &without) {
                return Err(fault::duplicate_listener(&tree.arn()));
            }
            return Ok(CreateListenerOutput {
                listeners: Some(vec![describe::listener(&place, id, &there.record)]),
            });
        }
        if tree.listeners.len() >= MAX_LISTENERS {
            return Err(faults::too_many_listeners_exception(
                "The maximum number of listeners has been reached on this load balancer: 50",
            ));
        }
        let id = format!("{balancer}/{}", ids::hex16());
        let arn = place.arn(Kind::Listener, &id);
        let mut wanted = without.clone();
        wanted.default_actions = core.sealer(&arn).actions(asked.clone(), &[])?;
        let actions = wanted.default_actions.clone();
        let keys = core.with_session_keys(Txn::new(), &arn, &mut wanted, &actions)?;
        let wanted_groups = groups(&wanted.default_actions);
        within_limit(&tree, &wanted_groups)?;
        let mut links = Links::new(core, &place);
        links
            .change(
                &tree,
                (&arn, wanted.protocol),
                &Default::default(),
                &wanted_groups,
            )
            .await?;
        let key = place.scope().key(Listener::KIND, &id);
        let txn = keys.when(Compare::absent(&key)).put(key, encode(&wanted));
        let txn = core
            .change_certificates(txn, &place, &arn, &[], &wanted.certificates)
            .await?;
        tx.join(tree.touch(links.write(txn)));
        CreateListenerOutput {
            listeners: Some(vec![describe::listener(&place, &id, &wanted)]),
        }
    }))
}

/// Whether a repeated request means the listener that is there, apart from what it does.
fn same(there: &Listener, wanted: &Listener) -> bool {
    there.protocol == wanted.protocol
        && there.certificates.first() == wanted.certificates.first()
        && there.ssl_policy == wanted.ssl_policy
        && there.alpn_policy == wanted.alpn_policy
}

/// Target groups of one load balancer, as in AWS.
pub fn within_limit(tree: &Tree, more: &std::collections::BTreeSet<String>) -> Result<(), Fault> {
    if tree.groups().union(more).count() <= MAX_GROUPS {
        return Ok(());
    }
    Err(
        faults::too_many_unique_target_groups_per_load_balancer_exception(
            "You have reached the maximum number of unique target groups that you can associate with a \
         load balancer of type 'application': [100]",
        ),
    )
}

/// One that load balancers of that type have.
fn protocol(given: Option<&str>, network: bool) -> Result<Protocol, Fault> {
    let given = given.ok_or_else(|| fault::invalid("A listener protocol must be specified"))?;
    let all = match network {
        true => "TCP, TLS, UDP, TCP_UDP",
        false => "HTTP, HTTPS",
    };
    let known = Protocol::named(given).filter(|it| it.is_network() == network);
    known.ok_or_else(|| {
        fault::invalid(format!(
            "Listener protocol '{given}' must be one of '{all}'"
        ))
    })
}

/// The ALPN policy of a TLS listener; `None` stands in AWS's list for none.
fn alpn(protocol: Protocol, given: Option<&[String]>) -> Result<Option<String>, Fault> {
    const POLICIES: [&str; 5] = [
        "HTTP1Only",
        "HTTP2Only",
        "HTTP2Optional",
        "HTTP2Preferred",
        "None",
    ];
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return Ok(None);
    }
    if protocol != Protocol::Tls {
        return Err(fault::invalid(format!(
            "ALPN policies cannot be specified for {} listeners",
            protocol.name()
        )));
    }
    match given {
        [one] if POLICIES.contains(&one.as_str()) => Ok(Some(one.clone())),
        [other] => Err(faults::alpn_policy_not_supported_exception(format!(
            "ALPN policy '{other}' must be one of '{}'",
            POLICIES.join(", ")
        ))),
        _ => Err(fault::invalid("Exactly one ALPN policy can be specified")),
    }
}

fn refuse_unsupported(mutual: Option<&MutualAuthenticationAttributes>) -> Result<(), Fault> {
    let mode = mutual.and_then(|it| it.mode.as_deref());
    match mode.filter(|mode| *mode != "off") {
        Some(mode) => Err(fault::unsupported(format_args!(
            "The mutual authentication mode '{mode}'"
        ))),
        None => Ok(()),
    }
}

/// The certificate and policy of a listener; both for HTTPS and TLS only.
fn security(
    protocol: Protocol,
    certificates: Option<&[Certificate]>,
    policy: Option<&str>,
) -> Result<(Vec<String>, Option<String>), Fault> {
    let given = certificates.unwrap_or_default();
    if !protocol.is_secure() {
        if !given.is_empty() || policy.is_some() {
            return Err(fault::invalid(
                "Certificates and SSL policies can only be specified for HTTPS and TLS listeners",
            ));
        }
        return Ok((vec![], None));
    }
    let [certificate] = given else {
        return Err(match given.len() {
            0 => fault::invalid(format!(
                "A certificate must be specified for {} listeners",
                protocol.name()
            )),
            _ => faults::too_many_certificates_exception(
                "Exactly one certificate can be specified as the default of a listener",
            ),
        });
    };
    if certificate.is_default.is_some() {
        return Err(fault::invalid(
            "You cannot specify whether a certificate is the default for this operation",
        ));
    }
    let arn = certificate.certificate_arn.clone().unwrap_or_default();
    let policy = policy.unwrap_or(ssl::DEFAULT);
    ssl::known(policy)?;
    Ok((vec![arn], Some(policy.to_owned())))
}

pub async fn describe(
    core: &Core,
    call: &Call,
    mut input: DescribeListenersInput,
) -> Result<DescribeListenersOutput, Fault> {
    let wanted = (input.marker.take(), input.page_size.take());
    let wanted = page::asked(core, call, "elbv2/DescribeListeners", &input, wanted)?;
    let place = Place::of(call);
    let arns = input.listener_arns.unwrap_or_default();
    let mut found: Vec<(String, Listener)> = Vec::new();
    match (input.load_balancer_arn.as_deref(), arns.is_empty()) {
        (Some(arn), true) => {
            let (id, _) = core.balancer(&place, Some(arn)).await?;
            let all = core
                .table
                .all::<Listener>(&place.scope(), &format!("{id}/"))
                .await?;
            found.extend(all.into_iter().map(|(id, it)| (id, it.record)));
        }
        (None, false) => {
            for arn in &arns {
                let missing = fault::listener_not_found;
                let (id, it) = core
                    .find::<Listener>(&place, Kind::Listener, Some(arn), missing)
                    .await?;
                found.push((id, it.record));
            }
        }
        _ => {
            return Err(fault::invalid(
                "You must specify either listener ARNs or a load balancer ARN",
            ));
        }
    }
    let (page, next_marker) = page::by_id(&wanted, found);
    let shown = page
        .iter()
        .map(|(id, it)| describe::listener(&place, id, it));
    Ok(DescribeListenersOutput {
        listeners: Some(shown.collect()),
        next_marker,
    })
}

/// The tree of a listener's load balancer, and the listener's id.
pub async fn tree_of(
    core: &Core,
    place: &Place,
    arn: Option<&str>,
) -> Result<(Tree, String), Fault> {
    let id = place
        .id(Kind::Listener, arn)?
        .ok_or_else(fault::listener_not_found)?;
    let tree = core.tree(place, names::owner(&id)).await?;
    let tree = tree.filter(|tree| tree.listener(&id).is_some());
    Ok((tree.ok_or_else(fault::listener_not_found)?, id))
}

pub async fn modify(
    core: &Core,
    call: &Call,
    input: ModifyListenerInput,
) -> Result<ModifyListenerOutput, Fault> {
    let place = Place::of(call);
    refuse_unsupported(input.mutual_authentication.as_ref())?;
    Ok(transact!(core.table, &call.permit, |tx| {
        let (tree, id) = tree_of(core, &place, input.listener_arn.as_deref()).await?;
        let stored = tree.listener(&id).ok_or_else(fault::listener_not_found)?;
        let arn = place.arn(Kind::Listener, &id);
        let network = names::is_network(&id);
        let mut changed = modified(&stored.record, &input, network, &core.sealer(&arn))?;
        if changed.protocol != Protocol::Https && authenticates(&tree, &id, &changed) {
            return Err(faults::invalid_load_balancer_action_exception(
                "Actions of type 'authenticate-oidc' are supported only on HTTPS listeners",
            ));
        }
        let actions = changed.default_actions.clone();
        let keys = core.with_session_keys(Txn::new(), &arn, &mut changed, &actions)?;
        let taken = |(other, it): &(String, Stored<Listener>)| {
            *other != id && it.record.port == changed.port
        };
        if tree.listeners.iter().any(taken) {
            return Err(fault::port_in_use(changed.port));
        }
        let (before, after) = (
            groups(&stored.record.default_actions),
            groups(&changed.default_actions),
        );
        within_limit(&tree, &after)?;
        let mut links = Links::new(core, &place);
        let user = (arn.as_str(), changed.protocol);
        if changed.protocol == stored.record.protocol {
            links.change(&tree, user, &before, &after).await?;
        } else {
            // All are looked at again, those of rules too: they may not fit the new protocol.
            links
                .change(&tree, user, &Default::default(), &after)
                .await?;
            for group in before.difference(&after) {
                links.release(&arn, group).await?;
            }
            for (_, rule) in tree.rules_of(&id) {
                let of_rule = groups(&rule.record.actions);
                links.still_fit(changed.protocol, &of_rule).await?;
            }
        }
        let txn = keys
            .when(stored.unchanged())
            .put(&stored.key, encode(&changed));
        let (before, after) = (&stored.record.certificates, &changed.certificates);
        let txn = core
            .change_certificates(txn, &place, &arn, before, after)
            .await?;
        tx.join(tree.touch(links.write(txn)));
        ModifyListenerOutput {
            listeners: Some(vec![describe::listener(&place, &id, &changed)]),
        }
    }))
}

/// Whether a listener or one of its rules authenticates users.
fn authenticates(tree: &Tree, id: &str, listener: &Listener) -> bool {
    let rules = tree.rules_of(id);
    let mut actions = rules.iter().map(|(_, it)| &it.record.actions);
    login::of(&listener.default_actions).is_some() || actions.any(|it| login::of(it).is_some())
}

fn modified(
    listener: &Listener,
    input: &ModifyListenerInput,
    network: bool,
    sealer: &Sealer<'_>,
) -> Result<Listener, Fault> {
    let mut changed = listener.clone();
    if let Some(given) = input.protocol.as_deref() {
        changed.protocol = protocol(Some(given), network)?;
    }
    if let Some(port) = input.port.and_then(|port| u16::try_from(port).ok()) {
        changed.port = port;
    }
    match input.alpn_policy.as_deref() {
        Some(given) => changed.alpn_policy = alpn(changed.protocol, Some(given))?,
        None if changed.protocol != Protocol::Tls => changed.alpn_policy = None,
        None => {}
    }
    let table = check::attributes::of_listener(changed.protocol);
    let known = |key: &String| table.all.iter().any(|it| it.key == key);
    changed.attributes.retain(|key, _| known(key));
    let secure = changed.protocol.is_secure();
    let asked = input.certificates.is_some() || input.ssl_policy.is_some();
    if secure {
        let current = changed.certificates.first().map(|arn| {
            vec![Certificate {
                certificate_arn: Some(arn.clone()),
                is_default: None,
            }]
        });
        let given = input.certificates.clone().or(current);
        let policy = input.ssl_policy.clone().or(changed.ssl_policy);
        let (default, policy) = security(changed.protocol, given.as_deref(), policy.as_deref())?;
        // A new default replaces the old one; the others stay.
        let others = changed.certificates.iter().skip(1);
        let others: Vec<String> = others
            .filter(|arn| !default.contains(arn))
            .cloned()
            .collect();
        changed.certificates = default.into_iter().chain(others).collect();
        changed.ssl_policy = policy;
    } else {
        if asked {
            security(
                changed.protocol,
                input.certificates.as_deref(),
                input.ssl_policy.as_deref(),
            )?;
        }
        changed.certificates.clear();
        changed.ssl_policy = None;
    }
    if let Some(actions) = input.default_actions.clone() {
        let at = At {
            protocol: changed.protocol,
            port: changed.port,
        };
        let asked = check::action::actions(actions, at)?;
        changed.default_actions = sealer.actions(asked, &listener.default_actions)?;
    }
    Ok(changed)
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteListenerInput,
) -> Result<DeleteListenerOutput, Fault> {
    let place = Place::of(call);
    let id = transact!(core.table, &call.permit, |tx| {
        let (tree, id) = tree_of(core, &place, input.listener_arn.as_deref()).await?;
        let stored = tree.listener(&id).ok_or_else(fault::listener_not_found)?;
        // Before its rules, so that nothing is routed by half of them.
        let mut rules = tree.rules_of(&id);
        rules.truncate(RULES_AT_ONCE);
        let txn = core.removal(&place, Some((&id, stored)), &rules).await?;
        tx.join(tree.touch(txn));
        id
    });
    orphans::clear_rules(core, &call.permit, &place, &id, None).await?;
    Ok(DeleteListenerOutput {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_and_policies() {
        use Protocol::{Http, Https};
        let certificate = |arn: &str| Certificate {
            certificate_arn: Some(arn.to_owned()),
            is_default: None,
        };
        let ask = |protocol, given: &[Certificate], policy| {
            security(protocol, Some(given), policy)
                .map_err(|fault| (fault.code.into_owned(), fault.message))
        };
        assert_eq!(
            ask(Https, &[certificate("a")], None),
            Ok((
                vec!["a".to_owned()],
                Some("ELBSecurityPolicy-2016-08".to_owned())
            ))
        );
        assert_eq!(
            ask(Https, &[], None).unwrap_err().1,
            "A certificate must be specified for HTTPS listeners"
        );
        assert_eq!(
            ask(Https, &[certificate("a"), certificate("b")], None)
                .unwrap_err()
                .0,
            "TooManyCertificates"
        );
        assert_eq!(
            ask(Https, &[certificate("a")], Some("x")).unwrap_err().0,
            "SSLPolicyNotFound"
        );
        assert!(ask(Http, &[certificate("a")], None).is_err());
        assert_eq!(ask(Http, &[], None), Ok((vec![], None)));
    }

    #[test]
    fn protocols() {
        let text = |given| protocol(given, false).unwrap_err().message;
        assert_eq!(
            protocol(Some("HTTP"), true).unwrap_err().message,
            "Listener protocol 'HTTP' must be one of 'TCP, TLS, UDP, TCP_UDP'"
        );
        assert_eq!(
            text(Some("TCP")),
            "Listener protocol 'TCP' must be one of 'HTTP, HTTPS'"
        );
        assert_eq!(text(None), "A listener protocol must be specified");
    }
}
