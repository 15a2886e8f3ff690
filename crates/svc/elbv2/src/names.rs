//! The names of load balancers and what belongs to them, in ARNs and in keys.
//!
//! | thing | resource part of its ARN | id in its key |
//! | --- | --- | --- |
//! | load balancer | `loadbalancer/app/NAME/ID` | `app/NAME/ID` |
//! | listener | `listener/app/NAME/ID/L` | `app/NAME/ID/L` |
//! | rule | `listener-rule/app/NAME/ID/L/R` | `app/NAME/ID/L/R` |
//! | target group | `targetgroup/NAME/ID` | `NAME/ID` |
//! | target | — | `NAME/ID/TARGET:PORT` |
//!
//! Those of network load balancers have `net` for `app`.
//!
//! A thing's id starts with its owner's, so that all that belongs to one is one range of keys.

use wharf_base::Arn;
use wharf_planeproto::balancer::TargetRef;
use wharf_records::Scope;
pub use wharf_service::Place;
use wharf_service::platform;
use wharf_wire::Fault;

use crate::fault;

/// The service segment of every key.
pub const SERVICE: &str = "elbv2";
/// The service segment of every ARN.
const NAMESPACE: &str = "elasticloadbalancing";

/// What stands for an account in keys of what belongs to none.
pub fn is_platform(scope: &Scope) -> bool {
    scope.account == platform::ACCOUNT
}

/// What has an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Balancer,
    Listener,
    Rule,
    Group,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Balancer, Self::Listener, Self::Rule, Self::Group];

    /// The first part of the ARN's resource.
    fn head(self) -> &'static str {
        match self {
            Self::Balancer => "loadbalancer",
            Self::Listener => "listener",
            Self::Rule => "listener-rule",
            Self::Group => "targetgroup",
        }
    }

    /// Parts of an id.
    fn parts(self) -> usize {
        match self {
            Self::Balancer => 3,
            Self::Listener => 4,
            Self::Rule => 5,
            Self::Group => 2,
        }
    }

    /// As refusals call it.
    fn noun(self) -> &'static str {
        match self {
            Self::Balancer => "load balancer",
            Self::Listener => "listener",
            Self::Rule => "listener rule",
            Self::Group => "target group",
        }
    }

    /// Whether `id` has the form of this kind's ids.
    fn fits(self, id: &str) -> bool {
        let mut parts = 0;
        for part in id.split('/') {
            parts += 1;
            if part.is_empty() {
                return false;
            }
        }
        parts == self.parts() && (self == Self::Group || id.starts_with("app/") || is_network(id))
    }
}

/// Whether the load balancer of this id, or what belongs to it, is a network load balancer.
pub fn is_network(id: &str) -> bool {
    id.starts_with("net/")
}

/// What belongs to an account in a region.
pub trait Names {
    fn scope(&self) -> Scope;

    fn arn(&self, kind: Kind, id: &str) -> String;

    /// The id in an ARN that a caller gave; what is no ARN of that kind at all is refused, and
    /// `Ok(None)` is one of another account or region.
    fn id(&self, kind: Kind, given: Option<&str>) -> Result<Option<String>, Fault>;
}

impl Names for Place {
    fn scope(&self) -> Scope {
        Scope::new(SERVICE, &self.account, &self.region)
    }

    fn arn(&self, kind: Kind, id: &str) -> String {
        let resource = format!("{}/{id}", kind.head());
        Arn::new(NAMESPACE, &self.region, &self.account, resource).to_string()
    }

    fn id(&self, kind: Kind, given: Option<&str>) -> Result<Option<String>, Fault> {
        let given = given.unwrap_or_default();
        let (place, found, id) =
            parse(given).ok_or_else(|| fault::not_an_arn(given, kind.noun()))?;
        if found != kind {
            return Err(fault::not_an_arn(given, kind.noun()));
        }
        Ok((place == *self).then_some(id))
    }
}

/// The scope of what belongs to no account: addresses and load balancer hosts.
pub fn platform_scope() -> Scope {
    platform::scope(SERVICE)
}

/// Splits an ARN of this service; `None` for anything else.
pub fn parse(arn: &str) -> Option<(Place, Kind, String)> {
    let arn: Arn = arn.parse().ok()?;
    if arn.service != NAMESPACE || arn.region.is_empty() || arn.account.is_empty() {
        return None;
    }
    let (head, id) = arn.resource.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.head() == head)?;
    kind.fits(id).then(|| {
        let place = Place::new(&arn.account, &arn.region);
        (place, kind, id.to_owned())
    })
}

/// Whether an ARN is one of Certificate Manager.
pub fn is_managed_certificate(arn: &str) -> bool {
    arn.parse::<Arn>().is_ok_and(|arn| arn.service == "acm")
}

/// The id of what `id` belongs to: the listener of a rule, the load balancer of a listener.
pub fn owner(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(owner, _)| owner)
}

/// The ARN of the load balancer of a listener or rule.
pub fn balancer_of(arn: &str) -> Option<String> {
    let (place, kind, id) = parse(arn)?;
    let id = match kind {
        Kind::Listener => owner(&id),
        Kind::Rule => owner(owner(&id)),
        Kind::Balancer | Kind::Group => return None,
    };
    Some(place.arn(Kind::Balancer, id))
}

/// The key id of a target.
pub fn target_id(group: &str, target: &str, port: u16) -> String {
    format!("{group}/{target}:{port}")
}

/// The group's id and the target's own of a target's key id.
pub fn split_target(id: &str) -> Option<(&str, &str, u16)> {
    let (rest, port) = id.rsplit_once(':')?;
    let (group, target) = rest.rsplit_once('/')?;
    Some((group, target, port.parse().ok()?))
}

/// The target as planes name it.
pub fn target_ref(place: &Place, id: &str) -> Option<TargetRef> {
    let (group, target, port) = split_target(id)?;
    Some(TargetRef {
        group: place.arn(Kind::Group, group),
        id: target.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::new("000000000000", "us-east-1")
    }

    const RULE: &str =
        "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/web/1/2/3";

    #[test]
    fn an_arn_and_its_id_are_each_others() {
        let (found, kind, id) = parse(RULE).unwrap();
        assert_eq!(
            (&found, kind, id.as_str()),
            (&place(), Kind::Rule, "app/web/1/2/3")
        );
        assert_eq!(place().arn(kind, &id), RULE);
        assert_eq!(owner(&id), "app/web/1/2");
        assert_eq!(
            balancer_of(RULE).as_deref(),
            Some("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1")
        );
    }

    #[test]
    fn an_arn_of_another_kind_is_refused_in_aws_words() {
        let fault = place().id(Kind::Listener, Some(RULE)).unwrap_err();
        assert_eq!(fault.code, "ValidationError");
        assert_eq!(
            fault.message,
            format!("'{RULE}' is not a valid listener ARN")
        );
        for text in [
            "",
            "x",
            "arn:aws:elasticloadbalancing:us-east-1:0:listener/app//1/2",
        ] {
            assert!(place().id(Kind::Listener, Some(text)).is_err(), "{text}");
        }
        let other = RULE.replace("us-east-1", "eu-west-1");
        assert_eq!(place().id(Kind::Rule, Some(&other)), Ok(None));
    }

    #[test]
    fn a_target_is_found_in_its_key() {
        let id = target_id("web/1", "172.31.0.9", 80);
        assert_eq!(split_target(&id), Some(("web/1", "172.31.0.9", 80)));
        assert_eq!(
            target_ref(&place(), &id).unwrap().to_string(),
            "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/1 172.31.0.9:80"
        );
        assert_eq!(split_target("nonsense"), None);
    }
}
