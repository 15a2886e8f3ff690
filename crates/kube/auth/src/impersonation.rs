//! Acting as somebody else: what `Impersonate-User` and its kin ask for, and what must be allowed for it. Pure.

use std::collections::BTreeMap;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::{
    Attributes,
    user::{AUTHENTICATED, SERVICE_ACCOUNTS, UNAUTHENTICATED, UserInfo},
};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
/// Headers of one request; each is a question to the authorizers.
const MOST: usize = 64;
const AUTHENTICATION_GROUP: &str = "authentication.k8s.io";

/// Who is to be acted as, and each thing that must be allowed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub user: UserInfo,
    pub needed: Vec<Attributes>,
}

/// What a request's headers ask for; nothing if they ask for nobody.
///
/// # Errors
/// They ask for groups or more of nobody, or for too much; the text is for the log.
pub fn asked(headers: &HeaderMap) -> Result<Option<Asked>, &'static str> {
    let mut ours = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("impersonate-"));
    if ours.any(|(_, value)| value.to_str().is_err()) {
        return Err("a header of impersonation is no ASCII");
    }
    let single = [USER, UID]
        .iter()
        .all(|it| headers.get_all(*it).iter().count() <= 1);
    if !single {
        return Err("several users or uids are to be impersonated");
    }
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let extra: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            let key = name.as_str().strip_prefix(EXTRA)?;
            Some((key, value.to_str().ok()?))
        })
        .collect();
    let groups: Vec<String> = headers
        .get_all(GROUP)
        .iter()
        .filter_map(|it| it.to_str().ok().map(str::to_owned))
        .collect();
    let Some(name) = text(USER).filter(|it| !it.is_empty()) else {
        let more = !groups.is_empty() || !extra.is_empty() || headers.contains_key(UID);
        return match more {
            true => Err("groups, uid or extra of no user are to be impersonated"),
            false => Ok(None),
        };
    };
    if groups.len() + extra.len() > MOST {
        return Err("too many headers of impersonation");
    }
    let mut user = UserInfo {
        name: name.to_owned(),
        uid: text(UID).unwrap_or_default().to_owned(),
        groups,
        extra: BTreeMap::new(),
    };
    let mut needed = vec![of_user(&user)];
    needed.extend(user.groups.iter().map(|it| what("", "groups", "", it)));
    if !user.uid.is_empty() {
        needed.push(what(AUTHENTICATION_GROUP, "uids", "", &user.uid));
    }
    for (key, value) in extra {
        let key = percent_decode_str(key).decode_utf8_lossy().to_lowercase();
        needed.push(what(AUTHENTICATION_GROUP, "userextras", &key, value));
        user.extra.entry(key).or_default().push(value.to_owned());
    }
    complete(&mut user);
    Ok(Some(Asked { user, needed }))
}

fn what(group: &str, resource: &str, subresource: &str, name: &str) -> Attributes {
    Attributes {
        verb: "impersonate".to_owned(),
        group: group.to_owned(),
        version: "v1".to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    }
}

fn of_user(user: &UserInfo) -> Attributes {
    match user.as_service_account() {
        Some((namespace, name)) => Attributes {
            namespace: namespace.to_owned(),
            ..what("", "serviceaccounts", "", name)
        },
        None => what("", "users", "", &user.name),
    }
}

/// The groups that everybody has: those of a service account unless groups were named, and of the authenticated.
fn complete(user: &mut UserInfo) {
    if let Some((namespace, _)) = user.as_service_account()
        && user.groups.is_empty()
    {
        let own = format!("{SERVICE_ACCOUNTS}:{namespace}");
        user.groups = vec![SERVICE_ACCOUNTS.to_owned(), own];
    }
    let anonymous = user.name == crate::user::ANONYMOUS;
    let usual = if anonymous {
        UNAUTHENTICATED
    } else {
        AUTHENTICATED
    };
    if !user.is_in(AUTHENTICATED) && !user.is_in(UNAUTHENTICATED) {
        user.groups.push(usual.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Option<Asked>, &'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        asked(&headers)
    }

    #[test]
    fn each_thing_is_asked_for() {
        assert_eq!(of(&[("accept", "x")]), Ok(None));
        let found = of(&[
            ("Impersonate-User", "jane"),
            ("Impersonate-Group", "a"),
            ("Impersonate-Group", "b"),
            ("Impersonate-Uid", "7"),
            ("Impersonate-Extra-Acme%2fScopes", "view"),
        ]);
        let found = found.unwrap().unwrap();
        assert_eq!(found.user.groups, ["a", "b", AUTHENTICATED]);
        assert_eq!(found.user.extra["acme/scopes"], ["view"]);
        let asked: Vec<String> = found
            .needed
            .iter()
            .map(|it| format!("{} {}", it.full_resource(), it.name))
            .collect();
        let expected = [
            "users jane",
            "groups a",
            "groups b",
            "uids 7",
            "userextras/acme/scopes view",
        ];
        assert_eq!(asked, expected);
    }

    #[test]
    fn service_accounts_have_their_groups() {
        let found = of(&[("Impersonate-User", "system:serviceaccount:team:builder")]);
        let found = found.unwrap().unwrap();
        let expected = [
            "system:serviceaccounts",
            "system:serviceaccounts:team",
            AUTHENTICATED,
        ];
        assert_eq!(found.user.groups, expected);
        assert_eq!(found.needed[0].resource, "serviceaccounts");
        assert_eq!(found.needed[0].namespace, "team");
    }

    /// Who is to be acted as must not be dropped: the request would be its sender's own.
    #[test]
    fn what_cannot_be_read_is_refused() {
        let mut headers = HeaderMap::new();
        let name = HeaderValue::from_bytes("jan\u{e9}".as_bytes()).unwrap();
        headers.insert("impersonate-user", name);
        assert!(asked(&headers).is_err());
        assert!(of(&[("Impersonate-User", "a"), ("Impersonate-User", "b")]).is_err());
    }

    #[test]
    fn groups_of_nobody_are_refused() {
        assert!(of(&[("Impersonate-Group", "system:masters")]).is_err());
        assert!(of(&[("Impersonate-Extra-a", "b")]).is_err());
        let many = vec![("Impersonate-Group", "g"); MOST + 1];
        let many: Vec<_> = [("Impersonate-User", "u")]
            .into_iter()
            .chain(many)
            .collect();
        assert!(of(&many).is_err());
    }
}
