//! ARNs of certificates, and where they live.

use wharf_base::Arn;
use wharf_records::Scope;
pub use wharf_service::Place;
use wharf_service::platform;
use wharf_wire::Fault;

use crate::fault;

/// In keys and in ARNs.
pub const SERVICE: &str = "acm";
/// Certificates of an account in a region.
pub trait Certificates {
    fn scope(&self) -> Scope;

    fn arn(&self, id: &str) -> String;

    /// The id in an ARN that a caller gave; `Ok(None)` for one of another account or region.
    fn id(&self, given: Option<&str>) -> Result<Option<String>, Fault>;
}

impl Certificates for Place {
    fn scope(&self) -> Scope {
        Scope::new(SERVICE, &self.account, &self.region)
    }

    fn arn(&self, id: &str) -> String {
        let resource = format!("certificate/{id}");
        Arn::new(SERVICE, &self.region, &self.account, resource).to_string()
    }

    fn id(&self, given: Option<&str>) -> Result<Option<String>, Fault> {
        let given = given.unwrap_or_default();
        let (place, id) = parse(given).ok_or_else(|| fault::not_an_arn(given))?;
        Ok((place == *self).then_some(id))
    }
}

/// Where the authority lives.
pub fn platform_scope() -> Scope {
    platform::scope(SERVICE)
}

/// Splits the ARN of a certificate; `None` for anything else.
pub fn parse(arn: &str) -> Option<(Place, String)> {
    let arn: Arn = arn.parse().ok()?;
    let id = arn.resource.strip_prefix("certificate/")?;
    let whole = !arn.region.is_empty() && !arn.account.is_empty() && !id.is_empty();
    let ours = arn.is_in_its_partition() && arn.service == SERVICE && !id.contains('/');
    let place = Place::new(&arn.account, &arn.region);
    (whole && ours).then(|| (place, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let place = Place::new("000000000000", "us-east-1");
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
