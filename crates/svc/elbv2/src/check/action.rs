//! Actions of listeners and rules.

use wharf_api_elbv2::{
    Action as Given, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig, faults,
};
use wharf_wire::Fault;

use super::oidc;
use crate::{
    fault,
    names::{self, Kind},
    records::{Action, OidcSettings, Protocol, Routing, WeightedGroup},
};

/// Groups one action may forward to.
const MAX_GROUPS: usize = 5;
const MAX_WEIGHT: u32 = 999;
/// A week.
const MAX_STICKY_SECONDS: u32 = 604_800;

/// The listener an action belongs to, which decides what loops.
#[derive(Debug, Clone, Copy)]
pub struct At {
    pub protocol: Protocol,
    pub port: u16,
}

/// An action as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Routing(Action),
    Oidc {
        order: Option<u32>,
        settings: OidcSettings,
        /// `None`: the one that is there.
        secret: Option<String>,
    },
}

impl Asked {
    fn order(&self) -> Option<u32> {
        match self {
            Self::Routing(action) => action.order,
            Self::Oidc { order, .. } => *order,
        }
    }
}

/// The actions of a listener or rule, in their order: exactly one that routes, at the end, and before it perhaps one that authenticates.
pub fn actions(given: Vec<Given>, at: At) -> Result<Vec<Asked>, Fault> {
    if let Some(other) = given.iter().find(|it| !routes(it) && !authenticates(it)) {
        let kind = other.type_.as_deref().unwrap_or_default();
        return Err(fault::unsupported(format_args!("The action type '{kind}'")));
    }
    if given.is_empty() {
        return Err(fault::invalid("An action must be specified"));
    }
    if given.iter().filter(|it| routes(it)).count() > 1 {
        return Err(faults::too_many_actions_exception(
            "You can specify exactly one action of the types forward, redirect and fixed-response",
        ));
    }
    if given.iter().filter(|it| authenticates(it)).count() > 1 {
        return Err(faults::too_many_actions_exception(
            "You can specify at most one action of the type authenticate-oidc",
        ));
    }
    let mut actions: Vec<Asked> = given
        .into_iter()
        .map(|it| action(it, at))
        .collect::<Result<_, _>>()?;
    in_order(&mut actions)?;
    if at.protocol.is_network() {
        actions.iter().try_for_each(of_network)?;
    }
    let routing = matches!(actions.last(), Some(Asked::Routing(_)));
    match routing {
        true => Ok(actions),
        false => Err(faults::invalid_load_balancer_action_exception(
            "The last action must be one of the types forward, redirect and fixed-response",
        )),
    }
}

/// Several actions say each when their turn is.
fn in_order(actions: &mut [Asked]) -> Result<(), Fault> {
    if actions.len() < 2 {
        return Ok(());
    }
    let orders = actions.iter().filter_map(Asked::order);
    let orders: std::collections::BTreeSet<u32> = orders.collect();
    if orders.len() < actions.len() {
        return Err(faults::invalid_load_balancer_action_exception(
            "Each of several actions must have an order of its own",
        ));
    }
    actions.sort_by_key(Asked::order);
    Ok(())
}

fn authenticates(given: &Given) -> bool {
    given.type_.as_deref() == Some("authenticate-oidc")
}

/// A network load balancer forwards to one group, and nothing else.
fn of_network(action: &Asked) -> Result<(), Fault> {
    let Asked::Routing(action) = action else {
        return Err(faults::invalid_load_balancer_action_exception(
            "Network Load Balancer listeners support the action type 'forward' only",
        ));
    };
    match &action.routing {
        Routing::Forward { groups, sticky, .. } if groups.len() == 1 && !sticky => Ok(()),
        Routing::Forward { .. } => Err(fault::unsupported(
            "Forwarding to several target groups by a Network Load Balancer",
        )),
        Routing::Redirect { .. } | Routing::FixedResponse { .. } | Routing::AuthenticateOidc(_) => {
            Err(faults::invalid_load_balancer_action_exception(
                "Network Load Balancer listeners support the action type 'forward' only",
            ))
        }
    }
}

