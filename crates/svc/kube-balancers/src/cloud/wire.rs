//! Actions and conditions as load balancing says them. Pure.

use wharf_api_elbv2 as wire;

use crate::stack::{Action, Auth, ClientSecret, Condition};

/// What a listener or a rule does: users are authenticated first, if they are.
pub fn actions(auth: Option<&Auth>, action: &Action) -> Vec<wire::Action> {
    let Some(auth) = auth else {
        return vec![self::action(action)];
    };
    let config = wire::AuthenticateOidcActionConfig {
        issuer: Some(auth.issuer.clone()),
        authorization_endpoint: Some(auth.authorization_endpoint.clone()),
        token_endpoint: Some(auth.token_endpoint.clone()),
        user_info_endpoint: Some(auth.user_info_endpoint.clone()),
        client_id: Some(auth.client_id.clone()),
        client_secret: auth.secret.text().map(str::to_owned),
        session_cookie_name: Some(auth.cookie.clone()),
        scope: Some(auth.scope.clone()),
        session_timeout: Some(auth.seconds),
        authentication_request_extra_params: (!auth.extra.is_empty()).then(|| auth.extra.clone()),
        on_unauthenticated_request: Some(auth.unauthenticated.clone()),
        use_existing_client_secret: None,
    };
    let first = wire::Action {
        type_: Some("authenticate-oidc".to_owned()),
        order: Some(1),
        authenticate_oidc_config: Some(config),
        ..wire::Action::default()
    };
    let then = wire::Action {
        order: Some(2),
        ..self::action(action)
    };
    vec![first, then]
}

/// `None` for what is never made here. `told` is the digest of the secret that was told last.
pub fn actions_seen(
    actions: Option<Vec<wire::Action>>,
    told: Option<[u8; 32]>,
) -> Option<(Option<Auth>, Action)> {
    let mut actions = actions?;
    if actions.first()?.type_.as_deref() != Some("authenticate-oidc") {
        return Some((None, action_seen(Some(actions))?));
    }
    let first = actions.remove(0).authenticate_oidc_config?;
    let auth = Auth {
        issuer: first.issuer?,
        authorization_endpoint: first.authorization_endpoint?,
        token_endpoint: first.token_endpoint?,
        user_info_endpoint: first.user_info_endpoint?,
        client_id: first.client_id?,
        secret: ClientSecret::told(told),
        cookie: first.session_cookie_name?,
        scope: first.scope?,
        seconds: first.session_timeout?,
        extra: first
            .authentication_request_extra_params
            .unwrap_or_default(),
        unauthenticated: first.on_unauthenticated_request?,
    };
    Some((Some(auth), action_seen(Some(actions))?))
}

/// Its groups by their ARNs.
fn action(action: &Action) -> wire::Action {
    match action {
        Action::Forward { groups, sticky } => match (groups.as_slice(), sticky) {
            ([(arn, 1)], None) => wire::Action {
                type_: Some("forward".to_owned()),
                target_group_arn: Some(arn.clone()),
                ..wire::Action::default()
            },
            _ => {
                let tuple = |(arn, weight): &(String, i32)| wire::TargetGroupTuple {
                    target_group_arn: Some(arn.clone()),
                    weight: Some(*weight),
                };
                let sticky = sticky.map(|seconds| wire::TargetGroupStickinessConfig {
                    enabled: Some(true),
                    duration_seconds: Some(seconds),
                });
                wire::Action {
                    type_: Some("forward".to_owned()),
                    forward_config: Some(wire::ForwardActionConfig {
                        target_groups: Some(groups.iter().map(tuple).collect()),
                        target_group_stickiness_config: sticky,
                    }),
                    ..wire::Action::default()
                }
            }
        },
        Action::Redirect {
            protocol,
            port,
            host,
            path,
            query,
            status,
        } => wire::Action {
            type_: Some("redirect".to_owned()),
            redirect_config: Some(wire::RedirectActionConfig {
                protocol: Some(protocol.clone()),
                port: Some(port.clone()),
                host: Some(host.clone()),
                path: Some(path.clone()),
                query: Some(query.clone()),
                status_code: Some(status.clone()),
            }),
            ..wire::Action::default()
        },
        Action::Fixed {
            status,
            content_type,
            body,
        } => wire::Action {
            type_: Some("fixed-response".to_owned()),
            fixed_response_config: Some(wire::FixedResponseActionConfig {
                message_body: body.clone(),
                status_code: Some(status.clone()),
                content_type: content_type.clone(),
            }),
            ..wire::Action::default()
        },
    }
}

