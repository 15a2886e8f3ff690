//! The terms of a request for Spot capacity, as requests and launch templates give them. Pure.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use super::{Interruption, Price};
use crate::fault;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What is paid at most; the On-Demand price where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price: Option<Price>,
    /// It asks again when its instance was interrupted.
    #[serde(default)]
    pub persistent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    #[serde(default)]
    pub on_interruption: Interruption,
}

/// What is said of the terms, whatever says it.
#[derive(Default)]
pub struct Given<'a> {
    pub max_price: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub interruption: Option<&'a str>,
}

impl Terms {
    /// Those of a launch; `None` for one that is On-Demand.
    pub fn of_launch(
        given: Option<&wire::InstanceMarketOptionsRequest>,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let Some(given) = given else {
            return Ok(None);
        };
        match given.market_type.as_deref() {
            None if given.spot_options.is_none() => return Ok(None),
            Some("spot") | None => {}
            Some(other @ ("capacity-block" | "interruptible-capacity-reservation")) => {
                return Err(fault::unsupported_parameter(&format!(
                    "InstanceMarketOptions.MarketType={other}"
                )));
            }
            Some(other) => {
                return Err(fault::bad_value_of(
                    "InstanceMarketOptions.MarketType",
                    other,
                ));
            }
        }
        let options = given.spot_options.clone().unwrap_or_default();
        let terms = Self::read(
            Given {
                max_price: options.max_price.as_deref(),
                kind: options.spot_instance_type.as_deref(),
                valid_from: None,
                valid_until: options.valid_until,
                interruption: options.instance_interruption_behavior.as_deref(),
            },
            now,
        )?;
        if terms.persistent && terms.on_interruption == Interruption::Terminate {
            return Err(fault::bad_combination(
                "Persistent Spot Instance requests are only supported when the instance interruption behavior is \
                 either hibernate or stop.",
            ));
        }
        if terms.valid_until.is_some() && !terms.persistent {
            return Err(fault::bad_combination(
                "ValidUntil is only supported for persistent Spot Instance requests.",
            ));
        }
        Ok(Some(terms))
    }

    pub fn read(given: Given<'_>, now: Timestamp) -> Result<Self, Fault> {
        let max_price = match given.max_price.filter(|it| !it.is_empty()) {
            None => None,
            Some(text) => {
                let price = Price::parse(text);
                Some(price.ok_or_else(|| fault::bad_value_of("SpotPrice", text))?)
            }
        };
        let persistent = match given.kind {
            None | Some("" | "one-time") => false,
            Some("persistent") => true,
            Some(other) => return Err(fault::bad_value_of("SpotInstanceType", other)),
        };
        let on_interruption = interruption(given.interruption)?;
        if on_interruption == Interruption::Stop && !persistent {
            return Err(fault::bad_combination(
                "The interruption behavior 'stop' is only supported for persistent Spot Instance requests.",
            ));
        }
        let is_over = given.valid_until.is_some_and(|until| until <= now);
        let is_turned = matches!((given.valid_from, given.valid_until), (Some(from), Some(until)) if until <= from);
        if is_over || is_turned {
            let text = given.valid_until.map(|it| it.iso8601()).unwrap_or_default();
            return Err(fault::bad_value_of("ValidUntil", &text));
        }
        Ok(Self {
            max_price,
            persistent,
            valid_from: given.valid_from,
            valid_until: given.valid_until,
            on_interruption,
        })
    }
}

pub fn interruption(given: Option<&str>) -> Result<Interruption, Fault> {
    match given {
        None | Some("" | "terminate") => Ok(Interruption::Terminate),
        Some("stop") => Ok(Interruption::Stop),
        Some("hibernate") => Err(fault::unsupported_parameter(
            "InstanceInterruptionBehavior=hibernate",
        )),
        Some(other) => Err(fault::bad_value_of("InstanceInterruptionBehavior", other)),
    }
}

/// Fleets end what they launched, and launch anew.
pub fn check_interruption(given: Option<&str>) -> Result<(), Fault> {
    match interruption(given)? {
        Interruption::Terminate => Ok(()),
        Interruption::Stop => Err(fault::unsupported_parameter(
            "InstanceInterruptionBehavior=stop",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_terms_is_refused() {
        let options = |price: &str, kind: &str, behavior: &str| wire::SpotMarketOptions {
            max_price: Some(price.to_owned()),
            spot_instance_type: Some(kind.to_owned()),
            instance_interruption_behavior: Some(behavior.to_owned()),
            ..Default::default()
        };
        let of = |market: &str, options| {
            let given = wire::InstanceMarketOptionsRequest {
                market_type: Some(market.to_owned()),
                spot_options: Some(options),
            };
            Terms::of_launch(Some(&given), Timestamp(0)).map_err(|it| it.to_string())
        };
        assert!(of("spot", options("0.1", "one-time", "terminate")).is_ok());
        assert!(of("spot", options("", "persistent", "stop")).is_ok());
        for (market, it, text) in [
            (
                "spot",
                options("x", "", ""),
                "Value (x) for parameter SpotPrice",
            ),
            ("spot", options("", "twice", ""), "Value (twice)"),
            ("spot", options("", "", "sleep"), "Value (sleep)"),
            (
                "spot",
                options("", "", "hibernate"),
                "hibernate is not supported",
            ),
            (
                "spot",
                options("", "", "stop"),
                "only supported for persistent",
            ),
            (
                "spot",
                options("", "persistent", ""),
                "either hibernate or stop",
            ),
            (
                "capacity-block",
                options("", "", ""),
                "capacity-block is not supported",
            ),
            ("free", options("", "", ""), "Value (free)"),
        ] {
            let refused = of(market, it).unwrap_err();
            assert!(refused.contains(text), "{refused}");
        }
        assert_eq!(Terms::of_launch(None, Timestamp(0)).unwrap(), None);
    }
}