fn routes(given: &Given) -> bool {
    let kind = given.type_.as_deref().unwrap_or_default();
    matches!(kind, "forward" | "redirect" | "fixed-response")
}

fn action(given: Given, at: At) -> Result<Asked, Fault> {
    let kind = given.type_.as_deref().unwrap_or_default();
    let order = given.order.and_then(|order| u32::try_from(order).ok());
    if kind == "authenticate-oidc" {
        if !at.protocol.is_network() && at.protocol != Protocol::Https {
            return Err(faults::invalid_load_balancer_action_exception(
                "Actions of type 'authenticate-oidc' are supported only on HTTPS listeners",
            ));
        }
        let config = config(given.authenticate_oidc_config, kind)?;
        let (settings, secret) = oidc::settings(config)?;
        return Ok(Asked::Oidc {
            order,
            settings,
            secret,
        });
    }
    let routing = match kind {
        "forward" => forward(given.target_group_arn, given.forward_config)?,
        "redirect" => redirect(config(given.redirect_config, "redirect")?, at)?,
        _ => fixed(config(given.fixed_response_config, "fixed-response")?)?,
    };
    Ok(Asked::Routing(Action { order, routing }))
}

fn config<T>(config: Option<T>, kind: &str) -> Result<T, Fault> {
    config.ok_or_else(|| {
        fault::invalid(format!(
            "An action of type '{kind}' must have its configuration"
        ))
    })
}

fn forward(arn: Option<String>, config: Option<ForwardActionConfig>) -> Result<Routing, Fault> {
    let config = config.unwrap_or_default();
    let sticky = config.target_group_stickiness_config.unwrap_or_default();
    let mut groups = Vec::new();
    for tuple in config.target_groups.unwrap_or_default() {
        let group = tuple.target_group_arn.unwrap_or_default();
        let weight = u32::try_from(tuple.weight.unwrap_or(1)).ok();
        let weight = weight
            .filter(|weight| *weight <= MAX_WEIGHT)
            .ok_or_else(|| {
                fault::invalid("The weight of a target group must be between 0 and 999")
            })?;
        groups.push(WeightedGroup { group, weight });
    }
    if let Some(arn) = arn {
        if groups.is_empty() {
            groups.push(WeightedGroup {
                group: arn,
                weight: 1,
            });
        } else if groups.len() > 1 || groups[0].group != arn {
            return Err(fault::invalid(
                "TargetGroupArn and ForwardConfig must name the same target group if both are specified",
            ));
        }
    }
    if groups.is_empty() {
        return Err(fault::invalid("A target group ARN must be specified"));
    }
    if groups.len() > MAX_GROUPS {
        return Err(fault::invalid(
            "A forward action can have at most '5' target groups",
        ));
    }
    for (index, one) in groups.iter().enumerate() {
        if !matches!(names::parse(&one.group), Some((_, Kind::Group, _))) {
            return Err(fault::not_an_arn(&one.group, "target group"));
        }
        if groups[..index].iter().any(|other| other.group == one.group) {
            return Err(fault::invalid("The target groups of an action must differ"));
        }
    }
    let enabled = sticky.enabled == Some(true);
    let seconds = sticky
        .duration_seconds
        .map(|it| u32::try_from(it).unwrap_or(0));
    if seconds.is_some_and(|it| !(1..=MAX_STICKY_SECONDS).contains(&it)) {
        return Err(fault::invalid(
            "Target group stickiness duration must be between 1 and 604800 seconds",
        ));
    }
    if enabled && seconds.is_none() {
        return Err(fault::invalid(
            "You must specify a target group stickiness duration if stickiness is enabled",
        ));
    }
    Ok(Routing::Forward {
        groups,
        sticky: enabled,
        sticky_seconds: seconds,
    })
}