/// `None` for what is never made here.
fn action_seen(actions: Option<Vec<wire::Action>>) -> Option<Action> {
    let mut actions = actions?.into_iter();
    let (Some(action), None) = (actions.next(), actions.next()) else {
        return None;
    };
    match action.type_.as_deref()? {
        "forward" => {
            let config = action.forward_config.unwrap_or_default();
            let tuples = config.target_groups.unwrap_or_default();
            let sticky = config.target_group_stickiness_config.unwrap_or_default();
            let mut groups: Vec<(String, i32)> = tuples
                .into_iter()
                .map(|it| {
                    (
                        it.target_group_arn.unwrap_or_default(),
                        it.weight.unwrap_or(1),
                    )
                })
                .collect();
            if groups.is_empty() {
                groups.push((action.target_group_arn?, 1));
            }
            Some(Action::Forward {
                groups,
                sticky: sticky
                    .duration_seconds
                    .filter(|_| sticky.enabled == Some(true)),
            })
        }
        "redirect" => {
            let config = action.redirect_config?;
            Some(Action::Redirect {
                protocol: config.protocol?,
                port: config.port?,
                host: config.host?,
                path: config.path?,
                query: config.query?,
                status: config.status_code?,
            })
        }
        "fixed-response" => {
            let config = action.fixed_response_config?;
            Some(Action::Fixed {
                status: config.status_code?,
                content_type: config.content_type,
                body: config.message_body,
            })
        }
        _ => None,
    }
}

pub fn condition(condition: &Condition) -> wire::RuleCondition {
    let mut made = wire::RuleCondition::default();
    let field = match condition {
        Condition::Host(values) => {
            made.host_header_config = Some(wire::HostHeaderConditionConfig {
                values: Some(values.clone()),
                ..wire::HostHeaderConditionConfig::default()
            });
            "host-header"
        }
        Condition::Path(values) => {
            made.path_pattern_config = Some(wire::PathPatternConditionConfig {
                values: Some(values.clone()),
                ..wire::PathPatternConditionConfig::default()
            });
            "path-pattern"
        }
        Condition::Header { name, values } => {
            made.http_header_config = Some(wire::HttpHeaderConditionConfig {
                http_header_name: Some(name.clone()),
                values: Some(values.clone()),
                ..wire::HttpHeaderConditionConfig::default()
            });
            "http-header"
        }
        Condition::Method(values) => {
            made.http_request_method_config = Some(wire::HttpRequestMethodConditionConfig {
                values: Some(values.clone()),
            });
            "http-request-method"
        }
        Condition::Query(values) => {
            let pair = |(key, value): &(Option<String>, String)| wire::QueryStringKeyValuePair {
                key: key.clone(),
                value: Some(value.clone()),
            };
            made.query_string_config = Some(wire::QueryStringConditionConfig {
                values: Some(values.iter().map(pair).collect()),
            });
            "query-string"
        }
        Condition::Source(values) => {
            made.source_ip_config = Some(wire::SourceIpConditionConfig {
                values: Some(values.clone()),
                ..wire::SourceIpConditionConfig::default()
            });
            "source-ip"
        }
    };
    made.field = Some(field.to_owned());
    made
}

