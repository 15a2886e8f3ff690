//! Which tier a parameter is of. Pure.

use wharf_api_ssm::faults;
use wharf_wire::Fault;

use crate::{fault, records::Tier};

/// Characters of a value.
const STANDARD_VALUE: usize = 4096;
const ADVANCED_VALUE: usize = 8192;
/// Parameters of an account in a region.
pub const MAX_STANDARD: usize = 10_000;
pub const MAX_ADVANCED: usize = 100_000;
pub const INTELLIGENT: &str = "Intelligent-Tiering";

/// What the choice goes by.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The tier that the request names.
    pub asked: Option<&'a str>,
    /// The account's setting.
    pub default: &'a str,
    /// What the parameter has been, if it is there.
    pub before: Option<Tier>,
    pub characters: usize,
    pub has_policies: bool,
    /// Whether there are as many standard parameters as there may be.
    pub standard_is_full: bool,
}

/// The tier of the version that a request makes.
///
/// # Errors
/// The tier that was asked for does not allow it.
pub fn choose(wish: &Wish<'_>) -> Result<Tier, Fault> {
    // What is advanced stays so, unless the request asks for the other tier.
    let unsaid = match wish.before {
        Some(Tier::Advanced) => Tier::Advanced.as_str(),
        _ => wish.default,
    };
    let full = wish.standard_is_full && wish.before.is_none();
    let tier = match wish.asked.unwrap_or(unsaid) {
        "Advanced" => Tier::Advanced,
        INTELLIGENT => {
            let is_large = wish.characters > STANDARD_VALUE;
            let was = wish.before == Some(Tier::Advanced);
            match is_large || was || wish.has_policies || full {
                true => Tier::Advanced,
                false => Tier::Standard,
            }
        }
        _ => Tier::Standard,
    };
    match tier {
        Tier::Standard => standard(wish, full)?,
        Tier::Advanced if wish.characters > ADVANCED_VALUE => {
            return Err(fault::invalid(format!(
                "Advanced-tier parameters support a maximum parameter value of {ADVANCED_VALUE} \
                 characters."
            )));
        }
        Tier::Advanced => {}
    }
    Ok(tier)
}

fn standard(wish: &Wish<'_>, full: bool) -> Result<(), Fault> {
    if wish.before == Some(Tier::Advanced) {
        return Err(fault::invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from \
             the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete \
             the advanced parameter and recreate it as a standard parameter.",
        ));
    }
    if wish.characters > STANDARD_VALUE {
        return Err(fault::invalid(format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD_VALUE} \
             characters. To create a larger parameter value, upgrade the parameter to use the \
             advanced-parameter tier. For more information, see \
             https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
        )));
    }
    if wish.has_policies {
        return Err(fault::invalid(
            "You can't assign parameter policies to a standard-parameter tier.",
        ));
    }
    if full {
        return Err(faults::parameter_limit_exceeded(format!(
            "You have reached the maximum number of standard parameters for this AWS account and \
             Region ({MAX_STANDARD}). To add more parameters, either delete existing parameters or \
             upgrade to the advanced-parameter tier (charges apply)."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish<'static> {
        Wish {
            asked: None,
            default: "Standard",
            before: None,
            characters: 1,
            has_policies: false,
            standard_is_full: false,
        }
    }

    #[test]
    fn the_request_decides_then_the_parameter_then_the_setting() {
        let advanced = Some(Tier::Advanced);
        let (small, large) = (STANDARD_VALUE, STANDARD_VALUE + 1);
        for (asked, default, before, characters, has_policies, full, expected) in [
            (
                None,
                "Standard",
                None,
                small,
                false,
                false,
                Ok(Tier::Standard),
            ),
            (
                None,
                "Advanced",
                None,
                small,
                false,
                false,
                Ok(Tier::Advanced),
            ),
            (
                None,
                INTELLIGENT,
                None,
                small,
                false,
                false,
                Ok(Tier::Standard),
            ),
            (
                None,
                INTELLIGENT,
                None,
                large,
                false,
                false,
                Ok(Tier::Advanced),
            ),
            (
                None,
                INTELLIGENT,
                None,
                small,
                true,
                false,
                Ok(Tier::Advanced),
            ),
            (
                None,
                INTELLIGENT,
                None,
                small,
                false,
                true,
                Ok(Tier::Advanced),
            ),
            (
                None,
                INTELLIGENT,
                Some(Tier::Standard),
                small,
                false,
                true,
                Ok(Tier::Standard),
            ),
            (
                None,
                "Standard",
                advanced,
                large,
                false,
                false,
                Ok(Tier::Advanced),
            ),
            (
                Some(INTELLIGENT),
                "Standard",
                advanced,
                small,
                false,
                false,
                Ok(Tier::Advanced),
            ),
            (
                Some("Standard"),
                "Advanced",
                None,
                small,
                false,
                false,
                Ok(Tier::Standard),
            ),
            (
                Some("Advanced"),
                "Standard",
                None,
                ADVANCED_VALUE,
                true,
                true,
                Ok(Tier::Advanced),
            ),
            (
                None,
                "Standard",
                Some(Tier::Standard),
                small,
                false,
                true,
                Ok(Tier::Standard),
            ),
            (
                Some("Standard"),
                "Standard",
                advanced,
                small,
                false,
                false,
                Err("This parameter uses"),
            ),
            (
                None,
                "Standard",
                None,
                large,
                false,
                false,
                Err("Standard tier parameters"),
            ),
            (
                None,
                "Standard",
                None,
                small,
                true,
                false,
                Err("You can't assign parameter policies"),
            ),
            (
                None,
                "Standard",
                None,
                small,
                false,
                true,
                Err("You have reached the maximum"),
            ),
            (
                Some("Advanced"),
                "",
                None,
                ADVANCED_VALUE + 1,
                false,
                false,
                Err("Advanced-tier"),
            ),
        ] {
            let wish = Wish {
                asked,
                default,
                before,
                characters,
                has_policies,
                standard_is_full: full,
            };
            match (choose(&wish), expected) {
                (Ok(tier), Ok(expected)) => assert_eq!(tier, expected, "{wish:?}"),
                (Err(fault), Err(begin)) => {
                    assert!(fault.message.starts_with(begin), "{wish:?}: {fault}");
                }
                (found, _) => panic!("{wish:?}: {found:?}"),
            }
        }
        assert_eq!(choose(&wish()), Ok(Tier::Standard));
    }
}