fn redirect(given: RedirectActionConfig, at: At) -> Result<Routing, Fault> {
    let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
    let protocol = or(given.protocol, "#{protocol}");
    let host = or(given.host, "#{host}");
    let port = or(given.port, "#{port}");
    let path = or(given.path, "/#{path}");
    let query = or(given.query, "#{query}");
    for part in [&host, &path, &query] {
        placeholders(part)?;
    }
    let number = port.parse::<u16>().ok().filter(|number| *number != 0);
    if port != "#{port}" && number.is_none() {
        return Err(fault::invalid(format!(
            "The redirect port '{port}' must be '#{{port}}' or between 1 and 65535"
        )));
    }
    if !path.starts_with('/') {
        return Err(fault::invalid(format!(
            "The redirect path '{path}' must begin with '/'"
        )));
    }
    let own = at.protocol.name();
    if own == "HTTPS" && protocol == "HTTP" {
        return Err(fault::invalid(
            "HTTPS requests cannot be redirected to HTTP",
        ));
    }
    let same = (protocol == "#{protocol}" || protocol == own)
        && (port == "#{port}" || number == Some(at.port))
        && host == "#{host}"
        && path == "/#{path}";
    if same {
        return Err(fault::redirect_loop());
    }
    let status = match given.status_code.as_deref() {
        Some("HTTP_301") => 301,
        _ => 302,
    };
    Ok(Routing::Redirect {
        protocol,
        host,
        port,
        path,
        query,
        status,
    })
}

/// Every `#{` begins one of the five names, and nothing in the text could end a header line.
fn placeholders(text: &str) -> Result<(), Fault> {
    const NAMES: [&str; 5] = ["protocol}", "host}", "port}", "path}", "query}"];
    let known = text
        .split("#{")
        .skip(1)
        .all(|rest| NAMES.iter().any(|name| rest.starts_with(name)));
    if known && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(fault::invalid(format!(
        "The redirect component '{text}' is not valid"
    )))
}

fn fixed(given: FixedResponseActionConfig) -> Result<Routing, Fault> {
    const TYPES: [&str; 5] = [
        "text/plain",
        "text/css",
        "text/html",
        "application/javascript",
        "application/json",
    ];
    if let Some(kind) = given.content_type.as_deref()
        && !TYPES.contains(&kind)
    {
        return Err(fault::invalid(format!(
            "The Content-Type must be one of:'{}'",
            TYPES.join("', '")
        )));
    }
    let status = given
        .status_code
        .as_deref()
        .and_then(|code| code.parse().ok());
    let status = status.filter(|code| matches!(code, 200..=299 | 400..=599));
    let Some(status) = status else {
        return Err(fault::invalid("The status code must be 2XX, 4XX or 5XX"));
    };
    Ok(Routing::FixedResponse {
        status,
        content_type: given.content_type,
        body: given.message_body,
    })
}

#[cfg(test)]
mod tests {
    use wharf_api_elbv2::{
        AuthenticateOidcActionConfig, TargetGroupStickinessConfig, TargetGroupTuple,
    };

    use super::*;

    const HTTP: At = At {
        protocol: Protocol::Http,
        port: 80,
    };
    const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/1";

    #[test]
    fn network_load_balancers_forward_to_one_group() {
        let at = At {
            protocol: Protocol::Tcp,
            port: 80,
        };
        let forward = |groups: &[&str]| Given {
            forward_config: Some(ForwardActionConfig {
                target_groups: Some(
                    groups
                        .iter()
                        .map(|arn| TargetGroupTuple {
                            target_group_arn: Some((*arn).to_owned()),
                            weight: None,
                        })
                        .collect(),
                ),
                target_group_stickiness_config: None,
            }),
            ..given("forward")
        };
        let other = format!("{GROUP}2");
        assert!(actions(vec![forward(&[GROUP])], at).is_ok());
        let refused = actions(vec![forward(&[GROUP, &other])], at).unwrap_err();
        assert_eq!(refused.code, "UnsupportedOperation");
        let redirect = Given {
            redirect_config: Some(RedirectActionConfig {
                host: Some("a.example".to_owned()),
                status_code: Some("HTTP_301".to_owned()),
                ..RedirectActionConfig::default()
            }),
            ..given("redirect")
        };
        let refused = actions(vec![redirect], at).unwrap_err();
        assert_eq!(refused.code, "InvalidLoadBalancerAction");
    }

