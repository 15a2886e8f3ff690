//! ARNs of certificates, and where they live.

use wharf_base::{Arn, arn::PARTITION};
use wharf_records::Scope;
use wharf_wire::{Context, Fault};

use crate::fault;

/// In keys and in ARNs.
pub const SERVICE: &str = "acm";
/// Stands for an account in keys of what belongs to none.
const PLATFORM: &str = "platform";

/// An account in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub account: String,
    pub region: String,
}

impl Place {
    pub fn of(cx: &Context) -> Self {
        Self {
            account: cx.account.clone(),
            region: cx.region.clone(),
        }
    }

    pub fn of_scope(scope: &Scope) -> Self {
        Self {
            account: scope.account.clone(),
            region: scope.region.clone(),
        }
    }

    pub fn scope(&self) -> Scope {
        Scope::new(SERVICE, &self.account, &self.region)
    }

    pub fn arn(&self, id: &str) -> String {
        let resource = format!("certificate/{id}");
        Arn::new(SERVICE, &self.region, &self.account, resource).to_string()
    }

    /// The id in an ARN that a caller gave; `Ok(None)` for one of another account or region.
    pub fn id(&self, given: Option<&str>) -> Result<Option<String>, Fault> {
        let given = given.unwrap_or_default();
        let (place, id) = parse(given).ok_or_else(|| fault::not_an_arn(given))?;
        Ok((place == *self).then_some(id))
    }
}

/// Where the authority lives.
pub fn platform_scope() -> Scope {
    Scope::new(SERVICE, PLATFORM, "aws-global")
}

/// Splits the ARN of a certificate; `None` for anything else.
pub fn parse(arn: &str) -> Option<(Place, String)> {
    let arn: Arn = arn.parse().ok()?;
    let id = arn.resource.strip_prefix("certificate/")?;
    let whole = !arn.region.is_empty() && !arn.account.is_empty() && !id.is_empty();
    let ours = arn.partition == PARTITION && arn.service == SERVICE && !id.contains('/');
    let place = Place {
        account: arn.account.clone(),
        region: arn.region.clone(),
    };
    (whole && ours).then(|| (place, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let place = Place {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let arn = place.arn("7f0d");
        assert_eq!(arn, "arn:aws:acm:us-east-1:000000000000:certificate/7f0d");
        assert_eq!(parse(&arn), Some((place.clone(), "7f0d".to_owned())));
        assert_eq!(place.id(Some(&arn)), Ok(Some("7f0d".to_owned())));
        let elsewhere = arn.replace("us-east-1", "eu-west-1");
        assert_eq!(place.id(Some(&elsewhere)), Ok(None));
        for bad in [
            "",
            "x",
            "arn:aws:acm:us-east-1:000000000000:certificate/",
            "arn:aws:acm:us-east-1:000000000000:certificate/a/b",
            "arn:aws:acm::000000000000:certificate/a",
            "arn:aws:iam::000000000000:server-certificate/a",
        ] {
            let fault = place.id(Some(bad)).unwrap_err();
            assert_eq!(fault.code, "InvalidArnException", "{bad}");
        }
    }
}
