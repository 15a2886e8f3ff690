//! Names and ARNs of buses, rules and what belongs to them.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;

use crate::records::{Bus, Rule, Rules};

/// The service's segment of keys, and its part of ARNs.
pub const SERVICE: &str = "events";
/// The bus that is there in every account and region.
pub const DEFAULT_BUS: &str = "default";

/// A bus that a request named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusName {
    pub place: Place,
    pub name: String,
}

impl BusName {
    /// What a name or an ARN stands for where it is asked for; without either, the default bus.
    pub fn asked(at: &Place, given: Option<&str>) -> Self {
        let given = given.unwrap_or(DEFAULT_BUS);
        if let Ok(arn) = given.parse::<Arn>()
            && let Some(name) = arn.resource.strip_prefix("event-bus/")
            && arn.service == SERVICE
        {
            return Self {
                place: Place::new(&arn.account, &arn.region),
                name: name.to_owned(),
            };
        }
        Self {
            place: at.clone(),
            name: given.to_owned(),
        }
    }

    pub fn is_default(&self) -> bool {
        self.name == DEFAULT_BUS
    }

    pub fn arn(&self) -> String {
        arn(&self.place, format!("event-bus/{}", self.name))
    }

    pub fn key(&self) -> String {
        scope(&self.place).key(Bus::KIND, &self.name)
    }

    /// Of what says that its rules changed.
    pub fn rules_key(&self) -> String {
        scope(&self.place).key(Rules::KIND, &self.name)
    }

    pub fn rule_key(&self, rule: &str) -> String {
        scope(&self.place).key(Rule::KIND, &self.rule_id(rule))
    }

    /// The id of a rule's record; what all ids of this bus begin with, for an empty name.
    pub fn rule_id(&self, rule: &str) -> String {
        format!("{}|{rule}", self.name)
    }

    pub fn rule_arn(&self, rule: &str) -> String {
        arn(&self.place, rule_resource(&self.name, rule))
    }
}

/// The resource part of a rule's ARN: those of the default bus do not name it.
pub fn rule_resource(bus: &str, rule: &str) -> String {
    match bus {
        DEFAULT_BUS => format!("rule/{rule}"),
        bus => format!("rule/{bus}/{rule}"),
    }
}

/// Bus and rule of the id of a rule's record.
pub fn of_rule_id(id: &str) -> (&str, &str) {
    id.split_once('|').unwrap_or((DEFAULT_BUS, id))
}

/// Something with tags that an ARN names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    Bus(BusName),
    Rule(BusName, String),
}

impl Tagged {
    /// `None` for the ARN of something else.
    pub fn parse(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok().filter(|it: &Arn| it.service == SERVICE)?;
        let bus = |name: &str| BusName {
            place: Place::new(&arn.account, &arn.region),
            name: name.to_owned(),
        };
        let (kind, rest) = arn.resource.split_once('/')?;
        match kind {
            "event-bus" => Some(Self::Bus(bus(rest))),
            // A bus of a partner has slashes in its name; a rule has none.
            "rule" => Some(match rest.rsplit_once('/') {
                Some((of, rule)) => Self::Rule(bus(of), rule.to_owned()),
                None => Self::Rule(bus(DEFAULT_BUS), rest.to_owned()),
            }),
            _ => None,
        }
    }
}

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn arn(place: &Place, resource: String) -> String {
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_is_named_or_given_by_its_arn() {
        let here = Place::new("000000000000", "us-east-1");
        let there = "arn:aws:events:eu-west-1:111111111111:event-bus/a";
        assert!(BusName::asked(&here, None).is_default());
        assert_eq!(BusName::asked(&here, Some(there)).arn(), there);
        assert_eq!(BusName::asked(&here, Some("a")).place, here);
    }

    #[test]
    fn arns_of_rules_name_their_bus_unless_it_is_the_default() {
        let here = Place::new("000000000000", "us-east-1");
        for bus in [None, Some("orders")] {
            let bus = BusName::asked(&here, bus);
            let arn = bus.rule_arn("r");
            assert_eq!(Tagged::parse(&arn), Some(Tagged::Rule(bus, "r".to_owned())));
        }
        assert_eq!(Tagged::parse("arn:aws:events:r:1:archive/x"), None);
        assert_eq!(Tagged::parse("arn:aws:sqs:r:1:rule/x"), None);
        assert_eq!(of_rule_id("orders|r"), ("orders", "r"));
    }
}