    fn given(kind: &str) -> Given {
        Given {
            type_: Some(kind.to_owned()),
            ..Given::default()
        }
    }

    fn redirection(change: impl FnOnce(&mut RedirectActionConfig)) -> Result<Vec<Asked>, Fault> {
        let mut config = RedirectActionConfig {
            status_code: Some("HTTP_301".to_owned()),
            ..RedirectActionConfig::default()
        };
        change(&mut config);
        let action = Given {
            redirect_config: Some(config),
            ..given("redirect")
        };
        actions(vec![action], HTTP)
    }

    #[test]
    fn a_redirect_to_itself_is_a_loop() {
        let text = "The redirect configuration is not valid because it creates a loop.";
        let own = |it: &mut RedirectActionConfig| {
            it.protocol = Some("HTTP".to_owned());
            it.port = Some("80".to_owned());
            it.query = Some("again".to_owned());
        };
        assert_eq!(redirection(|_| ()).unwrap_err().message, text);
        let fault = redirection(own).unwrap_err();
        assert_eq!(
            (fault.code.as_ref(), fault.message.as_str()),
            ("InvalidLoadBalancerAction", text)
        );
        assert!(redirection(|it| it.protocol = Some("HTTPS".to_owned())).is_ok());
        assert!(redirection(|it| it.path = Some("/new/#{path}".to_owned())).is_ok());
    }

    #[test]
    fn parts_of_a_redirect() {
        for (part, fits) in [
            ("/a", true),
            ("a", false),
            ("/#{nothing}", false),
            ("/a b", false),
            ("/a\r\nb", false),
        ] {
            let found = redirection(|it| it.path = Some(part.to_owned()));
            assert_eq!(found.is_ok(), fits, "{part}");
        }
        for (port, fits) in [
            ("443", true),
            ("#{port}", false),
            ("0", false),
            ("65536", false),
            ("x", false),
        ] {
            let found = redirection(|it| it.port = Some(port.to_owned()));
            assert_eq!(found.is_ok(), fits, "{port}");
        }
        let https = At {
            protocol: Protocol::Https,
            port: 443,
        };
        let down = Given {
            redirect_config: Some(RedirectActionConfig {
                protocol: Some("HTTP".to_owned()),
                ..Default::default()
            }),
            ..given("redirect")
        };
        assert!(actions(vec![down], https).is_err());
    }

    #[test]
    fn forwards() {
        let tuple = |n: usize, weight| TargetGroupTuple {
            target_group_arn: Some(format!("{GROUP}{n}")),
            weight,
        };
        let forward = |tuples: Vec<TargetGroupTuple>, sticky| {
            let action = Given {
                forward_config: Some(ForwardActionConfig {
                    target_groups: Some(tuples),
                    target_group_stickiness_config: sticky,
                }),
                ..given("forward")
            };
            actions(vec![action], HTTP)
        };
        let sticky = |seconds| TargetGroupStickinessConfig {
            enabled: Some(true),
            duration_seconds: seconds,
        };
        assert!(forward((0..5).map(|n| tuple(n, None)).collect(), None).is_ok());
        assert!(forward((0..6).map(|n| tuple(n, None)).collect(), None).is_err());
        assert!(
            forward(
                vec![tuple(1, Some(999)), tuple(2, Some(0))],
                Some(sticky(Some(60)))
            )
            .is_ok()
        );
        assert!(forward(vec![tuple(1, Some(1000))], None).is_err());
        assert!(forward(vec![tuple(1, Some(-1))], None).is_err());
        assert!(forward(vec![tuple(1, None), tuple(1, None)], None).is_err());
        assert!(forward(vec![tuple(1, None)], Some(sticky(None))).is_err());
        assert!(forward(vec![tuple(1, None)], Some(sticky(Some(604_801)))).is_err());
        assert!(forward(vec![], None).is_err());
        let plain = Given {
            target_group_arn: Some(GROUP.to_owned()),
            ..given("forward")
        };
        let made = actions(vec![plain], HTTP).unwrap();
        let [Asked::Routing(made)] = &made[..] else {
            panic!("{made:?}");
        };
        assert_eq!(made.groups().collect::<Vec<_>>(), [GROUP]);
    }