/// `None` for what is never made here.
pub fn condition_seen(seen: wire::RuleCondition) -> Option<Condition> {
    let plain = seen.values;
    Some(match seen.field.as_deref()? {
        "host-header" => {
            Condition::Host(seen.host_header_config.and_then(|it| it.values).or(plain)?)
        }
        "path-pattern" => Condition::Path(
            seen.path_pattern_config
                .and_then(|it| it.values)
                .or(plain)?,
        ),
        "http-header" => {
            let config = seen.http_header_config?;
            Condition::Header {
                name: config.http_header_name?,
                values: config.values?,
            }
        }
        "http-request-method" => Condition::Method(seen.http_request_method_config?.values?),
        "query-string" => {
            let values = seen.query_string_config?.values?.into_iter();
            Condition::Query(
                values
                    .map(|it| (it.key, it.value.unwrap_or_default()))
                    .collect(),
            )
        }
        "source-ip" => Condition::Source(seen.source_ip_config?.values?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_authenticates_users_is_seen_but_for_the_secret() {
        let secret = ClientSecret::known("sesame".to_owned());
        let auth = Auth {
            issuer: "https://idp.test".to_owned(),
            authorization_endpoint: "https://idp.test/authorize".to_owned(),
            token_endpoint: "https://idp.test/token".to_owned(),
            user_info_endpoint: "https://idp.test/userinfo".to_owned(),
            client_id: "web".to_owned(),
            secret: secret.clone(),
            cookie: "session".to_owned(),
            scope: "openid email".to_owned(),
            seconds: 60,
            extra: [("prompt".to_owned(), "login".to_owned())].into(),
            unauthenticated: "deny".to_owned(),
        };
        let forward = Action::Forward {
            groups: vec![("a".to_owned(), 1)],
            sticky: None,
        };
        assert!(!format!("{auth:?}").contains("sesame"));
        let mut told = actions(Some(&auth), &forward);
        let config = told[0].authenticate_oidc_config.as_mut().unwrap();
        assert_eq!(config.client_secret.take().as_deref(), Some("sesame"));
        let seen = |digest| actions_seen(Some(told.clone()), digest).unwrap();
        assert_eq!(seen(secret.digest()), (Some(auth.clone()), forward.clone()));
        // Not known, or another by now: told again.
        let other = ClientSecret::known("other".to_owned()).digest();
        assert_ne!(seen(None).0.unwrap(), auth);
        assert_ne!(seen(other).0.unwrap(), auth);
        let plain = actions(None, &forward);
        assert_eq!(actions_seen(Some(plain), None), Some((None, forward)));
    }

    #[test]
    fn what_is_said_is_seen() {
        for it in [
            Condition::Host(vec!["a".to_owned()]),
            Condition::Path(vec!["/a".to_owned(), "/a/*".to_owned()]),
            Condition::Header {
                name: "X".to_owned(),
                values: vec!["1".to_owned()],
            },
            Condition::Method(vec!["GET".to_owned()]),
            Condition::Query(vec![
                (None, "v".to_owned()),
                (Some("k".to_owned()), "w".to_owned()),
            ]),
            Condition::Source(vec!["10.0.0.0/8".to_owned()]),
        ] {
            assert_eq!(condition_seen(condition(&it)), Some(it));
        }
        for it in [
            Action::Forward {
                groups: vec![("a".to_owned(), 1)],
                sticky: None,
            },
            Action::Forward {
                groups: vec![("a".to_owned(), 3)],
                sticky: None,
            },
            Action::Forward {
                groups: vec![("a".to_owned(), 3), ("b".to_owned(), 0)],
                sticky: Some(60),
            },
            Action::Fixed {
                status: "404".to_owned(),
                content_type: Some("text/plain".to_owned()),
                body: None,
            },
        ] {
            assert_eq!(action_seen(Some(vec![action(&it)])), Some(it));
        }
        assert_eq!(action_seen(None), None);
    }
}