    #[test]
    fn fixed_responses() {
        let fixed = |status: &str, kind: Option<&str>| {
            let action = Given {
                fixed_response_config: Some(FixedResponseActionConfig {
                    status_code: Some(status.to_owned()),
                    content_type: kind.map(str::to_owned),
                    message_body: None,
                }),
                ..given("fixed-response")
            };
            actions(vec![action], HTTP).map_err(|fault| fault.message)
        };
        assert!(fixed("404", Some("text/html")).is_ok());
        assert!(fixed("503", None).is_ok());
        assert!(fixed("302", None).is_err());
        assert!(fixed("600", None).is_err());
        assert_eq!(
            fixed("200", Some("image/png")).unwrap_err(),
            "The Content-Type must be one of:'text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'"
        );
    }

    #[test]
    fn one_action_that_is_known() {
        assert!(actions(vec![], HTTP).is_err());
        for kind in ["authenticate-cognito", "jwt-validation"] {
            let fault = actions(vec![given(kind)], HTTP).unwrap_err();
            assert_eq!(fault.code, "UnsupportedOperation", "{kind}");
        }
        let two = vec![given("redirect"), given("fixed-response")];
        assert_eq!(actions(two, HTTP).unwrap_err().code, "TooManyActions");
    }

    fn oidc(order: Option<i32>) -> Given {
        let text = |it: &str| Some(it.to_owned());
        Given {
            order,
            authenticate_oidc_config: Some(AuthenticateOidcActionConfig {
                issuer: text("https://idp.test"),
                authorization_endpoint: text("https://idp.test/authorize"),
                token_endpoint: text("https://idp.test/token"),
                user_info_endpoint: text("https://idp.test/userinfo"),
                client_id: text("web"),
                client_secret: text("sesame"),
                ..AuthenticateOidcActionConfig::default()
            }),
            ..given("authenticate-oidc")
        }
    }

    #[test]
    fn users_are_authenticated_before_requests_are_routed() {
        let at = At {
            protocol: Protocol::Https,
            port: 443,
        };
        let forward = |order| Given {
            order,
            target_group_arn: Some(GROUP.to_owned()),
            ..given("forward")
        };
        let ordered = actions(vec![forward(Some(2)), oidc(Some(1))], at).unwrap();
        assert!(matches!(ordered[0], Asked::Oidc { .. }));
        let code = |given, at| actions(given, at).unwrap_err().code.into_owned();
        for (given, wanted) in [
            (
                vec![oidc(Some(2)), forward(Some(1))],
                "InvalidLoadBalancerAction",
            ),
            (vec![oidc(None), forward(None)], "InvalidLoadBalancerAction"),
            (
                vec![oidc(Some(1)), forward(Some(1))],
                "InvalidLoadBalancerAction",
            ),
            (vec![oidc(Some(1))], "InvalidLoadBalancerAction"),
            (
                vec![oidc(Some(1)), oidc(Some(2)), forward(Some(3))],
                "TooManyActions",
            ),
            (
                vec![given("authenticate-oidc"), forward(None)],
                "ValidationError",
            ),
        ] {
            assert_eq!(code(given, at), wanted);
        }
        let plain = actions(vec![oidc(Some(1)), forward(Some(2))], HTTP).unwrap_err();
        assert_eq!(
            plain.message,
            "Actions of type 'authenticate-oidc' are supported only on HTTPS listeners"
        );
        let tls = At {
            protocol: Protocol::Tls,
            port: 443,
        };
        let network = vec![oidc(Some(1)), forward(Some(2))];
        assert_eq!(code(network, tls), "InvalidLoadBalancerAction");
    }
}
